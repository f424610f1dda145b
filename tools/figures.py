"""Whether two stored figures show the same picture."""

import base64
from collections.abc import Iterable
from io import BytesIO

import numpy as np
from nbformat import NotebookNode
from PIL import Image

from tools.normalise import without_text_chunks

# In one environment a figure comes out byte for byte the same. Another processor may
# round the last bit of a coordinate differently, which moves the shade of a few edge
# pixels by a level or two. One wrong digit at a tick already changes more than this.
LEVELS = 4  # a pixel differs when a channel (0..255) is further away than this
FRACTION = 1e-4  # of the pixels of a figure may differ


def compare_figures(
    stored: Iterable[NotebookNode], fresh: Iterable[NotebookNode]
) -> str | None:
    """Say how the PNGs among two lists of outputs differ; None if they agree."""
    old, new = pngs(stored), pngs(fresh)
    if len(old) != len(new):
        return f"{len(old)} figure(s) stored, {len(new)} produced by the code"
    for number, pair in enumerate(zip(old, new, strict=True), 1):
        if difference := picture_difference(*pair):
            return f"figure {number} of {len(old)}: {difference}"
    return None


def pngs(outputs: Iterable[NotebookNode]) -> list[bytes]:
    """Return the PNGs among the outputs of a cell."""
    bundles = (output.get("data", {}) for output in outputs)
    return [base64.b64decode(b["image/png"]) for b in bundles if "image/png" in b]


def picture_difference(old: bytes, new: bytes) -> str | None:
    """Say how two PNGs differ as pictures; None within the tolerance."""
    # What is stored has lost the version of matplotlib; decoding takes far longer.
    if without_text_chunks(old) == without_text_chunks(new):
        return None
    a, b = _pixels(old), _pixels(new)
    if a.shape != b.shape:
        (old_height, old_width), (height, width) = a.shape[:2], b.shape[:2]
        return f"{old_width} x {old_height} pixels stored, {width} x {height} produced"
    differs = (np.abs(a - b) > LEVELS).any(axis=-1)
    if differs.mean() <= FRACTION:
        return None
    return (
        f"{differs.mean():.3%} of the pixels differ by more than {LEVELS} of 255 "
        f"levels, {FRACTION:.3%} are tolerated"
    )


def _pixels(png: bytes) -> np.ndarray:
    """Decode to float RGBA, colours times opacity: unseen colours do not count."""
    pixels = np.asarray(Image.open(BytesIO(png)).convert("RGBA"), dtype=float).copy()
    pixels[..., :3] *= pixels[..., 3:] / 255
    return pixels
