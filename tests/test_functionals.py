"""What losses ask for: values, equations and symmetries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import random_weights
from scipy import stats

import lossbook as lb
from lossbook.functionals import (
    BetaMedian,
    Functional,
    Identifiable,
    LogMean,
    MeanVariance,
    Rebalanced,
)
from lossbook.numerics import Array

LEVELS = (0.01, 0.1, 0.25, 0.5, 0.9, 0.999)
FUNCTIONALS: list[Functional] = [
    lb.Mean(),
    *[lb.Quantile(level) for level in (0.01, 0.5, 0.9)],
    *[lb.Expectile(level) for level in (0.01, 0.5, 0.9)],
    lb.Mode(),
    lb.MLocation(lb.HuberLoss(0.7)),
    lb.MLocation(lb.CauchyLoss(1.5)),
]
each_functional = pytest.mark.parametrize("functional", FUNCTIONALS, ids=repr)
each_level = pytest.mark.parametrize("level", LEVELS)

FINITE = st.floats(-1e6, 1e6, allow_subnormal=False)
SAMPLES = st.lists(FINITE, min_size=1, max_size=12).map(np.array)


def skewed(n: int = 41) -> Array:
    return np.random.default_rng(1).gumbel(scale=2, size=n)


# ---- values -----------------------------------------------------------------------


def test_mean() -> None:
    y, w = skewed(), random_weights(41)
    assert lb.Mean()(y) == pytest.approx(y.mean(), rel=1e-15)
    assert lb.Mean()(y, w) == pytest.approx(np.average(y, weights=w), rel=1e-15)
    rows = np.eye(3)[[0, 1, 1, 2]]
    np.testing.assert_array_equal(lb.Mean()(rows), [0.25, 0.5, 0.25])
    np.testing.assert_allclose(lb.Mean()(rows, [3, 1, 1, 0]), [0.6, 0.4, 0])


@each_level
def test_quantile_is_numpys_inverted_distribution(level: float) -> None:
    y, w = skewed(), random_weights(41)
    for weights in (None, w):
        expected = np.quantile(y, level, weights=weights, method="inverted_cdf")
        assert lb.Quantile(level)(y, weights) == expected
        assert lb.Quantile(level).interval(y, weights) == (expected, expected)


def test_median_is_the_midpoint() -> None:
    for n in (1, 2, 5, 40, 41):
        assert lb.Quantile()(skewed(n)) == pytest.approx(np.median(skewed(n)))
    assert lb.Quantile().interval([1, 2, 4, 9]) == (2, 4)
    assert lb.Quantile()([1, 2, 4, 9]) == 3
    assert lb.Quantile(0.25).interval([1, 2, 4, 9]) == (1, 2)
    assert lb.Quantile().interval([1, 2, 9], [1, 1, 2]) == (2, 9)


def test_ties_that_rounding_hides() -> None:
    """0.1 + 0.2 is not 0.3, yet half of the weight lies on each side."""
    assert lb.Quantile().interval([1, 2, 5], [0.1, 0.2, 0.3]) == (2, 5)
    assert lb.Quantile(0.3).interval(np.arange(10)) == (2, 3)


@pytest.mark.parametrize("level", [1e-300, 1e-13, 1 - 1e-13, np.nextafter(1, 0)])
def test_levels_next_to_the_ends(level: float) -> None:
    y = np.array([3.0, 1.0, 2.0])
    expected = 1 if level < 0.5 else 3
    assert lb.Quantile(level)(y) == expected
    assert lb.Expectile(level)(y) == pytest.approx(expected)
    assert lb.PinballLoss(level).best_constant(y) == expected


@each_level
def test_expectile_is_scipys(level: float) -> None:
    y, w = skewed(), random_weights(41)
    for weights in (None, w):
        expected = stats.expectile(y, level, weights=weights)
        assert lb.Expectile(level)(y, weights) == pytest.approx(expected, rel=1e-12)


def test_half_expectile_is_the_mean() -> None:
    y, w = skewed(), random_weights(41)
    assert lb.Expectile(0.5)(y, w) == pytest.approx(lb.Mean()(y, w), rel=1e-13)


def test_mode() -> None:
    assert lb.Mode()([3, 1, 1, 2]) == 1
    assert lb.Mode()([3, 1, 1, 2], [5, 1, 1, 1]) == 3
    assert lb.Mode()([2, 1, 2, 1]) == 1
    assert lb.Mode()([0, 1], [1, 2]) == 1
    assert lb.Mode()([True, True, False]) == 1


def test_m_location_balances_forces() -> None:
    loss = lb.HuberLoss(0.7)
    y, w = skewed(), random_weights(41)
    centre = lb.MLocation(loss)(y, w)
    assert w @ loss.rho_prime(y - centre) == pytest.approx(0, abs=1e-12)
    assert np.median(y) < centre < y.mean()


# ---- what all of them share -------------------------------------------------------


@each_functional
def test_of_one_value(functional: Functional) -> None:
    for value in (-1e300, -3.0, 0.0, 0.1, 1e-300, 1e300):
        assert functional([value]) == pytest.approx(value, rel=1e-14)
        assert functional([value] * 3, [0.1, 0.2, 0.3]) == pytest.approx(value, 1e-14)


@each_functional
def test_weight_is_repetition(functional: Functional) -> None:
    y = np.round(skewed(), 1)
    w = np.random.default_rng(0).integers(0, 4, size=41)
    # The lowest point of a valley is known to half of the digits.
    rel = 1e-6 if isinstance(functional, lb.MLocation) else 1e-12
    expected = functional(np.repeat(y, w))
    assert functional(y, w) == pytest.approx(expected, rel=rel)
    assert functional(y, 1e-3 * w) == pytest.approx(expected, rel=rel)
    assert functional(y[w > 0], w[w > 0]) == pytest.approx(functional(y, w), rel=1e-14)


@each_functional
def test_moves_with_the_sample(functional: Functional) -> None:
    y = np.round(skewed(), 1)
    order = np.random.default_rng(0).permutation(41)
    assert functional(y + 100) == pytest.approx(functional(y) + 100, rel=1e-8)
    assert functional(y[order]) == pytest.approx(functional(y), rel=1e-12)


@pytest.mark.parametrize("scale", [1e-12, 3.0, 1e12])
@pytest.mark.parametrize(
    "functional",
    [f for f in FUNCTIONALS if not isinstance(f, lb.MLocation)],
    ids=repr,
)
def test_grows_with_the_sample(functional: Functional, scale: float) -> None:
    y = skewed()
    assert functional(scale * y) == pytest.approx(scale * functional(y), rel=1e-12)


@given(SAMPLES)
@each_functional
def test_lies_within_the_sample(functional: Functional, y: Array) -> None:
    rounding = 1e-12 * (1 + np.abs(y).max())
    assert y.min() - rounding <= functional(y) <= y.max() + rounding


@given(y=SAMPLES, low=st.floats(0.01, 0.99), high=st.floats(0.01, 0.99))
@pytest.mark.parametrize("kind", [lb.Quantile, lb.Expectile])
def test_grows_with_the_level(
    kind: type[Functional], y: Array, low: float, high: float
) -> None:
    low, high = sorted([low, high])
    rounding = 1e-12 * (1 + np.abs(y).max())
    assert kind(low)(y) <= kind(high)(y) + rounding
    # Seen in a mirror, the upper level is the lower one.
    assert kind(low)(-y) == pytest.approx(-kind(1 - low)(y), rel=1e-9, abs=rounding)


# ---- identification ---------------------------------------------------------------


@given(SAMPLES)
@pytest.mark.parametrize(
    "functional", [f for f in FUNCTIONALS if isinstance(f, Identifiable)], ids=repr
)
def test_identification_changes_sign_at_the_functional(
    functional: Identifiable, y: Array
) -> None:
    centre = functional(y)
    # A location may lie in a valley much narrower than the sample.
    is_location = isinstance(functional, lb.MLocation)
    step = 1e-6 * (1 + np.abs(centre if is_location else y).max())
    below = functional.identification(y, np.full(len(y), centre - step))
    above = functional.identification(y, np.full(len(y), centre + step))
    assert below.shape == above.shape == y.shape
    assert below.mean() <= 1e-9
    assert above.mean() >= -1e-9
    if not is_location:
        far = functional.identification(y, y.min() - 1 + 0 * y)
        assert far.mean() < 0 < functional.identification(y, y.max() + 1 + 0 * y).mean()


def test_identification_functions_are_known() -> None:
    y, z = np.array([0.0, 1, 2]), 1.0
    for functional, expected in [
        (lb.Mean(), [1, 0, -1]),
        (lb.Quantile(0.25), [0.75, 0.75, -0.25]),
        (lb.Expectile(0.25), [0.75, 0, -0.25]),
        (lb.MLocation(lb.HuberLoss(0.5)), [0.5, 0, -0.5]),
    ]:
        np.testing.assert_array_equal(functional.identification(y, z), expected)


def test_mode_has_no_identification_function() -> None:
    assert not isinstance(lb.Mode(), Identifiable)
    assert not hasattr(lb.Mode(), "identification")


# ---- of amounts, of a mean and a variance, of classes ------------------------------

OF_AMOUNTS: list[Identifiable] = [BetaMedian(-1.0), BetaMedian(2.0), LogMean()]
AMOUNTS = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=12).map(np.array)
each_of_amounts = pytest.mark.parametrize("functional", OF_AMOUNTS, ids=repr)


def test_beta_median_costs_least_in_proportion() -> None:
    y, w = np.exp(skewed()), random_weights(41)
    costs = [np.average(np.abs(y - z) / y, weights=w) for z in y]
    assert BetaMedian(-1.0)(y, w) == y[np.argmin(costs)]
    assert BetaMedian(0.0)(y, w) == lb.Quantile(0.5)(y, w)


def test_log_mean_is_scipys_geometric_mean() -> None:
    y, w = np.exp(skewed()), random_weights(41)
    expected = stats.gmean(1 + y, weights=w) - 1
    assert LogMean()(y, w) == pytest.approx(expected, rel=1e-13)
    assert LogMean()([1e-300, 1e-300]) == pytest.approx(1e-300)


@given(AMOUNTS)
@each_of_amounts
def test_functionals_of_amounts_solve_their_equation(
    functional: Identifiable, y: Array
) -> None:
    centre = functional(y)
    assert y.min() * (1 - 1e-12) <= centre <= y.max() * (1 + 1e-12)
    below = functional.identification(y, centre * (1 - 1e-9))
    above = functional.identification(y, centre * (1 + 1e-9))
    assert below.mean() <= 1e-12 * np.abs(below).max()
    assert above.mean() >= -1e-12 * np.abs(above).max()
    assert functional.identification(y, 0.9 * y.min()).mean() < 0
    assert functional.identification(y, 1.1 * y.max()).mean() > 0


def test_mean_and_variance() -> None:
    y, w = skewed(), random_weights(41)
    np.testing.assert_allclose(MeanVariance()(y), [y.mean(), y.var()], rtol=1e-13)
    mean = np.average(y, weights=w)
    expected = [mean, np.average((y - mean) ** 2, weights=w)]
    np.testing.assert_allclose(MeanVariance()(y, w), expected, rtol=1e-13)
    np.testing.assert_array_equal(MeanVariance()([1e8 + 1, 1e8 - 1]), [1e8, 1])


def test_rebalanced_probabilities() -> None:
    rows = np.eye(3)[[0, 0, 0, 0, 0, 1, 1, 1, 2, 2]]
    prior = tuple(rows.mean(axis=0).tolist())
    np.testing.assert_allclose(Rebalanced(prior)(rows), np.full(3, 1 / 3))
    np.testing.assert_allclose(Rebalanced(prior, tau=0.0)(rows), prior)
    with pytest.raises(ValueError, match=r"a column for each of the 3 classes"):
        Rebalanced(prior)(np.eye(2))
    for bad in ((0.5, 0.6), (1.0,), (0.0, 1.0)):
        with pytest.raises(ValueError, match=r"^Rebalanced: prior must hold K >= 2"):
            Rebalanced(bad)


@pytest.mark.parametrize(
    "functional", [*OF_AMOUNTS, MeanVariance(), Rebalanced((0.5, 0.3, 0.2))], ids=repr
)
def test_weight_is_repetition_of_these_too(functional: Functional) -> None:
    y = np.round(np.exp(skewed()), 1) + 0.1
    if isinstance(functional, Rebalanced):
        y = np.random.default_rng(0).dirichlet(np.ones(3), size=41)
    w = np.random.default_rng(0).integers(0, 4, size=41)
    expected = functional(np.repeat(y, w, axis=0))
    for weights in (w, 1e-3 * w, 1e300 * w):
        np.testing.assert_allclose(functional(y, weights), expected, rtol=1e-12)


def test_amounts_out_of_range() -> None:
    with pytest.raises(ValueError, match=r"y must lie in \(0, inf\); got 0.0"):
        BetaMedian()([1.0, 0.0])
    with pytest.raises(ValueError, match=r"y must lie in \[0, inf\); got -0.5"):
        LogMean()([1.0, -0.5])


@pytest.mark.parametrize("functional", [lb.Quantile, lb.Expectile])
@pytest.mark.parametrize("level", [0, 1, -0.5])
def test_levels_out_of_range(functional: type, level: float) -> None:
    with pytest.raises(ValueError, match=rf"level must lie in \(0, 1\); got {level}"):
        functional(level)


def test_a_strength_out_of_range() -> None:
    with pytest.raises(ValueError, match=r"tau must lie in \[0, inf\); got -1"):
        Rebalanced((0.5, 0.5), tau=-1)


# ---- bad input --------------------------------------------------------------------


@each_functional
def test_bad_input(functional: Functional) -> None:
    cases: list[tuple[object, object, str]] = [
        ([], None, "hold at least one value"),
        ([1, np.nan], None, "must be finite; got nan"),
        ([1, -np.inf], None, "must be finite; got -inf"),
        ([1, 2], [1], r"sample_weight must have shape \(2,\)"),
        ([1, 2], [1, -1], r"sample_weight must lie in \[0, inf\); got -1"),
        ([1, 2], [0, 0], "sample_weight must contain a positive weight"),
        ([1, 2], [1, np.nan], "got nan"),
        (1.0, None, r"must have shape .* got shape \(\)"),
        (np.zeros((2, 2, 2)), None, r"must have shape .* got shape \(2, 2, 2\)"),
    ]
    for y, w, message in cases:
        with pytest.raises(ValueError, match=message) as caught:
            functional(y, w)
        assert str(caught.value).startswith(repr(functional))
    with pytest.raises(TypeError, match="array of real numbers; got dtype"):
        functional(["a", "b"])


def test_numbers_and_rows_are_not_confused() -> None:
    numbers = [f for f in (*FUNCTIONALS, *OF_AMOUNTS, MeanVariance()) if f != lb.Mean()]
    for functional in numbers:
        with pytest.raises(ValueError, match=r"y must have shape \(n,\); got shape"):
            functional(np.full((3, 2), 0.5))
    of_rows = (Rebalanced((0.5, 0.5)), lb.BeforeNoise(lb.UniformNoise(rate=0.1)))
    for functional in of_rows:
        with pytest.raises(ValueError, match=r"y must have shape \(n, K\); got shape"):
            functional([0.0, 1.0])


@pytest.mark.parametrize("kind", [lb.Quantile, lb.Expectile])
def test_levels_outside_of_the_open_unit_interval(kind: type[Functional]) -> None:
    for bad in (0, 1, -0.5, 2, np.nan):
        message = rf"^{kind.__name__}: level must lie in \(0, 1\); got"
        with pytest.raises(ValueError, match=message):
            kind(bad)
    for bad in ("0.5", None, True):
        with pytest.raises(TypeError, match="level must be a real number"):
            kind(bad)


@each_functional
def test_a_functional_is_a_value(functional: Functional) -> None:
    again = eval(repr(functional), vars(lb))
    assert again == functional
    assert hash(again) == hash(functional)
    assert functional.formula


@pytest.mark.parametrize("kind", [lb.MLocation, lb.BeforeNoise])
@pytest.mark.parametrize("bad", ["x", None, lb.HuberLoss, lb.UniformNoise])
def test_functionals_of_nothing(kind: type, bad: object) -> None:
    with pytest.raises(
        TypeError, match=rf"^{kind.__name__}: .* must be an object such"
    ):
        kind(bad)
