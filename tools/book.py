"""The notebooks of the book as the tools read them: cells, labels, directives."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from nbformat import NotebookNode

from tools import normalise

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = ROOT / "chapters"

ONE_PAGE = {"32-takeaways"}  # a page to print: neither a bet nor exercises

_CODE_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_DIRECTIVE = re.compile(r"^(:{3,})\{([\w:-]+)\}\s*(.*)$")
_STEERING = re.compile(r"# (?:nbval|one-seed|versions): ")
_OPTION = re.compile(r"^:([\w-]+):\s*(.*)$")


@dataclass(frozen=True)
class Directive:
    """A block `:::{name} argument` with its `:key: value` lines and its text."""

    name: str
    argument: str
    options: dict[str, str]
    body: list[str]


class Place(NamedTuple):
    """A cell of a notebook."""

    path: Path
    cell: int


@dataclass(frozen=True)
class Notebook:
    """One notebook. Cells are numbered from 1 in the order of the page."""

    path: Path

    @cached_property
    def text(self) -> str:
        return self.path.read_bytes().decode()  # line ends as they are

    @cached_property
    def nb(self) -> NotebookNode:
        return normalise.read(self.path)

    @cached_property
    def is_readable(self) -> bool:
        try:
            return bool(self.nb)
        except ValueError:
            return False

    @cached_property
    def cells(self) -> list[tuple[int, NotebookNode]]:
        return list(enumerate(self.nb.cells, 1))

    @cached_property
    def code(self) -> list[tuple[int, NotebookNode]]:
        return [(n, cell) for n, cell in self.cells if cell.cell_type == "code"]

    @cached_property
    def prose(self) -> list[tuple[int, list[str]]]:
        """The lines of each markdown cell, without blocks of code in them."""
        return [
            (n, list(_without_code(cell.source)))
            for n, cell in self.cells
            if cell.cell_type == "markdown"
        ]

    @cached_property
    def kind(self) -> str:
        """Which rules apply: chapter, solutions, appendix or page."""
        folder = self.path.parent.name
        if folder in ("solutions", "appendix"):
            return folder
        return "page" if self.path.stem in ONE_PAGE else "chapter"

    @cached_property
    def headings(self) -> list[tuple[int, str]]:
        lines = ((n, line) for n, lines in self.prose for line in lines)
        return [(n, line) for n, line in lines if line.startswith("#")]

    @cached_property
    def label(self) -> str | None:
        """The label in the line above the first H1."""
        for _, lines in self.prose:
            above = ""
            for line in filter(str.strip, lines):
                if line.startswith("# "):
                    match = re.fullmatch(r"\(([\w-]+)\)=", above.strip())
                    return match[1] if match else None
                above = line
        return None

    @cached_property
    def directives(self) -> list[tuple[int, Directive]]:
        return [(n, found) for n, lines in self.prose for found in _directives(lines)]

    def named(self, name: str) -> list[tuple[int, Directive]]:
        """Return the directives of one name with the number of their cell."""
        return [(n, found) for n, found in self.directives if found.name == name]


@dataclass(frozen=True)
class Book:
    """All notebooks below one folder `chapters`, for what must agree across them."""

    folder: Path

    @cached_property
    def notebooks(self) -> list[Notebook]:
        """Those that can be read; the others are reported when they are checked."""
        pages = [Notebook(path) for path in notebook_paths(self.folder)]
        return [page for page in pages if page.is_readable]

    @cached_property
    def cell_ids(self) -> dict[str, list[Place]]:
        """The places at which each cell id stands."""
        return self._places(lambda cell: cell.id)

    @cached_property
    def figure_names(self) -> dict[str, list[Place]]:
        """The places at which each name of a figure stands."""
        return self._places(figure_name)

    @cached_property
    def claim_ids(self) -> dict[str, list[Place]]:
        """The places at which each id of a claim stands."""
        return self._places(lambda cell: next(iter(claims_of(cell)), {}).get("id"))

    @cached_property
    def citation_keys(self) -> frozenset[str] | None:
        """The keys of references.bib beside the folder; None where there is none."""
        bibliography = self.folder.parent / "references.bib"
        if not bibliography.exists():
            return None
        text = bibliography.read_text(encoding="utf-8")
        return frozenset(re.findall(r"^@\w+\{\s*([^,\s]+)\s*,", text, re.MULTILINE))

    def page(self, path: Path) -> Notebook:
        """Return a notebook as it was when the book was read."""
        same = (page for page in self.notebooks if page.path == path)
        return next(same, Notebook(path))

    def partner(self, page: Notebook) -> Notebook | None:
        """Return a chapter's solutions, or the chapter that solutions belong to."""
        for other in self.notebooks:
            kinds = {page.kind, other.kind}
            if other.path.name == page.path.name and kinds == {"chapter", "solutions"}:
                return other
        return None

    def _places(
        self, name: Callable[[NotebookNode], str | None]
    ) -> dict[str, list[Place]]:
        places: dict[str, list[Place]] = {}
        for page in self.notebooks:
            for n, cell in page.cells:
                if found := name(cell):
                    places.setdefault(found, []).append(Place(page.path, n))
        return places


