"""Evaluation against scikit-learn, brute force and identities; and refusals."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import confusion_matrix, roc_auc_score

import lossbook as lb
from lossbook import evaluation

PROPER = [
    loss
    for loss in lb.ALL_LOSSES
    if getattr(loss, "link", None) is not None
    and isinstance(loss.functional, lb.Mean)
    and str(loss.link.domain) == "[0, 1]"
    and not isinstance(loss, lb.CategoricalCrossEntropy | lb.SparsemaxLoss)
]


@pytest.fixture
def forecast() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    p = rng.beta(2, 3, size=400).round(2)
    return (rng.random(400) < p**1.3).astype(float), p


# ---- calibration


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_reliability_table_is_scikit_learns(
    forecast: tuple[np.ndarray, np.ndarray], strategy: str
) -> None:
    y, _ = forecast
    p = np.random.default_rng(0).random(400)  # no ties with the edges
    table = evaluation.reliability_table(y, p, n_bins=7, strategy=strategy)
    fraction, mean = calibration_curve(y, p, n_bins=7, strategy=strategy)
    np.testing.assert_allclose(table["fraction_positive"], fraction)
    np.testing.assert_allclose(table["mean_predicted"], mean)
    assert table["count"].sum() == 400


def test_reliability_table_loses_nothing(
    forecast: tuple[np.ndarray, np.ndarray],
) -> None:
    y, p = forecast
    p = np.append(p[:-2], [0.0, 1.0])
    for strategy in ("uniform", "quantile"):
        table = evaluation.reliability_table(y, p, strategy=strategy)
        count = table["count"]
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
        table = evaluation.reliability_table(y, np.full(4, 0.5), strategy=strategy)
        assert table["count"].tolist() == [4]
    assert evaluation.calibration_error(y, np.full(4, 0.5)) == 0


def test_calibration_error_by_hand() -> None:
    y = np.array([0.0, 0, 1, 1])
    p = np.array([0.1, 0.3, 0.6, 0.6])
    expected = (0.1 + 0.3 + 0.4 + 0.4) / 4
    assert evaluation.calibration_error(y, p) == pytest.approx(expected)


def test_recalibrated_forecasts(forecast: tuple[np.ndarray, np.ndarray]) -> None:
    y, p = forecast
    isotonic = evaluation.recalibrate(y, p)
    np.testing.assert_allclose(
        isotonic, IsotonicRegression(y_min=0, y_max=1).fit(p, y).predict(p)
    )
    groups = evaluation.recalibrate(y, p, "groups")
    for value in np.unique(p):
        np.testing.assert_allclose(groups[p == value], y[p == value].mean())


def test_saturated_forecasts_are_recalibrated() -> None:
    """Forecasts that differ in their last bit only are still forecasts."""
    rng = np.random.default_rng(0)
    f = rng.normal(0, 25, 2000)
    p = lb.numerics.expit(f)
    y = (rng.random(2000) < lb.numerics.expit(f / 6)).astype(float)
    q = evaluation.recalibrate(y, p)
    order = np.argsort(p, kind="stable")
    assert np.isfinite(q).all()
    assert (np.diff(q[order]) >= 0).all()
    assert q.sum() == pytest.approx(y.sum())


@pytest.mark.parametrize("loss", PROPER, ids=repr)
@pytest.mark.parametrize("method", ["isotonic", "groups"])
def test_decomposition_adds_up_and_its_parts_are_not_negative(
    forecast: tuple[np.ndarray, np.ndarray], loss: Any, method: Any
) -> None:
    y, p = forecast
    parts = evaluation.score_decomposition(y, p, loss=loss, method=method)
    assert parts["score"] == pytest.approx(loss.score(y, p).mean())
    total = parts["miscalibration"] - parts["discrimination"] + parts["uncertainty"]
    assert total == pytest.approx(parts["score"])
    assert parts["miscalibration"] >= -1e-12
    assert parts["discrimination"] >= -1e-12


def test_brier_decomposition_is_murphys(
    forecast: tuple[np.ndarray, np.ndarray],
) -> None:
    """Murphy 1973, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2."""
    y, p = forecast
    reliability = resolution = 0.0
    for value in np.unique(p):
        group = y[p == value]
        reliability += len(group) * (value - group.mean()) ** 2 / len(y)
        resolution += len(group) * (group.mean() - y.mean()) ** 2 / len(y)
    parts = evaluation.score_decomposition(y, p, method="groups")
    assert parts["miscalibration"] == pytest.approx(reliability)
    assert parts["discrimination"] == pytest.approx(resolution)
    assert parts["uncertainty"] == pytest.approx(y.mean() * (1 - y.mean()))


@pytest.mark.parametrize(
    "loss", [lb.HingeLoss(), lb.FocalLoss(), lb.SquaredError()], ids=repr
)
def test_decomposition_refuses_improper_losses(loss: Any) -> None:
    with pytest.raises(ValueError, match="proper loss of a probability"):
        evaluation.score_decomposition([0, 1], [0.2, 0.7], loss=loss)


# ---- ranking


def pairs_won(y: np.ndarray, s: np.ndarray) -> float:
    wins = [(a > b) + (a == b) / 2 for a, b in itertools.product(s[y == 1], s[y == 0])]
    return float(np.mean(wins))


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(-3, 3)), min_size=2, max_size=30
    ).filter(lambda rows: len({label for label, _ in rows}) == 2)
)
def test_auc_counts_pairs_and_is_scikit_learns(rows: list[tuple[bool, int]]) -> None:
    y = np.array([float(label) for label, _ in rows])
    s = np.array([float(score) for _, score in rows])
    auc = evaluation.roc_auc(y, s)
    assert auc == pytest.approx(pairs_won(y, s))
    assert auc == pytest.approx(roc_auc_score(y, s))
    assert evaluation.roc_auc(y, -s) == pytest.approx(1 - auc)
    assert evaluation.roc_auc(y, np.exp(s)) == pytest.approx(auc)


# ---- thresholds and costs


def test_threshold_table_is_the_confusion_matrix(
    forecast: tuple[np.ndarray, np.ndarray],
) -> None:
    y, p = forecast
    thresholds = np.array([0.0, 0.2, 0.35, 0.5, 1.0])
    table = evaluation.threshold_table(y, p, thresholds)
    for i, t in enumerate(thresholds):
        tn, fp, fn, tp = confusion_matrix(y, p >= t, labels=[0, 1]).ravel()
        row = [table[name][i] for name in ("tn", "fp", "fn", "tp")]
        assert row == [tn, fp, fn, tp]
    cost = evaluation.mean_cost(table, cost_fp=2, cost_fn=5)
    np.testing.assert_allclose(cost, (2 * table["fp"] + 5 * table["fn"]) / len(y))
    # What a false alarm costs may depend on the row.
    each = evaluation.mean_cost(table, cost_fp=thresholds, cost_fn=5)
    one = evaluation.mean_cost(table, cost_fp=thresholds[2], cost_fn=5)
    assert each[2] == one[2]


def test_net_benefit_is_base_rate_minus_weighted_cost(
    forecast: tuple[np.ndarray, np.ndarray],
) -> None:
    y, p = forecast
    table = evaluation.threshold_table(y, p, [0.05, 0.3, 0.6])
    t = table["threshold"]
    cost = (1 - t) * table["fn"] / len(y) + t * table["fp"] / len(y)
    np.testing.assert_allclose(
        evaluation.net_benefit(table), y.mean() - cost / (1 - t), atol=1e-12
    )


# ---- comparing forecasts


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
    curve = evaluation.murphy_curve(y, z, theta, functional)
    assert (curve >= 0).all()
    assert factor * np.trapezoid(curve, theta) == pytest.approx(loss(y, z), abs=1e-3)


def test_perfect_forecast_has_an_empty_murphy_curve() -> None:
    y = np.array([1.0, 2.0, 3.0])
    assert evaluation.murphy_curve(y, y, [0, 1, 2.5]).tolist() == [0, 0, 0]


# ---- refusals


ONE_ROW = evaluation.threshold_table([0, 1], [0.1, 0.2], [0.15])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluation.roc_auc([0, 1], [0.1]), r"shapes \(2,\) and \(1,\)"),
        (lambda: evaluation.roc_auc([1, 1], [0.1, 0.2]), "both labels 0 and 1"),
        (lambda: evaluation.roc_auc([0.5, 1], [0.1, 0.2]), "got the values"),
        (lambda: evaluation.roc_auc([0, 1], [0.1, np.nan]), "must be finite; got nan"),
        (lambda: evaluation.reliability_table([0, 2], [0.1, 0.2]), "y_true must lie"),
        (
            lambda: evaluation.reliability_table([0, 1], [0.1, 1.2]),
            r"the prediction must lie in \[0, 1\]; got 1.2",
        ),
        (
            lambda: evaluation.reliability_table([0, 1], [0.1, 0.2], n_bins=0),
            r"reliability_table: n_bins must lie in \[1, inf\); got 0",
        ),
        (
            lambda: evaluation.net_benefit(
                evaluation.threshold_table([0, 1], [0.1, 0.2], [0.5, 1.0])
            ),
            r"net_benefit: threshold must lie in \[0, 1\); got 1.0",
        ),
        (
            lambda: evaluation.mean_cost(ONE_ROW, cost_fp=-1, cost_fn=1),
            r"mean_cost: cost_fp must lie in \[0, inf\); got -1",
        ),
        (
            lambda: evaluation.mean_cost(ONE_ROW, cost_fp=1, cost_fn=[1, 2]),
            r"cost_fn must be a number or have shape \(1,\); got shape \(2,\)",
        ),
        (
            lambda: evaluation.reliability_table([0, 1], [0.1, 0.2], strategy="x"),
            "strategy must be 'uniform' or 'quantile'; got 'x'",
        ),
        (
            lambda: evaluation.recalibrate([0, 1], [0.1, 0.2], "bins"),
            "method must be 'isotonic' or 'groups'; got 'bins'",
        ),
        (lambda: evaluation.recalibrate([], []), "at least one value"),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
