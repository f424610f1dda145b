"""Numbers that are compared, in a table: HTML on a page, aligned text in a terminal."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np

from lossbook.validation import Named, check_option

WIDTH = 79  # characters of a line in a terminal
MISSING = "–"
BEST = "best"
OWNER = Named("table")
# As wide as a digit and as a point, so that decimals stand below each other.
FIGURE_SPACE, POINT_SPACE = "\u2007", "\u2008"

Which = Literal["low", "high"]


@dataclass(frozen=True)
class Entry:
    """The text of a cell; ``pad`` is what stands in for decimals it does not have."""

    text: str
    is_number: bool = False
    is_best: bool = False
    pad: str = ""

    def plain(self) -> str:
        """As a terminal shows it: the best of a column says so."""
        pad = self.pad.replace(FIGURE_SPACE, " ").replace(POINT_SPACE, " ")
        return f"{BEST} " * self.is_best + self.text + pad

    def html(self) -> str:
        """As a page shows it."""
        said = escape(self.text) + self.pad
        if self.is_best:
            said = f"<small>{BEST}</small> <strong>{said}</strong>"
        kind = ' class="number"' * self.is_number
        return f"<td{kind}>{said}</td>"


@dataclass(frozen=True)
class Column:
    """A column: its name, its unit, and an entry for each row."""

    name: str
    unit: str
    entries: tuple[Entry, ...]

    @property
    def is_number(self) -> bool:
        """Whether it stands to the right, as numbers do."""
        return any(entry.is_number for entry in self.entries)

    def lines(self, units: bool) -> list[str]:
        """Its name, its unit where any column has one, and its entries, aligned."""
        head = [self.name, f"({self.unit})" * bool(self.unit)][: 1 + units]
        texts = head + [entry.plain() for entry in self.entries]
        width = max(map(len, texts))
        return [f"{text:{'>' if self.is_number else '<'}{width}}" for text in texts]

    def html(self) -> str:
        """Its head."""
        unit = f' <span class="unit">({escape(self.unit)})</span>' * bool(self.unit)
        kind = ' class="number"' if self.is_number else ""
        return f'<th scope="col"{kind}>{escape(self.name)}{unit}</th>'


@dataclass(frozen=True, repr=False)
class Table:
    """What :func:`table` makes: HTML in a notebook, else plain text."""

    corner: str
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    caption: str
    note: str

    def _repr_html_(self) -> str:
        label = self.caption or "Table: " + ", ".join(c.name for c in self.columns)
        head = "".join(column.html() for column in self.columns)
        # A head without words is none.
        corner = f'<th scope="col">{escape(self.corner)}</th>'
        head = (corner if self.corner else "<td></td>") + head
        lines = [
            f'<div class="wide numbers" role="group" aria-label="{escape(label)}"'
            ' tabindex="0">',
            "<table>",
            *([f"<caption>{escape(self.caption)}</caption>"] if self.caption else []),
            f"<thead><tr>{head}</tr></thead>",
            "<tbody>",
        ]
        for i, name in enumerate(self.names):
            cells = "".join(column.entries[i].html() for column in self.columns)
            lines.append(f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>')
        lines += ["</tbody>", "</table>", "</div>"]
        if self.note:
            lines.append(f'<p class="table-note">{escape(self.note)}</p>')
        return "\n".join(lines)

    def __repr__(self) -> str:
        units = any(column.unit for column in self.columns)
        first = [self.corner, *([""] * units), *self.names]
        width = max(map(len, first))
        blocks: list[list[str]] = []
        for lines in (column.lines(units) for column in self.columns):
            # What does not fit goes below, beside the names once more.
            if not blocks or len(blocks[-1][0]) + 2 + len(lines[0]) > WIDTH:
                blocks.append([f"{name:<{width}}" for name in first])
            both = zip(blocks[-1], lines, strict=True)
            blocks[-1] = [f"{left}  {right}" for left, right in both]
        parts = ["\n".join(line.rstrip() for line in block) for block in blocks]
        caption, note = (textwrap.fill(t, WIDTH) for t in (self.caption, self.note))
        return "\n\n".join(filter(None, [caption, *parts, note]))


def table(
    rows: Any,
    columns: Sequence[str] | None = None,
    *,
    names: Sequence[str] | None = None,
    corner: str = "",
    formats: str | Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    best: Which | Mapping[str, Which] | None = None,
    missing: str = MISSING,
    caption: str = "",
    note: str = "",
) -> Table:
    """Numbers that are compared, with names for rows and columns.

    Parameters
    ----------
    rows : mapping, sequence of mappings or array_like of shape (n, k)
        A mapping gives each name its row: a mapping from columns, a sequence, or one
        value.  In a sequence of mappings the first value of each is its name.
    columns : sequence of str, optional
        The names of the columns.  Mappings bring their own; given here, they choose
        and order.
    names : sequence of str, optional
        The names of the rows of an array.
    corner : str
        What the names of the rows are.
    formats : str or mapping, optional
        A format specification for all columns, or for some, such as ``".2f"``,
        ``".0%"`` or ``",d"``.  Without one, integers are written in full and other
        numbers with three significant digits.
    units : mapping, optional
        The units of some columns.
    best : {"low", "high"} or mapping, optional
        Which value is the best of every column, or of some: it is marked, with all
        that look the same.
    missing : str
        What stands for None and NaN.
    caption, note : str
        A sentence above the table and one below.

    Returns
    -------
    Table
        It shows itself in a notebook and as plain text, at most 79 characters wide.

    Examples
    --------
    >>> lb.show.table(
    ...     {"least squares": [0.504, 1.84], "Tukey": [0.11, 0.14]},
    ...     ["slope", "off by"],
    ...     units={"slope": "a year"},
    ...     formats=".2f",
    ...     best={"off by": "low"},
    ... )
                      slope     off by
                   (a year)
    least squares      0.50       1.84
    Tukey              0.11  best 0.14
    """
    heads, columns, cells, corner = _laid_out(rows, columns, names, corner)
    given = {
        "formats": _for_each(formats, columns),
        "units": units or {},
        "best": _for_each(best, columns),
    }
    for what, choice in given.items():
        for name in choice:
            if name not in columns:
                raise ValueError(
                    f"{OWNER}: {what} must name columns of {columns}; got {name!r}"
                )
    for which in given["best"].values():
        check_option(OWNER, "best", which, ("low", "high"))
    made = [
        Column(
            _words("columns", name),
            _words("units", given["units"].get(name, "")),
            _entries(
                name,
                [row[k] for row in cells],
                given["formats"].get(name),
                given["best"].get(name),
                missing,
            ),
        )
        for k, name in enumerate(columns)
    ]
    return Table(
        _words("corner", corner),
        tuple(_words("names", head) for head in heads),
        tuple(made),
        _words("caption", caption),
        _words("note", note),
    )


def _laid_out(
    rows: Any, columns: Sequence[str] | None, names: Sequence[str] | None, corner: str
) -> tuple[list[str], list[str], list[list[Any]], str]:
    """The names of the rows, the names of the columns, the values, the corner."""
    chosen = None if columns is None else [*columns]
    if isinstance(columns, str):
        raise TypeError(f"{OWNER}: columns must be a list of names; got {columns!r}")
    records = isinstance(rows, list) and any(isinstance(row, Mapping) for row in rows)
    if records:
        if not all(isinstance(row, Mapping) and row for row in rows):
            raise TypeError(f"{OWNER}: rows must all be mappings, or none; got {rows}")
        keys = [*rows[0]]
        corner = corner or keys[0]
        heads = [row.get(keys[0]) for row in rows]
        bodies: list[Any] = [
            {k: v for k, v in row.items() if k != keys[0]} for row in rows
        ]
    elif isinstance(rows, Mapping):
        heads, bodies = [*rows], [*rows.values()]
    elif isinstance(rows, np.ndarray | list) and np.iterable(rows):
        bodies = [*rows]
        if names is None:
            raise ValueError(
                f"{OWNER}: names must be given for the {len(bodies)} rows of an array; "
                "got none"
            )
        heads = [*names]
    else:
        raise TypeError(
            f"{OWNER}: rows must be a mapping, a list of mappings or an array of shape "
            f"(n, k); got {rows!r}"
        )
    if names is not None and (records or isinstance(rows, Mapping)):
        raise ValueError(f"{OWNER}: names must be left out, the rows have names")
    if len(heads) != len(bodies) or not bodies:
        raise ValueError(
            f"{OWNER}: rows must be at least one, each with a name; "
            f"got {len(bodies)} rows and {len(heads)} names"
        )
    if chosen is None and all(isinstance(body, Mapping) for body in bodies):
        chosen = list(dict.fromkeys(key for body in bodies for key in body))
    if not chosen:
        raise ValueError(f"{OWNER}: columns must name at least one column; got none")
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"{OWNER}: columns must have different names; got {chosen}")
    cells = [
        _values(head, body, chosen) for head, body in zip(heads, bodies, strict=True)
    ]
    return heads, chosen, cells, corner


def _values(head: str, body: Any, columns: list[str]) -> list[Any]:
    """The values of a row, one for each column."""
    if isinstance(body, Mapping):
        return [body.get(column) for column in columns]
    values = [*body] if np.iterable(body) and not isinstance(body, str) else [body]
    if len(values) != len(columns):
        raise ValueError(
            f"{OWNER}: the row {head!r} must have {len(columns)} values, for "
            f"{columns}; got {len(values)}"
        )
    return values


def _for_each(choice: Any, columns: list[str]) -> Mapping[str, Any]:
    """What is chosen for every column, by its name."""
    return dict.fromkeys(columns, choice) if isinstance(choice, str) else choice or {}


def _words(name: str, text: Any) -> str:
    """A text in one line."""
    if not isinstance(text, str):
        raise TypeError(f"{OWNER}: {name} must be text; got {text!r}")
    return re.sub(r"\s*\n\s*", " ", text)


def _entries(
    column: str, values: list[Any], spec: str | None, best: str | None, missing: str
) -> tuple[Entry, ...]:
    """The entries of a column: formatted, aligned at the point, the best marked."""
    texts = [_text(column, value, spec, missing) for value in values]
    numbers = [_is_number(value) for value in values]
    there = [v for v, is_number in zip(values, numbers, strict=True) if is_number]
    winner = {"low": min, "high": max}.get(best or "")
    if winner and not there:
        raise ValueError(f"{OWNER}: best must name a column of numbers; got {column!r}")
    # What looks the same is as good: digits that are not shown decide nothing.
    top = _text(column, winner(there), spec, missing) if winner else None
    tails = [
        text.partition(".")[2] if is_number else ""
        for text, is_number in zip(texts, numbers, strict=True)
    ]
    longest = max(map(len, tails))
    entries = []
    for text, tail, is_number in zip(texts, tails, numbers, strict=True):
        gap = FIGURE_SPACE * (longest - len(tail))
        if longest and "." not in text:
            gap = POINT_SPACE + gap
        entries.append(
            Entry(text, is_number, is_number and text == top, gap if is_number else "")
        )
    return tuple(entries)


def _is_number(value: Any) -> bool:
    """Whether a value is a number that can be compared."""
    is_real = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    return is_real and not math.isnan(float(value))


def _text(column: str, value: Any, spec: str | None, missing: str) -> str:
    """What stands in a cell."""
    if isinstance(value, str):
        return _words("a value", value)
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if value is None or (isinstance(value, Real) and math.isnan(float(value))):
        return missing
    if not isinstance(value, Real):
        raise TypeError(
            f"{OWNER}: a value must be a real number, text, a bool or None; "
            f"got {value!r} in column {column!r}"
        )
    spec = ("d" if isinstance(value, Integral) else ".3g") if spec is None else spec
    try:
        text = format(value, spec)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{OWNER}: the format of column {column!r} must be one for its values, "
            f"such as '.2f'; got {spec!r} for {value!r}"
        ) from error
    if re.fullmatch(r"-[0.,]*0[0.,]*%?", text):  # its sign is an accident of rounding
        text = text.removeprefix("-")
    return text.replace("inf", "∞").replace("-", "−")
