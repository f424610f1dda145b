"""The figures that recur.

Each takes axes or makes them, draws, and returns them; the numbers come from
:mod:`lossbook.show.curves` or from the caller.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator
from matplotlib.transforms import Bbox
from numpy.typing import ArrayLike

from lossbook.base import Loss, PointwiseLoss
from lossbook.judge.inputs import check_columns, column
from lossbook.numerics import Array
from lossbook.show import style
from lossbook.show.cards import number, variant_labels
from lossbook.show.curves import (
    DERIVATIVES,
    MARGIN,
    Span,
    View,
    Which,
    best_raws,
    check_span,
    elicited,
    jumps,
    losses_of,
    order,
    scaled_risk,
    trace,
    view,
)
from lossbook.validation import (
    POSITIVE,
    REALS,
    Named,
    check_instance,
)

# ---- losses --------------------------------------------------------------------------


def four_panel(
    loss: Loss | Sequence[Loss],
    sample: ArrayLike | None = None,
    axes: ArrayLike | None = None,
) -> np.ndarray:
    """Loss, gradient, curvature and what is elicited, in four panels.

    A loss of whole objects has two: itself and its slope.  Losses of one family are
    drawn on the same axes, with the familiar loss of the family in the background.

    Parameters
    ----------
    loss : Loss or sequence of Loss
        Several losses must be of one family.
    sample : array of shape (n,), optional
        The sample of the fourth panel; for regression losses.
    axes : four Axes, or two, optional

    Returns
    -------
    array of four Axes, or of two
    """
    losses = losses_of("four_panel", loss)
    layout = _layout("four_panel", losses)
    chosen = layout.sample if sample is None else _sample("four_panel", layout, sample)
    pointwise = [each for each in losses if isinstance(each, PointwiseLoss)]
    if axes is None:
        rows = 2 if pointwise else 1
        _, axes = plt.subplots(rows, 2, figsize=(6, 2.45 * rows))
    panels = np.asarray(axes).ravel()
    nothing = [""] * len(losses)
    for which, ax in zip(DERIVATIVES, panels[: 3 if pointwise else 2], strict=False):
        first = which == "value"
        if type(layout.reference) not in map(type, losses):
            _reference(ax, layout.reference, which, labelled=first)
        loss_curves(losses, which, labels=None if first else nothing, ax=ax)
    if layout.sample is not None:
        assert chosen is not None
        risk_curves(pointwise, chosen, ax=panels[3])
    elif layout is MARGIN:
        best_raw_curves(pointwise, ax=panels[3])
    elif layout.question:
        elicited_curves(pointwise, ax=panels[3])
    elif pointwise:
        panels[3].set_axis_off()
    return panels


def loss_curves(
    losses: Sequence[Loss],
    which: Which = "value",
    *,
    span: Span | None = None,
    limits: Span | None = None,
    labels: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Losses of one family, or a derivative of them, each labelled beside its line.

    Jumps are not joined: a dot is the value there, a circle a limit from one side,
    and an arrow the derivative of a jump, infinite at one point.

    Parameters
    ----------
    losses : sequence of Loss
    which : {"value", "gradient", "hessian"}
    span, limits : (low, high), optional
        Of the two axes; by default those of the family.
    labels : sequence of str, optional
        By default the names of the classes, or the parameters of one class; ""
        leaves a line without a label.
    ax : Axes, optional
    """
    losses = losses_of("loss_curves", losses)
    layout, nth = _layout("loss_curves", losses), order(which, "loss_curves")
    low, high = check_span("loss_curves", "span", span, layout.span)
    height = check_span("loss_curves", "limits", limits, layout.limits[nth])
    labels = variant_labels(losses) if labels is None else labels
    if isinstance(labels, str) or np.shape(labels) != (len(losses),):
        raise ValueError(
            f"loss_curves: labels must be a text for each of {len(losses)} losses; "
            f"got {labels!r}"
        )
    ax = _axes(ax)
    ax.set(xlim=(low, high), ylim=height)
    if layout.positive:
        _log_axis(ax)
    else:
        ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    if which != "value":
        ax.axhline(0, color=style.GRID, linewidth=0.8, zorder=0)
    for loss, look, label in zip(losses, _looks(losses), labels, strict=True):
        ax.plot(*trace(loss, which, (low, high)), label=label or "_", **look)
        _draw_jumps(ax, loss, which, look["color"])
    ax.set(xlabel=layout.argument, title=layout.names[nth])
    label_lines(ax)
    return ax


