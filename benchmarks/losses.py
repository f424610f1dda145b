"""Time the losses against what one would otherwise call.

    python benchmarks/losses.py [--quick]

Every loss of the registry, its mean and its gradient, in one thread: lossbook beside
scikit-learn's metric, scikit-learn's internal loss, PyTorch (if it is installed) and
the textbook line of NumPy. Prints ratios to lossbook as a Markdown table (above 1:
lossbook is faster) and draws them to _build/bench/losses.png. `make bench` sets one
thread; a full run takes some minutes.
"""

import argparse
import inspect
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import sklearn._loss as sk
from sklearn import metrics

import lossbook as lb
from lossbook.base import Loss, MulticlassLoss
from lossbook.domains import UNIT
from lossbook.numerics import Array

try:
    import torch
    from torch.nn import functional as F
except ImportError:
    torch = None

FIGURE = Path(__file__).resolve().parents[1] / "_build" / "bench" / "losses.png"
SIZES = (10_000, 1_000_000, 10_000_000)
N_CLASSES = 10
ROUNDS = 7
Call = Callable[[Array, Array], object]

METRICS: dict[str, Call] = {
    "SquaredError": metrics.mean_squared_error,
    "AbsoluteError": metrics.mean_absolute_error,
    "PinballLoss": lambda y, f: metrics.mean_pinball_loss(y, f, alpha=0.5),
    "PoissonDeviance": lambda y, f: metrics.mean_poisson_deviance(y, np.exp(f)),
    "GammaDeviance": lambda y, f: metrics.mean_gamma_deviance(y, np.exp(f)),
    "BinaryCrossEntropy": lambda y, f: metrics.log_loss(y, 1 / (1 + np.exp(-f))),
    "BrierLoss": lambda y, f: metrics.brier_score_loss(y, 1 / (1 + np.exp(-f))),
    "HingeLoss": lambda y, f: metrics.hinge_loss(y, f),
}
INTERNAL = {
    "SquaredError": sk.HalfSquaredError,
    "AbsoluteError": sk.AbsoluteError,
    "PinballLoss": lambda: sk.PinballLoss(quantile=0.5),
    "HuberLoss": lambda: sk.HuberLoss(delta=1.0),
    "PoissonDeviance": sk.HalfPoissonLoss,
    "GammaDeviance": sk.HalfGammaLoss,
    "BinaryCrossEntropy": sk.HalfBinomialLoss,
    "CategoricalCrossEntropy": lambda: sk.HalfMultinomialLoss(n_classes=N_CLASSES),
}
TORCH: dict[str, str] = {
    "SquaredError": "mse_loss",
    "AbsoluteError": "l1_loss",
    "HuberLoss": "huber_loss",
    "PoissonDeviance": "poisson_nll_loss",
    "BinaryCrossEntropy": "binary_cross_entropy_with_logits",
    "CategoricalCrossEntropy": "cross_entropy",
}


