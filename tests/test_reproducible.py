"""make reproducible sees every byte; the comparison itself is left to the verb."""

from pathlib import Path

from tools.reproducible import differences, files


def test_a_byte_a_name_and_a_missing_file_are_seen(tmp_path: Path) -> None:
    for folder in ("one", "other"):
        (tmp_path / folder / "deep").mkdir(parents=True)
        (tmp_path / folder / "deep" / "same").write_bytes(b"same\n")
        (tmp_path / folder / "line-ends").write_bytes(b"text\n")
    one, other = files(tmp_path / "one"), files(tmp_path / "other")
    assert set(one) == {"deep/same", "line-ends"}
    assert differences(one, other) == []
    (tmp_path / "other" / "line-ends").write_bytes(b"text\r\n")
    (tmp_path / "other" / "deep" / "new").touch()
    assert differences(one, files(tmp_path / "other")) == ["deep/new", "line-ends"]
