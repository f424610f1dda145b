"""Mathematics rendered while the book is built: the page needs no script for it."""

from __future__ import annotations

from functools import cache
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from tools.katex import Renderer

logger = logging.getLogger(__name__)


@cache
def renderer() -> Renderer:
    """One process for each process of the build, started at the first formula."""
    return Renderer()


def render(tex: str, display: bool, place: nodes.Node) -> str:
    answer = renderer().ask(tex, display)
    if "error" in answer:
        logger.warning("KaTeX: %s in %s", answer["error"], tex, location=place)
    return answer.get("html", "")


def visit_inline(self: Any, node: nodes.math) -> None:
    self.body.append(render(node.astext(), False, node))
    raise nodes.SkipNode


def visit_block(self: Any, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(render(node.astext(), True, node))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<span class="eqno">({number})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_html_math_renderer(
        "prerendered",
        inline_renderers=(visit_inline, None),
        block_renderers=(visit_block, None),
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
