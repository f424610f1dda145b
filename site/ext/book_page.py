"""The page around the text: theme, description, folded boxes, image sizes, 404."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from PIL import Image
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from tools import edition

SITE = Path(__file__).resolve().parent.parent
CSS_DPI = 96
# Where a long name may be broken: before a capital, behind a line.
BREAK_NAME = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=_)")


# Boxes whose contents sphinx-proof and sphinx-exercise all give the same id.
CONTENTS = {"proof-content", "exercise-content", "solution-content"}


# What a folded cell shows, by the call that shows it.
SHOWN = {"plt.show(": "figure", "lb.show.table(": "table"}


def tidy(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """What the extensions leave in a document that a page should not have."""
    for section in doctree.findall(nodes.section):
        section["ids"] = [i for i in section["ids"] if i not in CONTENTS]
    for box in doctree.findall(nodes.Admonition):
        if "dropdown" in box["classes"]:
            box["classes"] = [
                "folded" if c == "dropdown" else c for c in box["classes"]
            ]
        if isinstance(box, nodes.admonition) and "proof" in box["classes"]:
            box["ids"] = []
            name_proof(box)
    for cell in doctree.findall(HideCodeCellNode):
        name_code(cell)
    for link in list(doctree.findall(nodes.reference)):
        # Old DOIs hold angle brackets, which an address may not.
        if "refuri" in link:
            link["refuri"] = quote_brackets(link["refuri"])
        # sphinx-exercise begins the name of an exercise with a space, underlined.
        words: Any = next(iter(link.findall(nodes.Text)), "")
        if words.startswith(" "):
            words.parent.replace(words, nodes.Text(words.lstrip()))
            link.parent.insert(link.parent.index(link), nodes.Text(" "))


def name_code(cell: HideCodeCellNode) -> None:
    """Folded cells in a row are told apart by what their code is for."""
    code = next((block.astext() for block in cell.findall(nodes.literal_block)), "")
    said = f"the code: {what}" if (what := purpose(code)) else "the code"
    cell["prompt_show"], cell["prompt_hide"] = f"Show {said}", f"Hide {said}"


def purpose(code: str) -> str:
    """In a word: what it defines, else what it shows, else that it only imports."""
    if defined := re.findall(r"^(?:def|class) (\w+)", code, re.MULTILINE):
        return ", ".join(defined)
    shown = [word for call, word in SHOWN.items() if call in code]
    if not shown and re.match(r"(?:#.*\n)*(?:import|from) ", code):
        shown = ["imports"]
    return " and ".join(shown)


def name_proof(box: nodes.admonition) -> None:
    """The first word of a proof is its title, that of a fold if it is folded."""
    first = next(box.findall(nodes.Text))
    rest = nodes.Text(first.removeprefix("Proof. "))
    paragraph = first.parent
    paragraph.replace(first, rest)
    if "folded" in box["classes"]:
        box.insert(0, nodes.title("", "Proof"))
    else:
        word = nodes.emphasis("", "Proof.", classes=["proof-word"])
        paragraph.insert(0, [word, nodes.Text(" ")])


def quote_brackets(address: str) -> str:
    return address.replace("<", "%3C").replace(">", "%3E")


def is_folded(node: nodes.Node | None) -> bool:
    return isinstance(node, nodes.Admonition) and "folded" in node["classes"]


class BookTranslator(HTML5Translator):
    """HTML as Sphinx writes it, but for folds, wide tables, pictures and entries."""

    def starttag(
        self, node: Any, tagname: str, *arguments: Any, **attributes: Any
    ) -> str:
        """Folded boxes are <details>, which need no script."""
        if tagname == "div" and is_folded(node):
            tagname = "details"
        elif (
            tagname == "p" and isinstance(node, nodes.title) and is_folded(node.parent)
        ):
            tagname = "summary"
        elif tagname == "img":
            attributes |= node.get("arriving", {})
        elif isinstance(node, nodes.citation):
            # The role that docutils gives an entry was withdrawn from the standard.
            attributes["role"] = "listitem"
        return super().starttag(node, tagname, *arguments, **attributes)

    def dispatch_departure(self, node: nodes.Node) -> None:
        super().dispatch_departure(node)
        if is_folded(node):
            self.body[-1] = "</details>\n"

    def visit_title(self, node: nodes.Element) -> None:
        super().visit_title(node)
        if is_folded(node.parent):
            self.context[-1] = "</summary>\n"

    def depart_title(self, node: nodes.Element) -> None:
        """The link to a section stands behind its heading: it is not read with it."""
        super().depart_title(node)
        link, end = self.body[-2:] if len(self.body) > 1 else ("", "")
        if "headerlink" in link and end.startswith("</h"):
            self.body[-2:] = [end, f"{link}\n"]

    def add_permalink_ref(self, node: nodes.Element, title: str) -> None:
        """A link to a place has a name, not only a sign."""
        if not node["ids"] or not self.builder.add_permalinks:
            return
        name = title.replace("this heading", "this section")
        name = name.replace("this image", "this figure")
        self.body.append(
            f'<a class="headerlink" href="#{node["ids"][0]}" aria-label="{name}" '
            f'title="{name}">{self.config.html_permalinks_icon}</a>'
        )

    def visit_Text(self, node: nodes.Text) -> None:
        """A long name may be broken where it is an entry of the contents."""
        count = len(self.body)
        super().visit_Text(node)
        if self.protect_literal_text and "anchorname" in node.parent.parent:
            names = self.body[count:]
            self.body[count:] = [BREAK_NAME.sub("<wbr>", name) for name in names]

    def visit_table(self, node: nodes.Element) -> None:
        """A wide table scrolls in its own box, not the page."""
        self.body.append('<div class="wide">')
        super().visit_table(node)

    def depart_table(self, node: nodes.Element) -> None:
        super().depart_table(node)
        self.body.append("</div>\n")

    def visit_image(self, node: nodes.Element) -> None:
        """Width and height before the file arrives, which waits until it is near."""
        source = Path(self.builder.srcdir, node["uri"])
        if source.is_file() and source.suffix != ".svg" and "width" not in node:
            width, height = css_size(source)
            size = {"width": width, "height": height}
            node["arriving"] = {**size, "loading": "lazy", "decoding": "async"}
        super().visit_image(node)


def visit_hidden_cell(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """A summary holds words; myst-nb puts paragraphs and a second name there."""
    show, hide = (html.escape(node[name]) for name in ("prompt_show", "prompt_hide"))
    self.body.append(
        f'<details class="admonition hide {" ".join(node["classes"])}">\n<summary>\n'
        f'<span class="collapsed admonition-title">{show}</span>\n'
        f'<span class="expanded admonition-title">{hide}</span>\n</summary>\n'
    )


def depart_hidden_cell(self: HTML5Translator, node: HideCodeCellNode) -> None:
    self.body.append("</details>\n")


def css_size(file: Path) -> tuple[int, int]:
    """A picture's size in CSS pixels, by the resolution it was saved with."""
    with Image.open(file) as image:
        dpi = image.info.get("dpi", (CSS_DPI, CSS_DPI))[0]
        return tuple(round(side * CSS_DPI / dpi) for side in image.size)


