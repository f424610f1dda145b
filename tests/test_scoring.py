"""lb.scorer with scikit-learn's models, cross-validation and searches."""

from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.datasets import make_classification, make_regression
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression, QuantileRegressor
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    hinge_loss,
    log_loss,
    make_scorer,
    mean_pinball_loss,
)
from sklearn.model_selection import (
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

import lossbook as lb

X, LABELS = make_classification(150, random_state=0)
NAMES = np.array(["yes", "no"])[LABELS]  # "no" comes first in classes_
X3, LABELS3 = make_classification(200, n_classes=3, n_informative=4, random_state=0)
NAMES3 = np.array(["c", "a", "b"])[LABELS3]
X_REAL, Y_REAL = make_regression(80, 3, noise=5, random_state=0)
W = np.random.default_rng(0).uniform(0.1, 3, size=150)


def test_scores_are_minus_scikit_learns_metrics() -> None:
    model = LogisticRegression().fit(X, NAMES)
    p, f = model.predict_proba(X), model.decision_function(X)
    positive = NAMES == "yes"  # classes_[1]
    for loss, metric in [
        (lb.BinaryCrossEntropy(), log_loss(NAMES, p)),
        (lb.BrierLoss(), brier_score_loss(positive, p[:, 1])),
        (lb.HingeLoss(), hinge_loss(NAMES, f)),
        (lb.ZeroOneLoss(), 1 - accuracy_score(NAMES, model.predict(X))),
        (lb.CategoricalCrossEntropy(), log_loss(NAMES, p)),
    ]:
        assert lb.scorer(loss)(model, X, NAMES) == pytest.approx(-metric)
        weighted = lb.scorer(loss)(model, X, NAMES, sample_weight=W)
        assert weighted != pytest.approx(-metric)


def test_several_classes_are_rows_in_the_order_of_classes() -> None:
    model = LogisticRegression().fit(X3, NAMES3)
    score = lb.scorer(lb.CategoricalCrossEntropy())(model, X3, NAMES3)
    assert score == pytest.approx(-log_loss(NAMES3, model.predict_proba(X3)))
    machine = LinearSVC().fit(X3, NAMES3)
    score = lb.scorer(lb.CrammerSingerLoss())(machine, X3, NAMES3)
    labels = np.searchsorted(machine.classes_, NAMES3)
    theirs = hinge_loss(labels, machine.decision_function(X3))
    assert score == pytest.approx(-theirs)


def test_one_score_stands_for_two_classes() -> None:
    """A classifier of two classes has one score; the losses of margins agree on it."""
    machine = LinearSVC().fit(X, NAMES)
    theirs = hinge_loss(NAMES, machine.decision_function(X))
    score = lb.scorer(lb.CrammerSingerLoss())(machine, X, NAMES)
    assert score == pytest.approx(-theirs)


def test_cross_validation_of_a_pipeline_with_named_labels() -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression())
    ours = cross_val_score(model, X, NAMES, scoring=lb.scorer(lb.BinaryCrossEntropy()))
    np.testing.assert_allclose(
        ours, cross_val_score(model, X, NAMES, scoring="neg_log_loss")
    )


def test_a_fold_may_lack_a_class() -> None:
    """A label is known by the classes of the model, not by those of the fold."""
    model = LogisticRegression().fit(X3, NAMES3)
    rows = NAMES3 == "c"
    score = lb.scorer(lb.CategoricalCrossEntropy())(model, X3[rows], NAMES3[rows])
    assert score == pytest.approx(np.log(model.predict_proba(X3[rows])[:, 2]).mean())


def test_search_finds_what_it_finds_with_the_metric() -> None:
    grid = {"alpha": [0.001, 0.1, 10]}
    model = QuantileRegressor(quantile=0.8)
    theirs = make_scorer(mean_pinball_loss, greater_is_better=False, alpha=0.8)
    searches = [
        GridSearchCV(model, grid, scoring=scoring, cv=3).fit(X_REAL, Y_REAL)
        for scoring in (lb.scorer(lb.PinballLoss(0.8)), theirs)
    ]
    results = [search.cv_results_["mean_test_score"] for search in searches]
    np.testing.assert_allclose(*results)
    assert searches[0].best_params_ == searches[1].best_params_


