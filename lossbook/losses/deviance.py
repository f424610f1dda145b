r"""Deviances: losses of counts and amounts, from the likelihood of their family.

A unit deviance d(y, z) is twice the log-likelihood that the mean z falls short of the
mean y; it is least, and zero, at z = y.  The families differ in how the variance grows
with the mean (McCullagh & Nelder 1989).
"""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from lossbook.base import Elsewhere, PointwiseLoss
from lossbook.functionals import Mean
from lossbook.links import IdentityLink, Link, LogLink
from lossbook.losses.residual import SquaredError
from lossbook.numerics import (
    Array,
    expit,
    expit_slope,
    power_gap,
    ratio_and_log,
    softplus,
)
from lossbook.validation import (
    NONNEGATIVE,
    POSITIVE,
    REALS,
    Interval,
    check_parameter,
)


@dataclass(frozen=True)
class Deviance(PointwiseLoss, abstract=True):
    """A unit deviance of the mean z = exp(f): it elicits the mean."""

    family = "amount"
    link: ClassVar[Link] = LogLink()
    response = "predict"
    functional = Mean()


def _ratio_and_log(y: Array, z: Array) -> tuple[Array, Array]:
    """y / z and its logarithm; some number for y = 0, where it has no say."""
    limits, ratio = np.finfo(z.dtype), y / z
    log_ratio = np.log(np.maximum(ratio, limits.tiny))
    low, high = ratio.min() < limits.tiny, ratio.max() > limits.max
    zeros = y.size - np.count_nonzero(y) if low else 0
    if high or (low and np.count_nonzero(ratio < limits.tiny) > zeros):
        far = (y > 0) & ~((ratio >= limits.tiny) & (ratio <= limits.max))
        log_ratio = np.where(far, np.log(y) - np.log(z), log_ratio)
    return ratio, log_ratio


@dataclass(frozen=True)
class PoissonDeviance(Deviance):
    """2 (y log(y/z) - y + z) with z = exp(f), for counts and rates.

    McCullagh & Nelder 1989, chapter 2.

    Examples
    --------
    >>> loss = lb.PoissonDeviance()
    >>> loss.value([1.0, 2.0], [0.5, 0.0]).round(4)
    array([0.2974, 0.7726])
    """

    title = "Poisson deviance"
    symbols = {}
    y_domain = NONNEGATIVE
    convex = True
    smooth = True
    kinks = ()
    lipschitz = np.inf
    formula = r"\ell(y, f) = 2\,(y \log y - y f - y + e^{f})"
    reference = "mccullagh1989generalized"
    likelihood = "Poisson"
    elsewhere = (
        Elsewhere("scikit-learn", "mean_poisson_deviance", ""),
        Elsewhere(
            "PyTorch",
            "PoissonNLLLoss",
            "half of it, without the terms of y alone",
        ),
        Elsewhere(
            "Keras",
            "Poisson",
            "half of it, without the terms of y alone; log(z + 1e-7)",
        ),
        Elsewhere("XGBoost", "count:poisson", "half of it"),
        Elsewhere("LightGBM", "poisson", "half of it, its hessian times exp(0.7)"),
    )

    def _value(self, y: Array, f: Array) -> Array:
        return self._deviance(y, f, np.exp(f))

    def _deviance(self, y: Array, f: Array, z: Array) -> Array:
        limits = np.finfo(f.dtype)
        # The pull is never more than z; both may overflow.
        pull = y * (f - np.log(np.maximum(y, limits.tiny)))
        excess = z - y - np.minimum(pull, limits.max)
        return 2 * np.maximum(excess, 0)  # rounding may leave it below zero

    def _at_prediction(self, y: Array, z: Array) -> Array:
        _, log_ratio = _ratio_and_log(y, z)
        return 2 * np.maximum(y * log_ratio - y + z, 0)

    def _gradient(self, y: Array, f: Array) -> Array:
        return 2 * (np.exp(f) - y)

    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        z = np.exp(f)
        return self._deviance(y, f, z), 2 * (z - y)

    def _hessian(self, y: Array, f: Array) -> Array:
        return 2 * np.exp(f)


