"""Losses of ranked lists: published values, the fast sums against all pairs."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau
from sklearn.metrics import ndcg_score, roc_auc_score

import lossbook as lb
from lossbook.numerics import Array

PHI: dict[lb.ObjectLoss, Callable[[Array], Array]] = {
    lb.PairwiseHingeLoss(): lambda d: np.maximum(1 - d, 0),
    lb.PairwiseHingeLoss(margin=0.25): lambda d: np.maximum(0.25 - d, 0),
    lb.PairwiseExponentialLoss(): lambda d: np.exp(-d),
    lb.PairwiseLogisticLoss(): lambda d: np.log1p(np.exp(-d)),
}
each_pairwise = pytest.mark.parametrize("loss", PHI, ids=repr)
QUERY = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([-1.5, -0.5, 0.0, 0.5, 1.0, 2.25])),
    min_size=1,
    max_size=12,
)


def all_pairs(loss: lb.ObjectLoss, y: Array, f: Array) -> float:
    i, j = np.nonzero(y[:, None] > y)
    return float(PHI[loss](f[i] - f[j]).mean()) if len(i) else 0.0


@each_pairwise
@given(QUERY)
def test_the_sorted_sums_are_those_over_all_pairs(
    loss: lb.ObjectLoss, query: list[tuple[int, float]]
) -> None:
    """Many ties, in relevance and in prediction."""
    y, f = (np.array(column, dtype=float) for column in zip(*query, strict=True))
    assert loss.value([y], [f])[0] == pytest.approx(all_pairs(loss, y, f), abs=1e-12)


@each_pairwise
def test_many_items_in_pieces(
    loss: lb.ObjectLoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    y, f = rng.integers(0, 3, size=(1, 300)), rng.normal(size=(1, 300))
    whole = loss.value(y, f), loss.gradient(y, f)
    assert whole[0][0] == pytest.approx(all_pairs(loss, y[0], f[0]))
    monkeypatch.setattr(lb.losses.ranking, "PAIRS_AT_ONCE", 1000)
    np.testing.assert_allclose(loss.value(y, f), whole[0], rtol=1e-12)
    np.testing.assert_allclose(loss.gradient(y, f), whole[1], rtol=1e-10, atol=1e-15)


def test_one_pair_far_apart_does_not_drown_another() -> None:
    """The pair of 0 and 1 costs e, whatever the first item does."""
    value = lb.PairwiseExponentialLoss().value([[2, 1, 0]], [[1000.0, 0.0, 1.0]])
    assert value[0] == pytest.approx(np.e / 3)


RANKING = [x for x in lb.ALL_LOSSES if isinstance(x, lb.losses.ranking.ListLoss)]
each_ranking = pytest.mark.parametrize("loss", RANKING, ids=repr)


@each_ranking
def test_only_differences_count(loss: lb.ObjectLoss) -> None:
    rng = np.random.default_rng(0)
    y, f = rng.integers(0, 4, size=(5, 8)), rng.normal(size=(5, 8))
    np.testing.assert_allclose(loss.value(y, f + 3), loss.value(y, f))
    np.testing.assert_allclose(loss.gradient(y, f).sum(axis=1), 0, atol=1e-12)


@each_ranking
def test_the_order_in_which_items_are_given_does_not_count(
    loss: lb.ObjectLoss,
) -> None:
    rng = np.random.default_rng(0)
    y, f = rng.integers(0, 4, size=(5, 8)), rng.normal(size=(5, 8))
    order = rng.permutation(8)
    np.testing.assert_allclose(loss.value(y[:, order], f[:, order]), loss.value(y, f))
    moved = loss.gradient(y, f)[:, order]
    np.testing.assert_allclose(
        loss.gradient(y[:, order], f[:, order]), moved, atol=1e-14
    )


@each_ranking
def test_a_wide_lead_in_the_right_order_is_best(loss: lb.ObjectLoss) -> None:
    y = np.array([[3.0, 2.0, 1.0, 0.0]])
    right, wrong = loss.value(y, 20 * y), loss.value(y, -20 * y)
    if isinstance(loss, lb.ListNetLoss):
        right = loss.value(y, y)  # it asks for the relevance itself
    assert right < wrong - 1


def test_a_tiny_margin_counts_the_pairs_in_the_wrong_order() -> None:
    """One minus the area under the ROC curve, and Kendall's tau."""
    rng = np.random.default_rng(0)
    f = rng.normal(size=200)
    labels = (f + rng.normal(size=200) > 0).astype(int)
    loss = lb.PairwiseHingeLoss(margin=1e-9)
    errors = (loss.gradient([labels], [f])[0] < 0).mean()
    assert 0 < errors < 1
    pushes = -loss.gradient([labels], [f])[0][labels == 1].sum()
    assert pushes == pytest.approx(1 - roc_auc_score(labels, f))
    order = rng.permutation(200)
    discordant = -np.minimum(
        np.array([loss.gradient([[1, 0]], [[f[i], f[j]]])[0][0]
                  for i in range(40) for j in range(40) if order[i] > order[j]]), 0
    ).mean()  # fmt: skip
    tau = kendalltau(order[:40], f[:40]).statistic
    assert tau == pytest.approx(1 - 2 * discordant)


