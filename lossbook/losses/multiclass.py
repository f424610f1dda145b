r"""Cross-entropy for several classes, edited: its price and its target.

Through the softmax a label k is given the log-probability u_k, and a price g(u_k)
replaces -u_k.  Value, gradient and curvature of every such loss follow from g and its
two derivatives, because du_k / df_j = 1{j = k} - p_j.
"""

import abc
import math
from dataclasses import dataclass, field

import numpy as np

from lossbook.base import Elsewhere, MulticlassLoss
from lossbook.functionals import Functional, Mean, Mode, Rebalanced, checked_prior
from lossbook.links import SoftmaxLink, SparsemaxLink
from lossbook.losses.probability import FocalLoss, GeneralizedCrossEntropy
from lossbook.numerics import Array, inner, log_softmax, xlogy
from lossbook.validation import (
    BELOW_ONE,
    NONNEGATIVE,
    POSITIVE,
    POSITIVE_UNIT,
    check_parameter,
    check_shape,
)


@dataclass(frozen=True)
class LogProbabilityLoss(MulticlassLoss, abstract=True):
    """A price g(u) of the log-probability u that was given to the label."""

    link = SoftmaxLink()
    response = "predict_proba"

    @abc.abstractmethod
    def price(self, u: Array) -> Array:
        """The loss of a label that was given log-probability ``u`` <= 0."""

    @abc.abstractmethod
    def price_prime(self, u: Array) -> Array:
        """Derivative of :meth:`price`."""

    @abc.abstractmethod
    def price_second(self, u: Array) -> Array:
        """Second derivative of :meth:`price`."""

    def _log_pull(self, u: Array) -> Array:
        """log(-price_prime(u)), for prices that underflow to be overridden."""
        return np.log(-self.price_prime(u))

    def _minimizer(self, eta: Array) -> Array:
        """Probabilities with the least expected loss where the true ones are ``eta``.

        ``eta`` is positive and sums to one.  Every price is convex in the probability
        p, so at the minimum eta times the slope in p is the same for all classes.
        """
        from scipy.optimize import brentq  # slow to import, seldom needed

        shares, of_class, times = np.unique(
            eta, return_inverse=True, return_counts=True
        )

        def log_slope(u: Array) -> Array:
            return np.log(shares) + self._log_pull(u) - u

        def solution(level: float) -> Array:
            """The u at which the slopes, which fall in u, are at the level."""
            low, high = np.full_like(shares, -800), np.zeros_like(shares)
            for _ in range(64):
                middle = (low + high) / 2
                steep = log_slope(middle) > level
                low, high = np.where(steep, middle, low), np.where(steep, high, middle)
            return low

        # Where all classes have 1/K, some want more and some want less.
        equal = log_slope(np.full_like(shares, -math.log(len(eta))))
        level = brentq(
            lambda level: times @ np.exp(solution(level)) - 1,
            equal.min() - 1,
            equal.max() + 1,
        )
        p = np.exp(solution(level))[of_class]
        return p / p.sum()

    def _value(self, y: Array, f: Array) -> Array:
        return inner(y, self.price(log_softmax(f)))

    def _gradient(self, y: Array, f: Array) -> Array:
        u = log_softmax(f)
        pull = y * self.price_prime(u)
        return pull - np.exp(u) * pull.sum(axis=1, keepdims=True)

    def _hessian(self, y: Array, f: Array) -> Array:
        u = log_softmax(f)
        p = np.exp(u)
        pull, bend = y * self.price_prime(u), y * self.price_second(u)
        total = pull.sum(axis=1, keepdims=True), bend.sum(axis=1, keepdims=True)
        return bend * (1 - 2 * p) + np.square(p) * total[1] - p * (1 - p) * total[0]

    def _at_prediction(self, y: Array, z: Array) -> Array:
        return inner(y, self.price(np.log(z)))

    def _best_constant(self, y: np.ndarray, w: np.ndarray | None) -> Array:
        eta = self._proportions(y, w)
        # A class that never occurs gets no probability.
        best = np.zeros(len(eta))
        best[eta > 0] = self._minimizer(eta[eta > 0])
        return best


