"""What a chapter asks of its reader: minutes, needs, and the map of them."""

import re
from pathlib import Path
from types import SimpleNamespace

import book_chapters
import pytest
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx_exercise.nodes import exercise_node

from tools.book import CHAPTERS, ROOT, Book

BOOK = SimpleNamespace(srcdir=ROOT)


def test_every_chapter_says_what_it_needs_in_the_order_of_the_book() -> None:
    chapters = [page for page in Book(CHAPTERS).notebooks if page.kind == "chapter"]
    assert [*book_chapters.chapters_of(BOOK)] == [page.label for page in chapters]


@pytest.mark.parametrize(
    "line",
    [
        "ch-a: {difficulty: hard, needs: []}",
        "ch-a: {difficulty: advanced, needs: [ch-b]}",
        "ch-a: {difficulty: advanced, needs: [ch-a]}",
    ],
)
def test_wrong_data_fails_the_build(tmp_path: Path, line: str) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "chapters.yml").write_text(line)
    with pytest.raises(ExtensionError, match="ch-a: expected one of"):
        book_chapters.chapters_of(SimpleNamespace(srcdir=tmp_path))


def section(words: int, figures: int) -> nodes.section:
    found = nodes.section()
    found += nodes.paragraph("", "don't count-me " * (words // 2))
    found += [nodes.figure("", nodes.image()) for _ in range(figures)]
    found += nodes.literal_block("", "code " * 9000)
    found += nodes.math_block("", "x " * 9000)
    found += exercise_node("", nodes.paragraph("", "task " * 9000))
    answer = nodes.paragraph("", "answer " * 9000)
    found += nodes.admonition("", answer, classes=["guide", "dropdown"])
    return found


@pytest.mark.parametrize(
    ("words", "figures", "minutes"),
    [(1000, 0, 5), (1002, 0, 10), (0, 10, 5), (0, 11, 10), (2000, 10, 15)],
)
def test_minutes_of_reading(words: int, figures: int, minutes: int) -> None:
    assert book_chapters.counted(section(words, figures)) == (words, figures)
    assert book_chapters.minutes_of_reading(section(words, figures)) == minutes


def test_minutes_of_exercises_are_said_if_each_says_its_own() -> None:
    def asked(*lines: str) -> nodes.section:
        return nodes.section("", *(exercise_node("", nodes.Text(li)) for li in lines))

    assert book_chapters.minutes_of_exercises(asked()) is None
    both = asked("code · ★ · 10 min", "paper · ★★ · 25 min")
    assert book_chapters.minutes_of_exercises(both) == 35
    assert book_chapters.minutes_of_exercises(asked("· 9 min", "code · ★")) is None


def places(**needs: str) -> dict[str, book_chapters.Place]:
    return {
        name: book_chapters.Place(n, f"Title <{name}>", f"{name}.html", of.split())
        for n, (name, of) in enumerate(needs.items(), 1)
    }


def test_a_chapter_stands_behind_all_that_it_needs() -> None:
    found = places(a="", b="", c="b", d="a c", e="a")
    assert book_chapters.columns_of(found) == [["a", "b"], ["e", "c"], ["d"]]
    svg = book_chapters.drawn(found)
    assert svg.count("<path") == 2 * 4  # once more in the box that they lead to
    assert [a.count("<path") for a in svg.split("<a ")[1:]] == [0, 0, 1, 2, 1]
    assert re.findall(r'<a href="(\w)\.html">', svg) == [*"abcde"]
    assert "Title &lt;a&gt;" in svg
    listed = book_chapters.listed(found)
    assert listed.count('<span class="map-needs">after 1, 3</span>') == 1
    assert listed.count("map-needs") == 3


def test_boxes_of_the_map_do_not_overlap_and_lines_go_right() -> None:
    needs = {
        label: [*chapter.needs]
        for label, chapter in book_chapters.chapters_of(BOOK).items()
    }
    found = {
        label: book_chapters.Place(n, label, label, of)
        for n, (label, of) in enumerate(needs.items(), 1)
    }
    svg = book_chapters.drawn(found)
    boxes = re.findall(r'<rect x="([\d.]+)" y="([\d.]+)"', svg)
    corners = sorted((float(x), float(y)) for x, y in boxes)
    width, height = book_chapters.BOX
    for n, (x, y) in enumerate(corners):
        for other_x, other_y in corners[n + 1 :]:
            assert other_x >= x + width or other_y >= y + height
    for start, end in re.findall(r'd="M([\d.]+) .* ([\d.]+) [\d.]+"/>', svg):
        assert float(end) > float(start)


def test_what_is_needed_by_what_is_needed_goes_without_saying() -> None:
    chapters = book_chapters.chapters_of(BOOK)
    below: dict[str, set[str]] = {}
    for label, chapter in chapters.items():
        beyond = set().union(*(below[need] for need in chapter.needs))
        assert not beyond & {*chapter.needs}, label
        below[label] = beyond | {*chapter.needs}
