"""Properties of every loss of a whole list, mask or box: the registry drives them."""

import copy
import pickle
from collections.abc import Callable
from math import inf, nan

import numpy as np
import pytest
from samples import random_weights, structured_sample

import lossbook as lb
from lossbook.numerics import Array
from lossbook.structured import StructuredLoss
from tools.book import ROOT

each_loss = pytest.mark.parametrize("loss", lb.STRUCTURED_LOSSES, ids=repr)
N = 12


def roughness(loss: StructuredLoss, seed: int, n_steps: int) -> Array:
    """The largest change of slope between neighbouring steps, for each object."""
    y, start = structured_sample(loss, N, seed)
    end = structured_sample(loss, N, seed + 1000)[1]
    steps = np.linspace(0, 1, n_steps + 1)
    values = [loss.value(y, start + t * (end - start)) for t in steps]
    return np.abs(np.diff(values, 2, axis=0)).max(axis=0) * n_steps


# ---- derivatives and stated facts ---------------------------------------------------


@each_loss
def test_gradient_is_slope_of_value(loss: StructuredLoss) -> None:
    y, f = structured_sample(loss, N)
    gradient = loss.gradient(y, f)
    step = 1e-6
    for k in range(f[0].size):
        shift = np.zeros(f[0].size)
        shift[k] = step
        shift = shift.reshape(f.shape[1:])
        slope = (loss.value(y, f + shift) - loss.value(y, f - shift)) / (2 * step)
        along = gradient.reshape(N, -1)[:, k]
        np.testing.assert_allclose(along, slope, rtol=1e-5, atol=1e-8)


@each_loss
def test_convex_means_below_every_chord(loss: StructuredLoss) -> None:
    deepest = 0.0
    for seed in range(40):
        y, a = structured_sample(loss, N, seed)
        b = structured_sample(loss, N, seed + 1000)[1]
        middle = loss.value(y, (a + b) / 2)
        bulge = middle - (loss.value(y, a) + loss.value(y, b)) / 2
        deepest = max(deepest, bulge.max())
    assert (deepest < 1e-12) == loss.convex


@each_loss
def test_smooth_means_that_the_gradient_does_not_jump(loss: StructuredLoss) -> None:
    """Four times finer steps leave a jump as it is and divide a bend by four."""
    ratios = []
    for seed in range(3):
        coarse, fine = (roughness(loss, seed, n) for n in (500, 2000))
        rough = coarse > 1e-9
        ratios.extend(fine[rough] / coarse[rough])
    assert loss.smooth == (max(ratios) < 0.5)


@each_loss
def test_better_predictions_cost_less(loss: StructuredLoss) -> None:
    """A step against the gradient helps every object that has one."""
    y, f = structured_sample(loss, N)
    slope = loss.gradient(y, f)
    moved = np.abs(slope).reshape(N, -1).max(axis=1) > 1e-6
    lower = loss.value(y, f - 1e-4 * slope) < loss.value(y, f)
    np.testing.assert_array_equal(lower, moved)


# ---- objects, weights, reductions ---------------------------------------------------


@each_loss
def test_objects_do_not_touch_each_other(loss: StructuredLoss) -> None:
    y, f = structured_sample(loss, N)
    one_by_one = [loss.value(y[[i]], f[[i]])[0] for i in range(N)]
    np.testing.assert_allclose(loss.value(y, f), one_by_one, rtol=1e-14)
    slopes = [loss.gradient(y[[i]], f[[i]])[0] for i in range(N)]
    np.testing.assert_allclose(loss.gradient(y, f), slopes, rtol=1e-14, atol=1e-300)


@each_loss
def test_reductions_agree(loss: StructuredLoss) -> None:
    y, f = structured_sample(loss, N)
    w = random_weights(N)
    w[3] = 0
    each = loss.value(y, f)
    assert loss(y, f) == pytest.approx(each.mean(), rel=1e-14)
    assert loss(y, f, reduction="sum") == pytest.approx(each.sum(), rel=1e-14)
    np.testing.assert_array_equal(loss(y, f, reduction="none"), each)
    weighted = loss(y, f, sample_weight=w, reduction="none")
    np.testing.assert_allclose(weighted, w * each, rtol=1e-15)
    assert loss(y, f, sample_weight=w) == pytest.approx((w @ each) / w.sum())
    total = loss(y, f, sample_weight=w, reduction="sum")
    assert total == pytest.approx(w @ each)
    assert type(total) is type(loss(y, f)) is float


@each_loss
def test_score_is_value_of_the_prediction(loss: StructuredLoss) -> None:
    y, f = structured_sample(loss, N)
    z = loss.link.inverse(f)
    np.testing.assert_allclose(loss.score(y, z), loss.value(y, f), rtol=1e-10)


