"""The reference of lossbook, by Sphinx's autodoc from its docstrings.

    :::{api} lossbook.links
    :::

stands for a module: what it says of itself, then its public classes and functions in
the order of the source, each under the shortest name by which a reader reaches it
(lossbook.HuberLoss, lossbook.links.LogitLink). Which modules stand on which page is
said by the pages alone; a test finds those that stand on none.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from functools import cache
from itertools import chain
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from docutils import nodes
from docutils.utils import new_document
from sphinx.application import Sphinx
from sphinx.parsers import RSTParser
from sphinx.util.docutils import SphinxDirective

SITE = Path(__file__).resolve().parent.parent
PACKAGE = "lossbook"
# What a signature calls by a short name that no class has.
ALIASES = {
    "Array": "numpy.ndarray",
    "ArrayLike": "numpy.typing.ArrayLike",
    "NDArray": "numpy.typing.NDArray",
}
# Documentation that others link to, with the objects that we name; kept here, so that
# neither a build nor a reader asks another host.
INVENTORIES = {
    "matplotlib": "https://matplotlib.org/stable/",
    "numpy": "https://numpy.org/doc/stable/",
    "python": "https://docs.python.org/3/",
    "scipy": "https://docs.scipy.org/doc/scipy/",
    "sklearn": "https://scikit-learn.org/stable/",
}

Thing = type | Callable[..., Any]


# ---- which names


def public(module: ModuleType) -> dict[str, Thing]:
    """The classes and functions that a module defines for others, in its order."""
    listed = getattr(module, "__all__", vars(module))
    things = {name: getattr(module, name) for name in listed if name[0] != "_"}
    return {
        name: thing
        for name, thing in things.items()
        if (inspect.isclass(thing) or inspect.isfunction(thing))
        and thing.__module__ == module.__name__
    }


@cache
def name_of(thing: Thing) -> str:
    """The shortest name: of the package, of a wing, or of the module."""
    parts = thing.__module__.split(".")
    for end in range(1, len(parts)):
        wing = importlib.import_module(".".join(parts[:end]))
        if getattr(wing, thing.__name__, None) is thing:
            return f"{wing.__name__}.{thing.__name__}"
    return f"{thing.__module__}.{thing.__name__}"


def inherited(thing: type) -> dict[type, list[str]]:
    """Public methods that a class has from others, by the class that explains them."""
    found: dict[type, list[str]] = {}
    for name, kind, _, _ in inspect.classify_class_attrs(thing):
        if kind not in ("method", "class method", "static method", "property"):
            continue
        homes = [owner for owner in thing.__mro__ if explains(owner, name)]
        home = next(iter(homes), thing)
        if home is not thing and name[0] != "_" and home.__module__ != "builtins":
            found.setdefault(home, []).append(name)
    return {home: found[home] for home in thing.__mro__ if home in found}


def explains(owner: type, name: str) -> bool:
    """Whether a class defines a method of that name and says what it does.

    The facts of a loss (convex, kinks) are values here and properties there, and say
    nothing: they are explained once, in the attributes of Loss, and are no places.
    """
    thing = vars(owner).get(name)
    kinds = (FunctionType, property, classmethod, staticmethod)
    return isinstance(thing, kinds) and bool(thing.__doc__)


def is_ours(thing: Any) -> bool:
    return thing.__module__.partition(".")[0] == PACKAGE


def leave_to_others(
    app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any
) -> bool | None:
    """What scikit-learn writes into a class is described there."""
    ours = is_ours(thing) if hasattr(thing, "__module__") else True
    return None if ours else True


@cache
def assigned() -> dict[str, tuple[ast.expr, dict[str, Any]]]:
    """What stands behind each name that a module of ours assigns, and its scope."""
    modules = [m for m in sys.modules.values() if m and is_ours_module(m)]
    return {  # backwards, so that the first of a name counts
        ast.unparse(node.targets[0]): (node.value, vars(module))
        for module in reversed(modules)
        for node in reversed(ast.parse(inspect.getsource(module)).body)
        if isinstance(node, ast.Assign)
    }


@cache
def alias(name: str) -> ast.expr | None:
    """What a name for a type stands for, such as Reduction: a reader wants to know."""
    return annotation(*assigned()[name]) if name in assigned() else None


def file_of(module: ModuleType) -> Path:
    assert module.__file__  # none of ours is built in
    return Path(module.__file__)


def is_ours_module(module: ModuleType) -> bool:
    return module.__name__.partition(".")[0] == PACKAGE


# ---- the directive


class Api(SphinxDirective):
    """A module with its public names."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        (name,) = self.arguments
        module = importlib.import_module(name)
        file = file_of(module)
        self.env.note_dependency(str(file))
        lines = [f".. automodule:: {name}", ""]
        for thing in public(module).values():
            kind = "class" if inspect.isclass(thing) else "function"
            lines.append(f".. auto{kind}:: {name_of(thing)}")
            if kind == "class":
                lines += ["   :members:", "   :member-order: bysource"]
            if "__call__" in vars(thing):
                lines.append("   :special-members: __call__")
            lines.append("")
        document = new_document(str(file), self.state.document.settings)
        document.reporter = self.state.document.reporter
        parser = RSTParser()
        parser.set_application(self.env.app)
        parser.parse("\n".join(lines), document)
        domain: Any = self.env.get_domain("py")
        for thing in public(module).values():
            own = name_of(thing)
            if not inspect.isclass(thing):
                continue
            for method in chain.from_iterable(inherited(thing).values()):
                # Others may link to HuberLoss.gradient; its class says where it is.
                domain.note_object(f"{own}.{method}", "method", own, aliased=True)
        made: list[nodes.Node] = document.children
        return made


