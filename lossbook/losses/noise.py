r"""Label noise, and cross-entropy corrected for it.

The noise matrix T has a row for each true class j and a column for each label k that
may be written down: T[j, k] = P(label k | class j).  Of cases with the class
probabilities eta a share eta T carries each label.  The forward correction sends the
prediction through T before it is compared; the backward correction takes T out of the
loss (Patrini et al. 2017, arXiv:1609.03944).
"""

import abc
import math
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from lossbook.base import MulticlassLoss
from lossbook.functionals import BeforeNoise
from lossbook.links import SoftmaxLink
from lossbook.numerics import Array, inner, log_softmax, logsumexp, softmax
from lossbook.validation import (
    BELOW_ONE,
    Checked,
    Interval,
    Named,
    check_instance,
    check_integer,
    check_shape,
    sum_slack,
)


@dataclass(frozen=True)
class LabelNoise(Checked, abc.ABC):
    """How labels come to be wrong, given the class and nothing else."""

    @abc.abstractmethod
    def matrix(self, n_classes: int) -> Array:
        """The noise matrix of shape (K, K); its rows sum to one."""

    def inverse(self, n_classes: int) -> Array:
        """The inverse of the matrix; a ValueError if the labels tell too little."""
        T = self.matrix(n_classes)
        try:
            inverse = np.linalg.inv(T)
        except np.linalg.LinAlgError:
            inverse = np.full_like(T, np.inf)
        self._check_inverse(float(np.abs(inverse).sum(axis=0).max()), n_classes)
        return inverse

    def _check_inverse(self, size: float, n_classes: int) -> None:
        # Beyond this size of its entries nothing of the labels is left but rounding.
        if not size < 1e12:
            raise ValueError(
                f"{self!r}: the noise matrix must have an inverse; with "
                f"{n_classes} classes it has none"
            )

    # What the losses need of the matrix T, for rows x of K numbers.

    def _labels(self, x: Array) -> Array:
        """x T: what class probabilities become."""
        return x @ self.matrix(x.shape[-1]).astype(x.dtype)

    def _classes(self, x: Array, power: int = 1) -> Array:
        """x T', or that of the powers of the entries of T."""
        return x @ (self.matrix(x.shape[-1]).astype(x.dtype) ** power).T

    def _removed(self, x: Array) -> Array:
        """x T^-1: the class probabilities behind those of the labels."""
        return x @ self.inverse(x.shape[-1]).astype(x.dtype)

    def _before(self, labels: Array) -> Array:
        """The class probabilities that explain those of the labels best, one row."""
        with suppress(ValueError):
            classes = self._removed(labels)
            if classes.min() >= -1e-14:
                return np.maximum(classes, 0)
        # Expectation-maximisation: share out each label among its possible classes.
        classes = np.full(len(labels), 1 / len(labels))
        for _ in range(100_000):
            before = classes
            classes = before * self._classes(labels / self._labels(before))
            if np.abs(classes - before).max() < 1e-16:
                break
        return classes

    def _column(self, k: int, n_classes: int) -> Array:
        """P(label k | class), for each class."""
        return self.matrix(n_classes)[:, k]

    @property
    @abc.abstractmethod
    def fewest_classes(self) -> int:
        """The smallest number of classes that :meth:`matrix` allows."""


@dataclass(frozen=True)
class UniformNoise(LabelNoise):
    """Any wrong label is as likely as any other.

    Parameters
    ----------
    rate : float in [0, 1)
        The probability that the label is wrong.

    Examples
    --------
    >>> lb.UniformNoise(rate=0.2).matrix(3).round(2)
    array([[0.8, 0.1, 0.1],
           [0.1, 0.8, 0.1],
           [0.1, 0.1, 0.8]])
    """

    rate: float = field(metadata={"domain": BELOW_ONE})

    fewest_classes = 2

    def matrix(self, n_classes: int) -> Array:
        check_integer(self, "n_classes", n_classes, Interval(low=2))
        return np.array([self._column(k, n_classes) for k in range(n_classes)])

    # T is c 1 1' + d I, so no table of K x K numbers is needed.

    def _labels(self, x: Array) -> Array:
        return self._classes(x)

    def _classes(self, x: Array, power: int = 1) -> Array:
        wrong = (self.rate / (x.shape[-1] - 1)) ** power
        right = (1 - self.rate) ** power
        return wrong * x.sum(axis=-1, keepdims=True) + (right - wrong) * x

    def _removed(self, x: Array) -> Array:
        wrong, gap = self._parts_of(x.shape[-1])
        self._check_inverse(2 / max(abs(gap), 1e-300), x.shape[-1])
        return (x - wrong * x.sum(axis=-1, keepdims=True)) / gap

    def _before(self, labels: Array) -> Array:
        wrong, gap = self._parts_of(len(labels))
        if gap < 1e-12:
            return super()._before(labels)
        # Proportional to the labels less a floor, where that is positive (the
        # condition of Kuhn and Tucker): so it is for the first of them, sorted.
        floor, falling = wrong / gap, -np.sort(-labels)
        scale = (1 + floor * np.arange(1, len(labels) + 1)) / falling.cumsum()
        last = np.count_nonzero(falling * scale > floor) - 1
        return np.maximum(labels * scale[last] - floor, 0)

    def _parts_of(self, n_classes: int) -> tuple[float, float]:
        """c and d of the matrix."""
        wrong = self.rate / (n_classes - 1)
        return wrong, 1 - self.rate - wrong

    def _column(self, k: int, n_classes: int) -> Array:
        column = np.full(n_classes, self.rate / (n_classes - 1))
        column[k] = 1 - self.rate
        return column


