"""Losses of boxes: published values, identities, exact arithmetic."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lossbook as lb

IOU, GIOU, DIOU, CIOU = lb.IoULoss(), lb.GIoULoss(), lb.DIoULoss(), lb.CIoULoss()
BOXES = [IOU, GIOU, DIOU, CIOU]
each_box = pytest.mark.parametrize("loss", BOXES, ids=repr)
UNIT_BOX = [0.0, 0.0, 1.0, 1.0]


def test_disjoint_unit_boxes() -> None:
    """Rezatofighi et al. 2019 and Zheng et al. 2020, evaluated by hand."""
    for dx, giou, diou in ((2, -1 / 3, -4 / 10), (5, -2 / 3, -25 / 37)):
        box = [dx, 0, dx + 1, 1]
        assert IOU.value([UNIT_BOX], [box])[0] == 1
        np.testing.assert_array_equal(IOU.gradient([UNIT_BOX], [box]), 0)
        assert 1 - GIOU.value([UNIT_BOX], [box])[0] == pytest.approx(giou)
        assert 1 - DIOU.value([UNIT_BOX], [box])[0] == pytest.approx(diou)


corner = st.integers(-6, 6)
side = st.integers(1, 7)
box = st.tuples(corner, corner, side, side).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(box, box)
def test_areas_in_exact_arithmetic(y: tuple[int, ...], f: tuple[int, ...]) -> None:
    def cells(b: tuple[int, ...]) -> set[tuple[int, int]]:
        return {(i, j) for i in range(b[0], b[2]) for j in range(b[1], b[3])}

    hull = (min(y[0], f[0]), min(y[1], f[1]), max(y[2], f[2]), max(y[3], f[3]))
    union, common = len(cells(y) | cells(f)), len(cells(y) & cells(f))
    iou = Fraction(common, union)
    giou = iou - Fraction(len(cells(hull)) - union, len(cells(hull)))
    gap = [Fraction(y[k] + y[k + 2] - f[k] - f[k + 2], 2) for k in (0, 1)]
    diagonal = (hull[2] - hull[0]) ** 2 + (hull[3] - hull[1]) ** 2
    diou = iou - (gap[0] ** 2 + gap[1] ** 2) / diagonal
    for loss, exact in ((IOU, iou), (GIOU, giou), (DIOU, diou)):
        assert 1 - loss.value([y], [f])[0] == pytest.approx(float(exact), abs=1e-12)


def test_nested_boxes() -> None:
    """GIoU does not see where the small box lies, DIoU does."""
    big, middle, aside = [0, 0, 4, 4], [1.5, 1.5, 2.5, 2.5], [0, 0, 1, 1]
    for small in (middle, aside):
        assert GIOU.value([big], [small])[0] == pytest.approx(1 - 1 / 16)
    assert DIOU.value([big], [middle])[0] == pytest.approx(1 - 1 / 16)
    assert DIOU.value([big], [aside])[0] > 1


def test_ciou_adds_the_shape() -> None:
    square, same, flat = [0, 0, 2, 2], [1, 1, 3, 3], [0, 0.5, 2, 1.5]
    assert CIOU.value([square], [same]) == DIOU.value([square], [same])
    v = (2 / np.pi * (np.arctan(2) - np.arctan(1))) ** 2
    iou = 0.5
    expected = 1 - iou + v * v / (1 - iou + v)
    assert CIOU.value([square], [flat])[0] == pytest.approx(expected)


@each_box
def test_equal_boxes_cost_nothing_and_order_does_not_matter(loss) -> None:
    rng = np.random.default_rng(0)
    low = rng.normal(size=(2, 30, 2))
    y, f = np.concatenate([low, low + rng.uniform(0.1, 2, (2, 30, 2))], axis=2)
    np.testing.assert_allclose(loss.value(y, y), 0, atol=1e-15)
    np.testing.assert_allclose(loss.gradient(y, y), 0, atol=1e-12)
    np.testing.assert_allclose(loss.value(y, f), loss.value(f, y), rtol=1e-12)
    for scale in (1e-100, 7.0, 1e100):
        moved = loss.value(scale * (y + 2), scale * (f + 2))
        np.testing.assert_allclose(moved, loss.value(y, f), rtol=1e-9)
        slope = loss.gradient(scale * y, scale * f)
        np.testing.assert_allclose(slope * scale, loss.gradient(y, f), rtol=1e-9)


@each_box
def test_what_is_no_box(loss) -> None:
    for bad in ([0, 0, 0, 1], [0, 2, 1, 1]):
        with pytest.raises(ValueError, match=r"x1 < x2 and y1 < y2; got \[0\.0, "):
            loss.value([UNIT_BOX], [bad])
        with pytest.raises(ValueError, match=r"y_true must hold boxes with x1 < x2"):
            loss.value([bad], [UNIT_BOX])
    with pytest.raises(ValueError, match=r"x1, y1, x2, y2; got shape \(1, 3\)"):
        loss.value([[0.0, 0.0, 1.0]], [[0.0, 0.0, 1.0]])


@each_box
def test_specks_far_apart_and_beside_a_giant(loss) -> None:
    for size, far in ((1e-200, 1.0), (1e-300, 1e150), (1e-5, 1e300)):
        near = np.array([[-2 * size, -size, -size, size]])
        away = np.array([[far, far, 2 * far, 3 * far]])
        speck = np.array([[size, size, 2 * size, 2 * size]])
        for f in (away, speck, np.array([[far, 0.0, far * (1 + 1e-10), size]])):
            value, slope = loss.value(near, f), loss.gradient(near, f)
            assert np.all(np.isfinite(value))
            assert 1 <= value[0] <= 3
            assert not np.isnan(slope).any()
