"""The form of a notebook: what must hold in the file for nbval to mean something.

nbval proves that the stored outputs are those of the code. It cannot see a cell that
was never run, an output that differs on the next machine, a figure without alt text or
an exercise without a solution. Each rule below sees one such thing. A rule takes a
notebook and its book and yields, for each finding, the number of the cell (None for
the whole notebook) and what is wrong and what is expected.

To add a rule: write the function, put it in RULES at the end, and damage a notebook in
tests/test_notebooks.py so that it is caught.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

from nbformat import NotebookNode

from tools import colab, figures, normalise
from tools.asserts import Names, empty_asserts
from tools.book import (
    Book,
    Notebook,
    claims_of,
    figure_name,
    first_comment,
    has_tag,
    shown,
)

Findings = Iterator[tuple[int | None, str]]
Rule = Callable[[Notebook, Book], Findings]
Node = TypeVar("Node", bound=ast.AST)

MAX_BYTES = 1_000_000
MAX_OUTPUT_LINES = 20
MAX_CODE_LINES = 15  # blank lines and comment lines are not counted
MAX_LINE_LENGTH = 79
MAX_PRINTED_LENGTH = 44  # what a phone shows of a line
MAX_IGNORED_OUTPUTS = 2
CODE_CELLS = range(8, 46)  # those that prove another (tag check) are not counted
EXERCISES = range(5, 9)
ALT_LENGTH = range(10, 401)
SECTIONS = ("## Summary", "## Exercises", "## Further reading")
LABEL_PREFIX = {"chapter": "ch-", "page": "ch-", "solutions": "sol-", "appendix": ""}
# A published number that comes out; a published theorem on our numbers; an experiment.
CLAIM_KEYS = {
    "reproduced": {
        *("id", "kind", "statement", "source", "tolerance"),
        *("published", "where", "reason"),
    },
    "illustrated": {"id", "kind", "statement", "source", "tolerance"},
    "ours": {"id", "kind", "statement", "tolerance"},
}
ONE_SEED_IN = 40  # of so many code cells of the book one may rest on a single seed
SENTENCE_WORDS = 4  # "the fit is exact": less says nothing to a reader

# Nothing that keeps a cell from being run or compared; nbval-ignore-output has a rule
# of its own.
ALLOWED_TAGS = {
    "check",
    "claim",
    "full-width",
    "hide-cell",
    "hide-input",
    "hide-output",
    "margin",
    "nbval-check-output",
    "nbval-ignore-output",
    "one-seed",
    "remove-input",
}
BET = re.compile(r"bet-[a-z0-9-]+")  # labels a bet, and tags the cell with its answer
FOLDED = ("hide-input", "hide-cell", "remove-input")
# Their results differ from run to run or from machine to machine.
VOLATILE_MODULES = {"datetime", "getpass", "platform", "socket", "tempfile", "time"}
VOLATILE_MODULES |= {"timeit", "uuid"}

OBJECT_REPR = re.compile(
    r"\bat 0x[0-9a-f]+|\b0x[0-9a-f]{6,}\b|<Figure size|<Axes|<matplotlib|"
    r"<(?:bound method|function|generator|module)\b|^Text\("
)
NUMPY_REPR = re.compile(r"\bnp\.(?:(?:float|int|uint|bool|str)\w*\(|True_|False_)")
NUMBER = re.compile(r"\d*\.\d+")
# A number as it is not written here: 5 %, 10 000, 10000 (but issue 11057, 2.71828).
ODD_NUMBER = re.compile(
    r"\d[ \u00a0\u202f]%|(?<![\d.,])\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?![\d.])|"
    r"(?<![\w.,+-])(?<!issue )(?<!request )\d{5,}(?![\w])"
)
NO_PROSE = re.compile(
    r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$|\]\([^)]*\)|<http[^>]*>", re.S
)
NEGATIVE_ZERO = re.compile(r"(?<![\w.)])-0(?:\.0*)?(?![\d.])")
MACHINE_PATH = re.compile(
    r"(?<![\w:/.])/(?:home|root|tmp|usr|var|opt|mnt|Users|private|content)/|"
    r"\b[A-Z]:\\|site-packages"
)
TIMING = re.compile(r"\d ?(?:ms|µs|μs|us|ns)\b|\b[Ww]all time\b|\bCPU times\b")


@dataclass(frozen=True)
class Finding:
    """One place where a notebook breaks a rule."""

    path: Path
    cell: int | None
    message: str
    rule: str

    def __str__(self) -> str:
        place = f"cell {self.cell}" if self.cell else "whole notebook"
        return f"{shown(self.path)}: {place}: {self.message} [{self.rule}]"


def check(page: Notebook, book: Book) -> list[Finding]:
    """Return everything a notebook breaks, in the order of its cells."""
    try:
        normalise.read(page.path)
    except ValueError as error:
        return [Finding(page.path, None, str(error), "readable")]
    findings = [
        Finding(page.path, cell, message, rule.__name__)
        for rule in RULES
        for cell, message in rule(page, book)
    ]
    return sorted(findings, key=lambda finding: finding.cell or 0)


# The file


def file_size(page: Notebook, book: Book) -> Findings:
    """A notebook stays small enough for a diff, a phone and GitHub's viewer."""
    size = len(page.text.encode())
    if size >= MAX_BYTES:
        yield None, f"{size:,} bytes, expected fewer than {MAX_BYTES:,}"


