"""The same numbers as elsewhere: scikit-learn, SciPy, and lossbook under other names.

scikit-learn's metrics are its public promise; its internal losses (``sklearn._loss``
and those of SGD) are what its estimators minimise.
"""

from collections.abc import Callable
from math import inf

import numpy as np
import pytest
import sklearn._loss.loss as sk
from samples import (
    N_CLASSES,
    predictions,
    random_weights,
    raw_constant,
    risks,
    sample,
    targets,
)
from scipy import special
from sklearn import metrics
from sklearn.linear_model import _sgd_fast as sgd

import lossbook as lb
from lossbook.base import Loss
from lossbook.numerics import Array, expit

POINTWISE = ("value", "gradient", "hessian")
Metric = Callable[..., float]


def named(rows: list[tuple[object, ...]]) -> list[object]:
    """Parameter sets under the name of the loss that stands first."""
    return [pytest.param(*row, id=repr(row[0])) for row in rows]


# ---- scikit-learn's metrics -------------------------------------------------------


def pinball(quantile: float) -> Metric:
    return lambda *args, **kwargs: metrics.mean_pinball_loss(
        *args, alpha=quantile, **kwargs
    )


def tweedie(power: float) -> Metric:
    return lambda *args, **kwargs: metrics.mean_tweedie_deviance(
        *args, power=power, **kwargs
    )


def hinge(y: Array, f: Array, **kwargs: Array) -> float:
    return metrics.hinge_loss(2 * y - 1, f, **kwargs)


METRICS = named(
    [
        (lb.SquaredError(), metrics.mean_squared_error),
        (lb.AbsoluteError(), metrics.mean_absolute_error),
        (lb.PinballLoss(0.5), pinball(0.5)),
        (lb.PinballLoss(0.9), pinball(0.9)),
        (lb.PoissonDeviance(), metrics.mean_poisson_deviance),
        (lb.GammaDeviance(), metrics.mean_gamma_deviance),
        *[(lb.TweedieDeviance(p), tweedie(p)) for p in (0, 1, 1.1, 1.5, 2, 2.5, 3)],
        (lb.BinaryCrossEntropy(), metrics.log_loss),
        (lb.CategoricalCrossEntropy(), metrics.log_loss),
        (lb.BrierLoss(), metrics.brier_score_loss),
        (lb.HingeLoss(), hinge),
        (lb.ZeroOneLoss(), metrics.zero_one_loss),
        (lb.SquaredLogError(), metrics.mean_squared_log_error),
        (lb.AbsolutePercentageError(), metrics.mean_absolute_percentage_error),
    ]
)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("loss", "metric"), METRICS)
def test_mean_loss_is_the_metric(loss: Loss, metric: Metric, weighted: bool) -> None:
    y, f = sample(loss, 200)
    w = random_weights(200) if weighted else None
    z = predictions(loss, 200)
    if loss.family == "amount":
        z, f = np.abs(z) + 0.1, loss.link(np.abs(z) + 0.1)
    expected = metric(y, z, sample_weight=w)
    assert loss(y, z, sample_weight=w) == pytest.approx(expected, rel=1e-12)
    assert loss.from_raw(y, f, sample_weight=w) == pytest.approx(expected, rel=1e-12)


# ---- scikit-learn's internal losses -----------------------------------------------

# (lossbook's, scikit-learn's, how many times scikit-learn's it is)
INTERNAL = named(
    [
        (lb.SquaredError(), sk.HalfSquaredError(), 2),
        (lb.AbsoluteError(), sk.AbsoluteError(), 1),
        (lb.PinballLoss(0.9), sk.PinballLoss(quantile=0.9), 1),
        (lb.HuberLoss(1.35), sk.HuberLoss(quantile=0.9, delta=1.35), 1),
        (lb.PoissonDeviance(), sk.HalfPoissonLoss(), 2),
        (lb.GammaDeviance(), sk.HalfGammaLoss(), 2),
        (lb.TweedieDeviance(1.5), sk.HalfTweedieLoss(power=1.5), 2),
        (lb.TweedieDeviance(3), sk.HalfTweedieLoss(power=3), 2),
        (lb.TweedieDeviance(0), sk.HalfTweedieLossIdentity(power=0), 2),
        (lb.BinaryCrossEntropy(), sk.HalfBinomialLoss(), 1),
        (lb.LogisticLoss(), sk.HalfBinomialLoss(), 1),
        (
            lb.CategoricalCrossEntropy(),
            sk.HalfMultinomialLoss(n_classes=N_CLASSES),
            1,
        ),
        (lb.ExponentialLoss(), sk.ExponentialLoss(), 1),
    ]
)


