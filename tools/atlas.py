"""Write the loss atlas from the registry.

    python -m tools.atlas          write chapters/appendix/atlas*, run the notebooks
    python -m tools.atlas --check  exit 1 when a source is not what it would write

A section for each class of `lossbook.ALL_LOSSES`: its card and its four panels, with
caption and alt text made from its facts. To add a loss: its class and its line in the
registry, then `make atlas`.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import lossbook as lb
from lossbook.functionals import MLocation
from lossbook.show import (
    ETA,
    Card,
    facts,
    joined,
    number,
    roughness,
    variant_labels,
    view,
)
from tools import colab, normalise
from tools.book import CHAPTERS, shown
from tools.notebooks import run_all

FOLDER = CHAPTERS / "appendix"
Variants = list[lb.Loss]  # the losses of one class, in the order of the registry


@dataclass(frozen=True)
class Page:
    """One notebook of the atlas."""

    slug: str
    title: str
    text: str


SAMPLE_TEXT = """\
The last panel tries every constant $c$ on one sample, the strokes below the axis.
The dot is the best constant; the heights are scaled so that all losses fit."""
RESIDUAL_TEXT = f"""\
These losses are functions of the residual $r = y - f$.
The **influence** $\\rho'(r)$ is the force with which an observation pulls the \
prediction towards itself, and the **curvature** $\\rho''(r)$ says how fast the force \
changes.
An arrow is the derivative of a jump, infinite at one point.
The grey line is the squared error, for comparison.
{SAMPLE_TEXT}"""
AMOUNT_TEXT = f"""\
These losses compare an amount or a count with its predicted mean $z$.
All ask for the mean, and differ in what a miss costs at a small mean and at a large \
one.
The grey line is the Poisson deviance, for comparison.
{SAMPLE_TEXT}"""
PANEL_TEXT = """\
The grey line is the cross-entropy, for comparison.
The last panel shows the probability with the least expected loss when the true one \
is $\\eta$: a proper loss stays on the diagonal."""
PROBABILITY_TEXT = f"""\
These losses judge a predicted probability.
They are drawn over the raw prediction $f$ when the label is 1.
{PANEL_TEXT}"""
CLASSES_TEXT = f"""\
These losses judge the predicted probabilities of several classes.
They are drawn for three classes, over the lead of the true class.
{PANEL_TEXT}"""
SCORES_TEXT = """\
These losses judge scores of several classes, of which the largest wins.
They are drawn for three classes, over the lead of the true class.
The grey line is the cross-entropy, for comparison."""
MARGIN_TEXT = """\
These losses are functions of the margin $m = (2y - 1)f$: right of zero the sign is \
correct.
An arrow is the derivative of a jump, infinite at one point.
The grey line is the zero–one loss, for which all the others stand in.
The last panel shows the raw prediction with the least expected loss when \
$P(Y = 1) = \\eta$: a calibrated loss stays out of the shaded quarters."""

DISTRIBUTIONS_TEXT = """\
These losses judge a forecast that is a whole distribution: by a mean and a variance, \
or by the members of an ensemble.
They are drawn along one line: the residual when the variance is 1, the shift of three \
members.
The grey line is the squared or the absolute error, for comparison."""
OBJECTS_TEXT = """\
One number of such a loss belongs to a whole list, mask or box.
They are drawn along one line through their many raw predictions: the lead of the one \
relevant item of three, the certainty of every pixel of a mask that covers half of \
them, the shift of a unit square.
The grey line is the pairwise logistic, the Dice or the IoU loss, for comparison."""

LOCATION = Page(
    "atlas-location", "Losses for the mean, quantiles and expectiles", RESIDUAL_TEXT
)
ROBUST = Page("atlas-robust", "Robust regression losses", RESIDUAL_TEXT)
AMOUNTS = Page("atlas-amounts", "Losses for counts and amounts", AMOUNT_TEXT)
PROBABILITIES = Page(
    "atlas-probabilities", "Losses for probabilities", PROBABILITY_TEXT
)
CLASSES = Page("atlas-classes", "Losses for several classes", CLASSES_TEXT)
SCORES = Page("atlas-scores", "Hinge losses for several classes", SCORES_TEXT)
MARGINS = Page("atlas-margins", "Margin losses", MARGIN_TEXT)
OBJECTS = Page("atlas-objects", "Losses for lists, masks and boxes", OBJECTS_TEXT)
DISTRIBUTIONS = Page(
    "atlas-distributions", "Losses for distributions", DISTRIBUTIONS_TEXT
)
PAGES = (
    *(LOCATION, ROBUST, AMOUNTS, DISTRIBUTIONS, PROBABILITIES, CLASSES, SCORES),
    *(MARGINS, OBJECTS),
)
BY_FAMILY = {
    "amount": AMOUNTS,
    "distribution": DISTRIBUTIONS,
    "ensemble": DISTRIBUTIONS,
    "probability": PROBABILITIES,
    "classes": CLASSES,
    "scores": SCORES,
    "margin": MARGINS,
    "list": OBJECTS,
    "mask": OBJECTS,
    "box": OBJECTS,
}


def page_of(losses: Variants) -> Page:
    """The page on which a class stands."""
    if losses[0].family != "residual":
        return BY_FAMILY[losses[0].family]
    robust = any(isinstance(loss.functional, MLocation) for loss in losses)
    return ROBUST if robust else LOCATION


def classes_on(page: Page, registry: Sequence[lb.Loss]) -> list[Variants]:
    """The losses on a page, class by class."""
    groups: dict[type[lb.Loss], Variants] = {}
    for loss in registry:
        groups.setdefault(type(loss), []).append(loss)
    return [losses for losses in groups.values() if page_of(losses) == page]


def label(losses: Variants) -> str:
    """The label of a section."""
    return f"atlas-{type(losses[0]).__name__.lower()}"


# ---- what is written -----------------------------------------------------------------


def sources(registry: Sequence[lb.Loss] = lb.ALL_LOSSES) -> dict[str, str]:
    """File name and text of everything in the atlas, notebooks not yet run."""
    notebooks = {
        f"{page.slug}.ipynb": normalise.as_text(notebook(page, registry))
        for page in PAGES
    }
    return {"atlas.md": index(registry), **notebooks}


def notebook(page: Page, registry: Sequence[lb.Loss]) -> NotebookNode:
    """The notebook of a page, not yet run."""
    sections = [
        cell for losses in classes_on(page, registry) for cell in section(losses)
    ]
    imports = "import matplotlib.pyplot as plt\n"
    if any("np." in cell.source for cell in sections):
        imports += "import numpy as np\n"
    head = [
        new_markdown_cell(
            f"({page.slug})=\n# {page.title}\n\n{page.text}", id=f"{page.slug}-intro"
        ),
        colab.cell(f"{page.slug}-colab"),
        new_code_cell(
            f"{imports}\nimport lossbook as lb\n\nlb.show.use_style()",
            id=f"{page.slug}-imports",
            metadata={"tags": ["hide-input"]},
        ),
    ]
    return normalise.normalise(new_notebook(cells=[*head, *sections]))


def section(losses: Variants) -> list[NotebookNode]:
    """Heading, card and figure of a class."""
    name, title = label(losses), lb.show.title(losses[0])
    calls = [facts(loss)["code"] for loss in losses]
    inner = "".join(f"\n    {call}," for call in calls) + "\n"
    listed = f"[{calls[0]}]" if len(calls) == 1 else f"[{inner}]"
    cells = {
        "heading": new_markdown_cell(f"({name})=\n## {title}"),
        "card": new_code_cell(f"losses = {listed}\nlb.show.card(*losses)"),
        "figure": new_code_cell(
            "lb.show.four_panel(losses)\n"
            "plt.show()\n"
            "for loss in losses:\n"
            f'    print(f"{{loss}}: {{{number_of(losses)}:z.3f}}")'
        ),
    }
    for part, cell in cells.items():
        cell.id = f"{name}-{part}"
        if cell.cell_type == "code":
            cell.metadata["tags"] = ["hide-input"]
    cells["figure"].metadata["mystnb"] = {
        "figure": {"caption": caption(losses), "name": f"fig-{name}"},
        "image": {"alt": alt_text(losses)},
    }
    return list(cells.values())


def number_of(losses: Variants) -> str:
    """The number that is printed beside the panels."""
    if view(losses[0]).question:
        return "lb.show.answer(loss)"
    return "lb.show.curve(loss, 'value', [0.5])[0]"


def caption(losses: Variants) -> str:
    """Whose panels they are, and the answer of the last."""
    title, layout = lb.show.title(losses[0]), view(losses[0])
    if not layout.question:
        return f"{title}, and its slope, {layout.where}."
    question = layout.question
    return f"{title}; {question}: {answers(losses)}."


def alt_text(losses: Variants) -> str:
    """What is seen, from the facts: the shape of the curves, then the answer."""
    shape = joined([shape_of(facts(loss)) for loss in losses], variant_labels(losses))
    slope = view(losses[0]).names[1].split()[0]
    span = dict(Card(tuple(losses)).rows())["Slope"]
    seen = f"{lb.show.title(losses[0])}: {shape}; {slope} {span}."
    return f"{seen} {last_panel(losses)}".replace("$", "")


def shape_of(about: dict[str, Any]) -> str:
    """Convex or not, and the roughest point."""
    convex = "convex" if about["convex"] else "not convex"
    return ", ".join([convex, *(roughness(about["jumps"]) or ["smooth"])])


def last_panel(losses: Variants) -> str:
    """The message of the last panel."""
    layout, about = view(losses[0]), [facts(loss) for loss in losses]
    if not layout.question:
        return f"Drawn {layout.where}."
    if layout.sample is not None:
        middle, mean = np.median(layout.sample), layout.sample.mean()
        sample = f"a sample with median {middle:g} and mean {mean:g}"
        return f"The best constant for {sample} is {answers(losses)}."
    if all(each["proper"] for each in about) and about[0]["family"] != "margin":
        return "The best probability is the true one, all along the diagonal."
    side = "takes" if all(each["calibrated"] for each in about) else "does not take"
    what = layout.question.partition(" if ")[0]
    return (
        f"The {what} {side} the side of the more probable label; "
        f"for η = {ETA} it is {answers(losses)}."
    )


def answers(losses: Variants) -> str:
    """The answer of each loss to the question of the last panel."""
    found = [number(facts(loss)["answer"]) for loss in losses]
    return joined(found, variant_labels(losses))


INDEX = """\
(atlas)=
# Loss atlas

