"""Time the losses against what one would otherwise call.

    python benchmarks/losses.py [--quick]

Every loss of the registry, its mean and its gradient, in one thread: lossbook beside
scikit-learn's metric, scikit-learn's internal loss, PyTorch (if it is installed) and
the textbook line of NumPy, checked to be the same number. Prints ratios to lossbook as
a Markdown table (above 1: lossbook is faster) and draws them to
_build/bench/losses.png. The last column is the time of a sample over that of the same
passes over one block that lies in the cache.
`make bench` sets one thread; a full run takes ten minutes.
"""

import argparse
import inspect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import sklearn._loss as sk
from lossbook.domains import UNIT
from scipy.special import softmax
from sklearn import metrics

import lossbook as lb
from lossbook.base import Loss, MulticlassLoss
from lossbook.numerics import Array, blocks

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
    "PoissonDeviance": lambda y, f: metrics.mean_poisson_deviance(y, np.exp(f)),
    "GammaDeviance": lambda y, f: metrics.mean_gamma_deviance(y, np.exp(f)),
    "BinaryCrossEntropy": lambda y, f: metrics.log_loss(y, 1 / (1 + np.exp(-f))),
    "CategoricalCrossEntropy": lambda y, f: metrics.log_loss(y, softmax(f, axis=1)),
    "BrierLoss": lambda y, f: metrics.brier_score_loss(y, 1 / (1 + np.exp(-f))),
    "HingeLoss": lambda y, f: metrics.hinge_loss(y, f),
}
INTERNAL: dict[str, Callable[[], sk.loss.BaseLoss]] = {
    "SquaredError": sk.HalfSquaredError,
    "AbsoluteError": sk.AbsoluteError,
    "HuberLoss": lambda: sk.HuberLoss(delta=1.0),
    "PoissonDeviance": sk.HalfPoissonLoss,
    "GammaDeviance": sk.HalfGammaLoss,
    "BinaryCrossEntropy": sk.HalfBinomialLoss,
    "CategoricalCrossEntropy": lambda: sk.HalfMultinomialLoss(n_classes=N_CLASSES),
}


def metric_of(loss: Loss) -> Call | None:
    """The metric of scikit-learn that is the same number."""
    match loss:
        case lb.PinballLoss():
            return lambda y, f: metrics.mean_pinball_loss(y, f, alpha=loss.quantile)
        case lb.TweedieDeviance():
            return lambda y, f: metrics.mean_tweedie_deviance(
                y, loss.link.inverse(f), power=loss.power
            )
    return METRICS.get(type(loss).__name__)


def internal_of(loss: Loss) -> sk.loss.BaseLoss | None:
    """The loss that scikit-learn's own estimators minimise, but for a factor."""
    match loss:
        case lb.PinballLoss():
            return sk.PinballLoss(quantile=loss.quantile)
        case lb.TweedieDeviance(power=power) if power:
            return sk.HalfTweedieLoss(power=power)
    make = INTERNAL.get(type(loss).__name__)
    return make() if make else None


def poisson_torch(f: "torch.Tensor", y: "torch.Tensor", **options: str) -> object:
    loss = F.poisson_nll_loss(f, y, **options)
    if options:  # a sum for its gradient
        return loss
    return loss + (torch.xlogy(y, y) - y).mean()  # what PyTorch leaves out


