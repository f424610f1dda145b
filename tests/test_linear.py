"""The linear estimators find the minimum of every loss, and say when there is none."""

import warnings
from functools import partial
from typing import Any, ClassVar
from unittest import SkipTest

import numpy as np
import pytest
import sklearn
from hypothesis import assume, given
from hypothesis import strategies as st
from samples import BINARY, MULTICLASS, RESIDUAL, SCALAR, each
from scipy.optimize import linprog
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import (
    GammaRegressor,
    HuberRegressor,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.svm import SVC, SVR, LinearSVC
from sklearn.utils.estimator_checks import estimator_checks_generator

import lossbook as lb
from lossbook.base import PointwiseLoss
from lossbook.datasets import telephone
from lossbook.fit import LossClassifier, LossRegressor
from lossbook.fit.linear import _axes
from lossbook.links import IdentityLink
from lossbook.numerics import Array
from lossbook.validation import NONNEGATIVE, POSITIVE

FITTABLE_BINARY = [x for x in BINARY if x != lb.ZeroOneLoss()]
REGRESSION = [x for x in SCALAR if x not in BINARY]
FITTABLE_MULTICLASS = [x for x in MULTICLASS if x.smooth]
FITTABLE = [*REGRESSION, *FITTABLE_BINARY, *FITTABLE_MULTICLASS]

rng = np.random.default_rng(2026)
X = rng.normal(size=(60, 3)) * [1.0, 3.0, 0.2] + [0.0, 5.0, 0.0]
SIGNAL = X @ [1.0, -0.3, 2.0] + 1.0
NOISY = SIGNAL + rng.standard_t(2, size=60)
LABELS = (SIGNAL + rng.logistic(size=60) > 0).astype(int)
WEIGHTS = rng.exponential(size=60)


def sample(loss: PointwiseLoss) -> Array:
    """Targets for the features X that suit the loss."""
    if loss in BINARY:
        return LABELS
    if loss in MULTICLASS:
        return LABELS + (NOISY > 2)
    return np.abs(NOISY) + 0.1 if loss.y_domain in (NONNEGATIVE, POSITIVE) else NOISY


def model(loss: PointwiseLoss, **parameters: Any) -> LossRegressor | LossClassifier:
    kind = LossRegressor if loss in REGRESSION else LossClassifier
    return kind(loss, **parameters)


def objective(
    fitted: Any, y: Array, coef: Array, intercept: Array, weights: Array | None = None
) -> float:
    raw = X @ np.asarray(coef).T + intercept
    if raw.ndim == 2 and raw.shape[1] == 1:
        raw = raw[:, 0]
    mean = fitted.loss.from_raw(y, raw, sample_weight=weights)
    return mean + fitted.alpha / 2 * np.sum(np.square(coef))


# ---- scikit-learn ------------------------------------------------------------------


CHECKS = [
    pair
    for estimator in (
        LossRegressor(),
        LossRegressor(lb.AbsoluteError()),
        LossRegressor(lb.TukeyLoss(), alpha=0.1),
        LossRegressor(lb.PoissonDeviance(), alpha=0.1),
        LossClassifier(),
        LossClassifier(lb.HingeLoss(), alpha=0.1),
        LossClassifier(lb.CategoricalCrossEntropy(), alpha=0.1),
    )
    for pair in estimator_checks_generator(estimator)
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("estimator", "check"),
    CHECKS,
    ids=[f"{estimator}-{check.func.__name__}" for estimator, check in CHECKS],
)
def test_scikit_learn(estimator: BaseEstimator, check: partial[None]) -> None:
    if (
        sklearn.__version__.startswith("1.6.")
        and "sample_weight_equivalence" in check.func.__name__
        and estimator.get_params()["loss"] in BINARY
    ):
        pytest.skip("this check mixes up binary labels: scikit-learn issue 30770")
    try:
        check(estimator)
    except SkipTest as reason:
        pytest.skip(str(reason))


# ---- the minimum -------------------------------------------------------------------


@each(FITTABLE)
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_no_step_in_any_direction_leads_lower(
    loss: PointwiseLoss, fit_intercept: bool
) -> None:
    y = sample(loss)
    fitted = model(loss, alpha=0.01, fit_intercept=fit_intercept)
    fitted.fit(X, y, sample_weight=WEIGHTS)
    best = objective(fitted, y, fitted.coef_, fitted.intercept_, WEIGHTS)
    directions = np.random.default_rng(1)
    # A local minimum is lowest in a small neighbourhood only.
    for size in [1e-1, 1e-2, 1e-4] if loss.convex else [1e-3, 1e-4]:
        for _ in range(30):
            coef = fitted.coef_ + size * directions.normal(size=fitted.coef_.shape)
            shift = directions.normal(size=np.shape(fitted.intercept_))
            intercept = fitted.intercept_ + size * fit_intercept * shift
            there = objective(fitted, y, coef, intercept, WEIGHTS)
            assert there >= best - 1e-12 * abs(best)


@each([x for x in FITTABLE if x.smooth])
def test_gradient_vanishes(loss: PointwiseLoss) -> None:
    y = sample(loss)
    fitted = model(loss, alpha=0.01).fit(X, y, sample_weight=WEIGHTS)
    raw = X @ fitted.coef_.T + fitted.intercept_
    forces = WEIGHTS * loss.gradient(y, raw.reshape(len(y), -1).squeeze()).T
    slope = forces @ X / WEIGHTS.sum() + 0.01 * fitted.coef_
    np.testing.assert_allclose(slope, 0, atol=1e-8)
    np.testing.assert_allclose(forces.sum(axis=-1) / WEIGHTS.sum(), 0, atol=1e-8)


@each(FITTABLE)
def test_weights_are_repetitions_and_zero_weight_is_deletion(
    loss: PointwiseLoss,
) -> None:
    times = np.arange(60) % 3
    y = sample(loss)
    weighted = model(loss, alpha=0.01).fit(X, y, sample_weight=times)
    repeated = model(loss, alpha=0.01).fit(
        np.repeat(X, times, axis=0), np.repeat(y, times)
    )
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(
        weighted.intercept_, repeated.intercept_, rtol=1e-6, atol=1e-8
    )


@each(REGRESSION)
def test_constant_features_leave_the_best_constant(loss: PointwiseLoss) -> None:
    y = sample(loss)
    fitted = LossRegressor(loss).fit(np.ones((60, 2)), y)
    best = loss(y, np.full(60, loss.best_constant(y)))
    np.testing.assert_array_equal(fitted.coef_, 0)
    assert loss(y, fitted.predict(np.ones((60, 2)))) == pytest.approx(best, rel=1e-9)


@each(RESIDUAL)
def test_exact_fit_is_found(loss: PointwiseLoss) -> None:
    fitted = LossRegressor(loss).fit(X, SIGNAL)
    if loss == lb.EpsilonInsensitiveLoss(epsilon=0.1):
        assert loss(SIGNAL, fitted.predict(X)) == pytest.approx(0, abs=1e-12)
    else:
        np.testing.assert_allclose(fitted.coef_, [1.0, -0.3, 2.0], atol=1e-9)
        assert fitted.intercept_ == pytest.approx(1.0, abs=1e-9)


NUMBERS = st.integers(-3, 3) | st.floats(-1e3, 1e3, allow_subnormal=False)


def rows_of(numbers: st.SearchStrategy[float], n: int) -> st.SearchStrategy[list]:
    return st.lists(numbers, min_size=n, max_size=n)


@given(st.data())
def test_any_small_sample_gives_a_minimum_or_a_warning(data: st.DataObject) -> None:
    convex = [x for x in FITTABLE if x.convex and x not in MULTICLASS]
    loss = data.draw(st.sampled_from(convex))
    n, p = data.draw(st.integers(2, 8)), data.draw(st.integers(1, 3))
    features = np.array(data.draw(rows_of(rows_of(NUMBERS, p), n)), dtype=float)
    if loss in BINARY:
        y = np.array([0, 1, *data.draw(rows_of(st.integers(0, 1), n - 2))])
    else:
        legal = NUMBERS.filter(
            lambda v: loss.y_domain.contains(v) and (v == 0 or abs(v) > 1e-6)
        )
        y = np.array(data.draw(rows_of(legal, n)), dtype=float)
    fitted = model(loss, alpha=data.draw(st.sampled_from([0.0, 0.01, 1.0])))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        fitted.fit(features, y)
    assert np.isfinite(fitted.coef_).all()
    assert np.isfinite(fitted.intercept_).all()
    if said:
        assert {warning.category for warning in said} == {ConvergenceWarning}
        return

    def risk(shift: Array) -> float:
        coef = np.ravel(fitted.coef_) + shift[1:]
        mean = loss.from_raw(y, features @ coef + fitted.intercept_ + shift[0])
        return mean + (fitted.alpha / 2 * coef @ coef if fitted.alpha else 0)

    least = risk(np.zeros(p + 1))
    directions = np.random.default_rng(1)
    for size in (1, 0.1, 1e-2, 1e-3, 1e-4):
        for _ in range(5):
            there = risk(size * directions.normal(size=p + 1))
            assert there >= least - 1e-9 * (1 + abs(least))


def test_units_do_not_matter() -> None:
    scale = np.array([1e-5, 1.0, 1e5])
    for loss in (lb.SquaredError(), lb.PinballLoss(0.2), lb.TukeyLoss()):
        plain = LossRegressor(loss).fit(X, NOISY)
        scaled = LossRegressor(loss).fit(X * scale, NOISY)
        np.testing.assert_allclose(scaled.coef_ * scale, plain.coef_, rtol=1e-8)
    for factor in (1e-6, 1e6):
        for loss, same in [
            (lb.HuberLoss(), lb.HuberLoss(factor)),
            (lb.TukeyLoss(), lb.TukeyLoss(4.685 * factor)),
            (lb.AbsoluteError(), lb.AbsoluteError()),
        ]:
            plain = LossRegressor(loss).fit(X, NOISY)
            scaled = LossRegressor(same).fit(X, NOISY * factor)
            np.testing.assert_allclose(scaled.coef_ / factor, plain.coef_, rtol=1e-7)


def test_the_search_runs_along_weighted_uncorrelated_directions() -> None:
    centred = X - np.average(X, axis=0, weights=WEIGHTS)
    axes, penalty, _ = _axes(centred, WEIGHTS, alpha=0.3)
    along = centred @ axes
    products = along.T @ (WEIGHTS[:, None] * along) / WEIGHTS.sum()
    np.testing.assert_allclose(products + np.diag(penalty), np.eye(3), atol=1e-12)


def test_collinear_columns_share() -> None:
    twice = np.column_stack([X, X[:, 0], np.ones(60)])
    plain = LossRegressor(lb.HuberLoss()).fit(X, NOISY)
    shared = LossRegressor(lb.HuberLoss()).fit(twice, NOISY)
    np.testing.assert_allclose(shared.coef_[[0, 3]], plain.coef_[0] / 2)
    assert shared.coef_[4] == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(shared.predict(twice), plain.predict(X))


def test_more_features_than_samples() -> None:
    wide, y = X[:2], NOISY[:2]
    ours, theirs = LossRegressor().fit(wide, y), LinearRegression().fit(wide, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_)


def test_a_soft_label_is_a_mixture() -> None:
    soft = np.linspace(0.1, 0.9, 60)
    for loss in (lb.LogisticLoss(), lb.HingeLoss(), lb.RampLoss(), lb.SavageLoss()):
        ours = LossRegressor(loss, alpha=0.1).fit(X, soft)
        mixture = LossClassifier(loss, alpha=0.1).fit(
            np.vstack([X, X]),
            np.repeat([1, 0], 60),
            sample_weight=np.concatenate([soft, 1 - soft]),
        )
        np.testing.assert_allclose(ours.coef_, mixture.coef_[0], rtol=1e-6, atol=1e-9)


# ---- other people's solvers --------------------------------------------------------

DIABETES = load_diabetes(return_X_y=True)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (LossRegressor(), LinearRegression()),
        (LossRegressor(alpha=0.01), Ridge(alpha=0.005 * 442)),
        (
            LossRegressor(fit_intercept=False, alpha=0.01),
            Ridge(fit_intercept=False, alpha=0.005 * 442),
        ),
        # Their deviances are halved.
        (
            LossRegressor(lb.PoissonDeviance(), alpha=0.02),
            PoissonRegressor(alpha=0.01, solver="newton-cholesky", tol=1e-10),
        ),
        (
            LossRegressor(lb.GammaDeviance(), alpha=0.02),
            GammaRegressor(alpha=0.01, solver="newton-cholesky", tol=1e-10),
        ),
        (
            LossRegressor(lb.TweedieDeviance(1.5), alpha=0.02),
            TweedieRegressor(
                power=1.5, alpha=0.01, solver="newton-cholesky", tol=1e-10
            ),
        ),
        (
            LossRegressor(lb.TweedieDeviance(3), alpha=2e-5),
            TweedieRegressor(power=3, alpha=1e-5, solver="newton-cholesky", tol=1e-12),
        ),
        (LossRegressor(lb.PinballLoss(0.1)), QuantileRegressor(quantile=0.1, alpha=0)),
        (LossRegressor(lb.AbsoluteError()), QuantileRegressor(alpha=0)),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_parity_with_regressors(ours: Any, theirs: Any) -> None:
    ours.fit(*DIABETES)
    theirs.fit(*DIABETES)
    size = np.abs(theirs.coef_).max()
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-7 * size)
    assert ours.intercept_ == pytest.approx(theirs.intercept_, rel=1e-7)
    np.testing.assert_allclose(
        ours.predict(DIABETES[0]), theirs.predict(DIABETES[0]), rtol=1e-6
    )


