"""What the tests of lossbook share: the losses of the registry, and data for each.

Everything here is derived from the facts a loss states about itself, so a new line of
the registry is tested without a word about it in the tests.
"""

from collections.abc import Callable, Iterable, Sequence
from inspect import getattr_static

import numpy as np
import pytest
from numpy.typing import ArrayLike

import lossbook as lb
from lossbook.base import FACTS
from lossbook.numerics import Array
from lossbook.validation import UNIT

N_CLASSES = 3

POINTWISE = [x for x in lb.ALL_LOSSES if isinstance(x, lb.PointwiseLoss)]
OBJECTS = [x for x in lb.ALL_LOSSES if isinstance(x, lb.ObjectLoss)]
MULTICLASS = [x for x in POINTWISE if isinstance(x, lb.MulticlassLoss)]
# One number a sample, raw and predicted.
SCALAR = [x for x in POINTWISE if x not in MULTICLASS and x.family != "distribution"]
BINARY = [x for x in SCALAR if x.y_domain == UNIT]
RESIDUAL = [x for x in SCALAR if isinstance(x, lb.ResidualLoss)]
CLASSIFICATION = [*BINARY, *MULTICLASS]


def each(losses: Sequence[lb.Loss]) -> pytest.MarkDecorator:
    """Run a test once for each of ``losses``, under the name of the loss."""
    return pytest.mark.parametrize("loss", losses, ids=repr)


each_loss = each(lb.ALL_LOSSES)


def targets(loss: lb.Loss) -> np.ndarray:
    """A few targets that reach every branch: ends of the domain, points between."""
    if loss in MULTICLASS:
        return np.arange(N_CLASSES)
    domain = loss.y_domain
    if loss in BINARY:
        return np.array([0.0, 1.0, 0.3])
    points = [domain.low, domain.high, -40.0, -2.0, 0.0, 0.5, 1.7, 40.0]
    return np.unique([y for y in points if domain.contains(y)])


def sample(loss: lb.Loss, n: int, seed: int = 0) -> tuple[Array, Array]:
    """Targets that occur in practice (skewed, ends included), and raw predictions."""
    rng = np.random.default_rng(seed)
    if loss in OBJECTS:
        return objects(loss, n, rng)
    f = rng.normal(scale=2, size=n)
    if loss in MULTICLASS:
        y = rng.permutation(np.arange(n) % N_CLASSES)
        return y, rng.normal(scale=2, size=(n, N_CLASSES))
    if loss in BINARY:
        return rng.permutation((np.arange(n) % 3 == 0).astype(float)), f
    domain = loss.y_domain
    y = rng.gumbel(scale=2, size=n)
    if np.isfinite(domain.low):
        y = domain.low + rng.gamma(1.5, size=n)
    if np.isfinite(domain.high):
        y = np.minimum(y, domain.high)
    if domain.contains(domain.low):
        y[::5] = domain.low
    if loss.family == "distribution":
        f = rng.normal(size=(n, 2))
    return y, f


def objects(
    loss: lb.Loss, n: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Objects of the kind that a loss judges, and raw predictions of them."""
    if loss.family == "box":
        corners = rng.uniform(-1, 1, size=(2, n, 2))
        sides = rng.uniform(0.2, 2, size=(2, n, 2))
        y, f = np.concatenate([corners, corners + sides], axis=2)
        return y, f
    if loss.family == "ensemble":
        return rng.normal(size=(n, 2)), rng.normal(size=(n, 5, 2))
    if loss.family == "mask":
        y = (rng.random((n, 4, 5)) < 0.3).astype(float)
        y[0] = 0  # an empty mask
        y[-1] = 1
        return y, rng.normal(scale=2, size=(n, 4, 5))
    y = rng.integers(0, 4, size=(n, 9)).astype(float)
    y[0] = 1  # nothing to order
    return y, rng.normal(scale=2, size=(n, 9))


def predictions(loss: lb.Loss, n: int, seed: int = 0) -> Array:
    """Predictions on the scale on which the loss is called."""
    return loss.link.inverse(sample(loss, n, seed)[1])


def proportions(loss: lb.Loss, n: int, seed: int = 0) -> Array:
    """Soft labels of a classification loss."""
    rng = np.random.default_rng(seed)
    if loss in MULTICLASS:
        return rng.dirichlet(np.ones(N_CLASSES), size=n)
    return rng.random(n)


def random_weights(n: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).uniform(0.1, 3, size=n)


def at(method: Callable[..., Array], y: float, f: Array) -> Array:
    """A pointwise method along ``f`` for one and the same target."""
    return method(np.full(len(f), y), f)


def kink_positions(loss: lb.Loss, y: float) -> Array:
    """Raw predictions at which the declared kinks lie when the target is ``y``."""
    kinks = np.array(loss.kinks, dtype=float)
    if loss in BINARY:
        signs = [1] * int(y > 0) + [-1] * int(y < 1)
        return np.unique([sign * k for sign in signs for k in kinks])
    return np.unique(y - kinks)


def raw_constant(
    loss: lb.PointwiseLoss, y: Array, weights: Array | None = None
) -> Array:
    """The best constant on the raw scale, infinities cut off."""
    best = np.asarray(loss.best_constant(y, weights))
    return np.clip(loss.link(best), -1000, 1000)


def risks(
    loss: lb.Loss,
    y: Array,
    candidates: Iterable[ArrayLike],
    weights: Array | None = None,
) -> Array:
    """Weighted mean loss of each constant raw prediction in ``candidates``."""
    rows = [np.asarray(c, dtype=float) for c in candidates]
    constant = [np.broadcast_to(c, (len(y), *c.shape)) for c in rows]
    return np.array([loss.from_raw(y, c, sample_weight=weights) for c in constant])


def as_proportions(loss: lb.Loss, y: Array) -> Array:
    """Targets as numbers whose mean is meant by the loss: labels become 0/1 rows."""
    return np.eye(N_CLASSES)[y] if loss in MULTICLASS else y


def restated(kind: type[lb.Loss]) -> dict[str, object]:
    """The facts of a class, for the body of a class that is made from it."""
    return {name: getattr_static(kind, name) for name in FACTS}
