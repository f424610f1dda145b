"""Bets: a question with choices or a number to guess, settled by what a cell printed.

    :::{bet} How much steeper is the steepest line?
    :label: bet-sitting
    :answer: steepest / flattest = (\\S+)
    :unit: times
    Five people draw a line through the same points. ...

    - 1.2 times
    - 2 times
    - 5 times
    :::

    :::{bet-answer} bet-sitting
    Why it is so.
    :::

    :::{bets}
    :::

The answer is what the group of the expression finds in the outputs of the cell that is
tagged with the label. If all choices are numbers the nearest is right, else the one
that says what was found. In place of choices, `:range: 0 20 0.5` gives a slider (least,
most, step), and `:within: 1` says how near is right. `bets` lists all bets of the book.

The guess is kept in the reader's browser (book.js). Without a script, and on paper, a
bet is a question with its choices.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxTranslator

LABEL = re.compile(r"bet-[a-z0-9-]+")
NUMBER = re.compile(r"[-−]?\d[\d,]*(?:\.\d+)?")
CHOICES = range(2, 6)
log = logging.getLogger(__name__)


@dataclass
class Bet:
    """A bet as other pages need it."""

    docname: str
    title: str
    answer: str
    unit: str
    right: str = ""  # the choice that is right
    nearest: bool = False  # because it is the nearest
    within: float | None = None  # how far from the answer a number may be
    settled: bool = False

    @property
    def said(self) -> str:
        """The answer with its unit."""
        return with_unit(self.answer, self.unit)


def with_unit(number: str, unit: str) -> str:
    """As the book writes numbers: a true minus, and no space before a percent sign."""
    space = "" if unit == "%" else "\N{NO-BREAK SPACE}"
    number = re.sub(r"^-", "−", number)
    return f"{number}{space}{unit}" if unit else number


def bets_of(env: Any) -> dict[str, Bet]:
    """The bets of the book that have been read, by label."""
    if not hasattr(env, "book_bets"):
        env.book_bets = {}
    found: dict[str, Bet] = env.book_bets
    return found


def lists_of(env: Any) -> set[str]:
    """The pages on which all bets are listed."""
    if not hasattr(env, "book_bet_lists"):
        env.book_bet_lists = set()
    found: set[str] = env.book_bet_lists
    return found


# ---- the answer


def printed(path: Path, label: str) -> str:
    """What the cell of a notebook that is tagged with a label has as its outputs."""
    text = path.read_text(encoding="utf8") if path.suffix == ".ipynb" else "{}"
    cells = [
        cell
        for cell in json.loads(text).get("cells", [])
        if label in cell["metadata"].get("tags", [])
    ]
    if len(cells) != 1:
        raise ValueError(f"{len(cells)} cells are tagged {label}, expected one")
    outputs = cells[0].get("outputs", [])
    texts = [o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs]
    return "\n".join("".join(text) for text in texts)


def find_answer(said: str, pattern: str) -> str:
    """The one thing that the group of an expression finds."""
    expression = re.compile(pattern)
    if expression.groups != 1:
        raise ValueError(f"answer {pattern!r} has not one group, as in '= (\\S+)'")
    found = {match[1] for match in expression.finditer(said)}
    if len(found) != 1:
        raise ValueError(f"answer {pattern!r} finds {sorted(found)} in {said!r}")
    return found.pop()


def as_number(text: str) -> float | None:
    """The number that a text begins or ends with, if there is one number in it."""
    found = NUMBER.findall(text)
    if len(found) != 1:
        return None
    return float(found[0].replace(",", "").replace("−", "-"))


def right_choice(choices: list[str], answer: str) -> tuple[str, bool]:
    """The choice that is right, and whether because it is the nearest."""
    numbers, truth = [as_number(choice) for choice in choices], as_number(answer)
    if truth is not None and None not in numbers:
        return choices[nearest([n for n in numbers if n is not None], truth)], True
    word = re.compile(rf"(?<!\w){re.escape(answer)}(?!\w)", re.IGNORECASE)
    same = [choice for choice in choices if word.search(choice)]
    if len(same) != 1:
        raise ValueError(f"the answer {answer!r} is in {len(same)} of {choices}")
    return same[0], False


def nearest(numbers: list[float], truth: float) -> int:
    """Which number is nearest; it is an error if none is near or two are."""
    order = sorted(numbers)
    steps = [after - before for before, after in pairwise(order)]
    low, high = order[0] - steps[0] / 2, order[-1] + steps[-1] / 2
    gaps = [abs(number - truth) for number in numbers]
    as_near = [gap for gap in gaps if math.isclose(gap, min(gaps))]
    if not low <= truth <= high or len(as_near) > 1:
        raise ValueError(f"the answer {truth:g} is next to none of {numbers}")
    return gaps.index(min(gaps))


# ---- nodes and directives


class bet(nodes.General, nodes.Element):
    """The question, as a group of fields."""


class choice(nodes.General, nodes.TextElement):
    """One of the answers to choose from."""


class bet_answer(nodes.General, nodes.Element):
    """The guess beside the answer."""


class bet_list(nodes.General, nodes.Element):
    """All bets of the book."""


class BetDirective(SphinxDirective):
    """A question that the reader can bet on."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {
        "label": directives.unchanged_required,
        "answer": directives.unchanged_required,
        "unit": directives.unchanged,
        "range": directives.unchanged,
        "within": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        label = self.options.get("label", "")
        known = bets_of(self.env).get(label)
        if not LABEL.fullmatch(label) or known:
            raise self.error(f"bet label {label!r}, expected a new one, 'bet-...'")
        self.env.note_dependency(self.env.doc2path(self.env.docname))
        node = bet(label=label, title=self.arguments[0], ids=[label])
        node += self.parse_content_to_nodes()
        try:
            found = self.settle(node)
        except (ValueError, re.error) as error:
            raise self.error(f"{label}: {error}") from error
        bets_of(self.env)[label] = found
        node["unit"] = found.unit
        self.set_source_info(node)
        return [node]

    def settle(self, node: bet) -> Bet:
        """Read the answer, and see that the reader can hit it."""
        path = Path(self.env.doc2path(self.env.docname))
        unit = self.options.get("unit", "")
        said = printed(path, node["label"])
        answer = find_answer(said, self.options.get("answer", ""))
        found = Bet(self.env.docname, self.arguments[0], answer, unit)
        if "range" in self.options:
            low, high, step = map(float, self.options["range"].split())
            within, truth = float(self.options.get("within", "0")), as_number(answer)
            if truth is None or not low <= truth <= high:
                raise ValueError(f"the answer {answer!r} is not from {low} to {high}")
            if not 0 < step <= 2 * within:
                raise ValueError("a step is too long to come within what is right")
            node["range"] = self.options["range"].split()
            found.within = within
            return found
        node["range"] = []
        lists = [child for child in node if isinstance(child, nodes.bullet_list)]
        items = list(lists[-1].children) if lists else []
        if len(items) not in CHOICES:
            raise ValueError(f"{len(items)} choices, expected 2 to 5 or a range")
        for item in items:
            told = choice("", "", *item[0].children, label=node["label"])
            told["words"] = item.astext()
            item.children = []
            item += told
        lists[-1]["classes"].append("bet-choices")
        words = [item.astext() for item in items]
        found.right, found.nearest = right_choice(words, answer)
        return found


