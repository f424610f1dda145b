"""Damage is noticed: one of each kind, in a copy of the repository.

All damages are tried by `make mutate`; builds are left to it.
"""

from pathlib import Path

import pytest

from tools import mutate
from tools.book import ROOT
from tools.copies import copy_of

pytestmark = pytest.mark.tools

ONE_OF_EACH = {
    damage.kind: damage
    for damage in (*mutate.of_lossbook(), *mutate.of_pages())
    if damage.check != mutate.BUILD
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(tmp_path_factory.mktemp("copy"))


# The tests of lossbook are not repeated here.
OF_PAGES = {damage.check for damage in mutate.of_pages()} - {mutate.BUILD}


@pytest.mark.parametrize("check", sorted({mutate.FORM, *OF_PAGES}), ids=" ".join)
def test_without_damage_nothing_is_said(copy: Path, check: tuple[str, ...]) -> None:
    done = mutate.execute(check, copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", mutate.FORMS)
def test_a_damaged_notebook_is_named(copy: Path, kind: str) -> None:
    some = [mutate.SOME, "chapters/1-regression/04-what-a-loss-asks-for.ipynb"]
    damaged, found = mutate.forms_caught(copy, some, mutate.FORMS[kind])
    assert damaged == found == set(some)


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_damage_of_a_kind_is_caught(copy: Path, kind: str) -> None:
    assert mutate.caught(ONE_OF_EACH[kind], copy)


@pytest.mark.parametrize("kind", ["last digit of an output", "plotted curve"])
def test_every_damaged_output_is_named(copy: Path, kind: str) -> None:
    damaged, found = mutate.outputs_caught(copy, [mutate.QUICK], mutate.OUTPUTS[kind])
    assert damaged == found != set()


def test_a_change_that_changes_nothing_is_no_damage(copy: Path) -> None:
    same = mutate.Damage("nothing", "README.md", lambda text: text, mutate.FORM)
    with pytest.raises(AssertionError, match="nothing to damage"):
        mutate.caught(same, copy)
    assert (copy / "README.md").read_bytes() == (ROOT / "README.md").read_bytes()
