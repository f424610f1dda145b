"""Tables of numbers: what they say as HTML and in a terminal, and what they refuse."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lossbook as lb
from lossbook.show import tables

LINES = {"least squares": [0.504, 1.84], "Tukey": [0.11, 0.14]}


class Cells(HTMLParser):
    """The rows of a table: for each cell its tag, its attributes and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, dict[str, str | None], str]]] = []
        self.around: list[tuple[str, dict[str, str | None]]] = []
        self.cell: tuple[str, dict[str, str | None]] | None = None
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("th", "td"):
            self.cell, self.words = (tag, dict(attrs)), ""
        elif not self.cell:
            self.around.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if self.cell and tag == self.cell[0]:
            self.rows[-1].append((*self.cell, self.words))
            self.cell = None

    def handle_data(self, data: str) -> None:
        self.words += data


def html(*arguments: object, **options: object) -> Cells:
    return Cells(lb.show.table(*arguments, **options)._repr_html_())


def words(*arguments: object, **options: object) -> list[list[str]]:
    return [[w for *_, w in row] for row in html(*arguments, **options).rows]


def test_heads_have_a_scope_and_the_frame_a_name() -> None:
    found = html(LINES, ["slope", "off by"], corner="line", units={"slope": "a year"})
    assert [(t, a["scope"], w) for t, a, w in found.rows[0]] == [
        ("th", "col", "line"),
        ("th", "col", "slope (a year)"),
        ("th", "col", "off by"),
    ]
    for row, name in zip(found.rows[1:], LINES, strict=True):
        assert row[0] == ("th", {"scope": "row"}, name)
        assert [(t, a["class"]) for t, a, _ in row[1:]] == [("td", "number")] * 2
    frame = dict(found.around)["div"]
    assert frame["tabindex"] == "0"
    assert frame["aria-label"] == "Table: slope, off by"
    named = html(LINES, ["slope", "off by"], caption='Five "lines" & a note')
    assert dict(named.around)["div"]["aria-label"] == 'Five "lines" & a note'
    assert "caption" in dict(named.around)


def test_an_empty_corner_is_no_head() -> None:
    assert html(LINES, ["a", "b"]).rows[0][0] == ("td", {}, "")


def test_markup_in_a_text_stays_text() -> None:
    table = lb.show.table(
        {"<b>": ["<i>"]},
        ["<u>"],
        corner="<s>",
        units={"<u>": "<p>"},
        missing="<q>",
        caption='<a href="x">',
        note="<em>",
    )
    assert not re.findall(r"<(?:b|i|u|s|q|a|em)\b", table._repr_html_())
    assert "&lt;b&gt;" in table._repr_html_()


def test_the_best_is_marked_by_weight_and_by_a_word() -> None:
    found = lb.show.table(LINES, ["a", "b"], best={"b": "low"}, formats=".2f")
    assert found._repr_html_().count("<strong>") == 1
    assert "<small>best</small> <strong>0.14</strong>" in found._repr_html_()
    assert "best 0.14" in repr(found)
    every = lb.show.table(LINES, ["a", "b"], best="high")
    assert [repr(every).count(f"best {x}") for x in ("0.504", "1.84")] == [1, 1]


def test_digits_that_are_not_shown_decide_nothing() -> None:
    near = {"a": [0.1401], "b": [0.1399], "c": [0.2]}
    assert (
        repr(lb.show.table(near, ["x"], formats=".2f", best="low")).count("best") == 2
    )
    counts = {"a": [3], "b": [np.int64(3)], "c": [None]}
    assert repr(lb.show.table(counts, ["n"], best="high")).count("best") == 2


def test_decimals_stand_below_each_other() -> None:
    mixed = {"a": [0.5], "b": [12.25], "c": [300], "d": [None], "e": [0.125]}
    lines = repr(lb.show.table(mixed, ["x"])).splitlines()[1:]
    points = {line.index(".") for line in lines if "." in line}
    assert len(points) == 1
    assert lines[2].index("300") + 3 == points.pop()
    shown = [row[1] for row in words(mixed, ["x"])[1:]]
    tails = [re.sub(r"^\d+", "", text) for text in shown if text != "–"]
    assert {len(tail) for tail in tails} == {len(".125")}
    assert shown[2] == "300\u2008\u2007\u2007\u2007"


@pytest.mark.parametrize(
    ("value", "spec", "expected"),
    [
        (None, None, "–"),
        (np.nan, None, "–"),
        (float("inf"), None, "∞"),
        (-np.inf, ".2f", "−∞"),
        (-0.0001, ".2f", "0.00"),
        (-0.0, None, "0"),
        (-0.004, ".0%", "0%"),
        (-1e-5, ".2e", "−1.00e−05"),
        (-3, None, "−3"),
        (-5.25, ".1f", "−5.2"),
        (0.956, ".1%", "95.6%"),
        (12345, ",d", "12,345"),
        (12345, None, "12345"),
        (np.int64(7), None, "7"),
        (np.float32(0.25), None, "0.25"),
        (True, None, "yes"),
        (np.False_, ".2f", "no"),
        ("diverges", ".2f", "diverges"),
    ],
)
def test_values(value: object, spec: str | None, expected: str) -> None:
    assert words({"a": [value]}, ["x"], formats=spec)[1][1] == expected
    assert expected in repr(lb.show.table({"a": [value]}, ["x"], formats=spec))


