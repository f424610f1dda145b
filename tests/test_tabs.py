"""The lines in the tabs of the chapters do in each library what the book says of them.

A tab is text for the reader to copy; no notebook runs it. Here each one is executed
where its library is installed, on the sample below, and what comes out is compared with
lossbook. `make peers` has all of the libraries, and lets none be left out.
"""

import ast
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.special import expit, ndtri
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import (
    GammaRegressor,
    LogisticRegression,
    PoissonRegressor,
    TweedieRegressor,
)
from sklearn.metrics import mean_absolute_percentage_error

import lossbook as lb

os.environ.setdefault("KERAS_BACKEND", "torch")

ROOT = Path(__file__).resolve().parents[1]
MODULES = {
    "PyTorch": "torch",
    "Keras": "keras",
    "XGBoost": "xgboost",
    "LightGBM": "lightgbm",
    "scikit-learn": "sklearn",
    "lossbook": "lossbook",
}

# The sample. 0.8 N and 0.9 N are no whole numbers, so that one quantile is the best.
N = 31
rng = np.random.default_rng(2026)
X = rng.normal(size=(N, 2))
RAW = X @ [0.5, -0.3] + rng.normal(scale=0.3, size=N)
Z = np.exp(RAW)
Y = Z * rng.gamma(3.0, 1 / 3, size=N)
COUNTS = rng.poisson(Z).astype(float)
LABELS = (RAW + rng.logistic(size=N) > 0).astype(float)
CLASSES = np.arange(N) % 3


# ---- reading and running


class Tab(NamedTuple):
    chapter: str
    library: str
    code: str

    def __str__(self) -> str:
        return f"{self.chapter} {self.library}"


TAB = re.compile(r"^:::\{tab-item\} (.+)\n```python\n((?s:.*?))^```\n:::$", re.M)


def tabs_of(chapter: str, text: str) -> list[Tab]:
    found = [Tab(chapter, *tab) for tab in TAB.findall(text)]
    assert len(found) == text.count("{tab-item}"), f"{chapter}: a tab is not Python"
    return found


def sources(chapter: str, kind: str) -> Iterator[str]:
    """The text of a chapter's cells of this kind."""
    (path,) = ROOT.glob(f"chapters/[0-9]-*/{chapter}-*.ipynb")
    for cell in json.loads(path.read_text(encoding="utf8"))["cells"]:
        if cell["cell_type"] == kind:
            yield "".join(cell["source"])


CHAPTERS = sorted(path.name[:2] for path in ROOT.glob("chapters/[0-9]-*/*.ipynb"))
TABS = [
    tab
    for chapter in CHAPTERS
    for text in sources(chapter, "markdown")
    for tab in tabs_of(chapter, text)
]


class Run(NamedTuple):
    """What lines leave behind: names, and the values of bare expressions."""

    names: dict[str, Any]
    values: list[Any]


def run(code: str, **names: Any) -> Run:
    values = []
    for node in ast.parse(code).body:
        line = ast.unparse(node)
        if isinstance(node, ast.Expr):
            values.append(eval(line, names))
        else:
            exec(line, names)
    return Run(names, values)


def defined(chapter: str, name: str) -> Callable[..., Any]:
    """A function that the chapter defines above its tab."""
    (function,) = (
        node
        for code in sources(chapter, "code")
        if f"def {name}(" in code
        for node in ast.parse(code).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    )
    return run(ast.unparse(function), np=np, ndtri=ndtri).names[name]


# ---- what each tab must give; the functions get its code and its library

Comparison = Callable[[str, Any], None]
COMPARISONS: dict[str, Comparison] = {}


def compares(*tabs: str) -> Callable[[Comparison], Comparison]:
    def register(compare: Comparison) -> Comparison:
        COMPARISONS.update(dict.fromkeys(tabs, compare))
        return compare

    return register


def same(theirs: Any, ours: Any, rtol: float = 1e-9) -> None:
    theirs = theirs.detach() if hasattr(theirs, "detach") else theirs
    np.testing.assert_allclose(np.asarray(theirs), ours, rtol=rtol, atol=rtol)


KERAS = 1e-5  # it computes in float32


@compares("02 PyTorch")
def _(code: str, torch: Any) -> None:
    mean, total = run(code, torch=torch).values
    z, y = torch.tensor(Z), torch.tensor(Y)
    same(mean(z, y), lb.SquaredError()(Y, Z))
    same(total(z, y), lb.SquaredError()(Y, Z, reduction="sum"))