def normal_form(page: Notebook, book: Book) -> Findings:
    """The file is what `tools.notebooks run` writes: no other metadata, stable bytes.

    The one rule that catches ids left out, counts of another run, a PNG with the
    version of matplotlib in it, or a file saved by hand after the last run.
    """
    fresh = normalise.read(page.path)
    if page.text != normalise.as_text(normalise.normalise(fresh)):
        yield None, "not in the stored form, expected: python -m tools.notebooks run"


def unique_cell_ids(page: Notebook, book: Book) -> Findings:
    """A cell id stands once in the whole book: the site makes anchors of them."""
    for n, cell in page.cells:
        for other in book.cell_ids[cell.id]:
            if other != (page.path, n):
                place = f"cell {other.cell} of {shown(other.path)}"
                yield (
                    n,
                    f"id {cell.id!r} is also in {place}, expected one of its own: "
                    "delete the id and run the notebook",
                )


# How a cell was run


def execution_counts(page: Notebook, book: Book) -> Findings:
    """Counts go 1..n: all outputs come from one run, from the top.

    nbval does not compare a cell without a count.
    """
    for expected, (n, cell) in enumerate(page.code, 1):
        if cell.execution_count != expected:
            found = cell.execution_count
            yield n, f"execution count {found}, expected {expected}: run the notebook"


def no_empty_cells(page: Notebook, book: Book) -> Findings:
    """A cell has content."""
    for n, cell in page.cells:
        if not cell.source.strip():
            yield n, f"empty {cell.cell_type} cell, expected content or no cell"


def allowed_tags(page: Notebook, book: Book) -> Findings:
    """Tags come from the list above: none that skips a cell or lets it raise.

    nbval obeys comments such as `# NBVAL_SKIP` too, so they are forbidden.
    """
    for n, cell in page.cells:
        for tag in cell.metadata.get("tags", []):
            allowed = tag in ALLOWED_TAGS or BET.fullmatch(tag)
            if not allowed and not colab.is_colab_cell(cell):
                expected = ", ".join(sorted(ALLOWED_TAGS))
                yield n, f"tag {tag!r}, expected one of {expected}, or a bet's label"
        for marker in re.findall(r"^\s*#+\s*((?:NBVAL|PYTEST)_\w+)", cell.source, re.M):
            yield n, f"comment {marker!r} steers nbval, expected a tag"


def ignored_outputs(page: Notebook, book: Book) -> Findings:
    """An output that nbval does not compare is rare and says why."""
    ignored = [
        (n, cell)
        for n, cell in page.code
        if "nbval-ignore-output" in cell.metadata.get("tags", [])
    ]
    for n, cell in ignored:
        if not re.search(r"^# nbval: \S", cell.source, re.M):
            yield n, "nbval-ignore-output, expected a comment '# nbval: <reason>'"
    for n, _ in ignored[MAX_IGNORED_OUTPUTS:]:
        yield n, f"nbval-ignore-output, expected at most {MAX_IGNORED_OUTPUTS} of them"


# The code of a cell


def colab_cell_first(page: Notebook, book: Book) -> Findings:
    """The first code cell gets lossbook where there is none; no reader sees it.

    It is the one cell that installs, and the one that the page leaves out.
    """
    for n, cell in page.code[:1]:
        if not colab.is_colab_cell(cell):
            yield (
                n,
                "first code cell, expected the one of tools/colab.py: "
                "python -m tools.notebooks run",
            )


def plain_python(page: Notebook, book: Book) -> Findings:
    """Code is Python: no `!pip`, no `%magic`, no `object?`."""
    for n, cell in _code_for_readers(page):
        if _tree(cell) is None:
            yield n, "does not parse, expected plain Python without magics"


