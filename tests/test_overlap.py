"""Losses of masks: identities, scikit-learn's metrics, the Lovász extension."""

from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import f1_score, jaccard_score

import lossbook as lb
from lossbook.numerics import Array

rng = np.random.default_rng(0)
MASKS = (rng.random((20, 6, 7)) < 0.4).astype(float)
P = rng.random((20, 6, 7))
RATIOS = [x for x in lb.ALL_LOSSES if isinstance(x, lb.losses.overlap.OverlapRatio)]
each_ratio = pytest.mark.parametrize("loss", RATIOS, ids=repr)


def test_dice_jaccard_and_tversky_are_one_family() -> None:
    dice, jaccard = lb.DiceLoss(), lb.JaccardLoss()
    D, J = 1 - dice(MASKS, P, reduction="none"), 1 - jaccard(MASKS, P, reduction="none")
    np.testing.assert_allclose(J, D / (2 - D), rtol=1e-12)
    for loss, alpha in ((dice, 0.5), (jaccard, 1.0)):
        tversky = lb.TverskyLoss(alpha=alpha, beta=alpha)
        np.testing.assert_allclose(
            tversky(MASKS, P, reduction="none"), loss(MASKS, P, reduction="none")
        )


def test_hard_masks_have_the_metrics_of_scikit_learn() -> None:
    hard = (P > 0.5).astype(float)
    for y, z, dice, jaccard in zip(
        MASKS,
        hard,
        lb.DiceLoss()(MASKS, hard, reduction="none"),
        lb.JaccardLoss()(MASKS, hard, reduction="none"),
        strict=True,
    ):
        assert dice == pytest.approx(1 - f1_score(y.ravel(), z.ravel()))
        assert jaccard == pytest.approx(1 - jaccard_score(y.ravel(), z.ravel()))


def test_alpha_prices_extra_pixels_and_beta_missed_ones() -> None:
    y = np.array([[1.0, 1.0, 0.0, 0.0]])
    extra, missed = [[1.0, 1.0, 1.0, 0.0]], [[1.0, 0.0, 0.0, 0.0]]
    loss = lb.TverskyLoss(alpha=0.2, beta=0.9)
    assert loss(y, extra, reduction="none")[0] == pytest.approx(1 - 2 / 2.2)
    assert loss(y, missed, reduction="none")[0] == pytest.approx(1 - 1 / 1.9)


@each_ratio
def test_empty_masks(loss: lb.losses.overlap.OverlapRatio) -> None:
    empty, f = np.zeros((1, 9)), np.zeros((1, 9))
    nothing = loss(empty, np.zeros((1, 9)), reduction="none")[0]
    assert nothing == 0
    slope = loss.gradient(empty, f)
    if loss.pseudo_count:
        assert 0 < loss.value(empty, f)[0] < 1
        assert np.all(slope > 0)
    else:
        # One false pixel is as bad as a thousand: there is nothing to descend.
        assert loss.value(empty, f)[0] == 1
        assert np.all(slope == 0)


def jaccard_set_loss(y: Array, wrong: Array) -> float:
    """1 - IoU of a mask when the pixels of a set are wrong."""
    predicted = np.where(wrong, 1 - y, y)
    union = np.maximum(y, predicted).sum()
    return 1 - (y * predicted).sum() / union if union else 0.0


def lovasz_extension(y: Array, errors: Array) -> float:
    """Largest inner product over all orders: the extension of a submodular function."""
    best = -np.inf
    for order in permutations(range(len(y))):
        wrong, before, total = np.zeros(len(y), bool), 0.0, 0.0
        for k in order:
            wrong[k] = True
            now = jaccard_set_loss(y, wrong)
            total += errors[k] * (now - before)
            before = now
        best = max(best, total)
    return best


def test_lovasz_hinge_is_the_lovasz_extension() -> None:
    for y in ([1, 0, 1, 0, 0], [0, 0, 0, 1, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]):
        y = np.array(y, dtype=float)
        f = rng.normal(size=5)
        errors = np.maximum(1 - (2 * y - 1) * f, 0)
        value = lb.LovaszHingeLoss().value([y], [f])[0]
        assert value == pytest.approx(lovasz_extension(y, errors))


def test_lovasz_hinge_is_the_jaccard_loss_where_errors_are_0_or_1() -> None:
    loss = lb.LovaszHingeLoss()
    for y in MASKS.reshape(20, -1):
        wrong = rng.random(len(y)) < 0.2
        f = np.where(wrong, 0.0, 2 * y - 1)  # hinge errors 1 and 0
        assert loss.value([y], [f])[0] == pytest.approx(jaccard_set_loss(y, wrong))


@pytest.mark.parametrize(
    "loss",
    [x for x in lb.ALL_LOSSES if isinstance(x, lb.losses.overlap.MaskLoss)],
    ids=repr,
)
def test_where_pixels_lie_does_not_count(loss: lb.losses.overlap.MaskLoss) -> None:
    f = rng.normal(size=MASKS.shape)
    flat = loss.value(MASKS.reshape(20, -1), f.reshape(20, -1))
    np.testing.assert_allclose(flat, loss.value(MASKS, f))
    order = rng.permutation(42)
    moved = loss.value(MASKS.reshape(20, -1)[:, order], f.reshape(20, -1)[:, order])
    np.testing.assert_allclose(moved, flat)
    with pytest.raises(ValueError, match=r"masks of 0 and 1 only; got 0\.5"):
        loss.value(MASKS / 2, f)


@pytest.mark.parametrize("loss", RATIOS, ids=repr)
def test_the_domain_of_a_mask_is_stated(loss: lb.losses.overlap.MaskLoss) -> None:
    with pytest.raises(ValueError, match=r"y_true must lie in \[0, 1\]; got 2"):
        loss.value(2 * MASKS, P)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (lb.TverskyLoss, {"alpha": 0}),
        (lb.TverskyLoss, {"beta": -1}),
        (lb.DiceLoss, {"pseudo_count": -1}),
        (lb.JaccardLoss, {"pseudo_count": -1}),
        (lb.JaccardLoss, {"pseudo_count": np.nan}),
        (lb.TverskyLoss, {"pseudo_count": -1}),
        (lb.PairwiseHingeLoss, {"margin": 0}),
    ],
)
def test_parameters_out_of_range(kind: type, parameters: dict[str, float]) -> None:
    ((name, value),) = parameters.items()
    with pytest.raises(ValueError, match=f"^{kind.__name__}: {name} must lie in"):
        kind(**parameters)
    with pytest.raises(TypeError, match=f"^{kind.__name__}: {name} must be a real"):
        kind(**{name: str(value)})
