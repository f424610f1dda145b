r"""Losses of a mask: how badly one set of pixels covers another.

Targets are masks of zeros and ones of any shape, stacked along the first axis.  One
mask of H x W pixels is ``mask[None]``: an array (H, W) counts as H masks of W pixels.
"""

import abc
from dataclasses import dataclass, field

import numpy as np

from lossbook.base import Elsewhere, ObjectLoss
from lossbook.links import IdentityLink, LogitLink
from lossbook.numerics import Array, expit_slope
from lossbook.validation import NONNEGATIVE, POSITIVE, UNIT


@dataclass(frozen=True)
class MaskLoss(ObjectLoss, abstract=True):
    """A loss of masks; in the formulas they are rows of pixels.

    Pixels that are masked in ``y_true`` (a masked array) do not count.  One mask of
    H x W pixels is ``mask[None]``: an array (H, W) counts as H masks of W pixels.
    """

    family = "mask"
    sample = "a mask"
    object_shape = "(n, pixels...), one mask as mask[None]"
    functional = None
    y_domain = UNIT

    masks = True

    def _check_present(self, y: Array) -> None:
        super()._check_present(y)
        bad = y[(y != 0) & (y != 1)]
        if bad.size:
            raise ValueError(
                f"{self!r}: y_true must hold masks of 0 and 1 only; got {bad[0]!s}"
            )


def _rows(y: Array, p: Array) -> tuple[Array, Array]:
    """Masks as rows of pixels in float64; what does not count is empty in both."""
    y, p = (pixels.reshape(len(y), -1).astype(np.float64) for pixels in (y, p))
    counts = ~np.isnan(y)
    return np.where(counts, y, 0), np.where(counts, p, 0)


@dataclass(frozen=True)
class OverlapRatio(MaskLoss, abstract=True):
    """1 - TP / (TP + a FP + b FN), counted with probabilities p = expit(f).

    TP is the sum of p over the mask, FP the sum of p outside it and FN the sum of
    1 - p over the mask.  An empty mask has the loss 1 whatever is predicted, and 0
    only if all probabilities are exactly zero, unless ``pseudo_count`` is positive.
    """

    link = LogitLink()
    response = "predict_proba"
    convex = False
    smooth = True
    kinks = ()

    @property
    @abc.abstractmethod
    def prices(self) -> tuple[float, float, float]:
        """a, b, and the pixels that are added above and below the bar."""

    def _counts(self, y: Array, p: Array) -> tuple[Array, Array]:
        """What stands above and below the bar."""
        *_, added = self.prices
        y, p = _rows(y, p)
        above = (y * p).sum(axis=1) + added
        return above, above + self._costs(y, p).sum(axis=1)

    def _costs(self, y: Array, p: Array) -> Array:
        """What each pixel adds below the bar: its part of a FP + b FN."""
        a, b, _ = self.prices
        return a * (1 - y) * p + b * y * (1 - p)

    def _rise(self, y: Array, p: Array) -> Array:
        """The derivative in p of what is below the bar."""
        a, b, _ = self.prices
        return a * (1 - y) + (1 - b) * y

    def _at_prediction(self, y: Array, z: Array) -> Array:
        above, below = self._counts(y, z)
        # Nothing there and nothing predicted: nothing is wrong.
        return np.where(below == 0, 0, 1 - above / np.where(below == 0, 1, below))

    def _value(self, y: Array, f: Array) -> Array:
        return self._at_prediction(y, self.link._inverse(f))

    def _gradient(self, y: Array, f: Array) -> Array:
        p = self.link._inverse(f)
        above, below = self._counts(y, p)
        column = (-1, *[1] * (y.ndim - 1))
        below = np.where(below == 0, 1, below).reshape(column)
        share = above.reshape(column) / below
        slope = (share * self._rise(y, p) - y) / below * expit_slope(f)
        return np.where(np.isnan(y), 0, slope)


