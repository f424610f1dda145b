"""Put another function in the place of one, in every module that is loaded."""

import sys
from collections.abc import Mapping


def replace(stands_for: Mapping[int, object]) -> None:
    """Wherever a module keeps an object of one of these ids by a name, put the other.

    Modules that are imported later find the new one where they look for the old.
    """
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if id(value) in stands_for:
                setattr(module, name, stands_for[id(value)])
