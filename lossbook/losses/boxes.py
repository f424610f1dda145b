r"""Losses of a box: how badly one rectangle covers another.

Boxes are corners (x1, y1, x2, y2) with x1 < x2 and y1 < y2.  All four losses are one
minus the intersection over union, and three of them add a term that still says
something where the boxes do not meet.  They do not change if both boxes are moved or
scaled, so they are computed with the smallest box around both as the unit.
"""

import abc
import math
from dataclasses import dataclass

import numpy as np

from lossbook.base import Elsewhere, ObjectLoss, OnePassLoss
from lossbook.links import IdentityLink
from lossbook.numerics import Array
from lossbook.validation import REALS


@dataclass(frozen=True)
class BoxLoss(OnePassLoss, ObjectLoss, abstract=True):
    """1 - IoU plus a penalty, of pairs of boxes."""

    family = "box"
    sample = "a box"
    object_shape = "(n, 4) as x1, y1, x2, y2"
    masks = False
    link = IdentityLink()
    response = "predict"
    functional = None
    y_domain = REALS
    convex = False
    smooth = False
    kinks = ()
    lipschitz = np.inf

    def _fits(self, y: np.ndarray) -> bool:
        return y.ndim == 2 and y.shape[1] == 4

    def _check_targets(self, y: Array) -> None:
        super()._check_targets(y)
        self._check_corners("y_true", y)

    def _check_predictions(self, name: str, prediction: Array) -> None:
        super()._check_predictions(name, prediction)
        self._check_corners(name, prediction)

    def _check_corners(self, name: str, boxes: Array) -> None:
        bad = (boxes[:, :2] >= boxes[:, 2:]).any(axis=1)
        if bad.any():
            raise ValueError(
                f"{self!r}: {name} must hold boxes with x1 < x2 and y1 < y2; "
                f"got {boxes[bad][0].tolist()}"
            )

    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        pair = _Pair(y, f)
        penalty, slope = self._penalty(pair)
        return 1 - pair.iou + penalty, (slope - pair.iou_slope) / pair.unit

    @abc.abstractmethod
    def _penalty(self, pair: "_Pair") -> tuple[Array, Array]:
        """What is added to 1 - IoU, and its derivative in the predicted corners."""


@dataclass(frozen=True)
class IoULoss(BoxLoss):
    """1 - IoU, intersection over union: 1, without a slope, where boxes do not meet.

    Yu et al. 2016, arXiv:1608.01471, use its logarithm; the ratio is Jaccard's.

    Examples
    --------
    >>> loss = lb.IoULoss()
    >>> loss.value([[0, 0, 2, 2]], [[1, 1, 3, 3]]).round(4)
    array([0.8571])
    """

    title = "IoU loss"
    symbols = {}
    formula = r"\ell(y, f) = 1 - \frac{\lvert Y \cap F \rvert}{\lvert Y \cup F \rvert}"
    reference = "yu2016unitbox"
    likelihood = ""
    elsewhere = ()

    def _penalty(self, pair: "_Pair") -> tuple[Array, Array]:
        return np.zeros_like(pair.iou), np.zeros_like(pair.iou_slope)


@dataclass(frozen=True)
class GIoULoss(BoxLoss):
    """1 - IoU plus the empty share of the smallest box around both.

    Between 0 and 2.  Rezatofighi et al. 2019, arXiv:1902.09630.

    Examples
    --------
    >>> loss = lb.GIoULoss()
    >>> loss.value([[0, 0, 2, 2]], [[1, 1, 3, 3]]).round(4)
    array([1.0794])
    """

    title = "GIoU loss"
    symbols = {}
    formula = (
        r"\ell(y, f) = 1 - \mathrm{IoU}"
        r" + \frac{\lvert C \rvert - \lvert Y \cup F \rvert}{\lvert C \rvert}"
    )
    reference = "rezatofighi2019generalized"
    likelihood = ""
    elsewhere = (
        Elsewhere(
            "torchvision",
            "ops.generalized_box_iou_loss",
            "1e-7 is added below the bars",
        ),
    )

    def _penalty(self, pair: "_Pair") -> tuple[Array, Array]:
        hull, union = pair.hull_area[:, None], pair.union[:, None]
        slope = (union / hull * pair.hull_area_slope - pair.union_slope) / hull
        return 1 - pair.union / pair.hull_area, slope


@dataclass(frozen=True)
class DIoULoss(BoxLoss):
    """1 - IoU plus the squared distance of the centres, the box around both as unit.

    Between 0 and 2.  Zheng et al. 2020, arXiv:1911.08287.

    Examples
    --------
    >>> loss = lb.DIoULoss()
    >>> loss.value([[0, 0, 2, 2]], [[1, 1, 3, 3]]).round(4)
    array([0.9683])
    """

    title = "DIoU loss"
    symbols = {}
    formula = r"\ell(y, f) = 1 - \mathrm{IoU} + \frac{\lVert c_Y - c_F \rVert^2}{d_C^2}"
    reference = "zheng2020distanceiou"
    likelihood = ""
    elsewhere = (
        Elsewhere(
            "torchvision",
            "ops.distance_box_iou_loss",
            "1e-7 is added below the bars",
        ),
    )

    def _penalty(self, pair: "_Pair") -> tuple[Array, Array]:
        distance, diagonal = pair.distance[:, None], pair.diagonal[:, None]
        rise = pair.distance_slope * diagonal - distance * pair.diagonal_slope
        return pair.distance / pair.diagonal, rise / diagonal**2


