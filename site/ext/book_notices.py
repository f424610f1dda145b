"""The directive for what others made and the site carries: a table of tools.notices."""

from __future__ import annotations

import posixpath
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tools import notices


class Notices(SphinxDirective):
    """A row for each work: name and version, licence, where its text stands."""

    def run(self) -> list[nodes.Node]:
        here = posixpath.dirname(self.env.docname)
        rows = [[[nodes.Text(head)] for head in ("Work", "Licence", "Its text")]]
        for notice, version in notices.carried():
            work: list[nodes.Node] = [
                nodes.reference("", notice.name, refuri=notice.home)
            ]
            if version:
                work.append(nodes.Text(f" {version}"))
            text: nodes.Node = nodes.Text("in the file itself")
            if notice.text:
                address = posixpath.relpath(notice.text, here)
                text = nodes.reference("", "licence", refuri=address)
            rows.append([work, [nodes.Text(notice.licence)], [text]])
        return [table(rows)]


def table(rows: list[list[list[nodes.Node]]]) -> nodes.table:
    """A table whose first row is its head."""
    group = nodes.tgroup(cols=len(rows[0]))
    group += [nodes.colspec(colwidth=1) for _ in rows[0]]
    lines = [
        nodes.row(
            "", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in row)
        )
        for row in rows
    ]
    group += nodes.thead("", lines[0])
    group += nodes.tbody("", *lines[1:])
    return nodes.table("", group)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("notices", Notices)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
