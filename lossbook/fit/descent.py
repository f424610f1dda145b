"""Descent: paths worth plotting, and the minimisers behind the linear models.

A path is computed step by step exactly as the textbook formula says, and keeps every
iterate.  The minimisers want the answer and take any way to it.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lossbook.base import MulticlassLoss, PointwiseLoss, one_hot
from lossbook.functionals import Quantile
from lossbook.losses.margin import ZeroOneLoss
from lossbook.numerics import Array
from lossbook.validation import (
    NONNEGATIVE,
    POSITIVE,
    REALS,
    Named,
    as_amounts,
    as_numeric,
    check_instance,
    check_integer,
    check_not_empty,
    check_number,
    check_shape,
    check_values,
    rows_with_weight,
)

Field = Callable[[Array], Array]

_SIDES = np.array([[1.0], [-1.0]])


class LinearRisk:
    """The mean loss of the linear model raw = X w, as a function of its weights w.

    sum_i s_i loss(y_i, x_i w) / sum_i s_i  +  sum_j penalty_j w_j**2 / 2

    Parameters
    ----------
    loss : PointwiseLoss
    X : array of shape (n, p)
        Features.  There is no intercept: a column of ones makes one.
    y : array of shape (n,)
        Targets in ``loss.y_domain``; labels 0..K-1 for a loss of several classes.
    sample_weight : array of shape (n,), optional
        Weights s >= 0, not all zero.
    penalty : float >= 0 or array of shape (p,)
        Strength of the squared penalty, for all weights or for each.

    Raises
    ------
    ValueError, TypeError
        If a shape does not match or a value is not allowed.
    """

    def __init__(
        self,
        loss: PointwiseLoss,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        penalty: ArrayLike = 0.0,
    ) -> None:
        check_instance(
            Named("LinearRisk"), "loss", loss, PointwiseLoss, "lb.HuberLoss()"
        )
        y = loss._targets(y)
        features = as_numeric(loss, "X", X)
        fits = features.ndim == 2 and len(features) == len(y)
        check_shape(loss, "X", features, fits, f"({len(y)}, p) to match y")
        strength = as_amounts(loss, "penalty", penalty, features.shape[1:])
        kept, weights = rows_with_weight(loss, sample_weight, len(y))
        self.loss = loss
        self.X = features[kept].astype(np.float64)
        self.y: Array = y[kept].astype(np.float64)
        self.weights = weights / weights.sum()
        self.penalty = np.broadcast_to(strength.astype(np.float64), features.shape[1:])
        check_values(loss, "X", np.append(self.X, 0), REALS)
        loss._check_targets(self.y)
        if isinstance(loss, MulticlassLoss) and self.y.ndim == 1:
            self.y = one_hot(loss, self.y, max(2, int(self.y.max()) + 1))
            loss._check_shapes(self.y, self.y, "y as columns")

    def _coefficients(self, w: ArrayLike) -> Array:
        """``w`` as an array, which must have the shape of the coefficients."""
        array = as_numeric(self.loss, "w", w)
        wanted = (self.X.shape[1], *self.y.shape[1:])
        if self.loss.family == "distribution":
            wanted = (*wanted, 2)
        check_shape(self.loss, "w", array, array.shape == wanted, wanted)
        return array

    def value(self, w: ArrayLike) -> float:
        """The risk at w of shape (p,), or (p, K) for several classes."""
        return float(self.terms(self._coefficients(w)).sum())

    def terms(self, w: Array) -> Array:
        """What each sample and each weight adds to the risk at w.

        Differences of two risks are taken term by term: a sample that is far out has
        a large one that hardly changes, and would hide what the others say.
        """
        with np.errstate(all="ignore"):
            losses = self.loss._value(self.y, self.X @ w)
            # Not w squared, which may overflow where nothing is charged for it.
            charges = (self.penalty * w.T) * w.T / 2
            return np.append(self.weights * losses, charges)

    def typical_gradient(self, w: Array) -> float:
        """The size of one sample's gradient at w, which a small gradient is beside.

        The median of the samples that pull at all, so that a few have no say, however
        large their weights.
        """
        with np.errstate(all="ignore"):
            forces = self.loss._gradient(self.y, self.X @ w)
        sizes = np.abs(forces).reshape(len(forces), -1).max(axis=1)
        sizes = sizes * self.weights * len(sizes)
        some = sizes > 0
        return float(Quantile(0.5)(sizes[some])) if some.any() else 1.0

    def gradient(self, w: ArrayLike) -> Array:
        """Its gradient, in the shape of ``w``; not finite where raw is not."""
        w = self._coefficients(w)
        with np.errstate(all="ignore"):
            forces = self.loss._gradient(self.y, self.X @ w)
            return self.X.T @ (self.weights * forces.T).T + (self.penalty * w.T).T

    def rounding(self, w: Array) -> float:
        """How much of the gradient at w may be rounding error, about."""
        with np.errstate(all="ignore"):
            raw = self.X @ w
            bends = np.abs(self.loss._hessian(self.y, raw))
            reach = 1 + np.abs(self.X) @ np.abs(w)
            errors = bends * reach + np.abs(self.loss._gradient(self.y, raw))
            noise = np.abs(self.X).T @ (self.weights * errors.T).T
            return float(np.finfo(float).eps) * _length(noise)

    def hessian(self, w: ArrayLike) -> Array:
        """Its Hessian (p, p); (p K, p K) for several classes, ordered as w.ravel()."""
        w = self._coefficients(w)
        with np.errstate(all="ignore"):
            bends = self._bends(self.X @ w)
            p, k = self.X.shape[1], bends.shape[1]
            hessian = np.empty((p, k, p, k))
            for a, b in np.ndindex(k, k):
                weights = self.weights * bends[:, a, b]
                hessian[:, a, :, b] = (self.X.T * weights) @ self.X
            return hessian.reshape(p * k, p * k) + np.diag(np.repeat(self.penalty, k))

    def _bends(self, raw: Array) -> Array:
        """Second derivatives of each loss in its K raw predictions: (n, K, K)."""
        if raw.ndim == 1:
            return self.loss._hessian(self.y, raw)[:, None, None]
        # A loss knows only its diagonal; differences of gradients give the rest.
        slope = partial(self.loss._gradient, self.y)
        steps = 1e-5 * np.eye(raw.shape[1])
        rises = [slope(raw + step) - slope(raw - step) for step in steps]
        return np.stack(rises, axis=2) / 2e-5


def gradient_descent(
    gradient: Field, start: ArrayLike, *, learning_rate: float, n_steps: int
) -> Array:
    """The path w <- w - learning_rate * gradient(w).

    On a quadratic it converges exactly if learning_rate < 2 / L, where L is the
    largest eigenvalue of the Hessian.

    Parameters
    ----------
    gradient : function of an array of shape (p,), returning one
    start : array of shape (p,)
        Finite; any shape is allowed, and kept.
    learning_rate : float > 0
        In units of w squared over units of the risk.
    n_steps : int >= 0

    Returns
    -------
    array of shape (n_steps + 1, p)
        All iterates, the start first.  A path that leaves the range of float64 stays
        at its first iterate that is not finite.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range, or ``start`` not finite.

    Examples
    --------
    >>> def slope(w):
    ...     return 2 * w
    >>> lb.fit.gradient_descent(slope, [1.0], learning_rate=0.25, n_steps=2)
    array([[1.  ],
           [0.5 ],
           [0.25]])
    """
    owner = Named("gradient_descent")
    check_instance(owner, "gradient", gradient, Callable, "np.sign")
    check_number(owner, "learning_rate", learning_rate, POSITIVE)
    return _path(owner, lambda t, w: w - learning_rate * gradient(w), start, n_steps)


def subgradient_descent(
    gradient: Field, start: ArrayLike, *, learning_rate: float, n_steps: int
) -> Array:
    """The path w <- w - learning_rate / sqrt(t) * gradient(w), t = 1, 2, …

    At a kink steps of constant size never settle; steps that shrink like this do
    (Shor 1985).  Parameters, result and errors as in :func:`gradient_descent`.

    Examples
    --------
    >>> lb.fit.subgradient_descent(np.sign, [1.0], learning_rate=1, n_steps=2)
    array([[1.],
           [0.],
           [0.]])
    """
    owner = Named("subgradient_descent")
    check_instance(owner, "gradient", gradient, Callable, "np.sign")
    check_number(owner, "learning_rate", learning_rate, POSITIVE)

    def step(t: int, w: Array) -> Array:
        return w - learning_rate / np.sqrt(t) * gradient(w)

    return _path(owner, step, start, n_steps)


def newton(gradient: Field, hessian: Field, start: ArrayLike, *, n_steps: int) -> Array:
    """The path w <- w - inverse(hessian(w)) gradient(w), undamped.

    Parameters
    ----------
    gradient, hessian : functions of an array of shape (p,)
        Returning arrays of shapes (p,) and (p, p).
    start : array of shape (p,)
    n_steps : int >= 0

    Returns
    -------
    array of shape (n_steps + 1, p)
        As in :func:`gradient_descent`; NaN from where the Hessian is singular.

    Examples
    --------
    >>> lb.fit.newton(lambda w: 2 * w, lambda w: 2 * np.eye(1), [1.0], n_steps=1)
    array([[1.],
           [0.]])
    """

    owner = Named("newton")
    check_instance(owner, "gradient", gradient, Callable, "np.sign")
    check_instance(owner, "hessian", hessian, Callable, "np.diag")

    def step(t: int, w: Array) -> Array:
        try:
            return w - np.linalg.solve(hessian(w), gradient(w))
        except np.linalg.LinAlgError:
            return np.full_like(w, np.nan)

    return _path(owner, step, start, n_steps)


def _path(
    owner: Named, step: Callable[[int, Array], Array], start: ArrayLike, n_steps: int
) -> Array:
    """All iterates of ``step(t, w)``, t = 1 … n_steps, from ``start``."""
    check_integer(owner, "n_steps", n_steps, NONNEGATIVE)
    first = as_numeric(owner, "start", start).astype(np.float64)
    check_not_empty(owner, "start", first)
    check_values(owner, "start", first, REALS)
    path = np.broadcast_to(first, (n_steps + 1, *first.shape)).copy()
    with np.errstate(all="ignore"):
        for t in range(1, n_steps + 1):
            path[t] = step(t, path[t - 1])
            if not np.all(np.isfinite(path[t])):
                path[t:] = path[t]
                break
    return path


def check_trainable(owner: Named, loss: object, example: str) -> None:
    """Raise unless this is a loss of single samples that can be descended."""
    check_instance(owner, "loss", loss, PointwiseLoss, example)
    if isinstance(loss, ZeroOneLoss):
        raise ValueError(
            f"{owner!r}: loss must have a slope to follow; got {loss!r}, which is "
            "flat; use one of its surrogates"
        )


def raw_start(loss: PointwiseLoss, y: Array, weights: Array | None) -> Array:
    """The raw prediction of the best constant, and 0 where that is infinite."""
    raw = loss.link(loss.best_constant(y, weights))
    return raw if np.isfinite(raw).all() else np.zeros_like(raw)


class Minimum(NamedTuple):
    """Where a minimiser stopped.

    ``at_infinity`` says that the gradient vanishes although Newton's steps stay long:
    the risk falls for ever and has no minimiser.
    """

    x: Array
    n_iter: int
    converged: bool
    at_infinity: bool


def minimize_newton(
    risk: LinearRisk,
    start: Array,
    *,
    tol: float,
    max_iter: int,
    typical: float | None = None,
) -> Minimum:
    """Newton's method, damped until each step is a success (Levenberg–Marquardt).

    Directions of negative curvature count with its size, so that every step leads
    downhill; what is found for a risk that is not convex is the valley of ``start``.

    Parameters
    ----------
    risk : LinearRisk
        Of a smooth loss.
    start : array of shape (p,) or (p, K)
        With a finite gradient.
    tol : float > 0
        Norm of the gradient, as a share of what a typical sample's is, ``typical`` and
        also at the minimum itself, or as near as rounding lets it come.  Where the
        steps stay long it has to fall by another 1e-4: the minimum is at infinity.
    max_iter : int
        Largest number of steps.
    typical : float, optional
        By default that at ``start``.
    """
    typical = typical or risk.typical_gradient(start)
    tolerance = tol * typical

    def settled(size: float, length: float, deaf: bool) -> bool:
        """Whether the gradient is as small as it can be, and Newton's step is too."""
        slow, noise = length <= 1e-6 * _length(x), risk.rounding(x)
        return slow and not deaf and size <= 10 * noise and noise <= typical

    x, terms, gradient = start, risk.terms(start), risk.gradient(start)
    damping = 0.0
    for n_iter in range(1, max_iter + 1):
        size = _length(gradient)
        hessian = risk.hessian(x)
        if not np.isfinite(hessian).all():
            return Minimum(x, n_iter, False, False)
        bends, axes = np.linalg.eigh(hessian)
        bends, slopes = np.abs(bends), axes.T @ gradient.ravel()
        # Where nothing bends at all, the gradient itself is a good first step.
        top = float(bends.max(initial=0)) or size
        # In a flat direction a rounding error would pass for a slope and lead far away.
        noise = 1e-9 * size + 1e-5 * tolerance
        silent = (bends <= 1e-9 * top) & (np.abs(slopes) <= noise)
        slopes[silent] = 0
        # Beside one sample that bends the risk, all others may go unheard.
        deaf = silent.any() and noise > 1e-3 * risk.typical_gradient(x)
        if not slopes.any():
            # Neither slope nor bend along an axis: too few samples are near enough to
            # pull. (Of several classes the sum of all raw predictions is free.)
            flat = silent.any() and not risk.loss.convex and x.ndim == 1
            return Minimum(x, n_iter, not (deaf or flat), False)
        bends = np.maximum(bends, 1e-14 * top)
        length = _length(slopes / bends)
        for _ in range(40):
            step = slopes / (bends + damping)
            with np.errstate(all="ignore"):
                promised = float(slopes @ step - bends @ np.square(step) / 2)
            trial = x - (axes @ step).reshape(x.shape)
            new_terms, new_gradient = risk.terms(trial), risk.gradient(trial)
            with np.errstate(all="ignore"):
                gain = float((terms - new_terms).sum())
                # Close to the minimum the value is all rounding, and so it is where
                # it leaves the range of floats; the gradient still tells.
                level = not abs(gain) > 1e-13 * float(np.abs(terms).sum())
            if gain >= 0.1 * promised or (level and _length(new_gradient) < size):
                break
            damping = max(10 * damping, 1e-6 * top)
        else:
            # As far as float64 can tell, if it can tell much.
            return Minimum(x, n_iter, settled(size, length, deaf), False)
        if gain >= 0.5 * promised:
            damping = damping / 10 if damping > 1e-6 * top else 0.0
        x, terms, gradient = trial, new_terms, new_gradient
        far = length > 1e-3 * (1 + _length(x))
        if far and size <= 1e-4 * tolerance:
            # Unless one sample's rounding error is left, louder than the others.
            heard = size > 10 * risk.rounding(x)
            return Minimum(x, n_iter, heard, heard)
        small = size <= tolerance and size <= tol * risk.typical_gradient(x)
        if not far and (small or (level and settled(size, length, deaf))):
            return Minimum(x, n_iter, True, False)
    return Minimum(x, max_iter, settled(_length(gradient), length, deaf), False)


