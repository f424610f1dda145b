"""Small fixed data sets, with their truth where there is one.

Real tables are literal; synthetic ones come from a fixed seed, so that every reader
sees the same numbers.
"""

from typing import NamedTuple

import numpy as np

from lossbook.numerics import Array


class Telephone(NamedTuple):
    """International calls from Belgium, 1950 to 1973."""

    year: Array
    calls: Array
    """Tens of millions of calls; 1964 to 1969 were recorded in another unit."""


def telephone() -> Telephone:
    """The Belgian telephone data (Rousseeuw & Leroy 1987, chapter 2, table 3).

    In 1964–1969 the total duration in minutes was recorded instead of the number of
    calls, and the years 1963 and 1970 are partly affected.

    Examples
    --------
    >>> lb.datasets.telephone().calls[:3]
    array([0.44, 0.47, 0.47])
    """
    calls = [
        0.44, 0.47, 0.47, 0.59, 0.66, 0.73, 0.81, 0.88, 1.06, 1.20, 1.35, 1.49,
        1.61, 2.12, 11.9, 12.4, 14.2, 15.9, 18.2, 21.2, 4.3, 2.4, 2.7, 2.9,
    ]  # fmt: skip
    return Telephone(np.arange(1950.0, 1974.0), np.array(calls))


class Quintet(NamedTuple):
    """One set of labels and five forecasts that make the same ten mistakes."""

    y_true: Array
    y_prob: dict[str, Array]


def quintet() -> Quintet:
    """Five classifiers with accuracy 0.9 and little else in common.

    100 cases, 50 of each label; each classifier is right on the same 90.  They differ
    only in the probability given to the predicted label when it is right and when it
    is wrong.

    Examples
    --------
    >>> sorted(lb.datasets.quintet()._fields)
    ['y_prob', 'y_true']
    """
    confidence = {
        "steady": (0.9, 0.9),
        "timid": (0.55, 0.55),
        "certain": (0.999, 0.999),
        "candid": (0.9, 0.55),
        "proud of its errors": (0.7, 0.99),
    }
    y = np.repeat([0.0, 1.0], 50)
    wrong = np.tile(np.arange(50) < 5, 2)
    label = np.where(wrong, 1 - y, y)
    y_prob = {}
    for name, (if_right, if_wrong) in confidence.items():
        given = np.where(wrong, if_wrong, if_right)
        y_prob[name] = np.where(label == 1, given, 1 - given)
    return Quintet(y, y_prob)


def croissants() -> Array:
    """Croissants sold on each of 60 days by a small café.

    Gamma demand with mean 90 and standard deviation 34, rounded: most days are quiet,
    a few are very busy.

    Examples
    --------
    >>> lb.datasets.croissants()[:5]
    array([ 66., 154.,  42.,  67.,  43.])
    """
    rng = np.random.default_rng(4)
    return np.round(rng.gamma(shape=7.0, scale=90 / 7, size=60))