@pytest.mark.parametrize(("loss", "theirs", "scale"), INTERNAL)
def test_internal_losses_of_scikit_learn(
    loss: Loss, theirs: sk.BaseLoss, scale: int
) -> None:
    y, f = sample(loss, 300)
    y = y.astype(float)
    value = theirs.loss(y_true=y, raw_prediction=f)
    if not isinstance(loss, lb.CategoricalCrossEntropy):
        # They leave out what does not depend on the prediction.
        value = value + theirs.constant_to_optimal_zero(y)
    np.testing.assert_allclose(loss.value(y, f), scale * value, rtol=1e-11, atol=1e-12)
    gradient, hessian = theirs.gradient_hessian(y_true=y, raw_prediction=f)
    np.testing.assert_allclose(
        loss.gradient(y, f), scale * gradient, rtol=1e-11, atol=1e-13
    )
    if not theirs.approx_hessian:
        np.testing.assert_allclose(
            loss.hessian(y, f), scale * hessian, rtol=1e-11, atol=1e-13
        )


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("loss", "theirs", "scale"), INTERNAL)
def test_best_constants_of_scikit_learn(
    loss: Loss, theirs: sk.BaseLoss, scale: int, weighted: bool
) -> None:
    y, _ = sample(loss, 41)
    w = random_weights(41) if weighted else None
    best = theirs.fit_intercept_only(y_true=y.astype(float), sample_weight=w)
    ours = raw_constant(loss, y, w)
    if isinstance(loss, lb.HuberLoss):
        # scikit-learn takes a single step towards the best constant.
        assert risks(loss, y, [ours], w) < risks(loss, y, [best], w)
        return
    if np.ndim(ours):
        # scikit-learn's representative of a softmax has mean zero.
        ours = ours - ours.mean()
    np.testing.assert_allclose(ours, best, rtol=1e-10)


SGD = named(
    [
        (lb.HingeLoss(), sgd.Hinge(1.0)),
        (lb.PerceptronLoss(), sgd.Hinge(0.0)),
        (lb.SquaredHingeLoss(), sgd.SquaredHinge(1.0)),
        (lb.ModifiedHuberLoss(), sgd.ModifiedHuber()),
        (lb.EpsilonInsensitiveLoss(0.1), sgd.EpsilonInsensitive(0.1)),
    ]
)


@pytest.mark.parametrize(("loss", "theirs"), SGD)
def test_losses_of_stochastic_gradient_descent(loss: Loss, theirs: object) -> None:
    y, f = sample(loss, 300)
    sign = y if isinstance(loss, lb.ResidualLoss) else 2 * y - 1
    value = [theirs.py_loss(*pair) for pair in zip(f, sign, strict=True)]
    slope = [theirs.py_dloss(*pair) for pair in zip(f, sign, strict=True)]
    np.testing.assert_allclose(loss.value(y, f), value, rtol=1e-14)
    np.testing.assert_allclose(loss.gradient(y, f), slope, rtol=1e-14)


# ---- SciPy ------------------------------------------------------------------------


@pytest.mark.parametrize("delta", [0.1, 1.0, 1.35, 40.0])
def test_scipy(delta: float) -> None:
    r = np.concatenate([np.linspace(-50, 50, 1001), [1e8, -1e8]])
    zero = np.zeros_like(r)
    for loss, theirs in [
        (lb.HuberLoss(delta), special.huber),
        (lb.PseudoHuberLoss(delta), special.pseudo_huber),
    ]:
        np.testing.assert_allclose(loss.value(zero, r), theirs(delta, r), rtol=1e-13)


# ---- the same loss under two names ------------------------------------------------

