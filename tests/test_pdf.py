"""The book as a PDF: one small site assembled, and printed where Chromium is."""

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools import pdf

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
<svg><g clip-path="url(#cut)"></g><clipPath id="cut"></clipPath></svg>
<figcaption><p>Caption.</p>
</figcaption></figure>
<img loading="lazy" src="../_images/dot.png" alt="A dot"></section>""",
    "b/two": '<section id="two"><h1>The “second”</h1><p id="goal">Goal.</p></section>',
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
    assert re.search(
        r'Caption\. <a class="moves" href="https:[^"]*one.html#fig-x"', book
    )
    assert "lazy" not in book
    assert "Menu" not in book
    assert '<h1 class="as-h1">Welcome' in book
    assert '<h2 class="as-h1">The first' in book
    assert '<h3 class="as-h1">Below' in book


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
    data = file.read_bytes()
    assert [p.name for p in file.parent.iterdir()] == ["book.pdf"]
    # Cover, contents, start page, part, three pages.
    assert pdf.page_numbers(data) == {
        "p0": 3,
        "part-1": 4,
        "p1": 5,
        "p2": 6,
        "p3": 7,
    }
    assert b"/Marked true" in data
    for title in (b"A part", b"The first", b"A section", b"Below"):
        assert b"/Title (" + title + b")" in data


def test_no_browser_is_said(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "find_browser", lambda: None)
    with pytest.raises(SystemExit, match="needs Chromium"):
        pdf.make_pdf(site, tmp_path / "book.pdf", tmp_path / "_toc.yml")
