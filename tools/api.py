"""Write the reference of lossbook, a page of the appendix, from its docstrings.

    python -m tools.api

The examples are run by tests/test_docs.py.
"""

import importlib
import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import lossbook as lb
from tools.book import CHAPTERS

TARGET = CHAPTERS / "appendix" / "api.md"


@dataclass(frozen=True)
class Group:
    """A section of the page: a title, and the modules whose public names it holds."""

    title: str
    modules: tuple[str, ...]


GROUPS = (
    Group("The contract", ("base",)),
    Group("Losses of a residual", ("residual",)),
    Group("Losses from a potential", ("potential",)),
    Group("Scoring rules behind a link", ("composite",)),
    Group("Losses of a margin", ("margin",)),
    Group("Losses of several classes", ("multiclass", "noise")),
    Group("Losses of lists, masks and boxes", ("ranking", "overlap", "boxes")),
    Group("What is asked for", ("functionals", "links", "domains")),
    Group("Judging predictions", ("evaluation",)),
    Group("Surrogates", ("surrogates",)),
    Group("Fitting", ("linear", "optimize")),
    Group("Choosing", ("choosing",)),
    Group("Data", ("datasets",)),
    Group("Numerics", ("numerics",)),
    Group("Figures and cards", ("plots", "atlas", "style")),
)
# What users of a loss never call: shared by the modules, not offered.
CONTRACTS = (lb.Loss, lb.StructuredLoss)
INTERNAL = {"extremes", "weighted", "one_hot", "check_rows_sum_to_one", "check_noise"}


@dataclass(frozen=True)
class Entry:
    """A public class or function."""

    name: str
    thing: type | Callable[..., Any]

    @property
    def doc(self) -> str:
        return inspect.cleandoc(self.thing.__doc__ or "")

    @property
    def summary(self) -> str:
        return " ".join(self.doc.split("\n\n")[0].split())

    @property
    def signature(self) -> str:
        text = str(inspect.signature(self.thing))
        text = re.sub(r"\bnumpy\.ndarray\[[^()]*?\]\]|lossbook\.\w+\.", "", text)
        return text.partition(" -> ")[0]


def entries(group: Group) -> list[Entry]:
    """The public names of a group, in the order of the source."""
    found = []
    for name in group.modules:
        module = importlib.import_module(f"lossbook.{name}")
        for own, thing in vars(module).items():
            public = inspect.isclass(thing) or inspect.isfunction(thing)
            here = getattr(thing, "__module__", None) == module.__name__
            if not (public and here) or own.startswith("_") or own in INTERNAL:
                continue
            shown = own if own in lb.__all__ else f"{name}.{own}"
            found.append(Entry(shown, thing))
    return found


def page() -> str:
    """The page, as MyST."""
    parts = [
        "(api)=\n# Reference of lossbook\n",
        "Every public name, from its docstring.\n"
        "The examples assume `import lossbook as lb` and `import numpy as np`; "
        "they are run by the tests.\n",
    ]
    for group in GROUPS:
        parts.append(f"## {group.title}\n")
        for entry in entries(group):
            parts += section(entry)
    return "\n".join(parts)


def section(entry: Entry) -> list[str]:
    """Heading, call and text of a name; of a contract its methods too."""
    call = f"`{entry.name}{parameters(entry)}`"
    parts = [f"### `{entry.name}`\n\n{call}\n\n{as_myst(entry.doc)}"]
    if entry.thing in CONTRACTS:
        for name, method in vars(entry.thing).items():
            if inspect.isfunction(method) and (name[0] != "_" or name == "__call__"):
                own = Entry(name, method)
                call = f"`loss{parameters(own)}`".replace("self, ", "")
                call = call if name == "__call__" else call.replace("(", f".{name}(", 1)
                parts.append(f"#### {call}\n\n{as_myst(own.doc)}")
    return parts


def parameters(entry: Entry) -> str:
    """The names of the parameters with their defaults."""
    shown = []
    star = False
    for p in inspect.signature(entry.thing).parameters.values():
        if p.kind is p.KEYWORD_ONLY and not star:
            star = True
            shown.append("*")
        default = "" if p.default is p.empty else f"={p.default!r}"
        shown.append(f"{p.name}{default}" if "object at" not in default else p.name)
    return f"({', '.join(shown)})"


def as_myst(doc: str) -> str:
    """A numpydoc docstring as MyST: lists, but examples as code and notes as prose."""
    pieces = re.split(r"^(\w+)\n-{3,}\n", doc + "\n", flags=re.MULTILINE)
    parts = [prose(pieces[0])]
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        body, tail = split_tail(title, body)
        if title == "Examples":
            parts.append(f"```python\n{body.strip()}\n```")
        else:
            parts += [f"**{title}**", (prose if title == "Notes" else items)(body)]
        if tail:
            parts.append(prose(tail))
    return "\n\n".join(part for part in parts if part) + "\n"


def split_tail(title: str, body: str) -> tuple[str, str]:
    """A section, and the paragraphs that follow it (a source, as a rule)."""
    blocks = body.strip("\n").split("\n\n")
    if title == "Examples":
        return body, ""
    last = len(blocks)
    while last > 1 and not re.match(r"[^\n]*\n[ ]{4}", blocks[last - 1]):
        last -= 1
    return "\n\n".join(blocks[:last]), "\n\n".join(blocks[last:])


def items(body: str) -> str:
    """Entries `name : type` with indented text, as a definition list."""
    lines = []
    for entry in re.split(r"\n(?=\S)", body.strip("\n")):
        head, _, text = entry.partition("\n")
        name, colon, kind = head.partition(" : ")
        term = f"`{name}` : {kind}" if colon else head
        said = " ".join(textwrap.dedent(text).split())
        lines.append(code(f"{term}\n: {said}" if said else term))
    return "\n\n".join(lines)


def prose(text: str) -> str:
    return code(text.strip())


def code(text: str) -> str:
    """Sphinx's marks as Markdown's: double back-ticks and roles become code."""
    text = re.sub(r":(?:class|func|meth|mod):`~?\.?([^`]+)`", r"`\1`", text)
    text = text.replace("``", "`")
    # What stands outside code and would be read as markup.
    pieces = re.split(r"(`[^`]*`)", text)
    pieces[::2] = [re.sub(r"([*_<$\[\]|])", r"\\\1", piece) for piece in pieces[::2]]
    return "".join(pieces)


def main() -> None:
    TARGET.write_text(page(), encoding="utf8")
    print(f"{TARGET.name}: {sum(len(entries(group)) for group in GROUPS)} names")


if __name__ == "__main__":
    main()
