"""Do forecasts mean what they say?  Reliability, recalibration, decomposition.

Every function takes targets and predictions and returns numbers or plain tables, that
is dicts of equally long arrays.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossbook.base import MulticlassLoss, PointwiseLoss
from lossbook.functionals import Mean, Quantile
from lossbook.judge.inputs import Table, check_sum, column, mean_weights, sample
from lossbook.losses import BrierLoss
from lossbook.numerics import Array
from lossbook.validation import (
    UNIT,
    Interval,
    Named,
    check_instance,
    check_integer,
    check_option,
    float_weights,
)

Method = Literal["isotonic", "groups"]
Indices = NDArray[np.signedinteger[Any]]


def reliability_table(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    *,
    n_bins: int = 10,
    strategy: Literal["uniform", "quantile"] = "uniform",
    sample_weight: ArrayLike | None = None,
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
        Bins of equal width, or of (nearly) equal weight: their edges are quantiles.
    sample_weight : array of shape (n,), optional
        Weights >= 0 of the samples, not all zero.

    Returns
    -------
    dict of arrays
        ``lower``, ``upper`` (bin edges), ``count`` (a sum of weights if there are any),
        ``mean_predicted``, ``fraction_positive``.

    Examples
    --------
    >>> y_true, y_prob = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
    >>> table = lb.judge.reliability_table(y_true, y_prob, n_bins=2)
    >>> sorted(table)
    ['count', 'fraction_positive', 'lower', 'mean_predicted', 'upper']
    """
    owner = Named("reliability_table")
    return _table(owner, y_true, y_prob, n_bins, strategy, sample_weight)


def _table(
    owner: Named,
    y_true: ArrayLike,
    y_prob: ArrayLike,
    n_bins: int,
    strategy: str,
    sample_weight: ArrayLike | None,
) -> Table:
    y, p = sample(owner, y_true, y_prob, UNIT, name="y_prob")
    w = float_weights(owner, sample_weight, len(y))
    check_sum(owner, w)
    check_integer(owner, "n_bins", n_bins, Interval(low=1))
    check_option(owner, "strategy", strategy, ("uniform", "quantile"))
    y, p, w = y[w > 0], p[w > 0], w[w > 0]
    edges = np.linspace(0, 1, n_bins + 1)
    if strategy == "quantile":
        inner = [Quantile(level)(p, w) for level in edges[1:-1].tolist()]
        edges = np.unique(np.array([p.min(), *inner, p.max()], dtype=float))
        if len(edges) == 1:
            edges = np.repeat(edges, 2)
    # A bin holds its upper edge, the first one also its lower.
    which = np.clip(np.searchsorted(edges, p, side="left") - 1, 0, len(edges) - 2)
    n = len(edges) - 1
    used = np.bincount(which, minlength=n) > 0
    total = np.bincount(which, w, n)[used]
    return {
        "lower": edges[:-1][used],
        "upper": edges[1:][used],
        "count": total.astype(int) if sample_weight is None else total,
        "mean_predicted": np.bincount(which, w * p, n)[used] / total,
        "fraction_positive": np.bincount(which, w * y, n)[used] / total,
    }


def calibration_error(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    *,
    n_bins: int = 10,
    strategy: Literal["uniform", "quantile"] = "uniform",
    sample_weight: ArrayLike | None = None,
) -> float:
    """Expected calibration error: mean |frequency - forecast| over the bins.

    Naeini, Cooper & Hauskrecht 2015, doi:10.1609/aaai.v29i1.9602.  It depends on the
    bins and is biased upwards in small samples.  Parameters as in
    :func:`reliability_table`.

    Examples
    --------
    >>> y_true, y_prob = [0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]
    >>> round(lb.judge.calibration_error(y_true, y_prob, n_bins=2), 4)
    0.0875
    """
    owner = Named("calibration_error")
    w = mean_weights(owner, sample_weight, len(column(owner, "y_true", y_true)))
    table = _table(owner, y_true, y_prob, n_bins, strategy, w)
    gap = np.abs(table["fraction_positive"] - table["mean_predicted"])
    return float(np.average(gap, weights=table["count"]))


