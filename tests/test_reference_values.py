"""Losses against values computed elsewhere, in exact arithmetic and by other formulas.

reference_values.json is written by make_reference_values.py.
"""

import json
import runpy
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossbook as lb
from lossbook.numerics import Array

HERE = Path(__file__).parent
STORED = (HERE / "reference_values.json").read_text(encoding="utf-8")
REFERENCE: dict[str, dict[str, list[list[Any]]]] = json.loads(STORED)

# Thirteen digits, but of small numbers only those up to the fifteenth decimal.
TOLERANCE = {"rtol": 1e-13, "atol": 1e-15}


def columns(name: str, scale: str) -> list[Array]:
    """The columns of a table of points; beyond the range of doubles is infinite."""
    columns = zip(*REFERENCE[name][scale], strict=True)
    return [np.array(column, dtype=float) for column in columns]


@pytest.mark.parametrize("name", REFERENCE)
def test_value_and_derivatives(name: str) -> None:
    loss = eval(name, {"inf": inf}, vars(lb))
    y, f, *expected = columns(name, "raw")
    for method, exact in zip(("value", "gradient", "hessian"), expected, strict=True):
        actual = getattr(loss, method)(y, f)
        np.testing.assert_allclose(actual, exact, **TOLERANCE, err_msg=method)


@pytest.mark.parametrize("name", [n for n in REFERENCE if "score" in REFERENCE[n]])
def test_score(name: str) -> None:
    y, z, exact = columns(name, "score")
    actual = eval(name, {"inf": inf}, vars(lb))(y, z, reduction="none")
    np.testing.assert_allclose(actual, exact, **TOLERANCE)


@pytest.mark.tools
def test_the_script_writes_the_stored_file() -> None:
    script = runpy.run_path(str(HERE / "make_reference_values.py"))
    assert script["as_text"](script["reference_values"]()) == STORED
