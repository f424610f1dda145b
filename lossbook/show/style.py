"""One look for every figure of the book, and one line for each loss class.

The site inverts figures on dark pages (``invert(1) hue-rotate(180deg)``).  So nothing
here paints a background, and each colour has a contrast of at least 4.5 to 1 on the
light page and, inverted, on the dark page.  No eight colours are told apart by every
eye; colour and line style together are.
"""

from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.font_manager import fontManager

from lossbook.base import Loss
from lossbook.losses import ALL_LOSSES
from lossbook.show.curves import view

BLUE = "#0072B2"
VERMILION = "#C84B00"
GREEN = "#00603F"
PURPLE = "#B0439F"
OCHRE = "#8A6A00"
INDIGO = "#3A3FB0"
INK = "#222222"
MUTED = "#6A6A6A"
COLORS = (BLUE, VERMILION, GREEN, PURPLE, OCHRE, INDIGO, INK, MUTED)

GOOD = BLUE
BAD = VERMILION
FAINT = "#8C8C8C"  # a line for comparison, in the background
GRID = "#BDBDBD"  # what need not be seen to read the figure

# Heatmaps: one hue of rising lightness; two hues around a pale middle.
SEQUENTIAL = "cividis"
DIVERGING = "PuOr"

Dashes = tuple[int, tuple[float, ...]]
SOLID: Dashes = (0, ())
DASHED: Dashes = (0, (4.5, 1.6))
DOTTED: Dashes = (0, (1.1, 1.1))
DASHDOT: Dashes = (0, (6, 1.4, 1.2, 1.4))
LONG: Dashes = (0, (9, 2))
LINESTYLES = (SOLID, DASHED, DOTTED, DASHDOT, LONG)

# Losses that often meet differ in both.  A class of the registry that is not listed
# gets the first pair that no other on the same axes has.
LINES: dict[str, tuple[str, Dashes]] = {
    "SquaredError": (BLUE, SOLID),
    "AbsoluteError": (VERMILION, DASHED),
    "PinballLoss": (PURPLE, DOTTED),
    "ExpectileLoss": (INDIGO, LONG),
    "HuberLoss": (GREEN, DASHDOT),
    "PseudoHuberLoss": (OCHRE, SOLID),
    "LogCoshLoss": (INDIGO, DOTTED),
    "EpsilonInsensitiveLoss": (INK, DASHED),
    "TukeyLoss": (INK, DOTTED),
    "CauchyLoss": (OCHRE, LONG),
    "BarronLoss": (INDIGO, SOLID),
    "PoissonDeviance": (GREEN, SOLID),
    "GammaDeviance": (VERMILION, DASHDOT),
    "TweedieDeviance": (PURPLE, DASHED),
    "BinaryCrossEntropy": (VERMILION, SOLID),
    "CategoricalCrossEntropy": (VERMILION, LONG),
    "SparsemaxLoss": (BLUE, DOTTED),
    "CategoricalFocalLoss": (BLUE, LONG),
    "SmoothedCrossEntropy": (OCHRE, DOTTED),
    "CategoricalGeneralizedCrossEntropy": (INK, DASHDOT),
    "SymmetricCrossEntropy": (INK, LONG),
    "ForwardCorrection": (MUTED, SOLID),
    "BackwardCorrection": (MUTED, DASHED),
    "BrierLoss": (BLUE, DASHED),
    "SphericalLoss": (GREEN, LONG),
    "FocalLoss": (PURPLE, DASHDOT),
    "GeneralizedCrossEntropy": (OCHRE, DASHDOT),
    "ZeroOneLoss": (INK, SOLID),
    "HingeLoss": (GREEN, DASHED),
    "SquaredHingeLoss": (BLUE, DASHDOT),
    "PerceptronLoss": (INDIGO, DASHDOT),
    "ExponentialLoss": (PURPLE, LONG),
    "LogisticLoss": (VERMILION, DOTTED),
    "ModifiedHuberLoss": (OCHRE, DASHED),
    "RampLoss": (INDIGO, DASHED),
    "SavageLoss": (PURPLE, SOLID),
    "SigmoidLoss": (GREEN, DOTTED),
}

# Every pair; neighbours differ in both.
PAIRS = [(COLORS[i % 8], LINESTYLES[i % 5]) for i in range(40)]

