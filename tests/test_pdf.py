"""The book as a PDF: one small site assembled, and printed where Chromium is."""

import re
import shutil
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools import formula, pdf, pdf_pack

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


def plain_pdf(objects: dict[int, bytes]) -> bytes:
    """A PDF as Chromium writes it: every object by itself, then a table of them."""
    out, entries = b"%PDF-1.4\n", [b"0000000000 65535 f \n"] * (max(objects) + 1)
    for number, content in objects.items():
        entries[number] = b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n%b" % (len(entries), b"".join(entries))
    trailer = b"trailer\n<</Size %d\n/Root 1 0 R\n/Info 2 0 R>>\n" % len(entries)
    return out + table + trailer + b"startxref\n%d\n%%%%EOF\n" % len(out)


def objects_of(packed: bytes) -> dict[int, bytes]:
    """The objects of a PDF 1.5 file, by the way its own table points to them."""

    def at(offset: int) -> bytes:
        text = packed[offset:]
        return pdf_pack.body(text[: text.index(b"endobj") + 6])

    def unzipped(content: bytes) -> bytes:
        data = content.partition(b"stream\n")[2].removesuffix(b"\nendstream")
        return zlib.decompress(data)

    rows = unzipped(at(int(packed.split()[-2])))
    found = {}
    for number in range(len(rows) // 7):
        row = rows[7 * number : 7 * number + 7]
        kind, where, index = row[0], int.from_bytes(row[1:5]), int.from_bytes(row[5:])
        if kind == 1:
            found[number] = at(where)
        elif kind == 2:
            place = int.from_bytes(rows[7 * where + 1 : 7 * where + 5])
            first = int(re.search(rb"/First (\d+)", at(place))[1])
            inside = unzipped(at(place))
            pairs = [int(n) for n in inside[:first].split()]
            assert pairs[2 * index] == number
            ends = [*pairs[3::2], len(inside) - first]
            start = pairs[2 * index + 1]
            found[number] = inside[first + start : first + ends[index]].strip()
    return found


def test_packed_holds_the_same_objects() -> None:
    objects = {n: b"<</Type /Thing\n/Of %d 0 R>>" % (n + 1) for n in range(1, 2 * 200)}
    objects[7] = b"<</Length 4>> stream\nabcd\nendstream"
    del objects[5]
    data = pdf_pack.packed(plain_pdf(objects))
    found = objects_of(data)
    assert {n: content for n, content in found.items() if n in objects} == objects
    extra = [content for n, content in found.items() if n not in objects]
    assert [b"/ObjStm" in e or b"/XRef" in e for e in extra] == [True] * 3
    assert len(data) < len(plain_pdf(objects)) / 4


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
    found = objects_of(file.read_bytes())
    data = b"\n".join(b"%d 0 obj\n%b" % each for each in found.items())
    assert b"/Marked true" in data
    for title in (b"A part", b"The first", b"A section", b"Below"):
        assert b"/Title (" + title + b")" in data
    assert data.count(b"/S /Formula") == 1
    text = "1/n∑_i^n √(x + 1)".encode("utf-16-be").hex().upper().encode()
    assert b"/Alt    <FEFF" + text in data
    # Cover, contents, start page, part, three pages.
    expected = {"p0": 3, "part-1": 4, "p1": 5, "p2": 6, "p3": 7}
    assert pdf.page_numbers(data) == expected


def test_no_browser_is_said(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "find_browser", lambda: None)
    with pytest.raises(SystemExit, match="needs Chromium"):
        pdf.make_pdf(site, tmp_path / "book.pdf", tmp_path / "_toc.yml")
