"""Look at every page of a PDF: is there ink in a margin, is a page empty?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2

DOTS = 72 / 25.4  # dots a millimetre in a picture of 72 dpi
WHITE = 245  # a darker dot has ink
SLACK = 0.7  # millimetres that a letter or a line may reach beyond the text
# What a page in the middle of a chapter is filled to, at least; below, something that
# may not be divided was pushed to the next page, or is lost.
FILLED = 0.3


@dataclass(frozen=True)
class Block:
    """Where the text of a page stands, in millimetres from the left and the top."""

    left: float
    top: float
    right: float
    bottom: float


def bound(number: int) -> Block:
    """A page of the book: print.css makes the inner margin the wider one."""
    left = 26 if number % 2 else 18
    return Block(left, 22, left + 166, 277)


def faults(
    pdf: Path,
    block: Callable[[int], Block] = bound,
    starts: Collection[int] = (),
    skip: Collection[int] = (),
) -> Iterator[str]:
    """What is wrong, page by page; pages of skip are laid out otherwise.

    Before the pages where something begins a page may be short, and one on the left
    may be empty.
    """
    with pypdfium2.PdfDocument(pdf) as document:
        pages = len(document)
        for number in range(1, pages + 1):
            if number in skip:
                continue
            page = document[number - 1]
            dots = page.render(scale=1, grayscale=True).to_numpy()
            page.close()
            ink = dots.reshape(dots.shape[:2]) < WHITE
            is_last = number == pages or number + 1 in starts
            may_be_empty = is_last and number % 2 == 0
            for fault in faults_of(ink, block(number)):
                yield f"page {number}: {fault}"
            fill = filled(ink, block(number))
            if not fill and not may_be_empty:
                yield f"page {number}: it is empty"
            elif 0 < fill < FILLED and not is_last and number + 2 not in starts:
                yield f"page {number}: only {fill:.0%} of its height is used"


def faults_of(ink: Any, block: Block) -> Iterator[str]:
    """Ink beside the text; above and below it there are head and foot."""
    for side, found in (
        ("left", ink[:, : dot(block.left - SLACK)]),
        ("right", ink[:, dot(block.right + SLACK) :]),
    ):
        if found.any():
            down = np.flatnonzero(found.any(axis=1))[0] / DOTS
            yield f"ink in the {side} margin, {down:.0f} mm from the top"


def filled(ink: Any, block: Block) -> float:
    """The share of the height of the text that has ink, to its last line."""
    top, bottom = dot(block.top - SLACK), dot(block.bottom + SLACK)
    rows = np.flatnonzero(ink[top:bottom].any(axis=1))
    return float((rows[-1] + 1) / (bottom - top)) if len(rows) else 0.0


def dot(millimetres: float) -> int:
    return round(millimetres * DOTS)
