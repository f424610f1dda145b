"""Edited cross-entropies: limits, two classes, what they do to the probabilities."""

from itertools import product

import numpy as np
import pytest
from samples import sample

import lossbook as lb
from lossbook.base import Loss
from lossbook.numerics import Array

CROSS_ENTROPY = lb.CategoricalCrossEntropy()
Y = np.arange(200) % 4
F = np.random.default_rng(0).normal(scale=2, size=(200, 4))
METHODS = ("value", "gradient", "hessian")
NO_NOISE = lb.UniformNoise(rate=0.0)
SLIPS = lb.NoiseMatrix(0.6 * np.eye(4) + 0.4 * np.roll(np.eye(4), 1, axis=1))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("loss", "tolerance"),
    [
        (lb.CategoricalFocalLoss(gamma=0), 1e-13),
        (lb.SmoothedCrossEntropy(epsilon=0), 1e-13),
        (lb.SymmetricCrossEntropy(alpha=1, beta=0), 1e-13),
        (lb.ForwardCorrection(NO_NOISE), 1e-13),
        (lb.BackwardCorrection(NO_NOISE), 1e-13),
        (lb.CategoricalGeneralizedCrossEntropy(q=1e-9), 1e-6),
    ],
    ids=repr,
)
def test_without_an_edit_it_is_cross_entropy(
    loss: Loss, tolerance: float, method: str
) -> None:
    expected = getattr(CROSS_ENTROPY, method)(Y, F)
    np.testing.assert_allclose(getattr(loss, method)(Y, F), expected, atol=tolerance)