def _length(vector: Array) -> float:
    """The Euclidean norm of a vector of any size: its squares may be out of range."""
    largest = float(np.abs(vector).max(initial=0))
    if largest == 0 or not np.isfinite(largest):
        return largest
    return largest * float(np.linalg.norm(vector / largest))


def minimize_piecewise_linear(
    A: Array,
    knots: Array,
    jumps: Array,
    linear: Array,
    quadratic: Array,
    start: Array,
    *,
    max_iter: int,
) -> Minimum:
    """Minimise a convex function with corners by a primal-dual interior-point method.

    linear x + sum_j quadratic_j x_j**2 / 2 + sum_i jumps_i max(A_i x - knots_i, 0)

    Each corner has a slope between 0 and its jump, and a slack under and over it:
    A x - knots = over - under.  At the minimum the slope is 0 where there is slack
    under the corner, and the whole jump where there is slack over it.  (Mehrotra 1992,
    doi:10.1137/0802028; for quantile regression Portnoy & Koenker 1997,
    doi:10.1214/ss/1030037960.)

    Of several minimisers the one closest to ``start`` is returned: a quadratic pull
    decides that is too weak to be seen in the value.

    Parameters
    ----------
    A : array of shape (m, p)
    knots, jumps : arrays of shape (m,)
        Where each corner lies, and by how much the slope rises there: jumps > 0.
    linear, quadratic : arrays of shape (p,)
        quadratic >= 0, and the whole bounded below.
    start : array of shape (p,)
    max_iter : int
        Largest number of steps.
    """
    # From here on in units of the problem: x from the start, in typical distances
    # to a corner; the value in those times the sum of jumps.
    knots = knots - A @ start
    corners = knots != 0
    unit = 1.0
    if corners.any():
        unit = float(Quantile(0.5)(np.abs(knots[corners]), jumps[corners]))
    knots, total = knots / unit, float(jumps.sum())
    jumps, linear = jumps / total, (linear + quadratic * start) / total
    quadratic = quadratic * unit / total
    # A corner far out is moved nearer: on this side of it nothing changes, and its
    # distance has no part in any tolerance.  Those that the minimum reaches go back.
    moved = np.abs(knots) > FAR
    n_iter = 0
    while True:
        near = np.where(moved, np.copysign(FAR, knots), knots)
        best = _interior_point(A, near, jumps, linear, quadratic, max_iter - n_iter)
        n_iter += best.n_iter
        reached = moved & (A @ best.x * np.sign(knots) > 0.99 * FAR)
        if not reached.any() or n_iter >= max_iter:
            return best._replace(x=start + unit * best.x, n_iter=n_iter)
        moved &= ~reached


