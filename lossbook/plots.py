"""The figures that recur.  Each takes axes or makes them, draws, and returns them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike

from lossbook import style
from lossbook.base import Loss, MulticlassLoss
from lossbook.domains import UNIT
from lossbook.margin import MarginLoss
from lossbook.numerics import Array
from lossbook.residual import ResidualLoss

Which = Literal["value", "gradient", "hessian"]
WHICH: tuple[Which, ...] = ("value", "gradient", "hessian")

# Mean 4, median 2: losses that ask for different numbers give different answers.
SAMPLE = np.array([0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 16.0])
AMOUNTS = np.array([0.5, 1.0, 2.0, 2.0, 3.0, 3.5, 16.0])


# ---- numbers: a loss as three functions of one number --------------------------------


@dataclass(frozen=True)
class View:
    """How the losses of one mould are shown: the same axes for all of them.

    Attributes
    ----------
    argument : str
        Label of the horizontal axis.
    names : three str
        What value, gradient and hessian are called.
    span : (low, high)
        Of the argument.
    limits : three (low, high)
        Of value, gradient and hessian.
    inputs : function
        (loss, argument) -> (y_true, raw_prediction).
    sign : 1 or -1
        d raw / d argument, which the gradient is multiplied with.
    log : bool
        Whether the argument is a positive number on a logarithmic axis.
    """

    argument: str
    names: tuple[str, str, str]
    span: tuple[float, float]
    limits: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    inputs: Callable[[Loss, Array], tuple[Array, Array]]
    sign: int = 1
    log: bool = False


RESIDUAL = View(
    argument="residual $r = y - f$",
    names=(r"loss $\rho(r)$", r"influence $\rho'(r)$", r"curvature $\rho''(r)$"),
    span=(-6, 6),
    limits=((-0.3, 9), (-4.4, 4.4), (-1.1, 2.4)),
    inputs=lambda loss, r: (r, np.zeros_like(r)),
    sign=-1,
)
MARGIN = View(
    argument="margin $m$",
    names=(r"loss $\varphi(m)$", r"slope $\varphi'(m)$", r"curvature $\varphi''(m)$"),
    span=(-4, 4),
    limits=((-0.2, 5), (-4.5, 0.5), (-0.6, 4.4)),
    inputs=lambda loss, m: (np.ones_like(m), m),
)
PROBABILITY = replace(
    MARGIN, limits=((-0.1, 4.1), (-1.3, 0.1), (-0.2, 0.5)), argument="margin $m$"
)
AMOUNT = View(
    argument="prediction $z$ when $y = 1$",
    names=("loss", "slope in $f$", "curvature in $f$"),
    span=(1 / 8, 8),
    limits=((-0.3, 8), (-6.5, 6.5), (-0.5, 8)),
    inputs=lambda loss, z: (np.ones_like(z), loss.link(z)),
    log=True,
)
ONE_OF_THREE = View(
    argument="lead $t$ of the true class",
    names=("loss", "slope in $t$", "curvature in $t$"),
    span=(-4, 4),
    limits=((-0.1, 5), (-1.15, 0.1), (-0.05, 0.75)),
    inputs=lambda loss, t: (
        np.zeros(len(t), dtype=int),
        np.column_stack([t, np.zeros_like(t), np.zeros_like(t)]),
    ),
)


def view(loss: Loss) -> View:
    """The axes on which a loss is shown."""
    if isinstance(loss, ResidualLoss):
        return RESIDUAL
    if isinstance(loss, MulticlassLoss):
        return ONE_OF_THREE
    if isinstance(loss, MarginLoss):
        return MARGIN
    return PROBABILITY if loss.y_domain == UNIT else AMOUNT


def curve(loss: Loss, which: Which, argument: ArrayLike) -> Array:
    """Value, gradient or hessian of a loss in the argument of its mould.

    Parameters
    ----------
    loss : Loss
    which : {"value", "gradient", "hessian"}
    argument : array of shape (n,)
        Residuals, margins, predictions of an amount 1, or, for several classes, the
        lead t in the raw predictions (t, 0, 0) when the first class is true.
    """
    shown = view(loss)
    y, raw = shown.inputs(loss, np.asarray(argument, dtype=float))
    result = getattr(loss, which)(y, raw)
    if result.ndim == 2:
        result = result[:, 0]
    return shown.sign * result if which == "gradient" else result


@dataclass(frozen=True)
class Jump:
    """A point where a curve jumps: its limits from both sides and its value there."""

    at: float
    left: float
    value: float
    right: float


def trace(
    loss: Loss, which: Which, span: tuple[float, float], n: int = 400
) -> tuple[Array, Array, list[Jump]]:
    """A curve ready to draw: NaN where it jumps, and the list of its jumps."""
    low, high = span
    step = 1e-9 * (high - low)
    kinks = [k for k in _kinks(loss) if low < k < high]
    edges = [low, *kinks, high]
    grid = np.geomspace if view(loss).log else np.linspace
    pieces = [
        grid(a + step * (a > low), b - step * (b < high), n)
        for a, b in zip(edges[:-1], edges[1:], strict=True)
    ]
    x, y = [pieces[0]], [curve(loss, which, pieces[0])]
    jumps = []
    for k, piece in zip(kinks, pieces[1:], strict=True):
        left, right = float(y[-1][-1]), float(curve(loss, which, piece[:1])[0])
        value = float(curve(loss, which, [k])[0])
        jumped = abs(right - left) > 1e-6
        if jumped:
            jumps.append(Jump(k, left, value, right))
        x += [np.array([k]), piece]
        y += [np.array([np.nan if jumped else value]), curve(loss, which, piece)]
    return np.concatenate(x), np.concatenate(y), jumps


def _kinks(loss: Loss) -> list[float]:
    if not isinstance(loss, MulticlassLoss):
        return sorted(loss.kinks)
    # Along the cut (t, 0, 0) the curvature jumps where a probability becomes zero.
    t = np.linspace(*ONE_OF_THREE.span, 8001)
    raw = ONE_OF_THREE.inputs(loss, t)[1]
    support = (loss.link.inverse(raw) > 0).sum(axis=1)
    return list(t[:-1][np.diff(support) != 0])


# ---- drawing -------------------------------------------------------------------------


def loss_curves(
    losses: Sequence[Loss],
    which: Which = "value",
    *,
    span: tuple[float, float] | None = None,
    labels: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Curves of losses of one mould on one axes, each labelled beside its line.

    Parameters
    ----------
    losses : sequence of Loss
    which : {"value", "gradient", "hessian"}
    span : (low, high), optional
        Of the argument; by default that of the mould.
    labels : sequence of str, optional
        By default the names of the classes; "" leaves a line unlabelled.
    ax : Axes, optional
    """
    ax = _axes(ax)
    shown = view(losses[0])
    low, high = span or shown.span
    ax.set(xlim=(low, high), ylim=shown.limits[WHICH.index(which)])
    if shown.log:
        _log_axis(ax)
    labels = [style.name(loss) for loss in losses] if labels is None else labels
    for loss, label, look in zip(losses, labels, _looks(losses), strict=True):
        _draw_trace(ax, loss, which, (low, high), label=label or None, **look)
    ax.set_xlabel(shown.argument)
    ax.set_title(shown.names[WHICH.index(which)])
    label_lines(ax)
    return ax


