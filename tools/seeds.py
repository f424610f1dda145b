"""Move every seed of the notebooks; do their asserts still hold?

    python -m tools.seeds [paths...] --draws 20      other samples, twenty times
    python -m tools.seeds --offsets 17 4711 nb       these again

Each draw is a number, printed, from which all seeds are moved: those of
`numpy.random.default_rng` and every `random_state` (tools/moved.py). All cells then
run; outputs are not compared, asserts have to hold and nothing may raise. A cell that
fails tells of its seed, not of the world.

A cell whose point is one data set has the tag `one-seed`; it and the check cells behind
it are let off, and counted.
"""

from __future__ import annotations

import argparse
import re
import secrets
import sys
from pathlib import Path

from tools import moved, replay
from tools.book import CHAPTERS, Notebook, has_tag, notebook_paths, shown

DRAWS = 3
SEEDED = re.compile(r"rng|random|seed")


def failures_of(path: Path, offset: int) -> list[replay.Failure]:
    """Run a notebook with moved seeds; the cells that fail though they may not."""
    page = Notebook(path)
    exempt = exempt_cells(page)
    moved.install(offset)
    failures = replay.play(page, replay.as_it_stands, replay.new_namespace())
    return [failure for failure in failures if failure.cell not in exempt]


def exempt_cells(page: Notebook) -> set[int]:
    """The cells tagged one-seed and the check cells directly behind them."""
    exempt, before = set(), False
    for n, cell in page.cells:
        before = has_tag(cell, "one-seed") or (before and has_tag(cell, "check"))
        if before:
            exempt.add(n)
    return exempt


def draws_anything(path: Path) -> bool:
    return any(SEEDED.search(cell.source) for _, cell in Notebook(path).code)


def run(paths: list[Path], offsets: list[int]) -> int:
    """Print the cells that fail; return how many do."""
    print(f"offsets: {' '.join(map(str, offsets))}", flush=True)
    seeded = [path for path in paths if draws_anything(path)]
    cases = [(path, offset) for path in seeded for offset in offsets]
    failed: dict[tuple[Path, int], list[tuple[int, replay.Failure]]] = {}
    results = replay.each(failures_of, cases)
    for (path, offset), failures in zip(cases, results, strict=True):
        for failure in failures:
            failed.setdefault((path, failure.cell), []).append((offset, failure))
        if offset == offsets[-1]:
            for (place, cell), cases_ in failed.items():
                if place == path:
                    report(place, cell, cases_, len(offsets))
    cells = [cell for path in paths for _, cell in Notebook(path).code]
    tagged = sum(has_tag(cell, "one-seed") for cell in cells)
    print(
        f"{len(failed)} cell(s) fail in {len(offsets)} draw(s) of {len(seeded)} "
        f"notebook(s) that draw; {tagged} of {len(cells)} cells are tagged one-seed"
    )
    return len(failed)


def report(
    path: Path, cell: int, cases: list[tuple[int, replay.Failure]], draws: int
) -> None:
    """One failing cell: how often, what it says, with which offsets."""
    where = f"{shown(path)}: cell {cell}: {len(cases)} of {draws}"
    print(f"{where}: {cases[0][1]}")
    print(f"    offsets {' '.join(str(offset) for offset, _ in cases)}", flush=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.seeds",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", type=Path, default=[CHAPTERS])
    parser.add_argument("--draws", type=int, default=DRAWS, metavar="N")
    parser.add_argument("--offsets", type=int, nargs="+", help="drawn before, again")
    options = parser.parse_args(arguments)
    offsets = options.offsets or [
        1 + secrets.randbelow(10**6) for _ in range(options.draws)
    ]
    if min(offsets, default=-1) < 0:
        parser.error("expected one draw or more, and offsets of 0 or more")
    try:
        paths = notebook_paths(*options.paths)
    except ValueError as error:
        parser.error(str(error))
    return min(run(paths, offsets), 1)


if __name__ == "__main__":
    sys.exit(main())
