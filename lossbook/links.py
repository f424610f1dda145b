"""Links: from the prediction scale to the raw scale and back.

A model produces ``raw_prediction``, any real number.  The inverse link turns it
into ``y_pred``, a prediction on the scale of the target: a mean, a rate, a
probability.  ``link(y_pred)`` goes the other way.
"""

import abc
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lossbook.domains import POSITIVE, REALS, UNIT, Interval
from lossbook.numerics import Array, expit, expit_slope, project_simplex, softmax


class Link(abc.ABC):
    """A map between predictions and raw predictions.

    Attributes
    ----------
    domain : Interval
        Where ``y_pred`` lives.
    raw_domain : Interval
        Where the link is one to one on the raw scale; outside of it
        :meth:`inverse` is constant.
    formula : str
        LaTeX of the inverse link.
    """

    domain: ClassVar[Interval] = REALS
    raw_domain: ClassVar[Interval] = REALS
    formula: ClassVar[str]

    @abc.abstractmethod
    def __call__(self, y_pred: Array) -> Array:
        """Raw predictions that stand for ``y_pred``."""

    @abc.abstractmethod
    def inverse(self, raw_prediction: Array) -> Array:
        """Predictions on the scale of the target."""

    @abc.abstractmethod
    def inverse_derivative(self, raw_prediction: Array) -> Array:
        """Derivative of :meth:`inverse` (the diagonal for several classes)."""


@dataclass(frozen=True)
class IdentityLink(Link):
    """z = f.

    Examples
    --------
    >>> lb.links.IdentityLink().inverse(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-1.,  0.,  1.])
    """

    formula: ClassVar[str] = "z = f"

    def __call__(self, y_pred: Array) -> Array:
        return np.asarray(y_pred, dtype=float)

    def inverse(self, raw_prediction: Array) -> Array:
        return np.asarray(raw_prediction, dtype=float)

    def inverse_derivative(self, raw_prediction: Array) -> Array:
        return np.ones_like(raw_prediction, dtype=float)


@dataclass(frozen=True)
class LogLink(Link):
    """z = exp(f), for positive targets.

    Examples
    --------
    >>> lb.links.LogLink().inverse(np.array([-1.0, 0.0, 1.0])).round(4)
    array([0.3679, 1.    , 2.7183])
    """

    domain: ClassVar[Interval] = POSITIVE
    formula: ClassVar[str] = "z = e^{f}"

    def __call__(self, y_pred: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.log(y_pred)

    def inverse(self, raw_prediction: Array) -> Array:
        with np.errstate(over="ignore", under="ignore"):
            return np.exp(raw_prediction)

    def inverse_derivative(self, raw_prediction: Array) -> Array:
        return self.inverse(raw_prediction)


@dataclass(frozen=True)
class LogitLink(Link):
    """p = 1 / (1 + exp(-f)): raw predictions are log-odds.

    Examples
    --------
    >>> lb.links.LogitLink().inverse(np.array([-1.0, 0.0, 1.0])).round(4)
    array([0.2689, 0.5   , 0.7311])
    """

    domain: ClassVar[Interval] = UNIT
    formula: ClassVar[str] = r"p = \sigma(f)"

    def __call__(self, y_pred: Array) -> Array:
        p = np.asarray(y_pred)
        with np.errstate(divide="ignore"):
            return np.log(p) - np.log1p(-p)

    def inverse(self, raw_prediction: Array) -> Array:
        return expit(np.asarray(raw_prediction))

    def inverse_derivative(self, raw_prediction: Array) -> Array:
        return expit_slope(np.asarray(raw_prediction))


@dataclass(frozen=True)
class HalfLogitLink(Link):
    """p = 1 / (1 + exp(-2 f)): raw predictions are half the log-odds.

    Examples
    --------
    >>> lb.links.HalfLogitLink().inverse(np.array([-1.0, 0.0, 1.0])).round(4)
    array([0.1192, 0.5   , 0.8808])
    """

    domain: ClassVar[Interval] = UNIT
    formula: ClassVar[str] = r"p = \sigma(2f)"

    def __call__(self, y_pred: Array) -> Array:
        return LogitLink()(y_pred) / 2

    def inverse(self, raw_prediction: Array) -> Array:
        return expit(2 * np.asarray(raw_prediction))

    def inverse_derivative(self, raw_prediction: Array) -> Array:
        return 2 * expit_slope(2 * np.asarray(raw_prediction))


@dataclass(frozen=True)
class SignedLink(Link):
    """p = (1 + f) / 2, cut off at 0 and 1: raw predictions live on [-1, 1].

    Examples
    --------
    >>> lb.links.SignedLink().inverse(np.array([-1.0, 0.0, 1.0])).round(4)
    array([0. , 0.5, 1. ])
    """

    domain: ClassVar[Interval] = UNIT
    raw_domain: ClassVar[Interval] = Interval(-1.0, 1.0)
    formula: ClassVar[str] = r"p = \min(1, \max(0, (1 + f)/2))"

    def __call__(self, y_pred: Array) -> Array:
        return 2 * np.asarray(y_pred) - 1

    def inverse(self, raw_prediction: Array) -> Array:
        return np.clip((1 + np.asarray(raw_prediction)) / 2, 0, 1)

    def inverse_derivative(self, raw_prediction: Array) -> Array:
        return np.where(np.abs(raw_prediction) <= 1, 0.5, 0.0)


@dataclass(frozen=True)
class SoftmaxLink(Link):
    """p_k = exp(f_k) / sum_j exp(f_j); the link returns the representative log p.

    Examples
    --------
    >>> lb.links.SoftmaxLink().inverse(np.array([[0.0, 0.5, 2.0]])).round(4)
    array([[0.0996, 0.1643, 0.7361]])
    """

    domain: ClassVar[Interval] = UNIT
    formula: ClassVar[str] = r"p = \operatorname{softmax}(f)"

    def __call__(self, y_pred: Array) -> Array:
        with np.errstate(divide="ignore"):
            return np.log(y_pred)

    def inverse(self, raw_prediction: Array) -> Array:
        return softmax(np.asarray(raw_prediction))

    def inverse_derivative(self, raw_prediction: Array) -> Array:
        p = softmax(np.asarray(raw_prediction))
        return p * (1 - p)


@dataclass(frozen=True)
class SparsemaxLink(Link):
    """p = projection of f onto the simplex; the link returns the representative p.

    Examples
    --------
    >>> lb.links.SparsemaxLink().inverse(np.array([[0.0, 0.5, 2.0]])).round(4)
    array([[0., 0., 1.]])
    """

    domain: ClassVar[Interval] = UNIT
    formula: ClassVar[str] = r"p = \operatorname{sparsemax}(f)"

    def __call__(self, y_pred: Array) -> Array:
        return np.asarray(y_pred, dtype=float)

    def inverse(self, raw_prediction: Array) -> Array:
        return project_simplex(np.asarray(raw_prediction))

    def inverse_derivative(self, raw_prediction: Array) -> Array:
        support = project_simplex(np.asarray(raw_prediction)) > 0
        size = support.sum(axis=-1, keepdims=True)
        return np.where(support, 1 - 1 / size, 0.0)
