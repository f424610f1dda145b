"""Lets nbval compare figures and mind warnings.

nbval executes every cell and compares text exactly, but never PNGs: a figure that no
longer matches its code would pass. This hook looks at the outputs nbval has just
produced, so that one execution of a notebook checks both. It goes by nbval's own
decision whether a cell is compared: all under --nbval, those tagged nbval-check-output
under --nbval-lax. What a cell writes to stderr, say a warning, fails it under both.
"""

from collections.abc import Generator

import pytest
from nbval.plugin import IPyNbCell

from tools.figures import compare_figures


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    yield  # a failure of nbval's own comparison is raised here
    if not isinstance(item, IPyNbCell):
        return
    said = [o["text"] for o in item.test_outputs if o.get("name") == "stderr"]
    if said:
        item.raise_cell_error("Cell writes to stderr", "".join(said))
    if item.options["check"]:
        difference = compare_figures(item.cell.outputs, item.test_outputs)
        if difference:
            item.raise_cell_error(f"Figures differ: {difference}")
