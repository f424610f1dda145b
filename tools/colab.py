"""The first code cell of every notebook: it gets lossbook where there is none.

A notebook opened in Colab, or downloaded, arrives without the package. The site leaves
the cell out (tag remove-cell). Its one home is here; `tools.notebooks run` puts it in.
"""

import tomllib

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tools.book import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REPOSITORY = PROJECT["project"]["urls"]["Repository"]
TAGS = ["remove-cell"]
SOURCE = f"""\
# Colab comes without lossbook; where it is installed, this does nothing.
from importlib.util import find_spec

if find_spec("lossbook") is None:
    %pip install -q git+{REPOSITORY}"""


def cell(cell_id: str) -> NotebookNode:
    return new_code_cell(SOURCE, id=cell_id, metadata={"tags": TAGS})


def is_colab_cell(cell: NotebookNode) -> bool:
    return cell.source == SOURCE and cell.metadata.get("tags") == TAGS


def renew(nb: NotebookNode, cell_id: str) -> None:
    """Put the cell before the first code cell, or what it says now into the old one."""
    code = [n for n, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    first = code[0] if code else len(nb.cells)
    if code and nb.cells[first].metadata.get("tags") == TAGS:
        nb.cells[first].source = SOURCE
    else:
        nb.cells.insert(first, cell(cell_id))
