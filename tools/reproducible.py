"""Same in, same out: nothing but the files in git decides what a reader gets.

    python -m tools.reproducible

The site is built twice, cold, in two folders, with dictionaries and sets in another
order each time; then every notebook is executed. No byte may differ. In the canonical
environment; minutes.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.copies import copy_of


def run(command: list[str], folder: Path, seed: str) -> None:
    settings = os.environ | {
        "PYTHONPATH": str(folder),
        "PYTHONHASHSEED": seed,
        "OMP_NUM_THREADS": "1",  # as in the Makefile
        "OPENBLAS_NUM_THREADS": "1",
    }
    done = subprocess.run(
        command, cwd=folder, env=settings, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def files(folder: Path) -> dict[str, bytes]:
    """The bytes of every file below a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def differences(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Names of the files that only one has or whose bytes differ."""
    return sorted(n for n in one.keys() | other.keys() if one.get(n) != other.get(n))


def site(folder: Path, seed: str) -> dict[str, bytes]:
    run(["make", "book", f"VENV={Path(sys.prefix)}"], folder, seed)
    return files(folder / "_build" / "html")


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        one = copy_of(Path(scratch) / "one")
        other = copy_of(Path(scratch) / "elsewhere" / "other")
        built = site(one, "1"), site(other, "2")
        changed = differences(*built)
        print(f"{len(built[0])} files of the site, differing: {len(changed)}")

        before = files(one / "chapters")
        run([sys.executable, "-m", "tools.notebooks", "run"], one, "3")
        rerun = differences(before, files(one / "chapters"))
        print(f"{len(before)} files of the chapters, changed by a run: {len(rerun)}")
    print(*changed, *rerun, sep="\n")
    return min(len(changed) + len(rerun), 1)


if __name__ == "__main__":
    sys.exit(main())
