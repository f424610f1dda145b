"""What DESIGN promises of every loss, of single samples and of whole objects alike.

A new line of the registry is picked up by all of these tests as it is.
"""

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, fields
from math import inf
from pathlib import Path

import numpy as np
import pytest
from samples import (
    MULTICLASS,
    OBJECTS,
    POINTWISE,
    each,
    each_loss,
    predictions,
    random_weights,
    restated,
    sample,
)

import lossbook as lb
from lossbook import numerics
from lossbook.base import FACTS, Elsewhere, Loss
from lossbook.links import IdentityLink
from lossbook.numerics import Array

ROOT = Path(__file__).parent.parent
N = 13


# ---- facts ------------------------------------------------------------------------


@each_loss
def test_facts_are_plain(loss: Loss) -> None:
    """They are printed in the book: True and 1.5, not np.float64(1.5)."""
    assert type(loss.convex) is type(loss.smooth) is bool
    assert type(loss.lipschitz) is float
    assert loss.lipschitz > 0
    assert all(type(kink) is float for kink in loss.kinks)
    assert list(loss.kinks) == sorted(set(loss.kinks))
    for fact in ("family", "title", "formula", "reference", "likelihood", "response"):
        assert type(getattr(loss, fact)) is str
    assert loss.response in ("predict", "predict_proba", "decision_function")
    assert loss.title
    assert loss.formula
    assert all(type(there) is Elsewhere for there in loss.elsewhere)
    assert set(loss.symbols) <= {field.name for field in fields(loss)}


@each_loss
def test_references_are_in_the_bibliography(loss: Loss) -> None:
    bibliography = (ROOT / "references.bib").read_text(encoding="utf-8")
    assert f"{{{loss.reference}," in bibliography


@pytest.mark.parametrize("fact", FACTS)
def test_an_unstated_fact_is_an_error_when_the_class_is_made(fact: str) -> None:
    facts = {name: getattr(lb.CauchyLoss, name) for name in FACTS if name != fact}
    facts |= {name: getattr(lb.CauchyLoss, name) for name in ("rho", "rho_prime")}
    with pytest.raises(TypeError, match=rf"Mine: .* not stated: {fact}$"):
        type("Mine", (lb.PointwiseLoss,), facts)


@pytest.mark.parametrize("fact", ["sample", "object_shape", "masks"])
def test_an_unstated_fact_of_objects_is_an_error_too(fact: str) -> None:
    facts = restated(lb.EnergyScore)
    facts |= {name: vars(lb.EnergyScore)[name] for name in ("sample", "object_shape")}
    facts["masks"] = False
    del facts[fact]
    with pytest.raises(TypeError, match=rf"Mine: .* not stated: {fact}$"):
        type("Mine", (lb.ObjectLoss,), facts)


@pytest.mark.parametrize(
    ("fact", "wrong"),
    [
        *[(fact, None) for fact in FACTS if fact != "functional"],
        ("convex", "yes"),
        ("smooth", 1),
        ("link", lb.links.IdentityLink),
        ("functional", "mean"),
        ("response", "predicts"),
        ("symbols", ("c",)),
        ("y_domain", (0, 1)),
        ("kinks", (0.0, "a")),
        ("kinks", [0.0]),
        ("lipschitz", "inf"),
        ("elsewhere", ("a",)),
        ("elsewhere", Elsewhere("PyTorch", "MSELoss", "")),
    ],
)
def test_a_fact_of_the_wrong_type_is_an_error(fact: str, wrong: object) -> None:
    facts = restated(lb.SquaredError) | {fact: wrong}
    with pytest.raises(TypeError, match=rf"Mine: the fact {fact} must be of type"):
        type("Mine", (lb.ResidualLoss,), facts)


def test_facts_of_a_concrete_loss_are_not_inherited() -> None:
    """A loss made from another may be convex no more; it has to say so."""
    with pytest.raises(TypeError, match=r"not stated: title, .*convex"):
        type("Mine", (lb.SquaredError,), {})


def test_a_loss_with_all_facts_is_fitted_right() -> None:
    @dataclass(frozen=True)
    class LogSquare(lb.ResidualLoss):
        title = "log square"
        symbols = {}  # noqa: RUF012
        convex = False
        smooth = True
        kinks = ()
        lipschitz = 1.0
        formula = r"\log(1 + r^2)"
        reference = "holland1977robust"
        likelihood = "Cauchy"
        elsewhere = ()

        def rho(self, r: Array) -> Array:
            return np.log1p(np.square(r))

        def rho_prime(self, r: Array) -> Array:
            return 2 * r / (1 + np.square(r))

        def rho_second(self, r: Array) -> Array:
            return 2 * (1 - np.square(r)) / np.square(1 + np.square(r))

    y = [1.0, 1.5, 2.0, 300.0]
    assert LogSquare().best_constant(y) == pytest.approx(1.5, abs=0.01)


