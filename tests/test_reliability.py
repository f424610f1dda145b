"""Reliability, recalibration and decompositions: scikit-learn, brute force, theory."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import d2_pinball_score, mean_pinball_loss

import lossbook as lb
from lossbook import judge

Floats = NDArray[np.floating]
Forecast = tuple[Floats, Floats]

PROPER = [
    loss
    for loss in lb.ALL_LOSSES
    if loss.family == "probability" and isinstance(loss.functional, lb.Mean)
]
AMOUNTS = [
    loss
    for loss in lb.ALL_LOSSES
    if loss.family == "amount" and isinstance(loss.functional, lb.Mean)
]


@pytest.fixture
def forecast() -> Forecast:
    rng = np.random.default_rng(1)
    p = rng.beta(2, 3, size=400).round(2)
    return (rng.random(400) < p**1.3).astype(float), p


# ---- reliability table


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_reliability_table_is_scikit_learns(forecast: Forecast, strategy: Any) -> None:
    """Where the number of bins divides that of samples: edges are defined otherwise."""
    y = forecast[0][:399]
    p = np.random.default_rng(0).random(399)  # no ties with the edges
    table = judge.reliability_table(y, p, n_bins=7, strategy=strategy)
    fraction, mean = calibration_curve(y, p, n_bins=7, strategy=strategy)
    np.testing.assert_allclose(table["fraction_positive"], fraction)
    np.testing.assert_allclose(table["mean_predicted"], mean)
    assert table["count"].sum() == 399


def test_reliability_table_loses_nothing(forecast: Forecast) -> None:
    y, p = forecast
    p = np.append(p[:-2], [0.0, 1.0])
    for strategy in ("uniform", "quantile"):
        table = judge.reliability_table(y, p, strategy=strategy)
        count = table["count"]
        assert count.dtype.kind == "i"
        assert count.sum() == len(y)
        np.testing.assert_allclose(count @ table["fraction_positive"], y.sum())
        np.testing.assert_allclose(count @ table["mean_predicted"], p.sum())
        inside = (table["lower"] <= table["mean_predicted"]) & (
            table["mean_predicted"] <= table["upper"]
        )
        assert inside.all()


def test_constant_forecast_has_one_bin_and_no_error() -> None:
    y = np.array([0.0, 1, 1, 0])
    for strategy in ("uniform", "quantile"):
        table = judge.reliability_table(y, np.full(4, 0.5), strategy=strategy)
        assert table["count"].tolist() == [4]
    assert judge.calibration_error(y, np.full(4, 0.5)) == 0


def test_calibration_error_by_hand() -> None:
    y = np.array([0.0, 0, 1, 1])
    p = np.array([0.1, 0.3, 0.6, 0.6])
    expected = (0.1 + 0.3 + 0.4 + 0.4) / 4
    assert judge.calibration_error(y, p) == pytest.approx(expected)


# ---- recalibration


def test_recalibrated_probabilities(forecast: Forecast) -> None:
    y, p = forecast
    isotonic = judge.recalibrate(y, p)
    fit = IsotonicRegression(y_min=0, y_max=1).fit(p, y)
    np.testing.assert_allclose(isotonic, fit.predict(p))
    groups = judge.recalibrate(y, p, "groups")
    for value in np.unique(p):
        np.testing.assert_allclose(groups[p == value], y[p == value].mean())


def test_recalibrated_means_with_weights() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=80).round(1)
    y, w = z + rng.normal(size=80), rng.uniform(0.1, 3, size=80)
    fit = IsotonicRegression().fit(z, y, sample_weight=w)
    ours = judge.recalibrate(y, z, sample_weight=w)
    np.testing.assert_allclose(ours, fit.predict(z))


def test_saturated_forecasts_are_recalibrated() -> None:
    """Forecasts that differ in their last bit only are still forecasts."""
    rng = np.random.default_rng(0)
    f = rng.normal(0, 25, 2000)
    p = lb.numerics.expit(f)
    y = (rng.random(2000) < lb.numerics.expit(f / 6)).astype(float)
    q = judge.recalibrate(y, p)
    order = np.argsort(p, kind="stable")
    assert np.isfinite(q).all()
    assert (np.diff(q[order]) >= 0).all()
    assert q.sum() == pytest.approx(y.sum())


def max_min(functional: lb.Quantile, y: Floats, w: Floats, end: int) -> Floats:
    """The isotonic fit by its formula: max over j <= i of min over k >= i."""
    n = len(y)
    block = {
        (j, k): functional.interval(y[j : k + 1], w[j : k + 1])[end]
        for j in range(n)
        for k in range(j, n)
    }
    return np.array(
        [
            max(min(block[j, k] for k in range(i, n)) for j in range(i + 1))
            for i in range(n)
        ]
    )


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(1, 3)), min_size=1, max_size=9),
    st.sampled_from([0.1, 0.25, 0.5, 0.8]),
)
def test_isotonic_quantiles_are_those_of_the_formula(
    rows: list[tuple[int, int]], level: float
) -> None:
    """Both ends of the set of answers: the formula with lower and upper quantiles."""
    y, w = np.array(rows, dtype=float).T
    functional = lb.Quantile(level)
    low, high = (max_min(functional, y, w, end) for end in (0, 1))
    ours = judge.recalibrate(
        y, np.arange(len(y)), functional=functional, sample_weight=w
    )
    np.testing.assert_allclose(ours, (low + high) / 2)


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_no_increasing_forecast_beats_the_isotonic_quantiles(level: float) -> None:
    """Pool-adjacent-violators step by step, each block judged by all elementary losses.

    Jordan, Mühlemann & Ziegel, arXiv:1904.04761: one answer is best for every
    consistent loss.
    """
    rng = np.random.default_rng(0)
    z = rng.normal(size=300).round(1)
    y = z + rng.normal(size=300)
    ours = judge.recalibrate(y, z, functional=lb.Quantile(level))
    order = np.argsort(z, kind="stable")
    assert (np.diff(ours[order]) >= 0).all()
    blocks = [[np.flatnonzero(z == value)] for value in np.unique(z)]
    pooled: list[tuple[float, NDArray[np.intp]]] = []
    for (rows,) in blocks:
        pooled.append((float(np.quantile(y[rows], level, method="inverted_cdf")), rows))
        while len(pooled) > 1 and pooled[-2][0] >= pooled[-1][0]:
            rows = np.concatenate([pooled[-2][1], pooled[-1][1]])
            value = float(np.quantile(y[rows], level, method="inverted_cdf"))
            pooled[-2:] = [(value, rows)]
    theirs = np.empty(300)
    for value, rows in pooled:
        theirs[rows] = value
    theta = np.linspace(-3, 3, 400)
    curves = [
        judge.murphy_curve(y, f, theta, lb.Quantile(level)) for f in (ours, theirs)
    ]
    np.testing.assert_allclose(*curves, atol=1e-12)
    best = mean_pinball_loss(y, ours, alpha=level)
    for bend in (lambda z: z, lambda z: 0.8 * z + 0.1, lambda z: np.tanh(z), np.exp):
        assert best < mean_pinball_loss(y, bend(z), alpha=level)


def test_quantiles_of_groups(forecast: Forecast) -> None:
    rng = np.random.default_rng(0)
    z = rng.integers(0, 5, size=60).astype(float)
    y = z + rng.normal(size=60)
    ours = judge.recalibrate(y, z, "groups", functional=lb.Quantile(0.5))
    for value in range(5):
        np.testing.assert_allclose(ours[z == value], np.median(y[z == value]))


def test_isotonic_quantiles_of_a_large_sample_take_a_moment() -> None:
    """Falling outcomes pool into one block, which takes O(n) merges."""
    y = -np.arange(200_000.0)
    ours = judge.recalibrate(y, np.arange(200_000), functional=lb.Quantile(0.5))
    assert np.unique(ours).tolist() == [np.median(y)]


# ---- decomposition


@pytest.mark.parametrize("loss", PROPER, ids=repr)
@pytest.mark.parametrize("method", ["isotonic", "groups"])
def test_decomposition_adds_up_and_its_parts_are_not_negative(
    forecast: Forecast, loss: Any, method: Any
) -> None:
    y, p = forecast
    parts = judge.score_decomposition(y, p, loss=loss, method=method)
    assert parts["score"] == pytest.approx(loss(y, p))
    assert_adds_up(parts)


def assert_adds_up(parts: dict[str, float]) -> None:
    total = parts["miscalibration"] - parts["discrimination"] + parts["uncertainty"]
    assert total == pytest.approx(parts["score"])
    assert parts["miscalibration"] >= -1e-12
    assert parts["discrimination"] >= -1e-12


@pytest.mark.parametrize(
    "loss",
    [*AMOUNTS, lb.SquaredError(), lb.PinballLoss(0.8), lb.AbsoluteError()],
    ids=repr,
)
@pytest.mark.parametrize("method", ["isotonic", "groups"])
def test_decomposition_of_means_and_quantiles(loss: Any, method: Any) -> None:
    rng = np.random.default_rng(0)
    mu = rng.gamma(2, size=200).round(1) + 0.1
    y = mu * rng.gamma(2, 0.5, size=200)
    if loss.y_domain.contains(0):
        y[mu < 0.8] = 0  # pools with a mean of 0, an end of the domain of forecasts
    parts = judge.score_decomposition(y, 1.2 * mu, loss=loss, method=method)
    assert parts["uncertainty"] == pytest.approx(
        loss(y, np.full(200, loss.best_constant(y)))
    )
    assert_adds_up(parts)
    assert parts["discrimination"] > 0.1 * parts["uncertainty"]


def test_share_explained_is_scikit_learns_d2() -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=100)
    y = z + rng.normal(size=100)
    parts = judge.score_decomposition(y, z, loss=lb.PinballLoss(0.8))
    share = (parts["discrimination"] - parts["miscalibration"]) / parts["uncertainty"]
    assert share == pytest.approx(d2_pinball_score(y, z, alpha=0.8), abs=2e-3)


def test_only_zeros_cost_nothing_after_recalibration() -> None:
    parts = judge.score_decomposition([0.0, 0.0], [1.0, 2.0], loss=lb.PoissonDeviance())
    assert parts["uncertainty"] == 0
    assert parts["miscalibration"] == parts["score"] == pytest.approx(3)


def test_brier_decomposition_is_murphys(forecast: Forecast) -> None:
    """Murphy 1973, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2."""
    y, p = forecast
    reliability = resolution = 0.0
    for value in np.unique(p):
        group = y[p == value]
        reliability += len(group) * (value - group.mean()) ** 2 / len(y)
        resolution += len(group) * (group.mean() - y.mean()) ** 2 / len(y)
    parts = judge.score_decomposition(y, p, method="groups")
    assert parts["miscalibration"] == pytest.approx(reliability)
    assert parts["discrimination"] == pytest.approx(resolution)
    assert parts["uncertainty"] == pytest.approx(y.mean() * (1 - y.mean()))


@pytest.mark.parametrize(
    "loss",
    [
        lb.HingeLoss(),
        lb.LogisticLoss(),
        lb.FocalLoss(),
        lb.HuberLoss(),
        lb.CategoricalCrossEntropy(),
    ],
    ids=repr,
)
def test_decomposition_refuses_what_asks_for_something_else(loss: Any) -> None:
    with pytest.raises(ValueError, match="asks for the mean or a quantile"):
        judge.score_decomposition([0, 1], [0.2, 0.7], loss=loss)