def test_parity_with_huber_regressor_at_its_scale() -> None:
    theirs = HuberRegressor(epsilon=1.35, alpha=0, max_iter=10_000, tol=1e-10)
    theirs.fit(X, NOISY)
    ours = LossRegressor(lb.HuberLoss(1.35 * theirs.scale_)).fit(X, NOISY)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-5)


def test_parity_with_support_vector_regression() -> None:
    alpha, epsilon = 0.05, 0.5
    theirs = SVR(kernel="linear", C=1 / (60 * alpha), epsilon=epsilon, tol=1e-8)
    theirs.fit(X, NOISY)
    ours = LossRegressor(lb.EpsilonInsensitiveLoss(epsilon), alpha=alpha).fit(X, NOISY)
    np.testing.assert_allclose(ours.coef_, theirs.coef_[0], rtol=1e-5)
    assert ours.intercept_ == pytest.approx(theirs.intercept_[0], rel=1e-5)


CANCER, BENIGN = load_breast_cancer(return_X_y=True)
CANCER = (CANCER - CANCER.mean(axis=0)) / CANCER.std(axis=0)
N_ALPHA = len(BENIGN) * 0.01


@pytest.mark.parametrize("loss", [lb.LogisticLoss(), lb.BinaryCrossEntropy()])
def test_parity_with_logistic_regression(loss: PointwiseLoss) -> None:
    theirs = LogisticRegression(C=1 / N_ALPHA, solver="newton-cholesky", tol=1e-10)
    theirs.fit(CANCER, BENIGN)
    ours = LossClassifier(loss, alpha=0.01).fit(CANCER, BENIGN)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-8)
    np.testing.assert_allclose(
        ours.predict_proba(CANCER), theirs.predict_proba(CANCER), atol=1e-8
    )
    np.testing.assert_array_equal(ours.predict(CANCER), theirs.predict(CANCER))