def test_three_ways_to_give_rows() -> None:
    records = [{"line": n, "x": a, "y": b} for n, (a, b) in LINES.items()]
    nested = {n: {"x": a, "y": b} for n, (a, b) in LINES.items()}
    array = np.array([*LINES.values()])
    expected = lb.show.table(LINES, ["x", "y"], corner="line")
    assert lb.show.table(records) == expected
    assert lb.show.table(nested, corner="line") == expected
    assert lb.show.table(array, ["x", "y"], names=[*LINES], corner="line") == expected
    assert words({"a": 1.0, "b": "text"}, ["x"])[1:] == [["a", "1"], ["b", "text"]]


def test_mappings_name_their_columns_and_may_leave_some_out() -> None:
    rows = {"a": {"x": 1}, "b": {"y": 2, "x": 3}}
    assert words(rows)[1:] == [["a", "1", "–"], ["b", "3", "2"]]
    assert words(rows, ["y"])[1:] == [["a", "–"], ["b", "2"]]


def test_a_terminal_shows_at_most_79_characters() -> None:
    wide = lb.show.table(
        np.arange(60.0).reshape(2, 30),
        [f"column {k}" for k in range(30)],
        names=["one", "other"],
        caption="word " * 40,
        note="word " * 40,
    )
    lines = repr(wide).splitlines()
    assert max(map(len, lines)) <= 79
    shown = " ".join(lines).split()
    assert [w for w in shown if w.isdecimal()].count("29") == 2  # a head and a value
    assert lines == [line.rstrip() for line in lines]


def test_a_line_break_in_a_text_is_a_space() -> None:
    table = lb.show.table({"a\n  b": ["c\nd"]}, ["e\nf"], note="g\nh")
    assert [line.split() for line in repr(table).splitlines()] == [
        ["e", "f"],
        ["a", "b", "c", "d"],
        [],
        ["g", "h"],
    ]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        ((3,), {}, TypeError, "rows must be a mapping, a list"),
        (("ab",), {}, TypeError, "rows must be a mapping, a list"),
        ((np.array(1.0), ["x"]), {"names": ["a"]}, TypeError, "rows must be a mapping"),
        (({},), {}, ValueError, "rows must be at least one"),
        (([], ["x"]), {"names": []}, ValueError, "rows must be at least one"),
        (([{}],), {}, TypeError, "rows must all be mappings"),
        (([{"a": 1}, 3],), {}, TypeError, "rows must all be mappings"),
        (({"a": [1]},), {}, ValueError, "columns must name at least one"),
        (({"a": [1]}, "x"), {}, TypeError, "columns must be a list of names"),
        (({"a": [1, 2]}, ["x", "x"]), {}, ValueError, "columns must have different"),
        (({"a": [1, 2]}, ["x"]), {}, ValueError, "row 'a' must have 1 values"),
        (({"a": [1]}, [3]), {}, TypeError, "columns must be text; got 3"),
        (({3: [1]}, ["x"]), {}, TypeError, "names must be text; got 3"),
        (([[1, 2], [3]], ["x", "y"]), {"names": ["a", "b"]}, ValueError, "row 'b'"),
        (([[1]], ["x"]), {}, ValueError, "names must be given for the 1 rows"),
        (([[1]], ["x"]), {"names": ["a", "b"]}, ValueError, "1 rows and 2 names"),
        (({"a": [1]}, ["x"]), {"names": ["a"]}, ValueError, "names must be left out"),
        (({"a": [1]}, ["x"]), {"units": {"y": "m"}}, ValueError, "units must name"),
        (({"a": [1]}, ["x"]), {"formats": {"y": "d"}}, ValueError, "formats must name"),
        (({"a": [1]}, ["x"]), {"best": {"y": "low"}}, ValueError, "best must name"),
        (({"a": [1]}, ["x"]), {"best": "lowest"}, ValueError, r"one of \('low', 'high"),
        (({"a": ["b"]}, ["x"]), {"best": "low"}, ValueError, "a column of numbers"),
        (({"a": [1.5]}, ["x"]), {"formats": "d"}, ValueError, "format of column 'x'"),
        (({"a": [1.5]}, ["x"]), {"formats": ".2q"}, ValueError, "got '.2q' for 1.5"),
        (({"a": [1j]}, ["x"]), {}, TypeError, "got 1j in column 'x'"),
        (({"a": [[1]]}, ["x"]), {}, TypeError, r"got \[1\] in column 'x'"),
        (({"a": [1]}, ["x"]), {"caption": 3}, TypeError, "caption must be text; got 3"),
    ],
)
def test_refusals_say_what_is_allowed(
    arguments: tuple[object, ...],
    options: dict[str, object],
    error: type[Exception],
    says: str,
) -> None:
    with pytest.raises(error, match=f"^table: .*{says}"):
        lb.show.table(*arguments, **options)


@given(
    st.lists(
        st.lists(
            st.floats(-1e6, 1e6) | st.sampled_from([None, np.nan, np.inf]),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
    ),
    st.sampled_from([None, ".2f", ".1%", "#.3g", ".1e", "+,.0f"]),
)
def test_no_negative_zero_and_one_width(
    values: list[list[float | None]], spec: str | None
) -> None:
    rows = {f"row {k}": row for k, row in enumerate(values)}
    table = lb.show.table(rows, ["a", "b", "c"], formats=spec)
    text = repr(table)
    assert not re.search(r"[-−]0(?:\.0*)?(?![\d.])(?!e)", text)
    assert "-" not in text
    assert "nan" not in text
    assert max(map(len, text.splitlines())) <= tables.WIDTH
    assert repr(lb.show.table(rows, ["a", "b", "c"], formats=spec)) == text