def risk_curves(
    losses: Sequence[PointwiseLoss], sample: ArrayLike, *, ax: Axes | None = None
) -> Axes:
    """Mean loss of a constant prediction on a sample, each minimiser marked.

    Curves are scaled (see :func:`lossbook.show.scaled_risk`).  The strokes below are
    the sample; its mean and its median are marked above.
    """
    losses = losses_of("risk_curves", losses, PointwiseLoss)
    layout = _layout("risk_curves", losses)
    y = _sample("risk_curves", layout, sample)
    ax = _axes(ax)
    if layout.positive:
        candidates = np.geomspace(y.min() / 1.4, y.max() * 1.4, 401)
        _log_axis(ax)
    else:
        reach = 0.12 * np.ptp(y)
        candidates = np.linspace(y.min() - reach, y.max() + reach, 401)
    ax.set(xlim=(candidates[0], candidates[-1]), ylim=(-0.22, 1.15), yticks=[])
    ax.spines["left"].set_visible(False)
    ax.plot(y, np.full(len(y), -0.14), "|", color=style.INK, markersize=8)
    for name, at, side in (
        ("median", float(np.median(y)), "right"),
        ("mean", float(y.mean()), "left"),
    ):
        ax.plot([at, at], [0, 1.02], color=style.FAINT, linewidth=0.9, zorder=0)
        ax.text(at, 1.04, name, ha=side, fontsize="small", color=style.MUTED)
    for loss, look in zip(losses, _looks(losses), strict=True):
        height = scaled_risk(loss, y, candidates)
        height[height > 1] = np.nan
        ax.plot(candidates, height, **look)
        ax.plot(loss.best_constant(y), 0, "o", color=look["color"], markersize=7)
    ax.set(xlabel="constant prediction $c$", title="mean loss on a sample")
    return ax


def best_raw_curves(losses: Sequence[PointwiseLoss], *, ax: Axes | None = None) -> Axes:
    """Raw prediction with the least expected loss, against the true probability.

    Shaded is the wrong side.  Infinite minimisers stand at the edge, with an arrow.
    """
    losses = losses_of("best_raw_curves", losses, PointwiseLoss)
    ax = _axes(ax)
    top = 3.2
    ax.fill_between([0, 0.5], 0, top, color=style.GRID, alpha=0.35, linewidth=0)
    ax.fill_between([0.5, 1], -top, 0, color=style.GRID, alpha=0.35, linewidth=0)
    ax.text(0.25, top / 2, "wrong side", ha="center", va="center", fontsize="small")
    for loss, look in zip(losses, _looks(losses), strict=True):
        eta, f = _both_sides(best_raws, loss)
        infinite = np.isinf(f)
        ax.plot(eta, np.where(infinite, np.sign(f) * 0.82 * top, f), **look)
        for sign, at, marker in ((1, 0.75, "^"), (-1, 0.25, "v")):
            if infinite[np.searchsorted(eta, at)]:
                ax.plot(at, sign * 0.92 * top, marker, color=look["color"])
                ax.text(
                    at + 0.04, sign * 0.93 * top, number(sign * np.inf), va="center"
                )
    ax.set(ylim=(-top, top), title="best raw prediction $f$")
    _probability_axis(ax)
    return ax


def elicited_curves(losses: Sequence[PointwiseLoss], *, ax: Axes | None = None) -> Axes:
    """Predicted probability with the least expected loss, against the true one."""
    losses = losses_of("elicited_curves", losses, PointwiseLoss)
    ax = _axes(ax)
    ax.plot([0, 1], [0, 1], color=style.GRID, linewidth=5, zorder=0, label="the truth")
    for loss, look in zip(losses, _looks(losses), strict=True):
        ax.plot(*_both_sides(elicited, loss), **look)
    ax.set(ylim=(-0.04, 1.04), yticks=[0, 0.5, 1], yticklabels=["0", "½", "1"])
    _probability_axis(ax)
    ax.set_title("best probability $p$")
    label_lines(ax)
    return ax


