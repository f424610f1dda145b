"""Every function that takes arrays: legal ones work, others are explained."""

import inspect
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import OBJECTS, each, sample

import lossbook as lb
from lossbook import fit, judge, show

LABELS = np.array([0, 1, 1, 0, 1, 0])
P = np.array([0.12, 0.83, 0.44, 0.0, 1.0, 0.67])
ETA = np.array([0.0, 0.2, 0.5, 1.0])
SAMPLE = np.array([2.5, -0.5, 4.0, 2.5, 0.0, 1.0])
WEIGHTS = np.array([1.0, 0.25, 0.0, 2.0, 0.5, 1.0])
AMOUNTS = np.array([2.5, 0.5, 4.0, 2.5, 3.0, 1.0])
MODEST = np.array([2.5, -0.5, 4.0, 2.5, 1.0, 1.5])
RAW = np.array([0.5, -2.0, 0.0, 7.5])
LOSS = lb.LogisticLoss()

# What hypothesis draws in the place of an array, each number or all of them.
LEGAL = {
    id(LABELS): st.integers(0, 1),
    id(P): st.floats(0, 1),
    id(ETA): st.floats(0, 1),
    id(SAMPLE): st.floats(-1e300, 1e300),
    id(AMOUNTS): st.floats(1e-300, 1e300),
    id(MODEST): st.floats(-1e100, 1e100),
    id(WEIGHTS): st.floats(1e-100, 1e100) | st.just(0.0),
    id(RAW): st.floats(allow_nan=False, allow_infinity=False),
}

Call = Callable[..., Any]
# How a function is called, and the arrays it takes.
FUNCTIONS: dict[str, tuple[Call, list[np.ndarray]]] = {
    "reliability_table": (judge.reliability_table, [LABELS, P]),
    "calibration_error": (judge.calibration_error, [LABELS, P]),
    "recalibrate": (judge.recalibrate, [LABELS, P]),
    "score_decomposition": (judge.score_decomposition, [LABELS, P]),
    "roc_auc": (judge.roc_auc, [LABELS, P]),
    "threshold_table": (judge.threshold_table, [LABELS, P, ETA]),
    "crps_gaussian": (judge.crps_gaussian, [MODEST, MODEST, AMOUNTS]),
    "murphy_curve": (judge.murphy_curve, [LABELS, P, ETA]),
    "best_raw": (lambda e: judge.best_raw(LOSS, e), [ETA]),
    "bayes_risk": (lambda e: judge.bayes_risk(LOSS, e), [ETA]),
    "wrong_side_risk": (lambda e: judge.wrong_side_risk(LOSS, e), [ETA]),
    "calibration_gap": (lambda t: judge.calibration_gap(LOSS, t), [ETA]),
    "psi_transform": (lambda t: judge.psi_transform(LOSS, t), [ETA]),
    "conditional_risk": (
        lambda e, f: judge.conditional_risk(LOSS, e, f),
        [ETA, ETA],
    ),
}
# A loss that stays in range; the gradient of half the square is the residual itself.
ABSOLUTE = lb.AbsoluteError()
FUNCTIONS |= {
    "curve": (lambda r: show.curve(ABSOLUTE, "value", r), [SAMPLE]),
    "best_constant": (ABSOLUTE.best_constant, [SAMPLE, WEIGHTS]),
    "scaled_risk": (lambda y, f: show.scaled_risk(ABSOLUTE, y, f), [SAMPLE, SAMPLE]),
    "best_raws": (lambda e: show.best_raws(LOSS, e), [ETA]),
    "elicited": (lambda e: show.elicited(LOSS, e), [ETA]),
    "gradient_descent": (
        lambda w: fit.gradient_descent(lambda w: w, w, learning_rate=0.5, n_steps=3),
        [SAMPLE],
    ),
    "subgradient_descent": (
        lambda w: fit.subgradient_descent(np.sign, w, learning_rate=0.5, n_steps=3),
        [SAMPLE],
    ),
    "newton": (
        lambda w: fit.newton(lambda w: w, lambda w: np.eye(len(w)), w, n_steps=2),
        [SAMPLE],
    ),
}
# What these ask of a sample, and what of rows of proportions is tried elsewhere.
OF_ROWS = lb.BeforeNoise | lb.functionals.Rebalanced | None
SAMPLES: dict[type, np.ndarray] = {
    lb.functionals.BetaMedian: AMOUNTS,
    lb.functionals.LogMean: AMOUNTS,
    lb.functionals.MeanVariance: MODEST,
}
FUNCTIONS |= {
    repr(functional): (functional, [SAMPLES.get(type(functional), SAMPLE), WEIGHTS])
    for functional in sorted({loss.functional for loss in lb.ALL_LOSSES}, key=repr)
    if not isinstance(functional, OF_ROWS)
}
LINKS = {loss.link for loss in lb.ALL_LOSSES} - {lb.links.LogVarianceLink()}
for link in sorted(LINKS, key=repr):
    FUNCTIONS |= {
        repr(link): (link, [P]),
        f"{link}.inverse": (link.inverse, [RAW]),
        f"{link}.inverse_derivative": (link.inverse_derivative, [RAW]),
    }
