"""Descent: paths worth plotting, and the minimisers behind the linear models.

A path is computed step by step exactly as the textbook formula says, and keeps every
iterate.  The minimisers want the answer and take any way to it.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lossbook.base import Loss, MulticlassLoss, one_hot
from lossbook.domains import NONNEGATIVE, POSITIVE, REALS, Interval
from lossbook.numerics import Array
from lossbook.validation import as_numeric, check_sample, check_values

Field = Callable[[Array], Array]


class LinearRisk:
    """The mean loss of the linear model raw = X w, as a function of its weights w.

    sum_i s_i loss(y_i, x_i w) / sum_i s_i  +  sum_j penalty_j w_j**2 / 2

    Parameters
    ----------
    loss : Loss
        Any pointwise loss.
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
        loss: Loss,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        penalty: float | Array = 0.0,
    ) -> None:
        self.loss = loss
        features = as_numeric(loss, "X", X).astype(np.float64)
        n = len(loss._targets(y))
        if features.ndim != 2 or len(features) != n:
            raise ValueError(
                f"{loss!r}: X must have shape ({n}, p) to match y; "
                f"got shape {features.shape}"
            )
        rows, self.weights = check_sample(loss, np.arange(n), sample_weight)
        self.weights = self.weights / self.weights.sum()
        self.X = features[rows.astype(int)]
        check_values(loss, "X", self.X, REALS)
        self.y = np.asarray(y, dtype=np.float64)[rows.astype(int)]
        loss.fit_intercept_only(self.y)  # looks at every target
        if isinstance(loss, MulticlassLoss) and self.y.ndim == 1:
            self.y = one_hot(loss, self.y, max(2, int(self.y.max()) + 1))
        self.penalty = np.broadcast_to(penalty, self.X.shape[1])
        check_values(loss, "penalty", np.append(self.penalty, 0), NONNEGATIVE)

    def value(self, w: Array) -> float:
        """The risk at w of shape (p,), or (p, K) for several classes."""
        with np.errstate(all="ignore"):
            losses = self.loss._value(self.y, self.X @ w)
            return float(self.weights @ losses + (self.penalty @ np.square(w)).sum() / 2)

    def gradient(self, w: Array) -> Array:
        """Its gradient, in the shape of ``w``; not finite where raw is not."""
        with np.errstate(all="ignore"):
            forces = self.loss._gradient(self.y, self.X @ w)
            return self.X.T @ (self.weights * forces.T).T + (self.penalty * w.T).T

    def hessian(self, w: Array) -> Array:
        """Its Hessian (p, p); for several classes the K diagonal blocks (K, p, p)."""
        with np.errstate(all="ignore"):
            bends = self.weights * self.loss._hessian(self.y, self.X @ w).T
            return (self.X.T * bends[..., None, :]) @ self.X + np.diag(self.penalty)


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
    ValueError
        If a parameter is out of range.
    """
    _check("gradient_descent", "learning_rate", learning_rate, POSITIVE)

    def step(t: int, w: Array) -> Array:
        return w - learning_rate * gradient(w)

    return _path("gradient_descent", step, start, n_steps)


def subgradient_descent(
    gradient: Field, start: ArrayLike, *, learning_rate: float, n_steps: int
) -> Array:
    """The path w <- w - learning_rate / sqrt(t) * gradient(w), t = 1, 2, …

    At a kink steps of constant size never settle; steps that shrink like this do
    (Shor 1985).  Parameters, result and errors as in :func:`gradient_descent`.
    """
    _check("subgradient_descent", "learning_rate", learning_rate, POSITIVE)

    def step(t: int, w: Array) -> Array:
        return w - learning_rate / np.sqrt(t) * gradient(w)

    return _path("subgradient_descent", step, start, n_steps)


def newton(
    gradient: Field, hessian: Field, start: ArrayLike, *, n_steps: int
) -> Array:
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
    """

    def step(t: int, w: Array) -> Array:
        try:
            return w - np.linalg.solve(hessian(w), gradient(w))
        except np.linalg.LinAlgError:
            return np.full_like(w, np.nan)

    return _path("newton", step, start, n_steps)


def _path(
    owner: str, step: Callable[[int, Array], Array], start: ArrayLike, n_steps: int
) -> Array:
    """All iterates of ``step(t, w)``, t = 1 … n_steps, from ``start``."""
    if isinstance(n_steps, bool) or not isinstance(n_steps, int | np.integer):
        raise TypeError(f"{owner}: n_steps must be an integer; got {n_steps!r}")
    _check(owner, "n_steps", n_steps, NONNEGATIVE)
    first = np.asarray(start, dtype=np.float64)
    if not np.all(np.isfinite(first)):
        raise ValueError(f"{owner}: start must be finite; got {start!r}")
    path = np.broadcast_to(first, (n_steps + 1, *first.shape)).copy()
    with np.errstate(all="ignore"):
        for t in range(1, n_steps + 1):
            path[t] = step(t, path[t - 1])
            if not np.all(np.isfinite(path[t])):
                path[t:] = path[t]
                break
    return path


