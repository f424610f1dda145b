"""Try lossbook with the libraries that it speaks to: XGBoost, LightGBM, PyTorch.

    make peers

In an environment of its own, because the book needs none of the three. Three parts, a
table each; the exit status tells whether anything was found.

- Boosters: every loss of the registry that fits is minimised by both. On held-out data
  the booster has to do much better than the best constant, and as well as with the
  booster's own version of the loss where it has one.
- PyTorch: values and autograd's gradients of every loss that `elsewhere` names there.
- check_loss on losses as people write them in PyTorch, right ones and wrong ones.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import lightgbm
import numpy as np
import torch
import xgboost
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

import lossbook as lb

Array = NDArray[Any]

N, N_CLASSES, ROUNDS = 3000, 3, 200
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


def features(seed: int) -> tuple[Array, Array]:
    """Features, and what the targets depend on: of mean 0 and standard deviation 1."""
    rng = np.random.default_rng(seed)
    X = rng.uniform(size=(N, 5))
    g = np.sin(2 * np.pi * X[:, 0]) + 2 * (X[:, 1] > 0.5) + X[:, 2] * X[:, 3] - 1.25
    return X, g / 1.2


def targets(loss: lb.PointwiseLoss, g: Array, seed: int) -> Array:
    """Targets in the domain of the loss."""
    rng = np.random.default_rng(seed + 1000)
    if isinstance(loss, lb.MulticlassLoss):
        scores = 3 * np.column_stack([g, -g, np.zeros(N)]) + rng.gumbel(size=(N, 3))
        return scores.argmax(axis=1)
    if isinstance(loss, lb.BinaryLoss):
        return (3 * g + rng.logistic(size=N) > 0).astype(float)
    if loss.y_domain.low == 0:
        if loss.y_domain.contains(0.0):
            return rng.poisson(3 * np.exp(g)).astype(float)
        return np.exp(g) * rng.gamma(4, 0.25, size=N)
    return 2 * g + 0.5 * rng.standard_t(3, size=N)


# ---- boosters ----------------------------------------------------------------------


def columns(loss: lb.PointwiseLoss) -> int:
    """Raw predictions a sample."""
    if isinstance(loss, lb.MulticlassLoss):
        return N_CLASSES
    return 2 if loss.family == "distribution" else 1


def by_xgboost(loss: lb.PointwiseLoss, X: Array, y: Array, X_test: Array) -> Array:
    """Raw predictions for ``X_test``."""
    objective, k = lb.booster_objective(loss), columns(loss)
    start = np.broadcast_to(objective.start(y), (N, k) if k > 1 else (N,))
    data = xgboost.DMatrix(X, y, base_margin=start)
    parameters = BOOST | ({"num_class": k} if k > 1 else {})
    model = xgboost.train(parameters, data, ROUNDS, obj=objective)
    test = xgboost.DMatrix(X_test, base_margin=start)
    return model.predict(test, output_margin=True).astype(float)


def by_lightgbm(loss: lb.PointwiseLoss, X: Array, y: Array, X_test: Array) -> Array:
    """The same."""
    objective, k = lb.booster_objective(loss), columns(loss)
    start = np.broadcast_to(objective.start(y), (N, k) if k > 1 else (N,))
    data = lightgbm.Dataset(X, y, init_score=start)
    parameters = LIGHT | {"objective": objective} | ({"num_class": k} if k > 1 else {})
    model = lightgbm.train(parameters, data, ROUNDS)
    return model.predict(X_test, raw_score=True) + start


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


def built_in(
    booster: str, loss: lb.PointwiseLoss, X: Array, y: Array, X_test: Array
) -> Array | None:
    """Predictions of the booster's own version of the loss."""
    parameters = own_parameters(booster, loss)
    if parameters is None:
        return None
    if booster == "XGBoost":
        model = xgboost.train(BOOST | parameters, xgboost.DMatrix(X, y), ROUNDS)
        margin = loss.response == "decision_function"
        predicted = model.predict(xgboost.DMatrix(X_test), output_margin=margin)
    else:
        model = lightgbm.train(LIGHT | parameters, lightgbm.Dataset(X, y), ROUNDS)
        predicted = model.predict(X_test)
    return np.asarray(predicted, dtype=float)


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
            if worse.mean() > 3 * noise + 0.02 * abs(self.theirs.mean()):
                yield "falls short of the built-in"


