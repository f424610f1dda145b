"""Stable primitives against SciPy and against 50 digits."""

from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from lossbook import numerics
from lossbook.numerics import Array

# From the smallest normal number to where everything overflows or underflows.
SIZES = np.concatenate([np.geomspace(1e-300, 1e300, 61), np.linspace(0.01, 760, 331)])
REAL_LINE = np.sort(np.concatenate([-SIZES, [0.0], SIZES]))
MODERATE = REAL_LINE[np.abs(REAL_LINE) < 700]


def exactly(formula: Callable[[mpmath.mpf], mpmath.mpf], x: Array) -> Array:
    """A naive formula with so many digits that nothing cancels, rounded once."""
    with mpmath.workdps(700):
        return np.array([float(formula(mpmath.mpf(float(v)))) for v in x])


def sigmoid(x: mpmath.mpf) -> mpmath.mpf:
    return 1 / (1 + mpmath.exp(-x))


@pytest.mark.parametrize(
    ("function", "formula"),
    [
        (numerics.softplus, lambda x: mpmath.log(1 + mpmath.exp(x))),
        (numerics.expit, sigmoid),
        (numerics.expit_slope, lambda x: sigmoid(x) * sigmoid(-x)),
        (numerics.log1p_square, lambda x: mpmath.log(1 + x * x)),
        (lambda x: numerics.hypot(x, 3.0), lambda x: mpmath.sqrt(9 + x * x)),
    ],
    ids=["softplus", "expit", "expit_slope", "log1p_square", "hypot"],
)
def test_fourteen_digits(
    function: Callable[[Array], Array], formula: Callable[[mpmath.mpf], mpmath.mpf]
) -> None:
    # The square of less than 1e-150 is no normal number.
    x = MODERATE[(np.abs(MODERATE) > 1e-150) | (MODERATE == 0)]
    np.testing.assert_allclose(function(x), exactly(formula, x), rtol=2e-14)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    ("function", "left", "middle", "right"),
    [
        (numerics.softplus, lambda x: 0, np.log(2), lambda x: x),
        (numerics.expit, lambda x: 0, 0.5, lambda x: 1),
        (numerics.expit_slope, lambda x: 0, 0.25, lambda x: 0),
        (
            numerics.log1p_square,
            lambda x: 2 * np.log(-x),
            0,
            lambda x: 2 * np.log(x),
        ),
        (lambda x: numerics.hypot(x, 3.0), lambda x: -x, 3, lambda x: x),
    ],
    ids=["softplus", "expit", "expit_slope", "log1p_square", "hypot"],
)
def test_far_out(
    function: Callable[[Array], Array],
    left: Callable[[float], float],
    middle: float,
    right: Callable[[float], float],
    dtype: str,
) -> None:
    """No overflow, no warning, the right limit, and the type that came."""
    far = 1e300 if dtype == "f8" else 1e30
    result = function(np.array([-far, 0, far], dtype))
    assert result.dtype == dtype
    np.testing.assert_allclose(result, [left(-far), middle, right(far)], rtol=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        numerics.softplus,
        numerics.expit,
        numerics.expit_slope,
        numerics.log1p_square,
        lambda x: numerics.hypot(x, 3.0),
        lambda x: numerics.xlogy(x, x),
        numerics.log1p,
        numerics.logsumexp,
        numerics.softmax,
    ],
    ids=[
        *("softplus", "expit", "expit_slope", "log1p_square", "hypot", "xlogy"),
        *("log1p", "logsumexp", "softmax"),
    ],
)
def test_nan_gives_nan(function: Callable[[Array], Array]) -> None:
    assert np.isnan(function(np.array([np.nan]))).all()


FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(FINITE, min_size=1, max_size=9))
def test_any_numbers(values: list[float]) -> None:
    """Without a warning, and never on the wrong side of a bound."""
    x = np.array(values)
    assert np.all(numerics.softplus(x) >= np.maximum(x, 0))
    assert np.all((numerics.expit(x) >= 0) & (numerics.expit(x) <= 1))
    slope = numerics.expit_slope(x)
    assert np.all((slope >= 0) & (slope <= 0.25 + 1e-15))
    assert np.all(numerics.log1p_square(x) >= 0)
    assert np.all(numerics.hypot(x, 3.0) >= np.maximum(np.abs(x), 3))


@given(st.lists(FINITE, min_size=1, max_size=9))
def test_any_row(values: list[float]) -> None:
    x = np.array([values])
    assert numerics.logsumexp(x)[0] >= x.max()
    assert np.all(numerics.log_softmax(x) <= 0)
    for p in (numerics.softmax(x), numerics.project_simplex(x)):
        assert np.all(p >= 0)
        assert p.sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("function", [numerics.log1p, numerics.log1p_of_log])
def test_log1p_like_numpy(function: Callable[[Array], Array]) -> None:
    x = np.concatenate([SIZES, -np.geomspace(1e-300, 0.999999, 500)])
    np.testing.assert_allclose(function(x), np.log1p(x), rtol=1e-15)
    x = np.linspace(0, 1, 10_001, dtype="f4")
    assert function(x).dtype == "f4"
    np.testing.assert_allclose(function(x), np.log1p(x), rtol=1e-6)


def test_ratio_and_log() -> None:
    y, f = np.meshgrid(np.geomspace(1e-300, 1e300, 41), np.linspace(-760, 760, 77))
    y, f = y.ravel(), f.ravel()
    ratio, log_ratio = numerics.ratio_and_log(y, f)
    with mpmath.workdps(40):
        exact = [
            mpmath.log(mpmath.mpf(float(a))) - mpmath.mpf(float(b))
            for a, b in zip(y, f, strict=True)
        ]
        wanted = np.array([float(mpmath.exp(x)) for x in exact])
    np.testing.assert_allclose(
        log_ratio, np.array(exact, float), rtol=1e-13, atol=3e-13
    )
    normal = (wanted > 1e-300) & np.isfinite(wanted)
    np.testing.assert_allclose(ratio[normal], wanted[normal], rtol=5e-13)
    assert np.isinf(ratio[np.isinf(wanted)]).all()
    assert (ratio[wanted < 1e-300] < 2e-300).all()


def test_power_gap_like_its_formula() -> None:
    """Including k near 0, where the naive formula has lost its digits."""
    x = np.array([0.25, 3.0, 7.0])
    y, z = np.array([0.5, 2.0, 900.0]), np.array([0.7, 1.9999, 3.0])
    for k in (-1.5, -1e-9, 0.0, 1e-12, 0.5, 2.0):
        with mpmath.workdps(60):
            gap = [
                float(
                    mpmath.mpf(float(a))
                    * (
                        (mpmath.mpf(float(b)) ** k - mpmath.mpf(float(c)) ** k) / k
                        if k
                        else mpmath.log(mpmath.mpf(float(b)) / mpmath.mpf(float(c)))
                    )
                )
                for a, b, c in zip(x, y, z, strict=True)
            ]
        ours = numerics.power_gap(np.log(y), np.log(z), k, np.log(x))
        np.testing.assert_allclose(ours, gap, rtol=1e-11)


def test_like_scipy() -> None:
    np.testing.assert_allclose(
        numerics.softplus(REAL_LINE), np.logaddexp(0, REAL_LINE), rtol=1e-14
    )
    # Beyond 700 numbers are subnormal and lose digits.
    np.testing.assert_allclose(
        numerics.expit(MODERATE), special.expit(MODERATE), rtol=1e-14
    )
    x, y = np.meshgrid(np.linspace(-3, 3, 7), [0.0, 1e-300, 0.5, 1, 1e300])
    with np.errstate(divide="ignore"):
        np.testing.assert_array_equal(numerics.xlogy(x, y), special.xlogy(x, y))


