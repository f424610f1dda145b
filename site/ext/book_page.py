"""The page around the text: theme, description, folded boxes, image sizes, 404."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx

SITE = Path(__file__).resolve().parent.parent
CSS_DPI = 96


def fold_dropdowns(body: str) -> str:
    """Boxes of class dropdown become <details>, which need no script."""
    opening = re.compile(
        r'<div (class="[^"]*\bdropdown\b[^"]*"[^>]*)>\s*'
        r'(?:<p class="admonition-title">(.*?)</p>|(?=<p>Proof\. ))',
        re.DOTALL,
    )
    while found := opening.search(body):
        end = end_of_div(body, found.end())
        attributes = found[1].replace("dropdown", "folded", 1)
        # A proof has no title of its own, only its first word.
        title, inside = found[2] or "Proof", body[found.end() : end]
        inside = inside if found[2] else inside.replace("<p>Proof. ", "<p>", 1)
        body = (
            f"{body[: found.start()]}<details {attributes}>"
            f'<summary class="admonition-title">{title}</summary>'
            f"{inside}</details>{body[end + len('</div>') :]}"
        )
    return body


def name_proofs(body: str) -> str:
    """The first word of a proof is its title."""
    return body.replace("<p>Proof. ", '<p><em class="proof-word">Proof.</em> ')


def drop_repeated_ids(body: str) -> str:
    """sphinx-proof and sphinx-exercise give every content the same id."""
    body = re.sub(r'(<(?:div|details) class="proof [^"]*") id="proof"', r"\1", body)
    return re.sub(
        r'<section([^>]*) id="(?:proof|exercise|solution)-content">',
        r"<section\1>",
        body,
    )


def escape_links(body: str) -> str:
    """Old DOIs hold angle brackets, which an address may not."""
    return re.sub(
        r'href="[^"]*&lt;[^"]*"',
        lambda link: link[0].replace("&lt;", "%3C").replace("&gt;", "%3E"),
        body,
    )


def tidy_folds(body: str) -> str:
    """myst-nb puts paragraphs where words are allowed, and names its folds twice."""
    body = body.replace(' aria-label="Toggle hidden content"', "")
    return re.sub(
        r"<p (class=\"(?:collapsed|expanded) [^>]*)>(.*?)</p>",
        r"<span \1>\2</span>",
        body,
    )


def end_of_div(body: str, start: int) -> int:
    """Where the </div> stands that closes the div opened before start."""
    depth = 1
    for tag in re.finditer(r"<(/?)div\b", body[start:]):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return start + tag.start()
    raise ValueError("a box is not closed")


def box_tables(body: str) -> str:
    """A wide table scrolls in its own box, not the page."""
    body = body.replace("<table", '<div class="wide"><table')
    return body.replace("</table>", "</table></div>")


TIDYING = (
    fold_dropdowns,
    name_proofs,
    drop_repeated_ids,
    escape_links,
    tidy_folds,
    box_tables,
)


def size_images(app: Sphinx, body: str) -> str:
    """Width and height before the file arrives, which waits until it is near."""
    sources = {name: source for source, name in app.builder.images.items()}

    def sized(tag: re.Match[str]) -> str:
        source = sources.get(tag[1])
        if source is None or source.endswith(".svg") or " width=" in tag[0]:
            return tag[0]
        width, height = css_size(Path(app.srcdir, source))
        wait = 'loading="lazy" decoding="async"'
        return tag[0].replace(
            "<img ", f'<img width="{width}" height="{height}" {wait} ', 1
        )

    return re.sub(r'<img [^>]*src="[^"]*_images/([^"]+)"[^>]*>', sized, body)


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


def split_parts(toctree_html: str) -> list[tuple[str, str]]:
    """The parts of the book: (caption, list of chapters as HTML)."""
    pieces = re.split(r'<p class="caption"[^>]*>(.*?)</p>', toctree_html or "")
    return [
        (re.sub(r"<[^>]+>", "", caption), chapters)
        for caption, chapters in zip(pieces[1::2], pieces[2::2], strict=True)
    ]


def complete_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    body = context.get("body") or ""
    for change in TIDYING:
        body = change(body)
    body = size_images(app, body)
    # The role that docutils gives an entry was withdrawn from the standard.
    body = body.replace('role="doc-biblioentry"', 'role="listitem"')
    context["body"] = body
    context["html_baseurl"] = app.config.html_baseurl
    context["theme_script"], context["theme_hash"] = theme_script()
    context["author"] = app.config.author
    context["figures"] = sorted(set(re.findall(r'data-figure="([^"]+)"', body)))
    context["has_math"] = 'class="katex"' in body
    context["description"] = describe(doctree, app.config.html_title)
    context["parts"] = split_parts(
        context["toctree"](maxdepth=1, collapse=False, includehidden=True)
        if "toctree" in context
        else ""
    )
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
    if app.builder.format == "html":
        app.builder.search = False


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_theme("book", str(SITE / "theme"))
    # Jupyter Book passes these on even where their extensions are not loaded.
    app.add_config_value("comments_config", {}, "html")
    app.add_config_value("use_jupyterbook_latex", False, "html")
    # Whether tools.runtime has been here; if that changes, every page does.
    runtime = Path(os.environ.get("BOOK_RUNTIME", SITE / "runtime"))
    there = (runtime / "pyodide-lock.json").exists()
    app.add_config_value("live_runtime", there, "env")
    app.connect("builder-inited", use_own_search)
    app.connect("html-page-context", complete_page)
    app.connect("html-collect-pages", extra_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
