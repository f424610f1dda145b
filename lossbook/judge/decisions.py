"""From scores to decisions: thresholds, what mistakes cost, net benefit."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossbook.judge.inputs import (
    Table,
    check_columns,
    check_sum,
    column,
    labelled,
    points,
)
from lossbook.numerics import Array
from lossbook.validation import BELOW_ONE, Named, as_amounts, check_values


def threshold_table(
    y_true: ArrayLike,
    y_prob: ArrayLike,
    thresholds: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
) -> Table:
    """Counts of the four outcomes when label 1 is predicted for y_prob >= threshold.

    Parameters
    ----------
    y_true : array of shape (n,)
        Labels 0 and 1; both must occur.
    y_prob : array of shape (n,)
        Probabilities, or any finite scores.
    thresholds : float or array of shape (m,)
        Finite numbers on the scale of ``y_prob``.
    sample_weight : array of shape (n,), optional
        Weights >= 0 of the samples; counts are then sums of weights.

    Returns
    -------
    dict of arrays of shape (m,)
        ``threshold``, ``tp``, ``fp``, ``fn``, ``tn``.

    Examples
    --------
    >>> table = lb.judge.threshold_table([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [0.3])
    >>> {outcome: int(table[outcome][0]) for outcome in ("tp", "fp", "fn", "tn")}
    {'tp': 2, 'fp': 1, 'fn': 0, 'tn': 1}
    """
    owner = Named("threshold_table")
    positive, s, w = labelled(owner, y_true, y_prob, sample_weight, name="y_prob")
    t = points(owner, "thresholds", thresholds)
    check_sum(owner, w)
    if sample_weight is None:
        w = np.ones(len(s), dtype=int)
    tp, fn = _split(s[positive], w[positive], t)
    fp, tn = _split(s[~positive], w[~positive], t)
    return {"threshold": t, "tp": tp, "fp": fp, "fn": fn, "tn": tn}


def _split(
    s: NDArray[Any], w: NDArray[Any], t: Array
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Weight of the scores at or above each threshold, and of those below it."""
    order = np.argsort(s)
    reached = np.append(np.zeros(1, w.dtype), np.cumsum(w[order]))
    under = reached[np.searchsorted(s[order], t, side="left")]
    return reached[-1] - under, under


def mean_cost(table: Table, *, cost_fp: ArrayLike, cost_fn: ArrayLike) -> Array:
    """Cost per case of each row of a threshold table.

    Parameters
    ----------
    table : dict
        What :func:`threshold_table` returns.
    cost_fp, cost_fn : float or array of shape (m,)
        What a false alarm and a miss cost, >= 0: one number, or one for each row.

    Returns
    -------
    array of shape (m,)

    Examples
    --------
    >>> table = lb.judge.threshold_table([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [0.3])
    >>> lb.judge.mean_cost(table, cost_fp=2, cost_fn=5)
    array([0.5])
    """
    owner = Named("mean_cost")
    _, tp, fp, fn, tn = _columns(owner, table)
    costs = as_amounts(owner, "cost_fp", cost_fp, fp.shape) * fp
    costs = costs + as_amounts(owner, "cost_fn", cost_fn, fn.shape) * fn
    return costs / (tp + fp + fn + tn)


def net_benefit(table: Table) -> Array:
    """tp/n - fp/n * t/(1-t) of each row of a threshold table.

    The threshold t in [0, 1) says how many false alarms one hit is worth.

    Notes
    -----
    Vickers & Elkin 2006, doi:10.1177/0272989X06295361.

    Examples
    --------
    >>> table = lb.judge.threshold_table([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], [0.2])
    >>> lb.judge.net_benefit(table)
    array([0.4375])
    """
    owner = Named("net_benefit")
    t, tp, fp, fn, tn = _columns(owner, table)
    check_values(owner, "threshold", t, BELOW_ONE)
    n = tp + fp + fn + tn
    return tp / n - fp / n * t / (1 - t)


def _columns(owner: Named, table: Table) -> list[Array]:
    """The thresholds, and the four columns of counts."""
    names = ("threshold", "tp", "fp", "fn", "tn")
    check_columns(owner, table, names)
    rows = column(owner, "threshold", table["threshold"]).shape
    return [column(owner, name, table[name], like=rows) for name in names]
