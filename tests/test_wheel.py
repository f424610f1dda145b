"""lossbook alone, as pip installs it: a wheel with the right contents and needs."""

import re
import zipfile
from pathlib import Path

import pytest
from flit_core import buildapi

from tools.book import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        name = buildapi.build_wheel(str(folder))
    return zipfile.ZipFile(folder / name)


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    modules = {
        path.relative_to(ROOT).as_posix() for path in (ROOT / "lossbook").rglob("*.py")
    }
    assert "lossbook/losses/__init__.py" in modules
    inside = {name for name in wheel.namelist() if ".dist-info/" not in name}
    fonts = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "lossbook").rglob("fonts/*")
    }
    assert inside == modules | fonts | {"lossbook/py.typed"}
    for name in modules:
        assert wheel.read(name) == (ROOT / name).read_bytes()
    assert any(Path(name).name == "LICENSE" for name in wheel.namelist())


def test_the_wheel_needs_four_packages(wheel: zipfile.ZipFile) -> None:
    (name,) = [n for n in wheel.namelist() if n.endswith("METADATA")]
    needs = re.findall(r"^Requires-Dist: (.*)$", wheel.read(name).decode(), re.M)
    always = {re.match(r"[\w-]+", need)[0] for need in needs if "extra ==" not in need}
    assert always == {"matplotlib", "numpy", "scikit-learn", "scipy"}
