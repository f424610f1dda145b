r"""A scoring rule seen through a link: the prediction scale comes first.

The binary rules score q, the probability that was given to the label that occurred;
seen through the logit, q = expit(m) for the margin m.
"""

import abc
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from lossbook.base import BinaryLoss, Loss
from lossbook.domains import NONNEGATIVE, POSITIVE, REALS, Interval
from lossbook.functionals import Functional, Mean, Mode
from lossbook.links import IdentityLink, Link, LogitLink, LogLink
from lossbook.numerics import Array, expit, expit_slope, softplus
from lossbook.potential import PoissonDeviance
from lossbook.residual import SquaredError
from lossbook.validation import check_parameter


@dataclass(frozen=True)
class BinaryScore(BinaryLoss):
    """A scoring rule of the probability q given to the observed label."""

    link: ClassVar[Link] = LogitLink()

    @abc.abstractmethod
    def partial_score(self, q: Array) -> Array:
        """The loss when the observed label had been given probability ``q``."""

    def minimizer(self, eta: float) -> float:
        return float(self.link(np.asarray(eta)))


@dataclass(frozen=True)
class BrierLoss(BinaryScore):
    """(1 - q)**2: the squared error of a probability.

    Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    Examples
    --------
    >>> loss = lb.BrierLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.0723, 0.1425])
    """

    functional: ClassVar[Functional] = Mean()
    convex: ClassVar[bool] = False
    # 2 (1 - q)**2 q peaks at q = 1/3.
    lipschitz: ClassVar[float] = 8 / 27
    formula: ClassVar[str] = r"S(y, p) = (y - p)^2"
    reference: ClassVar[str] = "brier1950verification"
    elsewhere: ClassVar[dict[str, str]] = {"scikit-learn": "brier_score_loss"}

    def partial_score(self, q: Array) -> Array:
        return np.square(1 - q)

    def phi(self, m: Array) -> Array:
        return np.square(expit(-m))

    def phi_prime(self, m: Array) -> Array:
        return -2 * expit(-m) * expit_slope(m)

    def phi_second(self, m: Array) -> Array:
        wrong = expit(-m)
        return 2 * wrong * expit_slope(m) * (2 - 3 * wrong)


@dataclass(frozen=True)
class SphericalLoss(BinaryScore):
    """1 - q / sqrt(q**2 + (1 - q)**2).

    Roby 1965; Gneiting & Raftery 2007, doi:10.1198/016214506000001437.

    Examples
    --------
    >>> loss = lb.SphericalLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.0615, 0.145 ])
    """

    functional: ClassVar[Functional] = Mean()
    convex: ClassVar[bool] = False
    # sqrt(s) (1 - s) with s = expit(2 m) peaks at s = 1/3.
    lipschitz: ClassVar[float] = 2 / (3 * math.sqrt(3))
    formula: ClassVar[str] = r"S(1, p) = 1 - \frac{p}{\sqrt{p^2 + (1 - p)^2}}"
    reference: ClassVar[str] = "gneiting2007strictly"

    def partial_score(self, q: Array) -> Array:
        return 1 - q / np.hypot(q, 1 - q)

    # With q = expit(m), q / norm = 1 / sqrt(1 + exp(-2m)).

    def phi(self, m: Array) -> Array:
        # 1 - 1/sqrt(1 + t) = -expm1(-log1p(t) / 2) keeps its digits for small t.
        return -np.expm1(-softplus(-2 * m) / 2)

    def phi_prime(self, m: Array) -> Array:
        return -np.exp(-softplus(-2 * m) / 2) * expit(-2 * m)

    def phi_second(self, m: Array) -> Array:
        wrong = expit(-2 * m)
        return np.exp(-softplus(-2 * m) / 2) * wrong * (2 - 3 * wrong)


