"""Losses of single samples against what they state about themselves.

Derivatives, kinks, convexity, slopes, and what each loss asks for.
"""

from collections.abc import Callable, Iterator
from itertools import product
from math import inf
from typing import Any

import make_reference_values as exact
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from samples import (
    BINARY,
    CLASSIFICATION,
    MULTICLASS,
    N_CLASSES,
    OBJECTS,
    POINTWISE,
    RESIDUAL,
    SCALAR,
    as_proportions,
    at,
    each,
    kink_positions,
    proportions,
    random_weights,
    raw_constant,
    risks,
    sample,
    targets,
)
from scipy.optimize import minimize, minimize_scalar

import lossbook as lb
from lossbook.base import Loss
from lossbook.functionals import Identifiable
from lossbook.numerics import Array
from lossbook.validation import REALS, UNIT

PROBABILITY = [x for x in BINARY if x.response == "predict_proba"]
HINGES = [x for x in MULTICLASS if x.response == "decision_function"]
CURVED = [x for x in MULTICLASS if x not in HINGES]
METHODS = ("value", "gradient", "hessian")
each_method = pytest.mark.parametrize("method", METHODS)

# No point of the grid is a round number, where kinks are. The two steps of a
# difference on each side are wider than its mesh: no kink can hide between points.
GRID = np.linspace(-6.0037, 6.0059, 6001)
STEP = 1e-3

EXTREMES = np.array([0, 1e-300, 1e-8, 1, 40, 750, 1e30, 1e100])
EXTREMES = np.unique(np.concatenate([-EXTREMES, EXTREMES]))


def extreme_targets(loss: Loss) -> Array:
    if loss in BINARY:
        return targets(loss)
    return np.array([y for y in EXTREMES if loss.y_domain.contains(y)])


def cut_off(f: Array) -> Array:
    """Raw predictions without infinities."""
    return np.clip(f, -1e100, 1e100)


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


@each([*CURVED, lb.GaussianNegativeLogLikelihood()])
def test_derivatives_in_each_column(loss: Loss) -> None:
    step = 1e-5
    y, f = sample(loss, 400)
    gradient, hessian = loss.gradient(y, f), loss.hessian(y, f)
    for k, shift in enumerate(step * np.eye(f.shape[1])):
        slope = (loss.value(y, f + shift) - loss.value(y, f - shift)) / (2 * step)
        np.testing.assert_allclose(gradient[:, k], slope, rtol=1e-6, atol=1e-8)
        rise = (loss.gradient(y, f + shift) - loss.gradient(y, f - shift))[:, k]
        near = [loss.hessian(y, f + d)[:, k] for d in (-shift, shift)]
        same_piece = np.isclose(*near, rtol=1e-3, atol=1e-3)
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
        at_kinks = [jumps(loss, method, y) for method in METHODS]
        assert np.all(np.max(at_kinks, axis=0) > 1e-3)


@each(SCALAR)
def test_smooth_means_that_value_and_gradient_do_not_jump(loss: Loss) -> None:
    found = [jumps(loss, m, y) for y in targets(loss) for m in ("value", "gradient")]
    assert loss.smooth == (not np.any(np.concatenate(found) > 1e-3))


@each([loss for loss in SCALAR if loss.kinks])
def test_gradient_at_a_kink_is_the_smallest_subgradient(loss: Loss) -> None:
    y = 0.0 if loss.y_domain.contains(0) else 1.0
    for kink in kink_positions(loss, y):
        ends = at(loss.gradient, y, kink + np.array([-1e-7, 1e-7]))
        here = at(loss.gradient, y, np.array([kink]))
        np.testing.assert_allclose(here, np.clip(0, ends.min(), ends.max()), atol=1e-5)


# ---- convex, lipschitz ------------------------------------------------------------


