"""What a chapter asks of its reader: minutes, difficulty, chapters to know first.

A line below the title of each chapter in site/chapters.yml says it; the minutes are
counted. `:::{chapter-map}` draws which chapter needs which, as links.
"""

from __future__ import annotations

import math
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node

LOGGER = logging.getLogger(__name__)

WORDS = 200  # read in a minute
FIGURE = 0.5  # minutes for a figure
ROUND = 5  # nobody reads by the minute
DIFFICULTIES = ("introductory", "intermediate", "advanced")
# Not read word by word, or not at all: code, what it prints, formulas, exercises.
UNCOUNTED = (
    *(nodes.FixedTextElement, nodes.raw, nodes.comment, nodes.math, nodes.math_block),
    *(exercise_node, exercise_enumerable_node),
)


@dataclass(frozen=True)
class Chapter:
    """A line of site/chapters.yml."""

    label: str
    difficulty: str
    needs: list[str]


def file_of(env: BuildEnvironment) -> Path:
    return Path(env.srcdir, "site", "chapters.yml")


def chapters_of(env: BuildEnvironment) -> dict[str, Chapter]:
    """The chapters in the order of the file; each needs earlier ones only."""
    return parsed(file_of(env), file_of(env).read_text(encoding="utf8"))


@cache  # each page asks
def parsed(file: Path, text: str) -> dict[str, Chapter]:
    found: dict[str, Chapter] = {}
    for label, about in (yaml.safe_load(text) or {}).items():
        chapter = Chapter(label, about["difficulty"], about["needs"])
        if chapter.difficulty not in DIFFICULTIES or not found.keys() >= {
            *chapter.needs
        }:
            raise ExtensionError(
                f"{file}: {label}: expected one of {DIFFICULTIES} and needs "
                f"that stand before it; got {about}"
            )
        found[label] = chapter
    return found


# ---- the line below the title


class AddFacts(SphinxTransform):
    """Below the title of a chapter, what it asks of its reader."""

    default_priority = 700

    def apply(self, **kwargs: Any) -> None:
        section = next(self.document.findall(nodes.section), None)
        if section is None:
            return
        names = {*section["ids"], *section["names"]}
        for label, chapter in chapters_of(self.env).items():
            if label in names:
                self.env.note_dependency(str(file_of(self.env)))
                section.insert(1, self.line(chapter, section))

    def line(self, chapter: Chapter, section: nodes.section) -> nodes.paragraph:
        said = [f"{minutes_of_reading(section)} min to read"]
        exercises = minutes_of_exercises(section)
        if exercises is not None:
            said.append(f"{exercises} min of exercises")
        said.append(chapter.difficulty)
        line = nodes.paragraph("", " · ".join(said) + " · ", classes=["chapter-facts"])
        if not chapter.needs:
            line += nodes.Text("needs no other chapter")
        for n, label in enumerate(chapter.needs):
            line += nodes.Text(", " if n else "needs ")
            line += self.link(label)
        return line

    def link(self, label: str) -> addnodes.pending_xref:
        return addnodes.pending_xref(
            "",
            nodes.inline("", label),
            refdoc=self.env.docname,
            refdomain="std",
            reftype="ref",
            reftarget=label,
            refexplicit=False,
            refwarn=True,
        )


def minutes_of_reading(section: nodes.Element) -> int:
    """Words and figures as minutes, rounded up."""
    words, figures = counted(section)
    return math.ceil((words / WORDS + figures * FIGURE) / ROUND) * ROUND


def counted(node: nodes.Node) -> tuple[int, int]:
    """The words and the figures below a node."""
    if isinstance(node, nodes.Text):
        return len(re.findall(r"\w[\w'’-]*", node.astext())), 0
    classes = node.get("classes", [])
    # Of the guide's folded answers a reader opens a few.
    if isinstance(node, UNCOUNTED) or "guide" in classes:
        return 0, 0
    is_figure = isinstance(node, nodes.image) or "interactive" in classes
    below = [counted(child) for child in node.children]
    return sum(w for w, _ in below), sum(f for _, f in below) + is_figure


def minutes_of_exercises(section: nodes.Element) -> int | None:
    """The sum over the exercises, if each says its minutes: "*code · ★ · 10 min*"."""
    boxes = [
        *section.findall(exercise_node),
        *section.findall(exercise_enumerable_node),
    ]
    said = [re.search(r"· (\d+) min\b", box.astext()) for box in boxes]
    return sum(int(m[1]) for m in said if m) if said and all(said) else None


# ---- the map


BOX, GAP, ROW, LINE = (130, 46), 10, 54, 14
WRAP = 20  # characters in a line of a box


class chapter_map(nodes.General, nodes.Element):
    """Which chapter needs which."""


