"""Damage a copy of the repository in every way that matters; is it noticed?

    python -m tools.mutate            all of it (about half an hour on two cores)
    python -m tools.mutate --quick    one damage of each kind (about two minutes)

Each kind of damage names the narrowest check that should see it, and only that runs.
A table says how many were caught; those that were not are listed. How much stricter the
asserts of the notebooks could be is measured by `tools.slack`.
"""

import argparse
import ast
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np
from PIL import Image

from tools.book import ROOT, notebook_paths
from tools.copies import copy_of
from tools.figures import FRACTION

SLOPE_NAMES = {
    *("_gradient", "_hessian", "gradient", "hessian", "_penalty_slope"),
    *("rho_prime", "rho_second", "phi_prime", "phi_second"),
    *("price_prime", "price_second", "expit_slope", "_slope"),
}
WEIGHT_NAMES = {"w", "weights", "sample_weight"}
SOME = "chapters/4-surrogates/20-when-is-a-surrogate-safe.ipynb"
QUICK = "chapters/solutions/10-proper-scoring-rules.ipynb"
AT_ONCE = 2

Change = Callable[[str], str]
Cell = dict[str, Any]


@dataclass(frozen=True)
class Damage:
    """One change to one file, and the command that should fail because of it."""

    kind: str
    file: str
    change: Change
    check: tuple[str, ...]
    near: tuple[str, ...] = ()  # a part of the check that is tried before it


NO_TESTS = 5  # what pytest returns if it finds none