TORCH: dict[str, Callable] = {}
if torch is not None:
    TORCH = {
        "SquaredError": F.mse_loss,
        "AbsoluteError": F.l1_loss,
        "HuberLoss": F.huber_loss,
        "PoissonDeviance": poisson_torch,
        "BinaryCrossEntropy": F.binary_cross_entropy_with_logits,
        "LogisticLoss": lambda f, y, **o: F.soft_margin_loss(f, 2 * y - 1, **o),
        "CategoricalCrossEntropy": F.cross_entropy,
        "SmoothedCrossEntropy": partial(F.cross_entropy, label_smoothing=0.1),
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


def by_torch(function: Callable, y: Array, f: Array, gradient: bool) -> Callable:
    target = torch.from_numpy(y)
    raw = torch.from_numpy(f.copy()).requires_grad_(gradient)

    def call() -> object:
        if not gradient:
            with torch.no_grad():
                return function(raw, target).numpy()
        raw.grad = None
        function(raw, target, reduction="sum").backward()
        return raw.grad.numpy()

    return call


def by_internal(
    inner: sk.loss.BaseLoss, y: Array, f: Array, gradient: bool
) -> Callable:
    y = y.astype(f.dtype)
    if gradient:
        return lambda: inner.gradient(y_true=y, raw_prediction=f)
    if inner.constant_to_optimal_zero(y[:1]) is None or isinstance(
        inner, sk.HalfMultinomialLoss | sk.HalfBinomialLoss
    ):
        return lambda: inner(y_true=y, raw_prediction=f)
    # A deviance has a term of the target alone, which is left out in training.
    return lambda: np.mean(
        inner.loss(y_true=y, raw_prediction=f) + inner.constant_to_optimal_zero(y)
    )


def contenders(loss: Loss, y: Array, f: Array, gradient: bool) -> dict[str, Callable]:
    """What does the same work, by name; lossbook first."""
    name = type(loss).__name__
    if gradient:
        calls: dict[str, Callable] = {"lossbook": lambda: loss.gradient(y, f)}
    else:
        calls = {"lossbook": lambda: loss(y, f)}
        if metric := metric_of(loss):
            calls["metric"] = lambda: metric(y, f)
        if name in NUMPY:
            calls["NumPy"] = lambda: NUMPY[name](y, f)
    if inner := internal_of(loss):
        calls["sklearn._loss"] = by_internal(inner, y, f, gradient)
    if name in TORCH:
        calls["PyTorch"] = by_torch(TORCH[name], y, f, gradient)
    return calls


def check_same(calls: dict[str, Callable], dtype: str) -> None:
    """Raise unless all compute the same numbers, but for a factor."""
    own = np.ravel(calls.pop("lossbook")())
    for name, call in calls.items():
        factors = np.ravel(call())[own != 0] / own[own != 0]
        tolerance = 1e-6 if dtype == "f8" else 1e-2
        np.testing.assert_allclose(
            factors, np.median(factors), rtol=tolerance, err_msg=name
        )


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
    calls = contenders(loss, y, f, gradient)
    check_same(dict(calls), dtype)
    first = next(blocks(n, np.size(f) // n))
    one_block = contenders(loss, y[first], f[first], gradient)["lossbook"]
    best = best_seconds(calls, ROUNDS if n < 10**7 else 3)
    own = best.pop("lossbook")
    ratios = {name: seconds / own for name, seconds in best.items()}
    # Alone, or the rivals would drive the block out of the cache.
    (in_cache,) = best_seconds({"block": one_block}, 10 * ROUNDS).values()
    beyond = own / n / (in_cache / len(y[first]))
    shown = " | ".join(f"{ratios[k]:.2f}" if k in ratios else "" for k in RIVALS)
    what = "gradient" if gradient else "mean"
    print(
        f"| {loss} | {what} | {n:.0e} | {dtype} | {1e9 * own / n:.2f} | {shown} "
        f"| {beyond:.2f} |",
        flush=True,
    )
    return ratios


def overhead(loss: Loss) -> float:
    """Microseconds of a call with 100 samples beyond those of its formula."""
    y, f = sample(loss, 100, "f8")
    ((_, *blocks),) = loss._checked_blocks(y, f, f.dtype, "raw_prediction")
    calls = {"call": lambda: loss(y, f), "formula": lambda: loss._value(*blocks)}
    best = best_seconds(calls, 300)
    return 1e6 * (best["call"] - best["formula"])


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
    print(
        "| loss | what | n | dtype | ns each | " + " | ".join(RIVALS) + " | of cached |"
    )
    print("| --- | --- | --: | --- " + "| --: " * (2 + len(RIVALS)) + "|")
    found: dict[str, dict[str, float]] = {}
    for loss in lb.ALL_LOSSES:
        for gradient in (False, True):
            for n in (10**6,) if quick else SIZES:
                if n > 10**6 and isinstance(loss, MulticlassLoss):
                    continue  # ten columns: as much work as 10⁷ numbers
                for dtype in ("f8",) if quick else ("f8", "f4"):
                    ratios = row(loss, n, dtype, gradient)
                    if (n, dtype, gradient) == (10**6, "f8", False):
                        found[str(loss)] = ratios
    beyond = {loss: overhead(loss) for loss in lb.ALL_LOSSES}
    worst = max(beyond, key=beyond.__getitem__)
    print(
        f"\na call with 100 samples takes up to {beyond[worst]:.0f} µs more than its "
        f"formula ({worst})"
    )
    draw(found)


if __name__ == "__main__":
    main()