@each([*SCALAR, *MULTICLASS])
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
    far = np.geomspace(100, 1e100, 300)
    steepest = 0.0
    # Some slopes are bounded for each target, and not for all.
    known = targets(loss) if loss in BINARY else [*targets(loss), 1e-8, 1e30]
    for y in known:
        gradient = at(loss.gradient, y, np.concatenate([-far, near, far]))
        chords = np.diff(at(loss.value, y, near)) / np.diff(near)
        # A chord is never steeper than the gradient is somewhere between its ends.
        if y < 1e9:
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
    f = np.concatenate([scale * rows for scale in (1, 10, 1e3, 1e100)])
    longest = max(
        np.linalg.norm(at(loss.gradient, y, f), axis=1).max() for y in targets(loss)
    )
    assert longest < loss.lipschitz * (1 + 1e-9)
    if loss.convex and loss.lipschitz < inf and not hasattr(loss, "noise"):
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


# ---- what the loss asks for -------------------------------------------------------


def distributions(loss: Loss) -> list[tuple[Array, Array]]:
    """Discrete distributions: support and probabilities, skewed and without ties."""
    out = []
    for seed in range(4):
        n = 2 if loss in BINARY else N_CLASSES if loss in MULTICLASS else 5
        y = np.arange(n) if loss in CLASSIFICATION else sample(loss, n, seed)[0]
        p = np.random.default_rng(seed).dirichlet(np.ones(n))
        if isinstance(loss.functional, lb.BeforeNoise):
            p = (p + 1 / n) / 2  # a label that noise puts everywhere is nowhere rare
        out.append((y, p))
    return out


@each(POINTWISE)
def test_best_constant_is_the_functional(loss: Loss) -> None:
    for y, p in distributions(loss):
        best = loss.best_constant(y, p)
        if loss.functional is None:
            continue  # what it does say has tests of its own
        if isinstance(loss.functional, lb.Mode) and loss in MULTICLASS:
            # Only the winner is told, not the probabilities.
            assert np.argmax(best) == np.argmax(p)
            assert np.abs(loss.link.inverse(best) - p).max() > 1e-3
        elif isinstance(loss.functional, lb.Mode):
            # Only the side is told, not the probability.
            assert (loss.link(np.asarray(best)) > 0) == loss.functional(y, p)
            assert best != pytest.approx(p @ y, rel=1e-3)
        elif loss.response == "decision_function":
            told = loss.probability_link.inverse(np.asarray(best))
            np.testing.assert_allclose(told, loss.functional(y, p), rtol=1e-7)
        else:
            target = loss.functional(as_proportions(loss, y), p)
            np.testing.assert_allclose(best, target, rtol=1e-7)


def test_perceptron_tells_nothing_and_crammer_singer_only_a_majority() -> None:
    assert lb.PerceptronLoss().best_constant([0.9]) == 0
    loss = lb.CrammerSingerLoss()
    for eta in ([0.4, 0.3, 0.3], [0.49, 0.26, 0.25]):
        np.testing.assert_array_equal(loss.best_constant([eta]), np.zeros(3))
    assert np.argmax(loss.best_constant([[0.2, 0.55, 0.25]])) == 1
    np.testing.assert_array_equal(
        lb.LeeLinWahbaLoss().best_constant([[0.4, 0.3, 0.3]]), [2, -1, -1]
    )


@each([loss for loss in POINTWISE if isinstance(loss.functional, Identifiable)])
def test_identification_function_crosses_zero_upwards(loss: Loss) -> None:
    def expected(z: Array) -> Array:
        v = loss.functional.identification(as_proportions(loss, y), z)
        return np.average(v, axis=0, weights=p)

    for y, p in distributions(loss):
        z = loss.functional(as_proportions(loss, y), p)
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
            link = getattr(loss, "probability_link", None) or loss.link
            elicited = link(np.asarray(loss.functional(y, p)))
            assert good[0] - 0.01 < elicited < good[-1] + 0.01
            # Forces may balance on a whole interval.
            assert isinstance(loss.functional, lb.MLocation) or np.ptp(good) < 0.02
        elif isinstance(loss.functional, lb.Mode):
            assert np.all((good > 0) == loss.functional(y, p))
        else:
            assert np.all(np.abs(good) < 0.01)


