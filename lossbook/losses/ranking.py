r"""Losses of a ranked list: queries in rows, relevance and raw predictions of items.

Only the order of the raw predictions of one query matters to who reads the list, so
these losses compare items with each other.  Queries are stacked as in scikit-learn's
``ndcg_score``: arrays of shape (n_queries, n_items).
"""

import abc
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossbook.base import Elsewhere, ObjectLoss, OnePassLoss
from lossbook.links import IdentityLink
from lossbook.numerics import Array, blocks, expit, log_softmax, softmax, softplus
from lossbook.validation import NONNEGATIVE, POSITIVE, Named, check_integer

# Rows of a table of pairs that is never larger than a few megabytes.
PAIRS_AT_ONCE = 1 << 18


@dataclass(frozen=True)
class ListLoss(OnePassLoss, ObjectLoss, abstract=True):
    """A loss of one query, computed query by query.

    Queries may have lists of unequal length: sequences of arrays, or arrays that are
    padded where ``y_true`` is masked (a masked array).
    """

    family = "list"
    sample = "a list"
    object_shape = "(n_queries, n_items)"
    link = IdentityLink()
    response = "predict"
    functional = None
    y_domain = NONNEGATIVE

    masks = True

    @abc.abstractmethod
    def _query(self, y: Array, f: Array) -> tuple[float, Array]:
        """Loss and gradient of one query, in float64."""

    def gradient(self, y_true: ArrayLike, raw_prediction: ArrayLike) -> Any:
        """d value / d raw_prediction, in the shape of ``raw_prediction``.

        Lists of unequal length give a list of arrays.
        """
        return _as_given(super().gradient(y_true, raw_prediction), raw_prediction)

    def value_and_gradient(
        self, y_true: ArrayLike, raw_prediction: ArrayLike
    ) -> tuple[Array, Any]:
        """:meth:`value` and :meth:`gradient` in one pass."""
        values, slopes = super().value_and_gradient(y_true, raw_prediction)
        return values, _as_given(slopes, raw_prediction)

    def _pair(
        self, y_true: ArrayLike, prediction: ArrayLike, name: str
    ) -> tuple[Any, Any, np.dtype[Any]]:
        if _is_ragged(y_true):
            if not _is_ragged(prediction) or _lengths(y_true) != _lengths(prediction):
                raise ValueError(
                    f"{self!r}: {name} must hold lists of the lengths "
                    f"{_lengths(y_true)} of those in y_true"
                )
            y_true, prediction = _padded(y_true), _padded(prediction).filled(0)
        return super()._pair(y_true, prediction, name)

    def _fits(self, y: np.ndarray) -> bool:
        return y.ndim == 2

    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        y, f = y.astype(np.float64), f.astype(np.float64)
        value, gradient = np.zeros(len(y)), np.zeros_like(f)
        for i, there in enumerate(~np.isnan(y)):
            if there.any():
                value[i], gradient[i, there] = self._query(y[i, there], f[i, there])
        return value, gradient


def _is_ragged(lists: Any) -> bool:
    """Whether these are lists of unequal length."""
    if not isinstance(lists, list | tuple) or not lists:
        return False
    return all(np.ndim(row) == 1 for row in lists) and len(set(_lengths(lists))) > 1


def _lengths(lists: Any) -> list[int]:
    return [len(row) for row in lists]


def _padded(lists: Any) -> Any:
    """Lists of unequal length as a masked array; its dtype is theirs."""
    rows = [np.asarray(row) for row in lists]
    shape = len(rows), max(map(len, rows))
    padded = np.ma.array(np.zeros(shape, np.result_type(*rows)), mask=True)
    for i, row in enumerate(rows):
        padded[i, : len(row)] = row
    return padded


def _as_given(slopes: Array, raw_prediction: ArrayLike) -> Any:
    """Without the padding, where there was some."""
    if not _is_ragged(raw_prediction):
        return slopes
    lengths = _lengths(raw_prediction)
    return [row[:n] for row, n in zip(slopes, lengths, strict=True)]


def _levels(y: Array) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Each level of relevance but the lowest, with all items below it."""
    for level in np.unique(y)[1:]:
        yield np.flatnonzero(y == level), np.flatnonzero(y < level)


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

    margin: float = field(default=1.0, metadata={"domain": POSITIVE})

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
            log_a = np.logaddexp.reduce(-f[better])
            log_b = np.logaddexp.reduce(f[worse])
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
        for rows in blocks(len(a), len(b), PAIRS_AT_ONCE):
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

    The weights are those of the ranking by ``raw_prediction``; where items tie, their
    mean over all orders of these.  They change only where two items change places, so
    the gradient, which holds them fixed, is the derivative everywhere else; there the
    loss itself jumps.
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
        place, tied, apart = _places(f)
        value, slope = 0.0, np.zeros_like(f)
        for rows in blocks(len(f), len(f), PAIRS_AT_ONCE):
            gain = np.maximum(y[rows, None] - y, 0)  # zero unless i is more relevant
            exchange = np.abs(place[rows, None] - place)
            exchange += apart * (tied[rows, None] == tied)
            weight = gain * exchange / ideal
            behind = f - f[rows, None]
            value += float((weight * softplus(behind))[weight > 0].sum())
            force = weight * expit(behind)
            slope[rows] -= force.sum(axis=1)
            slope += force.sum(axis=0)
        return value, slope


def _places(f: Array) -> tuple[Array, NDArray[np.intp], Array]:
    """The mean discount of each item over all orders of items that tie.

    Also the number of its group of ties, and the mean difference of the discounts of
    two places in that group.
    """
    _, tied, sizes = np.unique(-f, return_inverse=True, return_counts=True)
    d = discounts(len(f))
    mean = np.bincount(np.sort(tied), d) / sizes
    # In a sum of differences of m numbers in order the k-th counts m + 1 - 2k times.
    first = np.repeat(np.cumsum(sizes) - sizes, sizes)
    k = np.arange(1, len(f) + 1) - first
    times = np.repeat(sizes, sizes) + 1 - 2 * k
    pairs = np.maximum(sizes * (sizes - 1) / 2, 1)
    apart = np.bincount(np.sort(tied), times * d) / pairs
    return mean[tied], tied, apart[tied]


def discounts(n_items: int) -> Array:
    """What DCG multiplies the relevance at each place with: 1 / log2(1 + place).

    Järvelin & Kekäläinen 2002, doi:10.1145/582415.582418.

    Examples
    --------
    >>> lb.judge.discounts(3).round(4)
    array([1.    , 0.6309, 0.5   ])
    """
    check_integer(Named("discounts"), "n_items", n_items, NONNEGATIVE)
    return 1 / np.log2(np.arange(2, n_items + 2))
