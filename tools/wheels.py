"""For which systems and Pythons every locked package has a wheel.

    python -m tools.wheels

Resolves requirements.lock for each, without installing. A package without a wheel is
built from its source, which takes a compiler that most readers have not got.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.specifiers import SpecifierSet

from tools.book import ROOT

# Name of the system -> what uv calls it, oldest macOS that counts.
SYSTEMS = {
    "Linux": ("x86_64-manylinux_2_28", ""),
    "Linux, ARM": ("aarch64-manylinux_2_28", ""),
    "macOS 15, Apple silicon": ("aarch64-apple-darwin", "15.0"),
    "Windows": ("x86_64-pc-windows-msvc", ""),
}


def pythons() -> list[str]:
    """The releases that pyproject.toml allows."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf8")
    allowed = SpecifierSet(tomllib.loads(text)["project"]["requires-python"])
    return [f"3.{minor}" for minor in range(100) if f"3.{minor}.1" in allowed]


def resolve(platform: str, macos: str, python: str) -> str:
    """What uv has against installing the lock there; nothing if it would."""
    uv = Path(sys.executable).with_name("uv")
    with tempfile.TemporaryDirectory() as target:
        command = f"{uv} pip install --quiet --dry-run --no-deps --only-binary :all:"
        where = f"--python-platform {platform} --python-version {python}"
        lock = f"--target {target} -r {ROOT / 'requirements.lock'}"
        settings = os.environ | ({"MACOSX_DEPLOYMENT_TARGET": macos} if macos else {})
        done = subprocess.run(
            [*command.split(), *where.split(), *lock.split()],
            env=settings,
            capture_output=True,
            text=True,
        )
    return " ".join(done.stderr.split()) if done.returncode else ""


def main() -> int:
    missing = 0
    for system, (platform, macos) in SYSTEMS.items():
        for python in pythons():
            fault = resolve(platform, macos, python)
            missing += bool(fault)
            print(f"{system:24} {python}  {fault or 'every package has a wheel'}")
    return min(missing, 1)


if __name__ == "__main__":
    sys.exit(main())