@cache
def descriptions() -> dict[str, dict[str, str]]:
    """What a search engine shows of each page, as site/descriptions.yml says it."""
    text = (SITE / "descriptions.yml").read_text(encoding="utf8")
    found: dict[str, dict[str, str]] = yaml.safe_load(text)
    return found


def described(app: Sphinx, pagename: str, title: str) -> dict[str, str]:
    """Title and description of a page for those who search."""
    known = descriptions().get(pagename)
    chapters = {name.rpartition("/")[2]: name for name in descriptions()}
    chapter = chapters.get(pagename.rpartition("/")[2], "")
    if known is None and "/solutions/" in pagename and chapter in descriptions():
        topic = descriptions()[chapter]["title"].partition(":")[0]
        known = {
            "title": f"Solutions: {topic}",
            "description": "Worked and executed solutions to the exercises on "
            f"{topic[0].lower()}{topic[1:]}, with the usual mistakes.",
        }
    return known or {"title": title, "description": app.config.html_title}


def structured(app: Sphinx, pagename: str, context: dict[str, Any]) -> dict[str, Any]:
    """What the page is, in the words of schema.org."""
    book = {
        "@type": "Book",
        "name": app.config.html_title,
        "url": app.config.html_baseurl,
        "author": {"@type": "Organization", "name": app.config.author},
        "bookEdition": context["edition"].version,
        "datePublished": str(edition.citation()["date-released"]),
        "inLanguage": "en",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "isAccessibleForFree": True,
        "about": "Loss functions in machine learning",
    }
    if pagename == app.config.root_doc:
        return {"@context": "https://schema.org", **book}
    kind = ["Chapter", "LearningResource"] if context["notebook"] else ["WebPage"]
    page = {
        "@context": "https://schema.org",
        "@type": kind,
        "name": context["search_title"],
        "description": context["description"],
        "url": f"{app.config.html_baseurl}{pagename}.html",
        "inLanguage": "en",
        "license": book["license"],
        "isPartOf": book,
    }
    if context["modified"]:
        page["dateModified"] = context["modified"]
    return page


