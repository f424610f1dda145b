"""Ranking metrics and decisions against scikit-learn and by counting."""

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, ndcg_score, roc_auc_score

from lossbook import judge

Floats = NDArray[np.floating]


@pytest.fixture
def forecast() -> tuple[Floats, Floats]:
    rng = np.random.default_rng(1)
    p = rng.beta(2, 3, size=400).round(2)
    return (rng.random(400) < p**1.3).astype(float), p


# ---- the area under the ROC curve


def pairs_won(y: Floats, s: Floats) -> float:
    wins = [(a > b) + (a == b) / 2 for a, b in itertools.product(s[y == 1], s[y == 0])]
    return float(np.mean(wins))


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(-3, 3), st.integers(1, 4)),
        min_size=2,
        max_size=30,
    ).filter(lambda rows: len({label for label, *_ in rows}) == 2)
)
def test_auc_counts_pairs_and_is_scikit_learns(
    rows: list[tuple[bool, int, int]],
) -> None:
    y, s, w = np.array(rows, dtype=float).T
    auc = judge.roc_auc(y, s)
    assert auc == pytest.approx(pairs_won(y, s))
    assert auc == pytest.approx(roc_auc_score(y, s))
    assert judge.roc_auc(y, -s) == pytest.approx(1 - auc)
    assert judge.roc_auc(y, np.exp(s)) == pytest.approx(auc)
    weighted = judge.roc_auc(y, s, sample_weight=w)
    assert weighted == pytest.approx(roc_auc_score(y, s, sample_weight=w))


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_auc_compares_integers_as_integers(dtype: Any) -> None:
    score = np.array([2**53, 2**53 + 1], dtype=dtype)
    assert judge.roc_auc([0, 1], score) == 1
    assert judge.roc_auc([1, 0], score) == 0


# ---- NDCG


@pytest.mark.parametrize("k", [None, 1, 3, 20])
@pytest.mark.parametrize("ties", [False, True])
def test_ndcg_is_scikit_learns(k: int | None, ties: bool) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 4, size=(30, 8)).astype(float)
    y[0] = 0  # nothing relevant
    s = rng.integers(0, 4, size=(30, 8)) if ties else rng.normal(size=(30, 8))
    w = rng.uniform(0.1, 3, size=30)
    assert judge.ndcg(y, s, k=k) == pytest.approx(ndcg_score(y, s, k=k))
    assert judge.ndcg(y, s, k=k, sample_weight=w) == pytest.approx(
        ndcg_score(y, s, k=k, sample_weight=w)
    )
    gains = judge.ndcg(y, s, k=k, gains="exponential")
    assert gains == pytest.approx(ndcg_score(2**y - 1, s, k=k))


def test_tied_items_get_the_mean_over_their_orders() -> None:
    y, s = np.array([3.0, 1.0, 0.0, 2.0]), np.array([1, 1, 0, 1])
    orders = [
        judge.ndcg([y], [s + 0.1 * np.insert(bump, 2, 0)])
        for bump in itertools.permutations([0, 1, 2])
    ]
    assert judge.ndcg([y], [s]) == pytest.approx(np.mean(orders))


def test_lists_of_unequal_length_and_masked_items() -> None:
    y = [[3, 0, 2], [1, 0], [0, 0, 0, 1]]
    s = [[0.1, 0.9, 0.5], [0.7, 0.2], [4, 3, 2, 1]]
    each = [judge.ndcg([a], [b]) for a, b in zip(y, s, strict=True)]
    np.testing.assert_allclose(judge.ndcg(y, s, reduction="none"), each)
    assert judge.ndcg(y, s) == pytest.approx(np.mean(each))
    padded = np.ma.masked_equal([[3, 0, 2, -1], [1, 0, -1, -1], [0, 0, 0, 1]], -1)
    scores = [[0.1, 0.9, 0.5, 9], [0.7, 0.2, 9, 9], [4, 3, 2, 1]]
    np.testing.assert_allclose(judge.ndcg(padded, scores, reduction="none"), each)


def test_ndcg_of_large_relevance_does_not_overflow() -> None:
    found = judge.ndcg([[1100.0, 1000.0]], [[0.0, 1.0]], gains="exponential")
    assert found == pytest.approx(judge.discounts(2)[1])


def test_ndcg_compares_integers_as_integers() -> None:
    score = np.array([[2**53, 2**53 + 1]])
    assert judge.ndcg([[0, 1]], score) == 1


# ---- thresholds and costs


def test_threshold_table_is_the_confusion_matrix(
    forecast: tuple[Floats, Floats],
) -> None:
    y, p = forecast
    w = np.random.default_rng(0).uniform(0.1, 3, size=len(y))
    thresholds = np.array([0.0, 0.2, 0.35, 0.5, 1.0])
    table = judge.threshold_table(y, p, thresholds)
    weighted = judge.threshold_table(y, p, thresholds, sample_weight=w)
    assert table["tp"].dtype.kind == "i"
    for i, t in enumerate(thresholds):
        outcomes = confusion_matrix(y, p >= t, labels=[0, 1]).ravel()
        names = ("tn", "fp", "fn", "tp")
        assert [table[name][i] for name in names] == outcomes.tolist()
        outcomes = confusion_matrix(y, p >= t, labels=[0, 1], sample_weight=w).ravel()
        np.testing.assert_allclose(
            [weighted[name][i] for name in names], outcomes, atol=1e-9
        )
    cost = judge.mean_cost(table, cost_fp=2, cost_fn=5)
    np.testing.assert_allclose(cost, (2 * table["fp"] + 5 * table["fn"]) / len(y))
    # What a false alarm costs may depend on the row.
    each = judge.mean_cost(table, cost_fp=thresholds, cost_fn=5)
    one = judge.mean_cost(table, cost_fp=thresholds[2], cost_fn=5)
    assert each[2] == one[2]


def test_net_benefit_is_base_rate_minus_weighted_cost(
    forecast: tuple[Floats, Floats],
) -> None:
    y, p = forecast
    table = judge.threshold_table(y, p, [0.05, 0.3, 0.6])
    t = table["threshold"]
    cost = (1 - t) * table["fn"] / len(y) + t * table["fp"] / len(y)
    np.testing.assert_allclose(
        judge.net_benefit(table), y.mean() - cost / (1 - t), atol=1e-12
    )
