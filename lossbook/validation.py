"""Domains, and the input checks that every part of lossbook shares.

A message names who complains, what was wrong, what is allowed and what came.
"""

import math
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossbook.numerics import Array, blocks


@dataclass(frozen=True)
class Interval:
    """A real interval; infinite ends are always open."""

    low: float = -math.inf
    high: float = math.inf
    closed_low: bool = True
    closed_high: bool = True

    def contains(self, value: float) -> bool:
        """Whether ``value`` lies in the interval (never true for NaN or infinity)."""
        above = self.low <= value if self.closed_low else self.low < value
        below = value <= self.high if self.closed_high else value < self.high
        return above and below and math.isfinite(value)

    def __str__(self) -> str:
        if self.low == -math.inf and self.high == math.inf:
            return "the real numbers"
        left = "[" if self.closed_low and math.isfinite(self.low) else "("
        right = "]" if self.closed_high and math.isfinite(self.high) else ")"
        return f"{left}{self.low:g}, {self.high:g}{right}"


@dataclass(frozen=True)
class ClassLabels:
    """Labels 0 … K-1, or one row of proportions per sample (n, K)."""

    def __str__(self) -> str:
        return "labels 0..K-1 of shape (n,) or proportions of shape (n, K)"


REALS = Interval()
NONNEGATIVE = Interval(low=0.0)
POSITIVE = Interval(low=0.0, closed_low=False)
SCALE = Interval(1e-150, 1e150)  # of a parameter that is squared
UNIT = Interval(0.0, 1.0)
POSITIVE_UNIT = Interval(0.0, 1.0, closed_low=False)
BELOW_ONE = Interval(0.0, 1.0, closed_high=False)
OPEN_UNIT = Interval(0.0, 1.0, closed_low=False, closed_high=False)


class Named:
    """Stands for a function in the messages of the checks."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


class Checked:
    """A dataclass in which ``field(metadata={"domain": ...})`` is kept to."""

    def __post_init__(self) -> None:
        for parameter in fields(self):  # type: ignore[arg-type]
            if "domain" in parameter.metadata:
                check_parameter(self, parameter.name, parameter.metadata["domain"])


def check_parameter(owner: object, name: str, domain: Interval) -> None:
    """Raise unless the parameter ``name`` of ``owner`` is a number in ``domain``."""
    value = getattr(owner, name)
    check_number(Named(type(owner).__name__), name, value, domain)


def check_number(owner: object, name: str, value: object, domain: Interval) -> None:
    """Raise unless ``value`` is one number, and in ``domain``."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise TypeError(f"{owner!r}: {name} must be a real number; got {value!r}")
    try:
        number = float(value)
    except OverflowError:  # an integer beyond the range of floats
        number = math.inf
    if not domain.contains(number):
        raise ValueError(f"{owner!r}: {name} must lie in {domain}; got {value!r}")


def check_integer(owner: object, name: str, value: object, domain: Interval) -> None:
    """Raise unless ``value`` is an integer, and in ``domain``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{owner!r}: {name} must be an integer; got {value!r}")
    check_number(owner, name, value, domain)


def check_option(
    owner: object, name: str, value: object, allowed: tuple[str, ...]
) -> None:
    """Raise unless ``value`` is one of the words that are allowed."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{owner!r}: {name} must be one of {allowed}; got {value!r}")


def check_instance(
    owner: object, name: str, value: object, kinds: Any, example: str
) -> None:
    """Raise unless ``value`` is an object of one of ``kinds``, such as ``example``."""
    if isinstance(value, kinds) and not isinstance(value, type):
        return
    hint = ""
    if isinstance(value, type) and issubclass(value, kinds):
        hint = f" (the class: call it, {value.__name__}())"
    elif isinstance(value, str):
        hint = " (a name; give the object)"
    raise TypeError(
        f"{owner!r}: {name} must be an object such as {example}; got {value!r}{hint}"
    )


