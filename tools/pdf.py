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
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

import lxml.html
import pikepdf
import yaml
from lxml.html import builder as E

from tools import edition, pages, paper
from tools.formula import spoken
from tools.site import DEFAULT_HTML, ROOT, VENDOR

PRINT_CSS = ROOT / "site" / "static" / "print.css"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
# What the name of a formula begins with, unseen, so that it is found in the PDF.
FORMULA = "\u2063"
# Pages in alphabetical order, where a reader finds a word without the number of a page.
GLOSSARY = "chapters/appendix/glossary.html"
REFERENCES = "chapters/appendix/references.html"
LEDGER = "chapters/appendix/claims.html"
ALPHABETICAL = (GLOSSARY, REFERENCES, LEDGER)
ATLAS = "chapters/appendix/atlas.html"
INDEX = "index"
ABOUT_INDEX = (
    "A number in bold leads to the definition of a word or to the card of a loss, "
    "one in italics to the glossary. The names of lossbook stand in its reference."
)
FAMILIES = {
    "source-serif-4": "Source Serif",
    "source-sans-3": "Source Sans",
    "source-code-pro": "Source Code",
}
RANGES = {
    "latin": "U+0000-00FF, U+02BB-02FF, U+2000-2BFF, U+FB00-FB06",
    "latin-ext": "U+0100-02BA, U+1E00-1EFF",
    "greek": "U+0370-03FF",
}
# A whole book is laid out at once; only a browser that hangs takes longer.
TEXT = (166, 255)  # millimetres: the width and the height of the text on a page
PIXELS = 96 / 25.4
PATIENCE = 15 * 60 * 1000  # milliseconds
# With numbers in the text a line may break elsewhere, and then a page.
PRINTS = 6


@dataclass(frozen=True)
class Page:
    """A page of the book; depth 1 is a chapter, 2 a page that belongs to one."""

    name: str  # its address in the site: chapters/0-start/01-in-one-sitting.html
    depth: int
    tree: Any  # its article
    key: str = ""  # what its ids begin with in the one file

    @property
    def title(self) -> str:
        return paper.text_of(self.tree.find(".//h1"))

    @property
    def number(self) -> str:
        """That of the chapter; other pages have none."""
        found = re.match(r"(\d+)\. ", plain(self.title))
        return found[1] if found else ""

    @property
    def sections(self) -> list[tuple[str, str]]:
        """The id and the title of each."""
        return [
            (heading.getparent().get("id"), paper.text_of(heading))
            for heading in self.tree.iter("h2")
        ]


@dataclass(frozen=True)
class Part:
    caption: str
    pages: list[Page]


# ------------------------------------------------------------- the pages


def read_book(site: Path, toc: Path, to_site: str) -> tuple[Page, list[Part]]:
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
    ready = partial(for_paper, keys=keys, base=base, to_site=to_site)
    parts = [Part(part.caption, [*map(ready, part.pages)]) for part in parts]
    return ready(home), parts


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
    page = lxml.html.document_fromstring(file.read_text(encoding="utf8"))
    article = page.find(".//article")
    if article is None:
        sys.exit(f"{file} has no article: is it a page of the book?")
    return Page(f"{document}.html", depth, deepcopy(article))


def settings() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))


def for_paper(page: Page, keys: dict[str, str], base: str, to_site: str) -> Page:
    """The page with its links, ids, folds and figures made fit for the one file."""

    key = keys[page.name]
    folder = posixpath.dirname(page.name)

    def address(link: str) -> str:
        """An address in the page: into the book, else on the site or as it was."""
        if re.match(r"[a-z]+:", link):
            return link
        path, _, place = link.partition("#")
        target = posixpath.normpath(posixpath.join(folder, unquote(path)))
        target = target if path else page.name
        if target not in keys:
            return urljoin(base, target)
        return f"#{keys[target]}-{place}" if place else f"#{keys[target]}"

    def value(name: str, text: str) -> str:
        """What an attribute says in the one file."""
        if name in ("id", "for"):
            return f"{key}-{text}"
        if name == "href":
            return address(text)
        if name == "src":
            return posixpath.normpath(posixpath.join(to_site, folder, text))
        return text.replace("url(#", f"url(#{key}-")

    paper.leave_out(page.tree)
    name_the_live_figure(page.tree, urljoin(base, page.name))
    for element in page.tree.iter("*"):
        for name, text in element.items():
            element.set(name, value(name, text))
        # The picture in a figure has the alt text, so its frame needs none in the tags.
        if element.tag == "figure":
            element.set("role", "group")
        elif element.tag == "svg" and element.get("role") == "group":
            element.set("role", "img")
        # A browser that prints does not wait for pictures that wait to be seen.
        element.attrib.pop("loading", None)
    return replace(page, key=key)