def four_panel(
    loss: Loss | Sequence[Loss],
    sample: ArrayLike | None = None,
    axes: np.ndarray | None = None,
) -> np.ndarray:
    """Loss, gradient, curvature and what is elicited, in four panels.

    Parameters
    ----------
    loss : Loss or sequence of Loss
        Several losses must be of one mould.
    sample : array, optional
        The sample of the fourth panel, for regression losses.
    axes : array of four Axes, optional

    Returns
    -------
    array of four Axes
    """
    losses = [loss] if isinstance(loss, Loss) else list(loss)
    if axes is None:
        _, axes = plt.subplots(2, 2, figsize=(6, 4.6))
    axes = np.asarray(axes).ravel()
    labels = _variant_labels(losses)
    for which, ax, here in zip(WHICH, axes, (labels, *[[""] * len(losses)] * 2)):
        if which != "value":
            ax.axhline(0, color=style.GRID, linewidth=0.8, zorder=0)
        loss_curves(losses, which, labels=here, ax=ax)
    shown = view(losses[0])
    if shown is RESIDUAL or shown is AMOUNT:
        default = AMOUNTS if shown.log else SAMPLE
        risk_curves(losses, default if sample is None else sample, ax=axes[3])
    elif shown is MARGIN:
        minimizer_curves(losses, ax=axes[3])
    else:
        elicited_curves(losses, ax=axes[3])
    return axes


