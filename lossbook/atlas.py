"""A loss's card, made from its class: nothing on it is typed twice."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from lossbook import style
from lossbook.base import Loss, MulticlassLoss
from lossbook.domains import UNIT, ClassLabels
from lossbook.functionals import (
    Expectile,
    Functional,
    Mean,
    MLocation,
    Mode,
    Quantile,
)
from lossbook.plots import Which, curve, view

FAR = np.array([-1e200, -1e100, 1e100, 1e200])


def facts(loss: Loss) -> dict[str, Any]:
    """Everything that cards and tables say about a loss.

    Returns
    -------
    dict
        ``name``, ``code`` (the constructor call), ``formula``, ``parameters``,
        ``link``, ``elicits``, ``targets``, ``convex``, ``smooth``, ``kinks``,
        ``lipschitz``, ``bound`` (the supremum of the loss), ``gradient`` and
        ``hessian`` (their ranges in the argument of the mould), ``proper`` and
        ``calibrated`` (None where the question makes no sense), ``likelihood``,
        ``elsewhere``, ``reference``.
    """
    return {
        "name": style.name(loss),
        "code": f"lb.{loss!r}",
        "formula": loss.formula,
        "parameters": {f.name: getattr(loss, f.name) for f in fields(loss)},
        "link": loss.link.formula,
        "elicits": elicits(loss.functional),
        "targets": str(loss.y_domain),
        "convex": bool(loss.convex),
        "smooth": bool(loss.smooth),
        "kinks": tuple(loss.kinks),
        "lipschitz": float(loss.lipschitz),
        "bound": value_range(loss, "value")[1],
        "gradient": value_range(loss, "gradient"),
        "hessian": value_range(loss, "hessian"),
        "proper": is_proper(loss),
        "calibrated": is_calibrated(loss),
        "likelihood": loss.likelihood,
        "elsewhere": dict(loss.elsewhere),
        "reference": loss.reference,
    }


def elicits(functional: Functional | None) -> str:
    """What is elicited, in words and a formula."""
    words = {
        Mean: "the mean",
        Quantile: "a quantile",
        Expectile: "an expectile",
        Mode: "the more probable label",
        MLocation: "the balance point of its influence",
    }
    if functional is None:
        return "nothing"
    return f"{words[type(functional)]}, ${functional.formula}$"


def value_range(loss: Loss, which: Which) -> tuple[float, float]:
    """Infimum and supremum over the argument of the mould; infinite if it grows on."""
    shown = view(loss)
    near = np.linspace(-30, 30, 6001)
    if shown.log:
        near, far = loss.link.inverse(near), loss.link.inverse(FAR)
        near, far = near[near > 0], far[(far > 0) & np.isfinite(far)]
    else:
        far = FAR
    values = curve(loss, which, near)
    low, high = float(values.min()), float(values.max())
    return low, high


def is_classification(loss: Loss) -> bool:
    """Whether targets are labels."""
    return loss.y_domain == UNIT or isinstance(loss.y_domain, ClassLabels)


def is_proper(loss: Loss) -> bool | None:
    """Whether the loss is least, on average, at the true probability."""
    if not is_classification(loss):
        return None
    return isinstance(loss.functional, Mean) and loss.link.domain == UNIT


def is_calibrated(loss: Loss) -> bool | None:
    """Whether its minimiser always favours the most probable label, on a grid."""
    if not is_classification(loss):
        return None
    if isinstance(loss, MulticlassLoss):
        steps = np.arange(1, 19)
        grid = np.array([(a, b, 20 - a - b) for a in steps for b in steps if a + b < 20])
        clear = np.sort(grid, axis=1)[:, 2] > np.sort(grid, axis=1)[:, 1]
        return all(
            np.argmax(loss.fit_intercept_only(row[None, :] / 20)) == np.argmax(row)
            for row in grid[clear]
        )
    etas = np.linspace(0.01, 0.99, 98)
    return all(
        np.sign(loss.fit_intercept_only([eta])) == np.sign(2 * eta - 1) for eta in etas
    )


@dataclass(frozen=True, repr=False)
class Card:
    """What a loss is, in a table: Markdown in a notebook, plain text elsewhere."""

    loss: Loss

    def rows(self) -> list[tuple[str, str]]:
        """Label and text of each line."""
        about = facts(self.loss)
        low, high = about["hessian"]
        kinks = ", ".join(number(k) for k in about["kinks"])
        rows = [
            ("Elicits", about["elicits"]),
            ("Link", f"${about['link']}$"),
            ("Targets", about["targets"]),
            ("Convex", yes(about["convex"])),
            ("Smooth", yes(about["smooth"]) + (f", kinks at {kinks}" if kinks else "")),
            ("Slope at most", number(about["lipschitz"])),
            ("Curvature", f"from {number(low)} to {number(high)}"),
            ("Bounded", yes(np.isfinite(about["bound"]))),
            ("Proper", yes(about["proper"])),
            ("Calibrated", yes(about["calibrated"])),
            ("Likelihood of", about["likelihood"] or "no density"),
            (
                "Elsewhere",
                "; ".join(f"{k} `{v}`" for k, v in about["elsewhere"].items()) or "—",
            ),
            ("Reference", f"{{cite:t}}`{about['reference']}`"),
        ]
        return rows

    def _repr_markdown_(self) -> str:
        about = facts(self.loss)
        lines = [f"$$ {about['formula']} $$", "", f"| {about['name']} | `{about['code']}` |"]
        lines += ["| :-- | :-- |"]
        lines += [f"| {label} | {text} |" for label, text in self.rows()]
        return "\n".join(lines)

    def __repr__(self) -> str:
        about = facts(self.loss)
        lines = [about["code"], about["formula"]]
        lines += [f"{label}: {text}" for label, text in self.rows()]
        return "\n".join(lines)


def card(loss: Loss) -> Card:
    """The card of a loss."""
    return Card(loss)


def yes(answer: bool | None) -> str:
    """An answer in words; None is a question that makes no sense here."""
    return "—" if answer is None else "yes" if answer else "no"


def number(x: float) -> str:
    """Three significant digits, with a true minus and infinity sign."""
    text = f"{x:.3g}".replace("inf", "∞")
    return text.replace("-", "−")
