"""The contract of a loss: facts, two scales, and the checks that every loss shares.

A loss is called on the *prediction* scale, with what a model's ``predict``,
``predict_proba`` or ``decision_function`` returned.  Its derivatives live on the *raw*
scale, with what a model puts out before the link and an optimiser moves.

A subclass states the facts and writes its formulas for arrays that are already
checked.  Input checks, weights, reduction and blocks are done here, once, for a loss
of single samples as for a loss of whole objects.
"""

import abc
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import getattr_static
from typing import Any, ClassVar, Literal, NamedTuple, get_args, get_origin

import numpy as np
from numpy.typing import ArrayLike

from lossbook.functionals import Functional, weighted_mean
from lossbook.links import Link
from lossbook.numerics import Array, blocks
from lossbook.validation import (
    NONNEGATIVE,
    REALS,
    UNIT,
    Checked,
    ClassLabels,
    Interval,
    as_numeric,
    check_not_empty,
    check_option,
    check_shape,
    check_some_weight,
    check_values,
    check_weight_shape,
    check_weights,
    sum_slack,
    weight_unit,
)

Reduction = Literal["mean", "sum", "none"]
Response = Literal["predict", "predict_proba", "decision_function"]
Formula = Callable[[Array, Array], Any]


class Elsewhere(NamedTuple):
    """What another library calls a loss, and how its number differs from ours.

    ``differs`` names a factor, a reduction, the scale of a parameter, a clipping; it is
    empty where the number is the same.
    """

    library: str
    name: str
    differs: str


def extremes() -> np.errstate:
    """A result out of range is infinite, or zero, and that is the right answer.

    An invalid operation (inf - inf) would be a mistake and still warns.
    """
    return np.errstate(over="ignore", under="ignore", divide="ignore")


