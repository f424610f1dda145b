"""Asserts that cannot fail, as far as the text of a notebook shows it.

`empty_asserts` finds a comparison of a value with itself or with what it was computed
from by definition, of a literal with a literal, and of counts that add up by the way
they were counted. Names that are assigned once are read as what they stand for.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

CLOSE = {"allclose", "isclose", "array_equal", "array_equiv", "assert_allclose"}
CLOSE |= {"assert_equal", "assert_array_equal", "assert_almost_equal"}
CLOSE |= {"assert_array_almost_equal"}
HARMLESS = {"print", "display"} | CLOSE
COUNTS = {"sum", "mean", "count_nonzero"}
OPPOSITE = {ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.NotEq: ast.Eq}
MAX_DEPTH = 8
# A call of these gives another value each time.
STATEFUL = {"rng", "random", "next", "integers", "normal", "permutation", "choice"}

Linear = dict[str, float]  # what is added up, and how often


@dataclass
class Names:
    """What the names of a notebook stand for, as far as that is certain."""

    meaning: dict[str, ast.expr] = field(default_factory=dict)

    @classmethod
    def of(cls, trees: Iterable[ast.Module]) -> Names:
        trees = list(trees)
        stores = Counter(
            node.id
            for tree in trees
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )
        changed = {name for tree in trees for name in _changed(tree)}
        arguments = {
            node.arg
            for tree in trees
            for node in ast.walk(tree)
            if isinstance(node, ast.arg)
        }
        fixed = {name for name, n in stores.items() if n == 1} - changed - arguments
        own = {
            statement.targets[0].id: statement.value
            for tree in trees
            for statement in tree.body
            if isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        }
        # What is computed from a name that changes is not the same later.
        loose = (set(stores) | arguments) - fixed
        return cls(
            {
                name: value
                for name, value in own.items()
                if name in fixed
                and not _is_stateful(value)
                and not _names(value) & loose
            }
        )

    def expanded(self, node: ast.expr, depth: int = MAX_DEPTH) -> ast.expr:
        """The expression with names replaced by what they stand for."""
        if isinstance(node, ast.Name) and node.id in self.meaning and depth:
            return self.expanded(self.meaning[node.id], depth - 1)
        node = copy.copy(node)
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                setattr(node, name, self.expanded(value, depth))
            elif isinstance(value, list):
                parts = [
                    self.expanded(part, depth) if isinstance(part, ast.expr) else part
                    for part in value
                ]
                setattr(node, name, parts)
        return node


def empty_asserts(tree: ast.Module, names: Names) -> Iterator[str]:
    """Say what is wrong with each assert of a cell that cannot fail."""
    for left, right in _compared(tree):
        if _is_stateful(left) or _is_stateful(right):
            continue
        said = f"{ast.unparse(left)} with {ast.unparse(right)}"
        if is_literal(left) and is_literal(right):
            yield f"compares a literal with a literal: {said}"
            continue
        if _decides(left, right) or _decides(right, left):
            yield f"compares a value with one that is chosen by it: {said}"
            continue
        one, other = names.expanded(left), names.expanded(right)
        if _is_stateful(one) or _is_stateful(other):
            continue
        rest, counted = _difference(_linear(one), _linear(other))
        if not rest and not counted:
            yield f"compares a value with itself or with its definition: {said}"
        elif counted and not any(atom.startswith("count ") for atom in rest):
            yield f"compares counts that add up by construction: {said}"


def _compared(tree: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The two sides of each comparison that would hold for equal values."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            yield from _compared_in(node.test)
        elif isinstance(node, ast.Call) and function_name(node).startswith("assert"):
            yield from _compared_in(node)


def _compared_in(test: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in ast.walk(test):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            literal = all(map(is_literal, sides))
            for left, op, right in zip(sides, node.ops, sides[1:], strict=False):
                distance = _distance(left)
                if distance and isinstance(op, ast.Lt | ast.LtE):
                    yield distance
                elif literal or isinstance(op, ast.Eq):
                    yield left, right
        elif isinstance(node, ast.Call) and function_name(node) in CLOSE:
            yield from itertools.pairwise(node.args[:2])


def _decides(one: ast.expr, other: ast.expr) -> bool:
    """Whether the other value is chosen by looking at the one."""
    said = ast.unparse(one)
    return not isinstance(one, ast.Constant) and any(
        ast.unparse(part) == said
        for choice in ast.walk(other)
        if isinstance(choice, ast.IfExp)
        for part in ast.walk(choice.test)
        if isinstance(part, ast.expr)
    )


def _distance(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """a and b of abs(a - b), which is compared with a tolerance."""
    while isinstance(node, ast.Call) and function_name(node) in {"max", "mean", "abs"}:
        inner = node.args[0] if node.args else None
        if function_name(node) == "abs":
            if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub):
                return inner.left, inner.right
            return None
        if inner is None and isinstance(node.func, ast.Attribute):
            inner = node.func.value
        if inner is None:
            return None
        node = inner
    return None


def _linear(node: ast.expr) -> tuple[Linear, bool]:
    """An expression as a sum of parts, and whether a count was turned round in it."""
    if (number := _number(node)) is not None:
        return {"1": number}, False
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _scaled(_linear(node.operand), -1)
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Add | ast.Sub):
            sign = 1 if isinstance(node.op, ast.Add) else -1
            return _added(_linear(node.left), _scaled(_linear(node.right), sign))
        if isinstance(node.op, ast.Mult):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if (factor := _number(one)) is not None:
                    return _scaled(_linear(other), factor)
    if isinstance(node, ast.Call) and (counted := _counted(node)):
        return _count("mean" if function_name(node) == "mean" else "sum", counted)
    return {ast.unparse(node): 1.0}, False


def _number(node: ast.expr) -> float | None:
    """The value of a number that is written out; True is none."""
    if isinstance(node, ast.Constant) and not isinstance(node.value, bool):
        return float(node.value) if isinstance(node.value, int | float) else None
    return None


def _counted(node: ast.Call) -> ast.expr | None:
    """What an expression sums up, written as np.sum(x) or as x.sum()."""
    if function_name(node) not in COUNTS or node.keywords or len(node.args) > 1:
        return None
    if node.args:
        return node.args[0]
    return node.func.value if isinstance(node.func, ast.Attribute) else None


def _count(how: str, condition: ast.expr) -> tuple[Linear, bool]:
    """A count; that of >= is what is left of that of <, and that of ~m of m."""
    turned = None
    match condition:
        case ast.UnaryOp(op=ast.Invert(), operand=inside):
            turned = inside
        case ast.Compare(left=left, ops=[op], comparators=right):
            if type(op) in OPPOSITE:
                turned = ast.Compare(left, [OPPOSITE[type(op)]()], right)
    if turned is None:
        return {f"count {how} {ast.unparse(condition)}": 1.0}, False
    return {f"size of {how}": 1.0, f"count {how} {ast.unparse(turned)}": -1.0}, True


def _scaled(part: tuple[Linear, bool], factor: float) -> tuple[Linear, bool]:
    return {atom: factor * n for atom, n in part[0].items()}, part[1]


def _added(one: tuple[Linear, bool], other: tuple[Linear, bool]) -> tuple[Linear, bool]:
    total = dict(one[0])
    for atom, n in other[0].items():
        total[atom] = total.get(atom, 0.0) + n
    return {atom: n for atom, n in total.items() if n}, one[1] or other[1]


def _difference(
    one: tuple[Linear, bool], other: tuple[Linear, bool]
) -> tuple[Linear, bool]:
    return _added(one, _scaled(other, -1))


def function_name(node: ast.Call) -> str:
    """The last part of the name of a function: `sum` for `np.sum` and `x.sum`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def is_literal(node: ast.expr) -> bool:
    """Whether an expression is made of literals and operators alone."""
    allowed = (
        *(ast.Constant, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List),
        *(ast.operator, ast.unaryop, ast.Load),
    )
    return all(isinstance(part, allowed) for part in ast.walk(node))


def _is_stateful(node: ast.expr) -> bool:
    return bool(_names(node) & STATEFUL) or any(
        isinstance(part, ast.Attribute) and part.attr in STATEFUL
        for part in ast.walk(node)
    )


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _changed(tree: ast.Module) -> Iterator[str]:
    """Names whose values may change in place: x[0] = 1, x += 1, x.sort(), f(x)."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=place, ctx=ast.Store()):
                yield from _names(place)
            case ast.Attribute(value=place, ctx=ast.Store()):
                yield from _names(place)
            case ast.AugAssign(target=place):
                yield from _names(place)
            case ast.Expr(value=ast.Call() as call) if (
                function_name(call) not in HARMLESS
            ):
                yield from _names(call)