@compares("02 Keras")
def _(code: str, keras: Any) -> None:
    mean, total = run(code, keras=keras).values
    assert mean.reduction == "sum_over_batch_size"
    # Keras first takes the mean over the last axis: an example is a row.
    same(mean(Y[:, None], Z[:, None]), lb.SquaredError()(Y, Z), KERAS)
    ours = lb.SquaredError()(Y, Z, reduction="sum")
    same(total(Y[:, None], Z[:, None]), ours, KERAS)


@compares("02 lossbook")
def _(code: str, _: Any) -> None:
    same(run(code, lb=lb, y=Y, z=Z).values, [np.mean((Y - Z) ** 2), sum((Y - Z) ** 2)])


@compares("03 PyTorch")
def _(code: str, torch: Any) -> None:
    model = torch.nn.Linear(2, 3, dtype=torch.float64)
    x, y = torch.tensor(X), torch.tensor(CLASSES)
    names = run(code, torch=torch, model=model, X=x, y=y).names
    scores = names["F"].detach().numpy()
    loss = lb.CategoricalCrossEntropy()
    same(names["loss"](names["F"], y), loss.value(CLASSES, scores).mean())
    same(names["F"].grad, loss.gradient(CLASSES, scores) / N)


@compares("03 Keras")
def _(code: str, keras: Any) -> None:
    layer = keras.layers.Dense(3, activation="softmax")
    model = keras.Sequential([keras.Input((2,)), layer])
    weights, bias = model.get_weights()
    *_, fitted = run(code, model=model, X=X, Y=np.eye(3)[CLASSES]).values
    scores, loss = X @ weights + bias, lb.CategoricalCrossEntropy()
    same(fitted.history["loss"], [loss.value(CLASSES, scores).mean()], KERAS)
    step = 0.01 * X.T @ loss.gradient(CLASSES, scores) / N
    same(model.get_weights()[0], weights - step, KERAS)


BOOST = {"n_estimators": 20, "max_depth": 2, "learning_rate": 0.3, "n_jobs": 1}


@compares("03 XGBoost")
def _(code: str, xgboost: Any) -> None:
    objective, loss = defined("03", "newton_objective"), lb.BinaryCrossEntropy()
    names = run(code, xgboost=xgboost, newton_objective=objective, loss=loss).names
    ours = names["model"].set_params(**BOOST, base_score=0).fit(X, LABELS)
    theirs = xgboost.XGBRegressor(**BOOST, objective="binary:logistic", base_score=0.5)
    same(theirs.fit(X, LABELS).predict(X), expit(ours.predict(X)), 1e-4)


@compares("03 LightGBM")
def _(code: str, lightgbm: Any) -> None:
    objective, loss = defined("03", "newton_objective"), lb.BinaryCrossEntropy()
    names = run(code, lightgbm=lightgbm, newton_objective=objective, loss=loss).names
    options = BOOST | {"min_child_samples": 5, "verbosity": -1, "deterministic": True}
    ours = names["model"].set_params(**options).fit(X, LABELS)
    theirs = lightgbm.LGBMRegressor(**options, objective="binary")
    theirs.set_params(boost_from_average=False).fit(X, LABELS)
    same(theirs.predict(X), expit(ours.predict(X)), 1e-4)


@compares("04 scikit-learn")
def _(code: str, _: Any) -> None:
    model = run(code, X=np.zeros((N, 1)), y=Y).names["model"]
    same(model.predict([[0.0]]), [lb.PinballLoss(0.8).best_constant(Y)], 1e-6)


@compares("04 PyTorch")
def _(code: str, torch: Any) -> None:
    pinball = run(code, torch=torch).names["pinball"]
    same(pinball(torch.tensor(Z), torch.tensor(Y)), lb.PinballLoss(0.8)(Y, Z))


@compares("04 Keras")
def _(code: str, keras: Any) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    run(code, keras=keras, model=model)
    ours = lb.PinballLoss(0.8)(Y, model.predict(X).ravel())
    same(model.evaluate(X, Y[:, None], batch_size=N), ours, KERAS)


@compares("05 PyTorch", "05 Keras")
def _(code: str, library: Any) -> None:
    sample = {"mad": defined("05", "mad"), "y": Y, "first_fit": Z}
    names = run(code, **{library.__name__: library}, **sample).names
    ours = lb.HuberLoss(delta=names["d"])(Y, Z)
    assert ours < lb.SquaredError()(Y, Z) / 2  # beyond the bend for some
    if library.__name__ == "torch":
        same(names["loss"](library.tensor(Z), library.tensor(Y)), ours)
    else:
        same(names["loss"](Y, Z), ours, KERAS)