@each_loss
def test_shapes_types_and_inputs_left_alone(loss: StructuredLoss) -> None:
    y, f = structured_sample(loss, N)
    before = y.copy(), f.copy()
    for dtype in ("f4", "f8"):
        value = loss.value(y.astype(dtype), f.astype(dtype))
        gradient = loss.gradient(y.astype(dtype), f.astype(dtype))
        assert (value.shape, value.dtype) == ((N,), dtype)
        assert (gradient.shape, gradient.dtype) == (f.shape, dtype)
        np.testing.assert_allclose(value, loss.value(y, f), rtol=1e-4, atol=1e-5)
        w = np.ones(N, dtype)
        assert loss(
            y.astype(dtype), f.astype(dtype), sample_weight=w, reduction="none"
        ).dtype == np.dtype(dtype)
    np.testing.assert_allclose(loss.value(y.tolist(), f.tolist()), loss.value(y, f))
    np.testing.assert_array_equal(y, before[0])
    np.testing.assert_array_equal(f, before[1])


@each_loss
def test_extremes_give_a_number_and_no_warning(loss: StructuredLoss) -> None:
    y, f = structured_sample(loss, N)
    for scale in (1e-150, 1e-10, 1e10, 1e150, 1e300):
        assert not np.isnan(loss.value(y, scale * f)).any()
        assert not np.isnan(loss.gradient(y, scale * f)).any()
        assert not np.isnan(loss(y, scale * f))


# ---- a loss is a value --------------------------------------------------------------


@each_loss
def test_repr_is_source_and_copies_are_equal(loss: StructuredLoss) -> None:
    again = eval(repr(loss), {"inf": inf}, vars(lb))
    assert again == loss
    assert hash(again) == hash(loss)
    assert copy.deepcopy(loss) == pickle.loads(pickle.dumps(loss)) == loss


@each_loss
def test_formula_and_reference(loss: StructuredLoss) -> None:
    assert loss.formula.startswith(r"\ell(y, ")
    bibliography = (ROOT / "references.bib").read_text(encoding="utf-8")
    assert f"{{{loss.reference}," in bibliography


# ---- bad input ----------------------------------------------------------------------


def with_entry(value: float) -> Callable[[Array], Array]:
    def change(a: Array) -> Array:
        a = a.copy()
        a.flat[1] = value
        return a

    return change


@pytest.mark.parametrize("name", ["y_true", "raw_prediction"])
@pytest.mark.parametrize("bad", [nan, inf, -inf])
@each_loss
def test_a_value_that_is_no_number(loss: StructuredLoss, bad: float, name: str) -> None:
    arrays = dict(
        zip(["y_true", "raw_prediction"], structured_sample(loss, N), strict=True)
    )
    arrays[name] = with_entry(bad)(arrays[name])
    for method in (loss.value, loss.gradient, loss):
        with pytest.raises(ValueError, match=rf"{name} must .*; got {bad}") as caught:
            method(**arrays)
        assert str(caught.value).startswith(repr(loss))


@each_loss
def test_shapes_that_do_not_match(loss: StructuredLoss) -> None:
    y, f = structured_sample(loss, N)
    for bad in (f[1:], f[:, :2], f[..., None], f[0]):
        with pytest.raises(ValueError, match=r"raw_prediction must have the shape"):
            loss.value(y, bad)
    with pytest.raises(ValueError, match=r"y_true must have shape .*\(n.*; got shape"):
        loss.value(y[0].ravel(), f[0].ravel())
    with pytest.raises(ValueError, match="y_true must hold at least one value"):
        loss.value(y[:0], f[:0])


@each_loss
def test_targets_outside_the_domain(loss: StructuredLoss) -> None:
    y, f = structured_sample(loss, N)
    bad = y[:, [2, 1, 0, 3]] if y.shape[1:] == (4,) else with_entry(-1.0)(y)
    with pytest.raises(ValueError, match=r"y_true must (lie in|hold)"):
        loss.value(bad, f)


@each_loss
def test_types_weights_and_reductions(loss: StructuredLoss) -> None:
    y, f = structured_sample(loss, N)
    with pytest.raises(TypeError, match="raw_prediction must be an array of real"):
        loss.value(y, f.astype(complex))
    with pytest.raises(TypeError, match="y_true must be an array of real"):
        loss.value(y.astype(str), f)
    for w, said in [
        (np.ones(N - 1), r"must have shape \(12,\)"),
        (-np.ones(N), "must lie in"),
        (np.full(N, nan), "must lie in"),
        (np.zeros(N), "a positive weight"),
    ]:
        with pytest.raises(ValueError, match=f"sample_weight must .*{said}|{said}"):
            loss(y, f, sample_weight=w)
    with pytest.raises(ValueError, match=r"reduction must be one of .* got 'max'"):
        loss(y, f, reduction="max")
