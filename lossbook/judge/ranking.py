"""Is what matters ranked first?  The area under the ROC curve, and NDCG."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossbook.base import Reduction
from lossbook.judge.inputs import column, labelled, numbers, reduced
from lossbook.losses.ranking import discounts
from lossbook.numerics import Array
from lossbook.validation import (
    NONNEGATIVE,
    REALS,
    Interval,
    Named,
    as_numeric,
    check_integer,
    check_option,
    check_values,
    weight_unit,
)

__all__ = ["discounts", "ndcg", "roc_auc"]


def roc_auc(
    y_true: ArrayLike, y_score: ArrayLike, *, sample_weight: ArrayLike | None = None
) -> float:
    """P(score of a random positive > score of a random negative), ties one half.

    One sort: O(n log n).  Scores are compared as they come, so two integers that
    float64 cannot tell apart are not tied.

    Parameters
    ----------
    y_true : array of shape (n,)
        Labels 0 and 1; both must occur.
    y_score : array of shape (n,)
        Finite scores; a larger one stands for label 1.
    sample_weight : array of shape (n,), optional
        Weights >= 0 of the samples: a pair counts with the product of its two.

    Notes
    -----
    Mann & Whitney 1947, doi:10.1214/aoms/1177730491; Hanley & McNeil 1982,
    doi:10.1148/radiology.143.1.7063747.

    Examples
    --------
    >>> lb.judge.roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    0.75
    """
    positive, s, w = labelled(
        Named("roc_auc"), y_true, y_score, sample_weight, name="y_score"
    )
    order = np.argsort(s)
    positive, s, w = positive[order], s[order], w[order] / weight_unit(w)
    # The last position of each run of equal scores.
    ends = np.append(np.flatnonzero(s[1:] != s[:-1]), len(s) - 1)
    positives = np.diff(np.cumsum(w * positive)[ends], prepend=0)
    negatives = np.diff(np.cumsum(w * ~positive)[ends], prepend=0)
    beaten = np.cumsum(negatives) - negatives / 2
    return float(positives @ beaten / (positives.sum() * negatives.sum()))


def ndcg(
    y_true: ArrayLike | Sequence[ArrayLike],
    y_score: ArrayLike | Sequence[ArrayLike],
    *,
    k: int | None = None,
    gains: Literal["linear", "exponential"] = "linear",
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> float | Array:
    r"""Normalised discounted cumulative gain of ranked lists, one for each query.

    DCG = sum_i gain(y_i) / log2(1 + place of i), divided by that of the best order.
    Items of equal score share their places: each gets the mean of their discounts, so
    the order in which items come does not matter.

    Parameters
    ----------
    y_true : array of shape (n_queries, n_items), or a sequence of arrays
        Relevance >= 0 of the items of each query; lists may be of unequal length.
        Of a masked array the masked items do not count.
    y_score : the same shapes
        Finite scores; the item with the largest comes first.
    k : int, optional
        Only the first k places count.
    gains : {"linear", "exponential"}
        The gain of an item: its relevance y, or 2**y - 1.
    sample_weight : array of shape (n_queries,), optional
        Weights >= 0 of the queries.
    reduction : {"mean", "sum", "none"}
        As in calling a loss.

    Returns
    -------
    float or array of shape (n_queries,)
        Between 0 and 1; 0 for a query without a relevant item, as in scikit-learn's
        ``ndcg_score`` (a weight of zero leaves it out).

    Notes
    -----
    Järvelin & Kekäläinen 2002, doi:10.1145/582415.582418; ties: McSherry & Najork 2008,
    doi:10.1007/978-3-540-78646-7_38.

    Examples
    --------
    >>> round(lb.judge.ndcg([[3, 0, 2], [1, 0]], [[0.1, 0.9, 0.5], [0.7, 0.2]]), 4)
    0.824
    """
    owner = Named("ndcg")
    check_option(owner, "gains", gains, ("linear", "exponential"))
    if k is not None:
        check_integer(owner, "k", k, Interval(low=1))
    relevance, scores = _queries(owner, y_true, y_score)
    if len(relevance) != len(scores):
        raise ValueError(
            f"{owner!r}: y_true and y_score must hold a list for each query; "
            f"got {len(relevance)} and {len(scores)} lists"
        )
    pairs = zip(relevance, scores, strict=True)
    each = np.array([_ndcg(owner, y, s, k, gains) for y, s in pairs])
    return reduced(owner, each, sample_weight, reduction)


def _queries(
    owner: Named, y_true: Any, y_score: Any
) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """Relevance and scores of each query; masked items are left out."""
    if np.ma.isMA(y_true):
        there = ~np.ma.getmaskarray(y_true)
        y_score = numbers(owner, "y_score", y_score, like=there.shape)
        y_score = [row[items] for row, items in zip(y_score, there, strict=True)]
        y_true = [row[items] for row, items in zip(y_true.data, there, strict=True)]
    lists = []
    for name, given in (("y_true", y_true), ("y_score", y_score)):
        # A list or tuple may hold lists of unequal length.
        rows = given
        if not isinstance(given, list | tuple):
            rows = np.atleast_1d(as_numeric(owner, name, given))
        if len(rows) == 0:
            raise ValueError(f"{owner!r}: {name} must hold a list for each query")
        lists.append([numbers(owner, f"a query of {name}", row) for row in rows])
    return lists[0], lists[1]


def _ndcg(
    owner: Named,
    relevance: NDArray[Any],
    scores: NDArray[Any],
    k: int | None,
    gains: str,
) -> float:
    y = column(owner, "y_true", relevance, NONNEGATIVE)
    if scores.shape != y.shape:
        raise ValueError(
            f"{owner!r}: y_score must hold a score for each item of y_true; "
            f"got a query of {len(y)} items and {len(scores)} scores"
        )
    check_values(owner, "y_score", scores, REALS)
    # Only ratios of gains matter; in the unit of the largest none overflows.
    top = y.max()
    gain = y if gains == "linear" else np.exp2(y - top) - np.exp2(-top)
    place = discounts(len(y))
    if k is not None:
        place[k:] = 0
    best = np.sort(gain)[::-1] @ place
    if best == 0:
        return 0.0
    _, tie, count = np.unique(scores, return_inverse=True, return_counts=True)
    # Places are handed out from the largest score down.
    ends = np.cumsum(count[::-1])
    total = np.append(0, np.cumsum(place))
    shared = (total[ends] - total[ends - count[::-1]]) / count[::-1]
    return float(gain @ shared[::-1][tie] / best)
