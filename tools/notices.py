"""What the site carries that others made, with the licence of each.

A file of the built site is ours (it stands in assets/ or site/static/, or is made here)
or belongs to an entry below; a test finds any other. The page of notices shows the
entries of which files are there, so a site with Python in it has more of them.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

from tools import runtime
from tools.book import ROOT

LICENCES = ROOT / "site" / "licences"
OURS = [ROOT / "assets", ROOT / "site" / "static", LICENCES]
# Made of our own text by tools.site, tools.runtime, tools.pdf and Sphinx.
MADE = (
    r"_static/((search-index|previews)\.js"
    r"|runtime/lossbook\.zip|runtime/pyodide-lock\.json)"
    r"|(?!_static/).*\.html|_sources/.*|_images/[0-9a-f]{64}\.png|_modules/.*"
    r"|objects\.inv|sitemap\.xml|(loss-functions|cheat-sheet)\.pdf"
)


@dataclass(frozen=True)
class Notice:
    """A work of others: which files of the site it is, and where its licence stands."""

    name: str
    licence: str  # as SPDX names it
    home: str
    files: str  # a regular expression for addresses in the site
    text: str  # the address of the licence's text; empty if each file holds its own


NOTICES = (
    Notice(
        "KaTeX",
        "MIT",
        "https://katex.org",
        r"_static/(katex/LICENSE|book\.css)",  # its style is a part of ours
        "_static/katex/LICENSE",
    ),
    Notice(
        "KaTeX fonts",
        "OFL-1.1",
        "https://github.com/KaTeX/katex-fonts",
        r"_static/katex/fonts/.*\.woff2",
        "_static/licences/fonts.txt",
    ),
    Notice(
        "Source Serif, Source Sans, Source Code",
        "OFL-1.1",
        "https://github.com/adobe-fonts",
        r"_static/fonts/source-.*\.woff2",
        "_static/licences/fonts.txt",
    ),
    Notice(
        "MiniSearch",
        "MIT",
        "https://lucaong.github.io/minisearch/",
        r"_static/minisearch/.*",
        "_static/minisearch/LICENSE.txt",
    ),
    Notice(
        "stemmer",
        "MIT",
        "https://github.com/words/stemmer",
        r"_static/stemmer/.*",
        "_static/stemmer/license",
    ),
    Notice(
        "Pyodide",
        "MPL-2.0",
        "https://github.com/pyodide/pyodide",
        r"_static/runtime/pyodide\.(js|asm\.js|asm\.wasm)",
        "_static/licences/pyodide.txt",
    ),
    Notice(
        "Python's standard library",
        "PSF-2.0",
        "https://www.python.org",
        r"_static/runtime/python_stdlib\.zip",
        "_static/licences/cpython.txt",
    ),
    Notice(
        "OpenBLAS",
        "BSD-3-Clause",
        "https://github.com/OpenMathLib/OpenBLAS",
        r"_static/runtime/openblas-.*\.zip",
        "_static/licences/openblas.txt",
    ),
)
WHEEL = r"_static/runtime/.*\.whl"


def is_licence(member: str) -> bool:
    """Whether a file of a wheel is a licence, by its name."""
    return bool(re.search(r"\.dist-info/.*(LICEN[CS]E|COPYING|NOTICE)", member, re.I))


def of_wheel(wheel: Path) -> Notice:
    """What a wheel says of itself; its licence stands in it."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (metadata,) = [n for n in names if n.endswith(".dist-info/METADATA")]
        about = Parser().parsestr(archive.read(metadata).decode("utf8"))
    if not any(map(is_licence, names)):
        raise ValueError(f"{wheel.name}: a wheel with its licence in it is expected")
    classifiers = about.get_all("Classifier", [])
    named = [c.split(" :: ")[-1] for c in classifiers if c.startswith("License ::")]
    short = about.get("License", "")
    licence = about.get("License-Expression") or (named[-1] if named else short)
    address = f"https://pypi.org/project/{about['Name']}/"
    return Notice(about["Name"], licence, address, re.escape(wheel.name), "")


def carried() -> Iterator[tuple[Notice, str]]:
    """The notices that a site built now needs, each with its version."""
    versions = re.findall(r'"(?:@[\w-]+/)?([\w-]+)@([\d.]+)"', vendored())
    fetched = dict(versions)
    for notice in NOTICES:
        if "runtime" not in notice.files:
            words = notice.name.lower().split(",")[0].split()
            package = {"source": "source-serif-4"}.get(words[0], words[0])
            yield notice, fetched.get(package, "")
    if not runtime.is_complete():
        return
    lock = json.loads(runtime.LOCK.read_text(encoding="utf8"))
    found = {entry["name"]: entry["version"] for entry in lock["packages"].values()}
    known = {
        "Pyodide": runtime.VERSION,
        "Python's standard library": lock["info"]["python"],
        "OpenBLAS": found.get("openblas", ""),
    }
    for notice in NOTICES:
        if notice.name in known:
            yield notice, known[notice.name]
    for wheel in sorted(runtime.RUNTIME.glob("*.whl")):
        yield of_wheel(wheel), wheel.name.split("-")[1]


def vendored() -> str:
    """The list that tools.site keeps of what it fetched."""
    done = ROOT / "site" / "vendor" / "packages.json"
    return done.read_text(encoding="utf8") if done.exists() else ""


def strangers(html: Path) -> list[str]:
    """Files of a built site that are not ours and that no notice speaks of."""
    own = {p.relative_to(folder) for folder in OURS for p in folder.rglob("*")}
    own |= {Path("licences") / path.name for path in LICENCES.iterdir()}
    own |= {Path("licences") / name for name in ("LICENSE.txt", "LICENSE-TEXT.txt")}
    covered = "|".join([MADE, WHEEL, *(notice.files for notice in NOTICES)])
    found = []
    for file in sorted(path for path in html.rglob("*") if path.is_file()):
        name = file.relative_to(html).as_posix()
        ours = Path(name.removeprefix("_static/")) in own
        if not ours and not re.fullmatch(covered, name):
            found.append(name)
    return found
