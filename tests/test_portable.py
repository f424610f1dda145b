"""Other arithmetic: what it does to a number, and that a fragile cell is found."""

import copy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.special
from nbformat.v4 import new_code_cell, new_notebook

from tools import normalise, notebooks, portable
from tools.book import ROOT
from tools.first_difference import first_difference
from tools.jitter import EXACT, STOCK, Jitter, MovedUfunc, moved_function

X = np.linspace(0.1, 9, 5000)


@pytest.fixture
def moved_exp() -> MovedUfunc:
    return MovedUfunc(np.exp, Jitter(1))


# Jitter


def test_results_move_by_at_most_one_unit(moved_exp: MovedUfunc) -> None:
    units = (moved_exp(X) - np.exp(X)) / np.spacing(np.exp(X))
    values, counts = np.unique(units, return_counts=True)
    assert values.tolist() == [-1, 0, 1]
    assert counts.min() > 1500


def test_a_draw_can_be_redone() -> None:
    one, again, other = (MovedUfunc(np.exp, Jitter(n))(X) for n in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("function", "values"),
    [
        (np.exp, [0.0, -np.inf, np.inf, np.nan, -800.0]),
        (np.log10, [1.0, 10.0, 1e3, 1e15]),
        (np.log2, [8.0, 0.5, 2.0**60]),
        (np.tanh, [40.0, -40.0, 0.0]),
        (scipy.special.expit, [0.0, 800.0]),
    ],
)
def test_exact_results_stay(function: np.ufunc, values: list[float]) -> None:
    with np.errstate(over="ignore", under="ignore"):
        expected = function(np.array(values))
        for seed in range(20):
            moved = MovedUfunc(function, Jitter(seed))
            np.testing.assert_array_equal(moved(np.array(values)), expected)
            assert [moved(x) for x in values[:2]] == expected[:2].tolist()


def test_a_ufunc_stays_a_ufunc(moved_exp: MovedUfunc) -> None:
    assert isinstance(moved_exp, np.ufunc)
    assert (moved_exp.nargs, moved_exp.__name__) == (2, "exp")
    assert copy.deepcopy([moved_exp])[0] is moved_exp
    out = np.zeros(2000)
    where = np.arange(2000) < 1000
    assert moved_exp(X[:2000], out=out, where=where) is out
    assert not out[1000:].any()
    assert 0 < (out[:1000] != np.exp(X[:1000])).sum() < 1000
    halves = moved_exp(X.astype(np.float32))
    assert halves.dtype == np.float32
    assert (halves != np.exp(X.astype(np.float32))).any()
    assert type(moved_exp(1.5)) is np.float64
    assert len({MovedUfunc(np.exp, Jitter(n))(1.5) for n in range(20)}) == 3


def test_methods_of_a_ufunc_move_too() -> None:
    add = MovedUfunc(np.logaddexp, Jitter(1))
    assert add.outer(X[:40], X[:40]).shape == (40, 40)
    assert (add.outer(X[:40], X[:40]) != np.logaddexp.outer(X[:40], X[:40])).any()
    assert add.reduce(X) == pytest.approx(np.logaddexp.reduce(X), rel=1e-14)
    assert (add.accumulate(X) != np.logaddexp.accumulate(X)).any()


def test_functions_of_math_move() -> None:
    import math

    results = {moved_function(math.exp, Jitter(n))(1.5) for n in range(20)}
    assert len(results) == 3
    assert math.exp(1.5) in results


def test_arrays_larger_than_the_stock_move() -> None:
    values = np.full(STOCK + 5, 0.1)
    Jitter(1).move(values)
    assert len(np.unique(values)) == 3
    assert EXACT & int(values.view(np.int64)[0])


# In a process of its own: what is changed stays so to its end.
EVERYWHERE = """\
import math, numpy, scipy.special
from numpy import exp as early
plain = numpy.exp(numpy.linspace(0.1, 1, 50))
from tools.jitter import install
install(3)
from numpy import exp as late
assert early is late is numpy.exp
for function in (numpy.exp, early):
    assert (function(numpy.linspace(0.1, 1, 50)) != plain).any()
assert len({scipy.special.expit(0.3) for _ in range(50)}) == 3
assert len({math.log(0.3) for _ in range(50)}) == 3
assert len({float(numpy.logspace(0, 1, 3)[1]) for _ in range(50)}) == 3
import scipy.stats, sklearn.linear_model, matplotlib.pyplot, numpy.ma
assert len({float(scipy.stats.norm.cdf(0.3)) for _ in range(50)}) == 3
model = sklearn.linear_model.LogisticRegression().fit([[0.0], [1.0]], [0, 1])
assert len({float(model.predict_proba([[0.3]])[0, 0]) for _ in range(50)}) > 1
print("all moved")
"""