@dataclass(frozen=True)
class DiceLoss(OverlapRatio):
    """1 - 2 TP / (2 TP + FP + FN): one minus F1, counted with probabilities.

    Parameters
    ----------
    pseudo_count : float >= 0
        Pixels added to TP, which give an empty mask a slope.

    Isensee et al. 2018, arXiv:1809.10486; the coefficient is of Dice 1945.

    Examples
    --------
    >>> loss = lb.DiceLoss(pseudo_count=0.0)
    >>> loss.value([[1, 1, 0, 0]], [[2.0, -1.0, 0.0, -2.0]]).round(4)
    array([0.3899])
    """

    pseudo_count: float = field(default=0.0, metadata={"domain": NONNEGATIVE})

    title = "Dice loss"
    symbols = {}
    lipschitz = np.inf
    formula = r"\ell(y, p) = 1 - \frac{2 \sum_i y_i p_i}{\sum_i y_i + \sum_i p_i}"
    reference = "isensee2018nnunet"
    likelihood = ""
    elsewhere = (
        Elsewhere(
            "MONAI", "DiceLoss(sigmoid=True)", "1e-5 is added above and below the bar"
        ),
    )

    @property
    def prices(self) -> tuple[float, float, float]:
        return 0.5, 0.5, self.pseudo_count


@dataclass(frozen=True)
class SquaredDiceLoss(OverlapRatio):
    """1 - 2 sum y p / (sum y**2 + sum p**2): the Dice loss of V-Net.

    Unlike the linear form it has use for probabilities between 0 and 1.

    Parameters
    ----------
    pseudo_count : float >= 0
        Pixels added to TP, which give an empty mask a slope.

    Milletari et al. 2016, arXiv:1606.04797.

    Examples
    --------
    >>> loss = lb.SquaredDiceLoss(pseudo_count=0.0)
    >>> loss.value([[1, 1, 0, 0]], [[2.0, -1.0, 0.0, -2.0]]).round(4)
    array([0.2612])
    """

    pseudo_count: float = field(default=0.0, metadata={"domain": NONNEGATIVE})

    title = "squared Dice loss"
    symbols = {}
    lipschitz = 1.0
    formula = r"\ell(y, p) = 1 - \frac{2 \sum_i y_i p_i}{\sum_i y_i^2 + \sum_i p_i^2}"
    reference = "milletari2016vnet"
    likelihood = ""
    elsewhere = (
        Elsewhere(
            "MONAI",
            "DiceLoss(sigmoid=True, squared_pred=True)",
            "1e-5 is added above and below the bar",
        ),
    )

    @property
    def prices(self) -> tuple[float, float, float]:
        return 0.5, 0.5, self.pseudo_count

    def _costs(self, y: Array, p: Array) -> Array:
        return np.square(y - p) / 2

    def _rise(self, y: Array, p: Array) -> Array:
        return p


@dataclass(frozen=True)
class JaccardLoss(OverlapRatio):
    """1 - TP / (TP + FP + FN): one minus the soft intersection over union.

    Parameters
    ----------
    pseudo_count : float >= 0
        Pixels added to TP, which give an empty mask a slope.

    Rahman & Wang 2016, doi:10.1007/978-3-319-50835-1_22.

    Examples
    --------
    >>> loss = lb.JaccardLoss(pseudo_count=0.0)
    >>> loss.value([[1, 1, 0, 0]], [[2.0, -1.0, 0.0, -2.0]]).round(4)
    array([0.561])
    """

    pseudo_count: float = field(default=0.0, metadata={"domain": NONNEGATIVE})

    title = "Jaccard loss"
    symbols = {}
    lipschitz = np.inf
    formula = (
        r"\ell(y, p) = 1 - \frac{\sum_i y_i p_i}"
        r"{\sum_i y_i + \sum_i p_i - \sum_i y_i p_i}"
    )
    reference = "rahman2016optimizing"
    likelihood = ""
    elsewhere = (
        Elsewhere(
            "MONAI",
            "DiceLoss(sigmoid=True, jaccard=True)",
            "1e-5 is added above and below the bar",
        ),
    )

    @property
    def prices(self) -> tuple[float, float, float]:
        return 1.0, 1.0, self.pseudo_count


