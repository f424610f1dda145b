"""Execute notebooks under other arithmetic; do they print and draw the same?

    python -m tools.portable [paths...]        everything (half an hour for the book)
    python -m tools.portable --short           jitter, one draw, the notebooks that draw
                                               random numbers or train
    python -m tools.portable --jitter-only     no levels of this machine
    python -m tools.portable --fresh --draws 5 other draws of the jitter, printed

Two things decide the last digits of a result: the machine, and the library that
computes elementary functions. So each notebook is executed, and compared with what is
stored as strictly as by `make test`, text and figures,

- under each level of arithmetic that this machine can play: NumPy's dispatch levels,
  the kernels of OpenBLAS, the C library with and without fused multiply-add, one thread
  and two. Each of them is played at least once, several in one run;
- under jitter, which stands for the machines that are not here: each result of an
  elementary function is moved by -1, 0 or +1 unit in the last place, at random
  (tools/jitter.py). The draws are fixed, or new ones with --fresh.

A cell that differs prints what rounding decides. It is cured (average more, print fewer
digits, no counts at a kink, no ties, stop before an overflow), not tolerated.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import secrets
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

from tools.book import CHAPTERS, ROOT, Notebook, notebook_paths, shown
from tools.first_difference import CELL, DIFFERENCE

NOT_REACHED = """\
Jitter does not reach operators (**, @, /), sums, and what compiled code computes itself
(linear algebra, random numbers, solvers). Their last digits are those of the levels."""
DRAWS = 3
CELL_TIMEOUT = 600  # seconds: two threads on a busy machine are slow
# What takes many steps, or rests on a sample, is where a last digit can grow.
GROWS = re.compile(r"rng|random|seed|\.fit|minimi[sz]e|descen|train|for \w+ in range")

# The kernels of OpenBLAS by the names of its own variable, newest first.
KERNELS = {
    "x86_64": (
        *("SkylakeX", "SapphireRapids", "Cooperlake", "Haswell"),
        *("Sandybridge", "Nehalem", "Prescott"),
    ),
    "aarch64": ("NEOVERSEV1", "NEOVERSEN1", "ARMV8"),
    "arm64": ("VORTEX", "ARMV8"),
}
NO_FMA = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4"}

# A fingerprint of what a level computes: which level is another one?
PROBE = """\
import hashlib, math, sys
import numpy as np
from threadpoolctl import threadpool_info
try:
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
except ImportError:
    __cpu_dispatch__, __cpu_features__ = [], {}
x = np.linspace(0.01, 9.99, 9973)
m = x[:9900].reshape(99, 100)
names = ["exp", "log", "log1p", "expm1", "tanh", "sin", "cos", "sinh", "arctan"]
values = [getattr(np, name)(x) for name in names]
values += [np.array([math.exp(v) for v in x]), np.array([math.sin(v) for v in x])]
values += [np.power(x, 0.3)]
digest = lambda parts: hashlib.sha256(b"".join(p.tobytes() for p in parts)).hexdigest()
print([i["architecture"] for i in threadpool_info() if i["user_api"] == "blas"][:1])
print(digest(values))
print(digest([m @ m.T, np.linalg.solve(m @ m.T + np.eye(99), m)]))
print(*(name for name in __cpu_dispatch__ if __cpu_features__.get(name)))
"""


@dataclass(frozen=True)
class Level:
    """One way to compute: what it is called, and the variables that bring it about."""

    name: str
    variables: dict[str, str] = field(default_factory=dict)
    start_up: str = ""  # code that each kernel runs first


@dataclass(frozen=True)
class Difference:
    """A cell that came out differently."""

    path: Path
    cell: int
    said: str


def probe(variables: dict[str, str]) -> tuple[str, str, str, list[str]] | None:
    """BLAS kernel, fingerprints of functions and of BLAS, dispatch levels; or None."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env=os.environ | variables,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        return None
    kernel, functions, blas, features = done.stdout.splitlines()
    return re.sub(r"\W", "", kernel), functions, blas, features.split()


def levels() -> tuple[list[Level], list[str]]:
    """What this machine can play, several things in one run; and what it cannot."""
    here = probe({})
    if here is None:
        raise RuntimeError("NumPy does not run here")
    cannot = []
    # Of NumPy's levels each contains those before it, so they go from the newest on.
    functions: list[tuple[str, dict[str, str]]] = []
    features = here[3]
    functions.append((f"NumPy with {features[-1] if features else 'its baseline'}", {}))
    for n in reversed(range(len(features))):
        off = {"NPY_DISABLE_CPU_FEATURES": " ".join(features[n:])}
        name = f"NumPy with {features[n - 1] if n else 'its baseline'}"
        functions.append((name, off))
    lowest = functions[-1][1]
    without, plain = probe(lowest | NO_FMA), probe(lowest)
    if without and plain and without[1] != plain[1]:
        functions.append(
            (f"{functions[-1][0]}, C library without FMA", lowest | NO_FMA)
        )
    else:
        cannot.append("C library without FMA")
    kernels: dict[str, dict[str, str]] = {}
    for name in KERNELS.get(platform.machine(), ()):
        found = probe({"OPENBLAS_CORETYPE": name})
        # Asked for a kernel that it cannot run, OpenBLAS takes another one.
        if found is None or found[0] in kernels:
            cannot.append(f"OpenBLAS {name}")
        else:
            kernels[found[0]] = {"OPENBLAS_CORETYPE": name}
    blas = [(f"OpenBLAS {name}", variables) for name, variables in kernels.items()]
    if not blas:
        blas.append(("BLAS as it is", {}))
    played = []
    for n in range(max(len(functions), len(blas), 2)):
        (one, some), (other, more) = (
            pairs[min(n, len(pairs) - 1)] for pairs in (functions, blas)
        )
        threads = 2 - n % 2
        count = {
            name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
        }
        words = "two threads" if threads == 2 else "one thread"
        played.append(Level(f"{one}, {other}, {words}", some | more | count))
    return played, cannot