class MapDirective(SphinxDirective):
    """The map of chapters."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(file_of(self.env)))
        return [chapter_map()]


@dataclass(frozen=True)
class Place:
    """A chapter on the map: its number, title and address."""

    number: int
    title: str
    address: str
    needs: list[str]


def draw_maps(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(chapter_map)):
        places = places_of(app, docname)
        html = f'<div class="chapter-map">\n{drawn(places)}\n{listed(places)}\n</div>'
        node.replace_self(nodes.raw("", html, format="html"))


def places_of(app: Sphinx, docname: str) -> dict[str, Place]:
    """The chapters of the data, as the book numbers and names them."""
    labels = app.env.domaindata["std"]["anonlabels"]
    places: dict[str, Place] = {}
    for label, chapter in chapters_of(app.env).items():
        if label not in labels:  # say, a book of some chapters only
            LOGGER.warning("%s: no chapter has the label %s", file_of(app.env), label)
            continue
        name = labels[label][0]
        number = app.env.toc_secnumbers.get(name, {}).get("", (len(places) + 1,))[0]
        title = app.env.titles[name].astext()
        address = app.builder.get_relative_uri(docname, name)
        known = [need for need in chapter.needs if need in places]
        places[label] = Place(number, title, address, known)
    return places


def columns_of(places: dict[str, Place]) -> list[list[str]]:
    """The chapters from left to right: each behind all that it needs.

    Within a column they stand by the height of what they need, so that few lines cross.
    """
    depth: dict[str, int] = {}
    for label, place in places.items():
        depth[label] = 1 + max((depth[need] for need in place.needs), default=-1)
    columns: list[list[str]] = []
    height: dict[str, float] = {}
    for level in range(max(depth.values()) + 1):
        column = [label for label in places if depth[label] == level]
        means = {
            label: sum(height[n] for n in places[label].needs)
            / max(len(places[label].needs), 1)
            for label in column
        }
        column.sort(key=lambda label: (means[label], places[label].number))
        height |= {label: (row + 0.5) / len(column) for row, label in enumerate(column)}
        columns.append(column)
    return columns


def drawn(places: dict[str, Place]) -> str:
    """The map as a drawing: boxes that are links, lines from what is needed."""
    columns = columns_of(places)
    across = BOX[0] + 2 * GAP
    rows = max(map(len, columns))
    at = {
        label: (
            1 + column * across,
            1 + (row + 0.5) * rows * ROW / len(labels) - BOX[1] / 2,
        )
        for column, labels in enumerate(columns)
        for row, label in enumerate(labels)
    }
    width, height = len(columns) * across - 2 * GAP + 2, rows * ROW + 2
    lines: dict[str, list[str]] = {label: [] for label in places}
    for label, place in places.items():
        for need in place.needs:
            (x, y), (to_x, to_y) = at[need], at[label]
            x, y, to_y = x + BOX[0], y + BOX[1] / 2, to_y + BOX[1] / 2
            bend = x + GAP
            start = f'<path d="M{x} {y:g}C{bend} {y:g} {to_x - GAP} {to_y:g} '
            lines[label].append(f'{start}{to_x} {to_y:g}"/>')
    boxes = []
    for label, place in places.items():
        x, y = at[label]
        words = textwrap.wrap(f"{place.number} {place.title}", WRAP)
        top = y + BOX[1] / 2 + 4.5 - (len(words) - 1) * LINE / 2
        texts = "".join(
            f'<tspan x="{x + 7}" y="{top + n * LINE:g}">{escape(text)}</tspan>'
            for n, text in enumerate(words)
        )
        boxes.append(
            # Its lines once more, to be seen while the reader points at it.
            f'<a href="{place.address}"><g>{"".join(lines[label])}</g>'
            f'<rect x="{x}" y="{y:g}" width="{BOX[0]}" height="{BOX[1]}" rx="6"/>'
            f"<text>{texts}</text></a>"
        )
    every = "".join(line for each in lines.values() for line in each)
    return (
        f'<svg viewBox="0 0 {width} {height}" role="group" '
        'aria-label="Map: a line leads from a chapter to those that need it">\n'
        f"<g>{every}</g>\n" + "\n".join(boxes) + "\n</svg>"
    )


def listed(places: dict[str, Place]) -> str:
    """The map as a list, for a narrow page and for paper."""
    items = []
    for place in places.values():
        needs = ", ".join(str(places[need].number) for need in place.needs)
        after = f' <span class="map-needs">after {needs}</span>' if needs else ""
        link = f'<a href="{place.address}">{place.number} {escape(place.title)}</a>'
        items.append(f"<li>{link}{after}</li>")
    return "<ul>\n" + "\n".join(items) + "\n</ul>"


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_transform(AddFacts)
    app.add_node(chapter_map)
    app.add_directive("chapter-map", MapDirective)
    app.connect("doctree-resolved", draw_maps)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
