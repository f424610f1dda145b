"""Judging predictions: reliability, decompositions, ranking, thresholds and costs.

Every function takes targets and predictions and returns numbers or plain tables, that
is dicts of equally long arrays.  Nothing here draws.
"""

from typing import Any, Literal

import numpy as np
from lossbook.composite import BrierLoss
from lossbook.potential import BinaryCrossEntropy
from numpy.typing import ArrayLike, NDArray
from sklearn.isotonic import IsotonicRegression

from lossbook.base import BinaryLoss
from lossbook.functionals import Expectile, Mean, Quantile
from lossbook.numerics import Array
from lossbook.validation import (
    NONNEGATIVE,
    REALS,
    UNIT,
    Interval,
    Named,
    as_numeric,
    check_integer,
    check_not_empty,
    check_values,
)

Table = dict[str, NDArray[Any]]


def _pair(
    name: str,
    y_true: ArrayLike,
    prediction: ArrayLike,
    y_domain: Interval,
    domain: Interval,
) -> tuple[Array, Array]:
    """Targets and predictions as float64 arrays of one length, checked."""
    owner = Named(name)
    y = as_numeric(owner, "y_true", y_true).astype(np.float64)
    z = as_numeric(owner, "the prediction", prediction).astype(np.float64)
    if y.ndim != 1 or y.shape != z.shape:
        raise ValueError(
            f"{name}: y_true and the prediction must both have shape (n,); "
            f"got shapes {y.shape} and {z.shape}"
        )
    check_not_empty(owner, "y_true", y)
    check_values(owner, "y_true", y, y_domain)
    check_values(owner, "the prediction", z, domain)
    return y, z


def _points(name: str, argument: str, values: ArrayLike) -> Array:
    """Finite numbers at which a curve is computed, as an array of shape (m,)."""
    owner = Named(name)
    points = np.atleast_1d(as_numeric(owner, argument, values)).astype(np.float64)
    check_not_empty(owner, argument, points)
    check_values(owner, argument, points, REALS)
    return points


def _labels(name: str, y_true: ArrayLike, score: ArrayLike) -> tuple[Array, Array]:
    """Binary labels and real scores; both labels must occur."""
    y, s = _pair(name, y_true, score, UNIT, REALS)
    present = np.unique(y)
    if not np.array_equal(present, [0.0, 1.0]):
        raise ValueError(
            f"{name}: y_true must hold both labels 0 and 1 and nothing else; "
            f"got the values {present[:5]}"
        )
    return y, s


# ---- calibration ------------------------------------------------------------------


def reliability_table(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    *,
    n_bins: int = 10,
    strategy: Literal["uniform", "quantile"] = "uniform",
) -> Table:
    """Forecast probability against observed frequency, bin by bin.

    Parameters
    ----------
    y_true : array of shape (n,)
        Labels 0 and 1 (or proportions).
    y_prob : array of shape (n,)
        Predicted probabilities of label 1.
    n_bins : int
        Number of bins on [0, 1]; empty ones are left out.
    strategy : {"uniform", "quantile"}
        Bins of equal width, or of (nearly) equal count.

    Returns
    -------
    dict of arrays
        ``lower``, ``upper`` (bin edges), ``count``, ``mean_predicted``,
        ``fraction_positive``.

    Examples
    --------
    >>> y_true, y_prob = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
    >>> table = lb.evaluation.reliability_table(y_true, y_prob, n_bins=2)
    >>> sorted(table)
    ['count', 'fraction_positive', 'lower', 'mean_predicted', 'upper']
    """
    y, p = _pair("reliability_table", y_true, y_prob, UNIT, UNIT)
    check_integer(Named("reliability_table"), "n_bins", n_bins, Interval(low=1))
    if strategy == "uniform":
        edges = np.linspace(0, 1, n_bins + 1)
    elif strategy == "quantile":
        edges = np.unique(np.quantile(p, np.linspace(0, 1, n_bins + 1)))
        if len(edges) == 1:
            edges = np.repeat(edges, 2)
    else:
        raise ValueError(
            "reliability_table: strategy must be 'uniform' or 'quantile'; "
            f"got {strategy!r}"
        )
    # A bin holds its upper edge, the first one also its lower.
    which = np.clip(np.searchsorted(edges, p, side="left") - 1, 0, len(edges) - 2)
    count = np.bincount(which, minlength=len(edges) - 1)
    used = count > 0
    return {
        "lower": edges[:-1][used],
        "upper": edges[1:][used],
        "count": count[used],
        "mean_predicted": np.bincount(which, p, len(count))[used] / count[used],
        "fraction_positive": np.bincount(which, y, len(count))[used] / count[used],
    }


