"""Asserts that cannot fail, and asserts that look like them and can."""

import ast

import pytest

from tools.asserts import Names, empty_asserts

BEFORE = """\
x = np.linspace(0, 1, 9)
best = x[np.argmin(x)]
wins = (x > 0.5).sum()
losses = len(x) - wins
share = np.mean(x < 0.5)
path = np.zeros(3)
path[0] = 1
kept = path.copy()
rng = np.random.default_rng(0)
drawn = rng.normal()
def f(y):
    z = y + 1
    return z
for k in range(3):
    last = k
"""


def said(line: str) -> list[str]:
    names = Names.of([ast.parse(BEFORE), ast.parse(line)])
    return list(empty_asserts(ast.parse(line), names))


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("assert best == best", "with itself"),
        ("assert best == x[np.argmin(x)]", "its definition"),
        ("assert abs(best - x[np.argmin(x)]) < 1e-9", "its definition"),
        ("assert np.abs(best - best).max() < 1e-9", "with itself"),
        ("assert np.isclose(best, x[np.argmin(x)])", "its definition"),
        ("np.testing.assert_allclose(best, best, rtol=1e-9)", "with itself"),
        ("assert wins + losses == len(x)", "by construction"),
        ("assert wins + losses == 9", "by construction"),
        ("assert share + (1 - share) == 1", "with itself"),
        ("assert 2 * best - best == best", "with itself"),
        ("assert all([best == best, x[0] == 1])", "with itself"),
        ("assert (x > 0.5).sum() + (x <= 0.5).sum() == 9", "by construction"),
        ("assert np.mean(x < 0.5) + np.mean(x >= 0.5) == 1", "by construction"),
        ("assert share + np.mean(x >= 0.5) == 1", "by construction"),
        ("assert m.sum() + np.sum(~m) == len(m)", "by construction"),
        ("assert 1 + 1 == 2", "a literal with a literal"),
        ("assert 0.3 < 0.5 < 1", "a literal with a literal"),
        ("assert abs(0.5 - 0.25) < 1", "a literal with a literal"),
        ("np.testing.assert_allclose((1 / 17), 0.06)", "a literal with a literal"),
        ("assert best == (1 if best < 7 else 33)", "chosen by it"),
        ("assert best == {'a': 7}.get(name, 1 if best < 7 else 33)", "chosen by it"),
    ],
)
def test_asserts_that_cannot_fail(line: str, what: str) -> None:
    assert any(what in words for words in said(line)), said(line)


@pytest.mark.parametrize(
    "line",
    [
        "assert best == 0",
        "assert best == x.min()",
        "assert abs(best - 0.5) < 1e-9",
        "assert wins == losses",
        "assert kept[0] == path.copy()[0]",  # path changes in between
        "assert kept == path.copy()",
        "assert drawn == rng.normal()",
        "assert best < 0.3 < 0.9 < wins",
        "assert (x > 0.5).sum() + (x < 0.5).sum() == 9",
        "assert (x > 0.5).sum() + (y <= 0.5).sum() == 9",
        "assert last == k",  # one of many passes
        "assert best == f(best)",  # a fixed point
        "assert (x > 0.5).mean() == (y <= 0.5).mean()",
        "np.testing.assert_allclose(best, np.sqrt(2), atol=1e-3)",
    ],
)
def test_asserts_that_can_fail(line: str) -> None:
    assert said(line) == []
