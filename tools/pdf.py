"""Print the built book as one PDF, with an installed Chromium.

python -m tools.pdf [HTML] [PDF]       by default _build/html to _build/pdf/

The pages of the site, in the order of the table of contents, become one page whose
addresses point into itself; site/static/print.css says how it looks on paper.
"""

from __future__ import annotations

import argparse
import html
import io
import os
import posixpath
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

import pikepdf
import yaml

from tools.formula import spoken
from tools.site import DEFAULT_HTML, ROOT

PRINT_CSS = ROOT / "site" / "static" / "print.css"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# What the name of a formula begins with, unseen, so that it is found in the PDF.
FORMULA = "\u2063"
# A whole book is laid out at once; only a browser that hangs takes longer.
PATIENCE = 15 * 60 * 1000  # milliseconds


@dataclass(frozen=True)
class Page:
    """A page of the book; depth 1 is a chapter, 2 a page that belongs to one."""

    name: str  # its address in the site: chapters/0-start/01-in-one-sitting.html
    depth: int
    body: str
    key: str = ""  # what its ids begin with in the one file

    @property
    def title(self) -> str:
        return heading(self.body, 1)[0]

    @property
    def sections(self) -> list[str]:
        return heading(self.body, 2)


@dataclass(frozen=True)
class Part:
    caption: str
    pages: list[Page]


def heading(body: str, level: int) -> list[str]:
    """The headings of one level, as HTML without the links to themselves."""
    found = re.findall(rf"<h{level}>(.*?)</h{level}>", body, re.DOTALL)
    return [re.sub(r'<a class="headerlink".*?</a>', "", text) for text in found]


# ------------------------------------------------------------- the pages


def read_book(site: Path, toc: Path) -> tuple[Page, list[Part]]:
    """The start page and the parts, as the table of contents orders them."""
    contents = yaml.safe_load(toc.read_text(encoding="utf8"))
    home = read_page(site, contents["root"], 1)
    parts = [
        Part(part["caption"], list(read_chapters(site, part["chapters"], 1)))
        for part in contents["parts"]
    ]
    pages = [home, *(page for part in parts for page in part.pages)]
    keys = {page.name: f"p{number}" for number, page in enumerate(pages)}
    base = settings()["html"]["baseurl"]
    parts = [
        Part(part.caption, [for_paper(page, keys, base) for page in part.pages])
        for part in parts
    ]
    return for_paper(home, keys, base), parts


def read_chapters(
    site: Path, entries: list[dict[str, Any]], depth: int
) -> Iterator[Page]:
    for entry in entries:
        yield read_page(site, entry["file"], depth)
        yield from read_chapters(site, entry.get("sections", []), depth + 1)


def read_page(site: Path, document: str, depth: int) -> Page:
    file = site / f"{document}.html"
    if not file.exists():
        sys.exit(f"{file} is missing: build the book first (make book)")
    text = file.read_text(encoding="utf8")
    article = re.search(r"<article>(.*)</article>", text, re.DOTALL)
    if article is None:
        sys.exit(f"{file} has no article: is it a page of the book?")
    return Page(f"{document}.html", depth, article[1])


def settings() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))


def for_paper(page: Page, keys: dict[str, str], base: str) -> Page:
    """The page with its links, ids, folds and figures made fit for the one file."""

    key_of_page = keys[page.name]

    def address(link: str) -> str:
        """An address in the page: into the book, else on the site or as it was."""
        if re.match(r"[a-z]+:", link):
            return link
        path, _, place = link.partition("#")
        target = posixpath.normpath(
            posixpath.join(posixpath.dirname(page.name), unquote(path))
        )
        target = target if path else page.name
        if target not in keys:
            return urljoin(base, target)
        return f"#{keys[target]}-{place}" if place else f"#{keys[target]}"

    def attribute(found: re.Match[str]) -> str:
        key, value = found[1], found[2]
        if key in ("id", "for"):
            value = f"{key_of_page}-{value}"
        elif key == "href":
            value = address(value)
        elif key == "src":
            folder = posixpath.dirname(page.name)
            value = posixpath.normpath(posixpath.join(folder, value))
        return f' {key}="{value}"'

    def tag(found: re.Match[str]) -> str:
        text = re.sub(r' (id|for|href|src)="([^"]*)"', attribute, found[0])
        return text.replace("url(#", f"url(#{key_of_page}-")

    body = name_the_live_figure(page.body, urljoin(base, page.name))
    body = re.sub(r"<[a-z][^<>]*>", tag, body)
    # The picture in a figure has the alt text, so its frame needs none in the tags.
    body = body.replace("<figure", '<figure role="group"')
    body = re.sub(r'(<svg\b[^>]*) role="group"', r'\1 role="img"', body)
    # A browser that prints does not wait for pictures that wait to be seen.
    body = body.replace(' loading="lazy"', "")
    # Code that the site folds stays out, of a check its sentence stands there; what
    # else is folded is opened.
    folded = r"<details(?! class=\"(?:[^\"]*\bhide\b|check\"))"
    body = re.sub(folded, "<details open", body)
    return replace(page, body=body, key=key_of_page)


