"""No method needs more than a block beyond its inputs and its result."""

import tracemalloc
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from samples import MULTICLASS, POINTWISE, each, each_loss, random_weights, sample

import lossbook as lb
from lossbook.numerics import Array

MEGABYTE = 2**20
N = 400_000


def large(loss: lb.Loss, size: int) -> tuple[Array, Array, Array]:
    """Targets, predictions (``size`` numbers) and weights: a small sample, repeated."""
    y, f = sample(loss, 100)
    times = size // f.size + 1
    y, f, w = (np.concatenate([a] * times) for a in (y, f, random_weights(100)))
    return y, f, w


def peak(call: Callable[[], object]) -> int:
    """The bytes that a call takes at most, beyond those it returns."""
    tracemalloc.start()
    try:
        result = call()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    parts = result if isinstance(result, tuple) else (result,)
    return most - sum(part.nbytes for part in parts if isinstance(part, np.ndarray))


def peaks(loss: lb.Loss, size: int) -> dict[str, int]:
    """The bytes that each method takes for predictions of ``size`` numbers."""
    y, f, w = large(loss, size)
    z = loss.link.inverse(f)
    some, narrow = w * (w > 0.1), f.astype("f4")
    calls: dict[str, Callable[[], object]] = {
        "call": lambda: loss(y, z, sample_weight=w),
        "sum": lambda: loss(y, z, sample_weight=some, reduction="sum"),
        "each": lambda: loss.from_raw(y, f, sample_weight=w, reduction="none"),
        "converted": lambda: loss.from_raw(y, narrow, sample_weight=some),
        "value": lambda: loss.value(y, f),
        "gradient": lambda: loss.gradient(y, f),
        "both": lambda: loss.value_and_gradient(y, f),
    }
    if isinstance(loss, lb.PointwiseLoss):
        calls["hessian"] = lambda: loss.hessian(y, f)
    return {name: peak(call) for name, call in calls.items()}


@each_loss
def test_memory_does_not_grow(loss: lb.Loss, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times the sample, in many blocks either way, takes the same memory."""
    monkeypatch.setattr(lb.numerics, "BLOCK_SIZE", 512)
    few, many = 1_500, 6_000
    peaks(loss, 100)  # what a first call keeps for later ones is not of the sample
    small, big = peaks(loss, few), peaks(loss, many)
    grown = {name: (big[name] - small[name]) / (8 * (many - few)) for name in big}
    assert max(grown.values()) < 0.1, grown


def sorts(loss: lb.Loss) -> bool:
    """Whether the best constant needs the sample in order."""
    order = lb.Quantile | lb.Expectile | lb.Mode | lb.functionals.BetaMedian
    asks = isinstance(loss.functional, order) and loss.family in ("residual", "amount")
    valleys = isinstance(loss, lb.ResidualLoss) and not loss.convex
    return asks or valleys or isinstance(loss, lb.EpsilonInsensitiveLoss)


@each([loss for loss in POINTWISE if not sorts(loss)])
def test_memory_of_best_constants(loss: lb.PointwiseLoss) -> None:
    y, _, w = large(loss, N)
    loss.best_constant(y[:100])  # SciPy is imported when it is first needed
    for targets, weights in ((y, None), (y, w), (y.astype("f4"), w.astype("f4"))):
        assert peak(partial(loss.best_constant, targets, weights)) < 4 * MEGABYTE


@each([loss for loss in POINTWISE if sorts(loss)])
def test_memory_of_best_constants_that_sort(
    loss: lb.PointwiseLoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many copies of the sample as are said; never a table."""
    monkeypatch.setattr(lb.numerics, "BLOCK_SIZE", 500)
    # Neighbouring floats, so that a search for valleys has few places to look at.
    y = 1e15 + np.arange(20_000) % 8 / 8
    w = random_weights(len(y))
    loss.best_constant(y[:100])
    simple = isinstance(loss.functional, lb.Quantile | lb.Expectile)
    most = 12 if isinstance(loss, lb.EpsilonInsensitiveLoss) else 5
    for weights in (None, w, w.astype("f4")):
        copies = 1 if simple and weights is None else most
        taken = peak(partial(loss.best_constant, y, weights))
        assert taken < (copies + 0.5) * y.nbytes


@each(MULTICLASS)
def test_memory_of_proportions(loss: lb.PointwiseLoss) -> None:
    y = np.full((N, 3), 1 / 3)
    assert peak(lambda: loss.best_constant(y)) < 4 * MEGABYTE


def test_a_label_that_is_no_label_is_refused_before_anything_is_made() -> None:
    with pytest.raises(ValueError, match="below 10,000,000; got 1e"):
        lb.CategoricalCrossEntropy().best_constant([0, 10**9])


def test_memory_of_masked_masks() -> None:
    loss = lb.DiceLoss()
    y, f = np.zeros((N // 100, 10, 10)), np.zeros((N // 100, 10, 10))
    masked = np.ma.array(y, mask=y == 0)
    assert peak(lambda: loss.value(masked, f)) < 4 * MEGABYTE


def test_many_samples_have_the_mean_of_those_they_repeat() -> None:
    for loss in (lb.SquaredError(), lb.BinaryCrossEntropy(), lb.BrierLoss()):
        y, f = sample(loss, 1000)
        many = loss.from_raw(np.tile(y, 1000), np.tile(f, 1000))
        assert many == pytest.approx(loss.from_raw(y, f), rel=1e-13)


def test_the_peak_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same work in one piece grows with the sample."""
    loss = lb.LogCoshLoss()
    monkeypatch.setattr(lb.numerics, "BLOCK_SIZE", 2 * N)
    assert peaks(loss, 6_000)["value"] > 2 * peaks(loss, 1_500)["value"]
