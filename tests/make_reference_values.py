"""Writes reference_values.json: losses and their derivatives in exact arithmetic.

The formulas are those of the textbooks, written without a thought for rounding, and
independently of lossbook: so many digits are carried that nothing cancels, and
derivatives are taken numerically from the values. Run it after adding a loss:

    python tests/make_reference_values.py
"""

import json
from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from mpmath import cosh, diff, exp, inf, log, mp, mpf, nstr, sqrt

# So many that 1 + x is not 1 for the squares of the small numbers x that occur.
DIGITS = 150
DIGITS_FOR_TINY_NUMBERS = 400
STORED_DIGITS = 20

Formula = Callable[[Any, Any], Any]
Point = list[Any]

RAW = (-750.0, -40.0, -0.6, 1e-8, 3.7, 40.0, 750.0)
LABELS = (0.0, 1.0, 0.3)
PROBABILITIES = (1e-300, 1e-20, 1e-6, 0.3, 0.9, 1 - 1e-9)
AMOUNTS = (1e-300, 0.4, 2.5, 1000.0)


# ---- textbook formulas ------------------------------------------------------------


def of_residual(rho: Callable[[Any], Any]) -> Formula:
    return lambda y, f: rho(y - f)


def of_margin(phi: Callable[[Any], Any]) -> Formula:
    return lambda y, f: y * phi(f) + (1 - y) * phi(-f)


def of_probability(score: Callable[[Any], Any]) -> Formula:
    """Expected score, where ``score`` is that of the observed label's probability."""
    return lambda y, p: y * score(p) + (1 - y) * score(1 - p)


def through(inverse_link: Callable[[Any], Any], score: Formula) -> Formula:
    return lambda y, f: score(y, inverse_link(f))


def expit(f: Any) -> Any:
    return 1 / (1 + exp(-f))


def barron(alpha: Any, c: Any) -> Callable[[Any], Any]:
    if alpha == 2:
        return lambda r: (r / c) ** 2 / 2
    if alpha == 0:
        return lambda r: log((r / c) ** 2 / 2 + 1)
    if alpha == -inf:
        return lambda r: 1 - exp(-((r / c) ** 2) / 2)
    b = abs(alpha - 2)
    return lambda r: b / alpha * (((r / c) ** 2 / b + 1) ** (alpha / 2) - 1)


def focal(gamma: float) -> Callable[[Any], Any]:
    return lambda q: -((1 - q) ** mpf(gamma)) * log(q)


def generalized(power: float) -> Callable[[Any], Any]:
    return lambda q: (1 - q ** mpf(power)) / mpf(power)


def tukey(c: Any) -> Callable[[Any], Any]:
    return lambda r: c**2 / 6 * (1 - (1 - (r / c) ** 2) ** 3 if abs(r) < c else 1)


def huber(delta: Any) -> Callable[[Any], Any]:
    return lambda r: r**2 / 2 if abs(r) <= delta else delta * (abs(r) - delta / 2)


def modified_huber(m: Any) -> Any:
    return max(0, 1 - m) ** 2 if m >= -1 else -4 * m


def y_log(y: Any, z: Any) -> Any:
    return y * log(y / z) if y else mpf(0)


def poisson(y: Any, z: Any) -> Any:
    return 2 * (y_log(y, z) - y + z)


def gamma(y: Any, z: Any) -> Any:
    return 2 * (log(z / y) + y / z - 1)


def tweedie(p: Any) -> Formula:
    def deviance(y: Any, z: Any) -> Any:
        own = y ** (2 - p) / ((1 - p) * (2 - p)) if y else 0
        return 2 * (own - y * z ** (1 - p) / (1 - p) + z ** (2 - p) / (2 - p))

    return deviance


def softmax_cross_entropy(y: int, f: list[Any]) -> Any:
    return -log(exp(f[y]) / sum(exp(v) for v in f))


def sparsemax_loss(y: int, f: list[Any]) -> Any:
    """Martins & Astudillo 2016, equation 17, trying every size of the support."""
    descending = sorted(f, reverse=True)
    for k in range(len(f), 0, -1):
        threshold = (sum(descending[:k]) - 1) / k
        if descending[k - 1] > threshold:
            break
    inside = sum(v**2 - threshold**2 for v in descending[:k])
    return -f[y] + inside / 2 + mpf(1) / 2