def reliability(
    table: Mapping[str, ArrayLike], *, ax: Axes | None = None, **line: Any
) -> Axes:
    """A reliability diagram: how often it happened against how probable it was said.

    Parameters
    ----------
    table : mapping
        ``mean_predicted``, ``fraction_positive`` and ``count`` of each bin, as from
        :func:`lossbook.judge.reliability_table`.  The area of a point is
        proportional to its count.
    ax : Axes, optional
    **line
        Options of ``ax.plot``: ``color``, ``linestyle``, ``label``.
    """
    columns = ("mean_predicted", "fraction_positive", "count")
    check_columns(Named("reliability"), table, columns)
    ax = _axes(ax, figsize=(3.8, 3.8))
    x, y = np.asarray(table["mean_predicted"]), np.asarray(table["fraction_positive"])
    count = np.asarray(table["count"], dtype=float)
    ax.plot([0, 1], [0, 1], color=style.FAINT, linewidth=1.0, zorder=0)
    (drawn,) = ax.plot(x, y, **{"linewidth": 1.4, **line})
    area = 120 * count / count.max()
    ax.scatter(x, y, area, color=drawn.get_color(), zorder=3, clip_on=False)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    ax.set(xlabel="predicted probability", title="observed frequency")
    return ax


def _axes(ax: Axes | None, **options: Any) -> Axes:
    return plt.subplots(**options)[1] if ax is None else ax


def _layout(owner: str, losses: Sequence[Loss]) -> View:
    """The layout that losses share."""
    layouts = [view(loss) for loss in losses]
    if any(each.inputs is not layouts[0].inputs for each in layouts):
        raise ValueError(
            f"{owner}: losses must be functions of the same number, of a "
            f"residual, a margin, an amount or a row; got {list(losses)}"
        )
    return layouts[0]


def _sample(owner: str, layout: View, sample: ArrayLike) -> Array:
    """A sample whose best constants are shown."""
    domain = POSITIVE if layout.positive else REALS
    return column(Named(owner), "sample", sample, domain)


def _looks(losses: Sequence[Loss]) -> list[dict[str, Any]]:
    """Colour and line style: of each class, or, within one class, one style each."""
    if len({type(loss) for loss in losses}) > 1:
        return [style.line(loss) for loss in losses]
    styles = style.LINESTYLES
    return [
        {"color": style.color(loss), "linestyle": styles[nth % len(styles)]}
        for nth, loss in enumerate(losses)
    ]


def _reference(ax: Axes, loss: Loss, which: Which, *, labelled: bool) -> None:
    label = style.name(loss) if labelled else "_"
    ax.plot(
        *trace(loss, which), label=label, color=style.FAINT, linewidth=1.0, zorder=1
    )


def _log_axis(ax: Axes) -> None:
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_locator(LogLocator(base=2, numticks=12))
    ax.xaxis.set_major_formatter(FuncFormatter(_power_of_two))


def _power_of_two(z: float, _: int | None = None) -> str:
    return f"{z:g}" if z >= 1 else f"1/{1 / z:g}"


def _probability_axis(ax: Axes) -> None:
    ax.set(xlim=(0, 1), xticks=[0, 0.5, 1], xticklabels=["0", "½", "1"])
    ax.set_xlabel(r"true probability $\eta$")


def _both_sides(
    answer: Callable[[PointwiseLoss, Array], Array], loss: PointwiseLoss
) -> tuple[Array, Array]:
    """eta and the answer of a loss to it; NaN at one half if the answer jumps there."""
    below = np.append(np.linspace(0.002, 0.498, 125), 0.5 - 1e-6)
    eta = np.concatenate([below, [0.5], 1 - below[::-1]])
    best = answer(loss, eta)
    middle = len(below)
    if abs(best[middle + 1] - best[middle - 1]) > 1e-3:
        best[middle] = np.nan
    return eta, best


