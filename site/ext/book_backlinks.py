"""Ways back: an exercise leads to its solution, a reference to where it is cited.

The way there is from others: a solution names its exercise, a citation its reference.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from docutils import nodes
from pybtex.backends.plaintext import Backend
from pybtex.plugin import register_plugin
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx_exercise.nodes import is_exercise_node, solution_node


def solution_label(exercise: str) -> str:
    return f"solution-{exercise}"


def lead_to_solutions(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """A line below an exercise; a solution has an id that says which."""
    for box in doctree.findall(solution_node):
        box["ids"] = [solution_label(box["target_label"])]
    known = getattr(app.env, "sphinx_exercise_registry", {}).values()
    solved = {
        found["node"]["target_label"]: found["docname"]
        for found in known
        if found["type"] == "solution"
    }
    for box in doctree.findall(is_exercise_node):
        if box["label"] in solved:
            page = app.builder.get_relative_uri(docname, solved[box["label"]])
            address = f"{page}#{solution_label(box['label'])}"
            box += nodes.paragraph("", "", link("Solution", address), classes=["back"])


def link(words: str, address: str) -> nodes.reference:
    return nodes.reference("", words, internal=True, refuri=address)


# ---- references


def list_citations(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Behind each reference, the pages that cite it, each a link to the first place."""
    domain: Any = app.env.get_domain("cite")
    places: dict[str, dict[str, str]] = {}  # a reference -> a page -> the first place
    for cited in domain.citation_refs:
        for target in cited.targets:
            of_key = places.setdefault(target.key, {})
            of_key.setdefault(cited.docname, cited.citation_ref_id)
    keys = {citation.citation_id: citation.key for citation in domain.citations}
    order = [*app.env.collect_relations()]
    for entry in doctree.findall(nodes.citation):
        found = places.get(keys.get(entry["ids"][0], ""), {})
        pages = sorted((page for page in found if page in order), key=order.index)
        if not pages:
            continue
        line = nodes.paragraph("", "Cited in ", classes=["back"])
        for kind, group in groupby(pages, lambda page: name_of(app.env, page)[0]):
            same = list(group)
            if line.children[1:]:
                line += nodes.Text("; ")
            if kind:
                line += nodes.Text(f"{kind}s " if len(same) > 1 else f"{kind} ")
            for n, page in enumerate(same):
                address = app.builder.get_relative_uri(docname, page)
                words = name_of(app.env, page)[1]
                line += [nodes.Text(", ")] if n else []
                line += link(words, f"{address}#{found[page]}")
        entry += line


def name_of(env: BuildEnvironment, page: str) -> tuple[str, str]:
    """A kind of pages and the number in it, or no kind and the title."""
    numbers = {
        name.rpartition("/")[2]: str(found[""][0])
        for name, found in env.toc_secnumbers.items()
        if found.get("")
    }
    number = numbers.get(page.rpartition("/")[2])
    if number is None:
        return "", env.titles[page].astext()
    return ("solutions to chapter" if "/solutions/" in page else "chapter"), number


def pages_to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The references, and a page of exercises, change with what leads to them."""
    domain: Any = env.get_domain("cite")
    known = getattr(env, "sphinx_exercise_registry", {}).values()
    boxes = {found["docname"] for found in known if found["type"] == "exercise"}
    return sorted(boxes | {key.docname for key in domain.bibliographies})


def setup(app: Sphinx) -> dict[str, Any]:
    # sphinxcontrib-bibtex asks for it at each of 900 citations, and pybtex would look
    # through all installed packages each time.
    register_plugin("pybtex.backends", "plaintext", Backend, force=True)
    app.connect("env-updated", pages_to_write)
    app.connect("doctree-resolved", lead_to_solutions)
    app.connect("doctree-resolved", list_citations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