@dataclass(frozen=True)
class CategoricalCrossEntropy(MulticlassLoss):
    """-log p_y with p = softmax(f): log loss for K classes.

    Good 1952, doi:10.1111/j.2517-6161.1952.tb00104.x.

    Examples
    --------
    >>> loss = lb.CategoricalCrossEntropy()
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([0.5514, 0.6803])
    """

    title = "categorical cross-entropy"
    symbols = {}
    link = SoftmaxLink()
    response = "predict_proba"
    functional = Mean()
    convex = True
    smooth = True
    kinks = ()
    lipschitz = math.sqrt(2)
    formula = r"\ell(y, f) = \log \sum_k e^{f_k} - \sum_k y_k f_k"
    reference = "good1952rational"
    likelihood = "categorical"
    elsewhere = (
        Elsewhere(
            "scikit-learn",
            "log_loss",
            "probabilities are clipped at the rounding unit of their dtype",
        ),
        Elsewhere("PyTorch", "CrossEntropyLoss", ""),
        Elsewhere("Keras", "CategoricalCrossentropy(from_logits=True)", ""),
        Elsewhere("XGBoost", "multi:softprob", "the hessian is doubled"),
        Elsewhere("LightGBM", "multiclass", "the hessian is multiplied by K / (K - 1)"),
    )

    def _value(self, y: Array, f: Array) -> Array:
        # Subtracting the largest entry first keeps confident rows exact.
        f = f - f.max(axis=1, keepdims=True)
        return np.log(np.exp(f).sum(axis=1)) - inner(y, f)

    def _gradient(self, y: Array, f: Array) -> Array:
        return self.link._inverse(f) - y

    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        f = f - f.max(axis=1, keepdims=True)
        p = np.exp(f)
        total = p.sum(axis=1)
        p /= total[:, None]
        return np.log(total) - inner(y, f), p - y

    def _hessian(self, y: Array, f: Array) -> Array:
        return self.link._slope(f)

    def _at_prediction(self, y: Array, z: Array) -> Array:
        return -xlogy(y, z).sum(axis=1)


@dataclass(frozen=True)
class SparsemaxLoss(MulticlassLoss):
    """The loss whose prediction is the projection of f onto the simplex.

    Zero, with zero gradient, once the true class leads by a margin of 1.
    Martins & Astudillo 2016, arXiv:1602.02068.

    Examples
    --------
    >>> loss = lb.SparsemaxLoss()
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([0.    , 0.0625])
    """

    title = "sparsemax loss"
    symbols = {}
    link = SparsemaxLink()
    response = "predict_proba"
    functional = Mean()
    convex = True
    smooth = True
    kinks = ()
    lipschitz = math.sqrt(2)
    formula = (
        r"\ell(y, f) = \tfrac12 + \max_{p \in \Delta}"
        r"\bigl(p^\top f - \tfrac12 \lVert p \rVert^2\bigr) - y^\top f"
    )
    reference = "martins2016softmax"
    likelihood = ""
    elsewhere = (Elsewhere("entmax", "SparsemaxLoss", ""),)

    def _value(self, y: Array, f: Array) -> Array:
        # p'f - y'f is computed from the differences to the largest entry, which stay
        # small where p does not vanish.
        f = f - f.max(axis=1, keepdims=True)
        p = self.link._inverse(f)
        return (1 - np.square(p).sum(axis=1)) / 2 + inner(p, f) - inner(y, f)

    def _gradient(self, y: Array, f: Array) -> Array:
        return self.link._inverse(f) - y

    def _hessian(self, y: Array, f: Array) -> Array:
        return self.link._slope(f)


