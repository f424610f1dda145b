"""Which edition this is: one version for book and package, the date, the commit.

The version stands in lossbook/__init__.py, from where the wheel takes it too. Date and
commit are those of the last commit; outside a clone the date is that of CITATION.cff.
"""

from __future__ import annotations

import ast
import subprocess
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import yaml

from tools.book import ROOT


@dataclass(frozen=True)
class Edition:
    """What a reader needs to say which book it was that he read."""

    version: str
    day: date
    commit: str  # empty outside a clone

    @property
    def date(self) -> str:
        return f"{self.day.day} {self.day:%B %Y}"

    def __str__(self) -> str:
        commit = f", commit {self.commit}" if self.commit else ""
        return f"edition {self.version}, {self.date}{commit}"


def version() -> str:
    """The version of the package, read without importing it."""
    module = ast.parse((ROOT / "lossbook" / "__init__.py").read_text(encoding="utf8"))
    for node in module.body:
        if (
            isinstance(node, ast.Assign)
            and ast.unparse(node.targets[0]) == "__version__"
        ):
            return str(ast.literal_eval(node.value))
    raise ValueError("lossbook/__init__.py: a line __version__ = ... is expected")


@cache
def citation() -> dict[str, Any]:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def git(*arguments: str) -> str:
    """What git says; nothing where there is no git or no commit."""
    command = ["git", "-c", "safe.directory=*", "-C", str(ROOT), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


@cache
def current() -> Edition:
    day = git("log", "-1", "--format=%cs")
    released: date = citation()["date-released"]
    commit = git("rev-parse", "--short=10", "HEAD") if day else ""
    return Edition(version(), date.fromisoformat(day) if day else released, commit)


@cache
def last_changes() -> dict[str, str]:
    """The day of the last commit to each file below the root, as far as git knows."""
    days: dict[str, str] = {}
    day = ""
    for line in git("log", "--format=//%cs", "--name-only", "--relative").splitlines():
        if line.startswith("//"):
            day = line[2:]
        elif line:
            days.setdefault(line, day)
    return days


def apa(title: str, address: str, part: str = "") -> str:
    """The book, or a page of it, as a line of a bibliography."""
    now, book = current(), citation()
    authors = ", ".join(author["name"] for author in book["authors"])
    within = f"{part}. In {book['title']}" if part else title
    return f"{authors} ({now.day.year}). {within} ({now}). {address}"


def bibtex(key: str, title: str, address: str, part: str = "") -> str:
    """The same for LaTeX."""
    now, book = current(), citation()
    authors = " and ".join(f"{{{author['name']}}}" for author in book["authors"])
    lines = {
        "author": authors,
        "title": part or title,
        **({"booktitle": title} if part else {}),
        "edition": f"{now.version}, {now.date}",
        "year": str(now.day.year),
        "url": address,
        **({"note": f"commit {now.commit}"} if now.commit else {}),
    }
    fields = "".join(f"  {name} = {{{value}}},\n" for name, value in lines.items())
    return f"@{'incollection' if part else 'book'}{{{key},\n{fields}}}"