def held_out(booster: str, loss: lb.PointwiseLoss, unit: float = 1.0) -> Held:
    """Train on one half, judge on the other."""
    (X, g), (X_test, g_test) = features(0), features(1)
    y, y_test = unit * targets(loss, g, 0), unit * targets(loss, g_test, 1)
    fit = by_xgboost if booster == "XGBoost" else by_lightgbm
    ours = loss.value(y_test, fit(loss, X, y, X_test))
    best = np.clip(loss.link(loss.best_constant(y)), -50, 50)  # it may be infinite
    constant = loss.value(y_test, np.broadcast_to(best, (N, *best.shape)))
    predicted = built_in(booster, loss, X, y, X_test)
    theirs = None
    if predicted is not None:
        theirs = np.asarray(loss(y_test, predicted, reduction="none"))
    # A likelihood has no natural zero: its losses are counted from the least one.
    if loss.family == "distribution":
        least = loss(y_test, np.column_stack([2 * g_test, np.full(N, 0.75)]))
        constant, ours = constant - least + 0.1, ours - least + 0.1
    return Held(constant, ours, theirs)


def try_boosters() -> int:
    """Every loss of the registry that fits, by both boosters."""
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
            held = held_out(booster, loss, unit)
            verdict = "; ".join(held.problems()) or "ok"
            failures += verdict != "ok"
            theirs = "" if held.theirs is None else f"{held.theirs.mean():.4g}"
            shown = f"{loss}" if unit == 1 else f"{loss}, y × {unit:g}"
            print(
                f"| {shown} | {booster} | {held.constant.mean():.4g} "
                f"| {held.ours.mean():.4g} | {theirs} | {verdict} |",
                flush=True,
            )
    for name, reason in UNFIT.items():
        print(f"| {name} | left out: {reason} | | | | |")
    return failures


def try_estimators() -> int:
    """scikit-learn's interface of both: the same trees as the native one."""
    loss, weights = lb.PinballLoss(0.9), np.random.default_rng(2).integers(0, 3, N)
    objective = lb.booster_objective(loss)
    X, g = features(0)
    y = targets(loss, g, 0)
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
    labels = targets(several, g, 0)
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
    ("PairwiseHingeLoss", "MarginRankingLoss"): Torch(_pairs),
}


def torch_sample(loss: lb.Loss) -> tuple[Array, Array]:
    """Targets and raw predictions, some of them far out."""
    rng = np.random.default_rng(5)
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


def try_pytorch() -> int:
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
            y, f = torch_sample(loss)
            raw = torch.tensor(f, requires_grad=True)
            theirs = peer.of(loss, torch.tensor(y), raw)
            theirs.sum().backward()
            factor = peer.factor(loss)
            value = factor * theirs.detach().numpy() + peer.constant(y)
            gaps = []
            assert raw.grad is not None
            for wanted, ours in (
                (value, loss.value(y, f)),
                (factor * raw.grad.numpy(), loss.gradient(y, f)),
            ):
                gaps.append(float(np.max(np.abs(ours - wanted) / (1 + np.abs(wanted)))))
            right = max(gaps) < 1e-10 and bool(differs) == _differs(loss, peer)
            failures += not right
            print(
                f"| {loss} | {name} | {differs} | {gaps[0]:.0e} | {gaps[1]:.0e} "
                f"| {'ok' if right else 'WRONG'} |"
            )
    for key in PYTORCH.keys() - seen:
        failures += 1
        print(f"| {key[0]} | {key[1]} | | | | no loss says so |")
    return failures


def _differs(loss: Any, peer: Torch) -> bool:
    """Whether there is anything that `differs` must tell: a factor, a term, pairs."""
    scaled = peer.factor(loss) != 1 or "beta" in inspect.getsource(peer.of)
    constant = np.any(np.asarray(peer.constant(np.array([2.0]))) != 0)
    return bool(scaled or constant or isinstance(loss, lb.ObjectLoss))


# ---- check_loss --------------------------------------------------------------------