@compares("06 PyTorch")
def _(code: str, torch: Any) -> None:
    poisson, gaussian = run(code, torch=torch).values
    y, f, z = (torch.tensor(values) for values in (COUNTS, RAW, Z))
    saturated = COUNTS - COUNTS * np.log(np.where(COUNTS > 0, COUNTS, 1))
    deviance = lb.PoissonDeviance()(COUNTS, Z)
    same(poisson(f, y), deviance / 2 + saturated.mean())
    nll = lb.GaussianNegativeLogLikelihood()
    ours = nll.value(Y, np.column_stack([Z, RAW])).mean()
    theirs = gaussian(z, torch.tensor(Y), torch.exp(f))
    same(theirs, ours - np.log(2 * np.pi) / 2)


@compares("06 Keras")
def _(code: str, keras: Any) -> None:
    (poisson,) = run(code, keras=keras).values
    saturated = COUNTS - COUNTS * np.log(np.where(COUNTS > 0, COUNTS, 1))
    deviance = lb.PoissonDeviance()(COUNTS, Z)
    same(poisson(COUNTS, Z), deviance / 2 + saturated.mean(), KERAS)


def same_fit(model: Any, loss: lb.PointwiseLoss, y: Any) -> None:
    ours = lb.fit.LossRegressor(loss).fit(X, y).predict(X)
    same(model.set_params(tol=1e-9).fit(X, y).predict(X), ours, 1e-5)


@compares("06 scikit-learn")
def _(code: str, _: Any) -> None:
    classes = PoissonRegressor, TweedieRegressor
    poisson, tweedie = run(code, **{c.__name__: c for c in classes}).values
    same_fit(poisson, lb.PoissonDeviance(), COUNTS)
    same_fit(tweedie, lb.TweedieDeviance(1.5), Y)


@compares("07 scikit-learn")
def _(code: str, _: Any) -> None:
    names = (mean_absolute_percentage_error, TransformedTargetRegressor, GammaRegressor)
    mape, logs, gamma = run(code, np=np, y=Y, z=Z, **{n.__name__: n for n in names})[1]
    same(mape, lb.AbsolutePercentageError()(Y, Z))
    line = lb.fit.LossRegressor(lb.SquaredError()).fit(X, np.log(Y))
    same(logs.fit(X, Y).predict(X), np.exp(line.predict(X)), 1e-6)
    same_fit(gamma, lb.GammaDeviance(), Y)


@compares("07 PyTorch")
def _(code: str, torch: Any) -> None:
    rest = []
    for raw in (RAW, np.zeros(N)):
        f, y = torch.tensor(raw), torch.tensor(Y)
        (loss,) = run(code, torch=torch, f=f, y=y).values
        rest.append(loss.item() - lb.GammaDeviance()(Y, np.exp(raw)) / 2)
    same(rest, np.mean(1 + np.log(Y)))


@compares("07 Keras")
def _(code: str, keras: Any) -> None:
    mape, msle = run(code, keras=keras).values
    same(mape(Y, Z), 100 * lb.AbsolutePercentageError()(Y, Z), KERAS)
    same(msle(Y, Z), np.mean((np.log1p(Y) - np.log1p(Z)) ** 2), KERAS)


@compares("08 scikit-learn")
def _(code: str, _: Any) -> None:
    names = {"HistGradientBoostingRegressor": HistGradientBoostingRegressor}
    (model,) = run(code, X=np.zeros((N, 1)), y=Y, **names).values
    same(model.predict([[0.0]]), [lb.PinballLoss(0.9).best_constant(Y)])


@compares("08 PyTorch")
def _(code: str, torch: Any) -> None:
    pinball = run(code, torch=torch).names["pinball"]
    same(pinball(torch.tensor(Z), torch.tensor(Y), 0.9), lb.PinballLoss(0.9)(Y, Z))


@compares("08 Keras")
def _(code: str, keras: Any) -> None:
    pinball = run(code, keras=keras).names["pinball"]
    same(pinball(Y, Z), lb.PinballLoss(0.9)(Y, Z), KERAS)


def cheaper(names: dict[str, Any]) -> np.ndarray:
    """Probabilities, acted on where a false alarm at 1 costs less than a miss at 20."""
    p = np.asarray(names["p"].detach() if hasattr(names["p"], "detach") else names["p"])
    act = np.asarray(names["act"])
    assert len(set(act.ravel().tolist())) == 2
    np.testing.assert_array_equal(act, 1 - p < 20 * p)
    return p.ravel()