@dataclass(frozen=True)
class NoiseMatrix(LabelNoise):
    """A noise matrix given in full.

    Parameters
    ----------
    rows : array of shape (K, K)
        ``rows[j][k]`` is the probability of label k for class j.  Every row sums to
        one, and every label occurs.  It is kept as a tuple of tuples.

    Examples
    --------
    >>> lb.NoiseMatrix([[0.9, 0.1], [0.2, 0.8]]).rows
    ((0.9, 0.1), (0.2, 0.8))
    """

    rows: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        try:
            came = np.asarray(self.rows)
            T = came.astype(float)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"NoiseMatrix: rows must be a square matrix of numbers; "
                f"got {self.rows!r}"
            ) from error
        fits = T.ndim == 2 and T.shape[0] == T.shape[1] >= 2
        check_shape(Named("NoiseMatrix"), "rows", T, fits, "(K, K) with K >= 2")
        gap = np.abs(T.sum(axis=1) - 1).max()
        if not (T.min() >= 0 and gap <= sum_slack(came.dtype)):
            raise ValueError(
                "NoiseMatrix: rows must hold probabilities that sum to 1 in each row; "
                f"got {T.tolist()}"
            )
        if not T.sum(axis=0).min() > 0:
            raise ValueError(
                "NoiseMatrix: rows must give every label to some class; label "
                f"{T.sum(axis=0).argmin()} never occurs"
            )
        object.__setattr__(self, "rows", tuple(map(tuple, T.tolist())))

    @property
    def fewest_classes(self) -> int:
        return len(self.rows)

    def matrix(self, n_classes: int) -> Array:
        T = np.array(self.rows)
        if n_classes != len(T):
            raise ValueError(
                f"NoiseMatrix: the matrix is of {len(T)} classes; raw_prediction or "
                f"y_true has {n_classes}"
            )
        return T


@dataclass(frozen=True)
class NoiseCorrection(MulticlassLoss, abstract=True):
    """Cross-entropy of labels that noise has changed."""

    noise: LabelNoise

    symbols = {}
    link = SoftmaxLink()
    response = "predict_proba"
    smooth = True
    kinks = ()
    reference = "patrini2017making"
    likelihood = ""
    elsewhere = ()

    def __post_init__(self) -> None:
        owner = Named(type(self).__name__)
        check_instance(owner, "noise", self.noise, LabelNoise, "UniformNoise(rate=0.1)")

    @property
    def functional(self) -> BeforeNoise:
        return BeforeNoise(self.noise)