def pytest_(*arguments: str) -> tuple[str, ...]:
    return ("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *arguments)


FORM = ("-m", "tools.notebooks", "check")
TESTS = (
    *("contract", "losses", "multiclass", "overlap", "boxes", "ranking"),
    *("functionals", "links", "numerics", "bad_input", "inputs"),
    *("linear", "descent", "booster", "surrogates", "plots"),
    *("judge", "metrics", "forecasts", "reliability", "scoring", "check_loss"),
)


def tests_named(pattern: str, modules: tuple[str, ...]) -> tuple[str, ...]:
    """The tests of lossbook whose names match."""
    return pytest_(*(f"tests/test_{name}.py" for name in modules), "-k", pattern)


NEAR = {
    "losses": ("contract", "losses"),
    "judge": ("judge", "reliability", "forecasts"),
    "fit": ("linear", "descent", "booster"),
    "show": ("plots",),
}


def near(file: str) -> tuple[str, ...]:
    """The modules of tests that stand nearest to a file of lossbook."""
    path = Path(file)
    own = [name for name in TESTS if name == path.stem]
    return (*own, *NEAR.get(path.parent.name, ("contract", "losses")))


SLOPES = "slope or derivative or gradient or digits"
WEIGHTS = "weight or fit or sample or mean or best or functionals"
DOMAINS = "domain or parameter or bad or range or refus or must or check or weight"


def in_lossbook(kind: str, file: str, change: Change, pattern: str) -> Damage:
    nearest = tests_named(pattern, near(file))
    return Damage(kind, file, change, tests_named(pattern, TESTS), nearest)


# ---- notebooks


def in_cell(pick: Callable[[Cell], bool], change: Callable[[Cell], None]) -> Change:
    """Change the first cell that is picked."""

    def changed(text: str) -> str:
        nb = json.loads(text)
        for cell in nb["cells"]:
            if pick(cell):
                change(cell)
                return json.dumps(nb, indent=1, ensure_ascii=False) + "\n"
        return text

    return changed


def is_code(cell: Cell) -> bool:
    return cell["cell_type"] == "code" and "remove-cell" not in tags(cell)


def tags(cell: Cell) -> list[str]:
    return cell["metadata"].get("tags", [])


def has_figure(cell: Cell) -> bool:
    return "figure" in cell["metadata"].get("mystnb", {})


def is_check(cell: Cell) -> bool:
    return "check" in tags(cell)


def without_asserts(cell: Cell) -> None:
    lines = "".join(cell["source"]).splitlines(keepends=True)
    checks = ("assert", "np.testing")
    cell["source"] = [x for x in lines if not x.strip().startswith(checks)]


def unrun(cell: Cell) -> None:
    cell["execution_count"], cell["outputs"] = None, []


def warned(cell: Cell) -> None:
    line = {"name": "stderr", "output_type": "stream", "text": ["careful\n"]}
    cell["outputs"].append(line)


def caption_emptied(cell: Cell) -> None:
    cell["metadata"]["mystnb"]["figure"]["caption"] = " "


def alt_of_one_word(cell: Cell) -> None:
    cell["metadata"]["mystnb"]["image"]["alt"] = "A curve"


def alt_that_names_the_kind(cell: Cell) -> None:
    image = cell["metadata"]["mystnb"]["image"]
    image["alt"] = "Plot of " + image["alt"][:300]


# Each is done to every notebook at once, and the form has to name them all.
FORMS: dict[str, Change] = {
    "unrun cell": in_cell(is_code, unrun),
    "stderr line": in_cell(is_code, warned),
    "caption removed": in_cell(
        has_figure, lambda c: c["metadata"]["mystnb"]["figure"].pop("caption")
    ),
    "caption emptied": in_cell(has_figure, caption_emptied),
    "alt text removed": in_cell(
        has_figure, lambda c: c["metadata"]["mystnb"]["image"].pop("alt")
    ),
    "alt text of one word": in_cell(has_figure, alt_of_one_word),
    "alt text that names the kind": in_cell(has_figure, alt_that_names_the_kind),
    "asserts of a check removed": in_cell(is_check, without_asserts),
}


def with_text(output: Cell) -> tuple[Cell, str] | None:
    """Where an output keeps its text, unless the text stands for a picture."""
    data = output.get("data", {})
    for holder, key in ((output, "text"), (data, "text/plain")):
        if isinstance(holder.get(key), list) and "image/png" not in data:
            return holder, key
    return None


def other_digit(position: Callable[[int], int]) -> Change:
    """Another digit in every printed output, which of them ``position`` says."""

    def changed(text: str) -> str:
        nb = json.loads(text)
        for cell in nb["cells"]:
            for output in cell.get("outputs", []):
                if found := with_text(output):
                    holder, key = found
                    said = "".join(holder[key])
                    if digits := list(re.finditer(r"\d", said)):
                        at = digits[position(len(digits))].start()
                        digit = str((int(said[at]) + 1) % 10)
                        said = said[:at] + digit + said[at + 1 :]
                        holder[key] = said.splitlines(keepends=True)
        return json.dumps(nb, indent=1, ensure_ascii=False) + "\n"

    return changed


def without_a_curve(png: str) -> str:
    """The picture without the colour that is seen least: a line, a few points."""
    pixels = np.array(Image.open(BytesIO(base64.b64decode(png))).convert("RGBA"))
    colours, counts = np.unique(pixels.reshape(-1, 4), axis=0, return_counts=True)
    opaque = colours[:, 3] == 255
    colourful = opaque & (np.ptp(colours[:, :3].astype(int), axis=1) > 60)
    large = counts > 2 * FRACTION * counts.sum()  # more than is tolerated
    if not (colourful & large).any():  # all in grey
        colourful = opaque & (np.arange(len(colours)) != counts.argmax())
    at = np.flatnonzero(colourful & large)
    curve = colours[at[counts[at].argmin()]]
    pixels[(pixels == curve).all(axis=-1)] = colours[counts.argmax()]
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode() + "\n"


def without_curves(text: str) -> str:
    """Every stored figure loses a curve."""
    nb = json.loads(text)
    for cell in nb["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = without_a_curve(data["image/png"])
    return json.dumps(nb, indent=1, ensure_ascii=False) + "\n"


# Each is done to all outputs of all notebooks at once; nbval has to name every cell.
OUTPUTS = {
    "first digit of an output": other_digit(lambda n: 0),
    "middle digit of an output": other_digit(lambda n: n // 2),
    "last digit of an output": other_digit(lambda n: -1),
    "plotted curve": without_curves,
}


# ---- lossbook, contents, pages


def spliced(start: int, end: int, new: str) -> Change:
    return lambda text: text[:start] + new + text[end:]


Position = Callable[[int, int], int]


def positions_in(source: str) -> Position:
    """Where a line and a column of the parser lie in the text."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def position(line: int, column: int) -> int:
        start = starts[line - 1]
        return start + len(source[start:].encode()[:column].decode())

    return position


def span(node: ast.expr, position: Position) -> tuple[int, int]:
    """Start and end of an expression."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (
        position(node.lineno, node.col_offset),
        position(node.end_lineno, node.end_col_offset),
    )


def functions_of(source: str) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            yield node


# They return a value, and beside it its derivatives.
BOTH_NAMES = {
    *("_value_and_gradient", "value_and_gradient", "_of_label"),
    *("_query", "_sums", "_distance"),
}


def derivatives(function: ast.FunctionDef) -> Iterator[ast.expr]:
    """What a function returns as a derivative."""
    for node in ast.walk(function):
        if not isinstance(node, ast.Return) or node.value is None:
            continue
        if function.name in SLOPE_NAMES:
            yield node.value
        elif function.name in BOTH_NAMES and isinstance(node.value, ast.Tuple):
            yield from node.value.elts[1:]


def wrong_signs(file: str, source: str) -> Iterator[Damage]:
    """A minus before each returned derivative."""
    position = positions_in(source)
    for function in functions_of(source):
        for value in derivatives(function):
            said = ast.unparse(value)
            if "zeros" in said or said == "0":  # zero has no sign
                continue
            start, end = span(value, position)
            new = f"-1 * ({source[start:end]})"
            change = spliced(start, end, new)
            yield in_lossbook("wrong sign of a derivative", file, change, SLOPES)


def dropped_weights(file: str, source: str) -> Iterator[Damage]:
    """A function that takes weights treats all as 1."""
    position = positions_in(source)
    # In descent.py w are the weights of a model.
    names = WEIGHT_NAMES - {"w"} if file.endswith("descent.py") else WEIGHT_NAMES
    for function in functions_of(source):
        for argument in function.args.args + function.args.kwonlyargs:
            name, kind = argument.arg, argument.annotation
            if name not in names:
                continue
            # None, where it is allowed, stands for weights of 1.
            optional = kind is not None and "None" in ast.unparse(kind)
            ones = "None" if optional else f"0 * {name} + 1"
            body = function.body
            if ast.get_docstring(function):
                body = body[1:]
            if body:
                start = position(body[0].lineno, body[0].col_offset)
                new = f"{name} = {ones}\n" + " " * body[0].col_offset
                change = spliced(start, start, new)
                yield in_lossbook("dropped weight", file, change, WEIGHTS)


CHECKS = {"check_parameter", "check_number", "check_integer", "check_values"}
CHECKS |= {"column", "sample"}  # of the judging wing


def domain_of(node: ast.AST) -> ast.expr | None:
    """What a statement allows: a check, the field of a parameter, a class's targets."""
    if isinstance(node, ast.Dict):
        named = zip(node.keys, node.values, strict=True)
        return next((v for k, v in named if k and ast.unparse(k) == "'domain'"), None)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.args[-1] if node.func.id in CHECKS and node.args else None
    if isinstance(node, ast.Assign | ast.AnnAssign):
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
        return node.value if ast.unparse(target) in ("y_domain", "domain") else None
    return None


def wrong_domains(file: str, source: str) -> Iterator[Damage]:
    """Every number is allowed."""
    position = positions_in(source)
    for node in ast.walk(ast.parse(source)):
        domain = domain_of(node)
        if domain is None:
            continue
        said = ast.unparse(domain)
        # All numbers are allowed already; or the caller says which.
        if said in ("REALS", "ClassLabels()") or said[0].islower():
            continue
        change = spliced(*span(domain, position), f"type({said})()")
        yield in_lossbook("wrong domain", file, change, DOMAINS)


def of_lossbook() -> Iterator[Damage]:
    for path in sorted((ROOT / "lossbook").rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        source = path.read_text(encoding="utf8")
        yield from wrong_signs(file, source)
        yield from dropped_weights(file, source)
        yield from wrong_domains(file, source)


def swapped(text: str) -> str:
    lines = text.splitlines(keepends=True)
    at = [n for n, line in enumerate(lines) if "- file: chapters/1" in line]
    lines[at[0]], lines[at[1]] = lines[at[1]], lines[at[0]]
    return "".join(lines)


BUILD = ("build", ".", "-W", "-n", "--keep-going")


def of_pages() -> Iterator[Damage]:
    yield Damage(
        "swapped order of the contents",
        "_toc.yml",
        swapped,
        pytest_("tests/test_house.py"),
    )
    yield Damage(
        "missing chapter in the contents",
        "_toc.yml",
        lambda t: re.sub(r"      - file: chapters/1.*\n", "", t, count=1),
        pytest_("tests/test_house.py"),
    )
    yield Damage(
        "broken link between chapters",
        SOME,
        lambda t: t.replace("{ref}`ch-", "{ref}`ch-no-", 1),
        BUILD,
    )
    yield Damage(
        "broken reference to a figure",
        SOME,
        lambda t: t.replace("{numref}`fig-", "{numref}`fig-no-", 1),
        BUILD,
    )
    yield Damage(
        "wrong number in the ledger",
        "chapters/appendix/claims.md",
        lambda t: re.sub(r"0\.(\d)", r"0.9\1", t, count=1),
        ("-m", "tools.ledger", "--check"),
    )
    yield Damage(
        "wrong word in the atlas",
        "chapters/appendix/atlas.md",
        lambda t: t.replace("the median", "the mean", 1),
        ("-m", "tools.atlas", "--check"),
    )
    yield Damage(
        "entry gone from the bibliography",
        "references.bib",
        lambda t: t.replace("{savage1971", "{savage1970", 1),
        pytest_("tests/test_references.py"),
    )
    yield Damage(
        "citation without an entry",
        SOME,
        lambda t: t.replace("{cite:p}`", "{cite:p}`no", 1),
        pytest_("tests/test_references.py"),
    )


# ---- running


def execute(check: tuple[str, ...], copy: Path) -> subprocess.CompletedProcess[str]:
    """Run a check in the copy, with lossbook and tools of the copy."""
    settings = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    program = [sys.executable]
    if check == BUILD:
        program = [str(Path(sys.executable).with_name("jupyter-book"))]
    return subprocess.run(
        [*program, *check], cwd=copy, env=settings, capture_output=True, text=True
    )


def with_texts(
    copy: Path, texts: dict[str, str], check: tuple[str, ...]
) -> subprocess.CompletedProcess[str]:
    """Run a check while files of the copy hold other texts."""
    before = {name: (copy / name).read_text(encoding="utf8") for name in texts}
    try:
        for name, text in texts.items():
            (copy / name).write_text(text, encoding="utf8")
        return execute(check, copy)
    finally:
        for name, text in before.items():
            (copy / name).write_text(text, encoding="utf8")


def where(damage: Damage) -> str:
    """The file and the first line that the damage changes."""
    before = (ROOT / damage.file).read_text(encoding="utf8")
    pairs = zip(before.splitlines(), damage.change(before).splitlines(), strict=False)
    changed = (n for n, (old, new) in enumerate(pairs, 1) if old != new)
    return f"{damage.file}:{next(changed)}"


def caught(damage: Damage, copy: Path) -> bool:
    """Whether the check of a damage fails because of it."""
    before = (copy / damage.file).read_text(encoding="utf8")
    after = damage.change(before)
    assert after != before, f"nothing to damage: {damage}"
    checks = [check for check in (damage.near, damage.check) if check]
    ends = (with_texts(copy, {damage.file: after}, c).returncode for c in checks)
    return any(end not in (0, NO_TESTS) for end in ends)


def each_caught(
    damages: list[Damage], copies: list[Path]
) -> Iterator[tuple[Damage, bool]]:
    """Each damage, and whether it is caught; as many at once as there are copies."""
    free: SimpleQueue[Path] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def one(damage: Damage) -> bool:
        copy = free.get()
        try:
            return caught(damage, copy)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        yield from zip(damages, pool.map(one, damages), strict=True)


def forms_caught(
    copy: Path, names: list[str], change: Change
) -> tuple[set[str], set[str]]:
    """The notebooks that were damaged, and those that the form complains of."""
    before = {name: (copy / name).read_text(encoding="utf8") for name in names}
    after = {name: change(text) for name, text in before.items()}
    damaged = {name for name in names if after[name] != before[name]}
    check = (*FORM, *sorted(damaged))
    said = with_texts(copy, {name: after[name] for name in damaged}, check).stdout
    return damaged, {name for name in damaged if f"{name}: " in said}


def outputs_caught(
    copy: Path, names: list[str], change: Change
) -> tuple[set[str], set[str]]:
    """The cells that were damaged, and those of them that nbval fails."""
    before = {name: (copy / name).read_text(encoding="utf8") for name in names}
    after = {name: change(text) for name, text in before.items()}
    damaged = set()
    for name in names:
        cells = [json.loads(texts[name])["cells"] for texts in (before, after)]
        code = [[c for c in part if c["cell_type"] == "code"] for part in cells]
        damaged |= {
            f"{name}::Cell {number}"
            for number, (old, new) in enumerate(zip(*code, strict=True))
            if old["outputs"] != new["outputs"]
        }
    nbval = (
        *("-m", "pytest", "-q", "-rf", "--tb=no", "-p", "no:cacheprovider"),
        *("-n", str(min(2, len(names) - 1)), "--nbval", *names),
    )
    said = with_texts(copy, after, nbval).stdout
    failed = re.findall(r"^FAILED (\S+::Cell \d+)", said, re.MULTILINE)
    return damaged, damaged & set(failed)


def run(quick: bool) -> int:
    """Try every damage, print the table; the number that nothing saw."""
    tally: dict[str, list[int]] = {}
    missed: list[str] = []

    def note(kind: str, damaged: int, found: int, where: str) -> None:
        row = tally.setdefault(kind, [0, 0])
        row[0] += damaged
        row[1] += found
        seen = f"{found} of {damaged} seen"
        print(f"{kind}: {seen}, {where}", file=sys.stderr, flush=True)
        if found < damaged:
            missed.append(f"{kind}: {where}, {seen}")

    with tempfile.TemporaryDirectory() as scratch:
        copies = [copy_of(Path(scratch) / str(n)) for n in range(AT_ONCE)]
        copy = copies[0]
        names = [
            p.relative_to(ROOT).as_posix() for p in notebook_paths(ROOT / "chapters")
        ]
        damages = [*of_lossbook(), *of_pages()]
        for check in dict.fromkeys([FORM, *(d.check for d in damages)]):
            done = execute(check, copy)
            if done.returncode:
                said = done.stdout + done.stderr
                sys.exit(f"{' '.join(check)} fails without any damage:\n{said}")
        for kind, change in FORMS.items():
            damaged, found = forms_caught(copy, names, change)
            note(kind, len(damaged), len(found), ", ".join(sorted(damaged - found)))
        some = {d.kind: d for d in reversed(damages)}.values() if quick else damages
        for damage, seen in each_caught([*some], copies):
            note(damage.kind, 1, int(seen), where(damage))
        for kind, change in OUTPUTS.items():
            chosen = [QUICK] if quick else names
            damaged, found = outputs_caught(copy, chosen, change)
            note(kind, len(damaged), len(found), ", ".join(sorted(damaged - found)))
    print("| damage | done | caught |\n| --- | --: | --: |")
    for kind, (done_, found_) in tally.items():
        print(f"| {kind} | {done_} | {found_} |")
    print(*missed, sep="\n")
    return len(missed)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tools.mutate", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    return min(run(parser.parse_args().quick), 1)


if __name__ == "__main__":
    sys.exit(main())
