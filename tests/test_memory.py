"""A mean over any number of samples needs no temporary of their length."""

import tracemalloc

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


def test_the_peak_would_be_seen() -> None:
    """The same work in one piece takes all of 8 MB an array, several times over."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lb.numerics, "BLOCK_SIZE", 2 * N)
        assert peak(lb.LogCoshLoss(), N) > 8 * MEGABYTE