def recalibrate(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    method: Method = "isotonic",
    *,
    functional: Mean | Quantile | None = None,
    sample_weight: ArrayLike | None = None,
) -> Array:
    """Forecasts replaced by what was observed with them, on the same data.

    The ordinates of a reliability diagram of means (probabilities are means of labels)
    or of quantiles.

    Parameters
    ----------
    y_true : array of shape (n,)
        Targets; labels 0 and 1 for forecasts of a probability.
    y_pred : array of shape (n,)
        Forecasts of the functional.
    method : {"isotonic", "groups"}
        ``"isotonic"`` pools neighbours until the observed functional increases with
        the forecast (CORP).  Of all increasing functions of the forecast it has the
        least mean loss under every loss that is consistent for the functional.
        ``"groups"`` takes the observed functional at each distinct forecast.
    functional : Mean or Quantile, optional
        What is forecast; ``Mean()`` if not given.  Where a whole interval of quantiles
        fits best, its midpoint.
    sample_weight : array of shape (n,), optional
        Weights >= 0 of the samples, not all zero.  A sample of weight zero is read off
        between its neighbours.

    Returns
    -------
    array of shape (n,)

    Notes
    -----
    Ayer et al. 1955, doi:10.1214/aoms/1177728423; Dimitriadis, Gneiting & Jordan 2021,
    doi:10.1073/pnas.2016191118; quantiles and other functionals: Gneiting & Resin 2023,
    doi:10.1214/23-EJS2180; that one answer is best for every consistent loss: Jordan,
    Mühlemann & Ziegel, arXiv:1904.04761.

    Examples
    --------
    >>> lb.judge.recalibrate([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).round(4)
    array([0. , 0.5, 0.5, 1. ])
    >>> lb.judge.recalibrate([3, 1, 2, 9], [1, 2, 3, 4], functional=lb.Quantile(0.5))
    array([1.5, 1.5, 2. , 9. ])
    """
    owner = Named("recalibrate")
    functional = Mean() if functional is None else functional
    check_instance(owner, "functional", functional, Mean | Quantile, "Quantile(0.9)")
    check_option(owner, "method", method, ("isotonic", "groups"))
    y, z = sample(owner, y_true, y_pred)
    w = mean_weights(owner, sample_weight, len(y))
    return _recalibrated(functional, method, y, z, w)


def _recalibrated(
    functional: Mean | Quantile, method: Method, y: Array, z: Array, w: Array
) -> Array:
    seen = w > 0
    levels, group = np.unique(z[seen], return_inverse=True)
    if isinstance(functional, Quantile):
        observed = _quantiles(functional, method, group, y[seen], w[seen])
    else:
        total = np.bincount(group, w[seen])
        observed = np.bincount(group, w[seen] * y[seen]) / total
        if method == "isotonic":
            from scipy.optimize import isotonic_regression  # slow to import

            observed = isotonic_regression(observed, weights=total).x
        # A mean may leave the range of its values by rounding.
        observed = np.clip(observed, y[seen].min(), y[seen].max())
    return np.interp(z, levels, observed)


def _quantiles(
    functional: Quantile, method: Method, group: Indices, y: Array, w: Array
) -> Array:
    """The observed quantile of each group; increasing from group to group if asked."""
    order = np.argsort(group, kind="stable")
    y, w = y[order], w[order]
    starts = np.searchsorted(group[order], np.arange(group.max() + 1))
    if method == "groups":
        parts = zip(np.split(y, starts[1:]), np.split(w, starts[1:]), strict=True)
        return np.array([functional(*part) for part in parts])
    # The midpoint of the lowest answer and the highest, which is the lowest seen from
    # the other end.
    low = _lowest_isotonic_quantile(functional.level, starts, y, w)
    turned = (len(y) - np.append(starts[1:], len(y)))[::-1]
    high = _lowest_isotonic_quantile(1 - functional.level, turned, -y[::-1], w[::-1])
    return low + (-high[::-1] - low) / 2


