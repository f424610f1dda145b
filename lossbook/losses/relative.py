r"""Errors in proportion: of a percentage, of a logarithm.

Both compare amounts by their ratio, and neither asks for the mean.
"""

from dataclasses import dataclass

import numpy as np

from lossbook.base import Elsewhere, PointwiseLoss
from lossbook.functionals import BetaMedian, LogMean
from lossbook.links import IdentityLink, Log1pLink
from lossbook.numerics import Array, log1p
from lossbook.validation import NONNEGATIVE, POSITIVE


@dataclass(frozen=True)
class AbsolutePercentageError(PointwiseLoss):
    """|y - z| / y of a positive amount: elicits the median weighted by 1/y.

    Gneiting 2011, doi:10.1198/jasa.2011.r10138.

    Examples
    --------
    >>> loss = lb.AbsolutePercentageError()
    >>> loss([1.0, 2.0], [1.5, 3.0], reduction="none")
    array([0.5, 0.5])
    """

    family = "amount"
    title = "absolute percentage error"
    symbols = {}
    link = IdentityLink()
    response = "predict"
    functional = BetaMedian(beta=-1.0)
    y_domain = POSITIVE
    convex = True
    smooth = False
    kinks = (0.0,)
    lipschitz = np.inf
    formula = r"\ell(y, z) = \frac{|y - z|}{y}"
    reference = "gneiting2011making"
    likelihood = ""
    elsewhere = (
        Elsewhere(
            "scikit-learn",
            "mean_absolute_percentage_error",
            "y below the machine epsilon counts as that",
        ),
        Elsewhere(
            "Keras",
            "MeanAbsolutePercentageError",
            "times 100; y below 1e-7 counts as that",
        ),
        Elsewhere("LightGBM", "mape", "y below 1 counts as 1"),
    )

    def _value(self, y: Array, f: Array) -> Array:
        return np.abs(y - f) / y

    def _gradient(self, y: Array, f: Array) -> Array:
        return np.sign(f - y) / y

    def _hessian(self, y: Array, f: Array) -> Array:
        return np.zeros_like(f)


@dataclass(frozen=True)
class SquaredLogError(PointwiseLoss):
    """(log(1 + y) - log(1 + z))**2: elicits the geometric mean of 1 + y, less 1.

    Gneiting 2011, doi:10.1198/jasa.2011.r10138.

    Examples
    --------
    >>> loss = lb.SquaredLogError()
    >>> loss([0.0, 1.0], [1.0, 1.0], reduction="none").round(4)
    array([0.4805, 0.    ])
    """

    family = "amount"
    title = "squared log error"
    symbols = {}
    link = Log1pLink()
    response = "predict"
    functional = LogMean()
    y_domain = NONNEGATIVE
    convex = True
    smooth = True
    kinks = ()
    lipschitz = np.inf
    formula = r"\ell(y, f) = (\log(1 + y) - f)^2"
    reference = "gneiting2011making"
    likelihood = "1 + y lognormal with constant variance of the logarithm"
    elsewhere = (
        Elsewhere("scikit-learn", "mean_squared_log_error", ""),
        Elsewhere(
            "Keras",
            "MeanSquaredLogarithmicError",
            "y and z below 1e-7 count as that",
        ),
        Elsewhere("XGBoost", "reg:squaredlogerror", "half of it"),
    )

    def _value(self, y: Array, f: Array) -> Array:
        return np.square(log1p(y) - f)

    def _at_prediction(self, y: Array, z: Array) -> Array:
        return self._value(y, log1p(z))

    def _gradient(self, y: Array, f: Array) -> Array:
        return 2 * (f - log1p(y))

    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        gap = f - log1p(y)
        return np.square(gap), 2 * gap

    def _hessian(self, y: Array, f: Array) -> Array:
        return np.full_like(f, 2)