def jitters(draws: list[int]) -> list[Level]:
    return [
        Level(
            f"jitter, draw {seed}",
            start_up=f"from tools.jitter import install as _install\n_install({seed})\n"
            "del _install\n",
        )
        for seed in draws
    ]


def write_profile(folder: Path, start_up: str) -> Path:
    """A folder for IPYTHONDIR: each kernel runs some code first, and notes that."""
    profile = folder / "profile_default"
    (profile / "startup").mkdir(parents=True)
    began = folder / "began"
    began.touch()
    code = (
        f"import sys as _sys\n_sys.path.insert(0, {str(ROOT)!r})\n{start_up}"
        f"_sys.path.remove({str(ROOT)!r})\ndel _sys\n"
        f"with open({str(began)!r}, 'a') as _file:\n    _file.write('1')\ndel _file\n"
    )
    (profile / "startup" / "00-arithmetic.py").write_text(code, encoding="utf-8")
    quiet = "c = get_config()\nc.HistoryManager.enabled = False\n"
    (profile / "ipython_kernel_config.py").write_text(quiet, encoding="utf-8")
    return began


def differences(level: Level, paths: list[Path]) -> tuple[list[Difference], int]:
    """The cells that differ under a level, and how many were compared."""
    with tempfile.TemporaryDirectory() as scratch:
        began = write_profile(Path(scratch), level.start_up)
        results = Path(scratch) / "results.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "--noconftest",
            "-p",
            "conftest",
        ]
        command += ["-p", "tools.first_difference", "-p", "no:cacheprovider"]
        command += ["-c", str(ROOT / "pyproject.toml"), "-n", "2", "--nbval"]
        # Else notebooks elsewhere are cells of one name, of which one is run.
        command += [f"--rootdir={os.path.commonpath([ROOT, *paths])}"]
        command += [f"--nbval-cell-timeout={CELL_TIMEOUT}"]
        command += [f"--junitxml={results}", *map(str, paths)]
        settings = os.environ | level.variables
        settings |= {"IPYTHONDIR": scratch, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            command, cwd=ROOT, env=settings, capture_output=True, text=True
        )
        kernels = len(began.read_text(encoding="utf-8"))
        if done.returncode not in (0, 1) or kernels != len(paths):
            raise RuntimeError(
                f"{level.name}: {kernels} of {len(paths)} kernels began so\n"
                f"{done.stdout[-3000:]}{done.stderr[-3000:]}"
            )
        return _read(results)


def _read(results: Path) -> tuple[list[Difference], int]:
    cells = list(ElementTree.parse(results).getroot().iter("testcase"))
    found = []
    for case in cells:
        noted = {one.get("name"): one.get("value", "") for one in case.iter("property")}
        if DIFFERENCE in noted:
            name, _, number = noted[CELL].rpartition("::")
            path = Path(name)
            cell, _ = Notebook(path).code[int(number)]
            found.append(Difference(path, cell, noted[DIFFERENCE]))
        elif case.find("failure") is not None or case.find("error") is not None:
            raise RuntimeError(f"{case.get('name')} was not compared")
    return found, len(cells)


def run(played: list[Level], paths: list[Path]) -> int:
    """Play all levels, print what differs; return how many cells do."""
    cells: dict[tuple[Path, int], list[str]] = {}
    for level in played:
        found, compared = differences(level, paths)
        print(f"{level.name}: {len(found)} of {compared} cells differ", flush=True)
        for one in found:
            where = f"{shown(one.path)}: cell {one.cell}"
            print(f"    {where}: {one.said}", flush=True)
            cells.setdefault((one.path, one.cell), []).append(level.name)
    print(
        f"{len(cells)} cell(s) differ: {len(played)} run(s) of {len(paths)} notebook(s)"
    )
    return len(cells)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.portable",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", type=Path, default=[CHAPTERS])
    parser.add_argument("--jitter-only", action="store_true")
    parser.add_argument("--draws", type=int, default=DRAWS, metavar="N")
    parser.add_argument("--fresh", action="store_true", help="draws never seen before")
    parser.add_argument("--short", action="store_true")
    options = parser.parse_args(arguments)
    if options.draws < 1:
        parser.error(f"--draws {options.draws}, expected 1 or more")
    try:
        paths = notebook_paths(*options.paths)
    except ValueError as error:
        parser.error(str(error))
    count = 1 if options.short else options.draws
    draws = [
        secrets.randbelow(10**6) if options.fresh else n for n in range(1, count + 1)
    ]
    played = jitters(draws)
    if options.short:
        paths = [path for path in paths if GROWS.search(sources(path))]
    elif not options.jitter_only:
        possible, cannot = levels()
        played = possible + played
        print(f"This machine cannot play: {', '.join(cannot) or 'nothing we know of'}.")
    print(NOT_REACHED, flush=True)
    return min(run(played, paths), 1)


def sources(path: Path) -> str:
    return "\n".join(cell.source for _, cell in Notebook(path).code)


if __name__ == "__main__":
    sys.exit(main())
