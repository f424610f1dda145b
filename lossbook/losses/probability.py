r"""Losses of a probability: a scoring rule seen through a link.

The binary rules score q, the probability that was given to the label that occurred;
seen through the logit, q = expit(m) for the margin m.
"""

import abc
import math
from dataclasses import dataclass, field

import numpy as np

from lossbook.base import BinaryLoss, Elsewhere
from lossbook.functionals import Functional, Mean, Mode
from lossbook.links import Link, LogitLink
from lossbook.losses.margin import LogisticForm
from lossbook.numerics import Array, expit, expit_slope, log1p, softplus, xlogy
from lossbook.validation import NONNEGATIVE, POSITIVE_UNIT


@dataclass(frozen=True)
class ProbabilityLoss(BinaryLoss, abstract=True):
    """A scoring rule of the probability q given to the observed label."""

    family = "probability"
    link = LogitLink()
    response = "predict_proba"

    @property
    def probability_link(self) -> Link | None:
        return self.link if isinstance(self.functional, Mean) else None

    @abc.abstractmethod
    def partial_score(self, q: Array) -> Array:
        """The loss when the observed label had been given probability ``q``."""

    def _minimizer(self, eta: float) -> float:
        """Of a proper rule, the probability itself."""
        return eta


@dataclass(frozen=True)
class BinaryCrossEntropy(LogisticForm, ProbabilityLoss):
    """-y log p - (1 - y) log(1 - p) with p = expit(f): log loss from logits.

    Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x.

    Examples
    --------
    >>> loss = lb.BinaryCrossEntropy()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.3133, 0.4741])
    """

    title = "binary cross-entropy"
    symbols = {}
    functional = Mean()
    convex = True
    smooth = True
    kinks = ()
    lipschitz = 1.0
    formula = r"\ell(y, f) = \log(1 + e^{f}) - y f"
    reference = "good1952rational"
    likelihood = "Bernoulli"
    elsewhere = (
        Elsewhere(
            "scikit-learn",
            "log_loss",
            "probabilities are clipped at the rounding unit of their dtype",
        ),
        Elsewhere("PyTorch", "BCEWithLogitsLoss", ""),
        Elsewhere("Keras", "BinaryCrossentropy(from_logits=True)", ""),
        Elsewhere("XGBoost", "binary:logistic", ""),
        Elsewhere("LightGBM", "binary", ""),
    )

    def partial_score(self, q: Array) -> Array:
        return -np.log(q)

    def _value(self, y: Array, f: Array) -> Array:
        return self._costs(y, f, np.exp(-np.abs(f)))

    def _gradient(self, y: Array, f: Array) -> Array:
        return self._pulls(y, f, np.exp(-np.abs(f)))

    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        tail = np.exp(-np.abs(f))
        return self._costs(y, f, tail), self._pulls(y, f, tail)

    def _costs(self, y: Array, f: Array, tail: Array) -> Array:
        # max(f, 0) - y f is exact for labels 0 and 1; softplus(f) - y f is not.
        return (np.maximum(f, 0) - y * f) + log1p(tail)

    def _pulls(self, y: Array, f: Array, tail: Array) -> Array:
        # (1 - y) p - y (1 - p): the difference p - y would lose a small 1 - p.
        # Times 1 + tail, one of p and 1 - p is 1 and the other the tail.
        up, down = np.maximum(tail, f > 0), np.maximum(tail, f < 0)
        return ((1 - y) * up - y * down) / (1 + tail)

    def _at_prediction(self, y: Array, z: Array) -> Array:
        absent = np.where(y == 1, 0, z)
        return -(xlogy(y, z) + (1 - y) * np.log1p(-absent))


@dataclass(frozen=True)
class BrierLoss(ProbabilityLoss):
    """(1 - q)**2: the squared error of a probability.

    Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.

    Examples
    --------
    >>> loss = lb.BrierLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.0723, 0.1425])
    """

    title = "Brier loss"
    symbols = {}
    functional = Mean()
    convex = False
    smooth = True
    kinks = ()
    # 2 (1 - q)**2 q peaks at q = 1/3.
    lipschitz = 8 / 27
    formula = r"S(y, p) = (y - p)^2"
    reference = "brier1950verification"
    likelihood = ""
    elsewhere = (Elsewhere("scikit-learn", "brier_score_loss", ""),)

    def partial_score(self, q: Array) -> Array:
        return np.square(1 - q)

    def _at_prediction(self, y: Array, z: Array) -> Array:
        return y * np.square(1 - z) + (1 - y) * np.square(z)

    def phi(self, m: Array) -> Array:
        return np.square(expit(-m))

    def phi_prime(self, m: Array) -> Array:
        return -2 * expit(-m) * expit_slope(m)

    def phi_second(self, m: Array) -> Array:
        wrong = expit(-m)
        return 2 * wrong * expit_slope(m) * (2 - 3 * wrong)


