"""Comparing forecasts: Murphy curves, and scores of intervals and distributions."""

import math

import numpy as np
from numpy.typing import ArrayLike

from lossbook.base import Reduction, extremes
from lossbook.functionals import Identifiable, Mean
from lossbook.judge.inputs import column, mean_weights, points, reduced, sample
from lossbook.numerics import Array
from lossbook.validation import (
    OPEN_UNIT,
    POSITIVE,
    REALS,
    Named,
    as_numeric,
    check_instance,
    check_number,
    check_shape,
    check_values,
)


def murphy_curve(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    thetas: ArrayLike,
    functional: Identifiable | None = None,
    *,
    sample_weight: ArrayLike | None = None,
) -> Array:
    """Mean elementary score of forecasts at each threshold ``theta``.

    Every loss that is consistent for the functional is a mixture of these scores, so a
    forecast whose curve lies below another's everywhere is better under all of them.

    The elementary score is |V(y, theta)| where theta separates forecast and outcome,
    min(y, z) <= theta < max(y, z), and 0 elsewhere; V is the identification function.

    Parameters
    ----------
    y_true, y_pred : arrays of shape (n,)
        Targets and forecasts.
    thetas : float or array of shape (m,)
        Finite numbers on the scale of the targets.
    functional : Functional, optional
        What is forecast, such as ``Quantile(0.9)``; ``Mean()`` if not given.
    sample_weight : array of shape (n,), optional
        Weights >= 0 of the samples, not all zero.

    Returns
    -------
    array of shape (m,)

    Notes
    -----
    Ehm, Gneiting, Jordan & Krüger 2016, doi:10.1111/rssb.12154.

    Examples
    --------
    >>> lb.judge.murphy_curve([0, 1], [0.2, 0.7], [0.1, 0.5])
    array([0.05, 0.  ])
    """
    owner = Named("murphy_curve")
    functional = Mean() if functional is None else functional
    check_instance(owner, "functional", functional, Identifiable, "Quantile(0.9)")
    y, z = sample(owner, y_true, y_pred)
    t = points(owner, "thetas", thetas)
    w = mean_weights(owner, sample_weight, len(y))
    low, high = np.minimum(y, z), np.maximum(y, z)
    curve = np.empty(len(t))
    for i, theta in enumerate(t):
        between = (low <= theta) & (theta < high)
        score = np.abs(functional.identification(y[between], theta))
        curve[i] = (w[between] * score).sum() / w.sum()
    return curve


# ---- intervals ---------------------------------------------------------------------


