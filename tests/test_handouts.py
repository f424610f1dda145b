"""Handouts: plain words for every role and box, the code as it was, links that lead."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from markdown_it import MarkdownIt
from myst_parser.config.main import MdParserConfig
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import book, edition, handouts, normalise

CONFIG = yaml.safe_load((handouts.ROOT / "_config.yml").read_text(encoding="utf8"))
EXTENSIONS = CONFIG["sphinx"]["config"]["myst_enable_extensions"]
BASE = CONFIG["html"]["baseurl"]
SOURCES = {
    path.relative_to(handouts.ROOT).as_posix(): path
    for path in book.notebook_paths(book.CHAPTERS)
}

# ----------------------------------------------------- one text at a time


@pytest.fixture(scope="module")
def convert() -> handouts.Converter:
    """Without Sphinx: a role says what it was."""
    parser = handouts.markdown_parser(MdParserConfig(enable_extensions=EXTENSIONS))
    return handouts.Converter(parser.parse, lambda role: f"<{role.replace('`', '|')}>")


BOXES = {
    ":::{admonition} A *title*\n:class: tip\n- one\n- two\n:::\n": (
        "> **A *title***\n>\n> - one\n> - two\n"
    ),
    ":::{prf:theorem} Name\n:label: thm\nSo.\n:::\n": (
        "> **<{prf:ref}|thm|> (Name)**\n>\n> So.\n"
    ),
    ":::{prf:proof}\nSo.\n\n```\n:::{x}\n```\n:::\n": (
        "> **Proof**\n>\n> So.\n>\n> ```\n> :::{x}\n> ```\n"
    ),
    ":::{exercise} Name $x$\n:label: ex\nDo.\n:::\n": (
        "> **<{ref}|ex|> (Name $x$)**\n>\n> Do.\n"
    ),
    ":::{solution} ex\n:::\nText.\n": "> **Solution to <{ref}|ex|>**\n\nText.\n",
    ":::{interactive} x\n:name: fig\nMove.\n:::\n": (
        "> **<{numref}|fig|>, which moves on the page**\n>\n> Move.\n"
    ),
    ":::{bet} How *many*?\n:label: bet-x\n:answer: (2)\nGuess.\n\n- 1\n- 2\n:::\n": (
        "> **Your bet: How *many*?**\n>\n> Guess.\n>\n> - 1\n> - 2\n"
    ),
    ":::{bet-answer} bet-x\nTwo.\n:::\n": "> **The answer**\n>\n> Two.\n",
    "::::{tab-set}\n:::{tab-item} One\nA.\n:::\n:::{tab-item} Two\nB.\n:::\n::::\n": (
        "> **One**\n>\n> A.\n\n> **Two**\n>\n> B.\n"
    ),
    # Of a directive nobody has told us about, nothing said is lost.
    ":::{new-thing} Which {ref}`x`?\n:a: b\n- yes\n:::\n": (
        "> **New-thing (Which <{ref}|x|>?)**\n>\n> - yes\n"
    ),
    "```{note}\nText.\n```\n": "> **Note**\n>\n> Text.\n",
    "::::{note}\n:::{tip}\nIn {ref}`x`.\n:::\n::::\n": (
        "> **Note**\n>\n> > **Tip**\n> >\n> > In <{ref}|x|>.\n"
    ),
    "- item\n\n  :::{note}\n  Text.\n  :::\n": (
        "- item\n\n  > **Note**\n  >\n  > Text.\n"
    ),
}


@pytest.mark.parametrize("source", BOXES)
def test_a_box_becomes_a_quotation(convert: handouts.Converter, source: str) -> None:
    assert convert.plain(source) == BOXES[source]


TEXTS = {
    "(a-label)=\n# Title\n\n% said to authors\nText.\n": "# Title\n\nText.\n",
    "See {ref}`a <b>`, **{numref}`c`** and\n{cite:p}`d,\ne`.": (
        "See <{ref}|a <b>|>, **<{numref}|c|>** and\n<{cite:p}|d,\ne|>."
    ),
    "| a |\n| - |\n| {ref}`b` |\n": "| a |\n| - |\n| <{ref}|b|> |\n",
    "> In {ref}`a`.\n": "> In <{ref}|a|>.\n",
    # Code is code, also where the same role follows it.
    "`` {ref}`a` `` and {ref}`a`": "`` {ref}`a` `` and <{ref}|a|>",
    "```\n{ref}`a`\n:::{note}\n```\n": "```\n{ref}`a`\n:::{note}\n```\n",
    "$$\na\n$$\n": "$$\na\n$$\n",
    "$$\na\n$$ (eq)\n": "$$a$$\n",
    ":::{note}\n$$\na\nb\n$$\n:::\n": "> **Note**\n>\n> $$a b$$\n",
}


@pytest.mark.parametrize("source", TEXTS)
def test_a_text_keeps_what_is_no_markup(
    convert: handouts.Converter, source: str
) -> None:
    assert convert.plain(source) == TEXTS[source]


def test_an_equation_keeps_its_number(convert: handouts.Converter) -> None:
    numbered = handouts.Converter(convert.parse, lambda _: "[(5.1)](https://x)")
    assert numbered.plain("$$\na\n$$ (eq)\n") == "$$a \\tag{5.1}$$\n"


def test_a_notebook_keeps_its_code_and_gains_captions(
    convert: handouts.Converter,
) -> None:
    data = {"text/markdown": "{ref}`a`", "text/plain": "{ref}`a`"}
    figure = {"figure": {"name": "fig", "caption": "Two $x$."}}
    nb = new_notebook(
        cells=[
            new_markdown_cell("(a)=\n# Title", id="one"),
            new_code_cell(
                'print("{ref}`a`")',
                id="two",
                metadata={"mystnb": figure},
                outputs=[new_output("display_data", data)],
            ),
        ]
    )
    before = normalise.as_text(nb)
    handout = convert.notebook(nb, "About.")
    assert normalise.as_text(nb) == before
    assert [(cell.id, cell.source) for cell in handout.cells] == [
        ("handout", "About."),
        ("one", "# Title"),
        ("two", 'print("{ref}`a`")'),
        ("two-caption", "**<{numref}|fig|>.** Two $x$."),
    ]
    assert handout.cells[2].outputs[0].data == {**data, "text/markdown": "<{ref}|a|>"}


# ------------------------------------------------------------ all handouts


@pytest.fixture(scope="session")
def written() -> dict[str, NotebookNode]:
    found = {
        name: handouts.HTML / handouts.SOURCES / name
        for name in SOURCES
        if (handouts.HTML / handouts.SOURCES / name).is_file()
    }
    if not found:
        pytest.skip("no built book in _build/html: make book builds it")
    assert found.keys() == SOURCES.keys()
    return {name: normalise.read(path) for name, path in found.items()}


def markdown(nb: NotebookNode) -> Iterator[str]:
    """All that a notebook shows as markdown."""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            yield cell.source
        for output in cell.get("outputs", []):
            yield from filter(None, [output.get("data", {}).get("text/markdown")])


def marks_left(text: str) -> list[str]:
    """What a notebook would show of the book's markup, by a parser that knows none."""
    left = []
    for token in MarkdownIt("commonmark").parse(text):
        before = ""
        for child in token.children or []:
            if child.type == "code_inline" and re.search(r"\{[\w:+-]+\}$", before):
                left.append(f"{before[-20:]}`{child.content}`")
            before = child.content if child.type == "text" else ""
            marks = r":::.*|^\([\w-]+\)=$|^\{[.#].*\}|^%.*|^\+\+\+|\$\$ \([\w-]+\)$"
            left += re.findall(marks, before)
        if token.type == "fence" and token.info.startswith("{"):
            left.append(token.info)
    return left


