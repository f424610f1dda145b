"""The objective for boosters has the loss's gradient and a curvature that can be used.

XGBoost and LightGBM themselves are tried by ``make peers``.
"""

import pickle
from typing import Any

import numpy as np
import pytest
from samples import (
    BINARY,
    N_CLASSES,
    POINTWISE,
    SCALAR,
    each,
    random_weights,
    sample,
)

import lossbook as lb
from lossbook.links import IdentityLink
from lossbook.numerics import Array

BOOSTED = [x for x in POINTWISE if x != lb.ZeroOneLoss()]
COMPARED = [x for x in SCALAR if x not in BINARY and x.link == IdentityLink()]
N = 40


class Data:
    """What the native interfaces of both boosters hand over beside predictions."""

    def __init__(self, label: Array, weight: Array | None) -> None:
        self.label, self.weight = label, weight

    def get_label(self) -> Array:
        return self.label

    def get_weight(self) -> Array | None:
        return self.weight


@each(BOOSTED)
def test_the_gradient_is_the_losss(loss: lb.PointwiseLoss) -> None:
    y, f = sample(loss, N)
    weights = random_weights(N)
    gradient, curvature = lb.booster_objective(loss)(y, f, weights)
    wanted = (weights * loss.gradient(y, f).T).T
    assert gradient.shape == curvature.shape == f.shape
    factor = 1.0
    if loss in COMPARED:
        # One unit for both: curvature counts samples, whatever the unit of y.
        factor = np.abs(gradient).sum() / np.abs(wanted).sum()
        assert curvature.sum() == pytest.approx(weights.sum())
    np.testing.assert_allclose(gradient, factor * wanted, rtol=1e-12)


@each(BOOSTED)
@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_curvature_is_positive_and_bounds_the_step(
    loss: lb.PointwiseLoss, size: float
) -> None:
    y, f = sample(loss, N)
    f = np.clip(size * f, -300, 300)
    gradient, curvature = lb.booster_objective(loss)(y, f)
    assert np.isfinite(curvature).all()
    assert (curvature > 0).all()
    step = np.abs(gradient) / curvature
    if loss in COMPARED:
        # No sample wants to go further than to its own target; with a kink no further
        # than twice that, or than most.
        far = np.abs(y - f)
        if not loss.smooth:
            far = 2 * np.maximum(far, np.median(far))
        assert (step <= far * (1 + 1e-9)).all()
    elif not (loss.convex and loss.smooth):
        assert step.max() <= 1 + 1e-9


@each([x for x in BOOSTED if x in SCALAR and x.convex and x.smooth])
def test_one_leaf_goes_down_and_ends_at_the_best_constant(
    loss: lb.PointwiseLoss,
) -> None:
    """A booster without features: steps of -sum(gradient) / sum(curvature)."""
    objective = lb.booster_objective(loss)
    y, _ = sample(loss, N)
    f = objective.start(y) + 0.5
    risks = []
    for _ in range(200):
        gradient, curvature = objective(y, np.full(N, f))
        risks.append(loss.from_raw(y, np.full(N, f)))
        f -= gradient.sum() / curvature.sum()
    assert f == pytest.approx(objective.start(y), abs=1e-3)
    if isinstance(loss, lb.ResidualLoss):
        assert np.all(np.diff(risks) <= 1e-12 * np.abs(risks[0]))


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("unit", [1e-5, 1.0, 1e5])
def test_one_leaf_finds_quantiles_in_any_unit(quantile: float, unit: float) -> None:
    loss = lb.PinballLoss(quantile)
    y = unit * np.random.default_rng(3).gumbel(size=999)
    objective = lb.booster_objective(loss)
    f = float(y.mean())
    for _ in range(200):
        # As XGBoost does it by default: a learning rate, and one unit of penalty.
        gradient, curvature = objective(y, np.full(999, f))
        f -= 0.3 * gradient.sum() / (curvature.sum() + 1)
    spread = unit * np.pi / np.sqrt(6)
    assert f == pytest.approx(np.quantile(y, quantile), abs=0.05 * spread)


@pytest.mark.parametrize("unit", [1e-12, 1e-5])
@pytest.mark.parametrize("loss", [lb.AbsoluteError(), lb.SquaredError()], ids=repr)
def test_a_split_gains_enough_for_xgboost_in_small_units(
    loss: lb.PointwiseLoss, unit: float
) -> None:
    """Its own squared error learns nothing from y this small: no gain is above 1e-6."""
    y = unit * np.repeat([-1.0, 1.0], 50) + 3 * unit
    y[0] = 1.0  # says nothing about the others
    gradient, curvature = lb.booster_objective(loss)(y, np.full(100, 3 * unit))
    sides = gradient.reshape(2, 50).sum(axis=1), curvature.reshape(2, 50).sum(axis=1)
    gain = (sides[0] ** 2 / (sides[1] + 1)).sum()
    assert gain > 1e-3


SYMMETRIC = [
    x
    for x in SCALAR
    if isinstance(x, lb.ResidualLoss) and x.smooth and x != lb.ExpectileLoss(0.9)
]


