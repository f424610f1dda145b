"""The first use of a term in a chapter leads to the glossary.

Nobody writes these links: the terms are those of the glossary. Everyday words are
terms only where a chapter says so, in bold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from book_chapters import chapters_of
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import lossbook as lb

# A wide margin, the risk of an operation, calls and links are meant in their own way.
EVERYDAY = {
    *("Calibration", "Discrimination", "Link", "Loss", "Margin", "Mode", "Precision"),
    *("Recall", "Reduction", "Regret", "Risk", "Sharpness", "Temperature"),
}
# Not running text, or a link or a control already.
CLOSED = (
    *(nodes.title, nodes.FixedTextElement, nodes.literal, nodes.math, nodes.math_block),
    *(nodes.reference, addnodes.pending_xref, nodes.raw, nodes.comment, nodes.caption),
)
Terms = dict[str, tuple[str, str]]  # a term -> its page and its id there


def terms_of(env: BuildEnvironment) -> Terms:
    objects = env.domaindata["std"]["objects"]
    return {name: found for (kind, name), found in objects.items() if kind == "term"}


def expression(name: str) -> str:
    """A name as a sentence has it: small or large at its beginning, one or many."""
    words = r"\s+".join(map(re.escape, name.split()))
    if name[0].isalpha() and not name[1].isupper():
        words = f"[{name[0].upper()}{name[0].lower()}]{words[1:]}"
    ending = "(?:y|ies)" if name.endswith("y") else f"{name[-1]}(?:s|es)?"
    return words[:-1] + ending


@cache
def pattern(terms: tuple[str, ...]) -> tuple[re.Pattern[str], list[str]]:
    """What finds the terms, and the term of each of its groups; "" is none.

    The longest first, and names of losses too: a Poisson deviance is no deviance.
    """
    forms: dict[str, str] = {}
    for term in terms:
        long, _, short = term.removesuffix(")").partition(" (")
        forms |= {long: term} | ({short: term} if short else {})
    known = {name.lower() for name in forms}
    forms |= {loss.title: "" for loss in lb.ALL_LOSSES if loss.title not in known}
    names = sorted(forms, key=len, reverse=True)
    either = "|".join(f"({expression(name)})" for name in names)
    return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])"), [forms[n] for n in names]


def running_text(node: nodes.Element) -> Iterator[nodes.Text]:
    for child in node.children:
        if isinstance(child, nodes.Text):
            if any(isinstance(n, nodes.paragraph) for n in above(child)):
                yield child
        # The choices of a bet are labels, and a label is one thing to click on.
        elif not isinstance(child, CLOSED) and child.tagname != "choice":
            yield from running_text(child)


def above(node: nodes.Node) -> Iterator[nodes.Element]:
    while node.parent is not None:
        node = node.parent
        yield node


def link_first_uses(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    labels = app.env.domaindata["std"]["anonlabels"]
    chapters = {labels[c][0] for c in chapters_of(app.env) if c in labels}
    terms = terms_of(app.env)
    if docname not in chapters or not terms:
        return
    find, meant = pattern(tuple(sorted(terms)))
    linked = {""}

    def link(term: str, words: nodes.Node) -> nodes.reference:
        linked.add(term)
        page, place = terms[term]
        address = f"{app.builder.get_relative_uri(docname, page)}#{place}"
        return nodes.reference(
            "", "", words, internal=True, refuri=address, classes=["term"]
        )

    for text in list(running_text(doctree)):
        said, parts, end = text.astext(), [], 0
        bold = text.parent if isinstance(text.parent, nodes.strong) else None
        for found in find.finditer(said):
            term = meant[(found.lastindex or 0) - 1]
            if term in linked:
                continue
            if bold is not None:
                # Of a longer phrase in bold the term is but a part.
                if found[0] == bold.astext():
                    bold.replace_self(link(term, bold.deepcopy()))
            elif term not in EVERYDAY:
                parts += [nodes.Text(said[end : found.start()])]
                parts += [link(term, nodes.Text(found[0]))]
                end = found.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(said[end:])])


def chapters_to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """All of them, if there are other terms than at the last build."""
    now, before = terms_of(env), getattr(env, "book_terms", None)
    env.book_terms = now  # type: ignore[attr-defined]
    return [] if before in (None, now) else sorted(env.found_docs)


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("env-updated", chapters_to_write)
    app.connect("doctree-resolved", link_first_uses)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