def as_numeric(owner: object, name: str, values: ArrayLike) -> np.ndarray:
    """``values`` as an array of booleans, integers or floats of at most 64 bits."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(
            f"{owner!r}: {name} must not have masked entries; "
            f"got {int(values.mask.sum())} of them"
        )
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{owner!r}: {name} must be an array of numbers; got a ragged sequence"
        ) from error
    if array.dtype.kind not in "biuf":
        raise TypeError(
            f"{owner!r}: {name} must be an array of real numbers; "
            f"got dtype {array.dtype}"
        )
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        array = array.astype(np.float64)
    return array


def check_values(owner: object, name: str, values: Array, domain: Interval) -> None:
    """Raise unless every value is finite and lies in ``domain``."""
    if domain is REALS:
        # One pass: a sum is finite only if every term is. (np.dot would be quicker,
        # but its threads wait for each other where the cores are busy.)
        with np.errstate(over="ignore", invalid="ignore"):
            if math.isfinite(np.einsum("i->", values.ravel(order="K"))):
                return
    # One pass each for the extremes; NaN fails every comparison.
    if domain.contains(float(values.min())) and domain.contains(float(values.max())):
        return
    bad = next(v for v in values.flat if not domain.contains(float(v)))
    allowed = "be finite" if domain is REALS else f"lie in {domain}"
    raise ValueError(f"{owner!r}: {name} must {allowed}; got {bad!s}")


def sum_slack(dtype: np.dtype[Any]) -> float:
    """How far from 1 a sum of probabilities may be: half of the digits they had."""
    return float(np.finfo(dtype if dtype.kind == "f" else float).eps) ** 0.5


def as_amounts(
    owner: object, name: str, values: ArrayLike, shape: tuple[int, ...]
) -> np.ndarray:
    """One number >= 0, or an array of them that has the ``shape``."""
    array = as_numeric(owner, name, values)
    if array.shape not in ((), shape):
        raise ValueError(
            f"{owner!r}: {name} must be a number or have shape {shape}; "
            f"got shape {array.shape}"
        )
    check_values(owner, name, np.append(array, 0), NONNEGATIVE)
    return array


def check_weight_shape(owner: object, sample_weight: ArrayLike, n: int) -> np.ndarray:
    """``sample_weight`` as an array of shape (n,); its values are not looked at."""
    weight = as_numeric(owner, "sample_weight", sample_weight)
    fits = weight.shape == (n,)
    check_shape(owner, "sample_weight", weight, fits, f"({n},) like y_true")
    return weight


def weight_unit(weight: np.ndarray) -> float:
    """What the weights of a mean are divided by, so that their sum cannot overflow.

    The power of two next to the largest: dividing by it rounds nothing.
    """
    _, exponent = math.frexp(float(weight.max()))
    return math.ldexp(1.0, exponent - 1)


def check_some_weight(owner: object, total: float) -> None:
    """Raise if the weights sum to nothing."""
    if not total > 0:
        raise ValueError(
            f"{owner!r}: sample_weight must contain a positive weight; got only zeros"
        )


def check_shape(
    owner: object, name: str, array: np.ndarray, fits: bool, wanted: object
) -> None:
    """Raise unless an array has the shape that is ``wanted``."""
    if not fits:
        raise ValueError(
            f"{owner!r}: {name} must have shape {wanted}; got shape {array.shape}"
        )


def check_not_empty(owner: object, name: str, array: np.ndarray) -> None:
    """Raise if an array holds no value."""
    if array.size == 0:
        raise ValueError(
            f"{owner!r}: {name} must hold at least one value; got shape {array.shape}"
        )


def check_weights(
    owner: object, sample_weight: ArrayLike | None, n: int
) -> np.ndarray | None:
    """The weights of n samples as they came: >= 0 and not all zero."""
    if sample_weight is None:
        return None
    weight = check_weight_shape(owner, sample_weight, n)
    check_values(owner, "sample_weight", weight, NONNEGATIVE)
    check_some_weight(owner, weight.max())
    return weight


def float_weights(owner: object, sample_weight: ArrayLike | None, n: int) -> Array:
    """Weights >= 0 of n samples in float64, not all zero; ones if none are given."""
    weight = check_weights(owner, sample_weight, n)
    return np.ones(n) if weight is None else weight.astype(np.float64)


def check_as_given(
    owner: object, y: ArrayLike, sample_weight: ArrayLike | None, name: str = "y"
) -> tuple[np.ndarray, np.ndarray | None]:
    """A sample of shape (n,) or (n, K) and its weights, as they came; no copy."""
    sample = as_numeric(owner, name, y)
    check_shape(owner, name, sample, sample.ndim in (1, 2), "(n,) or (n, K)")
    check_not_empty(owner, name, sample)
    for rows in blocks(len(sample), sample[0].size):
        check_values(owner, name, sample[rows], REALS)
    return sample, check_weights(owner, sample_weight, len(sample))


def whole_sample(y: np.ndarray, w: np.ndarray | None) -> tuple[Array, Array]:
    """A checked sample for those who sort it: a copy in float64, all weights > 0.

    The weights are divided by :func:`weight_unit`.
    """
    if w is None:
        return y.astype(np.float64), np.ones(len(y))
    there = w > 0
    weight = w[there].astype(np.float64)
    return y[there].astype(np.float64), weight / weight_unit(weight)


def rows_with_weight(
    owner: object, sample_weight: ArrayLike | None, n: int
) -> tuple[NDArray[np.intp], Array]:
    """Rows with a positive weight, and these weights: see :func:`whole_sample`."""
    rows, weights = check_sample(owner, np.arange(n), sample_weight)
    return rows.astype(np.intp), weights


def check_sample(
    owner: object, y: ArrayLike, sample_weight: ArrayLike | None, name: str = "y"
) -> tuple[Array, Array]:
    """A sample for those who sort it, checked: see :func:`whole_sample`."""
    return whole_sample(*check_as_given(owner, y, sample_weight, name))
