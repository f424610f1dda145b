"""Build everything that an edition is published as, from a tag.

    python -m tools.release v0.1.0

dist/files/     site and live site as archives, book and cheat sheet as PDF, the wheel
dist/packages/  the wheel again, for the package index
dist/NOTES.md   what the release says of itself, from CHANGELOG.md
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pikepdf
from flit_core import buildapi

from tools import edition, notices
from tools.book import ROOT

DIST = ROOT / "dist"
HTML = ROOT / "_build" / "html"
PDF = ROOT / "_build" / "pdf" / "loss-functions.pdf"
SHEET = PDF.with_name("cheat-sheet.pdf")


def notes(tag: str) -> str:
    """The section of the changelog; the tag must be that of the edition."""
    version = edition.version()
    if tag != f"v{version}":
        raise ValueError(
            f"the tag must be v{version}, the version of lossbook; got {tag}"
        )
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf8")
    section = rf"^## {re.escape(version)} \(.*?\)\n(.*?)(?=^## |\Z)"
    found = re.search(section, text, re.M | re.S)
    if not found:
        raise ValueError(f"CHANGELOG.md must have a section {version} with its date")
    return found[1].strip() + "\n"


def archive(folder: Path, target: Path) -> None:
    """A zip of a folder that holds one folder of the zip's name; the day is fixed."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = f"{target.stem}/{file.relative_to(folder).as_posix()}"
            member = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            member.external_attr = 0o644 << 16
            out.writestr(member, file.read_bytes(), zipfile.ZIP_DEFLATED)


def has_licence(file: Path) -> bool:
    """Whether what is passed on says under which terms, in itself."""
    if file.suffix == ".pdf":
        with pikepdf.open(file) as document, document.open_metadata() as about:
            return "CC BY 4.0" in str(about.get("dc:rights", ""))
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    site = f"{file.stem}/_static/licences/"
    pair = {f"{site}LICENSE.txt", f"{site}LICENSE-TEXT.txt"}
    return pair <= {*names} or any(map(notices.is_licence, names))


def make(*verbs: str, **settings: str) -> None:
    command = ["make", *verbs, f"VENV={Path(sys.prefix)}"]
    if subprocess.run(command, cwd=ROOT, env=os.environ | settings).returncode:
        sys.exit(f"make {' '.join(verbs)} failed")


def build(tag: str, *, live: bool) -> None:
    about = notes(tag)
    files, packages = DIST / "files", DIST / "packages"
    shutil.rmtree(DIST, ignore_errors=True)
    for folder in (files, packages):
        folder.mkdir(parents=True)
    name = f"lossbook-{edition.version()}"
    # Without the runtime first: the archive for a disk, and what is printed.
    make("book", "pdf", "handouts", BOOK_RUNTIME=str(ROOT / "_build" / "no-runtime"))
    archive(HTML, files / f"{name}-site.zip")
    archive(ROOT / "_build" / "handouts", files / f"{name}-notebooks.zip")
    shutil.copy(PDF, files / f"{name}.pdf")
    shutil.copy(SHEET, files / f"{name}-cheat-sheet.pdf")
    if live:
        make("live")
        archive(HTML, files / f"{name}-live-site.zip")
    os.chdir(ROOT)
    wheel = buildapi.build_wheel(str(packages))
    shutil.copy(packages / wheel, files)
    (DIST / "NOTES.md").write_text(about, encoding="utf8")
    for file in sorted(files.iterdir()):
        if not has_licence(file):
            sys.exit(f"{file.name} has no licence in it")
        print(f"{file.stat().st_size / 1e6:8.1f} MB  {file.name}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.release", description=__doc__)
    parser.add_argument("tag")
    message = "leave out the site with Python in it"
    parser.add_argument("--no-live", action="store_true", help=message)
    arguments = parser.parse_args()
    try:
        build(arguments.tag, live=not arguments.no_live)
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