ONE_LOSS_TWO_NAMES = named(
    [
        (lb.LogisticLoss(), lb.BinaryCrossEntropy(), 1),
        (lb.FocalLoss(0), lb.BinaryCrossEntropy(), 1),
        (lb.TweedieDeviance(0), lb.SquaredError(), 1),
        (lb.TweedieDeviance(1), lb.PoissonDeviance(), 1),
        (lb.TweedieDeviance(2), lb.GammaDeviance(), 1),
        (lb.PinballLoss(0.5), lb.AbsoluteError(), 1 / 2),
        (lb.ExpectileLoss(0.5), lb.SquaredError(), 1 / 2),
        (lb.EpsilonInsensitiveLoss(0), lb.AbsoluteError(), 1),
        (lb.BarronLoss(2, 1.7), lb.SquaredError(), 1 / (2 * 1.7**2)),
        (lb.BarronLoss(1, 1.7), lb.PseudoHuberLoss(1.7), 1 / 1.7**2),
        (lb.BarronLoss(0, 1.7), lb.CauchyLoss(1.7 * 2**0.5), 1 / 1.7**2),
        (lb.HuberLoss(1e9), lb.SquaredError(), 1 / 2),
        (lb.PseudoHuberLoss(1e9), lb.SquaredError(), 1 / 2),
        (lb.CauchyLoss(1e9), lb.SquaredError(), 1 / 2),
        (lb.TukeyLoss(1e9), lb.SquaredError(), 1 / 2),
        # alpha near its special values: the general formula meets the special one
        (lb.BarronLoss(2 - 1e-13), lb.BarronLoss(2), 1),
        (lb.BarronLoss(1e-13), lb.BarronLoss(0), 1),
        (lb.BarronLoss(-1e-13), lb.BarronLoss(0), 1),
        (lb.BarronLoss(-1e13), lb.BarronLoss(-inf), 1),
    ]
)


@pytest.mark.parametrize(("one", "other", "factor"), ONE_LOSS_TWO_NAMES)
def test_one_loss_two_names(one: Loss, other: Loss, factor: float) -> None:
    y, f = sample(one, 300)
    f[:4] = [-30, 30, 1e-8, -1e-8]
    for method in POINTWISE:
        np.testing.assert_allclose(
            getattr(one, method)(y, f),
            factor * getattr(other, method)(y, f),
            rtol=1e-9,
            atol=1e-12,
        )
    assert raw_constant(one, y) == pytest.approx(
        raw_constant(other, y), rel=1e-7, abs=1e-7
    )
    if one.response == other.response:
        z = predictions(one, 300)
        np.testing.assert_allclose(
            one(y, z, reduction="none"),
            factor * other(y, z, reduction="none"),
            rtol=1e-9,
            atol=1e-12,
        )


def test_huber_with_a_small_delta_is_absolute_error() -> None:
    y, f = sample(lb.HuberLoss(), 300)
    delta = 1e-9
    for loss in (lb.HuberLoss(delta), lb.PseudoHuberLoss(delta)):
        np.testing.assert_allclose(loss.value(y, f) / delta, np.abs(y - f), atol=1e-8)
        np.testing.assert_allclose(loss.gradient(y, f) / delta, np.sign(f - y))


def test_geman_mcclure_and_welsch() -> None:
    r = np.linspace(-9, 9, 181)
    zero = np.zeros_like(r)
    square = (r / 1.7) ** 2
    np.testing.assert_allclose(
        lb.BarronLoss(-2, 1.7).value(zero, r), 2 * square / (square + 4), rtol=1e-13
    )
    np.testing.assert_allclose(
        lb.BarronLoss(-inf, 1.7).value(zero, r),
        1 - np.exp(-square / 2),
        rtol=1e-12,
        atol=1e-15,
    )


def test_savage_is_brier_at_twice_the_margin() -> None:
    y, f = sample(lb.SavageLoss(), 300)
    for order, method in enumerate(POINTWISE):
        np.testing.assert_allclose(
            getattr(lb.SavageLoss(), method)(y, f),
            2**order * getattr(lb.BrierLoss(), method)(y, 2 * f),
            rtol=1e-13,
        )


def test_generalized_cross_entropy_between_log_loss_and_absolute_error() -> None:
    y, f = sample(lb.BrierLoss(), 300)
    for method in POINTWISE:
        log_loss = getattr(lb.BinaryCrossEntropy(), method)(y, f)
        almost = getattr(lb.GeneralizedCrossEntropy(1e-9), method)(y, f)
        np.testing.assert_allclose(almost, log_loss, rtol=1e-6, atol=1e-7)
        sigmoid = getattr(lb.SigmoidLoss(), method)(y, f)
        linear = getattr(lb.GeneralizedCrossEntropy(1.0), method)(y, f)
        np.testing.assert_allclose(linear, sigmoid, rtol=1e-12, atol=1e-15)
    probability = lb.GeneralizedCrossEntropy(1.0)(y, expit(f), reduction="none")
    np.testing.assert_allclose(probability, np.abs(y - expit(f)), rtol=1e-12)


