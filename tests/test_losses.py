"""Every loss of the registry against what it states about itself.

A new line of the registry is picked up by all of these tests as it is.
"""

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import (
    BINARY,
    CLASSIFICATION,
    MULTICLASS,
    N_CLASSES,
    RESIDUAL,
    SCALAR,
    as_proportions,
    at,
    each,
    each_loss,
    kink_positions,
    predictions,
    proportions,
    random_weights,
    risks,
    sample,
    targets,
)
from scipy.optimize import minimize, minimize_scalar

import lossbook as lb
from lossbook import numerics
from lossbook.base import Loss
from lossbook.domains import REALS, UNIT
from lossbook.functionals import Identifiable
from lossbook.numerics import Array

POINTWISE = ("value", "gradient", "hessian")
each_method = pytest.mark.parametrize("method", POINTWISE)

# No point of the grid is a round number, where kinks are. The two steps of a
# difference on each side are wider than its mesh: no kink can hide between points.
GRID = np.linspace(-6.0037, 6.0059, 6001)
STEP = 1e-3

EXTREMES = np.array([0, 1e-300, 1e-8, 1, 40, 750, 1e30, 1e300])
EXTREMES = np.unique(np.concatenate([-EXTREMES, EXTREMES]))


def extreme_targets(loss: Loss) -> Array:
    if loss in BINARY:
        return targets(loss)
    return np.array([y for y in EXTREMES if loss.y_domain.contains(y)])


def cut_off(f: Array) -> Array:
    """Raw predictions without infinities."""
    return np.clip(f, -1e300, 1e300)


# ---- derivatives and kinks --------------------------------------------------------


@each(SCALAR)
def test_gradient_is_slope_of_value_except_at_declared_kinks(loss: Loss) -> None:
    for y in targets(loss):
        f = GRID
        for kink in kink_positions(loss, y):
            f = f[np.abs(f - kink) > 2 * STEP]
        near = at(loss.value, y, f + STEP) - at(loss.value, y, f - STEP)
        far = at(loss.value, y, f + 2 * STEP) - at(loss.value, y, f - 2 * STEP)
        slope = (8 * near - far) / (12 * STEP)
        error = np.abs(at(loss.gradient, y, f) - slope)
        rounding = 1e-10 * np.abs(at(loss.value, y, f))
        assert np.all(error < 1e-6 * (1 + np.abs(slope)) + rounding), (y, f[error > 0])


@each(SCALAR)
def test_hessian_is_slope_of_gradient(loss: Loss) -> None:
    step = 1e-5
    for y in targets(loss):
        f = GRID
        for kink in kink_positions(loss, y):
            f = f[np.abs(f - kink) > step]
        gradient = at(loss.gradient, y, f)
        rise = at(loss.gradient, y, f + step) - at(loss.gradient, y, f - step)
        hessian = at(loss.hessian, y, f)
        error = np.abs(hessian - rise / (2 * step))
        tolerance = 1e-5 * (1 + np.abs(hessian)) + 1e-9 * np.abs(gradient)
        assert np.all(error < tolerance), (y, f[error >= tolerance])


@each(MULTICLASS)
def test_derivatives_in_each_class(loss: Loss) -> None:
    step = 1e-5
    y, f = sample(loss, 400)
    gradient, hessian = loss.gradient(y, f), loss.hessian(y, f)
    for k, shift in enumerate(step * np.eye(N_CLASSES)):
        slope = (loss.value(y, f + shift) - loss.value(y, f - shift)) / (2 * step)
        np.testing.assert_allclose(gradient[:, k], slope, rtol=1e-6, atol=1e-8)
        rise = (loss.gradient(y, f + shift) - loss.gradient(y, f - shift))[:, k]
        same_piece = np.isclose(
            loss.hessian(y, f + shift)[:, k], loss.hessian(y, f - shift)[:, k], 0, 1e-3
        )
        assert same_piece.mean() > 0.99
        np.testing.assert_allclose(
            hessian[same_piece, k], rise[same_piece] / (2 * step), rtol=1e-6, atol=1e-8
        )


def jumps(loss: Loss, method: str, y: float) -> Array:
    """By how much value, gradient or hessian jumps at each declared kink."""
    kinks = kink_positions(loss, y)
    if not kinks.size:
        return kinks
    left = at(getattr(loss, method), y, kinks - 1e-7)
    right = at(getattr(loss, method), y, kinks + 1e-7)
    return np.abs(right - left)


@each([loss for loss in SCALAR if loss.kinks])
def test_declared_kinks_are_kinks(loss: Loss) -> None:
    for y in targets(loss):
        at_kinks = [jumps(loss, method, y) for method in POINTWISE]
        assert np.all(np.max(at_kinks, axis=0) > 1e-3)


@each(SCALAR)
def test_smooth_means_that_value_and_gradient_do_not_jump(loss: Loss) -> None:
    found = [jumps(loss, m, y) for y in targets(loss) for m in ("value", "gradient")]
    assert loss.smooth == (not np.any(np.concatenate(found) > 1e-3))


