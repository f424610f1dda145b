"""Run the notebooks of the book and check their form.

    python -m tools.notebooks run [paths...]    execute and write in the stored form,
                                                with the cell for Colab (tools/colab.py)
    python -m tools.notebooks check [paths...]  check the form; nothing is executed
    python -m tools.notebooks fold [paths...]   tag hide-input what imports or draws;
                                                nothing else changes

A path is a notebook or a folder; without one, all of chapters/ is meant.
That the stored outputs are those of the code is nbval's business (see conftest.py).
"""

import argparse
import asyncio
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tools import colab, form, normalise
from tools.book import CHAPTERS, book_of, notebook_paths, shown

CELL_TIMEOUT = 120  # seconds
JOBS = 2

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class CellFailedError(Exception):
    """A cell raised, took too long or ended its kernel."""


async def _execute(nb: NotebookNode, path: Path) -> None:
    """Run all cells in a fresh kernel that starts in the notebook's folder."""
    client = NotebookClient(
        nb,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],  # else it warns of plain TCP each time
        resources={"metadata": {"path": str(path.parent)}},
    )
    async with client.async_setup_kernel():
        for n, cell in enumerate(nb.cells, 1):
            try:
                await client.async_execute_cell(cell, n - 1)
            except CellExecutionError as error:
                reason = f"{error.ename}: {error.evalue}"
            except CellTimeoutError:
                reason = f"not finished after {CELL_TIMEOUT} s"
            except DeadKernelError:
                reason = "the kernel died"
            else:
                continue
            source = "\n".join(f"    {line}" for line in cell.source.splitlines())
            reason = _COLOUR.sub("", reason)
            raise CellFailedError(f"{shown(path)}: cell {n}: {reason}\n{source}")


def execute(nb: NotebookNode, path: Path) -> None:
    """Run all cells; in a thread, since a loop may run in this one (a browser's)."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _execute(nb, path)).result()


def run(path: Path) -> bool:
    """Execute a notebook and store it in its one form; say whether it changed."""
    nb = normalise.read(path)
    taken = {cell.id for cell in nb.cells}
    colab.renew(nb, normalise.new_id(colab.SOURCE, path, taken))
    execute(nb, path)
    text = normalise.as_text(normalise.normalise(nb)).encode()
    changed = text != path.read_bytes()
    if changed:
        path.write_bytes(text)
    return changed


def run_all(paths: list[Path]) -> int:
    """Run notebooks, two at a time; return how many failed. Those stay as they were."""

    def report(path: Path) -> bool:
        start = time.perf_counter()
        try:
            state = "written" if run(path) else "unchanged"
        except (CellFailedError, ValueError) as error:
            print(error, file=sys.stderr, flush=True)
            return False
        seconds = time.perf_counter() - start
        print(f"{shown(path)}: {state}, {seconds:.1f} s", flush=True)
        return True

    with ThreadPoolExecutor(JOBS) as pool:
        return list(pool.map(report, paths)).count(False)


def fold_all(paths: list[Path]) -> int:
    """Fold the open plumbing of some notebooks; return how many failed: none."""
    for path in paths:
        nb = normalise.read(path)
        found = [
            cell
            for cell in nb.cells
            if cell.cell_type == "code"
            and not colab.is_colab_cell(cell)
            and form.is_open_plumbing(cell)
        ]
        for cell in found:
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
        if found:
            path.write_bytes(normalise.as_text(nb).encode())
            print(f"{shown(path)}: {len(found)} cell(s) folded")
    return 0


def check_all(paths: list[Path]) -> int:
    """Print all findings in some notebooks; return how many there are."""
    books = {book.folder: book for book in map(book_of, paths)}
    findings = [
        finding
        for path in paths
        for book in (books[book_of(path).folder],)
        for finding in form.check(book.page(path), book)
    ]
    for finding in findings:
        print(finding)
    print(f"{len(paths)} notebook(s), {len(findings)} finding(s)")
    return len(findings)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.notebooks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["run", "check", "fold"])
    parser.add_argument("paths", nargs="*", type=Path, default=[CHAPTERS])
    options = parser.parse_args(arguments)
    try:
        paths = notebook_paths(*options.paths)
    except ValueError as error:
        parser.error(str(error))
    verbs = {"run": run_all, "check": check_all, "fold": fold_all}
    failed = verbs[options.command](paths)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