# They take a table, a loss, rows or a level; they have tests of their own.
OTHERS = {"mean_cost", "net_benefit", "calibration", "properness", "check_loss"}
OTHERS |= {"scorer", "discounts", "interval_score", "weighted_interval_score", "ndcg"}
OTHERS |= {"crps_ensemble"}
each_function = pytest.mark.parametrize("function", FUNCTIONS)


def test_every_public_function_is_tried() -> None:
    public = {n for n in judge.__all__ if inspect.isfunction(getattr(judge, n))}
    assert public == public & set(FUNCTIONS) | OTHERS


def replaced(a: np.ndarray, value: Any, dtype: Any = float) -> np.ndarray:
    changed = a.astype(dtype)
    changed[1] = value
    return changed


MAY_BE_INFINITE = {("conditional_risk", 1)}  # a minimiser often is
MAY_BE_INFINITE |= {(name, 0) for name in FUNCTIONS if "inverse" in name}
MAY_BE_INFINITE |= {("IdentityLink()", 0), ("LogLink()", 0), ("Log1pLink()", 0)}
BAD: dict[str, Callable[[np.ndarray], Any]] = {
    "nan": lambda a: replaced(a, np.nan),
    "infinite": lambda a: replaced(a, np.inf),
    "text": lambda a: a.astype(str),
    "complex": lambda a: a.astype(complex),
    "object": lambda a: replaced(a, None, object),
    "masked": lambda a: np.ma.array(a, mask=np.arange(len(a)) == 1),
    "ragged": lambda a: [[1, 2], [3]],
    "dictionary": lambda a: {"a": 1},
    "nothing": lambda a: None,
}


@each_function
def test_what_is_no_array_of_numbers(function: str) -> None:
    call, arrays = FUNCTIONS[function]
    for bad, position in product(BAD, range(len(arrays))):
        if bad == "infinite" and (function, position) in MAY_BE_INFINITE:
            continue
        if bad == "nothing" and arrays[position] is WEIGHTS:
            continue
        given_ = [BAD[bad](a) if k == position else a for k, a in enumerate(arrays)]
        with pytest.raises((ValueError, TypeError), match=r"must .*got"):
            call(*given_)


class Column:
    """As pandas or PyTorch keep numbers: no array, but it can be made one."""

    def __init__(self, a: np.ndarray) -> None:
        self.a = a

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self.a.astype(dtype or self.a.dtype)


LAYOUTS: dict[str, Callable[[np.ndarray], Any]] = {
    "list": lambda a: a.tolist(),
    "every second": lambda a: np.repeat(a, 2)[::2],
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype),
    "float32": lambda a: a.astype("f4"),
    "unmasked": np.ma.array,
    "column": Column,
    "tuple": tuple,
    "numbers as objects": lambda a: a.astype(object).tolist(),
    "backwards": lambda a: a[::-1].copy()[::-1],
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
}


@each_function
def test_how_an_array_is_stored_does_not_matter(function: str) -> None:
    call, arrays = FUNCTIONS[function]
    before = [a.copy() for a in arrays]
    plain = call(*arrays)
    for layout in LAYOUTS.values():
        other = call(*[layout(a) for a in arrays])
        for a, b in zip(numbers(plain), numbers(other), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    for a, b in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


def numbers(result: Any) -> list[np.ndarray]:
    parts = list(result.values()) if isinstance(result, dict) else [result]
    return [np.asarray(part, dtype=float) for part in parts]


@given(st.data())
@each_function
def test_legal_input_gives_numbers_and_no_warning(
    function: str, data: st.DataObject
) -> None:
    call, arrays = FUNCTIONS[function]
    n = data.draw(st.integers(2, 12))
    given_ = []
    for a in arrays:
        drawn = data.draw(st.lists(LEGAL[id(a)], min_size=n, max_size=n))
        if a is LABELS:
            drawn[:2] = 0, 1
        if a is WEIGHTS:
            drawn[0] = 1.0
        given_.append(drawn)
    for part in numbers(call(*given_)):
        assert not np.isnan(part).any()


@given(st.data())
@each([loss for loss in OBJECTS if loss.family != "ensemble"])
def test_losses_of_objects_take_any_legal_numbers(
    loss: lb.Loss, data: st.DataObject
) -> None:
    y, f = sample(loss, 3, data.draw(st.integers(0, 10**6)))
    size = 10.0 ** data.draw(st.integers(-200, 200))
    shift = data.draw(st.floats(-1e3, 1e3))
    moved = size * f if loss.family == "box" else size * f + shift
    assert not np.isnan(loss.value(y, moved)).any()
    assert not np.isnan(loss.gradient(y, moved)).any()