def test_two_classes_are_a_binary_target() -> None:
    y, f = sample(lb.BinaryCrossEntropy(), 300)
    rows = np.column_stack([np.zeros_like(f), f])
    for method in POINTWISE:
        binary = getattr(lb.BinaryCrossEntropy(), method)(y, f)
        classes = getattr(lb.CategoricalCrossEntropy(), method)(y, rows)
        if method != "value":
            classes = classes[:, 1]
        np.testing.assert_allclose(classes, binary, rtol=1e-12, atol=1e-15)


def test_two_class_sparsemax_is_a_modified_huber_loss() -> None:
    """Martins & Astudillo 2016: quadratic within a margin of 1, then straight."""
    y, f = sample(lb.BinaryCrossEntropy(), 300)
    m = (2 * y - 1) * f
    rows = np.column_stack([np.zeros_like(f), f])
    expected = np.where(m >= 1, 0, np.where(m <= -1, -m, (m - 1) ** 2 / 4))
    np.testing.assert_allclose(
        lb.SparsemaxLoss().value(y, rows), expected, rtol=1e-13, atol=1e-15
    )


def test_sparsemax_is_zero_from_a_margin_of_one() -> None:
    loss = lb.SparsemaxLoss()
    rows = np.array([[3.0, 2, 2, -9], [1e300, 0, 0, 0], [3, 2.001, 2, 2]])
    value, gradient = loss.value([0, 0, 0], rows), loss.gradient([0, 0, 0], rows)
    assert np.all(value[:2] == 0)
    assert np.all(gradient[:2] == 0)
    assert value[2] > 0
    assert gradient[2, 0] < 0


def test_multiclass_hinges_of_two_classes_are_the_hinge() -> None:
    y, f = sample(lb.HingeLoss(), 300)
    rows = np.column_stack([np.zeros_like(f), f])
    hinge = lb.HingeLoss().value(y, f)
    for loss, half in (
        (lb.CrammerSingerLoss(), 1),
        (lb.WestonWatkinsLoss(), 1),
        (lb.LeeLinWahbaLoss(), 2),
    ):
        np.testing.assert_allclose(loss.value(y, half * rows), hinge, atol=1e-14)


def test_the_energy_score_of_one_dimension_is_the_crps() -> None:
    rng = np.random.default_rng(0)
    y, x = rng.normal(size=(40, 1)), rng.normal(size=(40, 7, 1))
    np.testing.assert_allclose(
        lb.EnergyScore()(y, x, reduction="none"),
        lb.judge.crps_ensemble(y[:, 0], x[..., 0], reduction="none"),
        rtol=1e-12,
    )


def test_squared_dice_of_certain_pixels_is_dice() -> None:
    y = np.array([[1, 1, 0, 0]])
    z = np.array([[1.0, 0, 1, 0]])
    assert lb.SquaredDiceLoss()(y, z) == lb.DiceLoss()(y, z) == 0.5


def test_symmetric_losses_sum_to_one() -> None:
    _, f = sample(lb.RampLoss(), 300)
    for loss in (lb.RampLoss(), lb.SigmoidLoss()):
        total = loss.value(np.ones(300), f) + loss.value(np.zeros(300), f)
        np.testing.assert_allclose(total, 1, rtol=1e-15)


def test_surrogates_lie_above_the_zero_one_loss() -> None:
    m = np.linspace(-5, 5, 1001)
    error = lb.ZeroOneLoss().phi(m)
    for loss in (
        lb.HingeLoss(),
        lb.SquaredHingeLoss(),
        lb.ExponentialLoss(),
        lb.ModifiedHuberLoss(),
    ):
        assert np.all(loss.phi(m) >= error)
    assert np.all(lb.LogisticLoss().phi(m) / np.log(2) >= error)


def test_targets_of_one_loss_are_its_best_predictions() -> None:
    """A prediction equal to the target costs nothing, nor does it pull."""
    for loss in (lb.PoissonDeviance(), lb.GammaDeviance(), lb.TweedieDeviance(1.5)):
        y = targets(loss)[targets(loss) > 0]
        for result in (loss(y, y, reduction="none"), loss.gradient(y, np.log(y))):
            np.testing.assert_allclose(result, 0, atol=1e-12)