@dataclass(frozen=True)
class TverskyLoss(OverlapRatio):
    """1 - TP / (TP + alpha FP + beta FN), counted with probabilities.

    alpha = beta = 1/2 is the Dice loss, alpha = beta = 1 the Jaccard loss.

    Parameters
    ----------
    alpha, beta : float > 0
        The price of a false positive and of a false negative pixel, where a true
        positive earns 1.
    pseudo_count : float >= 0
        Pixels added to TP, which give an empty mask a slope.

    Salehi et al. 2017, arXiv:1706.05721.

    Examples
    --------
    >>> loss = lb.TverskyLoss(alpha=0.3, beta=0.7, pseudo_count=0.0)
    >>> loss.value([[1, 1, 0, 0]], [[2.0, -1.0, 0.0, -2.0]]).round(4)
    array([0.4045])
    """

    alpha: float = field(default=0.3, metadata={"domain": POSITIVE})
    beta: float = field(default=0.7, metadata={"domain": POSITIVE})
    pseudo_count: float = field(default=0.0, metadata={"domain": NONNEGATIVE})

    title = "Tversky loss"
    symbols = {"alpha": "α"}
    lipschitz = np.inf
    formula = (
        r"\ell(y, p) = 1 - \frac{\sum_i y_i p_i}{\sum_i y_i p_i"
        r" + \alpha \sum_i (1 - y_i) p_i + \beta \sum_i y_i (1 - p_i)}"
    )
    reference = "salehi2017tversky"
    likelihood = ""
    elsewhere = (
        Elsewhere(
            "MONAI",
            "TverskyLoss(sigmoid=True)",
            "alpha = beta = 0.5 by default; 1e-5 is added above and below the bar",
        ),
    )

    @property
    def prices(self) -> tuple[float, float, float]:
        return self.alpha, self.beta, self.pseudo_count


@dataclass(frozen=True)
class LovaszHingeLoss(MaskLoss):
    """The convex extension of the Jaccard loss, of the hinge errors of the pixels.

    Each pixel has the error e = max(0, 1 - (2y - 1) f).  Sorted from the largest, the
    k-th error is weighted with what the Jaccard loss of the k worst pixels adds to
    that of the k - 1 worst (Lovász).  Where all errors are 0 or 1 it is the Jaccard
    loss of the wrong pixels.  The cost is one sort.

    Yu & Blaschko 2015; Berman et al. 2018, arXiv:1705.08790.

    Examples
    --------
    >>> loss = lb.LovaszHingeLoss()
    >>> loss.value([[1, 1, 0, 0]], [[2.0, -1.0, 0.0, -2.0]]).round(4)
    array([1.1667])
    """

    title = "Lovász hinge loss"
    symbols = {}
    link = IdentityLink()
    response = "decision_function"
    convex = True
    smooth = False
    kinks = ()
    lipschitz = np.inf
    formula = (
        r"\ell(y, f) = \sum_k e_{(k)} \bigl(J(\{1, \dots, k\}) -"
        r" J(\{1, \dots, k - 1\})\bigr), \quad e_i = (1 - (2 y_i - 1) f_i)_+"
    )
    reference = "berman2018lovaszsoftmax"
    likelihood = ""
    elsewhere = (
        Elsewhere(
            "segmentation_models_pytorch",
            'LovaszLoss(mode="binary")',
            "one mask of the whole batch, unless per_image=True",
        ),
    )

    def _errors(self, y: Array, f: Array) -> tuple[Array, Array]:
        """Error and weight of each pixel, in rows."""
        counts = ~np.isnan(y.reshape(len(y), -1))
        y, f = _rows(y, f)
        # Without a weight, behind all others.
        errors = np.where(counts, np.maximum(1 - (2 * y - 1) * f, 0), -1)
        order = np.argsort(-errors, axis=1, kind="stable")
        inside = np.take_along_axis(y, order, axis=1)
        outside = np.take_along_axis(counts - y, order, axis=1)
        total = inside.sum(axis=1, keepdims=True)
        kept, union = total - inside.cumsum(axis=1), total + outside.cumsum(axis=1)
        jaccard = 1 - kept / np.where(union == 0, 1, union)
        weights = np.empty_like(errors)
        steps = np.diff(jaccard, axis=1, prepend=0)
        np.put_along_axis(weights, order, steps, axis=1)
        return np.maximum(errors, 0), np.where(counts, weights, 0)

    def _value(self, y: Array, f: Array) -> Array:
        errors, weights = self._errors(y, f)
        return (errors * weights).sum(axis=1)

    def _gradient(self, y: Array, f: Array) -> Array:
        errors, weights = self._errors(y, f)
        slope = (1 - 2 * y) * (weights * (errors > 0)).reshape(y.shape)
        return np.where(np.isnan(y), 0, slope)
