"""The data sets say what their descriptions say."""

import numpy as np

from lossbook import datasets


def test_telephone_gives_the_published_least_squares_line() -> None:
    """Rousseeuw & Leroy 1987, chapter 2: 0.504 x - 26.01."""
    year, calls = datasets.telephone()
    assert len(year) == len(calls) == 24
    slope, intercept = np.polyfit(year - 1900, calls, 1)
    np.testing.assert_allclose([slope, intercept], [0.504, -26.01], atol=0.005)


def test_quintet_agrees_in_every_label() -> None:
    y, forecasts = datasets.quintet()
    assert y.mean() == 0.5
    labels = np.array([p > 0.5 for p in forecasts.values()])
    assert (labels == labels[0]).all()
    assert (labels[0] == y).mean() == 0.9
    assert len({p.tobytes() for p in forecasts.values()}) == 5


def test_croissants_are_counts_and_always_the_same() -> None:
    sales = datasets.croissants()
    assert sales.shape == (60,)
    assert (sales == np.round(sales)).all()
    assert (sales > 0).all()
    np.testing.assert_array_equal(sales, datasets.croissants())
