"""Once the pages are written, plain notebooks take the place of their sources."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from tools import handouts


def write(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.name == "html":
        handouts.write(app)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
