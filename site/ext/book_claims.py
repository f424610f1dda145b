"""Claims that lead to their row and back, and checks as one quiet line.

A cell with a claim gets an id, and so does the claim's row in the ledger. The id of a
claim in a box or a sentence ("Claim (A1)", "claims A1 and B2") leads to the row; the id
in the row leads to the cell.

A cell tagged check shows the sentence of its first comment; its code is folded.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxTranslator

LEDGER = "claims-ledger"  # the label of the page with the rows
ID = re.compile(r"[A-Z]\d+")
MENTION = re.compile(
    rf"\b[Cc]laims?\s+\(?{ID.pattern}(?:(?:, | and |, and ){ID.pattern})*"
)
COMMENT = re.compile(r"(?:#[^\n]*(?:\n|$))+")
STEERING = re.compile(r"# (?:nbval|one-seed|versions): ")
# A link in a link, or in code, is none.
CLOSED = (
    *(nodes.FixedTextElement, nodes.literal, nodes.math, nodes.math_block),
    *(nodes.reference, addnodes.pending_xref, nodes.raw, nodes.comment),
)


class LinkClaims(SphinxTransform):
    """Ids for the cells and rows of claims, and links between them."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        for cell in cells(self.document):
            claim = cell["cell_metadata"].get("claim")
            if isinstance(claim, dict):
                self.mark(cell, cell_label(claim["id"]))
        if LEDGER in self.document.nameids:
            for row in list(self.document.findall(nodes.row)):
                self.link_row(row)
        else:
            for text in list(self.document.findall(nodes.Text)):
                self.link_mentions(text)

    def mark(self, node: nodes.Element, label: str) -> None:
        """Give a node an id to which a reference leads."""
        node["ids"].append(label)
        std = self.env.get_domain("std")
        assert isinstance(std, StandardDomain)
        std.anonlabels[label] = (self.env.docname, label)

    def link_row(self, row: nodes.row) -> None:
        """A row whose first entry is an id."""
        first = next(row.findall(nodes.paragraph), None)
        if first is not None and ID.fullmatch(first.astext()):
            name = first.astext()
            self.mark(row, row_label(name))
            first.children = []
            first += self.link(name, cell_label(name))

    def link_mentions(self, text: nodes.Text) -> None:
        """The ids after the word claim."""
        above = text.parent
        while above is not None:
            if isinstance(above, CLOSED):
                return
            above = above.parent
        said, parts, end = text.astext(), [], 0
        for mention in MENTION.finditer(said):
            for found in ID.finditer(said, *mention.span()):
                parts.append(nodes.Text(said[end : found.start()]))
                parts.append(self.link(found[0], row_label(found[0])))
                end = found.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(said[end:])])

    def link(self, words: str, label: str) -> addnodes.pending_xref:
        return addnodes.pending_xref(
            "",
            nodes.inline("", words),
            refdoc=self.env.docname,
            refdomain="std",
            reftype="ref",
            reftarget=label,
            refexplicit=True,
            refwarn=True,
        )


def cell_label(claim: str) -> str:
    return f"claim-{claim.lower()}"


def row_label(claim: str) -> str:
    return f"row-{claim.lower()}"


def cells(document: nodes.document) -> list[nodes.container]:
    """The code cells of a notebook."""
    found = document.findall(nodes.container)
    return [node for node in found if node.get("nb_element") == "cell_code"]


class check_fold(nodes.General, nodes.Element):
    """The code of a check behind its sentence."""


class FoldChecks(SphinxTransform):
    """A cell tagged check is folded behind the sentence that it begins with."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        for cell in cells(self.document):
            if "check" in cell["cell_metadata"].get("tags", []):
                cell.attributes.pop("hide_mode", None)
                fold = check_fold(sentence=sentence(cell.astext()))
                fold += cell.children
                cell.children = []
                cell += fold


def sentence(source: str) -> str:
    """The comment that a cell begins with, without lines that steer a tool."""
    found = COMMENT.match(source)
    lines = found[0].splitlines() if found else []
    words = [line.lstrip("#").strip() for line in lines if not STEERING.match(line)]
    return " ".join(words)


def visit_check(self: SphinxTranslator, node: check_fold) -> None:
    self.body.append(
        '<details class="check"><summary><span aria-hidden="true">✓ </span>'
        f"checked: {escape(node['sentence'])}</summary>\n"
    )


def depart_check(self: SphinxTranslator, node: check_fold) -> None:
    self.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(check_fold, html=(visit_check, depart_check))
    app.add_transform(LinkClaims)
    app.add_transform(FoldChecks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
