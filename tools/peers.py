"""Try lossbook with the libraries that it speaks to: XGBoost, LightGBM, PyTorch, Keras.

    python -m tools.peers                     samples from three new seeds
    python -m tools.peers --seeds 17 4711     samples from these again

`make peers` runs it in an environment of its own, because the book needs none of them.
The parts print what they find; the exit status tells whether anything was found.

- Boosters: every loss of the registry that fits is minimised by both. On held-out data
  the booster has to do much better than the best constant, and as well as with the
  booster's own version of the loss where it has one: for each seed.
- PyTorch: values and autograd's gradients of every loss that `elsewhere` names there.
- check_loss on losses as people write them in PyTorch: it is silent about the right
  ones, and says of each wrong one what is wrong.
- Tabs: the lines that chapters show for each library, executed and compared.
"""

import argparse
import functools
import inspect
import secrets
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, NamedTuple

import lightgbm
import numpy as np
import pytest
import torch
import xgboost
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

import lossbook as lb
from lossbook.judge.checks import Kind

Array = NDArray[Any]

N, N_CLASSES, DRAWS = 3000, 3, 3
# As people do, the number of rounds is chosen: on a sample beside that of training.
STOPS = (25, 50, 100, 200)
BOOST = {"eta": 0.1, "max_depth": 3, "seed": 0, "nthread": 1}
LIGHT = {
    "learning_rate": 0.1,
    "max_depth": 3,
    "num_leaves": 8,
    "seed": 0,
    "num_threads": 1,
    "deterministic": True,
    "verbosity": -1,
}

# What a booster cannot learn, and why.
UNFIT = {
    "ZeroOneLoss": "flat",
    "PerceptronLoss": "its best constant, 0, has no loss at all",
}


# ---- data --------------------------------------------------------------------------


class Sample(NamedTuple):
    """Features, what the targets depend on (mean 0, standard deviation 1), targets."""

    X: Array
    g: Array
    y: Array


def draw(loss: lb.PointwiseLoss, rng: np.random.Generator, unit: float) -> Sample:
    """Targets in the domain of the loss."""
    X = rng.uniform(size=(N, 5))
    g = np.sin(2 * np.pi * X[:, 0]) + 2 * (X[:, 1] > 0.5) + X[:, 2] * X[:, 3] - 1.25
    g /= 1.2
    if isinstance(loss, lb.MulticlassLoss):
        scores = 3 * np.column_stack([g, -g, np.zeros(N)]) + rng.gumbel(size=(N, 3))
        y = scores.argmax(axis=1)
        if isinstance(loss, lb.ForwardCorrection | lb.BackwardCorrection):
            below = loss.noise.matrix(N_CLASSES)[y].cumsum(axis=1)
            y = (rng.random((N, 1)) > below).sum(axis=1)
    elif isinstance(loss, lb.BinaryLoss):
        y = (3 * g + rng.logistic(size=N) > 0).astype(float)
    elif loss.y_domain.low == 0 and loss.y_domain.contains(0.0):
        y = rng.poisson(3 * np.exp(g)).astype(float)
    elif loss.y_domain.low == 0:
        y = np.exp(g) * rng.gamma(4, 0.25, size=N)
    else:
        y = unit * (2 * g + 0.5 * rng.standard_t(3, size=N))
    return Sample(X, g, y)


# ---- boosters ----------------------------------------------------------------------


def columns(loss: lb.PointwiseLoss) -> int:
    """Raw predictions a sample."""
    if isinstance(loss, lb.MulticlassLoss):
        return N_CLASSES
    return 2 if loss.family == "distribution" else 1


class Fit(NamedTuple):
    """Predictions for other features after so many rounds, and where they begin."""

    predict: Callable[[Array, int], Array]
    start: Array | float = 0.0

    def __call__(self, X: Array, rounds: int) -> Array:
        return np.asarray(self.predict(X, rounds), dtype=float) + self.start


def by_xgboost(
    X: Array, y: Array, start: Array | None = None, raw: bool = True, **options: Any
) -> Fit:
    """A fit with a callable ``obj``, from ``start``, or with the booster's own."""
    obj = options.pop("obj", None)
    data = xgboost.DMatrix(X, y, base_margin=start)
    model = xgboost.train(BOOST | options, data, max(STOPS), obj=obj)

    def predict(X: Array, rounds: int) -> Array:
        data, limit = xgboost.DMatrix(X, base_margin=start), (0, rounds)
        return model.predict(data, output_margin=raw, iteration_range=limit)

    return Fit(predict)


