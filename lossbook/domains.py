"""Where targets, predictions and parameters may lie: intervals as data."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A real interval; infinite ends are always open."""

    low: float = -math.inf
    high: float = math.inf
    closed_low: bool = True
    closed_high: bool = True

    def contains(self, value: float) -> bool:
        """Whether ``value`` lies in the interval (never true for NaN or infinity)."""
        above = self.low <= value if self.closed_low else self.low < value
        below = value <= self.high if self.closed_high else value < self.high
        return above and below and math.isfinite(value)

    def __str__(self) -> str:
        if self.low == -math.inf and self.high == math.inf:
            return "the real numbers"
        left = "[" if self.closed_low and math.isfinite(self.low) else "("
        right = "]" if self.closed_high and math.isfinite(self.high) else ")"
        return f"{left}{self.low:g}, {self.high:g}{right}"


@dataclass(frozen=True)
class ClassLabels:
    """Labels 0 … K-1, or one row of proportions per sample (n, K)."""

    def __str__(self) -> str:
        return "labels 0..K-1 of shape (n,) or proportions of shape (n, K)"


REALS = Interval()
NONNEGATIVE = Interval(low=0.0)
POSITIVE = Interval(low=0.0, closed_low=False)
UNIT = Interval(0.0, 1.0)
OPEN_UNIT = Interval(0.0, 1.0, closed_low=False, closed_high=False)
