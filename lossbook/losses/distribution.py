r"""Losses of a forecast that is a distribution: by two moments, or by an ensemble."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossbook.base import Elsewhere, ObjectLoss, OnePassLoss, PointwiseLoss
from lossbook.functionals import MeanVariance
from lossbook.links import IdentityLink, LogVarianceLink
from lossbook.numerics import Array
from lossbook.validation import NONNEGATIVE, REALS, check_shape, check_values


@dataclass(frozen=True)
class GaussianNegativeLogLikelihood(PointwiseLoss):
    """(log(2 pi v) + (y - m)**2 / v) / 2 of a mean m and a variance v = exp(f_2).

    Raw predictions are rows (mean, log variance), predictions rows (mean, variance).
    It is a likelihood: below zero where the density is above one.  At a variance of 0
    it is its limit, inf where y and m differ and -inf where they are equal: so the best
    constant of equal targets, variance 0, has the loss -inf.

    Nix & Weigend 1994, doi:10.1109/ICNN.1994.374138.

    Examples
    --------
    >>> loss = lb.GaussianNegativeLogLikelihood()
    >>> loss([0.0, 1.0], [[0.0, 1.0], [3.0, 2.0]], reduction="none").round(4)
    array([0.9189, 2.2655])
    """

    family = "distribution"
    title = "Gaussian negative log-likelihood"
    symbols = {}
    link = LogVarianceLink()
    response = "predict"
    functional = MeanVariance()
    y_domain = REALS
    convex = False
    smooth = True
    kinks = ()
    lipschitz = np.inf
    formula = r"\ell(y, f) = \tfrac12\bigl(\log 2\pi + f_2 + (y - f_1)^2 e^{-f_2}\bigr)"
    reference = "nix1994estimating"
    likelihood = "Gaussian with its own variance for each case"
    elsewhere = (
        Elsewhere(
            "PyTorch",
            "GaussianNLLLoss",
            "without log(2 pi) / 2; variances below 1e-6 count as that",
        ),
    )

    def _check_shapes(self, y: np.ndarray, f: np.ndarray, name: str) -> None:
        variance = "variance" if name == "y_pred" else "log variance"
        wanted = f"({len(y)}, 2), columns mean, {variance}"
        check_shape(self, name, f, f.shape == (len(y), 2), wanted)

    def _check_predictions(self, name: str, prediction: Array) -> None:
        super()._check_predictions(name, prediction)
        if name == "y_pred":
            check_values(self, "the variance in y_pred", prediction[:, 1], NONNEGATIVE)

    def _scaled(self, y: Array, f: Array) -> tuple[Array, Array]:
        """(y - m) / s, and 1 / s where y and m differ, s the standard deviation."""
        gap = y - f[:, 0]
        shrink = np.exp(np.where(gap == 0, 0, -f[:, 1] / 2))
        return gap * shrink, shrink

    def _value(self, y: Array, f: Array) -> Array:
        spread = np.square(self._scaled(y, f)[0])
        # Of a variance 0, -inf from the logarithm and inf from a gap, the gap decides.
        log_variance = np.where(np.isinf(spread), 0, f[:, 1])
        return (math.log(2 * math.pi) + log_variance + spread) / 2

    def _gradient(self, y: Array, f: Array) -> Array:
        scaled, shrink = self._scaled(y, f)
        return np.column_stack([-scaled * shrink, (1 - np.square(scaled)) / 2])

    def _hessian(self, y: Array, f: Array) -> Array:
        scaled, _ = self._scaled(y, f)
        return np.column_stack([np.exp(-f[:, 1]), np.square(scaled) / 2])


@dataclass(frozen=True)
class EnergyScore(OnePassLoss, ObjectLoss):
    """mean |x_i - y| - mean |x_i - x_j| / 2 of an ensemble x_1 … x_m and an outcome y.

    In one dimension it is the CRPS of the ensemble.  Outcomes have shape (n, d),
    ensembles (n, m, d).  Both means run over all members, i = j included.

    Gneiting & Raftery 2007, doi:10.1198/016214506000001437, section 4.2.

    Examples
    --------
    >>> loss = lb.EnergyScore()
    >>> loss([[0.0]], [[[-1.0], [1.0]]])
    0.5
    """

    family = "ensemble"
    sample = "an outcome and its ensemble"
    object_shape = "(n, d)"
    masks = False
    title = "energy score"
    symbols = {}
    link = IdentityLink()
    response = "predict"
    functional = None
    y_domain = REALS
    convex = False
    smooth = False
    kinks = ()
    lipschitz = 1.0
    formula = (
        r"\ell(y, x) = \tfrac1m \sum_i \lVert x_i - y \rVert"
        r" - \tfrac1{2m^2} \sum_{i, j} \lVert x_i - x_j \rVert"
    )
    reference = "gneiting2007strictly"
    likelihood = ""
    elsewhere = ()

    def _fits(self, y: np.ndarray) -> bool:
        return y.ndim == 2

    def _check_shapes(self, y: np.ndarray, f: np.ndarray, name: str) -> None:
        fits = f.ndim == 3 and (f.shape[0], f.shape[2]) == y.shape and f.shape[1] > 0
        wanted = f"({y.shape[0]}, m, {y.shape[1]}), m members for each outcome"
        check_shape(self, name, f, fits, wanted)

    def _value_and_gradient(self, y: Array, f: Array) -> tuple[Array, Array]:
        m = f.shape[1]
        missed, slope = _distance(f - y[:, None])
        value, gradient = missed.mean(axis=1), slope / m
        for i in range(m):  # member by member, so that no table of pairs is kept
            apart, slope = _distance(f[:, i, None] - f)
            value = value - apart.sum(axis=1) / (2 * m * m)
            gradient[:, i] -= slope.sum(axis=1) / (m * m)
        return value, gradient


def _distance(step: Array) -> tuple[Array, Any]:
    """Length of each vector (last axis), and its direction; no direction for none."""
    unit = np.abs(step).max(axis=-1, keepdims=True)
    unit = np.where(unit == 0, 1, unit)
    length = np.sqrt(np.square(step / unit).sum(axis=-1, keepdims=True)) * unit
    return length[..., 0], step / np.where(length == 0, 1, length)
