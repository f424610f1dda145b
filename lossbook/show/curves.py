"""A loss as a function of one number: what is drawn, and where it jumps.

Losses of one family are laid out on the same axes, by the same rule.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from lossbook.base import Loss, MulticlassLoss, ObjectLoss, PointwiseLoss
from lossbook.judge.inputs import column, points
from lossbook.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    DiceLoss,
    IoULoss,
    PairwiseLogisticLoss,
    PoissonDeviance,
    SquaredError,
    ZeroOneLoss,
)
from lossbook.numerics import Array
from lossbook.validation import (
    UNIT,
    Interval,
    Named,
    as_numeric,
    check_instance,
    check_integer,
    check_option,
)

Which = Literal["value", "gradient", "hessian"]
DERIVATIVES: tuple[Which, ...] = ("value", "gradient", "hessian")
Span = tuple[float, float]

# Mean 4, median 2: losses that ask for different things give different answers.
SAMPLE = np.array([0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 16.0])
AMOUNTS = np.array([0.5, 1.0, 2.0, 2.0, 3.0, 3.5, 16.0])
ETA = 0.7  # where one true probability stands for all


@dataclass(frozen=True)
class View:
    """How the losses of one family are laid out: all of them on the same axes.

    Attributes
    ----------
    argument : str
        The number on the horizontal axis.
    names : three str
        What value, gradient and hessian are called.
    span : (low, high)
        Of the argument.
    limits : three (low, high)
        Of value, gradient and hessian.
    inputs : function
        (loss, argument) -> (y_true, raw_prediction).
    reference : Loss
        The familiar loss with which the others are compared.
    question : str
        What :func:`answer` answers.
    sample : array, optional
        The sample for which the best constant is shown.
    sign : 1 or -1
        The sign of d raw / d argument.
    where : str
        What is held fixed along the argument, if anything is.
    positive : bool
        Whether the argument is a positive number, on a logarithmic axis.
    direction : tuple of float
        d raw / d argument, where a sample has several raw predictions.
    turns : tuple of float
        Where curves may jump, for losses of whole objects.
    far : (float, float)
        Two arguments far out, where growth is told from a bound.
    """

    argument: str
    names: tuple[str, str, str]
    span: Span
    limits: tuple[Span, Span, Span]
    inputs: Callable[[Loss, Array], tuple[Array, Array]]
    reference: Loss
    question: str = ""
    sample: Array | None = None
    sign: int = 1
    where: str = ""
    positive: bool = False
    direction: tuple[float, ...] = ()
    turns: tuple[float, ...] = ()
    far: Span = (1e50, 1e100)


RESIDUAL = View(
    argument="residual $r = y - f$",
    names=(r"loss $\rho(r)$", r"influence $\rho'(r)$", r"curvature $\rho''(r)$"),
    span=(-6, 6),
    limits=((-0.25, 6.5), (-3.3, 3.3), (-1.1, 2.4)),
    inputs=lambda loss, r: (r, np.zeros_like(r)),
    reference=SquaredError(),
    question="best constant on the sample",
    sample=SAMPLE,
    sign=-1,
)
AMOUNT = View(
    argument="prediction $z$ when $y = 1$",
    names=(r"loss $\ell(1, f)$", r"slope $\ell'(1, f)$", r"curvature $\ell''(1, f)$"),
    span=(1 / 8, 8),
    limits=((-0.3, 8), (-6.5, 6.5), (-0.6, 8)),
    inputs=lambda loss, z: (np.ones_like(z), loss.link(z)),
    reference=PoissonDeviance(),
    question="best constant on the sample",
    sample=AMOUNTS,
    where="for $y = 1$",
    positive=True,
)
MARGIN = View(
    argument="margin $m$ (correct if $m > 0$)",
    names=(r"loss $\varphi(m)$", r"slope $\varphi'(m)$", r"curvature $\varphi''(m)$"),
    span=(-4, 4),
    limits=((-0.2, 5), (-4.5, 0.5), (-0.6, 2.9)),
    inputs=lambda loss, m: (np.ones_like(m), m),
    reference=ZeroOneLoss(),
    question=f"best raw prediction if η = {ETA}",
)
PROBABILITY = View(
    argument="raw prediction $f$ when $y = 1$",
    names=AMOUNT.names,
    span=(-5, 5),
    limits=((-0.2, 5), (-1.25, 0.15), (-0.25, 0.55)),
    inputs=MARGIN.inputs,
    reference=BinaryCrossEntropy(),
    question=f"best probability if η = {ETA}",
)
ONE_OF_THREE = View(
    argument="lead $t$ of the true class: $f = (t, 0, 0)$",
    names=("loss", "slope in $t$", "curvature in $t$"),
    span=(-5, 5),
    limits=((-0.2, 5), (-1.25, 0.15), (-0.1, 0.75)),
    inputs=lambda loss, t: (
        np.zeros(len(t), dtype=int),
        np.column_stack([t, np.zeros_like(t), np.zeros_like(t)]),
    ),
    reference=CategoricalCrossEntropy(),
    question=f"best probability if η = {ETA}",
    where="along $f = (t, 0, 0)$",
    direction=(1, 0, 0),
)
SCORES_OF_THREE = replace(ONE_OF_THREE, question="")
LISTS = View(
    argument="lead $t$ of the one relevant item: $f = (t, 0, 0)$",
    names=("loss", "slope in $t$", ""),
    span=(-5, 5),
    limits=((-0.2, 5), (-1.6, 0.2), (0, 0)),
    inputs=lambda loss, t: (_stack(t, (0, 0, 0), (1, 0, 0)), _stack(t, (1, 0, 0))),
    reference=PairwiseLogisticLoss(),
    where="along $f = (t, 0, 0)$",
    direction=(1, 0, 0),
    turns=(0, 1),
)
MASKS = View(
    argument="certainty $t$: $f = t$ on the mask, $-t$ beside it",
    names=("loss", "slope in $t$", ""),
    span=(-5, 5),
    limits=((-0.2, 2.2), (-1.1, 0.15), (0, 0)),
    inputs=lambda loss, t: (
        _stack(t, (0, 0, 0, 0), (1, 1, 0, 0)),
        _stack(t, (1, 1, -1, -1)),
    ),
    reference=DiceLoss(),
    where="for half of the pixels, along $f = (t, t, -t, -t)$",
    direction=(1, 1, -1, -1),
    turns=(0, 1),
)
BOXES = View(
    argument="shift $t$ of a unit square",
    names=("loss", "slope in $t$", ""),
    span=(-4, 4),
    limits=((-0.1, 2.1), (-2.3, 2.3), (0, 0)),
    inputs=lambda loss, t: (
        _stack(t, (0, 0, 0, 0), (0, 0, 1, 1)),
        _stack(t, (1, 0, 1, 0), (0, 0, 1, 1)),
    ),
    reference=IoULoss(),
    where="for a unit square and its shifted copy",
    direction=(1, 0, 1, 0),
    turns=(-1, 0, 1),
    far=(1e5, 1e6),
)
DISTRIBUTION = View(
    argument=r"residual $r = y - \mu$ when $\sigma^2 = 1$",
    names=("loss", "slope in $r$", "curvature in $r$"),
    span=(-4, 4),
    limits=((-0.25, 8), (-4.5, 4.5), (-0.5, 2)),
    inputs=lambda loss, r: (r, np.zeros((len(r), 2))),
    reference=SquaredError(),
    sign=-1,
    where=r"for $\sigma^2 = 1$",
    direction=(1, 0),
)
ENSEMBLE = View(
    argument="centre $t$ of the three members, $y = 0$",
    names=("loss", "slope in $t$", ""),
    span=(-4, 4),
    limits=((-0.2, 4), (-1.2, 1.2), (0, 0)),
    inputs=lambda loss, t: (
        np.zeros((len(t), 1)),
        _stack(t, (1, 1, 1), (-1, 0, 1))[..., None],
    ),
    reference=AbsoluteError(),
    where="for three members one apart",
    direction=(1, 1, 1),
    turns=(-1, 0, 1),
)
VIEWS = {
    "residual": RESIDUAL,
    "amount": AMOUNT,
    "distribution": DISTRIBUTION,
    "ensemble": ENSEMBLE,
    "margin": MARGIN,
    "probability": PROBABILITY,
    "classes": ONE_OF_THREE,
    "scores": SCORES_OF_THREE,
    "list": LISTS,
    "mask": MASKS,
    "box": BOXES,
}


def _stack(t: Array, times: tuple[float, ...], plus: tuple[float, ...] = (0,)) -> Array:
    """A row times * t + plus for each t."""
    return np.multiply.outer(t, np.array(times, float)) + np.array(plus, float)


def check_loss_of(owner: str, loss: object, kind: Any = Loss) -> None:
    """Raise unless what a function was given is a loss."""
    check_instance(Named(owner), "loss", loss, kind, "HuberLoss()")


def losses_of(owner: str, losses: Any, kind: Any = Loss) -> list[Any]:
    """One loss, or several, in a list."""
    several = isinstance(losses, Iterable) and not isinstance(losses, str)
    given = [*losses] if several else [losses]
    if not given:
        raise ValueError(f"{owner}: losses must hold at least one loss; got {losses!r}")
    for loss in given:
        check_loss_of(owner, loss, kind)
    return given


def check_span(owner: str, name: str, given: Any, usual: Span) -> Span:
    """The span that was given, if it is one, or the usual one."""
    if given is None:
        return usual
    low, high = column(Named(owner), name, given, like=(2,)).tolist()
    if not low < high:
        raise ValueError(f"{owner}: {name} must be (low, high); got {given!r}")
    return low, high


def view(loss: Loss) -> View:
    """The layout for a loss."""
    check_loss_of("view", loss)
    return VIEWS[loss.family]


def curve(loss: Loss, which: Which, argument: ArrayLike) -> Array:
    """Value, gradient or hessian of a loss in the argument of its layout.

    Parameters
    ----------
    loss : Loss
    which : {"value", "gradient", "hessian"}
    argument : array of shape (n,)
        Residuals; margins or raw predictions of a label 1; predictions of an amount
        1; for several classes, and for items of a list, the lead t in the raw
        predictions (t, 0, 0) when the first is true; for masks the certainty of all
        pixels; for boxes a shift.

    Returns
    -------
    array of shape (n,)
        The gradient is the derivative in the argument.
    """
    check_loss_of("curve", loss)
    layout, times = view(loss), order(which, "curve")
    x = as_numeric(Named("curve"), "argument", argument).astype(float)
    y, raw = layout.inputs(loss, x)
    result = getattr(loss, which)(y, raw)
    if result.ndim > 1:
        along = np.array(layout.direction, float)
        moved = along != 0  # an infinite slope of what stands still does not count
        result = result.reshape(len(result), -1)[:, moved] @ along[moved]
    return layout.sign**times * result


def order(which: Which, owner: str) -> int:
    """How often a loss is differentiated: 0, 1 or 2 times."""
    check_option(Named(owner), "which", which, DERIVATIVES)
    return DERIVATIVES.index(which)


def kinks(loss: Loss) -> list[float]:
    """Where value, gradient or curvature jumps, in the argument of the layout."""
    check_loss_of("kinks", loss)
    if isinstance(loss, ObjectLoss):
        return list(view(loss).turns)
    if not isinstance(loss, MulticlassLoss) or loss.kinks:
        # An amount is drawn over its prediction, for a target of 1.
        at = [1 - k for k in loss.kinks] if view(loss) is AMOUNT else loss.kinks
        return sorted(at)

    def support(t: Array) -> Array:
        raw = ONE_OF_THREE.inputs(loss, t)[1]
        return (loss.link.inverse(raw) > 0).sum(axis=1)

    # The curvature jumps where a probability becomes zero: found by bisection.
    grid = np.linspace(*ONE_OF_THREE.span, 201)
    change = np.diff(support(grid)) != 0
    low, high = grid[:-1][change], grid[1:][change]
    before = support(low)
    for _ in range(50):
        middle = (low + high) / 2
        same = support(middle) == before
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return [round(k, 12) for k in high.tolist()]


@dataclass(frozen=True)
class Jump:
    """Where a curve jumps: its limits from both sides and its value there."""

    at: float
    left: float
    value: float
    right: float


def jumps(loss: Loss, which: Which) -> list[Jump]:
    """The jumps of a curve."""
    check_loss_of("jumps", loss)
    order(which, "jumps")
    found = []
    for k in kinks(loss):
        around = curve(loss, which, [k - 1e-9, k, k + 1e-9])
        left, value, right = (float(v) for v in around)
        if abs(right - left) > 1e-6:
            found.append(Jump(k, left, value, right))
    return found


def trace(
    loss: Loss, which: Which, span: Span | None = None, n: int = 401
) -> tuple[Array, Array]:
    """A curve ready to draw: exact at its kinks, and NaN where it jumps."""
    check_loss_of("trace", loss)
    order(which, "trace")
    check_integer(Named("trace"), "n", n, Interval(low=2))
    layout = view(loss)
    low, high = check_span("trace", "span", span, layout.span)
    grid = (np.geomspace if layout.positive else np.linspace)(low, high, n)
    breaks = [jump.at for jump in jumps(loss, which)]
    beside = [k + side for k in kinks(loss) for side in (-1e-9, 0, 1e-9)]
    inside = [t for t in beside if low < t < high]
    x = np.unique(np.concatenate([grid, inside]))
    y = curve(loss, which, x)
    y[np.isin(x, breaks)] = np.nan
    return x, y


def scaled_risk(loss: PointwiseLoss, sample: ArrayLike, candidates: ArrayLike) -> Array:
    """How much worse than the best constant other constants are on a sample.

    The excess of the mean loss, scaled so that its median over the candidates is one
    half: losses of any scale fit on the same axes.  Unscaled if that median is 0.
    """
    check_loss_of("scaled_risk", loss, PointwiseLoss)
    y = points(Named("scaled_risk"), "sample", sample)
    others = points(Named("scaled_risk"), "candidates", candidates)
    constants = np.append(loss.best_constant(y), others)
    risks = np.array([loss(y, np.full(len(y), c)) for c in constants])
    excess = risks[1:] - risks[0]
    middle = float(np.median(excess))
    if not middle > 0:
        return excess
    with np.errstate(over="ignore"):
        return excess / (2 * middle)


def best_raws(loss: PointwiseLoss, eta: ArrayLike) -> Array:
    """Raw predictions with the least expected loss when P(Y = 1) = eta."""
    check_loss_of("best_raws", loss, PointwiseLoss)
    p = points(Named("best_raws"), "eta", eta, UNIT)
    return np.array([loss.link(loss.best_constant([each])) for each in p])


def elicited(loss: PointwiseLoss, eta: ArrayLike) -> Array:
    """Predicted probabilities with the least expected loss when the true one is eta.

    For several classes, eta is the probability of the first of three; the other two
    share the rest as 2 to 1.
    """
    check_loss_of("elicited", loss, PointwiseLoss)
    p = points(Named("elicited"), "eta", eta, UNIT)
    if isinstance(loss, MulticlassLoss):
        rows = np.column_stack([p, 2 * (1 - p) / 3, (1 - p) / 3])
        return np.array([np.ravel(loss.best_constant(row[None]))[0] for row in rows])
    return np.array([loss.best_constant([each]) for each in p])


def answer(loss: PointwiseLoss) -> float:
    """The number that answers the question of the layout.

    Examples
    --------
    >>> lb.show.answer(lb.AbsoluteError())
    2.0
    """
    check_loss_of("answer", loss, PointwiseLoss)
    layout = view(loss)
    if layout.sample is not None:
        return float(loss.best_constant(layout.sample))
    best = (best_raws if layout is MARGIN else elicited)(loss, ETA)
    return float(best[0])


def value_range(loss: Loss, which: Which) -> Span:
    """Infimum and supremum of a curve over all arguments.

    Read off a fine grid; infinite where the curve still grows fifty orders of
    magnitude further out.
    """
    check_loss_of("value_range", loss)
    order(which, "value_range")
    far = np.array(view(loss).far)
    # Objects are computed one by one, and their curves are plain.
    near = np.linspace(-30, 30, 601 if isinstance(loss, ObjectLoss) else 6001)
    if view(loss).positive:
        near, tails = np.geomspace(1e-9, 1e9, 6001), (1 / far, far)
    else:
        tails = (-far, far)
    values = [curve(loss, which, near)]
    for tail in tails:
        further, furthest = curve(loss, which, tail)
        grows = abs(furthest) > 1.01 * abs(further)
        values.append(np.array([np.copysign(np.inf, furthest) if grows else furthest]))
    every = np.concatenate(values)
    return float(every.min()), float(every.max())