@each(SYMMETRIC)
def test_the_curvature_is_that_of_a_parabola_above_the_loss(
    loss: lb.ResidualLoss,
) -> None:
    y, moves = np.linspace(-4, 4, 17), np.linspace(-20, 20, 81)
    gradient, curvature = lb.booster_objective(loss)(y, np.zeros(17))
    pull = loss.gradient(y, np.zeros(17))
    unit = np.abs(gradient).sum() / np.abs(pull).sum()
    for k, value in enumerate(loss.value(y, np.zeros(17))):
        above = value + pull[k] * moves + curvature[k] / unit * moves**2 / 2
        there = loss.value(np.full(81, y[k]), moves)
        assert np.all(there <= above + 1e-9 * (1 + there))


@each(BOOSTED)
def test_both_interfaces_of_a_booster(loss: lb.PointwiseLoss) -> None:
    y, f = sample(loss, N)
    objective, weights = lb.booster_objective(loss), random_weights(N)
    for weight, handed in [(None, None), (None, np.empty(0)), (weights, weights)]:
        np.testing.assert_array_equal(
            objective(f, Data(y, handed)), objective(y, f, weight)
        )


def test_a_weight_is_a_number_of_copies() -> None:
    times = np.arange(N) % 3
    for loss in (lb.HuberLoss(), lb.LogisticLoss(), lb.CategoricalCrossEntropy()):
        y, f = sample(loss, N)
        weighted = lb.booster_objective(loss)(y, f, times)
        repeated = lb.booster_objective(loss)(
            np.repeat(y, times), np.repeat(f, times, axis=0)
        )
        for one, many in zip(weighted, repeated, strict=True):
            np.testing.assert_allclose(one.sum(axis=0), many.sum(axis=0))


@each(BOOSTED)
def test_start_is_finite_and_the_best_constant(loss: lb.PointwiseLoss) -> None:
    objective = lb.booster_objective(loss)
    y, _ = sample(loss, N)
    start = objective.start(y, random_weights(N))
    raw = loss.link(loss.best_constant(y, random_weights(N)))
    assert np.isfinite(start).all()
    if np.isfinite(raw).all() and loss not in (lb.RampLoss(), lb.PerceptronLoss()):
        np.testing.assert_array_equal(start, raw)
        wanted = loss.best_constant(y, random_weights(N))
        np.testing.assert_allclose(objective.inverse(start), wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (lb.BinaryCrossEntropy(), np.ones(5)),
        (lb.PoissonDeviance(), np.zeros(5)),
        (lb.SigmoidLoss(), np.array([1.0, 1.0, 0.0])),
        (lb.CategoricalCrossEntropy(), np.zeros(5)),
        # Nobody pulls at the best constant of the ramp, which is 1.
        (lb.RampLoss(), np.array([1.0, 1.0, 0.0])),
    ],
)
def test_start_where_the_best_constant_is_no_place_to_begin(
    loss: lb.PointwiseLoss, y: Array
) -> None:
    np.testing.assert_array_equal(lb.booster_objective(loss).start(y), 0)


def test_several_classes_step_together() -> None:
    """The doubled diagonal bounds the Hessian: diag - H is positive semidefinite."""
    loss = lb.CategoricalCrossEntropy()
    f = np.random.default_rng(1).normal(size=(1, N_CLASSES))
    _, curvature = lb.booster_objective(loss)([0], f)
    p = loss.link.inverse(f)[0]
    hessian = np.diag(p) - np.outer(p, p)
    assert np.linalg.eigvalsh(np.diag(curvature[0]) - hessian).min() >= -1e-15


def test_it_travels() -> None:
    objective = lb.booster_objective(lb.PinballLoss(0.9))
    assert pickle.loads(pickle.dumps(objective)) == objective


@pytest.mark.parametrize(
    ("loss", "error", "message"),
    [
        (lb.PinballLoss, TypeError, r"booster_objective: loss .*call it, PinballLoss"),
        ("pinball", TypeError, r"such as lb\.PinballLoss\(\); got 'pinball'"),
        (lb.IoULoss(), TypeError, r"got IoULoss\(\)"),
        (lb.ZeroOneLoss(), ValueError, r"ZeroOneLoss\(\), which is flat"),
    ],
)
def test_refusals(loss: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        lb.booster_objective(loss)


def test_wrong_calls_and_bad_weights() -> None:
    objective = lb.booster_objective(lb.CategoricalCrossEntropy())
    with pytest.raises(ValueError, match=r"raw_prediction must have shape \(4, K\)"):
        objective([0, 1, 2, 0], np.zeros(12))
    objective = lb.booster_objective(lb.HuberLoss())
    with pytest.raises(ValueError, match=r"sample_weight must have shape \(3,\)"):
        objective(np.ones(3), np.zeros(3), np.ones(2))
    with pytest.raises(ValueError, match=r"sample_weight must lie in \[0, inf\)"):
        objective(np.ones(3), np.zeros(3), -np.ones(3))
    with pytest.raises(ValueError, match="got only zeros"):
        objective(np.ones(3), np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match=r"sample_weight must lie in .*got 1e\+308"):
        objective(np.ones(3), np.zeros(3), np.full(3, 1e308))
    with pytest.raises(TypeError, match="y_true must be an array of real numbers"):
        objective(["a", "b", "c"], np.zeros(3))