@each(CURVED)
def test_expected_loss_of_classes_is_least_at_the_best_constant(loss: Loss) -> None:
    rng = np.random.default_rng(0)
    for y, p in distributions(loss):
        p = np.bincount(y, weights=p)
        best = loss.best_constant([p])
        near = best * np.exp(rng.normal(scale=0.1, size=(1000, N_CLASSES)))
        near /= near.sum(axis=1, keepdims=True)
        others = rng.dirichlet(np.ones(N_CLASSES), size=1000)
        rows = np.vstack([best, near, others])
        expected = p @ [
            loss(np.full(len(rows), k), rows, reduction="none")
            for k in range(N_CLASSES)
        ]
        assert np.all(expected[0] < expected[1:])


@pytest.mark.parametrize("n_classes", [2, 3, 4, 7])
@each(HINGES)
def test_no_scores_beat_the_best_of_a_hinge(loss: Loss, n_classes: int) -> None:
    rng = np.random.default_rng(0)
    for concentration in (0.3, 1, 10):
        p = rng.dirichlet(np.full(n_classes, concentration), size=1)
        best = loss.best_constant(p)
        least = loss.from_raw(p, best[None])
        for size in (1e-3, 0.1, 1):
            for _ in range(200):
                other = best + rng.normal(scale=size, size=n_classes)
                assert least <= loss.from_raw(p, other[None]) + 1e-12


@pytest.mark.parametrize("weighted", [False, True])
@each(POINTWISE)
def test_best_constant_is_the_argmin(loss: Loss, weighted: bool) -> None:
    y, _ = sample(loss, 41)
    w = random_weights(41) if weighted else None
    # Where the minimum is only approached, 1000 is as good as infinity.
    best = raw_constant(loss, y, w)
    rng = np.random.default_rng(0)
    if best.ndim:
        around = best + rng.normal(
            scale=[[0.01], [0.1], [1]] * 100, size=(300, len(best))
        )

        def risk(c: Array) -> float:
            return loss.from_raw(y, np.tile(c, (41, 1)), sample_weight=w)

        found = minimize(risk, best + 0.1).x
    else:
        around = best + np.concatenate(
            [np.linspace(-10, 10, 401), rng.normal(scale=0.01, size=50)]
        )
        found = minimize_scalar(
            lambda c: loss.from_raw(y, np.full(41, c), sample_weight=w),
            bracket=(-1, 1),
        ).x
    least = risks(loss, y, [best], w)[0]
    assert np.all(least <= risks(loss, y, around, w) + 1e-12 * (1 + abs(least)))
    assert least <= risks(loss, y, [cut_off(found)], w) + 1e-12 * (1 + abs(least))


@each([*SCALAR, *MULTICLASS])
def test_the_best_constant_of_one_value_costs_least(loss: Loss) -> None:
    for y in targets(loss):
        if loss in MULTICLASS:
            assert np.argmax(loss.best_constant([y, y, y])) == y
            continue
        best = raw_constant(loss, [y, y])
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
    assert raw_constant(loss, y) == pytest.approx(middle, abs=0.02)


@pytest.mark.parametrize("scale", [1e-20, 1e-3, 1.0, 1e3])
@each([loss for loss in RESIDUAL if loss.convex and loss.smooth])
def test_forces_balance_at_the_fit_in_any_unit(loss: Loss, scale: float) -> None:
    for y in (scale * np.array([1.0, 2, 7]), np.array([-1.0, 0, 2, 1e15, -1e15])):
        pulls = loss.gradient(y, np.full(len(y), loss.best_constant(y)))
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
        least, *rivals = risks(loss, y, [loss.best_constant(y, w), *y[:6], y[heavy]], w)
        assert least <= min(rivals) * (1 + 1e-9)


@each(RESIDUAL)
def test_fit_moves_with_the_sample(loss: Loss) -> None:
    y, _ = sample(loss, 41)
    fit = loss.best_constant(y)
    assert loss.best_constant(y + 1000) == pytest.approx(fit + 1000, rel=1e-8)


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