def test_symmetries() -> None:
    x = MODERATE
    np.testing.assert_allclose(numerics.expit(x) + numerics.expit(-x), 1, rtol=1e-15)
    np.testing.assert_array_equal(numerics.expit_slope(x), numerics.expit_slope(-x))
    np.testing.assert_array_equal(numerics.log1p_square(x), numerics.log1p_square(-x))
    assert np.all(np.diff(numerics.expit(x)) >= 0)
    assert np.all(np.diff(numerics.softplus(x)) >= 0)


def rows(seed: int = 0) -> Array:
    """Rows of small, large, tied and lopsided numbers."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(400, 5)) * rng.choice([1e-6, 1, 100, 1e6], size=(400, 1))
    x[:50, 1] = x[:50, 3]
    x[50:60] = 0
    x[60:70, 0] = -1e300
    x[70:80, 0] = 1e300
    return x


def test_over_the_last_axis_like_scipy() -> None:
    x = rows()
    np.testing.assert_allclose(
        numerics.logsumexp(x), special.logsumexp(x, axis=-1), rtol=1e-14
    )
    np.testing.assert_allclose(
        numerics.softmax(x), special.softmax(x, axis=-1), rtol=1e-13
    )
    np.testing.assert_allclose(numerics.softmax(x).sum(axis=-1), 1, rtol=1e-14)
    for function in (numerics.logsumexp, numerics.softmax, numerics.project_simplex):
        one_by_one = np.array([function(row) for row in x])
        np.testing.assert_allclose(one_by_one, function(x), rtol=1e-14, atol=1e-300)
        assert function(x.clip(-1e30, 1e30).astype("f4")).dtype == np.float32


# ---- projection onto the simplex --------------------------------------------------


def assert_is_projection(p: Array, x: Array) -> None:
    """p solves min |p - x|**2 over the simplex: it is in it, and no vertex is nearer.

    A convex set's nearest point p to x is the one with (x - p)'(q - p) <= 0 for every
    q of the set; for the simplex the vertices are enough.
    """
    assert np.all(p >= 0)
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=1e-12)
    x = x - x.max(axis=-1, keepdims=True)  # the same projection, no large numbers
    towards_vertices = (x - p) - ((x - p) * p).sum(axis=-1, keepdims=True)
    assert towards_vertices.max() < 1e-9


def test_simplex_projection_is_the_nearest_point() -> None:
    x = rows()
    assert_is_projection(numerics.project_simplex(x), x)


def test_simplex_projection_leaves_the_simplex_alone() -> None:
    p = np.random.default_rng(0).dirichlet(np.ones(5), size=100)
    np.testing.assert_allclose(numerics.project_simplex(p), p, rtol=1e-13, atol=1e-15)
    np.testing.assert_array_equal(numerics.project_simplex(np.eye(5)), np.eye(5))


@given(
    st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=8),
    st.floats(-1e6, 1e6),
)
def test_simplex_projection_of_anything(values: list[float], shift: float) -> None:
    x = np.array(values)
    p = numerics.project_simplex(x)
    assert_is_projection(p, x)
    np.testing.assert_allclose(numerics.project_simplex(x + shift), p, atol=1e-8)
    # Larger numbers never get less.
    assert np.all(np.diff(p[np.argsort(x, kind="stable")]) >= -1e-15)


# ---- blocks -----------------------------------------------------------------------


@pytest.mark.parametrize("n_columns", [1, 3, numerics.BLOCK_SIZE, 10**6])
@pytest.mark.parametrize("n_rows", [0, 1, 5, 16_384, 16_385, 50_000])
def test_blocks_cover_every_row_once(n_rows: int, n_columns: int) -> None:
    if n_columns > 3:
        n_rows = min(n_rows, 100)
    seen = 0
    for rows in numerics.blocks(n_rows, n_columns):
        assert rows.start == seen
        size = rows.stop - rows.start
        assert size == 1 or size * n_columns <= numerics.BLOCK_SIZE
        seen = rows.stop
    assert seen == n_rows
