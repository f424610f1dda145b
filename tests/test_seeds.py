"""Moved seeds: which numbers move, and that an assert that hangs on one is found."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tools import normalise, seeds
from tools.book import ROOT, Notebook
from tools.moved import moved_seed

# What moves


def test_moved_seeds() -> None:
    assert moved_seed(3, 0) == 3
    assert moved_seed(None, 7) is None
    assert moved_seed(True, 7) is True
    moved = [moved_seed(n, 7) for n in range(50)]
    assert len(set(moved)) == 50
    assert moved == [moved_seed(np.int64(n), 7) for n in range(50)]
    assert not set(moved) & {moved_seed(n, 8) for n in range(50)}
    assert all(0 <= seed < 2**32 for seed in moved)
    assert moved_seed([1, 2], 7) == [7, 1, 2]
    generator = np.random.default_rng(1)
    assert moved_seed(generator, 7) is generator


# In a process of its own: what is changed stays so to its end.
MOVED = """\
import sys, types
import numpy as np
from numpy.random import default_rng
from sklearn.model_selection import train_test_split
from scipy import stats

own = types.ModuleType("lossbook.data")
exec('''
import numpy as np
def fixed():
    return np.random.default_rng(4).random()
def handed(seed):
    return np.random.default_rng(seed).random()
''', own.__dict__)

def draws():
    return {
        "default_rng": default_rng(1).random(),
        "np": np.random.default_rng(1).random(),
        "unlike": np.random.default_rng(2).random(),
        "split": train_test_split(list(range(99)), random_state=0)[0],
        "scipy": stats.norm.rvs(random_state=0),
        "handed": own.handed(5),
        "fixed": own.fixed(),
    }

plain = draws()
from tools.moved import install
install(11)
from numpy.random import default_rng
moved = draws()
print(*(name for name in plain if moved[name] == plain[name]))
print(moved["default_rng"] == moved["np"] != moved["unlike"], moved == draws())
"""


def test_what_install_moves() -> None:
    run = subprocess.run(
        [sys.executable, "-c", MOVED], cwd=ROOT, capture_output=True, text=True
    )
    assert run.stdout == "fixed\nTrue True\n", run.stderr


# Notebooks

CELLS = [
    ("import matplotlib.pyplot as plt\nimport numpy as np", []),
    ("rng = np.random.default_rng(2026)\nx = rng.normal(size=400)", []),
    ("# the mean is near 0\nassert abs(x.mean()) < 0.5", ["check"]),
    ("# the mean is that of the first sample\nassert f'{x.mean():.4f}' == MEAN", []),
    ("y = x.sum()\n# one-seed: one sample", ["one-seed"]),
    ("# it is its sum\nassert f'{y / 400:.4f}' == MEAN", ["check"]),
    ("# so is its mean\nassert f'{x.mean():.4f}' == MEAN", ["check"]),
    ("z = x if f'{x.mean():.4f}' == MEAN else no\nfig = plt.figure()", []),
    ("fig.suptitle(z)", []),
]


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    mean = repr(f"{np.random.default_rng(2026).normal(size=400).mean():.4f}")
    cells = [
        new_code_cell(text.replace("MEAN", mean), metadata={"tags": tags})
        for text, tags in CELLS
    ]
    path = tmp_path / "drawn.ipynb"
    path.write_text(normalise.as_text(new_notebook(cells=cells)), encoding="utf-8")
    return path


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, since it forks."""
    command = [sys.executable, "-m", "tools.seeds", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.tools
def test_cells_that_hang_on_a_seed_are_found(notebook: Path) -> None:
    done = run(str(notebook), "--offsets", "3", "4", "0")
    assert done.returncode == 1, done.stderr
    first, found, where, last = done.stdout.splitlines()
    assert first == "offsets: 3 4 0"
    assert found.startswith(f"{notebook}: cell 4: 2 of 3: AssertionError in ")
    assert "assert f'{x.mean():.4f}' == " in found
    assert where == "    offsets 3 4"
    assert last == (
        "1 cell(s) fail in 3 draw(s) of 1 notebook(s) that draw; "
        "1 of 9 cells are tagged one-seed"
    )


@pytest.mark.tools
def test_without_a_moved_seed_nothing_fails(notebook: Path) -> None:
    done = run(str(notebook), "--offsets", "0")
    assert done.returncode == 0, done.stdout
    assert "0 cell(s) fail in 1 draw(s)" in done.stdout


@pytest.mark.tools
def test_draws_are_new_each_time_and_printed(notebook: Path) -> None:
    heads = {run(str(notebook), "--draws", "2").stdout.splitlines()[0] for _ in "ab"}
    assert len(heads) == 2
    assert all(len(head.split()) == 3 for head in heads)


@pytest.mark.tools
def test_a_cell_that_ends_its_process_is_an_error(tmp_path: Path) -> None:
    cells = [new_code_cell("import os, random\nos._exit(7)")]
    path = tmp_path / "ends.ipynb"
    path.write_text(normalise.as_text(new_notebook(cells=cells)), encoding="utf-8")
    assert "process ended with 7" in run(str(path), "--draws", "1").stderr


def test_checks_behind_a_one_seed_cell_are_exempt(notebook: Path) -> None:
    assert seeds.exempt_cells(Notebook(notebook)) == {5, 6, 7}


@pytest.mark.parametrize("options", [["--draws", "0"], ["absent"], ["--offsets", "-1"]])
def test_bad_options_are_refused(options: list[str]) -> None:
    with pytest.raises(SystemExit):
        seeds.main(options)
