"""check_loss: losses as people write them wrongly, and losses that are right."""

import re
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import lossbook as lb

Array = NDArray[Any]


def softmax(f: Array) -> Array:
    e = np.exp(f - f.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def one_hot(y: Array, f: Array) -> Array:
    return np.eye(f.shape[1])[y]


def cross_entropy(y: Array, f: Array) -> Array:
    return -np.log(softmax(f)[np.arange(len(y)), y])


def cross_entropy_slope(y: Array, f: Array) -> Array:
    return softmax(f) - one_hot(y, f)


def log_loss(y: Array, p: Array) -> Array:
    return -(y * np.log(p) + (1 - y) * np.log(1 - p))


def squared(y: Array, f: Array) -> Array:
    return (y - f) ** 2


# ---- losses that are wrong ---------------------------------------------------------


def forgotten_mean(y: Array, f: Array) -> float:
    return squared(y, f).sum()


def sum_over_classes_divided(y: Array, f: Array) -> float:
    return -(one_hot(y, f) * np.log(softmax(f))).mean()


def padding_in_the_mean(y: Array, f: Array) -> float:
    there = y != -100
    return np.where(there, cross_entropy(y * there, f), 0).mean()


def padding_as_class_zero(y: Array, f: Array) -> float:
    return cross_entropy(y * (y != -100), f).mean()


def true_class_only(y: Array, f: Array) -> Array:
    return cross_entropy_slope(y, f) * one_hot(y, f)


def pulled_to_zero(y: Array, f: Array) -> Array:
    return cross_entropy_slope(y, f) + 0.01 * f


def weight_by_n(y: Array, f: Array, sample_weight: Array | float = 1.0) -> float:
    return (sample_weight * squared(y, f)).mean()


def weight_asked_for(y: Array, f: Array, sample_weight: Array) -> float:
    return (sample_weight * squared(y, f)).sum() / len(y)


def weight_dropped(y: Array, f: Array, sample_weight: Any = None) -> float:
    return squared(y, f).mean()


def zero_weight_counted(y: Array, f: Array, sample_weight: Any = None) -> float:
    if sample_weight is None:
        return squared(y, f).mean()
    return np.average(squared(y, f), weights=sample_weight + 1e-3)


def clipped(y: Array, p: Array) -> float:
    return log_loss(y, np.clip(p, 1e-7, 1 - 1e-7)).mean()


def constant_added(y: Array, p: Array) -> float:
    return -(y * np.log(p + 1e-7) + (1 - y) * np.log(1 - p + 1e-7)).mean()


def clipped_behind_a_sigmoid(y: Array, f: Array) -> float:
    return clipped(y, 1 / (1 + np.exp(-f)))


def sigmoid_then_log(y: Array, f: Array) -> float:
    return log_loss(y, 1 / (1 + np.exp(-f))).mean()


def exp_without_shift(y: Array, f: Array) -> float:
    p = np.exp(f) / np.exp(f).sum(axis=1, keepdims=True)
    return -np.log(p[np.arange(len(y)), y]).mean()


def one_against_the_rest(y: Array, f: Array) -> float:
    return np.log1p(np.exp(-(2 * one_hot(y, f) - 1) * f)).sum(axis=1).mean()


def broadcast(y: Array, f: Array) -> float:
    return squared(y[:, None], f).mean()


def scaled_by_the_batch(y: Array, f: Array) -> float:
    return np.abs(y - f).mean() / np.abs(y).max()


def earlier_ones_count_more(y: Array, f: Array) -> float:
    return np.average(squared(y, f), weights=0.9 ** np.arange(len(y)))


def in_place(y: Array, f: Array) -> float:
    f -= y
    return (f**2).mean()


def without_constant(y: Array, f: Array) -> float:
    return (f**2 - 2 * y * f).mean()


def softmax_twice(y: Array, f: Array) -> float:
    return cross_entropy(y, softmax(f)).mean()


def logistic_of_signs(y: Array, f: Array) -> float:
    return np.logaddexp(0, -y * f).mean()


def logistic_of_labels(y: Array, f: Array) -> float:
    return (np.logaddexp(0, f) - y * f).mean()


def sigmoid(f: Array) -> Array:
    return 1 / (1 + np.exp(-f))


def dice(y: Array, p: Array, factor: float = 2) -> Array:
    both, total = (y * p).sum(axis=(1, 2)), (y + p).sum(axis=(1, 2))
    return 1 - (factor * both + 1) / (total + 1)


def ranknet(y: Array, s: Array, ties: bool = False) -> Array:
    lead = y[:, :, None] - y[:, None, :]
    pairs = lead >= 0 if ties else lead > 0
    return (pairs * np.logaddexp(0, s[:, None, :] - s[:, :, None])).sum(axis=(1, 2))


def mean_slope(y: Array, f: Array) -> Array:
    return 2 * (f - y) / len(y)


# Name: value, gradient, the other arguments, the check that finds it, what it says.
WRONG: dict[str, tuple[Any, Any, dict[str, Any], str, str]] = {
    "sign of the gradient": (
        lambda y, f: squared(y, f).mean(),
        lambda y, f: -mean_slope(y, f),
        {"kind": "regression"},
        "gradient",
        "is -1 times the slope of the value: a sign is wrong",
    ),
    "sign of the value": (
        lambda y, p: -log_loss(y, p).mean(),
        None,
        {"kind": "probability"},
        "good and bad",
        "a sign is wrong",
    ),
    "forgotten mean": (
        forgotten_mean,
        None,
        {"kind": "regression", "reduction": "mean"},
        "reduction",
        "'mean' is claimed, but value costs double .*: it is a sum",
    ),
    "forgotten mean in the gradient": (
        lambda y, f: cross_entropy(y, f).mean(),
        cross_entropy_slope,
        {"kind": "multiclass"},
        "gradient",
        "is 7 times .* number of samples: the value is a mean and the gradient is not",
    ),
    "mean in the gradient only": (
        forgotten_mean,
        mean_slope,
        {"kind": "regression"},
        "gradient",
        "is 0.1429 times .*: the gradient is a mean and the value is not",
    ),
    "class sum divided by K": (
        sum_over_classes_divided,
        None,
        {"kind": "multiclass"},
        "classes",
        "divides the value by 1.333 = 4/3: a mean over classes",
    ),
    "class sum divided by K, with a gradient": (
        sum_over_classes_divided,
        lambda y, f: cross_entropy_slope(y, f) / len(y),
        {"kind": "multiclass"},
        "gradient",
        "is 3 times .* number of classes: one is a mean over classes",
    ),
    "padding counted in the mean": (
        padding_in_the_mean,
        None,
        {"kind": "multiclass", "ignore": -100},
        "ignored",
        "0.7143 times as much: ignored targets add nothing but are counted in the mean",
    ),
    "padding taken for a class": (
        padding_as_class_zero,
        None,
        {"kind": "multiclass", "ignore": -100},
        "ignored",
        "a prediction whose target is to be ignored changes the value",
    ),
    "padding as an index": (
        lambda y, f: cross_entropy(y, f).mean(),
        None,
        {"kind": "multiclass", "ignore": -100},
        "ignored",
        "value raises IndexError: index -100 is out of bounds",
    ),
    "padding with a slope": (
        padding_in_the_mean,
        lambda y, f: cross_entropy_slope(y * (y != -100), f) / len(y),
        {"kind": "multiclass", "ignore": -100},
        "ignored",
        "the gradient where targets are to be ignored is .* instead of 0",
    ),
    "gradient of the true class only": (
        cross_entropy,
        true_class_only,
        {"kind": "multiclass"},
        "shift",
        "row . of the gradient sums to -0.* instead of 0",
    ),
    "gradient that is not shift-invariant": (
        cross_entropy,
        pulled_to_zero,
        {"kind": "multiclass"},
        "shift",
        "3 added to all scores changes the gradient",
    ),
    "value that is not shift-invariant": (
        one_against_the_rest,
        None,
        {"kind": "multiclass"},
        "shift",
        "a constant added to each row of scores changes the value from",
    ),
    "softmax that overflows": (
        exp_without_shift,
        None,
        {"kind": "multiclass"},
        "shift",
        "with 1000 added .* nan instead of .*: subtract the largest score",
    ),
    "weight normalised by n": (
        weight_by_n,
        None,
        {"kind": "regression"},
        "weights",
        "1.857 times .*: divided by the number of samples, not by the sum of the wei",
    ),
    "weight normalised by n, and without a default": (
        weight_asked_for,
        lambda y, f, sample_weight: sample_weight * mean_slope(y, f),
        {"kind": "regression"},
        "weights",
        "1.857 times .*: divided by the number of samples, not by the sum of the wei",
    ),
    "weight dropped": (
        weight_dropped,
        None,
        {"kind": "regression"},
        "weights",
        "the weights change nothing",
    ),
    "weight of zero counted": (
        zero_weight_counted,
        None,
        {"kind": "regression"},
        "zero weight",
        "with a weight of zero on one sample the value is",
    ),
    "clipped log loss": (
        clipped,
        None,
        {"kind": "probability"},
        "stands still",
        "stays near 16.12 from 1e-07 on",
    ),
    "constant in the logarithm": (
        constant_added,
        None,
        {"kind": "probability"},
        "stands still",
        "stays near 16.12 from 1e-08 on",
    ),
    "clipped log loss of a score": (
        clipped_behind_a_sigmoid,
        None,
        {"kind": "binary"},
        "stands still",
        "stays near 16.12 from -15 on",
    ),
    "logarithm of a sigmoid": (
        sigmoid_then_log,
        None,
        {"kind": "binary"},
        "far out",
        "the value is nan at predictions between -500 and 500",
    ),
    "broadcast": (
        broadcast,
        None,
        {"kind": "regression"},
        "batches",
        "depends on what else is in the batch",
    ),
    "scale of the batch": (
        scaled_by_the_batch,
        None,
        {"kind": "regression"},
        "batches",
        "depends on what else is in the batch",
    ),
    "order": (
        earlier_ones_count_more,
        None,
        {"kind": "regression"},
        "order",
        "in another order the samples cost",
    ),
    "neither mean nor sum": (
        lambda y, f: np.sqrt(squared(y, f).sum()),
        None,
        {"kind": "regression"},
        "reduction",
        "neither equal, as a mean, nor double, as a sum",
    ),
    "input changed": (
        in_place,
        None,
        {"kind": "regression"},
        "inputs",
        "value changes the arrays it is given",
    ),
    "negative": (
        without_constant,
        None,
        {"kind": "regression"},
        "negative",
        "below zero",
    ),
    "wrong gradient": (
        squared,
        lambda y, f: np.sign(f - y),
        {"kind": "regression"},
        "gradient",
        r"at \[\d\] where the slope of the value is",
    ),
    "shape of the gradient": (
        squared,
        lambda y, f: 2 * (f - y).sum(),
        {"kind": "regression"},
        "gradient",
        r"has shape \(\) where the prediction has \(7,\)",
    ),
    "shape of the value": (
        lambda y, f: squared(y[:, None], f),
        None,
        {"kind": "regression"},
        "shape",
        r"returns shape \(7, 7\) for 7 samples",
    ),
    "not a number": (
        lambda y, f: np.log(y - f),
        None,
        {"kind": "regression"},
        "call",
        "value is nan for an ordinary sample",
    ),
    "softmax of a softmax": (
        softmax_twice,
        None,
        {"kind": "multiclass"},
        "lowest",
        r"cannot fall below 0.5514 or rise above 1.551: is a softmax applied twice",
    ),
    "cross-entropy of scores given probabilities": (
        lambda y, p: cross_entropy(y, p).sum(),
        None,
        {"kind": "simplex"},
        "lowest",
        "are probabilities taken for scores",
    ),
    "sigmoid of a sigmoid": (
        lambda y, f: logistic_of_labels(y, sigmoid(f)),
        None,
        {"kind": "binary"},
        "ends",
        "at the prediction -500 both labels cost 0.6931: is a sigmoid applied twice",
    ),
    "sigmoid of a probability": (
        lambda y, p: log_loss(y, sigmoid(p)),
        None,
        {"kind": "probability"},
        "ends",
        "at the prediction 1e-06 both labels cost 4.852: is a sigmoid",
    ),
    "labels 0 and 1 where -1 and 1 are meant": (
        logistic_of_signs,
        None,
        {"kind": "binary"},
        "good and bad",
        "of the label 0 cost as much .* does the formula want the labels -1",
    ),
    "hinge of labels 0 and 1": (
        lambda y, f: np.maximum(0, 1 - y * f).mean(),
        None,
        {"kind": "binary"},
        "good and bad",
        "bad predictions of the label 0 cost as much as good ones",
    ),
    "only the term of label 1": (
        lambda y, p: -(y * np.log(p)).mean(),
        None,
        {"kind": "probability"},
        "good and bad",
        "is the term of this label missing",
    ),
    "the sign of one term": (
        lambda y, p: (3 * (y - p) * y + 0.5 * (p - 1) * (y - 1)).mean(),
        None,
        {"kind": "probability"},
        "good and bad",
        "bad predictions of the label 0 cost less than good ones",
    ),
    "only the term of label 1, of pixels": (
        lambda y, p: -(y * np.log(p)).mean(axis=(1, 2)),
        None,
        {"kind": "mask"},
        "good and bad",
        "is the term of this label missing",
    ),
    "Dice without the factor 2": (
        lambda y, p: dice(y, p, factor=1).mean(),
        None,
        {"kind": "mask"},
        "lowest",
        "perfect predictions cost 0.4615 instead of 0: is a factor missing",
    ),
    "an item against itself": (
        lambda y, s: ranknet(y, s, ties=True).mean(),
        None,
        {"kind": "ranking"},
        "lowest",
        "perfect predictions cost 3.466 instead of 0: .* an item compared with itself",
    ),
    "predictions cast to integers": (
        lambda y, f: squared(y, f.astype(int)).mean(),
        None,
        {"kind": "regression"},
        "steps",
        "moves . times and stands still between: are predictions rounded, or cast",
    ),
    "scores cast to integers": (
        lambda y, f: logistic_of_labels(y, f.astype(int)),
        None,
        {"kind": "binary"},
        "steps",
        "are predictions rounded, or cast to integers",
    ),
    "raises": (
        lambda y, f: y @ f[:3],
        None,
        {"kind": "regression"},
        "call",
        "value raises ValueError",
    ),
}


@pytest.mark.parametrize(
    ("value", "gradient", "options", "check", "message"),
    WRONG.values(),
    ids=WRONG.keys(),
)
def test_what_people_get_wrong_is_found(
    value: Any, gradient: Any, options: dict[str, Any], check: str, message: str
) -> None:
    found = lb.check_loss(value, gradient, **options)
    assert check in [finding.check for finding in found], found
    said = "\n".join(f.message for f in found if f.check == check)
    assert re.search(message, said), said
    assert repr(found).splitlines()[0].startswith(f"{found[0].check}: ")


def test_a_missing_term_is_one_finding() -> None:
    found = lb.check_loss(lambda y, p: -(y * np.log(p)).mean(), kind="probability")
    assert [finding.check for finding in found] == ["good and bad"]


# ---- losses that are right ---------------------------------------------------------

RAW = {
    "residual": "regression",
    "margin": "binary",
    "probability": "binary",
    "classes": "multiclass",
    "list": "ranking",
}
PREDICTED = {
    ("residual", "predict"): "regression",
    ("amount", "predict"): "positive",
    ("probability", "predict_proba"): "probability",
    ("margin", "decision_function"): "binary",
    ("classes", "predict_proba"): "simplex",
    ("list", "predict"): "ranking",
    ("mask", "predict_proba"): "mask",
}


@pytest.mark.parametrize(
    "loss", [loss for loss in lb.ALL_LOSSES if loss.family in RAW], ids=repr
)
def test_nothing_is_found_in_values_and_gradients(loss: lb.Loss) -> None:
    found = lb.check_loss(
        loss.value, loss.gradient, kind=RAW[loss.family], reduction="none"
    )
    assert not found, found


@pytest.mark.parametrize(
    "loss",
    [loss for loss in lb.ALL_LOSSES if (loss.family, loss.response) in PREDICTED],
    ids=repr,
)
def test_nothing_is_found_in_weighted_means(loss: lb.Loss) -> None:
    kind = PREDICTED[loss.family, loss.response]
    assert not lb.check_loss(loss, kind=kind, reduction="mean")


@pytest.mark.parametrize(
    ("loss", "kind"), [(lb.DiceLoss(), "mask"), (lb.ListNetLoss(), "ranking")]
)
def test_nothing_is_found_where_entries_are_masked(loss: lb.Loss, kind: Any) -> None:
    def value(y: Array, z: Array) -> Any:
        return loss(np.ma.masked_equal(y, -1), z)

    assert not lb.check_loss(value, kind=kind, ignore=-1)


def weighted(y: Array, f: Array, sample_weight: Any = None) -> float:
    return np.average(np.abs(y - f), weights=sample_weight)


def weighted_slope(y: Array, f: Array, sample_weight: Any = None) -> Array:
    w = np.ones(len(y)) if sample_weight is None else sample_weight
    return w * np.sign(f - y) / w.sum()


def padded(y: Array, f: Array) -> float:
    return cross_entropy(y[y != -100], f[y != -100]).mean()


def padded_slope(y: Array, f: Array) -> Array:
    slope = np.zeros_like(f)
    there = y != -100
    slope[there] = cross_entropy_slope(y[there], f[there]) / there.sum()
    return slope


def nan_left_out(y: Array, f: Array) -> float:
    return np.nanmean(squared(y, f))


def in_float32(y: Array, f: Array) -> Array:
    return squared(y.astype(np.float32), f.astype(np.float32))


def smoothed(y: Array, p: Array) -> float:
    return log_loss(0.9 * y + 0.05, p).mean()


def noisy(y: Array, p: Array) -> float:
    return log_loss(y, 0.8 * p + 0.1).mean()


def listnet(y: Array, s: Array) -> float:
    return -(softmax(y) * np.log(softmax(s) + 1e-300)).sum(axis=1).mean()


def graded(y: Array, s: Array) -> float:
    z = s - s.max(axis=1, keepdims=True)
    return (y * (np.log(np.exp(z).sum(axis=1, keepdims=True)) - z)).sum(axis=1).mean()


def in_the_wrong_order(y: Array, s: Array) -> float:
    lead = y[:, :, None] - y[:, None, :]
    return ((lead > 0) & (s[:, :, None] <= s[:, None, :])).mean()


@pytest.mark.parametrize(
    ("value", "gradient", "options"),
    [
        (smoothed, None, {"kind": "probability"}),
        (noisy, None, {"kind": "probability"}),
        (smoothed, None, {"kind": "mask"}),
        (lambda y, f: noisy(y, sigmoid(f)), None, {"kind": "binary"}),
        (lambda y, p: np.abs(y - p).mean(), None, {"kind": "probability"}),
        (lambda y, p: (p > 0.5) != (y == 1), None, {"kind": "probability"}),
        (lambda y, f: f.argmax(axis=1) != y, None, {"kind": "multiclass"}),
        (lambda y, f: np.maximum(abs(y - f) - 2.9, 0), None, {"kind": "regression"}),
        (lambda y, f: abs(y - f) > 1, None, {"kind": "regression"}),
        (dice, None, {"kind": "mask"}),
        (lambda y, p: np.log(np.cosh(dice(y, p))), None, {"kind": "mask"}),
        (ranknet, None, {"kind": "ranking"}),
        (listnet, None, {"kind": "ranking"}),
        (graded, None, {"kind": "ranking"}),
        (in_the_wrong_order, None, {"kind": "ranking"}),
        (weighted, weighted_slope, {"kind": "regression", "reduction": "mean"}),
        (padded, padded_slope, {"kind": "multiclass", "ignore": -100}),
        (nan_left_out, None, {"kind": "regression", "ignore": np.nan}),
        (in_float32, lambda y, f: 2 * (f - y), {"kind": "regression"}),
        (forgotten_mean, lambda y, f: 2 * (f - y), {"kind": "regression"}),
        (lambda y, z: (z - y * np.log(z)).mean(), None, {"kind": "positive"}),
    ],
)
def test_nothing_is_found_in_what_is_right(
    value: Any, gradient: Any, options: dict[str, Any]
) -> None:
    found = lb.check_loss(value, gradient, **options)
    assert found == [], found
    assert repr(found) == "no findings"


class Tensor:
    """Just enough of a tensor: it is neither an array nor made into one unasked."""

    def __init__(self, array: Array, attached: bool = False) -> None:
        self.array, self.attached = array, attached

    def __sub__(self, other: Any) -> "Tensor":
        if not isinstance(other, Tensor):
            raise TypeError("expected Tensor")
        return Tensor(self.array - other.array, attached=True)

    def square(self) -> "Tensor":
        return Tensor(self.array**2, attached=True)

    def detach(self) -> "Tensor":
        return Tensor(self.array)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        if self.attached:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return self.array


def test_a_function_that_refuses_arrays_is_given_tensors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def value(y: Any, f: Any) -> Any:
        return (y - f).square()

    assert "AttributeError" in repr(lb.check_loss(value, kind="regression"))
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(as_tensor=Tensor))
    assert not lb.check_loss(value, kind="regression", reduction="none")
    both = repr(lb.check_loss(lambda y, f: y.nothing, kind="regression"))
    assert "'numpy.ndarray' object has no attribute" in both
    assert "with tensors value raises AttributeError: 'Tensor' object" in both


# ---- refusals ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: lb.check_loss("mse", kind="regression"),
            TypeError,
            "check_loss: value must be a function of targets and .*; got 'mse'",
        ),
        (
            lambda: lb.check_loss(squared, 3, kind="regression"),
            TypeError,
            "gradient must be a function",
        ),
        (
            lambda: lb.check_loss(lb.BrierLoss, kind="binary"),
            TypeError,
            "value must be .* that can be called; got the class BrierLoss",
        ),
        (
            lambda: lb.check_loss(squared, kind="classification"),
            ValueError,
            r"kind must be one of \('regression', .*got 'classification'",
        ),
        (
            lambda: lb.check_loss(squared, kind="regression", reduction="avg"),
            ValueError,
            "reduction must be one of",
        ),
        (
            lambda: lb.check_loss(squared, kind="regression", ignore="pad"),
            TypeError,
            "ignore must be a real number; got 'pad'",
        ),
    ],
)
def test_bad_arguments_are_named(
    call: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()
