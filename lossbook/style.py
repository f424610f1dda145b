"""One look for every figure of the book: ``use()``, and a line for each loss class.

The site inverts figures on dark pages (``invert(1) hue-rotate(180deg)``), so nothing
here paints a background, and every colour keeps a contrast of at least 4.5 to 1 on the
light page and, inverted, on the dark page.  Eight colours cannot all be told apart by
every eye; colour and line style together can.
"""

import re
from functools import cache
from itertools import product
from typing import Any

import matplotlib as mpl

from lossbook.base import Loss
from lossbook.registry import ALL_LOSSES

BLUE = "#0072B2"
VERMILION = "#C84B00"
GREEN = "#00603F"
PURPLE = "#B0439F"
OCHRE = "#8A6A00"
INDIGO = "#3A3FB0"
INK = "#222222"
MUTED = "#6A6A6A"

GRID = "#BDBDBD"
GOOD = BLUE
BAD = VERMILION

COLORS = (BLUE, VERMILION, GREEN, PURPLE, OCHRE, INDIGO, INK, MUTED)

SEQUENTIAL = "cividis"
DIVERGING = "PuOr"

SOLID = (0, ())
DASHED = (0, (4.5, 1.6))
DOTTED = (0, (1.1, 1.1))
DASHDOT = (0, (6, 1.4, 1.2, 1.4))
LONG = (0, (9, 2))

Dashes = tuple[int, tuple[float, ...]]
LINESTYLES: tuple[Dashes, ...] = (SOLID, DASHED, DOTTED, DASHDOT, LONG)

# Losses that meet in a figure differ in colour and in line style.  A class that is
# not listed gets the first pair that is free.
LINES: dict[str, tuple[str, Dashes]] = {
    "SquaredError": (BLUE, SOLID),
    "AbsoluteError": (VERMILION, DASHED),
    "PinballLoss": (PURPLE, DOTTED),
    "ExpectileLoss": (INDIGO, LONG),
    "HuberLoss": (GREEN, DASHDOT),
    "PseudoHuberLoss": (OCHRE, SOLID),
    "LogCoshLoss": (MUTED, DOTTED),
    "EpsilonInsensitiveLoss": (INK, DASHED),
    "TukeyLoss": (INK, DOTTED),
    "CauchyLoss": (OCHRE, DASHDOT),
    "BarronLoss": (INDIGO, SOLID),
    "PoissonDeviance": (GREEN, SOLID),
    "GammaDeviance": (VERMILION, DASHDOT),
    "TweedieDeviance": (PURPLE, DASHED),
    "BinaryCrossEntropy": (VERMILION, SOLID),
    "CategoricalCrossEntropy": (VERMILION, LONG),
    "SparsemaxLoss": (BLUE, DOTTED),
    "BrierLoss": (BLUE, DASHED),
    "SphericalLoss": (GREEN, LONG),
    "FocalLoss": (PURPLE, DASHDOT),
    "GeneralizedCrossEntropy": (OCHRE, LONG),
    "ZeroOneLoss": (INK, SOLID),
    "HingeLoss": (GREEN, DASHED),
    "SquaredHingeLoss": (BLUE, DASHDOT),
    "PerceptronLoss": (MUTED, DASHDOT),
    "ExponentialLoss": (PURPLE, LONG),
    "LogisticLoss": (VERMILION, DOTTED),
    "ModifiedHuberLoss": (OCHRE, DASHED),
    "RampLoss": (INDIGO, DASHED),
    "SavageLoss": (OCHRE, DOTTED),
    "SigmoidLoss": (GREEN, DOTTED),
}

RC: dict[str, Any] = {
    "figure.figsize": (6.0, 3.4),
    "figure.dpi": 200,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.edgecolor": "none",
    # The inline backend crops; the padding of the layout gives the 6 in back.
    "savefig.pad_inches": 0.04,
    "font.size": 10,
    "axes.labelsize": 10,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": mpl.cycler(
        color=[BLUE, VERMILION, GREEN, PURPLE, OCHRE, INDIGO],
        linestyle=[SOLID, DASHED, DASHDOT, DOTTED, LONG, SOLID],
    ),
    "lines.linewidth": 2.0,
    "lines.scale_dashes": True,
    "lines.dash_capstyle": "butt",
    "lines.markersize": 5,
    "image.cmap": SEQUENTIAL,
    "mathtext.fontset": "dejavusans",
    "axes.unicode_minus": True,
}


def use() -> None:
    """Set matplotlib's parameters for the figures of the book."""
    mpl.rcParams.update(RC)


def color(loss: Loss | type[Loss]) -> str:
    """The colour of a loss class, the same throughout the book."""
    return _line_of(_class_of(loss).__name__)[0]


def linestyle(loss: Loss | type[Loss]) -> Dashes:
    """The line style of a loss class, the same throughout the book."""
    return _line_of(_class_of(loss).__name__)[1]


def line(loss: Loss | type[Loss]) -> dict[str, Any]:
    """Both as keywords: ``ax.plot(x, y, **style.line(loss))``."""
    return {"color": color(loss), "linestyle": linestyle(loss)}


def name(loss: Loss | type[Loss]) -> str:
    """The name of a loss class in running text, for labels: "squared hinge"."""
    words = re.findall(r"[A-Z][a-z]+", _class_of(loss).__name__)
    words = words[:-1] if words[-1] == "Loss" else words
    text = " ".join(w if w in _PEOPLE else w.lower() for w in words)
    for plain, written in _SPELLING.items():
        text = text.replace(plain, written)
    return text


_PEOPLE = {"Huber", "Tukey", "Cauchy", "Barron", "Poisson", "Tweedie", "Brier"}
_SPELLING = {
    "cross entropy": "cross-entropy",
    "pseudo Huber": "pseudo-Huber",
    "log cosh": "log-cosh",
    "zero one": "zero–one",
    "epsilon insensitive": "ε-insensitive",
}


_SYMBOLS = {"quantile": "τ", "level": "τ", "delta": "δ", "alpha": "α", "gamma": "γ"}
_SYMBOLS |= {"epsilon": "ε", "scale": "c", "power": "p"}


def symbol(parameter: str) -> str:
    """How a parameter of a loss is written in formulas and labels."""
    return _SYMBOLS.get(parameter, parameter)


def _class_of(loss: Loss | type[Loss]) -> type[Loss]:
    return loss if isinstance(loss, type) else type(loss)


@cache
def _line_of(class_name: str) -> tuple[str, Dashes]:
    unlisted = {type(loss).__name__: None for loss in ALL_LOSSES}
    unlisted = {name: None for name in unlisted if name not in LINES}
    free = [pair for pair in product(COLORS, LINESTYLES) if pair not in LINES.values()]
    lines = {**LINES, **dict(zip(unlisted, free, strict=False))}
    return lines.get(class_name, (INK, SOLID))
