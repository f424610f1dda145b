"""A loss as the objective of gradient boosting: XGBoost and LightGBM.

A booster asks for gradient and curvature of every sample, and gives a leaf the step
-sum(gradient) / sum(curvature).  Many losses have no curvature where they pull, so a
booster that gets their second derivative learns nothing, or leaps.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lossbook.base import BinaryLoss, MulticlassLoss, PointwiseLoss
from lossbook.fit.descent import check_trainable, raw_start
from lossbook.functionals import Quantile
from lossbook.links import IdentityLink
from lossbook.numerics import Array
from lossbook.validation import (
    Interval,
    Named,
    as_numeric,
    check_sample,
    check_values,
    float_weights,
)


@dataclass(frozen=True)
class BoosterObjective:
    """What ``booster_objective`` returns.

    Attributes
    ----------
    loss : PointwiseLoss
    """

    loss: PointwiseLoss

    def __post_init__(self) -> None:
        check_trainable(Named("booster_objective"), self.loss, "lb.PinballLoss()")

    def __call__(
        self,
        y_true: ArrayLike,
        y_pred: Any,
        sample_weight: ArrayLike | None = None,
    ) -> tuple[Array, Array]:
        """Weighted gradient and curvature of each sample, in the shape of ``y_pred``.

        Parameters
        ----------
        y_true : array of shape (n,)
            Targets.  In the boosters' native interface the raw predictions come first.
        y_pred : array of shape (n,), or (n, K) for a loss of several classes
            Raw predictions; in the native interface the ``DMatrix`` or ``Dataset``.
        sample_weight : array of shape (n,), optional

        Raises
        ------
        ValueError, TypeError
            As in :meth:`lossbook.Loss.gradient`.
        """
        if hasattr(y_pred, "get_label"):
            data, y_pred = y_pred, y_true
            y_true, sample_weight = data.get_label(), data.get_weight()
        f = as_numeric(self, "y_pred", y_pred).astype(np.float64)
        y = as_numeric(self, "y_true", y_true).astype(np.float64)
        gradient = self.loss.gradient(y, f)
        curvature = self._curvature(y, f, np.abs(gradient))
        # XGBoost has an array of length 0 where there are no weights.
        given = sample_weight if np.size(sample_weight) else None  # type: ignore[arg-type]
        weight = float_weights(self, given, len(y))
        check_values(self, "sample_weight", weight, _WEIGHTS)
        if self._compares():
            unit = np.average(curvature, weights=weight)
            unit *= np.clip(_spread(y) / _TINY, _LEAST, 1) ** 2
            gradient, curvature = gradient / unit, curvature / unit
        weight = weight.reshape(-1, *[1] * (f.ndim - 1))
        return weight * gradient, weight * curvature

    def start(self, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Any:
        """The raw prediction to begin with: that of the best constant, or 0.

        A booster that is given a callable begins at 0 or 0.5, whatever the loss.
        Hand this over as XGBoost's ``base_score`` (an array of K: ``base_margin``) or
        LightGBM's ``init_score``.

        Parameters
        ----------
        y : array of shape (n,)
            Targets.
        sample_weight : array of shape (n,), optional

        Returns
        -------
        float, or array of shape (K,) for several classes
            Finite: 0 where the best constant is infinite on the raw scale, or where no
            sample would pull at it.
        """
        sample, weight = check_sample(self.loss, y, sample_weight)
        raw = raw_start(self.loss, sample, weight)
        if isinstance(self.loss, BinaryLoss):
            there = np.full(len(sample), raw)
            return float(raw) if self.loss.gradient(sample, there).any() else 0.0
        return raw if raw.ndim else float(raw)

    def inverse(self, raw_prediction: ArrayLike) -> Array:
        """Predictions from what the booster predicts: ``loss.link.inverse``."""
        return self.loss.link.inverse(raw_prediction)

    def _compares(self) -> bool:
        """Whether raw predictions are in the unit of y, so that y - f is an error."""
        labels = isinstance(self.loss, BinaryLoss | MulticlassLoss)
        return isinstance(self.loss.link, IdentityLink) and not labels

    def _curvature(self, y: Array, f: Array, pull: Array) -> Array:
        """The loss's own curvature where it bounds a step, else a bound; positive."""
        loss, own = self.loss, self.loss.hessian(y, f)
        if self._compares():
            distance = np.abs(y - f)
            if not loss.smooth:
                # Straight pieces: the mean slope of both sides, also where it is flat.
                far = 1 + np.abs(y) + np.abs(loss.kinks).max()
                sides = loss.gradient(y, y + far), loss.gradient(y, y - far)
                pull = (np.abs(sides[0]) + np.abs(sides[1])) / 2
                # Close to a kink the secant is too steep to move at all.
                if distance.any():
                    typical = float(Quantile(0.5)(distance[distance > 0]))
                    distance = np.maximum(distance, typical)
            curvature = np.divide(pull, distance, out=own, where=distance > 0)
        elif not loss.smooth:
            curvature = np.full_like(f, pull.max())
        elif loss.convex:
            curvature = np.where(own > 0, own, pull)
        else:
            curvature = np.maximum(np.abs(own), pull)
        if isinstance(loss, MulticlassLoss):
            # All classes move at once: a row of the Hessian sums to twice its diagonal.
            curvature = 2 * curvature
        return np.maximum(curvature, _LEAST)