_RC: Any = {
    "figure.figsize": (6.0, 3.4),
    # 960 pixels across: sharp in the column of the site, and about 50 kB.
    "figure.dpi": 160,
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "savefig.edgecolor": "none",
    # The inline backend crops the figure; this gives back the padding of the layout.
    "savefig.pad_inches": 0.04,
    # DejaVu Sans, which matplotlib brings, has the signs that the first one lacks.
    "font.family": ["Source Sans 3", "DejaVu Sans"],
    "font.size": 11.5,
    "axes.labelsize": "medium",
    "axes.titlesize": "medium",
    "axes.titlelocation": "left",
    "xtick.labelsize": 10.5,
    "ytick.labelsize": 10.5,
    "legend.fontsize": 10.5,
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
    "axes.prop_cycle": cycler(color=[BLUE, VERMILION, GREEN, PURPLE, OCHRE, INDIGO]),
    "lines.linewidth": 2.0,
    "lines.dash_capstyle": "butt",
    "lines.markersize": 5.0,
    "image.cmap": SEQUENTIAL,
    "mathtext.fontset": "custom",
    "mathtext.rm": "Source Sans 3",
    "mathtext.it": "Source Sans 3:italic",
    "mathtext.bf": "Source Sans 3:bold",
    "mathtext.cal": "Source Sans 3:italic",
    "mathtext.fallback": "stixsans",
}


def use_style() -> None:
    """Set matplotlib's parameters for the figures of the book.

    The typeface is that of the site, so it comes with the package: figures look the
    same on every machine, in the browser and in Colab.
    """
    _add_fonts()
    mpl.rcParams.update(_RC)


@cache
def _add_fonts() -> None:
    for path in sorted(Path(__file__).parent.glob("fonts/*.ttf")):
        fontManager.addfont(path)


def color(loss: Loss | type[Loss]) -> str:
    """The colour of a loss class.

    Examples
    --------
    >>> lb.show.color(lb.HuberLoss)
    '#00603F'
    """
    return _line_of(_class_of("color", loss).__name__)[0]


def linestyle(loss: Loss | type[Loss]) -> Dashes:
    """The line style of a loss class."""
    return _line_of(_class_of("linestyle", loss).__name__)[1]


def line(loss: Loss | type[Loss]) -> dict[str, Any]:
    """Colour and line style as keywords: ``ax.plot(x, y, **lb.show.line(loss))``."""
    kind = _class_of("line", loss)
    return {"color": color(kind), "linestyle": linestyle(kind)}


def name(loss: Loss | type[Loss]) -> str:
    """The name of a loss class for labels, without its last word: "squared hinge".

    Examples
    --------
    >>> lb.show.name(lb.HuberLoss)
    'Huber'
    """
    _class_of("name", loss)
    return str(loss.title).removesuffix(" loss").removesuffix(" deviance")


def title(loss: Loss | type[Loss]) -> str:
    """The full name of a loss class, for headings: "Squared hinge loss".

    Examples
    --------
    >>> lb.show.title(lb.SquaredHingeLoss)
    'Squared hinge loss'
    """
    _class_of("title", loss)
    text = str(loss.title)
    # A Greek letter is a symbol and stays small.
    return text[:1].upper() + text[1:] if text[:1].isascii() else text


def _class_of(owner: str, loss: Loss | type[Loss]) -> type[Loss]:
    kind = loss if isinstance(loss, type) else type(loss)
    if not issubclass(kind, Loss):
        raise TypeError(
            f"{owner}: loss must be a loss or its class, such as HuberLoss; "
            f"got {loss!r}"
        )
    return kind


@cache
def _line_of(class_name: str) -> tuple[str, Dashes]:
    axes = {type(loss).__name__: view(loss).inputs for loss in ALL_LOSSES}
    if class_name in LINES or class_name not in axes:
        # A class that a chapter defines for itself is drawn in ink.
        return LINES.get(class_name, (INK, SOLID))
    mates = [name for name in axes if axes[name] is axes[class_name]]
    taken = [LINES[name] for name in mates if name in LINES]
    free = [pair for pair in PAIRS if pair not in taken]
    return free[[name for name in mates if name not in LINES].index(class_name)]