def by_lightgbm(
    X: Array, y: Array, start: Array | None = None, raw: bool = True, **options: Any
) -> Fit:
    """The same."""
    data = lightgbm.Dataset(X, y, init_score=start)
    model = lightgbm.train(LIGHT | options, data, max(STOPS))

    def predict(X: Array, rounds: int) -> Array:
        return model.predict(X, num_iteration=rounds, raw_score=raw)

    return Fit(predict, 0.0 if start is None else start)


def by_lossbook(booster: str, loss: lb.PointwiseLoss, X: Array, y: Array) -> Fit:
    """Raw predictions, by our objective."""
    objective, k = lb.booster_objective(loss), columns(loss)
    start = np.full((N, k) if k > 1 else N, objective.start(y))
    options: dict[str, Any] = {"num_class": k} if k > 1 else {}
    if booster == "XGBoost":
        return by_xgboost(X, y, start, obj=objective, **options)
    return by_lightgbm(X, y, start, objective=objective, **options)


# What each booster calls a loss, and the parameters that make it the same.
BUILT_IN: dict[str, dict[str, Callable[[Any], dict[str, Any]]]] = {
    "XGBoost": {
        "SquaredError": lambda loss: {"objective": "reg:squarederror"},
        "AbsoluteError": lambda loss: {"objective": "reg:absoluteerror"},
        "PinballLoss": lambda loss: {
            "objective": "reg:quantileerror",
            "quantile_alpha": loss.quantile,
        },
        "PseudoHuberLoss": lambda loss: {
            "objective": "reg:pseudohubererror",
            "huber_slope": loss.delta,
        },
        "SquaredLogError": lambda loss: {"objective": "reg:squaredlogerror"},
        "PoissonDeviance": lambda loss: {"objective": "count:poisson"},
        "GammaDeviance": lambda loss: {"objective": "reg:gamma"},
        "TweedieDeviance": lambda loss: {
            "objective": "reg:tweedie",
            "tweedie_variance_power": loss.power,
        },
        "BinaryCrossEntropy": lambda loss: {"objective": "binary:logistic"},
        "LogisticLoss": lambda loss: {"objective": "binary:logistic"},
        "HingeLoss": lambda loss: {"objective": "binary:hinge"},
        "CategoricalCrossEntropy": lambda loss: {"objective": "multi:softprob"},
    },
    "LightGBM": {
        "SquaredError": lambda loss: {"objective": "regression"},
        "AbsoluteError": lambda loss: {"objective": "regression_l1"},
        "PinballLoss": lambda loss: {"objective": "quantile", "alpha": loss.quantile},
        "HuberLoss": lambda loss: {"objective": "huber", "alpha": loss.delta},
        "AbsolutePercentageError": lambda loss: {"objective": "mape"},
        "PoissonDeviance": lambda loss: {"objective": "poisson"},
        "GammaDeviance": lambda loss: {"objective": "gamma"},
        "TweedieDeviance": lambda loss: {
            "objective": "tweedie",
            "tweedie_variance_power": loss.power,
        },
        "BinaryCrossEntropy": lambda loss: {"objective": "binary"},
        "LogisticLoss": lambda loss: {"objective": "binary"},
        "CategoricalCrossEntropy": lambda loss: {"objective": "multiclass"},
    },
}


def own_parameters(booster: str, loss: lb.PointwiseLoss) -> dict[str, Any] | None:
    """The booster's own objective for ``loss``, if it has one."""
    make = BUILT_IN[booster].get(type(loss).__name__)
    if make is None or (isinstance(loss, lb.TweedieDeviance) and loss.power != 1.5):
        return None
    k = columns(loss)
    return make(loss) | ({"num_class": k} if k > 1 else {})


def by_itself(booster: str, loss: lb.PointwiseLoss, X: Array, y: Array) -> Fit | None:
    """Predictions of the booster's own version of the loss."""
    options = own_parameters(booster, loss)
    if options is None:
        return None
    raw = loss.response == "decision_function"
    fit = by_xgboost if booster == "XGBoost" else by_lightgbm
    return fit(X, y, raw=raw, **options)