# In units of the typical distance from the start to a corner.
FAR = 1e3


def _interior_point(
    A: Array, knots: Array, jumps: Array, linear: Array, quadratic: Array, max_iter: int
) -> Minimum:
    """The minimum closest to 0 of a function whose jumps sum to 1 and knots are near 1.

    Otherwise as :func:`minimize_piecewise_linear`.
    """
    x = np.zeros(A.shape[1])
    # A few corners at which the slope jumps by much more say nothing of the others.
    others = len(jumps) - min(2 * len(x), len(jumps) // 2)
    unit = np.sort(jumps)[:others].sum() + quadratic.max()
    quadratic = quadratic + 1e-10
    roots = np.diag(np.sqrt(quadratic))
    # Row 0 pairs the slope with the slack under, row 1 what is left of the jump with
    # the slack over.  Their products vanish at the minimum.
    inner = np.stack([jumps, jumps]) / 2
    slack = np.maximum(_SIDES * knots, 0) + 1
    for n_iter in range(1, max_iter + 1):
        dual = -(linear + quadratic * x + A.T @ inner[0])
        primal = slack[1] - slack[0] - (A @ x - knots)
        resistance = (slack / inner).sum(axis=0)
        # root.T @ root = A.T @ diag(1 / resistance) @ A + diag(quadratic), but without
        # the digits that forming the right-hand side would cost.
        rows = np.vstack([A / np.sqrt(resistance)[:, None], roots])
        root: Array = np.linalg.qr(rows, mode="r")  # type: ignore[assignment]
        products = inner * slack
        # A first step shows how far the products can fall, a second one corrects it.
        change = -products
        for correct in (False, True):
            push = primal - (_SIDES * change / inner).sum(axis=0)
            force = dual + A.T @ (push / resistance)
            dx = np.linalg.solve(root, np.linalg.solve(root.T, force))
            d_inner = _SIDES * ((A @ dx - push) / resistance)
            d_slack = (change - slack * d_inner) / inner
            room = 1 / max(1.0, np.max(-d_inner / inner), np.max(-d_slack / slack))
            if not correct:
                reached = np.mean((inner + room * d_inner) * (slack + room * d_slack))
                target = reached * (reached / np.mean(products)) ** 2
                change = target - products - d_inner * d_slack
        if not np.isfinite(room * dx).all():
            return Minimum(x, n_iter, False, False)
        x = x + 0.995 * room * dx
        inner, slack = inner + 0.995 * room * d_inner, slack + 0.995 * room * d_slack
        if np.sum(inner * slack) <= 1e-15:
            break
    # How far the value at x may lie above the minimum: the slack that x really has.
    slack = np.maximum(_SIDES * (knots - A @ x), 0)
    return Minimum(x, n_iter, bool(np.sum(inner * slack) <= 1e-9 * unit), False)