# ---- a loss is a value ------------------------------------------------------------


@each_loss
def test_repr_is_source_and_copies_are_equal(loss: Loss) -> None:
    again = eval(repr(loss), {"inf": inf}, vars(lb))
    assert again == loss
    assert hash(again) == hash(loss)
    assert repr(again) == repr(loss)
    assert copy.deepcopy(loss) == pickle.loads(pickle.dumps(loss)) == loss
    assert loss != 1


def test_losses_differ() -> None:
    assert len({repr(loss) for loss in lb.ALL_LOSSES}) == len(lb.ALL_LOSSES)
    assert len(set(lb.ALL_LOSSES)) == len(lb.ALL_LOSSES)
    assert {type(loss).__name__ for loss in lb.ALL_LOSSES} <= set(lb.__all__)


@each_loss
def test_a_loss_cannot_be_changed(loss: Loss) -> None:
    for name in (*(field.name for field in fields(loss)), "link", "new"):
        with pytest.raises(FrozenInstanceError):
            setattr(loss, name, 0.5)


# ---- two scales -------------------------------------------------------------------


def inside(loss: Loss, f: Array) -> Array:
    """Raw predictions that the link does not cut."""
    raw = loss.link.raw_domain
    f = np.clip(f, raw.low, raw.high)
    return loss.link(loss.link.inverse(f)) if loss in MULTICLASS else f


@each_loss
def test_the_call_is_from_raw_seen_through_the_link(loss: Loss) -> None:
    y, f = sample(loss, 200)
    f = inside(loss, f)
    if isinstance(loss, lb.ZeroOneLoss):
        f = np.sign(f)
    z, w = loss.link.inverse(f), random_weights(200)
    for reduction in ("mean", "sum", "none"):
        np.testing.assert_allclose(
            loss(y, z, sample_weight=w, reduction=reduction),
            loss.from_raw(y, f, sample_weight=w, reduction=reduction),
            rtol=1e-9,
            atol=1e-12,
        )


def test_where_a_link_cuts_the_raw_value_goes_on() -> None:
    sparsemax = lb.SparsemaxLoss()
    z = sparsemax.link.inverse([[3.0, 0.0, 0.0]])
    assert sparsemax([1], z) < sparsemax.from_raw([1], [[3.0, 0.0, 0.0]])
    link = lb.SquaredHingeLoss().probability_link
    assert link is not None
    assert link.raw_domain.high == 1
    assert link.inverse(np.array([2.0])) == link.inverse(np.array([1.0])) == 1


@each_loss
def test_the_obvious_line_is_the_right_one(loss: Loss) -> None:
    """A perfect prediction costs the least, called as people call it."""
    y, _ = sample(loss, N)
    if loss.family in ("residual", "amount"):
        y = np.maximum(y, 0.1)
        assert loss(y, y) == pytest.approx(0, abs=1e-12)
        assert loss(y, 1.5 * y + 1) > 0
    elif loss.family == "probability":
        assert loss(y, y) == pytest.approx(0, abs=1e-12)
        assert loss(y, 1 - y) > 0.3


def test_labels_where_scores_are_meant_are_refused() -> None:
    y = np.array([0, 1, 1])
    scores = [x for x in lb.ALL_LOSSES if x.response == "decision_function"]
    assert len(scores) > 10
    for loss in scores:
        labels = [np.array([0, 1, 1]), np.array([False, True, True])]
        for bad in labels if loss not in MULTICLASS else [np.eye(3, dtype=int)]:
            target = y[None] if loss in OBJECTS else y
            bad = bad[None] if loss in OBJECTS else bad
            with pytest.raises(ValueError, match="decision_function"):
                loss(target, bad)
            if loss not in MULTICLASS:
                loss(target, bad.astype(float))


def test_zero_one_loss_takes_labels() -> None:
    loss = lb.ZeroOneLoss()
    assert loss([0, 1, 1, 0], [0, 1, 0, 1]) == 0.5
    with pytest.raises(ValueError, match="y_pred must hold labels 0 and 1"):
        loss([0, 1], [0.3, 1])


