"""Time the losses against what one would otherwise call.

    python benchmarks/losses.py [loss ...]

One thread, float64: a million samples (a hundred thousand of ten classes), and a
hundred. Every loss that has a counterpart, or those that are named: the call on the
prediction scale beside scikit-learn's metric, `from_raw` and `value_and_gradient`
beside the internal loss that scikit-learn's estimators minimise, and PyTorch if it is
installed; all checked to be the same numbers. The internal loss leaves out terms of y
alone (Poisson, gamma, Tweedie), so `constant_to_optimal_zero` is added to it in both
columns; PyTorch's lacks them. Ratios above 1: lossbook is faster.

NumPy's exp and log are several times as fast on a processor with AVX-512, so the table
is made twice, with it and without (as on most laptops); what the machine does not have
is not measured. The first columns say how many exponentials, logarithms and the like
(a power counts two, a root none) one number costs in the call, in `from_raw` and in
`value_and_gradient`: without AVX-512 they are where the time goes.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
import sklearn._loss as sk
from sklearn import metrics

import lossbook as lb
from lossbook.numerics import Array

torch: Any = None
with suppress(ImportError):
    import torch
    from torch.nn import functional as F

N_CLASSES = 10
Call = Callable[[], object]

METRICS: dict[str, Callable[[Array, Array], object]] = {
    "SquaredError": metrics.mean_squared_error,
    "AbsoluteError": metrics.mean_absolute_error,
    "PoissonDeviance": metrics.mean_poisson_deviance,
    "GammaDeviance": metrics.mean_gamma_deviance,
    "BinaryCrossEntropy": metrics.log_loss,
    "CategoricalCrossEntropy": metrics.log_loss,
    "BrierLoss": metrics.brier_score_loss,
    "HingeLoss": metrics.hinge_loss,
    "AbsolutePercentageError": metrics.mean_absolute_percentage_error,
    "SquaredLogError": metrics.mean_squared_log_error,
}
INTERNAL: dict[str, Callable[[], Any]] = {
    "SquaredError": sk.HalfSquaredError,
    "AbsoluteError": sk.AbsoluteError,
    "HuberLoss": lambda: sk.HuberLoss(delta=1.0),
    "PoissonDeviance": sk.HalfPoissonLoss,
    "GammaDeviance": sk.HalfGammaLoss,
    "BinaryCrossEntropy": sk.HalfBinomialLoss,
    "CategoricalCrossEntropy": lambda: sk.HalfMultinomialLoss(n_classes=N_CLASSES),
}


def metric_of(loss: lb.PointwiseLoss) -> Callable[[Array, Array], object] | None:
    """The metric of scikit-learn that is the same number."""
    match loss:
        case lb.PinballLoss():
            return partial(metrics.mean_pinball_loss, alpha=loss.quantile)
        case lb.TweedieDeviance():
            return partial(metrics.mean_tweedie_deviance, power=loss.power)
    return METRICS.get(type(loss).__name__)


def internal_of(loss: lb.PointwiseLoss) -> Any:
    """The loss that scikit-learn's own estimators minimise, but for a factor."""
    match loss:
        case lb.PinballLoss():
            return sk.PinballLoss(quantile=loss.quantile)
        case lb.TweedieDeviance(power=power) if power:
            return sk.HalfTweedieLoss(power=power)
    make = INTERNAL.get(type(loss).__name__)
    return make() if make else None


def torch_of(loss: lb.PointwiseLoss) -> Callable[..., Any] | None:
    """PyTorch's function of raw predictions and targets, but for terms of y alone."""
    if torch is None:
        return None
    found: dict[str, Callable[..., Any]] = {
        "SquaredError": F.mse_loss,
        "AbsoluteError": F.l1_loss,
        "HuberLoss": F.huber_loss,
        "PoissonDeviance": F.poisson_nll_loss,
        "BinaryCrossEntropy": F.binary_cross_entropy_with_logits,
        "LogisticLoss": lambda f, y, **o: F.soft_margin_loss(f, 2 * y - 1, **o),
        "CategoricalCrossEntropy": F.cross_entropy,
        "SmoothedCrossEntropy": partial(F.cross_entropy, label_smoothing=0.1),
    }
    return found.get(type(loss).__name__)