@pytest.mark.parametrize("source", [*BOXES, *TEXTS])
def test_marks_are_seen(convert: handouts.Converter, source: str) -> None:
    unmarked = {"$$\na\n$$\n"} | {text for text in TEXTS if TEXTS[text] == text}
    assert bool(marks_left(source)) == (source not in unmarked)
    assert not marks_left(convert.plain(source))


def test_no_markup_is_left(written: dict[str, NotebookNode]) -> None:
    texts = ((name, text) for name, nb in written.items() for text in markdown(nb))
    assert not [(name, left) for name, text in texts if (left := marks_left(text))]


def open_formulas(text: str) -> list[str]:
    """Lines of quotations on which a formula begins or ends, but not both."""
    without_code = re.sub(r"`[^`]*`|\\\$", "", text)
    quoted = (line for line in without_code.splitlines() if line.startswith(">"))
    return [li for li in quoted if li.count("$$") % 2 or li.count("$") % 2]


def test_open_formulas_are_seen() -> None:
    assert open_formulas("> $$\n> a\n> $$\n> $b\n> c$\n") == [
        *("> $$", "> $$", "> $b", "> c$")
    ]
    assert not open_formulas("$$\na\n$$\n> $$a$$ and $b$, `$`, \\$1\n")


def test_formulas_in_quotations_stand_on_one_line(
    written: dict[str, NotebookNode],
) -> None:
    texts = ((name, text) for name, nb in written.items() for text in markdown(nb))
    assert not [(name, left) for name, text in texts if (left := open_formulas(text))]


def test_code_and_outputs_are_those_of_the_chapter(
    written: dict[str, NotebookNode],
) -> None:
    for name, nb in written.items():
        source = normalise.read(SOURCES[name])
        for one in (nb, source):
            for cell in one.cells:
                for output in cell.get("outputs", []):
                    output.get("data", {}).pop("text/markdown", None)
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        assert code == [cell for cell in source.cells if cell.cell_type == "code"], name
        figures = {c.id for c in source.cells if book.figure_name(c)}
        new = {"handout", *(f"{figure}-caption" for figure in figures)}
        ids = [cell.id for cell in nb.cells]
        assert [i for i in ids if i not in new] == [c.id for c in source.cells], name
        assert sorted(set(ids) & new) == sorted(new)
        assert len({*ids}) == len(ids)