@each_loss
def test_value_and_gradient_are_both(loss: Loss) -> None:
    y, f = sample(loss, N)
    value, gradient = loss.value_and_gradient(y, f)
    np.testing.assert_allclose(value, loss.value(y, f), rtol=1e-14)
    np.testing.assert_allclose(gradient, loss.gradient(y, f), rtol=1e-14)


@each_loss
def test_gradient_is_the_slope_of_the_value(loss: Loss) -> None:
    """In every raw prediction; kinks have tests of their own."""
    y, f = sample(loss, 5, seed=3)
    gradient = loss.gradient(y, f)
    step = 1e-6
    for index in np.ndindex(f.shape):
        up, down = f.copy(), f.copy()
        up[index] += step
        down[index] -= step
        slope = (loss.value(y, up) - loss.value(y, down))[index[0]] / (2 * step)
        assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=2e-7)


@each(OBJECTS)
def test_objects_lack_what_makes_no_sense(loss: Loss) -> None:
    assert not hasattr(loss, "hessian")
    assert not hasattr(loss, "best_constant")
    assert loss.sample


@each(OBJECTS)
def test_convex_objects_lie_below_every_chord(loss: Loss) -> None:
    rng = np.random.default_rng(0)
    deepest = 0.0
    for scale in (0.1, 1, 10):
        y, a = sample(loss, 400, seed=1)
        b = a + rng.normal(scale=scale, size=a.shape)
        if loss.family == "box":
            b = sample(loss, 400, seed=2)[1]
        v_a, v_b = loss.value(y, a), loss.value(y, b)
        bulge = loss.value(y, (a + b) / 2) - (v_a + v_b) / 2
        deepest = max(deepest, np.max(bulge / (1 + np.abs(v_a) + np.abs(v_b))))
    assert (deepest < 1e-12) == loss.convex


@each(OBJECTS)
def test_no_object_has_a_longer_gradient_than_said(loss: Loss) -> None:
    longest = 0.0
    for seed in range(20):
        y, f = sample(loss, 50, seed)
        scale = 1 if loss.family == "box" else 10.0 ** (seed % 4 - 2)
        gradient = loss.gradient(y, scale * f).reshape(50, -1)
        longest = max(longest, np.linalg.norm(gradient, axis=1).max())
    assert longest <= loss.lipschitz * (1 + 1e-9)


# ---- weights and reductions -------------------------------------------------------


@each_loss
def test_reductions_agree(loss: Loss) -> None:
    y, f = sample(loss, 50)
    w = random_weights(50)
    values = loss.value(y, f)
    np.testing.assert_array_equal(loss.from_raw(y, f, reduction="none"), values)
    total = loss.from_raw(y, f, reduction="sum")
    assert total == pytest.approx(values.sum(), rel=1e-14)
    assert loss.from_raw(y, f) == pytest.approx(values.mean(), rel=1e-14)
    weighted = loss.from_raw(y, f, sample_weight=w, reduction="none")
    np.testing.assert_allclose(weighted, w * values, rtol=1e-15)
    total = loss.from_raw(y, f, sample_weight=w, reduction="sum")
    assert total == pytest.approx(weighted.sum(), rel=1e-14)
    mean = loss.from_raw(y, f, sample_weight=w)
    assert mean == pytest.approx(total / w.sum(), rel=1e-14)
    assert type(mean) is type(total) is float


@each_loss
def test_weight_is_repetition_and_zero_weight_is_deletion(loss: Loss) -> None:
    y, f = sample(loss, 30)
    z = predictions(loss, 30)
    w = np.random.default_rng(0).integers(0, 4, size=30)
    y_many, z_many = np.repeat(y, w, axis=0), np.repeat(z, w, axis=0)
    # What is left out may be as wrong as can be.
    if loss.family not in ("box", "ensemble"):
        f[w == 0] = np.sign(f[w == 0]) * 1e100
    f_many = np.repeat(f, w, axis=0)
    for reduction in ("mean", "sum"):
        for call, p, p_many in ((loss, z, z_many), (loss.from_raw, f, f_many)):
            assert call(y, p, sample_weight=w, reduction=reduction) == pytest.approx(
                call(y_many, p_many, reduction=reduction), rel=1e-12
            )
    assert np.all(loss(y, z, sample_weight=w, reduction="none")[w == 0] == 0)
    if loss in POINTWISE:
        np.testing.assert_allclose(
            loss.best_constant(y, w), loss.best_constant(y_many), rtol=1e-7
        )


