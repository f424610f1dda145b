"""Which losses make it best to state the probability one believes."""

import numpy as np
import pytest
from numpy.typing import NDArray

import lossbook as lb
from lossbook.functionals import Mean
from lossbook.judge import properness

Floats = NDArray[np.floating]


# A forecast of a mean and a variance is not one of a probability.
READABLE = [
    loss
    for loss in lb.ALL_LOSSES
    if isinstance(loss, lb.PointwiseLoss) and loss.family != "distribution"
]


def domain_has_both_labels(loss: lb.Loss) -> bool:
    domain = loss.y_domain
    return not hasattr(domain, "contains") or (
        domain.contains(0.0) and domain.contains(1.0)
    )


@pytest.mark.parametrize("loss", READABLE, ids=repr)
def test_proper_means_that_the_mean_is_elicited(loss: lb.Loss) -> None:
    verdict = properness(loss)
    if isinstance(loss, lb.HuberLoss):
        # For labels and probabilities |y - p| <= 1: half the squared error.
        assert verdict.strict
    elif isinstance(loss, lb.ZeroOneLoss):
        assert verdict
        assert not verdict.strict
    else:
        expected = isinstance(loss.functional, Mean) and domain_has_both_labels(loss)
        # The expectile at one half is the mean under another name.
        expected |= loss == lb.ExpectileLoss(level=0.5)
        assert bool(verdict) == verdict.strict == expected


@pytest.mark.parametrize("loss", READABLE, ids=repr)
def test_the_verdict_says_how_a_loss_is_read(loss: lb.Loss) -> None:
    reading = properness(loss).reading
    link = getattr(loss, "probability_link", None)
    if loss.response == "decision_function":
        assert (repr(link) if link else "no probability link") in reading
    elif isinstance(loss, lb.ZeroOneLoss):
        assert reading == "the label 1 if p > 1/2, else 0 (so 0 at the tie p = 1/2)"
    else:
        assert reading == "p"


def test_margin_losses_are_the_scoring_rules_behind_their_links() -> None:
    """Read through its link, the logistic loss is log loss and Savage's is Brier's."""
    p = np.linspace(0.01, 0.99, 99)
    for margin, rule in [
        (lb.LogisticLoss(), lb.BinaryCrossEntropy()),
        (lb.SavageLoss(), lb.BrierLoss()),
    ]:
        scores = margin.probability_link(p)
        np.testing.assert_allclose(
            margin.value(np.ones(99), scores), rule(np.ones(99), p, reduction="none")
        )
        assert properness(margin).strict == properness(rule).strict


def test_a_convention_for_ties_is_found_and_named() -> None:
    """The belief 1/2 is asked like any other."""

    def wrong_at_one_half(y: Floats, p: Floats) -> Floats:
        return np.where(y == 1, p <= 0.5, p >= 0.5) * 1.0

    def either(y: Floats, p: Floats) -> Floats:
        return np.where(y == 1, p < 0.5, p >= 0.5) * 1.0

    assert properness(either)
    assert not properness(either).strict
    verdict = properness(wrong_at_one_half)
    assert not verdict
    assert "who believes 0.5 does better" in verdict.reason
    assert "nobody else: a convention for ties" in verdict.reason
    assert "nobody else" not in properness(lb.HingeLoss()).reason


def power(exponent: float):  # type: ignore[no-untyped-def]
    return lambda y, p: np.abs(y - p) ** exponent


@pytest.mark.parametrize("exponent", [0.5, 1, 1.9, 1.999, 2.001, 3])
def test_only_the_square_is_proper_among_powers(exponent: float) -> None:
    assert not properness(power(exponent))
    assert properness(power(2)).strict


@pytest.mark.parametrize("gamma", [0.001, 1, 5])
def test_focal_loss_is_proper_at_zero_only(gamma: float) -> None:
    assert not properness(lb.FocalLoss(gamma=gamma))
    assert properness(lb.FocalLoss(gamma=0)).strict


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.83])
def test_cost_weighted_errors_are_proper_and_not_strictly(threshold: float) -> None:
    def cost(y: Floats, p: Floats) -> Floats:
        return np.where(
            y == 1, (1 - threshold) * (p <= threshold), threshold * (p > threshold)
        )

    assert properness(cost)
    assert not properness(cost).strict


def test_a_constant_is_proper_and_not_strictly() -> None:
    verdict = properness(lambda y, p: 0 * p)
    assert verdict
    assert not verdict.strict


def test_adding_a_function_of_the_label_or_scaling_changes_nothing() -> None:
    def brier(y: Floats, p: Floats) -> Floats:
        return (y - p) ** 2

    assert properness(lambda y, p: 7 * brier(y, p) + 1e3 * y).strict
    assert not properness(lambda y, p: -brier(y, p))


def test_the_reason_names_a_belief_and_a_better_statement() -> None:
    reason = properness(lb.AbsoluteError()).reason
    assert "does better to state" in reason
    numbers = [float(word) for word in reason.split() if word[0].isdigit()]
    eta, stated = numbers
    risk = lambda p: eta * (1 - p) + (1 - eta) * p  # noqa: E731
    assert risk(stated) < risk(eta)


def test_losses_that_do_not_take_labels_say_so() -> None:
    assert "label 0 is not in its domain" in properness(lb.GammaDeviance()).reason


def test_refusals() -> None:
    for bad in (3, lb.BrierLoss, lb.DiceLoss(), lb.GaussianNegativeLogLikelihood()):
        with pytest.raises(TypeError, match=r"properness: loss must be .*; got "):
            properness(bad)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"properness: S\(y, p\) must .* it raised "):
        properness(lb.HingeLoss().phi)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="one real number for each"):
        properness(lambda y, p: 1.0)  # type: ignore[arg-type,return-value]
    with pytest.raises(ValueError, match="must be finite"):
        properness(lambda y, p: np.where(p > 0.9, np.nan, p))
