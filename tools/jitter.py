"""Elementary functions whose last bit is drawn, as if by the next processor.

Another processor, or another library of mathematics, computes exp, log, pow or tanh
with another error in the last place. `install` puts that to the test: from then on each
result of these functions, in NumPy, SciPy and `math`, is moved by -1, 0 or +1 unit in
the last place, at random. What a notebook prints afterwards must be what it printed
before. `tools.portable` does so in the kernels of all notebooks.

What every library gets exactly right stays: a result that ends in many zero bits, such
as log10(1000) = 3, exp(0) = 1, 0.5 ** 2, tanh(40) = 1 or an infinity.

Not reached: operators (`**`, `@`, `/`), sums, and functions that compiled code calls
itself (linear algebra, random numbers, the solvers of scikit-learn).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from tools.replace import replace

NUMPY = (
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "logaddexp"),
    *("logaddexp2", "power", "float_power", "cbrt", "hypot", "arctan2"),
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan"),
    *("sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
)
MATH = (
    *("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "pow", "cbrt"),
    *("hypot", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh"),
    *("tanh", "asinh", "acosh", "atanh", "erf", "erfc", "gamma", "lgamma"),
)

# The type in which the bits of a float are counted, and those that are all zero at the
# end of a result that is exact.
EXACT = (1 << 20) - 1
BITS = {np.dtype(np.float64): (np.int64, EXACT), np.dtype(np.float32): (np.int32, 255)}
DOUBLE, LONG = struct.Struct("<d"), struct.Struct("<q")
STOCK = 1_000_003


class Jitter:
    """Draws the last bits: one stream for all functions, so a run can be redone."""

    def __init__(self, seed: int) -> None:
        rng = np.random.Generator(np.random.PCG64(seed))
        self._stock = rng.integers(-1, 2, STOCK, dtype=np.int8)
        self._next = 0

    def steps(self, count: int) -> np.ndarray:
        """The next draws; when the stock is used up, it is used again."""
        if self._next + count > STOCK:
            if count > STOCK:
                return np.resize(self._stock, count)
            self._next = 0
        self._next += count
        return self._stock[self._next - count : self._next]

    def move(self, values: np.ndarray, where: Any = True) -> None:
        """Move each float that is not exact, in place."""
        kind = BITS.get(values.dtype)
        if kind is None:
            return
        integer, exact = kind
        # Neighbouring floats are neighbouring integers.
        bits = values.view(integer)
        steps = self.steps(values.size).reshape(values.shape)
        steps = steps * ((bits & exact) != 0)
        if where is not True:
            steps *= np.broadcast_to(np.asarray(where, dtype=bool), values.shape)
        bits += steps

    def moved_float(self, value: float) -> float:
        """The same for one number, quickly."""
        (bits,) = LONG.unpack(DOUBLE.pack(value))
        if bits & EXACT:
            (step,) = self.steps(1).tolist()
            return DOUBLE.unpack(LONG.pack(bits + step))[0]
        return value

    def result(self, result: Any, where: Any = True) -> Any:
        """Whatever a function has returned."""
        if isinstance(result, tuple):
            return tuple(self.result(part, where) for part in result)
        if type(result) is float:
            return self.moved_float(result)
        if type(result) is np.float64:
            return np.float64(self.moved_float(result))
        if isinstance(result, np.ndarray):
            if result.flags.writeable:
                self.move(result, where)
            return result
        return result


class MovedUfunc:
    """Stands for a ufunc: calls, `reduce`, `outer` and all of its attributes."""

    def __init__(self, ufunc: np.ufunc, jitter: Jitter) -> None:
        self._ufunc, self._jitter = ufunc, jitter
        self.__name__, self.__doc__ = ufunc.__name__, ufunc.__doc__

    # So that isinstance(np.exp, np.ufunc) holds as before.
    __class__ = property(lambda self: np.ufunc)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        result = self._ufunc(*arguments, **options)
        return self._jitter.result(result, options.get("where", True))

    def outer(self, *arguments: Any, **options: Any) -> Any:
        return self._jitter.result(self._ufunc.outer(*arguments, **options))

    def reduce(self, *arguments: Any, **options: Any) -> Any:
        return self._jitter.result(self._ufunc.reduce(*arguments, **options))

    def accumulate(self, *arguments: Any, **options: Any) -> Any:
        return self._jitter.result(self._ufunc.accumulate(*arguments, **options))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ufunc, name)

    def __repr__(self) -> str:
        return repr(self._ufunc)

    def __copy__(self) -> MovedUfunc:
        return self

    def __deepcopy__(self, memo: object) -> MovedUfunc:
        return self


def moved_function(
    function: Callable[..., float], jitter: Jitter
) -> Callable[..., float]:
    """Stands for a function of `math`."""

    def moved(*arguments: Any) -> float:
        return jitter.result(function(*arguments))

    moved.__name__ = moved.__qualname__ = function.__name__
    moved.__doc__ = function.__doc__
    return moved


def install(seed: int) -> Jitter:
    """Move the results of elementary functions from now on, in this process."""
    import scipy.special

    jitter = Jitter(seed)
    special = (getattr(scipy.special, name) for name in scipy.special.__all__)
    ufuncs = [getattr(np, name) for name in NUMPY]
    ufuncs += [f for f in special if isinstance(f, np.ufunc)]
    stands_for: dict[int, Any] = {id(f): MovedUfunc(f, jitter) for f in ufuncs}
    for name in MATH:
        if function := getattr(math, name, None):
            stands_for[id(function)] = moved_function(function, jitter)
    replace(stands_for)
    return jitter