def sample(loss: lb.PointwiseLoss, n: int) -> tuple[Array, Array, Array]:
    """Targets, raw predictions, predictions."""
    rng = np.random.default_rng(2026)
    f = rng.normal(size=n)
    if isinstance(loss, lb.MulticlassLoss):
        f = rng.normal(size=(n, N_CLASSES))
        return rng.integers(0, N_CLASSES, size=n), f, loss.link.inverse(f)
    if isinstance(loss, lb.BinaryLoss):
        y = rng.integers(0, 2, size=n).astype(float)
    elif loss.y_domain.low == 0:
        y = rng.gamma(2.0, size=n)
        if isinstance(loss, lb.PoissonDeviance):
            y = np.floor(y)
    else:
        y = rng.normal(size=n)
    return y, f, loss.link.inverse(f)


# ---- what is timed -----------------------------------------------------------------


def calls(loss: lb.PointwiseLoss, n: int) -> dict[str, Call]:
    """Ours and theirs for each of the three methods."""
    y, f, z = sample(loss, n)
    found: dict[str, Call] = {"call": lambda: loss(y, z)}
    if metric := metric_of(loss):
        found["metric"] = lambda: metric(y, z)
    found["raw"] = lambda: loss.from_raw(y, f)
    found["both"] = lambda: loss.value_and_gradient(y, f)
    if inner := internal_of(loss):
        target = y.astype(float)
        lacks = inner.constant_to_optimal_zero(target).any()

        def whole(values: Array) -> Array:
            return values + inner.constant_to_optimal_zero(target) if lacks else values

        def their_value() -> object:
            return whole(inner.loss(y_true=target, raw_prediction=f)).mean()

        def their_both() -> object:
            values, slopes = inner.loss_gradient(y_true=target, raw_prediction=f)
            return whole(values), slopes

        found["_loss raw"], found["_loss both"] = their_value, their_both
    if function := torch_of(loss):
        target_t, raw_t = torch.from_numpy(y), torch.from_numpy(f.copy())
        leaf = raw_t.clone().requires_grad_()

        def value() -> object:
            with torch.no_grad():
                return float(function(raw_t, target_t))

        def both() -> object:
            leaf.grad = None
            value = function(leaf, target_t, reduction="sum")
            value.backward()
            return value.detach(), leaf.grad.numpy()

        found["torch raw"], found["torch both"] = value, both
    return found


def check_same(found: dict[str, Call]) -> None:
    """Raise unless they compute the same numbers, but for a factor."""
    if "metric" in found:
        np.testing.assert_allclose(found["metric"](), found["call"](), rtol=1e-6)
    values, slopes = found["both"]()  # type: ignore[misc]
    some = slopes != 0
    for name in ("_loss both", "torch both"):
        if name in found:
            their_values, their_slopes = found[name]()  # type: ignore[misc]
            factors = their_slopes[some] / slopes[some]
            factor = np.median(factors)
            np.testing.assert_allclose(factors, factor, rtol=1e-6)
            if name == "_loss both":
                means = their_values.mean(), found["_loss raw"]()
                np.testing.assert_allclose(means, factor * values.mean(), rtol=1e-6)


def best_seconds(found: dict[str, Call], rounds: int) -> dict[str, float]:
    """Shortest time of each; they take turns, so that a slow spell hits all."""
    best = dict.fromkeys(found, np.inf)
    for _ in range(rounds):
        for name, call in found.items():
            start = perf_counter()
            call()
            best[name] = min(best[name], perf_counter() - start)
    return best


# ---- what it costs -----------------------------------------------------------------

COSTS = {"power": 2, "float_power": 2, "logaddexp": 2} | dict.fromkeys(
    ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sinh", "cosh", "tanh"), 1
)


class Counted(np.ndarray):
    """An array that counts how many transcendental functions are taken of it."""

    taken = 0.0

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any
    ) -> Any:
        plain = [np.asarray(x) if isinstance(x, Counted) else x for x in inputs]
        out = options.pop("out", None)
        result = getattr(ufunc, method)(*plain, **options)
        Counted.taken += COSTS.get(ufunc.__name__, 0) * np.size(result)
        if out is not None:
            np.copyto(np.asarray(out[0]), result)
            return out[0]
        return result.view(Counted) if isinstance(result, np.ndarray) else result

    def __array_function__(
        self, function: Any, types: Any, inputs: Any, options: Any
    ) -> Any:
        result = super().__array_function__(function, types, inputs, options)
        return result.view(Counted) if type(result) is np.ndarray else result