@dataclass(frozen=True)
class CIoULoss(DIoULoss):
    """The DIoU loss plus v**2 / (1 - IoU + v), where v compares the aspect ratios.

    v is (2/pi (arctan of width over height of one minus that of the other))**2.  The
    paper writes alpha v with alpha = v / (1 - IoU + v) and holds alpha fixed in the
    gradient; the gradient here is that of the loss.

    Zheng et al. 2020, arXiv:1911.08287.

    Examples
    --------
    >>> loss = lb.CIoULoss()
    >>> loss.value([[0, 0, 2, 2]], [[1, 1, 3, 3]]).round(4)
    array([0.9683])
    """

    title = "CIoU loss"
    symbols = {}
    formula = (
        r"\ell(y, f) = 1 - \mathrm{IoU} + \frac{\lVert c_Y - c_F \rVert^2}{d_C^2}"
        r" + \frac{v^2}{1 - \mathrm{IoU} + v}"
    )
    likelihood = ""
    reference = "zheng2020distanceiou"
    elsewhere = (
        Elsewhere(
            "torchvision",
            "ops.complete_box_iou_loss",
            "1e-7 is added below the bars; its gradient holds the weight of v fixed",
        ),
    )

    def _penalty(self, pair: "_Pair") -> tuple[Array, Array]:
        penalty, slope = super()._penalty(pair)
        v, v_slope = pair.aspect
        total = 1 - pair.iou + v
        total = np.where(total == 0, 1, total)
        by_v, by_iou = v * (2 * total - v) / total**2, (v / total) ** 2
        shape = by_v[:, None] * v_slope + by_iou[:, None] * pair.iou_slope
        return penalty + v * v / total, slope + shape


class _Pair:
    """Targets and predictions as rows, with what the losses need of them.

    Lengths are in units of the longer side of the box around both.  Every slope is a
    derivative in (x1, y1, x2, y2) of the prediction; where two edges coincide it is
    midway between those of both sides, which makes it zero for equal boxes.
    """

    def __init__(self, y: Array, f: Array) -> None:
        corner = np.minimum(y[:, :2], f[:, :2])
        hull = np.maximum(y[:, 2:], f[:, 2:]) - corner
        self.unit = unit = hull.max(axis=1, keepdims=True)
        # Sides before anything is moved: a small box keeps its shape far out.
        wanted, sides = (y[:, 2:] - y[:, :2]) / unit, (f[:, 2:] - f[:, :2]) / unit
        self.wanted, self.sides, hull = wanted, sides, hull / unit
        y_low, y_high = (y[:, :2] - corner) / unit, (y[:, 2:] - corner) / unit
        f_low, f_high = (f[:, :2] - corner) / unit, (f[:, 2:] - corner) / unit
        common = np.maximum(np.minimum(y_high, f_high) - np.maximum(y_low, f_low), 0)
        meets = (common > 0).all(axis=1, keepdims=True)
        # The side across is what an edge sweeps.
        cut, step = np.where(meets, common[:, ::-1], 0), np.heaviside
        inner_slope = np.hstack(
            [-step(f_low - y_low, 0.5) * cut, step(y_high - f_high, 0.5) * cut]
        )
        area_slope = np.hstack([-sides[:, ::-1], sides[:, ::-1]])
        hull_slope = np.hstack(
            [-step(y_low - f_low, 0.5), step(f_high - y_high, 0.5)]
        ).astype(f.dtype)
        inner = common.prod(axis=1)
        self.union = wanted.prod(axis=1) + sides.prod(axis=1) - inner
        self.union_slope = area_slope - inner_slope
        # Boxes so small that their areas vanish beside the unit do not meet.
        union = np.where(self.union == 0, 1, self.union)[:, None]
        self.iou = inner / union[:, 0]
        self.iou_slope = (inner_slope - self.iou[:, None] * self.union_slope) / union
        # As a line, where one side vanishes beside the other.
        self.hull_area = hull.prod(axis=1)
        self.hull_area[self.hull_area == 0] = 1
        self.hull_area_slope = hull_slope * np.tile(hull[:, ::-1], 2)
        self.diagonal = np.square(hull).sum(axis=1)
        self.diagonal_slope = 2 * hull_slope * np.tile(hull, 2)
        gap = (f_low + f_high - y_low - y_high) / 2
        self.distance = np.square(gap).sum(axis=1)
        self.distance_slope = np.hstack([gap, gap])

    @property
    def aspect(self) -> tuple[Array, Array]:
        """v, the squared difference of the aspect angles, and its slope."""
        sides, turns = self.sides, 2 / math.pi
        gap = turns * (np.arctan2(*sides.T) - np.arctan2(*self.wanted.T))
        longer = sides.max(axis=1, keepdims=True)
        shape = sides / longer
        turn = shape[:, ::-1] * np.array([1, -1], dtype=sides.dtype)
        turn /= np.square(shape).sum(axis=1, keepdims=True) * longer
        return gap**2, 2 * turns * gap[:, None] * np.hstack([-turn, turn])