@dataclass(frozen=True)
class Loss(Checked, abc.ABC):
    """A loss of targets and predictions.

    Every class states every fact below, itself or through the abstract family it
    belongs to (``class MarginLoss(Loss, abstract=True)``); one that leaves a fact out
    cannot be made.

    Attributes
    ----------
    family : str
        The kind of argument: "residual", "amount", "distribution", "probability",
        "classes", "scores" (of classes), "margin", "list", "mask", "box", "ensemble".
    title : str
        Its name in a sentence, such as "Huber loss".
    symbols : dict
        The letter of each parameter in the formula.
    link : Link
        ``y_pred = link.inverse(raw_prediction)``.
    response : {"predict", "predict_proba", "decision_function"}
        Which output of a model ``y_pred`` is.
    functional : Functional or None
        What the best prediction tells of the distribution of the target; None if it
        tells nothing.
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
        The density whose negative log-likelihood it is, up to scale and constants;
        empty if it is none.
    elsewhere : tuple of Elsewhere
        Its names in other libraries, and how they differ.
    """

    family: ClassVar[Any]
    title: ClassVar[Any]
    symbols: ClassVar[Any]
    link: ClassVar[Any]
    response: ClassVar[Any]
    functional: ClassVar[Any]
    y_domain: ClassVar[Any]
    convex: ClassVar[Any]
    smooth: ClassVar[Any]
    kinks: ClassVar[Any]
    lipschitz: ClassVar[Any]
    formula: ClassVar[Any]
    reference: ClassVar[Any]
    likelihood: ClassVar[Any]
    elsewhere: ClassVar[Any]

    _abstract: ClassVar[bool] = True
    _facts: ClassVar[dict[str, Any]]

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._abstract = abstract
        if abstract:
            return
        # A fact of another concrete loss is not inherited: it may be false here.
        said = [c for c in cls.__mro__ if c is cls or getattr(c, "_abstract", False)]
        stated = {f for c in said for f in vars(c)}
        missing = [f for f in cls._facts if f not in stated]
        if missing:
            raise TypeError(
                f"{cls.__name__}: a loss must state every fact; not stated: "
                f"{', '.join(missing)}"
            )
        for name, kind in cls._facts.items():
            fact = getattr_static(cls, name)
            # A property depends on parameters that the class does not know.
            if not isinstance(fact, property) and not _is_fact(name, fact, kind):
                raise TypeError(
                    f"{cls.__name__}: the fact {name} must be of type {kind}; "
                    f"got {fact!r}"
                )

    # ---- the formulas of a subclass -------------------------------------------

    @abc.abstractmethod
    def _value(self, y: Array, f: Array) -> Array:
        """Loss of each sample, from checked targets and raw predictions."""

    @abc.abstractmethod
    def _gradient(self, y: Array, f: Array) -> Array:
        """Its derivative in f, in the shape of f."""

    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        """Both; to be overridden where they share work."""
        return self._value(y, f), self._gradient(y, f)

    def _at_prediction(self, y: Array, z: Array) -> Array:
        """Loss of each sample on the prediction scale."""
        return self._value(y, self.link._raw(z))

    # ---- the contract ----------------------------------------------------------

    def __call__(
        self,
        y_true: ArrayLike,
        y_pred: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        reduction: Reduction = "mean",
    ) -> float | Array:
        """The weighted mean or sum of the loss of predictions, or its weighted values.

        Parameters
        ----------
        y_true : array of shape (n,)
            Targets in ``y_domain``; for several classes labels 0..K-1 of shape (n,)
            or proportions of shape (n, K).  A loss of whole objects takes a stack of n.
        y_pred : array of shape (n,) or (n, K)
            Predictions in ``link.domain``, what the model's ``response`` returned:
            numbers, probabilities of label 1 (rows that sum to one for several
            classes), or scores.
        sample_weight : array of shape (n,), optional
            Weights w >= 0 of the samples, not all zero.  A weight of zero is the same
            as leaving the sample out.
        reduction : {"mean", "sum", "none"}
            sum(w * loss) / sum(w), sum(w * loss), or the array w * loss.

        Returns
        -------
        float or array of shape (n,)
            Infinite where the loss is, for instance log loss of a probability 0.

        Raises
        ------
        ValueError, TypeError
            If shapes do not match or a value is not allowed.
        """
        return self._reduced(y_true, y_pred, "y_pred", sample_weight, reduction)

    def from_raw(
        self,
        y_true: ArrayLike,
        raw_prediction: ArrayLike,
        *,
        sample_weight: ArrayLike | None = None,
        reduction: Reduction = "mean",
    ) -> float | Array:
        """The same of raw predictions: what training minimises, before any penalty.

        Parameters, result and errors as in calling the loss; ``raw_prediction`` holds
        any finite numbers.
        """
        return self._reduced(
            y_true, raw_prediction, "raw_prediction", sample_weight, reduction
        )

    def value(self, y_true: ArrayLike, raw_prediction: ArrayLike) -> Array:
        """The loss of each sample.

        Parameters
        ----------
        y_true : array of shape (n,)
            As in calling the loss.
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
        return np.asarray(self.from_raw(y_true, raw_prediction, reduction="none"))

    def gradient(self, y_true: ArrayLike, raw_prediction: ArrayLike) -> Array:
        """d value / d raw_prediction, in the shape of ``raw_prediction``.

        At a kink, the subgradient of smallest size (for a target between two labels
        the mixture of theirs).  Parameters and errors as in :meth:`value`.
        """
        return self._like_raw(self._gradient, y_true, raw_prediction)

    def value_and_gradient(
        self, y_true: ArrayLike, raw_prediction: ArrayLike
    ) -> tuple[Array, Array]:
        """:meth:`value` and :meth:`gradient` in one pass over the samples."""
        y, f, dtype = self._pair(y_true, raw_prediction, "raw_prediction")
        values, gradient = np.empty(len(y), dtype), np.empty(f.shape, dtype)
        with extremes():
            for rows, y_part, f_part in self._parts(y, f, dtype, "raw_prediction"):
                values[rows], gradient[rows] = self._value_and_gradient(y_part, f_part)
        return values, gradient

    # ---- shared machinery -------------------------------------------------------

    def _reduced(
        self,
        y_true: ArrayLike,
        prediction: ArrayLike,
        name: str,
        sample_weight: ArrayLike | None,
        reduction: Reduction,
    ) -> float | Array:
        check_option(self, "reduction", reduction, ("mean", "sum", "none"))
        formula = self._at_prediction if name == "y_pred" else self._value
        y, f, dtype = self._pair(y_true, prediction, name)
        weight, unit = None, 1.0
        if sample_weight is not None:
            weight = check_weight_shape(self, sample_weight, len(y))
            if reduction == "mean":
                unit = weight_unit(weight)
        each = np.empty(len(y), dtype) if reduction == "none" else None
        total, total_weight = 0.0, 0.0
        with extremes():
            for rows, y_part, f_part in self._parts(y, f, dtype, name):
                losses = formula(y_part, f_part)
                if weight is None:
                    total_weight += len(losses)
                else:
                    w = weight[rows].astype(np.float64, copy=False)
                    check_values(self, "sample_weight", w, NONNEGATIVE)
                    w = w / unit
                    total_weight += float(w.sum())
                    losses = _weighted(w, losses)
                if each is None:
                    with np.errstate(invalid="ignore"):  # inf - inf, refused below
                        total += float(losses.sum(dtype=np.float64))
                else:
                    each[rows] = losses
        check_some_weight(self, total_weight)
        if each is not None:
            return each
        if math.isnan(total):
            raise ValueError(
                f"{self!r}: the losses of {name} have no {reduction}: some are inf, "
                'others -inf; reduction="none" shows them'
            )
        return total / total_weight if reduction == "mean" else total

    def _like_raw(
        self, formula: Formula, y_true: ArrayLike, raw_prediction: ArrayLike
    ) -> Array:
        """A formula that gives one number for each raw prediction, part by part."""
        y, f, dtype = self._pair(y_true, raw_prediction, "raw_prediction")
        out = np.empty(f.shape, dtype)
        with extremes():
            for rows, y_part, f_part in self._parts(y, f, dtype, "raw_prediction"):
                out[rows] = formula(y_part, f_part)
        return out

    def _pair(
        self, y_true: ArrayLike, prediction: ArrayLike, name: str
    ) -> tuple[Any, Any, np.dtype[Any]]:
        """Both inputs as arrays of matching shape, and the dtype to compute in."""
        y = self._targets(y_true)
        f = as_numeric(self, name, prediction)
        check_not_empty(self, "y_true", y)
        self._check_shapes(y, f, name)
        if name == "y_pred" and self.response == "decision_function":
            self._refuse_labels(f)
        floating = [a.dtype for a in (y, f) if a.dtype.kind == "f"]
        dtype = np.result_type(np.float32, *floating) if floating else np.float64
        return y, f, np.dtype(dtype)

    def _refuse_labels(self, scores: np.ndarray) -> None:
        """Labels where scores are meant would pass for very cautious scores."""
        if scores.dtype.kind in "biu" and scores.min() >= 0 and scores.max() <= 1:
            raise ValueError(
                f"{self!r}: y_pred must hold scores, what decision_function returns; "
                f"got the labels 0 and 1 (dtype {scores.dtype})"
            )

    def _parts(
        self, y: Any, f: Any, dtype: np.dtype[Any], name: str
    ) -> Iterator[tuple[slice, Any, Any]]:
        """Cache-sized parts of both inputs, checked and converted one by one."""
        for rows in blocks(len(y), f.size // len(y)):
            y_part, f_part = y[rows], f[rows].astype(dtype, copy=False)
            self._check_targets(y_part)
            self._check_predictions(name, f_part)
            yield rows, y_part.astype(dtype, copy=False), f_part

    @abc.abstractmethod
    def _targets(self, y_true: ArrayLike) -> np.ndarray:
        """Targets as an array of the right number of dimensions."""

    def _check_shapes(self, y: np.ndarray, f: np.ndarray, name: str) -> None:
        if f.shape != y.shape:  # no words are made where none are needed
            check_shape(self, name, f, False, f"{y.shape} like y_true")

    def _check_targets(self, y: Array) -> None:
        check_values(self, "y_true", y, self.y_domain)

    def _check_predictions(self, name: str, prediction: Array) -> None:
        domain = self.link.domain if name == "y_pred" else REALS
        check_values(self, name, prediction, domain)


# The facts, and of what type each is.
FACTS: dict[str, Any] = {
    "family": str,
    "title": str,
    "symbols": dict,
    "link": Link,
    "response": str,
    "functional": Functional | None,
    "y_domain": Interval | ClassLabels,
    "convex": bool,
    "smooth": bool,
    "kinks": tuple[float, ...],
    "lipschitz": float,
    "formula": str,
    "reference": str,
    "likelihood": str,
    "elsewhere": tuple[Elsewhere, ...],
}
Loss._facts = FACTS


def _is_fact(name: str, fact: object, kind: Any) -> bool:
    if name == "response":
        return fact in get_args(Response)
    if get_origin(kind) is tuple:
        item, _ = get_args(kind)
        return isinstance(fact, tuple) and all(isinstance(x, item) for x in fact)
    return isinstance(fact, kind)


def _weighted(w: Array, losses: Array) -> Array:
    """w * losses, where a weight of zero removes even an infinite loss."""
    if w.min() > 0:
        return w * losses
    return np.where(w == 0, 0, w * np.where(w == 0, 0, losses))


@dataclass(frozen=True)
class OnePassLoss(Loss, abstract=True):
    """A loss whose value and gradient come out of one computation."""

    @abc.abstractmethod
    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        """Loss of each sample, and its derivative in f."""

    def _value(self, y: Array, f: Array) -> Array:
        return self._value_and_gradient(y, f)[0]

    def _gradient(self, y: Array, f: Array) -> Array:
        return self._value_and_gradient(y, f)[1]


# ---- losses of single samples ------------------------------------------------------


@dataclass(frozen=True)
class PointwiseLoss(Loss, abstract=True):
    """A loss of one target and one prediction, with a curvature and a best constant."""

    @abc.abstractmethod
    def _hessian(self, y: Array, f: Array) -> Array:
        """The second derivative in f (the diagonal for several classes)."""

    def _best_constant(self, y: np.ndarray, w: np.ndarray | None) -> float | Array:
        """The prediction that minimises the weighted mean of the loss.

        Targets and weights are checked, and as they came: of any dtype; no weights
        are ones.  To be overridden where it is not the functional of the targets.
        """
        return self.functional._of_sample(y, w)

    def hessian(self, y_true: ArrayLike, raw_prediction: ArrayLike) -> Array:
        """Second derivative in ``raw_prediction``, in its shape.

        For several classes the diagonal.  Parameters and errors as in :meth:`value`.
        """
        return self._like_raw(self._hessian, y_true, raw_prediction)

    def best_constant(
        self, y_true: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float | Array:
        """The prediction that minimises the weighted mean of the loss of one sample.

        It is on the prediction scale.  Where a whole interval is best, its midpoint.
        An end of ``link.domain`` stands for a minimum that is only approached: 0 for
        log loss of a sample without ones, an infinite score where the loss falls for
        ever.

        Memory is O(block) beyond the inputs, O(K) for K classes.  Only where the sample
        is put in order (quantiles, expectiles, valleys of a loss that is not convex)
        copies of it in float64 are made: one for a quantile or expectile without
        weights, otherwise at most five, or twelve where a loss doubles the sample
        (:class:`EpsilonInsensitiveLoss`).

        Parameters
        ----------
        y_true : array of shape (n,)
            As in :meth:`value`.
        sample_weight : array of shape (n,), optional

        Returns
        -------
        float, or array of shape (K,) for several classes
        """
        y = self._targets(y_true)
        check_not_empty(self, "y_true", y)
        for rows in blocks(len(y), y[0].size):
            self._check_targets(y[rows])
        w = check_weights(self, sample_weight, len(y))
        with extremes():
            best = self._best_constant(y, w)
        return best if np.ndim(best) else float(best)

    def _targets(self, y_true: ArrayLike) -> np.ndarray:
        y = as_numeric(self, "y_true", y_true)
        check_shape(self, "y_true", y, y.ndim == 1, "(n,)")
        return y


@dataclass(frozen=True)
class BinaryLoss(PointwiseLoss, abstract=True):
    """A loss of a binary target through phi(m), m = (2 y - 1) f.

    ``phi(f)`` is the loss when the label is 1 and ``phi(-f)`` when it is 0.  A target
    between 0 and 1 is a proportion of ones and stands for that mixture of labels:
    its loss is the expected loss y * phi(f) + (1 - y) * phi(-f).

    Attributes
    ----------
    probability_link : Link or None
        The link through which the best raw prediction tells P(Y = 1); None where it
        tells less.
    """

    y_domain: ClassVar[Interval] = UNIT

    @property
    @abc.abstractmethod
    def probability_link(self) -> Link | None:
        """The link through which the best raw prediction tells P(Y = 1)."""

    @abc.abstractmethod
    def phi(self, m: Array) -> Array:
        """The loss as a function of the margin."""

    @abc.abstractmethod
    def phi_prime(self, m: Array) -> Array:
        """Derivative of :meth:`phi`."""

    @abc.abstractmethod
    def phi_second(self, m: Array) -> Array:
        """Second derivative of :meth:`phi`."""

    @abc.abstractmethod
    def _minimizer(self, eta: float) -> float:
        """The prediction with the least expected loss when P(Y = 1) = ``eta``."""

    def _value(self, y: Array, f: Array) -> Array:
        return _expected(self.phi, y, f, odd=False)

    def _gradient(self, y: Array, f: Array) -> Array:
        return _expected(self.phi_prime, y, f, odd=True)

    def _hessian(self, y: Array, f: Array) -> Array:
        return _expected(self.phi_second, y, f, odd=False)

    def _best_constant(self, y: np.ndarray, w: np.ndarray | None) -> float:
        return self._minimizer(float(weighted_mean(y, w)))


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
class MulticlassLoss(PointwiseLoss, abstract=True):
    """A loss of one of K labels and a row of K raw predictions.

    Targets are labels 0..K-1 of shape (n,), or proportions of shape (n, K) whose rows
    sum to one and stand for that mixture of labels.  In the formulas ``y`` is always
    the array of proportions.
    """

    family: ClassVar[Any] = "classes"
    y_domain: ClassVar[ClassLabels] = ClassLabels()

    def _targets(self, y_true: ArrayLike) -> np.ndarray:
        y = as_numeric(self, "y_true", y_true)
        wanted = "(n,) for labels 0..K-1 or (n, K) for proportions"
        check_shape(self, "y_true", y, y.ndim in (1, 2), wanted)
        return y

    def _check_shapes(self, y: np.ndarray, f: np.ndarray, name: str) -> None:
        fits = f.ndim == 2 and f.shape[1] >= 2 and f.shape[: y.ndim] == y.shape
        columns = y.shape[1] if y.ndim == 2 else "K"
        wanted = f"({len(y)}, {columns}) with K >= 2 to match y_true"
        check_shape(self, name, f, fits, wanted)

    def _check_targets(self, y: Array) -> None:
        """Labels are checked where they become proportions."""
        if y.ndim == 2:
            _check_rows_sum_to_one(self, "y_true", y)

    def _parts(
        self, y: np.ndarray, f: np.ndarray, dtype: np.dtype[Any], name: str
    ) -> Iterator[tuple[slice, Array, Array]]:
        """Parts laid out class by class: NumPy sums over long columns, not rows."""
        n_classes = f.shape[1]
        probabilities = name == "y_pred" and self.response == "predict_proba"
        for rows, y_part, f_part in super()._parts(y, f, dtype, name):
            f_part = np.asfortranarray(f_part)
            if probabilities:
                _check_rows_sum_to_one(self, name, f_part, f.dtype)
            if y.ndim == 1:
                y_part = one_hot(self, y_part, n_classes).astype(dtype, copy=False)
            yield rows, np.asfortranarray(y_part), f_part

    def _proportions(
        self, y: np.ndarray, w: np.ndarray | None, n_classes: int | None = None
    ) -> Array:
        """The weighted share of each class; by default up to the largest label."""
        if y.ndim == 2:
            return weighted_mean(y, w)
        unit = 1.0 if w is None else weight_unit(w)
        shares: Array = np.zeros(n_classes or 2)
        for rows in blocks(len(y)):
            labels = _whole_labels(self, y[rows], n_classes)
            weight = np.ones(len(labels)) if w is None else w[rows] / unit
            counts: Array = np.bincount(labels, weight, len(shares)).astype(np.float64)
            counts[: len(shares)] += shares
            shares = counts
        return shares / shares.sum()

    def _best_constant(self, y: np.ndarray, w: np.ndarray | None) -> Array:
        return self._proportions(y, w)


# Nobody has more classes; a larger label is something else, an identifier or a date.
MOST_CLASSES = 10_000_000


def _whole_labels(
    owner: Loss, labels: Array, n_classes: int | None
) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Labels as integers, all of them among 0..K-1; K is not known if not given."""
    limit = MOST_CLASSES if n_classes is None else n_classes
    proper = (labels >= 0) & (labels == np.floor(labels)) & (labels < limit)
    if not proper.all():
        bad = labels[~proper][0]
        allowed = f"integer labels 0, 1, 2, … below {MOST_CLASSES:,}"
        if n_classes is not None:
            allowed = f"integer labels 0..{n_classes - 1} for K = {n_classes} classes"
        raise ValueError(f"{owner!r}: y_true must hold {allowed}; got {bad:g}")
    return labels.astype(np.intp)