class Held(NamedTuple):
    """Losses of held-out samples."""

    constant: Array
    ours: Array
    theirs: Array | None

    def problems(self) -> Iterator[str]:
        """What is wrong, if anything."""
        if not self.ours.mean() < 0.8 * self.constant.mean():
            yield "learns nothing"
        if self.theirs is not None:
            worse = self.ours - self.theirs
            noise = worse.std() / np.sqrt(len(worse))
            if worse.mean() > 3 * noise + 0.01 * abs(self.theirs.mean()):
                yield "falls short of the built-in"


def held_out(booster: str, loss: lb.PointwiseLoss, seed: int, unit: float) -> Held:
    """Train on one sample, stop by another, judge on a third."""
    rng = np.random.default_rng(seed)
    train, beside, test = (draw(loss, rng, unit) for _ in range(3))

    # Without a lower bound some samples are soon worth any score, here and beside.
    stops = STOPS[:1] if isinstance(loss, lb.BackwardCorrection) else STOPS

    def judged(fit: Fit, cost: Callable[[Array, Array], Array]) -> Array:
        risks = [cost(beside.y, fit(beside.X, stop)).mean() for stop in stops]
        return cost(test.y, fit(test.X, stops[int(np.argmin(risks))]))

    def each(y: Array, prediction: Array) -> Array:
        return np.asarray(loss(y, prediction, reduction="none"))

    ours = judged(by_lossbook(booster, loss, train.X, train.y), loss.value)
    best = np.clip(loss.link(loss.best_constant(train.y)), -50, 50)  # may be infinite
    constant = loss.value(test.y, np.broadcast_to(best, (N, *best.shape)))
    own, theirs = by_itself(booster, loss, train.X, train.y), None
    if own is not None:
        theirs = judged(own, each)
    # A likelihood has no natural zero: its losses are counted from the least one.
    if loss.family == "distribution":
        least = loss(test.y, np.column_stack([2 * test.g, np.full(N, 0.75)]))
        constant, ours = constant - least + 0.1, ours - least + 0.1
    return Held(constant, ours, theirs)


def try_boosters(seeds: list[int]) -> int:
    """Every loss of the registry that fits, by both boosters: means over the seeds."""
    failures = 0
    print("| loss | booster | best constant | lossbook | built-in | |")
    print("| --- | --- | --- | --- | --- | --- |")
    fitting = [
        loss
        for loss in lb.ALL_LOSSES
        if isinstance(loss, lb.PointwiseLoss) and type(loss).__name__ not in UNFIT
    ]
    cases = [(loss, 1.0) for loss in fitting]
    # The unit of y is nobody's business where the loss has no scale of its own.
    cases += [(lb.AbsoluteError(), unit) for unit in (1e-5, 1e5)]
    cases += [(lb.PinballLoss(0.9), unit) for unit in (1e-5, 1e5)]
    for loss, unit in cases:
        for booster in ("XGBoost", "LightGBM"):
            all_held = [held_out(booster, loss, seed, unit) for seed in seeds]
            verdicts = [
                f"{problem} (seed {seed})"
                for seed, held in zip(seeds, all_held, strict=True)
                for problem in held.problems()
            ]
            failures += bool(verdicts)
            means = [
                "" if one[0] is None else f"{np.mean(one):.4g}"
                for one in zip(*all_held, strict=True)
            ]
            shown = f"{loss}" if unit == 1 else f"{loss}, y × {unit:g}"
            verdict = "; ".join(verdicts) or "ok"
            print(
                f"| {shown} | {booster} | {' | '.join(means)} | {verdict} |", flush=True
            )
    for name, reason in UNFIT.items():
        print(f"| {name} | left out: {reason} | | | | |")
    return failures