@pytest.mark.parametrize(
    ("loss", "binary"),
    [
        (lb.CategoricalFocalLoss(gamma=2.0), lb.FocalLoss(gamma=2.0)),
        (lb.CategoricalFocalLoss(gamma=0.5), lb.FocalLoss(gamma=0.5)),
        (
            lb.CategoricalGeneralizedCrossEntropy(q=0.7),
            lb.GeneralizedCrossEntropy(q=0.7),
        ),
    ],
    ids=repr,
)
def test_two_classes_are_the_binary_loss(loss: Loss, binary: Loss) -> None:
    """The raw prediction of the binary loss is the lead of class 1."""
    y, f = sample(lb.FocalLoss(), 200)
    rows = np.column_stack([np.zeros(200), f])
    for method in METHODS:
        result = getattr(loss, method)(y.astype(int), rows)
        last = result if method == "value" else result[:, 1]
        expected = getattr(binary, method)(y, f)
        np.testing.assert_allclose(last, expected, rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_focal_loss_is_undone_by_the_published_map(gamma: float) -> None:
    """Charoenphakdee et al. 2021, theorem 11: eta is proportional to h(p)."""
    for eta in np.random.default_rng(0).dirichlet(np.ones(4), size=20):
        p = lb.CategoricalFocalLoss(gamma).best_constant([eta])
        h = p / ((1 - p) ** (gamma - 1) * (1 - p - gamma * p * np.log(p)))
        np.testing.assert_allclose(h / h.sum(), eta, atol=1e-7)


@pytest.mark.parametrize("gamma", [0.0, 1.0, 40.0, 50.0, 1e3, 1e4])
def test_focal_losses_of_two_classes_agree_however_flat_they_are(gamma: float) -> None:
    for labels in ([0, 1, 1], [0] * 99 + [1]):
        _, p = lb.CategoricalFocalLoss(gamma).best_constant(labels)
        q = lb.FocalLoss(gamma).best_constant(labels)
        assert p == pytest.approx(q, rel=1e-9)
        assert (p > 0.5) == (np.mean(labels) > 0.5)
        assert p != 0.5


def test_generalised_and_symmetric_between_log_loss_and_absolute_error() -> None:
    p = lb.numerics.softmax(F)
    absolute = np.abs(p - np.eye(4)[Y]).sum(axis=1)
    half = lb.CategoricalGeneralizedCrossEntropy(q=1).value(Y, F)
    np.testing.assert_allclose(half, absolute / 2, rtol=1e-13)
    both = lb.SymmetricCrossEntropy(alpha=0.3, beta=2).value(Y, F)
    expected = 0.3 * CROSS_ENTROPY.value(Y, F) + 2 * 2 * absolute
    np.testing.assert_allclose(both, expected, rtol=1e-13)


def test_reverse_cross_entropy_with_the_logarithm_cut_off_at_minus_4() -> None:
    """Wang et al. 2019, section 3.2: -sum_k p_k log q_k with log 0 := -4."""
    p = lb.numerics.softmax(F)
    log_label = np.where(np.arange(4) == Y[:, None], 0, -4)
    reverse = -(p * log_label).sum(axis=1)
    loss = lb.SymmetricCrossEntropy(alpha=1, beta=1)
    np.testing.assert_allclose(loss.value(Y, F) - CROSS_ENTROPY.value(Y, F), reverse)


def noisy_risk(loss: Loss, noise: lb.losses.noise.LabelNoise, f: Array) -> Array:
    """The expected loss of each class (row) over the labels it may carry."""
    n = f.shape[1]
    rows = np.array([loss.value(np.full(len(f), k), f) for k in range(n)])
    return noise.matrix(n) @ rows


@pytest.mark.parametrize("noise", [lb.UniformNoise(rate=0.5), SLIPS], ids=["A", "B"])
def test_backward_correction_is_unbiased(noise: lb.losses.noise.LabelNoise) -> None:
    clean = [CROSS_ENTROPY.value(np.full(len(F), k), F) for k in range(4)]
    found = noisy_risk(lb.BackwardCorrection(noise), noise, F)
    np.testing.assert_allclose(found, clean, rtol=1e-10)


def test_only_a_symmetric_loss_keeps_its_minimiser_under_uniform_noise() -> None:
    """Ghosh et al. 2017: noisy risk = (1 - nu K / (K - 1)) clean risk + constant."""
    noise = lb.UniformNoise(rate=0.4)
    for q, is_symmetric in ((1.0, True), (0.7, False)):
        loss = lb.CategoricalGeneralizedCrossEntropy(q)
        clean = [loss.value(np.full(len(F), k), F) for k in range(4)]
        rest = noisy_risk(loss, noise, F) - (1 - 0.4 * 4 / 3) * np.array(clean)
        assert (np.ptp(rest) < 1e-12) == is_symmetric


@pytest.mark.parametrize("kind", [lb.ForwardCorrection, lb.BackwardCorrection])
@pytest.mark.parametrize("noise", [lb.UniformNoise(rate=0.5), SLIPS], ids=["A", "B"])
def test_corrections_find_the_classes_behind_the_labels(
    kind: type, noise: lb.losses.noise.LabelNoise
) -> None:
    loss = kind(noise)
    for eta in np.random.default_rng(0).dirichlet(np.ones(4), size=20):
        labels = eta @ noise.matrix(4)
        best = loss.best_constant([labels])
        np.testing.assert_allclose(best, eta, atol=1e-9)
        slope = loss.gradient([labels], np.log(eta)[None])
        np.testing.assert_allclose(slope, 0, atol=1e-12)


def test_forward_correction_of_a_label_too_rare_for_a_float() -> None:
    """Label 0 is class 0 or a slip from class 3; both have exponentials of zero."""
    loss, f = lb.ForwardCorrection(SLIPS), np.array([[-3000.0, 0, 0, -2000]])
    np.testing.assert_allclose(loss.value([0], f), 2000 + np.log(2 / 0.4), rtol=1e-14)
    np.testing.assert_allclose(loss.gradient([0], f), [[0, 0.5, 0.5, -1]], atol=1e-14)
    np.testing.assert_allclose(loss.hessian([0], f), [[0, 0.25, 0.25, 0]], atol=1e-14)


def test_forward_correction_has_no_seam_where_labels_get_rare() -> None:
    """Rows just above and just below the size at which logarithms take over."""
    loss = lb.ForwardCorrection(SLIPS)
    at = -np.log(np.finfo("f8").tiny) / 2
    f = np.zeros((201, 4))
    f[:, 0] = f[:, 3] = -at + np.linspace(-1, 1, 201)
    y = np.zeros(201, int)
    np.testing.assert_allclose(np.diff(loss.value(y, f)), -0.01, rtol=1e-10)
    np.testing.assert_allclose(np.ptp(loss.gradient(y, f), axis=0), 0, atol=1e-14)


def test_impossible_label_proportions_get_the_nearest_classes() -> None:
    labels = np.array([0.9, 0.1, 0.0])
    noise = lb.UniformNoise(rate=0.3)
    found = lb.BeforeNoise(noise).solve(labels)
    assert found.argmax() == 0
    assert found.sum() == pytest.approx(1)
    loss = lb.ForwardCorrection(noise)
    least = loss([labels], [found], reduction="none")
    others = np.random.default_rng(0).dirichlet(np.ones(3), size=2000)
    assert np.all(least <= loss(np.tile(labels, (2000, 1)), others, reduction="none"))


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.3, 0.7, 0.9])
def test_uniform_noise_needs_no_matrix(rate: float) -> None:
    """What it says in closed form is what its matrix says."""
    noise = lb.UniformNoise(rate)
    table = lb.NoiseMatrix(noise.matrix(4))
    rows = np.random.default_rng(0).dirichlet(np.ones(4), size=len(F))
    for kind in (lb.ForwardCorrection, lb.BackwardCorrection):
        for method in ("value", "gradient", "hessian"):
            found, expected = (
                getattr(kind(x), method)(rows, F) for x in (noise, table)
            )
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)
    for labels in (*rows[:5], np.array([0.9, 0.1, 0, 0]), np.array([0.5, 0, 0, 0.5])):
        found, expected = (lb.BeforeNoise(x).solve(labels) for x in (noise, table))
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("kind", [lb.ForwardCorrection, lb.BackwardCorrection])
def test_uniform_noise_among_a_million_classes(kind: type) -> None:
    loss = kind(lb.UniformNoise(0.1))
    best = loss.best_constant([0, 999_999])
    np.testing.assert_allclose(best[[0, 1, -1]], [0.5, 0, 0.5], atol=1e-12)
    assert loss.value([999_999], np.zeros((1, 1_000_000))) == pytest.approx(np.log(1e6))


