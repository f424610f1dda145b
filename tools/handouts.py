"""Notebooks without the markup of the book: for Colab, Jupyter, Binder, a course page.

    python -m tools.handouts    collect them in _build/handouts, with the package

The build of the site writes them where its pages lead for a download (write, called by
site/ext/book_handouts.py), since only then Sphinx knows every number and every address.
The folder _build/handouts is what the branch of that name holds.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urljoin

from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from flit_core import buildapi
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.myst_role.index import myst_role
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser
from myst_parser.parsers.sphinx_ import MystParser
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from sphinx.application import Sphinx
from sphinx.util.docutils import sphinx_domains

from tools import colab, edition, normalise
from tools.book import ROOT, options_and_body

HTML = ROOT / "_build" / "html"
HANDOUTS = ROOT / "_build" / "handouts"
SOURCES = "_sources"  # where Sphinx puts what its pages offer for a download

# Blocks that steer the site and say nothing.
SILENT = {"myst_target", "myst_line_comment", "myst_block_break"}
# What has no words of its own for a title, or only a label.
OWN_TITLES = {"bet-answer": "The answer", "bets": "All bets, on the page of the book"}


def markdown_parser(config: MdParserConfig) -> MarkdownIt:
    """The parser of the book; a role remembers its source."""
    parser = create_md_parser(config, RendererHTML)

    def role(state: StateInline, silent: bool) -> bool:
        start = state.pos
        found = myst_role(state, silent)
        if found and not silent:
            state.tokens[-1].meta["source"] = state.src[start : state.pos]
        return found

    parser.inline.ruler.at("myst_role", role)
    return parser


@dataclass(frozen=True)
class Converter:
    """Markdown of the book to markdown that every notebook shows."""

    parse: Callable[[str], list[Token]]
    resolve: Callable[[str], str]  # a role, as it stands in the text, to plain markdown

    def plain(self, text: str, *, quoted: bool = False) -> str:
        """The text with each role, directive and label of the book replaced."""
        edits = sorted(self.edits(text, quoted))
        parts, end = [], 0
        for start, stop, replacement in edits:
            parts += [text[end:start], replacement]
            end = stop
        return "".join([*parts, text[end:]])

    def edits(self, text: str, quoted: bool) -> Iterator[tuple[int, int, str]]:
        """What to replace: start, stop, replacement."""
        lines = text.splitlines(keepends=True)
        starts = [0, *accumulate(map(len, lines))]
        seen = 0  # roles and code before this place are done
        for token in self.parse(text):
            if token.map is None:
                continue
            start, stop = (starts[line] for line in token.map)
            if token.type == "inline":
                seen = max(seen, start)
                for child in token.children or []:
                    if child.type not in ("myst_role", "code_inline"):
                        continue
                    source = child.meta.get("source", child.content)
                    at = text.find(source, seen, stop)
                    if child.type == "myst_role":
                        if at < 0:
                            raise ValueError(f"{source} runs over marks of a block")
                        yield at, at + len(source), self.resolve(source)
                    seen = max(seen, at + len(source))
            elif token.type in SILENT:
                yield start, stop, ""
            elif token.type in ("colon_fence", "fence") and token.info.startswith("{"):
                indent = re.match(r"\s*", lines[token.map[0]])
                assert indent  # it matches nothing, too
                box = "".join(f"{indent[0]}{line}\n" for line in self.box(token))
                following = lines[token.map[1] : token.map[1] + 1]
                # Without an empty line the next one would belong to the quote.
                apart = "\n" if following and following[0].strip() else ""
                yield start, stop, box + apart
            elif token.type == "math_block_label":
                shown = self.resolve(f"{{eq}}`{token.info}`")
                number = re.search(r"\(([\d.]+)\)", shown)
                tag = f" \\tag{{{number[1]}}}" if number else ""
                yield start, stop, f"$${one_line(token)}{tag}$$\n"
            elif token.type == "math_block" and quoted:
                # Jupyter takes the signs > of a longer formula for a part of it.
                yield start, stop, f"$${one_line(token)}$$\n"

    def box(self, token: Token) -> list[str]:
        """A directive as a quotation that begins with its title."""
        found = re.match(r"\{([^}]*)\}\s*(.*)", token.info.strip())
        assert found  # the parser takes nothing else for a directive
        name, argument = found.groups()
        options, inside = options_and_body(token.content.splitlines())
        body = self.plain("\n".join(inside), quoted=True).strip("\n")
        if name == "tab-set":  # its tabs, one below the other
            return body.splitlines()
        title = self.title(name, argument, options)
        lines = [f"**{title}**", *(["", *body.splitlines()] if body else [])]
        return [f"> {line}" if line else ">" for line in lines]

    def title(self, name: str, argument: str, options: dict[str, str]) -> str:
        """What the page has above a box, with the number that others refer to."""
        label = options.get("label") or options.get("name")
        if name in ("admonition", "tab-item"):
            return self.plain(argument)
        if name == "bet":
            return f"Your bet: {self.plain(argument)}"
        if name in OWN_TITLES:
            return OWN_TITLES[name]
        if name == "solution":
            return "Solution to " + self.resolve(f"{{ref}}`{argument}`")
        if name == "interactive":
            return self.resolve(f"{{numref}}`{label}`") + ", which moves on the page"
        if label and name == "exercise":
            title = self.resolve(f"{{ref}}`{label}`")
        elif label and name.startswith("prf:"):
            title = self.resolve(f"{{prf:ref}}`{label}`")
        else:
            title = name.rpartition(":")[2].capitalize()
        return f"{title} ({self.plain(argument)})" if argument else title

    def notebook(self, nb: NotebookNode, about: str) -> NotebookNode:
        """The notebook with plain words, its code and outputs as they were."""
        handout = deepcopy(nb)
        handout.cells = [new_markdown_cell(about, id="handout")]
        for cell in deepcopy(nb.cells):
            handout.cells.append(cell)
            if cell.cell_type == "markdown":
                cell.source = self.plain(cell.source).strip("\n")
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                if "text/markdown" in data:
                    data["text/markdown"] = self.plain(data["text/markdown"])
            figure = cell.metadata.get("mystnb", {}).get("figure", {})
            if "name" in figure:
                number = self.resolve(f"{{numref}}`{figure['name']}`")
                caption = f"**{number}.** {self.plain(figure.get('caption', ''))}"
                new = new_markdown_cell(caption.strip(), id=f"{cell.id}-caption")
                handout.cells.append(new)
        return handout


def one_line(token: Token) -> str:
    return " ".join(token.content.split())


def resolved(app: Sphinx, roles: list[str]) -> dict[str, str]:
    """What the pages show for some roles, with addresses that hold everywhere.

    Sphinx warns as of a page where it finds no target.
    """
    env = app.env
    parser = MystParser()
    parser.set_application(app)
    settings = get_default_settings(parser)
    settings.env = env
    root = app.config.root_doc
    document = new_document(env.doc2path(root), settings)
    env.temp_data["docname"] = root
    with sphinx_domains(env):
        parser.parse("\n\n".join(roles), document)
    # For each number it looks up, Sphinx reads a page again.
    with patch.object(env, "get_doctree", cache(env.get_doctree)):
        env.apply_post_transforms(document, root)
    shown = [words(paragraph, page_address(app, root)) for paragraph in document]
    return dict(zip(roles, shown, strict=True))


def words(node: nodes.Node, address: str) -> str:
    """The text of a node of the page at an address, as markdown."""
    if isinstance(node, nodes.Text):
        return re.sub(r"([\\`*_])", r"\\\1", node.astext())
    if isinstance(node, nodes.math):
        return f"${node.astext()}$"
    if isinstance(node, nodes.literal):
        return f"`{node.astext()}`"
    inside = "".join(words(child, address) for child in node.children)
    if isinstance(node, nodes.reference):
        target = node.get("refuri") or f"#{node['refid']}"
        return f"[{inside}]({urljoin(address, target)})"
    return inside


def page_address(app: Sphinx, docname: str) -> str:
    return urljoin(app.config.html_baseurl, f"{docname}.html")


def about(app: Sphinx, docname: str) -> str:
    """One line that says which page of which edition this is."""
    numbers = {
        name.rpartition("/")[2]: ".".join(map(str, found[""]))
        for name, found in app.env.toc_secnumbers.items()
        if found.get("")
    }
    number = numbers.get(docname.rpartition("/")[2])
    page = f"Chapter {number}" if number else "A page"
    if "/solutions/" in docname:
        page = f"Solutions to {page[0].lower()}{page[1:]}"
    page += f" of *{app.config.html_title}*, {edition.current()}"
    return f"{page}: [read it on the site]({page_address(app, docname)})."


def write(app: Sphinx) -> None:
    """Put the handouts in the place of the sources that the pages offer."""
    env: Any = app.env
    parse = cache(markdown_parser(env.myst_config).parse)  # each text is read twice
    found = {name: Path(env.doc2path(name)) for name in sorted(env.found_docs)}
    notebooks = {
        name: normalise.read(path)
        for name, path in found.items()
        if path.suffix == ".ipynb"
    }
    # Once to see which roles there are, once with what they say.
    roles: dict[str, str] = {}
    seeing = Converter(parse, lambda role: roles.setdefault(role, ""))
    for nb in notebooks.values():
        seeing.notebook(nb, "")
    speaking = Converter(parse, resolved(app, [*roles]).__getitem__)
    for name, nb in notebooks.items():
        handout = speaking.notebook(nb, about(app, name))
        target = Path(app.outdir, SOURCES, f"{name}.ipynb")
        target.write_text(normalise.as_text(handout), encoding="utf8", newline="\n")


# ------------------------------------------------------------- the branch

README = """\
# {title}

