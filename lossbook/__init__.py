"""Loss functions for machine learning: values, derivatives and what they ask for.

The helper package of the book *Loss Functions: what you ask for is what you get*.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lossbook import datasets, functionals, links, losses, numerics
from lossbook.base import (
    BinaryLoss,
    Elsewhere,
    Loss,
    MulticlassLoss,
    ObjectLoss,
    PointwiseLoss,
)
from lossbook.functionals import BeforeNoise, Expectile, Mean, MLocation, Mode, Quantile
from lossbook.losses import *  # noqa: F403 (losses.__all__ says which)

if TYPE_CHECKING:
    from lossbook import fit, judge, show
    from lossbook.fit import booster_objective
    from lossbook.judge import check_loss, scorer

__version__ = "0.1.0"

# These bring scikit-learn or matplotlib along, so they are loaded when first used.
_WINGS = ("fit", "judge", "show")
_IN_WINGS = {"booster_objective": "fit", "check_loss": "judge", "scorer": "judge"}

__all__ = [
    "BeforeNoise",
    "BinaryLoss",
    "Elsewhere",
    "Expectile",
    "Loss",
    "MLocation",
    "Mean",
    "Mode",
    "MulticlassLoss",
    "ObjectLoss",
    "PointwiseLoss",
    "Quantile",
    "booster_objective",
    "check_loss",
    "datasets",
    "fit",
    "functionals",
    "judge",
    "links",
    "losses",
    "numerics",
    "scorer",
    "show",
]
__all__ += losses.__all__


def __getattr__(name: str) -> Any:
    if name in _WINGS:
        return import_module(f"lossbook.{name}")
    if name in _IN_WINGS:
        return getattr(import_module(f"lossbook.{_IN_WINGS[name]}"), name)
    raise AttributeError(f"module 'lossbook' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