def name_the_live_figure(tree: Any, address: str) -> None:
    """Under the still of an interactive figure, say where it moves."""
    for figure in tree.iter("figure"):
        if paper.has_class(figure, "interactive"):
            caption = figure.find(".//figcaption")[-1]
            paper.append(caption, " ")
            link = {"class": "moves", "href": f"{address}#{figure.get('id')}"}
            caption.append(E.A(link, "It moves on the site."))


# ----------------------------------------------------------- the one file


def assemble(site: Path, toc: Path, folder: Path) -> str:
    """The book as one page of HTML that stands in the folder."""
    config = settings()
    to_site = os.path.relpath(site, folder).replace(os.sep, "/")
    home, parts = read_book(site, toc, to_site)
    pages = [home, *(page for part in parts for page in part.pages)]
    trees, index = on_paper(pages)
    body = "\n".join(
        [
            cover(config),
            imprint(config, {page.name: page.key for page in pages}),
            contents(home, parts),
            shown(home, trees, 0),
            *(part_of_book(part, n, trees) for n, part in enumerate(parts, 1)),
            f'<section class="page recto" id="{INDEX}">\n<h1 class="as-h1">Index</h1>\n'
            f"<p>{ABOUT_INDEX}</p>\n{index}\n</section>",
        ]
    )
    return name_formulas(
        '<!DOCTYPE html>\n<html lang="en" data-theme="light">\n'
        '<head>\n<meta charset="utf-8">\n'
        f"<title>{html.escape(config['title'])}</title>\n"
        f"<style>{style(site, to_site)}{running_heads(parts)}</style>\n"
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def on_paper(pages: list[Page]) -> tuple[dict[str, Any], str]:
    """Each page, by its key, with what paper needs; and the index."""
    trees = {page.key: deepcopy(page.tree) for page in pages}
    by_name = {page.name: page.key for page in pages}
    numbers = {page.key: page.number for page in pages}
    silent = frozenset(by_name[name] for name in ALPHABETICAL if name in by_name)
    chapters = paper.Chapters(numbers, silent)
    nothing = paper.parse("")
    index = paper.Index(
        paper.entries_of(
            trees.get(by_name.get(GLOSSARY, ""), nothing),
            trees.get(by_name.get(ATLAS, ""), nothing),
        )
    )
    for key, tree in trees.items():
        paper.open_folds(tree)
        paper.mark_tall(tree)
        paper.gather_code(tree, key)
        if numbers[key]:
            index.mark(tree, key)
        paper.number_links(tree, key, chapters)
    return trees, index.page()


def name_formulas(document: str) -> str:
    """Each formula a picture with its text: Chromium prints no tags for MathML."""
    tree = lxml.html.document_fromstring(document)
    for formula in tree.find_class("katex"):
        mathml, drawn = formula
        math = lxml.html.tostring(mathml[0], encoding="unicode", method="xml")
        formula.set("role", "img")
        formula.set("aria-label", FORMULA + spoken(math))
        formula.remove(mathml)
        drawn.attrib.pop("aria-hidden")
    return lxml.html.tostring(tree, encoding="unicode", doctype="<!DOCTYPE html>")


def style(site: Path, to_site: str) -> str:
    """The site's style and that of the paper; here every font is worth the wait."""
    css = (site / "_static" / "book.css").read_text(encoding="utf8")
    css = re.sub(r"@font-face \{ font-family: \"Source .*\n", "", css)
    css = css.replace("url(katex/", f"url({to_site}/_static/katex/")
    return static_fonts() + css + PRINT_CSS.read_text(encoding="utf8")


def static_fonts() -> str:
    """A face for each weight: Chromium embeds these, and draws variable fonts."""
    rules = []
    for file in sorted((VENDOR / "paper").glob("*.woff2")):
        match = re.fullmatch(
            r"([\w-]+?)-(latin-ext|latin|greek)-(\d+)-(\w+)", file.stem
        )
        if match is None:
            raise ValueError(f"{file.name}: expected a name as Fontsource gives them")
        family, subset, weight, look = match.groups()
        rules.append(
            f'@font-face {{ font-family: "{FAMILIES[family]}"; font-style: {look}; '
            f"font-weight: {weight}; font-display: block; "
            f"unicode-range: {RANGES[subset]}; src: url({file.as_uri()}) }}\n"
        )
    return "".join(rules)


def running_heads(parts: list[Part]) -> str:
    """A named page for every chapter: the part stands on the left, its title right."""
    rules = []
    for part in parts:
        left = css_string(plain(part.caption))
        for page in part.pages:
            right = css_string(plain(page.title))
            rules.append(
                f"#{page.key} {{ page: {page.key}; }}\n"
                f"@page {page.key}:left {{ @top-left {{ content: {left}; }} }}\n"
                f"@page {page.key}:right {{ @top-right {{ content: {right}; }} }}"
            )
    return "\n".join(rules)


def plain(text: str) -> str:
    """HTML as words; a formula is what its MathML says."""
    tree = paper.parse(text)
    for unread in (*tree.find_class("katex-html"), *tree.findall(".//annotation")):
        unread.drop_tree()
    return " ".join(tree.text_content().split())


def css_string(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def cover(config: dict[str, Any]) -> str:
    title, _, subtitle = config["title"].partition(": ")
    site = config["html"]["baseurl"]
    logo = config["sphinx"]["config"]["html_favicon"]
    mark = (ROOT / logo).read_text(encoding="utf8")
    now = edition.current()
    return (
        f'<section class="cover">\n<div class="mark" aria-hidden="true">{mark}</div>\n'
        f'<p class="cover-title">{title}</p>\n'
        f'<p class="cover-subtitle">{subtitle}</p>\n'
        f'<p class="cover-author">{config["author"]}</p>\n'
        f'<p class="cover-foot">Edition {now.version} · {now.date}<br>'
        f'<a href="{site}">{site}</a></p>\n</section>'
    )


def imprint(config: dict[str, Any], keys: dict[str, str]) -> str:
    """Behind the title: the edition, the rights, how the book refers to itself."""

    def where(name: str) -> str:
        key = keys.get(name, INDEX)
        return f'<a href="#{key}">page <span data-page="{key}"></span></a>'

    now, site = edition.current(), config["html"]["baseurl"]
    cite = html.escape(edition.apa(config["title"], site))
    return (
        f'<section class="imprint">\n<p>{html.escape(config["title"])}<br>'
        f"{html.escape(str(now)).replace('edition', 'Edition')}</p>\n"
        f"<p>© {config['copyright']} {config['author']}. Text and figures CC BY 4.0, "
        "code BSD-3-Clause. Set in Source Serif, Source Sans and Source Code by Adobe "
        "and in the fonts of KaTeX, all under the SIL Open Font License 1.1; signs "
        "that these lack come from fonts of the machine that printed it.</p>\n"
        f"<p>To cite: {cite}</p>\n"
        "<p>On paper, a link is followed by the number of its page, once in a section. "
        "Three lists are in alphabetical order and are named without a number: the "
        f"glossary ({where(GLOSSARY)}), the references ({where(REFERENCES)}) and the "
        f"ledger of claims ({where(LEDGER)}). Code that the site folds stands at the "
        "end of its chapter. Figures that move, and code to run, are on the "
        f'<a href="{site}">site</a>.</p>\n</section>'
    )


def contents(home: Page, parts: list[Part]) -> str:
    """The parts, their pages, and the sections of chapters, each a link."""
    lines = [entry(home)]
    for number, part in enumerate(parts, 1):
        lines.append(toc_line("toc-part", f"part-{number}", part.caption))
        for page in part.pages:
            lines.append(entry(page))
            if page.number:
                lines += [toc_line("toc-section", *found) for found in page.sections]
    lines.append(toc_line("toc-part", INDEX, "Index"))
    return (
        '<section class="toc">\n<h1>Contents</h1>\n<ul>\n'
        + "\n".join(lines)
        + "\n</ul>\n</section>"
    )


def entry(page: Page) -> str:
    return toc_line(f"toc-{page.depth}", page.key, page.title)


def toc_line(look: str, place: str, title: str) -> str:
    """A line of the contents."""
    number = f'<span class="toc-number" data-page="{place}"></span>'
    link = f'<a href="#{place}"><span>{title}</span>{number}</a>'
    return f'<li class="{look}">{link}</li>'


def part_of_book(part: Part, number: int, trees: dict[str, Any]) -> str:
    """A page that opens the part, with the sections of its chapters; then those."""
    chapters = "\n".join(
        f'<li><a href="#{page.key}">{page.title}</a>'
        f"<p>{' · '.join(title for _, title in page.sections)}</p></li>"
        for page in part.pages
        if page.depth == 1
    )
    pages = "\n".join(shown(page, trees, 1) for page in part.pages)
    return (
        f'<section class="part recto" id="part-{number}">\n<p>Part {number}</p>\n'
        f"<h1>{part.caption}</h1>\n<ul>\n{chapters}\n</ul>\n</section>\n{pages}"
    )


def shown(page: Page, trees: dict[str, Any], above: int) -> str:
    """The page, its headings lowered to their level in the book, for the outline."""
    tree = trees[page.key]
    for heading in list(tree.iter("h1", "h2", "h3", "h4", "h5", "h6")):
        heading.set("class", f"as-{heading.tag}")
        heading.tag = f"h{min(int(heading.tag[1]) + above + page.depth - 1, 6)}"
    look = "page recto" if page.depth == 1 else "page"
    body = paper.text_of(tree)
    return f'<section class="{look}" id="{page.key}">\n{body}\n</section>'


# --------------------------------------------------------------- the print


def find_browser() -> str | None:
    """The Chromium of this machine; CHROME_PATH names another."""
    found = (shutil.which(name) for name in BROWSERS)
    return os.environ.get("CHROME_PATH") or next(filter(None, found), None)


@dataclass(frozen=True)
class Layout:
    """On which page each place is, and before which places a page stays empty."""

    numbers: dict[str, int]
    blanks: frozenset[str] = frozenset()

    def on_the_right(self, right: list[str]) -> Layout:
        """The same book with the places that begin on the right on odd pages."""
        order = sorted(self.numbers, key=lambda p: (self.numbers[p], p not in right))
        numbers, blanks, shift = {}, set(), 0
        for place in order:
            shift -= place in self.blanks
            if place in right and (self.numbers[place] + shift) % 2 == 0:
                blanks.add(place)
                shift += 1
            numbers[place] = self.numbers[place] + shift
        return Layout(numbers, frozenset(blanks))


@contextmanager
def chromium() -> Iterator[Any]:
    """The browser of this machine, as long as it is needed."""
    from playwright.sync_api import sync_playwright

    found = find_browser()
    if found is None:
        sys.exit("the PDF needs Chromium or Chrome: install one, or set CHROME_PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def print_pdf(browser: Any, source: Path, right: list[str]) -> bytes:
    """Print until the numbers in the book are those of its pages."""
    layout = Layout({})
    for _ in range(PRINTS):
        printed = print_once(browser, source, layout)
        # Of equal numbers the index shows one; the place of the other stays known.
        found = layout.numbers | page_numbers(printed)
        then = Layout(found, layout.blanks).on_the_right(right)
        if then == layout:
            return printed
        layout = then
    sys.exit(f"numbers and pages do not agree after {PRINTS} prints")


def print_once(
    browser: Any, source: Path, layout: Layout, text: tuple[float, float] = TEXT
) -> bytes:
    """Print with these numbers; a page printed twice may differ."""
    width, height = (round(side * PIXELS) for side in text)
    page = browser.new_page(
        color_scheme="light", viewport={"width": width, "height": height}
    )
    page.set_default_timeout(PATIENCE)
    page.emulate_media(media="print")
    page.goto(source.as_uri())
    page.evaluate(WRITE_NUMBERS, [layout.numbers, sorted(layout.blanks)])
    page.evaluate(LOAD_FONTS)
    if cut := page.evaluate(FIND_CUT):
        sys.exit("too large for paper:\n" + "\n".join(cut))
    printed = page.pdf(
        prefer_css_page_size=True, print_background=True, tagged=True, outline=True
    )
    page.close()
    return printed


# A font that arrives late would move the pages.
LOAD_FONTS = (
    "Promise.allSettled([...document.fonts].map((f) => f.load())).then(() => 0)"
)

# Chromium cuts off what reaches beyond the text, makes the whole book smaller if much
# does, and divides a picture that is higher than a page. The window is as large as the
# text on paper. KaTeX cuts the roof of a root to its length.
FIND_CUT = """() => [...document.querySelectorAll(
    ":is(.page, article) *:not(.hide-tail, .katex-mathml, .katex-mathml *, svg *)")]
  .filter((e) => {
    const box = e.getBoundingClientRect();
    if (!box.width || e.closest(".hide-tail")) return false;
    return box.left < -1 || box.right > innerWidth + 1
      || (e.matches("img, svg") && box.height > innerHeight)
      || (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0
        && getComputedStyle(e).overflowX !== "visible");
  })
  .map((e) => `${e.closest("[id]").id}, ${e.className}: ${e.textContent.slice(0, 60)}`)
"""

# Before the first print the width of a number is all that is known of it.
WRITE_NUMBERS = """([numbers, blanks]) => {
  for (const place of blanks) {
    const blank = document.createElement("div");
    blank.className = "blank";
    document.getElementById(place).before(blank);
  }
  for (const spot of document.querySelectorAll("[data-page]")) {
    spot.textContent = numbers[spot.dataset.page] ?? "000";
  }
  for (const pages of document.querySelectorAll("#index .pages")) {
    const said = new Map();
    for (const link of pages.querySelectorAll("a")) {
      const number = link.textContent;
      if (number === "000") continue;
      const before = said.get(number);
      if (before && link.className === "main") before.className = "main";
      if (before) link.remove();
      else said.set(number, link);
    }
  }
}"""


def finished(printed: bytes, document: str) -> bytes:
    """Formulas tagged, bookmarks and metadata right, small objects stored together."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        tag_formulas(pdf)
        name_bookmarks(pdf, titles_of(document))
        describe(pdf)
        # Chromium writes each object in plain text; in a tagged book of hundreds of
        # pages they are then larger than what is printed.
        pdf.save(
            out,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
        )
    return out.getvalue()


def titles_of(document: str) -> list[str]:
    """The headings of the book in their order, formulas in words."""
    tree = lxml.html.document_fromstring(document)
    for formula in tree.find_class("katex"):
        words = formula.get("aria-label").removeprefix(FORMULA)
        paper.replace(formula, words)
    headings = tree.xpath("//h1|//h2|//h3|//h4|//h5|//h6")
    titles = [" ".join(heading.text_content().split()) for heading in headings]
    return [title for title in titles if title]


def name_bookmarks(pdf: pikepdf.Pdf, titles: list[str]) -> None:
    """Chromium doubles formulas and drops the space at the end of a line."""
    with pdf.open_outline() as outline:
        items = list(walk(outline.root))
        if len(items) != len(titles):
            raise ValueError(
                f"as many bookmarks as headings are expected, {len(titles)}; "
                f"the PDF has {len(items)}"
            )
        for item, title in zip(items, titles, strict=True):
            item.title = title


def walk(items: list[pikepdf.OutlineItem]) -> Iterator[pikepdf.OutlineItem]:
    for item in items:
        yield item
        yield from walk(item.children)


def describe(pdf: pikepdf.Pdf) -> None:
    """Title, author, edition and rights, for catalogues; the day is the edition's."""
    config, now = settings(), edition.current()
    title = str(pdf.docinfo["/Title"])
    day = f"{now.day}T00:00:00+00:00"
    with pdf.open_metadata(set_pikepdf_as_editor=False) as about:
        about["dc:title"] = title
        about["dc:creator"] = [config["author"]]
        about["dc:publisher"] = [config["author"]]
        about["dc:language"] = ["en"]
        about["dc:date"] = [str(now.day)]
        about["dc:description"] = str(now)
        about["dc:subject"] = edition.citation()["keywords"]
        about["dc:identifier"] = config["html"]["baseurl"]
        about["dc:rights"] = (
            f"© {config['copyright']} {config['author']}. Text CC BY 4.0 "
            "(https://creativecommons.org/licenses/by/4.0/), code BSD-3-Clause."
        )
        about["xmp:CreateDate"] = about["xmp:ModifyDate"] = day
        about["xmp:MetadataDate"] = day
        about["pdf:Keywords"] = ", ".join(edition.citation()["keywords"])
    stamp = f"D:{now.day:%Y%m%d}000000Z"
    pdf.docinfo["/Author"] = config["author"]
    pdf.docinfo["/Subject"] = str(now)
    pdf.docinfo["/Keywords"] = ", ".join(edition.citation()["keywords"])
    pdf.docinfo["/CreationDate"] = pdf.docinfo["/ModDate"] = stamp
    pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)


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
    """On which page each place is that a link leads to, as the PDF says."""
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        number = {page.obj.objgen: count for count, page in enumerate(pdf.pages, 1)}
        return {
            place[1:]: number[target[0].objgen]
            for place, target in pdf.Root.Dests.items()
        }


def on_the_right(document: str) -> list[str]:
    """What begins on the right: the start, the parts, the chapters, the index."""
    tree = lxml.html.document_fromstring(document)
    sections = tree.xpath("//section[contains(@class, 'recto')]")
    return [section.get("id") for section in sections]


def make_pdf(site: Path, pdf: Path, toc: Path = ROOT / "_toc.yml") -> list[str]:
    """Assemble the built site beside the PDF, print it, and look at every page."""
    pdf.parent.mkdir(parents=True, exist_ok=True)
    source = pdf.with_suffix(".html")
    document = assemble(site, toc, pdf.parent)
    with chromium() as browser:
        source.write_text(document, encoding="utf8")
        printed = print_pdf(browser, source, on_the_right(document))
        source.unlink()
    pdf.write_bytes(finished(printed, document))
    return look(pdf)


def look(pdf: Path) -> list[str]:
    """What is wrong with the pages; the title page is coloured to its edges."""
    places = page_numbers(pdf.read_bytes())
    begins = re.compile(rf"p\d+|part-\d+|{INDEX}")
    starts = {number for place, number in places.items() if begins.fullmatch(place)}
    return list(pages.faults(pdf, starts=starts | {2, 3}, skip={1}))


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.pdf", description=__doc__)
    parser.add_argument("html", nargs="?", type=Path, default=DEFAULT_HTML)
    default = DEFAULT_HTML.parent / "pdf" / "loss-functions.pdf"
    parser.add_argument("pdf", nargs="?", type=Path, default=default)
    arguments = parser.parse_args()
    faults = make_pdf(arguments.html.resolve(), arguments.pdf.resolve())
    size = arguments.pdf.stat().st_size / 1e6
    print(f"The book is in {arguments.pdf} ({size:.1f} MB).")
    if faults:
        sys.exit("\n".join(["it must not be passed on:", *faults]))


if __name__ == "__main__":
    main()
