"""A mean over any number of samples needs no temporary of their length."""

import tracemalloc

import numpy as np
import pytest
from samples import each_loss, sample

import lossbook as lb

N = 1_000_000
MEGABYTE = 2**20


def peak(loss: lb.Loss, n: int) -> int:
    y, f = sample(loss, n)
    tracemalloc.start()
    try:
        loss(y, f)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@each_loss
def test_a_mean_of_a_million_takes_less_than_four_megabytes(loss: lb.Loss) -> None:
    assert peak(loss, N) < 4 * MEGABYTE


@pytest.mark.parametrize(
    "loss", [lb.SquaredError(), lb.BinaryCrossEntropy(), lb.BrierLoss()], ids=repr
)
def test_ten_million_samples_have_the_mean_of_the_thousand_they_repeat(
    loss: lb.Loss,
) -> None:
    y, f = sample(loss, 1000)
    many = loss(np.tile(y, 10_000), np.tile(f, 10_000))
    assert many == pytest.approx(loss(y, f), rel=1e-13)


def test_the_peak_would_be_seen() -> None:
    """The same work in one piece takes all of 8 MB an array, several times over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lb.numerics, "BLOCK_SIZE", 2 * N)
        assert peak(lb.LogCoshLoss(), N) > 8 * MEGABYTE