def book_of(path: Path) -> Book:
    """Return the book a notebook belongs to: its nearest folder `chapters`."""
    above = [folder for folder in path.parents if folder.name == "chapters"]
    return Book(above[0] if above else path.parent)


def notebook_paths(*places: Path) -> list[Path]:
    """Return the notebooks at and below some places, hidden folders left out."""
    paths: list[Path] = []
    for place in (place.resolve() for place in places):
        if place.is_dir():
            found = sorted(place.rglob("*.ipynb"))
            paths += [p for p in found if "/." not in p.relative_to(place).as_posix()]
        elif place.is_file() and place.suffix == ".ipynb":
            paths.append(place)
        else:
            raise ValueError(f"{place}: expected a notebook or a folder of notebooks")
    return list(dict.fromkeys(paths))


def has_tag(cell: NotebookNode, tag: str) -> bool:
    return tag in cell.metadata.get("tags", [])


def claims_of(cell: NotebookNode) -> list[dict[str, str]]:
    """Return the claim of a cell, as a list of one or none."""
    claim = cell.metadata.get("claim")
    return [claim] if isinstance(claim, dict) else []


def first_comment(source: str) -> str:
    """Return the sentence in the comment that a cell begins with.

    Lines such as `# one-seed: <reason>`, which steer a tool, do not belong to it.
    """
    words: list[str] = []
    for line in source.splitlines():
        if not line.startswith("#") or _STEERING.match(line):
            break
        words += line.lstrip("#").split()
    return " ".join(words)


def figure_name(cell: NotebookNode) -> str | None:
    """Return the name by which the text refers to the figure of a cell."""
    return cell.metadata.get("mystnb", {}).get("figure", {}).get("name")


def shown(path: Path) -> str:
    """Return a path as short as it can be written from the working directory."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _without_code(source: str) -> Iterator[str]:
    """Yield the lines outside fenced code."""
    fence = ""
    for line in source.splitlines():
        match = _CODE_FENCE.match(line)
        if fence:
            if match and line.strip().startswith(fence) and not line.strip(" `~"):
                fence = ""
        elif match:
            fence = match[1]
        else:
            yield line


def _directives(lines: list[str]) -> Iterator[Directive]:
    for start, line in enumerate(lines):
        if not (opening := _DIRECTIVE.match(line)):
            continue
        colons, name, argument = opening.groups()
        inside = []
        for following in lines[start + 1 :]:
            if re.fullmatch(rf":{{{len(colons)},}}\s*", following):
                break
            inside.append(following)
        yield Directive(name, argument.strip(), *options_and_body(inside))


def options_and_body(inside: list[str]) -> tuple[dict[str, str], list[str]]:
    """Part the lines inside a directive: `:key: value` at the head, then its text."""
    options: dict[str, str] = {}
    for n, line in enumerate(inside):
        if not (option := _OPTION.match(line)):
            return options, inside[n:]
        options[option[1]] = option[2].strip()
    return options, []
