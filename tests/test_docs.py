"""The examples in the docstrings are run, and every loss has one."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import lossbook as lb

MODULES = [m.name for m in pkgutil.walk_packages(lb.__path__, "lossbook.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module, extraglobs={"lb": lb, "np": np})
    assert result.failed == 0


def test_the_modules_of_wings_are_found() -> None:
    assert "lossbook.losses.residual" in MODULES


def test_every_loss_has_an_example() -> None:
    kinds = {type(loss) for loss in lb.ALL_LOSSES}
    without = [
        kind.__name__
        for kind in kinds
        if f">>> loss = lb.{kind.__name__}(" not in (vars(kind)["__doc__"] or "")
    ]
    assert not without