@dataclass(frozen=True)
class FocalLoss(BinaryScore):
    """-(1 - q)**gamma log q: log loss with confident samples turned down.

    Classification-calibrated, but for gamma > 0 not proper: the minimiser is not the
    probability.

    Parameters
    ----------
    gamma : float >= 0
        0 gives log loss.

    Lin et al. 2017, arXiv:1708.02002.

    Examples
    --------
    >>> loss = lb.FocalLoss(gamma=2.0)
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.0227, 0.0676])
    """

    gamma: float = 2.0

    formula: ClassVar[str] = r"S(1, p) = -(1 - p)^\gamma \log p"
    reference: ClassVar[str] = "lin2017focal"
    elsewhere: ClassVar[dict[str, str]] = {
        "PyTorch": "torchvision.ops.sigmoid_focal_loss",
        "Keras": "BinaryFocalCrossentropy",
    }

    def __post_init__(self) -> None:
        check_parameter(self, "gamma", NONNEGATIVE)

    @property
    def functional(self) -> Functional:
        return Mean() if self.gamma == 0 else Mode()

    @property
    def convex(self) -> bool:
        return self.gamma == 0

    @property
    def lipschitz(self) -> float:
        # The slope tends to 1 for very wrong predictions, and is a little steeper
        # before that; the peak has no closed form.
        peak = minimize_scalar(
            lambda m: float(self.phi_prime(np.array(m))), bounds=(-30, 0)
        )
        return max(1.0, -float(peak.fun))

    def partial_score(self, q: Array) -> Array:
        # At q = 1 the loss is 0; at q = 0 it is infinite.
        return -((1 - q) ** self.gamma) * np.log(q) + 0.0

    def phi(self, m: Array) -> Array:
        return expit(-m) ** self.gamma * softplus(-m)

    def phi_prime(self, m: Array) -> Array:
        wrong = expit(-m)
        right = expit(m)
        return -(wrong**self.gamma) * (self.gamma * right * softplus(-m) + wrong)

    def phi_second(self, m: Array) -> Array:
        g, wrong, right = self.gamma, expit(-m), expit(m)
        bend = g * (g * right - wrong) * softplus(-m) + (2 * g + 1) * wrong
        return wrong**g * right * bend

    def minimizer(self, eta: float) -> float:
        if self.gamma == 0 or eta in (0.0, 0.5, 1.0):
            return super().minimizer(eta)

        def slope(f: float) -> float:
            x = np.array([f, -f])
            up, down = self.phi_prime(x)
            return float(eta * up - (1 - eta) * down)

        # The probability is drawn towards one half: the root lies between 0 and the
        # log-odds.
        return float(brentq(slope, 0.0, super().minimizer(eta), xtol=1e-13))


@dataclass(frozen=True)
class GeneralizedCrossEntropy(BinaryScore):
    """(1 - q**power) / power: between log loss (0) and absolute error (1).

    Parameters
    ----------
    q : float in (0, 1]
        The power.

    Zhang & Sabuncu 2018, arXiv:1805.07836.

    Examples
    --------
    >>> loss = lb.GeneralizedCrossEntropy(q=0.7)
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.2813, 0.4034])
    """

    q: float = 0.7

    functional: ClassVar[Functional] = Mode()
    convex: ClassVar[bool] = False
    formula: ClassVar[str] = r"S(1, p) = \frac{1 - p^q}{q}"
    reference: ClassVar[str] = "zhang2018generalized"

    def __post_init__(self) -> None:
        check_parameter(self, "q", Interval(0.0, 1.0, closed_low=False))

    @property
    def lipschitz(self) -> float:
        # The slope p**q (1 - p) peaks at p = q / (1 + q).
        return (self.q / (1 + self.q)) ** self.q / (1 + self.q)

    def partial_score(self, q: Array) -> Array:
        return (1 - q**self.q) / self.q

    def phi(self, m: Array) -> Array:
        return -np.expm1(-self.q * softplus(-m)) / self.q

    def phi_prime(self, m: Array) -> Array:
        return -np.exp(-self.q * softplus(-m)) * expit(-m)

    def phi_second(self, m: Array) -> Array:
        wrong = expit(-m)
        bend = expit(m) - self.q * wrong
        return np.exp(-self.q * softplus(-m)) * wrong * bend

    def minimizer(self, eta: float) -> float:
        log_odds = super().minimizer(eta)
        if log_odds == 0:
            return 0.0
        return log_odds / (1 - self.q) if self.q < 1 else np.copysign(np.inf, log_odds)