@dataclass(frozen=True)
class NegativeBinomialDeviance(Deviance):
    """The deviance of counts whose variance is z + alpha z**2, with z = exp(f).

    Parameters
    ----------
    alpha : float > 0
        Dispersion; towards 0 it becomes the Poisson deviance.

    McCullagh & Nelder 1989.

    Examples
    --------
    >>> loss = lb.NegativeBinomialDeviance(alpha=1.0)
    >>> loss([0.0, 3.0], [1.0, 1.0], reduction="none").round(4)
    array([1.3863, 1.0465])
    """

    alpha: float = field(default=1.0, metadata={"domain": POSITIVE})

    title = "negative binomial deviance"
    symbols = {"alpha": "α"}
    y_domain = NONNEGATIVE
    convex = True
    smooth = True
    kinks = ()
    lipschitz = np.inf
    formula = (
        r"d(y, z) = 2\Bigl(y \log \tfrac{y}{z} - (y + \tfrac1\alpha)"
        r" \log \tfrac{1 + \alpha y}{1 + \alpha z}\Bigr)"
    )
    reference = "mccullagh1989generalized"
    likelihood = "negative binomial with constant dispersion"
    elsewhere = ()

    def _value(self, y: Array, f: Array) -> Array:
        # With a = alpha y, b = alpha z: y log((1 + 1/b) / (1 + 1/a)), and the rest.
        log_a = np.maximum(np.log(y), np.finfo(y.dtype).min) + math.log(self.alpha)
        log_b = f + math.log(self.alpha)
        more = softplus(-log_b) - softplus(-log_a)
        excess = y * more + (softplus(log_b) - softplus(log_a)) / self.alpha
        return 2 * np.maximum(excess, 0)  # rounding may leave it below zero

    def _gradient(self, y: Array, f: Array) -> Array:
        # 2 (z - y) / (1 + alpha z), of which z may be infinite.
        log_b = f + math.log(self.alpha)
        return 2 * (expit(log_b) / self.alpha - y * expit(-log_b))

    def _hessian(self, y: Array, f: Array) -> Array:
        return 2 * (y + 1 / self.alpha) * expit_slope(f + math.log(self.alpha))


@dataclass(frozen=True)
class GammaDeviance(Deviance):
    """2 (y/z - log(y/z) - 1) with z = exp(f), for positive amounts.

    McCullagh & Nelder 1989, chapter 8.

    Examples
    --------
    >>> loss = lb.GammaDeviance()
    >>> loss.value([1.0, 2.0], [0.5, 0.0]).round(4)
    array([0.2131, 0.6137])
    """

    title = "gamma deviance"
    symbols = {}
    y_domain = POSITIVE
    convex = True
    smooth = True
    kinks = ()
    lipschitz = np.inf
    formula = r"\ell(y, f) = 2\,(y e^{-f} + f - \log y - 1)"
    reference = "mccullagh1989generalized"
    likelihood = "gamma with constant shape"
    elsewhere = (
        Elsewhere("scikit-learn", "mean_gamma_deviance", ""),
        Elsewhere("XGBoost", "reg:gamma", "half of it"),
        Elsewhere("LightGBM", "gamma", "half of it"),
    )

    def _value(self, y: Array, f: Array) -> Array:
        return self._value_and_gradient(y, f)[0]

    def _at_prediction(self, y: Array, z: Array) -> Array:
        ratio, log_ratio = _ratio_and_log(y, z)
        return 2 * np.maximum(ratio - 1 - log_ratio, 0)

    def _gradient(self, y: Array, f: Array) -> Array:
        return 2 - 2 * ratio_and_log(y, f)[0]

    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        ratio, log_ratio = ratio_and_log(y, f)
        growth = ratio - 1
        return 2 * np.maximum(growth - log_ratio, 0), -2 * growth

    def _hessian(self, y: Array, f: Array) -> Array:
        return 2 * ratio_and_log(y, f)[0]