@dataclass(frozen=True)
class CategoricalFocalLoss(LogProbabilityLoss):
    """-(1 - p_y)**gamma log p_y with p = softmax(f): confident samples turned down.

    It finds the most probable class; for gamma > 0 it is not proper.

    Parameters
    ----------
    gamma : float >= 0
        0 gives cross-entropy; with two classes it is :class:`FocalLoss` of the
        difference of the raw predictions.

    Lin et al. 2017, arXiv:1708.02002; Charoenphakdee et al. 2021, arXiv:2011.09172.

    Examples
    --------
    >>> loss = lb.CategoricalFocalLoss(gamma=2.0)
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([0.0991, 0.1657])
    """

    gamma: float = field(default=2.0, metadata={"domain": NONNEGATIVE})

    title = "categorical focal loss"
    symbols = {"gamma": "γ"}
    smooth = True
    kinks = ()
    formula = r"\ell(y, f) = -(1 - p_y)^\gamma \log p_y"
    reference = "lin2017focal"
    likelihood = ""
    elsewhere = (
        Elsewhere(
            "Keras",
            "CategoricalFocalCrossentropy",
            "times alpha, 0.25 by default",
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
        return math.sqrt(2) * FocalLoss(self.gamma).lipschitz

    def price(self, u: Array) -> Array:
        return (-np.expm1(u)) ** self.gamma * -u + 0.0

    def price_prime(self, u: Array) -> Array:
        wrong = -np.expm1(u)
        return -(wrong**self.gamma) * (self.gamma * np.exp(u) * _ratio(u, wrong) + 1)

    def _log_pull(self, u: Array) -> Array:
        wrong = -np.expm1(u)
        slope = np.log1p(self.gamma * np.exp(u) * _ratio(u, wrong))
        return self.gamma * np.log(wrong) + slope

    def price_second(self, u: Array) -> Array:
        g, p, wrong = self.gamma, np.exp(u), -np.expm1(u)
        # exp(u) u, which is zero far out.
        bend = 2 * p + p * np.maximum(u, -1e3) + (g - 1) * p * p * _ratio(u, wrong)
        power = np.where(wrong == 0, 1, wrong) ** (g - 1)
        return np.where(wrong == 0, 0, g * power * bend)


@dataclass(frozen=True)
class CategoricalGeneralizedCrossEntropy(LogProbabilityLoss):
    """(1 - p_y**q) / q with p = softmax(f), between log loss and absolute error.

    At q = 1 it is half the absolute error of the probabilities, which uniform label
    noise does not move.

    Parameters
    ----------
    q : float in (0, 1]
        With two classes it is :class:`GeneralizedCrossEntropy` of the difference of
        the raw predictions.

    Zhang & Sabuncu 2018, arXiv:1805.07836.

    Examples
    --------
    >>> loss = lb.CategoricalGeneralizedCrossEntropy(q=0.7)
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([0.4575, 0.5412])
    """

    q: float = field(default=0.7, metadata={"domain": POSITIVE_UNIT})

    title = "categorical generalized cross-entropy"
    symbols = {}
    functional = Mode()
    convex = False
    smooth = True
    kinks = ()
    formula = r"\ell(y, f) = \frac{1 - p_y^q}{q}"
    reference = "zhang2018generalized"
    likelihood = ""
    elsewhere = ()

    @property
    def lipschitz(self) -> float:
        return math.sqrt(2) * GeneralizedCrossEntropy(self.q).lipschitz

    def price(self, u: Array) -> Array:
        return -np.expm1(self.q * u) / self.q

    def price_prime(self, u: Array) -> Array:
        return -np.exp(self.q * u)

    def price_second(self, u: Array) -> Array:
        return -self.q * np.exp(self.q * u)

    def _minimizer(self, eta: Array) -> Array:
        if self.q == 1:
            largest = eta == eta.max()
            return largest / largest.sum()
        p = np.exp((np.log(eta) - np.log(eta.max())) / (1 - self.q))
        return p / p.sum()


@dataclass(frozen=True)
class SymmetricCrossEntropy(LogProbabilityLoss):
    """alpha * cross-entropy + beta * cross-entropy with the arguments exchanged.

    The logarithm of the labels in the second is cut off at -4, which makes it
    4 (1 - p_y): twice the absolute error of the probabilities.

    Parameters
    ----------
    alpha : float > 0
        Weight of -log p_y.
    beta : float >= 0
        Weight of 4 (1 - p_y).

    Wang et al. 2019, arXiv:1908.06112.

    Examples
    --------
    >>> loss = lb.SymmetricCrossEntropy(alpha=0.1, beta=1.0)
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([1.7507, 2.0421])
    """

    alpha: float = field(default=0.1, metadata={"domain": POSITIVE})
    beta: float = field(default=1.0, metadata={"domain": NONNEGATIVE})

    title = "symmetric cross-entropy"
    symbols = {"alpha": "α"}
    smooth = True
    kinks = ()
    formula = r"\ell(y, f) = -\alpha \log p_y + 4\beta\,(1 - p_y)"
    reference = "wang2019symmetric"
    likelihood = ""
    elsewhere = ()

    @property
    def functional(self) -> Functional:
        return Mean() if self.beta == 0 else Mode()

    @property
    def convex(self) -> bool:
        return self.beta == 0

    @property
    def lipschitz(self) -> float:
        # (alpha + 4 beta p) (1 - p) is largest at 0 or between.
        a, b = self.alpha, 4 * self.beta
        return math.sqrt(2) * (a if b <= a else (a + b) ** 2 / (4 * b))

    def price(self, u: Array) -> Array:
        return -self.alpha * u - 4 * self.beta * np.expm1(u)

    def price_prime(self, u: Array) -> Array:
        return -self.alpha - 4 * self.beta * np.exp(u)

    def price_second(self, u: Array) -> Array:
        return -4 * self.beta * np.exp(u)


@dataclass(frozen=True)
class SmoothedCrossEntropy(MulticlassLoss):
    """Cross-entropy against (1 - epsilon) y + epsilon / K: label smoothing.

    It asks for the smoothed probabilities (1 - epsilon) eta + epsilon / K.

    Parameters
    ----------
    epsilon : float in [0, 1)
        0 gives cross-entropy.

    Szegedy et al. 2016, arXiv:1512.00567.

    Examples
    --------
    >>> loss = lb.SmoothedCrossEntropy(epsilon=0.1)
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([0.6181, 0.7303])
    """

    epsilon: float = field(default=0.1, metadata={"domain": BELOW_ONE})

    title = "smoothed cross-entropy"
    symbols = {"epsilon": "ε"}
    link = SoftmaxLink()
    response = "predict_proba"
    convex = True
    smooth = True
    kinks = ()
    formula = (
        r"\ell(y, f) = -(1 - \varepsilon) \log p_y"
        r" - \frac{\varepsilon}{K} \sum_k \log p_k"
    )
    reference = "szegedy2016rethinking"
    likelihood = ""
    elsewhere = (
        Elsewhere("PyTorch", "CrossEntropyLoss(label_smoothing=epsilon)", ""),
        Elsewhere("Keras", "CategoricalCrossentropy(label_smoothing=epsilon)", ""),
    )

    @property
    def functional(self) -> Functional:
        return Mean() if self.epsilon == 0 else Mode()

    @property
    def lipschitz(self) -> float:
        # The supremum over the number of classes: all but a certain wrong class of
        # many, or of two.
        many = 1 + (1 - self.epsilon) ** 2
        return math.sqrt(max(many, 2 * (1 - self.epsilon / 2) ** 2))

    def smoothed(self, y: Array) -> Array:
        """The target that rows of proportions become."""
        return (1 - self.epsilon) * y + self.epsilon / y.shape[1]

    def _value(self, y: Array, f: Array) -> Array:
        return _CROSS_ENTROPY._value(self.smoothed(y), f)

    def _gradient(self, y: Array, f: Array) -> Array:
        return _CROSS_ENTROPY._gradient(self.smoothed(y), f)

    def _hessian(self, y: Array, f: Array) -> Array:
        return _CROSS_ENTROPY._hessian(y, f)

    def _at_prediction(self, y: Array, z: Array) -> Array:
        return _CROSS_ENTROPY._at_prediction(self.smoothed(y), z)

    def _best_constant(self, y: np.ndarray, w: np.ndarray | None) -> Array:
        return self.smoothed(self._proportions(y, w)[None])[0]


@dataclass(frozen=True)
class LogitAdjustedCrossEntropy(MulticlassLoss):
    """Cross-entropy of f + tau log(prior): it asks for rebalanced probabilities.

    A class that is rare in training is not rare in the answer: softmax(f) are the
    probabilities of a world in which all classes are equally frequent (tau = 1).

    Parameters
    ----------
    prior : tuple of float
        The frequency of each class in training, all positive; they sum to one.
    tau : float >= 0
        0 gives cross-entropy.

    Menon et al. 2021, arXiv:2007.07314.

    Examples
    --------
    >>> loss = lb.LogitAdjustedCrossEntropy(prior=(0.5, 0.3, 0.2))
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([0.3133, 1.0401])
    """

    prior: tuple[float, ...]
    tau: float = 1.0

    title = "logit-adjusted cross-entropy"
    symbols = {"prior": "π", "tau": "τ"}
    link = SoftmaxLink()
    response = "predict_proba"
    convex = True
    smooth = True
    kinks = ()
    lipschitz = math.sqrt(2)
    formula = (
        r"\ell(y, f) = \log \sum_k \pi_k^\tau e^{f_k}"
        r" - \sum_k y_k (f_k + \tau \log \pi_k)"
    )
    reference = "menon2021longtail"
    likelihood = "categorical"
    elsewhere = ()

    def __post_init__(self) -> None:
        check_parameter(self, "tau", NONNEGATIVE)
        object.__setattr__(self, "prior", checked_prior(self, self.prior))

    @property
    def functional(self) -> Functional:
        return Rebalanced(self.prior, self.tau)

    def _check_shapes(self, y: np.ndarray, f: np.ndarray, name: str) -> None:
        super()._check_shapes(y, f, name)
        k = len(self.prior)
        wanted = f"(n, {k}), a column for each of the {k} classes of the prior"
        check_shape(self, name, f, f.shape[1] == k, wanted)

    def _adjusted(self, f: Array) -> Array:
        shift = self.tau * np.log(np.array(self.prior))
        return f + shift.astype(f.dtype)

    def _value(self, y: Array, f: Array) -> Array:
        return _CROSS_ENTROPY._value(y, self._adjusted(f))

    def _gradient(self, y: Array, f: Array) -> Array:
        return _CROSS_ENTROPY._gradient(y, self._adjusted(f))

    def _hessian(self, y: Array, f: Array) -> Array:
        return _CROSS_ENTROPY._hessian(y, self._adjusted(f))

    def _best_constant(self, y: np.ndarray, w: np.ndarray | None) -> Array:
        if y.ndim == 2:
            self._check_shapes(y, y, "y_true")
        eta = self._proportions(y, w, len(self.prior))
        return Rebalanced(self.prior, self.tau).solve(eta)


_CROSS_ENTROPY = CategoricalCrossEntropy()


def _ratio(u: Array, wrong: Array) -> Array:
    """-u / (1 - exp(u)), which tends to 1 at u = 0."""
    return np.where(wrong == 0, 1, -u / np.where(wrong == 0, 1, wrong))
