"""A picture of each part for the start page, drawn with the losses of lossbook.

They stand in the page as SVG, so that they take its colours, light or dark.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sphinx.application import Sphinx

import lossbook as lb
from lossbook.show import TREE, Question
from lossbook.show.guide import answers

WIDTH, HEIGHT, EDGE = 240, 84, 4


def curve(x: ArrayLike, y: ArrayLike, kind: str) -> str:
    """A line through points of the unit square, its origin bottom left."""
    left = EDGE + np.asarray(x) * (WIDTH - 2 * EDGE)
    top = HEIGHT - EDGE - np.asarray(y) * (HEIGHT - 2 * EDGE)
    places = " ".join(f"{a:.1f} {b:.1f}" for a, b in zip(left, top, strict=True))
    return f'<path class="{kind}" d="M{places}"/>'


def losses(named: Sequence[tuple[Callable[..., Any], str]], low: float) -> str:
    """Curves of functions of one number from low to -low; what is above 1 is cut."""
    x = np.linspace(low, -low, 61)
    drawn = []
    for function, kind in named:
        y = np.asarray(function(x))
        keep = y <= 1
        drawn.append(curve((x[keep] - low) / (-2 * low), y[keep], kind))
    return "".join(drawn)


def start() -> str:
    rho = lb.SquaredError().rho, lb.AbsoluteError().rho, lb.TukeyLoss(c=1.0).rho
    kinds = ("c1", "c2", "c3")
    scale = (1, 1 / 2, 3)
    return losses(
        [
            (lambda r, f=f, s=s: s * f(r), kind)
            for f, s, kind in zip(rho, scale, kinds, strict=True)
        ],
        -2.0,
    )


def regression() -> str:
    x = np.linspace(0, 1, 61)
    weight = x * np.exp(-7 * x)
    asked = lb.AbsoluteError(), lb.SquaredError(), lb.PinballLoss(5 / 6)
    lines = [
        curve(np.full(2, loss.best_constant(x, weight)), [0, 1 - 0.2 * n], f"c{n + 1}")
        for n, loss in enumerate(asked)
    ]
    return curve(x, 0.8 * weight / weight.max(), "ink") + "".join(lines)


def classification() -> str:
    p = np.linspace(0.03, 1, 60)
    kinds = ((lb.BinaryCrossEntropy(), "c1"), (lb.BrierLoss(), "c2"))
    ones = np.ones_like(p)
    return "".join(
        curve(p, loss(ones, p, reduction="none") / 3.6, kind) for loss, kind in kinds
    )


def blind_spots() -> str:
    y, forecasts = lb.datasets.quintet()
    lines = [curve([0, 1], [0, 1], "grid")]
    for name, kind in (("candid", "c1"), ("proud of its errors", "c2")):
        cuts = np.r_[np.unique(forecasts[name])[::-1], 0]
        table = lb.judge.threshold_table(y, forecasts[name], cuts)
        hits, alarms = table["tp"] / y.sum(), table["fp"] / (1 - y).sum()
        lines.append(curve(np.r_[0, alarms], np.r_[0, hits], kind))
    return "".join(lines)


def surrogates() -> str:
    m = np.linspace(-2, 2, 61)
    steps = curve([0, 0.5, 0.5, 1], [1 / 3, 1 / 3, 0, 0], "c2")
    tried = (lb.LogisticLoss(), "c1"), (lb.HingeLoss(), "c3")
    return steps + "".join(
        curve((m + 2) / 4, loss.phi(m) / 3, kind) for loss, kind in tried
    )


def choosing() -> str:
    """The tree of the guide: questions on the left, answers on the right."""
    ends = [way for way in answers() if not isinstance(way[-1].then, Question)]
    lines = []
    for level in range(4):
        for branch in dict.fromkeys(way[: level + 1] for way in ends):
            if len(branch) == level + 1:
                below = [n for n, way in enumerate(ends) if way[: level + 1] == branch]
                above = [n for n, way in enumerate(ends) if way[:level] == branch[:-1]]
                y = 1 - np.array([np.mean(above), np.mean(below)]) / (len(ends) - 1)
                lines.append(curve([level / 4, (level + 1) / 4], y, f"c{level + 1}"))
    assert TREE.answers
    return "".join(lines)


def practice() -> str:
    """Small curves of six losses, as on the sheet of all."""
    chosen = (
        *(lb.SquaredError().rho, lb.HuberLoss(delta=0.5).rho),
        *(lb.TukeyLoss(c=1.0).rho, lb.LogisticLoss().phi),
        *(lb.HingeLoss().phi, lb.PinballLoss(quantile=0.8).rho),
    )
    r = np.linspace(-1.6, 1.6, 25)
    drawn = []
    for n, function in enumerate(chosen):
        y = function(r) - function(r).min()
        drawn.append(curve((n + 0.1 + 0.8 * (r + 1.6) / 3.2) / 6, y / y.max(), "c1"))
    return "".join(drawn)


PICTURES = {
    "Start here": (start, "Three losses of a residual: a bowl, a V, and a dish that "
    "becomes flat."),
    "Regression losses": (regression, "A skewed distribution with three lines: its "
    "median, its mean and a high quantile."),
    "Classification losses": (classification, "Log loss and the Brier loss of a "
    "probability, both falling to zero at 1."),
    "Accuracy's blind spots": (blind_spots, "Two ROC curves of forecasts with the same "
    "accuracy."),
    "Surrogate losses": (surrogates, "The step of the zero–one loss below the logistic "
    "loss and the hinge loss."),
    "Choosing the right loss": (choosing, "The questions of the guide as a tree that "
    "branches to the right."),
    "In practice": (practice, "Small curves of six losses in a row."),
}  # fmt: skip


@cache
def pictures() -> dict[str, str]:
    """The picture of each part, by its caption."""
    return {
        caption: f'<svg class="part-picture" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(says)}">{draw()}</svg>'
        for caption, (draw, says) in PICTURES.items()
    }


def add_pictures(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], *_: Any
) -> None:
    if pagename == app.config.root_doc:
        context["pictures"] = pictures()


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("html-page-context", add_pictures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
