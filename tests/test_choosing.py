"""The guide: it is complete, its calls run, its formulas are those of the losses."""

import ast
import inspect
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sklearn.metrics
from sklearn.utils.discovery import all_estimators, all_functions

import lossbook as lb
from lossbook.show import advice as data
from lossbook.show.guide import (
    LIBRARIES,
    PARTS,
    Guide,
    GuideMap,
    GuideSymptoms,
    answers,
    names,
    paths,
)
from tools.book import CHAPTERS, Book

WAYS = {way[-1].key: way for way in answers()}
ADVICE: dict[str, Any] = {
    key: way[-1].then
    for key, way in WAYS.items()
    if isinstance(way[-1].then, data.Advice)
}


def questions(question: data.Question = data.TREE) -> Iterator[data.Question]:
    yield question
    for answer in question.answers:
        if isinstance(answer.then, data.Question):
            yield from questions(answer.then)


# ---- the data of the guide


def test_every_question_offers_a_choice() -> None:
    assert len(WAYS) == len(list(answers())), "two answers have one key"
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in WAYS)
    for question in questions():
        texts = [answer.text for answer in question.answers]
        assert len(set(texts)) == len(texts) >= 2
        assert "?" in question.text


@pytest.mark.parametrize("key", ADVICE)
def test_advice_is_complete(key: str) -> None:
    advice = ADVICE[key]
    assert {type(x) for x in advice.losses} <= {type(x) for x in lb.ALL_LOSSES}
    for part in PARTS:
        assert getattr(advice, part).endswith(".")
    assert re.match(r"do not ", advice.avoid)
    assert advice.lossbook
    assert advice.torch
    assert any(name in advice.lossbook for name in names(advice)) or key in (
        *("act-noisy", "numbers"),
    ), "the call uses another loss"
    assert advice.chapters


def test_advice_names_chapters_of_the_book() -> None:
    labels = {page.label for page in Book(CHAPTERS).notebooks}
    for advice in ADVICE.values():
        assert {*advice.chapters} <= labels


def test_every_symptom_leads_to_an_answer() -> None:
    assert {symptom.key for symptom in data.SYMPTOMS} <= {*WAYS}
    assert len({symptom.text for symptom in data.SYMPTOMS}) == len(data.SYMPTOMS)


@pytest.mark.parametrize("key", ADVICE)
def test_what_stands_in_backticks_exists(key: str) -> None:
    """Metrics are scikit-learn's or ours, and objects are what the calls made."""
    objective = lb.fit.booster_objective(lb.GammaDeviance())
    known = {"lb": lb, "objective": objective, **vars(sklearn.metrics)}
    for part in PARTS:
        for name in re.findall(r"`([^`]+)`", getattr(ADVICE[key], part)):
            assert eval(name, known) is not None, name


# ---- the calls


