"""Murphy curves, interval scores and the CRPS against integrals and definitions."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

import lossbook as lb
from lossbook import judge


@pytest.mark.parametrize(
    ("functional", "factor", "loss"),
    [
        (lb.Mean(), 2, lb.SquaredError()),
        (lb.Quantile(0.2), 1, lb.PinballLoss(0.2)),
        (lb.Expectile(0.7), 2, lb.ExpectileLoss(0.7)),
    ],
    ids=repr,
)
def test_elementary_scores_add_up_to_the_loss(
    functional: Any, factor: float, loss: lb.Loss
) -> None:
    """Ehm, Gneiting, Jordan & Krüger 2016, doi:10.1111/rssb.12154."""
    rng = np.random.default_rng(0)
    y, z = rng.normal(size=(2, 50))
    theta = np.linspace(-5, 5, 20_001)
    curve = judge.murphy_curve(y, z, theta, functional)
    assert (curve >= 0).all()
    assert factor * np.trapezoid(curve, theta) == pytest.approx(loss(y, z), abs=1e-3)


def test_perfect_forecast_has_an_empty_murphy_curve() -> None:
    y = np.array([1.0, 2.0, 3.0])
    assert judge.murphy_curve(y, y, [0, 1, 2.5]).tolist() == [0, 0, 0]


# ---- intervals


def test_interval_score_is_two_pinball_losses() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=40)
    low, high = np.sort(rng.normal(size=(2, 40)), axis=0)
    for alpha in (0.1, 0.5):
        pinballs = lb.PinballLoss(alpha / 2)(y, low)
        pinballs += lb.PinballLoss(1 - alpha / 2)(y, high)
        score = judge.interval_score(y, low, high, alpha=alpha)
        assert score == pytest.approx(2 / alpha * pinballs)


def test_interval_score_by_hand() -> None:
    """Inside, below, above: the width, and 20 times the miss where alpha is 0.1."""
    y, low, high = [0.5, -1.0, 3.0], [0.0] * 3, [2.0] * 3
    each = judge.interval_score(y, low, high, alpha=0.1, reduction="none")
    np.testing.assert_allclose(each, [2, 2 + 20, 2 + 20])
    total = judge.interval_score(y, low, high, alpha=0.1, reduction="sum")
    assert total == pytest.approx(46)


def test_weighted_interval_score_is_the_mean_of_twice_the_pinball_losses() -> None:
    """Bracher, Ray, Gneiting & Reich 2021, doi:10.1371/journal.pcbi.1008618."""
    rng = np.random.default_rng(0)
    y, centre = rng.normal(size=(2, 30))
    alpha = np.array([0.05, 0.2, 0.5])
    half = norm.isf(alpha / 2) * rng.uniform(0.5, 2, size=30)[:, None]
    low, high = centre[:, None] - half, centre[:, None] + half
    levels = np.concatenate([alpha / 2, [0.5], 1 - alpha / 2])
    quantiles = np.column_stack([low, centre, high])
    pinballs = [
        lb.PinballLoss(level)(y, q)
        for level, q in zip(levels, quantiles.T, strict=True)
    ]
    score = judge.weighted_interval_score(y, centre, low, high, alpha=alpha)
    assert score == pytest.approx(2 * np.mean(pinballs))


def test_many_intervals_approach_the_crps() -> None:
    levels = (np.arange(500) + 0.5) / 1000
    low = norm.ppf(levels)[None]
    score = judge.weighted_interval_score([0.7], [0.0], low, -low, alpha=2 * levels)
    exact = judge.crps_gaussian([0.7], [0.0], [1.0])
    assert score == pytest.approx(exact, rel=2e-3)


# ---- distributions


@pytest.mark.parametrize(
    ("y", "mean", "scale"), [(0.0, 0.0, 1.0), (0.7, 0, 1), (-3, 1.5, 0.4), (9, 0, 2.5)]
)
def test_crps_of_a_gaussian_is_its_integral(
    y: float, mean: float, scale: float
) -> None:
    below, _ = quad(lambda t: norm.cdf(t, mean, scale) ** 2, -40, y, points=[mean])
    above, _ = quad(lambda t: norm.sf(t, mean, scale) ** 2, y, 40, points=[mean])
    score = judge.crps_gaussian([y], [mean], [scale])
    assert score == pytest.approx(below + above, rel=1e-6)


def test_crps_at_the_centre_of_a_gaussian() -> None:
    """(sqrt 2 - 1) / sqrt pi: Gneiting & Raftery 2007, 10.1198/016214506000001437."""
    score = judge.crps_gaussian([5.0], [5.0], [1.0])
    assert score == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi), rel=1e-14)


@given(
    st.integers(-5, 5),
    st.lists(st.integers(-5, 5), min_size=2, max_size=8),
)
def test_crps_of_an_ensemble_is_its_definition(y: int, members: list[int]) -> None:
    x = np.array(members, dtype=float)
    apart = np.abs(np.subtract.outer(x, x)).sum()
    m = len(x)
    away = np.abs(x - y).mean()
    plain = judge.crps_ensemble([y], [members])
    assert plain == pytest.approx(away - apart / (2 * m * m))
    fair = judge.crps_ensemble([y], [members], fair=True)
    assert fair == pytest.approx(away - apart / (2 * m * (m - 1)))


def test_crps_of_one_member_is_the_absolute_error() -> None:
    y, z = np.random.default_rng(0).normal(size=(2, 20))
    assert judge.crps_ensemble(y, z[:, None]) == pytest.approx(lb.AbsoluteError()(y, z))


def test_crps_of_an_ensemble_is_the_energy_score_in_one_dimension() -> None:
    rng = np.random.default_rng(0)
    y, x = rng.normal(size=9), rng.normal(size=(9, 12))
    energy = lb.EnergyScore()(y[:, None], x[:, :, None])
    assert judge.crps_ensemble(y, x) == pytest.approx(energy)


def test_crps_of_an_ensemble_keeps_its_digits_far_from_zero() -> None:
    x = np.array([[0.0, 1.0, 3.0, 4.0]])
    near = judge.crps_ensemble([1.0], x)
    assert judge.crps_ensemble([1.0 + 2.0**40], x + 2.0**40) == near


def test_fair_score_of_few_members_is_that_of_the_distribution() -> None:
    rng = np.random.default_rng(0)
    y, x = rng.normal(size=4000), rng.normal(size=(4000, 3))
    exact = judge.crps_gaussian(y, np.zeros(4000), np.ones(4000))
    fair = judge.crps_ensemble(y, x, fair=True, reduction="none")
    error = np.std(fair) / np.sqrt(4000)
    assert abs(np.mean(fair) - exact) < 4 * error
    # The plain score charges for E|X - X'| / (2 m) more.
    plain = judge.crps_ensemble(y, x)
    assert plain - np.mean(fair) == pytest.approx(1 / np.sqrt(np.pi) / 3, rel=0.05)