# Positive, and nothing beside any other sample: XGBoost's own least curvature.
_LEAST = 1e-16
# Boosters hold weights in float32.
_WEIGHTS = Interval(0.0, float(np.finfo(np.float32).max))
# XGBoost makes no split that gains less than 1e-6, squares of smaller errors summed.
_TINY = 1e-2


def _spread(y: Array) -> float:
    """The size of errors of a constant, one far target or many equal ones aside."""
    errors = np.abs(y - np.median(y))
    return float(np.median(errors[errors > 0])) if errors.any() else _TINY


def booster_objective(loss: PointwiseLoss) -> BoosterObjective:
    """The objective that makes XGBoost or LightGBM minimise ``loss``.

    It can be given to both interfaces of both: ``XGBRegressor(objective=…)``,
    ``xgboost.train(…, obj=…)``, ``LGBMRegressor(objective=…)`` and
    ``lightgbm.train({"objective": …}, …)``.  With a callable a booster predicts raw
    numbers: ``.inverse`` turns them into predictions.

    Parameters
    ----------
    loss : PointwiseLoss
        With a slope: any but :class:`lossbook.ZeroOneLoss`.

    Returns
    -------
    BoosterObjective
        Called with targets, raw predictions and weights it returns gradient and
        curvature; ``.start(y, weights)`` is the finite raw prediction to begin with.

    Raises
    ------
    TypeError, ValueError
        If ``loss`` is no loss of single samples, or flat.

    Notes
    -----
    The gradient is the loss's, times the weights.  The curvature is the second
    derivative where the loss is smooth and convex and has one; elsewhere it is a bound.

    - Losses of the error y - f (residual losses, the absolute percentage error) have
      the secant |gradient| / |y - f|: the curvature of a parabola that touches the loss
      at f and has its bottom at y, as in iteratively reweighted least squares.  If the
      loss is symmetric the parabola lies above it.  Where a loss has kinks the slope is
      the mean of both sides', and no distance counts as less than the median one.
      Gradient and curvature are then divided by the mean curvature, so that a booster's
      ``min_child_weight`` and ``reg_lambda`` count samples whatever the unit of y.  If
      targets lie closer than 0.01 to each other, both are larger and the two options
      count for less: XGBoost would find no split worth its while.
    - Smooth losses of labels that are not convex, or flat, have the larger of the
      second derivative's size and the gradient's, those with kinks the largest slope
      of any sample: no step is longer than 1.
    - For several classes the curvature is doubled, as in XGBoost's ``multi:softprob``.

    Examples
    --------
    >>> objective = lb.booster_objective(lb.PinballLoss(quantile=0.9))
    >>> y = np.array([1.0, 2.0, 9.0])
    >>> objective.start(y)
    9.0
    >>> gradient, curvature = objective(y, np.full(3, 2.0))
    >>> gradient.round(4), curvature.round(4)
    (array([ 0.9333, -0.    , -8.4   ]), array([1.1667, 1.1667, 0.6667]))
    """
    return BoosterObjective(loss)