# ---- what autodoc asks


def plain_text(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Docstrings are read in terminals too: outside of code no sign is markup."""
    text = tail_apart("\n".join(lines))
    pieces = re.split(
        r"(^ *>>>.*?(?=\n\n|\Z)|``.*?``|:[\w:]+:`[^`]*`)", text, flags=re.M | re.S
    )
    pieces[::2] = [re.sub(r"([*|]|(?<=\w)_(?!\w))", r"\\\1", p) for p in pieces[::2]]
    lines[:] = "".join(pieces).split("\n")


def tail_apart(text: str) -> str:
    """A source that stands below the parameters is no parameter."""
    sections = re.split(r"^(?=\w+\n-{3,}$)", text, flags=re.M)
    tail: list[str] = []
    for number, section in enumerate(sections):
        if not re.match(r"(Parameters|Attributes|Returns|Raises)\n", section):
            continue
        blocks = section.rstrip().split("\n\n")
        while len(blocks) > 1 and "\n    " not in blocks[-1]:
            tail.insert(0, blocks.pop())
        sections[number] = "\n\n".join(blocks) + "\n\n"
    if tail:
        sections.append("\n\n".join(["\n\nReferences\n----------", *tail]) + "\n")
    return "".join(sections)


def name_the_inherited(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """At the end of a class, the methods that its bases give it, each a link."""
    if what != "class":
        return
    others = []
    for owner, methods in inherited(thing).items():
        home = documented(owner)
        if not is_ours(owner):
            others += methods
        elif owner.__name__[0] != "_":
            links = ", ".join(f":meth:`{m} <{home}.{m}>`" for m in methods)
            lines += ["", f"From :class:`~{home}`: {links}."]
    if others:
        links = ", ".join(f"``{method}``" for method in sorted(others))
        lines += ["", f"From :class:`sklearn.base.BaseEstimator`: {links}."]


def documented(thing: Any) -> str:
    """The name under which a class stands in its own documentation."""
    if is_ours(thing):
        return name_of(thing)
    # Others define their classes in private modules of a public package.
    parts = [p for p in thing.__module__.split(".") if p[0] != "_"]
    return ".".join([*parts, thing.__qualname__])


class Resolve(ast.NodeTransformer):
    """Names in an annotation, as their documentation calls them."""

    def __init__(self, scope: dict[str, Any]) -> None:
        self.scope = scope

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.named(node, node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        return self.named(node, ast.unparse(node))

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return self.named(node, node.value) if isinstance(node.value, str) else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        if ast.unparse(node.value) == "Literal":
            return node
        return self.generic_visit(node)

    def named(self, node: ast.expr, name: str) -> ast.expr:
        try:
            thing = eval(name, self.scope)
        except NameError:
            return node
        if name in ALIASES:
            name = ALIASES[name]
        elif isinstance(node, ast.Name) and (meaning := alias(name)):
            return meaning
        elif inspect.isclass(thing) and thing.__module__ != "builtins":
            name = documented(thing)
        return ast.parse(name, mode="eval").body


def annotation(node: ast.expr | None, scope: dict[str, Any]) -> ast.expr | None:
    resolved: ast.expr | None = Resolve(scope).visit(node) if node else None
    return resolved


def signature(
    app: Sphinx,
    what: str,
    name: str,
    thing: Any,
    options: Any,
    arguments: str | None,
    returns: str | None,
) -> tuple[str, str | None] | None:
    """Parameters and result with their types as the source has them.

    At run time ArrayLike is a union of a dozen classes that nobody wants to read.
    """
    method = thing.__init__ if inspect.isclass(thing) else inspect.unwrap(thing)
    if not inspect.isfunction(method) or method.__module__ not in sys.modules:
        return None
    try:
        source = textwrap.dedent(inspect.getsource(method))
    except OSError:  # what dataclass wrote; its types are those of the fields
        return arguments or "", None
    (definition,) = ast.parse(source).body
    assert isinstance(definition, ast.FunctionDef)
    scope = vars(sys.modules[method.__module__])
    given = definition.args
    if what in ("class", "method"):
        # `self` is not passed by the caller.
        (given.posonlyargs or given.args)[:1] = []
    named = (*given.posonlyargs, *given.args, *given.kwonlyargs)
    for each in (*named, *filter(None, (given.vararg, given.kwarg))):
        each.annotation = annotation(each.annotation, scope)
    result = annotation(definition.returns, scope)
    shown = ast.unparse(result) if result and what != "class" else None
    return f"({ast.unparse(given)})", shown


def source_of(app: Sphinx) -> Callable[[str, dict[str, str]], str | None]:
    """Where a name is defined, as an address in the repository."""
    repository = app.config.html_context["repository"]

    def address(domain: str, place: dict[str, str]) -> str | None:
        if domain != "py" or not place["module"]:
            return None
        thing: Any = sys.modules.get(place["module"])
        for part in place["fullname"].split("."):
            # A property is seen in its class; a module may load a name when asked.
            get = inspect.getattr_static if inspect.isclass(thing) else getattr
            thing = get(thing, part, None)
        thing = thing.fget if isinstance(thing, property) else thing
        thing = inspect.unwrap(getattr(thing, "__func__", thing))
        if not (inspect.isclass(thing) or inspect.isfunction(thing)):
            return None
        file = file_of(sys.modules[thing.__module__])
        lines, first = inspect.getsourcelines(thing)
        path = file.relative_to(SITE.parent).as_posix()
        last = first + len(lines) - 1
        return f"{repository}/blob/main/{path}#L{first}-L{last}"

    return address


def settle(app: Sphinx, config: Any) -> None:
    config.linkcode_resolve = source_of(app)
    config.intersphinx_mapping = {
        name: (address, str(SITE / "inventories" / f"{name}.inv"))
        for name, address in INVENTORIES.items()
    }


def setup(app: Sphinx) -> dict[str, Any]:
    for extension in ("autodoc", "napoleon", "linkcode", "intersphinx"):
        app.setup_extension(f"sphinx.ext.{extension}")
    app.connect("config-inited", settle, priority=100)
    app.add_directive("api", Api)
    app.connect("autodoc-process-docstring", plain_text, priority=100)
    app.connect("autodoc-process-docstring", name_the_inherited, priority=900)
    app.connect("autodoc-process-signature", signature)
    app.connect("autodoc-skip-member", leave_to_others)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