@compares("23 scikit-learn")
def _(code: str, _: Any) -> None:
    ill = np.arange(N) == np.argmax(RAW)
    sample = {
        "X": X,
        "y": ill,
        "X_new": 3 * X,
        "LogisticRegression": LogisticRegression,
    }
    p = cheaper(run(code, **sample).names)
    ours = lb.fit.LossClassifier(lb.BinaryCrossEntropy(), alpha=1 / N)  # C = 1
    same(p, ours.fit(X, ill).predict_proba(3 * X)[:, 1], 0.01)


@compares("23 PyTorch")
def _(code: str, torch: Any) -> None:
    model = torch.nn.Linear(2, 1, dtype=torch.float64)
    torch.nn.init.ones_(model.weight)
    torch.nn.init.constant_(model.bias, -3.0)
    x = torch.tensor(X)
    p = cheaper(run(code, torch=torch, model=model, X_new=x).names)
    loss = torch.nn.BCEWithLogitsLoss()(model(x)[:, 0], torch.tensor(LABELS))
    same(loss, lb.BinaryCrossEntropy()(LABELS, p))


@compares("23 Keras")
def _(code: str, keras: Any) -> None:
    layer = keras.layers.Dense(1, activation="sigmoid")
    model = keras.Sequential([keras.Input((2,)), layer])
    model.set_weights([np.ones((2, 1)), np.array([-3.0])])
    model.compile(loss="binary_crossentropy")
    p = cheaper(run(code, model=model, X_new=X).names)
    theirs = model.evaluate(X, LABELS[:, None], batch_size=N)
    same(theirs, lb.BinaryCrossEntropy()(LABELS, p), KERAS)


# ---- the tests

# Keras 3.15 on PyTorch, with NumPy 2.
NUMPY = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def test_every_tab_is_compared() -> None:
    assert sorted(map(str, TABS)) == sorted(COMPARISONS)


@NUMPY
@pytest.mark.parametrize("tab", TABS, ids=str)
def test_a_tab_does_what_the_book_says(tab: Tab) -> None:
    ast.parse(tab.code)
    library = pytest.importorskip(MODULES[tab.library])
    COMPARISONS[str(tab)](tab.code, library)


# One mistake for each tab, which its comparison has to see.
SECANT = "newton_objective(loss)", "lambda y, f: (f - y, 1 + 0 * f)"
SLOPE = "(tau - 1)", "(tau + 1)"
MEAN = '"sum"', '"mean"'
THRESHOLD = "1 / 21", "1 / 2"
WRONG = {
    "02 PyTorch": MEAN,
    "02 Keras": MEAN,
    "02 lossbook": MEAN,
    "03 PyTorch": ("CrossEntropyLoss()", "CrossEntropyLoss(reduction='sum')"),
    "03 Keras": ("categorical_crossentropy", "mean_squared_error"),
    "03 XGBoost": SECANT,
    "03 LightGBM": SECANT,
    "04 scikit-learn": ("0.8", "0.7"),
    "04 PyTorch": SLOPE,
    "04 Keras": SLOPE,
    "05 PyTorch": ("HuberLoss(delta", "SmoothL1Loss(beta"),
    "05 Keras": ("Huber(delta=d)", "LogCosh()"),
    "06 PyTorch": ("log_input=True", "log_input=False"),
    "06 Keras": ("Poisson", "MeanSquaredError"),
    "06 scikit-learn": ("1.5", "1.1"),
    "07 scikit-learn": (
        "np.log, inverse_func=np.exp",
        "np.log1p, inverse_func=np.expm1",
    ),
    "07 PyTorch": ("torch.exp(-f)", "torch.exp(f)"),
    "07 Keras": ("AbsolutePercentage", "Absolute"),
    "08 scikit-learn": ("0.9", "0.8"),
    "08 PyTorch": SLOPE,
    "08 Keras": SLOPE,
    "23 scikit-learn": THRESHOLD,
    "23 PyTorch": THRESHOLD,
    "23 Keras": THRESHOLD,
}


@NUMPY
@pytest.mark.parametrize("tab", TABS, ids=str)
def test_a_wrong_tab_is_seen(tab: Tab) -> None:
    library = pytest.importorskip(MODULES[tab.library])
    old, new = WRONG[str(tab)]
    assert old in tab.code
    with pytest.raises(AssertionError):
        COMPARISONS[str(tab)](tab.code.replace(old, new), library)


def test_a_tab_that_cannot_be_read_is_seen() -> None:
    text = ":::{tab-item} PyTorch\n```python\nx = 1\n```\n:::\n"
    assert tabs_of("99", text) == [Tab("99", "PyTorch", "x = 1\n")]
    with pytest.raises(AssertionError, match="99: a tab is not Python"):
        tabs_of("99", text.replace("python", "text"))
