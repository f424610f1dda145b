r"""Losses of a ranked list: queries in rows, relevance and raw predictions of items.

Only the order of the raw predictions of one query matters to who reads the list, so
these losses compare items with each other.  Queries are stacked as in scikit-learn's
``ndcg_score``: arrays of shape (n_queries, n_items).
"""

import abc
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lossbook.base import Elsewhere, ObjectLoss
from lossbook.links import IdentityLink
from lossbook.numerics import Array, expit, log_softmax, softmax, softplus
from lossbook.validation import (
    NONNEGATIVE,
    POSITIVE,
    Named,
    check_integer,
    check_parameter,
)

# Rows of a table of pairs that is never larger than a few megabytes.
PAIRS_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class ListLoss(ObjectLoss, abstract=True):
    """A loss of one query, computed query by query."""

    family = "list"
    sample = "a list"
    object_shape = "(n_queries, n_items)"
    link = IdentityLink()
    response = "predict"
    functional = None
    y_domain = NONNEGATIVE

    def _check_objects(self, name: str, objects: Array) -> None:
        if objects.ndim != 2:
            raise ValueError(
                f"{self!r}: {name} must have shape {self.object_shape}; "
                f"got shape {objects.shape}"
            )

    @abc.abstractmethod
    def _query(self, y: Array, f: Array) -> tuple[float, Array]:
        """Loss and gradient of one query, in float64."""

    def _value(self, y: Array, f: Array) -> Array:
        return np.array([self._query(*row)[0] for row in _rows(y, f)])

    def _gradient(self, y: Array, f: Array) -> Array:
        return np.array([self._query(*row)[1] for row in _rows(y, f)])


