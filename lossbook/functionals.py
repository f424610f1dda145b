"""What a loss can ask for: the mean, a quantile, an expectile, the mode, …

A functional sends a distribution to a number; here the distribution is a weighted
sample.  ``identification(y, z)`` is the function V whose expectation over y is zero
exactly when z is the functional, negative below it and positive above it (Osband
1985; Gneiting 2011, doi:10.1198/jasa.2011.r10138).
"""

import abc
import math
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from lossbook.numerics import Array, blocks
from lossbook.validation import (
    NONNEGATIVE,
    OPEN_UNIT,
    POSITIVE,
    REALS,
    Checked,
    Named,
    as_numeric,
    check_as_given,
    check_instance,
    check_parameter,
    check_shape,
    check_values,
    sum_slack,
    weight_unit,
    whole_sample,
)


def weighted_mean(
    y: np.ndarray,
    w: np.ndarray | None = None,
    formula: Callable[[Array], Array] | None = None,
) -> Any:
    """sum(w * formula(y)) / sum(w) over a checked sample, block by block, in float64.

    Weights of None are ones.  The mean of rows is a row.
    """
    unit = 1.0 if w is None else weight_unit(w)
    total: Any = 0.0
    total_weight = 0.0
    for rows in blocks(len(y), y[0].size):
        part: Array = y[rows].astype(np.float64, copy=False)
        if formula is not None:
            part = formula(part)
        if w is not None:
            weight = w[rows].astype(np.float64, copy=False) / unit
            part = (part.T * weight).T
        total = total + part.sum(axis=0)
        total_weight += len(part) if w is None else float(weight.sum())
    return total / total_weight


def in_order(y: np.ndarray, w: np.ndarray | None) -> tuple[Array, Array | None]:
    """A copy of a checked sample, sorted, with its weights; no weights stay None."""
    if w is None:
        y = y.astype(np.float64)
        y.sort()
        return y, None
    y, w = whole_sample(y, w)
    order = np.argsort(y, kind="stable")
    y[:] = y[order]
    w[:] = w[order]
    return y, w


def total(w: Array, values: Array) -> float:
    """sum(w * values), without the threads of w @ values (see check_values)."""
    return float(np.einsum("i,i->", w, values))


