"""What a line must not break apart: a number and its %, a formula and its comma."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

UNIT = re.compile(r"(?<=\d) (?=%)")
OPENING = re.compile(r"[(\[“‘]+$")
CLOSING = re.compile(r"[.,;:!?)\]”’…%]+")


def keep_together(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for text in list(doctree.findall(nodes.Text)):
        if not isinstance(text.parent, (nodes.literal, nodes.FixedTextElement)):
            words = UNIT.sub("\N{NO-BREAK SPACE}", text)
            text.parent.replace(text, nodes.Text(words))
    for formula in list(doctree.findall(nodes.math)):
        keep_punctuation(formula)


def keep_punctuation(formula: nodes.math) -> None:
    """Signs that belong to a formula stand in one piece with it."""
    line: Any = formula.parent
    at = line.index(formula)
    before: Any = line[at - 1] if at else None
    after: Any = line[at + 1] if at + 1 < len(line) else None
    opening = OPENING.search(before) if isinstance(before, nodes.Text) else None
    closing = CLOSING.match(after) if isinstance(after, nodes.Text) else None
    if opening is None and closing is None:
        return
    piece = nodes.inline("", "", classes=["piece"])
    line[at] = piece
    # By place: a sentence may hold the same words twice.
    if opening:
        line[at - 1] = nodes.Text(before[: opening.start()])
        piece += nodes.Text(opening[0])
    piece += formula
    if closing:
        line[at + 1] = nodes.Text(after[closing.end() :])
        piece += nodes.Text(closing[0])


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("doctree-resolved", keep_together)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