@dataclass(frozen=True)
class SphericalLoss(ProbabilityLoss):
    """1 - q / sqrt(q**2 + (1 - q)**2).

    Roby 1965; Gneiting & Raftery 2007, doi:10.1198/016214506000001437.

    Examples
    --------
    >>> loss = lb.SphericalLoss()
    >>> loss.value([0, 1], [-1.0, 0.5]).round(4)
    array([0.0615, 0.145 ])
    """

    title = "spherical loss"
    symbols = {}
    functional = Mean()
    convex = False
    smooth = True
    kinks = ()
    # sqrt(s) (1 - s) with s = expit(2 m) peaks at s = 1/3.
    lipschitz = 2 / (3 * math.sqrt(3))
    formula = r"S(1, p) = 1 - \frac{p}{\sqrt{p^2 + (1 - p)^2}}"
    reference = "gneiting2007strictly"
    likelihood = ""
    elsewhere = ()

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
class FocalLoss(ProbabilityLoss):
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

    gamma: float = field(default=2.0, metadata={"domain": NONNEGATIVE})

    title = "focal loss"
    symbols = {"gamma": "γ"}
    smooth = True
    kinks = ()
    formula = r"S(1, p) = -(1 - p)^\gamma \log p"
    reference = "lin2017focal"
    likelihood = ""
    elsewhere = (
        Elsewhere(
            "torchvision",
            "ops.sigmoid_focal_loss",
            "times alpha (0.25) or 1 - alpha; soft labels are mixed before the power",
        ),
        Elsewhere(
            "Keras",
            "BinaryFocalCrossentropy",
            "probabilities are clipped at 1e-7",
        ),
    )

    @property
    def functional(self) -> Functional:
        return Mean() if self.gamma == 0 else Mode()

    @property
    def convex(self) -> bool:
        return self.gamma == 0

    @property
    def lipschitz(self) -> float:
        from scipy.optimize import minimize_scalar  # slow to import, seldom needed

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
        wrong, right = expit(-m), expit(m)
        return -(wrong**self.gamma) * (self.gamma * right * softplus(-m) + wrong)

    def phi_second(self, m: Array) -> Array:
        g, wrong, right = self.gamma, expit(-m), expit(m)
        bend = g * (g * right - wrong) * softplus(-m) + (2 * g + 1) * wrong
        return wrong**g * right * bend

    def _minimizer(self, eta: float) -> float:
        if self.gamma == 0 or eta in (0.0, 0.5, 1.0):
            return eta

        from scipy.optimize import brentq  # slow to import, seldom needed

        log_odds = float(self.link(eta))

        def balance(f: float) -> float:
            """log of the pull of the zeros over that of the ones: no underflow."""
            m = np.array([-f, f])
            slope = self.gamma * expit(m) * softplus(-m) + expit(-m)
            zeros, ones = np.log(slope) - self.gamma * softplus(m)
            return float(zeros - ones - log_odds)

        # The probability is drawn towards one half: the root lies between 0 and the
        # log-odds.
        most = abs(log_odds) + 1
        f = brentq(balance, -most, most, xtol=1e-13)
        return float(self.link.inverse(f))


@dataclass(frozen=True)
class GeneralizedCrossEntropy(ProbabilityLoss):
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

    q: float = field(default=0.7, metadata={"domain": POSITIVE_UNIT})

    title = "generalized cross-entropy"
    symbols = {}
    functional = Mode()
    convex = False
    smooth = True
    kinks = ()
    formula = r"S(1, p) = \frac{1 - p^q}{q}"
    reference = "zhang2018generalized"
    likelihood = ""
    elsewhere = ()

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
        return np.exp(-self.q * softplus(-m)) * wrong * (expit(m) - self.q * wrong)

    def _minimizer(self, eta: float) -> float:
        if eta == 0.5 or self.q == 1:
            return float(np.heaviside(eta - 0.5, 0.5))
        return float(self.link.inverse(self.link(eta) / (1 - self.q)))
