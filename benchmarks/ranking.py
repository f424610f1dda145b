"""Time pairwise losses: sorted sums against the table of all pairs.

    python benchmarks/ranking.py

Prints a Markdown table and the growth of time with the number of items, and draws it to
_build/bench/ranking.png; `make bench` sets one thread.
"""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np

import lossbook as lb
from lossbook.numerics import Array

FIGURE = Path(__file__).resolve().parents[1] / "_build" / "bench" / "ranking.png"
SIZES = (300, 1_000, 3_000, 10_000, 100_000, 1_000_000)
ALL_PAIRS_UP_TO = 10_000  # 25 million pairs
ROUNDS = 5


def all_pairs(phi: Callable[[Array], Array], y: Array, f: Array) -> float:
    """The mean over all pairs of a positive with a negative, from their table."""
    return float(phi(f[y == 1][:, None] - f[y == 0]).mean())


def seconds(call: Callable[[], object]) -> float:
    best = np.inf
    for _ in range(ROUNDS):
        start = perf_counter()
        call()
        best = min(best, perf_counter() - start)
    return best


def growth(times: dict[int, float]) -> float:
    """The exponent of the time in n over its last decade."""
    n, t = (np.log(np.array(list(part)[-2:])) for part in (times, times.values()))
    return float(np.diff(t)[0] / np.diff(n)[0])


def main() -> None:
    rng = np.random.default_rng(2026)
    hinge, exponential = lb.PairwiseHingeLoss(), lb.PairwiseExponentialLoss()
    found: dict[str, dict[int, float]] = {"hinge": {}, "exponential": {}}
    found |= {"AUC": {}, "all pairs (hinge)": {}}
    print("| n | hinge, ms | exponential, ms | AUC, ms | all pairs, ms | ratio |")
    print("| --: | --: | --: | --: | --: | --: |")
    for n in SIZES:
        y = rng.integers(0, 2, size=n).astype(float)
        f = rng.normal(size=n) + y
        found["hinge"][n] = seconds(lambda y=y, f=f: hinge.value([y], [f]))
        found["exponential"][n] = seconds(lambda y=y, f=f: exponential.value([y], [f]))
        found["AUC"][n] = seconds(lambda y=y, f=f: lb.evaluation.roc_auc(y, f))
        shown = [f"{1e3 * found[k][n]:.2f}" for k in ("hinge", "exponential", "AUC")]
        if n <= ALL_PAIRS_UP_TO:
            phi = lambda d: np.maximum(1 - d, 0)  # noqa: E731
            slow = all_pairs(phi, y, f)
            np.testing.assert_allclose(hinge.value([y], [f])[0], slow)
            found["all pairs (hinge)"][n] = seconds(
                lambda y=y, f=f, phi=phi: all_pairs(phi, y, f)
            )
            pairs = found["all pairs (hinge)"][n]
            shown += [f"{1e3 * pairs:.2f}", f"{pairs / found['hinge'][n]:.0f}"]
        else:
            shown += ["", ""]
        print(f"| {n:,} | " + " | ".join(shown) + " |", flush=True)
    lb.style.use()
    fig, ax = plt.subplots()
    for name, times in found.items():
        print(f"{name}: time grows as n to the power {growth(times):.2f}")
        ax.plot(list(times), list(times.values()), "o-", label=name)
    ax.set(xscale="log", yscale="log", xlabel="items", ylabel="seconds")
    ax.legend()
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    fig.savefig(FIGURE, facecolor="white", dpi=150)


if __name__ == "__main__":
    main()
