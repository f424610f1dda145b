"""A plugin of pytest for `tools.portable`: where a cell first differs from the stored.

The comparison stays that of nbval and conftest.py; this only notes, for a cell that
failed it, the first line that is not the same.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from itertools import zip_longest
from typing import Any

import pytest
from nbformat import NotebookNode
from nbval.plugin import IPyNbCell

from tools.figures import compare_figures

CELL, DIFFERENCE = "cell", "first difference"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def first_difference(
    stored: Iterable[NotebookNode], fresh: Iterable[NotebookNode]
) -> str | None:
    """Say how two lists of outputs differ; None if they agree as nbval sees it."""
    stored, fresh = list(stored), list(fresh)
    for old, new in zip_longest(_lines(stored), _lines(fresh)):
        if old != new:
            return f"{_shown(old)} became {_shown(new)}"
    return compare_figures(stored, fresh)


def _lines(outputs: Iterable[NotebookNode]) -> list[str]:
    texts: list[str] = []
    for output in outputs:
        texts.append(output.get("text", ""))
        bundle = output.get("data", {}).items()
        texts += [text for mime, text in sorted(bundle) if mime.startswith("text/")]
    return "".join(f"{text}\n" for text in texts if text).splitlines()


def _shown(line: str | None) -> str:
    return "nothing" if line is None else repr(line.strip())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    if call.excinfo and call.when == "call" and isinstance(item, IPyNbCell):
        error = call.excinfo.value
        said = _COLOUR.sub("", str(getattr(error, "inner_traceback", "") or ""))
        last = (said.strip().splitlines() or [str(error)])[-1]
        raised = "exception" in str(error)
        fresh = getattr(item, "test_outputs", None) or []
        difference = None if raised else first_difference(item.cell.outputs, fresh)
        item.user_properties += [
            (CELL, f"{item.path}::{item.cell_num}"),
            (DIFFERENCE, difference or last),
        ]
    return (yield)
