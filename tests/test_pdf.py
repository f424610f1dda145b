"""The book as a PDF: one small site assembled, and printed where Chromium is."""

import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from tools import edition, formula, pdf

SUM = (
    "<mrow><mfrac><mn>1</mn><mi>n</mi></mfrac><msubsup><mo>∑</mo><mi>i</mi><mi>n</mi>"
    "</msubsup><msqrt><mrow><mi>x</mi><mo>+</mo><mn>1</mn></mrow></msqrt></mrow>"
)
PAGES = {
    "index": '<h1>Welcome</h1><p>Begin with <a href="a/one.html">one</a>.</p>',
    "a/one": """\
<section id="one"><h1><span class="section-number">1. </span>The first<a
class="headerlink" href="#one">#</a></h1>
<p><a href="../b/two.html#goal">There</a>, <a href="#here">here</a>,
<a href="../search.html">search</a>, <a href="https://example.org/#x">out</a>.</p>
<section id="here"><h2>A section</h2>
<pre><span>link = '<!-- -->'; id="here"</span></pre></section>
<details class="admonition hide above-input"><summary>Show</summary>
<div class="highlight"><pre>import hidden</pre></div></details>
<details class="proof folded admonition"><summary>Proof</summary></details>
<figure class="interactive" id="fig-x">
<svg role="group" aria-label="Still.">
<g clip-path="url(#cut)"></g><clipPath id="cut"></clipPath></svg>
<figcaption><p>Caption.</p>
</figcaption></figure>
<img loading="lazy" src="../_images/dot.png" alt="A dot"></section>""",
    "b/two": f"""\
<section id="two"><h1><span class="section-number">2. </span>The “second”</h1>
<section id="far"><h2>Far from <br>here</h2>
<p id="goal">Goal of log loss, or <strong>log loss</strong>
<span class="katex"><span class="katex-mathml"><math><semantics>{SUM}<annotation>
x</annotation></semantics></math></span><span class="katex-html" aria-hidden="true">
x</span></span>.</p></section></section>""",
    "chapters/appendix/glossary": """\
<section id="glossary"><h1>Glossary</h1><dl class="glossary">
<dt id="term-Log-loss">Log loss<a class="headerlink" href="#term-Log-loss">#</a></dt>
<dd><p>A price.</p></dd></dl></section>""",
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
  - file: chapters/appendix/glossary
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path)


def write_site(above: Path) -> Path:
    folder = above / "html"
    for name, body in PAGES.items():
        file = folder / f"{name}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"<nav>Menu</nav><article>{body}</article>", encoding="utf8")
    (folder / "_static").mkdir()
    shutil.copy(pdf.ROOT / "site" / "static" / "book.css", folder / "_static")
    (above / "_toc.yml").write_text(CONTENTS)
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
    assert '<details class="proof folded admonition" open' in book
    assert "hide above-input" not in book
    assert "<pre>import hidden</pre>" in book
    assert '<figure class="interactive" id="p1-fig-x" role="group">' in book
    assert '<svg role="img" aria-label="Still.">' in book
    assert re.search(
        r'Caption\. <a class="moves" href="https:[^"]*one.html#fig-x"', book
    )
    assert "lazy" not in book
    assert "Menu" not in book
    assert '<h1 class="as-h1">Welcome' in book
    assert '<h2 class="as-h1"><span class="section-number">1. </span>The first' in book
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


def in_thread(make: Callable[[], Any]) -> Any:
    """In a thread of its own: another test of this process may hold a browser open."""
    if pdf.find_browser() is None:
        pytest.skip("the PDF is left out: no Chromium here (or set CHROME_PATH)")
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(make).result()


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("printed")
    site, file = write_site(folder), folder / "pdf" / "book.pdf"
    assert in_thread(lambda: pdf.make_pdf(site, file, folder / "_toc.yml")) == []
    assert [path.name for path in file.parent.iterdir()] == ["book.pdf"]
    return file


@pytest.mark.tools
@pytest.mark.browser
def test_bookmarks_and_tags(printed: Path) -> None:
    with pikepdf.open(printed) as book, book.open_outline() as outline:
        assert book.Root.MarkInfo.Marked
        titles = [item.title for item in pdf.walk(outline.root)]
        tags = [o for o in book.objects if isinstance(o, pikepdf.Dictionary)]
        pictures = [(str(o.get("/S", "")), str(o.get("/Alt", ""))) for o in tags]
    expected = ["Contents", "Welcome", "A part", "1. The first", "A section"]
    assert titles[:5] == expected
    assert "Far from here" in titles
    assert titles[-2:] == ["Glossary", "Index"]
    assert ("/Formula", "1/n∑_i^n √(x + 1)") in pictures
    assert not [alt for kind, alt in pictures if pdf.FORMULA in alt]