@pytest.mark.parametrize("scale", [1e-300, 1e-50, 1e50, 1e307])
@each_loss
def test_scale_of_weights_is_irrelevant(loss: Loss, scale: float) -> None:
    y, f = sample(loss, 30)
    w = random_weights(30)
    assert loss.from_raw(y, f, sample_weight=scale * w) == pytest.approx(
        loss.from_raw(y, f, sample_weight=w), rel=1e-13
    )
    if loss in POINTWISE:
        np.testing.assert_allclose(
            loss.best_constant(y, scale * w), loss.best_constant(y, w), rtol=1e-7
        )


@each_loss
def test_blocks_leave_no_trace(loss: Loss, monkeypatch: pytest.MonkeyPatch) -> None:
    y, f = sample(loss, 117)
    w = random_weights(117)

    def results() -> list[float | Array]:
        each_one = loss.from_raw(y, f, sample_weight=w, reduction="none")
        both = loss.value_and_gradient(y, f)
        mean = loss.from_raw(y, f, sample_weight=w)
        return [*both, loss.gradient(y, f), each_one, mean]

    whole = results()
    monkeypatch.setattr(numerics, "BLOCK_SIZE", 40)
    for piece, all_of_it in zip(results(), whole, strict=True):
        np.testing.assert_allclose(piece, all_of_it, rtol=1e-12, atol=1e-300)


# ---- shapes, types, layouts -------------------------------------------------------


@each_loss
def test_shapes_and_types_of_results(loss: Loss) -> None:
    y, f = sample(loss, 7)
    for y_type, f_type, dtype in [
        ("f8", "f8", "f8"),
        ("f8", "f4", "f8"),
        ("f4", "f4", "f4"),
        ("f4", "f2", "f4"),
    ]:
        a, b = y.astype(y_type), f.astype(f_type)
        value, gradient = loss.value(a, b), loss.gradient(a, b)
        assert (value.shape, value.dtype) == ((7,), dtype)
        assert (gradient.shape, gradient.dtype) == (f.shape, dtype)
        assert type(loss.from_raw(a, b)) is float
    if loss not in OBJECTS:
        whole = np.maximum(y, 1).astype(int)
        assert loss.value(whole, f.astype("f4")).dtype == np.float32


@each_loss
def test_float32_is_float64_with_fewer_digits(loss: Loss) -> None:
    y, f = (a.astype("f4") for a in sample(loss, 100))
    for method in (loss.value, loss.gradient):
        wide = method(y.astype("f8"), f.astype("f8"))
        np.testing.assert_allclose(method(y, f), wide, rtol=1e-4, atol=1e-4)


@each(POINTWISE)
def test_sums_are_accumulated_in_float64(loss: Loss) -> None:
    y, f = (a.astype("f4") for a in sample(loss, 20_000))
    exact = loss.value(y, f).astype("f8").sum()
    assert loss.from_raw(y, f, reduction="sum") == pytest.approx(exact, rel=1e-12)


class Column:
    """Something with values and an index of its own, as pandas keeps them."""

    def __init__(self, values: Array) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __array__(self, dtype: type | None = None, copy: bool | None = None) -> Array:
        return np.array(self.values, dtype=dtype)


LAYOUTS: dict[str, Callable[[Array], object]] = {
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(a.tolist()),
    "every second": lambda a: np.repeat(a, 2, axis=0)[::2],
    "columns first": np.asfortranarray,
    "other byte order": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "column": Column,
    "read-only": lambda a: np.frombuffer(a.tobytes(), a.dtype).reshape(a.shape),
    "unmasked": np.ma.array,
}


@each_loss
def test_memory_layout_is_irrelevant(loss: Loss) -> None:
    y, f = sample(loss, 37)
    z, w = predictions(loss, 37), random_weights(37)

    def results(change: Callable[[Array], object]) -> list[float | Array]:
        found = [
            loss.gradient(change(y), change(f)),
            loss(change(y), change(z), sample_weight=change(w)),
        ]
        if loss in POINTWISE:
            found.append(loss.best_constant(change(y), change(w)))
        return found

    plain = results(np.array)
    for change in LAYOUTS.values():
        for changed, expected in zip(results(change), plain, strict=True):
            # NumPy takes other instructions for other strides.
            np.testing.assert_allclose(changed, expected, rtol=1e-13)


@each_loss
def test_inputs_are_left_as_they_are(loss: Loss) -> None:
    y, f = sample(loss, 37)
    inputs = [y, f, predictions(loss, 37), random_weights(37)]
    before = copy.deepcopy(inputs)
    y, f, z, w = inputs
    loss.value_and_gradient(y, f)
    loss(y, z, sample_weight=w)
    for result in (
        loss.from_raw(y, f, sample_weight=w, reduction="none"),
        loss.value(y, f),
        loss.gradient(y, f),
        loss.link.inverse(f),
    ):
        result[:] = -1
    if loss in POINTWISE:
        loss.hessian(y, f)[:] = -1
        loss.best_constant(y, w)
    for now, then in zip(inputs, before, strict=True):
        np.testing.assert_array_equal(now, then)


