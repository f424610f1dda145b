"""How loose an assert is: bounds, tolerances, and which comparisons count."""

from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
from nbformat.v4 import new_code_cell

from tools import slack

VALUES = {
    "np": np,
    "x": 2.0,
    "low": 1.0,
    "many": np.array([0.1, 0.2]),
    "falls": -3.0,
}


def slacks(source: str) -> list[slack.Slack]:
    """Run a cell whose asserts note their slack."""
    found: dict[slack.Key, slack.Slack] = {}
    namespace: dict[str, Any] = VALUES | {slack.NOTE: slack.note_into(found)}
    exec(slack.compiled(1, new_code_cell(source)), namespace)
    return list(found.values())


@pytest.mark.parametrize(
    ("source", "asserted", "needed"),
    [
        ("assert x < 40", 40, 2),
        ("assert 40 > x", 40, 2),
        ("assert x > 0.5", 0.5, 2),
        ("assert falls < -0.5", -0.5, -3),
        ("assert x > low + 0.1", 0.1, 1),
        ("assert x > 1.5 * low", 1.5, 2),
        ("assert low < x - 0.25", 0.25, 1),
        ("assert low < x / 1.5", 1.5, 2),
        ("assert (many < 0.5).all()", 0.5, 0.2),
        ("assert all(m > 0.05 for m in many)", 0.05, 0.1),
        ("assert x == 2 and abs(x - low) < 5, 'too far'", 5, 1),
        (
            "np.testing.assert_allclose(many, [0.1, 0.25], atol=0.125, rtol=0)",
            0.125,
            0.05,
        ),
        ("assert np.isclose(x, 2.5, rtol=0.5, atol=0).all()", 0.5, 0.2),
        ("assert np.allclose(x, 2.5, rtol=0.5, atol=0)", 0.5, 0.2),
    ],
)
def test_the_strictest_number_that_holds(
    source: str, asserted: float, needed: float
) -> None:
    (found,) = slacks(source)
    assert found.asserted == asserted
    assert found.needed == pytest.approx(needed)
    # It holds with nearly that number, and not beyond.
    written = repr(asserted) if repr(asserted) in source else str(int(asserted))
    for share, holds in ((0.999, True), (1.001, False)):
        number = asserted + share * (needed - asserted)
        tightened = source.replace(written, repr(number), 1)
        assert tightened != source
        expected = nullcontext() if holds else pytest.raises(AssertionError)
        with expected:
            exec(tightened, dict(VALUES))


@pytest.mark.parametrize(
    "source",
    [
        "assert x > 0",  # a sign
        "assert x > low",
        "assert x == 2",
        "assert x - 2 < 1e-9",  # rounding
        "assert many[many > 0.15].size == 1",  # picks
        "assert np.mean(many > 0.15) == 0.5",  # counts
        "y = x < 40",
        "assert not x > 40",
    ],
)
def test_comparisons_without_a_number_to_tighten(source: str) -> None:
    assert slacks(source) == []


def test_factor() -> None:
    assert slack.Slack(40, 2).factor == slack.Slack(2, 40).factor == 20
    assert slack.Slack(-1, -3).factor == 3
    assert slack.Slack(0.1, -3).factor == np.inf
    assert slack.Slack(0.1, 0).factor == np.inf


def test_the_worst_of_many_passes_counts() -> None:
    (found,) = slacks("for m in many:\n    assert m < 0.9")
    assert found.needed == 0.2


def test_asserts_fail_as_before() -> None:
    for source in ("assert x < 1.5", "np.testing.assert_allclose(x, 1, rtol=0.1)"):
        with pytest.raises(AssertionError):
            slacks(source)
