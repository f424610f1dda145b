"""The reference of lossbook: nothing is missing, and every link leads somewhere."""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from types import SimpleNamespace

import book_api
import pytest
from sphinx.util.inventory import InventoryFile

import lossbook as lb
from tools import site
from tools.book import CHAPTERS, ROOT

MODULES = [
    m.name
    for m in pkgutil.walk_packages(lb.__path__, "lossbook.")
    if book_api.public(importlib.import_module(m.name))
]
INVENTORIES = sorted((ROOT / "site" / "inventories").glob("*.inv"))


def test_every_module_stands_on_one_page() -> None:
    pages = sorted((CHAPTERS / "appendix").glob("api*.md"))
    text = "\n".join(page.read_text(encoding="utf8") for page in pages)
    assert sorted(re.findall(r"^:::\{api\} (\S+)$", text, re.M)) == sorted(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_says_what_it_is(name: str) -> None:
    for thing in book_api.public(importlib.import_module(name)).values():
        first = inspect.cleandoc(thing.__doc__ or "").split("\n\n")[0]
        assert first.endswith((".", ":", "?", "…")), thing.__qualname__


def test_a_name_is_as_short_as_it_can_be() -> None:
    assert book_api.name_of(lb.HuberLoss) == "lossbook.HuberLoss"
    assert book_api.name_of(lb.links.LogitLink) == "lossbook.links.LogitLink"


# ---- what a docstring and a signature become


def test_a_source_below_the_parameters_is_no_parameter() -> None:
    text = "Sum.\n\nParameters\n----------\na : float\n    It.\n\nHuber 1964.\n"
    assert book_api.tail_apart(text) == (
        "Sum.\n\nParameters\n----------\na : float\n    It.\n\n"
        "\n\nReferences\n----------\n\nHuber 1964.\n"
    )
    alone = "Sum.\n\nParameters\n----------\na : float\n    It.\n"
    assert book_api.tail_apart(alone).rstrip() == alone.rstrip()


def test_signs_of_a_docstring_are_no_markup() -> None:
    lines = ["|w|**2 of x_ and ``a*b``, see :meth:`value`.", "", ">>> 2 ** 3", "8"]
    book_api.plain_text(None, "", "", None, None, lines)
    assert lines == [
        r"\|w\|\*\*2 of x\_ and ``a*b``, see :meth:`value`.",
        "",
        ">>> 2 ** 3",
        "8",
    ]


def shown(what: str, thing: object) -> tuple[str, str | None]:
    return book_api.signature(None, what, "", thing, None, "(as before)", None)


def test_types_are_shown_as_the_source_has_them() -> None:
    arguments, result = shown("method", lb.Loss.__call__)
    assert arguments.startswith("(y_true: numpy.typing.ArrayLike, ")
    assert "reduction: Literal['mean', 'sum', 'none']='mean'" in arguments
    assert "ndarray" in result
    assert shown("class", lb.HuberLoss) == ("(as before)", None)


def test_methods_that_are_inherited_are_listed_where_they_are_explained() -> None:
    found = book_api.inherited(lb.links.LogitLink)
    assert "inverse" in found[lb.links.Link]
    assert {"gradient", "value"} <= set(book_api.inherited(lb.HuberLoss)[lb.Loss])
    lines: list[str] = []
    book_api.name_the_inherited(None, "class", "", lb.HuberLoss, None, lines)
    assert ":meth:`gradient <lossbook.Loss.gradient>`" in "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Loss.gradient", "base"),
        # lossbook loads these when they are first used.
        ("booster_objective", "fit/booster"),
        ("check_loss", "judge/checks"),
        ("scorer", "judge/scoring"),
    ],
)
def test_a_link_to_the_source_shows_the_lines_of_the_definition(
    name: str, file: str
) -> None:
    context = {"repository": "https://example.org/book"}
    app = SimpleNamespace(config=SimpleNamespace(html_context=context))
    address = book_api.source_of(app)
    found = address("py", {"module": "lossbook", "fullname": name}) or ""
    path = f"lossbook/{file}.py"
    match = re.search(rf"/blob/main/{path}#L(\d+)-L(\d+)$", found)
    assert match, found
    start, end = match.groups()
    lines = (ROOT / path).read_text(encoding="utf8").splitlines()
    assert f"def {name.rpartition('.')[2]}(" in lines[int(start) - 1]
    assert int(end) > int(start)


# ---- what others link to, and what we link to


@pytest.mark.parametrize("file", INVENTORIES, ids=lambda file: file.stem)
def test_what_we_link_to_exists(file: Path) -> None:
    assert file.stem in book_api.INVENTORIES
    lines = file.read_text(encoding="utf8").splitlines()[3:]
    assert lines == sorted(set(lines))
    for line in lines:
        name, kind, page = line.split()
        module, _, own = name.rpartition(".")
        thing = getattr(importlib.import_module(module), own)
        assert page.endswith(".html")
        if kind == "function":
            assert callable(thing), name


@pytest.fixture(scope="module")
def built() -> Path:
    if not (site.DEFAULT_HTML / "objects.inv").exists():
        pytest.skip("no built book in _build/html: make book builds it")
    return site.DEFAULT_HTML


def test_others_can_link_to_every_public_name(built: Path) -> None:
    with (built / "objects.inv").open("rb") as stream:
        inventory = InventoryFile.load(stream, "", lambda base, page: page)
    places = {name: i[2] for kind in inventory.values() for name, i in kind.items()}
    wanted = {f"lossbook.{name}" for name in lb.__all__ if name != "__version__"}
    wanted -= {f"lossbook.{n}" for n in lb.__all__ if n.isupper()}
    # A wing that defines nothing itself is a page, with a label of its own.
    wings = {n for n in lb.__all__ if inspect.ismodule(getattr(lb, n))} - {
        module.removeprefix("lossbook.") for module in MODULES
    }
    assert {f"api-{wing}" for wing in wings} <= places.keys()
    wanted -= {f"lossbook.{wing}" for wing in wings}
    for module in MODULES:
        for thing in book_api.public(importlib.import_module(module)).values():
            wanted.add(book_api.name_of(thing))
            if inspect.isclass(thing):
                for names in book_api.inherited(thing).values():
                    wanted |= {f"{book_api.name_of(thing)}.{name}" for name in names}
    assert sorted(wanted - places.keys()) == []
    assert "ch-calibration" in places
    for name in ("lossbook.HuberLoss.gradient", "lossbook.links.Link.inverse"):
        page, _, anchor = places[name].partition("#")
        assert f'id="{anchor}"' in (built / page).read_text(encoding="utf8")


def test_the_pages_link_to_the_source_and_to_other_books(built: Path) -> None:
    pages = sorted((built / "chapters" / "appendix").glob("api-*.html"))
    text = "".join(page.read_text(encoding="utf8") for page in pages)
    # The fields of a tuple have no lines of their own: they stand with their class.
    found = re.findall(r'<dl class="py (?!attribute)\w+">\s*(<dt.*?</dt>)', text, re.S)
    assert len(found) > 300
    assert [dt for dt in found if "/blob/main/lossbook/" not in dt] == []
    assert 'href="https://numpy.org/doc/stable/reference/typing.html#' in text
    assert "modules/generated/sklearn.base.BaseEstimator.html" in text
