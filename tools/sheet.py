"""Print every loss on one sheet of A4: formula, gradient, best constant, and when.

    python -m tools.sheet [PDF]       by default _build/pdf/cheat-sheet.pdf

All of it is read from lossbook: the facts of the classes, the ways of the guide.
"""

from __future__ import annotations

import argparse
import html
import re
import sys
from contextlib import closing
from pathlib import Path

import pypdfium2

import lossbook as lb
from lossbook.losses import ALL_LOSSES
from lossbook.show import cards, guide
from tools import edition, pdf, release
from tools.katex import Renderer
from tools.pages import Block
from tools.site import VENDOR

# The text on the sheet, which lies on its side, in millimetres.
BLOCK = Block(8, 8, 289, 202)
STYLE = """
@page { size: A4 landscape; margin: 8mm; }
* { box-sizing: border-box; }
body { margin: 0; font: 5.9pt/1.15 "Source Sans"; color: #1d1f24; }
h1 { font-size: 11pt; line-height: 1; margin: 0 0 1mm; color: #12385f; }
header { display: flex; justify-content: space-between; gap: 10mm; margin-bottom: 1mm; }
header p { margin: 0; max-width: 200mm; }
.katex { font-size: 1.02em; }
.tables { columns: 2; column-gap: 5mm; }
table { width: 100%; table-layout: fixed; border-collapse: collapse; margin: 0 0 1mm; }
th, td { text-align: left; vertical-align: baseline; padding: 0.18mm 1mm 0.18mm 0; }
tr { break-inside: avoid; border-bottom: 0.1mm solid #dedad2; }
thead tr { border-bottom: 0.25mm solid #12385f; }
thead th { color: #12385f; font-weight: 400; vertical-align: bottom; }
thead { break-after: avoid; }
th:first-child { font-weight: 600; }
"""
COLUMNS = (15.5, 34, 10, 17.5, 23)  # per cent of the width


def when() -> dict[str, str]:
    """In which cases the guide names a loss, by its class."""
    found: dict[str, list[str]] = {}
    for _, advice in guide.paths():
        for name in guide.names(advice) if advice.case else []:
            found.setdefault(name, []).append(advice.case)
    return {name: "; ".join(dict.fromkeys(cases)) for name, cases in found.items()}


def tables() -> dict[str, list[tuple[str, ...]]]:
    """The rows of each family, the first its heading; formulas between dollars."""
    cases = when()
    found: dict[str, list[tuple[str, ...]]] = {}
    for heading, rows in cards.CheatSheet().tables().items():
        losses = [loss for loss in ALL_LOSSES if cards.FAMILIES[loss.family] == heading]
        about = {lb.show.title(loss): lb.show.facts(loss) for loss in reversed(losses)}
        classes = {lb.show.title(loss): type(loss).__name__ for loss in losses}
        where = {each["where"] for each in about.values()}
        shared = where.pop() if len(where) == 1 else ""
        last = "shape" if rows[0][2].endswith("convex") else "best constant"
        head = (f"{heading}, gradient {shared}" if shared else heading, "gradient")
        found[heading] = [(*head, last, "when")] + [
            (
                title,
                formula,
                cards.between(about[title]["slope"]).removeprefix("from ")
                + ("" if shared else f" {about[title]['where']}"),
                asks,
                cases.get(classes[title], ""),
            )
            for title, formula, asks in rows
        ]
    return found


def page(renderer: Renderer) -> str:
    """The sheet as a page of HTML."""

    def shown(text: str) -> str:
        """The text with its formulas set."""
        parts = re.split(r"\$([^$]+)\$", text)
        return "".join(
            renderer.ask(part, False)["html"] if odd else html.escape(part)
            for odd, part in zip([False, True] * len(parts), parts, strict=False)
        )

    def row(cells: tuple[str, ...]) -> str:
        first, *rest = (shown(cell) for cell in cells)
        others = "".join(f"<td>{cell}</td>" for cell in rest)
        return f'<tr><th scope="row">{first}</th>{others}</tr>'

    def head(cells: tuple[str, ...]) -> str:
        """The family stands above the names and the formulas."""
        first, *rest = (shown(cell) for cell in cells)
        others = "".join(f'<th scope="col">{cell}</th>' for cell in rest)
        return f'<tr><th scope="col" colspan="2">{first}</th>{others}</tr>'

    widths = "".join(f'<col style="width: {share}%">' for share in COLUMNS)
    body = "".join(
        f"<table><colgroup>{widths}</colgroup><thead>{head(first)}</thead>"
        f"<tbody>{''.join(map(row, rows))}</tbody></table>"
        for first, *rows in tables().values()
    )
    katex = (VENDOR / "katex" / "katex.min.css").read_text(encoding="utf8")
    katex = katex.replace("url(fonts/", f"url({(VENDOR / 'katex').as_uri()}/fonts/")
    settings = pdf.settings()
    letters = shown(
        "$y$ target, $f$ raw prediction, $z$ and $p$ prediction, $r = y - f$ residual, "
        "$m = (2y - 1) f$ margin. Gradient: between which values the derivative lies, "
        "at the usual parameters. Best constant: the one prediction with the least "
        "mean loss. When: as the guide in the book says."
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<title>Every loss on one sheet</title>\n"
        f"<style>{pdf.static_fonts()}{katex}{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Every loss on one sheet</h1>\n<header><p>{letters}</p>"
        f"<p>{settings['title'].partition(':')[0]}, edition {edition.version()}, "
        f"{settings['html']['baseurl']}, CC BY 4.0</p></header>\n"
        f'<main class="tables page">{body}</main>\n</body>\n</html>\n'
    )


def make_sheet(target: Path) -> None:
    """Print the sheet; it is an error if anything does not fit."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source = target.with_suffix(".html")
    with closing(Renderer()) as renderer:
        document = pdf.name_formulas(page(renderer))
    with pdf.chromium() as browser:
        source.write_text(document, encoding="utf8")
        size = BLOCK.right - BLOCK.left, BLOCK.bottom - BLOCK.top
        printed = pdf.print_once(browser, source, pdf.Layout({}), size)
        source.unlink()
    target.write_bytes(pdf.finished(printed, document))
    with pypdfium2.PdfDocument(target) as sheet:
        if len(sheet) > 1:
            sys.exit(f"the cheat sheet must be one page, it has {len(sheet)}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.sheet", description=__doc__)
    parser.add_argument("pdf", nargs="?", type=Path, default=release.SHEET)
    target = parser.parse_args().pdf.resolve()
    make_sheet(target)
    print(f"The cheat sheet is in {target}.")


if __name__ == "__main__":
    main()