def one_hot(owner: Loss, labels: Array, n_classes: int) -> Array:
    """Labels 0..K-1 as rows of zeros with a single one."""
    columns = _whole_labels(owner, labels, n_classes)
    return (columns == np.arange(n_classes)[:, None]).astype(float).T


def _check_rows_sum_to_one(
    owner: Loss, name: str, rows: Array, dtype: np.dtype[Any] | None = None
) -> None:
    """Raise unless every row is a vector of probabilities, to the precision it has.

    ``dtype`` is that of the numbers as they came, before they were converted.
    """
    check_values(owner, name, rows, UNIT)
    sums = rows.sum(axis=1, dtype=np.float64)
    worst = sums[np.argmax(np.abs(sums - 1))]
    # As scikit-learn allows; float64 often holds rounded float32.
    if abs(worst - 1) > max(1e-5, sum_slack(dtype or rows.dtype)):
        raise ValueError(
            f"{owner!r}: rows of {name} must sum to 1; got a sum of {worst:g}"
        )


# ---- losses of whole objects ---------------------------------------------------------


@dataclass(frozen=True)
class ObjectLoss(Loss, abstract=True):
    """A loss of whole objects: a ranked list, a mask, a box.

    Such a loss cannot be computed number by number: one loss belongs to one object,
    and a weight counts objects.  Objects of equal shape are stacked along the first
    axis.  It has no curvature and no best constant.

    Attributes
    ----------
    sample : str
        What one sample is: "a list", "a mask", "a box", ...
    object_shape : str
        The shape of a stack of objects, as error messages name it.
    masks : bool
        Whether a target may be a masked array, whose masked entries do not count.
    """

    sample: ClassVar[Any]
    object_shape: ClassVar[Any]
    masks: ClassVar[Any]

    _facts: ClassVar[dict[str, Any]] = {
        **FACTS,
        "sample": str,
        "object_shape": str,
        "masks": bool,
    }

    def _parts(
        self, y: Any, f: Any, dtype: np.dtype[Any], name: str
    ) -> Iterator[tuple[slice, Any, Any]]:
        """As ever; in the formulas a masked entry of the target is NaN."""
        for rows, y_part, f_part in super()._parts(y, f, dtype, name):
            yield rows, np.ma.filled(y_part, np.nan), f_part

    def _check_targets(self, y: Array) -> None:
        if isinstance(y, np.ma.MaskedArray):
            y = y.compressed()
        if y.size:
            self._check_present(y)

    def _check_present(self, y: Array) -> None:
        """Raise unless these are entries of a target."""
        check_values(self, "y_true", y, self.y_domain)

    def _targets(self, y_true: ArrayLike) -> np.ndarray:
        if self.masks and isinstance(y_true, np.ma.MaskedArray):
            numbers = self._targets(y_true.data)
            return np.ma.array(numbers, mask=y_true.mask)
        y = as_numeric(self, "y_true", y_true)
        check_shape(self, "y_true", y, self._fits(y), self.object_shape)
        return y

    def _fits(self, y: np.ndarray) -> bool:
        """Whether targets have the ``object_shape``."""
        return y.ndim >= 2