def name_the_live_figure(body: str, address: str) -> str:
    """Under the still of an interactive figure, say where it moves."""

    def with_link(found: re.Match[str]) -> str:
        link = f'<a class="moves" href="{address}#{found[2]}">It moves on the site.</a>'
        return f"{found[1]}{found[3]} {link}</p>\n</figcaption>"

    return re.sub(
        r'(<figure class="interactive[^>]* id="([^"]*)">)'
        r"((?:(?!</figure>).)*?)</p>\s*</figcaption>",
        with_link,
        body,
        flags=re.DOTALL,
    )


# ----------------------------------------------------------- the one file


def assemble(site: Path, toc: Path, folder: Path) -> str:
    """The book as one page of HTML that stands in the folder."""
    home, parts = read_book(site, toc)
    config = settings()
    to_site = os.path.relpath(site, folder).replace(os.sep, "/")
    body = "\n".join(
        [
            cover(config),
            contents(home, parts),
            shown(home, 0),
            *(part_of_book(part, number) for number, part in enumerate(parts, 1)),
        ]
    )
    body = name_formulas(body.replace(' src="_images/', f' src="{to_site}/_images/'))
    return (
        '<!DOCTYPE html>\n<html lang="en" data-theme="light">\n'
        '<head>\n<meta charset="utf-8">\n'
        f"<title>{html.escape(config['title'])}</title>\n"
        f"<style>{style(site, to_site)}{running_heads(parts)}</style>\n"
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def name_formulas(body: str) -> str:
    """Each formula a picture with its text: Chromium prints no tags for MathML."""

    def named(found: re.Match[str]) -> str:
        text = html.escape(FORMULA + spoken(found[1]))
        return f'<span class="katex" role="img" aria-label="{text}"><span {found[2]}'

    return re.sub(
        r'<span class="katex"><span class="katex-mathml">(<math.*?</math>)</span>'
        r'<span (class="katex-html") aria-hidden="true"',
        named,
        body,
        flags=re.DOTALL,
    )


def style(site: Path, to_site: str) -> str:
    """The site's style and that of the paper; here every font is worth the wait."""
    css = (site / "_static" / "book.css").read_text(encoding="utf8")
    css = css.replace("font-display: optional", "font-display: block")
    css = re.sub(r"url\((fonts|katex)/", rf"url({to_site}/_static/\1/", css)
    return css + PRINT_CSS.read_text(encoding="utf8")


def running_heads(parts: list[Part]) -> str:
    """A named page for every chapter, which prints its title above the text."""
    rules = []
    for part in parts:
        left = css_string(plain(part.caption))
        for page in part.pages:
            right = css_string(plain(page.title))
            rules.append(
                f"#{page.key} {{ page: {page.key}; }}\n@page {page.key} "
                f"{{ @top-left {{ content: {left}; }} "
                f"@top-right {{ content: {right}; }} }}"
            )
    return "\n".join(rules)


def plain(text: str) -> str:
    """HTML as words; a formula is what its MathML says."""
    text = re.sub(r'<span class="katex-html".*', "", text, flags=re.DOTALL)
    text = re.sub(r"<annotation.*?</annotation>", "", text, flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", text)).split())


def css_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def cover(config: dict[str, Any]) -> str:
    title, _, subtitle = config["title"].partition(": ")
    site = config["html"]["baseurl"]
    logo = config["sphinx"]["config"]["html_favicon"]
    mark = (ROOT / logo).read_text(encoding="utf8")
    return (
        f'<section class="cover">\n<div class="mark" aria-hidden="true">{mark}</div>\n'
        f'<p class="cover-title">{title}</p>\n'
        f'<p class="cover-subtitle">{subtitle}</p>\n'
        f'<p class="cover-author">{config["author"]}</p>\n'
        f'<p class="cover-foot"><a href="{site}">{site}</a><br>'
        f"© {config['copyright']} {config['author']}. "
        "Text CC BY 4.0, code BSD-3-Clause.</p>\n</section>"
    )


def contents(home: Page, parts: list[Part]) -> str:
    """The parts and their pages, each a link."""
    lines = [entry(home)]
    for number, part in enumerate(parts, 1):
        lines.append(toc_line("toc-part", f"part-{number}", part.caption))
        lines += [entry(page) for page in part.pages]
    return (
        '<section class="toc">\n<h1>Contents</h1>\n<ul>\n'
        + "\n".join(lines)
        + "\n</ul>\n</section>"
    )


def entry(page: Page) -> str:
    return toc_line(f"toc-{page.depth}", page.key, page.title)


def toc_line(look: str, place: str, title: str) -> str:
    """A line of the contents; the first print tells the number of its page."""
    number = f'<span class="toc-number" data-place="{place}"></span>'
    link = f'<a href="#{place}"><span>{title}</span>{number}</a>'
    return f'<li class="{look}">{link}</li>'


def part_of_book(part: Part, number: int) -> str:
    """A page that opens the part, with the sections of its chapters; then those."""
    chapters = "\n".join(
        f'<li><a href="#{page.key}">{page.title}</a>'
        f"<p>{' · '.join(page.sections)}</p></li>"
        for page in part.pages
        if page.depth == 1
    )
    pages = "\n".join(shown(page, 1) for page in part.pages)
    return (
        f'<section class="part" id="part-{number}">\n<p>Part {number}</p>\n'
        f"<h1>{part.caption}</h1>\n<ul>\n{chapters}\n</ul>\n</section>\n{pages}"
    )


def shown(page: Page, above: int) -> str:
    """The page, its headings lowered to their level in the book, for the outline."""
    lower = above + page.depth - 1

    def lowered(found: re.Match[str]) -> str:
        slash, level = found[1], int(found[2])
        look = "" if slash else f' class="as-h{level}"'
        return f"<{slash}h{min(level + lower, 6)}{look}>"

    body = re.sub(r"<(/?)h([1-6])>", lowered, page.body)
    return f'<section class="page" id="{page.key}">\n{body}\n</section>'


# --------------------------------------------------------------- the print


def find_browser() -> str | None:
    """The Chromium of this machine; CHROME_PATH names another."""
    found = (shutil.which(name) for name in BROWSERS)
    return os.environ.get("CHROME_PATH") or next(filter(None, found), None)


def print_pdf(source: Path, pdf: Path, browser: str) -> None:
    """Print twice: Chromium numbers the pages, but not the lines of the contents."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=browser, args=["--no-sandbox", "--disable-gpu"]
        )
        written: dict[str, int] = {}
        for _ in range(3):
            printed = print_once(chromium, source, written)
            if page_numbers(printed) == written:
                break
            written = page_numbers(printed)
        else:
            sys.exit("the contents and the pages do not agree after three prints")
        chromium.close()
    pdf.write_bytes(finished(printed))


def print_once(chromium: Any, source: Path, numbers: dict[str, int]) -> bytes:
    """Print with these numbers in the contents; a page printed twice may differ."""
    page = chromium.new_page(color_scheme="light")
    page.set_default_timeout(PATIENCE)
    page.emulate_media(media="print")
    page.goto(source.as_uri())
    page.evaluate(WRITE_NUMBERS, numbers)
    page.evaluate(LOAD_FONTS)
    printed = page.pdf(
        prefer_css_page_size=True, print_background=True, tagged=True, outline=True
    )
    page.close()
    return printed


# A font that arrives late would move the pages.
LOAD_FONTS = (
    "Promise.allSettled([...document.fonts].map((f) => f.load())).then(() => 0)"
)

WRITE_NUMBERS = """(numbers) => {
  for (const line of document.querySelectorAll(".toc-number")) {
    line.textContent = numbers[line.dataset.place] ?? "";
  }
}"""


def finished(printed: bytes) -> bytes:
    """Formulas tagged as such, and the many small objects stored together."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        tag_formulas(pdf)
        # Chromium writes each object in plain text; in a tagged book of hundreds of
        # pages they are then larger than what is printed.
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def tag_formulas(pdf: pikepdf.Pdf) -> None:
    """Chromium tags every picture as a figure; those that are formulas say so."""
    for thing in pdf.objects:
        if not isinstance(thing, pikepdf.Dictionary) or thing.get("/S") != "/Figure":
            continue
        text = str(thing.get("/Alt", ""))
        if text.startswith(FORMULA):
            thing.S = pikepdf.Name.Formula
            thing.Alt = text.removeprefix(FORMULA)


def page_numbers(printed: bytes) -> dict[str, int]:
    """Where the pages and parts of the book begin, as the PDF says."""
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        number = {page.obj.objgen: count for count, page in enumerate(pdf.pages, 1)}
        return {
            place[1:]: number[target[0].objgen]
            for place, target in pdf.Root.Dests.items()
            if re.fullmatch(r"/(p\d+|part-\d+)", place)
        }


def make_pdf(site: Path, pdf: Path, toc: Path = ROOT / "_toc.yml") -> None:
    """Assemble the built site beside the PDF, then print it."""
    browser = find_browser()
    if browser is None:
        sys.exit("the PDF needs Chromium or Chrome: install one, or set CHROME_PATH")
    pdf.parent.mkdir(parents=True, exist_ok=True)
    source = pdf.with_suffix(".html")
    source.write_text(assemble(site, toc, pdf.parent), encoding="utf8")
    print_pdf(source, pdf, browser)
    source.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.pdf", description=__doc__)
    parser.add_argument("html", nargs="?", type=Path, default=DEFAULT_HTML)
    default = DEFAULT_HTML.parent / "pdf" / "loss-functions.pdf"
    parser.add_argument("pdf", nargs="?", type=Path, default=default)
    arguments = parser.parse_args()
    make_pdf(arguments.html.resolve(), arguments.pdf.resolve())
    size = arguments.pdf.stat().st_size / 1e6
    print(f"The book is in {arguments.pdf} ({size:.1f} MB).")


if __name__ == "__main__":
    main()
