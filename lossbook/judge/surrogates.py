r"""What a margin loss asks for, computed: conditional risk, best score, psi-transform.

Every function takes a binary loss of lossbook or any function phi(m) of the margin
that accepts and returns arrays.  Nothing is looked up: the answers come from
minimising the conditional risk

    C(eta, f) = eta * phi(f) + (1 - eta) * phi(-f)

over f on a grid that reaches to 1e6 and is refined around the lowest point.
Bartlett, Jordan & McAuliffe 2006, doi:10.1198/016214505000000907.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lossbook.base import BinaryLoss, Loss
from lossbook.judge.inputs import answers
from lossbook.numerics import Array
from lossbook.validation import (
    UNIT,
    Interval,
    Named,
    as_numeric,
    check_not_empty,
    check_shape,
    check_values,
)

Phi = Callable[[Array], Array]
MarginFunction = BinaryLoss | Phi

_HALF_GRID = np.concatenate([np.linspace(0, 40, 2001), np.geomspace(41, 1e6, 200)])
_GRID = np.concatenate([-_HALF_GRID[:0:-1], _HALF_GRID])
_GOLDEN = (np.sqrt(5) - 1) / 2


def conditional_risk(
    loss: MarginFunction, eta: ArrayLike, raw_prediction: ArrayLike
) -> Array:
    """Expected loss C(eta, f) where the label is 1 with probability ``eta``.

    ``eta`` in [0, 1] and ``raw_prediction``, which may be infinite, broadcast against
    each other.

    Examples
    --------
    >>> lb.judge.conditional_risk(lb.HingeLoss(), 0.8, [0.0, 1.0]).round(4)
    array([1. , 0.4])
    """
    owner = Named("conditional_risk")
    phi, probability = _margin_function(owner, loss), _probability(owner, eta)
    f = as_numeric(owner, "raw_prediction", raw_prediction).astype(float)
    check_not_empty(owner, "raw_prediction", f)
    if np.isnan(f).any():
        raise ValueError(f"{owner!r}: raw_prediction must be numbers; got nan")
    pairs = zip(probability.shape[::-1], f.shape[::-1], strict=False)
    fits = all(m == n or 1 in (m, n) for m, n in pairs)
    wanted = f"that broadcasts against eta, of shape {probability.shape}"
    check_shape(owner, "raw_prediction", f, fits, wanted)
    return _risk(phi, probability, f)


def best_raw(loss: MarginFunction, eta: ArrayLike) -> Array:
    """The f of least conditional risk for each ``eta``.

    Where a whole interval is best, its point nearest to 0 (up to the grid's 0.02 if
    the interval is open, as for the zero-one loss); infinite where the least risk is
    only approached.

    Examples
    --------
    >>> lb.judge.best_raw(lb.HingeLoss(), [0.3, 0.8]).round(4)
    array([-1.,  1.])
    """
    owner = Named("best_raw")
    return _search(_margin_function(owner, loss), _probability(owner, eta), _GRID)[0]


def bayes_risk(loss: MarginFunction, eta: ArrayLike) -> Array:
    """H(eta), the least conditional risk: a concave function of ``eta``.

    Examples
    --------
    >>> lb.judge.bayes_risk(lb.LogisticLoss(), [0.5, 0.9]).round(4)
    array([0.6931, 0.3251])
    """
    owner = Named("bayes_risk")
    return _search(_margin_function(owner, loss), _probability(owner, eta), _GRID)[1]


def wrong_side_risk(loss: MarginFunction, eta: ArrayLike) -> Array:
    """The least conditional risk among f that do not take the side of 2 eta - 1.

    Examples
    --------
    >>> lb.judge.wrong_side_risk(lb.HingeLoss(), [0.5, 0.8]).round(4)
    array([1., 1.])
    """
    owner = Named("wrong_side_risk")
    phi, probability = _margin_function(owner, loss), _probability(owner, eta)
    # C(eta, f) = C(1 - eta, -f), so the more probable label can always be 1.
    favoured = np.maximum(probability, 1 - probability)
    _, least = _search(phi, favoured, _GRID[_GRID <= 0])
    if not np.any(favoured == 0.5):
        return least
    # At one half no side is wrong.
    return np.where(favoured == 0.5, _search(phi, np.array(0.5), _GRID)[1], least)


def calibration_gap(loss: MarginFunction, theta: ArrayLike) -> Array:
    """Extra risk of the wrong side at eta = (1 + theta) / 2, for theta in [-1, 1].

    Examples
    --------
    >>> lb.judge.calibration_gap(lb.HingeLoss(), [0.0, 0.6]).round(4)
    array([0. , 0.6])
    """
    owner = Named("calibration_gap")
    phi, eta = _margin_function(owner, loss), (1 + _advantage(owner, theta)) / 2
    # Never negative but for rounding.
    return np.maximum(wrong_side_risk(phi, eta) - bayes_risk(phi, eta), 0)


def psi_transform(loss: MarginFunction, theta: ArrayLike) -> Array:
    """The largest convex function below the calibration gap, for theta in [-1, 1].

    psi(excess error rate) <= excess surrogate risk for every classifier.

    Examples
    --------
    >>> lb.judge.psi_transform(lb.SquaredHingeLoss(), [0.0, 0.5, 1.0]).round(4)
    array([0.  , 0.25, 1.  ])
    """
    owner = Named("psi_transform")
    phi, t = _margin_function(owner, loss), _advantage(owner, theta)
    points = np.unique(np.concatenate([np.linspace(0, 1, 501), t.ravel()]))
    gap = calibration_gap(phi, points)
    corners = _lower_hull(points, gap)
    return np.interp(t, points[corners], gap[corners])


@dataclass(frozen=True)
class Calibration:
    """The verdict of :func:`calibration`; true if the loss is calibrated."""

    calibrated: bool
    reason: str

    def __bool__(self) -> bool:
        return self.calibrated


def calibration(loss: MarginFunction) -> Calibration:
    """Is every minimiser of the surrogate risk on the right side of 0?

    A loss is classification-calibrated if for every eta other than one half the wrong
    side costs more than the best (checked for 500 values of eta).

    Examples
    --------
    >>> bool(lb.judge.calibration(lb.PerceptronLoss()))
    False
    """
    theta = np.linspace(0, 1, 501)[1:]
    gap = calibration_gap(_margin_function(Named("calibration"), loss), theta)
    # A gap of theta**2 is about the smallest among calibrated losses in use; below
    # a thousandth of that only rounding is left.
    failing = theta[gap <= 1e-3 * theta**2 * max(1.0, float(gap.max()))]
    if failing.size == 0:
        return Calibration(
            True, "the wrong side of 0 costs more than the best for every eta != 1/2"
        )
    low, high = (1 + failing[0]) / 2, (1 + failing[-1]) / 2
    return Calibration(
        False,
        f"for eta between {low:.3f} and {high:.3f} a raw prediction on the wrong side "
        "of 0, or 0 itself, costs no more than the best",
    )


def _margin_function(owner: Named, loss: MarginFunction) -> Phi:
    """phi of a loss, or the function itself, tried out on a grid."""
    phi: Phi
    if isinstance(loss, BinaryLoss):
        phi = loss.phi
    elif callable(loss) and not isinstance(loss, Loss | type):
        phi = loss
    else:
        raise TypeError(
            f"{owner!r}: loss must be a binary loss such as HingeLoss(), or a function "
            f"phi(m) of an array of margins; got {loss!r}"
        )
    trial = np.linspace(-30, 30, 241)
    values = answers(owner, "phi(m)", "margin", phi, trial)
    if not np.isfinite(values).all():
        where = trial[~np.isfinite(values)][0]
        raise ValueError(
            f"{owner!r}: phi(m) must be finite for margins in [-30, 30]; "
            f"got {values[~np.isfinite(values)][0]} at m = {where:g}"
        )
    return phi


def _probability(owner: Named, eta: ArrayLike) -> Array:
    return _numbers(owner, "eta", eta, UNIT)


def _risk(phi: Phi, eta: Array, f: Array) -> Array:
    """C(eta, f); a label of probability zero has no say, even if phi is infinite."""
    eta, f = np.broadcast_arrays(eta, f)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        if_one, if_zero = eta * phi(f), (1 - eta) * phi(-f)
    return np.where(eta == 0, 0, if_one) + np.where(eta == 1, 0, if_zero)


def _search(phi: Phi, eta: Array, grid: Array) -> tuple[Array, Array]:
    """Minimiser and minimum of C(eta, f) over the range of ``grid``, for each eta."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        at_grid, mirrored = phi(grid), phi(-grid)
    if np.isnan(at_grid).any() or np.isnan(mirrored).any():
        # Beyond the range of floating point; the ends tell nothing.
        inner = np.abs(grid) <= 30
        grid, at_grid, mirrored = grid[inner], at_grid[inner], mirrored[inner]
    best, least = np.empty(eta.shape), np.empty(eta.shape)
    scale = np.abs(at_grid[np.abs(grid) <= 2]).max()
    for i, p in np.ndenumerate(eta):
        if p in (0, 1):
            risk = at_grid if p == 1 else mirrored
        else:
            risk = p * at_grid + (1 - p) * mirrored
        least[i] = risk.min()
        # Ties, up to rounding, go to the point nearest to 0.
        tied = np.flatnonzero(risk <= least[i] + 1e-13 * scale)
        k = tied[np.argmin(np.abs(grid[tied]))]
        best[i] = grid[k]
        if _only_approached(grid, risk, k, 1e-9 * scale):
            best[i] = np.copysign(np.inf, grid[k])
    return _refine(phi, eta, grid, best, least)


