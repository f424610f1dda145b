"""What a release is made of; the builds themselves are left to `make release`."""

import zipfile
from pathlib import Path

import pytest

from tools import edition, release


def test_the_notes_are_those_of_the_edition() -> None:
    assert "edition" in release.notes(f"v{edition.version()}")
    with pytest.raises(ValueError, match=r"the tag must be v.*; got v9\.9"):
        release.notes("v9.9")


def test_an_edition_without_a_section_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edition, "version", lambda: "9.9")
    with pytest.raises(ValueError, match=r"must have a section 9\.9"):
        release.notes("v9.9")


def test_an_archive_holds_one_folder_and_is_always_the_same(tmp_path: Path) -> None:
    (tmp_path / "site" / "deep").mkdir(parents=True)
    (tmp_path / "site" / "deep" / "page.html").write_text("text")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        release.archive(tmp_path / "site", tmp_path / name / "book-1.0.zip")
    one, two = (tmp_path / name / "book-1.0.zip" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert zipfile.ZipFile(one).namelist() == ["book-1.0/deep/page.html"]
