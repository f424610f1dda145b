"""A linear model for any pointwise loss, as a scikit-learn estimator.

Both estimators minimise sum_i s_i loss(y_i, x_i w + b) / sum_i s_i + alpha/2 |w|**2,
for a convex loss as exactly as float64 allows, so that two models differ by their
losses alone.
"""

import warnings
from dataclasses import fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from lossbook.base import BinaryLoss, MulticlassLoss, PointwiseLoss
from lossbook.fit.descent import (
    LinearRisk,
    Minimum,
    check_trainable,
    minimize_newton,
    minimize_piecewise_linear,
    raw_start,
)
from lossbook.functionals import Mean
from lossbook.links import Link
from lossbook.losses.deviance import GammaDeviance
from lossbook.losses.margin import (
    HingeLoss,
    LogisticLoss,
    ModifiedHuberLoss,
)
from lossbook.losses.multiclass import SparsemaxLoss
from lossbook.losses.residual import AbsoluteError, ResidualLoss, SquaredError
from lossbook.numerics import Array
from lossbook.validation import (
    NONNEGATIVE,
    POSITIVE,
    UNIT,
    Interval,
    Named,
    check_integer,
    check_number,
    rows_with_weight,
)


class _LossModel(BaseEstimator):
    """What both estimators share: parameters, the fit, and raw predictions."""

    def __init__(
        self,
        loss: PointwiseLoss = SquaredError(),  # noqa: B008 (it is frozen)
        *,
        alpha: float = 0.0,
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float = 1e-8,
    ) -> None:
        self.loss = loss
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.max_iter = max_iter
        self.tol = tol

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name; with ``deep`` the loss's own too, as loss__delta."""
        params: dict[str, Any] = super().get_params(deep)
        if deep and isinstance(self.loss, PointwiseLoss):
            for field in fields(self.loss):
                params[f"loss__{field.name}"] = getattr(self.loss, field.name)
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters; ``loss__delta=2.0`` puts another loss in place of this one.

        Losses are frozen: the one that was given to the model is not touched.
        """
        own = {k: v for k, v in params.items() if not k.startswith("loss__")}
        super().set_params(**own)
        nested = {k.removeprefix("loss__"): params[k] for k in params.keys() - own}
        if nested:
            self._check_loss()
            names = [field.name for field in fields(self.loss)]
            for name in nested.keys() - set(names):
                raise ValueError(
                    f"{type(self).__name__}: {self.loss!r} has the parameters "
                    f"{names}; got loss__{name}"
                )
            self.loss = replace(self.loss, **nested)
        return self

    def _check_loss(self) -> None:
        check_trainable(Named(type(self).__name__), self.loss, "lb.HuberLoss()")

    def _check_parameters(self) -> None:
        self._check_loss()
        owner = Named(type(self).__name__)
        check_number(owner, "alpha", self.alpha, NONNEGATIVE)
        if not isinstance(self.fit_intercept, bool | np.bool_):
            raise TypeError(
                f"{owner!r}: fit_intercept must be True or False; "
                f"got {self.fit_intercept!r}"
            )
        check_number(owner, "tol", self.tol, POSITIVE)
        check_integer(owner, "max_iter", self.max_iter, Interval(low=1))

    def _fit(self, X: Array, y: Array, weights: Array) -> tuple[Array, Array]:
        """Coefficients (p,) and intercept (); (p, K) and (K,) for several classes."""
        centre, centred = np.zeros(X.shape[1]), X
        charge = self.alpha * weights.sum()
        light = _bounded(self.loss, weights, X.shape[1] + 1, charge)
        if self.fit_intercept:
            centre = np.average(X, axis=0, weights=light)
            # What rounding leaves of a constant column is no feature.
            centred = np.where(np.ptp(X, axis=0) > 0, X - centre, 0)
        axes, penalty, told_apart = _axes(centred, light, self.alpha)
        design = centred @ axes
        if self.fit_intercept:
            design = np.column_stack([np.ones(len(X)), design])
            penalty = np.append(0, penalty)
        shift = 0.0
        if self.fit_intercept and isinstance(self.loss, ResidualLoss):
            # From among the targets residuals have all their digits.
            shift = float(AbsoluteError().best_constant(y, weights))
        risk = LinearRisk(self.loss, design, y - shift, weights, penalty=penalty)
        best = _minimise(risk, self.fit_intercept, self.tol, self.max_iter)
        self.n_iter_ = best.n_iter
        self._warn(best, told_apart)
        coef = axes @ best.x[int(self.fit_intercept) :]
        height = best.x[0] if self.fit_intercept else np.zeros(coef.shape[1:])
        return coef, shift + height - centre @ coef

    def _warn(self, best: Minimum, told_apart: bool) -> None:
        if not told_apart:
            message = (
                "lost features beside one that is larger by more digits than float64 "
                "has; give the columns of X similar scales (a fill value such as 1e20?)"
            )
        elif not best.converged:
            message = (
                f"stopped after {best.n_iter} steps, short of the minimum; raise "
                "max_iter, or give y the scale that the loss is made for (and no "
                "target or weight that outdoes all others, such as 1e20)"
            )
        elif best.at_infinity:
            message = (
                "has no minimiser on these data: the loss keeps falling as raw "
                "predictions grow without bound (classes that can be separated, or "
                "zeros on the log link)"
            )
            if self.alpha == 0:
                message += "; set alpha > 0"
        else:
            return
        warnings.warn(f"{self!r} {message}", ConvergenceWarning, stacklevel=4)

    def _raw(self, X: ArrayLike) -> Array:
        check_is_fitted(self)
        features = validate_data(self, X, reset=False, dtype=np.float64)
        return features @ self.coef_.T + self.intercept_


def _axes(X: Array, weights: Array, alpha: float) -> tuple[Array, Array, bool]:
    """Directions in which the features are uncorrelated and the problem is round.

    Columns of zero variance, or that are sums of others, span no direction of their
    own: of several equally good coefficients the shortest are found.

    Returns
    -------
    axes : array of shape (p, r)
    penalty : array of shape (r,)
        What alpha |w|**2 / 2 charges along each.
    told_apart : bool
        False if a direction was lost that is one in truth.
    """
    X = np.sqrt(weights / weights.sum())[:, None] * X
    sizes, axes = _directions(X)
    told_apart = True
    if len(sizes) < X.shape[1]:
        # Lost beside a column with one huge value? Columns of equal height show it.
        height = np.abs(X).max(axis=0)
        n_columns = np.count_nonzero(height)
        height[height == 0] = 1
        equal_sizes, equal_axes = _directions(X / height)
        if len(sizes) < len(equal_sizes) == n_columns:
            round_axes = equal_axes / equal_sizes / height[:, None]
            _, lengths, turned = np.linalg.svd(round_axes, full_matrices=False)
            stretch = np.hypot(1, np.sqrt(alpha) * lengths)
            penalty = np.square(np.sqrt(alpha) * lengths / stretch)
            return round_axes @ turned.T / stretch, penalty, True
        told_apart = len(sizes) >= len(equal_sizes)
    length = np.hypot(sizes, np.sqrt(alpha))
    return axes / length, np.square(np.sqrt(alpha) / length), told_apart


def _directions(X: Array) -> tuple[Array, Array]:
    """The singular values of X that are not rounding, and their directions (p, r)."""
    _, sizes, directions = np.linalg.svd(X, full_matrices=False)
    keep = sizes > np.finfo(float).eps * max(X.shape) * sizes[0]
    return sizes[keep], directions[keep].T


def _bounded(loss: PointwiseLoss, pulls: Array, n_free: int, charge: float) -> Array:
    """The pulls of samples, a few of them bounded by those of all others together.

    So many samples as there are coefficients can be fitted exactly.  One that pulls so
    much harder is, and beside it float64 has few digits for the others.
    """
    others = len(pulls) - min(n_free, len(pulls) // 2)
    most = (1e14 if loss.smooth else 1e3) * (np.sort(pulls)[:others].sum() + charge)
    return np.where(pulls > 2 * most, most, pulls)


def _minimise(risk: LinearRisk, intercept: bool, tol: float, max_iter: int) -> Minimum:
    """The minimum, by the method that the loss allows."""
    loss, deaf = risk.loss, False
    if isinstance(loss, ResidualLoss) or not loss.smooth:
        steep = 1.0 if loss.smooth else np.abs(_corners(loss, risk.y)[1]).max(axis=1)
        pulls = risk.weights * steep
        light = _bounded(loss, pulls, len(risk.penalty), risk.penalty.max(initial=0))
        heavy = light < pulls
        if heavy.any():
            light = light / steep
            penalty = risk.penalty / light.sum()
            lighter = LinearRisk(loss, risk.X, risk.y, light, penalty=penalty)
            best = _minimise(lighter, intercept, tol, max_iter)
            if _at_rest(risk, best.x, heavy):
                # Where they would not be better fitted if they pulled harder.
                return best
            deaf = loss.smooth
    start = np.zeros((risk.X.shape[1], *risk.y.shape[1:]))
    if intercept and start.ndim == 1:
        start[0] = raw_start(risk.loss, risk.y, risk.weights)
    starts = [start]
    for loss in _companions(risk.loss):
        companion = LinearRisk(loss, risk.X, risk.y, risk.weights, penalty=risk.penalty)
        starts.append(_minimise(companion, intercept, tol, max_iter).x)
    if risk.loss.convex:
        starts = starts[-1:]
    if risk.loss.smooth:
        typical = risk.typical_gradient(start)
        found = [
            minimize_newton(risk, x, tol=tol, max_iter=max_iter, typical=typical)
            for x in starts
        ]
    else:
        found = [_minimise_corners(risk, x, max_iter) for x in starts]
    best = found[0]
    for other in found[1:]:
        with np.errstate(invalid="ignore"):  # infinite both
            gain = (risk.terms(best.x) - risk.terms(other.x)).sum()
        if gain > 0:
            best = other
    return best._replace(converged=best.converged and not deaf)


def _at_rest(risk: LinearRisk, w: Array, rows: np.ndarray) -> bool:
    """Whether each of these samples has its least loss at w, to nine digits."""
    raw = risk.X @ w
    reach = 1e-9 * np.median(np.abs(raw)) + 1e-14 * np.abs(risk.X) @ np.abs(w)
    below, above = (risk.loss._gradient(risk.y, raw + d) for d in (-reach, reach))
    return bool(np.all((below <= 0) & (above >= 0), where=rows))


def _companions(loss: PointwiseLoss) -> tuple[PointwiseLoss, ...]:
    """Convex losses that always have a minimiser, as starts for a difficult loss.

    Difficult is a loss that is not convex, or one of the residual that is straight far
    out: there it has no curvature for Newton's method, and is close to absolute error.
    """
    if isinstance(loss, ResidualLoss):
        if not loss.convex:
            return (AbsoluteError(), SquaredError())
        return (AbsoluteError(),) if loss.smooth and np.isfinite(loss.lipschitz) else ()
    if loss.convex:
        return ()
    if isinstance(loss, BinaryLoss):
        return (HingeLoss(), ModifiedHuberLoss())
    if isinstance(loss, MulticlassLoss):
        return (SparsemaxLoss(),)
    return (GammaDeviance(),)


def _minimise_corners(risk: LinearRisk, start: Array, max_iter: int) -> Minimum:
    """The minimum for a loss made of straight pieces.

    Corners that bend down (the ramp's) are replaced by tangents at the last solution
    until that changes nothing: the concave-convex procedure (Collobert, Sinz, Weston &
    Bottou 2006).
    """
    knots, slopes = _corners(risk.loss, risk.y)
    jumps = np.diff(slopes, axis=1) * risk.weights[:, None]
    up, down = jumps > 0, np.minimum(jumps, 0)
    A = np.repeat(risk.X, up.sum(axis=1), axis=0)

    def tangents(x: Array) -> Array:
        beyond = (risk.X @ x)[:, None] > knots
        return risk.weights * slopes[:, 0] + (down * beyond).sum(axis=1)

    x, n_iter = start, 0
    while True:
        best = minimize_piecewise_linear(
            A,
            knots[up],
            jumps[up],
            risk.X.T @ tangents(x),
            risk.penalty,
            x,
            max_iter=max_iter - n_iter,
        )
        n_iter += best.n_iter
        settled = np.array_equal(tangents(best.x), tangents(x))
        if settled or n_iter >= max_iter or risk.value(best.x) >= risk.value(x):
            return best._replace(n_iter=n_iter)
        x = best.x


def _corners(loss: PointwiseLoss, y: Array) -> tuple[Array, Array]:
    """Where a loss of straight pieces turns as a function of raw, and its slopes.

    Returns
    -------
    knots : array of shape (n, m)
        In ascending order.
    slopes : array of shape (n, m + 1)
        Before, between and after them.
    """
    kinks = np.array(loss.kinks)
    if isinstance(loss, BinaryLoss):
        # For label 1 the margin is raw, for label 0 it is minus raw.
        kinks = np.unique([kinks, -kinks])
        knots = np.tile(kinks, (len(y), 1))
    else:
        knots = y[:, None] - np.unique(kinks)[::-1]
    aside = 1 + np.abs(knots)
    middles = (knots[:, 1:] + knots[:, :-1]) / 2
    outer = knots[:, 0] - aside[:, 0], knots[:, -1] + aside[:, -1]
    pieces = np.column_stack([outer[0], middles, outer[1]])
    repeated = np.repeat(y, pieces.shape[1])
    if np.any(loss.hessian(repeated, pieces.ravel())):
        raise ValueError(
            f"{loss!r}: a loss that is not smooth must consist of straight pieces to "
            f"be fitted exactly; this one bends between its kinks {loss.kinks}"
        )
    return knots, loss.gradient(repeated, pieces.ravel()).reshape(pieces.shape)


class LossRegressor(RegressorMixin, _LossModel):
    """A linear model of raw = X w + b, fitted to one loss.

    Minimises sum_i s_i loss(y_i, x_i w + b) / sum_i s_i + alpha/2 |w|**2.

    Parameters
    ----------
    loss : PointwiseLoss
        Any pointwise loss with one raw prediction per sample: of the residual, a
        deviance on the log link, or a binary loss of a proportion in [0, 1].
    alpha : float >= 0
        Strength of the penalty, on the scale of X as given; the intercept goes free.
    fit_intercept : bool
        Whether there is a b.
    max_iter : int >= 1
        Largest number of steps of one descent.
    tol : float > 0
        The gradient at the minimum, as a share of the gradient that a single sample
        (the median one) has at the best constant.

    Attributes
    ----------
    coef_ : array of shape (p,)
        w, the shortest if several are equally good.
    intercept_ : float
        b, or 0.
    n_iter_ : int
        Steps of the last descent.

    Raises
    ------
    ValueError, TypeError
        From ``fit``, if a parameter, X, y or a weight is not allowed.

    Warns
    -----
    ConvergenceWarning
        If the steps did not suffice, or if there is no minimum to converge to.

    Notes
    -----
    Smooth losses are minimised by Newton's method, losses of straight pieces (absolute,
    pinball, epsilon-insensitive, hinge, ramp) by an interior-point method; neither
    needs the features standardised.  For a loss that is not convex the result is a
    local minimum: the best of those reached from the best constant and from two convex
    fits, absolute and squared error (from a gamma deviance on the log link; for binary
    losses from the hinge and the modified Huber loss).

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [2.0]], [0.0, 1.0, 9.0]
    >>> lb.fit.LossRegressor(lb.AbsoluteError()).fit(X, y).predict([[3.0]]).round(3)
    array([13.5])
    """

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit to X of shape (n, p) and targets of shape (n,) in ``loss.y_domain``."""
        self._check_parameters()
        if isinstance(self.loss, MulticlassLoss) or self.loss.family == "distribution":
            raise ValueError(
                "LossRegressor: loss must have one raw prediction per sample; for "
                f"several classes use LossClassifier; got {self.loss!r}"
            )
        features, targets = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        kept, weights = rows_with_weight(self, sample_weight, len(targets))
        self.coef_, intercept = self._fit(features[kept], targets[kept], weights)
        self.intercept_ = float(intercept)
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Predictions (n,) on the scale of the target: ``link.inverse(raw)``."""
        return self.loss.link.inverse(self._raw(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        domain = getattr(self.loss, "y_domain", None)
        tags.target_tags.positive_only = domain in (NONNEGATIVE, POSITIVE)
        return tags


class LossClassifier(ClassifierMixin, _LossModel):
    """A linear classifier, fitted to one loss of labels.

    Two classes are told apart by the sign of raw = X w + b, several by the largest of
    K raw predictions.  Parameters, objective, errors, warnings and notes as in
    :class:`LossRegressor`, with these differences:

    Parameters
    ----------
    loss : PointwiseLoss
        A binary loss, for two classes, or a loss of several classes.

    Attributes
    ----------
    classes_ : array of shape (K,)
        The labels, sorted.
    coef_ : array of shape (1, p), or (K, p) for a loss of several classes
    intercept_ : array of shape (1,) or (K,)

    Notes
    -----
    There is a ``predict_proba`` where the loss reveals the probability: a binary loss
    that has a ``probability_link``, or one of several classes whose ``functional`` is
    ``Mean()``.  If a hyperplane separates the classes and
    alpha = 0, losses that never reach 0, like the logistic, have no minimiser: the
    iterate at which the gradient has vanished is kept, with a warning.

    Examples
    --------
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1]
    >>> lb.fit.LossClassifier(lb.LogisticLoss()).fit(X, y).predict([[3.0]])
    array([1])
    """

    def __init__(
        self,
        loss: PointwiseLoss = LogisticLoss(),  # noqa: B008 (it is frozen)
        *,
        alpha: float = 0.0,
        fit_intercept: bool = True,
        max_iter: int = 1000,
        tol: float = 1e-8,
    ) -> None:
        super().__init__(
            loss, alpha=alpha, fit_intercept=fit_intercept, max_iter=max_iter, tol=tol
        )

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit to X of shape (n, p) and labels of shape (n,), numbers or strings."""
        self._check_parameters()
        several = isinstance(self.loss, MulticlassLoss)
        if not several and self.loss.y_domain != UNIT:
            raise ValueError(
                "LossClassifier: loss must be a loss of labels, such as HingeLoss(); "
                f"got {self.loss!r}, whose targets lie in {self.loss.y_domain}"
            )
        if several and not self.loss.smooth:
            raise ValueError(
                "LossClassifier: a loss of several classes must be smooth to be fitted "
                f"exactly; got {self.loss!r}; use CategoricalCrossEntropy() or "
                "SparsemaxLoss(), or HingeLoss() within scikit-learn's "
                "OneVsRestClassifier"
            )
        features, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        kept, weights = rows_with_weight(self, sample_weight, len(labels))
        self.classes_, targets = np.unique(labels[kept], return_inverse=True)
        n_classes = len(self.classes_)
        if n_classes < 2:
            raise ValueError(
                "LossClassifier: y must hold samples of at least two classes; "
                f"got one class, {self.classes_[0]!s}"
            )
        if n_classes > 2 and not several:
            # The second sentence is the one scikit-learn asks for.
            raise ValueError(
                f"LossClassifier: {self.loss!r} tells two classes apart; got "
                f"{n_classes}. Only binary classification is supported. For more "
                "classes use CategoricalCrossEntropy()"
            )
        coef, intercept = self._fit(features[kept], targets.astype(float), weights)
        self.coef_, self.intercept_ = np.atleast_2d(coef.T), np.atleast_1d(intercept)
        return self

    def decision_function(self, X: ArrayLike) -> Array:
        """Raw predictions: (n,), positive for the second of two classes, or (n, K)."""
        raw = self._raw(X)
        if raw.shape[1] == 1:
            return raw[:, 0]
        return raw[:, 1] - raw[:, 0] if raw.shape[1] == 2 else raw

    def predict(self, X: ArrayLike) -> Array:
        """Labels (n,); a raw prediction of exactly 0 goes to the first class."""
        scores = self.decision_function(X)
        winners = scores > 0 if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[winners.astype(int)]

    def _reveals_probability(self) -> bool:
        if self._probability_link() is not None:
            return True
        raise AttributeError(
            f"predict_proba: {self.loss!r} does not elicit the probability; "
            f"its functional is {self.loss.functional!r}"
        )

    @available_if(_reveals_probability)
    def predict_proba(self, X: ArrayLike) -> Array:
        """Probabilities (n, K) of the classes, through ``loss.probability_link``."""
        raw, link = self._raw(X), self._probability_link()
        assert link is not None  # or there would be no such method
        if raw.shape[1] > 1:
            return link.inverse(raw)
        # All binary links are symmetric, so no digit of a small probability is lost.
        return link.inverse(np.column_stack([-raw, raw]))

    def _probability_link(self) -> Link | None:
        """The link through which raw predictions tell the probability, if they do."""
        if isinstance(self.loss, BinaryLoss):
            return self.loss.probability_link
        return self.loss.link if isinstance(self.loss.functional, Mean) else None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = isinstance(self.loss, MulticlassLoss)
        return tags