def source_file(app: Sphinx, pagename: str) -> str:
    """The source of a page, from the root of the repository."""
    if pagename not in app.env.found_docs:
        return ""
    return Path(app.env.doc2path(pagename)).relative_to(app.srcdir).as_posix()


def parts_of(app: Sphinx, pagename: str) -> list[tuple[str, list[dict[str, str]]]]:
    """The parts of the book: (caption, chapters with title and address)."""
    env = app.env
    builder: Any = app.builder
    parts = []
    for tree in env.get_doctree(env.config.root_doc).findall(addnodes.toctree):
        chapters = []
        for _, name in tree["entries"]:
            title = builder.render_partial(env.titles[name])["title"]
            link = builder.get_relative_uri(pagename, name)
            chapters.append({"title": title, "link": link})
        parts.append((tree["caption"], chapters))
    return parts


def complete_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    body = context.get("body") or ""
    context["html_baseurl"] = app.config.html_baseurl
    context["theme_script"], context["theme_hash"] = theme_script()
    context["author"] = app.config.author
    context["figures"] = sorted(set(re.findall(r'data-figure="([^"]+)"', body)))
    context["has_math"] = 'class="katex"' in body
    plain = html.unescape(re.sub(r"<[^>]+>", "", context.get("title", "")))
    plain = re.sub(r"^\d+\. ", "", plain)
    context["plain_title"] = plain
    found = described(app, pagename, plain)
    context["search_title"], context["description"] = found.values()
    context["edition"] = edition.current()
    modified = edition.last_changes().get(source_file(app, pagename), "")
    context["modified"] = modified
    context["parts"] = parts_of(app, pagename)
    context["notebook"] = str(context.get("sourcename") or "").endswith(".ipynb")
    context["live"] = context["notebook"] and app.config.live_runtime
    if pagename in app.env.found_docs:
        data = json.dumps(structured(app, pagename, context), ensure_ascii=False)
        context["structured"] = data.replace("</", "<\\/")
        address = app.config.html_baseurl
        part = "" if pagename == app.config.root_doc else plain
        address += f"{pagename}.html" if part else ""
        key = f"lossbook-{pagename.rpartition('/')[2]}" if part else "lossbook"
        title = app.config.html_title
        about = f"Page: {address}\nEdition: {edition.current()}\n\n"
        context["report"] = urlencode({"title": f"Error in: {plain}", "body": about})
        context["cite_apa"] = edition.apa(title, address, part)
        context["cite_bibtex"] = edition.bibtex(key, title, address, part)


def theme_script() -> tuple[str, str]:
    """The script in every head, and the hash by which the page's policy allows it."""
    script = (SITE / "theme" / "theme.js").read_text(encoding="utf8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return script, f"sha256-{digest}"


def extra_pages(app: Sphinx) -> list[tuple[str, dict[str, Any], str]]:
    return [
        ("404", {"title": "Page not found"}, "404.html"),
        ("search", {"title": "Search"}, "search.html"),
    ]


def new_edition(app: Sphinx, env: Any, *_: Any) -> list[str]:
    """Every foot names the edition, so a new one is a change of every page."""
    now, before = str(edition.current()), getattr(env, "book_edition", "")
    env.book_edition = now
    return [] if now == before else sorted(env.found_docs)


def use_own_search(app: Sphinx) -> None:
    """Sphinx's index is read by a request, which a page on a disk may not make."""
    builder: Any = app.builder
    if builder.format == "html":
        builder.search = False


def setup(app: Sphinx) -> dict[str, Any]:
    app.set_translator("html", BookTranslator)
    app.add_node(
        HideCodeCellNode, override=True, html=(visit_hidden_cell, depart_hidden_cell)
    )
    app.add_html_theme("book", str(SITE / "theme"))
    # Jupyter Book passes these on even where their extensions are not loaded.
    app.add_config_value("comments_config", {}, "html")
    app.add_config_value("use_jupyterbook_latex", False, "html")
    # Whether tools.runtime has been here; if that changes, every page is written anew.
    runtime = Path(os.environ.get("BOOK_RUNTIME", SITE / "runtime"))
    there = (runtime / "pyodide-lock.json").exists()
    app.add_config_value("live_runtime", there, "html")
    app.connect("builder-inited", use_own_search)
    app.connect("env-get-outdated", new_edition)
    app.connect("doctree-resolved", tidy)
    app.connect("html-page-context", complete_page)
    app.connect("html-collect-pages", extra_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
