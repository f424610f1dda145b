"""Every seed moved, at run time: another sample, the same code.

`install` changes what an integer means as a seed: to `numpy.random.default_rng`, and as
`random_state` to scikit-learn and SciPy. Equal seeds stay equal and different ones
different, so designs that pair or repeat stay what they are.

A seed that a function of lossbook holds itself, for a data set that every reader gets
the same, stays; one that it is handed moves.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np

from tools.replace import replace

FIXED = "lossbook"  # the package whose own draws stay


def moved_seed(seed: Any, offset: int) -> Any:
    """Another seed for a seed; offset 0 and what is no seed stay as they are."""
    if offset and isinstance(seed, Integral) and not isinstance(seed, bool):
        return int(np.random.SeedSequence([offset, int(seed)]).generate_state(1)[0])
    if offset and isinstance(seed, Sequence) and not isinstance(seed, str):
        return [offset, *seed]
    return seed


def install(offset: int) -> None:
    """Move all seeds from now on, in this process."""
    import scipy._lib._util
    import sklearn.utils

    default_rng = np.random.default_rng

    def moved_rng(seed: Any = None) -> np.random.Generator:
        if _is_fixed(seed, sys._getframe(1)):
            return default_rng(seed)
        return default_rng(moved_seed(seed, offset))

    stands_for: dict[int, Any] = {id(default_rng): moved_rng}
    for check in (
        sklearn.utils.check_random_state,
        scipy._lib._util.check_random_state,
    ):
        stands_for[id(check)] = _moved_check(check, offset)
    replace(stands_for)


def _moved_check(check: Any, offset: int) -> Any:
    def moved_check(seed: Any) -> Any:
        return check(moved_seed(seed, offset))

    return moved_check


def _is_fixed(seed: Any, frame: Any) -> bool:
    """Whether the package calls with a number of its own."""
    package = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    handed = any(value is seed for value in frame.f_locals.values())
    return package == FIXED and not handed
