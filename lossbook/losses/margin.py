r"""Losses of the margin m = (2y - 1) f: binary classification.

A positive margin is a correct sign.  What the population minimiser tells of
eta = P(Y = 1) differs: some losses reveal the probability through a link, others only
on which side of one half it lies, and one reveals nothing.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lossbook.base import BinaryLoss, Elsewhere
from lossbook.functionals import Mean, Mode
from lossbook.links import (
    HalfLogitLink,
    IdentityLink,
    LabelLink,
    Link,
    LogitLink,
    SignedLink,
)
from lossbook.numerics import Array, expit, expit_slope, softplus


@dataclass(frozen=True)
class LogisticForm(BinaryLoss, abstract=True):
    """log(1 + exp(-m)): the loss of a score, and log loss seen through the logit."""

    def phi(self, m: Array) -> Array:
        return softplus(-m)

    def phi_prime(self, m: Array) -> Array:
        return -expit(-m)

    def phi_second(self, m: Array) -> Array:
        return expit_slope(m)


@dataclass(frozen=True)
class MarginLoss(BinaryLoss, abstract=True):
    """A surrogate phi(m) of the error rate: its prediction is a score."""

    family = "margin"
    link: ClassVar[Link] = IdentityLink()
    response = "decision_function"


@dataclass(frozen=True)
class _RevealingLoss(MarginLoss, abstract=True):
    """A margin loss whose best score tells the probability, through a link."""

    functional = Mean()

    def _minimizer(self, eta: float) -> float:
        assert self.probability_link is not None
        return float(self.probability_link(eta))


@dataclass(frozen=True)
class _LabelLoss(MarginLoss, abstract=True):
    """A margin loss whose best score tells only the more probable label."""

    functional = Mode()
    probability_link = None

    def _minimizer(self, eta: float) -> float:
        return float(np.sign(2 * eta - 1))


@dataclass(frozen=True)
class ZeroOneLoss(_LabelLoss):
    """1 if the margin is not positive: the error rate.

    Its prediction is a label, 0 or 1.  A raw prediction of exactly 0 takes no side,
    is written 0.5 and is wrong for both labels.

    Examples
    --------
    >>> loss = lb.ZeroOneLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0., 0.])
    """

    title = "zero–one loss"
    symbols = {}
    link = LabelLink()
    response = "predict"
    convex = False
    smooth = False
    kinks = (0.0,)
    lipschitz = np.inf
    formula = r"\varphi(m) = \mathbb{1}\{m \le 0\}"
    reference = "bartlett2006convexity"
    likelihood = ""
    elsewhere = (Elsewhere("scikit-learn", "zero_one_loss", ""),)

    def phi(self, m: Array) -> Array:
        return (m <= 0).astype(m.dtype)

    def phi_prime(self, m: Array) -> Array:
        return np.zeros_like(m)

    def phi_second(self, m: Array) -> Array:
        return np.zeros_like(m)

    def _check_predictions(self, name: str, prediction: Array) -> None:
        super()._check_predictions(name, prediction)
        if name == "y_pred" and np.any(np.abs(prediction - 0.5) % 0.5):
            bad = prediction[np.abs(prediction - 0.5) % 0.5 != 0][0]
            raise ValueError(
                f"{self!r}: y_pred must hold labels 0 and 1, what predict returns "
                f"(0.5 where no side is taken); got {bad!s}"
            )

    def _minimizer(self, eta: float) -> float:
        # At one half both sides are equally good, but taking none is worse.
        return 1.0 if eta > 0.5 else 0.0


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

    title = "hinge loss"
    symbols = {}
    convex = True
    smooth = False
    kinks = (1.0,)
    lipschitz = 1.0
    formula = r"\varphi(m) = \max(1 - m, 0)"
    reference = "cortes1995support"
    likelihood = ""
    elsewhere = (
        Elsewhere("scikit-learn", "hinge_loss", ""),
        Elsewhere("scikit-learn", 'SGDClassifier(loss="hinge")', ""),
        Elsewhere("Keras", "Hinge", ""),
        Elsewhere("XGBoost", "binary:hinge", "it predicts labels"),
    )

    def phi(self, m: Array) -> Array:
        return np.maximum(1 - m, 0)

    def phi_prime(self, m: Array) -> Array:
        return -(m < 1).astype(m.dtype)

    def phi_second(self, m: Array) -> Array:
        return np.zeros_like(m)


@dataclass(frozen=True)
class SquaredHingeLoss(_RevealingLoss):
    """max(1 - m, 0)**2: the minimiser is 2 eta - 1.

    Examples
    --------
    >>> loss = lb.SquaredHingeLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.  , 0.25])
    """

    title = "squared hinge loss"
    symbols = {}
    probability_link = SignedLink()
    convex = True
    smooth = True
    kinks = (1.0,)
    lipschitz = np.inf
    formula = r"\varphi(m) = \max(1 - m, 0)^2"
    reference = "zhang2004statistical"
    likelihood = ""
    elsewhere = (
        Elsewhere("scikit-learn", "LinearSVC", "the sum, weighted by C"),
        Elsewhere("scikit-learn", 'SGDClassifier(loss="squared_hinge")', ""),
        Elsewhere("Keras", "SquaredHinge", ""),
    )

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

    title = "perceptron loss"
    symbols = {}
    probability_link = None
    functional = None
    convex = True
    smooth = False
    kinks = (0.0,)
    lipschitz = 1.0
    formula = r"\varphi(m) = \max(-m, 0)"
    reference = "rosenblatt1958perceptron"
    likelihood = ""
    elsewhere = (Elsewhere("scikit-learn", 'SGDClassifier(loss="perceptron")', ""),)

    def phi(self, m: Array) -> Array:
        return np.maximum(-m, 0)

    def phi_prime(self, m: Array) -> Array:
        return -(m < 0).astype(m.dtype)

    def phi_second(self, m: Array) -> Array:
        return np.zeros_like(m)

    def _minimizer(self, eta: float) -> float:
        return 0.0


@dataclass(frozen=True)
class ExponentialLoss(_RevealingLoss):
    """exp(-m), the loss of AdaBoost: the minimiser is half the log-odds.

    Friedman, Hastie & Tibshirani 2000, doi:10.1214/aos/1016218223.

    Examples
    --------
    >>> loss = lb.ExponentialLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.3679, 0.6065])
    """

    title = "exponential loss"
    symbols = {}
    probability_link = HalfLogitLink()
    convex = True
    smooth = True
    kinks = ()
    lipschitz = np.inf
    formula = r"\varphi(m) = e^{-m}"
    reference = "friedman2000additive"
    likelihood = ""
    elsewhere = (
        Elsewhere("scikit-learn", 'GradientBoostingClassifier(loss="exponential")', ""),
    )

    def phi(self, m: Array) -> Array:
        return np.exp(-m)

    def phi_prime(self, m: Array) -> Array:
        return -np.exp(-m)

    def phi_second(self, m: Array) -> Array:
        return np.exp(-m)


@dataclass(frozen=True)
class LogisticLoss(LogisticForm, _RevealingLoss):
    """log(1 + exp(-m)): the minimiser is the log-odds.

    The same number as :class:`lossbook.BinaryCrossEntropy`, seen as a margin loss.

    Examples
    --------
    >>> loss = lb.LogisticLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.3133, 0.4741])
    """

    title = "logistic loss"
    symbols = {}
    probability_link = LogitLink()
    convex = True
    smooth = True
    kinks = ()
    lipschitz = 1.0
    formula = r"\varphi(m) = \log(1 + e^{-m})"
    reference = "friedman2000additive"
    likelihood = "Bernoulli"
    elsewhere = (
        Elsewhere("scikit-learn", 'SGDClassifier(loss="log_loss")', ""),
        Elsewhere("PyTorch", "SoftMarginLoss", "labels are -1 and 1"),
    )


@dataclass(frozen=True)
class ModifiedHuberLoss(_RevealingLoss):
    """max(1 - m, 0)**2 for m >= -1, then straight on with slope -4.

    Zhang 2004, doi:10.1145/1015330.1015332.

    Examples
    --------
    >>> loss = lb.ModifiedHuberLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.  , 0.25])
    """

    title = "modified Huber loss"
    symbols = {}
    probability_link = SignedLink()
    convex = True
    smooth = True
    kinks = (-1.0, 1.0)
    lipschitz = 4.0
    formula = (
        r"\varphi(m) = \begin{cases} \max(1 - m, 0)^2 & m \ge -1 \\ "
        r"-4m & m < -1 \end{cases}"
    )
    reference = "zhang2004solving"
    likelihood = ""
    elsewhere = (Elsewhere("scikit-learn", 'SGDClassifier(loss="modified_huber")', ""),)

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

    title = "ramp loss"
    symbols = {}
    convex = False
    smooth = False
    kinks = (-1.0, 1.0)
    lipschitz = 0.5
    formula = r"\varphi(m) = \min(1, \max(0, (1 - m)/2))"
    reference = "collobert2006trading"
    likelihood = ""
    elsewhere = ()

    def phi(self, m: Array) -> Array:
        return np.clip((1 - m) / 2, 0, 1)

    def phi_prime(self, m: Array) -> Array:
        return -(np.abs(m) < 1).astype(m.dtype) / 2

    def phi_second(self, m: Array) -> Array:
        return np.zeros_like(m)


@dataclass(frozen=True)
class SavageLoss(_RevealingLoss):
    """1 / (1 + exp(2 m))**2: the Brier score seen through half the log-odds.

    Masnadi-Shirazi & Vasconcelos 2008.

    Examples
    --------
    >>> loss = lb.SavageLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.0142, 0.0723])
    """

    title = "Savage loss"
    symbols = {}
    probability_link = HalfLogitLink()
    convex = False
    smooth = True
    kinks = ()
    # 4 s**2 (1 - s) with s = expit(-2 m) peaks at s = 2/3.
    lipschitz = 16 / 27
    formula = r"\varphi(m) = \frac{1}{(1 + e^{2m})^2}"
    reference = "masnadishirazi2008design"
    likelihood = ""
    elsewhere = ()

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

    title = "sigmoid loss"
    symbols = {}
    convex = False
    smooth = True
    kinks = ()
    lipschitz = 0.25
    formula = r"\varphi(m) = \frac{1}{1 + e^{m}}"
    reference = "bartlett2006convexity"
    likelihood = ""
    elsewhere = ()

    def phi(self, m: Array) -> Array:
        return expit(-m)

    def phi_prime(self, m: Array) -> Array:
        return -expit_slope(m)

    def phi_second(self, m: Array) -> Array:
        return expit_slope(m) * (1 - 2 * expit(-m))

    def _minimizer(self, eta: float) -> float:
        return 0.0 if eta == 0.5 else float(np.copysign(np.inf, eta - 0.5))