def sample(kind: str) -> dict[str, Any]:
    """Data of a kind, by the names that the calls use."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(200, 3))
    z = 0.5 * X[:, 0]
    share = lb.numerics.expit(2 * z)
    found: dict[str, Any] = {"X": X, "f": z, "scale": 1.0, "z": z}
    one = (rng.random(200) < share) * 1
    if kind == "numbers":
        found |= {"y": z + rng.normal(size=200)}
        found |= {"mean": z, "variance": np.ones(200)}
    elif kind == "counts":
        found |= {"y": rng.poisson(np.exp(z)) * 1.0}
    elif kind == "amounts":
        found |= {"y": np.exp(z) * rng.gamma(2.0, size=200)}
    elif kind == "zeros":
        found |= {"y": rng.gamma(2.0, size=200) * (rng.random(200) < 0.4)}
    elif kind == "times":
        time = rng.exponential(np.exp(-z)) + 1e-3
        end = rng.exponential(2.0, size=200)
        found |= {"time": np.minimum(time, end), "event": (time < end) * 1.0}
    elif kind == "order of times":
        found |= {"time": rng.permutation(6)[None] + 1.0, "f": rng.normal(size=(1, 6))}
    elif kind == "labels":
        found |= {"y": one, "cost_fp": 1.0, "cost_fn": 9.0, "a": 0.1, "b": 0.2}
        found |= {"t": 0.1, "p": share}
    elif kind == "shares":
        found |= {"y": rng.beta(4 * share, 4 - 4 * share)}
    elif kind == "votes":
        found |= {"y": one, "share": rng.binomial(5, share) / 5}
    elif kind == "classes":
        y = rng.integers(0, 3, size=200)
        found |= {"y": y, "costs": 1 - np.eye(3), "f": rng.normal(size=(200, 3))}
    elif kind == "tags":
        found |= {"Y": np.column_stack([one, rng.integers(0, 2, size=(200, 2))])}
    elif kind == "lists":
        found |= {"relevance": rng.permuted(np.tile([0.0, 1, 2, 3], (50, 1)), axis=1)}
        found |= {"scores": rng.normal(size=(50, 4)), "share": share, "gain": share}
        found |= {"clicked": np.tile([1.0, 0, 0, 0], (50, 1)), "y": one}
    elif kind == "masks":
        mask = rng.integers(0, 2, size=(4, 8, 8)) * 1.0
        found |= {"mask": mask, "f": rng.normal(size=(4, 8, 8)), "y": one}
    else:
        assert kind == "boxes"
        found |= {"boxes": [[0.0, 0, 2, 2]], "predicted": [[1.0, 1, 4, 3]]}
    return found


KINDS = {
    "numbers": "mean cost-known cost-rough cost-unknown median outliers bad-records "
    "interval distribution r2 start numbers",
    "counts": "counts",
    "amounts": "amounts percent rmsle booster",
    "zeros": "zeros",
    "times": "waiting",
    "order of times": "first",
    "shares": "shares",
    "labels": "act-known act-noisy act-rough act-unknown tell few labels-right "
    "labels-known-noise accuracy balanced f1 auc average-precision flat nan",
    "votes": "votes",
    "classes": "pick labels-unknown-noise",
    "tags": "tags-each tags-set",
    "lists": "relevance top races clicks",
    "masks": "mask mask-empty mask-rigid",
    "boxes": "box",
}
KIND_OF = {key: kind for kind, keys in KINDS.items() for key in keys.split()}


def run(code: str, known: dict[str, Any]) -> Any:
    """The value of the last line of some code, which runs with the known names."""
    *before, last = ast.parse(code).body
    names = {**known}
    exec(compile(ast.Module(before, []), "call", "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "call", "eval"), names)
    exec(compile(ast.Module([last], []), "call", "exec"), names)
    return {name: value for name, value in names.items() if name not in known}


SKLEARN = dict([*all_estimators(), *all_functions()])


def test_every_call_has_data() -> None:
    assert {*KIND_OF} == {*ADVICE}


@pytest.mark.parametrize("key", ADVICE)
def test_the_call_in_lossbook_runs(key: str) -> None:
    found = run(ADVICE[key].lossbook, {"lb": lb, "np": np, **sample(KIND_OF[key])})
    for value in found.values() if isinstance(found, dict) else [found]:
        if isinstance(value, (int, float, np.ndarray)):
            assert np.isfinite(value).all()


@pytest.mark.parametrize("key", [key for key in ADVICE if ADVICE[key].sklearn])
def test_the_call_in_scikit_learn_runs(key: str) -> None:
    run(ADVICE[key].sklearn, {"np": np, **SKLEARN, **sample(KIND_OF[key])})


# Looked up in the documentation of PyTorch and torchvision.
TORCH = {
    "nn": "BCELoss BCEWithLogitsLoss CrossEntropyLoss GaussianNLLLoss HuberLoss L1Loss "
    "MSELoss NLLLoss PoissonNLLLoss functional",
    "nn.functional": "softplus",
    "torch": "abs clamp exp log log1p logcumsumexp maximum sigmoid softmax",
    "torchvision": "ops",
    "torchvision.ops": "distance_box_iou_loss",
}
TENSOR = {"mean", "sum", "gather"}


@pytest.mark.parametrize("key", ADVICE)
def test_the_call_in_pytorch_uses_names_that_were_looked_up(key: str) -> None:
    for node in ast.walk(ast.parse(ADVICE[key].torch)):
        if isinstance(node, ast.Attribute):
            home = ast.unparse(node.value)
            known = TORCH[home].split() if home in TORCH else TENSOR
            assert node.attr in known, ast.unparse(node)


ARRAYS = SimpleNamespace(
    **{
        name: getattr(np, name)
        for name in ["abs", "exp", "log", "log1p", "maximum", "clip"]
    },
    clamp=np.clip,
    sigmoid=lb.numerics.expit,
    logcumsumexp=lambda f, axis: np.logaddexp.accumulate(f, axis),
)


@pytest.mark.parametrize(
    ("key", "loss"),
    [
        ("amounts", lb.GammaDeviance()),
        ("zeros", lb.TweedieDeviance(power=1.5)),
        ("cost-known", lb.PinballLoss(quantile=0.8)),
        ("bad-records", lb.TukeyLoss(c=4.685)),
        ("percent", None),
        ("booster", lb.GammaDeviance()),
    ],
)
def test_a_formula_for_pytorch_is_the_loss_but_for_a_factor(
    key: str, loss: lb.losses.ResidualLoss | None
) -> None:
    known = {"torch": ARRAYS, **sample(KIND_OF[key])}
    y, rng = known["y"], np.random.default_rng(3)
    tried = [rng.normal(size=len(y)) for _ in range(4)]
    said = np.array([run(ADVICE[key].torch, known | {"f": f}) for f in tried])
    if loss is None:
        ours = [lb.AbsolutePercentageError()(y, f) for f in tried]
    else:
        ours = [loss.from_raw(y, f) for f in tried]
    ratio = np.diff(said) / np.diff(ours)
    np.testing.assert_allclose(ratio, ratio[0])
    assert ratio[0] > 0


# ---- what the guide says of jobs that the chapters do not prove


def test_the_censored_likelihood_of_a_constant_rate_is_a_poisson_deviance() -> None:
    known = sample("times")
    time, event, f = known["time"], known["event"], known["f"]
    rate = np.exp(f)
    slope = rate * time - event  # of -log(rate^event exp(-rate time))
    ours = lb.PoissonDeviance().gradient(event / time, f)
    np.testing.assert_allclose(slope, time * ours / 2)


def test_two_thresholds_for_wrong_labels_choose_the_same() -> None:
    p, t = np.linspace(0, 1, 1001), 0.2502
    for a, b in ((0.1, 0.2), (0.0, 0.4), (0.3, 0.0)):
        noisy = a + (1 - a - b) * p
        np.testing.assert_array_equal(p > t, noisy > (1 - a - b) * t + a)
        noise = lb.NoiseMatrix(((1 - a, a), (b, 1 - b)))
        np.testing.assert_allclose(
            np.c_[1 - p, p] @ noise.rows, np.c_[1 - noisy, noisy]
        )


def test_coxs_partial_likelihood_is_that_of_plackett_and_luce_if_all_ended() -> None:
    known = sample("order of times")
    time, f = known["time"][0], known["f"][0]
    told = {"torch": ARRAYS, "f": f, "event": np.ones(6), "order": np.argsort(-time)}
    cox = run(ADVICE["first"].torch, told)
    assert cox * 6 == pytest.approx(lb.PlackettLuceLoss().from_raw([10 - time], [f]))
    races = run(ADVICE["races"].torch, told | {"f": f[np.argsort(-time)]})
    assert races == pytest.approx(cox)


def test_dice_for_pytorch_is_ours() -> None:
    known = sample("masks")
    none = SimpleNamespace(BCEWithLogitsLoss=lambda: lambda *_: 0.0)
    for key, count in (("mask-empty", 1.0), ("mask-rigid", 0.0)):
        said = run(ADVICE[key].torch, {"torch": ARRAYS, "nn": none, **known})
        loss = lb.DiceLoss(pseudo_count=count)
        assert said == pytest.approx(loss.from_raw(known["mask"], known["f"]))


def test_each_row_twice_in_scikit_learn_is_cross_entropy_on_shares() -> None:
    known = {"np": np, "lb": lb, **sample("shares")}
    code = f"{ADVICE['shares'].sklearn}\nmodel"
    theirs = run(code, {**SKLEARN, **known})
    ours = run(ADVICE["shares"].lossbook, known)
    np.testing.assert_allclose(theirs.coef_[0], ours.coef_, atol=1e-3)
    # An intercept makes the mean right, though the shares are no labels.
    X, y = known["X"], known["y"]
    assert ours.predict(X).mean() == pytest.approx(y.mean(), rel=1e-6)


def test_shares_weighted_by_n_are_the_labels_one_by_one() -> None:
    rng = np.random.default_rng(11)
    X, n = rng.normal(size=(60, 2)), rng.integers(1, 9, size=60)
    k = rng.binomial(n, lb.numerics.expit(X[:, 0]))
    loss = lb.BinaryCrossEntropy()
    shares = lb.fit.LossRegressor(loss).fit(X, k / n, sample_weight=n)
    one = np.concatenate([np.arange(m) < hits for m, hits in zip(n, k, strict=True)])
    labels = lb.fit.LossClassifier(loss).fit(np.repeat(X, n, axis=0), one * 1)
    np.testing.assert_allclose(shares.coef_, np.ravel(labels.coef_), rtol=1e-4)


def test_balanced_accuracy_is_best_where_the_guide_cuts() -> None:
    """In a population: p over its share, which for two classes is p above the share."""
    rng = np.random.default_rng(5)
    p = rng.dirichlet([4.0, 1.0, 0.3], size=400)
    share = p.mean(axis=0)

    def expected(choice: np.ndarray) -> float:
        right = np.where(choice[:, None] == np.arange(3), p, 0).mean(axis=0)
        return float((right / share).mean())

    best = (p / share).argmax(axis=1)
    assert expected(best) > expected(p.argmax(axis=1)) + 0.05
    for case in range(0, 400, 9):
        for other in range(3):
            changed = np.where(np.arange(400) == case, other, best)
            assert expected(changed) <= expected(best) + 1e-12
    two = np.c_[1 - p[:, 1], p[:, 1]]
    cut = (two / two.mean(axis=0)).argmax(axis=1)
    np.testing.assert_array_equal(cut, p[:, 1] > p[:, 1].mean())


# ---- real tasks that are none of its examples: what to answer, what it should say

TASKS = {
    "bags of blood for a day; one too few costs thirty times one too many": (
        *("number cost cost-known", "PinballLoss", "mean_pinball_loss", ""),
    ),
    "cost of claims of a car policy in a year, mostly zero; premiums must cover all": (
        *("number total zeros", "TweedieDeviance", "mean_tweedie_deviance", "add"),
    ),
    "bicycles hired in an hour, for the report of the year": (
        *("number total counts", "PoissonDeviance", "mean_poisson_deviance", "add"),
    ),
    "days until a pump fails; three in five still run; how many spare ones to hold": (
        *("number time waiting", "PoissonDeviance", "expected", "exp(-r t)"),
    ),
    "a price for a flat, shown as from and to": (
        *("number spread interval", "PinballLoss", "interval_score", "coverage"),
    ),
    "temperature, from sensors of which some report -999 for days": (
        *("number typical bad-records", "TukeyLoss", "checked", "no weight"),
    ),
    "which 200 customers to call this month before they leave": (
        *("class one-label few", "BinaryCrossEntropy", "precision", "first n"),
    ),
    "stop a payment: a check costs 5, a fraud 400; one in five is never reported": (
        *("class one-label act act-noisy", "ForwardCorrection", "mean_cost", "(1 - a"),
    ),
    "refer a patient; doctors and insurer do not agree what a miss is worth": (
        *("class one-label act act-unknown", "BinaryCrossEntropy", "log_loss", "n"),
    ),
    "the chance of rain in an app": (
        *("class one-label tell", "BinaryCrossEntropy", "brier_score_loss", "as it is"),
    ),
    "topics of a newspaper article, out of forty": (
        *("class tags tags-each", "BinaryCrossEntropy", "hamming_loss", "each label"),
    ),
    "nodules in slices of a lung scan, most of them without one": (
        *("region outline mask-empty", "DiceLoss", "empty images", "first whether"),
    ),
    "an order of flats on a portal, from clicks": (
        *("order clicks", "PairwiseLogisticLoss", "experiment", "sampled"),
    ),
    "a contest about house prices that is scored by RMSLE": (
        *("metric rmsle", "SquaredError", "root_mean_squared_log_error", "median"),
    ),
    "an offer to customers who may cancel: needless 100, a customer lost 1320": (
        *("class one-label act act-known", "BinaryCrossEntropy", "mean_cost", "cost_"),
    ),
    "what a car claim will cost once it is made; reserves must cover all": (
        *("number total amounts", "GammaDeviance", "mean_gamma_deviance", "add"),
    ),
    "bicycles hired in an hour, for a contest scored by RMSLE": (
        *("metric rmsle", "SquaredError", "log_error", "exponential less 1"),
    ),
    "tags of a question on a forum; the report wants micro F1": (
        *("metric f1", "BinaryCrossEntropy", "micro", "half of the best F1"),
    ),
    "which subscribers leave first; most are still there": (
        *("number time first", "PlackettLuceLoss", "concordance", "highest first"),
    ),
    "collapsed lungs in X-rays, four in five without one": (
        *("region outline mask-empty", "DiceLoss", "empty images", "first whether"),
    ),
    "products for a search, graded exact, substitute, complement, irrelevant": (
        *("order relevance", "PairwiseLogisticLoss", "ndcg_score", "sort"),
    ),
    "rude comments, ten raters each; a needless removal costs 3, a miss 1": (
        *("class votes", "BinaryCrossEntropy", "mean_cost", "cost_fp"),
    ),
    "loaves to bake: a loaf sold brings 2, one left over costs 1": (
        *("number cost cost-known", "PinballLoss", "mean_pinball_loss", "as it is"),
    ),
    "chances of home win, draw and away win for a newspaper": (
        *("class one-label tell", "CategoricalCrossEntropy", "log_loss", "as it is"),
    ),
    "frauds among card payments, 17 in 10,000; the site wants AUPRC": (
        *(
            "metric average-precision",
            "BinaryCrossEntropy",
            "average_precision",
            "costs",
        ),
    ),
    "moles in eight classes; the contest takes balanced accuracy": (
        *("metric balanced", "CategoricalCrossEntropy", "balanced_accuracy", "share"),
    ),
    "the share of a field that is covered by weeds": (
        *("number total shares", "BinaryCrossEntropy", "mean_squared_error", "mean"),
    ),
    "value of a flat, judged by the median error in per cent": (
        *("number percent", "AbsoluteError", "percentage_error", "low"),
    ),
}


@pytest.mark.parametrize("task", TASKS)
def test_a_real_task_finds_its_loss_its_measure_and_its_decision(task: str) -> None:
    given, loss, judge, decide = TASKS[task]
    question: Any = data.TREE
    for key in given.split():
        (question,) = [a.then for a in question.answers if a.key == key]
    assert loss in names(question)
    assert judge in question.judge
    assert decide in question.decide


# ---- the guide as text


def test_guide_and_map_hold_every_answer_once() -> None:
    guide, chart = Guide()._repr_markdown_(), GuideMap()._repr_markdown_()
    lines = [line for line in chart.splitlines() if line.lstrip().startswith("- ")]
    assert len(lines) == guide.count("{admonition}") == len(WAYS)
    for line, (key, way) in zip(lines, WAYS.items(), strict=True):
        title = way[-1].text[:1].upper() + way[-1].text[1:]
        assert f"{{admonition}} {title}\n" in guide
        assert guide.count(f":name: guide-{key}\n") == 1
        assert line.startswith("  " * (len(way) - 1) + f"- {{ref}}`{way[-1].text} <")
        assert f"<guide-{key}>" in line
    for key, advice in ADVICE.items():
        for part, words in PARTS.items():
            said = getattr(advice, part).removeprefix("do not ")
            assert f"- **{words}** {said}" in guide
        for field, library in LIBRARIES.items():
            if call := getattr(advice, field):
                assert f"# {library}\n{call}\n" in guide
        assert f"{{ref}}`Link to this answer <guide-{key}>`" in guide
    assert {q.text for q in questions()} == set(re.findall(r"\*\*(.*\?.*)\*\*", guide))
    said = GuideSymptoms()._repr_markdown_()
    assert said.count("<guide-") == len(data.SYMPTOMS)


def test_boxes_of_the_guide_stand_in_each_other() -> None:
    """A fence is closed by one of its length, and every fence inside is shorter."""
    open_fences: list[int] = []
    for line in Guide()._repr_markdown_().splitlines():
        if not (found := re.match(r"(:{3,})(\{admonition\})?", line)):
            continue
        length = len(found[1])
        if found[2]:
            assert all(length < outer for outer in open_fences)
            open_fences.append(length)
        else:
            assert open_fences.pop() == length
    assert not open_fences


def test_calls_are_short_enough_for_a_page() -> None:
    for advice in ADVICE.values():
        for field in LIBRARIES:
            assert all(len(line) < 80 for line in getattr(advice, field).splitlines())


def test_the_tree_as_a_default_does_not_fill_the_reference() -> None:
    assert len(str(inspect.signature(paths))) < 200
    assert len(list(paths())) == len(ADVICE)