@dataclass(frozen=True)
class GammaDeviance(Loss):
    """2 (y/z - log(y/z) - 1) with z = exp(f), for positive amounts.

    McCullagh & Nelder 1989, chapter 8.

    Examples
    --------
    >>> loss = lb.GammaDeviance()
    >>> loss.value([1.0, 2.0], [0.5, 0.0]).round(4)
    array([0.2131, 0.6137])
    """

    functional: ClassVar[Functional] = Mean()
    link: ClassVar[Link] = LogLink()
    y_domain: ClassVar[Interval] = POSITIVE
    formula: ClassVar[str] = r"\ell(y, f) = 2\,(y e^{-f} + f - \log y - 1)"
    reference: ClassVar[str] = "mccullagh1989generalized"
    likelihood: ClassVar[str] = "gamma with constant shape"
    elsewhere: ClassVar[dict[str, str]] = {
        "scikit-learn": "mean_gamma_deviance",
        "XGBoost": "reg:gamma",
    }

    def _value(self, y: Array, f: Array) -> Array:
        gap = np.log(y) - f
        return 2 * (np.expm1(gap) - gap)

    def _gradient(self, y: Array, f: Array) -> Array:
        return -2 * np.expm1(np.log(y) - f)

    def _hessian(self, y: Array, f: Array) -> Array:
        return 2 * np.exp(np.log(y) - f)

    def _best_constant(self, y: Array, w: Array) -> float:
        return float(self.link(np.asarray(np.average(y, weights=w))))


@dataclass(frozen=True)
class TweedieDeviance(Loss):
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

    functional: ClassVar[Functional] = Mean()
    formula: ClassVar[str] = (
        r"d(y, z) = 2\Bigl(\tfrac{y^{2-p}}{(1-p)(2-p)} - \tfrac{y z^{1-p}}{1-p}"
        r" + \tfrac{z^{2-p}}{2-p}\Bigr)"
    )
    reference: ClassVar[str] = "jorgensen1987exponential"
    elsewhere: ClassVar[dict[str, str]] = {
        "scikit-learn": "mean_tweedie_deviance",
        "XGBoost": "reg:tweedie",
    }

    def __post_init__(self) -> None:
        check_parameter(self, "power", REALS)
        if not (self.power == 0 or self.power >= 1):
            raise ValueError(
                "TweedieDeviance: power must be 0 or at least 1 (no distribution lies "
                f"between); got {self.power!r}"
            )

    @property
    def _special(self) -> Loss | None:
        """The loss that this power names, where the general formula divides by 0."""
        cases: dict[float, Loss] = {
            0: SquaredError(),
            1: PoissonDeviance(),
            2: GammaDeviance(),
        }
        return cases.get(self.power)

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
    def likelihood(self) -> str:  # type: ignore[override]
        if self._special is not None:
            return self._special.likelihood
        return "compound Poisson-gamma" if self.power < 2 else "positive stable"

    def _value(self, y: Array, f: Array) -> Array:
        if self._special is not None:
            return self._special._value(y, f)
        a, b = 1 - self.power, 2 - self.power
        constant = np.where(y == 0, 0, y ** max(b, 0)) if b > 0 else y**b
        return 2 * (constant / (a * b) + self._powers(y, f, -1 / a, 1 / b))

    def _gradient(self, y: Array, f: Array) -> Array:
        if self._special is not None:
            return self._special._gradient(y, f)
        return 2 * self._powers(y, f, -1.0, 1.0)

    def _hessian(self, y: Array, f: Array) -> Array:
        if self._special is not None:
            return self._special._hessian(y, f)
        return 2 * self._powers(y, f, self.power - 1, 2 - self.power)

    def _powers(self, y: Array, f: Array, c_y: float, c_z: float) -> Array:
        """c_y * y * z**(1-power) + c_z * z**(2-power) with z = exp(f)."""
        # One exponential: y * exp(…) may overflow where the product does not.
        log_y = np.log(np.where(y == 0, 1, y))
        first = np.where(y == 0, 0, np.exp(log_y + (1 - self.power) * f))
        # Where both terms explode the first, steeper one decides.
        second = np.where(np.isinf(first), 0, np.exp((2 - self.power) * f))
        return c_y * first + c_z * second

    def _best_constant(self, y: Array, w: Array) -> float:
        return float(self.link(np.asarray(np.average(y, weights=w))))
