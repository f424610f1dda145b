"""The examples in the docstrings are run."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import lossbook as lb

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
