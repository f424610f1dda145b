"""Links: from the prediction scale to the raw scale and back.

A model produces ``raw_prediction``, any real number.  The inverse link turns it
into ``y_pred``, a prediction on the scale of the target: a mean, a rate, a
probability.  ``link(y_pred)`` goes the other way.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from lossbook.numerics import Array, expit, expit_slope, project_simplex, softmax
from lossbook.validation import POSITIVE, REALS, UNIT, Interval, as_numeric, check_shape


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
    def _raw(self, z: Array) -> Array:
        """The link of checked predictions."""

    @abc.abstractmethod
    def _inverse(self, f: Array) -> Array:
        """The inverse of checked raw predictions."""

    @abc.abstractmethod
    def _slope(self, f: Array) -> Array:
        """Its derivative."""

    def __call__(self, y_pred: ArrayLike) -> Array:
        """Raw predictions that stand for ``y_pred``.

        Parameters
        ----------
        y_pred : array
            Predictions in ``domain``.  An end that does not belong to it is the limit
            of predictions that do, and has an infinite raw prediction.

        Raises
        ------
        ValueError, TypeError
            If a value is not allowed.
        """
        return self._applied(self._raw, "y_pred", y_pred, self.domain)

    def inverse(self, raw_prediction: ArrayLike) -> Array:
        """Predictions on the scale of the target.

        Parameters
        ----------
        raw_prediction : array
            Real numbers; infinite ones give the limit.

        Raises
        ------
        ValueError, TypeError
            If a value is not allowed.
        """
        return self._applied(self._inverse, "raw_prediction", raw_prediction)

    def inverse_derivative(self, raw_prediction: ArrayLike) -> Array:
        """Derivative of :meth:`inverse` (the diagonal for several classes)."""
        return self._applied(self._slope, "raw_prediction", raw_prediction)

    def _applied(
        self,
        formula: Callable[[Array], Array],
        name: str,
        values: ArrayLike,
        domain: Interval = REALS,
    ) -> Array:
        """A formula of checked values; the result is never the input itself."""
        array = self._checked(name, values, domain)
        # At the ends of a domain and far out a link has a limit; NumPy warns of it.
        with np.errstate(divide="ignore", over="ignore", under="ignore"):
            result = formula(array)
        return result.copy() if result is array else result

    def _checked(self, name: str, values: ArrayLike, domain: Interval) -> Array:
        """``values`` as floats, all of them in ``domain`` or at an end of it."""
        array = as_numeric(self, name, values)
        if array.dtype not in (np.float32, np.float64):
            array = array.astype(np.float32 if array.dtype == np.float16 else float)
        low, high = domain.low, domain.high
        # NaN fails every comparison.
        if array.size and not (low <= array.min() and array.max() <= high):
            bad = array[~((low <= array) & (array <= high))].flat[0]
            raise ValueError(
                f"{self!r}: {name} must lie in {Interval(low, high)}; got {bad!s}"
            )
        return array


@dataclass(frozen=True)
class IdentityLink(Link):
    """z = f.

    Examples
    --------
    >>> lb.links.IdentityLink().inverse(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-1.,  0.,  1.])
    """

    formula: ClassVar[str] = "z = f"

    def _raw(self, z: Array) -> Array:
        return z

    def _inverse(self, f: Array) -> Array:
        return f

    def _slope(self, f: Array) -> Array:
        return np.ones_like(f)


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

    def _raw(self, z: Array) -> Array:
        return np.log(z)

    def _inverse(self, f: Array) -> Array:
        return np.exp(f)

    def _slope(self, f: Array) -> Array:
        return self._inverse(f)


@dataclass(frozen=True)
class Log1pLink(Link):
    """z = exp(f) - 1, for targets that may be zero.

    Examples
    --------
    >>> lb.links.Log1pLink().inverse(np.array([-1.0, 0.0, 1.0])).round(4)
    array([-0.6321,  0.    ,  1.7183])
    """

    domain: ClassVar[Interval] = Interval(low=-1.0, closed_low=False)
    formula: ClassVar[str] = "z = e^{f} - 1"

    def _raw(self, z: Array) -> Array:
        return np.log1p(z)

    def _inverse(self, f: Array) -> Array:
        return np.expm1(f)

    def _slope(self, f: Array) -> Array:
        return np.exp(f)


@dataclass(frozen=True)
class LogVarianceLink(Link):
    """Rows (mean, variance) from rows (mean, log variance).

    Examples
    --------
    >>> lb.links.LogVarianceLink().inverse(np.array([[3.0, 0.0]]))
    array([[3., 1.]])
    """

    formula: ClassVar[str] = r"(\mu, \sigma^2) = (f_1, e^{f_2})"

    def _checked(self, name: str, values: ArrayLike, domain: Interval) -> Array:
        array = super()._checked(name, values, domain)
        check_shape(self, name, array, array.shape[-1:] == (2,), "(2,) or (n, 2)")
        if name == "y_pred" and array.size and array[..., 1].min() < 0:
            raise ValueError(
                f"{self!r}: the variance in {name} must not be negative; "
                f"got {array[..., 1].min()!s}"
            )
        return array

    def _raw(self, z: Array) -> Array:
        return np.stack([z[..., 0], np.log(z[..., 1])], axis=-1)

    def _inverse(self, f: Array) -> Array:
        return np.stack([f[..., 0], np.exp(f[..., 1])], axis=-1)

    def _slope(self, f: Array) -> Array:
        return np.stack([np.ones_like(f[..., 0]), np.exp(f[..., 1])], axis=-1)


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

    def _raw(self, z: Array) -> Array:
        return np.log(z) - np.log1p(-z)

    def _inverse(self, f: Array) -> Array:
        return expit(f)

    def _slope(self, f: Array) -> Array:
        return expit_slope(f)


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

    def _raw(self, z: Array) -> Array:
        return LogitLink()(z) / 2

    def _inverse(self, f: Array) -> Array:
        return expit(2 * f)

    def _slope(self, f: Array) -> Array:
        return 2 * expit_slope(2 * f)


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

    def _raw(self, z: Array) -> Array:
        return 2 * z - 1

    def _inverse(self, f: Array) -> Array:
        return np.clip((1 + f) / 2, 0, 1)

    def _slope(self, f: Array) -> Array:
        return np.where(np.abs(f) <= 1, 0.5, 0.0)


@dataclass(frozen=True)
class LabelLink(SignedLink):
    """The label 1 for f > 0, the label 0 for f < 0; at f = 0 neither, written 0.5.

    Examples
    --------
    >>> lb.links.LabelLink().inverse(np.array([-1.0, 0.0, 1.0]))
    array([0. , 0.5, 1. ])
    """

    formula: ClassVar[str] = r"z = \mathbb{1}\{f > 0\}"

    def _inverse(self, f: Array) -> Array:
        return np.heaviside(f, np.asarray(0.5, f.dtype))

    def _slope(self, f: Array) -> Array:
        return np.zeros_like(f)


class _SimplexLink(Link):
    """Rows of K numbers, for as many classes."""

    def _checked(self, name: str, values: ArrayLike, domain: Interval) -> Array:
        array = super()._checked(name, values, domain)
        fits = array.ndim > 0 and array.shape[-1] > 0
        check_shape(self, name, array, fits, "(K,) or (n, K), K >= 1")
        largest = array.max(axis=-1)
        if not np.isfinite(largest).all():
            bad = largest[~np.isfinite(largest)].flat[0]
            raise ValueError(
                f"{self!r}: the largest {name} of a row must be finite; got {bad!s}"
            )
        return array


@dataclass(frozen=True)
class SoftmaxLink(_SimplexLink):
    """p_k = exp(f_k) / sum_j exp(f_j); the link returns the representative log p.

    Examples
    --------
    >>> lb.links.SoftmaxLink().inverse(np.array([[0.0, 0.5, 2.0]])).round(4)
    array([[0.0996, 0.1643, 0.7361]])
    """

    domain: ClassVar[Interval] = UNIT
    formula: ClassVar[str] = r"p = \operatorname{softmax}(f)"

    def _raw(self, z: Array) -> Array:
        return np.log(z)

    def _inverse(self, f: Array) -> Array:
        return softmax(f)

    def _slope(self, f: Array) -> Array:
        p = softmax(f)
        return p * (1 - p)


@dataclass(frozen=True)
class SparsemaxLink(_SimplexLink):
    """p = projection of f onto the simplex; the link returns the representative p.

    Examples
    --------
    >>> lb.links.SparsemaxLink().inverse(np.array([[0.0, 0.5, 2.0]])).round(4)
    array([[0., 0., 1.]])
    """

    domain: ClassVar[Interval] = UNIT
    formula: ClassVar[str] = r"p = \operatorname{sparsemax}(f)"

    def _raw(self, z: Array) -> Array:
        return z

    def _inverse(self, f: Array) -> Array:
        return project_simplex(f)

    def _slope(self, f: Array) -> Array:
        support = project_simplex(f) > 0
        size = support.sum(axis=-1, keepdims=True)
        return np.where(support, 1 - 1 / size, 0.0)