def try_estimators(seeds: list[int]) -> int:
    """scikit-learn's interface of both: the same trees as the native one."""
    rng = np.random.default_rng(seeds[0])
    loss, weights = lb.PinballLoss(0.9), rng.integers(0, 3, N)
    objective = lb.booster_objective(loss)
    X, _, y = draw(loss, rng, 1.0)
    start = objective.start(y, weights)
    native = xgboost.train(
        BOOST | {"base_score": start},
        xgboost.DMatrix(X, y, weight=weights),
        50,
        obj=objective,
    ).predict(xgboost.DMatrix(X))
    model = xgboost.XGBRegressor(
        objective=objective,
        base_score=start,
        n_estimators=50,
        learning_rate=0.1,
        max_depth=3,
        n_jobs=1,
    )
    pairs = {
        "XGBRegressor": (model.fit(X, y, sample_weight=weights).predict(X), native)
    }
    data = lightgbm.Dataset(X, y, weight=weights, init_score=np.full(N, start))
    native = lightgbm.train(LIGHT | {"objective": objective}, data, 50).predict(X)
    light = lightgbm.LGBMRegressor(
        objective=objective,
        n_estimators=50,
        learning_rate=0.1,
        max_depth=3,
        num_leaves=8,
        n_jobs=1,
        random_state=0,
        deterministic=True,
        verbosity=-1,
    )
    light.fit(X, y, sample_weight=weights, init_score=np.full(N, start))
    pairs["LGBMRegressor"] = (light.predict(X), native)

    several = lb.CategoricalCrossEntropy()
    objective = lb.booster_objective(several)
    X, _, labels = draw(several, rng, 1.0)
    classifier = xgboost.XGBClassifier(
        objective=objective, n_estimators=50, max_depth=3, learning_rate=0.1, n_jobs=1
    )
    raw = classifier.fit(X, labels).predict(X, output_margin=True)
    native = xgboost.train(
        BOOST | {"num_class": N_CLASSES}, xgboost.DMatrix(X, labels), 50, obj=objective
    ).predict(xgboost.DMatrix(X), output_margin=True)
    # Its start, the same for all classes, says nothing.
    pairs["XGBClassifier"] = (objective.inverse(raw), objective.inverse(native))
    failures = 0
    for name, (ours, theirs) in pairs.items():
        same = np.allclose(ours, theirs, rtol=1e-5)
        failures += not same
        print(f"{name}: {'as the native interface' if same else 'DIFFERS'}")
    return failures


# ---- PyTorch -----------------------------------------------------------------------


@dataclass(frozen=True)
class Torch:
    """A loss of PyTorch: ours = factor * theirs + constant(y), sample by sample."""

    of: Callable[[Any, Tensor, Tensor], Tensor]
    factor: Callable[[Any], float] = lambda loss: 1.0
    constant: Callable[[Array], Array | float] = lambda y: 0.0


def _poisson_constant(y: Array) -> Array:
    positive = np.where(y > 0, y, 1)
    return 2 * (y * np.log(positive) - y)


def _gaussian(loss: Any, y: Tensor, f: Tensor) -> Tensor:
    module = nn.GaussianNLLLoss(reduction="none")
    return module(f[:, 0], y, torch.exp(f[:, 1]))


def _pairs(loss: Any, y: Tensor, f: Tensor) -> Tensor:
    module = nn.MarginRankingLoss(margin=loss.margin, reduction="none")
    return module(f[:, 0], f[:, 1], torch.sign(y[:, 0] - y[:, 1]))


def _plain(module: Callable[..., nn.Module], **options: Any) -> Any:
    """A module that takes predictions first, and returns one number a sample."""
    return lambda loss, y, f: module(reduction="none", **options)(f, y)


PYTORCH = {
    ("SquaredError", "MSELoss"): Torch(_plain(nn.MSELoss)),
    ("AbsoluteError", "L1Loss"): Torch(_plain(nn.L1Loss)),
    ("HuberLoss", "HuberLoss"): Torch(
        lambda loss, y, f: nn.HuberLoss(reduction="none", delta=loss.delta)(f, y)
    ),
    ("HuberLoss", "SmoothL1Loss"): Torch(
        lambda loss, y, f: nn.SmoothL1Loss(reduction="none", beta=loss.delta)(f, y),
        factor=lambda loss: loss.delta,
    ),
    ("PoissonDeviance", "PoissonNLLLoss"): Torch(
        _plain(nn.PoissonNLLLoss), lambda loss: 2.0, _poisson_constant
    ),
    ("GaussianNegativeLogLikelihood", "GaussianNLLLoss"): Torch(
        _gaussian, constant=lambda y: np.log(2 * np.pi) / 2
    ),
    ("BinaryCrossEntropy", "BCEWithLogitsLoss"): Torch(_plain(nn.BCEWithLogitsLoss)),
    ("LogisticLoss", "SoftMarginLoss"): Torch(
        lambda loss, y, f: nn.SoftMarginLoss(reduction="none")(f, 2 * y - 1)
    ),
    ("CategoricalCrossEntropy", "CrossEntropyLoss"): Torch(_plain(nn.CrossEntropyLoss)),
    ("SmoothedCrossEntropy", "CrossEntropyLoss(label_smoothing=epsilon)"): Torch(
        lambda loss, y, f: nn.CrossEntropyLoss(
            reduction="none", label_smoothing=loss.epsilon
        )(f, y)
    ),
    ("WestonWatkinsLoss", "MultiMarginLoss"): Torch(
        _plain(nn.MultiMarginLoss), factor=lambda loss: float(N_CLASSES)
    ),
    ("PairwiseHingeLoss", "MarginRankingLoss"): Torch(_pairs),
}


