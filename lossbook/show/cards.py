"""A loss laid out: its curves as functions of one number, its facts, its card.

Everything is computed or read from the class; nothing about a loss is typed here.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, TypeVar

import numpy as np
from lossbook.boxes import BoxLoss
from lossbook.margin import MarginLoss, ZeroOneLoss
from lossbook.overlap import MaskLoss
from lossbook.potential import (
    BinaryCrossEntropy,
    CategoricalCrossEntropy,
    PoissonDeviance,
)
from lossbook.ranking import ListLoss
from lossbook.registry import ALL_LOSSES, STRUCTURED_LOSSES
from lossbook.residual import ResidualLoss, SquaredError
from lossbook.surrogates import calibration
from numpy.typing import ArrayLike

from lossbook import style
from lossbook.base import BinaryLoss, Loss, MulticlassLoss
from lossbook.functionals import (
    BeforeNoise,
    Expectile,
    Mean,
    MLocation,
    Mode,
    Quantile,
)
from lossbook.numerics import Array
from lossbook.validation import POSITIVE, UNIT, ClassLabels, as_numeric

Which = Literal["value", "gradient", "hessian"]
DERIVATIVES: tuple[Which, ...] = ("value", "gradient", "hessian")
Span = tuple[float, float]
T = TypeVar("T")

# Mean 4, median 2: losses that ask for different things give different answers.
SAMPLE = np.array([0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 16.0])
AMOUNTS = np.array([0.5, 1.0, 2.0, 2.0, 3.0, 3.5, 16.0])
EQUALS = "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"
ETA = 0.7  # where one true probability stands for all


# ---- curves: a loss as a function of one number --------------------------------------


@dataclass(frozen=True)
class View:
    """How the losses of one mould are laid out: all of them on the same axes.

    Attributes
    ----------
    family : str
        ``"residual"``, ``"amount"``, ``"probability"`` or ``"margin"``.
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
    """

    family: str
    argument: str
    names: tuple[str, str, str]
    span: Span
    limits: tuple[Span, Span, Span]
    inputs: Callable[[Loss, Array], tuple[Array, Array]]
    reference: Loss
    question: str
    sample: Array | None = None
    sign: int = 1
    where: str = ""
    positive: bool = False


RESIDUAL = View(
    family="residual",
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
    family="amount",
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
    family="margin",
    argument="margin $m$ (correct if $m > 0$)",
    names=(r"loss $\varphi(m)$", r"slope $\varphi'(m)$", r"curvature $\varphi''(m)$"),
    span=(-4, 4),
    limits=((-0.2, 5), (-4.5, 0.5), (-0.6, 2.9)),
    inputs=lambda loss, m: (np.ones_like(m), m),
    reference=ZeroOneLoss(),
    question=f"best raw prediction if η = {ETA}",
)
PROBABILITY = View(
    family="probability",
    argument="raw prediction $f$ when $y = 1$",
    names=AMOUNT.names,
    span=(-5, 5),
    limits=((-0.2, 5), (-1.25, 0.15), (-0.25, 0.55)),
    inputs=MARGIN.inputs,
    reference=BinaryCrossEntropy(),
    question=f"best probability if η = {ETA}",
)
ONE_OF_THREE = View(
    family="probability",
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
)


def view(loss: Loss) -> View:
    """The layout for a loss."""
    if isinstance(loss, ResidualLoss):
        return RESIDUAL
    if isinstance(loss, MulticlassLoss):
        return ONE_OF_THREE
    if isinstance(loss, MarginLoss):
        return MARGIN
    return PROBABILITY if loss.y_domain == UNIT else AMOUNT


def curve(loss: Loss, which: Which, argument: ArrayLike) -> Array:
    """Value, gradient or hessian of a loss in the argument of its layout.

    Parameters
    ----------
    loss : Loss
    which : {"value", "gradient", "hessian"}
    argument : array of shape (n,)
        Residuals; margins or raw predictions of a label 1; predictions of an amount
        1; for several classes the lead t in the raw predictions (t, 0, 0) when the
        first class is true.

    Returns
    -------
    array of shape (n,)
        The gradient is the derivative in the argument.
    """
    layout, times = view(loss), order(which)
    y, raw = layout.inputs(loss, as_numeric(loss, "argument", argument).astype(float))
    result = getattr(loss, which)(y, raw)
    if result.ndim == 2:
        result = result[:, 0]
    return layout.sign**times * result


def order(which: Which) -> int:
    """How often a loss is differentiated: 0, 1 or 2 times."""
    if which not in DERIVATIVES:
        raise ValueError(f"which must be one of {DERIVATIVES}; got {which!r}")
    return DERIVATIVES.index(which)


def kinks(loss: Loss) -> list[float]:
    """Where value, gradient or curvature jumps, in the argument of the layout."""
    if not isinstance(loss, MulticlassLoss):
        return sorted(loss.kinks)

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
    layout = view(loss)
    low, high = layout.span if span is None else span
    grid = (np.geomspace if layout.positive else np.linspace)(low, high, n)
    breaks = [jump.at for jump in jumps(loss, which)]
    beside = [k + side for k in kinks(loss) for side in (-1e-9, 0, 1e-9)]
    inside = [t for t in beside if low < t < high]
    x = np.unique(np.concatenate([grid, inside]))
    y = curve(loss, which, x)
    y[np.isin(x, breaks)] = np.nan
    return x, y


def best_constant(loss: Loss, sample: ArrayLike) -> Array:
    """The constant prediction with the least mean loss on a sample.

    Examples
    --------
    >>> float(lb.atlas.best_constant(lb.SquaredError(), [1.0, 2.0, 9.0]))
    4.0
    """
    raw = np.asarray(loss.fit_intercept_only(sample), dtype=float)
    return loss.link.inverse(raw)


def scaled_risk(loss: Loss, sample: ArrayLike, candidates: ArrayLike) -> Array:
    """How much worse than the best constant other constants are on a sample.

    The excess of the mean loss, scaled so that its median over the candidates is one
    half: losses of any scale fit on the same axes.  Unscaled if that median is 0.
    """
    y = as_numeric(loss, "sample", sample).astype(float)
    others = as_numeric(loss, "candidates", candidates).astype(float)
    constants = np.append(best_constant(loss, y), others)
    risks = np.array([loss(y, np.full(len(y), f)) for f in loss.link(constants)])
    excess = risks[1:] - risks[0]
    middle = float(np.median(excess))
    if not middle > 0:
        return excess
    with np.errstate(over="ignore"):
        return excess / (2 * middle)


def minimizers(loss: Loss, eta: ArrayLike) -> Array:
    """Raw predictions with the least expected loss when P(Y = 1) = eta."""
    p = as_numeric(loss, "eta", eta).ravel()
    return np.array([loss.fit_intercept_only([each]) for each in p])


def elicited(loss: Loss, eta: ArrayLike) -> Array:
    """Predicted probabilities with the least expected loss when the true one is eta.

    For several classes, eta is the probability of the first of three; the other two
    share the rest as 2 to 1.
    """
    p = as_numeric(loss, "eta", eta).ravel()
    if isinstance(loss, MulticlassLoss):
        rows = np.column_stack([p, 2 * (1 - p) / 3, (1 - p) / 3])
        return np.array([best_constant(loss, row[None])[0] for row in rows])
    return loss.link.inverse(minimizers(loss, p))


def answer(loss: Loss) -> float:
    """The number that answers the question of the layout.

    Examples
    --------
    >>> lb.atlas.answer(lb.AbsoluteError())
    2.0
    """
    layout = view(loss)
    if layout.sample is not None:
        return float(best_constant(loss, layout.sample))
    best = (minimizers if layout is MARGIN else elicited)(loss, ETA)
    return float(best[0])


# ---- facts ---------------------------------------------------------------------------


def facts(loss: Loss) -> dict[str, Any]:
    """What cards and tables say about a loss.

    Returns
    -------
    dict
        ``name``, ``title``, ``code`` (the call that makes it), ``family``, ``formula``,
        ``parameters`` (name -> value), ``prediction`` (formula of the inverse link),
        ``elicits``, ``targets``, ``convex``, ``smooth``, ``jumps`` (positions, for
        each of the three curves), ``lipschitz``, ``bound`` (supremum of the loss),
        ``slope`` and ``curvature`` (their ranges in the argument of the layout) and
        ``where`` (what is held fixed in them),
        ``answer`` (to the question of the layout), ``proper`` and ``calibrated``
        (None for regression), ``likelihood``, ``elsewhere``, ``reference``.
    """
    return {
        "name": style.name(loss),
        "title": style.title(loss),
        "code": _code(loss),
        "family": view(loss).family,
        "formula": loss.formula,
        "parameters": {f.name: getattr(loss, f.name) for f in fields(loss)},
        "prediction": loss.link.formula,
        "elicits": elicits(loss),
        "targets": targets(loss),
        "convex": bool(loss.convex),
        "smooth": bool(loss.smooth),
        "jumps": {w: [jump.at for jump in jumps(loss, w)] for w in DERIVATIVES},
        "lipschitz": float(loss.lipschitz),
        "bound": value_range(loss, "value")[1],
        "where": view(loss).where,
        "slope": value_range(loss, "gradient"),
        "curvature": value_range(loss, "hessian"),
        "answer": answer(loss),
        "proper": is_proper(loss),
        "calibrated": is_calibrated(loss),
        "likelihood": loss.likelihood,
        "elsewhere": dict(loss.elsewhere),
        "reference": loss.reference,
    }


def _code(loss: Loss) -> str:
    """The call that makes a loss, after ``import lossbook as lb``."""
    return re.sub(r"\b([A-Z]\w*\()", r"lb.\1", repr(loss)).replace("-inf", "-np.inf")


def elicits(loss: Loss) -> str:
    """What the loss asks for, in words.

    Examples
    --------
    >>> lb.atlas.elicits(lb.PinballLoss(quantile=0.9))
    'the 0.9-quantile'
    """
    match loss.functional:
        case Mean():
            return "the probability" if is_classification(loss) else "the mean"
        case Quantile(level=0.5):
            return "the median"
        case Quantile(level=level):
            return f"the {level:g}-quantile"
        case Expectile(level=0.5):
            return "the mean"
        case Expectile(level=level):
            return f"the {level:g}-expectile"
        case Mode():
            return "the more probable label"
        case MLocation():
            return "the balance point of its influence"
        case BeforeNoise():
            return "the probability before the noise"
        case None:
            return "nothing"
        case other:
            return f"${other.formula}$"


def targets(loss: Loss) -> str:
    """Where targets lie, in words."""
    if isinstance(loss.y_domain, ClassLabels):
        return "labels 0 to K − 1, or rows of proportions"
    if loss.y_domain == UNIT:
        return "labels 0 and 1, or proportions between"
    return str(loss.y_domain).replace("inf", "∞")


def value_range(loss: Loss, which: Which) -> Span:
    """Infimum and supremum of a curve over all arguments.

    Read off a fine grid; infinite where the curve still grows fifty orders of
    magnitude further out.
    """
    far = np.array([1e50, 1e100])
    near = np.linspace(-30, 30, 6001)
    if loss.link.domain == POSITIVE:
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


def is_classification(loss: Loss) -> bool:
    """Whether targets are labels."""
    return loss.y_domain == UNIT or isinstance(loss.y_domain, ClassLabels)


def is_proper(loss: Loss) -> bool | None:
    """Whether the true probability has the least expected loss."""
    if not is_classification(loss):
        return None
    return isinstance(loss.functional, Mean) and loss.link.domain == UNIT


@cache
def is_calibrated(loss: Loss) -> bool | None:
    """Whether minimising the loss always gives the most probable label."""
    if not is_classification(loss):
        return None
    if isinstance(loss, BinaryLoss | BinaryCrossEntropy):
        return bool(calibration(loss))
    parts = np.arange(1, 19)
    rows = np.array([(a, b, 20 - a - b) for a in parts for b in parts if a + b < 20])
    second, first = np.sort(rows, axis=1)[:, 1:].T
    return all(
        np.argmax(loss.fit_intercept_only(row[None] / 20)) == np.argmax(row)
        for row in rows[first > second]
    )


# ---- card ----------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Card:
    """The facts of a loss as a table: Markdown in a notebook, else plain text.

    Several losses of one class share a card; where they differ it says which is which.
    """

    losses: tuple[Loss, ...]

    def rows(self) -> list[tuple[str, str]]:
        """The label and the text of each line; a line that says nothing is left out."""
        columns = [_lines(facts(loss)) for loss in self.losses]
        labels = variant_labels(self.losses)
        return [
            (line, joined([column[line] or "—" for column in columns], labels))
            for line in columns[0]
            if any(column[line] for column in columns)
        ]

    def _repr_markdown_(self) -> str:
        about = facts(self.losses[0])
        head = (about["title"], f"`{about['code']}`")
        table = [head, (":--", ":--"), *self.rows()]
        # A bar would end the column, even inside mathematics.
        lines = [
            "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |"
            for row in table
        ]
        formula = f"$$\n{about['formula']}\n$$"
        return "\n\n".join(
            ['<div class="loss-card">', formula, "\n".join(lines), "</div>"]
        )

    def __repr__(self) -> str:
        about = facts(self.losses[0])
        rows = [f"{label}: {text}" for label, text in self.rows()]
        return "\n".join([about["code"], about["formula"], *rows])


def card(loss: Loss, *variants: Loss) -> Card:
    """The card of a loss, or of several losses of one class.

    Examples
    --------
    >>> lb.atlas.card(lb.HingeLoss()).rows()[0]
    ('Asks for', 'the more probable label')
    """
    if len({type(each) for each in (loss, *variants)}) > 1:
        raise ValueError(
            "the losses on a card must be of one class; got "
            + ", ".join(repr(each) for each in (loss, *variants))
        )
    return Card((loss, *variants))


_GROUPS = {
    "residual": "Losses of a residual",
    "amount": "Losses of a count or an amount",
    "probability": "Losses of a probability",
    "classes": "Losses of several classes",
    "margin": "Losses of a margin",
    ListLoss: "Losses of a list",
    MaskLoss: "Losses of a mask",
    BoxLoss: "Losses of a box",
}


@dataclass(frozen=True, repr=False)
class CheatSheet:
    """Every class of the registry in a line: name, formula, what it asks for.

    Examples
    --------
    >>> lb.atlas.CheatSheet()
    51 losses in 8 tables
    """

    def tables(self) -> dict[str, list[tuple[str, str, str]]]:
        """The rows of each table: name, formula, and what the last column says."""
        tables: dict[str, list[tuple[str, str, str]]] = {
            title: [] for title in _GROUPS.values()
        }
        for loss in _one_of_each(ALL_LOSSES):
            several = isinstance(loss, MulticlassLoss)
            title = _GROUPS["classes" if several else view(loss).family]
            variants = [x for x in ALL_LOSSES if type(x) is type(loss)]
            asks = joined([elicits(x) for x in variants], variant_labels(variants))
            tables[title].append((style.title(loss), f"${loss.formula}$", asks))
        for kind in _one_of_each(STRUCTURED_LOSSES):
            group = next(g for g in type(kind).__mro__ if g in _GROUPS)
            shape = "convex" if kind.convex else "not convex"
            tables[_GROUPS[group]].append(
                (style.title(kind), f"${kind.formula}$", shape)
            )
        return tables

    def _repr_markdown_(self) -> str:
        lines = ['<div class="cheat-sheet">', ""]
        for title, rows in self.tables().items():
            last = "shape" if rows[0][2].endswith("convex") else "asks for"
            for row in [(title, "formula", last), (":--", ":--", ":--"), *rows]:
                cells = [cell.replace("|", r"\|") for cell in row]
                lines.append("| " + " | ".join(cells) + " |")
            lines.append("")
        return "\n".join([*lines, "</div>"])

    def __repr__(self) -> str:
        tables = self.tables()
        return f"{sum(map(len, tables.values()))} losses in {len(tables)} tables"


def _one_of_each(losses: Sequence[T]) -> list[T]:
    """The first loss of each class."""
    return list({type(loss): loss for loss in reversed(losses)}.values())[::-1]


def _lines(about: dict[str, Any]) -> dict[str, str]:
    """The lines of a card: label -> text."""
    lipschitz, bound = about["lipschitz"], about["bound"]
    return {
        "Parameters": "; ".join(_parameter(name) for name in about["parameters"]),
        "Asks for": about["elicits"],
        "Prediction": f"${about['prediction']}$",
        "Targets": about["targets"],
        "Convex": yes(about["convex"]),
        "Smooth": ", ".join([yes(about["smooth"]), *roughness(about["jumps"])]),
        "Slope": f"{between(about['slope'])} {about['where']}".strip(),
        "Curvature": f"{between(about['curvature'])} {about['where']}".strip(),
        "Lipschitz": f"yes, constant {number(lipschitz)}"
        if np.isfinite(lipschitz)
        else "no",
        "Bounded": f"yes, by {number(bound)}" if np.isfinite(bound) else "no",
        "Proper": yes(about["proper"]),
        "Calibrated": yes(about["calibrated"]),
        "Likelihood": about["likelihood"],
        "Elsewhere": "; ".join(f"{k} `{v}`" for k, v in about["elsewhere"].items()),
        "Reference": about["reference"] and f"{{cite:t}}`{about['reference']}`",
    }


def _parameter(name: str) -> str:
    symbol = style.symbol(name)
    return f"`{name}`" if symbol == name else f"`{name}` is {symbol}"


def roughness(positions: dict[Which, list[float]]) -> list[str]:
    """The first of the three curves that jumps, and where; empty if none does."""
    verbs = {"value": "jumps", "gradient": "has a kink", "hessian": "curvature jumps"}
    for which in DERIVATIVES:
        if positions[which]:
            places = " and ".join(number(k) for k in positions[which])
            return [f"{verbs[which]} at {places}"]
    return []


def joined(texts: Sequence[str], labels: Sequence[str]) -> str:
    """One text if all agree, else each text with the losses it holds for."""
    groups: dict[str, list[str]] = {}
    for text, label in zip(texts, labels, strict=True):
        groups.setdefault(text, []).append(label)
    if len(groups) == 1:
        return texts[0]
    return "; ".join(f"{text} ({_listed(who)})" for text, who in groups.items())


def _listed(labels: list[str]) -> str:
    """Several values of one parameter name it once: "α = 1, 0, −2"."""
    symbols = {label.partition(EQUALS)[0] for label in labels}
    if len(symbols) == 1:
        return (
            symbols.pop() + EQUALS + ", ".join(v.partition(EQUALS)[2] for v in labels)
        )
    return ", ".join(labels)


def variant_labels(losses: Sequence[Loss]) -> list[str]:
    """What tells losses apart: parameters within one class, names between classes."""
    if len({type(loss) for loss in losses}) > 1:
        return [style.name(loss) for loss in losses]
    settings = [vars(loss) for loss in losses]
    told = [k for k in settings[0] if len({s[k] for s in settings}) > 1]
    return [
        ", ".join(f"{style.symbol(k)}{EQUALS}{number(s[k])}" for k in told)
        for s in settings
    ]


def yes(answer: bool | None) -> str:
    """An answer in words; empty where the question makes no sense."""
    return "" if answer is None else "yes" if answer else "no"


def between(limits: Span) -> str:
    """A range of numbers in words."""
    low, high = (number(limit) for limit in limits)
    return f"{low} everywhere" if low == high else f"from {low} to {high}"


def number(x: float) -> str:
    """Three significant digits, with a true minus sign, infinity and zero."""
    x = 0.0 if abs(x) < 1e-12 else x
    return f"{x:.3g}".replace("inf", "∞").replace("-", "−")