The notebooks of {edition}, without the markup of the book: for Colab, Jupyter or a \
course page.
They are made from those of [the repository]({repository}), where changes belong.
The book itself: <{site}>

`pip install -r requirements.txt` installs what they need, in the versions with which \
their outputs were made.

Text and figures: [CC BY 4.0](LICENSE-TEXT). Code: [BSD 3-Clause](LICENSE).
"""


def collect(html: Path = HTML, target: Path = HANDOUTS) -> None:
    """The folder with all notebooks, the package and what Binder reads."""
    notebooks = sorted((html / SOURCES).rglob("*.ipynb"))
    if not notebooks:
        raise FileNotFoundError(f"no notebooks in {html / SOURCES}: run make book")
    shutil.rmtree(target, ignore_errors=True)
    for notebook in notebooks:
        copy = target / notebook.relative_to(html / SOURCES)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(notebook, copy)
    for name in ("LICENSE", "LICENSE-TEXT", "constraints.txt", ".binder/runtime.txt"):
        shutil.copy(ROOT / name, target)
    now = edition.current()
    midnight = datetime.combine(now.day, time(), UTC)
    os.environ["SOURCE_DATE_EPOCH"] = str(int(midnight.timestamp()))
    wheel = buildapi.build_wheel(str(target))
    requirements = f"-c constraints.txt\n./{wheel}\n"
    (target / "requirements.txt").write_text(requirements, newline="\n")
    readme = README.format(
        title=edition.citation()["title"],
        edition=now,
        repository=colab.REPOSITORY,
        site=edition.citation()["url"],
    )
    (target / "README.md").write_text(readme, encoding="utf8", newline="\n")
    size = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    print(f"{len(notebooks)} notebooks, {size / 1e6:.1f} MB, in {target}")


if __name__ == "__main__":
    os.chdir(ROOT)  # flit builds what stands here
    collect()