def test_parity_with_multinomial_logistic_regression() -> None:
    flowers, species = load_iris(return_X_y=True)
    theirs = LogisticRegression(C=1 / 1.5, tol=1e-10, max_iter=10_000)
    theirs.fit(flowers, species)
    ours = LossClassifier(lb.CategoricalCrossEntropy(), alpha=0.01)
    ours.fit(flowers, species)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    np.testing.assert_allclose(ours.coef_.sum(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(
        ours.predict_proba(flowers), theirs.predict_proba(flowers), atol=1e-6
    )


def test_parity_with_support_vector_machines() -> None:
    # liblinear penalises the intercept, so there it is left out; its loss is a sum.
    theirs = LinearSVC(C=0.5 / N_ALPHA * 2, fit_intercept=False, tol=1e-10, dual=False)
    theirs.fit(CANCER, BENIGN)
    ours = LossClassifier(lb.SquaredHingeLoss(), alpha=0.01, fit_intercept=False)
    ours.fit(CANCER, BENIGN)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)

    theirs = SVC(kernel="linear", C=1 / N_ALPHA, tol=1e-8).fit(CANCER, BENIGN)
    ours = LossClassifier(lb.HingeLoss(), alpha=0.01).fit(CANCER, BENIGN)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    assert ours.intercept_[0] == pytest.approx(theirs.intercept_[0], abs=1e-5)


def test_hinge_like_a_linear_program() -> None:
    sign = 2 * LABELS[:, None] - 1
    program = linprog(
        np.concatenate([np.zeros(4), np.ones(60) / 60]),
        A_ub=-np.hstack([sign * np.column_stack([np.ones(60), X]), np.eye(60)]),
        b_ub=-np.ones(60),
        bounds=[(None, None)] * 4 + [(0, None)] * 60,
    )
    ours = LossClassifier(lb.HingeLoss()).fit(X, LABELS)
    value = ours.loss(LABELS, ours.decision_function(X))
    assert value == pytest.approx(program.fun, rel=1e-10)


def test_sparsemax_agrees_with_its_binary_form() -> None:
    """For two classes sparsemax is the modified Huber loss of half the difference."""
    several = LossClassifier(lb.SparsemaxLoss(), alpha=0.1).fit(X, LABELS)
    difference = several.coef_[1] - several.coef_[0]
    # phi(f/1) / 4 with |w|**2 shared by two opposite halves.
    binary = LossClassifier(lb.ModifiedHuberLoss(), alpha=0.2).fit(X, LABELS)
    np.testing.assert_allclose(difference, binary.coef_[0], rtol=1e-7)
    np.testing.assert_allclose(
        several.predict_proba(X), binary.predict_proba(X), atol=1e-9
    )


# ---- published results -------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "slope", "intercept", "digits"),
    [
        (lb.SquaredError(), 0.50415, -26.0059, (5e-6, 5e-5)),
        # 1.35 times the scale that HuberRegressor estimates together with the line.
        (lb.HuberLoss(1.35 * 0.5639568), 0.192, -9.64, (5e-4, 5e-3)),
        # 4.685 times the median absolute residual over 0.6745, at the solution.
        (lb.TukeyLoss(4.685 * 0.1655456), 0.1098, -5.230, (5e-5, 5e-4)),
    ],
    ids=repr,
)
def test_telephone_lines(
    loss: PointwiseLoss, slope: float, intercept: float, digits: tuple[float, float]
) -> None:
    """Claim A25."""
    data = telephone()
    x = data.year[:, None] - 1900
    fitted = LossRegressor(loss).fit(x, data.calls)
    assert fitted.coef_[0] == pytest.approx(slope, abs=digits[0])
    assert fitted.intercept_ == pytest.approx(intercept, abs=digits[1])
    residuals = np.abs(data.calls - fitted.predict(x))
    if isinstance(loss, lb.HuberLoss):
        joint = HuberRegressor(alpha=0, max_iter=10_000, tol=1e-10).fit(x, data.calls)
        assert 1.35 * joint.scale_ == pytest.approx(loss.delta, rel=1e-5)
    if isinstance(loss, lb.TukeyLoss):
        assert np.sum(residuals >= loss.c) == 7
        assert 4.685 * np.median(residuals) / 0.6745 == pytest.approx(loss.c, rel=1e-5)


