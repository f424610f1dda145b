"""The cells of a notebook run as plain Python: no kernel, nothing stored or compared.

For what needs many runs and looks at asserts only (`tools.seeds`, `tools.slack`). Each
notebook runs in a process of its own, forked from one in which the libraries are
loaded already; figures are made and never drawn.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import multiprocessing
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from types import CodeType
from typing import Any, TypeVar, TypeVarTuple

from nbformat import NotebookNode

from tools import colab
from tools.book import Notebook

JOBS = 2
TIMEOUT = 300  # seconds of processor time a notebook: a busy machine is no failure
# What nearly every notebook imports, and what takes long to import.
LIBRARIES = (
    *("numpy", "scipy.stats", "scipy.optimize", "matplotlib.pyplot"),
    *("sklearn.ensemble", "sklearn.model_selection", "sklearn.svm"),
    *("sklearn.linear_model", "sklearn.datasets", "sklearn.isotonic"),
)

# Called for each cell, with its number, instead of executing it as it stands.
Compile = Callable[[int, NotebookNode], CodeType]
Case = TypeVarTuple("Case")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Failure:
    """A cell that raised: the error, and the line of the cell that did."""

    cell: int
    error: str
    line: str

    def __str__(self) -> str:
        return f"{self.error} in {self.line!r}" if self.line else self.error


class TooLongError(Exception):
    """A notebook did not end in time."""


def play(page: Notebook, compiled: Compile, namespace: dict[str, Any]) -> list[Failure]:
    """Execute all cells in this process; return those that raised.

    The others go on, as in Jupyter. A name that is missing because an earlier cell
    failed is not counted again.
    """
    failures: list[Failure] = []
    os.chdir(page.path.parent)
    signal.signal(signal.SIGPROF, _too_long)
    signal.setitimer(signal.ITIMER_PROF, TIMEOUT)
    for n, cell in page.code:
        if colab.is_colab_cell(cell):
            continue
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compiled(n, cell), namespace)
        except TooLongError:
            failures.append(Failure(n, f"not finished after {TIMEOUT} s", ""))
            break
        except NameError as error:
            if not failures:
                failures.append(_failure(n, error))
        except Exception as error:
            failures.append(_failure(n, error))
        finally:
            _close_figures()
    signal.setitimer(signal.ITIMER_PROF, 0)
    return failures


def as_it_stands(n: int, cell: NotebookNode) -> CodeType:
    """Compile a cell; a traceback shows its lines."""
    name = f"<cell {n}>"
    linecache.cache[name] = (len(cell.source), None, cell.source.splitlines(True), name)
    return compile(cell.source, name, "exec")


def new_namespace() -> dict[str, Any]:
    """What a cell finds there before the first has run."""
    return {"__name__": "__main__", "display": lambda *shown, **options: None}


def each(
    task: Callable[[*Case], Result],
    cases: Iterable[tuple[*Case]],
    jobs: int = JOBS,
) -> Iterator[Result]:
    """Yield task(*case) for each case in order, every one in a process of its own."""
    prepare()
    fork = multiprocessing.get_context("fork")

    def run(case: tuple[*Case]) -> Result:
        receiver, sender = fork.Pipe(duplex=False)
        process = fork.Process(target=_send, args=(sender, task, case))
        process.start()
        sender.close()
        try:
            return receiver.recv()
        except EOFError:
            process.join()
            raise RuntimeError(
                f"{case}: process ended with {process.exitcode}"
            ) from None
        finally:
            process.join()

    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(run, cases)


def prepare() -> None:
    """Load the libraries, so that no run has to."""
    os.environ.setdefault("MPLBACKEND", "agg")
    warnings.simplefilter("ignore")
    for name in LIBRARIES:
        import_module(name)


def _send(
    sender: Connection, task: Callable[[*Case], Result], case: tuple[*Case]
) -> None:
    sender.send(task(*case))
    sender.close()


def _too_long(*_: object) -> None:
    raise TooLongError


def _close_figures() -> None:
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def _failure(n: int, error: Exception) -> Failure:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == f"<cell {n}>"]
    words = " ".join(str(error).split())
    said = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return Failure(n, said[:160], own[-1].line if own and own[-1].line else "")