class AnswerDirective(SphinxDirective):
    """The answer of a bet on the same page; the body says why."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        (label,) = self.arguments
        found = bets_of(self.env).get(label)
        if found is None or found.docname != self.env.docname or found.settled:
            raise self.error(f"no bet {label!r} above that is still to be settled")
        found.settled = True
        node = bet_answer(label=label, bet=found, ids=[f"{label}-answer"])
        node += self.parse_content_to_nodes()
        self.set_source_info(node)
        return [node]


class ListDirective(SphinxDirective):
    """All bets of the book with their answers."""

    def run(self) -> list[nodes.Node]:
        lists_of(self.env).add(self.env.docname)
        return [bet_list()]


# ---- HTML


def visit_bet(self: SphinxTranslator, node: bet) -> None:
    label = escape(node["label"])
    self.body.append(
        f'<fieldset class="bet" id="{label}" data-bet="{label}">\n'
        f"<legend>Your bet: {escape(node['title'])}</legend>\n"
    )


def depart_bet(self: SphinxTranslator, node: bet) -> None:
    if node["range"]:
        low, high, step = map(escape, node["range"])
        unit = escape(node["unit"])
        self.body.append(
            '<div class="bet-slider"><label><span>A number from '
            f"{low} to {escape(with_unit(high, unit))}</span>\n"
            f'<input type="range" min="{low}" max="{high}" step="{step}" value="{low}"'
            f' data-unit="{unit}"></label><output>no guess yet</output></div>\n'
        )
    self.body.append(
        f'<p class="bet-foot"><span>Your guess stays in this browser. </span>'
        f'<a href="#{escape(node["label"])}-answer">The answer</a> is below.</p>\n'
        "</fieldset>\n"
    )


def visit_choice(self: SphinxTranslator, node: choice) -> None:
    label, words = escape(node["label"]), escape(node["words"])
    self.body.append(
        f'<label><input type="radio" name="{label}" value="{words}"> <span>'
    )


def depart_choice(self: SphinxTranslator, node: choice) -> None:
    self.body.append("</span></label>")


def visit_answer(self: SphinxTranslator, node: bet_answer) -> None:
    found, label = node["bet"], escape(node["label"])
    also = f", nearest to “{found.right}”" if found.nearest else ""
    question = f'<a href="#{label}">{escape(found.title)}</a>'
    self.body.append(
        f'<div class="bet-answer" id="{label}-answer" {data(label, found)}>\n'
        f'<p class="bet-question">{question}</p>\n'
        f'<p class="bet-said"><strong>Answer: {escape(found.said + also)}.</strong> '
        '<span class="bet-guess"></span></p>\n'
    )


def depart_answer(self: SphinxTranslator, node: bet_answer) -> None:
    self.body.append("</div>\n")


def data(label: str, found: Bet) -> str:
    """What the script needs in order to show and to judge a guess."""
    parts = {"bet": label, "unit": found.unit, "right": found.right}
    if found.within is not None:
        parts["answer"] = f"{as_number(found.answer):g}"
        parts["within"] = f"{found.within:g}"
    return " ".join(f'data-{k}="{escape(v)}"' for k, v in parts.items() if v)


def list_bets(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put all bets, in the order of the book, where they are asked for."""
    for node in list(doctree.findall(bet_list)):
        rows = []
        order = [*app.env.collect_relations()]
        bets = sorted(bets_of(app.env).items(), key=lambda b: order.index(b[1].docname))
        for label, found in bets:
            address = app.builder.get_relative_uri(docname, found.docname)
            rows.append(
                f'<tr {data(label, found)}><th scope="row"><a href="{address}#{label}">'
                f'{escape(found.title)}</a></th><td class="bet-guess">–</td>'
                f"<td>{escape(found.said)}</td></tr>"
            )
        head = "".join(
            f'<th scope="col">{words}</th>' for words in ("Bet", "Your guess", "Answer")
        )
        table = (
            f'<div class="wide bets"><table><thead><tr>{head}</tr></thead>\n<tbody>\n'
            + "\n".join(rows)
            + "\n</tbody></table></div>"
        )
        node.replace_self(nodes.raw("", table, format="html"))