# ---- which losses, and where ------------------------------------------------------

# Parameters are the doubles that lossbook gets, not the decimals that stand here.
RESIDUAL: dict[str, Callable[[Any], Any]] = {
    "SquaredError()": lambda r: r * r,
    "AbsoluteError()": abs,
    "PinballLoss(quantile=0.9)": lambda r: r * (mpf(0.9) - (r < 0)),
    "ExpectileLoss(level=0.9)": lambda r: r**2 * abs(mpf(0.9) - (r < 0)),
    "HuberLoss(delta=1.35)": huber(mpf(1.35)),
    "PseudoHuberLoss(delta=1.35)": lambda r: (
        mpf(1.35) ** 2 * (sqrt(1 + (r / mpf(1.35)) ** 2) - 1)
    ),
    "LogCoshLoss()": lambda r: log(cosh(r)),
    "EpsilonInsensitiveLoss(epsilon=0.1)": lambda r: max(mpf(0), abs(r) - mpf(0.1)),
    "TukeyLoss(c=4.685)": tukey(mpf(4.685)),
    "CauchyLoss(scale=2.385)": lambda r: (
        mpf(2.385) ** 2 / 2 * log(1 + (r / mpf(2.385)) ** 2)
    ),
    **{
        f"BarronLoss(alpha={alpha}, scale=1.7)": barron(mpf(alpha), mpf(1.7))
        for alpha in (2.0, 1.5, 1.0, 0.0, -2.0, float("-inf"))
    },
}
MARGIN: dict[str, Callable[[Any], Any]] = {
    "ZeroOneLoss()": lambda m: mpf(m <= 0),
    "HingeLoss()": lambda m: max(mpf(0), 1 - m),
    "SquaredHingeLoss()": lambda m: max(mpf(0), 1 - m) ** 2,
    "PerceptronLoss()": lambda m: max(mpf(0), -m),
    "ExponentialLoss()": lambda m: exp(-m),
    "LogisticLoss()": lambda m: log(1 + exp(-m)),
    "ModifiedHuberLoss()": modified_huber,
    "RampLoss()": lambda m: min(mpf(1), max(mpf(0), (1 - m) / 2)),
    "SavageLoss()": lambda m: 1 / (1 + exp(2 * m)) ** 2,
    "SigmoidLoss()": lambda m: 1 / (1 + exp(m)),
}
SCORES: dict[str, Callable[[Any], Any]] = {
    "BinaryCrossEntropy()": lambda q: -log(q),
    "BrierLoss()": lambda q: (1 - q) ** 2,
    "SphericalLoss()": lambda q: 1 - q / sqrt(q**2 + (1 - q) ** 2),
    **{f"FocalLoss(gamma={g})": focal(g) for g in (0.5, 2.0, 5.0)},
    **{f"GeneralizedCrossEntropy(q={p})": generalized(p) for p in (0.1, 0.7, 1.0)},
}
DEVIANCES: dict[str, tuple[Formula, tuple[float, ...]]] = {
    "PoissonDeviance()": (poisson, (0.0, *AMOUNTS)),
    "GammaDeviance()": (gamma, AMOUNTS),
    "TweedieDeviance(power=1.1)": (tweedie(mpf(1.1)), (0.0, *AMOUNTS)),
    "TweedieDeviance(power=1.5)": (tweedie(mpf(1.5)), (0.0, *AMOUNTS)),
    "TweedieDeviance(power=3)": (tweedie(mpf(3)), AMOUNTS),
}
CLASSES: dict[str, Callable[[int, list[Any]], Any]] = {
    "CategoricalCrossEntropy()": softmax_cross_entropy,
    "SparsemaxLoss()": sparsemax_loss,
}
CLASS_RAW = (
    [0.0, 0.0, 0.0],
    [0.5, -0.25, 0.125],
    [2.5, 1.75, -3.0],
    [-40.0, 1e-8, 0.6],
    [750.0, -750.0, 749.5],
)