def transcendentals(loss: lb.PointwiseLoss) -> Iterator[float]:
    """How many one number costs in the call, in from_raw, in value_and_gradient."""
    y, f, z = sample(loss, 1000)
    if isinstance(loss, lb.MulticlassLoss):
        y = np.eye(N_CLASSES)[y]
    for formula, prediction in (
        (loss._at_prediction, z),
        (loss._value, f),
        (loss._value_and_gradient, f),
    ):
        Counted.taken = 0.0
        with np.errstate(all="ignore"):
            formula(y.astype(float).view(Counted), prediction.view(Counted))
        yield Counted.taken / prediction.size


# ---- the tables --------------------------------------------------------------------


def row(loss: lb.PointwiseLoss) -> str:
    many = 10**5 if isinstance(loss, lb.MulticlassLoss) else 10**6
    found = calls(loss, many)
    check_same(found)
    best = best_seconds(found, 9)
    few = {k: v for k, v in calls(loss, 100).items() if k in ("call", "metric")}
    short = best_seconds(few, 500)

    def ratio(theirs: str, ours: str, seconds: dict[str, float]) -> str:
        return f"{seconds[theirs] / seconds[ours]:.2f}" if theirs in seconds else ""

    counts = " ".join(f"{count:.3g}" for count in transcendentals(loss))
    size = np.size(sample(loss, 2)[1]) / 2 * many
    shown = [f"{loss}", counts]
    for ours, rivals in (
        ("call", ("metric",)),
        ("raw", ("_loss raw", "torch raw")),
        ("both", ("_loss both", "torch both")),
    ):
        shown.append(f"{1e9 * best[ours] / size:.2f}")
        shown += [ratio(rival, ours, best) for rival in rivals]
    shown += [f"{1e6 * short['call']:.0f}", ratio("metric", "call", short)]
    return "| " + " | ".join(shown) + " |"


def measure(names: list[str]) -> None:
    """One table, with the processor's features as this process has them."""
    if torch is not None:
        torch.set_num_threads(1)
    print(
        "| loss | exp, log … | call, ns | × metric | from_raw, ns | × _loss | × torch "
        "| value_and_gradient, ns | × _loss | × torch | call of 100, µs | × metric |"
    )
    print("| --- | --- " + "| --: " * 10 + "|", flush=True)
    for loss in lb.ALL_LOSSES:
        if not isinstance(loss, lb.PointwiseLoss) or loss.family == "distribution":
            continue
        chosen = type(loss).__name__ in names
        rivals = metric_of(loss) or internal_of(loss) or torch_of(loss)
        if chosen or (rivals and not names):
            print(row(loss), flush=True)


def wide_features() -> list[str]:
    """NumPy's names for the AVX-512 that this processor has and NumPy uses."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    wide = [f for f in __cpu_dispatch__ if f.startswith(("AVX512", "X86_V4"))]
    return [f for f in wide if __cpu_features__.get(f)]


def main() -> None:
    names = sys.argv[1:]
    if "BENCH_CHILD" in os.environ:
        measure(names)
        return
    wide = wide_features()
    if wide:
        print(f"with AVX-512 ({' '.join(wide)})\n", flush=True)
        run(names, {})
    else:
        print("with AVX-512: not measured, this processor has none\n", flush=True)
    print("\nwithout AVX-512\n", flush=True)
    # PyTorch has a switch of its own; scikit-learn's loops are compiled for all.
    run(
        names,
        {"NPY_DISABLE_CPU_FEATURES": " ".join(wide), "ATEN_CPU_CAPABILITY": "avx2"},
    )


def run(names: list[str], environment: dict[str, str]) -> None:
    """The table, in a process of its own: NumPy chooses when it is imported."""
    one = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    subprocess.run(
        [sys.executable, __file__, *names],
        check=True,
        env=os.environ | one | environment | {"BENCH_CHILD": "1"},
    )


if __name__ == "__main__":
    main()
