r"""Losses from a convex potential A(f): value A(f) - y f + A*(y).

The gradient of the potential is the prediction, so the gradient of the loss is
prediction - target, whatever the potential (Blondel, Martins & Niculae 2020,
JMLR 21(35)).  Cross-entropies leave out A*(y): they are expected log losses.
"""

import abc
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lossbook.base import Loss, MulticlassLoss
from lossbook.domains import NONNEGATIVE, UNIT, Interval
from lossbook.functionals import Functional, Mean
from lossbook.links import Link, LogitLink, LogLink, SoftmaxLink, SparsemaxLink
from lossbook.numerics import Array, inner, softplus, xlogy


@dataclass(frozen=True)
class PotentialLoss(Loss):
    """scale * (potential(f) - y f + a term without f), on the canonical link."""

    functional: ClassVar[Functional] = Mean()
    scale: ClassVar[float] = 1.0

    @abc.abstractmethod
    def potential(self, f: Array) -> Array:
        """The convex function whose derivative is the prediction."""

    def _gradient(self, y: Array, f: Array) -> Array:
        return self.scale * (self.link._inverse(f) - y)

    def _hessian(self, y: Array, f: Array) -> Array:
        return self.scale * self.link._slope(f)

    def _best_constant(self, y: Array, w: Array) -> float:
        return float(self.link(np.asarray(np.average(y, weights=w))))


@dataclass(frozen=True)
class BinaryCrossEntropy(PotentialLoss):
    """-y log p - (1 - y) log(1 - p) with p = expit(f): log loss from logits.

    Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x.

    Examples
    --------
    >>> loss = lb.BinaryCrossEntropy()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.3133, 0.4741])
    """

    link: ClassVar[Link] = LogitLink()
    y_domain: ClassVar[Interval] = UNIT
    lipschitz: ClassVar[float] = 1.0
    formula: ClassVar[str] = r"\ell(y, f) = \log(1 + e^{f}) - y f"
    reference: ClassVar[str] = "good1952rational"
    likelihood: ClassVar[str] = "Bernoulli"
    elsewhere: ClassVar[dict[str, str]] = {
        "scikit-learn": "log_loss",
        "PyTorch": "BCEWithLogitsLoss",
        "Keras": "BinaryCrossentropy(from_logits=True)",
        "XGBoost": "binary:logistic",
    }

    def potential(self, f: Array) -> Array:
        return softplus(f)

    def _value(self, y: Array, f: Array) -> Array:
        # max(f, 0) - y f is exact for labels 0 and 1; softplus(f) - y f is not.
        return (np.maximum(f, 0) - y * f) + np.log1p(np.exp(-np.abs(f)))

    def _gradient(self, y: Array, f: Array) -> Array:
        # (1 - y) p - y (1 - p): the difference p - y would lose a small 1 - p.
        up, down = np.exp(np.minimum(f, 0)), np.exp(-np.maximum(f, 0))
        return ((1 - y) * up - y * down) / (1 + up * down)

    def _score(self, y: Array, z: Array) -> Array:
        absent = np.where(y == 1, 0, z)
        return -(xlogy(y, z) + (1 - y) * np.log1p(-absent))


@dataclass(frozen=True)
class PoissonDeviance(PotentialLoss):
    """2 (y log(y/z) - y + z) with z = exp(f), for counts and rates.

    McCullagh & Nelder 1989, chapter 2.

    Examples
    --------
    >>> loss = lb.PoissonDeviance()
    >>> loss.value([1.0, 2.0], [0.5, 0.0]).round(4)
    array([0.2974, 0.7726])
    """

    link: ClassVar[Link] = LogLink()
    y_domain: ClassVar[Interval] = NONNEGATIVE
    scale: ClassVar[float] = 2.0
    formula: ClassVar[str] = r"\ell(y, f) = 2\,(y \log y - y f - y + e^{f})"
    reference: ClassVar[str] = "mccullagh1989generalized"
    likelihood: ClassVar[str] = "Poisson"
    elsewhere: ClassVar[dict[str, str]] = {
        "scikit-learn": "mean_poisson_deviance",
        "PyTorch": "PoissonNLLLoss",
        "Keras": "Poisson",
        "XGBoost": "count:poisson",
    }

    def potential(self, f: Array) -> Array:
        return np.exp(f)

    def _value(self, y: Array, f: Array) -> Array:
        growth, limits = np.exp(f), np.finfo(f.dtype)
        # The pull is never more than the growth; both may overflow.
        pull = y * (f - np.log(np.maximum(y, limits.tiny)))
        excess = growth - y - np.minimum(pull, limits.max)
        return 2 * np.maximum(excess, 0)  # rounding may leave it below zero


@dataclass(frozen=True)
class CategoricalCrossEntropy(MulticlassLoss):
    """-log p_y with p = softmax(f): log loss for K classes.

    Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x.

    Examples
    --------
    >>> loss = lb.CategoricalCrossEntropy()
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([0.5514, 0.6803])
    """

    functional: ClassVar[Functional] = Mean()
    link: ClassVar[Link] = SoftmaxLink()
    lipschitz: ClassVar[float] = math.sqrt(2)
    formula: ClassVar[str] = r"\ell(y, f) = \log \sum_k e^{f_k} - \sum_k y_k f_k"
    reference: ClassVar[str] = "good1952rational"
    likelihood: ClassVar[str] = "categorical"
    elsewhere: ClassVar[dict[str, str]] = {
        "scikit-learn": "log_loss",
        "PyTorch": "CrossEntropyLoss",
        "Keras": "CategoricalCrossentropy(from_logits=True)",
        "XGBoost": "multi:softprob",
    }

    def _value(self, y: Array, f: Array) -> Array:
        # Subtracting the largest entry first keeps confident rows exact.
        f = f - f.max(axis=1, keepdims=True)
        return np.log(np.exp(f).sum(axis=1)) - inner(y, f)

    def _gradient(self, y: Array, f: Array) -> Array:
        return self.link._inverse(f) - y

    def _hessian(self, y: Array, f: Array) -> Array:
        return self.link._slope(f)

    def _score(self, y: Array, z: Array) -> Array:
        return -xlogy(y, z).sum(axis=1)


@dataclass(frozen=True)
class SparsemaxLoss(MulticlassLoss):
    """The loss whose prediction is the projection of f onto the simplex.

    Zero, with zero gradient, once the true class leads by a margin of 1.
    Martins & Astudillo 2016, arXiv:1602.02068.

    Examples
    --------
    >>> loss = lb.SparsemaxLoss()
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([0.    , 0.0625])
    """

    functional: ClassVar[Functional] = Mean()
    link: ClassVar[Link] = SparsemaxLink()
    lipschitz: ClassVar[float] = math.sqrt(2)
    formula: ClassVar[str] = (
        r"\ell(y, f) = \tfrac12 + \max_{p \in \Delta}"
        r"\bigl(p^\top f - \tfrac12 \lVert p \rVert^2\bigr) - y^\top f"
    )
    reference: ClassVar[str] = "martins2016softmax"

    def _value(self, y: Array, f: Array) -> Array:
        # p'f - y'f is computed from the differences to the largest entry, which stay
        # small where p does not vanish.
        f = f - f.max(axis=1, keepdims=True)
        p = self.link._inverse(f)
        return (1 - np.square(p).sum(axis=1)) / 2 + inner(p, f) - inner(y, f)

    def _gradient(self, y: Array, f: Array) -> Array:
        return self.link._inverse(f) - y

    def _hessian(self, y: Array, f: Array) -> Array:
        return self.link._slope(f)