def test_telephone_has_many_median_lines() -> None:
    """Claim A25: the line of the literature is one of a whole set of minimisers."""
    data = telephone()
    x, loss = data.year - 1900, lb.AbsoluteError()
    fitted = LossRegressor(loss).fit(x[:, None], data.calls)
    least = loss(data.calls, fitted.predict(x[:, None]))
    assert 24 * least == pytest.approx(84.4, abs=1e-12)
    for slope, intercept in [(0.153, -7.519), (81 / 700, -3883 / 700), (0.12, -5.77)]:
        value = loss(data.calls, slope * x + intercept)
        assert value == pytest.approx(least, rel=1e-12)
    # Of all these lines the one closest to the best constant is returned.
    assert fitted.coef_[0] == pytest.approx(81 / 700, abs=1e-6)


def test_mape_regression_is_weighted_mae_regression() -> None:
    """Claim A5."""
    X_train, X_test, y_train, y_test = train_test_split(
        *DIABETES, test_size=0.4, random_state=0
    )
    fitted = LossRegressor(lb.AbsoluteError())
    fitted.fit(X_train, y_train, sample_weight=1 / y_train)
    predicted = fitted.predict(X_test)
    usual = LossRegressor().fit(X_train, y_train).predict(X_test)
    means = [y_test.mean(), usual.mean(), predicted.mean()]
    np.testing.assert_allclose(means, [151.8, 156.5, 125.6], atol=0.05)
    mape = [np.mean(np.abs(y_test - z) / y_test) for z in (predicted, usual)]
    np.testing.assert_allclose(mape, [0.375, 0.421], atol=5e-4)
    rmse = [np.sqrt(np.mean((y_test - z) ** 2)) for z in (predicted, usual)]
    np.testing.assert_allclose(rmse, [65.5, 56.9], atol=0.05)


@pytest.mark.parametrize(
    ("quantile", "counts"),
    [(0.1, (38, 11, 393)), (0.5, (217, 11, 214)), (0.9, (392, 11, 39))],
)
def test_quantile_regression_interpolates(
    quantile: float, counts: tuple[int, int, int]
) -> None:
    """Claim A7."""
    features, y = DIABETES
    residual = y - LossRegressor(lb.PinballLoss(quantile)).fit(features, y).predict(
        features
    )
    below, above = np.sum(residual < -1e-8), np.sum(residual > 1e-8)
    assert (below, 442 - below - above, above) == counts


def test_balance_of_logistic_regression() -> None:
    """Claim C11: the mean prediction is the base rate, whatever the penalty."""
    for alpha in (1e-4, 0.1, 10.0):
        fitted = LossClassifier(alpha=alpha).fit(CANCER, BENIGN)
        assert fitted.predict_proba(CANCER)[:, 1].mean() == pytest.approx(
            BENIGN.mean(), abs=1e-9
        )
    balanced = np.where(BENIGN == 1, 1 / BENIGN.mean(), 1 / (1 - BENIGN.mean()))
    fitted = LossClassifier(alpha=0.01).fit(CANCER, BENIGN, sample_weight=balanced)
    assert abs(fitted.predict_proba(CANCER)[:, 1].mean() - BENIGN.mean()) > 5e-3


@pytest.mark.parametrize(
    "loss", [lb.LogisticLoss(), lb.ExponentialLoss(), lb.HingeLoss()]
)
def test_long_servedio(loss: PointwiseLoss) -> None:
    """Claim D4: three separable points, and 10 % of wrong labels break every line."""
    g = 0.05
    points = np.array([[1, 0], [g, 5 * g], [g, -g]])
    share = np.array([0.25, 0.25, 0.5])
    clean = LossClassifier(lb.HingeLoss(), fit_intercept=False).fit(
        np.vstack([points, -points]), [1, 1, 1, 0, 0, 0]
    )
    np.testing.assert_array_equal(clean.predict(points), 1)
    noisy = LossRegressor(loss, fit_intercept=False)
    noisy.fit(points, np.full(3, 0.9), sample_weight=share)
    assert share @ (points @ noisy.coef_ <= 0) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "loss", [lb.LogisticLoss(), lb.ExponentialLoss(), lb.HingeLoss()]
)
def test_convex_surrogates_in_a_restricted_class(loss: PointwiseLoss) -> None:
    """Claim D5: a few far points decide, and 90 % are wrong where 10 % could be."""
    x = np.repeat([0.1, -3.0], [90, 10])[:, None]
    fitted = LossRegressor(loss, fit_intercept=False).fit(x, np.ones(100))
    assert fitted.coef_[0] < 0
    assert np.mean(x[:, 0] * fitted.coef_[0] <= 0) == pytest.approx(0.9)


def test_least_squares_is_afraid_of_being_too_correct() -> None:
    """Claim D6."""
    around = np.random.default_rng(0).normal(scale=0.3, size=(150, 2))
    points = around + np.repeat([[-1.0, 0.0], [1.0, 0.0], [15.0, 0.0]], 50, axis=0)
    labels = np.repeat([0, 1], [50, 100])
    least_squares = LossRegressor().fit(points, labels).predict(points) > 0.5
    assert np.mean(least_squares != labels) > 0.05
    for loss in (lb.HingeLoss(), lb.LogisticLoss()):
        assert LossClassifier(loss, alpha=1e-6).fit(points, labels).score(
            points, labels
        ) == pytest.approx(1.0)


# ---- losses that are not convex ----------------------------------------------------


def test_robust_start_resists_a_leverage_point() -> None:
    x = np.append(np.linspace(0, 1, 30), 10.0)[:, None]
    y = np.append(np.linspace(0, 1, 30) * 2 + 0.01 * (-1.0) ** np.arange(30), -30.0)
    for loss in (lb.TukeyLoss(0.1), lb.BarronLoss(-2.0, 0.05), lb.CauchyLoss(0.01)):
        fitted = LossRegressor(loss).fit(x, y)
        assert fitted.coef_[0] == pytest.approx(2.0, abs=0.03)
    assert LossRegressor(lb.HuberLoss(0.05)).fit(x, y).coef_[0] < -2


def test_convex_starts_find_what_the_best_constant_does_not_see() -> None:
    x = np.linspace(0, 100, 41)[:, None]
    y = 7 * x[:, 0] + 0.3 * (-1.0) ** np.arange(41)
    y[:8] = 350.0
    for loss in (lb.TukeyLoss(2.0), lb.BarronLoss(-np.inf, 1.0)):
        assert LossRegressor(loss).fit(x, y).coef_[0] == pytest.approx(7, abs=0.01)


