"""The directive for interactive figures.

    :::{interactive} huber-delta
    :name: fig-huber-delta
    Huber's loss for a residual $r$. Move δ and watch where the line bends.
    :::

The body is the caption. The figure itself is site/static/figures/<name>.js; its first
state is drawn here, by node, so that it stands in the page before (and without)
any script, in print too.
"""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from tools.katex import node_binary

FIGURES = Path(__file__).resolve().parent.parent / "static" / "figures"
DRAW = Path(__file__).resolve().parent / "draw_figures.js"


@cache
def first_states() -> dict[str, str]:
    """The first state of every figure, {name: html}; node is asked once."""
    run = subprocess.run(
        [node_binary(), str(DRAW), str(FIGURES)],
        capture_output=True,
        encoding="utf8",
        check=False,
    )
    if run.returncode:
        raise ExtensionError(f"a figure cannot be drawn:\n{run.stderr}")
    states: dict[str, str] = json.loads(run.stdout)
    return states


class Interactive(SphinxDirective):
    """A figure that answers to the reader; the body is its caption."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        (name,) = self.arguments
        states = first_states()
        if name not in states:
            raise self.error(f"no figure {name!r}: there are {', '.join(states)}")
        if not self.content:
            raise self.error("an interactive figure needs a caption")
        self.env.note_dependency(str(FIGURES / f"{name}.js"))
        figure = nodes.figure(classes=["interactive"])
        figure += nodes.raw("", states[name], format="html")
        caption = nodes.caption()
        children, messages = self.parse_inline(
            "\n".join(self.content), lineno=self.lineno
        )
        caption += children
        figure += caption
        self.set_source_info(figure)
        self.add_name(figure)
        return [figure, *messages]


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("interactive", Interactive)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
