"""The computed answers about margin losses against theory, and refusals."""

import numpy as np
import pytest
from numpy.typing import NDArray

import lossbook as lb
from lossbook import judge
from lossbook.base import BinaryLoss

BINARY = [loss for loss in lb.ALL_LOSSES if isinstance(loss, BinaryLoss)]
THETA = np.linspace(0, 1, 11)


def squared(m: NDArray[np.floating]) -> NDArray[np.floating]:
    return (1 - m) ** 2


def kinked(m: NDArray[np.floating]) -> NDArray[np.floating]:
    """Convex and decreasing, with slopes -2 and -1/2 at 0."""
    return np.maximum.reduce([1 - 2 * m, 1 - m / 2, 0 * m])


def best_score(loss: BinaryLoss, eta: float) -> float:
    """The closed form: the best constant, seen through the link."""
    best = loss.best_constant([0.0, 1.0], [1 - eta, eta])
    return float(loss.link(np.asarray(best)))


@pytest.mark.parametrize("loss", BINARY, ids=repr)
@pytest.mark.parametrize("eta", [0.05, 0.3, 0.62, 0.8, 0.99])
def test_best_raw_agrees_with_the_closed_form(loss: BinaryLoss, eta: float) -> None:
    computed = float(judge.best_raw(loss, eta))
    if isinstance(loss, lb.ZeroOneLoss):
        assert np.sign(computed) == best_score(loss, eta)
    else:
        assert computed == pytest.approx(best_score(loss, eta), abs=2e-6)


@pytest.mark.parametrize("loss", BINARY, ids=repr)
def test_bayes_risk_is_the_least_conditional_risk(loss: BinaryLoss) -> None:
    eta = np.linspace(0, 1, 21)
    f = np.linspace(-30, 30, 6001)
    risk = judge.conditional_risk(loss, eta[:, None], f)
    least = judge.bayes_risk(loss, eta)
    assert (least <= risk.min(axis=1) + 1e-12).all()
    assert (np.diff(least, 2) <= 1e-9).all(), "the Bayes risk is concave"
    np.testing.assert_allclose(least, least[::-1], atol=1e-9)


@pytest.mark.parametrize(
    ("loss", "formula"),
    [
        (lb.HingeLoss(), lambda t: t),
        (lb.ExponentialLoss(), lambda t: 1 - np.sqrt(1 - t**2)),
        (lb.SquaredHingeLoss(), lambda t: t**2),
        (lb.ModifiedHuberLoss(), lambda t: t**2),
        (squared, lambda t: t**2),
        (lb.SavageLoss(), lambda t: t**2 / 4),
        (lb.SigmoidLoss(), lambda t: t / 2),
        (lb.RampLoss(), lambda t: t / 2),
        (lambda m: 1 - np.tanh(m), lambda t: t),
        (lb.ZeroOneLoss(), lambda t: t),
        (lb.PerceptronLoss(), lambda t: 0 * t),
    ],
    ids=lambda part: repr(part) if isinstance(part, BinaryLoss) else part.__name__,
)
def test_psi_transform_has_its_published_form(loss: object, formula: object) -> None:
    """Bartlett, Jordan & McAuliffe 2006, doi:10.1198/016214505000000907."""
    psi = judge.psi_transform(loss, THETA)
    np.testing.assert_allclose(psi, formula(THETA), atol=1e-6)
    np.testing.assert_allclose(judge.psi_transform(loss, -THETA), psi)


def test_psi_transform_of_the_logistic_loss_both_ways() -> None:
    t = THETA[:-1]
    expected = ((1 + t) * np.log1p(t) + (1 - t) * np.log1p(-t)) / 2
    for loss in (lb.LogisticLoss(), lb.BinaryCrossEntropy()):
        np.testing.assert_allclose(judge.psi_transform(loss, t), expected, atol=1e-6)