@each(PROBABILITY)
def test_the_call_of_small_probabilities(loss: Loss) -> None:
    """A probability of 1e-300 is not a probability of 0."""

    def called(y: float, p: Array) -> Array:
        return loss(np.full(len(p), y), p, reduction="none")

    p = np.array([1e-300, 1e-100, 1e-20, 1e-12, 1e-6])
    raw = loss.link(p)
    np.testing.assert_allclose(called(1, p), at(loss.value, 1, raw), rtol=1e-10)
    np.testing.assert_allclose(
        called(0, p), at(loss.value, 0, raw), rtol=1e-9, atol=1e-16
    )


@each(PROBABILITY)
def test_the_call_at_probabilities_0_and_1(loss: Loss) -> None:
    best, worst = loss([1, 1], [1, 0], reduction="none")
    raw = cut_off(loss.link(np.array([1.0, 0.0])))
    np.testing.assert_array_equal(loss([0, 0], [0, 1], reduction="none"), [best, worst])
    assert best == loss.value([1], raw[:1])
    at_end = loss.value([1], raw[1:])
    assert worst == (inf if at_end > 1e90 else at_end)
    assert best < loss([1], [0.5]) < worst
    half = loss([0.5, 0.5], [0, 1], reduction="none")
    np.testing.assert_array_equal(half, (best + worst) / 2)


@each(CURVED)
def test_the_call_of_certain_rows(loss: Loss) -> None:
    best, worst = loss([0, 1], np.eye(N_CLASSES)[[0, 0]], reduction="none")
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
        assert loss([[0.5, 0.5, 0]], [[1.0, 0, 0]]) == worst / 2


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


PROBABILITIES = np.array([0, 1e-300, 1e-200, 1e-20, 0.3, 0.5, 1 - 1e-16, 1])


def extreme_calls(loss: Loss) -> Iterator[tuple[ArrayLike, Array]]:
    """Single targets and predictions at the ends of what is promised."""
    if loss in OBJECTS:
        y, f = sample(loss, 5)
        for size in (1e-90, 1e-10, 1e10, 1e90):
            both = loss.family in ("box", "ensemble")
            yield y * (size if both else 1), loss.link.inverse(size * f)
    elif loss.family == "distribution":
        for y, mean, variance in product([-1e100, 0, 1e-300], repeat=3):
            yield [y], np.array([[mean, abs(variance)]])
    elif loss in MULTICLASS:
        p = PROBABILITIES[:, None]
        rows = np.vstack(
            [np.hstack([p, (1 - p) * s, (1 - p) * (1 - s)]) for s in (0, 0.5, 1)]
        )
        if loss.response == "decision_function":
            rows = EXTREMES[np.stack(np.meshgrid(*[[0, 2, 9, -1]] * 3), -1)].reshape(
                -1, 3
            )
        for y, row in product([[0], [1], [2], [[0.2, 0, 0.8]]], rows):
            yield y, row[None]
    else:
        scale = PROBABILITIES if loss.link.domain == UNIT else EXTREMES
        if loss.response == "predict" and loss in BINARY:
            scale = np.array([0.0, 1.0])
        for y, z in product(extreme_targets(loss), scale):
            if loss.link.domain.contains(z):
                yield [y], np.array([z])


@each(lb.ALL_LOSSES)
def test_the_call_at_extremes_gives_a_number_and_no_warning(loss: Loss) -> None:
    for y, z in extreme_calls(loss):
        assert not np.isnan(loss(y, z, reduction="none")).any()
        if loss not in OBJECTS:
            assert not np.isnan(loss(y, z))


def negative_binomial(a: Any) -> Callable[[Any, Any], Any]:
    def deviance(y: Any, z: Any) -> Any:
        gap = (y + 1 / a) * mpmath.log((1 + a * y) / (1 + a * z))
        return 2 * (exact.y_log(y, z) - gap)

    return deviance