def autograd(value: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """The gradient of the value of a batch, or of the sum of its values."""

    def gradient(y: Tensor, f: Tensor) -> Tensor:
        raw = torch.as_tensor(f).detach().clone().requires_grad_()
        value(torch.as_tensor(y), raw).sum().backward()
        assert raw.grad is not None
        return raw.grad

    return gradient


def weighted(y: Tensor, f: Tensor, sample_weight: Tensor) -> Tensor:
    """A mean that divides by the number of samples."""
    return (sample_weight * (y - f) ** 2).sum() / len(y)


def padded(y: Tensor, f: Tensor) -> Tensor:
    """Padding costs nothing, and is counted."""
    return F.cross_entropy(f, y, reduction="none", ignore_index=-100).mean()


def likelihood(p: Callable[[Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """Log loss of a probability that is computed first."""
    return lambda y, f: -(y * torch.log(p(f)) + (1 - y) * torch.log(1 - p(f))).mean()


# Whether something is wrong, the options of check_loss, the value, the gradient.
WRITTEN: dict[str, tuple[bool, dict[str, Any], Any, Any]] = {
    "mse_loss": (
        False,
        {"kind": "regression"},
        lambda y, f: F.mse_loss(f, y),
        lambda y, f: 2 * (f - y) / len(y),
    ),
    "huber_loss": (
        False,
        {"kind": "regression", "reduction": "none"},
        lambda y, f: F.huber_loss(f, y, reduction="none"),
        None,
    ),
    "binary_cross_entropy_with_logits": (
        False,
        {"kind": "binary"},
        lambda y, f: F.binary_cross_entropy_with_logits(f, y),
        None,
    ),
    "soft_margin_loss": (
        False,
        {"kind": "binary"},
        lambda y, f: F.soft_margin_loss(f, 2 * y - 1),
        None,
    ),
    "cross_entropy": (
        False,
        {"kind": "multiclass", "ignore": -100},
        lambda y, f: F.cross_entropy(f, y),
        None,
    ),
    "cross_entropy, sum": (
        False,
        {"kind": "multiclass", "reduction": "sum"},
        lambda y, f: F.cross_entropy(f, y, reduction="sum"),
        None,
    ),
    "wrong: the logarithm of a sigmoid": (
        True,
        {"kind": "binary"},
        likelihood(torch.sigmoid),
        None,
    ),
    "wrong: a clipped sigmoid": (
        True,
        {"kind": "binary"},
        likelihood(lambda f: torch.sigmoid(f).clamp(1e-3, 1 - 1e-3)),
        None,
    ),
    "wrong: a sum with the gradient of a mean": (
        True,
        {"kind": "regression"},
        lambda y, f: ((y - f) ** 2).sum(),
        lambda y, f: 2 * (f - y) / len(y),
    ),
    "wrong: the sign of the gradient": (
        True,
        {"kind": "regression"},
        lambda y, f: F.mse_loss(f, y),
        lambda y, f: 2 * (y - f) / len(y),
    ),
    "wrong: a mean over classes too": (
        True,
        {"kind": "multiclass"},
        lambda y, f: -(F.one_hot(y, f.shape[1]) * torch.log_softmax(f, dim=1)).mean(),
        None,
    ),
    "wrong: padding counts": (
        True,
        {"kind": "multiclass", "ignore": -100},
        padded,
        None,
    ),
    "wrong: weights divided by n": (True, {"kind": "regression"}, weighted, None),
}


def try_check_loss() -> int:
    """check_loss on functions of PyTorch: a finding where, and only where, one is."""
    failures = 0
    for name, (wrong, options, value, gradient) in WRITTEN.items():
        # Without a gradient of its own, autograd's.
        slope = gradient
        if slope is None and value is not weighted:
            slope = autograd(value)
        found = lb.check_loss(value, slope, **options)
        failures += bool(found) != wrong
        print(f"- {name}: {found!r}")
    return failures


def main() -> None:
    versions = f"XGBoost {xgboost.__version__}, LightGBM {lightgbm.__version__}"
    print(f"lossbook {lb.__version__}, {versions}, PyTorch {torch.__version__}\n")
    torch.set_num_threads(1)
    failures = 0
    for part in (try_pytorch, try_check_loss, try_estimators, try_boosters):
        print(f"\n## {part.__doc__}\n")
        failures += part()
    print(f"\n{failures} failed")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