@each([x for x in FITTABLE_BINARY if not x.convex])
@pytest.mark.parametrize("start", [lb.HingeLoss(), lb.ModifiedHuberLoss()], ids=repr)
def test_no_worse_than_a_convex_surrogate(
    loss: PointwiseLoss, start: PointwiseLoss
) -> None:
    wrong = np.where(np.arange(60) % 6 == 0, 1 - LABELS, LABELS)
    ours = LossClassifier(loss, alpha=1e-3).fit(X, wrong)
    surrogate = LossClassifier(start, alpha=1e-3).fit(X, wrong)
    best = objective(ours, wrong, ours.coef_, ours.intercept_)
    assert best <= objective(ours, wrong, surrogate.coef_, surrogate.intercept_)


def test_ramp_sees_the_smaller_class() -> None:
    # At the best constant its slope is zero for every sample.
    minority = (X[:, 0] > 1).astype(int)
    assert 0 < minority.mean() < 0.3
    fitted = LossClassifier(lb.RampLoss()).fit(X, minority)
    value = fitted.loss(minority, fitted.decision_function(X))
    assert value == pytest.approx(0, abs=1e-12)


def test_targets_far_larger_than_the_scale_of_the_loss() -> None:
    for loss in (lb.HuberLoss(), lb.PseudoHuberLoss(), lb.LogCoshLoss()):
        fitted = LossRegressor(loss, max_iter=30).fit(X, NOISY * 1e7)
        absolute = LossRegressor(lb.AbsoluteError()).fit(X, NOISY * 1e7)
        np.testing.assert_allclose(fitted.coef_, absolute.coef_, rtol=1e-5)


@each(RESIDUAL)
def test_targets_far_from_zero(loss: PointwiseLoss) -> None:
    """They are told apart as well as close to zero, and no fit warns that it failed."""
    eighths = np.round(8 * NOISY) / 8  # so that 1e15 + eighths is exact
    near, fitted = (LossRegressor(loss).fit(X, y) for y in (eighths, 1e15 + eighths))
    np.testing.assert_allclose(fitted.coef_, near.coef_, rtol=1e-6, atol=1e-9)


@each([x for x in RESIDUAL if not x.convex])
@pytest.mark.parametrize("fill", [1e18, 9.97e36])
def test_many_equal_fill_values(loss: PointwiseLoss, fill: float) -> None:
    """The others are not given up for them where their fit costs less."""
    y = np.where(np.arange(60) < 24, fill, SIGNAL + NOISY / 50)
    fitted = LossRegressor(loss).fit(X, y)
    through_others = LossRegressor(lb.AbsoluteError()).fit(X, y)
    assert loss(y, fitted.predict(X)) <= loss(y, through_others.predict(X))


def test_ramp_forgets_what_is_far_on_the_wrong_side() -> None:
    x = np.array([[-2.0], [-1.5], [-1.0], [1.0], [1.5], [2.0], [-5.0]])
    labels = np.array([0, 0, 0, 1, 1, 1, 1])
    hinge = LossClassifier(lb.HingeLoss(), alpha=0.01)
    ramp = LossClassifier(lb.RampLoss(), alpha=0.01)
    without = hinge.fit(x[:6], labels[:6]).coef_[0, 0]
    assert without == pytest.approx(1.0)
    assert hinge.fit(x, labels).coef_[0, 0] < 0.6
    assert ramp.fit(x, labels).coef_[0, 0] == pytest.approx(without)


# ---- one value far out --------------------------------------------------------------

# Losses in which the pull of one observation is bounded, with scales small and large.
BOUNDED = [
    *[x for x in RESIDUAL if np.isfinite(x.lipschitz)],
    lb.AbsolutePercentageError(),
    lb.PinballLoss(0.1),
    lb.EpsilonInsensitiveLoss(2.0),
    lb.HuberLoss(0.01),
    lb.HuberLoss(30.0),
    lb.PseudoHuberLoss(0.01),
    lb.TukeyLoss(2.0),
]
UNBOUNDED = [x for x in REGRESSION if x not in BOUNDED]


def fit_or_warning(
    loss: PointwiseLoss, features: Array, y: Array, **parameters: Any
) -> LossRegressor | None:
    """None if the fit warns that it is none; any other warning is an error."""
    fitted = LossRegressor(loss, max_iter=200, **parameters)
    try:
        return fitted.fit(features, y)
    except ConvergenceWarning:
        return None


def far_sample(
    loss: PointwiseLoss, data: st.DataObject, far: float
) -> tuple[Array, Array, int]:
    """Features, targets of which one is ``far``, and which."""
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6), label="seed"))
    n, p = data.draw(st.integers(20, 90)), data.draw(st.integers(1, 3))
    features = rng.normal(size=(n, p))
    if data.draw(st.booleans(), label="ties"):
        features = np.round(features)
    y = features @ rng.normal(size=p) + 1 + rng.standard_t(3, size=n)
    if loss.y_domain.low == 0:
        y = np.abs(y) + 0.1
    elif data.draw(st.booleans(), label="below"):
        far = -far
    row = data.draw(st.integers(0, n - 1))
    y[row] = far
    return features, y, row


FAR = st.sampled_from([1e14, 1e16, 1e18, 1e20, 9.97e36, 1e60, 1e100])


@given(st.data(), FAR)
def test_a_far_value_has_no_more_say_than_a_less_far_one(
    data: st.DataObject, far: float
) -> None:
    """A fill value such as 1e20 is one vote: exact, or a warning, never wrong."""
    loss = data.draw(st.sampled_from(BOUNDED))
    parameters = {
        "alpha": data.draw(st.sampled_from([0.0, 0.01, 1.0])),
        "fit_intercept": data.draw(st.booleans()),
    }
    features, y, row = far_sample(loss, data, far)
    less = y.copy()
    less[row] = np.copysign(1e9, y[row])
    fitted = fit_or_warning(loss, features, y, **parameters)
    wanted = fit_or_warning(loss, features, less, **parameters)
    if fitted is None or wanted is None:
        return
    # A fit that reaches the far value is not one in which it is one of many.
    assume(abs(wanted.predict(features[[row]])[0]) < 1e6)
    least = 1e-6
    if loss.convex:
        found, other = ([*x.coef_, x.intercept_] for x in (fitted, wanted))
        size = np.abs(wanted.coef_).max() + abs(wanted.intercept_)
        if np.allclose(found, other, rtol=0, atol=1e-6 * size):
            return
        least = 1e-8  # in a flat valley both are the best to the tolerance of a fit
    # Valleys can be several; in the one that was found the forces balance.
    forces = loss.gradient(y, features @ fitted.coef_ + fitted.intercept_)
    slope = features.T @ forces / len(y) + fitted.alpha * fitted.coef_
    assert np.abs(slope).max() <= least * loss.lipschitz
    if fitted.fit_intercept:
        assert abs(forces.mean()) <= least * loss.lipschitz
    assert np.abs(fitted.coef_).max() < 1e6