Every loss of `lossbook`, with its card and its panels.
Cards, captions and figures are read or computed from the classes.
In a notebook, `lb.show.card(lb.HuberLoss())` shows a card and \
`lb.show.four_panel(lb.HuberLoss())` draws the panels.

Asks for
: The number that makes the mean loss smallest.

Slope, curvature
: The range of the first and second derivative, away from kinks.

Lipschitz
: Whether the slope is bounded; the constant is the most that one example can pull.

Bounded
: Whether the loss itself is: what one example can cost.

Proper
: Whether the true probability has the least expected loss.

Calibrated
: Whether minimising the expected loss always finds the more probable label.
"""
COLUMNS = (
    *("Asks for", "Convex", "Smooth", "Lipschitz", "Bounded"),
    *("Proper", "Calibrated"),
)


def index(registry: Sequence[lb.Loss]) -> str:
    """The page that lists all losses, a table for each notebook."""
    return INDEX + "".join(
        f"\n## {page.title}\n\n{table(classes_on(page, registry))}" for page in PAGES
    )


def table(classes: list[Variants]) -> str:
    """A row for each class, linked to its section."""
    cards = [dict(Card(tuple(losses)).rows()) for losses in classes]
    columns = [column for column in COLUMNS if any(column in card for card in cards)]
    rows = [["Loss", *columns], ["---"] * (1 + len(columns))]
    for losses, card in zip(classes, cards, strict=True):
        link = f"{{ref}}`{lb.show.title(losses[0])} <{label(losses)}>`"
        rows.append([link, *(card.get(column, "") for column in columns)])
    return "".join("| " + " | ".join(row) + " |\n" for row in rows)


# ---- writing and checking ------------------------------------------------------------


def source_of(text: str) -> object:
    """What is compared: all of a page, of a notebook its cells without outputs."""
    if not text.startswith("{"):
        return text
    cells = json.loads(text)["cells"]
    return [(c["id"], c["cell_type"], c["metadata"], c["source"]) for c in cells]


def stale(folder: Path, registry: Sequence[lb.Loss] = lb.ALL_LOSSES) -> list[Path]:
    """Files of the atlas that are missing, changed or no longer wanted."""
    wanted = sources(registry)
    there = {path.name: path for path in folder.glob("atlas*")}
    return [
        folder / name
        for name in sorted({*wanted, *there})
        if name not in there
        or name not in wanted
        or source_of(there[name].read_text(encoding="utf-8")) != source_of(wanted[name])
    ]


def write(folder: Path) -> int:
    """Write what is stale, run all notebooks; return how many failed."""
    wanted = sources()
    for path in stale(folder):
        if path.name in wanted:
            path.write_text(wanted[path.name], encoding="utf-8", newline="\n")
        else:
            path.unlink()
        print(f"{shown(path)}: {'written' if path.exists() else 'deleted'}")
    return run_all(sorted(folder.glob("atlas-*.ipynb")))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.atlas",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args(arguments).check:
        return 1 if write(FOLDER) else 0
    found = stale(FOLDER)
    for path in found:
        print(f"{shown(path)}: not what the registry says, expected: make atlas")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