def test_install_reaches_what_is_loaded_and_what_will_be() -> None:
    run = subprocess.run(
        [sys.executable, "-c", EVERYWHERE], cwd=ROOT, capture_output=True, text=True
    )
    assert run.stdout == "all moved\n", run.stderr


# A notebook

CELLS = [
    "import matplotlib.pyplot as plt\nimport numpy as np",
    "x = np.linspace(0.1, 9, 500)\nprint(f'{np.exp(np.log(x)).mean():.3f}')",
    "print((np.exp(np.log(x)) == x).sum(), 'come back')",
    "fig, ax = plt.subplots(figsize=(3, 2))\nax.plot(x, np.exp(x))\nplt.show()",
    "fig, ax = plt.subplots(figsize=(3, 2))\n"
    "ax.plot(x, 1e16 * (np.exp(np.log(x)) - x))\nplt.show()",
    "if (np.exp(np.log(x)) == x).sum() != same:\n    raise ValueError('other')",
]


@pytest.fixture
def fragile(tmp_path: Path) -> Path:
    """A notebook of which three cells hang on the last bit."""
    path = tmp_path / "fragile.ipynb"
    count = "same = (np.exp(np.log(x)) == x).sum()"
    cells = [*CELLS[:2], count, *CELLS[2:]]
    nb = new_notebook(cells=[new_code_cell(text) for text in cells])
    notebooks.execute(nb, path)
    path.write_text(normalise.as_text(normalise.normalise(nb)), encoding="utf-8")
    return path


@pytest.mark.tools
def test_cells_that_hang_on_the_last_bit_are_found(
    fragile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--jitter-only", "--draws", "1", str(fragile)]
    assert portable.main(options) == 1
    said = capsys.readouterr().out
    lines = [line for line in said.splitlines() if ": cell " in line]
    assert [line.partition(": cell ")[2][0] for line in lines] == ["4", "6", "7"]
    assert "come back' became '" in lines[0]
    assert "of the pixels differ" in lines[1]
    assert "ValueError: other" in lines[2]
    assert "jitter, draw 1: 3 of 7 cells differ" in said
    assert "does not reach operators" in said


@pytest.mark.tools
def test_kernels_that_do_not_begin_as_they_should_are_no_proof(fragile: Path) -> None:
    level = portable.Level("broken", start_up="raise ValueError\n")
    with pytest.raises(RuntimeError, match="0 of 1 kernels began"):
        portable.differences(level, [fragile])


def test_first_difference() -> None:
    def outputs(*texts: str) -> list[dict]:
        return [{"output_type": "stream", "name": "stdout", "text": t} for t in texts]

    assert first_difference(outputs("a\nb\n"), outputs("a\nb\n")) is None
    assert first_difference(outputs("a\n b\n"), outputs("a\nc\n")) == "'b' became 'c'"
    assert first_difference(outputs("a\n"), []) == "'a' became nothing"


# Levels


def test_every_level_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine with two dispatch levels, two kernels, and a libm that differs."""

    def probe(variables: dict[str, str]) -> tuple[str, str, str, list[str]] | None:
        kernel = variables.get("OPENBLAS_CORETYPE", "Haswell")
        if kernel == "Prescott":
            return None  # ends in an illegal instruction
        kernel = kernel if kernel in ("Haswell", "Nehalem") else "Haswell"
        return kernel, str(variables), kernel, ["X86_V3", "X86_V4"]

    monkeypatch.setattr(portable, "probe", probe)
    monkeypatch.setattr(portable.platform, "machine", lambda: "x86_64")
    played, cannot = portable.levels()
    variables = [level.variables for level in played]
    off = [v.get("NPY_DISABLE_CPU_FEATURES") for v in variables]
    assert off == [None, "X86_V4", "X86_V3 X86_V4", "X86_V3 X86_V4"]
    kernels = {v["OPENBLAS_CORETYPE"] for v in variables}
    assert len(kernels) == 2
    assert "Nehalem" in kernels
    assert {v["OPENBLAS_NUM_THREADS"] for v in variables} == {"1", "2"}
    assert [("GLIBC_TUNABLES" in v) for v in variables] == [False, False, False, True]
    assert "OpenBLAS Prescott" in cannot


def test_this_machine_can_be_asked() -> None:
    found = portable.probe({})
    assert found is not None
    assert all(found[:3])


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--draws", "0"], "expected 1 or more"), (["absent"], "expected a notebook")],
)
def test_bad_options_are_refused(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        portable.main(options)
    assert message in capsys.readouterr().err