@each([loss for loss in SCALAR if loss.kinks])
def test_gradient_at_a_kink_is_the_smallest_subgradient(loss: Loss) -> None:
    for kink in kink_positions(loss, 0):
        ends = at(loss.gradient, 0, kink + np.array([-1e-7, 1e-7]))
        here = at(loss.gradient, 0, np.array([kink]))
        np.testing.assert_allclose(here, np.clip(0, ends.min(), ends.max()), atol=1e-5)


# ---- convex, lipschitz ------------------------------------------------------------


@each_loss
def test_convex_means_below_every_chord(loss: Loss) -> None:
    """The value half-way along a chord, for many short and long chords."""
    rng = np.random.default_rng(0)
    n = 3000
    shape = (n, N_CLASSES) if loss in MULTICLASS else (n,)
    deepest = 0.0
    for y in targets(loss):
        for length in (0.1, 3, 30):
            a = rng.normal(scale=3, size=shape)
            b = a + rng.normal(scale=length, size=shape)
            v_a, v_b = at(loss.value, y, a), at(loss.value, y, b)
            bulge = at(loss.value, y, (a + b) / 2) - (v_a + v_b) / 2
            deepest = max(deepest, np.max(bulge / (1 + np.abs(v_a) + np.abs(v_b))))
    if loss.convex:
        assert deepest < 1e-12
    else:
        assert deepest > 1e-6


@each([loss for loss in SCALAR if loss.convex])
def test_convex_means_no_negative_second_difference(loss: Loss) -> None:
    """The same on a dense grid, where a small dent cannot be missed."""
    for y in targets(loss):
        v = at(loss.value, y, GRID)
        second = v[:-2] - 2 * v[1:-1] + v[2:]
        assert np.all(second > -1e-13 * (1 + np.abs(v[1:-1])))


@each(SCALAR)
def test_lipschitz_is_the_largest_slope(loss: Loss) -> None:
    near = np.linspace(-40, 40, 20_001)
    far = np.geomspace(100, 1e300, 300)
    steepest = 0.0
    for y in targets(loss):
        gradient = at(loss.gradient, y, np.concatenate([-far, near, far]))
        chords = np.diff(at(loss.value, y, near)) / np.diff(near)
        # A chord is never steeper than the gradient is somewhere between its ends.
        assert np.abs(chords).max() <= loss.lipschitz * (1 + 1e-9)
        cliffs = jumps(loss, "value", y) / 2e-7
        steepest = max(steepest, *np.abs(gradient), *cliffs[cliffs > 1e3])
    if loss.lipschitz == inf:
        assert steepest > 1e6
    else:
        assert loss.lipschitz * (1 - 1e-5) < steepest < loss.lipschitz * (1 + 1e-12)


@each(MULTICLASS)
def test_lipschitz_is_the_longest_gradient(loss: Loss) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2000, N_CLASSES))
    f = np.concatenate([scale * rows for scale in (1, 10, 1e3, 1e300)])
    longest = max(
        np.linalg.norm(at(loss.gradient, y, f), axis=1).max() for y in targets(loss)
    )
    assert longest < loss.lipschitz * (1 + 1e-9)
    if loss.convex and not hasattr(loss, "noise"):
        assert longest == pytest.approx(loss.lipschitz, rel=1e-3)


@each([loss for loss in MULTICLASS if not loss.convex and not hasattr(loss, "noise")])
def test_lipschitz_of_a_dented_loss_is_reached_against_one_rival(loss: Loss) -> None:
    lead = np.linspace(-30, 30, 6001)
    f = np.column_stack([lead, np.zeros_like(lead), np.full_like(lead, -1e3)])
    longest = np.linalg.norm(at(loss.gradient, 0, f), axis=1).max()
    assert longest == pytest.approx(loss.lipschitz, rel=1e-5)


@pytest.mark.parametrize("n_classes", [2, 3, 10, 100])
@each([loss for loss in MULTICLASS if isinstance(loss.functional, lb.BeforeNoise)])
def test_noise_never_pulls_harder_than_said(loss: Loss, n_classes: int) -> None:
    sure = 1e3 * np.eye(n_classes)
    pulls = np.linalg.norm(at(loss.gradient, 0, sure), axis=1)
    assert pulls.max() < loss.lipschitz * (1 + 1e-12)
    if n_classes == 2 and isinstance(loss, lb.BackwardCorrection):
        assert pulls.max() == pytest.approx(loss.lipschitz)


# ---- domain -----------------------------------------------------------------------


@each(SCALAR)
def test_ends_of_the_domain(loss: Loss) -> None:
    domain = loss.y_domain
    for end, outwards, closed in [
        (domain.low, -inf, domain.closed_low),
        (domain.high, inf, domain.closed_high),
    ]:
        if closed and np.isfinite(end):
            inside, outside = end, np.nextafter(end, outwards)
        else:
            inside, outside = np.nextafter(end, -outwards), end
        value = loss.value([inside], [0.0])
        assert np.isfinite(value) if closed and np.isfinite(end) else value > 0
        with pytest.raises(ValueError, match=r"y_true must (lie in|be finite)"):
            loss.value([outside], [0.0])