# ---- entries that do not count, lists of unequal length ---------------------------


@each([x for x in OBJECTS if x.family in ("list", "mask")])
def test_masked_entries_do_not_count(loss: Loss) -> None:
    y, f = (a.reshape(N, -1) for a in sample(loss, N))
    absent = np.random.default_rng(1).random(y.shape) < 0.3
    fill = 255.0
    masked = np.ma.array(np.where(absent, fill, y), mask=absent)
    value, gradient = loss.value_and_gradient(masked, f)
    assert not gradient[absent].any()
    for i in range(N):
        there = ~absent[i]
        alone = loss.value_and_gradient(y[i : i + 1, there], f[i : i + 1, there])
        np.testing.assert_allclose(value[i], alone[0][0], rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(gradient[i, there], alone[1][0], atol=1e-15)


@each([x for x in OBJECTS if x.family == "list"])
def test_lists_of_unequal_length(loss: Loss) -> None:
    y, f = [[2, 0, 1], [1, 0], [0, 3, 1, 1]], [[0.5, 1, -1], [0, 2.0], [1, 0, 2, 3.0]]
    value, gradient = loss.value_and_gradient(y, f)
    for i in range(3):
        alone = loss.value_and_gradient([y[i]], [f[i]])
        np.testing.assert_allclose(value[i], alone[0][0])
        np.testing.assert_allclose(gradient[i], alone[1][0])
    assert loss(y, f) == pytest.approx(value.mean())
    with pytest.raises(ValueError, match=r"must hold lists of the lengths \[3, 2, 4\]"):
        loss(y, [[0.5, 1, -1], [0.0], [1, 0, 2, 3.0]])


@each([x for x in OBJECTS if x.family == "list"])
def test_the_order_of_items_is_irrelevant_at_ties_too(loss: Loss) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        y = rng.integers(0, 3, size=(1, 6))
        f = rng.integers(0, 2, size=(1, 6)) * 1.0  # many ties
        order = rng.permutation(6)
        there = loss.value_and_gradient(y, f)
        back = loss.value_and_gradient(y[:, order], f[:, order])
        np.testing.assert_allclose(back[0], there[0], rtol=1e-13)
        np.testing.assert_allclose(back[1], there[1][:, order], atol=1e-15)


# ---- extremes ---------------------------------------------------------------------

EXTREMES = np.array([0, 1e-300, 1e-8, 1, 40, 750, 1e30, 1e100])
EXTREMES = np.unique(np.concatenate([-EXTREMES, EXTREMES]))


@each_loss
def test_extremes_give_a_number_and_no_warning(loss: Loss) -> None:
    y, f = sample(loss, 4)
    # Not of a box: its sides must not vanish beside its place.
    sizes = (1e-90, 1e-10, 1e10, 1e90) if loss.family == "box" else (1e-300, 1, 1e100)
    for size in sizes:
        for raw in (size * f, size * np.sign(f)) if size > 1 else (size * f,):
            if loss.family == "box":
                raw = size * f
            value, gradient = loss.value_and_gradient(y, raw)
            assert not np.isnan(value).any()
            assert not np.isnan(gradient).any()
            assert not np.isnan(loss.from_raw(y, raw))
            if loss in POINTWISE:
                assert not np.isnan(loss.hessian(y, raw)).any()


@each_loss
def test_order_of_samples_is_irrelevant(loss: Loss) -> None:
    for seed in range(3):
        y, f = sample(loss, 6, seed)
        order = np.random.default_rng(seed).permutation(6)
        there = loss.from_raw(y, f)
        assert loss.from_raw(y[order], f[order]) == pytest.approx(there, rel=1e-12)


@pytest.mark.parametrize("size", [1e-300, 1e300, 1.7e308])
@each([lb.SquaredError(), lb.DiceLoss()])
def test_weights_whose_sum_is_out_of_range(loss: Loss, size: float) -> None:
    y, f = sample(loss, 5)
    mean = loss.from_raw(y, f, sample_weight=np.full(5, size))
    assert mean == pytest.approx(loss.from_raw(y, f))


def test_the_identity_is_a_copy() -> None:
    z = np.array([1.0, 2.0])
    assert IdentityLink().inverse(z) is not z
    assert not np.shares_memory(IdentityLink()(z), z)
