r"""Hinge losses of several classes: scores f_1 … f_K, of which the largest wins.

With two classes all three are hinges of the difference.  With more, only the last
finds the most probable class whatever the probabilities are (Liu 2007; Tewari &
Bartlett 2007).
"""

import abc
import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from lossbook.base import Elsewhere, MulticlassLoss, OnePassLoss
from lossbook.functionals import Mode
from lossbook.links import IdentityLink
from lossbook.numerics import Array


@dataclass(frozen=True)
class MulticlassHinge(OnePassLoss, MulticlassLoss, abstract=True):
    """A piecewise linear loss of the scores, given label by label."""

    family = "scores"
    link = IdentityLink()
    response = "decision_function"
    symbols = {}
    convex = True
    smooth = False
    likelihood = ""

    @abc.abstractmethod
    def _of_label(self, k: int, f: Array) -> tuple[Array, Array]:
        """Value and gradient of the loss if the label is ``k``."""

    @abc.abstractmethod
    def _best_scores(self, eta: Array) -> Array:
        """Scores of the least expected loss for class probabilities ``eta``."""

    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        value, gradient = np.zeros(len(f), f.dtype), np.zeros_like(f)
        for k in np.flatnonzero(y.any(axis=0)).tolist():
            rows = np.flatnonzero(y[:, k])
            of_label, slope = self._of_label(k, f[rows])
            value[rows] += y[rows, k] * of_label
            gradient[rows] += y[rows, k, None] * slope
        return value, gradient

    def _hessian(self, y: Array, f: Array) -> Array:
        return np.zeros_like(f)

    def _best_constant(self, y: np.ndarray, w: np.ndarray | None) -> Array:
        return self._best_scores(self._proportions(y, w))


@dataclass(frozen=True)
class CrammerSingerLoss(MulticlassHinge):
    """max(0, 1 + the best score of another class - the score of the label).

    Where no class has half of the probability, equal scores are best: it then tells
    nothing.  Crammer & Singer 2001, JMLR 2, 265-292.

    Examples
    --------
    >>> loss = lb.CrammerSingerLoss()
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([0. , 0.5])
    """

    title = "Crammer–Singer loss"
    functional = None
    kinks = (1.0,)
    lipschitz = math.sqrt(2)
    formula = r"\ell(y, f) = \max_{k \ne y} (1 + f_k - f_y)_+"
    reference = "crammer2001algorithmic"
    elsewhere = (
        Elsewhere(
            "scikit-learn",
            'LinearSVC(multi_class="crammer_singer")',
            "the sum, weighted by C",
        ),
    )

    def _of_label(self, k: int, f: Array) -> tuple[Array, Array]:
        others = f.copy()
        others[:, k] = -np.inf
        best = others.max(axis=1)
        value = np.maximum(1 + best - f[:, k], 0)
        # Of several best classes each takes an equal part of the slope.
        slope = (others == best[:, None]).astype(f.dtype)
        slope /= slope.sum(axis=1, keepdims=True)
        slope[:, k] = -1
        return value, slope * (value > 0)[:, None]

    def _best_scores(self, eta: Array) -> Array:
        top = eta == eta.max()
        if eta.max() < 0.5 or top.sum() > 1:
            return np.zeros_like(eta)
        return top.astype(float)