@each(MULTICLASS)
def test_labels_are_0_to_k_minus_1(loss: Loss) -> None:
    rows = np.zeros((2, N_CLASSES))
    for kind in (int, float, np.uint8):
        assert np.all(np.isfinite(loss.value(np.array([0, N_CLASSES - 1], kind), rows)))
    for label in (-1, N_CLASSES, 0.5):
        with pytest.raises(ValueError, match=r"labels 0\.\.3"):
            loss.value([0, label], rows)


# ---- what the loss asks for -------------------------------------------------------


def distributions(loss: Loss) -> list[tuple[Array, Array]]:
    """Discrete distributions: support and probabilities, skewed and without ties."""
    out = []
    for seed in range(4):
        n = 2 if loss in BINARY else 5
        y = np.arange(n) if loss in CLASSIFICATION else sample(loss, n, seed)[0]
        y = np.minimum(y, N_CLASSES - 1)
        p = np.random.default_rng(seed).dirichlet(np.ones(n))
        if isinstance(loss.functional, lb.BeforeNoise):
            p = (p + 1 / n) / 2  # a label that noise puts everywhere is nowhere rare
        out.append((y, p))
    return out


@each_loss
def test_best_constant_is_the_functional(loss: Loss) -> None:
    for y, p in distributions(loss):
        best = loss.fit_intercept_only(y, p)
        if loss.functional is None:
            # Nothing is revealed: the same constant is best for every distribution.
            y_0, p_0 = distributions(loss)[0]
            assert best == loss.fit_intercept_only(y_0, p_0)
        elif isinstance(loss.functional, lb.Mode) and loss in MULTICLASS:
            # Only the order is revealed, not the probabilities.
            shares = np.bincount(y, weights=p)
            np.testing.assert_array_equal(np.argsort(best), np.argsort(shares))
            assert np.abs(loss.link.inverse(best) - shares).max() > 1e-3
        elif isinstance(loss.functional, lb.Mode):
            # Only the side of zero is revealed, not the probability.
            assert (best > 0) == loss.functional(y, p)
            assert loss.link.inverse(best) != pytest.approx(p @ y, rel=1e-3)
        else:
            target = loss.functional(as_proportions(loss, y), p)
            np.testing.assert_allclose(loss.link.inverse(best), target, rtol=1e-7)


@each([loss for loss in lb.ALL_LOSSES if isinstance(loss.functional, Identifiable)])
def test_identification_function_crosses_zero_upwards(loss: Loss) -> None:
    def expected(z: Array) -> Array:
        v = loss.functional.identification(as_proportions(loss, y), z)
        return np.average(v, axis=0, weights=p)

    for y, p in distributions(loss):
        z = loss.link.inverse(loss.fit_intercept_only(y, p))
        step = 1e-4 * (1 + np.abs(z))
        # Forces may balance on a whole interval.
        zero = 1e-12 if isinstance(loss.functional, lb.MLocation) else 0
        assert np.all(expected(z - step) < zero)
        assert np.all(expected(z + step) > -zero)


@each(SCALAR)
def test_expected_loss_is_least_at_the_functional_only(loss: Loss) -> None:
    """Elicitation, from the definition: no other prediction does as well."""
    grid = np.linspace(-8.0037, 12.0059, 3001)
    for y, p in distributions(loss):
        expected = p @ [at(loss.value, y_i, grid) for y_i in y]
        good = grid[expected <= expected.min() + 1e-9]
        if isinstance(loss.functional, Identifiable):
            elicited = loss.link(np.asarray(loss.functional(y, p)))
            assert good[0] - 0.01 < elicited < good[-1] + 0.01
            # Forces may balance on a whole interval.
            assert isinstance(loss.functional, lb.MLocation) or np.ptp(good) < 0.02
        elif isinstance(loss.functional, lb.Mode):
            assert np.all((good > 0) == loss.functional(y, p))
        else:
            assert np.all(np.abs(good) < 0.01)


@each(MULTICLASS)
def test_expected_loss_of_classes_is_least_at_the_best_constant(loss: Loss) -> None:
    rng = np.random.default_rng(0)
    for y, p in distributions(loss):
        p = np.bincount(y, weights=p)
        best = loss.link.inverse(loss.fit_intercept_only([p]))
        near = best * np.exp(rng.normal(scale=0.1, size=(1000, N_CLASSES)))
        near /= near.sum(axis=1, keepdims=True)
        others = rng.dirichlet(np.ones(N_CLASSES), size=1000)
        rows = loss.link(np.vstack([best, near, others]))
        expected = p @ [at(loss.value, k, rows) for k in range(N_CLASSES)]
        assert np.all(expected[0] < expected[1:])