def test_parameters_of_a_loss_in_a_search() -> None:
    """The scorer stays the same while the loss that is fitted changes."""
    y = Y_REAL.copy()
    y[::9] += 500
    search = GridSearchCV(
        lb.fit.LossRegressor(lb.HuberLoss()),
        {"loss__delta": [1.0, 1e6]},
        scoring=lb.scorer(lb.AbsoluteError()),
        cv=3,
    ).fit(X_REAL, y)
    assert search.best_params_ == {"loss__delta": 1.0}


def test_several_scorers_at_once() -> None:
    scoring = {
        "log": lb.scorer(lb.BinaryCrossEntropy()),
        "hinge": lb.scorer(lb.HingeLoss()),
    }
    search = GridSearchCV(
        LogisticRegression(), {"C": [0.01, 1]}, scoring=scoring, refit="log", cv=3
    ).fit(X, NAMES)
    assert not np.isnan(search.cv_results_["mean_test_hinge"]).any()


def test_weights_are_routed_to_the_scorer() -> None:
    theirs = make_scorer(
        log_loss, greater_is_better=False, response_method="predict_proba"
    )
    ours = lb.scorer(lb.BinaryCrossEntropy())
    with sklearn.config_context(enable_metadata_routing=True):
        model = LogisticRegression().set_fit_request(sample_weight=True)

        def scored(scoring: Any, wanted: bool) -> Any:
            scoring = scoring.set_score_request(sample_weight=wanted)
            params = {"sample_weight": W}
            return cross_val_score(model, X, NAMES, scoring=scoring, params=params)

        for wanted in (True, False):
            np.testing.assert_allclose(scored(ours, wanted), scored(theirs, wanted))
        search = GridSearchCV(
            model, {"C": [1.0]}, scoring=ours.set_score_request(sample_weight=True)
        )
        search.fit(X, NAMES, sample_weight=W)
        expected = scored(theirs, True).mean()
        assert search.best_score_ == pytest.approx(expected)


def test_a_scorer_is_printed_as_it_is_made() -> None:
    assert repr(lb.scorer(lb.PinballLoss(0.9))) == "scorer(PinballLoss(quantile=0.9))"


def test_what_cannot_be_scored_is_refused() -> None:
    model = LogisticRegression().fit(X, NAMES)
    brier = lb.scorer(lb.BrierLoss())
    for call, message in [
        (lambda: lb.scorer("brier"), r"scorer: loss must be an object .* got 'brier'"),
        (lambda: lb.scorer(lb.BrierLoss), r"\(the class: call it, BrierLoss\(\)\)"),
        (lambda: lb.scorer(lb.DiceLoss()), r"got DiceLoss"),
        (
            lambda: brier(LinearSVC().fit(X, NAMES), X, NAMES),
            r"scorer\(BrierLoss\(\)\): the estimator must have predict_proba.*SVC",
        ),
        (
            lambda: lb.scorer(lb.ZeroOneLoss())(
                LinearRegression().fit(X, LABELS), X, LABELS
            ),
            "must be a fitted classifier with classes_; got LinearRegression",
        ),
    ]:
        with pytest.raises(TypeError, match=message):
            call()
    tuned = TunedThresholdClassifierCV(model, scoring=lb.scorer(lb.ZeroOneLoss()))
    with pytest.raises(AttributeError, match=r"scorer\(ZeroOneLoss.*score of labels"):
        tuned.fit(X, NAMES)
    for call, message in [
        (
            lambda: brier(model, X[:1], ["maybe"]),
            r"y must hold the labels \['no', 'yes'\] .*; got 'maybe'",
        ),
        (lambda: brier(model, X[:2], [None, "no"]), "y must hold .*; got None"),
        (lambda: brier(model, X, LABELS), "y must hold the labels .*; got 1"),
        (lambda: brier(model, X, NAMES[:, None]), r"\(n,\); got shape \(150, 1\)"),
        (
            lambda: brier(DummyClassifier().fit(X3, NAMES3), X3, NAMES3),
            r"the loss is for two classes; the estimator knows 3: \['a', 'b', 'c'\]",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            call()