def _lowest_isotonic_quantile(
    level: float, starts: Indices, y: Array, w: Array
) -> Array:
    """Increasing quantiles of groups that begin at ``starts``, the lowest best ones.

    Above a threshold t lies a tail of the groups: the one with the least sum of
    w (1{y <= t} - level), which is what the elementary loss of t adds for it.  Groups
    below and above t do not meet again, so halving the range of values again and again
    finds all of them: O(n log n).
    """
    values = np.unique(y)
    ends = np.append(starts[1:], len(y))
    fitted = np.empty(len(starts))
    slack = 1e-12 * w.sum()  # sums of weights carry rounding errors: a tie is a tie
    todo = [(0, len(starts), 0, len(values))]
    while todo:
        first, last, low, high = todo.pop()
        if first == last:
            continue
        if high - low == 1:
            fitted[first:last] = values[low]
            continue
        middle = (low + high) // 2
        rows = slice(starts[first], ends[last - 1])
        lies_below = (y[rows] < values[middle]) - level
        before = np.append(0, np.cumsum(w[rows] * lies_below))
        cuts = np.append(starts[first:last], ends[last - 1]) - rows.start
        tails = before[-1] - before[cuts]
        cut = first + int(np.flatnonzero(tails <= tails.min() + slack)[-1])
        todo += [(first, cut, low, middle), (cut, last, middle, high)]
    return fitted


def score_decomposition(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    loss: PointwiseLoss | None = None,
    method: Method = "isotonic",
    sample_weight: ArrayLike | None = None,
) -> dict[str, float]:
    """score = miscalibration - discrimination + uncertainty, of a mean or quantile.

    Parameters
    ----------
    y_true, y_pred : arrays of shape (n,)
        Targets, and forecasts on the prediction scale of the loss.
    loss : loss, optional
        One whose best constant is the mean or a quantile: a proper loss of a
        probability, squared error, a deviance, a pinball loss; BrierLoss() if not
        given.
    method : {"isotonic", "groups"}
        How forecasts are recalibrated, see :func:`recalibrate`.  ``"groups"`` with
        BrierLoss is Murphy's (1973) reliability - resolution + uncertainty.
    sample_weight : array of shape (n,), optional
        Weights >= 0 of the samples, not all zero.

    Returns
    -------
    dict
        ``score``, the mean loss; ``miscalibration``, what recalibration saves;
        ``discrimination``, what recalibrated forecasts save against the best constant;
        ``uncertainty``, the loss of that.

    Notes
    -----
    Murphy 1973, doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2; Dimitriadis,
    Gneiting & Jordan 2021, doi:10.1073/pnas.2016191118; Gneiting & Resin 2023,
    doi:10.1214/23-EJS2180.

    Examples
    --------
    >>> parts = lb.judge.score_decomposition([0, 0, 1, 1], [0.2, 0.2, 0.2, 0.8])
    >>> sorted(parts)
    ['discrimination', 'miscalibration', 'score', 'uncertainty']
    """
    owner = Named("score_decomposition")
    loss = BrierLoss() if loss is None else loss
    check_instance(owner, "loss", loss, PointwiseLoss, "BrierLoss()")
    check_option(owner, "method", method, ("isotonic", "groups"))
    functional = loss.functional
    of_numbers = not isinstance(loss, MulticlassLoss)
    asked = isinstance(functional, Mean | Quantile) and of_numbers
    if not asked or loss.response == "decision_function":
        raise ValueError(
            f"{owner!r}: loss must be a loss of one number that asks for the mean or a "
            f"quantile, such as BrierLoss() or PinballLoss(); got {loss!r}"
        )
    y, z = sample(owner, y_true, y_pred)
    w = mean_weights(owner, sample_weight, len(y))
    y, z, w = y[w > 0], z[w > 0], w[w > 0]
    score = float(loss(y, z, sample_weight=w))
    recalibrated = _mean_loss(loss, y, _recalibrated(functional, method, y, z, w), w)
    base_rate = _mean_loss(loss, y, np.full(len(y), functional(y, w)), w)
    return {
        "score": score,
        "miscalibration": score - recalibrated,
        "discrimination": base_rate - recalibrated,
        "uncertainty": base_rate,
    }


def _mean_loss(loss: PointwiseLoss, y: Array, z: Array, w: Array) -> float:
    """Mean loss of observed means or quantiles.

    One at an open end of the domain, as a Poisson mean of 0, was observed only with
    targets equal to it, and costs nothing in the limit.
    """
    domain = loss.link.domain
    inside = (z != domain.low) | domain.closed_low
    inside &= (z != domain.high) | domain.closed_high
    if not inside.any():
        return 0.0
    y, z, used = y[inside], z[inside], w[inside]
    return float(loss(y, z, sample_weight=used, reduction="sum")) / float(w.sum())