def test_the_first_cell_says_what_this_is(written: dict[str, NotebookNode]) -> None:
    for name, nb in written.items():
        source, kind = nb.cells[0].source, book.Notebook(SOURCES[name]).kind
        number = Path(name).stem.partition("-")[0].lstrip("0")
        starts = {
            "chapter": f"Chapter {number} of *",
            "solutions": f"Solutions to chapter {number} of *",
        }
        assert source.startswith(starts.get(kind, "A page of *")), name
        assert "\n" not in source
        assert f"edition {edition.version()}, " in source
        assert f"]({BASE}{name.removesuffix('.ipynb')}.html)." in source


@cache
def ids_of(page: Path) -> frozenset[str]:
    return frozenset(re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf8")))


def fault_of(link: str) -> str | None:
    """Why a link leads nowhere, as far as it can be seen without a network."""
    parts = urlsplit(link)
    if parts.scheme != "https" or not parts.netloc or re.search(r"[\s<>]", link):
        return "no address"
    if not link.startswith(BASE):
        return None
    page = handouts.HTML / link.removeprefix(BASE).partition("#")[0]
    if not page.is_file():
        return "no such page"
    known = not parts.fragment or parts.fragment in ids_of(page)
    return None if known else "no such place"


def test_every_link_leads_somewhere(written: dict[str, NotebookNode]) -> None:
    internal = 0
    for name, nb in written.items():
        for text in markdown(nb):
            for token in MarkdownIt("commonmark").enable("table").parse(text):
                for child in token.children or []:
                    if child.type == "link_open":
                        link = str(child.attrs["href"])
                        internal += link.startswith(BASE)
                        assert fault_of(link) is None, (name, link, fault_of(link))
            # What was meant as a link is one.
            assert text.count(f"]({BASE}") == text.count(BASE), name
    assert internal > 1000


@pytest.mark.usefixtures("written")
def test_a_dead_link_is_seen() -> None:
    name = next(iter(SOURCES)).removesuffix(".ipynb")
    assert fault_of(f"{BASE}{name}.html") is None
    assert fault_of(f"{BASE}{name}.html#no-such-place") == "no such place"
    assert fault_of(f"{BASE}{name}.htm") == "no such page"
    for link in ("../x.ipynb", "http://a.b", "https://a b.c"):
        assert fault_of(link) == "no address"


# ------------------------------------------------------------- the branch


@pytest.fixture
def folder(
    written: dict[str, NotebookNode], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.chdir(handouts.ROOT)
    handouts.collect(target=tmp_path / "one")
    return tmp_path / "one"


def files_of(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_branch_is_always_the_same(folder: Path) -> None:
    other = folder.with_name("two")
    handouts.collect(target=other)
    assert files_of(folder) == files_of(other)
    wheel = f"lossbook-{edition.version()}-py3-none-any.whl"
    beside = {*("LICENSE", "LICENSE-TEXT", "README.md", "constraints.txt")}
    beside |= {"requirements.txt", "runtime.txt", wheel}
    assert files_of(folder).keys() == {*SOURCES, *beside}
    assert wheel in (folder / "requirements.txt").read_text()


def test_without_a_book_nothing_is_collected(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run make book"):
        handouts.collect(tmp_path, tmp_path / "handouts")


RUN = (
    "chapters/0-start/01-in-one-sitting.ipynb",
    "chapters/3-blind-spots/17-calibration.ipynb",
    "chapters/solutions/11-margin-losses.ipynb",
)


@pytest.mark.live
def test_handouts_run_in_a_bare_environment(folder: Path) -> None:
    """As on Binder: what requirements.txt says, and a kernel."""
    uv = Path(sys.executable).with_name("uv")
    packages = ["--requirement", "requirements.txt", "ipykernel", "nbclient"]
    for command in (
        [uv, "venv", "--quiet", "--python", sys.executable, "bare"],
        [uv, "pip", "install", "--quiet", "--python", "bare", *packages],
    ):
        subprocess.run(command, cwd=folder, check=True)
    found = shutil.which("jupyter-execute", path=folder / "bare" / "bin")
    assert found
    for name in RUN:
        shutil.copy(folder / name, folder / "once.ipynb")
        subprocess.run(
            [found, "--inplace", "--timeout=120", "once.ipynb"], cwd=folder, check=True
        )
        once = normalise.read(folder / "once.ipynb")
        code = [cell for cell in once.cells if cell.cell_type == "code"]
        assert all(cell.execution_count for cell in code)