@given(st.data(), FAR)
def test_a_far_value_that_decides_all_is_fitted_as_well(
    data: st.DataObject, far: float
) -> None:
    """Where pull is not bounded forces balance, to the digits that float64 has."""
    loss = data.draw(st.sampled_from(UNBOUNDED))
    alpha = data.draw(st.sampled_from([0.0, 0.01]))
    features, y, _ = far_sample(loss, data, far)
    fitted = fit_or_warning(loss, features, y, alpha=alpha)
    if fitted is None:
        return
    raw = features @ fitted.coef_ + fitted.intercept_
    forces = loss.gradient(y, raw)
    # A raw prediction is a sum of terms that are rounded.
    terms = np.abs(features) @ np.abs(fitted.coef_) + abs(fitted.intercept_)
    rounded = 1e-15 * np.abs(loss.hessian(y, raw)) * terms
    charges = len(y) * alpha * fitted.coef_
    slopes = np.append(features.T @ forces + charges, forces.sum())
    largest = (np.abs(features).T @ np.abs(forces)).max() + np.abs(charges).max()
    noise = (np.abs(features).T @ rounded).max() + rounded.sum()
    assert np.abs(slopes).max() <= 1e-7 * largest + noise


@each(REGRESSION)
@pytest.mark.parametrize("unit", [1e-200, 1e-100, 1e100, 1e200])
def test_targets_in_any_unit(loss: PointwiseLoss, unit: float) -> None:
    y = sample(loss)
    fitted = fit_or_warning(loss, X, y * unit)
    if fitted is None:
        return
    if isinstance(loss.link, IdentityLink):
        scale, shift = unit, 0.0
    elif loss == lb.SquaredLogError():
        return  # of 1 + y: another problem in another unit
    else:
        scale, shift = 1.0, np.log(unit)
    # What a loss with a scale of its own becomes where that is huge, or nothing.
    limit = loss
    if isinstance(loss, lb.EpsilonInsensitiveLoss) and unit < 1:
        assert loss(y * unit, fitted.predict(X)) == 0
        return
    if isinstance(loss, lb.NegativeBinomialDeviance):
        limit = lb.PoissonDeviance() if unit < 1 else lb.GammaDeviance()
    elif loss not in HOMOGENEOUS:
        limit = lb.SquaredError() if unit < 1 else lb.AbsoluteError()
    wanted = LossRegressor(limit).fit(X, y)
    np.testing.assert_allclose(fitted.coef_ / scale, wanted.coef_, rtol=1e-6, atol=1e-9)
    intercept = (fitted.intercept_ - shift) / scale
    assert intercept == pytest.approx(wanted.intercept_, rel=1e-6)


CONVEX = [x for x in [*REGRESSION, *FITTABLE_BINARY] if x.convex]


# A label's own minimum is at infinity: there is no limit for a fit to come to.
ENDLESS = [lb.BinaryCrossEntropy(), lb.LogisticLoss(), lb.ExponentialLoss()]


@each([x for x in CONVEX if x not in ENDLESS])
@pytest.mark.parametrize("weight", [1e20, 1e300])
def test_one_huge_weight(loss: PointwiseLoss, weight: float) -> None:
    """Its sample is fitted, and the others as well as that allows: or a warning."""
    rest = np.arange(60) != 7
    y = sample(loss)
    fitted = []
    for w in (1e8, weight):
        try:
            fit = model(loss).fit(X, y, sample_weight=np.where(rest, 1, w))
        except ConvergenceWarning:
            assert loss not in RESIDUAL
            return
        raw = np.ravel(X @ fit.coef_.T + fit.intercept_)
        fitted.append(loss.from_raw(y[rest], raw[rest]))
    assert fitted[1] == pytest.approx(fitted[0], rel=1e-6)


def test_a_target_that_outdoes_all_others_is_no_minimum_at_infinity() -> None:
    rng = np.random.default_rng(1)
    features, counts = rng.normal(size=(120, 3)), rng.poisson(3, 120).astype(float)
    counts[7] = 1e20
    with pytest.warns(ConvergenceWarning, match="short of the minimum"):
        LossRegressor(lb.PoissonDeviance()).fit(features, counts)


@pytest.mark.parametrize("loss", [lb.AbsoluteError(), lb.HuberLoss()], ids=repr)
def test_huge_weights_that_contradict_each_other(loss: PointwiseLoss) -> None:
    features, y = np.vstack([X, X[:1]]), np.append(NOISY, NOISY[0] + 1)
    weights = np.append(np.append(1e100, np.ones(59)), 1e120)
    with pytest.warns(ConvergenceWarning, match="short of the minimum"):
        LossRegressor(loss).fit(features, y, sample_weight=weights)


@pytest.mark.parametrize("tiny", [1e-12, 1e-300])
def test_one_tiny_target_of_the_percentage_error(tiny: float) -> None:
    """It weighs 1 / y, so that the others are fitted as they can be through 0."""
    y, rest = sample(lb.AbsolutePercentageError()), np.arange(60) != 7
    fitted = []
    for y[7] in (1e-5, tiny):
        raw = LossRegressor(lb.AbsolutePercentageError()).fit(X, y).predict(X)
        assert raw[7] == pytest.approx(0, abs=2e-5)
        fitted.append(np.mean(np.abs(raw / y - 1), where=rest))
    assert fitted[1] == pytest.approx(fitted[0], rel=1e-4)


@each(CONVEX)
@pytest.mark.parametrize("alpha", [0.0, 0.01])
@pytest.mark.parametrize("far", [1e12, 1e16, 1e20, 9.97e36, -1e100])
def test_a_far_feature_silences_its_row(
    loss: PointwiseLoss, alpha: float, far: float
) -> None:
    """A column with a fill value fits that row, and says nothing of the others."""
    features, y = X.copy(), sample(loss)
    features[7, 1] = far
    fitted = fit_or_warning(loss, features, y, alpha=alpha)
    rest = np.arange(len(y)) != 7
    wanted = fit_or_warning(loss, features[rest][:, [0, 2]], y[rest], alpha=alpha)
    if fitted is None or wanted is None:
        return
    # The penalty is per sample, of which there is one less.
    if alpha:
        wanted = fit_or_warning(
            loss, features[rest][:, [0, 2]], y[rest], alpha=alpha * 60 / 59
        )
        assert wanted is not None
    np.testing.assert_allclose(fitted.coef_[[0, 2]], wanted.coef_, rtol=1e-5, atol=1e-7)
    assert fitted.intercept_ == pytest.approx(wanted.intercept_, rel=1e-5, abs=1e-7)
    assert abs(fitted.coef_[1] * far) < 1e3


