"""The guide of lossbook on the start page: doors shaped like questions.

    :::{guide-doors}
    :::

The answers of the first question and the symptoms are links into the guide itself,
which stands in chapter 23; all of it is lossbook.show.TREE and SYMPTOMS. On a page with
the guide, guide.js opens the answer that the address names.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lossbook.show import SYMPTOMS, TREE
from lossbook.show.guide import link


class Doors(SphinxDirective):
    """What do you need, and what went wrong?"""

    def run(self) -> list[nodes.Node]:
        needs = [link(answer.key, answer.text) for answer in TREE.answers]
        wrong = [link(symptom.key, f"“{symptom.text}”") for symptom in SYMPTOMS]
        return [
            nodes.container(
                "",
                *self.parse_text_to_nodes(listed(f"**{words}**", links)),
                classes=["guide-doors"],
            )
            for words, links in ((TREE.text, needs), ("What went wrong?", wrong))
        ]


def listed(head: str, items: list[str]) -> str:
    return "\n".join([head, "", *(f"- {item}" for item in items)])


def add_script(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], *_: Any
) -> None:
    context["has_guide"] = ' id="guide-' in (context.get("body") or "")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("guide-doors", Doors)
    app.connect("html-page-context", add_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