def test_psi_transform_is_convex_where_the_gap_is_not() -> None:
    """Far on the wrong side this loss is lower than at 0."""

    def phi(m: NDArray[np.floating]) -> NDArray[np.floating]:
        return np.where(m < -2.5, 1.6, np.maximum(1 - m, 0))

    gap = judge.calibration_gap(phi, np.linspace(0, 1, 101))
    psi = judge.psi_transform(phi, np.linspace(0, 1, 101))
    assert np.diff(gap, 2).min() < -1e-4
    assert np.diff(psi, 2).min() > -1e-9
    assert (psi <= gap + 1e-12).all()


@pytest.mark.parametrize("loss", BINARY, ids=repr)
def test_verdict_follows_the_minimiser(loss: BinaryLoss) -> None:
    sides = [np.sign(best_score(loss, eta)) for eta in (0.3, 0.49, 0.51, 0.7)]
    verdict = judge.calibration(loss)
    assert bool(verdict) == (sides == [-1, -1, 1, 1])
    assert verdict.reason


def test_convex_losses_obey_the_theorem() -> None:
    """Calibrated if and only if differentiable at 0 with a negative slope."""
    for slope_left, slope_right in [(-2, -0.5), (-1, -1), (-1, 0), (0, 0), (-3, -3)]:

        def phi(
            m: NDArray[np.floating], a: float = slope_left, b: float = slope_right
        ) -> NDArray[np.floating]:
            return np.maximum.reduce([a * m, b * m, 0 * m - 1])

        expected = slope_left == slope_right < 0
        assert bool(judge.calibration(phi)) == expected, (slope_left, slope_right)


def test_kinked_loss_is_caught_and_the_range_named() -> None:
    np.testing.assert_allclose(
        judge.best_raw(kinked, [0.55, 0.79, 0.81]), [0, 0, 2], atol=1e-9
    )
    verdict = judge.calibration(kinked)
    assert not verdict
    assert "between 0.501 and 0.800" in verdict.reason


def test_minimisers_at_infinity() -> None:
    for phi in (
        lb.SigmoidLoss(),
        lambda m: 1 - np.tanh(m),
        lambda m: 0.5 - np.arctan(m) / np.pi,
    ):
        np.testing.assert_array_equal(
            judge.best_raw(phi, [0.4, 0.6, 1.0]), [-np.inf, np.inf, np.inf]
        )


def test_shapes_are_kept() -> None:
    eta = np.full((2, 3), 0.8)
    for function in (
        judge.best_raw,
        judge.bayes_risk,
        judge.wrong_side_risk,
    ):
        assert function(lb.HingeLoss(), eta).shape == (2, 3)
        assert function(lb.HingeLoss(), 0.8).shape == ()


@pytest.mark.parametrize(
    ("loss", "error", "message"),
    [
        (
            lb.SquaredError(),
            TypeError,
            r"calibration: loss must be a binary loss .*; got SquaredError\(\)",
        ),
        ("hinge", TypeError, "must be a binary loss .*; got 'hinge'"),
        (lb.HingeLoss, TypeError, "must be a binary loss .*HingeLoss'>"),
        (
            lb.HingeLoss().value,
            TypeError,
            r"calibration: phi\(m\) must .* it raised .*raw",
        ),
        (lambda m: 1.0, ValueError, "one real number for each margin"),
        (lambda m: m[:-1], ValueError, r"for an array of shape \(241,\)"),
        (lambda m: np.where(m < 0, np.inf, 0.0), ValueError, "must be finite.*m = -30"),
        (lambda m: np.full(m.shape, np.nan), ValueError, "must be finite.*got nan"),
        (lambda m: m.astype(str), ValueError, "one real number"),
    ],
)
def test_what_is_not_a_margin_loss_is_refused(
    loss: object, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        judge.calibration(loss)


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan])
def test_probabilities_are_checked(bad: float) -> None:
    with pytest.raises(ValueError, match=r"best_raw: eta must lie in \[0, 1\]"):
        judge.best_raw(lb.HingeLoss(), [0.5, bad])
    for function in (judge.calibration_gap, judge.psi_transform):
        with pytest.raises(ValueError, match=rf"in \[-1, 1\]; got {20 * bad}"):
            function(lb.HingeLoss(), [0.5, 20 * bad])
