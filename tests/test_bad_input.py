"""Bad input is refused with a message: who complains, what is allowed, what came."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from fractions import Fraction
from math import inf, nan

import numpy as np
import pytest
from samples import (
    BINARY,
    MULTICLASS,
    N_CLASSES,
    SCALAR,
    each,
    each_loss,
    predictions,
    random_weights,
    sample,
)
from scipy.sparse import csr_array

import lossbook as lb
from lossbook import numerics
from lossbook.base import Loss
from lossbook.domains import REALS, UNIT
from lossbook.numerics import Array

N = 5
METHODS = ("value", "gradient", "hessian", "score", "__call__")
each_method = pytest.mark.parametrize("method", METHODS)


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
    if method == "score":
        return y, predictions(loss, N), "y_pred"
    return y, f, "raw_prediction"


def with_last(values: Array, last: float) -> Array:
    """A copy in which the last number is replaced."""
    out = values.astype(float)
    out.flat[-1] = last
    return out


# ---- shapes -----------------------------------------------------------------------


@each_method
@each_loss
def test_prediction_of_another_shape(loss: Loss, method: str) -> None:
    y, f, name = good(loss, method)
    wrong = [f[:-1], f[..., None], f[None], f[0], 0.0]
    wrong += [f[:, 0], f[:, :1]] if loss in MULTICLASS else [np.tile(f, 2)]
    for bad in wrong:
        with refused(loss, f"{name} must have", f"got shape {np.shape(bad)}"):
            getattr(loss, method)(y, bad)


@each_method
@each_loss
def test_targets_of_another_shape(loss: Loss, method: str) -> None:
    y, f, _ = good(loss, method)
    with refused(loss, f"({N - 1},"):
        getattr(loss, method)(y[:-1], f)
    rows = np.full((N, N_CLASSES + 1), 1 / (N_CLASSES + 1))
    for bad in [y[:, None, None], y[0], *([rows] if loss in MULTICLASS else [])]:
        with refused(loss, "y_true", np.shape(bad)):
            getattr(loss, method)(bad, f)


@each(SCALAR)
def test_columns_are_not_broadcast(loss: Loss) -> None:
    y, f = sample(loss, N)
    for a, b in [(y[:, None], f), (y, f[:, None]), (y[:, None], f[:, None])]:
        with refused(loss, "shape (5, 1)"):
            loss(a, b)
    with refused(loss, "y_true", "shape (5, 1)"):
        loss.fit_intercept_only(y[:, None])


@each_method
@each_loss
def test_empty(loss: Loss, method: str) -> None:
    y, f, _ = good(loss, method)
    for bad in (y[:0], []):
        with refused(loss, "y_true must hold at least one value", "(0,)"):
            getattr(loss, method)(bad, f[:0])
        with refused(loss, "y_true must hold at least one value", "(0,)"):
            loss.fit_intercept_only(bad)


# ---- values -----------------------------------------------------------------------


@pytest.mark.parametrize("bad", [nan, inf, -inf])
@each_method
@each_loss
def test_not_finite(loss: Loss, method: str, bad: float) -> None:
    y, f, name = good(loss, method)
    with refused(loss, f"{name} must", f"got {bad}"):
        getattr(loss, method)(y, with_last(f, bad))
    with refused(loss, "y_true must", f"got {bad}"):
        getattr(loss, method)(with_last(y, bad), f)
    with refused(loss, "y_true must", f"got {bad}"):
        loss.fit_intercept_only(with_last(y, bad))


@each([loss for loss in SCALAR if not isinstance(loss, lb.ResidualLoss)])
def test_domain_of_amounts_and_labels(loss: Loss) -> None:
    """Said here once more, for a class may be wrong about itself."""
    power = {"PoissonDeviance": 1, "GammaDeviance": 2}.get(type(loss).__name__)
    power = getattr(loss, "power", power)
    bad = [-0.1, 1.1]  # of a label or a proportion
    if power is not None:  # of a Tweedie deviance
        bad = [] if power == 0 else [-0.1] if power < 2 else [-0.1, 0.0]
    for y in bad:
        with refused(loss, "y_true must lie in", f"got {y}"):
            loss([y], [0.5])
    if power is not None:
        assert loss([0.0 if power < 2 else 0.1, 3.0], [0.5, 0.5]) >= 0


@each_method
@each([loss for loss in SCALAR if loss.y_domain != REALS])
def test_target_out_of_domain(loss: Loss, method: str) -> None:
    y, f, _ = good(loss, method)
    domain = loss.y_domain
    outside = [domain.low - 1, domain.high + 1]
    if not domain.contains(domain.low):
        outside.append(domain.low)
    for bad in outside:
        if np.isfinite(bad):
            with refused(loss, f"y_true must lie in {domain}", f"got {bad}"):
                getattr(loss, method)(with_last(y, bad), f)
            with refused(loss, f"y_true must lie in {domain}", f"got {bad}"):
                loss.fit_intercept_only(with_last(y, bad))


@each([loss for loss in SCALAR if loss.link.domain != REALS])
def test_prediction_out_of_domain(loss: Loss) -> None:
    y, z, _ = good(loss, "score")
    domain = loss.link.domain
    outside = [domain.low - 1, domain.high + 1]
    if not domain.contains(domain.low):
        outside.append(domain.low)
    for bad in outside:
        if np.isfinite(bad):
            with refused(loss, f"y_pred must lie in {domain}", f"got {bad}"):
                loss.score(y, with_last(z, bad))


@each(BINARY)
def test_labels_minus_one_and_one(loss: Loss) -> None:
    """The other convention for binary labels must not pass in silence."""
    with refused(loss, f"must lie in {UNIT}", "got -1"):
        loss([-1, 1], [0.3, 0.2])


@each_method
@each(MULTICLASS)
def test_labels_of_no_class(loss: Loss, method: str) -> None:
    y, f, _ = good(loss, method)
    for bad in (-1, N_CLASSES, 0.5, 1e18):
        with refused(loss, f"labels 0..{N_CLASSES - 1}", f"got {bad:g}"):
            getattr(loss, method)(with_last(y, bad), f)


@each(MULTICLASS)
def test_labels_of_no_class_in_fit(loss: Loss) -> None:
    for bad in (-1, 0.5):
        with refused(loss, "y_true", f"got {bad:g}"):
            loss.fit_intercept_only([0, 1, bad])
    with pytest.raises(ValueError, match="label") as caught:
        loss.fit_intercept_only([0, 2.5])
    assert "raw_prediction" not in str(caught.value)


@each_method
@each(MULTICLASS)
def test_rows_that_are_no_proportions(loss: Loss, method: str) -> None:
    _, f, _ = good(loss, method)
    rows = np.full((N, N_CLASSES), 0.25)
    with refused(loss, "rows of y_true must sum to 1", "1.05"):
        getattr(loss, method)(with_last(rows, 0.3), f)
    negative = rows + np.array([0.5, -0.5, 0, 0])
    with refused(loss, f"y_true must lie in {UNIT}", "got -0.25"):
        getattr(loss, method)(negative, f)
    with refused(loss, "rows of y_true must sum to 1", "1.05"):
        loss.fit_intercept_only(with_last(rows, 0.3))


@each(MULTICLASS)
def test_probabilities_that_do_not_sum_to_one(loss: Loss) -> None:
    y, z, _ = good(loss, "score")
    with refused(loss, "rows of y_pred must sum to 1"):
        loss.score(y, z * 0.9)
    with refused(loss, f"y_pred must lie in {UNIT}"):
        loss.score(y, z + np.array([1, -1, 0, 0]))


@each_loss
def test_the_last_block_is_checked_too(loss: Loss) -> None:
    n = 2 * numerics.BLOCK_SIZE + 3
    y, f = sample(loss, n)
    for a, b in [(with_last(y, nan), f), (y, with_last(f, inf))]:
        with refused(loss, "got"):
            loss(a, b)
        with refused(loss, "got"):
            loss.gradient(a, b)
    with refused(loss, "sample_weight", "-1"):
        loss(y, f, sample_weight=with_last(np.ones(n), -1))


# ---- weights and reduction --------------------------------------------------------


@each_loss
def test_bad_weights(loss: Loss) -> None:
    y, f = sample(loss, N)
    w = random_weights(N)
    cases: list[tuple[object, str, str]] = [
        (with_last(w, -1), "must lie in [0, inf)", "got -1.0"),
        (with_last(w, -1e-300), "must lie in [0, inf)", "got -1e-300"),
        (with_last(w, nan), "must lie in [0, inf)", "got nan"),
        (with_last(w, inf), "must lie in [0, inf)", "got inf"),
        (np.zeros(N), "must contain a positive weight", "only zeros"),
        (w[:-1], "must have shape (5,)", "got shape (4,)"),
        (w[:, None], "must have shape (5,)", "got shape (5, 1)"),
        (2.0, "must have shape (5,)", "got shape ()"),
        ([], "must have shape (5,)", "got shape (0,)"),
        (np.ones((N, N_CLASSES)), "must have shape (5,)", "got shape (5, 4)"),
    ]
    for bad, allowed, came in cases:
        for reduction in ("mean", "sum", "none"):
            with refused(loss, f"sample_weight {allowed}", came):
                loss(y, f, sample_weight=bad, reduction=reduction)
        with refused(loss, f"sample_weight {allowed}", came):
            loss.fit_intercept_only(y, bad)
    for bad in (["1"] * N, [None] * N, [1j] * N):
        with refused(loss, "sample_weight must be an array", kind=TypeError):
            loss(y, f, sample_weight=bad)
        with refused(loss, "sample_weight must be an array", kind=TypeError):
            loss.fit_intercept_only(y, bad)


@each([loss for loss in SCALAR if loss.y_domain != REALS])
def test_call_and_fit_agree_on_bad_targets_of_weight_zero(loss: Loss) -> None:
    y, f = sample(loss, N)
    y, w = with_last(y, loss.y_domain.low - 1), with_last(np.ones(N), 0)

    def is_refused(call: Callable[[], object]) -> bool:
        try:
            call()
        except ValueError:
            return True
        return False

    assert is_refused(lambda: loss(y, f, sample_weight=w)) == is_refused(
        lambda: loss.fit_intercept_only(y, w)
    )


@pytest.mark.parametrize("reduction", ["median", "MEAN", "", None, 1, ["mean"]])
@each_loss
def test_unknown_reduction(loss: Loss, reduction: object) -> None:
    y, f = sample(loss, N)
    with refused(loss, "'mean', 'sum', 'none'", f"got {reduction!r}"):
        loss(y, f, reduction=reduction)


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
@each_loss
def test_no_numbers(loss: Loss, kind: str) -> None:
    for method in METHODS:
        y, f, name = good(loss, method)
        with refused(loss, f"{name} must be an array of real", kind=TypeError):
            getattr(loss, method)(y, NO_NUMBERS[kind](f))
        with refused(loss, "y_true must be an array of real", kind=TypeError):
            getattr(loss, method)(NO_NUMBERS[kind](y), f)
    with refused(loss, "y_true must be an array of real", kind=TypeError):
        loss.fit_intercept_only(NO_NUMBERS[kind](y))


@each_method
@each_loss
def test_masked_entries(loss: Loss, method: str) -> None:
    y, f, name = good(loss, method)
    with refused(loss, "y_true must not have masked entries", "got 1 of them"):
        getattr(loss, method)(np.ma.array(y, mask=np.arange(N) == 1), f)
    mask = np.zeros(f.shape, bool)
    mask.flat[:2] = True
    with refused(loss, f"{name} must not have masked entries", "got 2 of them"):
        getattr(loss, method)(y, np.ma.array(f, mask=mask))


@each_loss
def test_ragged_rows(loss: Loss) -> None:
    y, f = sample(loss, 2)
    with refused(loss, "ragged"):
        loss([[1.0], [1.0, 2.0]], f)
    with refused(loss, "ragged"):
        loss(y, [[1.0], [1.0, 2.0]])


# ---- parameters -------------------------------------------------------------------

PARAMETERS = sorted(
    {
        (type(x), field.name)
        for x in (*lb.ALL_LOSSES, lb.UniformNoise(0.1))
        for field in fields(x)
        if field.name != "noise"
    },
    key=lambda pair: (pair[0].__name__, pair[1]),
)
each_parameter = pytest.mark.parametrize(
    ("kind", "name"), PARAMETERS, ids=lambda part: getattr(part, "__name__", part)
)


@pytest.mark.parametrize("bad", [True, np.True_, "1", None, [1.0], 1j, np.ones(1)])
@each_parameter
def test_parameter_of_wrong_type(kind: type, name: str, bad: object) -> None:
    expected = f"{kind.__name__}: {name} must be a real number; got {bad!r}"
    with pytest.raises(TypeError, match=re.escape(expected)):
        kind(**{name: bad})


@pytest.mark.parametrize(
    "bad", [nan, inf, np.float64(nan), pytest.param(10**400, id="1e400")]
)
@each_parameter
def test_parameter_without_value(kind: type, name: str, bad: float) -> None:
    with pytest.raises(ValueError, match=f"^{kind.__name__}: {name} must .*got "):
        kind(**{name: bad})


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
    (lb.FocalLoss, "gamma", (-1, -5e-324, -inf)),
    (lb.GeneralizedCrossEntropy, "q", (0, -0.1, 1.1, -inf)),
    (lb.CategoricalFocalLoss, "gamma", (-1, -5e-324, -inf)),
    (lb.CategoricalGeneralizedCrossEntropy, "q", (0, -0.1, 1.1, -inf)),
    (lb.SmoothedCrossEntropy, "epsilon", (-0.1, 1, -inf)),
    (lb.SymmetricCrossEntropy, "alpha", (0, -1, -inf)),
    (lb.SymmetricCrossEntropy, "beta", (-5e-324, -1, -inf)),
    (lb.UniformNoise, "rate", (-0.1, 1, -inf)),
]


@pytest.mark.parametrize(
    ("kind", "name", "bad"),
    [(kind, name, bad) for kind, name, values in OUT_OF_RANGE for bad in values],
)
def test_parameter_out_of_range(kind: type, name: str, bad: float) -> None:
    with pytest.raises(ValueError, match=f"^{kind.__name__}: {name} must") as caught:
        kind(**{name: bad})
    assert str(caught.value).endswith(f"got {bad!r}")


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
    assert lb.BarronLoss(2, 1).alpha == 2
    assert lb.BarronLoss(-inf).alpha == -inf
    assert lb.TweedieDeviance(1).power == 1