def _only_approached(grid: Array, risk: Array, k: np.intp, creep: float) -> bool:
    """Whether the risk falls for ever: it creeps to the level it reaches at ``k``.

    A flat end that begins with a kink, as for the hinge, is reached; one that begins
    where the last digits fade, as for the sigmoid, is not.
    """
    if abs(grid[k]) == np.abs(grid).max():
        return True
    outwards = risk[k:] if grid[k] > 0 else risk[k::-1]
    if abs(grid[k]) < 2 or outwards.max() > risk[k] + creep:
        return False
    before = np.searchsorted(grid, 0.9 * grid[k])
    return bool(risk[before] - risk[k] <= creep)


def _refine(
    phi: Phi, eta: Array, grid: Array, best: Array, least: Array
) -> tuple[Array, Array]:
    """Golden-section search between the neighbours of each grid minimiser."""
    finite = np.isfinite(best)
    k = np.searchsorted(grid, np.where(finite, best, 0))
    low = grid[np.maximum(k - 1, 0)]
    high = grid[np.minimum(k + 1, len(grid) - 1)]
    for _ in range(60):
        left = high - _GOLDEN * (high - low)
        right = low + _GOLDEN * (high - low)
        to_left = _risk(phi, eta, left) <= _risk(phi, eta, right)
        high = np.where(to_left, right, high)
        low = np.where(to_left, low, left)
    middle = (low + high) / 2
    refined = _risk(phi, eta, middle)
    # On a flat stretch the golden section wanders; the grid point stays then.
    better = finite & (refined < least - 1e-13 * np.maximum(np.abs(least), 1e-3))
    return np.where(better, middle, best), np.where(better, refined, least)


def _lower_hull(x: Array, y: Array) -> list[int]:
    """Indices of the corners of the largest convex function below the points."""
    hull: list[int] = []
    for i in range(len(x)):
        while len(hull) > 1:
            a, b = hull[-2], hull[-1]
            # A corner stays if it lies below the line that would replace it.
            if (y[b] - y[a]) * (x[i] - x[a]) < (y[i] - y[a]) * (x[b] - x[a]):
                break
            hull.pop()
        hull.append(i)
    return hull


def _advantage(owner: Named, theta: ArrayLike) -> Array:
    """|theta|, how much likelier one label is than the other."""
    return np.abs(_numbers(owner, "theta", theta, Interval(-1.0, 1.0)))


def _numbers(owner: Named, name: str, values: ArrayLike, domain: Interval) -> Array:
    """Numbers in ``domain`` as float64, in any shape."""
    array = as_numeric(owner, name, values).astype(float)
    check_not_empty(owner, name, array)
    check_values(owner, name, array, domain)
    return array
