r"""Losses of the margin m = (2y - 1) f: binary classification.

A positive margin is a correct sign.  What the population minimiser tells of
eta = P(Y = 1) differs: some losses reveal the probability through a link, others only
on which side of one half it lies, and one reveals nothing.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lossbook.base import BinaryLoss
from lossbook.functionals import Functional, Mean, Mode
from lossbook.links import HalfLogitLink, Link, LogitLink, SignedLink
from lossbook.numerics import Array, expit, expit_slope, softplus


@dataclass(frozen=True)
class MarginLoss(BinaryLoss):
    """A surrogate phi(m) of the error rate."""


@dataclass(frozen=True)
class _ProbabilityLoss(MarginLoss):
    """A margin loss whose minimiser is the link of the probability."""

    functional: ClassVar[Functional] = Mean()

    def minimizer(self, eta: float) -> float:
        return float(self.link(np.asarray(eta)))


@dataclass(frozen=True)
class _LabelLoss(MarginLoss):
    """A margin loss whose minimiser reveals only the more probable label."""

    functional: ClassVar[Functional] = Mode()

    def minimizer(self, eta: float) -> float:
        return float(np.sign(2 * eta - 1))


@dataclass(frozen=True)
class ZeroOneLoss(_LabelLoss):
    """1 if the margin is not positive: the error rate.

    A raw prediction of exactly 0 takes no side and is wrong for both labels.

    Examples
    --------
    >>> loss = lb.ZeroOneLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0., 0.])
    """

    convex: ClassVar[bool] = False
    smooth: ClassVar[bool] = False
    kinks: ClassVar[tuple[float, ...]] = (0.0,)
    formula: ClassVar[str] = r"\varphi(m) = \mathbb{1}\{m \le 0\}"
    reference: ClassVar[str] = "bartlett2006convexity"
    elsewhere: ClassVar[dict[str, str]] = {"scikit-learn": "zero_one_loss"}

    def phi(self, m: Array) -> Array:
        return (m <= 0).astype(m.dtype)

    def phi_prime(self, m: Array) -> Array:
        return np.zeros_like(m)

    def phi_second(self, m: Array) -> Array:
        return np.zeros_like(m)

    def minimizer(self, eta: float) -> float:
        # At one half both sides are equally good, but taking none is worse.
        return 1.0 if eta > 0.5 else -1.0


@dataclass(frozen=True)
class HingeLoss(_LabelLoss):
    """max(1 - m, 0), the loss of the support vector machine.

    Cortes & Vapnik 1995, doi:10.1007/BF00994018.

    Examples
    --------
    >>> loss = lb.HingeLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0. , 0.5])
    """

    smooth: ClassVar[bool] = False
    kinks: ClassVar[tuple[float, ...]] = (1.0,)
    lipschitz: ClassVar[float] = 1.0
    formula: ClassVar[str] = r"\varphi(m) = \max(1 - m, 0)"
    reference: ClassVar[str] = "cortes1995support"
    elsewhere: ClassVar[dict[str, str]] = {
        "scikit-learn": 'hinge_loss, SGDClassifier(loss="hinge")',
        "Keras": "Hinge",
        "XGBoost": "binary:hinge",
    }

    def phi(self, m: Array) -> Array:
        return np.maximum(1 - m, 0)

    def phi_prime(self, m: Array) -> Array:
        return -(m < 1).astype(m.dtype)

    def phi_second(self, m: Array) -> Array:
        return np.zeros_like(m)


@dataclass(frozen=True)
class SquaredHingeLoss(_ProbabilityLoss):
    """max(1 - m, 0)**2: the minimiser is 2 eta - 1.

    Examples
    --------
    >>> loss = lb.SquaredHingeLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.  , 0.25])
    """

    link: ClassVar[Link] = SignedLink()
    kinks: ClassVar[tuple[float, ...]] = (1.0,)
    formula: ClassVar[str] = r"\varphi(m) = \max(1 - m, 0)^2"
    reference: ClassVar[str] = "zhang2004statistical"
    elsewhere: ClassVar[dict[str, str]] = {
        "scikit-learn": 'LinearSVC, SGDClassifier(loss="squared_hinge")',
        "Keras": "SquaredHinge",
    }

    def phi(self, m: Array) -> Array:
        return np.square(np.maximum(1 - m, 0))

    def phi_prime(self, m: Array) -> Array:
        return -2 * np.maximum(1 - m, 0)

    def phi_second(self, m: Array) -> Array:
        return 2 * (m <= 1).astype(m.dtype)


@dataclass(frozen=True)
class PerceptronLoss(MarginLoss):
    """max(-m, 0): zero for every correct sign, so f = 0 is always a minimiser.

    Rosenblatt 1958, doi:10.1037/h0042519.

    Examples
    --------
    >>> loss = lb.PerceptronLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0., 0.])
    """

    functional: ClassVar[None] = None
    smooth: ClassVar[bool] = False
    kinks: ClassVar[tuple[float, ...]] = (0.0,)
    lipschitz: ClassVar[float] = 1.0
    formula: ClassVar[str] = r"\varphi(m) = \max(-m, 0)"
    reference: ClassVar[str] = "rosenblatt1958perceptron"
    elsewhere: ClassVar[dict[str, str]] = {
        "scikit-learn": 'SGDClassifier(loss="perceptron")'
    }

    def phi(self, m: Array) -> Array:
        return np.maximum(-m, 0)

    def phi_prime(self, m: Array) -> Array:
        return -(m < 0).astype(m.dtype)

    def phi_second(self, m: Array) -> Array:
        return np.zeros_like(m)

    def minimizer(self, eta: float) -> float:
        return 0.0


@dataclass(frozen=True)
class ExponentialLoss(_ProbabilityLoss):
    """exp(-m), the loss of AdaBoost: the minimiser is half the log-odds.

    Friedman, Hastie & Tibshirani 2000, doi:10.1214/aos/1016218223.

    Examples
    --------
    >>> loss = lb.ExponentialLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.3679, 0.6065])
    """

    link: ClassVar[Link] = HalfLogitLink()
    formula: ClassVar[str] = r"\varphi(m) = e^{-m}"
    reference: ClassVar[str] = "friedman2000additive"
    elsewhere: ClassVar[dict[str, str]] = {
        "scikit-learn": 'GradientBoostingClassifier(loss="exponential")'
    }

    def phi(self, m: Array) -> Array:
        return np.exp(-m)

    def phi_prime(self, m: Array) -> Array:
        return -np.exp(-m)

    def phi_second(self, m: Array) -> Array:
        return np.exp(-m)


@dataclass(frozen=True)
class LogisticLoss(_ProbabilityLoss):
    """log(1 + exp(-m)): the minimiser is the log-odds.

    The same number as :class:`lossbook.BinaryCrossEntropy`, seen as a margin loss.

    Examples
    --------
    >>> loss = lb.LogisticLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.3133, 0.4741])
    """

    link: ClassVar[Link] = LogitLink()
    lipschitz: ClassVar[float] = 1.0
    formula: ClassVar[str] = r"\varphi(m) = \log(1 + e^{-m})"
    reference: ClassVar[str] = "friedman2000additive"
    likelihood: ClassVar[str] = "Bernoulli"
    elsewhere: ClassVar[dict[str, str]] = {
        "scikit-learn": 'SGDClassifier(loss="log_loss")',
        "PyTorch": "SoftMarginLoss",
    }

    def phi(self, m: Array) -> Array:
        return softplus(-m)

    def phi_prime(self, m: Array) -> Array:
        return -expit(-m)

    def phi_second(self, m: Array) -> Array:
        return expit_slope(m)


@dataclass(frozen=True)
class ModifiedHuberLoss(_ProbabilityLoss):
    """max(1 - m, 0)**2 for m >= -1, then straight on with slope -4.

    Zhang 2004, doi:10.1145/1015330.1015332.

    Examples
    --------
    >>> loss = lb.ModifiedHuberLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.  , 0.25])
    """

    link: ClassVar[Link] = SignedLink()
    kinks: ClassVar[tuple[float, ...]] = (-1.0, 1.0)
    lipschitz: ClassVar[float] = 4.0
    formula: ClassVar[str] = (
        r"\varphi(m) = \begin{cases} \max(1 - m, 0)^2 & m \ge -1 \\ "
        r"-4m & m < -1 \end{cases}"
    )
    reference: ClassVar[str] = "zhang2004solving"
    elsewhere: ClassVar[dict[str, str]] = {
        "scikit-learn": 'SGDClassifier(loss="modified_huber")'
    }

    def phi(self, m: Array) -> Array:
        return np.square(np.clip(1 - m, 0, 2)) + 4 * np.maximum(-1 - m, 0)

    def phi_prime(self, m: Array) -> Array:
        return -2 * np.clip(1 - m, 0, 2)

    def phi_second(self, m: Array) -> Array:
        return 2 * (np.abs(m) <= 1).astype(m.dtype)


@dataclass(frozen=True)
class RampLoss(_LabelLoss):
    """(1 - m) / 2 cut off at 0 and 1: bounded, and phi(m) + phi(-m) = 1.

    Collobert, Sinz, Weston & Bottou 2006, doi:10.1145/1143844.1143870.

    Examples
    --------
    >>> loss = lb.RampLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.  , 0.25])
    """

    convex: ClassVar[bool] = False
    smooth: ClassVar[bool] = False
    kinks: ClassVar[tuple[float, ...]] = (-1.0, 1.0)
    lipschitz: ClassVar[float] = 0.5
    formula: ClassVar[str] = r"\varphi(m) = \min(1, \max(0, (1 - m)/2))"
    reference: ClassVar[str] = "collobert2006trading"

    def phi(self, m: Array) -> Array:
        return np.clip((1 - m) / 2, 0, 1)

    def phi_prime(self, m: Array) -> Array:
        return -(np.abs(m) < 1).astype(m.dtype) / 2

    def phi_second(self, m: Array) -> Array:
        return np.zeros_like(m)


@dataclass(frozen=True)
class SavageLoss(_ProbabilityLoss):
    """1 / (1 + exp(2 m))**2: the Brier score seen through half the log-odds.

    Masnadi-Shirazi & Vasconcelos 2008.

    Examples
    --------
    >>> loss = lb.SavageLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.0142, 0.0723])
    """

    link: ClassVar[Link] = HalfLogitLink()
    convex: ClassVar[bool] = False
    # 4 s**2 (1 - s) with s = expit(-2 m) peaks at s = 2/3.
    lipschitz: ClassVar[float] = 16 / 27
    formula: ClassVar[str] = r"\varphi(m) = \frac{1}{(1 + e^{2m})^2}"
    reference: ClassVar[str] = "masnadishirazi2008design"

    def phi(self, m: Array) -> Array:
        return np.square(expit(-2 * m))

    def phi_prime(self, m: Array) -> Array:
        return -4 * np.square(expit(-2 * m)) * expit(2 * m)

    def phi_second(self, m: Array) -> Array:
        wrong = expit(-2 * m)
        return 8 * np.square(wrong) * expit(2 * m) * (2 - 3 * wrong)


@dataclass(frozen=True)
class SigmoidLoss(_LabelLoss):
    """1 / (1 + exp(m)): bounded, smooth, and phi(m) + phi(-m) = 1.

    The minimiser is infinite: the loss only ever asks for more certainty.

    Examples
    --------
    >>> loss = lb.SigmoidLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.2689, 0.3775])
    """

    convex: ClassVar[bool] = False
    lipschitz: ClassVar[float] = 0.25
    formula: ClassVar[str] = r"\varphi(m) = \frac{1}{1 + e^{m}}"
    reference: ClassVar[str] = "bartlett2006convexity"

    def phi(self, m: Array) -> Array:
        return expit(-m)

    def phi_prime(self, m: Array) -> Array:
        return -expit_slope(m)

    def phi_second(self, m: Array) -> Array:
        return expit_slope(m) * (1 - 2 * expit(-m))

    def minimizer(self, eta: float) -> float:
        if eta == 0.5:
            return 0.0
        return float(np.copysign(np.inf, eta - 0.5))
