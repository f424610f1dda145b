"""Write the claims ledger: the published results that the book reproduces.

    python -m tools.ledger          write chapters/appendix/claims.md
    python -m tools.ledger --check  exit 1 when the page is not what it would write

The rows come from the metadata `claim` of the cells that reproduce a result.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from tools.book import ROOT, Notebook, claims_of, shown

PAGE = ROOT / "chapters" / "appendix" / "claims.md"

HEAD = """\
(claims-ledger)=
# Claims ledger

Each row is a published result that a cell of this book computes and asserts.
The chapter shows the cell.
The tolerance says how far the computed value may lie from the published one.

| Id | Claim | Source | Chapter | Tolerance |
| --- | --- | --- | --- | --- |
"""


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


def ledger(root: Path) -> str:
    """Return the text of the page, rows by letter and number of the claim."""
    rows = [
        (claim["id"][0], int(claim["id"][1:]), _row(claim, page))
        for page in pages_in_order(root)
        for _, cell in page.cells
        for claim in claims_of(cell)
    ]
    # sorted is stable: a claim shown in two chapters keeps the order of the contents
    rows.sort(key=lambda row: row[:2])
    return HEAD + "".join(row for *_, row in rows)


def _row(claim: dict[str, str], page: Notebook) -> str:
    cells = (
        claim["id"],
        claim["statement"],
        f"{{cite:t}}`{claim['source']}`",
        f"{{ref}}`{page.label}`",
        claim["tolerance"],
    )
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
    text = ledger(ROOT)
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    if options.check:
        print(f"{shown(PAGE)}: differs from the notebooks, run: python -m tools.ledger")
        return 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    print(f"{shown(PAGE)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