def calibration_error(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    *,
    n_bins: int = 10,
    strategy: Literal["uniform", "quantile"] = "uniform",
) -> float:
    """Expected calibration error: mean |frequency - forecast| over the bins.

    Naeini, Cooper & Hauskrecht 2015.  It depends on the bins and is biased upwards in
    small samples.

    Examples
    --------
    >>> y_true, y_prob = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
    >>> round(lb.evaluation.calibration_error(y_true, y_prob, n_bins=2), 4)
    0.0875
    """
    table = reliability_table(y_true, y_prob, n_bins=n_bins, strategy=strategy)
    gap = np.abs(table["fraction_positive"] - table["mean_predicted"])
    return float(np.average(gap, weights=table["count"]))


def recalibrate(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    method: Literal["isotonic", "groups"] = "isotonic",
) -> Array:
    """Forecasts replaced by the frequencies observed with them, on the same data.

    ``"isotonic"`` pools neighbours until frequencies increase with the forecast (CORP:
    Dimitriadis, Gneiting & Jordan 2021, doi:10.1073/pnas.2016191118); ``"groups"``
    takes the frequency at each distinct forecast.

    Examples
    --------
    >>> lb.evaluation.recalibrate([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).round(4)
    array([0. , 0.5, 0.5, 1. ])
    """
    y, p = _pair("recalibrate", y_true, y_prob, UNIT, UNIT)
    if method == "isotonic":
        # Only the order counts; ranks keep apart forecasts that all but coincide.
        rank = np.unique(p, return_inverse=True)[1]
        return IsotonicRegression(y_min=0, y_max=1).fit(rank, y).predict(rank)
    if method == "groups":
        _, which, count = np.unique(p, return_inverse=True, return_counts=True)
        return (np.bincount(which, y) / count)[which]
    raise ValueError(
        f"recalibrate: method must be 'isotonic' or 'groups'; got {method!r}"
    )


def score_decomposition(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    *,
    loss: BinaryLoss | BinaryCrossEntropy | None = None,
    method: Literal["isotonic", "groups"] = "isotonic",
) -> dict[str, float]:
    """score = miscalibration - discrimination + uncertainty, for a proper loss.

    Parameters
    ----------
    loss
        A proper loss of a probability; BrierLoss() if not given.
    method
        How forecasts are recalibrated, see :func:`recalibrate`.  ``"groups"`` with
        BrierLoss is Murphy's (1973) reliability - resolution + uncertainty.

    Returns
    -------
    dict
        ``score``, ``miscalibration``, ``discrimination``, ``uncertainty``.

    Examples
    --------
    >>> parts = lb.evaluation.score_decomposition([0, 0, 1, 1], [0.2, 0.2, 0.2, 0.8])
    >>> sorted(parts)
    ['discrimination', 'miscalibration', 'score', 'uncertainty']
    """
    loss = BrierLoss() if loss is None else loss
    if not (isinstance(loss.functional, Mean) and loss.link.domain == UNIT):
        raise ValueError(
            "score_decomposition: loss must be a proper loss of a probability; "
            f"got {loss!r}"
        )
    y, p = _pair("score_decomposition", y_true, y_prob, UNIT, UNIT)
    score = float(loss.score(y, p).mean())
    recalibrated = float(loss.score(y, recalibrate(y, p, method)).mean())
    base_rate = float(loss.score(y, np.full(len(y), y.mean())).mean())
    return {
        "score": score,
        "miscalibration": score - recalibrated,
        "discrimination": base_rate - recalibrated,
        "uncertainty": base_rate,
    }


# ---- ranking ----------------------------------------------------------------------