def imports_first(page: Notebook, book: Book) -> Findings:
    """All imports stand in the first code cell."""
    for n, cell in _code_for_readers(page)[1:]:
        for node in _imports(cell):
            yield n, f"{ast.unparse(node)!r}, expected in the first code cell"


def no_volatile_sources(page: Notebook, book: Book) -> Findings:
    """Nothing is computed from the clock, the machine or a version."""
    for n, cell in page.code:
        for node in _imports(cell):
            names = [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in VOLATILE_MODULES.intersection(names):
                yield n, f"imports {name}, expected results that are always the same"
        for attribute in _nodes(cell, ast.Attribute):
            if attribute.attr == "__version__":
                yield n, "reads __version__, expected results that are always the same"


def no_hidden_results(page: Notebook, book: Book) -> Findings:
    """No `;` at the end of a cell: Jupyter hides the result and nbval does not.

    It is the one place where ruff allows it.
    """
    for n, cell in page.code:
        if any(re.search(r";\s*(#.*)?$", line) for line in _code_lines(cell)[-1:]):
            yield n, "';' at the end, expected none, and plt.show() after a plot"


def short_cells(page: Notebook, book: Book) -> Findings:
    """A cell does one thing; more belongs to lossbook, with a test."""
    for n, cell in page.code:
        lines = len(_code_lines(cell))
        if lines > MAX_CODE_LINES:
            yield n, f"{lines} lines of code, expected at most {MAX_CODE_LINES}"


def plumbing_folded(page: Notebook, book: Book) -> Findings:
    """Code that only serves the page is folded: imports, and what draws a figure.

    What stands open is what a reader would type to do the job.
    """
    for n, cell in _code_for_readers(page):
        if is_open_plumbing(cell):
            yield (
                n,
                "imports or a figure in open code, expected the tag hide-input: "
                "python -m tools.notebooks fold",
            )


def short_lines(page: Notebook, book: Book) -> Findings:
    """A line of code fits on the page without a scroll bar."""
    for n, cell in page.code:
        for line in cell.source.splitlines():
            if len(line) > MAX_LINE_LENGTH:
                yield (
                    n,
                    f"line of {len(line)} characters, expected at most "
                    f"{MAX_LINE_LENGTH}: {line.strip()[:40]}...",
                )


# Checks


def check_cells(page: Notebook, book: Book) -> Findings:
    """A cell tagged check says in words what it asserts, and does nothing else.

    The page shows it as one line, the sentence; so it prints and draws nothing, and it
    stands behind the cell that it proves.
    """
    before = None
    for n, cell in page.cells:
        previous, before = before, cell
        if not has_tag(cell, "check"):
            continue
        if cell.cell_type != "code":
            yield n, "tag check on prose, expected it on a code cell"
            continue
        words = re.findall(r"[A-Za-z]{2,}|\b[aAI]\b", first_comment(cell.source))
        if len(words) < SENTENCE_WORDS:
            yield (
                n,
                f"check cell begins {cell.source.splitlines()[:1]}, expected a comment "
                "that says in a sentence what is checked",
            )
        if not _asserts(cell):
            yield n, "check cell without an assert, expected one"
        if cell.outputs or "mystnb" in cell.metadata:
            yield n, "check cell with an output or a figure, expected neither"
        if has_tag(cell, "claim"):
            yield n, "tags check and claim, expected a check cell behind the claim"
        if previous is None or previous.cell_type != "code":
            yield n, "check cell behind prose, expected it behind the cell it proves"


def asserts_in_check_cells(page: Notebook, book: Book) -> Findings:
    """Asserts stand in check cells only: what a reader copies is the computation."""
    for n in asserts_outside_checks(page):
        yield n, "assert, expected it in a cell of its own with the tag check"


def asserts_can_fail(page: Notebook, book: Book) -> Findings:
    """An assert compares two things that were found in two ways."""
    trees = {n: tree for n, cell in page.code if (tree := _tree(cell))}
    names = Names.of(trees.values())
    for n, tree in trees.items():
        for said in empty_asserts(tree, names):
            yield n, f"assert {said}, expected two things that could differ"


def one_seed_cells(page: Notebook, book: Book) -> Findings:
    """A cell that rests on one drawn sample is rare and says why."""
    tagged = {n for n, cell in page.cells if has_tag(cell, "one-seed")}
    said = {
        n for n, cell in page.code if re.search(r"^# one-seed: \S", cell.source, re.M)
    }
    for n in sorted(tagged ^ said):
        yield n, "expected both the tag one-seed and a comment '# one-seed: <reason>'"
    cells = [cell for page in book.notebooks for _, cell in page.code]
    ours = [cell for cell in cells if has_tag(cell, "one-seed")]
    if tagged and len(ours) * ONE_SEED_IN > len(cells):
        yield (
            min(tagged),
            f"{len(ours)} of {len(cells)} cells of the book are tagged one-seed, "
            f"expected at most one in {ONE_SEED_IN}",
        )


# Stored outputs


def no_errors_stored(page: Notebook, book: Book) -> Findings:
    """No stored traceback: a failing call is shown with try/except and a print."""
    for n, output in _outputs(page):
        if output.output_type == "error":
            yield n, f"stored {output.ename}, expected a cell that runs"


def no_stderr(page: Notebook, book: Book) -> Findings:
    """No stored warning: it is cured, not published."""
    for n, output in _outputs(page):
        if output.get("name") == "stderr":
            first = output.text.strip().splitlines()[:1]
            yield n, f"stored stderr {first}, expected the warning to be cured"


def short_outputs(page: Notebook, book: Book) -> Findings:
    """A reader reads twenty lines, not two hundred."""
    for n, cell in page.code:
        lines = sum(len(_plain_text(output).splitlines()) for output in cell.outputs)
        if lines > MAX_OUTPUT_LINES:
            yield n, f"{lines} lines of output, expected at most {MAX_OUTPUT_LINES}"


def narrow_outputs(page: Notebook, book: Book) -> Findings:
    """What is printed fits on a phone; what is compared stands in a table."""
    if page.kind not in ("chapter", "solutions"):
        return
    for n, output in _outputs(page):
        if _is_table(output):
            continue
        longest = max(map(len, _plain_text(output).splitlines()), default=0)
        if longest > MAX_PRINTED_LENGTH:
            yield (
                n,
                f"printed line of {longest} characters, expected at most "
                f"{MAX_PRINTED_LENGTH} or lb.show.table",
            )


def no_object_reprs(page: Notebook, book: Book) -> Findings:
    """No addresses, no `<Axes: >`, no `np.float64(...)`: print what is meant."""
    for n, output in _outputs(page):
        for pattern in (OBJECT_REPR, NUMPY_REPR):
            for found in pattern.findall(_text(output)):
                yield n, f"{found!r} in the output, expected an f-string printed"
        if "sk-container-id" in output.get("data", {}).get("text/html", ""):
            yield n, "an estimator's HTML in the output, expected an f-string printed"


def rounded_numbers(page: Notebook, book: Book) -> Findings:
    """No number with 15 digits: the last ones belong to the machine."""
    for n, output in _outputs(page):
        for number in NUMBER.findall(_text(output)):
            if len(number.replace(".", "").lstrip("0")) >= 15:
                yield n, f"{number} in the output, expected 3 significant digits"


def numbers_written_alike(page: Notebook, book: Book) -> Findings:
    """95%, not 95 %; 10,000, not 10 000 and not 10000."""
    for n, cell in page.cells:
        if cell.cell_type == "markdown":
            texts = [NO_PROSE.sub("", cell.source)]
        else:
            about = cell.metadata.get("mystnb", {})
            texts = [
                about.get("figure", {}).get("caption", ""),
                about.get("image", {}).get("alt", ""),
                *(line for line in cell.source.splitlines() if line[:1] == "#"),
                # What stands in columns is not one number.
                *(re.sub("  +", "\n", _plain_text(o)) for o in cell.outputs),
            ]
        for text in texts:
            for found in ODD_NUMBER.findall(NO_PROSE.sub("", text)):
                yield n, f"{found!r}, expected 95% and 10,000"


def no_negative_zero(page: Notebook, book: Book) -> Findings:
    """No `-0.000`: its sign changes from machine to machine."""
    for n, output in _outputs(page):
        for found in NEGATIVE_ZERO.findall(_text(output)):
            yield n, f"{found} in the output, expected a format such as {{x:z.3f}}"


def no_machine_traces(page: Notebook, book: Book) -> Findings:
    """No paths and no timings of the machine it was run on."""
    for n, output in _outputs(page):
        for pattern, what in ((MACHINE_PATH, "path"), (TIMING, "timing")):
            for found in pattern.findall(_text(output)):
                yield n, f"{what} {found!r} in the output, expected none"


# Figures


def figures_end_in_show(page: Notebook, book: Book) -> Findings:
    """A cell with a figure calls plt.show(), last of all unless it prints as well."""
    for n, cell in page.code:
        if not _images(cell):
            continue
        lines = [line.strip() for line in _code_lines(cell)]
        prints = any(_plain_text(output) for output in cell.outputs)
        if "plt.show()" not in (lines if prints else lines[-1:]):
            yield n, "cell with a figure, expected to end in plt.show()"


def figures_are_png(page: Notebook, book: Book) -> Findings:
    """A figure is one PNG a cell: the only kind whose pixels are compared.

    Two figures of one cell would share a caption and a name.
    """
    for n, cell in page.code:
        mimes = _images(cell)
        if len(mimes) > 1:
            yield n, f"{len(mimes)} figures, expected one a cell"
        for mime in set(mimes) - {"image/png"}:
            yield n, f"figure of type {mime}, expected image/png"


def figures_described(page: Notebook, book: Book) -> Findings:
    """A figure has a caption, a name and an alt text; so no figure, no description."""
    for n, cell in page.code:
        described = cell.metadata.get("mystnb", {})
        figure = described.get("figure", {})
        if not _images(cell):
            if figure:
                yield n, "mystnb.figure without a stored figure, expected one"
            continue
        if not figure.get("caption", "").strip():
            yield n, "figure without a caption, expected mystnb.figure.caption"
        if not re.fullmatch(r"fig-[a-z0-9-]+", figure.get("name", "")):
            name = figure.get("name")
            yield n, f"figure name {name!r}, expected mystnb.figure.name 'fig-...'"
        alt = described.get("image", {}).get("alt", "").strip()
        if len(alt) not in ALT_LENGTH:
            bounds = f"{ALT_LENGTH[0]} to {ALT_LENGTH[-1]}"
            yield n, f"mystnb.image.alt has {len(alt)} characters, expected {bounds}"
        if re.match(r"(?:an? |the )?(?:plot of|figure|image)\b", alt, re.IGNORECASE):
            yield n, f"alt text '{alt[:20]}...', expected what is seen, not its kind"


def unique_figure_names(page: Notebook, book: Book) -> Findings:
    """A figure's name stands once in the whole book: the text refers to it."""
    for n, cell in page.code:
        name = figure_name(cell)
        for other in book.figure_names[name] if name else ():
            if other != (page.path, n):
                place = f"cell {other.cell} of {shown(other.path)}"
                yield n, f"figure name {name!r} is also in {place}, expected a new one"


# Prose


def one_labelled_title(page: Notebook, book: Book) -> Findings:
    """One H1, and above it the label by which other pages refer to this one."""
    titles = [n for n, line in page.headings if line.startswith("# ")]
    if len(titles) != 1:
        yield None, f"{len(titles)} headings '# ...', expected exactly one"
    prefix = LABEL_PREFIX[page.kind]
    if not page.label or not page.label.startswith(prefix):
        yield None, f"label {page.label!r} above the H1, expected '({prefix}...)='"


def no_backtick_directives(page: Notebook, book: Book) -> Findings:
    """Colon fences only: plain Jupyter and Colab still show what stands in them."""
    for n, cell in page.cells:
        if cell.cell_type == "markdown":
            for fence in re.findall(r"^\s*[`~]{3,}\{[\w:-]*\}?", cell.source, re.M):
                yield n, f"'{fence.strip()}', expected ':::{{...}}'"


def no_glue(page: Notebook, book: Book) -> Findings:
    """No {glue}: outside the built site the number would be missing."""
    for n, cell in page.cells:
        if cell.cell_type == "markdown" and re.search(r"\{glue[:}]", cell.source):
            yield n, "{glue}, expected the number in a printed output"


def chapter_length(page: Notebook, book: Book) -> Findings:
    """A chapter is read and run in one sitting."""
    cells = _code_for_readers(page)
    count = sum(not has_tag(cell, "check") for _, cell in cells)
    if page.kind == "chapter" and count not in CODE_CELLS:
        bounds = f"{CODE_CELLS[0]} to {CODE_CELLS[-1]}"
        yield None, f"{count} code cells without checks, expected {bounds}"


def chapter_sections(page: Notebook, book: Book) -> Findings:
    """A chapter states what it teaches and ends in the same three sections."""
    if page.kind != "chapter":
        return
    boxes = [
        box
        for _, box in page.named("admonition")
        if box.argument == "You will be able to"
        and "objectives" in box.options.get("class", "").split()
    ]
    if len(boxes) != 1:
        yield (
            None,
            f"{len(boxes)} boxes ':::{{admonition}} You will be able to' with "
            "':class: objectives', expected one",
        )
    found = tuple(line.strip() for _, line in page.headings if line.strip() in SECTIONS)
    if found != SECTIONS:
        yield None, f"sections {found}, expected {SECTIONS} in this order"


def exercises(page: Notebook, book: Book) -> Findings:
    """A chapter has 5 to 8 exercises, each titled, labelled, with kind and minutes."""
    if page.kind != "chapter":
        return
    found = page.named("exercise")
    if len(found) not in EXERCISES:
        bounds = f"{EXERCISES[0]} to {EXERCISES[-1]}"
        yield None, f"{len(found)} exercises, expected {bounds}"
    word = (page.label or "").removeprefix("ch-")
    for number, (n, exercise) in enumerate(found, 1):
        label, expected = exercise.options.get("label"), f"ex-{word}-{number}"
        if label != expected:
            yield n, f"exercise {number} has label {label!r}, expected {expected!r}"
        if not exercise.argument:
            yield n, f"exercise {number} has no title, expected ':::{{exercise}} Title'"
        first = next(filter(str.strip, exercise.body), "")
        kind = r"\*(?:paper|code|discuss) · ★{1,3} · \d+ min\*"
        if not re.fullmatch(kind, first.strip()):
            yield (
                n,
                f"exercise {number} begins {first!r}, expected '*kind · ★ · 10 min*' "
                "with kind paper, code or discuss and one to three stars",
            )


def first_screen(page: Notebook, book: Book) -> Findings:
    """A chapter opens with a picture and a bet."""
    if page.kind != "chapter":
        return
    opening: list[str] = []
    pictures = 0
    for n, cell in page.cells:
        pictures += bool(figures.pngs(cell.get("outputs", [])))
        lines = dict(page.prose).get(n, [])
        opening += takewhile(lambda line: not line.startswith("## "), lines)
        if any(line.startswith("## ") for line in lines):
            break
    if not pictures and not any(li.startswith(":::{interactive}") for li in opening):
        yield None, "no picture before the first section, expected one"
    if not any(line.startswith(":::{bet}") for line in opening):
        yield None, "no bet before the first section, expected one"


def bets_settled(page: Notebook, book: Book) -> Findings:
    """A bet has a cell with its label as a tag, and is settled once, further down.

    The build of the site reads the answer there and fails if there is none. Headings
    are listed beside the bet, so the one above its answer must not say it.
    """
    for n, lines in page.prose:
        for line in lines:
            if line.startswith("## The bet, settled") and line != "## The bet, settled":
                yield n, f"{line!r}, expected '## The bet, settled', without the answer"
    labels = [(n, box.options.get("label", "")) for n, box in page.named("bet")]
    settled = [(n, box.argument) for n, box in page.named("bet-answer")]
    tags = [
        tag
        for _, cell in page.code
        for tag in cell.metadata.get("tags", [])
        if BET.fullmatch(tag)
    ]
    for n, label in labels:
        if tags.count(label) != 1:
            yield n, f"bet {label!r}, expected one cell with that tag"
        if [name for at, name in settled if at > n].count(label) != 1:
            yield n, f"bet {label!r}, expected one ':::{{bet-answer}} {label}' below"
    for tag in {*tags, *(name for _, name in settled)} - {label for _, label in labels}:
        yield None, f"{tag} without a bet, expected ':::{{bet}}' with that label"


def solutions_match(page: Notebook, book: Book) -> Findings:
    """Every exercise has a solution in the notebook of its chapter, and the reverse."""
    partner = book.partner(page)
    theirs = partner.directives if partner else []
    if page.kind == "chapter":
        solved = {d.argument for _, d in theirs if d.name == "solution"}
        for n, exercise in page.named("exercise"):
            label = exercise.options.get("label")
            if label not in solved:
                yield (
                    n,
                    f"{label} has no solution, expected ':::{{solution}} {label}' in "
                    f"solutions/{page.path.name}",
                )
    elif page.kind == "solutions":
        asked = {d.options.get("label") for _, d in theirs if d.name == "exercise"}
        for n, solution in page.named("solution"):
            if solution.argument not in asked:
                label = solution.argument
                yield n, f"solves {label!r}, expected an exercise of {page.path.name}"


# Claims


def claims_complete(page: Notebook, book: Book) -> Findings:
    """The tag claim and the metadata claim go together; the ledger is made of them."""
    for n, cell in page.cells:
        if has_tag(cell, "claim") != ("claim" in cell.metadata):
            yield n, "tag or metadata 'claim' alone, expected both or neither"
        if "claim" not in cell.metadata:
            continue
        claim = cell.metadata.claim
        kinds = ", ".join(CLAIM_KEYS)
        if not isinstance(claim, dict) or claim.get("kind") not in CLAIM_KEYS:
            yield n, f"claim {claim}, expected one claim with a kind of {kinds}"
            continue
        expected = CLAIM_KEYS[claim["kind"]]
        if set(claim) != expected:
            yield (
                n,
                f"{claim['kind']} claim with the keys {sorted(claim)}, expected "
                f"{sorted(expected)}",
            )
        for key, value in claim.items():
            if not isinstance(value, str) or value != " ".join(value.split()):
                yield n, f"claim's {key} {value!r}, expected one line of text"
            elif not value:
                yield n, f"claim's {key} is empty, expected text"
        if not re.fullmatch(r"[A-Z]\d+", str(claim.get("id"))):
            yield n, f"claim id {claim.get('id')!r}, expected a letter and a number"
        if not re.search(r"\d", str(claim.get("published", "0"))):
            yield n, f"published {claim['published']!r}, expected the printed number"
        keys, source = book.citation_keys, claim.get("source")
        if keys is not None and source is not None and source not in keys:
            yield n, f"source {source!r}, expected a key of references.bib"


def unique_claim_ids(page: Notebook, book: Book) -> Findings:
    """One claim an id: a link to it leads to one row, and the row to one cell."""
    for n, cell in page.code:
        for claim in claims_of(cell):
            for other in book.claim_ids.get(claim.get("id", ""), ()):
                if other != (page.path, n):
                    place = f"cell {other.cell} of {shown(other.path)}"
                    found = claim.get("id")
                    yield n, f"claim {found} is also in {place}, expected a new number"


def claims_asserted(page: Notebook, book: Book) -> Findings:
    """A cell with a claim prints the number; the check cell behind it asserts it."""
    cells = dict(page.cells)
    for n, cell in page.code:
        if not claims_of(cell):
            continue
        if n + 1 not in cells or not has_tag(cells[n + 1], "check"):
            yield n, "claim, expected a check cell directly behind it"
        if not any(o.get("name") == "stdout" or _is_table(o) for o in cell.outputs):
            yield n, "claim without a number, expected print(f'...') or a table"


def published_numbers(page: Notebook, book: Book) -> Findings:
    """A variable is called published only if its number is printed in a source."""
    allowed = False
    for n, cell in page.cells:
        kinds = {claim.get("kind") for claim in claims_of(cell)}
        allowed = kinds == {"reproduced"} or (allowed and has_tag(cell, "check"))
        if cell.cell_type == "code" and not allowed:
            for node in _nodes(cell, ast.Name):
                if "published" in node.id and isinstance(node.ctx, ast.Store):
                    yield (
                        n,
                        f"variable {node.id!r}, expected that name only beside a claim "
                        "of kind reproduced",
                    )


def claims_compared(page: Notebook, book: Book) -> Findings:
    """The number of a claim is the same under all versions, or the cell says why not.

    `make lax` compares outputs of tagged cells only; pixels differ between versions.
    """
    for n, cell in page.code:
        if not claims_of(cell) or figures.pngs(cell.outputs):
            continue
        compared = "nbval-check-output" in cell.metadata.get("tags", [])
        if compared == bool(re.search(r"^# versions: \S", cell.source, re.M)):
            expected = "the tag nbval-check-output or a comment '# versions: <reason>'"
            yield n, f"claim, expected {expected}"


def claims_boxed(page: Notebook, book: Book) -> Findings:
    """A box `Claim (A1)` and the cell for A1 stand in one notebook; one box a claim.

    A box of class claim cites the claim's source, or says that the claim is ours.
    """
    cells = {
        claim.get("id"): (n, claim)
        for n, cell in page.code
        for claim in claims_of(cell)
    }
    seen = set()
    for n, box in page.named("admonition"):
        if not box.argument.startswith("Claim"):
            continue
        match = re.fullmatch(r"Claim \(([A-Z]\d+)\)", box.argument)
        if not match:
            yield n, f"box {box.argument!r}, expected one claim, 'Claim (A1)'"
            continue
        name = match[1]
        if name in seen:
            yield n, f"a second box for claim {name}, expected one"
        seen.add(name)
        if "claim" not in box.options.get("class", "").split():
            yield n, f"box for claim {name}, expected ':class: claim'"
        if name not in cells:
            yield n, f"box for claim {name}, expected a cell with the tag claim for it"
            continue
        text = "\n".join(box.body)
        claim = cells[name][1]
        source = claim.get("source")
        if claim.get("kind") == "ours":
            if not re.search(r"\bours?\b", text, re.IGNORECASE):
                yield n, f"box for claim {name}, expected it to say that it is ours"
        elif not re.search(rf"\{{cite:\w+\}}`[^`]*\b{source}\b", text):
            yield n, f"box for claim {name}, expected a citation of {source}"
    for name, (n, _) in cells.items():
        if name not in seen:
            expected = f"':::{{admonition}} Claim ({name})' in the prose before"
            yield n, f"claim {name} without a box, expected {expected}"


RULES: tuple[Rule, ...] = (
    file_size,
    normal_form,
    unique_cell_ids,
    execution_counts,
    no_empty_cells,
    allowed_tags,
    ignored_outputs,
    colab_cell_first,
    plain_python,
    imports_first,
    no_volatile_sources,
    no_hidden_results,
    short_cells,
    plumbing_folded,
    short_lines,
    check_cells,
    asserts_in_check_cells,
    asserts_can_fail,
    one_seed_cells,
    no_errors_stored,
    no_stderr,
    short_outputs,
    narrow_outputs,
    no_object_reprs,
    rounded_numbers,
    numbers_written_alike,
    no_negative_zero,
    no_machine_traces,
    figures_end_in_show,
    figures_are_png,
    figures_described,
    unique_figure_names,
    one_labelled_title,
    no_backtick_directives,
    no_glue,
    chapter_length,
    chapter_sections,
    exercises,
    first_screen,
    bets_settled,
    solutions_match,
    claims_complete,
    unique_claim_ids,
    claims_asserted,
    published_numbers,
    claims_compared,
    claims_boxed,
)


def _code_for_readers(page: Notebook) -> list[tuple[int, NotebookNode]]:
    """Return the code cells without the one for Colab."""
    starts = bool(page.code) and colab.is_colab_cell(page.code[0][1])
    return page.code[1:] if starts else page.code


def is_open_plumbing(cell: NotebookNode) -> bool:
    """Whether a code cell imports or draws, and its code stands open."""
    serves = _imports(cell) or figures.pngs(cell.outputs)
    return bool(serves) and not any(has_tag(cell, tag) for tag in FOLDED)


def asserts_outside_checks(page: Notebook) -> list[int]:
    """Return the cells that assert something and are not tagged check."""
    return [n for n, cell in page.code if _asserts(cell) and not has_tag(cell, "check")]


def _asserts(cell: NotebookNode) -> list[ast.AST]:
    """Return the asserts of a cell: statements, and calls such as np.testing's."""
    calls = [
        call
        for call in _nodes(cell, ast.Call)
        if ast.unparse(call.func).split(".")[-1].startswith("assert")
    ]
    return [*_nodes(cell, ast.Assert), *calls]


def _tree(cell: NotebookNode) -> ast.Module | None:
    """Parse a cell; None for what is not plain Python."""
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return None


def _nodes(cell: NotebookNode, kind: type[Node]) -> list[Node]:
    """Return the nodes of a kind in the syntax tree of a cell."""
    tree = _tree(cell)
    return [node for node in ast.walk(tree) if isinstance(node, kind)] if tree else []


def _imports(cell: NotebookNode) -> list[ast.Import | ast.ImportFrom]:
    return [*_nodes(cell, ast.Import), *_nodes(cell, ast.ImportFrom)]


def _code_lines(cell: NotebookNode) -> list[str]:
    """Return the lines of a cell that are neither blank nor only a comment."""
    lines = cell.source.splitlines()
    return [line for line in lines if line.strip() and line.strip()[0] != "#"]


def _outputs(page: Notebook) -> Iterator[tuple[int, NotebookNode]]:
    return ((n, output) for n, cell in page.code for output in cell.outputs)


def _plain_text(output: NotebookNode) -> str:
    """Return a stream, a result shown as nothing but plain text, or a table's text."""
    data = output.get("data", {})
    shown = [*data] == ["text/plain"] or _is_table(output)
    return output.get("text", data["text/plain"] if shown else "")


def _is_table(output: NotebookNode) -> bool:
    """Whether an output is what lossbook.show.table makes."""
    return 'class="wide numbers"' in output.get("data", {}).get("text/html", "")


def _text(output: NotebookNode) -> str:
    """Return what a reader reads: plain text, or text that is set on the page."""
    data = output.get("data", {})
    set_text = (data[mime] for mime in ("text/markdown", "text/latex") if mime in data)
    return _plain_text(output) or "\n".join(set_text)


def _images(cell: NotebookNode) -> list[str]:
    """Return the types of the images among the outputs of a cell."""
    types = (mime for output in cell.outputs for mime in output.get("data", {}))
    return [mime for mime in types if mime.startswith("image/")]