EXACT: dict[type, Callable[[Any], Callable[[Any, Any], Any]]] = {
    lb.PoissonDeviance: lambda _: exact.poisson,
    lb.GammaDeviance: lambda _: exact.gamma,
    lb.TweedieDeviance: lambda loss: exact.tweedie(mpmath.mpf(loss.power)),
    lb.NegativeBinomialDeviance: lambda loss: negative_binomial(mpmath.mpf(loss.alpha)),
    lb.AbsolutePercentageError: lambda _: lambda y, z: abs(y - z) / y,
    lb.SquaredLogError: lambda _: (
        lambda y, z: (mpmath.log(1 + y) - mpmath.log(1 + z)) ** 2
    ),
}


@each([loss for loss in SCALAR if loss.family == "amount"])
def test_the_call_of_extreme_amounts_is_right(loss: Loss) -> None:
    """From 1e-310 to 1e100, and infinite only beyond the range of floats."""
    amounts = [0.0, 1e-310, 1e-300, 1e-100, 1e-8, 0.5, 3.0, 1e30, 1e100]
    pairs = [
        (y, z)
        for y, z in product(amounts, repeat=2)
        if loss.y_domain.contains(y) and loss.link.domain.contains(z)
    ]
    formula = EXACT[type(loss)](loss)
    with mpmath.workdps(410):
        expected = [float(formula(*map(mpmath.mpf, pair))) for pair in pairs]
    found = [loss([y], [z]) for y, z in pairs]
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-15)


def test_a_variance_of_zero_has_the_limit() -> None:
    loss = lb.GaussianNegativeLogLikelihood()
    assert loss([1.0], [[0.0, 0.0]]) == inf
    assert loss([1.0, 1.0], [loss.best_constant([1, 1])] * 2) == -inf
    value, gradient = loss.value_and_gradient([1.0], [[1.0, -1e100]])
    assert value == pytest.approx(-5e99)
    np.testing.assert_array_equal(gradient, [[0, 0.5]])


@pytest.mark.parametrize("blocks", [1, 100])
def test_losses_of_both_infinities_have_no_mean(
    blocks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lb.numerics, "BLOCK_SIZE", blocks)
    loss = lb.BackwardCorrection(lb.UniformNoise(0.1))
    y = np.repeat([0, 1, 2], [10, 10, 1])
    z = np.tile(loss.best_constant(y), (21, 1))
    each = loss(y, z, reduction="none")
    np.testing.assert_array_equal(each, np.repeat([-inf, inf], [20, 1]))
    for reduction in ("mean", "sum"):
        with pytest.raises(ValueError, match=f"have no {reduction}: some are inf"):
            loss(y, z, reduction=reduction)


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


SPECIAL_POWERS = [p + e for p in (1, 2) for e in (0, 3e-16, 1e-12, 1e-6, 0.01, 0.1)]
SPECIAL_POWERS += [2 - e for e in (3e-16, 1e-12, 1e-6, 0.01, 0.1)]


@each(
    [
        *[loss for loss in SCALAR if loss.family == "amount"],
        *[lb.TweedieDeviance(power=p) for p in SPECIAL_POWERS],
        *[lb.NegativeBinomialDeviance(alpha=a) for a in (1e-300, 1e-9, 1e9)],
    ]
)
def test_no_deviance_is_below_zero(loss: Loss) -> None:
    """Not even by rounding, where prediction and target agree."""
    y = np.geomspace(1e-3, 1e3, 5000)
    assert loss.value(y, loss.link(y)).min() >= 0
    assert loss(y, y, reduction="none").min() >= 0
    assert loss(y, y * (1 + 1e-12), reduction="none").min() >= 0


@pytest.mark.parametrize(
    "power", [p for p in SPECIAL_POWERS if abs(p - round(p)) <= 1e-6]
)
def test_tweedie_is_continuous_in_its_power(power: float) -> None:
    """Beside a power where the formula divides by zero it is nearly the limit."""
    y, z = np.array([1.0, 2.0, 0.3, 40.0]), np.array([2.0, 3.0, 0.3001, 0.5])
    special = lb.PoissonDeviance() if power < 1.5 else lb.GammaDeviance()
    near = abs(power - round(power))
    for method in ("value", "gradient", "hessian"):
        np.testing.assert_allclose(
            getattr(lb.TweedieDeviance(power=power), method)(y, np.log(z)),
            getattr(special, method)(y, np.log(z)),
            rtol=1e-6 + 200 * near,
            atol=1e-12,
        )


