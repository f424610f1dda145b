"""A loss laid out: its facts, its card, its line on the cheat sheet.

Everything is computed or read from the class; nothing about a loss is typed here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeVar

import numpy as np

from lossbook.base import BinaryLoss, Loss, MulticlassLoss, PointwiseLoss
from lossbook.functionals import Mean
from lossbook.judge import calibration
from lossbook.losses import ALL_LOSSES
from lossbook.show.curves import (
    DERIVATIVES,
    Span,
    Which,
    answer,
    check_loss_of,
    jumps,
    losses_of,
    value_range,
    view,
)
from lossbook.show.style import name, title
from lossbook.validation import UNIT, ClassLabels

T = TypeVar("T")
EQUALS = "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"


# ---- facts -------------------------------------------------------------------------


def facts(loss: Loss) -> dict[str, Any]:
    """What cards and tables say about a loss.

    Returns
    -------
    dict
        ``name``, ``title``, ``code`` (the call that makes it), ``family``, ``formula``,
        ``symbols`` and ``parameters`` (name -> letter, value), ``prediction`` (formula
        of the inverse link),
        ``elicits``, ``targets``, ``convex``, ``smooth``, ``jumps`` (positions, for
        each of the three curves), ``lipschitz``, ``bound`` (supremum of the loss),
        ``slope`` and ``curvature`` (their ranges in the argument of the layout) and
        ``where`` (what is held fixed in them),
        ``answer`` (to the question of the layout), ``proper`` and ``calibrated``
        (None for regression), ``likelihood``, ``elsewhere``, ``reference``.  A loss of
        whole objects has no ``curvature``, no ``elicits`` and no ``answer``.
    """
    check_loss_of("facts", loss)
    whole = not isinstance(loss, PointwiseLoss)
    curves = [w for w in DERIVATIVES if hasattr(loss, w)]
    return {
        "name": name(loss),
        "title": title(loss),
        "code": _code(loss),
        "family": loss.family,
        "formula": loss.formula,
        "symbols": {f.name: loss.symbols.get(f.name, f.name) for f in fields(loss)},
        "parameters": {f.name: getattr(loss, f.name) for f in fields(loss)},
        "prediction": _link_of(loss).formula,
        "elicits": "" if whole else elicits(loss),
        "targets": targets(loss),
        "convex": bool(loss.convex),
        "smooth": bool(loss.smooth),
        "jumps": {w: [jump.at for jump in jumps(loss, w)] for w in curves},
        "lipschitz": float(loss.lipschitz),
        "bound": value_range(loss, "value")[1],
        "where": view(loss).where,
        "slope": value_range(loss, "gradient"),
        "curvature": None if whole else value_range(loss, "hessian"),
        "answer": answer(loss)
        if isinstance(loss, PointwiseLoss) and view(loss).question
        else None,
        "proper": is_proper(loss),
        "calibrated": is_calibrated(loss),
        "likelihood": loss.likelihood,
        "elsewhere": loss.elsewhere,
        "reference": loss.reference,
    }


def _code(loss: Loss) -> str:
    """The call that makes a loss, after ``import lossbook as lb``."""
    return re.sub(r"\b([A-Z]\w*\()", r"lb.\1", repr(loss)).replace("-inf", "-np.inf")


def _link_of(loss: Loss) -> Any:
    """The link to the scale of the target; of a score, to the probability."""
    return getattr(loss, "probability_link", None) or loss.link


def elicits(loss: Loss) -> str:
    """What the loss asks for, in words.

    Examples
    --------
    >>> lb.show.elicits(lb.PinballLoss(quantile=0.9))
    'the 0.9-quantile'
    """
    check_loss_of("elicits", loss)
    if loss.functional is None:
        return "nothing"
    if isinstance(loss.functional, Mean) and is_classification(loss):
        return "the probability"
    return str(loss.functional.words)


def targets(loss: Loss) -> str:
    """Where targets lie, in words."""
    if isinstance(loss.y_domain, ClassLabels):
        return "labels 0 to K − 1, or rows of proportions"
    if loss.y_domain == UNIT:
        return "labels 0 and 1, or proportions between"
    return str(loss.y_domain).replace("inf", "∞")


def is_classification(loss: Loss) -> bool:
    """Whether a target is a label."""
    check_loss_of("is_classification", loss)
    return isinstance(loss, BinaryLoss | MulticlassLoss)


def is_proper(loss: Loss) -> bool | None:
    """Whether the true probability has the least expected loss."""
    check_loss_of("is_proper", loss)
    return isinstance(loss.functional, Mean) if is_classification(loss) else None


def is_calibrated(loss: Loss) -> bool | None:
    """Whether minimising the loss always gives the most probable label.

    None if a target is no label.

    Examples
    --------
    >>> lb.show.is_calibrated(lb.PerceptronLoss())
    False
    """
    check_loss_of("is_calibrated", loss)
    return _calibrated(loss)


@cache
def _calibrated(loss: Loss) -> bool | None:
    if isinstance(loss, BinaryLoss):
        return bool(calibration(loss))
    if not isinstance(loss, MulticlassLoss):
        return None
    parts = np.arange(1, 19)
    rows = np.array([(a, b, 20 - a - b) for a in parts for b in parts if a + b < 20])
    second, first = np.sort(rows, axis=1)[:, 1:].T
    return all(
        np.argmax(loss.best_constant(row[None] / 20)) == np.argmax(row)
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
        columns = [_lines(loss) for loss in self.losses]
        labels = variant_labels(self.losses)
        return [
            (line, joined([column[line] or "—" for column in columns], labels))
            for line in columns[0]
            if any(column[line] for column in columns)
        ]

    def _repr_markdown_(self) -> str:
        first = self.losses[0]
        head = (title(first), f"`{_code(first)}`")
        table = "\n".join(map(_line, [head, (":--", ":--"), *self.rows()]))
        formula = f"$$\n{first.formula}\n$$"
        return "\n\n".join(['<div class="loss-card">', formula, table, "</div>"])

    def __repr__(self) -> str:
        first = self.losses[0]
        rows = [f"{label}: {text}" for label, text in self.rows()]
        return "\n".join([_code(first), first.formula, *rows])


def card(loss: Loss, *variants: Loss) -> Card:
    """The card of a loss, or of several losses of one class.

    Examples
    --------
    >>> lb.show.card(lb.HingeLoss()).rows()[0]
    ('Asks for', 'the more probable label')
    """
    losses = losses_of("card", (loss, *variants))
    if len(set(map(type, losses))) > 1:
        came = ", ".join(map(repr, losses))
        raise ValueError(f"card: losses must be of one class; got {came}")
    return Card(tuple(losses))


FAMILIES = {
    "residual": "Losses of a residual",
    "amount": "Losses of a count or an amount",
    "distribution": "Losses of a mean and a variance",
    "probability": "Losses of a probability",
    "classes": "Losses of several classes",
    "scores": "Hinge losses of several classes",
    "margin": "Losses of a margin",
    "list": "Losses of a list",
    "mask": "Losses of a mask",
    "box": "Losses of a box",
    "ensemble": "Losses of an ensemble",
}


@dataclass(frozen=True, repr=False)
class CheatSheet:
    """Every class of the registry in a line: name, formula, what it asks for.

    Examples
    --------
    >>> lb.show.CheatSheet()
    61 losses in 11 tables
    """

    def tables(self) -> dict[str, list[tuple[str, str, str]]]:
        """The rows of each table: name, formula, and what the last column says."""
        tables: dict[str, list[tuple[str, str, str]]] = {
            heading: [] for heading in FAMILIES.values()
        }
        for loss in _one_of_each(ALL_LOSSES):
            variants = [x for x in ALL_LOSSES if type(x) is type(loss)]
            last = joined([elicits(x) for x in variants], variant_labels(variants))
            if not isinstance(loss, PointwiseLoss):
                last = "convex" if loss.convex else "not convex"
            row = (title(loss), f"${loss.formula}$", last)
            tables[FAMILIES[loss.family]].append(row)
        return tables

    def _repr_markdown_(self) -> str:
        lines = ['<div class="cheat-sheet">', ""]
        for heading, rows in self.tables().items():
            last = "shape" if rows[0][2].endswith("convex") else "asks for"
            head = (heading, "formula", last), (":--", ":--", ":--")
            lines += [*map(_line, [*head, *rows]), ""]
        return "\n".join([*lines, "</div>"])

    def __repr__(self) -> str:
        tables = self.tables()
        return f"{sum(map(len, tables.values()))} losses in {len(tables)} tables"


def _line(cells: Sequence[str]) -> str:
    """A line of a Markdown table; a bar would end a cell, even inside mathematics."""
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _one_of_each(losses: Sequence[T]) -> list[T]:
    """The first loss of each class."""
    return list({type(loss): loss for loss in reversed(losses)}.values())[::-1]


@cache  # a notebook asks for a card twice: as text and as Markdown
def _lines(loss: Loss) -> dict[str, str]:
    """The lines of a card: label -> text."""
    about = facts(loss)
    lipschitz, bound = about["lipschitz"], about["bound"]
    return {
        "Parameters": "; ".join(
            f"`{p}`" if p == symbol else f"`{p}` is {symbol}"
            for p, symbol in about["symbols"].items()
        ),
        "Asks for": about["elicits"],
        "Prediction": f"${about['prediction']}$",
        "Targets": about["targets"],
        "Convex": yes(about["convex"]),
        "Smooth": ", ".join([yes(about["smooth"]), *roughness(about["jumps"])]),
        "Slope": f"{between(about['slope'])} {about['where']}".strip(),
        "Curvature": ""
        if about["curvature"] is None
        else f"{between(about['curvature'])} {about['where']}".strip(),
        "Lipschitz": f"yes, constant {number(lipschitz)}"
        if np.isfinite(lipschitz)
        else "no",
        "Bounded": f"yes, by {number(bound)}" if np.isfinite(bound) else "no",
        "Proper": yes(about["proper"]),
        "Calibrated": yes(about["calibrated"]),
        "Likelihood": about["likelihood"],
        "Elsewhere": "; ".join(
            f"{there.library} `{there.name}`"
            + (f" ({there.differs})" if there.differs else "")
            for there in about["elsewhere"]
        ),
        "Reference": about["reference"] and f"{{cite:t}}`{about['reference']}`",
    }


def roughness(positions: dict[Which, list[float]]) -> list[str]:
    """The first of the three curves that jumps, and where; empty if none does."""
    verbs = {"value": "jumps", "gradient": "has a kink", "hessian": "curvature jumps"}
    for which in DERIVATIVES:
        if positions.get(which):
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
        values = ", ".join(label.partition(EQUALS)[2] for label in labels)
        return symbols.pop() + EQUALS + values
    return ", ".join(labels)


def variant_labels(losses: Sequence[Loss]) -> list[str]:
    """What tells losses apart: parameters within one class, names between classes."""
    losses = losses_of("variant_labels", losses)
    if len({type(loss) for loss in losses}) > 1:
        return [name(loss) for loss in losses]
    settings = [vars(loss) for loss in losses]
    told = [k for k in settings[0] if len({s[k] for s in settings}) > 1]
    return [
        ", ".join(f"{losses[0].symbols.get(k, k)}{EQUALS}{number(s[k])}" for k in told)
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