def test_plackett_luce_is_the_product_of_the_draws() -> None:
    f = np.array([0.3, -1.0, 0.7, 0.1])
    order = [2, 0, 3, 1]
    left, probability = list(order), 1.0
    for item in order:
        probability *= np.exp(f[item]) / np.exp(f[left]).sum()
        left.remove(item)
    y = np.empty(4)
    y[order] = [3, 2, 1, 0]
    value = lb.PlackettLuceLoss().value([y], [f])[0]
    assert value == pytest.approx(-np.log(probability))


def test_plackett_luce_with_ties_by_hand() -> None:
    """Two winners, each drawn from all four; the two losers are not drawn."""
    f = np.array([0.5, -0.2, 1.0, 0.0])
    total = np.log(np.exp(f).sum())
    value = lb.PlackettLuceLoss().value([[1, 1, 0, 0]], [f])[0]
    assert value == pytest.approx((total - 0.5) + (total + 0.2))


def test_lambdas_are_weighted_with_the_change_of_ndcg() -> None:
    rng = np.random.default_rng(0)
    y, f = rng.integers(0, 4, size=6).astype(float), rng.normal(size=6)
    expected = 0.0
    for i, j in zip(*np.nonzero(y[:, None] > y), strict=True):
        swapped = f.copy()
        swapped[[i, j]] = f[[j, i]]
        change = abs(ndcg_score([y], [f]) - ndcg_score([y], [swapped]))
        expected += change * np.log1p(np.exp(f[j] - f[i]))
    assert lb.LambdaRankLoss().value([y], [f])[0] == pytest.approx(expected)


def test_nothing_relevant_is_no_loss() -> None:
    for loss in RANKING:
        if not isinstance(loss, lb.ListNetLoss):
            assert loss.value([[0, 0, 0]], [[3.0, 1.0, 2.0]])[0] == 0


def test_listnet_asks_for_the_relevance() -> None:
    y = np.array([[3.0, 0.0, 1.0]])
    np.testing.assert_allclose(lb.ListNetLoss().gradient(y, y + 7), 0, atol=1e-15)


@each_ranking
def test_shape_and_domain_are_named(loss: lb.ObjectLoss) -> None:
    with pytest.raises(ValueError, match=r"n_items\); got shape \(1, 2, 1\)"):
        loss.value([[[1], [0]]], [[[1.0], [0.0]]])
    with pytest.raises(ValueError, match=r"y_true must lie in \[0, inf\); got -1"):
        loss.value([[1, -1]], [[1.0, 0.0]])


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (-1, r"n_items must lie in \[0, inf\); got -1"),
        (2.5, "n_items must be an integer; got 2.5"),
        (True, "n_items must be an integer; got True"),
    ],
)
def test_bad_number_of_discounts(bad: int, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=f"discounts: {message}"):
        lb.judge.discounts(bad)
