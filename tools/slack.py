"""How much tighter could each assert of the notebooks be before it fails?

    python -m tools.slack [paths...]              the loosest fifty, at moved seeds too
    python -m tools.slack --draws 0 --top 20 nb   at the stored seeds only

An assert with a number in it, `error < 0.05` or `gain > 0.1` or a tolerance of
`assert_allclose`, is tightened until it fails: the number is set against what it is
compared with, wherever and as often as the assert runs, with the seeds as they are and
moved (tools/moved.py), and the worst case counts. A factor of 40 means that a number
forty times as strict would have held. Differences that are pure rounding, asserted
below 1e-6, are left out, and so are comparisons with 0, which are about a sign.

The list is to be read: either the sentence of the check says no more than its assert,
or the assert is too weak for it.
"""

from __future__ import annotations

import argparse
import ast
import math
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
from nbformat import NotebookNode

from tools import moved, replay
from tools.asserts import function_name, is_literal
from tools.book import CHAPTERS, Notebook, notebook_paths, shown
from tools.seeds import draws_anything, exempt_cells

DRAWS, TOP = 5, 50
ROUNDING = 1e-6
NOTE = "__slack_of_an_assert__"
LESS = (ast.Lt, ast.LtE)
MORE = (ast.Gt, ast.GtE)
# Functions that hold up to rtol and atol, and the defaults of these.
CLOSE = {
    "assert_allclose": (1e-7, 0.0),
    "allclose": (1e-5, 1e-8),
    "isclose": (1e-5, 1e-8),
}


@dataclass(frozen=True)
class Slack:
    """An asserted number, and the strictest that would have held."""

    asserted: float
    needed: float

    @property
    def factor(self) -> float:
        """How many times stricter; infinite where even the other sign would hold."""
        if self.asserted * self.needed <= 0:
            return math.inf
        ratio = abs(self.needed / self.asserted)
        return max(ratio, 1 / ratio)


Key = tuple[int, int, int]  # cell, line, which comparison of the line


def note_into(found: dict[Key, Slack]) -> Callable[..., Any]:
    """What the changed asserts call: compares as before, and keeps the least slack."""

    def note(key: Key, what: str, *values: Any) -> Any:
        slack, result = MEASURES[what](*values)
        if slack and (key not in found or slack.factor < found[key].factor):
            found[key] = slack
        return result

    return note


def bound_slack(
    base: Any, operation: str, number: float, is_upper: bool, measured: Any
) -> tuple[Slack | None, None]:
    """Slack of `measured < base + number`; of `>` if the bound is a lower one."""
    try:
        base, measured = np.asarray(base, float), np.asarray(measured, float)
        needed = {
            "": lambda: measured + 0 * base,
            "Add": lambda: measured - base,
            "Sub": lambda: base - measured,
            "Mult": lambda: measured / base,
            "Div": lambda: base / measured,
        }[operation]()
    except (TypeError, ValueError):
        return None, None
    if not needed.size or not np.isfinite(needed).all():
        return None, None
    # The bound falls with the number where it is subtracted or divided by.
    falls = operation in ("Sub", "Div") or (operation == "Mult" and base.max() < 0)
    worst = needed.max() if is_upper != falls else needed.min()
    return Slack(number, float(worst)), None


def close_slack(
    function: Callable[..., Any],
    name: str,
    arguments: tuple[Any, ...],
    options: dict[str, Any],
) -> tuple[Slack | None, Any]:
    """Slack of the tolerance of a function such as np.allclose."""
    result = function(*arguments, **options)
    given = dict(zip(("actual", "desired", "rtol", "atol"), arguments, strict=False))
    given |= options
    try:
        actual = np.asarray(given["actual"], float)
        desired = np.asarray(given["desired"], float)
        off = np.abs(actual - desired)
    except (KeyError, TypeError, ValueError):
        return None, result
    rtol, atol = CLOSE[name]
    rtol, atol = given.get("rtol", rtol), given.get("atol", atol)
    allowed = atol + rtol * np.abs(desired)
    if not off.size or not (allowed > 0).all() or not np.isfinite(off).all():
        return None, result
    tolerance = max(float(rtol), float(atol))
    return Slack(tolerance, tolerance * float((off / allowed).max())), result


MEASURES: dict[str, Callable[..., tuple[Slack | None, Any]]] = {
    "close": close_slack,
    "bound": bound_slack,
}