@dataclass(frozen=True)
class ForwardCorrection(NoiseCorrection):
    """-log of the probability of the *label*, p T, with p = softmax(f) of the class.

    Proper for the classes behind the labels, if T is the noise that made them.

    Parameters
    ----------
    noise : LabelNoise
        ``UniformNoise(rate)`` or ``NoiseMatrix(rows)``.

    Patrini et al. 2017, arXiv:1609.03944.

    Examples
    --------
    >>> loss = lb.ForwardCorrection(noise=lb.UniformNoise(rate=0.1))
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([0.6167, 0.7329])
    """

    title = "forward correction"
    # p - r lies between two distributions; the bound is approached without noise.
    lipschitz = math.sqrt(2)
    formula = r"\ell(y, f) = -\log \sum_j p_j T_{jy}"

    @property
    def convex(self) -> bool:
        n = self.noise.fewest_classes
        return bool(np.all(self.noise.matrix(n) == np.eye(n)))

    def _labels(self, f: Array) -> tuple[Array, Array, Array]:
        """P(class), P(label), and in which rows a label is too rare for that."""
        p = softmax(f)
        q = self.noise._labels(p)
        least = np.sqrt(np.finfo(f.dtype).tiny)
        return p, np.maximum(q, least), q.min(axis=1) < least

    def _log_joint(self, f: Array, k: int) -> Array:
        """log P(class j, label k) for each class j (column)."""
        column = self.noise._column(k, f.shape[1]).astype(f.dtype)
        return log_softmax(f) + np.log(column)

    def _value(self, y: Array, f: Array) -> Array:
        _, q, rare = self._labels(f)
        log_q = np.log(q)
        if rare.any():
            for k in range(f.shape[1]):
                log_q[rare, k] = logsumexp(self._log_joint(f[rare], k))
        return -inner(y, log_q)

    def _classes(self, y: Array, f: Array, power: int) -> Array:
        """sum_k y_k r_jk**power with r_jk = P(class j | label k)."""
        p, q, rare = self._labels(f)
        found = p**power * self.noise._classes(y / q**power, power)
        if rare.any():
            found[rare] = 0
            for k in range(f.shape[1]):
                joint = self._log_joint(f[rare], k)
                r = np.exp(joint - logsumexp(joint)[:, None])
                found[rare] += y[rare, k, None] * r**power
        return found

    def _gradient(self, y: Array, f: Array) -> Array:
        return self.link._inverse(f) - self._classes(y, f, 1)

    def _hessian(self, y: Array, f: Array) -> Array:
        spread = self._classes(y, f, 1) - self._classes(y, f, 2)
        return self.link._slope(f) - spread

    def _at_prediction(self, y: Array, z: Array) -> Array:
        return -inner(y, np.log(self.noise._labels(z)))

    def _best_constant(self, y: np.ndarray, w: np.ndarray | None) -> Array:
        return self.functional.solve(self._proportions(y, w))


@dataclass(frozen=True)
class BackwardCorrection(NoiseCorrection):
    """Cross-entropy against y T^-1: its mean over the noise is that of true labels.

    Unbiased and convex, but not bounded below: the corrected target has negative
    entries, and where too few labels of a class came, the best constant gives that
    class probability 0.  There losses are infinite, of both signs, without a mean.

    Parameters
    ----------
    noise : LabelNoise
        ``UniformNoise(rate)`` or ``NoiseMatrix(rows)``, with an inverse.

    Natarajan et al. 2013; Patrini et al. 2017, arXiv:1609.03944.

    Examples
    --------
    >>> loss = lb.BackwardCorrection(noise=lb.UniformNoise(rate=0.1))
    >>> loss.value([0, 2], [[1.0, 0.0, 0.0], [0.0, 0.5, 1.0]]).round(4)
    array([0.4338, 0.592 ])
    """

    title = "backward correction"
    convex = True
    formula = r"\ell(y, f) = -\sum_k (T^{-1})_{yk} \log p_k"

    @property
    def lipschitz(self) -> float:
        # A prediction that is sure of a wrong class; uniform noise pulls hardest where
        # there are two, and without bound where it comes near half of the labels.
        if isinstance(self.noise, UniformNoise) and self.noise.rate >= 0.5:
            return math.inf
        n = self.noise.fewest_classes
        gaps = np.eye(n)[:, None] - self.noise.inverse(n)
        return float(np.linalg.norm(gaps, axis=-1).max())

    def corrected(self, y: Array) -> Array:
        """The target that rows of proportions become; entries may be negative."""
        return self.noise._removed(y)

    def _value(self, y: Array, f: Array) -> Array:
        return -inner(self.corrected(y), log_softmax(f))

    def _gradient(self, y: Array, f: Array) -> Array:
        return self.link._inverse(f) - self.corrected(y)

    def _hessian(self, y: Array, f: Array) -> Array:
        return self.link._slope(f)

    def _at_prediction(self, y: Array, z: Array) -> Array:
        target, zero = self.corrected(y), z == 0
        finite = -inner(target, np.log(np.where(zero, 1, z)))
        # Probabilities that go to zero together: their summed target has the say.
        lost = (target * zero).sum(axis=1)
        return np.where(np.abs(lost) < 1e-12, finite, np.copysign(np.inf, lost))

    def _best_constant(self, y: np.ndarray, w: np.ndarray | None) -> Array:
        target = np.maximum(self.corrected(self._proportions(y, w)[None])[0], 0)
        return target / target.sum()