def softmax_line(y: Array, f: Array) -> object:
    log_p = f - np.log(np.exp(f).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()


NUMPY: dict[str, Call] = {
    "SquaredError": lambda y, f: np.mean((y - f) ** 2),
    "AbsoluteError": lambda y, f: np.mean(np.abs(y - f)),
    "HuberLoss": lambda y, f: np.mean(
        np.where(np.abs(y - f) <= 1, (y - f) ** 2 / 2, np.abs(y - f) - 0.5)
    ),
    "PoissonDeviance": lambda y, f: np.mean(
        2
        * (
            np.where(y > 0, y * np.log(np.where(y > 0, y, 1)), 0)
            - y * f
            - y
            + np.exp(f)
        )
    ),
    "BinaryCrossEntropy": lambda y, f: np.mean(np.logaddexp(0, f) - y * f),
    "HingeLoss": lambda y, f: np.mean(np.maximum(0, 1 - (2 * y - 1) * f)),
    "ExponentialLoss": lambda y, f: np.mean(np.exp(-(2 * y - 1) * f)),
    "CategoricalCrossEntropy": softmax_line,
}


def sample(loss: Loss, n: int, dtype: str) -> tuple[Array, Array]:
    rng = np.random.default_rng(2026)
    f = rng.normal(size=n).astype(dtype)
    if isinstance(loss, MulticlassLoss):
        rows = rng.normal(size=(n, N_CLASSES)).astype(dtype)
        return rng.integers(0, N_CLASSES, size=n), rows
    if loss.y_domain == UNIT:
        return rng.integers(0, 2, size=n).astype(dtype), f
    y = rng.normal(size=n)
    if loss.y_domain.low == 0:
        y = rng.gamma(2.0, size=n)
        if type(loss).__name__ == "PoissonDeviance":
            y = np.floor(y)
    return y.astype(dtype), f


def by_torch(name: str, y: Array, f: Array, gradient: bool) -> Callable[[], object]:
    target = torch.from_numpy(y)
    raw = torch.from_numpy(f.copy()).requires_grad_(gradient)
    function = getattr(F, name)

    def call() -> object:
        if not gradient:
            with torch.no_grad():
                return function(raw, target)
        raw.grad = None
        function(raw, target, reduction="sum").backward()
        return raw.grad

    return call


def contenders(loss: Loss, y: Array, f: Array, gradient: bool) -> dict[str, Callable]:
    """What does the same work, by name; lossbook first."""
    name = type(loss).__name__
    if gradient:
        calls: dict[str, Callable] = {"lossbook": lambda: loss.gradient(y, f)}
    else:
        calls = {"lossbook": lambda: loss(y, f)}
        if name in METRICS:
            calls["metric"] = lambda: METRICS[name](y, f)
        if name in NUMPY:
            calls["NumPy"] = lambda: NUMPY[name](y, f)
    if name in INTERNAL:
        inner = INTERNAL[name]()
        y_inner = y.astype(f.dtype)
        work = inner.gradient if gradient else inner.loss
        calls["sklearn._loss"] = lambda: work(y_true=y_inner, raw_prediction=f)
    if torch is not None and name in TORCH:
        calls["PyTorch"] = by_torch(TORCH[name], y, f, gradient)
    return calls


def best_seconds(calls: dict[str, Callable], rounds: int) -> dict[str, float]:
    """Shortest time of each; they take turns, so that a slow spell hits all."""
    best = dict.fromkeys(calls, np.inf)
    for _ in range(rounds):
        for name, call in calls.items():
            start = perf_counter()
            call()
            best[name] = min(best[name], perf_counter() - start)
    return best


RIVALS = ("metric", "sklearn._loss", "PyTorch", "NumPy")


def row(loss: Loss, n: int, dtype: str, gradient: bool) -> dict[str, float]:
    y, f = sample(loss, n, dtype)
    # One run of the largest size takes long enough to be exact.
    best = best_seconds(contenders(loss, y, f, gradient), ROUNDS if n < 10**7 else 2)
    own = best.pop("lossbook")
    ratios = {name: seconds / own for name, seconds in best.items()}
    shown = " | ".join(f"{ratios[k]:.1f}" if k in ratios else "" for k in RIVALS)
    what = "gradient" if gradient else "mean"
    print(
        f"| {type(loss).__name__} | {what} | {n:.0e} | {dtype} "
        f"| {1e9 * own / n:.2f} | {shown} |",
        flush=True,
    )
    return ratios


def overhead(loss: Loss) -> float:
    """Microseconds of a call with 100 samples."""
    y, f = sample(loss, 100, "f8")
    return 1e6 * best_seconds({"own": lambda: loss(y, f)}, 200)["own"]


def draw(found: dict[str, dict[str, float]]) -> None:
    """The ratios of the means at the largest common size, on a logarithmic axis."""
    lb.style.use()
    names = [name for name, ratios in found.items() if ratios]
    fig, ax = plt.subplots(figsize=(6, 0.32 * len(names) + 1))
    for rival, mark in zip(RIVALS, "osD^", strict=True):
        points = [(found[n][rival], n) for n in names if rival in found[n]]
        ax.plot(*zip(*points, strict=True) if points else ([], []), mark, label=rival)
    ax.axvline(1, color=lb.style.INK, linewidth=1)
    ax.set(xscale="log", xlabel="time / time of lossbook, one million float64")
    ax.legend(loc="lower right")
    FIGURE.parent.mkdir(parents=True, exist_ok=True)
    fig.savefig(FIGURE, facecolor="white", dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=inspect.getdoc(inspect.getmodule(row)))
    parser.add_argument("--quick", action="store_true", help="10⁶ float64 only")
    quick = parser.parse_args().quick
    if torch is not None:
        torch.set_num_threads(1)
    losses = list({type(x): x for x in reversed(lb.ALL_LOSSES)}.values())[::-1]
    print("| loss | what | n | dtype | ns each | " + " | ".join(RIVALS) + " |")
    print("| --- | --- | --: | --- " + "| --: " * (1 + len(RIVALS)) + "|")
    found: dict[str, dict[str, float]] = {}
    for loss in losses:
        for gradient in (False, True):
            for n in (10**6,) if quick else SIZES:
                if n > 10**6 and isinstance(loss, MulticlassLoss):
                    continue  # ten columns: as much work as 10⁷ numbers
                for dtype in ("f8",) if quick else ("f8", "f4"):
                    ratios = row(loss, n, dtype, gradient)
                    if (n, dtype, gradient) == (10**6, "f8", False):
                        found[type(loss).__name__] = ratios
    slowest = max(losses, key=overhead)
    print(f"\nlongest call with 100 samples: {slowest}, {overhead(slowest):.0f} µs")
    draw(found)


if __name__ == "__main__":
    main()