@pytest.mark.tools
@pytest.mark.browser
def test_chapters_begin_on_the_right_and_numbers_are_those_of_pages(
    printed: Path,
) -> None:
    places = pdf.page_numbers(printed.read_bytes())
    # Title, imprint, contents; then each from an odd page, but for what lies below.
    begins = {"p0": 5, "part-1": 7, "p1": 9, "p2": 11, "p3": 12, "p4": 13, "index": 15}
    assert {place: places[place] for place in begins} == begins
    with pypdfium2.PdfDocument(printed) as book:
        text = [" ".join(p.get_textpage().get_text_bounded().split()) for p in book]
    assert f"Edition {edition.version()}" in text[0]
    assert "The first 9 A section 9" in text[2]
    assert "There (chapter 2, page 11)" in text[8]
    assert "Code 1, page 9" in text[8]
    assert "1. The first" in text[8], "the running head"
    assert "Log loss 11, 13" in text[14]
    assert text[5] == text[7] == ""


@pytest.mark.tools
@pytest.mark.browser
def test_fonts_are_fonts_and_catalogues_find_the_author(printed: Path) -> None:
    with pikepdf.open(printed) as book:
        kinds = {
            str(o.get("/Subtype"))
            for o in book.objects
            if isinstance(o, pikepdf.Dictionary) and o.get("/Type") == "/Font"
        }
        assert kinds == {"/Type0", "/CIDFontType2"}, "no font drawn glyph by glyph"
        assert str(book.docinfo["/Author"]) == "The lossbook authors"
        with book.open_metadata() as about:
            assert about["dc:creator"] == ["The lossbook authors"]
            assert edition.version() in about["dc:description"]
            assert about["xmp:CreateDate"].startswith(str(edition.current().day))


TOO_LARGE = {
    "code": '<pre style="overflow: hidden; white-space: pre">code '
    + "more " * 60
    + "</pre>",
    "table": '<table style="width: 180mm"><td>table</td></table>',
    "shifted": '<p style="position: relative; left: -3mm">shifted</p>',
    "tall": '<svg style="width: 9mm; height: 256mm"><title>tall</title></svg>',
}


@pytest.mark.tools
@pytest.mark.browser
def test_what_is_too_large_is_named(site: Path, tmp_path: Path) -> None:
    page = site / "b" / "deep.html"
    parts = "".join(TOO_LARGE.values())
    text = page.read_text(encoding="utf8").replace("</article>", f"{parts}</article>")
    page.write_text(text, encoding="utf8")
    with pytest.raises(SystemExit, match="too large for paper:") as stop:
        in_thread(lambda: pdf.make_pdf(site, tmp_path / "a.pdf", tmp_path / "_toc.yml"))
    named = re.findall(r"^p3, .*: (\w+)", str(stop.value), re.MULTILINE)
    assert list(dict.fromkeys(named)) == [*TOO_LARGE]


@pytest.mark.parametrize(
    ("numbers", "blanks", "then", "empty"),
    [
        ({"a": 3, "b": 4, "c": 5}, set(), {"a": 3, "b": 5, "c": 7}, {"b", "c"}),
        ({"a": 3, "b": 5, "c": 7}, {"b", "c"}, {"a": 3, "b": 5, "c": 7}, {"b", "c"}),
        # The first chapter grew by a page, and fills what was empty.
        ({"a": 3, "b": 6, "c": 8}, {"b", "c"}, {"a": 3, "b": 5, "c": 7}, {"c"}),
    ],
)
def test_layout_with_beginnings_on_the_right(
    numbers: dict[str, int], blanks: set[str], then: dict[str, int], empty: set[str]
) -> None:
    layout = pdf.Layout(numbers | {"in-c": numbers["c"]}, frozenset(blanks))
    found = layout.on_the_right(["a", "b", "c"])
    assert found.numbers == then | {"in-c": then["c"]}
    assert found.blanks == empty


def test_no_browser_is_said(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "find_browser", lambda: None)
    with pytest.raises(SystemExit, match="needs Chromium"):
        pdf.make_pdf(site, tmp_path / "book.pdf", tmp_path / "_toc.yml")
