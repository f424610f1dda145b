"""Descent paths follow their formulas, and the minimisers find minima."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import approx_fprime, linprog

import lossbook as lb
from lossbook.base import PointwiseLoss
from lossbook.fit import LinearRisk, gradient_descent, newton, subgradient_descent
from lossbook.fit.descent import minimize_newton, minimize_piecewise_linear
from lossbook.numerics import Array

rng = np.random.default_rng(2026)
X = rng.normal(size=(40, 3))
LABELS = (X @ [1.0, -1.0, 0.5] + rng.normal(size=40) > 0).astype(float)
CLASSES = rng.integers(0, 3, size=40)
WEIGHTS = rng.exponential(size=40)


def test_value_is_the_weighted_mean_plus_the_penalty() -> None:
    loss, w = lb.HuberLoss(), np.array([0.3, -2.0, 1.0])
    risk = LinearRisk(loss, X, LABELS, WEIGHTS, penalty=[0.0, 1.0, 3.0])
    mean = loss.from_raw(LABELS, X @ w, sample_weight=WEIGHTS)
    assert risk.value(w) == pytest.approx(mean + (4.0 + 3.0) / 2, rel=1e-14)


@pytest.mark.parametrize(
    ("loss", "y", "shape"),
    [
        (lb.LogCoshLoss(), LABELS, (3,)),
        (lb.PoissonDeviance(), CLASSES, (3,)),
        (lb.BrierLoss(), LABELS, (3,)),
        (lb.CategoricalCrossEntropy(), CLASSES, (3, 3)),
        (lb.CategoricalCrossEntropy(), np.full((40, 2), 0.5), (3, 2)),
    ],
)
def test_derivatives(loss: PointwiseLoss, y: Array, shape: tuple[int, ...]) -> None:
    risk = LinearRisk(loss, X, y, WEIGHTS, penalty=0.3)
    w = np.linspace(-1, 1, np.prod(shape))
    gradient = approx_fprime(w, lambda v: risk.value(v.reshape(shape)), 1e-7)
    hessian = approx_fprime(w, lambda v: risk.gradient(v.reshape(shape)).ravel(), 1e-7)
    at_w = w.reshape(shape)
    assert risk.gradient(at_w).shape == shape
    np.testing.assert_allclose(risk.gradient(at_w).ravel(), gradient, atol=1e-6)
    np.testing.assert_allclose(risk.hessian(at_w), hessian, atol=1e-6)


def test_weights_are_repetitions_and_zero_weight_is_deletion() -> None:
    times = np.arange(40) % 3
    weighted = LinearRisk(lb.LogisticLoss(), X, LABELS, times)
    repeated = LinearRisk(
        lb.LogisticLoss(), np.repeat(X, times, axis=0), np.repeat(LABELS, times)
    )
    w = np.array([0.3, -2.0, 1.0])
    assert weighted.value(w) == pytest.approx(repeated.value(w), rel=1e-14)
    np.testing.assert_allclose(weighted.gradient(w), repeated.gradient(w))
    np.testing.assert_allclose(weighted.hessian(w), repeated.hessian(w))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"X": X[:30]}, r"X must have shape \(40, p\) to match y; got .*\(30, 3\)"),
        ({"X": X[:, 0]}, r"X must have shape \(40, p\)"),
        ({"X": np.full((40, 3), np.nan)}, "X must be finite; got nan"),
        ({"y": LABELS - 2}, r"y_true must lie in \[0, 1\]; got -"),
        ({"y": LABELS[:, None]}, r"y_true must have shape \(n,\)"),
        ({"sample_weight": -WEIGHTS}, "sample_weight must lie in"),
        ({"sample_weight": np.zeros(40)}, "got only zeros"),
        ({"penalty": -1.0}, r"penalty must lie in \[0, inf\); got -1"),
        ({"penalty": np.ones(2)}, r"have shape \(3,\); got shape \(2,\)"),
    ],
)
def test_refusals(changes: dict[str, Any], message: str) -> None:
    inputs = {"X": X, "y": LABELS} | changes
    with pytest.raises(ValueError, match=message):
        LinearRisk(lb.LogisticLoss(), **inputs)


def test_coefficients_of_a_wrong_shape() -> None:
    risk = LinearRisk(lb.LogisticLoss(), X, LABELS)
    for method in (risk.value, risk.gradient, risk.hessian):
        with pytest.raises(ValueError, match=r"w must have shape \(3,\); got .*\(2,\)"):
            method([1.0, 2.0])
    risk = LinearRisk(lb.CategoricalCrossEntropy(), X, CLASSES)
    with pytest.raises(ValueError, match=r"w must have shape \(3, 3\); got .*\(3,\)"):
        risk.value(np.zeros(3))


def test_classes_that_the_loss_does_not_have() -> None:
    loss = lb.LogitAdjustedCrossEntropy(prior=(0.5, 0.5))
    with pytest.raises(ValueError, match=r"y as columns .*\(n, 2\).*got shape \(40, 3"):
        LinearRisk(loss, X, CLASSES)


def test_gradient_descent_on_a_quadratic() -> None:
    path = gradient_descent(
        lambda w: np.array([1.0, 4.0]) * w, [1.0, 1.0], learning_rate=0.1, n_steps=7
    )
    t = np.arange(8)
    np.testing.assert_allclose(path, np.column_stack([0.9**t, 0.6**t]))


@pytest.mark.parametrize(("factor", "converges"), [(1.9, True), (2.1, False)])
def test_learning_rate_limit(factor: float, converges: bool) -> None:
    """Claim F1: squared error converges if and only if the rate is below 2/L."""
    risk = LinearRisk(lb.SquaredError(), X, X @ [1.0, 2.0, 3.0])
    largest = np.linalg.eigvalsh(risk.hessian(np.zeros(3)))[-1]
    path = gradient_descent(
        risk.gradient, np.zeros(3), learning_rate=factor / largest, n_steps=300
    )
    error = np.linalg.norm(path - [1, 2, 3], axis=1)
    assert (error[-1] < 1e-8) == converges
    assert (error[-1] > 1e8) == (not converges)


def test_a_sum_divides_the_limit_by_n() -> None:
    risk = LinearRisk(lb.SquaredError(), X, X @ [1.0, 2.0, 3.0])
    rate = 1.9 / np.linalg.eigvalsh(risk.hessian(np.zeros(3)))[-1]
    for factor, finite in [(1.0, False), (1 / 40, True)]:
        path = gradient_descent(
            lambda w: 40 * risk.gradient(w),
            np.zeros(3),
            learning_rate=rate * factor,
            n_steps=2000,
        )
        assert np.isfinite(path).all() == finite


def test_divergence_can_be_plotted() -> None:
    risk = LinearRisk(lb.PoissonDeviance(), X, CLASSES)
    path = gradient_descent(risk.gradient, np.ones(3), learning_rate=50, n_steps=40)
    assert path.shape == (41, 3)
    broken = ~np.isfinite(path).all(axis=1)
    assert not broken[0]
    assert broken[-1]
    np.testing.assert_array_equal(path[-1], path[np.argmax(broken)])


def test_subgradient_steps_shrink_until_they_settle() -> None:
    constant = gradient_descent(np.sign, [0.55], learning_rate=0.1, n_steps=2000)
    shrinking = subgradient_descent(np.sign, [0.55], learning_rate=0.1, n_steps=2000)
    np.testing.assert_allclose(
        shrinking[1:4, 0],
        0.55 - 0.1 * np.cumsum([1, 1 / np.sqrt(2), 1 / np.sqrt(3)]),
    )
    assert abs(constant[-1, 0]) > 0.04
    assert abs(shrinking[-1, 0]) < 0.003


def test_newton_needs_one_step_on_a_quadratic() -> None:
    risk = LinearRisk(lb.SquaredError(), X, LABELS)
    path = newton(risk.gradient, risk.hessian, np.full(3, 9.0), n_steps=2)
    np.testing.assert_allclose(path[1], np.linalg.lstsq(X, LABELS)[0])
    np.testing.assert_allclose(path[2], path[1])


def test_newton_squares_the_error() -> None:
    risk = LinearRisk(lb.LogisticLoss(), X, LABELS)
    path = newton(risk.gradient, risk.hessian, np.zeros(3), n_steps=8)
    error = np.linalg.norm(path - path[-1], axis=1)
    assert error[3] < error[2] ** 1.7 < error[1] ** 2.5


def test_undamped_newton_can_diverge() -> None:
    # Far out the curvature of the logistic loss vanishes faster than its slope.
    risk = LinearRisk(lb.LogisticLoss(), [[1.0], [1.0]], [0, 1])
    near = newton(risk.gradient, risk.hessian, [2.0], n_steps=12)
    far = newton(risk.gradient, risk.hessian, [2.5], n_steps=12)
    assert abs(near[-1, 0]) < 1e-12
    assert not np.isfinite(far[-1, 0])


def test_singular_hessian() -> None:
    path = newton(lambda w: w, lambda w: np.zeros((2, 2)), [1.0, 2.0], n_steps=3)
    np.testing.assert_array_equal(path[0], [1.0, 2.0])
    assert np.isnan(path[1:]).all()


def test_implicit_bias() -> None:
    """Claim D7: on separable data |w| grows and w turns to the widest margin."""
    # The shortest w with a margin of 1 for both points is (1, 0.4).
    risk = LinearRisk(lb.LogisticLoss(), [[1.0, 0.0], [0.2, 2.0]], [1, 1])
    path = gradient_descent(risk.gradient, [0, 0], learning_rate=0.5, n_steps=20000)
    late = path[[10, 100, 1000, 10000, 20000]]
    size = np.linalg.norm(late, axis=1)
    cosine = late @ [1, 0.4] / (size * np.hypot(1, 0.4))
    assert np.all(np.diff(size) > 0)
    assert np.all(np.diff(cosine) > 0)
    assert 0.99 < cosine[-1] < 0.999999


def test_start_is_kept() -> None:
    start = np.array([1.0, 2.0])
    path = gradient_descent(lambda w: w, start, learning_rate=1, n_steps=1)
    np.testing.assert_array_equal(start, [1.0, 2.0])
    assert not np.shares_memory(path, start)
    assert gradient_descent(lambda w: w, start, learning_rate=1, n_steps=0).shape == (
        1,
        2,
    )


@pytest.mark.parametrize("rate", [0, -1, np.nan, np.inf])
@pytest.mark.parametrize("descent", [gradient_descent, subgradient_descent])
def test_learning_rate_must_be_positive(
    descent: Callable[..., Array], rate: float
) -> None:
    with pytest.raises(ValueError, match=r"learning_rate must lie in \(0, inf\)"):
        descent(np.sign, [1.0], learning_rate=rate, n_steps=1)


def test_other_refusals() -> None:
    with pytest.raises(ValueError, match=r"gradient_descent: start must be finite"):
        gradient_descent(np.sign, [np.inf], learning_rate=1, n_steps=1)
    with pytest.raises(ValueError, match=r"newton: n_steps must lie in \[0, inf\)"):
        newton(np.sign, np.diag, [1.0], n_steps=-1)
    for bad in (2.0, True, "2"):
        with pytest.raises(TypeError, match="n_steps must be an integer; got"):
            newton(np.sign, np.diag, [1.0], n_steps=bad)
    with pytest.raises(TypeError, match="learning_rate must be a real number; got '1'"):
        gradient_descent(np.sign, [1.0], learning_rate="1", n_steps=1)
    for descent in (gradient_descent, subgradient_descent):
        with pytest.raises(
            TypeError, match=r"gradient must be an object .* got 'sign'"
        ):
            descent("sign", [1.0], learning_rate=1, n_steps=1)
    with pytest.raises(TypeError, match=r"newton: hessian must be an object .* got 2"):
        newton(np.sign, 2, [1.0], n_steps=1)
    with pytest.raises(ValueError, match="newton: start must hold at least one value"):
        newton(np.sign, np.diag, [], n_steps=1)


def test_newton_reports_a_minimum_at_infinity() -> None:
    separable = LinearRisk(lb.LogisticLoss(), [[1.0], [-1.0]], [1, 0])
    best = minimize_newton(separable, np.zeros(1), tol=1e-8, max_iter=100)
    assert best.converged
    assert best.at_infinity
    mixed = LinearRisk(lb.LogisticLoss(), [[1.0], [1.0], [-1.0]], [1, 0, 0])
    best = minimize_newton(mixed, np.zeros(1), tol=1e-8, max_iter=100)
    assert best.converged
    assert not best.at_infinity
    assert best.x[0] == pytest.approx(np.log(2), abs=1e-14)


def test_newton_stops_at_max_iter() -> None:
    risk = LinearRisk(lb.LogisticLoss(), X, LABELS)
    best = minimize_newton(risk, np.zeros(3), tol=1e-8, max_iter=2)
    assert not best.converged
    assert best.n_iter == 2


def test_newton_leaves_a_region_without_curvature() -> None:
    # All residuals are in the straight part of the Huber loss.
    risk = LinearRisk(lb.HuberLoss(0.1), np.ones((3, 1)), [1.0, 2.0, 9.0])
    best = minimize_newton(risk, np.array([-5.0]), tol=1e-9, max_iter=100)
    assert best.converged
    assert best.x[0] == pytest.approx(2.0, abs=1e-12)


def test_newton_descends_where_the_risk_is_concave() -> None:
    risk = LinearRisk(lb.CauchyLoss(0.1), np.ones((3, 1)), [1.0, 1.1, 5.0])
    best = minimize_newton(risk, np.array([2.0]), tol=1e-9, max_iter=100)
    assert best.converged
    assert abs(best.x[0] - 1.05) < 0.01


@pytest.mark.parametrize("seed", range(5))
def test_corners_like_a_linear_program(seed: int) -> None:
    rng = np.random.default_rng(seed)
    A = rng.integers(-2, 3, size=(60, 3)).astype(float)
    knots = rng.integers(-3, 4, size=60).astype(float)
    jumps = rng.exponential(size=60)
    linear = -0.3 * jumps @ A
    best = minimize_piecewise_linear(
        A, knots, jumps, linear, np.zeros(3), np.zeros(3), max_iter=100
    )
    value = linear @ best.x + jumps @ np.maximum(A @ best.x - knots, 0)
    program = linprog(
        np.concatenate([linear, jumps]),
        A_ub=np.hstack([A, -np.eye(60)]),
        b_ub=knots,
        bounds=[(None, None)] * 3 + [(0, None)] * 60,
    )
    assert best.converged
    assert value == pytest.approx(program.fun, rel=1e-10)


@pytest.mark.parametrize(("start", "nearest"), [(3.0, 3.0), (9.0, 5.0), (0.0, 2.0)])
def test_of_several_minimisers_the_closest(start: float, nearest: float) -> None:
    # The sum of distances to 1, 2, 5 and 7 is least anywhere between 2 and 5.
    knots, jumps = np.array([1.0, 2.0, 5.0, 7.0]), np.ones(4)
    best = minimize_piecewise_linear(
        np.ones((4, 1)),
        knots,
        jumps,
        np.array([-2.0]),
        np.zeros(1),
        np.array([start]),
        max_iter=100,
    )
    assert best.x[0] == pytest.approx(nearest, abs=1e-4)