@runtime_checkable
class Influence(Protocol):
    """What a residual loss is to its M-location."""

    def rho_prime(self, r: Array) -> Array:
        """The influence of a residual."""

    def best_constant(
        self, y_true: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float | Array:
        """Where the influences of a sample balance."""


@runtime_checkable
class Noise(Protocol):
    """What a noise model is to the class probabilities before it."""

    def _before(self, labels: Array) -> Array:
        """Class probabilities behind those of the labels, shape (K,)."""


class Functional(Checked, abc.ABC):
    """A number (or vector of class proportions) that summarises a distribution.

    Attributes
    ----------
    formula : str
        LaTeX of what is elicited.
    words : str
        The same in words.
    shapes : tuple of str
        Of the sample: (n,) for numbers, (n, K) for rows of class proportions.
    """

    formula: ClassVar[Any]
    words: ClassVar[Any]
    shapes: ClassVar[tuple[str, ...]] = ("(n,)",)

    def __call__(
        self, y: Array, sample_weight: Array | None = None
    ) -> float | np.floating | Array:
        """The functional of the weighted sample ``y``, of one of the ``shapes``."""
        sample, weight = check_as_given(self, y, sample_weight)
        fits = ("(n,)", "(n, K)")[sample.ndim - 1] in self.shapes
        check_shape(self, "y", sample, fits, " or ".join(self.shapes))
        return self._of_sample(sample, weight)

    @abc.abstractmethod
    def _of_sample(
        self, y: np.ndarray, w: np.ndarray | None
    ) -> float | np.floating | Array:
        """The functional of a checked sample, of any dtype; no weights are ones."""


class Identifiable(Functional):
    """A functional that is the root of an expected identification function."""

    @abc.abstractmethod
    def identification(self, y: Array, z: Array) -> Array:
        """V(y, z); its mean over y crosses zero upwards at the functional."""


@dataclass(frozen=True)
class Mean(Identifiable):
    """E[Y]; for labels, the class probabilities.

    Examples
    --------
    >>> float(lb.Mean()([1.0, 2.0, 9.0]))
    4.0
    """

    formula: ClassVar[str] = r"\mathbb{E}[Y]"
    words: ClassVar[str] = "the mean"
    shapes: ClassVar[tuple[str, ...]] = ("(n,)", "(n, K)")

    def _of_sample(self, y: np.ndarray, w: np.ndarray | None) -> float | Array:
        return weighted_mean(y, w)

    def identification(self, y: Array, z: Array) -> Array:
        return np.asarray(z) - np.asarray(y)


@dataclass(frozen=True)
class Quantile(Identifiable):
    """The ``level``-quantile; the midpoint where it is an interval.

    Examples
    --------
    >>> lb.Quantile(level=0.5)([1.0, 2.0, 9.0])
    2.0
    """

    level: float = field(default=0.5, metadata={"domain": OPEN_UNIT})

    @property
    def formula(self) -> str:
        if self.level == 0.5:
            return r"\operatorname{median}(Y)"
        return rf"F_Y^{{-1}}({self.level:g})"

    @property
    def words(self) -> str:
        return "the median" if self.level == 0.5 else f"the {self.level:g}-quantile"

    def interval(
        self, y: Array, sample_weight: Array | None = None
    ) -> tuple[float, float]:
        """Both ends of the set of quantiles of the weighted sample."""
        return self._interval(*in_order(*check_as_given(self, y, sample_weight)))

    def _interval(self, y: Array, w: Array | None) -> tuple[float, float]:
        """Of a sorted sample; its weights are used up."""
        last = len(y) - 1
        if w is None:  # each value reaches one further
            target, slack = self.level * len(y), 1e-12 * len(y)
            low = y[max(math.ceil(target - slack) - 1, 0)]
            high = y[min(math.floor(target + slack), last)]
            return float(low), float(high)
        reached = np.cumsum(w, out=w)
        target = self.level * reached[-1]
        # Sums of weights carry rounding errors: a near tie is a tie.
        slack = 1e-12 * reached[-1]
        low = y[np.searchsorted(reached, target - slack, side="left")]
        high = y[min(np.searchsorted(reached, target + slack, side="right"), last)]
        return float(low), float(high)

    def _of_sample(self, y: np.ndarray, w: np.ndarray | None) -> float:
        return self._of_sorted(*in_order(y, w))

    def _of_sorted(self, y: Array, w: Array | None) -> float:
        low, high = self._interval(y, w)
        # Not (low + high) / 2, which overflows for huge targets.
        return low + (high - low) / 2 if low != high else low

    def identification(self, y: Array, z: Array) -> Array:
        return np.where(np.asarray(y) <= z, 1.0, 0.0) - self.level


@dataclass(frozen=True)
class BetaMedian(Identifiable):
    """The median when each value is weighted by y**beta, for positive values.

    -1 is what absolute percentage error asks for (Gneiting 2011, section 3.3).

    Examples
    --------
    >>> lb.functionals.BetaMedian(beta=-1)([1.0, 3.0, 3.0])
    1.0
    """

    beta: float = field(default=-1.0, metadata={"domain": REALS})

    @property
    def formula(self) -> str:
        return rf"\operatorname{{med}}^{{({self.beta:g})}}(Y)"

    @property
    def words(self) -> str:
        power = "1/y" if self.beta == -1 else f"y to the power {self.beta:g}"
        return f"the median, each value weighted by {power}"

    def _of_sample(self, y: np.ndarray, w: np.ndarray | None) -> float:
        check_values(self, "y", y, POSITIVE)
        weight: Array
        y, weight = in_order(y, np.ones(len(y)) if w is None else w)  # type: ignore[assignment]
        # Relative to the middle value, so that no power overflows.
        log_weight = np.log(y)
        log_weight -= np.median(log_weight)
        log_weight *= self.beta
        np.exp(np.minimum(log_weight, 700, out=log_weight), out=log_weight)
        log_weight *= weight
        return Quantile(0.5)._of_sorted(y, log_weight)

    def identification(self, y: Array, z: Array) -> Array:
        y = np.asarray(y)
        return np.where(y <= z, 0.5, -0.5) * y**self.beta


@dataclass(frozen=True)
class LogMean(Identifiable):
    """The z whose log(1 + z) is the mean of log(1 + Y): a geometric mean.

    Examples
    --------
    >>> round(lb.functionals.LogMean()([0.0, 8.0]), 4)
    2.0
    """

    formula: ClassVar[str] = r"e^{\mathbb{E}\log(1 + Y)} - 1"
    words: ClassVar[str] = "the geometric mean of 1 + y, less 1"

    def _of_sample(self, y: np.ndarray, w: np.ndarray | None) -> float:
        check_values(self, "y", y, NONNEGATIVE)
        return float(np.expm1(weighted_mean(y, w, np.log1p)))

    def identification(self, y: Array, z: Array) -> Array:
        return np.log1p(z) - np.log1p(y)


@dataclass(frozen=True)
class MeanVariance(Functional):
    """The mean and the variance together, an array (2,).

    The variance alone cannot be elicited; the pair can (Fissler & Ziegel 2016,
    doi:10.1214/16-AOS1439).

    Examples
    --------
    >>> lb.functionals.MeanVariance()([1.0, 2.0, 9.0]).round(4)
    array([ 4.    , 12.6667])
    """

    formula: ClassVar[str] = r"(\mathbb{E}[Y], \operatorname{Var}(Y))"
    words: ClassVar[str] = "the mean and the variance"

    def _of_sample(self, y: np.ndarray, w: np.ndarray | None) -> Array:
        mean = weighted_mean(y, w)
        return np.array([mean, weighted_mean(y, w, lambda y: np.square(y - mean))])


@dataclass(frozen=True)
class Expectile(Identifiable):
    """The z at which level * E(Y-z)+ equals (1-level) * E(z-Y)+.

    Examples
    --------
    >>> round(lb.Expectile(level=0.9)([1.0, 2.0, 9.0]), 4)
    7.6364
    """

    level: float = field(default=0.5, metadata={"domain": OPEN_UNIT})

    @property
    def formula(self) -> str:
        return rf"e_{{{self.level:g}}}(Y)"

    @property
    def words(self) -> str:
        return "the mean" if self.level == 0.5 else f"the {self.level:g}-expectile"

    def _of_sample(self, y: np.ndarray, w: np.ndarray | None) -> float:
        y, w = in_order(y, w)

        def root(k: int) -> float:
            """Where V, with k values below z, would be zero: in z it is linear."""
            low, high = 1 - self.level, self.level
            if w is None:
                pulls = low * y[:k].sum() + high * y[k:].sum()
                return float(pulls / (low * k + high * (len(y) - k)))
            pulls = low * total(w[:k], y[:k]) + high * total(w[k:], y[k:])
            return float(pulls / (low * w[:k].sum() + high * w[k:].sum()))

        # The first root that does not pass the next value is the expectile.
        k = bisect_left(range(1, len(y)), True, key=lambda k: root(k) <= y[k])
        return root(k + 1)

    def identification(self, y: Array, z: Array) -> Array:
        y = np.asarray(y)
        return np.where(y < z, 1 - self.level, self.level) * (z - y)


@dataclass(frozen=True)
class Mode(Functional):
    """The most probable value; for binary labels, the more probable label.

    It has no identification function.  Ties go to the smallest value.

    Examples
    --------
    >>> lb.Mode()([1.0, 2.0, 2.0])
    2.0
    """

    formula: ClassVar[str] = r"\operatorname{mode}(Y)"
    words: ClassVar[str] = "the more probable label"

    def _of_sample(self, y: np.ndarray, w: np.ndarray | None) -> float:
        y, w = whole_sample(y, w)
        values, which = np.unique(y, return_inverse=True)
        return float(values[np.argmax(np.bincount(which, weights=w))])


@dataclass(frozen=True)
class MLocation(Identifiable):
    """The centre z at which the influences rho'(y - z) of a residual loss balance.

    Examples
    --------
    >>> round(lb.MLocation(lb.HuberLoss())([1.0, 2.0, 9.0]), 4)
    2.0
    """

    loss: Influence

    def __post_init__(self) -> None:
        owner = Named("MLocation")
        check_instance(owner, "loss", self.loss, Influence, "HuberLoss(delta=1.0)")

    formula: ClassVar[str] = r"\arg\min_z \mathbb{E}\,\rho(Y - z)"
    words: ClassVar[str] = "the balance point of its influence"

    def _of_sample(self, y: np.ndarray, w: np.ndarray | None) -> float:
        return float(self.loss.best_constant(y, w))

    def identification(self, y: Array, z: Array) -> Array:
        return -self.loss.rho_prime(np.asarray(y) - np.asarray(z))


@dataclass(frozen=True)
class Rebalanced(Functional):
    """The class probabilities where classes had other frequencies, an array (K,).

    E[Y] over prior**tau, normalised: with tau = 1 and the frequencies of the classes
    as the prior, the probabilities in a world where all classes are equally frequent.

    Examples
    --------
    >>> lb.functionals.Rebalanced(prior=(0.9, 0.1)).solve(np.array([0.9, 0.1]))
    array([0.5, 0.5])
    """

    prior: tuple[float, ...]
    tau: float = 1.0

    formula: ClassVar[str] = r"\mathbb{E}[Y]_k\, \pi_k^{-\tau} / \textstyle\sum_j \dots"
    words: ClassVar[str] = "the probability if all classes were equally frequent"
    shapes: ClassVar[tuple[str, ...]] = ("(n, K)",)

    def _of_sample(self, y: np.ndarray, w: np.ndarray | None) -> Array:
        return self.solve(weighted_mean(y, w))

    def __post_init__(self) -> None:
        check_parameter(self, "tau", NONNEGATIVE)
        object.__setattr__(self, "prior", checked_prior(self, self.prior))

    def solve(self, probabilities: Array) -> Array:
        """What class probabilities become, shape (K,)."""
        if np.shape(probabilities) != (len(self.prior),):
            raise ValueError(
                f"{self!r}: y must have a column for each of the {len(self.prior)} "
                f"classes of the prior; got shape {np.shape(probabilities)}"
            )
        rebalanced = probabilities / np.array(self.prior) ** self.tau
        return rebalanced / rebalanced.sum()


def checked_prior(owner: object, prior: object) -> tuple[float, ...]:
    """K >= 2 positive numbers that sum to one, as a tuple."""
    named = Named(type(owner).__name__)
    p = as_numeric(named, "prior", prior)  # type: ignore[arg-type]
    fits = p.ndim == 1 and len(p) >= 2 and p.min() > 0
    if not (fits and abs(p.sum(dtype=float) - 1) <= sum_slack(p.dtype)):
        raise ValueError(
            f"{named!r}: prior must hold K >= 2 positive numbers that sum to 1; "
            f"got {prior!r}"
        )
    return tuple(p.tolist())


@dataclass(frozen=True)
class BeforeNoise(Functional):
    """The class probabilities that noise has turned into those of the labels.

    E[Y] T^-1 for rows of label proportions and the noise matrix T.  Where no class
    probabilities explain the labels exactly, those that explain them best (least
    Kullback-Leibler divergence).

    Examples
    --------
    >>> lb.BeforeNoise(lb.UniformNoise(rate=0.2)).solve(np.array([0.7, 0.3])).round(4)
    array([0.8333, 0.1667])
    """

    noise: Noise

    def __post_init__(self) -> None:
        owner = Named("BeforeNoise")
        check_instance(owner, "noise", self.noise, Noise, "UniformNoise(rate=0.1)")

    formula: ClassVar[str] = r"\mathbb{E}[Y]\,T^{-1}"
    words: ClassVar[str] = "the probability before the noise"
    shapes: ClassVar[tuple[str, ...]] = ("(n, K)",)

    def _of_sample(self, y: np.ndarray, w: np.ndarray | None) -> Array:
        return self.solve(weighted_mean(y, w))

    def solve(self, labels: Array) -> Array:
        """Class probabilities behind the probabilities of the labels, shape (K,)."""
        return self.noise._before(labels)
