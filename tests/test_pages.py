"""Whether faults of printed pages are seen: pages drawn here, each with one of them."""

from pathlib import Path

import pikepdf
import pytest

from tools import pages

MM = 72 / 25.4
WHOLE = (26, 22, 166, 255)  # left, top, width, height: all that a right page may hold


def draw(file: Path, *contents: list[tuple[float, float, float, float]]) -> Path:
    """A4 pages with black rectangles, in millimetres from the left and the top."""
    with pikepdf.new() as pdf:
        for boxes in contents:
            page = pdf.add_blank_page(page_size=(210 * MM, 297 * MM))
            lines = [
                f"{x * MM} {(297 - y - h) * MM} {w * MM} {h * MM} re f"
                for x, y, w, h in boxes
            ]
            page.Contents = pdf.make_stream("\n".join(lines).encode())
        pdf.save(file)
    return file


def test_a_page_filled_to_its_margins_is_right(tmp_path: Path) -> None:
    left = (18, *WHOLE[1:])
    head, foot = (26, 12, 60, 3), (184, 285, 8, 3)
    file = draw(tmp_path / "a.pdf", [WHOLE, head, foot], [left], [WHOLE])
    assert list(pages.faults(file)) == []


@pytest.mark.parametrize(
    ("box", "fault"),
    [
        ((193, 50, 3, 3), "page 1: ink in the right margin, 50 mm from the top"),
        ((20, 100, 100, 1), "page 1: ink in the left margin, 100 mm from the top"),
        ((190, 60, 20, 1), "page 1: ink in the right margin, 60 mm from the top"),
    ],
)
def test_ink_in_a_margin_is_found(
    tmp_path: Path, box: tuple[float, float, float, float], fault: str
) -> None:
    file = draw(tmp_path / "a.pdf", [WHOLE, box])
    assert list(pages.faults(file)) == [fault]
    assert list(pages.faults(file, skip={1})) == []


def test_empty_pages_are_found_unless_something_begins_on_the_right(
    tmp_path: Path,
) -> None:
    left = (18, *WHOLE[1:])
    file = draw(tmp_path / "a.pdf", [WHOLE], [], [WHOLE], [left], [], [left])
    assert list(pages.faults(file, starts={3})) == ["page 5: it is empty"]
    # Before a beginning on the left no page is needed.
    found = list(pages.faults(file, starts={6}))
    assert found == ["page 2: it is empty", "page 5: it is empty"]


def test_a_page_with_a_heading_alone_is_found(tmp_path: Path) -> None:
    heading = (26, 22, 80, 8)
    file = draw(tmp_path / "a.pdf", [heading], [(18, *WHOLE[1:])], [heading])
    assert list(pages.faults(file)) == ["page 1: only 3% of its height is used"]
    assert list(pages.faults(file, starts={2})) == []
