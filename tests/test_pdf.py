"""The book as a PDF: one small site assembled, and printed where Chromium is."""

import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pikepdf
import pytest

from tools import formula, pdf

SUM = (
    "<mrow><mfrac><mn>1</mn><mi>n</mi></mfrac><msubsup><mo>∑</mo><mi>i</mi><mi>n</mi>"
    "</msubsup><msqrt><mrow><mi>x</mi><mo>+</mo><mn>1</mn></mrow></msqrt></mrow>"
)
PAGES = {
    "index": '<h1>Welcome</h1><p>Begin with <a href="a/one.html">one</a>.</p>',
    "a/one": """\
<section id="one"><h1>The first<a class="headerlink" href="#one">#</a></h1>
<p><a href="../b/two.html#goal">There</a>, <a href="#here">here</a>,
<a href="../search.html">search</a>, <a href="https://example.org/#x">out</a>.</p>
<section id="here"><h2>A section</h2>
<pre><span>link = '<!-- -->'; id="here"</span></pre></section>
<details class="admonition hide above-input"><summary>Show</summary></details>
<details class="proof folded admonition"><summary>Proof</summary></details>
<figure class="interactive" id="fig-x">
<svg role="group" aria-label="Still.">
<g clip-path="url(#cut)"></g><clipPath id="cut"></clipPath></svg>
<figcaption><p>Caption.</p>
</figcaption></figure>
<img loading="lazy" src="../_images/dot.png" alt="A dot"></section>""",
    "b/two": f"""\
<section id="two"><h1>The “second”</h1><p id="goal">Goal
<span class="katex"><span class="katex-mathml"><math><semantics>{SUM}<annotation>
x</annotation></semantics></math></span><span class="katex-html" aria-hidden="true">
x</span></span>.</p></section>""",
    "b/deep": '<section id="deep"><h1>Below</h1><p id="goal">Goal.</p></section>',
}
CONTENTS = """\
format: jb-book
root: index
parts:
- caption: A part
  chapters:
  - file: a/one
  - file: b/two
    sections:
    - file: b/deep
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "html"
    for name, body in PAGES.items():
        file = folder / f"{name}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"<nav>Menu</nav><article>{body}</article>", encoding="utf8")
    (folder / "_static").mkdir()
    shutil.copy(pdf.ROOT / "site" / "static" / "book.css", folder / "_static")
    (tmp_path / "_toc.yml").write_text(CONTENTS)
    return folder


@pytest.fixture
def book(site: Path) -> str:
    return pdf.assemble(site, site.parent / "_toc.yml", site.parent / "pdf")


def test_links_stay_in_the_book(book: str) -> None:
    ids = re.findall(r'<[^>]* id="([^"]+)"', book)
    links = re.findall(r'<a [^>]*href="#([^"]+)"', book)
    assert len(ids) == len(set(ids))
    assert set(links) <= set(ids)
    assert {"p2-goal", "p1-here", "p1", "p2", "p3"} <= set(links)
    assert 'href="https://example.org/#x"' in book
    assert 'search.html">search' in book
    assert "url(#p1-cut)" in book
    assert 'src="../html/_images/dot.png"' in book
    assert """id="here"</span>""" in book, "the text of code is not a tag"


def test_folds_figures_and_headings(book: str) -> None:
    assert '<details open class="proof' in book
    assert '<details class="admonition hide' in book
    assert '<figure role="group" class="interactive"' in book
    assert '<svg role="img" aria-label="Still.">' in book
    assert re.search(
        r'Caption\. <a class="moves" href="https:[^"]*one.html#fig-x"', book
    )
    assert "lazy" not in book
    assert "Menu" not in book
    assert '<h1 class="as-h1">Welcome' in book
    assert '<h2 class="as-h1">The first' in book
    assert '<h3 class="as-h1">Below' in book


def test_formulas_have_their_text(book: str) -> None:
    assert (
        f'class="katex" role="img" aria-label="{pdf.FORMULA}1/n∑_i^n √(x + 1)"' in book
    )
    assert "<math" not in book
    assert "aria-hidden" not in book.partition("<article")[2]


@pytest.mark.parametrize(
    ("mathml", "text"),
    [
        ("<mi>log</mi><mo>\u2061</mo><mi>p</mi>", "log p"),
        ("<mi>y</mi><mi>log</mi><mo>\u2061</mo><mi>p</mi>", "y log p"),
        ("<msup><mi>G</mi><mo>′</mo></msup>", "G′"),
        ("<msup><mi>e</mi><mrow><mo>−</mo><mi>m</mi></mrow></msup>", "e^(− m)"),
        ("<mover accent='true'><mi>y</mi><mo>^</mo></mover>", "y hat"),
        ("<mo>(</mo><mi>y</mi><mo>,</mo><mi>z</mi><mo>)</mo>", "(y, z)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "3√x"),
        ("<munder><mi>x</mi><mo>⏟</mo></munder>", "x"),
        (
            "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr></mtable>",
            "1 2",
        ),
    ],
)
def test_formula_in_words(mathml: str, text: str) -> None:
    assert formula.spoken(f"<math>{mathml}</math>") == text


def test_a_missing_page_is_named(site: Path) -> None:
    (site / "b" / "deep.html").unlink()
    with pytest.raises(SystemExit, match=r"deep\.html is missing"):
        pdf.assemble(site, site.parent / "_toc.yml", site.parent)


@pytest.mark.browser
def test_print(site: Path, tmp_path: Path) -> None:
    if pdf.find_browser() is None:
        pytest.skip("the PDF is left out: no Chromium here (or set CHROME_PATH)")
    file = tmp_path / "pdf" / "book.pdf"
    # In a thread of its own: another test of this process may hold a browser open.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(pdf.make_pdf, site, file, tmp_path / "_toc.yml").result()
    assert [p.name for p in file.parent.iterdir()] == ["book.pdf"]
    with pikepdf.open(file) as printed, printed.open_outline() as outline:
        assert printed.Root.MarkInfo.Marked
        titles = list(outline_titles(outline.root))
        tags = [o for o in printed.objects if isinstance(o, pikepdf.Dictionary)]
        pictures = [(str(o.get("/S", "")), str(o.get("/Alt", ""))) for o in tags]
    assert {"A part", "The first", "A section", "Below"} <= set(titles)
    assert ("/Formula", "1/n∑_i^n √(x + 1)") in pictures
    assert not [alt for kind, alt in pictures if pdf.FORMULA in alt]
    # Cover, contents, start page, part, three pages.
    expected = {"p0": 3, "part-1": 4, "p1": 5, "p2": 6, "p3": 7}
    assert pdf.page_numbers(file.read_bytes()) == expected


def outline_titles(items: list[pikepdf.OutlineItem]) -> Iterator[str]:
    for item in items:
        yield item.title
        yield from outline_titles(item.children)


def test_no_browser_is_said(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "find_browser", lambda: None)
    with pytest.raises(SystemExit, match="needs Chromium"):
        pdf.make_pdf(site, tmp_path / "book.pdf", tmp_path / "_toc.yml")