def _check(owner: str, name: str, value: float, domain: Interval) -> None:
    if not domain.contains(value):
        raise ValueError(f"{owner}: {name} must lie in {domain}; got {value!r}")


class Minimum(NamedTuple):
    """Where a minimiser stopped.

    ``last_step`` is the length of the step it would take next, or took last: far from
    zero although ``converged``, it says that the minimum lies at infinity.
    """

    x: Array
    n_iter: int
    converged: bool
    last_step: float


def minimize_newton(
    risk: LinearRisk, start: Array, *, tolerance: float, max_iter: int
) -> Minimum:
    """Newton's method, damped until each step is a success (Levenberg–Marquardt).

    Directions of negative curvature count with its size, so that every step leads
    downhill; what is found for a risk that is not convex is the valley of ``start``.

    Parameters
    ----------
    risk : LinearRisk
        Of a smooth loss with one raw prediction a sample.
    start : array of shape (p,)
        With a finite risk.
    tolerance : float
        Norm of the gradient, in its units.  When it is reached, one more step is
        taken, which squares the error.
    max_iter : int
        Largest number of steps.
    """
    x, value, gradient = start, risk.value(start), risk.gradient(start)
    damping, length = 0.0, 0.0
    for n_iter in range(1, max_iter + 1):
        size = float(np.linalg.norm(gradient))
        if size == 0:
            return Minimum(x, n_iter, True, 0.0)
        bends, axes = np.linalg.eigh(risk.hessian(x))
        bends, slopes = np.abs(bends), axes.T @ gradient
        # Where nothing bends, the gradient itself is a step of unit curvature.
        top = bends.max() or size
        for _ in range(40):
            step = axes @ (slopes / np.maximum(bends + damping, 1e-14 * top))
            trial = x - step
            new_value, new_gradient = risk.value(trial), risk.gradient(trial)
            # Close to the minimum the value is all rounding; the gradient still tells.
            level = new_value <= value + 1e-13 * abs(value)
            if new_value < value or (level and np.linalg.norm(new_gradient) < size):
                break
            damping = max(10 * damping, 1e-6 * top)
        else:
            return Minimum(x, n_iter, size <= tolerance, length)
        length = float(np.linalg.norm(step))
        x, value, gradient = trial, new_value, new_gradient
        damping = damping / 10 if damping > 1e-6 * top else 0.0
        if size <= tolerance:
            return Minimum(x, n_iter, True, length)
    return Minimum(x, max_iter, bool(np.linalg.norm(gradient) <= tolerance), length)


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
    A x - knots = over - under.  At the minimum the slope is 0 where there is a slack
    under the corner, and the whole jump where there is one over it.  (Mehrotra 1992; for
    quantile regression Portnoy & Koenker 1997, doi:10.1214/ss/1030037960.)

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
    x = start
    gap = A @ x - knots
    spread = float(np.abs(gap).mean()) or 1.0
    total = float(jumps.sum())
    pull = 1e-10 * total / spread
    quadratic, linear = quadratic + pull, linear - pull * start
    sides = np.array([[1.0], [-1.0]])
    # Row 0 pairs the slope with the slack under, row 1 what is left of the jump with
    # the slack over.  Their products vanish at the minimum.
    inner = np.stack([jumps, jumps]) / 2
    slack = np.maximum(-sides * gap, 0) + spread
    for n_iter in range(1, max_iter + 1):
        dual = -(linear + quadratic * x + A.T @ inner[0])
        primal = slack[1] - slack[0] - (A @ x - knots)
        resistance = (slack / inner).sum(axis=0)
        matrix = (A.T / resistance) @ A + np.diag(quadratic)

        def direction(change: Array) -> tuple[Array, Array, Array]:
            """Newton's step towards products that differ by ``change``."""
            push = primal - (sides * change / inner).sum(axis=0)
            dx = np.linalg.solve(matrix, dual + A.T @ (push / resistance))
            d_inner = sides * ((A @ dx - push) / resistance)
            return dx, d_inner, (change - slack * d_inner) / inner

        def room(d_inner: Array, d_slack: Array) -> float:
            """Largest step up to 1 that leaves nothing negative."""
            shrink = max(np.max(-d_inner / inner), np.max(-d_slack / slack))
            return 1 / max(1.0, float(shrink))

        products = inner * slack
        _, d_inner, d_slack = direction(-products)
        t = room(d_inner, d_slack)
        reached = np.mean((inner + t * d_inner) * (slack + t * d_slack))
        target = reached**3 / np.mean(products) ** 2
        dx, d_inner, d_slack = direction(target - products - d_inner * d_slack)
        t = 0.995 * room(d_inner, d_slack)
        x, inner, slack = x + t * dx, inner + t * d_inner, slack + t * d_slack
        print(n_iter, np.sum(inner*slack)/(spread*total), t, np.abs(dual).max()/total,np.abs(primal).max()/spread)
        if np.sum(inner * slack) <= 1e-15 * spread * total:
            break
    return Minimum(x, n_iter, True, 0)
