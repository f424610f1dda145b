"""The form of the notebooks, and the proof that the checks of it can fail."""

import base64
import itertools
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tomllib
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from markdown_it import MarkdownIt
from nbformat import NotebookNode
from nbformat.v4 import (
    new_code_cell,
    new_markdown_cell,
    new_notebook,
    new_output,
)
from PIL import Image

import lossbook as lb
from tools import colab, form, ledger, normalise, notebooks
from tools.book import (
    ROOT,
    Notebook,
    book_of,
    has_tag,
    notebook_paths,
)
from tools.figures import LEVELS, picture_difference, pngs

# The notebooks of the book


def test_the_cell_for_colab_installs_from_the_repository() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert f"git+{project['project']['urls']['Repository']}" in colab.SOURCE.split()


def test_ledger_agrees_with_the_notebooks() -> None:
    assert ledger.main(["--check"]) == 0


# A small book that has the form

IMPORTS = "import matplotlib.pyplot as plt\nimport numpy as np"
PLOT = """\
x = np.linspace(0, 1, 50)
fig, ax = plt.subplots(figsize=(4, 2.5))
ax.plot(x, x)
ax.plot(x, x**{power})
plt.show()"""
FIGURE = {
    "figure": {"caption": "Two powers.", "name": "fig-powers"},
    "image": {"alt": "The square stays below the straight line."},
}
CLAIM = {
    "id": "A1",
    "kind": "reproduced",
    "statement": "It is 2.",
    "source": "knuth1997",
    "tolerance": "0",
    "published": "2",
    "where": "p. 1",
    "reason": "exact",
}
ILLUSTRATED = {key: CLAIM[key] for key in form.CLAIM_KEYS["illustrated"]}
OURS = {key: CLAIM[key] for key in form.CLAIM_KEYS["ours"]}
ILLUSTRATED["kind"], OURS["kind"] = "illustrated", "ours"
CHECK = """\
# one and one are the two that the book has
published = 2
assert total == published"""

OPENING = """\
(ch-demo)=
# What does a demonstration show?

:::{admonition} You will be able to
:class: objectives
Compute a mean.
:::

:::{bet} How large?
:label: bet-demo
:answer: (2)
- 1
- 2
:::
"""
CLAIM_BOX = """\
## One and one are two

:::{admonition} Claim (A1)
:class: claim
It is two {cite:p}`knuth1997`.
:::
"""
EXERCISE = """\
:::{{exercise}} The {number}th mean
:label: ex-demo-{number}

*code · ★★ · 10 min*
Compute it.
:::
"""
CLOSING = "\n".join(
    [
        ":::{bet-answer} bet-demo\n:::\n",
        "## Summary\n\nA mean is a mean.\n\n## Exercises\n",
        *(EXERCISE.format(number=number) for number in range(1, 6)),
        "## Further reading\n\nNone.",
    ]
)
SOLUTIONS = "(sol-demo)=\n# Solutions\n" + "".join(
    f"\n:::{{solution}} ex-demo-{number}\nDivide.\n:::\n" for number in range(1, 6)
)


def chapter() -> NotebookNode:
    cells = [
        new_markdown_cell(OPENING),
        new_code_cell(IMPORTS, metadata={"tags": ["hide-input"]}),
        new_code_cell(
            PLOT.format(power=2), metadata={"mystnb": FIGURE, "tags": ["hide-input"]}
        ),
        new_markdown_cell(CLAIM_BOX),
        new_code_cell(
            "total = np.add(1, 1)\nprint(f'{total:.1f}')",
            metadata={
                "tags": ["claim", "nbval-check-output", "bet-demo"],
                "claim": CLAIM,
            },
        ),
        new_code_cell(CHECK, metadata={"tags": ["check"]}),
        *(new_code_cell(f"print(f'{{1 / {n}:.3f}}')") for n in range(3, 8)),
        new_markdown_cell(CLOSING),
    ]
    return new_notebook(cells=cells)


def solutions() -> NotebookNode:
    imports = new_code_cell(IMPORTS, metadata={"tags": ["hide-input"]})
    return new_notebook(cells=[new_markdown_cell(SOLUTIONS), imports])