def roc_auc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """P(score of a random positive > score of a random negative), ties one half.

    One sort: O(n log n).  Mann & Whitney 1947, doi:10.1214/aoms/1177730491; Hanley &
    McNeil 1982, doi:10.1148/radiology.143.1.7063747.

    Examples
    --------
    >>> lb.evaluation.roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    y, s = _labels("roc_auc", y_true, y_score)
    order = np.argsort(s)
    y, s = y[order], s[order]
    # The last position of each run of equal scores.
    ends = np.append(np.flatnonzero(np.diff(s)), len(s) - 1)
    positives = np.diff(np.cumsum(y)[ends], prepend=0)
    negatives = np.diff(np.cumsum(1 - y)[ends], prepend=0)
    beaten = np.cumsum(negatives) - negatives / 2
    return float(positives @ beaten / (positives.sum() * negatives.sum()))


# ---- thresholds, costs, decisions -------------------------------------------------


def threshold_table(
    y_true: ArrayLike, y_prob: ArrayLike, thresholds: ArrayLike
) -> Table:
    """Counts of the four outcomes when label 1 is predicted for y_prob >= threshold.

    Returns
    -------
    dict of arrays
        ``threshold``, ``tp``, ``fp``, ``fn``, ``tn``.
    """
    y, p = _labels("threshold_table", y_true, y_prob)
    t = _points("threshold_table", "thresholds", thresholds)
    positives, negatives = np.sort(p[y == 1]), np.sort(p[y == 0])
    fn = np.searchsorted(positives, t, side="left")
    tn = np.searchsorted(negatives, t, side="left")
    return {
        "threshold": t,
        "tp": len(positives) - fn,
        "fp": len(negatives) - tn,
        "fn": fn,
        "tn": tn,
    }


def mean_cost(table: Table, *, cost_fp: ArrayLike, cost_fn: ArrayLike) -> Array:
    """Cost per case of each row of a threshold table.

    A cost is a number >= 0, or an array with one for each row.
    """
    n = table["tp"] + table["fp"] + table["fn"] + table["tn"]
    of_fp = _cost("cost_fp", cost_fp, n.shape) * table["fp"]
    of_fn = _cost("cost_fn", cost_fn, n.shape) * table["fn"]
    return (of_fp + of_fn) / n


def _cost(name: str, cost: ArrayLike, rows: tuple[int, ...]) -> NDArray[Any]:
    """A cost of every row or of each, checked."""
    owner = Named("mean_cost")
    checked = as_numeric(owner, name, cost)
    if checked.shape not in ((), rows):
        raise ValueError(
            f"{owner!r}: {name} must be a number or have shape {rows}; "
            f"got shape {checked.shape}"
        )
    check_values(owner, name, checked, NONNEGATIVE)
    return checked


def net_benefit(table: Table) -> Array:
    """tp/n - fp/n * t/(1-t) of each row of a threshold table.

    Vickers & Elkin 2006, doi:10.1177/0272989X06295361: the threshold t says how many
    false alarms one hit is worth.
    """
    t = table["threshold"]
    check_values(Named("net_benefit"), "threshold", t, Interval(0, 1, True, False))
    n = table["tp"] + table["fp"] + table["fn"] + table["tn"]
    return table["tp"] / n - table["fp"] / n * t / (1 - t)


# ---- comparing forecasts ----------------------------------------------------------


def murphy_curve(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    thetas: ArrayLike,
    functional: Mean | Quantile | Expectile | None = None,
) -> Array:
    """Mean elementary score of forecasts at each threshold ``theta``.

    Every loss that is consistent for the functional is a mixture of these scores, so a
    forecast whose curve lies below another's everywhere is better under all of them
    (Ehm, Gneiting, Jordan & Krüger 2016, doi:10.1111/rssb.12154).

    The elementary score is |V(y, theta)| where theta separates forecast and outcome,
    min(y, z) <= theta < max(y, z), and 0 elsewhere; V is the identification function.

    Examples
    --------
    >>> lb.evaluation.murphy_curve([0, 1], [0.2, 0.7], [0.1, 0.5])
    array([0.05, 0.  ])
    """
    functional = Mean() if functional is None else functional
    y, z = _pair("murphy_curve", y_true, y_pred, REALS, REALS)
    t = _points("murphy_curve", "thetas", thetas)
    low, high = np.minimum(y, z), np.maximum(y, z)
    curve = np.empty(len(t))
    for i, theta in enumerate(t):
        between = (low <= theta) & (theta < high)
        curve[i] = np.abs(functional.identification(y[between], theta)).sum() / len(y)
    return curve
