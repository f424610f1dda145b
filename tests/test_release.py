"""What a release is made of; the builds themselves are left to `make release`."""

import zipfile
from pathlib import Path

import pikepdf
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


def test_what_is_passed_on_without_a_licence_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "site" / "_static" / "licences"
    folder.mkdir(parents=True)
    for name in ("LICENSE.txt", "LICENSE-TEXT.txt"):
        site = tmp_path / f"without-{name}.zip"
        release.archive(tmp_path / "site", site)
        assert not release.has_licence(site)
        (folder / name).write_text("Do.")
    release.archive(tmp_path / "site", tmp_path / "site.zip")
    assert release.has_licence(tmp_path / "site.zip")
    for member, right in (("a.py", False), ("a-1.dist-info/LICENSE", True)):
        wheel = tmp_path / "a-1-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(member, "")
        assert release.has_licence(wheel) == right
    file = tmp_path / "a.pdf"
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(file)
        assert not release.has_licence(file)
        with document.open_metadata() as about:
            about["dc:rights"] = "Text CC BY 4.0"
        document.save(file)
    assert release.has_licence(file)
