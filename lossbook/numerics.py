"""Stable primitives and the cache-sized block loop.

Each primitive is the textbook formula rearranged so that no intermediate value
overflows or cancels.  They are plain NumPy because NumPy's ``exp`` and ``log1p``
are vectorised by the processor, which is where the time of a loss goes.  Like NumPy's
functions they check nothing: NaN gives NaN.
"""

from collections.abc import Iterator

import numpy as np
from numpy.lib.introspect import opt_func_info
from numpy.typing import NDArray

Array = NDArray[np.floating]

# One block of 32,768 float64 values is 256 kB: a few of them fit into the second-level
# cache of a current processor, and a call of NumPy is short beside its work.
BLOCK_SIZE = 32_768

_TARGETS = opt_func_info(func_name="^log1p$").get("log1p", {}).get("dd", {})
_LOG1P_IS_COMPILED = not _TARGETS.get("current", "baseline").startswith("baseline")


def blocks(n_rows: int, n_columns: int = 1, size: int = 0) -> Iterator[slice]:
    """Slices that cut rows into pieces of ``size`` numbers, else of ``BLOCK_SIZE``.

    Examples
    --------
    >>> list(lb.numerics.blocks(40_000))
    [slice(0, 32768, None), slice(32768, 40000, None)]
    """
    step = max(1, (size or BLOCK_SIZE) // n_columns)
    for start in range(0, n_rows, step):
        yield slice(start, min(start + step, n_rows))


def log1p(x: Array) -> Array:
    """log(1 + x) for finite x > -1, as accurate for small x as NumPy's, and fast.

    NumPy's own where it is compiled for the processor (AVX-512); elsewhere that takes
    as long as two logarithms, and this takes one.

    Examples
    --------
    >>> lb.numerics.log1p(np.array([1e-20, 1.0])).round(4)
    array([0.    , 0.6931])
    """
    return np.log1p(x) if _LOG1P_IS_COMPILED else log1p_of_log(x)


def log1p_of_log(x: Array) -> Array:
    """log(1 + x) from NumPy's logarithm.

    Examples
    --------
    >>> lb.numerics.log1p_of_log(np.array([1e-20, 1.0])).round(4)
    array([0.    , 0.6931])
    """
    u = 1 + x
    return np.log(u) + ((1 - u) + x) / u  # the digits of x that u has not


def softplus(x: Array) -> Array:
    """log(1 + exp(x)), without overflow for large x.

    Examples
    --------
    >>> lb.numerics.softplus(np.array([-1000.0, 0.0, 1000.0])).round(4)
    array([0.000e+00, 6.931e-01, 1.000e+03])
    """
    return np.maximum(x, 0) + log1p(np.exp(-np.abs(x)))


def expit(x: Array) -> Array:
    """The logistic function 1 / (1 + exp(-x)), without overflow.

    Examples
    --------
    >>> lb.numerics.expit(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    # exp(-x) overflows only where the result is smaller than any normal number.
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def expit_slope(x: Array) -> Array:
    """Derivative of :func:`expit`: expit(x) * expit(-x), accurate in both tails.

    Examples
    --------
    >>> lb.numerics.expit_slope(np.array([0.0, 1.0])).round(4)
    array([0.25  , 0.1966])
    """
    tail = np.exp(-np.abs(x))
    return tail / np.square(1 + tail)


def _below_top(x: Array) -> tuple[Array, Array]:
    """Each row minus its largest entry, and that; a difference out of range is -inf."""
    top = x.max(axis=-1, keepdims=True)
    with np.errstate(over="ignore"):
        return x - top, top


def logsumexp(x: Array) -> Array:
    """log(sum(exp(x))) over the last axis, without overflow.

    Examples
    --------
    >>> lb.numerics.logsumexp(np.array([1000.0, 1000.0])).round(4)
    np.float64(1000.6931)
    """
    below, top = _below_top(x)
    return np.log(np.exp(below).sum(axis=-1)) + top[..., 0]


def softmax(x: Array) -> Array:
    """exp(x) / sum(exp(x)) over the last axis, without overflow.

    Examples
    --------
    >>> lb.numerics.softmax(np.array([1000.0, 1001.0])).round(4)
    array([0.2689, 0.7311])
    """
    p = np.exp(_below_top(x)[0])
    p /= p.sum(axis=-1, keepdims=True)
    return p


def log_softmax(x: Array) -> Array:
    """log(softmax(x)) over the last axis, without overflow or log(0).

    Examples
    --------
    >>> lb.numerics.log_softmax(np.array([0.0, 1000.0]))
    array([-1000.,     0.])
    """
    # Subtracting the largest entry first keeps confident rows exact.
    x, _ = _below_top(x)
    return x - np.log(np.exp(x).sum(axis=-1, keepdims=True))


def inner(weights: Array, values: Array) -> Array:
    """Row-wise inner product in which a weight of zero silences any value.

    Examples
    --------
    >>> lb.numerics.inner(np.array([[0.0, 1.0]]), np.array([[np.inf, 2.0]]))
    array([2.])
    """
    plain = np.einsum("ij,ij->i", weights, values)
    if np.isfinite(plain).all():
        return plain
    return (weights * np.where(weights == 0, 0, values)).sum(axis=1)


def xlogy(x: Array, y: Array) -> Array:
    """x * log(y), and 0 where x is 0 whatever finite y >= 0 is.

    Examples
    --------
    >>> lb.numerics.xlogy(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    array([0., 0.])
    """
    return x * np.log(y + (x == 0))


def ratio_and_log(y: Array, f: Array) -> tuple[Array, Array]:
    """y / exp(f) for y > 0, and its logarithm, to the last digits where they are near.

    Examples
    --------
    >>> lb.numerics.ratio_and_log(np.array([3.0, 1e-300]), np.array([0.0, -720.0]))
    (array([3.00000000e+00, 4.92070093e+12]), array([ 1.09861229, 29.2244721 ]))
    """
    limit = -float(np.log(np.finfo(f.dtype).tiny))
    with np.errstate(over="ignore", divide="ignore"):
        ratio = y * np.exp(-f)
        log_ratio = np.log(ratio)
        if max(f.max(), log_ratio.max(), -log_ratio.min()) > limit:
            # A factor or the product is out of range: there subtract the logarithms.
            far = (f > limit) | (np.abs(log_ratio) > limit)
            log_ratio = np.where(far, np.log(y) - f, log_ratio)
            ratio = np.where(far, np.exp(log_ratio), ratio)
    return ratio, log_ratio


def power_gap(log_y: Array, log_z: Array, k: float, log_x: Array | float = 0) -> Array:
    """x (y**k - z**k) / k from the logarithms of x, y, z; x log(y / z) where k is 0.

    Without loss of digits for k near 0, and without overflow of what cancels.

    Examples
    --------
    >>> lb.numerics.power_gap(np.log(3.0), np.log(1.0), 2.0).round(4)
    np.float64(4.0)
    """
    if k == 0:
        return np.exp(log_x) * (log_y - log_z)
    gap = k * (log_y - log_z)
    # Where y = z the difference is 0 even if their powers are out of range.
    log_larger = log_x + np.maximum(k * log_y, k * log_z)
    larger = np.exp(np.where(gap == 0, 0, log_larger))
    # 1 - exp(-|gap|), with the sign of the gap.
    tanh = np.tanh(gap / 2)
    return larger * (2 / k * tanh / (1 + np.abs(tanh)))


def hypot(x: Array, y: float) -> Array:
    """sqrt(x**2 + y**2) for y > 0, without overflow of the squares.

    NumPy's own takes one number at a time.

    Examples
    --------
    >>> lb.numerics.hypot(np.array([0.0, 3.0, 1e200]), 4.0)
    array([4.e+000, 5.e+000, 1.e+200])
    """
    size = np.abs(x)
    larger: Array = np.maximum(size, y)
    return larger * np.sqrt(1 + np.square(np.minimum(size, y) / larger))


def log1p_square(x: Array) -> Array:
    """log(1 + x**2), without overflow of the square.

    Examples
    --------
    >>> lb.numerics.log1p_square(np.array([0.0, 1e200])).round(4)
    array([  0.   , 921.034])
    """
    size = np.abs(x)
    # Far out the 1 is lost anyway, and the square may overflow.
    far = float(np.finfo(x.dtype).max) ** 0.25
    near = log1p(np.square(np.minimum(size, far)))
    return near + 2 * np.log(np.maximum(size, far) / far)


def project_simplex(x: Array) -> Array:
    """Euclidean projection of each row of ``x`` onto the probability simplex.

    Also called sparsemax.  Sort, find how many coordinates stay positive, shift
    (Held, Wolfe & Crowder 1974; Martins & Astudillo 2016, algorithm 1).

    Examples
    --------
    >>> lb.numerics.project_simplex(np.array([[0.2, 0.9, 0.4]])).round(4)
    array([[0.0333, 0.7333, 0.2333]])
    """
    # The shift by the maximum changes nothing and keeps the sums small; whatever lies
    # lower than it by 1 gets nothing.
    x = np.maximum(_below_top(x)[0], -1)
    descending = -np.sort(-x, axis=-1)
    excess = descending.cumsum(axis=-1) - 1
    count = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    support = (count * descending > excess).sum(axis=-1, keepdims=True)
    threshold = np.take_along_axis(excess, support - 1, axis=-1) / support
    return np.maximum(x - threshold, 0).astype(x.dtype, copy=False)