@pytest.mark.parametrize("loss", [lb.SquaredError(), lb.AbsoluteError()])
def test_a_far_feature_does_not_lose_the_others_silently(loss: PointwiseLoss) -> None:
    """Beside it columns that repeat each other are not told from columns it hides."""
    features = np.column_stack([X, X[:, 0]])
    features[7, 1] = 1e20
    with pytest.warns(ConvergenceWarning, match="larger by more digits"):
        LossRegressor(loss).fit(features, NOISY)


def test_the_far_feature_of_a_classifier() -> None:
    features = X.copy()
    features[7, 1] = 1e20
    rest = np.arange(60) != 7
    fitted = LossClassifier(lb.HingeLoss(), alpha=0.01).fit(features, LABELS)
    wanted = LossClassifier(lb.HingeLoss(), alpha=0.01 * 60 / 59)
    wanted.fit(features[rest][:, [0, 2]], LABELS[rest])
    np.testing.assert_allclose(fitted.coef_[0, [0, 2]], wanted.coef_[0], rtol=1e-5)


HOMOGENEOUS = [
    x
    for x in REGRESSION
    if isinstance(
        x,
        lb.SquaredError
        | lb.AbsoluteError
        | lb.PinballLoss
        | lb.ExpectileLoss
        | lb.AbsolutePercentageError
        | lb.PoissonDeviance
        | lb.GammaDeviance
        | lb.TweedieDeviance,
    )
    or x == lb.BarronLoss(alpha=2.0)
]


@given(st.data(), FAR)
def test_best_constant_of_a_sample_with_a_far_value(
    data: st.DataObject, far: float
) -> None:
    loss = data.draw(st.sampled_from(BOUNDED))
    _, y, row = far_sample(loss, data, far)
    less = y.copy()
    less[row] = np.copysign(1e9, y[row])
    best, wanted = loss.best_constant(y), loss.best_constant(less)
    assume(abs(wanted) < 1e6)
    values, others = (
        loss.value(y, np.full(len(y), best)),
        loss.value(y, np.full(len(y), wanted)),
    )
    # Sample by sample, or the far one would hide what the others say.
    assert np.sum(values - others) <= 1e-9 * loss.lipschitz


# ---- the classifier ----------------------------------------------------------------


def test_probabilities_only_where_the_loss_reveals_them() -> None:
    for loss in [*FITTABLE_BINARY, *FITTABLE_MULTICLASS]:
        told = loss.functional == lb.Mean()
        assert hasattr(LossClassifier(loss), "predict_proba") == told
    with pytest.raises(AttributeError) as caught:
        LossClassifier(lb.HingeLoss()).predict_proba(X)
    assert "HingeLoss() does not elicit the probability" in str(
        caught.value.__cause__ or caught.value
    )


@each(
    [x for x in [*FITTABLE_BINARY, *FITTABLE_MULTICLASS] if x.functional == lb.Mean()]
)
def test_probabilities_are_the_inverse_link(loss: PointwiseLoss) -> None:
    y = sample(loss)
    fitted = LossClassifier(loss, alpha=0.1).fit(X, y)
    proba = fitted.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    raw = fitted.decision_function(X)
    shown = proba if raw.ndim == 2 else proba[:, 1]
    link = loss.probability_link if loss in BINARY else loss.link
    np.testing.assert_allclose(shown, link.inverse(raw))
    np.testing.assert_array_equal(fitted.predict(X), proba.argmax(axis=1))


def test_small_probabilities_keep_their_digits() -> None:
    fitted = LossClassifier(alpha=0.01).fit(X, LABELS)
    far = X[:1] + 500 * fitted.coef_ / np.linalg.norm(fitted.coef_)
    raw = fitted.decision_function(far)
    assert raw[0] > 100
    assert fitted.predict_proba(far)[0, 0] == pytest.approx(np.exp(-raw[0]), rel=1e-12)


def test_labels_may_be_words_and_shapes_are_scikit_learns() -> None:
    words = np.array(["no", "yes"])[LABELS]
    fitted = LossClassifier(alpha=0.1).fit(X, words)
    assert list(fitted.classes_) == ["no", "yes"]
    assert fitted.coef_.shape == (1, 3)
    assert fitted.intercept_.shape == (1,)
    right = (fitted.decision_function(X) > 0) == (fitted.predict(X) == "yes")
    assert right.all()
    two = LossClassifier(lb.CategoricalCrossEntropy(), alpha=0.1).fit(X, words)
    assert two.coef_.shape == (2, 3)
    assert two.decision_function(X).shape == (60,)
    three = LossClassifier(lb.SparsemaxLoss(), alpha=0.1)
    three.fit(X, sample(lb.SparsemaxLoss()))
    assert three.decision_function(X).shape == (60, 3)


# ---- no minimum, bad input ---------------------------------------------------------

SEPARABLE = (X[:, 0] > 0).astype(int)


@each([x for x in FITTABLE_BINARY if x.convex])
def test_separable_classes(loss: PointwiseLoss) -> None:
    attained = not np.all(loss.value(np.ones(3), np.array([0.0, 1.0, 9.0])) > 0)
    fitted = LossClassifier(loss)
    if attained:
        fitted.fit(X, SEPARABLE)
        value = loss.from_raw(SEPARABLE, fitted.decision_function(X))
        assert value == pytest.approx(0, abs=1e-12)
    else:
        with pytest.warns(ConvergenceWarning, match="no minimiser .* set alpha > 0"):
            fitted.fit(X, SEPARABLE)
    assert loss == lb.PerceptronLoss() or fitted.score(X, SEPARABLE) == 1


def test_other_minima_at_infinity() -> None:
    # Only a half-line of the first feature has both labels.
    x = np.array([[0, 1], [0, -1], [0, 0.5], [0, -0.5], [1, 0], [1, 1]])
    with pytest.warns(ConvergenceWarning, match="no minimiser"):
        LossClassifier().fit(x, [1, 0, 0, 1, 1, 1])
    with pytest.warns(ConvergenceWarning, match="no minimiser"):
        LossRegressor(lb.PoissonDeviance()).fit(x, [3, 1, 2, 2, 0, 0])
    with pytest.warns(ConvergenceWarning, match="no minimiser"):
        LossRegressor(lb.PoissonDeviance()).fit(x, np.zeros(6))
    with pytest.warns(ConvergenceWarning, match="no minimiser"):
        LossClassifier(lb.CategoricalCrossEntropy()).fit(x, [1, 0, 0, 1, 2, 2])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for alpha in (1e-9, 1e-6):
            LossClassifier(alpha=alpha).fit(x, [1, 0, 0, 1, 1, 1])
    # The intercept goes free: on the majority's side the sigmoid loss never ends.
    with pytest.warns(ConvergenceWarning, match=r"log link\)$"):
        LossClassifier(lb.SigmoidLoss(), alpha=10.0).fit(x, [1, 0, 0, 1, 1, 1])