# ---- what Sphinx asks of those who keep something for the whole book


def purge(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    for label, found in list(bets_of(env).items()):
        if found.docname == docname:
            del bets_of(env)[label]
    lists_of(env).discard(docname)


def merge(
    app: Sphinx, env: BuildEnvironment, docnames: list[str], other: BuildEnvironment
) -> None:
    for label, found in bets_of(other).items():
        if label in bets_of(env) and found.docname != bets_of(env)[label].docname:
            raise ExtensionError(f"two bets have the label {label}")
        bets_of(env)[label] = found
    lists_of(env).update(lists_of(other))


def lists_to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """A list changes with any of its bets."""
    return sorted(lists_of(env))


def all_settled(app: Sphinx, env: BuildEnvironment) -> None:
    for label, found in bets_of(env).items():
        if not found.settled:
            log.warning("bet %s has no bet-answer", label, location=found.docname)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_node(bet, html=(visit_bet, depart_bet))
    app.add_node(choice, html=(visit_choice, depart_choice))
    app.add_node(bet_answer, html=(visit_answer, depart_answer))
    app.add_node(bet_list)
    app.add_directive("bet", BetDirective)
    app.add_directive("bet-answer", AnswerDirective)
    app.add_directive("bets", ListDirective)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", lists_to_write)
    app.connect("env-check-consistency", all_settled)
    app.connect("doctree-resolved", list_bets)
    return {
        "version": "1",
        "env_version": 1,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