@pytest.mark.parametrize("weighted", [False, True])
@each_loss
def test_fit_intercept_only_is_the_argmin(loss: Loss, weighted: bool) -> None:
    y, _ = sample(loss, 41)
    w = random_weights(41) if weighted else None
    # Where the minimum is only approached, 1000 is as good as infinity.
    best = np.clip(loss.fit_intercept_only(y, w), -1000, 1000)
    rng = np.random.default_rng(0)
    if loss in MULTICLASS:
        around = best + rng.normal(scale=[[0.01], [0.1], [1]] * 100, size=(300, 4))
        found = minimize(lambda c: loss(y, np.tile(c, (41, 1))), best + 0.1).x
    else:
        around = best + np.concatenate(
            [np.linspace(-10, 10, 401), rng.normal(scale=0.01, size=50)]
        )
        found = minimize_scalar(
            lambda c: loss(y, np.full(41, c), sample_weight=w), bracket=(-1, 1)
        ).x
    least = risks(loss, y, [best], w)[0]
    assert np.all(least <= risks(loss, y, around, w) + 1e-12 * (1 + least))
    assert least <= risks(loss, y, cut_off(np.array([found])), w) + 1e-12 * (1 + least)


@each_loss
def test_fit_of_one_value_costs_least(loss: Loss) -> None:
    for y in targets(loss):
        best = loss.fit_intercept_only([y, y])
        best = np.broadcast_to(cut_off(best), np.shape(best))
        if loss in MULTICLASS:
            assert best.argmax() == y
            continue
        least = at(loss.value, y, np.array([best]))
        rounding = 1e-12 * (1 + least + np.abs(y))
        assert np.all(least <= at(loss.value, y, GRID) + rounding)


@each([loss for loss in SCALAR if loss.convex])
def test_best_constant_is_the_midpoint_of_all_that_are_best(loss: Loss) -> None:
    y = np.array([0.0, 1.0] if loss in BINARY else [0.5, 1.0, 10.0, 11.0])
    grid = np.linspace(-2, 12, 701)
    risk = risks(loss, y, grid)
    good = grid[risk <= risk.min() + 1e-9]
    middle = (good[0] + good[-1]) / 2
    assert loss.fit_intercept_only(y) == pytest.approx(middle, abs=0.02)


@pytest.mark.parametrize("scale", [1e-20, 1e-3, 1.0, 1e3])
@each([loss for loss in RESIDUAL if loss.convex and loss.smooth])
def test_forces_balance_at_the_fit_in_any_unit(loss: Loss, scale: float) -> None:
    for y in (scale * np.array([1.0, 2, 7]), np.array([-1.0, 0, 2, 1e15, -1e15])):
        pulls = loss.gradient(y, np.full(len(y), loss.fit_intercept_only(y)))
        assert abs(pulls.sum()) < 1e-6 * np.abs(pulls).sum()