def _levels(y: Array) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Each level of relevance but the lowest, with all items below it."""
    for level in np.unique(y)[1:]:
        yield np.flatnonzero(y == level), np.flatnonzero(y < level)


def _rows(y: Array, f: Array) -> "zip[tuple[Array, Array]]":
    return zip(y.astype(np.float64), f.astype(np.float64), strict=True)


@dataclass(frozen=True)
class PairwiseLoss(ListLoss, abstract=True):
    """The mean of phi(f_i - f_j) over the pairs in which i is more relevant than j.

    A query whose items are all equally relevant has no such pair, and the loss 0.
    """

    def _query(self, y: Array, f: Array) -> tuple[float, Array]:
        total, slope, n_pairs = 0.0, np.zeros_like(f), 0
        for better, worse in _levels(y):
            value, up, down = self._sums(f[better], f[worse])
            total += value
            slope[better] += up
            slope[worse] += down
            n_pairs += len(better) * len(worse)
        return total / max(n_pairs, 1), slope / max(n_pairs, 1)

    @abc.abstractmethod
    def _sums(self, a: Array, b: Array) -> tuple[float, Array, Array]:
        """Sum of phi(a_i - b_j) over all pairs, its derivatives in a and in b."""


@dataclass(frozen=True)
class PairwiseHingeLoss(PairwiseLoss):
    """Mean of max(0, margin - (f_i - f_j)) over pairs, in O(n log n) for each level.

    Sorted, the items that an item does not lead by the margin are neighbours, and
    running sums give their total.

    Parameters
    ----------
    margin : float > 0

    Herbrich et al. 2000; Joachims 2002, doi:10.1145/775047.775067.

    Examples
    --------
    >>> loss = lb.PairwiseHingeLoss(margin=1.0)
    >>> loss.value([[2, 0, 1]], [[0.5, 1.0, -1.0]]).round(4)
    array([1.5])
    """

    margin: float = 1.0

    title = "pairwise hinge loss"
    symbols = {}
    convex = True
    smooth = False
    kinks = ()
    lipschitz = np.inf
    formula = r"\ell(y, f) = \operatorname{mean}_{y_i > y_j} (1 - (f_i - f_j))_+"
    reference = "joachims2002optimizing"
    likelihood = ""
    elsewhere = (
        Elsewhere("PyTorch", "MarginRankingLoss", "takes pairs; margin 0 by default"),
    )

    def __post_init__(self) -> None:
        check_parameter(self, "margin", POSITIVE)

    def _sums(self, a: Array, b: Array) -> tuple[float, Array, Array]:
        # Differences only: the centre keeps the sums small.
        centre = a.mean() / 2 + b.mean() / 2
        a, b = a - centre - self.margin, b - centre
        rising = np.sort(b)
        below = np.searchsorted(rising, a, side="right")  # b_j that cost a_i nothing
        costly = len(b) - below
        tail = np.append(rising[::-1].cumsum()[::-1], 0.0)
        value = float((tail[below] - costly * a).sum())
        pushed = np.searchsorted(np.sort(a), b, side="left")
        return value, -costly.astype(float), pushed.astype(float)


@dataclass(frozen=True)
class PairwiseExponentialLoss(ListLoss):
    """Mean of exp(-(f_i - f_j)) over pairs: the loss of RankBoost, in O(n) a level.

    The sum over pairs is the product of two sums over items, here of logarithms.

    Freund et al. 2003, JMLR 4, 933-969.

    Examples
    --------
    >>> loss = lb.PairwiseExponentialLoss()
    >>> loss.value([[2, 0, 1]], [[0.5, 1.0, -1.0]]).round(4)
    array([3.087])
    """

    title = "pairwise exponential loss"
    symbols = {}
    convex = True
    smooth = True
    kinks = ()
    lipschitz = np.inf
    formula = r"\ell(y, f) = \operatorname{mean}_{y_i > y_j} e^{-(f_i - f_j)}"
    reference = "freund2003efficient"
    likelihood = ""
    elsewhere = ()

    def _query(self, y: Array, f: Array) -> tuple[float, Array]:
        up, down = np.full((2, len(f)), -np.inf)  # logarithms of the forces
        total, n_pairs = -np.inf, 0
        for better, worse in _levels(y):
            log_a, log_b = (
                np.logaddexp.reduce(-f[better]),
                np.logaddexp.reduce(f[worse]),
            )
            total = np.logaddexp(total, log_a + log_b)
            up[better] = log_b - f[better]
            down[worse] = np.logaddexp(down[worse], log_a + f[worse])
            n_pairs += len(better) * len(worse)
        if n_pairs == 0:
            return 0.0, np.zeros_like(f)
        log_n = np.log(n_pairs)
        # exp(down) - exp(up), of which both may overflow.
        larger, smaller = np.maximum(up, down), np.minimum(up, down)
        share = np.exp(smaller - larger)
        force = np.where(share == 1, 0, np.exp(larger - log_n) * (1 - share))
        return float(np.exp(total - log_n)), np.copysign(force, down - up)


@dataclass(frozen=True)
class PairwiseLogisticLoss(PairwiseLoss):
    """Mean of log(1 + exp(-(f_i - f_j))) over pairs: the loss of RankNet.

    The logarithm couples the two items of a pair, so every pair is looked at; a few
    megabytes at a time.

    Burges et al. 2005, doi:10.1145/1102351.1102363.

    Examples
    --------
    >>> loss = lb.PairwiseLogisticLoss()
    >>> loss.value([[2, 0, 1]], [[0.5, 1.0, -1.0]]).round(4)
    array([1.1008])
    """

    title = "pairwise logistic loss"
    symbols = {}
    convex = True
    smooth = True
    kinks = ()
    lipschitz = np.inf
    formula = r"\ell(y, f) = \operatorname{mean}_{y_i > y_j} \log(1 + e^{-(f_i - f_j)})"
    reference = "burges2005learning"
    likelihood = ""
    elsewhere = (
        Elsewhere("XGBoost", "rank:pairwise", "pairs are sampled and weighted"),
    )

    def _sums(self, a: Array, b: Array) -> tuple[float, Array, Array]:
        value, up, down = 0.0, np.empty_like(a), np.zeros_like(b)
        step = max(1, PAIRS_AT_ONCE // len(b))
        for start in range(0, len(a), step):
            rows = slice(start, start + step)
            behind = b - a[rows, None]
            value += float(softplus(behind).sum())
            force = expit(behind)
            up[rows] = -force.sum(axis=1)
            down += force.sum(axis=0)
        return value, up, down


@dataclass(frozen=True)
class ListNetLoss(ListLoss):
    """Cross-entropy between softmax(y) and softmax(f): which item comes first?

    Cao et al. 2007, doi:10.1145/1273496.1273513.

    Examples
    --------
    >>> loss = lb.ListNetLoss()
    >>> loss.value([[2, 0, 1]], [[0.5, 1.0, -1.0]]).round(4)
    array([1.377])
    """

    title = "ListNet loss"
    symbols = {}
    convex = True
    smooth = True
    kinks = ()
    lipschitz = np.inf
    formula = (
        r"\ell(y, f) = -\sum_i \operatorname{softmax}(y)_i"
        r" \log \operatorname{softmax}(f)_i"
    )
    reference = "cao2007learning"
    likelihood = ""
    elsewhere = ()

    def _query(self, y: Array, f: Array) -> tuple[float, Array]:
        target = softmax(y)
        return -float(target @ log_softmax(f)), softmax(f) - target


@dataclass(frozen=True)
class PlackettLuceLoss(ListLoss):
    """-log P(order): items are drawn one by one with odds exp(f), most relevant first.

    Also called ListMLE; without censoring it is Cox's partial likelihood.  Items of
    equal relevance are not ordered among each other: each is compared with all that
    are at most as relevant (Breslow), and the lowest level is never drawn from.

    Luce 1959; Plackett 1975, doi:10.2307/2346567; Xia et al. 2008,
    doi:10.1145/1390156.1390306.

    Examples
    --------
    >>> loss = lb.PlackettLuceLoss()
    >>> loss.value([[2, 0, 1]], [[0.5, 1.0, -1.0]]).round(4)
    array([3.1819])
    """

    title = "Plackett–Luce loss"
    symbols = {}
    convex = True
    smooth = True
    kinks = ()
    lipschitz = np.inf
    formula = r"\ell(y, f) = \sum_i \Bigl(\log \sum_{y_j \le y_i} e^{f_j} - f_i\Bigr)"
    reference = "xia2008listwise"
    likelihood = ""
    elsewhere = ()

    def _query(self, y: Array, f: Array) -> tuple[float, Array]:
        order = np.argsort(-y, kind="stable")
        y, f = y[order], f[order] - f.max()
        level_start = np.searchsorted(-y, -y, side="left")
        level_end = np.searchsorted(-y, -y, side="right")
        drawn = y > y[-1]
        # log of the total odds of everything that is at most as relevant
        left = np.logaddexp.accumulate(f[::-1])[::-1][level_start]
        value = float((left - f)[drawn].sum())
        # exp(f_j) / total odds, summed over the draws in which j was still there
        draws = np.logaddexp.accumulate(np.where(drawn, -left, -np.inf))
        slope = np.empty_like(f)
        slope[order] = np.exp(f + draws[level_end - 1]) - drawn
        return value, slope


@dataclass(frozen=True)
class LambdaRankLoss(ListLoss):
    """Sum over pairs of what exchanging them costs in NDCG, times the logistic loss.

    The weights are those of the ranking by ``raw_prediction`` (ties in the order of
    the items).  They change only where two items change places, so the gradient, which
    holds them fixed, is the derivative everywhere else; there the loss itself jumps.
    Relevance counts as it is given, as in scikit-learn's ``ndcg_score``; many use
    2**y - 1, which one may pass as ``y_true``.

    Burges, Ragno & Le 2006; Burges 2010; Wang et al. 2018,
    doi:10.1145/3269206.3271784.

    Examples
    --------
    >>> loss = lb.LambdaRankLoss()
    >>> loss.value([[2, 0, 1]], [[0.5, 1.0, -1.0]]).round(4)
    array([0.6875])
    """

    title = "LambdaRank loss"
    symbols = {}
    convex = False
    smooth = False
    kinks = ()
    lipschitz = np.inf
    formula = (
        r"\ell(y, f) = \sum_{y_i > y_j} \lvert\Delta\mathrm{NDCG}_{ij}\rvert"
        r" \log(1 + e^{-(f_i - f_j)})"
    )
    reference = "burges2010ranknet"
    likelihood = ""
    elsewhere = (
        Elsewhere("XGBoost", "rank:ndcg", "gains are 2**y - 1; pairs are sampled"),
    )

    def _query(self, y: Array, f: Array) -> tuple[float, Array]:
        ideal = np.sort(y)[::-1] @ discounts(len(y))
        if ideal == 0:
            return 0.0, np.zeros_like(f)
        place = np.empty(len(f))
        place[np.argsort(-f, kind="stable")] = discounts(len(f))
        value, slope = 0.0, np.zeros_like(f)
        step = max(1, PAIRS_AT_ONCE // len(f))
        for start in range(0, len(f), step):
            rows = slice(start, start + step)
            gain = np.maximum(y[rows, None] - y, 0)  # zero unless i is more relevant
            weight = gain * np.abs(place[rows, None] - place) / ideal
            behind = f - f[rows, None]
            value += float((weight * softplus(behind))[weight > 0].sum())
            force = weight * expit(behind)
            slope[rows] -= force.sum(axis=1)
            slope += force.sum(axis=0)
        return value, slope


def discounts(n_items: int) -> Array:
    """What DCG multiplies the relevance at each place with: 1 / log2(1 + place).

    Järvelin & Kekäläinen 2002, doi:10.1145/582415.582418.

    Examples
    --------
    >>> lb.ranking.discounts(3).round(4)
    array([1.    , 0.6309, 0.5   ])
    """
    check_integer(Named("discounts"), "n_items", n_items, NONNEGATIVE)
    return 1 / np.log2(np.arange(2, n_items + 2))