def test_negative_binomial_becomes_poisson() -> None:
    y, z = np.array([0.0, 1.0, 7.0]), np.array([2.0, 3.0, 0.3])
    for alpha in (1e-300, 1e-12, 1e-6):
        np.testing.assert_allclose(
            lb.NegativeBinomialDeviance(alpha=alpha)(y, z, reduction="none"),
            lb.PoissonDeviance()(y, z, reduction="none"),
            rtol=1e-4,
        )


@pytest.mark.parametrize("alpha", [0.1, 3.0])
def test_negative_binomial_of_large_counts_becomes_gamma(alpha: float) -> None:
    """With variance z + alpha z**2 the z is lost; no digit of the rest is."""
    loss, y = lb.NegativeBinomialDeviance(alpha=alpha), np.geomspace(1e20, 1e100, 9)
    for ratio in (0.5, 0.999, 1.01, 40.0):
        z = y * ratio
        for method in ("value", "gradient"):
            np.testing.assert_allclose(
                alpha * getattr(loss, method)(y, np.log(z)),
                getattr(lb.GammaDeviance(), method)(y, np.log(z)),
                rtol=1e-7,
            )


def test_gamma_deviance_where_its_factors_are_out_of_range() -> None:
    """exp(-f) is infinite or 0, or has few digits left, and y / exp(f) is neither."""
    loss = lb.GammaDeviance()
    y = np.array([1e-300, 1e300, 1e300, 1e-308, 1e308])
    f = np.array([-720.0, 730.0, 690.0, -709.0, 709.5])
    gap = np.log(y) - f
    np.testing.assert_allclose(loss.value(y, f), 2 * (np.expm1(gap) - gap), rtol=1e-12)
    np.testing.assert_allclose(loss.gradient(y, f), -2 * np.expm1(gap), rtol=1e-12)
    np.testing.assert_allclose(loss.hessian(y, f), 2 * np.exp(gap), rtol=1e-12)


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


# ---- searching for counterexamples ------------------------------------------------


def finite(low: float = -1e100, high: float = 1e100) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


@given(data=st.data())
@each([loss for loss in SCALAR if loss.y_domain in (REALS, UNIT)])
def test_no_constant_beats_the_fit(loss: Loss, data: st.DataObject) -> None:
    domain = loss.y_domain
    values = finite(max(domain.low, -100), min(domain.high, 100))
    y = np.array(data.draw(st.lists(values, min_size=1, max_size=8)))
    w = np.array(data.draw(st.lists(finite(0.1, 10), min_size=len(y), max_size=len(y))))
    other = data.draw(finite(-100, 100) | st.sampled_from(y.tolist()))
    best = raw_constant(loss, y, w)
    least, rival = risks(loss, y, [best, other], w)
    assert least <= rival + 1e-9 * (1 + abs(rival))


@pytest.mark.parametrize("f", [-400.0, 400.0])
@pytest.mark.parametrize("method", ["value", "gradient", "hessian"])
def test_tweedie_where_a_factor_is_out_of_range(method: str, f: float) -> None:
    """exp(-2 f) is infinite or 0, and y * exp(-2 f) is neither."""
    formula = getattr(lb.TweedieDeviance(power=3), method)
    one = formula([np.e], [0.0])
    np.testing.assert_allclose(formula([np.exp(f + 1)], [f]), np.exp(-f) * one, 1e-11)


def test_tweedie_where_both_factors_are_out_of_range() -> None:
    """The mean is pulled towards the target, up or down."""
    slope = lb.TweedieDeviance(power=5).gradient([1e-300, 1.0], [-600.0, -600.0])
    np.testing.assert_array_equal(slope, [np.inf, -np.inf])