def test_best_scores_of_weston_and_watkins_are_the_best_partition() -> None:
    """No ordered partition of up to five classes costs less."""
    loss, rng = lb.WestonWatkinsLoss(), np.random.default_rng(0)
    for n in (2, 3, 4, 5):
        steps = np.array(list(product([0, 1], repeat=n - 1)))
        falling = -np.cumsum(np.pad(steps, ((0, 0), (1, 0))), axis=1).astype(float)
        for sharp in (0.3, 1.0, 5.0):
            eta = -np.sort(-rng.dirichlet(np.full(n, sharp)))
            rivals = loss(np.tile(eta, (len(falling), 1)), falling, reduction="none")
            least = loss([eta], [loss.best_constant([eta])])
            assert least <= rivals.min() + 1e-12


def test_weston_and_watkins_among_a_million_classes() -> None:
    loss = lb.WestonWatkinsLoss()
    best = loss.best_constant([0, 0, 999_999])
    np.testing.assert_array_equal(best[[0, 1, -2, -1]], [2, 0, 0, 1])
    assert loss.value([999_999], np.zeros((1, 1_000_000))) == 999_999


def test_smoothing_asks_for_smoothed_probabilities() -> None:
    eta = np.array([0.7, 0.2, 0.1, 0.0])
    for epsilon in (0.1, 0.9):
        loss = lb.SmoothedCrossEntropy(epsilon)
        p = loss.best_constant([eta])
        np.testing.assert_allclose(p, (1 - epsilon) * eta + epsilon / 4)


# ---- noise as data ------------------------------------------------------------------


def test_noise_matrices_are_row_stochastic_and_kept_as_tuples() -> None:
    np.testing.assert_allclose(lb.UniformNoise(0.3).matrix(4).sum(axis=1), 1)
    np.testing.assert_allclose(np.diag(lb.UniformNoise(0.3).matrix(4)), 0.7)
    assert lb.NoiseMatrix([[0.9, 0.1], [0.2, 0.8]]).rows == ((0.9, 0.1), (0.2, 0.8))
    assert eval(repr(lb.BackwardCorrection(SLIPS)), vars(lb)).noise == SLIPS


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[1.0]], r"shape \(K, K\) with K >= 2; got shape \(1, 1\)"),
        ([[1, 0, 0], [0, 1, 0]], r"got shape \(2, 3\)"),
        ([[0.9, 0.2], [0.1, 0.9]], r"sum to 1 in each row; got \[\[0.9"),
        ([[1.1, -0.1], [0, 1]], r"probabilities .*; got \[\[1.1"),
        ([[np.nan, 1], [0, 1]], r"probabilities .*; got \[\[nan"),
        ([[1, 0], [1, 0]], "label 1 never occurs"),
    ],
)
def test_a_matrix_that_is_no_noise(rows: list, said: str) -> None:
    with pytest.raises(ValueError, match=f"^NoiseMatrix: rows must .*{said}"):
        lb.NoiseMatrix(rows)


def test_noise_of_the_wrong_kind_or_size() -> None:
    with pytest.raises(TypeError, match="square matrix of numbers; got 'x'"):
        lb.NoiseMatrix("x")
    for kind in (lb.ForwardCorrection, lb.BackwardCorrection):
        with pytest.raises(
            TypeError, match=rf"^{kind.__name__}: noise must .* got 0.3"
        ):
            kind(0.3)
        with pytest.raises(ValueError, match=r"is of 4 classes; .* has 3"):
            kind(SLIPS).value([0], [[0.0, 1.0, 2.0]])
    coin = lb.NoiseMatrix([[0.5, 0.5], [0.5, 0.5]])
    with pytest.raises(ValueError, match="with 2 classes it has none"):
        lb.BackwardCorrection(coin).value([0], [[0.0, 1.0]])