@pytest.mark.parametrize("spread", [1e-12, 1e-3, 1.0, 1e3, 1e6])
@pytest.mark.parametrize("n", [2, 6, 2000])
@each(RESIDUAL)
def test_no_point_of_a_scattered_sample_beats_the_fit(
    loss: Loss, n: int, spread: float
) -> None:
    y = spread * np.random.default_rng(0).uniform(0, 9, size=n)
    for heavy in (0, 1, n // 2):
        w = np.where(np.arange(n) == heavy, 10.0 + n / 10, 1.0)
        least, *rivals = risks(
            loss, y, [loss.fit_intercept_only(y, w), *y[:6], y[heavy]], w
        )
        assert least <= min(rivals) * (1 + 1e-9)


@each(RESIDUAL)
def test_fit_moves_with_the_sample(loss: Loss) -> None:
    y, _ = sample(loss, 41)
    fit = loss.fit_intercept_only(y)
    assert loss.fit_intercept_only(y + 1000) == pytest.approx(fit + 1000, rel=1e-8)


# ---- weights and reductions -------------------------------------------------------


@each_loss
def test_reductions_agree(loss: Loss) -> None:
    y, f = sample(loss, 50)
    w = random_weights(50)
    values = loss.value(y, f)
    np.testing.assert_array_equal(loss(y, f, reduction="none"), values)
    assert loss(y, f, reduction="sum") == pytest.approx(values.sum(), rel=1e-14)
    assert loss(y, f) == loss(y, f, reduction="mean")
    assert loss(y, f) == pytest.approx(values.mean(), rel=1e-14)
    weighted = loss(y, f, sample_weight=w, reduction="none")
    np.testing.assert_allclose(weighted, w * values, rtol=1e-15)
    total = loss(y, f, sample_weight=w, reduction="sum")
    assert total == pytest.approx(weighted.sum(), rel=1e-14)
    assert loss(y, f, sample_weight=w) == pytest.approx(total / w.sum(), rel=1e-14)
    assert type(loss(y, f)) is type(total) is float


@each_loss
def test_weight_is_repetition(loss: Loss) -> None:
    y, f = sample(loss, 30)
    w = np.random.default_rng(0).integers(1, 5, size=30)
    y_many, f_many = np.repeat(y, w), np.repeat(f, w, axis=0)
    for reduction in ("mean", "sum"):
        assert loss(y, f, sample_weight=w, reduction=reduction) == pytest.approx(
            loss(y_many, f_many, reduction=reduction), rel=1e-13
        )
    np.testing.assert_allclose(
        loss.fit_intercept_only(y, w), loss.fit_intercept_only(y_many), rtol=1e-7
    )


@each_loss
def test_zero_weight_is_deletion(loss: Loss) -> None:
    y, f = sample(loss, 30)
    w = random_weights(30)
    gone = np.arange(30) % 3 == 1
    w[gone] = 0
    # What is left out may be as wrong as can be.
    f[gone] = np.sign(f[gone]) * 1e300
    for reduction in ("mean", "sum"):
        assert loss(y, f, sample_weight=w, reduction=reduction) == pytest.approx(
            loss(y[~gone], f[~gone], sample_weight=w[~gone], reduction=reduction),
            rel=1e-13,
        )
    assert np.all(loss(y, f, sample_weight=w, reduction="none")[gone] == 0)
    np.testing.assert_array_equal(
        loss.fit_intercept_only(y, w), loss.fit_intercept_only(y[~gone], w[~gone])
    )


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("scale", [1e-50, 3.0, 1e50])
@each_loss
def test_scale_of_weights_is_irrelevant(loss: Loss, scale: float, dtype: str) -> None:
    y, f = sample(loss, 30)
    y, f = y.astype(dtype), f.astype(dtype)
    w = random_weights(30)
    assert loss(y, f, sample_weight=scale * w) == pytest.approx(
        loss(y, f, sample_weight=w), rel=1e-6 if dtype == "f4" else 1e-13
    )
    np.testing.assert_allclose(
        loss.fit_intercept_only(y, scale * w),
        loss.fit_intercept_only(y, w),
        rtol=1e-7,
        atol=1e-12,
    )


@each_loss
def test_blocks_leave_no_trace(loss: Loss, monkeypatch: pytest.MonkeyPatch) -> None:
    n = 2 * numerics.BLOCK_SIZE + 17
    y, f = sample(loss, n)
    w = random_weights(n)

    def results() -> list[float | Array]:
        pointwise = [getattr(loss, method)(y, f) for method in POINTWISE]
        each_one = loss(y, f, sample_weight=w, reduction="none")
        return [*pointwise, each_one, loss(y, f), loss(y, f, sample_weight=w)]

    in_blocks = results()
    monkeypatch.setattr(numerics, "BLOCK_SIZE", 10 * n)
    for pieces, whole in zip(in_blocks, results(), strict=True):
        np.testing.assert_allclose(pieces, whole, rtol=1e-13, atol=1e-300)


# ---- soft labels and the scale of the prediction ----------------------------------


@each_method
@each(CLASSIFICATION)
def test_soft_label_is_the_mixture_of_labels(loss: Loss, method: str) -> None:
    _, f = sample(loss, 200)
    y = proportions(loss, 200)
    rows = y if loss in MULTICLASS else np.column_stack([1 - y, y])
    formula = getattr(loss, method)
    mixture = sum(
        np.reshape(share, (-1, *[1] * (f.ndim - 1) * (method != "value")))
        * formula(np.full(200, k), f)
        for k, share in enumerate(rows.T)
    )
    np.testing.assert_allclose(formula(y, f), mixture, rtol=1e-12, atol=1e-14)


@each_method
@each(MULTICLASS)
def test_one_hot_proportions_are_labels(loss: Loss, method: str) -> None:
    y, f = sample(loss, 200)
    formula = getattr(loss, method)
    np.testing.assert_array_equal(formula(np.eye(N_CLASSES)[y], f), formula(y, f))


@each_loss
def test_value_is_score_of_the_prediction(loss: Loss) -> None:
    y, f = sample(loss, 200)
    raw = loss.link.raw_domain
    z = loss.link.inverse(np.clip(f, raw.low, raw.high))
    np.testing.assert_allclose(
        loss.score(y, z), loss.value(y, loss.link(z)), rtol=1e-10, atol=1e-13
    )
    if repr(loss.link) == "IdentityLink()":
        np.testing.assert_array_equal(loss.score(y, f), loss.value(y, f))


@each([loss for loss in BINARY if loss.link.domain == UNIT])
def test_score_of_small_probabilities(loss: Loss) -> None:
    """A probability of 1e-300 is not a probability of 0."""
    p = np.array([1e-300, 1e-100, 1e-20, 1e-12, 1e-6])
    np.testing.assert_allclose(
        at(loss.score, 1, p), at(loss.value, 1, loss.link(p)), rtol=1e-10
    )
    np.testing.assert_allclose(
        at(loss.score, 0, p), at(loss.value, 0, loss.link(p)), rtol=1e-9, atol=1e-16
    )


@each([loss for loss in BINARY if loss.link.domain == UNIT])
def test_score_at_probabilities_0_and_1(loss: Loss) -> None:
    best, worst = loss.score([1, 1], [1, 0])
    raw = cut_off(loss.link(np.array([1.0, 0.0])))
    np.testing.assert_array_equal(loss.score([0, 0], [0, 1]), [best, worst])
    assert best == loss.value([1], raw[:1])
    at_end = loss.value([1], raw[1:])
    assert worst == (inf if at_end > 1e100 else at_end)
    assert best < loss.score([1], [0.5]) < worst
    half = loss.score([0.5, 0.5], [0, 1])
    np.testing.assert_array_equal(half, (best + worst) / 2)


@each(MULTICLASS)
def test_score_of_certain_rows(loss: Loss) -> None:
    best, worst = loss.score([0, 1], np.eye(N_CLASSES)[[0, 0]])
    if isinstance(loss, lb.BackwardCorrection):
        assert [best, worst] == [-inf, inf]
    elif isinstance(loss, lb.ForwardCorrection):
        T = loss.noise.matrix(N_CLASSES)
        np.testing.assert_allclose([best, worst], -np.log(T[0, :2]))
    elif isinstance(loss, lb.SmoothedCrossEntropy):
        assert best == worst == inf
    else:
        assert best == 0
        assert worst >= 1
        assert loss.score([[0.5, 0.5, 0, 0]], [[1.0, 0, 0, 0]]) == worst / 2


# ---- shapes, types, layouts -------------------------------------------------------


@each_method
@each_loss
def test_shapes_and_types_of_results(loss: Loss, method: str) -> None:
    y, f = sample(loss, 7)
    formula = getattr(loss, method)
    shape = (7,) if method == "value" else f.shape
    y_int = np.maximum(y, 1).astype(int) if loss in SCALAR else y
    y_bool = y_int > 0
    for y_in, f_in, dtype in [
        (y.astype("f8"), f, "f8"),
        (y.astype("f4"), f, "f8"),
        (y.astype("f8"), f.astype("f4"), "f8"),
        (y.astype("f4"), f.astype("f4"), "f4"),
        (y_int, f.astype("f4"), "f4"),
        (y_bool, f.astype("f4"), "f4"),
        (y_int.astype(np.uint8), f, "f8"),
        (y_bool, np.round(f).astype(int), "f8"),
    ]:
        result = formula(y_in, f_in)
        assert type(result) is np.ndarray
        assert result.shape == shape
        assert result.dtype == dtype


def test_half_precision_counts_as_at_most_float32() -> None:
    half = np.ones(3, "f2")
    assert lb.SquaredError().value(half, half).dtype == np.float32
    assert lb.SquaredError().value(half, half.astype("f8")).dtype == np.float64


@each_method
@each_loss
def test_float32_is_float64_with_fewer_digits(loss: Loss, method: str) -> None:
    y, f = sample(loss, 100)
    y, f = y.astype("f4"), f.astype("f4")
    formula = getattr(loss, method)
    wide = formula(y.astype("f8"), f.astype("f8"))
    np.testing.assert_allclose(formula(y, f), wide, rtol=2e-5, atol=2e-5)


@each_loss
def test_types_of_score_and_reductions(loss: Loss) -> None:
    y, f = (a.astype("f4") for a in sample(loss, 7))
    z = predictions(loss, 7).astype("f4")
    assert loss.score(y, z).dtype == np.float32
    assert loss(y, f, sample_weight=np.ones(7), reduction="none").dtype == np.float32
    assert type(loss(y, f)) is float


@each_loss
def test_sums_are_accumulated_in_float64(loss: Loss) -> None:
    y, f = (a.astype("f4") for a in sample(loss, 50_000))
    exact = loss.value(y, f).astype("f8").sum()
    assert loss(y, f, reduction="sum") == pytest.approx(exact, rel=1e-12)


class Series:
    """Something with values and an index that starts elsewhere, like pandas."""

    def __init__(self, values: Array) -> None:
        self.values = values
        self.index = np.arange(10, 10 + len(values))

    def __len__(self) -> int:
        return len(self.values)

    def __array__(self, dtype: type | None = None, copy: bool | None = None) -> Array:
        return np.array(self.values, dtype=dtype)


LAYOUTS: dict[str, Callable[[Array], object]] = {
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(a.tolist()),
    "every second": lambda a: np.repeat(a, 2, axis=0)[::2],
    "reversed twice": lambda a: a[::-1].copy()[::-1],
    "columns first": np.asfortranarray,
    "other byte order": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "series": Series,
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
    "unmasked": np.ma.array,
}


@pytest.mark.parametrize("layout", LAYOUTS)
@each_loss
def test_memory_layout_is_irrelevant(loss: Loss, layout: str) -> None:
    change = LAYOUTS[layout]
    y, f = sample(loss, 37)
    w = random_weights(37)
    z = predictions(loss, 37)

    def results(change: Callable[[Array], object]) -> list[float | Array]:
        pointwise = [getattr(loss, m)(change(y), change(f)) for m in POINTWISE]
        mean = loss(change(y), change(f), sample_weight=change(w))
        best = loss.fit_intercept_only(change(y), change(w))
        return [*pointwise, mean, best, loss.score(change(y), change(z))]

    for changed, plain in zip(results(change), results(np.array), strict=True):
        # NumPy takes other instructions for other strides: the last digit may differ.
        np.testing.assert_allclose(changed, plain, rtol=1e-14)


@each_loss
def test_inputs_are_left_as_they_are(loss: Loss) -> None:
    y, f = sample(loss, 37)
    inputs = [y, f, random_weights(37), predictions(loss, 37)]
    before = copy.deepcopy(inputs)
    y, f, w, z = inputs
    for method in POINTWISE:
        getattr(loss, method)(y, f)
    loss.score(y, z)
    loss(y, f, sample_weight=w)
    result = loss(y, f, sample_weight=w, reduction="none")
    result[:] = -1
    loss.fit_intercept_only(y, w)
    for now, then in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(now, then)


# ---- extremes ---------------------------------------------------------------------


@each_method
@each(SCALAR)
def test_extremes_give_a_number_and_no_warning(loss: Loss, method: str) -> None:
    for y in extreme_targets(loss):
        assert not np.any(np.isnan(at(getattr(loss, method), y, EXTREMES)))
        # Each one alone: a block must not be saved by its neighbours.
        for f in EXTREMES:
            getattr(loss, method)([y], [f])


@each_method
@each(MULTICLASS)
def test_extremes_of_classes(loss: Loss, method: str) -> None:
    rows = np.stack(np.meshgrid(*[EXTREMES[::2]] * 3), axis=-1).reshape(-1, 3)
    for y in (0, 1, 2):
        assert not np.any(np.isnan(at(getattr(loss, method), y, rows)))
    soft = np.tile([0.2, 0.0, 0.8], (len(rows), 1))
    assert not np.any(np.isnan(getattr(loss, method)(soft, rows)))


@each_loss
def test_extremes_reduced(loss: Loss) -> None:
    y, f = sample(loss, 10)
    f = 1e300 * np.sign(f)
    w = random_weights(10)
    w[0] = 0
    for reduction in ("mean", "sum"):
        assert not np.isnan(loss(y, f, reduction=reduction))
        assert not np.isnan(loss(y, f, sample_weight=w, reduction=reduction))
    assert not np.any(np.isnan(loss(y, f, sample_weight=w, reduction="none")))


@each([loss for loss in SCALAR if loss.convex])
def test_a_convex_loss_falls_to_its_minimum_and_rises(loss: Loss) -> None:
    for y in extreme_targets(loss):
        v = at(loss.value, y, EXTREMES)
        lowest = v.argmin()
        assert np.all(v[:lowest] >= v[1 : lowest + 1])
        assert np.all(v[lowest:-1] <= v[lowest + 1 :])


@each(RESIDUAL)
def test_a_residual_loss_never_rewards_a_larger_error(loss: Loss) -> None:
    sizes = np.sort(np.concatenate([EXTREMES[EXTREMES >= 0], np.geomspace(1e-9, 1e9)]))
    for sign in (-1, 1):
        v = at(loss.value, 0, sign * sizes)
        assert v[0] == 0
        rounding = 1e-15 * v[:-1]
        assert np.all((v[1:] >= v[:-1] - rounding) | (v[1:] == inf))


@each([loss for loss in SCALAR if isinstance(loss, lb.potential.PotentialLoss)])
def test_no_deviance_is_below_zero(loss: Loss) -> None:
    """Not even by rounding, where prediction and target agree."""
    y = np.geomspace(1e-3, 0.999 if loss in BINARY else 1e3, 5000)
    f = loss.link(y)
    if loss in BINARY:  # its least is the entropy of the target
        y = np.round(y)
    assert loss.value(y, f).min() >= 0


@each(BINARY)
def test_labels_are_treated_alike(loss: Loss) -> None:
    f = np.concatenate([EXTREMES, GRID[::100]])
    np.testing.assert_allclose(at(loss.value, 1, f), at(loss.value, 0, -f), rtol=1e-14)
    np.testing.assert_allclose(
        at(loss.gradient, 1, f), -at(loss.gradient, 0, -f), rtol=1e-14
    )


@each_method
@each(SCALAR)
def test_extremes_in_float32(loss: Loss, method: str) -> None:
    """Nothing overflows in float32 that is of moderate size in the end."""
    formula = getattr(loss, method)
    f = np.array([-1e30, -1e20, -750, -40, 0, 40, 750, 1e20, 1e30], "f4")
    for y in (1.0, 0.5) if loss in BINARY else (1.0, 40.0):
        exact = at(formula, y, f.astype("f8"))
        with np.errstate(over="ignore", under="ignore"):
            expected = exact.astype("f4")
        np.testing.assert_allclose(
            formula(np.full(len(f), y, "f4"), f), expected, rtol=1e-4, atol=1e-6
        )


# ---- a loss is a value ------------------------------------------------------------


@each_loss
def test_repr_is_source(loss: Loss) -> None:
    again = eval(repr(loss), {"inf": inf}, vars(lb))
    assert again == loss
    assert hash(again) == hash(loss)
    assert again is not loss
    assert repr(again) == repr(loss)


@each_loss
def test_copies_are_equal(loss: Loss) -> None:
    for again in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert again == loss
    assert loss != 1
    assert loss != type("Other", (type(loss),), {})(**vars(loss))


@each_loss
def test_facts_are_plain(loss: Loss) -> None:
    """They are printed in the book: True and 1.5, not np.float64(1.5)."""
    assert type(loss.convex) is type(loss.smooth) is bool
    assert type(loss.lipschitz) is float
    assert loss.lipschitz > 0
    assert all(type(kink) is float for kink in loss.kinks)
    assert list(loss.kinks) == sorted(set(loss.kinks))
    for text in (loss.formula, loss.reference, loss.likelihood):
        assert type(text) is str
    assert loss.formula


def test_losses_differ() -> None:
    assert len(set(lb.ALL_LOSSES)) == len(lb.ALL_LOSSES)
    assert len({repr(loss) for loss in lb.ALL_LOSSES}) == len(lb.ALL_LOSSES)
    classes = {type(loss).__name__ for loss in lb.ALL_LOSSES}
    assert classes <= set(lb.__all__)


@each_loss
def test_a_loss_cannot_be_changed(loss: Loss) -> None:
    for name in (*(field.name for field in fields(loss)), "link", "new"):
        with pytest.raises(FrozenInstanceError):
            setattr(loss, name, 0.5)


# ---- searching for counterexamples ------------------------------------------------


def finite(low: float = -1e300, high: float = 1e300) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


def any_target(loss: Loss) -> st.SearchStrategy[float]:
    if loss in MULTICLASS:
        return st.integers(0, N_CLASSES - 1)
    domain = loss.y_domain
    return finite(max(domain.low, -1e300), min(domain.high, 1e300)).filter(
        domain.contains
    )


def any_sample(
    loss: Loss, raw: st.SearchStrategy[float]
) -> st.SearchStrategy[tuple[Array, Array, Array]]:
    """Targets, raw predictions and weights of a few samples."""
    row = st.tuples(*[raw] * N_CLASSES) if loss in MULTICLASS else raw
    weight = st.just(0.0) | finite(1e-6, 1e6)
    rows = st.lists(st.tuples(any_target(loss), row, weight), min_size=1, max_size=4)
    return rows.filter(lambda found: any(w > 0 for _, _, w in found)).map(
        lambda found: tuple(np.array(column) for column in zip(*found, strict=True))
    )


@given(data=st.data())
@each_loss
def test_finite_input_never_gives_nan(loss: Loss, data: st.DataObject) -> None:
    y, f, w = data.draw(any_sample(loss, finite()))
    for method in POINTWISE:
        result = getattr(loss, method)(y, f)
        assert not np.any(np.isnan(result))
    kept = loss.value(y, f)[w > 0]
    mean = loss(y, f, sample_weight=w)
    if kept.max() < 1e290:  # else the sum may overflow
        rounding = 1e-300 + 1e-12 * np.abs(kept).max()
        assert kept.min() - rounding <= mean <= kept.max() + rounding


@given(data=st.data())
@each_loss
def test_order_of_samples_is_irrelevant(loss: Loss, data: st.DataObject) -> None:
    y, f, w = data.draw(any_sample(loss, finite(-50, 50)))
    order = np.array(data.draw(st.permutations(range(len(y)))))
    np.testing.assert_array_equal(
        loss.value(y[order], f[order]), loss.value(y, f)[order]
    )
    there = loss(y, f, sample_weight=w)
    back = loss(y[order], f[order], sample_weight=w[order])
    assert back == pytest.approx(there, rel=1e-12, abs=1e-12)


@given(data=st.data())
@each([loss for loss in SCALAR if loss.y_domain in (REALS, UNIT)])
def test_no_constant_beats_the_fit(loss: Loss, data: st.DataObject) -> None:
    domain = loss.y_domain
    values = finite(max(domain.low, -100), min(domain.high, 100))
    y = np.array(data.draw(st.lists(values, min_size=1, max_size=8)))
    w = np.array(data.draw(st.lists(finite(0.1, 10), min_size=len(y), max_size=len(y))))
    other = data.draw(finite(-100, 100) | st.sampled_from(y.tolist()))
    best = np.clip(loss.fit_intercept_only(y, w), -1000, 1000)
    least, rival = risks(loss, y, [best, other], w)
    assert least <= rival + 1e-9 * (1 + abs(rival))


@pytest.mark.parametrize("size", [1e-300, 1e300, 1.7e308])
def test_weights_whose_sum_is_out_of_range(size: float) -> None:
    mean = lb.SquaredError()([1.0, 2.0], [0.0, 0.0], sample_weight=[size, size])
    assert mean == pytest.approx(2.5)