def risk_curves(
    losses: Sequence[Loss], sample: ArrayLike, *, ax: Axes | None = None
) -> Axes:
    """Mean loss of a constant prediction on a sample, each minimiser marked.

    Each curve is drawn above its minimum and scaled, so that several fit; the sample
    is the row of points below.
    """
    ax = _axes(ax)
    y = np.asarray(sample, dtype=float)
    log = view(losses[0]).log
    if log:
        candidates = np.geomspace(y.min() / 1.3, y.max() * 1.3, 400)
        _log_axis(ax)
    else:
        margin = 0.1 * np.ptp(y)
        candidates = np.linspace(y.min() - margin, y.max() + margin, 401)
    for loss, look in zip(losses, _looks(losses), strict=True):
        best, height = scaled_risk(loss, y, candidates)
        ax.plot(candidates, height, **look)
        ax.plot(best, 0, "o", color=look["color"], markersize=7, clip_on=False)
        ax.annotate(
            f"{best:.2f}",
            (best, 0),
            (0, 9),
            textcoords="offset points",
            ha="center",
            color=look["color"],
            fontsize="small",
        )
    ax.plot(y, np.full(len(y), -0.13), "|", color=style.INK, markersize=8)
    ax.set(ylim=(-0.2, 1.0), yticks=[], xlim=(candidates[0], candidates[-1]))
    ax.set_xlabel("constant prediction $c$")
    ax.set_title("mean loss on a sample (scaled)")
    return ax


def scaled_risk(loss: Loss, sample: Array, candidates: Array) -> tuple[float, Array]:
    """Best constant on the scale of the prediction, and the scaled excess risk."""
    raw = loss.fit_intercept_only(sample)
    risks = np.array([loss(sample, np.full(len(sample), loss.link(c))) for c in candidates])
    excess = risks - loss(sample, np.full(len(sample), raw))
    best = float(loss.link.inverse(np.asarray(raw)))
    return best, excess / (2 * np.median(excess))


def minimizer_curves(losses: Sequence[Loss], *, ax: Axes | None = None) -> Axes:
    """Raw prediction with the least expected loss, as a function of eta."""
    ax = _axes(ax)
    high = 3.2
    for below, above in (((0, 0.5), (0, high)), ((0.5, 1), (-high, 0))):
        ax.fill_between(below, *above, color=style.GRID, alpha=0.3, linewidth=0)
    for loss, look in zip(losses, _looks(losses), strict=True):
        eta, f = minimizers(loss)
        ax.plot(eta, np.clip(f, -high, high), **look)
    ax.set(xlim=(0, 1), ylim=(-high, high), xticks=[0, 0.5, 1], xticklabels=["0", "½", "1"])
    ax.set_xlabel(r"$\eta = P(Y = 1)$")
    ax.set_title("best $f$ (shaded: wrong side)")
    return ax


def minimizers(loss: Loss, n: int = 100) -> tuple[Array, Array]:
    """eta and the minimiser f*(eta) on both sides of one half, with NaN between."""
    half = np.linspace(0.002, 0.499999, n)
    eta = np.concatenate([half, [0.5], 1 - half[::-1]])
    f = np.array([loss.fit_intercept_only([p]) for p in eta])
    if abs(f[n + 1] - f[n - 1]) > 1e-3:
        f[n] = np.nan
    return eta, f