def torch_sample(loss: lb.Loss, seed: int) -> tuple[Array, Array]:
    """Targets and raw predictions, some of them far out."""
    rng = np.random.default_rng(seed)
    n = 400
    size = rng.choice([0.1, 1.0, 10.0, 100.0], size=n)
    if isinstance(loss, lb.ObjectLoss):  # lists of two items, one better
        return rng.permuted(np.tile([0.0, 1.0], (n, 1)), axis=1), rng.normal(
            size=(n, 2)
        ) * size[:, None]
    if isinstance(loss, lb.MulticlassLoss):
        rows = rng.normal(size=(n, N_CLASSES)) * size[:, None]
        return rng.integers(0, N_CLASSES, size=n), rows
    f = rng.normal(size=n) * size
    if isinstance(loss, lb.BinaryLoss):
        return rng.integers(0, 2, size=n).astype(float), f
    if loss.y_domain.low == 0:
        return rng.poisson(2.0, size=n).astype(float), np.clip(f, -30, 30)
    y = rng.normal(scale=3, size=n)
    if loss.family == "distribution":
        return y, np.column_stack([f, rng.normal(size=n)])
    return y, f


def try_pytorch(seeds: list[int]) -> int:
    """Values and gradients of every name in PyTorch that a loss of ours states."""
    failures = 0
    print("| loss | PyTorch | differs | value | gradient | |")
    print("| --- | --- | --- | --- | --- | --- |")
    seen = set()
    for loss in lb.ALL_LOSSES:
        for library, name, differs in loss.elsewhere:
            if library != "PyTorch":
                continue
            key = type(loss).__name__, name
            seen.add(key)
            if key not in PYTORCH:
                failures += 1
                print(f"| {loss} | {name} | {differs} | | | nobody says how |")
                continue
            peer = PYTORCH[key]
            value, slope = np.max([gaps(loss, peer, seed) for seed in seeds], axis=0)
            right = max(value, slope) < 1e-10 and bool(differs) == _differs(loss, peer)
            failures += not right
            print(
                f"| {loss} | {name} | {differs} | {value:.0e} | {slope:.0e} "
                f"| {'ok' if right else 'WRONG'} |"
            )
    for key in PYTORCH.keys() - seen:
        failures += 1
        print(f"| {key[0]} | {key[1]} | | | | no loss says so |")
    return failures


def gaps(loss: Any, peer: Torch, seed: int) -> tuple[float, float]:
    """How far PyTorch's values and autograd's gradients are from ours."""
    y, f = torch_sample(loss, seed)
    raw = torch.tensor(f, requires_grad=True)
    theirs = peer.of(loss, torch.tensor(y), raw)
    theirs.sum().backward()
    factor = peer.factor(loss)
    assert raw.grad is not None
    value = factor * theirs.detach().numpy() + peer.constant(y)
    slope = factor * raw.grad.numpy()
    return _gap(loss.value(y, f), value), _gap(loss.gradient(y, f), slope)


def _gap(ours: Array, theirs: Array) -> float:
    return float(np.max(np.abs(ours - theirs) / (1 + np.abs(theirs))))


def _differs(loss: Any, peer: Torch) -> bool:
    """Whether there is anything that `differs` must tell: a factor, a term, pairs."""
    source = inspect.getsource(peer.of)
    scaled = peer.factor(loss) != 1 or "beta" in source or "2 * y - 1" in source
    constant = np.any(np.asarray(peer.constant(np.array([2.0]))) != 0)
    return bool(scaled or constant or isinstance(loss, lb.ObjectLoss))


# ---- check_loss --------------------------------------------------------------------

Value = Callable[..., Tensor]


def autograd(value: Value) -> Value:
    """The gradient of the value of a batch, or of the sum of its values."""

    @functools.wraps(value)
    def gradient(y: Tensor, f: Tensor, **weights: Tensor) -> Tensor:
        raw = torch.as_tensor(f).detach().clone().requires_grad_()
        tensors = {name: torch.as_tensor(weight) for name, weight in weights.items()}
        value(torch.as_tensor(y), raw, **tensors).sum().backward()
        assert raw.grad is not None
        return raw.grad

    return gradient