def _draw_jumps(ax: Axes, loss: Loss, which: Which, color: str) -> None:
    """Circles at the limits, a dot at the value; an arrow for the derivative."""
    small: Any = {"color": color, "markersize": 4.5, "linestyle": "none"}
    arrow = {"arrowstyle": "-|>", "color": color, "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
    for jump in jumps(loss, which):
        for limit in {jump.left, jump.right} - {jump.value}:
            ax.plot(jump.at, limit, "o", markerfacecolor="none", **small)
        ax.plot(jump.at, jump.value, "o", **small)
    if which == "value":
        return
    for jump in jumps(loss, DERIVATIVES[DERIVATIVES.index(which) - 1]):
        edge = ax.get_ylim()[jump.right > jump.left]
        ax.annotate("", (jump.at, edge), (jump.at, 0), arrowprops=arrow)


# ---- labels beside lines -------------------------------------------------------------


def label_line(
    ax: Axes, line: Line2D, text: str, x: float, *, dy: float = 5.0, **options: Any
) -> Annotation:
    """Write a text in the colour of a line, ``dy`` points above the line at ``x``.

    Parameters
    ----------
    ax : Axes
    line : Line2D
    text : str
    x : float
        In data coordinates.
    dy : float
        Negative writes below the line.
    **options
        Of the text: ``ha``, ``fontsize``, …
    """
    check_instance(Named("label_line"), "line", line, Line2D, "ax.get_lines()[0]")
    data = np.column_stack(line.get_data()).astype(float)
    known = data[np.isfinite(data).all(axis=1)]
    y = np.interp(x, *known[np.argsort(known[:, 0])].T)
    look: dict[str, Any] = {"color": line.get_color(), "fontsize": "small"}
    look |= {"ha": "center", "va": "bottom" if dy >= 0 else "top"} | options
    return ax.annotate(text, (x, y), (0, dy), textcoords="offset points", **look)


def label_lines(
    ax: Axes, lines: Sequence[Line2D] | None = None, *, gap: float = 4.0
) -> list[Annotation]:
    """Write the label of each line beside it, where there is room; no legend needed.

    A label covers no line and no other text, is nearer to its own line than to the
    others, and stands as far right as that allows.  The places are found when the
    figure is drawn, so limits and layout may still change.

    Parameters
    ----------
    ax : Axes
    lines : sequence of Line2D, optional
        By default every line with a label.
    gap : float
        Distance from the line, in points.
    """
    lines = ax.get_lines() if lines is None else lines
    for line in lines:
        check_instance(Named("label_lines"), "lines", line, Line2D, "ax.get_lines()[0]")
    named = [line for line in lines if not str(line.get_label()).startswith("_")]
    labels = [
        ax.annotate(
            str(line.get_label()),
            (0, 0),
            (0, 0),
            textcoords="offset points",
            color=_text_color(line),
            fontsize="small",
            annotation_clip=False,
            in_layout=False,  # a label that sticks out a little must not move the axes
        )
        for line in named
    ]
    ax.add_artist(_Placer(dict(zip(named, labels, strict=True)), gap))
    return labels


class _Placer(Artist):
    """Draws nothing: finds the places of labels once the layout is settled."""

    def __init__(self, labels: dict[Line2D, Annotation], gap: float) -> None:
        super().__init__()
        self.labels, self.gap = labels, gap
        self.set(in_layout=False, zorder=-1)

    def draw(self, renderer: RendererBase) -> None:
        ax = self.axes
        assert isinstance(ax, Axes)
        texts = [t for t in ax.texts if t.get_text() and t not in self.labels.values()]
        room = _Room(
            frame=ax.get_window_extent(renderer),
            gap=self.gap * ax.figure.dpi / 72,
            paths={line: _visible_path(line, ax) for line in ax.get_lines()},
            taken=[text.get_window_extent(renderer) for text in texts],
        )
        for line, label in self.labels.items():
            size = label.get_window_extent(renderer)
            at, dx, dy = room.best(line, size.width, size.height)
            x, y = ax.transData.inverted().transform(at)
            label.xy = (float(x), float(y))
            label.set_position((dx * self.gap, dy * self.gap))
            label.set(ha=_HA[dx], va=_VA[dy])
            room.taken.append(label.get_window_extent(renderer))


_HA = {1: "left", 0: "center", -1: "right"}
_VA = {1: "bottom", 0: "center", -1: "top"}

# Where a label may stand from a point, in steps of one gap: what is preferred first.
_DX, _DY = np.array([1, 0, -1]), np.array([0, 1, -1])

_STEP = 4


@dataclass
class _Room:
    """What is already on the axes, in pixels."""

    frame: Bbox
    gap: float
    paths: dict[Line2D, Array]
    taken: list[Bbox]

    def best(self, line: Line2D, width: float, height: float) -> tuple[Array, int, int]:
        """The point of the line and the steps dx, dy from it that cost least."""
        own = self.paths[line]
        if len(own) < 2:
            raise ValueError(f"the line {line.get_label()!r} does not cross the axes")
        others = np.concatenate(
            [np.empty((0, 2))] + [p for k, p in self.paths.items() if k is not line]
        )
        step = np.abs(np.gradient(own, axis=0))
        steep = (step[:, 1] > step[:, 0]) & (step[:, 1] < 2 * _STEP)
        steep[-1] = True
        at = np.array([*range(0, len(own) - 1, max(1, len(own) // 80)), len(own) - 1])
        cost = self._costs(_Boxes.beside(own[at], self.gap, width, height), own, others)
        cost[:, _DY == 0, _DX == 0] = np.inf
        # Right or left of a line only where it is steep, or where it ends.
        cost[np.ix_(~steep[at], _DY == 0)] = np.inf
        i, y, x = np.unravel_index(np.argmin(cost), cost.shape)
        return own[at[i]], int(_DX[x]), int(_DY[y])

    def _costs(self, boxes: "_Boxes", own: Array, others: Array) -> Array:
        frame = self.frame
        # Above and to the right there is no axis: a label may stick out by a gap.
        outside = np.maximum(
            np.maximum(frame.x0 - boxes.x0, boxes.x1 - frame.x1 - self.gap),
            np.maximum(frame.y0 - boxes.y0, boxes.y1 - frame.y1 - self.gap),
        )
        near = boxes.padded(self.gap / 2)
        return (
            1000.0 * near.overlap(self.taken)
            + 100.0 * np.maximum(outside / self.gap, 0)
            + 20.0 * (boxes.count(own) + near.count(others))
            # A neighbour closer than twice the gap makes it unclear whose label it is.
            + 2.0 * boxes.padded(2 * self.gap).count(others)
            + 20.0 * (frame.x1 - boxes.x1) / frame.width
        )


@dataclass
class _Boxes:
    """The boxes that a label may fill, along three axes: point, dy and dx.

    A side that does not depend on dy, or on dx, has one entry there.
    """

    x0: Array
    y0: Array
    x1: Array
    y1: Array

    @classmethod
    def beside(cls, points: Array, gap: float, width: float, height: float) -> "_Boxes":
        dx, dy = _DX, _DY[:, None]
        x, y = points.T[:, :, None, None]
        x0 = x + dx * gap + width * (dx - 1) / 2
        y0 = y + dy * gap + height * (dy - 1) / 2
        return cls(x0, y0, x0 + width, y0 + height)

    def padded(self, by: float) -> "_Boxes":
        return _Boxes(self.x0 - by, self.y0 - by, self.x1 + by, self.y1 + by)

    def overlap(self, taken: list[Bbox]) -> Array:
        """Whether a box overlaps one of those that are taken."""
        hit = np.zeros(np.broadcast_shapes(self.x0.shape, self.y0.shape), bool)
        for box in taken:
            hit |= (
                (self.x0 <= box.x1)
                & (box.x0 <= self.x1)
                & (self.y0 <= box.y1)
                & (box.y0 <= self.y1)
            )
        return hit

    def count(self, points: Array) -> Array:
        """How many of the points lie in each box."""
        x, y = points.T
        in_x = (self.x0[..., None] < x) & (x < self.x1[..., None])
        in_y = (self.y0[..., None] < y) & (y < self.y1[..., None])
        return (in_x & in_y).sum(axis=-1)


def _visible_path(line: Line2D, ax: Axes) -> Array:
    """Points about ``_STEP`` pixels apart along the part of a line inside the axes."""
    data = np.column_stack(line.get_data()).astype(float)
    corners = line.get_transform().transform(data)
    sides = np.diff(corners, axis=0)
    steps = np.hypot(*sides.T) / _STEP
    # No points in a gap of the line, nor on a piece that leaves the axes far behind.
    counts = np.where(steps < 2000, np.nan_to_num(steps).astype(int) + 1, 0)
    side = np.repeat(np.arange(len(counts)), counts)
    nth = np.arange(len(side)) - np.repeat(np.cumsum(counts) - counts, counts)
    along = corners[side] + (nth / counts[side])[:, None] * sides[side]
    path = np.vstack([along, corners[-1:]])
    frame = ax.get_window_extent()
    return path[((path >= frame.p0) & (path <= frame.p1)).all(axis=1)]


def _text_color(line: Line2D) -> Any:
    """The colour of the line, or one with contrast enough for letters."""
    pale = line.get_color() in (style.FAINT, style.GRID)
    return style.MUTED if pale else line.get_color()
