"""The page around the text: theme, description, folded boxes, image sizes, 404."""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from PIL import Image
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

SITE = Path(__file__).resolve().parent.parent
CSS_DPI = 96


# Boxes whose contents sphinx-proof and sphinx-exercise all give the same id.
CONTENTS = {"proof-content", "exercise-content", "solution-content"}


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
    for link in doctree.findall(nodes.reference):
        # Old DOIs hold angle brackets, which an address may not.
        if "refuri" in link:
            link["refuri"] = quote_brackets(link["refuri"])


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
        return super().starttag(node, tagname, *arguments, **attributes)

    def dispatch_departure(self, node: nodes.Node) -> None:
        super().dispatch_departure(node)
        if is_folded(node):
            self.body[-1] = self.body[-1].replace("</div>", "</details>")
        elif isinstance(node, nodes.title) and is_folded(node.parent):
            self.body[-1] = self.body[-1].replace("</p>", "</summary>")

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
        super().visit_image(node)
        if not source.is_file() or source.suffix == ".svg" or "width" in node:
            return
        width, height = css_size(source)
        sized = (
            f'<img width="{width}" height="{height}" loading="lazy" decoding="async" '
        )
        self.body[-1] = self.body[-1].replace("<img ", sized, 1)

    def visit_citation(self, node: nodes.Element) -> None:
        """The role that docutils gives an entry was withdrawn from the standard."""
        super().visit_citation(node)
        self.body[-1] = self.body[-1].replace("doc-biblioentry", "listitem")


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


def describe(doctree: nodes.document | None, default: str) -> str:
    """The first paragraph that says something, cut at a word, for search engines."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        text = " ".join(paragraph.astext().split())
        if len(text) > 40:
            return text if len(text) < 160 else text[:157].rsplit(" ", 1)[0] + " …"
    return default


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
    context["description"] = describe(doctree, app.config.html_title)
    context["parts"] = parts_of(app, pagename)
    context["notebook"] = str(context.get("sourcename") or "").endswith(".ipynb")
    context["live"] = context["notebook"] and app.config.live_runtime


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
    # Whether tools.runtime has been here; if that changes, every page does.
    runtime = Path(os.environ.get("BOOK_RUNTIME", SITE / "runtime"))
    there = (runtime / "pyodide-lock.json").exists()
    app.add_config_value("live_runtime", there, "env")
    app.connect("builder-inited", use_own_search)
    app.connect("doctree-resolved", tidy)
    app.connect("html-page-context", complete_page)
    app.connect("html-collect-pages", extra_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