def weighted(y: Tensor, f: Tensor, sample_weight: Tensor) -> Tensor:
    """A weighted mean."""
    return (sample_weight * (y - f) ** 2).sum() / sample_weight.sum()


def divided_by_n(y: Tensor, f: Tensor, sample_weight: Tensor) -> Tensor:
    """A mean that divides by the number of samples."""
    return (sample_weight * (y - f) ** 2).mean()


def padded(y: Tensor, f: Tensor) -> Tensor:
    """Padding costs nothing, and is counted."""
    return F.cross_entropy(f, y, reduction="none", ignore_index=-100).mean()


def likelihood(p: Callable[[Tensor], Tensor]) -> Value:
    """Log loss of a probability that is computed first."""
    return lambda y, f: -(y * torch.log(p(f)) + (1 - y) * torch.log(1 - p(f))).mean()


def pair(f: Tensor) -> Tensor:
    """The probabilities of both labels."""
    return torch.stack([torch.sigmoid(-f), torch.sigmoid(f)], dim=1)


def spherical(y: Tensor, f: Tensor, dim: int | None = 1) -> Tensor:
    """1 - p_y / |p|; over everything, not over a row, with ``dim=None``."""
    p = pair(f)
    size = torch.linalg.vector_norm(p, dim=dim)
    return (1 - p[torch.arange(len(y)), y.long()] / size).mean()


def others(y: Tensor, margins: Tensor) -> Tensor:
    """Hinges of all classes but the true one, summed."""
    wrong = 1 - F.one_hot(y, margins.shape[1])
    return (wrong * torch.relu(1 + margins)).sum(dim=1).mean()


def weston_watkins(y: Tensor, f: Tensor) -> Tensor:
    return others(y, f - f.gather(1, y[:, None]))


def lee_lin_wahba(y: Tensor, f: Tensor) -> Tensor:
    return others(y, f - f.mean(dim=1, keepdim=True))


class Written(NamedTuple):
    """A loss as people write it.

    A wrong one is found by all of these checks and no other, and they say so.
    """

    kind: Kind
    value: Value
    gradient: Value | None = None  # autograd's, if it has none of its own
    options: dict[str, Any] = {}  # noqa: RUF012
    checks: tuple[str, ...] = ()
    says: str = ""


