"""Bad input is refused with a message: who complains, what is allowed, what came.

The checks stand in the base classes and are tried here on one loss of each kind; what
a class checks itself, its domain and its parameters, is tried on every class.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest
from samples import BINARY, MULTICLASS, OBJECTS, SCALAR, each, predictions, sample
from scipy.sparse import csr_array

import lossbook as lb
from lossbook import numerics
from lossbook.base import Loss
from lossbook.numerics import Array
from lossbook.validation import REALS, UNIT

N = 5
KINDS = [
    lb.SquaredError(),
    lb.PoissonDeviance(),
    lb.BinaryCrossEntropy(),
    lb.HingeLoss(),
    lb.CategoricalCrossEntropy(),
    lb.CrammerSingerLoss(),
    lb.GaussianNegativeLogLikelihood(),
    lb.PairwiseLogisticLoss(),
    lb.DiceLoss(),
    lb.IoULoss(),
    lb.EnergyScore(),
]
POINTWISE = [x for x in KINDS if x not in OBJECTS]
METHODS = ("value", "gradient", "value_and_gradient", "from_raw", "__call__")
each_method = pytest.mark.parametrize("method", METHODS)
each_kind = each(KINDS)


@contextmanager
def refused(
    loss: Loss, *fragments: object, kind: type[Exception] = ValueError
) -> Iterator[None]:
    """An error of this kind that names the loss and holds every fragment."""
    with pytest.raises(kind) as caught:
        yield
    message = str(caught.value)
    assert message.startswith(f"{loss!r}: ")
    for fragment in fragments:
        assert str(fragment) in message


def good(loss: Loss, method: str) -> tuple[Array, Array, str]:
    """Input that ``method`` accepts, and how it calls the second argument."""
    y, f = sample(loss, N)
    if method == "__call__":
        return y, predictions(loss, N), "y_pred"
    return y, f, "raw_prediction"


def with_last(values: Array, last: float) -> Array:
    """A copy in which the last number is replaced."""
    out = values.astype(float)
    out.flat[-1] = last
    return out


# ---- shapes -----------------------------------------------------------------------


@each_method
@each_kind
def test_prediction_of_another_shape(loss: Loss, method: str) -> None:
    y, f, name = good(loss, method)
    for bad in (f[:-1], f[..., None], f[None], f[0], 0.0, f[..., :1, None]):
        with refused(loss, f"{name} must have", f"got shape {np.shape(bad)}"):
            getattr(loss, method)(y, bad)


@each_kind
def test_targets_of_another_shape(loss: Loss) -> None:
    y, f = sample(loss, N)
    with refused(loss, f"({N - 1},"):
        loss.value(y[:-1], f)
    for bad in (np.full((N, 7, 7), 0.5), 0.5):
        with refused(loss, "y_true" if loss.family != "mask" else "", np.shape(bad)):
            loss.value(bad, f)


@each([x for x in POINTWISE if x not in MULTICLASS])
def test_columns_are_not_broadcast(loss: Loss) -> None:
    y, f = sample(loss, N)
    for a, b in [(y[:, None], f), (y[:, None], f[:, None])]:
        with refused(loss, "shape (5, 1"):
            loss.value(a, b)
    with refused(loss, "y_true", "shape (5, 1)"):
        loss.best_constant(y[:, None])


@each_kind
def test_empty(loss: Loss) -> None:
    y, f = sample(loss, N)
    with refused(loss, "y_true must hold at least one value", "got shape (0"):
        loss.value(y[:0], f[:0])
    if loss in POINTWISE:
        with refused(loss, "y_true must hold at least one value", "(0,)"):
            loss.best_constant([])


# ---- values -----------------------------------------------------------------------


@pytest.mark.parametrize("bad", [nan, inf, -inf])
@each_method
@each_kind
def test_not_finite(loss: Loss, method: str, bad: float) -> None:
    y, f, name = good(loss, method)
    with refused(loss, f"{name} must", f"got {bad}"):
        getattr(loss, method)(y, with_last(f, bad))
    with refused(loss, "y_true must", f"got {bad}"):
        getattr(loss, method)(with_last(y, bad), f)
    if loss in POINTWISE:
        with refused(loss, "y_true must", f"got {bad}"):
            loss.best_constant(with_last(y, bad))


# Said here once more, for a class may be wrong about itself.
ALLOWED = {"PoissonDeviance": [0, 3], "GammaDeviance": [0.1], "TweedieDeviance": []}
ALLOWED |= {"NegativeBinomialDeviance": [0, 3], "AbsolutePercentageError": [0.1]}
ALLOWED |= {"SquaredLogError": [0, 3]}


@each([x for x in SCALAR if x.family == "amount"])
def test_domain_of_amounts(loss: Loss) -> None:
    allowed = ALLOWED[type(loss).__name__]
    bad = [-0.1] if 0 in allowed else [-0.1, 0.0]
    if isinstance(loss, lb.TweedieDeviance):
        bad = [] if loss.power == 0 else [-0.1] if loss.power < 2 else [-0.1, 0.0]
    for y in bad:
        with refused(loss, "y_true must lie in", f"got {y}"):
            loss([y], [0.5])
    for y in allowed:
        assert loss([y], [0.5]) >= 0


@each(BINARY)
def test_domain_of_labels(loss: Loss) -> None:
    """The other convention for binary labels must not pass in silence."""
    for y in (-1, 1.1, -0.1):
        with refused(loss, f"y_true must lie in {UNIT}", f"got {y}"):
            loss.value([y, 1], [0.3, 0.2])
        with refused(loss, f"y_true must lie in {UNIT}", f"got {y}"):
            loss.best_constant([y, 1])


@each([loss for loss in SCALAR if loss.link.domain != REALS])
def test_prediction_out_of_domain(loss: Loss) -> None:
    y, z = sample(loss, N)[0], predictions(loss, N)
    domain = loss.link.domain
    outside = [domain.low - 1, domain.high + 1]
    if not domain.contains(domain.low):
        outside.append(domain.low)
    for bad in outside:
        if np.isfinite(bad):
            with refused(loss, f"y_pred must lie in {domain}", f"got {bad}"):
                loss(y, with_last(z, bad))


def test_a_variance_is_not_negative() -> None:
    loss = lb.GaussianNegativeLogLikelihood()
    with refused(loss, "the variance in y_pred must lie in [0, inf)", "got -1"):
        loss([0.0], [[0.0, -1.0]])


@each(MULTICLASS)
def test_labels_of_no_class(loss: Loss) -> None:
    y, f = sample(loss, N)
    for bad in (-1, 3, 0.5, 1e18):
        with refused(loss, "labels 0..2", f"got {bad:g}"):
            loss.value(with_last(y, bad), f)
    for bad in (-1, 0.5):
        with refused(loss, "y_true", f"got {bad:g}"):
            loss.best_constant([0, 1, bad])


def test_a_number_that_is_no_label_takes_no_memory() -> None:
    """An identifier among labels: 10**9 would be as many classes."""
    loss = lb.CategoricalCrossEntropy()
    with refused(loss, "integer labels 0, 1, 2", "got 1e+09"):
        loss.best_constant([0, 10**9])


@each([lb.CategoricalCrossEntropy(), lb.SparsemaxLoss()])
def test_rows_that_are_no_probabilities(loss: Loss) -> None:
    y, f = sample(loss, N)
    rows = np.full((N, 3), 1 / 3)
    with refused(loss, "rows of y_true must sum to 1", "1.16"):
        loss.value(with_last(rows, 0.5), f)
    with refused(loss, f"y_true must lie in {UNIT}", "got -0.16"):
        loss.value(rows + np.array([0.5, -0.5, 0]), f)
    with refused(loss, "rows of y_true must sum to 1", "1.16"):
        loss.best_constant(with_last(rows, 0.5))
    with refused(loss, "rows of y_pred must sum to 1"):
        loss(y, 0.9 * rows)
    with refused(loss, f"y_pred must lie in {UNIT}"):
        loss(y, rows + np.array([1, -1, 0]))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_row_sums_are_judged_by_the_precision_of_the_rows(dtype: str) -> None:
    """Rows of a softmax that was computed in this type are rows of probabilities."""
    loss = lb.CategoricalCrossEntropy()
    raw = np.random.default_rng(0).normal(scale=3, size=(500, 40)).astype(dtype)
    p = np.exp(raw - raw.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    assert p.dtype == dtype
    assert loss(np.zeros(500, int), p) > 0
    with refused(loss, "rows of y_pred must sum to 1"):
        loss(np.zeros(500, int), 0.9 * p)
    assert loss(p, p.astype("f8") / p.sum(axis=1, keepdims=True, dtype="f8")) > 0
    with refused(loss, "rows of y_true must sum to 1"):
        loss.value(0.9 * p, raw.astype("f8"))


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_sums_of_parameters_are_judged_by_their_precision(dtype: str) -> None:
    rows = np.array([[0.7, 0.3], [0.1, 0.9]], dtype)
    lb.NoiseMatrix(rows)
    lb.LogitAdjustedCrossEntropy(prior=np.array([0.1, 0.2, 0.7], dtype))
    with pytest.raises(ValueError, match="sum to 1"):
        lb.NoiseMatrix(rows * np.array(0.9, dtype))
    with pytest.raises(ValueError, match="sum to 1"):
        lb.LogitAdjustedCrossEntropy(prior=np.array([0.1, 0.2, 0.6], dtype))


def test_labels_beyond_the_prior() -> None:
    with pytest.raises(ValueError, match=r"labels 0\.\.2 for K = 3 classes; got 5$"):
        lb.LogitAdjustedCrossEntropy(prior=(0.5, 0.3, 0.2)).best_constant([0, 5])


def test_one_mask_is_a_stack_of_one() -> None:
    with refused(lb.DiceLoss(), "one mask as mask[None]", "got shape (4,)"):
        lb.DiceLoss().value(np.zeros(4), np.zeros(4))


@each_kind
def test_the_last_block_is_checked_too(
    loss: Loss, monkeypatch: pytest.MonkeyPatch
) -> None:
    y, f = sample(loss, 50)
    monkeypatch.setattr(numerics, "BLOCK_SIZE", 30)
    for a, b in [(with_last(y, nan), f), (y, with_last(f, inf))]:
        for method in (loss.from_raw, loss.gradient, loss.value_and_gradient):
            with refused(loss, "got"):
                method(a, b)
    with refused(loss, "sample_weight", "-1"):
        loss.from_raw(y, f, sample_weight=with_last(np.ones(50), -1))


# ---- weights and options ----------------------------------------------------------


@each_kind
def test_bad_weights(loss: Loss) -> None:
    y, f = sample(loss, N)
    w = np.ones(N)
    cases: list[tuple[object, str, str]] = [
        (with_last(w, -1), "must lie in [0, inf)", "got -1.0"),
        (with_last(w, -1e-300), "must lie in [0, inf)", "got -1e-300"),
        (with_last(w, nan), "must lie in [0, inf)", "got nan"),
        (with_last(w, inf), "must lie in [0, inf)", "got inf"),
        (np.zeros(N), "must contain a positive weight", "only zeros"),
        (w[:-1], "must have shape (5,)", "got shape (4,)"),
        (w[:, None], "must have shape (5,)", "got shape (5, 1)"),
        (2.0, "must have shape (5,)", "got shape ()"),
    ]
    for bad, allowed, came in cases:
        for reduction in ("mean", "sum", "none"):
            with refused(loss, f"sample_weight {allowed}", came):
                loss.from_raw(y, f, sample_weight=bad, reduction=reduction)
        if loss in POINTWISE:
            with refused(loss, f"sample_weight {allowed}", came):
                loss.best_constant(y, bad)
    with refused(loss, "sample_weight must be an array", kind=TypeError):
        loss.from_raw(y, f, sample_weight=["1"] * N)


@pytest.mark.parametrize("reduction", ["median", "MEAN", "", None, 1, ["mean"]])
def test_unknown_reduction(reduction: object) -> None:
    loss = lb.SquaredError()
    with refused(loss, "'mean', 'sum', 'none'", f"got {reduction!r}"):
        loss([1.0], [2.0], reduction=reduction)


# ---- kinds of arrays --------------------------------------------------------------

NO_NUMBERS = {
    "strings": lambda a: a.astype(str),
    "objects": lambda a: a.astype(object),
    "complex": lambda a: a.astype(complex),
    "dates": lambda a: a.astype("M8[D]"),
    "nones": lambda a: [None] * len(a),
    "huge integers": lambda a: [10**400] * len(a),
    "sparse": lambda a: csr_array(np.atleast_2d(a)),
    "nothing": lambda a: None,
    "a mapping": lambda a: dict(enumerate(a)),
}


@pytest.mark.parametrize("kind", NO_NUMBERS)
@each([lb.SquaredError(), lb.CategoricalCrossEntropy()])
def test_no_numbers(loss: Loss, kind: str) -> None:
    for method in METHODS:
        y, f, name = good(loss, method)
        with refused(loss, f"{name} must be an array of real", kind=TypeError):
            getattr(loss, method)(y, NO_NUMBERS[kind](f))
        with refused(loss, "y_true must be an array of real", kind=TypeError):
            getattr(loss, method)(NO_NUMBERS[kind](y), f)
    with refused(loss, "y_true must be an array of real", kind=TypeError):
        loss.best_constant(NO_NUMBERS[kind](y))


@each([x for x in KINDS if x.family not in ("list", "mask")])
def test_masked_entries(loss: Loss) -> None:
    y, f = sample(loss, N)
    mask = np.zeros(y.shape, bool)
    mask.flat[1] = True
    with refused(loss, "y_true must not have masked entries", "got 1 of them"):
        loss.value(np.ma.array(y, mask=mask), f)
    mask = np.zeros(f.shape, bool)
    mask.flat[:2] = True
    with refused(loss, "raw_prediction must not have masked entries", "got 2"):
        loss.value(y, np.ma.array(f, mask=mask))


@each([lb.SquaredError(), lb.CategoricalCrossEntropy(), lb.DiceLoss()])
def test_ragged_rows(loss: Loss) -> None:
    y, f = sample(loss, 2)
    with refused(loss, "ragged"):
        loss.value([[1.0], [1.0, 2.0]], f)
    with refused(loss, "ragged"):
        loss.value(y, [[1.0], [1.0, 2.0]])


# ---- parameters -------------------------------------------------------------------

NO_NUMBER = {"noise", "prior"}  # they have tests of their own
PARAMETERS = sorted(
    {
        (type(x), field.name)
        for x in (*lb.ALL_LOSSES, lb.UniformNoise(0.1))
        for field in fields(x)
        if field.name not in NO_NUMBER
    },
    key=lambda pair: (pair[0].__name__, pair[1]),
)
each_parameter = pytest.mark.parametrize(
    ("kind", "name"), PARAMETERS, ids=lambda part: getattr(part, "__name__", part)
)


def made(kind: type, name: str, value: object) -> object:
    """A loss with one parameter set, and what it cannot be made without."""
    needed = {"prior": (0.5, 0.5)} if kind is lb.LogitAdjustedCrossEntropy else {}
    return kind(**needed, **{name: value})


@each_parameter
def test_parameter_that_is_no_number(kind: type, name: str) -> None:
    for bad in (True, np.True_, "1", None, [1.0], 1j, np.ones(1)):
        expected = f"{kind.__name__}: {name} must be a real number; got {bad!r}"
        with pytest.raises(TypeError, match=re.escape(expected)):
            made(kind, name, bad)
    for bad in (nan, inf, np.float64(nan), 10**400):
        with pytest.raises(ValueError, match=f"^{kind.__name__}: {name} must .*got "):
            made(kind, name, bad)


OUT_OF_RANGE = [
    (lb.PinballLoss, "quantile", (0, 1, -0.1, 1.1, -inf)),
    (lb.ExpectileLoss, "level", (0, 1, -0.1, 1.1, -inf)),
    (lb.HuberLoss, "delta", (0, -1, -5e-324, -inf)),
    (lb.PseudoHuberLoss, "delta", (0, -1, -inf)),
    (lb.EpsilonInsensitiveLoss, "epsilon", (-1, -5e-324, -inf)),
    (lb.TukeyLoss, "c", (0, -1, -inf)),
    (lb.CauchyLoss, "scale", (0, -1, -inf)),
    (lb.BarronLoss, "alpha", (np.nextafter(2, 3), 3)),
    (lb.BarronLoss, "scale", (0, -1, -inf)),
    (lb.TweedieDeviance, "power", (0.5, np.nextafter(1, 0), -1, -inf)),
    (lb.NegativeBinomialDeviance, "alpha", (0, -1, -inf)),
    (lb.FocalLoss, "gamma", (-1, -5e-324, -inf)),
    (lb.GeneralizedCrossEntropy, "q", (0, -0.1, 1.1, -inf)),
    (lb.CategoricalFocalLoss, "gamma", (-1, -5e-324, -inf)),
    (lb.CategoricalGeneralizedCrossEntropy, "q", (0, -0.1, 1.1, -inf)),
    (lb.SmoothedCrossEntropy, "epsilon", (-0.1, 1, -inf)),
    (lb.SymmetricCrossEntropy, "alpha", (0, -1, -inf)),
    (lb.SymmetricCrossEntropy, "beta", (-5e-324, -1, -inf)),
    (lb.LogitAdjustedCrossEntropy, "tau", (-5e-324, -1, -inf)),
    (lb.UniformNoise, "rate", (-0.1, 1, -inf)),
    (lb.PairwiseHingeLoss, "margin", (0, -1, -inf)),
    (lb.DiceLoss, "pseudo_count", (-5e-324, -1, -inf)),
    (lb.SquaredDiceLoss, "pseudo_count", (-5e-324, -1, -inf)),
    (lb.JaccardLoss, "pseudo_count", (-5e-324, -1, -inf)),
    (lb.TverskyLoss, "alpha", (0, -1, -inf)),
    (lb.TverskyLoss, "beta", (0, -1, -inf)),
    (lb.TverskyLoss, "pseudo_count", (-5e-324, -1, -inf)),
]


def test_every_parameter_has_its_range_tried() -> None:
    assert {(kind, name) for kind, name, _ in OUT_OF_RANGE} == set(PARAMETERS)


@pytest.mark.parametrize(("kind", "name", "values"), OUT_OF_RANGE)
def test_parameter_out_of_range(
    kind: type, name: str, values: tuple[float, ...]
) -> None:
    for bad in values:
        with pytest.raises(ValueError, match=f"^{kind.__name__}: {name} must") as said:
            made(kind, name, bad)
        assert str(said.value).endswith(f"got {bad!r}")


@pytest.mark.parametrize("good", [np.float64(0.5), np.float32(0.5), Fraction(1, 2)])
def test_any_real_number_is_a_parameter(good: float) -> None:
    y, f = sample(lb.HuberLoss(), N)
    np.testing.assert_array_equal(
        lb.HuberLoss(good).gradient(y, f), lb.HuberLoss(0.5).gradient(y, f)
    )


def test_parameters_of_the_ends_are_accepted() -> None:
    assert lb.EpsilonInsensitiveLoss(0).epsilon == 0
    assert lb.FocalLoss(0).gamma == 0
    assert lb.GeneralizedCrossEntropy(1).q == 1
    assert lb.BarronLoss(-inf).alpha == -inf
    assert lb.DiceLoss(0).pseudo_count == 0


@pytest.mark.parametrize("kind", [lb.ForwardCorrection, lb.BackwardCorrection])
@pytest.mark.parametrize("bad", [0.1, None, np.eye(2), lb.UniformNoise])
def test_noise_that_is_none(kind: type, bad: object) -> None:
    with pytest.raises(TypeError, match=f"^{kind.__name__}: noise must be .*got "):
        kind(bad)


@pytest.mark.parametrize("bad", [(0.5, 0.4), (1.0,), (1.2, -0.2), 0.5, [[0.5, 0.5]]])
def test_prior_that_is_none(bad: object) -> None:
    with pytest.raises(ValueError, match=r"prior must hold K >= 2 positive numbers"):
        lb.LogitAdjustedCrossEntropy(prior=bad)


def test_columns_that_the_prior_has_not() -> None:
    loss = lb.LogitAdjustedCrossEntropy(prior=(0.5, 0.5))
    with refused(loss, "a column for each of the 2 classes", "got shape (1, 3)"):
        loss.value([0], [[1.0, 2.0, 3.0]])


@pytest.mark.parametrize("n_classes", [0, 1, 2.5, True])
def test_noise_among_fewer_than_two_classes(n_classes: object) -> None:
    with pytest.raises((TypeError, ValueError), match=r"UniformNoise.*n_classes must"):
        lb.UniformNoise(0.2).matrix(n_classes)
