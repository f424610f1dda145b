"""What a link leads to, for a preview beside it.

Terms, references, claims, figures, equations and propositions: whatever of these a link
in the book leads to goes into _static/previews.js. It is a script, since a page opened
from a disk may load scripts only; book.js asks for it when a reader points at a link.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import html
from lxml.html import builder as E
from sphinx.application import Sphinx

# What is only of use where it stands.
LEFT_OUT = (
    "//*[contains(@class, 'headerlink') or contains(@class, 'fig-controls') "
    "or contains(@class, 'fig-readout') or contains(@class, 'narrow')]"
)
# The columns of the ledger that a preview does without.
UNTOLD = {"Id", "Claim", "Chapter"}


def has_class(element: Any, name: str) -> bool:
    return name in (element.get("class") or "").split()


def shown(element: Any) -> list[Any]:
    """What the preview of a place shows; nothing if the place is of another kind."""
    if element.tag == "dt" and element.get("id", "").startswith("term-"):
        term = E.P(E.STRONG(*words(element)))
        return [term, *next(element.itersiblings("dd"))]
    if has_class(element, "citation"):
        return element.findall("p")[:1]
    if element.tag == "tr" and element.get("id", "").startswith("row-"):
        return claim(element)
    if element.tag == "figure" or any(has_class(element, k) for k in ("math", "proof")):
        return [element]
    return []


def words(element: Any) -> list[Any]:
    """What is in an element, without the link to it."""
    inside = [child for child in element if not has_class(child, "headerlink")]
    return [element.text or "", *inside]


def claim(row: Any) -> list[Any]:
    """A line of the ledger below what its columns are called."""
    heads = [head.text_content() for head in row.xpath("ancestor::table[1]//th")]
    cells = dict(zip(heads, row.findall("td"), strict=True))
    kind = row.xpath("string(ancestor::section[1]/*[1]/text()[1])").lower()
    name = f"Claim {cells['Id'].text_content().strip()}, {kind}"
    parts = [E.P(E.STRONG(name)), *cells["Claim"]]
    for head, cell in cells.items():
        if head not in UNTOLD:
            parts.append(E.P({"class": "preview-more"}, f"{head}: ", *words(cell[0])))
    return parts


def linked(tree: Any, name: str) -> set[str]:
    """The places in the book that the text of a page leads to."""
    found = set()
    for address in tree.xpath("//article//a[contains(@class, 'internal')]/@href"):
        path, _, place = address.partition("#")
        if place and ":" not in path:
            found.add(f"{resolved(name, path)}#{unquote(place)}")
    return found


def resolved(name: str, address: str) -> str:
    """An address in a page as one from the root of the site."""
    if not address:
        return name
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), address))


def as_html(element: Any, name: str) -> str:
    """HTML to put into any page: addresses from the root, no id that it may have."""

    def address(link: str) -> str:
        if re.match(r"[a-z]+:", link):
            return link
        path, mark, place = link.partition("#")
        return f"{resolved(name, path)}{mark}{place}"

    element = html.fromstring(html.tostring(element, with_tail=False))
    for part in element.xpath(LEFT_OUT):
        if part is not element:
            part.drop_tree()
    for part in element.iter():
        for key in ("href", "src"):
            if key in part.attrib:
                part.set(key, address(part.get(key)))
        part.attrib.pop("title", None)
        if part.get("id"):
            part.set("id", f"preview-{part.get('id')}")
    text = html.tostring(element, encoding="unicode")
    return text.replace("url(#", "url(#preview-")


def previews(site: Path) -> dict[str, str]:
    """HTML for each place that a page of the site leads to."""
    trees = {
        page.relative_to(site).as_posix(): html.parse(str(page)).getroot()
        for page in sorted(site.rglob("*.html"))
        if "_static" not in page.parts
    }
    wanted: set[str] = set()
    for name, tree in trees.items():
        wanted |= linked(tree, name)
    places = {
        f"{name}#{element.get('id')}": element
        for name, tree in trees.items()
        for element in tree.xpath("//*[@id]")
    }
    found = {}
    for place in sorted(wanted & places.keys()):
        if parts := shown(places[place]):
            name = place.partition("#")[0]
            found[place] = "".join(as_html(part, name) for part in parts)
    return found


def write(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        site = Path(app.outdir)
        data = json.dumps(
            previews(site), ensure_ascii=False, separators=(",", ":"), sort_keys=True
        )
        script = f"globalThis.BOOK_PREVIEWS={data};\n"
        (site / "_static" / "previews.js").write_text(script, encoding="utf8")


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
