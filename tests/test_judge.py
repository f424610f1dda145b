"""What every function of the judge wing owes: weights that count, and refusals."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import lossbook as lb
from lossbook import judge

Floats = NDArray[np.floating]

RNG = np.random.default_rng(0)
N = 40
Y = (RNG.random(N) < 0.4).astype(float)
P = RNG.beta(2, 3, size=N).round(2)
REAL = RNG.gumbel(size=N)
FORECAST = REAL + RNG.normal(size=N)
LISTS = RNG.integers(0, 4, size=(N, 6)).astype(float)
SCORES = RNG.normal(size=(N, 6))
ENDS = np.sort(RNG.normal(size=(N, 2, 3)), axis=1)
TIMES = RNG.integers(0, 4, size=N)

# Name, function, and the samples it takes; the rest is bound.
SAMPLED: dict[str, tuple[Callable[..., Any], list[Floats]]] = {
    "reliability_table": (judge.reliability_table, [Y, P]),
    "reliability_table, quantile": (
        lambda y, p, **w: judge.reliability_table(y, p, strategy="quantile", **w),
        [Y, P],
    ),
    "calibration_error": (judge.calibration_error, [Y, P]),
    "recalibrate": (judge.recalibrate, [Y, P]),
    "recalibrate, groups": (
        lambda y, p, **w: judge.recalibrate(y, p, "groups", **w),
        [Y, P],
    ),
    "recalibrate, quantile": (
        lambda y, z, **w: judge.recalibrate(y, z, functional=lb.Quantile(0.7), **w),
        [REAL, FORECAST],
    ),
    "score_decomposition": (judge.score_decomposition, [Y, P]),
    "score_decomposition, quantile": (
        lambda y, z, **w: judge.score_decomposition(y, z, loss=lb.AbsoluteError(), **w),
        [REAL, FORECAST],
    ),
    "roc_auc": (judge.roc_auc, [Y, P]),
    "ndcg": (judge.ndcg, [LISTS, SCORES]),
    "threshold_table": (
        lambda y, p, **w: judge.threshold_table(y, p, [0.2, 0.5], **w),
        [Y, P],
    ),
    "net_benefit": (
        lambda y, p, **w: judge.net_benefit(judge.threshold_table(y, p, [0.2], **w)),
        [Y, P],
    ),
    "murphy_curve": (
        lambda y, z, **w: judge.murphy_curve(y, z, [0.0, 1.0], lb.Expectile(0.7), **w),
        [REAL, FORECAST],
    ),
    "interval_score": (
        lambda y, low, high, **w: judge.interval_score(y, low, high, alpha=0.2, **w),
        [REAL, ENDS[:, 0, 0], ENDS[:, 1, 0]],
    ),
    "weighted_interval_score": (
        lambda y, m, low, high, **w: judge.weighted_interval_score(
            y, m, low, high, alpha=[0.1, 0.2, 0.5], **w
        ),
        [REAL, FORECAST, ENDS[:, 0], ENDS[:, 1]],
    ),
    "crps_gaussian": (judge.crps_gaussian, [REAL, FORECAST, 1 + P]),
    "crps_ensemble": (judge.crps_ensemble, [REAL, SCORES]),
}
SUMS = {"reliability_table", "reliability_table, quantile", "threshold_table"}
SUMS |= {"net_benefit"}  # made of counts, that is of sums of weights
each_sampled = pytest.mark.parametrize(
    ("function", "sample"), SAMPLED.values(), ids=SAMPLED.keys()
)


def assert_same(ours: Any, theirs: Any) -> None:
    if isinstance(ours, dict):
        assert ours.keys() == theirs.keys()
        for name in ours:
            np.testing.assert_allclose(ours[name], theirs[name], atol=1e-12)
    else:
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


@each_sampled
def test_a_weight_repeats_a_sample_and_zero_leaves_it_out(
    function: Callable[..., Any], sample: list[Floats]
) -> None:
    weighted = function(*sample, sample_weight=TIMES)
    repeated = function(*(np.repeat(column, TIMES, axis=0) for column in sample))
    if np.shape(weighted) == (N,):  # recalibrate: one answer for each sample
        weighted = np.repeat(weighted, TIMES)
    assert_same(weighted, repeated)
    # Samples of weight zero may be anything that is allowed: none of it is seen.
    absent = TIMES == 0
    spoilt = [column.copy() for column in sample]
    for column in spoilt:
        column[absent] = column[~absent][0]
    assert not all(map(np.array_equal, spoilt, sample))
    again = function(*spoilt, sample_weight=TIMES)
    if np.shape(again) == (N,):
        again = np.repeat(again, TIMES)
    assert_same(again, repeated)


@each_sampled
def test_weights_are_checked(
    function: Callable[..., Any], sample: list[Floats]
) -> None:
    bad: list[tuple[Any, str]] = [
        (np.ones(3), r"sample_weight must have shape \(40,\).*got shape \(3,\)"),
        (np.zeros(N), "must contain a positive weight"),
        (np.full(N, -1.0), r"sample_weight must lie in \[0, inf\); got -1.0"),
        (np.full(N, np.nan), "sample_weight must lie in"),
    ]
    for weight, message in bad:
        with pytest.raises(ValueError, match=message):
            function(*sample, sample_weight=weight)


@pytest.mark.parametrize("name", sorted(set(SAMPLED) - SUMS))
def test_only_ratios_of_weights_count(name: str) -> None:
    function, sample = SAMPLED[name]
    w = RNG.uniform(0.1, 1, size=N)
    expected = function(*sample, sample_weight=w)
    for unit in (1e-200, 2.0**1023):
        found = function(*sample, sample_weight=w * unit)
        assert_same(found, expected)


def test_reductions_are_those_of_a_loss() -> None:
    w = RNG.uniform(0.1, 1, size=N)
    each = judge.crps_ensemble(REAL, SCORES, reduction="none")
    total = judge.crps_ensemble(REAL, SCORES, sample_weight=w, reduction="sum")
    assert total == pytest.approx(w @ each)
    weighted = judge.crps_ensemble(REAL, SCORES, sample_weight=w, reduction="none")
    np.testing.assert_allclose(weighted, w * each)
    mean = judge.crps_ensemble(REAL, SCORES, sample_weight=w)
    assert mean == pytest.approx(np.average(each, weights=w))


# ---- refusals


ONE_ROW = judge.threshold_table([0, 1], [0.1, 0.2], [0.15])
PAIR: Any = ([0, 1], [0.1, 0.2])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: judge.roc_auc([0, 1], [0.1]),
            r"roc_auc: y_score must have shape \(2,\); got shape \(1,\)",
        ),
        (
            lambda: judge.roc_auc([[0, 1]], [[0.1, 0.2]]),
            r"roc_auc: y_true must have shape \(n,\); got shape \(1, 2\)",
        ),
        (lambda: judge.roc_auc([1, 1], [0.1, 0.2]), "both labels 0 and 1"),
        (
            lambda: judge.roc_auc([1, 0], [0.1, 0.2], sample_weight=[1, 0]),
            r"\(with positive weight\); got the values \[1",
        ),
        (lambda: judge.roc_auc([0.5, 1], [0.1, 0.2]), "got the values"),
        (lambda: judge.roc_auc([0, 1], [0.1, np.nan]), "must be finite; got nan"),
        (lambda: judge.reliability_table([0, 2], [0.1, 0.2]), "y_true must lie"),
        (
            lambda: judge.reliability_table([0, 1], [0.1, 1.2]),
            r"reliability_table: y_prob must lie in \[0, 1\]; got 1.2",
        ),
        (
            lambda: judge.reliability_table(*PAIR, n_bins=0),
            r"reliability_table: n_bins must lie in \[1, inf\); got 0",
        ),
        (
            lambda: judge.reliability_table(*PAIR, strategy="x"),
            r"strategy must be one of \('uniform', 'quantile'\); got 'x'",
        ),
        (
            lambda: judge.recalibrate(*PAIR, "bins"),
            r"method must be one of \('isotonic', 'groups'\); got 'bins'",
        ),
        (lambda: judge.recalibrate([], []), "at least one value"),
        (
            lambda: judge.score_decomposition([0, 1], [0.5, 1.5]),
            r"BrierLoss\(\): y_pred must lie in \[0, 1\]; got 1.5",
        ),
        (
            lambda: judge.score_decomposition(*PAIR, method="x"),
            "score_decomposition: method must be one of",
        ),
        (
            lambda: judge.net_benefit(judge.threshold_table(*PAIR, [0.5, 1.0])),
            r"net_benefit: threshold must lie in \[0, 1\); got 1.0",
        ),
        (
            lambda: judge.threshold_table(*PAIR, [[0.5], [0.6]]),
            r"threshold_table: thresholds must have shape \(n,\); got shape \(2, 1\)",
        ),
        (
            lambda: judge.murphy_curve(*PAIR, [[0.5], [0.6]]),
            r"murphy_curve: thetas must have shape \(n,\); got shape \(2, 1\)",
        ),
        (
            lambda: judge.mean_cost(ONE_ROW, cost_fp=-1, cost_fn=1),
            r"mean_cost: cost_fp must lie in \[0, inf\); got -1",
        ),
        (
            lambda: judge.mean_cost(ONE_ROW, cost_fp=1, cost_fn=[1, 2]),
            r"cost_fn must be a number or have shape \(1,\); got shape \(2,\)",
        ),
        (
            lambda: judge.mean_cost({"tp": [1]}, cost_fp=1, cost_fn=1),  # type: ignore[dict-item]
            r"mean_cost: table must have the columns .*'tn'\).*got \['tp'\]",
        ),
        (
            lambda: judge.net_benefit([1, 2]),  # type: ignore[arg-type]
            "net_benefit: table must have the columns .*; got list",
        ),
        (
            lambda: judge.interval_score([1.0], [2.0], [0.0], alpha=0.1),
            "lower must not exceed upper; got 2.0 and 0.0",
        ),
        (
            lambda: judge.interval_score([1.0], [0.0], [2.0], alpha=1.0),
            r"interval_score: alpha must lie in \(0, 1\); got 1.0",
        ),
        (
            lambda: judge.weighted_interval_score(
                [1.0], [1.0], [[0.0]], [[2.0]], alpha=[0.1, 0.2]
            ),
            r"lower must have shape \(1, 2\); got shape \(1, 1\)",
        ),
        (
            lambda: judge.crps_gaussian([1.0], [0.0], [0.0]),
            r"crps_gaussian: scale must lie in \(0, inf\); got 0.0",
        ),
        (
            lambda: judge.crps_ensemble([1.0], [0.0, 1.0]),
            r"members must have shape \(1, m\) with m >= 1; got shape \(2,\)",
        ),
        (
            lambda: judge.crps_ensemble([1.0], [[0.0]], fair=True),
            r"with m >= 2; got shape \(1, 1\)",
        ),
        (lambda: judge.ndcg([1, 2], [[1, 2]]), r"must have shape \(n,\); got shape"),
        (lambda: judge.ndcg([[1]], [[1], [2]]), "got 1 and 2 lists"),
        (lambda: judge.ndcg([[1, 0]], [[1]]), "a query of 2 items and 1 scores"),
        (lambda: judge.ndcg([], []), "y_true must hold a list for each query"),
        (lambda: judge.ndcg([[-1]], [[1]]), r"y_true must lie in \[0, inf\)"),
        (lambda: judge.ndcg([[1]], [[1]], k=0), r"ndcg: k must lie in \[1, inf\)"),
        (
            lambda: judge.ndcg([[1]], [[1]], gains="2**y"),  # type: ignore[arg-type]
            r"gains must be one of \('linear', 'exponential'\)",
        ),
    ],
)
def test_bad_input_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: judge.score_decomposition(*PAIR, loss="brier"),
            r"loss must be an object such as BrierLoss\(\); got 'brier' \(a name",
        ),
        (
            lambda: judge.score_decomposition(*PAIR, loss=lb.BrierLoss),
            r"got <class .*> \(the class: call it, BrierLoss\(\)\)",
        ),
        (
            lambda: judge.murphy_curve(*PAIR, [0.5], "mean"),
            r"murphy_curve: functional must be an object such as .*; got 'mean'",
        ),
        (
            lambda: judge.murphy_curve(*PAIR, [0.5], lb.Mean),
            r"functional must be .* \(the class: call it, Mean\(\)\)",
        ),
        (
            lambda: judge.recalibrate(*PAIR, functional=lb.Mode()),
            r"recalibrate: functional must be an object such as Quantile\(0.9\)",
        ),
        (
            lambda: judge.roc_auc(["a", "b"], [0.1, 0.2]),
            "y_true must be an array of real numbers",
        ),
    ],
)
def test_wrong_kinds_of_objects_are_named(
    call: Callable[[], object], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        call()


# ---- one table of wrong calls, of judging and of showing

Call = tuple[str, tuple[Any, ...], dict[str, Any], str]

# What these take beside the loss.
BESIDE: dict[str, tuple[Any, ...]] = {
    "conditional_risk": (0.3, 0.0),
    "curve": ("value", [1.0]),
    "jumps": ("value",),
    "scaled_risk": ([1.0], [2.0]),
    "risk_curves": ([1.0],),
    "trace": ("value",),
    "value_range": ("value",),
}
BESIDE |= dict.fromkeys(("best_raw", "bayes_risk", "wrong_side_risk"), (0.3,))
BESIDE |= dict.fromkeys(("calibration_gap", "psi_transform"), (0.3,))
BESIDE |= dict.fromkeys(("best_raws", "elicited"), (0.3,))
SHAPES = {"best_raws", "elicited", "answer", "scaled_risk", "risk_curves"}
SHAPES |= {"best_raw_curves", "elicited_curves", "scorer"}  # no losses of objects
# Text in, text out, for the pages of the book; a table has tests of its own.
WORDS = {"answers", "joined", "names", "number", "paths", "roughness", "table"}
PUBLIC: dict[str, Callable[..., Any]] = {
    name: getattr(module, name)
    for module in (judge, lb.show)
    for name in module.__all__
    if callable(getattr(module, name))
    and not isinstance(getattr(module, name), type)
    and name not in WORDS
}
ABOUT_LOSSES = [
    name
    for name, function in PUBLIC.items()
    if next(iter(inspect.signature(function).parameters), "") in ("loss", "losses")
]

WRONG_CALLS: list[Call] = [
    ("best_raw", (lb.HingeLoss(), []), {}, "eta"),
    ("best_raw", (lb.HingeLoss(), "a"), {}, "eta"),
    ("bayes_risk", (lb.HingeLoss(), []), {}, "eta"),
    ("wrong_side_risk", (lb.HingeLoss(), []), {}, "eta"),
    ("conditional_risk", (lb.HingeLoss(), [], 0.0), {}, "eta"),
    ("conditional_risk", (lb.HingeLoss(), 0.3, []), {}, "raw_prediction"),
    ("conditional_risk", (lb.HingeLoss(), 0.3, np.nan), {}, "raw_prediction"),
    (
        "conditional_risk",
        (lb.HingeLoss(), [0.3, 0.4], [1, 2, 3]),
        {},
        "raw_prediction",
    ),
    ("calibration_gap", (lb.HingeLoss(), []), {}, "theta"),
    ("psi_transform", (lb.HingeLoss(), []), {}, "theta"),
    ("best_raws", (lb.HingeLoss(), [2.0]), {}, "eta"),
    ("elicited", (lb.BrierLoss(), []), {}, "eta"),
    ("scaled_risk", (lb.HuberLoss(), [1.0], []), {}, "candidates"),
    ("calibration_error", PAIR, {"n_bins": 0}, "n_bins"),
    ("calibration_error", ([], []), {}, "y_true"),
    ("calibration_error", ([0, 2], [0.1, 0.2]), {}, "y_true"),
    ("calibration_error", PAIR, {"strategy": "x"}, "strategy"),
    ("reliability_table", PAIR, {"n_bins": 2.5}, "n_bins"),
    ("reliability_table", PAIR, {"sample_weight": [1e308, 1e308]}, "sample_weight"),
    ("threshold_table", (*PAIR, []), {}, "thresholds"),
    ("threshold_table", (*PAIR, 0.5), {"sample_weight": [1e308] * 2}, "sample_weight"),
    ("mean_cost", (None,), {"cost_fp": 1, "cost_fn": 1}, "table"),
    ("mean_cost", (ONE_ROW,), {"cost_fp": "1", "cost_fn": 1}, "cost_fp"),
    ("net_benefit", ({1: 2},), {}, "table"),
    ("net_benefit", (ONE_ROW | {"tp": ["a"]},), {}, "tp"),
    ("mean_cost", (ONE_ROW | {"tp": [1, 2]},), {"cost_fp": 1, "cost_fn": 1}, "tp"),
    ("murphy_curve", (*PAIR, []), {}, "thetas"),
    ("recalibrate", PAIR, {"functional": "mean"}, "functional"),
    ("score_decomposition", PAIR, {"loss": "brier"}, "loss"),
    ("roc_auc", ([], []), {}, "y_true"),
    ("ndcg", (3, 4), {}, "a query of y_true"),
    ("discounts", ("a",), {}, "n_items"),
    ("interval_score", ([1.0], [0.0], [2.0]), {"alpha": [0.1]}, "alpha"),
    ("interval_score", ([1.0], [0.0], [2.0]), {"alpha": None}, "alpha"),
    (
        "weighted_interval_score",
        ([1.0], [1.0], [[0.0]], [[2.0]]),
        {"alpha": 1.5},
        "alpha",
    ),
    ("crps_gaussian", ([1.0], [1.0], [0.0]), {}, "scale"),
    ("crps_ensemble", ([1.0], [[0.0, 1.0]]), {"fair": "yes"}, "fair"),
    ("check_loss", ("mse",), {"kind": "regression"}, "value"),
    ("curve", (lb.HuberLoss(), "slope", [1.0]), {}, "which"),
    ("curve", (lb.HuberLoss(), "value", "a"), {}, "argument"),
    ("jumps", (lb.HuberLoss(), "slope"), {}, "which"),
    ("trace", (lb.HuberLoss(), "slope"), {}, "which"),
    ("value_range", (lb.HuberLoss(), "slope"), {}, "which"),
    ("loss_curves", ([lb.HuberLoss()], "slope"), {}, "which"),
    ("loss_curves", ([],), {}, "losses"),
    ("loss_curves", (lb.HuberLoss(),), {"span": 3}, "span"),
    ("loss_curves", (lb.HuberLoss(),), {"limits": (1, 0)}, "limits"),
    ("loss_curves", (lb.HuberLoss(),), {"labels": ["a", "b"]}, "labels"),
    ("loss_curves", (lb.HuberLoss(),), {"labels": "a"}, "labels"),
    ("four_panel", (lb.HuberLoss(), [np.nan]), {}, "sample"),
    ("trace", (lb.HuberLoss(), "value", (0, 1, 2)), {}, "span"),
    ("trace", (lb.HuberLoss(), "value", (0, 1), 2.5), {}, "n"),
    ("trace", (lb.HuberLoss(), "value", (0, 1), 1), {}, "n"),
    ("loss_curves", ([lb.HuberLoss(), lb.HingeLoss()],), {}, "losses"),
    ("risk_curves", (lb.HuberLoss(), "a"), {}, "sample"),
    ("reliability", ([1.0],), {}, "table"),
    ("reliability", ({"count": [1]},), {}, "table"),
    ("label_line", (None, "huber", "text", 0.0), {}, "line"),
    ("label_lines", (None, ["huber"]), {}, "lines"),
    ("card", (lb.HuberLoss(), lb.HingeLoss()), {}, "losses"),
]


def about_losses() -> list[Call]:
    """Every function of a loss, given what is none."""
    calls = []
    for name in ABOUT_LOSSES:
        bad: list[Any] = ["huber", None, 3, str, [None]]
        if name not in ("color", "line", "linestyle", "name", "title"):
            bad.append(lb.HingeLoss)
        if name in SHAPES:
            bad.append(lb.DiceLoss())
        calls += [(name, (loss, *BESIDE.get(name, ())), {}, "loss") for loss in bad]
    return calls


def test_every_public_function_is_in_the_table() -> None:
    tried = {name for name, *_ in WRONG_CALLS} | set(ABOUT_LOSSES)
    assert tried == set(PUBLIC) - {"use_style"}
    # A page of the reference is written for functions, not for what wraps them.
    assert all(map(inspect.isfunction, PUBLIC.values()))


@pytest.mark.parametrize("call", WRONG_CALLS + about_losses(), ids=str)
def test_a_bad_call_is_told_who_which_what_and_what_came(call: Call) -> None:
    name, args, options, argument = call
    form = rf"^{name}: {argument} must .*; got "
    with pytest.raises((TypeError, ValueError), match=form):
        PUBLIC[name](*args, **options)