@dataclass(frozen=True)
class TweedieDeviance(Deviance):
    """The unit deviance of the Tweedie family, variance proportional to z**power.

    Parameters
    ----------
    power : 0 or float >= 1
        0 is squared error on the identity link, 1 Poisson, 2 gamma; between 1 and 2
        amounts with exact zeros.  On the log link for every power >= 1.

    Jørgensen 1987, doi:10.1111/j.2517-6161.1987.tb01685.x.

    Examples
    --------
    >>> loss = lb.TweedieDeviance(power=0)
    >>> loss.value([0.0, 1.0], [0.5, 3.0]).round(4)
    array([0.25, 4.  ])
    """

    power: float = 1.5

    title = "Tweedie deviance"
    symbols = {"power": "p"}
    smooth = True
    kinks = ()
    lipschitz = np.inf
    formula = (
        r"d(y, z) = 2\Bigl(\tfrac{y^{2-p}}{(1-p)(2-p)} - \tfrac{y z^{1-p}}{1-p}"
        r" + \tfrac{z^{2-p}}{2-p}\Bigr)"
    )
    reference = "jorgensen1987exponential"
    elsewhere = (
        Elsewhere("scikit-learn", "mean_tweedie_deviance", ""),
        Elsewhere(
            "XGBoost",
            "reg:tweedie",
            "half of it; the power is called tweedie_variance_power",
        ),
        Elsewhere(
            "LightGBM",
            "tweedie",
            "half of it; the power is called tweedie_variance_power",
        ),
    )

    def __post_init__(self) -> None:
        check_parameter(self, "power", REALS)
        if not (self.power == 0 or self.power >= 1):
            raise ValueError(
                "TweedieDeviance: power must be 0 or at least 1 (no distribution lies "
                f"between); got {self.power!r}"
            )

    @property
    def link(self) -> Link:  # type: ignore[override]
        return IdentityLink() if self.power == 0 else LogLink()

    @property
    def y_domain(self) -> Interval:
        if self.power == 0:
            return REALS
        return NONNEGATIVE if self.power < 2 else POSITIVE

    @property
    def convex(self) -> bool:
        return self.power <= 2

    @property
    def likelihood(self) -> str:
        if self.power in (0, 1, 2):
            named = (SquaredError, PoissonDeviance, GammaDeviance)
            return str(named[int(self.power)].likelihood)
        return "compound Poisson-gamma" if self.power < 2 else "positive stable"

    def _value(self, y: Array, f: Array) -> Array:
        if self.power == 0:
            return np.square(y - f)
        # y (y**a - z**a) / a - (y**b - z**b) / b with a = 1 - p and b = 2 - p: the
        # book's formula, in which both divisions by zero have limits.
        log_y = np.log(y)
        finite = np.maximum(log_y, np.finfo(f.dtype).min)
        first = power_gap(finite, f, 1 - self.power, log_y)
        second = power_gap(log_y, f, 2 - self.power)
        far = np.isinf(first)
        if far.any():  # out of range the sum is, whichever term is
            first, second = np.where(far, np.inf, first), np.where(far, 0, second)
        return 2 * np.maximum(first - second, 0)  # rounding may leave it below zero

    def _gradient(self, y: Array, f: Array) -> Array:
        if self.power == 0:
            return 2 * (f - y)
        return 2 * self._powers(y, f, -1.0, 1.0)

    def _hessian(self, y: Array, f: Array) -> Array:
        if self.power == 0:
            return np.full_like(f, 2)
        return 2 * self._powers(y, f, self.power - 1, 2 - self.power)

    def _powers(self, y: Array, f: Array, c_y: float, c_z: float) -> Array:
        """c_y * y * z**(1-power) + c_z * z**(2-power) with z = exp(f)."""
        # One exponential: y * exp(…) may overflow where the product does not.
        first = np.exp(np.log(y) + (1 - self.power) * f)
        # Where both terms explode the first, steeper one decides.
        second = np.where(np.isinf(first), 0, np.exp((2 - self.power) * f))
        return c_y * first + c_z * second
