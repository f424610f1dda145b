r"""Losses of the residual r = y - f: regression.

Each class gives rho(r), its derivative (the influence of an observation) and its
second derivative.  All elicit a location of the target: the mean, a quantile, an
expectile, or the point where the forces rho'(r) balance.
"""

import abc
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from lossbook.base import Elsewhere, PointwiseLoss
from lossbook.functionals import (
    Expectile,
    Functional,
    Mean,
    MLocation,
    Quantile,
    total,
    weighted_mean,
)
from lossbook.links import IdentityLink
from lossbook.numerics import Array, blocks, hypot, log1p, log1p_square
from lossbook.validation import (
    NONNEGATIVE,
    OPEN_UNIT,
    POSITIVE,
    REALS,
    SCALE,
    Interval,
    check_parameter,
    whole_sample,
)


@dataclass(frozen=True)
class ResidualLoss(PointwiseLoss, abstract=True):
    """A loss rho(r) of the residual r = y - f, on the identity link."""

    family = "residual"
    link = IdentityLink()
    response = "predict"
    y_domain = REALS

    @abc.abstractmethod
    def rho(self, r: Array) -> Array:
        """The loss of a residual."""

    @abc.abstractmethod
    def rho_prime(self, r: Array) -> Array:
        """Derivative of rho: the influence of a residual."""

    @abc.abstractmethod
    def rho_second(self, r: Array) -> Array:
        """Second derivative of rho."""

    @property
    def functional(self) -> Functional:
        return MLocation(self)

    def _value(self, y: Array, f: Array) -> Array:
        return self.rho(y - f)

    def _gradient(self, y: Array, f: Array) -> Array:
        return -self.rho_prime(y - f)

    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        r = y - f
        return self.rho(r), -self.rho_prime(r)

    def _hessian(self, y: Array, f: Array) -> Array:
        return self.rho_second(y - f)

    def _best_constant(self, y: np.ndarray, w: np.ndarray | None) -> float | Array:
        """Where the forces balance; for a non-convex loss in the lowest valley."""
        if not isinstance(self.functional, MLocation | None):
            return super()._best_constant(y, w)
        present = y if w is None or w.min() > 0 else y[w > 0]
        low, high = float(present.min()), float(present.max())
        if low == high:
            return low
        if not self.convex:
            y, w = whole_sample(y, w)
            w /= w.sum()
            return self._lowest_valley(y, w)

        from scipy.optimize import brentq  # slow to import, seldom needed

        def force(c: float, slack: float) -> float:
            def pull(part: Array) -> Array:
                each = self.rho_prime(part - c)
                return each + slack * np.abs(each)

            return float(weighted_mean(y, w, pull))

        # The forces may balance on a whole interval: its two ends, then the middle.
        slacks = (-1e-13, 1e-13) if self.kinks else (0.0,)
        # To the last digit, in whatever unit y comes.
        limits = {"xtol": 1e-300, "rtol": 1e-15, "maxiter": 10_000}
        ends = [brentq(force, low, high, args=(slack,), **limits) for slack in slacks]
        return float(np.mean(ends))

    def _lowest_valley(self, y: Array, w: Array) -> float:
        """Global minimiser of the risk of a loss whose influence falls off.

        Every valley lies near data.  The risk is scanned at the values of the sample
        (at 257 quantiles of a large one) and on an even grid; from the best three
        places reweighted means descend.
        """
        near = y
        if len(y) > 4096:
            near = np.quantile(y, np.linspace(0, 1, 257), method="nearest")
        starts = np.unique(np.append(near, np.linspace(y.min(), y.max(), 513)))
        # Heights over that of the median, value by value: what is far out adds much,
        # the same at every place, and would hide the rest.
        middle = np.partition(y, len(y) // 2)[len(y) // 2]
        sea = np.concatenate([self.rho(y[rows] - middle) for rows in blocks(len(y))])

        def height(c: float) -> float:
            return sum(
                total(w[rows], self.rho(y[rows] - c) - sea[rows])
                for rows in blocks(len(y))
            )

        heights = np.array([height(c) for c in starts])
        best = starts[np.argsort(heights, kind="stable")[:3]]
        return min((self._descend(float(c), y, w) for c in best), key=height)

    def _descend(self, centre: float, y: Array, w: Array) -> float:
        """Iteratively reweighted means, which only go down, then Newton's steps."""
        at_zero = self.rho_second(np.zeros(1))[0]
        for _ in range(200):
            pulls, moved = 0.0, 0.0
            for rows in blocks(len(y)):
                r = y[rows] - centre
                slope = self.rho_prime(r) / np.where(r == 0, 1, r)
                pull = w[rows] * np.where(r == 0, at_zero, slope)
                pulls, moved = pulls + float(pull.sum()), moved + total(pull, r)
            if pulls == 0:  # no value is near enough to pull
                return centre
            step = moved / pulls
            centre += step
            if abs(step) <= 1e-15 * abs(centre):
                return centre

        def over(formula: Callable[[Array], Array], c: float) -> float:
            return sum(total(w[rows], formula(y[rows] - c)) for rows in blocks(len(y)))

        force = over(self.rho_prime, centre)
        for _ in range(20):
            curvature = over(self.rho_second, centre)
            if curvature <= 0:
                break
            nearer = centre + force / curvature
            left = over(self.rho_prime, nearer)
            if abs(left) >= abs(force):
                break
            centre, force = nearer, left
        return centre


@dataclass(frozen=True)
class SquaredError(ResidualLoss):
    """r**2: elicits the mean (Legendre 1805, Gauss 1809).

    Examples
    --------
    >>> loss = lb.SquaredError()
    >>> loss.value([0.0, 1.0], [0.5, 3.0]).round(4)
    array([0.25, 4.  ])
    """

    title = "squared error"
    symbols = {}
    functional = Mean()
    convex = True
    smooth = True
    kinks = ()
    lipschitz = np.inf
    formula = r"\rho(r) = r^2"
    reference = "gneiting2011making"
    likelihood = "Gaussian with constant variance"
    elsewhere = (
        Elsewhere("scikit-learn", "mean_squared_error", ""),
        Elsewhere("PyTorch", "MSELoss", ""),
        Elsewhere("Keras", "MeanSquaredError", ""),
        Elsewhere("XGBoost", "reg:squarederror", "half of it"),
        Elsewhere("LightGBM", "regression", "half of it"),
    )

    def rho(self, r: Array) -> Array:
        return np.square(r)

    def rho_prime(self, r: Array) -> Array:
        return 2 * r

    def rho_second(self, r: Array) -> Array:
        return np.full_like(r, 2)


@dataclass(frozen=True)
class AbsoluteError(ResidualLoss):
    """|r|: elicits the median (Boscovich 1757, Laplace 1793).

    Examples
    --------
    >>> loss = lb.AbsoluteError()
    >>> loss.value([0.0, 1.0], [0.5, 3.0]).round(4)
    array([0.5, 2. ])
    """

    title = "absolute error"
    symbols = {}
    functional = Quantile(0.5)
    convex = True
    smooth = False
    kinks = (0.0,)
    lipschitz = 1.0
    formula = r"\rho(r) = |r|"
    reference = "gneiting2011making"
    likelihood = "Laplace with constant scale"
    elsewhere = (
        Elsewhere("scikit-learn", "mean_absolute_error", ""),
        Elsewhere("PyTorch", "L1Loss", ""),
        Elsewhere("Keras", "MeanAbsoluteError", ""),
        Elsewhere("XGBoost", "reg:absoluteerror", ""),
        Elsewhere("LightGBM", "regression_l1", ""),
    )

    def rho(self, r: Array) -> Array:
        return np.abs(r)

    def rho_prime(self, r: Array) -> Array:
        return np.sign(r)

    def rho_second(self, r: Array) -> Array:
        return np.zeros_like(r)


@dataclass(frozen=True)
class PinballLoss(ResidualLoss):
    """quantile * r above, (quantile - 1) * r below: elicits that quantile.

    Parameters
    ----------
    quantile : float in (0, 1)

    Koenker & Bassett 1978, doi:10.2307/1913643.

    Examples
    --------
    >>> loss = lb.PinballLoss(quantile=0.5)
    >>> loss.value([0.0, 1.0], [0.5, 3.0]).round(4)
    array([0.25, 1.  ])
    """

    quantile: float = field(default=0.5, metadata={"domain": OPEN_UNIT})

    title = "pinball loss"
    symbols = {"quantile": "τ"}
    convex = True
    smooth = False
    kinks = (0.0,)
    formula = r"\rho(r) = \max(\tau r, (\tau - 1) r)"
    reference = "koenker1978regression"
    likelihood = "asymmetric Laplace with constant scale"
    elsewhere = (
        Elsewhere("scikit-learn", "mean_pinball_loss", "the quantile is called alpha"),
        Elsewhere(
            "XGBoost",
            "reg:quantileerror",
            "the quantile is called quantile_alpha",
        ),
        Elsewhere("LightGBM", "quantile", "the quantile is called alpha"),
    )

    @property
    def functional(self) -> Functional:
        return Quantile(self.quantile)

    @property
    def lipschitz(self) -> float:
        return max(self.quantile, 1 - self.quantile)

    def rho(self, r: Array) -> Array:
        return np.maximum(self.quantile * r, (self.quantile - 1) * r)

    def rho_prime(self, r: Array) -> Array:
        sign = np.sign(r)
        return sign / 2 + (self.quantile - 0.5) * np.square(sign)

    def rho_second(self, r: Array) -> Array:
        return np.zeros_like(r)


@dataclass(frozen=True)
class ExpectileLoss(ResidualLoss):
    """level * r**2 above, (1 - level) * r**2 below: elicits that expectile.

    Parameters
    ----------
    level : float in (0, 1)
        0.5 gives half the squared error.

    Newey & Powell 1987, doi:10.2307/1911031.

    Examples
    --------
    >>> loss = lb.ExpectileLoss(level=0.5)
    >>> loss.value([0.0, 1.0], [0.5, 3.0]).round(4)
    array([0.125, 2.   ])
    """

    level: float = field(default=0.5, metadata={"domain": OPEN_UNIT})

    title = "expectile loss"
    symbols = {"level": "τ"}
    convex = True
    smooth = True
    lipschitz = np.inf
    formula = r"\rho(r) = |\tau - \mathbb{1}\{r < 0\}|\, r^2"
    reference = "newey1987asymmetric"
    likelihood = "asymmetric Gaussian with constant scale"
    elsewhere = ()

    @property
    def functional(self) -> Functional:
        return Expectile(self.level)

    @property
    def kinks(self) -> tuple[float, ...]:
        return () if self.level == 0.5 else (0.0,)

    def _weighted(self, r: Array) -> Array:
        return self.level * np.maximum(r, 0) + (1 - self.level) * np.minimum(r, 0)

    def rho(self, r: Array) -> Array:
        return self._weighted(r) * r

    def rho_prime(self, r: Array) -> Array:
        return 2 * self._weighted(r)

    def rho_second(self, r: Array) -> Array:
        weight = np.where(r < 0, 1 - self.level, self.level)
        return 2 * weight.astype(r.dtype, copy=False)


@dataclass(frozen=True)
class HuberLoss(ResidualLoss):
    """r**2 / 2 for |r| <= delta, then straight on with slope delta.

    Parameters
    ----------
    delta : float > 0
        In units of y.  1.345 standard deviations give 95% efficiency on Gaussian
        data.

    Huber 1964, doi:10.1214/aoms/1177703732.

    Examples
    --------
    >>> loss = lb.HuberLoss(delta=1.0)
    >>> loss.value([0.0, 1.0], [0.5, 3.0]).round(4)
    array([0.125, 1.5  ])
    """

    delta: float = field(default=1.0, metadata={"domain": POSITIVE})

    title = "Huber loss"
    symbols = {"delta": "δ"}
    convex = True
    smooth = True
    formula = (
        r"\rho(r) = \begin{cases} r^2/2 & |r| \le \delta \\ "
        r"\delta(|r| - \delta/2) & |r| > \delta \end{cases}"
    )
    reference = "huber1964robust"
    likelihood = "Gaussian in the middle, Laplace in the tails"
    elsewhere = (
        Elsewhere(
            "scikit-learn",
            "HuberRegressor",
            "twice it; epsilon is in units of a scale that is fitted along",
        ),
        Elsewhere(
            "scikit-learn",
            'GradientBoostingRegressor(loss="huber")',
            "delta is the alpha-quantile of the absolute residuals, anew in each step",
        ),
        Elsewhere("PyTorch", "HuberLoss", ""),
        Elsewhere("PyTorch", "SmoothL1Loss", "divided by delta, which is called beta"),
        Elsewhere("Keras", "Huber", ""),
        Elsewhere("LightGBM", "huber", "delta is called alpha"),
    )

    @property
    def kinks(self) -> tuple[float, ...]:
        return (-self.delta, self.delta)

    @property
    def lipschitz(self) -> float:
        return self.delta

    def rho(self, r: Array) -> Array:
        core = np.clip(r, -self.delta, self.delta)
        return core * (r - core / 2)

    def rho_prime(self, r: Array) -> Array:
        return np.clip(r, -self.delta, self.delta)

    def rho_second(self, r: Array) -> Array:
        return (np.abs(r) <= self.delta).astype(r.dtype)


@dataclass(frozen=True)
class PseudoHuberLoss(ResidualLoss):
    """delta**2 * (sqrt(1 + (r/delta)**2) - 1): a Huber loss with no corner.

    Parameters
    ----------
    delta : float > 0
        In units of y.

    Charbonnier, Blanc-Feraud, Aubert & Barlaud 1997, doi:10.1109/83.551699.

    Examples
    --------
    >>> loss = lb.PseudoHuberLoss(delta=1.0)
    >>> loss.value([0.0, 1.0], [0.5, 3.0]).round(4)
    array([0.118 , 1.2361])
    """

    delta: float = field(default=1.0, metadata={"domain": SCALE})

    title = "pseudo-Huber loss"
    symbols = {"delta": "δ"}
    convex = True
    smooth = True
    kinks = ()
    formula = r"\rho(r) = \delta^2 (\sqrt{1 + (r/\delta)^2} - 1)"
    reference = "charbonnier1997deterministic"
    likelihood = "symmetric hyperbolic"
    elsewhere = (
        Elsewhere("XGBoost", "reg:pseudohubererror", "delta is called huber_slope"),
    )

    @property
    def lipschitz(self) -> float:
        return self.delta

    def rho(self, r: Array) -> Array:
        # The difference of the square root and 1, multiplied out: it neither cancels
        # near 0 nor overflows far out.
        return self.delta * r * (r / (hypot(r, self.delta) + self.delta))

    def rho_prime(self, r: Array) -> Array:
        return self.delta * (r / hypot(r, self.delta))

    def rho_second(self, r: Array) -> Array:
        return (self.delta / hypot(r, self.delta)) ** 3


@dataclass(frozen=True)
class LogCoshLoss(ResidualLoss):
    """log(cosh(r)): r**2 / 2 near 0, |r| - log 2 far out.

    The scale is that of y; divide y by a scale of your choice first.
    Its derivative tanh(r) is the influence of the logistic distribution's location.

    Examples
    --------
    >>> loss = lb.LogCoshLoss()
    >>> loss.value([0.0, 1.0], [0.5, 3.0]).round(4)
    array([0.1201, 1.325 ])
    """

    title = "log-cosh loss"
    symbols = {}
    convex = True
    smooth = True
    kinks = ()
    lipschitz = 1.0
    formula = r"\rho(r) = \log\cosh r"
    reference = "saleh2022statistical"
    likelihood = "hyperbolic secant, density 1/(π cosh r)"
    elsewhere = (Elsewhere("Keras", "LogCosh", ""),)

    def rho(self, r: Array) -> Array:
        size = np.abs(r)
        # Near 0 the far form loses all digits, so there cosh r = 1 + 2 sinh(r/2)**2.
        near = log1p(2 * np.square(np.sinh(np.minimum(size, 1) / 2)))
        # From 1 on, what the far form adds to its value there.
        size = np.maximum(size, 1)
        return near + (size - 1) + (log1p(np.exp(-2 * size)) - math.log1p(math.exp(-2)))

    def rho_prime(self, r: Array) -> Array:
        return np.tanh(r)

    def rho_second(self, r: Array) -> Array:
        tail = np.exp(-2 * np.abs(r))
        return 4 * tail / np.square(1 + tail)


@dataclass(frozen=True)
class EpsilonInsensitiveLoss(ResidualLoss):
    """max(|r| - epsilon, 0): errors up to epsilon are free.

    Parameters
    ----------
    epsilon : float >= 0
        In units of y.

    Vapnik 1998, Statistical Learning Theory.

    Examples
    --------
    >>> loss = lb.EpsilonInsensitiveLoss(epsilon=0.1)
    >>> loss.value([0.0, 1.0], [0.5, 3.0]).round(4)
    array([0.4, 1.9])
    """

    epsilon: float = field(default=0.1, metadata={"domain": NONNEGATIVE})

    title = "ε-insensitive loss"
    symbols = {"epsilon": "ε"}
    convex = True
    smooth = False
    lipschitz = 1.0
    formula = r"\rho(r) = \max(|r| - \varepsilon, 0)"
    reference = "vapnik1998statistical"
    likelihood = "flat within ε, Laplace tails"
    elsewhere = (
        Elsewhere("scikit-learn", "SVR", "the sum, weighted by C"),
        Elsewhere("scikit-learn", 'SGDRegressor(loss="epsilon_insensitive")', ""),
    )

    @property
    def kinks(self) -> tuple[float, ...]:
        return (-self.epsilon, self.epsilon) if self.epsilon > 0 else (0.0,)

    def rho(self, r: Array) -> Array:
        return np.maximum(np.abs(r) - self.epsilon, 0)

    def rho_prime(self, r: Array) -> Array:
        return np.sign(r) * (np.abs(r) > self.epsilon)

    def rho_second(self, r: Array) -> Array:
        return np.zeros_like(r)

    def _best_constant(self, y: np.ndarray, w: np.ndarray | None) -> float:
        # |r - e| + |r + e| = 2 max(|r|, e), so the loss asks for the median of the
        # sample in which each y is replaced by the two values y - e and y + e.
        doubled = np.concatenate([y - self.epsilon, y + self.epsilon], dtype=float)
        w = None if w is None else np.concatenate([w, w])
        return Quantile(0.5)._of_sample(doubled, w)


@dataclass(frozen=True)
class TukeyLoss(ResidualLoss):
    """Tukey's biweight: beyond c an observation has no influence at all.

    Parameters
    ----------
    c : float > 0
        In units of y.  4.685 standard deviations give 95% efficiency on Gaussian
        data.

    Beaton & Tukey 1974, doi:10.1080/00401706.1974.10489171.

    Examples
    --------
    >>> loss = lb.TukeyLoss(c=4.685)
    >>> loss.value([0.0, 1.0], [0.5, 3.0]).round(4)
    array([0.1236, 1.6577])
    """

    c: float = field(default=4.685, metadata={"domain": SCALE})

    title = "Tukey loss"
    symbols = {}
    convex = False
    smooth = True
    kinks = ()
    formula = r"\rho(r) = \tfrac{c^2}{6}\bigl(1 - (1 - \min(|r|/c, 1)^2)^3\bigr)"
    reference = "beaton1974fitting"
    likelihood = ""
    elsewhere = ()

    @property
    def lipschitz(self) -> float:
        # The influence r (1 - (r/c)**2)**2 peaks at r = c / sqrt(5).
        return 16 * self.c / (25 * math.sqrt(5))

    def _ratio_squared(self, r: Array) -> Array:
        return np.square(np.minimum(np.abs(r) / self.c, 1))

    def rho(self, r: Array) -> Array:
        u = self._ratio_squared(r)
        return self.c**2 / 6 * u * (3 - u * (3 - u))

    def rho_prime(self, r: Array) -> Array:
        return r * np.square(1 - self._ratio_squared(r))

    def rho_second(self, r: Array) -> Array:
        u = self._ratio_squared(r)
        return (1 - u) * (1 - 5 * u)


@dataclass(frozen=True)
class CauchyLoss(ResidualLoss):
    """scale**2 / 2 * log(1 + (r/scale)**2): influence falls like 1/r.

    Parameters
    ----------
    scale : float > 0
        In units of y.  2.385 standard deviations give 95% efficiency on Gaussian
        data.

    Holland & Welsch 1977, doi:10.1080/03610927708827533.

    Examples
    --------
    >>> loss = lb.CauchyLoss(scale=2.385)
    >>> loss.value([0.0, 1.0], [0.5, 3.0]).round(4)
    array([0.1223, 1.5145])
    """

    scale: float = field(default=2.385, metadata={"domain": SCALE})

    title = "Cauchy loss"
    symbols = {"scale": "c"}
    convex = False
    smooth = True
    kinks = ()
    formula = r"\rho(r) = \tfrac{c^2}{2} \log(1 + (r/c)^2)"
    reference = "holland1977robust"
    likelihood = "Cauchy with known scale"
    elsewhere = ()

    @property
    def lipschitz(self) -> float:
        # The influence r / (1 + (r/c)**2) peaks at r = c.
        return self.scale / 2

    def rho(self, r: Array) -> Array:
        return self.scale**2 / 2 * log1p_square(r / self.scale)

    def rho_prime(self, r: Array) -> Array:
        return r * np.exp(-log1p_square(r / self.scale))

    def rho_second(self, r: Array) -> Array:
        # (1 - u) / (1 + u)**2 with u = (r/c)**2.
        shrink = np.exp(-log1p_square(r / self.scale))
        return shrink * (2 * shrink - 1)


@dataclass(frozen=True)
class BarronLoss(ResidualLoss):
    """One family from squared error (alpha = 2) to Welsch (alpha = -inf).

    Parameters
    ----------
    alpha : float <= 2, or -inf
        2 squared error (halved), 1 Charbonnier / pseudo-Huber, 0 Cauchy,
        -2 Geman-McClure, -inf Welsch.
    scale : float > 0
        In units of y.

    Barron 2019, arXiv:1701.03077.

    Examples
    --------
    >>> loss = lb.BarronLoss(alpha=2.0, scale=1.0)
    >>> loss.value([0.0, 1.0], [0.5, 3.0]).round(4)
    array([0.125, 2.   ])
    """

    alpha: float = 1.0
    scale: float = 1.0

    title = "Barron loss"
    symbols = {"alpha": "α", "scale": "c"}
    smooth = True
    kinks = ()
    formula = (
        r"\rho(r) = \tfrac{|\alpha - 2|}{\alpha}\Bigl("
        r"\bigl(\tfrac{(r/c)^2}{|\alpha - 2|} + 1\bigr)^{\alpha/2} - 1\Bigr)"
    )
    reference = "barron2019general"
    likelihood = ""
    elsewhere = ()

    def __post_init__(self) -> None:
        if not (isinstance(self.alpha, float) and self.alpha == -np.inf):
            check_parameter(self, "alpha", Interval(high=2.0))
        check_parameter(self, "scale", SCALE)

    @property
    def convex(self) -> bool:
        return self.alpha >= 1

    @property
    def functional(self) -> Functional:
        return Mean() if self.alpha == 2 else MLocation(self)

    @property
    def lipschitz(self) -> float:
        if self.alpha > 1:
            return np.inf
        if self.alpha == 1:
            return 1 / self.scale
        # The curvature vanishes at (r/c)**2 = (2 - alpha) / (1 - alpha).
        a = self.alpha
        peak = 1.0 if a == -np.inf else math.sqrt((2 - a) / (1 - a))
        return float(self.rho_prime(np.array([peak * self.scale]))[0])

    def _log_power(self, x: Array) -> Array:
        """log of ((x**2 / |alpha - 2|) + 1) ** (alpha / 2 - 1)."""
        if self.alpha == 2:
            return np.zeros_like(x)
        if self.alpha == -np.inf:
            return -np.square(x) / 2
        gap = 2 - self.alpha
        return -gap / 2 * log1p_square(x / math.sqrt(gap))

    def rho(self, r: Array) -> Array:
        x = r / self.scale
        if self.alpha == 2:
            return np.square(x) / 2
        growth = -self._log_power(x)
        if self.alpha == 0:
            return growth
        share = -1 if self.alpha == -np.inf else self.alpha / (2 - self.alpha)
        return np.expm1(share * growth) / share

    def rho_prime(self, r: Array) -> Array:
        x = r / self.scale
        return x / self.scale * np.exp(self._log_power(x))

    def rho_second(self, r: Array) -> Array:
        x = r / self.scale
        power = np.exp(self._log_power(x)) / self.scale**2
        if self.alpha == 2:
            return power
        if self.alpha == -np.inf:
            # Beyond x = 100 the power is 0 and only the square could do harm.
            return (1 - np.square(np.clip(x, -100, 100))) * power
        gap = 2 - self.alpha
        bend = gap * np.expm1(-log1p_square(x / math.sqrt(gap)))
        return (1 + bend) * power