class Noting(ast.NodeTransformer):
    """Puts a note beside each comparison with a number in the asserts of a cell."""

    def __init__(self, cell: int) -> None:
        self.cell, self.count = cell, 0

    def key(self, node: ast.AST) -> ast.expr:
        self.count += 1
        numbers = (self.cell, getattr(node, "lineno", 0), self.count)
        return ast.Tuple([ast.Constant(n) for n in numbers], ast.Load())

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        node.test = self.asserted(node.test)
        return node

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        if isinstance(node.value, ast.Call):
            name = function_name(node.value)
            if name.startswith("assert") and name in CLOSE:
                node.value = self.close(node.value)
        return node

    def asserted(self, node: ast.expr) -> ast.expr:
        """The comparisons that have to hold; not those that pick or count something."""
        if isinstance(node, ast.Compare):
            return self.compare(node)
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
            node.values = [self.asserted(value) for value in node.values]
        elif isinstance(node, ast.Call) and function_name(node) == "all":
            if node.args:
                node.args[0] = self.asserted(node.args[0])
            elif isinstance(node.func, ast.Attribute):
                node.func.value = self.asserted(node.func.value)
        elif isinstance(node, ast.Call) and function_name(node) in CLOSE:
            return self.close(node)
        elif isinstance(node, ast.GeneratorExp | ast.ListComp):
            node.elt = self.asserted(node.elt)
        return node

    def compare(self, node: ast.Compare) -> ast.expr:
        notes: list[ast.expr] = []
        sides = [node.left, *node.comparators]
        for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
            if isinstance(op, LESS + MORE):
                upper = isinstance(op, LESS)
                notes += self.bound(node, right, upper, left)
                notes += self.bound(node, left, not upper, right)
        # A note gives None: `note or note or comparison` is the comparison.
        return ast.BoolOp(ast.Or(), [*notes, node]) if notes else node

    def bound(
        self, node: ast.AST, bound: ast.expr, is_upper: bool, measured: ast.expr
    ) -> list[ast.expr]:
        """A note for `measured < bound` if the bound has a number to tighten."""
        split = number_in(bound)
        if split is None or is_literal(measured):
            return []
        base, operation, number = split
        values = [base, ast.Constant(operation), number, ast.Constant(is_upper)]
        return [called(self.key(node), "bound", *values, measured)]

    def close(self, node: ast.Call) -> ast.expr:
        """A note in place of a function that compares up to a tolerance."""
        starred = any(isinstance(argument, ast.Starred) for argument in node.args)
        if starred or any(keyword.arg is None for keyword in node.keywords):
            return node
        options = ast.Dict(
            [ast.Constant(keyword.arg) for keyword in node.keywords],
            [keyword.value for keyword in node.keywords],
        )
        arguments = ast.Tuple(node.args, ast.Load())
        values = [node.func, ast.Constant(function_name(node)), arguments, options]
        return called(self.key(node), "close", *values)


def called(key: ast.expr, what: str, *values: ast.expr) -> ast.Call:
    name = ast.Name(NOTE, ast.Load())
    return ast.Call(name, [key, ast.Constant(what), *values], [])


def number_in(bound: ast.expr) -> tuple[ast.expr, str, ast.expr] | None:
    """A bound as base, operation and number: x + 0.1, 2 * x, or a number alone."""
    if is_literal(bound):
        value = literal(bound)
        return (ast.Constant(0), "", bound) if tightens(value) else None
    if isinstance(bound, ast.BinOp) and isinstance(
        bound.op, ast.Add | ast.Sub | ast.Mult | ast.Div
    ):
        operation = type(bound.op).__name__
        sides = [(bound.left, bound.right)]
        if isinstance(bound.op, ast.Add | ast.Mult):
            sides.append((bound.right, bound.left))
        for base, number in sides:
            if is_literal(number) and tightens(literal(number)):
                return base, operation, number
    return None


def literal(node: ast.expr) -> Any:
    return eval(compile(ast.Expression(node), "<literal>", "eval"))


def tightens(value: object) -> bool:
    """Whether a number is a bound that could be stricter, and not just rounding."""
    return isinstance(value, int | float) and abs(value) > ROUNDING


def compiled(n: int, cell: NotebookNode) -> CodeType:
    """A cell whose asserts note their slack."""
    tree = Noting(n).visit(ast.parse(cell.source))
    return compile(ast.fix_missing_locations(tree), f"<cell {n}>", "exec")


def slacks_of(path: Path, offset: int) -> dict[Key, Slack]:
    """Run a notebook with moved seeds; the slack of each assert that held."""
    found: dict[Key, Slack] = {}
    page = Notebook(path)
    moved.install(offset)
    namespace = replay.new_namespace() | {NOTE: note_into(found)}
    failed = {failure.cell for failure in replay.play(page, compiled, namespace)}
    left_out = failed | (exempt_cells(page) if offset else set())
    return {key: slack for key, slack in found.items() if key[0] not in left_out}


def run(paths: list[Path], offsets: list[int], top: int) -> None:
    """Print the loosest asserts."""
    print(f"offsets: {' '.join(map(str, offsets))}", flush=True)
    cases = [
        (path, offset)
        for path in paths
        for offset in offsets
        if offset == 0 or draws_anything(path)
    ]
    least: dict[tuple[Path, Key], Slack] = {}
    results = replay.each(slacks_of, cases)
    for (path, _), found in zip(cases, results, strict=True):
        for key, slack in found.items():
            if abs(slack.asserted) <= ROUNDING:
                continue
            before = least.get((path, key))
            if before is None or slack.factor < before.factor:
                least[path, key] = slack
    loosest = sorted(least.items(), key=lambda item: -item[1].factor)
    for (path, (cell, line, _)), slack in loosest[:top]:
        source = dict(Notebook(path).cells)[cell].source.splitlines()[line - 1]
        print(
            f"{slack.factor:8.3g} times: {shown(path)}: cell {cell}: "
            f"{slack.asserted:.4g} asserted, {slack.needed:.4g} would do: "
            f"{source.strip()}"
        )
    print(f"{len(least)} asserted numbers in {len(paths)} notebook(s)")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.slack",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", type=Path, default=[CHAPTERS])
    parser.add_argument("--draws", type=int, default=DRAWS, metavar="N")
    parser.add_argument("--top", type=int, default=TOP, metavar="N")
    options = parser.parse_args(arguments)
    try:
        paths = notebook_paths(*options.paths)
    except ValueError as error:
        parser.error(str(error))
    draws = (1 + secrets.randbelow(10**6) for _ in range(options.draws))
    run(paths, [0, *draws], options.top)
    return 0


if __name__ == "__main__":
    sys.exit(main())
