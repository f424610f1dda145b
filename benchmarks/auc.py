"""Time the AUC: lossbook against scikit-learn and against counting pairs.

Run as ``OMP_NUM_THREADS=1 python benchmarks/auc.py``.  Takes a few minutes and prints
one Markdown table.
"""

from collections.abc import Callable
from time import perf_counter

import numpy as np
from sklearn.metrics import roc_auc_score

import lossbook as lb
from lossbook.numerics import Array

SIZES = (1_000, 10_000, 100_000, 1_000_000)
ROUNDS = 7


def auc_by_pairs(y: Array, score: Array) -> float:
    """Compare each positive with all negatives: O(n²) time, O(n) memory."""
    positives, negatives = score[y == 1], score[y == 0]
    won = sum(
        np.count_nonzero(negatives < s) + np.count_nonzero(negatives <= s)
        for s in positives
    )
    return won / (2 * len(positives) * len(negatives))


def best_seconds(
    functions: dict[str, Callable[[Array, Array], float]],
    y: Array,
    score: Array,
    rounds: int,
) -> dict[str, float]:
    """Shortest time of each; they take turns, so that a slow spell hits all."""
    best = dict.fromkeys(functions, np.inf)
    for _ in range(rounds):
        for name, function in functions.items():
            start = perf_counter()
            function(y, score)
            best[name] = min(best[name], perf_counter() - start)
    return best


def row(n: int, levels: int | None) -> str:
    """One line of the table: times in milliseconds and ratios to lossbook."""
    rng = np.random.default_rng(2026)
    y = (rng.random(n) < 0.5).astype(float)
    score = rng.normal(size=n) + y
    if levels is not None:
        score = np.floor(score * levels / 8)
    ours, theirs = lb.evaluation.roc_auc, roc_auc_score
    np.testing.assert_allclose(ours(y, score), theirs(y, score), rtol=1e-12)
    some = slice(1000)
    np.testing.assert_allclose(
        auc_by_pairs(y[some], score[some]), ours(y[some], score[some]), rtol=1e-12
    )
    best = best_seconds({"ours": ours, "theirs": theirs}, y, score, ROUNDS)
    few = int(np.clip(300_000 // n, 1, ROUNDS))
    pairs = best_seconds({"pairs": auc_by_pairs}, y, score, few)["pairs"]
    return (
        f"| {n:,} | {levels or 'none'} | {1e3 * best['ours']:.2f} "
        f"| {1e3 * best['theirs']:.2f} | {1e3 * pairs:,.1f} "
        f"| {best['theirs'] / best['ours']:.1f} | {pairs / best['ours']:,.0f} |"
    )


def main() -> None:
    """Print the table for scores without and with ties, on one thread."""
    print(
        "| n | levels | lossbook, ms | scikit-learn, ms | pairs, ms "
        "| scikit-learn / lossbook | pairs / lossbook |"
    )
    print("| --: | --: | --: | --: | --: | --: | --: |")
    for levels in (None, 100):
        for n in SIZES:
            print(row(n, levels), flush=True)


if __name__ == "__main__":
    main()