def interval_score(
    y_true: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    alpha: float,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> float | Array:
    r"""Width of an interval plus 2 / alpha times the distance by which it misses.

    (u - l) + 2/alpha * (max(l - y, 0) + max(y - u, 0)).  It is least, on average, for
    the alpha/2 and 1 - alpha/2 quantiles, and is 2/alpha times the sum of their two
    pinball losses.

    Parameters
    ----------
    y_true, lower, upper : arrays of shape (n,)
        Targets, and intervals with lower <= upper.
    alpha : float in (0, 1)
        How often the interval may miss: 0.1 for one that should hold 90%.
    sample_weight : array of shape (n,), optional
        Weights >= 0 of the samples, not all zero.
    reduction : {"mean", "sum", "none"}
        As in calling a loss.

    Notes
    -----
    Winkler 1972, doi:10.1080/01621459.1972.10481224; Gneiting & Raftery 2007,
    doi:10.1198/016214506000001437.

    Examples
    --------
    >>> lb.judge.interval_score([1.0, 5.0], [0.0, 0.0], [4.0, 4.0], alpha=0.2)
    9.0
    """
    owner = Named("interval_score")
    check_number(owner, "alpha", alpha, OPEN_UNIT)
    y = column(owner, "y_true", y_true)
    each = _interval_scores(owner, y, lower, upper, np.asarray(alpha), y.shape)
    return reduced(owner, each, sample_weight, reduction)


def weighted_interval_score(
    y_true: ArrayLike,
    median: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    alpha: ArrayLike,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> float | Array:
    r"""Interval scores of K nested intervals and the error of the median, in one.

    (|y - m| / 2 + sum_k alpha_k / 2 * IS_k) / (K + 1/2), where IS_k is the interval
    score of the k-th interval.  It is the mean of twice the pinball losses of all
    2K + 1 quantiles, and for many of them near to the CRPS.

    Parameters
    ----------
    y_true, median : arrays of shape (n,)
        Targets, and the medians that were forecast.
    lower, upper : arrays of shape (n, K)
        Ends of the intervals, lower <= upper; a column for each of ``alpha``.
    alpha : array of shape (K,)
        How often each interval may miss, in (0, 1).
    sample_weight : array of shape (n,), optional
        Weights >= 0 of the samples, not all zero.
    reduction : {"mean", "sum", "none"}
        As in calling a loss.

    Notes
    -----
    Bracher, Ray, Gneiting & Reich 2021, doi:10.1371/journal.pcbi.1008618.

    Examples
    --------
    >>> lower, upper = [[0.0, 1.0]], [[8.0, 5.0]]
    >>> lb.judge.weighted_interval_score([6.0], [2.0], lower, upper, alpha=[0.2, 0.5])
    1.92
    """
    owner = Named("weighted_interval_score")
    y = column(owner, "y_true", y_true)
    m = column(owner, "median", median, like=y.shape)
    a = points(owner, "alpha", alpha, OPEN_UNIT)
    shape = (len(y), len(a))
    scores = _interval_scores(owner, y[:, None], lower, upper, a, shape)
    each = (np.abs(y - m) / 2 + scores @ (a / 2)) / (len(a) + 0.5)
    return reduced(owner, each, sample_weight, reduction)


def _interval_scores(
    owner: Named,
    y: Array,
    lower: ArrayLike,
    upper: ArrayLike,
    alpha: Array,
    shape: tuple[int, ...],
) -> Array:
    """The interval score of each target, and each alpha if there are several."""
    low = column(owner, "lower", lower, like=shape)
    high = column(owner, "upper", upper, like=shape)
    if (low > high).any():
        bad = low[low > high][0], high[low > high][0]
        raise ValueError(
            f"{owner!r}: lower must not exceed upper; got {bad[0]!s} and {bad[1]!s}"
        )
    return high - low + 2 / alpha * (np.maximum(low - y, 0) + np.maximum(y - high, 0))


# ---- distributions -----------------------------------------------------------------


def crps_gaussian(
    y_true: ArrayLike,
    mean: ArrayLike,
    scale: ArrayLike,
    *,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> float | Array:
    r"""Continuous ranked probability score of Gaussian forecasts, in closed form.

    scale * (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)) with z = (y - mean) / scale:
    the integral of (F(t) - 1{y <= t})**2 over t, in the unit of the target.

    Parameters
    ----------
    y_true, mean : arrays of shape (n,)
        Targets, and the means that were forecast.
    scale : array of shape (n,)
        Standard deviations > 0.
    sample_weight : array of shape (n,), optional
        Weights >= 0 of the samples, not all zero.
    reduction : {"mean", "sum", "none"}
        As in calling a loss.

    Notes
    -----
    Matheson & Winkler 1976, doi:10.1287/mnsc.22.10.1087; closed form: Gneiting &
    Raftery 2007, doi:10.1198/016214506000001437.

    Examples
    --------
    >>> round(lb.judge.crps_gaussian([0.0], [0.0], [1.0]), 4)
    0.2337
    """
    from scipy.special import ndtr  # slow to import

    owner = Named("crps_gaussian")
    y = column(owner, "y_true", y_true)
    mu = column(owner, "mean", mean, like=y.shape)
    s = column(owner, "scale", scale, POSITIVE, like=y.shape)
    with extremes():
        z = (y - mu) / s
        density = np.exp(-np.square(z) / 2) / math.sqrt(2 * math.pi)
        # As s z may be infinite where y - mu is not, s is multiplied out.
        each = (y - mu) * (2 * ndtr(z) - 1) + s * (2 * density - 1 / math.sqrt(math.pi))
    return reduced(owner, each, sample_weight, reduction)


def crps_ensemble(
    y_true: ArrayLike,
    members: ArrayLike,
    *,
    fair: bool = False,
    sample_weight: ArrayLike | None = None,
    reduction: Reduction = "mean",
) -> float | Array:
    r"""Continuous ranked probability score of ensembles of m members each.

    E|X - y| - E|X - X'| / 2 where X and X' are drawn from the members: the integral of
    (F(t) - 1{y <= t})**2 over t, summed up from gap to gap of the sorted members, so
    nothing cancels.  O(m log m) for an ensemble.

    Parameters
    ----------
    y_true : array of shape (n,)
        Targets.
    members : array of shape (n, m)
        The members of each ensemble, in any order.
    fair : bool
        Take X and X' to be different members, so that the score is, on average, that of
        the distribution the members come from, however few they are; m >= 2, and the
        score of one ensemble may be negative.
    sample_weight : array of shape (n,), optional
        Weights >= 0 of the samples, not all zero.
    reduction : {"mean", "sum", "none"}
        As in calling a loss.

    Notes
    -----
    Gneiting & Raftery 2007, doi:10.1198/016214506000001437; fair: Ferro 2014,
    doi:10.1002/qj.2270.

    Examples
    --------
    >>> lb.judge.crps_ensemble([1.0], [[0.0, 1.0, 3.0, 4.0]])
    0.625
    """
    owner = Named("crps_ensemble")
    if not isinstance(fair, bool | np.bool_):
        raise TypeError(f"{owner!r}: fair must be True or False; got {fair!r}")
    y = column(owner, "y_true", y_true)
    x = as_numeric(owner, "members", members)
    fits = x.ndim == 2 and len(x) == len(y) and x.shape[1] >= 1 + fair
    check_shape(owner, "members", x, fits, f"({len(y)}, m) with m >= {1 + fair}")
    check_values(owner, "members", x, REALS)
    x = np.sort(x.astype(np.float64), axis=1)
    m = x.shape[1]
    low, high = x[:, :-1], x[:, 1:]
    share = np.arange(1, m) / m  # F between two members
    split = np.clip(y[:, None], low, high)
    each = (split - low) @ share**2 + (high - split) @ (1 - share) ** 2
    each += np.maximum(x[:, 0] - y, 0) + np.maximum(y - x[:, -1], 0)
    if fair:
        each -= (high - low) @ (share * (1 - share)) / (m - 1)
    return reduced(owner, each, sample_weight, reduction)
