"""The contract of a loss: a scalar function, its two derivatives, and their checks.

A subclass writes three formulas (value, gradient, curvature) for arrays that are
already checked.  Everything else — input checks, weights, reduction, blocks — is
done here, once.
"""

import abc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike

from lossbook.domains import NONNEGATIVE, REALS, UNIT, ClassLabels, Interval
from lossbook.functionals import Functional
from lossbook.links import IdentityLink, Link
from lossbook.numerics import Array, blocks
from lossbook.validation import (
    as_numeric,
    check_not_empty,
    check_sample,
    check_some_weight,
    check_values,
    check_weight_shape,
    weight_unit,
)

REDUCTIONS = ("mean", "sum", "none")
Reduction = Literal["mean", "sum", "none"]


def extremes() -> np.errstate:
    """A result out of range is infinite, or zero, and that is the right answer.

    An invalid operation (inf - inf) would be a mistake and still warns.
    """
    return np.errstate(over="ignore", under="ignore", divide="ignore")


@dataclass(frozen=True)
class Loss(abc.ABC):
    """A pointwise loss of a target and a raw prediction.

    Attributes
    ----------
    link : Link
        ``y_pred = link.inverse(raw_prediction)``.
    functional : Functional or None
        What the loss elicits on the scale of ``y_pred``; None if it elicits nothing.
    y_domain : Interval or ClassLabels
        Where targets may lie.
    convex : bool
        Whether the loss is convex in ``raw_prediction`` for every target.
    smooth : bool
        Whether its gradient is continuous in ``raw_prediction``.
    kinks : tuple of float
        Where value, gradient or curvature jumps, in the loss's own argument (the
        residual or the margin).  There the gradient is the subgradient of smallest
        size.
    lipschitz : float
        The largest size of the gradient for any target; infinite if there is none.
    formula : str
        LaTeX of the loss, in the notation of the book.
    reference : str
        Key of the origin in the bibliography.
    likelihood : str
        The density whose negative log-likelihood it is, up to scale and constants.
    elsewhere : dict
        Its names in scikit-learn, PyTorch, Keras and XGBoost.
    """

    link: ClassVar[Link] = IdentityLink()
    y_domain: ClassVar[Any] = REALS
    convex: ClassVar[Any] = True
    smooth: ClassVar[Any] = True
    kinks: ClassVar[Any] = ()
    lipschitz: ClassVar[Any] = np.inf
    formula: ClassVar[str]
    reference: ClassVar[str] = ""
    likelihood: ClassVar[str] = ""
    elsewhere: ClassVar[dict[str, str]] = {}

    @property
    @abc.abstractmethod
    def functional(self) -> Functional | None:
        """What the loss elicits."""

    # ---- the three formulas of a subclass -------------------------------------

    @abc.abstractmethod
    def _value(self, y: Array, f: Array) -> Array:
        """Loss of checked targets and raw predictions."""

    @abc.abstractmethod
    def _gradient(self, y: Array, f: Array) -> Array:
        """Its derivative in f."""

    @abc.abstractmethod
    def _hessian(self, y: Array, f: Array) -> Array:
        """Its second derivative in f (the diagonal for several classes)."""

    @abc.abstractmethod
    def _best_constant(self, y: Array, w: Array) -> float | Array:
        """Raw prediction that minimises the weighted mean of the loss."""

    def _score(self, y: Array, z: Array) -> Array:
        """Loss on the prediction scale."""
        return self._value(y, self.link(z))

    # ---- the contract ----------------------------------------------------------

    def value(self, y_true: ArrayLike, raw_prediction: ArrayLike) -> Array:
        """The loss of each sample.

        Parameters
        ----------
        y_true : array of shape (n,)
            Targets in ``y_domain``; for several classes labels 0..K-1 of shape (n,)
            or proportions of shape (n, K).
        raw_prediction : array of shape (n,) or (n, K)
            Finite raw predictions.

        Returns
        -------
        array of shape (n,)
            float32 if both inputs are at most float32 (integers do not count),
            float64 otherwise.

        Raises
        ------
        ValueError, TypeError
            If shapes do not match or a value is not allowed.
        """
        return self._map(self._value, y_true, raw_prediction)

    def gradient(self, y_true: ArrayLike, raw_prediction: ArrayLike) -> Array:
        """d value / d raw_prediction, in the shape of ``raw_prediction``.

        At a kink, the subgradient of smallest size (for a target between two labels
        the mixture of theirs).  Parameters and errors as in :meth:`value`.
        """
        return self._map(self._gradient, y_true, raw_prediction, like_prediction=True)

    def hessian(self, y_true: ArrayLike, raw_prediction: ArrayLike) -> Array:
        """Second derivative in ``raw_prediction``, in its shape.

        For several classes the diagonal.  Parameters and errors as in :meth:`value`.
        """
        return self._map(self._hessian, y_true, raw_prediction, like_prediction=True)

    def score(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        """The loss of each sample on the scale of the prediction.

        Parameters
        ----------
        y_true : array of shape (n,)
            As in :meth:`value`.
        y_pred : array of shape (n,) or (n, K)
            Predictions in ``link.domain``: probabilities, rates, means.  Rows of
            several class probabilities must sum to one.

        Returns
        -------
        array of shape (n,)
            Infinite where the loss is, for instance log loss of a probability 0.
        """
        return self._map(self._score, y_true, y_pred, prediction_name="y_pred")

    def __call__(
        self,
        y_true: ArrayLike,
        raw_prediction: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        reduction: Reduction = "mean",
    ) -> float | Array:
        """The weighted mean or sum of the loss, or its weighted values.

        Parameters
        ----------
        y_true, raw_prediction
            As in :meth:`value`.
        sample_weight : array of shape (n,), optional
            Weights w >= 0, not all zero.  A weight of zero is the same as leaving
            the sample out.
        reduction : {"mean", "sum", "none"}
            sum(w * loss) / sum(w), sum(w * loss), or the array w * loss.

        Returns
        -------
        float or array of shape (n,)
        """
        if reduction not in REDUCTIONS:
            raise ValueError(
                f"{self!r}: reduction must be one of {REDUCTIONS}; got {reduction!r}"
            )
        y, f, dtype = self._pair(y_true, raw_prediction, "raw_prediction")
        weight = (
            None
            if sample_weight is None
            else check_weight_shape(self, sample_weight, len(y))
        )
        unit = 1.0
        if weight is not None and reduction == "mean":
            unit = weight_unit(weight)
        each = np.empty(len(y), dtype) if reduction == "none" else None
        total, total_weight = 0.0, 0.0
        with extremes():
            for rows, y_block, f_block in self._checked_blocks(
                y, f, dtype, "raw_prediction"
            ):
                losses = self._value(y_block, f_block)
                if weight is None:
                    total_weight += len(losses)
                else:
                    w = weight[rows].astype(np.float64, copy=False)
                    check_values(self, "sample_weight", w, NONNEGATIVE)
                    w = w / unit
                    total_weight += float(w.sum())
                    losses = weighted(w, losses)
                if each is None:
                    total += float(losses.sum(dtype=np.float64))
                else:
                    each[rows] = losses
        check_some_weight(self, total_weight)
        if each is not None:
            return each
        return total / total_weight if reduction == "mean" else total

    def fit_intercept_only(
        self, y_true: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float | Array:
        """Raw prediction of the best constant, the minimiser of the weighted mean.

        Where a whole interval is best, its midpoint.  Infinite where the minimum is
        only approached (log loss of a sample with one label).

        Parameters
        ----------
        y_true : array of shape (n,)
            As in :meth:`value`.
        sample_weight : array of shape (n,), optional

        Returns
        -------
        float, or array of shape (K,) for several classes
        """
        targets = self._targets(y_true)
        check_not_empty(self, "y_true", targets)
        self._check_targets(targets)
        y, w = check_sample(self, targets, sample_weight, "y_true")
        with extremes():
            best = self._best_constant(y, w)
        return best if np.ndim(best) else float(best)

    # ---- shared machinery -------------------------------------------------------

    def _targets(self, y_true: ArrayLike) -> np.ndarray:
        """Targets as an array of the right number of dimensions."""
        y = as_numeric(self, "y_true", y_true)
        if y.ndim != 1:
            raise ValueError(
                f"{self!r}: y_true must have shape (n,); got shape {y.shape}"
            )
        return y

    def _check_targets(self, y: Array) -> None:
        check_values(self, "y_true", y, self.y_domain)

    def _check_predictions(self, name: str, prediction: Array) -> None:
        domain = self.link.domain if name == "y_pred" else REALS
        check_values(self, name, prediction, domain)

    def _check_shapes(self, y: np.ndarray, f: np.ndarray, name: str) -> None:
        if y.shape != f.shape:
            raise ValueError(
                f"{self!r}: {name} must have the shape {y.shape} of y_true; "
                f"got shape {f.shape}"
            )

    def _pair(
        self, y_true: ArrayLike, prediction: ArrayLike, name: str
    ) -> tuple[np.ndarray, np.ndarray, np.dtype[Any]]:
        """Both inputs as arrays of matching shape, and the dtype to compute in."""
        y = self._targets(y_true)
        f = as_numeric(self, name, prediction)
        check_not_empty(self, "y_true", y)
        self._check_shapes(y, f, name)
        floating = [a.dtype for a in (y, f) if a.dtype.kind == "f"]
        dtype = np.result_type(*floating) if floating else np.dtype(np.float64)
        return y, f, dtype

    def _checked_blocks(
        self, y: np.ndarray, f: np.ndarray, dtype: np.dtype[Any], name: str
    ) -> Iterator[tuple[slice, Array, Array]]:
        """Cache-sized pieces of both inputs, checked and converted piece by piece."""
        for rows in blocks(len(y), f.shape[1] if f.ndim == 2 else 1):
            y_block = y[rows].astype(dtype, copy=False)
            f_block = f[rows].astype(dtype, copy=False)
            self._check_targets(y_block)
            self._check_predictions(name, f_block)
            yield rows, y_block, f_block

    def _map(
        self,
        formula: Callable[[Array, Array], Array],
        y_true: ArrayLike,
        prediction: ArrayLike,
        prediction_name: str = "raw_prediction",
        like_prediction: bool = False,
    ) -> Array:
        """A pointwise formula, evaluated block by block."""
        y, f, dtype = self._pair(y_true, prediction, prediction_name)
        out = np.empty(f.shape if like_prediction else len(y), dtype)
        with extremes():
            for rows, y_block, f_block in self._checked_blocks(
                y, f, dtype, prediction_name
            ):
                out[rows] = formula(y_block, f_block)
        return out


def weighted(w: Array, losses: Array) -> Array:
    """w * losses, where a weight of zero removes even an infinite loss."""
    if w.min() > 0:
        return w * losses
    return np.where(w == 0, 0, w * np.where(w == 0, 0, losses))


@dataclass(frozen=True)
class BinaryLoss(Loss):
    """A loss of a binary target through phi(m), m = (2 y - 1) f.

    ``phi(f)`` is the loss when the label is 1 and ``phi(-f)`` when it is 0.  A target
    between 0 and 1 is a proportion of ones and stands for that mixture of labels:
    its loss is the expected loss y * phi(f) + (1 - y) * phi(-f).
    """

    y_domain: ClassVar[Interval] = UNIT

    @abc.abstractmethod
    def phi(self, m: Array) -> Array:
        """The loss as a function of the margin."""

    @abc.abstractmethod
    def phi_prime(self, m: Array) -> Array:
        """Derivative of :meth:`phi`."""

    @abc.abstractmethod
    def phi_second(self, m: Array) -> Array:
        """Second derivative of :meth:`phi`."""

    def _value(self, y: Array, f: Array) -> Array:
        return _expected(self.phi, y, f, odd=False)

    def _gradient(self, y: Array, f: Array) -> Array:
        return _expected(self.phi_prime, y, f, odd=True)

    def _hessian(self, y: Array, f: Array) -> Array:
        return _expected(self.phi_second, y, f, odd=False)

    def _best_constant(self, y: Array, w: Array) -> float:
        return self.minimizer(float(np.average(y, weights=w)))

    @abc.abstractmethod
    def minimizer(self, eta: float) -> float:
        """Raw prediction with the least expected loss when P(Y = 1) = ``eta``."""


def _expected(
    formula: Callable[[Array], Array], y: Array, f: Array, *, odd: bool
) -> Array:
    """y * formula(f) + (1 - y) * formula(-f), or minus the second term if odd."""
    sign = y + y
    sign -= 1
    if np.abs(sign).min() == 1:
        # Every label is 0 or 1: one evaluation at the margin is enough.
        at_margin = formula(sign * f)
        return sign * at_margin if odd else at_margin
    # 0 * inf counts as 0: a label of probability zero has no say.
    if_one = np.where(y > 0, y * np.where(y > 0, formula(f), 0), 0)
    if_zero = np.where(y < 1, (1 - y) * np.where(y < 1, formula(-f), 0), 0)
    return if_one - if_zero if odd else if_one + if_zero


@dataclass(frozen=True)
class MulticlassLoss(Loss):
    """A loss of one of K labels and a row of K raw predictions.

    Targets are labels 0..K-1 of shape (n,), or proportions of shape (n, K) whose rows
    sum to one and stand for that mixture of labels.  In the formulas ``y`` is always
    the array of proportions.
    """

    y_domain: ClassVar[ClassLabels] = ClassLabels()

    def _targets(self, y_true: ArrayLike) -> np.ndarray:
        y = as_numeric(self, "y_true", y_true)
        if y.ndim not in (1, 2):
            raise ValueError(
                f"{self!r}: y_true must be {self.y_domain}; got shape {y.shape}"
            )
        return y

    def _check_shapes(self, y: np.ndarray, f: np.ndarray, name: str) -> None:
        expected = y.shape if y.ndim == 2 else (len(y), "K")
        if f.ndim != 2 or f.shape[1] < 2 or f.shape[: y.ndim] != y.shape:
            shape = f"({expected[0]}, {expected[1]})"
            raise ValueError(
                f"{self!r}: {name} must have shape {shape} with K >= 2 "
                f"to match y_true; got shape {f.shape}"
            )

    def _check_targets(self, y: Array) -> None:
        """Labels are checked where they become proportions."""
        if y.ndim == 2:
            check_rows_sum_to_one(self, "y_true", y)

    def _check_predictions(self, name: str, prediction: Array) -> None:
        super()._check_predictions(name, prediction)
        if name == "y_pred":
            check_rows_sum_to_one(self, name, prediction)

    def _checked_blocks(
        self, y: np.ndarray, f: np.ndarray, dtype: np.dtype[Any], name: str
    ) -> Iterator[tuple[slice, Array, Array]]:
        """Blocks laid out class by class: NumPy sums over long columns, not rows."""
        n_classes = f.shape[1]
        for rows, y_block, f_block in super()._checked_blocks(y, f, dtype, name):
            if y.ndim == 1:
                y_block = one_hot(self, y_block, n_classes).astype(dtype, copy=False)
            yield rows, np.asfortranarray(y_block), np.asfortranarray(f_block)

    def _proportions(self, y: Array, w: Array) -> Array:
        """The weighted share of each class."""
        if y.ndim == 1:
            y = one_hot(self, y, None)
        return np.average(y, axis=0, weights=w)

    def _best_constant(self, y: Array, w: Array) -> Array:
        return self.link(self._proportions(y, w))


def one_hot(owner: Loss, labels: Array, n_classes: int | None) -> Array:
    """Labels 0..K-1 as rows of zeros with a single one; K = max + 1 if not given."""
    proper = (labels >= 0) & (labels == np.floor(labels))
    allowed = "integer labels 0, 1, 2, …"
    if n_classes is not None:
        proper &= labels < n_classes
        allowed = (
            f"integer labels 0..{n_classes - 1} "
            f"(raw_prediction has K = {n_classes} columns)"
        )
    if not proper.all():
        bad = labels[~proper][0]
        raise ValueError(f"{owner!r}: y_true must hold {allowed}; got {bad:g}")
    columns = max(2, int(labels.max()) + 1) if n_classes is None else n_classes
    proportions = np.zeros((len(labels), columns), order="F")
    proportions[np.arange(len(labels)), labels.astype(np.intp)] = 1
    return proportions


def check_rows_sum_to_one(owner: Loss, name: str, rows: Array) -> None:
    """Raise unless every row is a vector of probabilities."""
    check_values(owner, name, rows, UNIT)
    sums = rows.sum(axis=1)
    worst = sums[np.argmax(np.abs(sums - 1))]
    # Proportions often come as rounded float32.
    if abs(worst - 1) > 1e-5:
        raise ValueError(
            f"{owner!r}: rows of {name} must sum to 1; got a sum of {worst:g}"
        )
