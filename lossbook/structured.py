"""The contract of a loss of whole objects: ranked lists, masks, boxes.

Such a loss cannot be computed item by item: one number belongs to one object.
Objects of equal shape are stacked along the first axis, as in scikit-learn's ranking
metrics.  A subclass writes value and gradient for arrays that are already checked.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from lossbook.base import REDUCTIONS, Reduction, extremes, weighted
from lossbook.links import IdentityLink, Link
from lossbook.numerics import Array
from lossbook.validation import (
    NONNEGATIVE,
    REALS,
    Interval,
    as_numeric,
    check_not_empty,
    check_some_weight,
    check_values,
    check_weight_shape,
)


@dataclass(frozen=True)
class StructuredLoss(abc.ABC):
    """A loss of n objects that are stacked along the first axis.

    Attributes
    ----------
    link : Link
        ``y_pred = link.inverse(raw_prediction)``, number by number.
    y_domain : Interval
        Where the numbers of a target may lie.
    object_shape : str
        The shape of a stack of objects, as error messages name it.
    convex : bool
        Whether the loss of an object is convex in its raw prediction.
    smooth : bool
        Whether its gradient is continuous.
    formula : str
        LaTeX of the loss of one object, in the notation of the book.
    reference : str
        Key of the origin in the bibliography.
    elsewhere : dict
        Its names in other libraries.
    """

    link: ClassVar[Link] = IdentityLink()
    y_domain: ClassVar[Interval] = REALS
    object_shape: ClassVar[str]
    convex: ClassVar[Any]
    smooth: ClassVar[Any]
    formula: ClassVar[str]
    reference: ClassVar[str] = ""
    elsewhere: ClassVar[dict[str, str]] = {}

    # ---- what a subclass writes -------------------------------------------------

    @abc.abstractmethod
    def _value(self, y: Array, f: Array) -> Array:
        """Loss of each object, shape (n,)."""

    @abc.abstractmethod
    def _gradient(self, y: Array, f: Array) -> Array:
        """Its derivative in f, in the shape of f."""

    def _score(self, y: Array, z: Array) -> Array:
        """Loss of each object on the prediction scale."""
        return self._value(y, self.link(z))

    def _check_objects(self, name: str, objects: Array) -> None:  # noqa: B027
        """Raise if these are no objects of this loss; by default all are."""

    # ---- the contract -----------------------------------------------------------

    def value(self, y_true: ArrayLike, raw_prediction: ArrayLike) -> Array:
        """The loss of each object.

        Parameters
        ----------
        y_true : array of shape ``object_shape``
            Targets in ``y_domain``.
        raw_prediction : array of the same shape
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
        return self._evaluate(self._value, y_true, raw_prediction)

    def gradient(self, y_true: ArrayLike, raw_prediction: ArrayLike) -> Array:
        """d value / d raw_prediction, in the shape of ``raw_prediction``.

        Parameters and errors as in :meth:`value`.
        """
        return self._evaluate(self._gradient, y_true, raw_prediction)

    def score(self, y_true: ArrayLike, y_pred: ArrayLike) -> Array:
        """The loss of each object on the scale of the prediction, shape (n,).

        Parameters and errors as in :meth:`value`; ``y_pred`` lies in ``link.domain``.
        """
        return self._evaluate(self._score, y_true, y_pred, "y_pred")

    def __call__(
        self,
        y_true: ArrayLike,
        raw_prediction: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        reduction: Reduction = "mean",
    ) -> float | Array:
        """The weighted mean or sum over objects, or their weighted losses.

        Parameters
        ----------
        y_true, raw_prediction
            As in :meth:`value`.
        sample_weight : array of shape (n,), optional
            Weights w >= 0 of the objects, not all zero.
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
        losses = self.value(y_true, raw_prediction)
        total_weight = float(len(losses))
        if sample_weight is not None:
            w = check_weight_shape(self, sample_weight, len(losses)).astype(np.float64)
            check_values(self, "sample_weight", w, NONNEGATIVE)
            total_weight = float(w.sum())
            check_some_weight(self, total_weight)
            losses = weighted(w, losses).astype(losses.dtype, copy=False)
        if reduction == "none":
            return losses
        total = float(losses.sum(dtype=np.float64))
        return total / total_weight if reduction == "mean" else total

    # ---- shared machinery ---------------------------------------------------------

    def _evaluate(
        self,
        formula: Callable[[Array, Array], Array],
        y_true: ArrayLike,
        prediction: ArrayLike,
        prediction_name: str = "raw_prediction",
    ) -> Array:
        y = as_numeric(self, "y_true", y_true)
        f = as_numeric(self, prediction_name, prediction)
        if y.ndim < 2:
            raise ValueError(
                f"{self!r}: y_true must have shape {self.object_shape}; "
                f"got shape {y.shape}"
            )
        check_not_empty(self, "y_true", y)
        if y.shape != f.shape:
            raise ValueError(
                f"{self!r}: {prediction_name} must have the shape {y.shape} of "
                f"y_true; got shape {f.shape}"
            )
        floating = [a.dtype for a in (y, f) if a.dtype.kind == "f"]
        dtype = np.result_type(*floating) if floating else np.dtype(np.float64)
        y, f = y.astype(dtype, copy=False), f.astype(dtype, copy=False)
        predictions = self.link.domain if prediction_name == "y_pred" else REALS
        check_values(self, "y_true", y, self.y_domain)
        check_values(self, prediction_name, f, predictions)
        self._check_objects("y_true", y)
        self._check_objects(prediction_name, f)
        with extremes():
            return formula(y, f).astype(dtype, copy=False)