IGNORE = {"ignore": -100}
WRITTEN = {
    "mse_loss": Written(
        "regression",
        lambda y, f: F.mse_loss(f, y),
        lambda y, f: 2 * (f - y) / len(y),
    ),
    "huber_loss": Written(
        "regression",
        lambda y, f: F.huber_loss(f, y, reduction="none"),
        options={"reduction": "none"},
    ),
    "gaussian_nll_loss of variance 1": Written(
        "regression", lambda y, f: F.gaussian_nll_loss(f, y, torch.ones_like(f))
    ),
    "a weighted mean": Written("regression", weighted),
    "binary_cross_entropy_with_logits": Written(
        "binary", lambda y, f: F.binary_cross_entropy_with_logits(f, y)
    ),
    "soft_margin_loss": Written(
        "binary", lambda y, f: F.soft_margin_loss(f, 2 * y - 1)
    ),
    "sigmoid loss": Written(
        "binary", lambda y, f: torch.sigmoid((1 - 2 * y) * f).mean()
    ),
    "spherical loss": Written("binary", spherical),
    "cross_entropy": Written(
        "multiclass", lambda y, f: F.cross_entropy(f, y), options=IGNORE
    ),
    "cross_entropy, sum": Written(
        "multiclass",
        lambda y, f: F.cross_entropy(f, y, reduction="sum"),
        options={"reduction": "sum"},
    ),
    "Weston and Watkins": Written("multiclass", weston_watkins),
    "Lee, Lin and Wahba": Written("multiclass", lee_lin_wahba),
    "multi_margin_loss, a mean over classes": Written(
        "multiclass",
        lambda y, f: F.multi_margin_loss(f, y),
        checks=("classes",),
        says="divides the value by 1.333 = 4/3: a mean over classes",
    ),
    "wrong: the logarithm of a sigmoid": Written(
        "binary",
        likelihood(torch.sigmoid),
        checks=("far out",),
        says="the value is nan at predictions between -500 and 500",
    ),
    "wrong: a clipped sigmoid": Written(
        "binary",
        likelihood(lambda f: torch.sigmoid(f).clamp(1e-3, 1 - 1e-3)),
        checks=("stands still",),
        says="stays near 6.908 from -10 on",
    ),
    "wrong: the sigmoid loss of the other label": Written(
        "binary",
        lambda y, f: torch.sigmoid((2 * y - 1) * f).mean(),
        checks=("good and bad",),
        says="a sign is wrong",
    ),
    "wrong: a spherical loss over the batch": Written(
        "binary",
        functools.partial(spherical, dim=None),
        checks=("reduction", "batches"),
        says="neither equal, as a mean, nor double, as a sum",
    ),
    "wrong: a sum with the gradient of a mean": Written(
        "regression",
        lambda y, f: ((y - f) ** 2).sum(),
        lambda y, f: 2 * (f - y) / len(y),
        checks=("gradient",),
        says="the gradient is a mean and the value is not",
    ),
    "wrong: the sign of the gradient": Written(
        "regression",
        lambda y, f: F.mse_loss(f, y),
        lambda y, f: 2 * (y - f) / len(y),
        checks=("gradient",),
        says="-1 times the slope of the value: a sign is wrong",
    ),
    "wrong: a mean over classes too": Written(
        "multiclass",
        lambda y, f: -(F.one_hot(y, f.shape[1]) * torch.log_softmax(f, dim=1)).mean(),
        checks=("classes",),
        says="divides the value by 1.333 = 4/3: a mean over classes",
    ),
    "wrong: the softmax of the other axis": Written(
        "multiclass",
        lambda y, f: F.nll_loss(torch.log_softmax(f, dim=0), y, reduction="none"),
        checks=("batches", "shift"),
        says="depends on what else is in the batch",
    ),
    "wrong: Lee, Lin and Wahba without the sum to zero": Written(
        "multiclass",
        others,
        checks=("shift",),
        says="a constant added to each row of scores changes the value",
    ),
    "wrong: padding counts": Written(
        "multiclass",
        padded,
        options=IGNORE,
        checks=("ignored",),
        says="ignored targets add nothing but are counted in the mean",
    ),
    "wrong: weights divided by n": Written(
        "regression",
        divided_by_n,
        checks=("weights", "zero weight"),
        says="divided by the number of samples, not by the sum of the weights",
    ),
}


def try_check_loss(seeds: list[int]) -> int:
    """check_loss on functions of PyTorch: silent, or the right kind of finding.

    Its inputs are its own, whatever the seeds.
    """
    failures = 0
    for name, (kind, value, slope, options, checks, says) in WRITTEN.items():
        slope = slope or autograd(value)
        found = lb.check_loss(value, slope, kind=kind, **options)
        right = {finding.check for finding in found} == set(checks)
        right &= says in repr(found) or not checks
        failures += not right
        print(f"- {name}: {'' if right else 'WRONG: '}{found!r}")
    return failures


# ---- tabs --------------------------------------------------------------------------


class Outcomes:
    """Counts what pytest did not pass; what it leaves out is a failure here."""

    failures = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failures += report.outcome != "passed"


def try_tabs(seeds: list[int]) -> int:
    """The lines in the tabs of the chapters, on the sample of tests/test_tabs.py."""
    outcomes = Outcomes()
    # pytest alone: the plugins of the other tests are not installed here.
    options = ["-q", "-rs", "--noconftest", "-o", "addopts=", "-p", "no:cacheprovider"]
    status = pytest.main([*options, "tests/test_tabs.py"], plugins=[outcomes])
    return outcomes.failures or int(status)


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.peers", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+")
    seeds = parser.parse_args().seeds or [
        secrets.randbelow(10**6) for _ in range(DRAWS)
    ]
    versions = f"XGBoost {xgboost.__version__}, LightGBM {lightgbm.__version__}"
    versions += f", PyTorch {torch.__version__}, Keras {version('keras')}"
    print(f"lossbook {lb.__version__}, {versions}")
    print(f"seeds {' '.join(map(str, seeds))}")
    torch.set_num_threads(1)
    failures = 0
    for part in (try_pytorch, try_check_loss, try_tabs, try_estimators, try_boosters):
        print(f"\n## {inspect.getdoc(part)}\n")
        failures += part(seeds)
    print(f"\n{failures} failed")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