def write(nb: NotebookNode, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(normalise.as_text(nb), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def small_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a chapter, its solutions, a bibliography; the notebooks are run."""
    root = tmp_path_factory.mktemp("book")
    write(chapter(), root / "chapters" / "1-part" / "04-demo.ipynb")
    write(solutions(), root / "chapters" / "solutions" / "04-demo.ipynb")
    (root / "references.bib").write_text("@book{knuth1997,\n  title = {Art}\n}\n")
    toc = "root: index\nparts:\n- chapters:\n  - file: chapters/1-part/04-demo\n"
    (root / "_toc.yml").write_text(toc)
    assert notebooks.main(["run", str(root / "chapters")]) == 0
    return root


@pytest.fixture
def damaged_book(small_book: Path, tmp_path: Path) -> Path:
    """A copy to be damaged."""
    return Path(shutil.copytree(small_book, tmp_path / "copy"))


def findings(path: Path) -> list[form.Finding]:
    return form.check(Notebook(path), book_of(path))


def test_small_book_has_the_form(
    small_book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert notebooks.main(["check", str(small_book / "chapters")]) == 0
    assert capsys.readouterr().out == "2 notebook(s), 0 finding(s)\n"


# Each rule catches its damage

Damage = Callable[[NotebookNode], None]
PROOF = 100


def code(nb: NotebookNode, number: int) -> NotebookNode:
    """Return a code cell: 0 imports, 1 plots, 2 has a claim, 3 to 7 print.

    The one for Colab, which stands before them, is -1. PROOF is the check of the claim.
    """
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    checks = [cell for cell in cells if has_tag(cell, "check")]
    if number == PROOF:
        return checks[0]
    return [cell for cell in cells if cell not in checks][number + 1]


def source(number: int, old: str, new: str) -> Damage:
    """Replace text in the source of a code cell."""

    def damage(nb: NotebookNode) -> None:
        cell = code(nb, number)
        assert old in cell.source
        cell.source = cell.source.replace(old, new)

    return damage


def prose(old: str, new: str) -> Damage:
    """Replace text in every markdown cell."""

    def damage(nb: NotebookNode) -> None:
        cells = [cell for cell in nb.cells if cell.cell_type == "markdown"]
        assert any(old in cell.source for cell in cells)
        for cell in cells:
            cell.source = cell.source.replace(old, new)

    return damage


def prints(text: str, name: str = "stdout") -> Damage:
    """Store another printed output."""

    def damage(nb: NotebookNode) -> None:
        code(nb, 3).outputs = [new_output("stream", name=name, text=text)]

    return damage


def results(**data: str) -> Damage:
    """Store a result of some mime types, written with `_` for `/`."""
    bundle = {mime.replace("_", "/"): value for mime, value in data.items()}

    def damage(nb: NotebookNode) -> None:
        code(nb, 3).outputs = [new_output("execute_result", data=bundle)]

    return damage


def table(*values: float, spec: str | None = None) -> Damage:
    """Store a table of some values, a row each."""
    rows = {f"row {n}": value for n, value in enumerate(values)}
    made = lb.show.table(rows, ["x"], formats=spec)
    return results(text_plain=repr(made), text_html=made._repr_html_())


def field(number: int, *keys: str, value: object) -> Damage:
    """Set a field of a code cell."""

    def damage(nb: NotebookNode) -> None:
        node = code(nb, number)
        for key in keys[:-1]:
            node = node.setdefault(key, NotebookNode())
        node[keys[-1]] = value

    return damage


def tags(*names: str) -> Damage:
    return field(3, "metadata", "tags", value=list(names))


def stored_error(nb: NotebookNode) -> None:
    code(nb, 3).outputs = [new_output("error", ename="E", evalue="", traceback=[])]


def same_id_twice(nb: NotebookNode) -> None:
    nb.cells[-1].id = "in-the-solutions"


def same_figure_twice(nb: NotebookNode) -> None:
    nb.cells.append(new_code_cell(PLOT, metadata={"mystnb": FIGURE}))


def two_figures(nb: NotebookNode) -> None:
    code(nb, 1).outputs *= 2


def no_figure(nb: NotebookNode) -> None:
    code(nb, 1).outputs = []


def figure_as_svg(nb: NotebookNode) -> None:
    data = code(nb, 1).outputs[0].data
    data["image/svg+xml"] = data.pop("image/png")


def three_ignored(nb: NotebookNode) -> None:
    for number in (3, 4, 5):
        code(nb, number).metadata.tags = ["nbval-ignore-output"]
        code(nb, number).source += "\n# nbval: the machine decides"


def colab_cell_again(nb: NotebookNode) -> None:
    nb.cells.append(colab.cell("once-more"))


def drop(number: int) -> Damage:
    def damage(nb: NotebookNode) -> None:
        nb.cells.remove(code(nb, number))

    return damage


def claim(of: dict[str, str], **changed: object) -> Damage:
    """Another claim in the cell that has one."""
    return field(2, "metadata", "claim", value=of | changed)


def same_claim_twice(nb: NotebookNode) -> None:
    code(nb, 4).metadata = code(nb, 2).metadata


def prose_before_the_check(nb: NotebookNode) -> None:
    nb.cells.insert(nb.cells.index(code(nb, PROOF)), new_markdown_cell("Indeed:"))


def prose_tagged_check(nb: NotebookNode) -> None:
    nb.cells[0].metadata.tags = ["check"]


def one_seed_too_often(nb: NotebookNode) -> None:
    tags("one-seed")(nb)
    source(3, "print", "# one-seed: a figure\nprint")(nb)


def add_text_chunk(nb: NotebookNode) -> None:
    """Put back into the PNG what `run` takes out."""
    data = code(nb, 1).outputs[0].data
    body = b"tEXt" + b"Software\0Matplotlib"
    chunk = (
        struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    )
    png = base64.b64decode(data["image/png"])
    data["image/png"] = base64.b64encode(png[:33] + chunk + png[33:]).decode()


def bet_settled_above(nb: NotebookNode) -> None:
    answer = ":::{bet-answer} bet-demo\n:::\n"
    prose(answer, "")(nb)
    nb.cells[0].source = answer + nb.cells[0].source


DAMAGES: list[tuple[Callable, Damage]] = [
    (form.file_size, prints("x" * form.MAX_BYTES)),
    (form.normal_form, field(3, "metadata", "collapsed", value=True)),
    (form.normal_form, add_text_chunk),
    (form.unique_cell_ids, same_id_twice),
    (form.execution_counts, field(3, "execution_count", value=None)),
    (form.execution_counts, field(3, "execution_count", value=9)),
    (form.no_empty_cells, field(3, "source", value=" \n")),
    (form.allowed_tags, tags("nbval-skip")),
    (form.allowed_tags, tags("nbval-raises-exception")),
    (form.allowed_tags, tags("raises-exception")),
    (form.allowed_tags, tags("skip-execution")),
    (form.allowed_tags, source(3, "print", "# NBVAL_SKIP\nprint")),
    (form.ignored_outputs, tags("nbval-ignore-output")),
    (form.ignored_outputs, three_ignored),
    (form.allowed_tags, tags("remove-cell")),
    (form.colab_cell_first, drop(-1)),
    (form.colab_cell_first, source(-1, "lossbook", "otherbook")),
    (form.colab_cell_first, field(-1, "metadata", "tags", value=["hide-input"])),
    (form.plain_python, colab_cell_again),
    (form.plain_python, source(3, "print", "%time print")),
    (form.plain_python, source(3, "print", "!pip install numpy\nprint")),
    (form.imports_first, source(3, "print", "import scipy\nprint")),
    (form.no_volatile_sources, source(0, "import numpy as np", "import time")),
    (
        form.no_volatile_sources,
        source(0, "import numpy as np", "from time import time"),
    ),
    (form.no_volatile_sources, source(3, "1 / 3", "np.__version__")),
    (form.no_hidden_results, source(1, "plt.show()", "plt.plot([1]);  # all")),
    (form.short_cells, source(3, "print", "x = 1\n" * 15 + "print")),
    (form.plumbing_folded, field(0, "metadata", "tags", value=[])),
    (form.plumbing_folded, field(1, "metadata", "tags", value=["full-width"])),
    (form.short_lines, source(3, "print", "# " + "x" * 78 + "\nprint")),
    (
        form.check_cells,
        source(PROOF, "one and one are the two that the book has", "as expected"),
    ),
    (form.check_cells, source(PROOF, "# one", "x = 1\n# one")),
    (form.check_cells, source(PROOF, "assert total == published", "")),
    (form.check_cells, field(PROOF, "outputs", value=[new_output("display_data")])),
    (form.check_cells, field(PROOF, "metadata", "mystnb", value=FIGURE)),
    (form.check_cells, field(PROOF, "metadata", "tags", value=["check", "claim"])),
    (form.check_cells, prose_before_the_check),
    (form.check_cells, prose_tagged_check),
    (form.asserts_in_check_cells, source(3, "print", "assert 1 == 1\nprint")),
    (
        form.asserts_in_check_cells,
        source(3, "print", "np.testing.assert_array_equal(1, 1)\nprint"),
    ),
    (
        form.asserts_can_fail,
        source(PROOF, "total == published", "total == np.add(1, 1)"),
    ),
    (form.one_seed_cells, tags("one-seed")),
    (form.one_seed_cells, source(3, "print", "# one-seed: a figure\nprint")),
    (form.one_seed_cells, one_seed_too_often),
    (form.no_errors_stored, stored_error),
    (form.no_stderr, prints("UserWarning: careful\n", name="stderr")),
    (form.short_outputs, prints("line\n" * 21)),
    (form.short_outputs, table(*range(20))),
    (form.narrow_outputs, prints("x" * 45 + "\n")),
    (form.numbers_written_alike, prints("a share of 95 %\n")),
    (form.numbers_written_alike, prints("n = 10000\n")),
    (form.numbers_written_alike, prose("It is two", "It is 10 000")),
    (form.no_object_reprs, results(text_plain="<__main__.A at 0x7f21c0a83d90>")),
    (form.no_object_reprs, results(text_plain="<Axes: >")),
    (form.no_object_reprs, results(text_plain="<Figure size 640x480 with 1 Axes>")),
    (form.no_object_reprs, results(text_plain="[<matplotlib.lines.Line2D>]")),
    (form.no_object_reprs, results(text_plain="np.float64(0.5)")),
    (
        form.no_object_reprs,
        results(text_plain="Ridge()", text_html="<div id='sk-container-id-1'>"),
    ),
    (form.rounded_numbers, prints("0.30000000000000004\n")),
    (form.rounded_numbers, results(text_plain="123.456789012345")),
    (
        form.rounded_numbers,
        results(text_plain="x", text_markdown="$0.1234567890123456$"),
    ),
    (form.rounded_numbers, table(0.1234567890123456, spec=".16f")),
    (form.no_negative_zero, prints("slope -0.000\n")),
    (form.no_negative_zero, prints("[ 1. -0.]\n")),
    (form.no_machine_traces, prints("read /home/someone/data.csv\n")),
    (form.no_machine_traces, prints("read C:\\data.csv\n")),
    (form.no_machine_traces, prints("took 3.1 ms\n")),
    (form.figures_end_in_show, source(1, "\nplt.show()", "")),
    (form.figures_end_in_show, source(1, "plt.show()", "plt.show()\nx = 1")),
    (form.figures_are_png, two_figures),
    (form.figures_are_png, figure_as_svg),
    (form.figures_described, no_figure),
    (
        form.figures_described,
        field(1, "metadata", "mystnb", "figure", "caption", value=" "),
    ),
    (
        form.figures_described,
        field(1, "metadata", "mystnb", "figure", "name", value="f"),
    ),
    (form.figures_described, field(1, "metadata", "mystnb", "image", "alt", value="")),
    (
        form.figures_described,
        field(1, "metadata", "mystnb", "image", "alt", value="A plot of two curves."),
    ),
    (form.unique_figure_names, same_figure_twice),
    (form.one_labelled_title, prose("(ch-demo)=\n", "")),
    (form.one_labelled_title, prose("(ch-demo)=", "(demo)=")),
    (form.one_labelled_title, prose("## Summary", "# Summary")),
    (form.no_backtick_directives, prose("It is two", "```{note}\nTwo.\n```")),
    (form.no_glue, prose("It is two", "It is {glue:text}`two`.")),
    (form.chapter_length, drop(7)),
    (form.chapter_sections, prose(":class: objectives", ":class: tip")),
    (form.chapter_sections, prose("## Summary", "## In short")),
    (form.chapter_sections, prose("## Further reading", "## Summary")),
    (form.exercises, prose(":::{exercise} The 5th", ":::{note} The 5th")),
    (form.exercises, prose(":label: ex-demo-2", ":label: ex-two")),
    (form.exercises, prose(":label: ex-demo-2\n", "")),
    (form.exercises, prose("{exercise} The 2th mean", "{exercise}")),
    (form.exercises, prose("*code · ★★", "*code · ★★★★")),
    (form.exercises, prose("*code · ★★", "*think · ★")),
    (form.exercises, prose(" · 10 min*", "*")),
    (form.first_screen, drop(1)),
    (form.first_screen, prose(":::{bet} How", ":::{note} How")),
    (form.bets_settled, prose(":label: bet-demo", ":label: bet-other")),
    (form.bets_settled, prose("{bet-answer} bet-demo", "{bet-answer} bet-other")),
    (form.bets_settled, bet_settled_above),
    (form.bets_settled, prose("## Summary", "## The bet, settled: 2\n\n## Summary")),
    (form.bets_settled, field(3, "metadata", "tags", value=["bet-demo"])),
    (form.bets_settled, field(3, "metadata", "tags", value=["bet-other"])),
    (form.solutions_match, prose(":label: ex-demo-2", ":label: ex-demo-9")),
    (form.claims_complete, field(2, "metadata", "tags", value=[])),
    (form.claims_complete, field(2, "metadata", "claim", value={"id": "A1"})),
    (form.claims_complete, field(2, "metadata", "claim", value={"kind": "ours"})),
    (form.claims_complete, claim(CLAIM, kind="famous")),
    (form.claims_complete, field(2, "metadata", "claim", value=[CLAIM, CLAIM])),
    (form.claims_complete, claim(ILLUSTRATED, kind="reproduced")),
    (form.claims_complete, claim(ILLUSTRATED, kind="ours")),
    (form.claims_complete, claim(CLAIM, published="two")),
    (form.claims_complete, claim(CLAIM, source="nobody2000")),
    (form.claims_complete, claim(CLAIM, id="first")),
    (form.claims_complete, claim(CLAIM, statement="")),
    (form.claims_complete, claim(CLAIM, tolerance=0.1)),
    (form.unique_claim_ids, same_claim_twice),
    (form.claims_asserted, field(PROOF, "metadata", "tags", value=[])),
    (form.claims_asserted, drop(PROOF)),
    (form.claims_asserted, field(2, "outputs", value=[])),
    (form.published_numbers, claim(ILLUSTRATED)),
    (form.published_numbers, claim(OURS)),
    (form.published_numbers, source(3, "print", "published = 2\nprint")),
    (form.claims_compared, field(2, "metadata", "tags", value=["claim"])),
    (form.claims_compared, source(2, "print", "# versions: rounding\nprint")),
    (form.claims_boxed, prose("Claim (A1)", "Result (A1)")),
    (form.claims_boxed, prose("Claim (A1)", "Claim (A1, A2)")),
    (form.claims_boxed, prose("Claim (A1)", "Claim (A2)")),
    (form.claims_boxed, prose(":class: claim", ":class: note")),
    (form.claims_boxed, prose(CLAIM_BOX, CLAIM_BOX + CLAIM_BOX)),
    (form.claims_boxed, prose(" {cite:p}`knuth1997`", "")),
    (form.claims_boxed, claim(OURS)),
]


@pytest.mark.parametrize(
    ("rule", "damage"), DAMAGES, ids=[rule.__name__ for rule, _ in DAMAGES]
)
def test_rule_catches_damage(
    rule: Callable, damage: Damage, damaged_book: Path
) -> None:
    path = damaged_book / "chapters" / "1-part" / "04-demo.ipynb"
    other = damaged_book / "chapters" / "solutions" / "04-demo.ipynb"
    partner = normalise.read(other)
    partner.cells[0].id = "in-the-solutions"
    write(partner, other)
    nb = normalise.read(path)
    damage(nb)
    write(nb, path)
    assert rule.__name__ in {finding.rule for finding in findings(path)}


def test_every_rule_has_a_damage() -> None:
    assert {rule for rule, _ in DAMAGES} == set(form.RULES)


@pytest.mark.parametrize(
    ("line", "rule"), [("from numpy import *", "F403"), ("x = 1; y = 2", "E702")]
)
def test_ruff_sees_what_the_form_leaves_to_it(
    line: str, rule: str, damaged_book: Path
) -> None:
    path = damaged_book / "chapters" / "1-part" / "04-demo.ipynb"
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--config"]
    command += [str(ROOT / "pyproject.toml"), "--output-format", "concise", str(path)]
    nb = normalise.read(path)
    source(3, "print", f"{line}\nprint")(nb)
    write(nb, path)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert f" {rule} " in done.stdout


def test_a_table_is_a_number_of_a_claim(damaged_book: Path) -> None:
    path = damaged_book / "chapters" / "1-part" / "04-demo.ipynb"
    nb = normalise.read(path)
    table(2.0)(nb)
    code(nb, 2).outputs = code(nb, 3).outputs
    write(nb, path)
    assert "claims_asserted" not in {finding.rule for finding in findings(path)}


def test_solution_without_an_exercise_is_caught(damaged_book: Path) -> None:
    path = damaged_book / "chapters" / "solutions" / "04-demo.ipynb"
    nb = normalise.read(path)
    prose("ex-demo-5", "ex-demo-6")(nb)
    write(nb, path)
    assert [str(finding).partition(": ")[2] for finding in findings(path)] == [
        "cell 1: solves 'ex-demo-6', expected an exercise of 04-demo.ipynb "
        "[solutions_match]"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<<<<<<< HEAD", "expected JSON"),
        ('{"nbformat": 3}', "expected notebook format 4"),
    ],
)
def test_unreadable_file_is_caught(text: str, message: str, damaged_book: Path) -> None:
    path = damaged_book / "chapters" / "1-part" / "04-demo.ipynb"
    path.write_text(text)
    (finding,) = findings(path)
    assert message in finding.message


def test_check_names_place_and_rule(
    damaged_book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = damaged_book / "chapters" / "1-part" / "04-demo.ipynb"
    nb = normalise.read(path)
    prints("-0.00\n")(nb)
    write(nb, path)
    assert notebooks.main(["check", str(path)]) == 1
    assert capsys.readouterr().out == (
        f"{path}: cell 8: -0.00 in the output, expected a format such as {{x:z.3f}} "
        "[no_negative_zero]\n1 notebook(s), 1 finding(s)\n"
    )


def test_check_refuses_a_path_that_is_no_notebook(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        notebooks.main(["check", str(tmp_path / "absent.ipynb")])


# run

# As in a kernel without lossbook, and one that says what it would install.
HIDE = """\
import importlib.util
importlib.util.find_spec = lambda name: None
get_ipython().register_magic_function(print, magic_name="pip")"""


@pytest.mark.tools
def test_run_twice_changes_no_byte(small_book: Path) -> None:
    for path in notebook_paths(small_book):
        before = path.read_bytes(), path.stat().st_mtime_ns
        assert not notebooks.run(path)
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_run_brings_any_notebook_into_the_stored_form(damaged_book: Path) -> None:
    path = damaged_book / "chapters" / "1-part" / "04-demo.ipynb"
    good = path.read_text()
    nb = normalise.read(path)
    nb.metadata.language_info.version = "3.1"
    cell = code(nb, 3)
    cell.source += "\nprint('x')"
    cell.execution_count = 44
    cell.metadata.collapsed = True
    cell.outputs = [new_output("stream", name=n, text="") for n in ("stdout", "stderr")]
    add_text_chunk(nb)
    text = normalise.as_text(nb)
    own_id = f'   "id": "{code(nb, 4).id}",\n'
    assert own_id in text
    path.write_text(text.replace(own_id, "").rstrip())
    assert notebooks.run(path)
    assert path.read_bytes().endswith(b"}\n")
    assert findings(path) == []
    again = normalise.read(path)
    assert re.fullmatch(r"04-demo-[0-9a-f]{8}", code(again, 4).id)
    code(again, 4).id = code(nb, 4).id
    source(3, "\nprint('x')", "")(again)
    code(again, 3).outputs[0].text = code(again, 3).outputs[0].text.removesuffix("x\n")
    assert normalise.as_text(again) == good


def test_fold_adds_tags_and_nothing_else(damaged_book: Path) -> None:
    path = damaged_book / "chapters" / "1-part" / "04-demo.ipynb"
    before = path.read_bytes()
    nb = normalise.read(path)
    for number in (0, 1):
        code(nb, number).metadata.pop("tags")
    write(nb, path)
    assert len(findings(path)) == 2
    for _ in range(2):
        assert notebooks.main(["fold", str(damaged_book / "chapters")]) == 0
        assert path.read_bytes() == before


@pytest.mark.tools
def test_run_renews_the_cell_for_colab(damaged_book: Path) -> None:
    path = damaged_book / "chapters" / "1-part" / "04-demo.ipynb"
    good = path.read_text()
    for old in ("%pip install -q", "find_spec"):
        path.write_text(good.replace(old, "elsewhere"))
        assert notebooks.run(path)
        assert path.read_text() == good
    nb = normalise.read(path)
    nb.cells.remove(code(nb, -1))
    write(nb, path)
    assert notebooks.run(path)
    assert path.read_text() == good


@pytest.mark.parametrize("installed", [True, False])
def test_cell_for_colab_installs_where_there_is_no_package(installed: bool) -> None:
    nb = new_notebook(cells=[new_code_cell(HIDE), colab.cell("colab")])
    if installed:
        nb.cells.pop(0)
    notebooks.execute(nb, ROOT / "nowhere.ipynb")
    said = "".join(output.get("text", "") for output in nb.cells[-1].outputs)
    asked = f"install -q git+{colab.REPOSITORY}"
    assert said == ("" if installed else f"{asked}\n")


def test_run_stops_at_the_cell_that_raises(
    damaged_book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = damaged_book / "chapters" / "solutions" / "04-demo.ipynb"
    nb = normalise.read(path)
    code(nb, 0).source = "values = []\nvalues[0]"
    nb.cells.append(new_code_cell("print('not reached')"))
    write(nb, path)
    before = path.read_bytes()
    assert notebooks.main(["run", str(path)]) == 1
    assert capsys.readouterr().err == (
        f"{path}: cell 3: IndexError: list index out of range\n"
        "    values = []\n    values[0]\n"
    )
    assert path.read_bytes() == before


def test_notebook_written_by_hand_gets_ids(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "source": ["print(1)"]}
    path = tmp_path / "by hand.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": [cell, cell, cell]}))
    ids = [cell.id for cell in normalise.read(path).cells]
    assert len(set(ids)) == 3
    assert all(re.fullmatch("by-hand-[0-9a-f]{8}", cell_id) for cell_id in ids)
    assert ids == [cell.id for cell in normalise.read(path).cells]


def test_counts_become_those_of_one_run() -> None:
    result = new_output("execute_result", data={"text/plain": "1"}, execution_count=7)
    cells = [
        new_code_cell("1", execution_count=7, outputs=[result]),
        new_markdown_cell("text"),
        new_code_cell("x = 1", execution_count=9),
    ]
    first, _, second = normalise.normalise(new_notebook(cells=cells)).cells
    assert (first.execution_count, second.execution_count) == (1, 2)
    assert first.outputs[0].execution_count == 1


def test_neighbouring_parts_of_a_stream_are_joined() -> None:
    parts = [("stdout", "a"), ("stdout", "b"), ("stderr", "c"), ("stdout", "d")]
    outputs = [new_output("stream", name=name, text=text) for name, text in parts]
    nb = new_notebook(cells=[new_code_cell("x", outputs=outputs)])
    assert [(o.name, o.text) for o in normalise.normalise(nb).cells[0].outputs] == [
        ("stdout", "ab"),
        ("stderr", "c"),
        ("stdout", "d"),
    ]


# nbval, with the comparison of figures in conftest.py

NBVAL_CELLS = [
    IMPORTS,
    PLOT.format(power=2),
    PLOT.format(power=2.03),
    "print(f'{1 / 3:.3f}')",
    PLOT.format(power=3),
    PLOT.format(power=4),
    "print('quiet')",
    "print('all is well')",
    PLOT.format(power=5),
]
DIGIT, CURVE, UNSTORED, UNPRODUCED, STDERR, RAISES, TAGGED = 3, 1, 4, 5, 6, 7, 8


def damage_for_nbval(nb: NotebookNode) -> None:
    """Damage all cells but the first and the third, each in another way."""
    cells = nb.cells
    cells[DIGIT].outputs[0].text = "0.334\n"
    cells[CURVE].outputs = cells[2].outputs
    cells[UNSTORED].outputs = []
    cells[UNPRODUCED].source = "x = 1"
    cells[STDERR].outputs.append(new_output("stream", name="stderr", text="old\n"))
    cells[RAISES].source += "\n1 / 0"
    cells[TAGGED].outputs = cells[2].outputs
    cells[TAGGED].metadata.tags = ["nbval-check-output"]


def run_nbval(folder: Path, option: str) -> str:
    """Run nbval as `make test` does; return its report."""
    command = [sys.executable, "-m", "pytest", "-p", "conftest", "-c", "pyproject.toml"]
    command += ["-p", "no:cacheprovider", "--color=no", "-rA", option, str(folder)]
    # With CI set, pytest repeats every report in its summary.
    env = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )
    return done.stdout + done.stderr


def failed_cells(folder: Path, option: str) -> tuple[dict[str, set[int]], str]:
    """The failed cells of each notebook, and the report."""
    report = run_nbval(folder, option)
    lines = re.findall(r"^(PASSED|FAILED) \S*?(\w+)\.ipynb::Cell (\d+)", report, re.M)
    assert len(lines) == 2 * len(NBVAL_CELLS), report
    failed: dict[str, set[int]] = {"intact": set(), "damaged": set()}
    for outcome, name, number in lines:
        if outcome == "FAILED":
            failed[name].add(int(number))
    return failed, report


@pytest.fixture(scope="module")
def for_nbval(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nbval")
    nb = new_notebook(cells=[new_code_cell(text) for text in NBVAL_CELLS])
    notebooks.execute(nb, folder / "intact.ipynb")
    write(normalise.normalise(nb), folder / "intact.ipynb")
    damage_for_nbval(nb)
    write(nb, folder / "damaged.ipynb")
    return folder


@pytest.mark.tools
def test_strict_nbval_catches_each_damage(for_nbval: Path) -> None:
    failed, report = failed_cells(for_nbval, "--nbval")
    assert failed["intact"] == set()
    assert failed["damaged"] == {
        DIGIT,
        CURVE,
        UNSTORED,
        UNPRODUCED,
        STDERR,
        RAISES,
        TAGGED,
    }
    assert report.count("Figures differ: figure 1 of 1") == 2  # only those of curves


@pytest.mark.tools
def test_lax_nbval_compares_figures_of_tagged_cells_only(for_nbval: Path) -> None:
    failed, _ = failed_cells(for_nbval, "--nbval-lax")
    assert failed == {"intact": set(), "damaged": {RAISES, TAGGED}}


@pytest.mark.tools
def test_a_warning_fails_a_cell_even_where_its_output_is_not_compared(
    tmp_path: Path,
) -> None:
    cells = [IMPORTS, "import warnings\nwarnings.warn('old')"]
    write(new_notebook(cells=[new_code_cell(x) for x in cells]), tmp_path / "w.ipynb")
    done = run_nbval(tmp_path, "--nbval-lax")
    assert "1 failed, 1 passed" in done
    assert "Cell writes to stderr" in done


# The comparison of figures


def png(pixels: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "png")
    return file.getvalue()


def test_tolerance_of_figures() -> None:
    grey = np.full((200, 300, 4), 128)
    shade, few, many = grey.copy(), grey.copy(), grey.copy()
    shade[:, :, 0] += LEVELS
    few[0, :6] = 255
    many[0, :7] = 255
    assert picture_difference(png(grey), png(shade)) is None
    assert picture_difference(png(grey), png(few)) is None
    assert "0.012% of the pixels" in (picture_difference(png(grey), png(many)) or "")
    assert picture_difference(png(grey), png(grey[:100])) == (
        "300 x 200 pixels stored, 300 x 100 produced"
    )


def test_colour_of_what_is_transparent_does_not_count() -> None:
    clear, black = np.full((9, 9, 4), 255), np.zeros((9, 9, 4))
    clear[..., 3] = 0
    assert picture_difference(png(clear), png(black)) is None


def test_one_digit_of_a_tick_label_is_a_difference(for_nbval: Path) -> None:
    stored = pngs(normalise.read(for_nbval / "intact.ipynb").cells[1].outputs)[0]
    pixels = np.asarray(Image.open(BytesIO(stored)).convert("RGBA")).copy()
    pixels[100:106, 50:55] = 0  # the area of one digit
    assert picture_difference(stored, png(pixels))


# The ledger


@pytest.fixture
def claimed_book(damaged_book: Path) -> Path:
    """A book with claims of each kind, and the pages that quote a count."""
    path = damaged_book / "chapters" / "1-part" / "04-demo.ipynb"
    nb = normalise.read(path)
    claims = (
        *(CLAIM | {"id": "B1"}, CLAIM | {"id": "A10", "where": "table 1"}),
        *(ILLUSTRATED | {"id": "A2", "statement": BARS}, OURS | {"id": "C1"}),
    )
    for number, one in enumerate(claims, 2):
        code(nb, number).metadata.claim = one
    write(nb, path)
    for name in ledger.QUOTING:
        text = f"# {name}\n\nHere 9 published results are reproduced.\n"
        (damaged_book / name).write_text(text)
    return damaged_book


BARS = r"The norm $\|x\|$ and $|x|$ agree."


def test_ledger_rows(claimed_book: Path) -> None:
    text = ledger.ledger(claimed_book)
    assert text.startswith("(claims-ledger)=\n# ")
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    cells = [
        token.content
        for opening, token in itertools.pairwise(tokens)
        if opening.type == "td_open"
    ]
    source, chapter = "{cite:t}`knuth1997`", "{ref}`ch-demo`"
    assert cells == [
        *["A10", "It is 2.", "2", f"{source}, table 1", "0: exact", chapter],
        *["B1", "It is 2.", "2", f"{source}, p. 1", "0: exact", chapter],
        *["A2", BARS, source, "0", chapter],
        *["C1", "It is 2.", "0", chapter],
    ]
    counts = re.findall(r"^\d+ .*?[.:]", text, re.MULTILINE)
    assert [count[0] for count in counts] == ["2", "1", "1"]


def test_ledger_refuses_a_claim_of_no_kind(damaged_book: Path) -> None:
    path = damaged_book / "chapters" / "1-part" / "04-demo.ipynb"
    nb = normalise.read(path)
    claim(CLAIM, kind="famous")(nb)
    write(nb, path)
    with pytest.raises(ValueError, match="claim A1 has the kind 'famous', expected"):
        ledger.ledger(damaged_book)


def test_ledger_check_fails_when_a_claim_or_a_count_has_changed(
    claimed_book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "ROOT", claimed_book)
    assert ledger.main(["--check"]) == 1
    assert ledger.main([]) == 0
    assert ledger.main(["--check"]) == 0
    for name in ledger.QUOTING:
        assert "Here 2 published results are" in (claimed_book / name).read_text()
    for name, old, new in (
        (ledger.LEDGER, "It is 2.", "It is 3."),
        (ledger.LEDGER, "2 published results", "3 published results"),
        ("index.md", "2 published", "3 published"),
        ("README.md", "2 published", "3 published"),
    ):
        page = claimed_book / name
        text = page.read_text()
        page.write_text(text.replace(old, new))
        assert page.read_text() != text
        assert ledger.main(["--check"]) == 1
        page.write_text(text)
    (claimed_book / "index.md").write_text("# No count\n")
    with pytest.raises(ValueError, match=r"index\.md: expected '<number> published"):
        ledger.main(["--check"])
