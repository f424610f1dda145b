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


def _log_ratio(y: Array, z: Array, ratio: Array) -> Array:
    """log(y / z), also where the ratio is out of range; some number for y = 0."""
    limits = np.finfo(z.dtype)
    if ratio.min() >= limits.tiny and ratio.max() <= limits.max:
        return np.log(ratio)
    near = (ratio >= limits.tiny) & (ratio <= limits.max)
    return np.where(near, np.log(ratio), np.log(y + (y == 0)) - np.log(z))


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
        ratio = y / z
        # Where y is so small, or 0, the logarithm has no say.
        log_ratio = np.log(np.maximum(ratio, np.finfo(z.dtype).tiny))
        excess = y * log_ratio - y + z
        if excess.max() == np.inf:
            excess = y * _log_ratio(y, z, ratio) - y + z
        return 2 * np.maximum(excess, 0)

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
        ratio = y / z
        return 2 * np.maximum(ratio - 1 - _log_ratio(y, z, ratio), 0)

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
        value = self._plain(y, *self._powers(y, f))
        return self._careful(y, f) if value is None else value

    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        if self.power == 0:
            return super()._value_and_gradient(y, f)
        first, second = self._powers(y, f)
        value = self._plain(y, first, second)
        slope = 2 * (second - first)
        return self._careful(y, f) if value is None else value, slope

    def _at_prediction(self, y: Array, z: Array) -> Array:
        if self.power == 0:
            return np.square(y - z)
        second = z ** (2 - self.power)
        with np.errstate(invalid="ignore"):  # 0 * inf, which is seen to
            value = self._plain(y, y / z * second, second)
        if value is None or second.min() < np.finfo(z.dtype).tiny:
            return self._careful(y, np.log(z))
        return value

    def _plain(self, y: Array, first: Array, second: Array) -> Array | None:
        """The book's formula, of y * z**(1-power) and z**(2-power).

        None if some number is out of range, or the formula divides by almost zero.
        """
        a, b = 1 - self.power, 2 - self.power
        if abs(a * b) < 0.05:
            return None
        with np.errstate(invalid="ignore"):  # inf - inf, which is not below inf
            excess = 2 / (a * b) * (y**b - b * first + a * second)
        if not excess.max() < np.inf:
            return None
        return np.maximum(excess, 0)  # rounding may leave it below zero

    def _careful(self, y: Array, f: Array) -> Array:
        """The same from logarithms."""
        # y (y**a - z**a) / a - (y**b - z**b) / b with a = 1 - p and b = 2 - p, in which
        # both divisions by zero have limits.
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
        first, second = self._powers(y, f)
        return 2 * (second - first)

    def _hessian(self, y: Array, f: Array) -> Array:
        if self.power == 0:
            return np.full_like(f, 2)
        first, second = self._powers(y, f)
        return 2 * ((self.power - 1) * first + (2 - self.power) * second)

    def _powers(self, y: Array, f: Array) -> tuple[Array, Array]:
        """y * z**(1-power) and z**(2-power) with z = exp(f)."""
        first, second = np.exp((1 - self.power) * f), np.exp((2 - self.power) * f)
        in_range = first.min() >= np.finfo(f.dtype).tiny
        with np.errstate(invalid="ignore"):  # 0 * inf
            first = y * first
        if not (in_range and first.max() < np.inf):
            # One exponential: a factor may be out of range where the product is not.
            log_y = np.log(y)
            first = np.exp(log_y + (1 - self.power) * f)
            # Where both explode, as for z near 0 and power > 2, the larger decides.
            far, below = np.isinf(first) & np.isinf(second), log_y < f
            first = np.where(far & below, 0, first)
            second = np.where(far & ~below, 0, second)
        return first, second