# ---- the table --------------------------------------------------------------------


def digits_before(f: float) -> int:
    """How many digits of 1 + exp(-f)**2 stand before those that tell of f."""
    return min(round(abs(f)), 750)


def digits(number: Any) -> str:
    """The number, rounded; what is zero for a double is zero."""
    if abs(number) < mpf(10) ** -330:
        return "0.0"
    return nstr(number, STORED_DIGITS, min_fixed=0, max_fixed=0)


def slopes(value: Callable[[Any], Any], x: float) -> list[str]:
    """First and second derivative."""
    return [digits(diff(value, mpf(x), order)) for order in (1, 2)]


def raw_points(
    value: Formula, targets: Iterable[float], raw: Iterable[float]
) -> list[Point]:
    """[y, raw prediction, value, gradient, hessian] of each combination."""
    points: list[Point] = []
    for y, f in product(targets, raw):
        with mp.workdps(mp.dps + digits_before(f)):
            at_y = partial(value, mpf(y))
            points.append([y, f, digits(at_y(mpf(f))), *slopes(at_y, f)])
    return points


def score_points(
    score: Formula, targets: Iterable[float], predictions: Iterable[float]
) -> list[Point]:
    """[y, prediction, score] of each combination but the perfect ones."""
    return [
        [y, z, digits(score(mpf(y), mpf(z)))]
        for y, z in product(targets, predictions)
        if y != z
    ]


def in_one_entry(
    value: Callable[[int, list[Any]], Any], y: int, f: list[Any], k: int, entry: Any
) -> Any:
    """The loss of the row ``f`` with another number in place ``k``."""
    return value(y, [*f[:k], entry, *f[k + 1 :]])


def class_points(value: Callable[[int, list[Any]], Any]) -> list[Point]:
    """[label, row, value, gradients, diagonal of the hessian] of each combination."""
    points: list[Point] = []
    for y, row in product(range(3), CLASS_RAW):
        f = [mpf(v) for v in row]
        along = [
            slopes(partial(in_one_entry, value, y, f, k), row[k]) for k in range(3)
        ]
        gradient, hessian = (list(column) for column in zip(*along, strict=True))
        points.append([y, row, digits(value(y, f)), gradient, hessian])
    return points


def reference_values() -> dict[str, dict[str, list[Point]]]:
    """Points of each loss on the raw scale and, if there is another, the score's."""
    out: dict[str, dict[str, list[Point]]] = {}
    with mp.workdps(DIGITS):
        for name, rho in RESIDUAL.items():
            out[name] = {"raw": raw_points(of_residual(rho), (0.0, 1.7), (*RAW, 1e30))}
        for name, phi in MARGIN.items():
            out[name] = {"raw": raw_points(of_margin(phi), LABELS, RAW)}
        for name, partial_score in SCORES.items():
            score = of_probability(partial_score)
            out[name] = {"raw": raw_points(through(expit, score), LABELS, RAW)}
    with mp.workdps(DIGITS_FOR_TINY_NUMBERS):
        for name, partial_score in SCORES.items():
            score = of_probability(partial_score)
            out[name]["score"] = score_points(score, LABELS, PROBABILITIES)
        for name, (deviance, amounts) in DEVIANCES.items():
            out[name] = {
                "raw": raw_points(through(exp, deviance), amounts, (-400.0, *RAW)),
                "score": score_points(deviance, amounts, AMOUNTS),
            }
        for name, loss in CLASSES.items():
            out[name] = {"raw": class_points(loss)}
    return out


def as_text(values: dict[str, dict[str, list[Point]]]) -> str:
    """JSON with a line for each point."""
    losses = []
    for name, scales in values.items():
        lists = [
            f'"{scale}": [\n' + ",\n".join(map(json.dumps, points)) + "\n]"
            for scale, points in scales.items()
        ]
        losses.append(f'"{name}": {{' + ", ".join(lists) + "}")
    return "{\n" + ",\n".join(losses) + "\n}\n"


if __name__ == "__main__":
    path = Path(__file__).with_name("reference_values.json")
    path.write_text(as_text(reference_values()), encoding="utf-8")
