"""Write the loss atlas from the registry.

    python -m tools.atlas          write chapters/appendix/atlas*, run the notebooks
    python -m tools.atlas --check  exit 1 when the sources are not what it would write

A section for each class of `lossbook.ALL_LOSSES`: its card and its four panels, with
caption and alt text made from its facts. To add a loss: its class and its line in the
registry, then `make atlas`.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import lossbook as lb
from lossbook import atlas
from lossbook.atlas import facts, joined, number, variant_labels, view
from lossbook.functionals import MLocation
from tools import normalise
from tools.book import CHAPTERS, shown
from tools.notebooks import run_all

FOLDER = CHAPTERS / "appendix"
INDEX = FOLDER / "atlas.md"
Variants = list[lb.Loss]  # the losses of one class, in the order of the registry

RESIDUAL_TEXT = """\
These losses are functions of the residual $r = y - f$.
The **influence** $\\rho'(r)$ is the force with which an observation pulls the prediction towards itself; the **curvature** says how fast the force changes.
The grey line is the squared error, for comparison.
The last panel tries every constant $c$ on one sample, the strokes below the axis: the dot is the best constant, and the heights are scaled so that all losses fit."""
AMOUNT_TEXT = """\
These losses compare an amount or a count with its predicted mean $z$, on a logarithmic scale.
All of them ask for the mean; they differ in how much they mind a miss at a small mean and at a large one.
The grey line is the Poisson deviance, for comparison.
The last panel tries every constant $c$ on one sample, the strokes below the axis: the dot is the best constant, and the heights are scaled so that all losses fit."""
PROBABILITY_TEXT = """\
These losses judge a probability.
They are drawn over the raw prediction $f$ when the label is 1; with three classes, over the lead of the true class.
The grey line is log loss, for comparison.
The last panel shows which probability has the least expected loss when the true one is $\\eta$: a proper loss stays on the grey diagonal."""
MARGIN_TEXT = """\
These losses are functions of the margin $m = (2y - 1)f$: right of zero the sign is correct.
The grey line is the zero–one loss, which all the others stand in for.
An arrow is the derivative of a jump, infinite at one point.
The last panel shows the raw prediction $f$ with the least expected loss when $P(Y = 1) = \\eta$: a calibrated loss stays out of the shaded quarters."""


@dataclass(frozen=True)
class Page:
    """One notebook of the atlas."""

    slug: str
    title: str
    text: str

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.slug}.ipynb"


LOCATION = Page(
    "atlas-location", "Losses for the mean, quantiles and expectiles", RESIDUAL_TEXT
)
ROBUST = Page("atlas-robust", "Robust regression losses", RESIDUAL_TEXT)
AMOUNTS = Page("atlas-amounts", "Losses for counts and amounts", AMOUNT_TEXT)
PROBABILITIES = Page(
    "atlas-probabilities", "Losses for probabilities", PROBABILITY_TEXT
)
MARGINS = Page("atlas-margins", "Margin losses", MARGIN_TEXT)
PAGES = (LOCATION, ROBUST, AMOUNTS, PROBABILITIES, MARGINS)


def page_of(losses: Variants) -> Page:
    """The page on which a class stands."""
    family = view(losses[0]).family
    if family == "residual":
        robust = any(isinstance(loss.functional, MLocation) for loss in losses)
        return ROBUST if robust else LOCATION
    pages = {"amount": AMOUNTS, "probability": PROBABILITIES, "margin": MARGINS}
    return pages[family]


def classes(losses: Sequence[lb.Loss] = lb.ALL_LOSSES) -> list[Variants]:
    """The losses, class by class."""
    groups: dict[type[lb.Loss], Variants] = {}
    for loss in losses:
        groups.setdefault(type(loss), []).append(loss)
    return list(groups.values())


def slug(losses: Variants) -> str:
    """Label of a section, and the start of the names in it."""
    return f"atlas-{type(losses[0]).__name__.lower()}"


# ---- notebooks -----------------------------------------------------------------------


def notebook(page: Page, registry: Sequence[lb.Loss] = lb.ALL_LOSSES) -> NotebookNode:
    """The notebook of a page, not yet run."""
    first = view(next(c for c in classes(registry) if page_of(c) == page)[0])
    imports = "import matplotlib.pyplot as plt\nimport numpy as np\n\nimport lossbook as lb\n\n"
    cells = [
        new_markdown_cell(
            f"({page.slug})=\n# {page.title}\n\n{page.text}", id=page.slug
        ),
        new_code_cell(
            f"{imports}lb.style.use()\n{GIVEN[first.family]}",
            id=f"{page.slug}-imports",
            metadata={"tags": ["hide-input"]},
        ),
    ]
    for losses in classes(registry):
        if page_of(losses) == page:
            cells += section(losses)
    return normalise.normalise(new_notebook(cells=cells))


# What the last panel of each family is about: the sample, or one true probability.
GIVEN = {
    "residual": "sample = lb.plots.SAMPLE",
    "amount": "sample = lb.plots.AMOUNTS",
    "probability": "eta = 0.7",
    "margin": "eta = 0.7",
}
ANSWER = {
    "residual": (
        "best = loss.fit_intercept_only(sample)",
        "best constant {best:.3f}",
    ),
    "amount": (
        "best = loss.link.inverse(loss.fit_intercept_only(sample))",
        "best constant {best:.3f}",
    ),
    "probability": (
        "best = lb.atlas.elicited(loss, eta)",
        "best probability {best:.3f} if the true one is {eta}",
    ),
    "margin": (
        "best = loss.fit_intercept_only([eta])",
        "best raw prediction {best:.3f} if eta is {eta}",
    ),
}
