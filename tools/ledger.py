"""Write the claims ledger: what the book reproduces, illustrates and found itself.

    python -m tools.ledger          write chapters/appendix/claims.md, and the count of
                                    reproduced results into index.md and README.md
    python -m tools.ledger --check  exit 1 when a page is not what it would write

The rows come from the metadata `claim` of cells; each kind of claim has its table.
"""

import argparse
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from tools.book import ROOT, Notebook, claims_of, shown

LEDGER = "chapters/appendix/claims.md"
# Pages that say how many results are reproduced. Only those count as such.
QUOTING = ("index.md", "README.md")
COUNT = re.compile(r"\b\d+ published results\b")

HEAD = """\
(claims-ledger)=
# Claims ledger

A claim is a sentence in a box, with a cell that computes it and a check behind it.
Claims are of three kinds, and this page keeps them apart.
An id leads to the cell.
"""

# Kind of claim -> heading, text with the count, columns.
KINDS = {
    "reproduced": (
        "Reproduced",
        "{count} published results come out: a number that is printed in the source is "
        "computed here.\nThe tolerance says how far ours may lie from it, and why.",
        ("Id", "Claim", "Published", "Where", "Tolerance", "Chapter"),
    ),
    "illustrated": (
        "Illustrated",
        "{count} published statements or theorems are shown on numbers of our own.\n"
        "The source states the rule; it does not print these numbers.",
        ("Id", "Claim", "Source", "Tolerance", "Chapter"),
    ),
    "ours": (
        "Ours",
        "{count} claims rest on experiments of this book and on nothing else.",
        ("Id", "Claim", "Tolerance", "Chapter"),
    ),
}


def pages_in_order(root: Path) -> Iterator[Notebook]:
    """Yield the notebooks that `_toc.yml` lists, in its order."""

    def files(entry: object) -> Iterator[str]:
        if isinstance(entry, list):
            for item in entry:
                yield from files(item)
        elif isinstance(entry, dict):
            for key, value in entry.items():
                if key in ("root", "file"):
                    yield value
                elif key in ("parts", "chapters", "sections", "subtrees", "entries"):
                    yield from files(value)

    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    for name in files(contents):
        path = root / f"{name.removesuffix('.ipynb')}.ipynb"
        if path.exists():
            yield Notebook(path)


def claims(root: Path) -> list[tuple[dict[str, str], Notebook]]:
    """All claims with their notebooks, by letter and number."""
    found = [
        (claim, page)
        for page in pages_in_order(root)
        for _, cell in page.cells
        for claim in claims_of(cell)
    ]
    for claim, page in found:
        if claim.get("kind") not in KINDS:
            raise ValueError(
                f"{shown(page.path)}: claim {claim.get('id')} has the kind "
                f"{claim.get('kind')!r}, expected one of {', '.join(KINDS)}"
            )
    return sorted(found, key=lambda one: (one[0]["id"][0], int(one[0]["id"][1:])))


def ledger(root: Path) -> str:
    """Return the text of the page: three tables, three counts."""
    found = claims(root)
    text = HEAD
    for kind, (heading, words, columns) in KINDS.items():
        own = [(claim, page) for claim, page in found if claim["kind"] == kind]
        text += f"\n## {heading}\n\n{words.format(count=len(own))}\n"
        if own:
            text += f"\n{_line(columns)}{_line(['---'] * len(columns))}"
            text += "".join(_line(_row(claim, page, columns)) for claim, page in own)
    return text


def counted(text: str, count: int, name: str) -> str:
    """A page with the number of reproduced results in the place where it says so."""
    if len(COUNT.findall(text)) != 1:
        raise ValueError(f"{name}: expected '<number> published results' once")
    return COUNT.sub(f"{count} published results", text)


def pages(root: Path) -> Iterator[tuple[Path, str]]:
    """What this tool writes: the ledger, and the pages that quote its first count."""
    yield root / LEDGER, ledger(root)
    count = sum(claim["kind"] == "reproduced" for claim, _ in claims(root))
    for name in QUOTING:
        text = (root / name).read_text(encoding="utf-8")
        yield root / name, counted(text, count, name)


def _row(claim: dict[str, str], page: Notebook, columns: tuple[str, ...]) -> list[str]:
    source = f"{{cite:t}}`{claim['source']}`" if "source" in claim else ""
    reason = f": {claim['reason']}" if "reason" in claim else ""
    cells = {
        "Id": claim["id"],
        "Claim": claim["statement"],
        "Published": claim.get("published", ""),
        "Source": source,
        "Where": f"{source}, {claim.get('where')}",
        "Tolerance": claim["tolerance"] + reason,
        "Chapter": f"{{ref}}`{page.label}`",
    }
    return [cells[column] for column in columns]


def _line(cells: Iterable[str]) -> str:
    # A table is cut at each bar before its text is read, mathematics included.
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.ledger",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    different = 0
    for path, text in pages(ROOT):
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        different += 1
        if options.check:
            said = "differs from the notebooks, run: python -m tools.ledger"
            print(f"{shown(path)}: {said}")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{shown(path)}: written")
    return 1 if options.check and different else 0


if __name__ == "__main__":
    sys.exit(main())