@dataclass(frozen=True)
class WestonWatkinsLoss(MulticlassHinge):
    """The sum over other classes of max(0, 1 + their score - the score of the label).

    Weston & Watkins 1999.  Its best scores sort the classes into an ordered
    partition, in which likely classes may share a place (Wang & Scott 2020,
    arXiv:2006.07346).

    Examples
    --------
    >>> loss = lb.WestonWatkinsLoss()
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([0. , 0.5])
    """

    title = "Weston–Watkins loss"
    functional = None
    kinks = (1.0,)
    lipschitz = np.inf  # it grows with the number of classes
    formula = r"\ell(y, f) = \sum_{k \ne y} (1 + f_k - f_y)_+"
    reference = "weston1999support"
    elsewhere = (
        Elsewhere("PyTorch", "MultiMarginLoss", "divided by the number of classes"),
    )

    def _of_label(self, k: int, f: Array) -> tuple[Array, Array]:
        gaps = 1 + f - f[:, k, None]
        gaps[:, k] = 0
        slope = (gaps > 0).astype(f.dtype)
        slope[:, k] = -slope.sum(axis=1)
        return np.maximum(gaps, 0).sum(axis=1), slope

    def _best_scores(self, eta: Array) -> Array:
        # Sorted by probability, neighbours differ by 0 or 1.  A cut behind the first
        # i classes costs i times the probability of the rest; classes that share a
        # place cost their probability for each that stands behind them in it.
        # Sharing from class a up to class b - 1 costs
        # (b - 1) (P_b - P_a) - (Q_b - Q_a): in b - 1 a line for each a, and the lower
        # hull of the lines is kept.  Classes of probability zero come last, at no cost.
        order = np.argsort(-eta, kind="stable")
        p = eta[order][: np.count_nonzero(eta)]
        n, i = len(p), np.arange(len(p))
        P = np.append(0, np.cumsum(p)).tolist()
        Q = np.append(0, np.cumsum(i * p)).tolist()
        lines, best = deque([(0.0, 0.0, 0)]), []  # height, fall and a of each line
        for b in range(1, n + 1):
            while len(lines) > 1 and (
                lines[1][0] - lines[1][1] * (b - 1)
                <= lines[0][0] - lines[0][1] * (b - 1) + 1e-12
            ):
                lines.popleft()
            height, fall, a = lines[0]
            best.append(a)
            cut = b * (P[n] - P[b])
            least = height - fall * (b - 1) + (b - 1) * P[b] - Q[b] + cut
            new = (least + Q[b], P[b], b)
            while len(lines) > 1 and _is_above(lines[-2], lines[-1], new):
                lines.pop()
            lines.append(new)
        scores, place, b = np.zeros(len(eta)), 1 if n < len(eta) else 0, n
        while b > 0:
            scores[order[best[b - 1] : b]] = place
            place, b = place + 1, best[b - 1]
        return scores


def _is_above(
    first: tuple[float, float, int],
    middle: tuple[float, float, int],
    last: tuple[float, float, int],
) -> bool:
    """Whether the middle of three lines, each steeper, is nowhere the lowest."""
    until = (last[0] - first[0]) * (middle[1] - first[1])
    return until <= (middle[0] - first[0]) * (last[1] - first[1])


@dataclass(frozen=True)
class LeeLinWahbaLoss(MulticlassHinge):
    """The sum over other classes of max(0, 1 + their score), scores of zero mean.

    Only differences of scores count: their mean is taken off first.  The best score
    is K - 1 for the most probable class and -1 for all others.

    Lee, Lin & Wahba 2004, doi:10.1198/016214504000000098.

    Examples
    --------
    >>> loss = lb.LeeLinWahbaLoss()
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([1.3333, 1.5   ])
    """

    title = "Lee–Lin–Wahba loss"
    functional = Mode()
    kinks = (3.0,)
    lipschitz = np.inf  # it grows with the number of classes
    formula = r"\ell(y, f) = \sum_{k \ne y} (1 + f_k - \bar f)_+"
    reference = "lee2004multicategory"
    elsewhere = ()

    def _of_label(self, k: int, f: Array) -> tuple[Array, Array]:
        gaps = 1 + f - f.mean(axis=1, keepdims=True)
        gaps[:, k] = 0
        slope = (gaps > 0).astype(f.dtype)
        slope -= slope.mean(axis=1, keepdims=True)
        return np.maximum(gaps, 0).sum(axis=1), slope

    def _best_scores(self, eta: Array) -> Array:
        top = eta == eta.max()
        return np.where(top, len(eta) / top.sum() - 1, -1.0)
