"""The examples in the docstrings are run, and the reference is made from them."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import lossbook as lb
from tools import api

MODULES = [f"lossbook.{m.name}" for m in pkgutil.iter_modules(lb.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module, extraglobs={"lb": lb, "np": np})
    assert result.failed == 0


@pytest.mark.parametrize(
    "loss", [*lb.ALL_LOSSES, *lb.STRUCTURED_LOSSES], ids=lambda x: type(x).__name__
)
def test_every_loss_has_an_example(loss: lb.Loss | lb.StructuredLoss) -> None:
    own = type(loss).__dict__["__doc__"]
    assert f">>> loss = lb.{type(loss).__name__}(" in own


def test_every_public_name_is_in_the_reference_and_says_what_it_is() -> None:
    text = api.page()
    listed = {entry.name for group in api.GROUPS for entry in api.entries(group)}
    classes = {n for n in lb.__all__ if isinstance(getattr(lb, n), type)}
    assert classes <= listed
    for group in api.GROUPS:
        for entry in api.entries(group):
            assert entry.summary.endswith((".", ":", "?", "…")), entry.name
            assert f"`{entry.name}" in text


def test_the_stored_reference_is_current() -> None:
    assert api.TARGET.read_text(encoding="utf8") == api.page(), "make api"


def test_sections_of_a_docstring_become_lists() -> None:
    text = api.as_myst(
        "Sum.\n\nParameters\n----------\na : float > 0\n    The first,\n"
        "    and more.\n\nExamples\n--------\n>>> 1 + 1\n2\n"
    )
    assert text == (
        "Sum.\n\n**Parameters**\n\n`a` : float > 0\n: The first, and more.\n\n"
        "```python\n>>> 1 + 1\n2\n```\n"
    )


def test_notes_of_a_docstring_stay_one_paragraph() -> None:
    text = api.as_myst("Sum.\n\nNotes\n-----\nOf two lines,\nnot two paragraphs.\n")
    assert text == "Sum.\n\n**Notes**\n\nOf two lines,\nnot two paragraphs.\n"