@pytest.mark.parametrize("loss", [lb.LogisticLoss(), lb.HingeLoss()], ids=repr)
def test_too_few_steps(loss: PointwiseLoss) -> None:
    with pytest.warns(ConvergenceWarning, match="stopped after 2 steps"):
        LossClassifier(loss, max_iter=2).fit(X, LABELS)


@pytest.mark.parametrize(
    ("estimator", "y", "error", "message"),
    [
        (LossRegressor(lb.HuberLoss), NOISY, TypeError, r"call it, HuberLoss\(\)"),
        (LossRegressor("huber"), NOISY, TypeError, "got 'huber'"),
        (LossRegressor(alpha=-1), NOISY, ValueError, r"alpha must lie in \[0, inf\)"),
        (LossRegressor(tol=0), NOISY, ValueError, r"tol must lie in \(0, inf\); got 0"),
        (LossRegressor(max_iter=0), NOISY, ValueError, r"max_iter must lie in \[1"),
        (LossRegressor(max_iter=2.5), NOISY, TypeError, "max_iter must be an integer"),
        (LossRegressor(fit_intercept="no"), NOISY, TypeError, "False; got 'no'"),
        (
            LossRegressor(lb.SparsemaxLoss()),
            NOISY,
            ValueError,
            r"several classes use LossClassifier; got SparsemaxLoss\(\)",
        ),
        (
            LossRegressor(lb.GammaDeviance()),
            -np.abs(NOISY),
            ValueError,
            r"GammaDeviance\(\): y_true must lie in \(0, inf\); got -",
        ),
        (
            LossClassifier(lb.ZeroOneLoss()),
            LABELS,
            ValueError,
            r"loss must have a slope to follow; got ZeroOneLoss\(\)",
        ),
        (
            LossClassifier(lb.HuberLoss()),
            LABELS,
            ValueError,
            r"loss of labels.*got HuberLoss\(delta=1.0\), whose targets lie in the rea",
        ),
        (
            LossClassifier(lb.HingeLoss()),
            np.arange(60) % 3,
            ValueError,
            r"HingeLoss\(\) tells two classes apart; got 3",
        ),
        (
            LossClassifier(),
            np.full(60, 7),
            ValueError,
            "at least two classes; got one class, 7",
        ),
        (LossClassifier(), NOISY, ValueError, "Unknown label type"),
    ],
)
def test_refusals(
    estimator: Any, y: Array, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        estimator.fit(X, y)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (-np.ones(60), r"sample_weight must lie in \[0, inf\); got -1"),
        (np.zeros(60), "sample_weight must contain a positive weight; got only zeros"),
        (np.ones(59), r"sample_weight must have shape \(60,\).*got shape \(59,\)"),
        (np.full(60, np.nan), "sample_weight must lie in .*; got nan"),
    ],
)
@pytest.mark.parametrize("estimator", [LossRegressor(), LossClassifier(alpha=0.1)])
def test_weights_refused(estimator: Any, weights: Array, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, LABELS, sample_weight=weights)


class Own(lb.ResidualLoss, abstract=True):
    """What a reader's own loss of straight pieces has to state."""

    title, formula, reference, likelihood = "own", "", "", ""
    symbols: ClassVar = {}
    convex, smooth, kinks, lipschitz = True, False, (0.0,), np.inf
    elsewhere = ()


def test_corners_need_not_be_symmetric() -> None:
    class Band(Own):
        """Free if the target is 0.5 to 2 above the prediction."""

        kinks = (0.5, 2.0)

        def rho(self, r: Array) -> Array:
            return np.maximum(r - 2, 0) + np.maximum(0.5 - r, 0)

        def rho_prime(self, r: Array) -> Array:
            return (r > 2) * 1.0 - (r < 0.5)

        def rho_second(self, r: Array) -> Array:
            return np.zeros_like(r)

    residual = SIGNAL - LossRegressor(Band()).fit(X, SIGNAL).predict(X)
    assert residual.min() > 0.5 - 1e-9
    assert residual.max() < 2 + 1e-9


def test_a_loss_with_corners_and_curvature_is_refused() -> None:
    class Elastic(Own):
        def rho(self, r: Array) -> Array:
            return np.abs(r) + r**2

        def rho_prime(self, r: Array) -> Array:
            return np.sign(r) + 2 * r

        def rho_second(self, r: Array) -> Array:
            return np.full_like(r, 2)

    with pytest.raises(ValueError, match="must consist of straight pieces"):
        LossRegressor(Elastic()).fit(X, NOISY)


# ---- a loss among the parameters -----------------------------------------------------


def test_a_grid_search_sets_the_parameters_of_the_loss() -> None:
    given = lb.HuberLoss()
    grid = {"loss__delta": [0.1, 1.0, 10.0]}
    search = GridSearchCV(
        LossRegressor(given), grid, scoring="neg_median_absolute_error"
    )
    search.fit(X, NOISY)
    best = search.best_params_["loss__delta"]
    assert search.best_estimator_.loss == lb.HuberLoss(best)
    same = LossRegressor(lb.HuberLoss(best)).fit(X, NOISY)
    np.testing.assert_array_equal(search.best_estimator_.coef_, same.coef_)
    assert given == lb.HuberLoss(1.0)


def test_parameters_of_the_loss_are_parameters_of_the_model() -> None:
    fitted = LossRegressor(lb.PinballLoss(0.2), alpha=0.1)
    assert fitted.get_params()["loss__quantile"] == 0.2
    assert "loss__quantile" not in fitted.get_params(deep=False)
    copy = clone(fitted).set_params(loss__quantile=0.7, alpha=0.3)
    assert (copy.loss, copy.alpha) == (lb.PinballLoss(0.7), 0.3)
    assert fitted.loss == lb.PinballLoss(0.2)
    # The loss comes first, whatever the order of the words.
    copy.set_params(loss__delta=2.0, loss=lb.HuberLoss())
    assert copy.loss == lb.HuberLoss(2.0)


def test_parameters_that_the_loss_does_not_have() -> None:
    with pytest.raises(
        ValueError, match=r"has the parameters \['delta'\]; got loss__q"
    ):
        LossRegressor(lb.HuberLoss()).set_params(loss__quantile=0.2)
    with pytest.raises(ValueError, match=r"delta must lie in \(0, inf\)"):
        LossRegressor(lb.HuberLoss()).set_params(loss__delta=-1.0)
    with pytest.raises(TypeError, match="such as lb"):
        LossRegressor("huber").set_params(loss__delta=1.0)


def test_not_fitted() -> None:
    with pytest.raises(NotFittedError):
        LossRegressor().predict(X)
