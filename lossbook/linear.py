"""A linear model for any pointwise loss, as a scikit-learn estimator.

Both estimators minimise sum_i s_i loss(y_i, x_i w + b) / sum_i s_i + alpha/2 |w|**2
exactly, as far as float64 goes, so that two models differ by their losses alone.
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from lossbook.base import BinaryLoss, Loss, MulticlassLoss
from lossbook.composite import GammaDeviance
from lossbook.domains import NONNEGATIVE, POSITIVE, UNIT, Interval
from lossbook.functionals import Mean
from lossbook.links import LogLink
from lossbook.margin import HingeLoss, LogisticLoss, ModifiedHuberLoss, ZeroOneLoss
from lossbook.numerics import Array
from lossbook.optimize import (
    LinearRisk,
    Minimum,
    minimize_newton,
    minimize_piecewise_linear,
)
from lossbook.residual import AbsoluteError, ResidualLoss, SquaredError
from lossbook.validation import check_parameter, check_sample


class _LossModel(BaseEstimator):
    """What both estimators share: the fit, and raw predictions."""

    loss: Loss
    alpha: float
    fit_intercept: bool
    max_iter: int
    tol: float

    def _check_parameters(self) -> None:
        if not isinstance(self.loss, Loss):
            raise TypeError(
                f"{type(self).__name__}: loss must be a loss of lossbook, such as "
                f"HuberLoss(); got {self.loss!r}"
            )
        if isinstance(self.loss, ZeroOneLoss):
            raise ValueError(
                f"{type(self).__name__}: loss must have a slope to follow, as its "
                f"surrogates have; got {self.loss!r}, which is flat"
            )
        check_parameter(self, "alpha", NONNEGATIVE)
        check_parameter(self, "tol", POSITIVE)
        check_parameter(self, "max_iter", Interval(low=1))

    def _fit(self, X: Array, y: Array, weights: Array) -> tuple[Array, Array]:
        """Coefficients (p,) and intercept (); (p, K) and (K,) for several classes."""
        centre = np.zeros(X.shape[1])
        if self.fit_intercept:
            centre = np.average(X, axis=0, weights=weights)
        axes, penalty = _axes(X - centre, weights, self.alpha)
        design = (X - centre) @ axes
        start = np.zeros(design.shape[1])
        if self.fit_intercept:
            design = np.column_stack([np.ones(len(X)), design])
            penalty, start = np.append(0, penalty), np.append(0, start)
        risk = LinearRisk(self.loss, design, y, weights, penalty=penalty)
        if isinstance(self.loss, MulticlassLoss):
            start = np.zeros((len(start), risk.y.shape[1]))
        elif self.fit_intercept:
            constant = self.loss.fit_intercept_only(y, weights)
            start[0] = constant if np.isfinite(constant) else 0
        best = _minimise(risk, start, self.tol, int(self.max_iter))
        self.n_iter_ = best.n_iter
        self._warn(best)
        if not self.fit_intercept:
            coef = axes @ best.x
            return coef, np.zeros(coef.shape[1:])
        coef = axes @ best.x[1:]
        return coef, best.x[0] - centre @ coef

    def _warn(self, best: Minimum) -> None:
        if not best.converged:
            message = f"has not converged after {best.n_iter} steps; raise max_iter"
        elif self.alpha == 0 and best.last_step > 1e-3:
            message = (
                "has no minimiser on these data: the loss keeps falling as the "
                "predictions grow without bound (separable classes, or a group of "
                "zeros on a log link); set alpha > 0"
            )
        else:
            return
        warnings.warn(f"{self!r} {message}", ConvergenceWarning, stacklevel=4)

    def _raw(self, X: ArrayLike) -> Array:
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return X @ self.coef_.T + self.intercept_


def _axes(X: Array, weights: Array, alpha: float) -> tuple[Array, Array]:
    """Directions in which the features are uncorrelated and the problem is round.

    Columns of zero variance, or that are sums of others, span no direction of their
    own: of several equally good coefficients the shortest are found.

    Returns
    -------
    axes : array of shape (p, r)
    penalty : array of shape (r,)
        What alpha |w|**2 / 2 charges along each.
    """
    share = np.sqrt(weights / weights.sum())[:, None]
    _, sizes, directions = np.linalg.svd(share * X, full_matrices=False)
    keep = sizes > np.finfo(float).eps * max(X.shape) * sizes[0]
    squared = np.square(sizes[keep])
    return directions[keep].T / np.sqrt(squared + alpha), alpha / (squared + alpha)


def _minimise(risk: LinearRisk, start: Array, tol: float, max_iter: int) -> Minimum:
    """The minimum, by the method that the loss allows."""
    if not risk.loss.convex:
        starts = [start]
        for loss in _convex_companions(risk.loss):
            companion = LinearRisk(
                loss, risk.X, risk.y, risk.weights, penalty=risk.penalty
            )
            starts.append(_minimise(companion, start, tol, max_iter).x)
    else:
        starts = [start]
    if not risk.loss.smooth:
        found = [_minimise_corners(risk, x, max_iter) for x in starts]
    else:
        # No gradient can be larger than this: the size of the pointwise gradients.
        forces = risk.loss.gradient(risk.y, risk.X @ start)
        size = float(np.sqrt((risk.weights * np.square(forces).T).sum()))
        found = [
            minimize_newton(risk, x, tolerance=tol * (size or 1.0), max_iter=max_iter)
            for x in starts
        ]
    return min(found, key=lambda minimum: risk.value(minimum.x))


def _convex_companions(loss: Loss) -> tuple[Loss, ...]:
    """Convex losses whose minimisers always exist and are good starts for ``loss``."""
    if isinstance(loss, BinaryLoss):
        return (HingeLoss(), ModifiedHuberLoss())
    if isinstance(loss.link, LogLink):
        return (GammaDeviance(),)
    return (AbsoluteError(), SquaredError())


def _minimise_corners(risk: LinearRisk, start: Array, max_iter: int) -> Minimum:
    """The minimum for a loss made of straight pieces.

    Corners that bend down (the ramp's) are replaced by their tangents, again and again
    until these no longer change (the concave-convex procedure).
    """
    knots, slopes = _corners(risk.loss, risk.y)
    jumps = np.diff(slopes, axis=1) * risk.weights[:, None]
    up, down = jumps > 0, np.minimum(jumps, 0)
    x, total = start, 0
    while True:
        beyond = (risk.X @ x)[:, None] > knots
        tangents = risk.weights * slopes[:, 0] + (down * beyond).sum(axis=1)
        best = minimize_piecewise_linear(
            np.repeat(risk.X, up.sum(axis=1), axis=0),
            knots[up],
            jumps[up],
            risk.X.T @ tangents,
            risk.penalty,
            x,
            max_iter=max_iter,
        )
        total += best.n_iter
        settled = np.array_equal(down * beyond, down * ((risk.X @ best.x)[:, None] > knots))
        x = best.x
        if settled or total >= max_iter:
            return best._replace(n_iter=total)


def _corners(loss: Loss, y: Array) -> tuple[Array, Array]:
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
    pieces = np.column_stack(
        [knots[:, 0] - 1, (knots[:, 1:] + knots[:, :-1]) / 2, knots[:, -1] + 1]
    )
    repeated = np.repeat(y, pieces.shape[1])
    if np.any(loss.hessian(repeated, pieces.ravel())):
        raise ValueError(
            f"{loss!r}: a loss that is not smooth must consist of straight pieces to "
            f"be fitted exactly; this one bends between its kinks {loss.kinks}"
        )
    return knots, loss.gradient(repeated, pieces.ravel()).reshape(pieces.shape)


class LossRegressor(RegressorMixin, _LossModel):
    def __init__(
        self,
        loss: Loss = SquaredError(),  # noqa: B008
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

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "LossRegressor":
        self._check_parameters()
        if isinstance(self.loss, MulticlassLoss):
            raise ValueError(
                "LossRegressor: loss must have one raw prediction per sample; for "
                f"several classes use LossClassifier; got {self.loss!r}"
            )
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        rows, weights = check_sample(self, np.arange(len(y)), sample_weight)
        kept = rows.astype(int)
        self.coef_, intercept = self._fit(X[kept], y[kept], weights)
        self.intercept_ = float(intercept)
        return self

    def predict(self, X: ArrayLike) -> Array:
        return self.loss.link.inverse(self._raw(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        domain = getattr(self.loss, "y_domain", None)
        tags.target_tags.positive_only = domain in (NONNEGATIVE, POSITIVE)
        return tags


class LossClassifier(ClassifierMixin, _LossModel):
    def __init__(
        self,
        loss: Loss = LogisticLoss(),  # noqa: B008
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

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "LossClassifier":
        self._check_parameters()
        several = isinstance(self.loss, MulticlassLoss)
        if not several and self.loss.y_domain != UNIT:
            raise ValueError(
                "LossClassifier: loss must be a loss of labels, such as HingeLoss(); "
                f"got {self.loss!r}, whose targets are in {self.loss.y_domain}"
            )
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        rows, weights = check_sample(self, np.arange(len(y)), sample_weight)
        kept = rows.astype(int)
        self.classes_, labels = np.unique(y[kept], return_inverse=True)
        n_classes = len(self.classes_)
        if n_classes < 2:
            raise ValueError(
                "LossClassifier: y must hold samples of at least two classes; "
                f"got one class, {self.classes_[0]!r}"
            )
        if n_classes > 2 and not several:
            raise ValueError(
                f"LossClassifier: {self.loss!r} is a loss of two classes; got "
                f"{n_classes}. Only binary classification is supported. The type of "
                "the target is multiclass. Use CategoricalCrossEntropy()"
            )
        coef, intercept = self._fit(X[kept], labels.astype(np.float64), weights)
        self.coef_, self.intercept_ = np.atleast_2d(coef.T), np.atleast_1d(intercept)
        return self

    def decision_function(self, X: ArrayLike) -> Array:
        raw = self._raw(X)
        if raw.shape[1] == 1:
            return raw[:, 0]
        return raw[:, 1] - raw[:, 0] if raw.shape[1] == 2 else raw

    def predict(self, X: ArrayLike) -> Array:
        scores = self.decision_function(X)
        winners = scores > 0 if scores.ndim == 1 else scores.argmax(axis=1)
        return self.classes_[winners.astype(int)]

    def _reveals_probabilities(self) -> bool:
        if isinstance(self.loss.functional, Mean):
            return True
        raise AttributeError(
            f"{self.loss!r} elicits {self.loss.functional!r}: its minimiser does not "
            "tell the probability"
        )

    @available_if(_reveals_probabilities)
    def predict_proba(self, X: ArrayLike) -> Array:
        raw = self._raw(X)
        if raw.shape[1] == 1:
            raw = raw[:, 0]
            return np.column_stack(
                [self.loss.link.inverse(-raw), self.loss.link.inverse(raw)]
            )
        return self.loss.link.inverse(raw)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = isinstance(self.loss, MulticlassLoss)
        return tags
