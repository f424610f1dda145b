"""What the documents say holds: their examples run, and the book is as they promise."""

import doctest
import importlib
import pkgutil
import re

import nbformat
import numpy as np
import pytest
from nbformat import NotebookNode
from sklearn.linear_model import PoissonRegressor

import lossbook as lb
from tools.book import CHAPTERS, ROOT

MODULES = [m.name for m in pkgutil.walk_packages(lb.__path__, "lossbook.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    module = importlib.import_module(name)
    result = doctest.testmod(module, extraglobs={"lb": lb, "np": np})
    assert result.failed == 0


def test_the_modules_of_wings_are_found() -> None:
    assert "lossbook.losses.residual" in MODULES


def test_every_loss_has_an_example() -> None:
    kinds = {type(loss) for loss in lb.ALL_LOSSES}
    without = [
        kind.__name__
        for kind in kinds
        if f">>> loss = lb.{kind.__name__}(" not in (vars(kind)["__doc__"] or "")
    ]
    assert not without


def test_the_example_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    rng = np.random.default_rng(0)
    X_test, y_test = rng.normal(size=(50, 2)), rng.poisson(2, 50)
    model = PoissonRegressor().fit(X_test, y_test)
    names = {
        "X_test": X_test,
        "y_test": y_test,
        "model": model,
        "raw": np.log(model.predict(X_test)),
        "my_loss": lambda y_true, y_pred: np.mean((y_true - y_pred) ** 2),
        "my_gradient": lambda y_true, y_pred: 2 * (y_pred - y_true) / len(y_true),
    }
    exec(code, names)
    assert capsys.readouterr().out


# ---- what README.md and index.md promise of the chapters


def notebooks(folders: str) -> dict[str, NotebookNode]:
    paths = sorted(CHAPTERS.glob(f"{folders}/*.ipynb"))
    assert paths
    return {path.stem: nbformat.read(path, as_version=4) for path in paths}


def markdown(notebook: NotebookNode) -> str:
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return "\n\n".join(cells)


def opens_and_settles(text: str) -> bool:
    """Whether a bet stands before the first section and its answer in a later one."""
    head, _, rest = text.partition("\n## ")
    return ":::{bet}" in head and bool(re.search(r"^:::\{bet-answer\}", rest, re.M))


def test_every_stored_output_is_compared() -> None:
    exempt = [
        name
        for name, notebook in notebooks("*").items()
        for cell in notebook.cells
        if "nbval-ignore-output" in cell.metadata.get("tags", [])
    ]
    assert exempt == []


def test_every_chapter_is_a_notebook_that_settles_its_bet() -> None:
    chapters = notebooks("[0-9]-*")
    assert not list(CHAPTERS.glob("[0-9]-*/*.md"))
    without = {n for n, nb in chapters.items() if not opens_and_settles(markdown(nb))}
    assert without == {"32-takeaways"}


def test_a_bet_that_is_not_settled_is_seen() -> None:
    text = "# A\n\n:::{bet} How?\n\n## B\n\n:::{bet-answer} bet-b\n\n## Summary"
    assert opens_and_settles(text)
    assert not opens_and_settles(text.replace("{bet-answer}", "{note}"))
    assert not opens_and_settles(text.replace(":::{bet}", "## C\n\n:::{bet}"))


def test_there_are_ten_takeaways_and_each_names_a_chapter() -> None:
    text = markdown(notebooks("6-*")["32-takeaways"])
    items = re.findall(r"^\d+\. (.*)$", text.partition("## Ten sentences")[2], re.M)
    assert len(items) == 10
    assert all("{ref}`ch-" in item for item in items)


def test_a_term_of_the_glossary_has_one_or_two_sentences() -> None:
    page = (CHAPTERS / "appendix" / "glossary.md").read_text(encoding="utf-8")
    terms = page.partition(":::{glossary}\n")[2].partition("\n:::")[0].split("\n\n")
    assert len(terms) > 50
    wrong = [
        term.splitlines()[0]
        for term in terms
        if len(re.findall(r"[.?!](?=\s|$)", term)) not in (1, 2)
    ]
    assert wrong == []