def elicited_curves(losses: Sequence[Loss], *, ax: Axes | None = None) -> Axes:
    """Predicted probability with the least expected loss, as a function of eta."""
    ax = _axes(ax)
    ax.plot([0, 1], [0, 1], color=style.GRID, linewidth=4, zorder=0)
    for loss, look in zip(losses, _looks(losses), strict=True):
        ax.plot(*elicited(loss), **look)
    ax.set(xlim=(0, 1), ylim=(-0.04, 1.04), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
    ax.set(xticklabels=["0", "½", "1"], yticklabels=["0", "½", "1"])
    ax.set_xlabel(r"true probability $\eta$")
    ax.set_title("best $p$ (grey: the truth)")
    return ax


def elicited(loss: Loss) -> tuple[Array, Array]:
    """eta and the probability that minimises the expected loss."""
    if not isinstance(loss, MulticlassLoss):
        eta, f = minimizers(loss)
        return eta, loss.link.inverse(f)
    eta = np.linspace(0.002, 0.998, 201)
    rows = np.column_stack([eta, 0.7 * (1 - eta), 0.3 * (1 - eta)])
    best = [loss.link.inverse(loss.fit_intercept_only(row[None, :])) for row in rows]
    return eta, np.array(best)[:, 0]


def reliability(
    table: Mapping[str, Array], *, ax: Axes | None = None, **line: Any
) -> Axes:
    """A reliability diagram: observed frequency against predicted probability.

    Parameters
    ----------
    table : mapping
        ``mean_predicted``, ``fraction_positive`` and ``count`` of each bin; the area
        of a point is proportional to its count.
    ax : Axes, optional
    **line
        Passed to ``ax.plot``.
    """
    ax = _axes(ax, figsize=(4, 4))
    count = np.asarray(table["count"], dtype=float)
    used = count > 0
    x = np.asarray(table["mean_predicted"])[used]
    y = np.asarray(table["fraction_positive"])[used]
    ax.plot([0, 1], [0, 1], color=style.GRID, linewidth=1, zorder=0)
    (drawn,) = ax.plot(x, y, **{"linewidth": 1.2, **line})
    ax.scatter(x, y, 150 * count[used] / count.max(), color=drawn.get_color())
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.set_xlabel("predicted probability")
    ax.set_title("observed frequency")
    return ax


def _axes(ax: Axes | None, **options: Any) -> Axes:
    return plt.subplots(**options)[1] if ax is None else ax


def _looks(losses: Sequence[Loss]) -> list[dict[str, Any]]:
    """Line of each loss; further losses of one class keep the colour only."""
    looks, seen = [], dict[type[Loss], int]()
    for loss in losses:
        nth = seen.setdefault(type(loss), 0)
        seen[type(loss)] += 1
        look = style.line(loss)
        if nth:
            others = [d for d in style.LINESTYLES if d != look["linestyle"]]
            look["linestyle"] = others[(nth - 1) % len(others)]
        looks.append(look)
    return looks


def _variant_labels(losses: Sequence[Loss]) -> list[str]:
    """What tells the losses apart: parameters of one class, else names."""
    if len(losses) == 1:
        return [""]
    if len({type(loss) for loss in losses}) > 1:
        return [style.name(loss) for loss in losses]
    settings = [vars(loss) for loss in losses]
    told = [k for k in settings[0] if len({s[k] for s in settings}) > 1]
    return [", ".join(f"{style.symbol(k)} = {s[k]:g}" for k in told) for s in settings]


def _log_axis(ax: Axes) -> None:
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter(lambda z, _: f"{z:g}" if z >= 1 else f"1/{1 / z:g}")


def _draw_trace(
    ax: Axes, loss: Loss, which: Which, span: tuple[float, float], **look: Any
) -> None:
    """A curve with its jumps: open circles at the limits, a dot at the value."""
    x, y, jumps = trace(loss, which, span)
    (drawn,) = ax.plot(x, y, **look)
    color = drawn.get_color()
    for jump in jumps:
        if which == "hessian":
            continue
        for limit in {jump.left, jump.right} - {jump.value}:
            ax.plot(jump.at, limit, "o", mfc="none", color=color, markersize=4)
        ax.plot(jump.at, jump.value, "o", color=color, markersize=4)
    if which == "value":
        return
    below = WHICH[WHICH.index(which) - 1]
    for jump in trace(loss, below, span, n=2)[2]:
        # The derivative of a jump: infinite at one point.
        up = jump.right > jump.left
        ax.annotate(
            "",
            (jump.at, 1.0 if up else 0.0),
            (jump.at, 0.0),
            xycoords=("data", "axes fraction"),
            textcoords="data",
            arrowprops={"arrowstyle": "-|>", "color": color, "shrinkA": 0, "shrinkB": 0},
        )


# ---- labels beside lines -------------------------------------------------------------


def label_line(
    ax: Axes, line: Line2D, text: str, x: float, *, dy: float = 5.0, **text_options: Any
) -> Annotation:
    """Write ``text`` in the colour of a line, ``dy`` points above it at ``x``."""
    data_x, data_y = (np.asarray(d, dtype=float) for d in line.get_data())
    seen = np.isfinite(data_y)
    y = float(np.interp(x, data_x[seen], data_y[seen]))
    options = {
        "color": line.get_color(),
        "ha": "center",
        "va": "bottom" if dy >= 0 else "top",
        **text_options,
    }
    return ax.annotate(text, (x, y), (0, dy), textcoords="offset points", **options)


# Where a label may stand from its point of the line: (dx, dy) in units of the gap.
_PLACES = [
    (1, 0, "left", "center"),
    (0, 1, "center", "bottom"),
    (1, 1, "left", "bottom"),
    (-1, 1, "right", "bottom"),
    (0, -1, "center", "top"),
    (1, -1, "left", "top"),
    (-1, -1, "right", "top"),
    (-1, 0, "right", "center"),
]


def label_lines(
    ax: Axes, lines: Sequence[Line2D] | None = None, *, gap: float = 4.0
) -> list[Annotation]:
    """Write each line's label beside it, where there is room; no legend.

    Each label goes where it covers no line and no other text, nearer to its own line
    than to any other, and as far right as possible.

    Parameters
    ----------
    ax : Axes
        With its final limits.
    lines : sequence of Line2D, optional
        By default every line with a label.
    gap : float
        Distance from the line in points.
    """
    if lines is None:
        lines = ax.get_lines()
    lines = [line for line in lines if not str(line.get_label()).startswith("_")]
    if not lines:
        return []
    figure = ax.get_figure()
    figure.draw_without_rendering()
    frame = ax.get_window_extent()
    paths = {line: _pixels(line, frame) for line in ax.get_lines()}
    taken = [text.get_window_extent() for text in ax.texts if text.get_text()]
    labels = []
    for line in lines:
        label = _best_place(ax, line, paths, taken, frame, gap)
        taken.append(label.get_window_extent())
        labels.append(label)
    return labels


def _best_place(
    ax: Axes,
    line: Line2D,
    paths: dict[Line2D, Array],
    taken: list[Bbox],
    frame: Bbox,
    gap: float,
) -> Annotation:
    pixel = ax.get_figure().dpi / 72
    label = ax.annotate(
        str(line.get_label()),
        (0, 0),
        (0, 0),
        textcoords="offset points",
        color=line.get_color(),
        fontsize="small",
    )
    box = label.get_window_extent()
    width, height = box.width, box.height
    own = paths[line]
    others = [p for other, p in paths.items() if other is not line and len(p)]
    crowd = np.concatenate(others) if others else np.empty((0, 2))
    best = (np.inf, own[-1], _PLACES[0])
    for point in own[:: max(1, len(own) // 60)]:
        for place in _PLACES:
            dx, dy, ha, va = place
            left = point[0] + dx * gap * pixel - {"left": 0, "center": 0.5, "right": 1}[ha] * width
            low = point[1] + dy * gap * pixel - {"bottom": 0, "center": 0.5, "top": 1}[va] * height
            here = Bbox.from_bounds(left, low, width, height)
            outside = max(frame.x0 - here.x0, here.x1 - frame.x1, frame.y0 - here.y0, here.y1 - frame.y1, 0)
            cost = 10.0 * outside / pixel
            cost += 1000.0 * any(here.overlaps(other) for other in taken)
            cost += 20.0 * _inside(own, here.padded(pixel)) + 20.0 * _inside(crowd, here.padded(pixel))
            cost += 2.0 * _inside(crowd, here.padded(1.8 * gap * pixel))
            cost += 20.0 * (frame.x1 - point[0]) / frame.width
            if cost < best[0]:
                best = (cost, point, place)
    _, point, (dx, dy, ha, va) = best
    label.xy = ax.transData.inverted().transform(point)
    label.set_position((dx * gap, dy * gap))
    label.set(ha=ha, va=va)
    return label


def _inside(points: Array, box: Bbox) -> int:
    x, y = points.T
    return int(np.sum((x > box.x0) & (x < box.x1) & (y > box.y0) & (y < box.y1)))


def _pixels(line: Line2D, frame: Bbox) -> Array:
    """Points two pixels apart along the visible part of a line."""
    xy = line.get_transform().transform(np.column_stack(line.get_data()).astype(float))
    starts, ends = xy[:-1], xy[1:]
    whole = np.isfinite(starts).all(axis=1) & np.isfinite(ends).all(axis=1)
    points = [np.empty((0, 2))]
    for start, end in zip(starts[whole], ends[whole], strict=True):
        n = 1 + int(min(np.hypot(*(end - start)), 4000) // 4)
        points.append(start + np.linspace(0, 1, n, endpoint=False)[:, None] * (end - start))
    path = np.concatenate(points)
    x, y = path.T
    seen = (x >= frame.x0) & (x <= frame.x1) & (y >= frame.y0) & (y <= frame.y1)
    return path[seen]
