"""The cheat sheet: what stands on it, and that it is one sheet."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pypdfium2
import pytest

import lossbook as lb
from tools import pages, pdf, sheet


def test_every_loss_is_in_the_tables_with_what_the_guide_says() -> None:
    rows = {row[0]: row for _, *rows in sheet.tables().values() for row in rows}
    assert set(rows) == {lb.show.title(loss) for loss in lb.losses.ALL_LOSSES}
    assert rows["Poisson deviance"][2:] == (
        "−2 to ∞",
        "the mean",
        "counts; censored times",
    )
    ways = [advice for _, advice in lb.show.paths() if advice.case]
    named = {name for advice in ways for name in lb.show.names(advice)}
    assert sum(bool(row[-1]) for row in rows.values()) == len(named)


def printed(target: Path) -> None:
    """In a thread of its own: another test of this process may hold a browser open."""
    if pdf.find_browser() is None:
        pytest.skip("the sheet is left out: no Chromium here (or set CHROME_PATH)")
    with ThreadPoolExecutor(1) as thread:
        thread.submit(sheet.make_sheet, target).result()


@pytest.mark.tools
@pytest.mark.browser
def test_it_is_one_sheet_with_all_of_it(tmp_path: Path) -> None:
    printed(tmp_path / "sheet.pdf")
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.pdf"]
    with pypdfium2.PdfDocument(tmp_path / "sheet.pdf") as document:
        assert len(document) == 1
        assert [round(side / 72 * 25.4) for side in document[0].get_size()] == [
            297,
            210,
        ]
        text = document[0].get_textpage().get_text_bounded()
    letters = re.sub(r"\W", "", text)
    for loss in lb.losses.ALL_LOSSES:
        assert re.sub(r"\W", "", lb.show.title(loss)) in letters
    assert not list(pages.faults(tmp_path / "sheet.pdf", lambda _: sheet.BLOCK))


@pytest.mark.tools
@pytest.mark.browser
def test_a_second_page_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "STYLE", sheet.STYLE.replace("5.9pt", "8pt"))
    with pytest.raises(SystemExit, match="must be one page, it has 2"):
        printed(tmp_path / "sheet.pdf")
