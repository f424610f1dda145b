"""What the functions of this wing check and share: samples, weights, means."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossbook.base import Reduction
from lossbook.functionals import weighted_mean
from lossbook.numerics import Array
from lossbook.validation import (
    REALS,
    Interval,
    Named,
    as_numeric,
    check_not_empty,
    check_option,
    check_shape,
    check_values,
    float_weights,
    weight_unit,
)

# Columns of equal length, by name.
Table = dict[str, NDArray[Any]]


def column(
    owner: Named,
    name: str,
    values: ArrayLike,
    domain: Interval = REALS,
    *,
    like: tuple[int, ...] | None = None,
) -> Array:
    """Finite numbers in ``domain`` as float64, of shape (n,) or the shape ``like``."""
    array = numbers(owner, name, values, like=like)
    check_values(owner, name, array, domain)
    return array.astype(np.float64)


def numbers(
    owner: Named, name: str, values: ArrayLike, *, like: tuple[int, ...] | None = None
) -> NDArray[Any]:
    """Numbers of any dtype, of shape (n,) or the shape ``like``; none is looked at."""
    array = as_numeric(owner, name, values)
    fits = array.ndim == 1 if like is None else array.shape == like
    check_shape(owner, name, array, fits, "(n,)" if like is None else like)
    check_not_empty(owner, name, array)
    return array


def sample(
    owner: Named,
    y_true: ArrayLike,
    y_pred: ArrayLike,
    domain: Interval = REALS,
    *,
    name: str = "y_pred",
) -> tuple[Array, Array]:
    """Targets and predictions of one length, both in ``domain``."""
    y = column(owner, "y_true", y_true, domain)
    return y, column(owner, name, y_pred, domain, like=y.shape)


def mean_weights(owner: Named, sample_weight: ArrayLike | None, n: int) -> Array:
    """Weights of a mean: in a unit in which their sum cannot overflow."""
    w = float_weights(owner, sample_weight, n)
    return w / weight_unit(w)


def check_sum(owner: Named, w: Array) -> None:
    """Raise if the weights sum to infinity, where counts are sums of weights."""
    with np.errstate(over="ignore"):
        total = w.sum()
    if not np.isfinite(total):
        raise ValueError(
            f"{owner!r}: sample_weight must have a finite sum; got weights up to "
            f"{w.max():g}"
        )


def labelled(
    owner: Named,
    y_true: ArrayLike,
    score: ArrayLike,
    sample_weight: ArrayLike | None,
    *,
    name: str,
) -> tuple[NDArray[Any], NDArray[Any], Array]:
    """Which samples are positive, their scores as they came, and their weights.

    Samples of weight zero are gone; both labels must be left.
    """
    y = column(owner, "y_true", y_true)
    s = numbers(owner, name, score, like=y.shape)
    check_values(owner, name, s, REALS)
    w = float_weights(owner, sample_weight, len(y))
    if w.min() == 0:
        y, s, w = y[w > 0], s[w > 0], w[w > 0]
    positive = y == 1
    if positive.all() or not positive.any() or np.any(y[~positive]):
        raise ValueError(
            f"{owner!r}: y_true must hold both labels 0 and 1 and nothing else "
            f"(with positive weight); got the values {np.unique(y)[:5]}"
        )
    return positive, s, w


def check_columns(owner: Named, table: Any, columns: tuple[str, ...]) -> None:
    """Raise unless ``table`` is a mapping that has the ``columns``."""
    is_table = isinstance(table, Mapping)
    if not is_table or any(name not in table for name in columns):
        got = sorted(map(str, table)) if is_table else type(table).__name__
        raise ValueError(f"{owner!r}: table must have the columns {columns}; got {got}")


def answers(
    owner: object, call: str, each: str, function: Callable[..., Any], *args: Array
) -> NDArray[Any]:
    """What a reader's function returns, if that is a number for each input."""
    try:
        values = np.asarray(function(*args))
    except TypeError as error:
        raise TypeError(
            f"{owner!r}: {call} must take one array for each letter; it raised {error}"
        ) from error
    shape = (len(args[-1]),)
    if values.shape != shape or values.dtype.kind not in "biuf":
        raise ValueError(
            f"{owner!r}: {call} must return one real number for each {each}; for an "
            f"array of shape {shape} came shape {values.shape}, dtype {values.dtype}"
        )
    return values


def points(
    owner: Named, name: str, values: ArrayLike, domain: Interval = REALS
) -> Array:
    """Numbers at which a curve is computed, as an array of shape (m,)."""
    return column(owner, name, np.atleast_1d(as_numeric(owner, name, values)), domain)


def reduced(
    owner: Named,
    each: Array,
    sample_weight: ArrayLike | None,
    reduction: Reduction,
) -> float | Array:
    """sum(w * each) / sum(w), sum(w * each), or w * each, as in calling a loss."""
    check_option(owner, "reduction", reduction, ("mean", "sum", "none"))
    w = float_weights(owner, sample_weight, len(each))
    if reduction == "none":
        return cast(Array, w * each)
    if reduction == "sum":
        return float((w * each).sum())
    return float(weighted_mean(each, w))
