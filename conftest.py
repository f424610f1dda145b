"""Lets nbval compare figures.

nbval executes every cell and compares text exactly, but never PNGs: a figure that no
longer matches its code would pass. This hook looks at the outputs nbval has just
produced, so that one execution of a notebook checks both. It goes by nbval's own
decision whether a cell is compared: all under --nbval, those tagged nbval-check-output
under --nbval-lax.
"""

from collections.abc import Generator

import pytest
from nbval.plugin import IPyNbCell

from tools.figures import compare_figures


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    yield  # a failure of nbval's own comparison is raised here
    if isinstance(item, IPyNbCell) and item.options["check"]:
        difference = compare_figures(item.cell.outputs, item.test_outputs)
        if difference:
            item.raise_cell_error(f"Figures differ: {difference}")
