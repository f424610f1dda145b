"""What a page gets on paper: numbers beside links, its folded code, words marked.

And a page printed by the reader, from the browser.
"""

import re
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from test_site import LOAD_ALL

from tools import pages, paper, pdf

CHAPTERS = paper.Chapters(
    {"p1": "4", "p2": "5", "p3": "", "p4": ""}, silent=frozenset({"p4"})
)


def noted(body: str) -> str:
    """The text of a page of chapter 4, a number shown by the place it waits for."""
    tree = paper.parse(body)
    paper.number_links(tree, "p1", CHAPTERS)
    for number in tree.xpath("//*[@data-page]"):
        number.text = number.get("data-page")
    return " ".join(tree.text_content().split())


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ('<a href="#p2">Outliers</a>', "Outliers (chapter 5, page p2)"),
        ('<a href="#p1-goal">there</a>', "there (page p1-goal)"),
        ('<a href="#p3">the atlas</a>', "the atlas (page p3)"),
        ('<a href="#p2-f">Fig. 5.2</a>', "Fig. 5.2 (page p2-f)"),
        ('<a href="#p4-term-auc">AUC</a>', "AUC"),
        ('<a href="#p3-x"><code class="py">Loss</code></a>', "Loss"),
        ('(see <a href="#p3">it</a>, or', "(see it [page p3], or"),
        ('(no) <a href="#p3">it</a>', "(no) it (page p3)"),
        (
            '<a href="#p3-x">one</a> <a href="#p3-x">two</a>',
            "one (page p3-x) two",
        ),
        (
            '<a class="external" href="https://www.a.org/b/">text</a>',
            "text (a.org/b)",
        ),
        ('<a class="external" href="https://doi.org/10.1/x">doi:10.1/x</a>', None),
        ('<a class="external" href="https://a.org/b">https://a.org/b</a>', None),
    ],
)
def test_what_stands_beside_a_link(link: str, text: str | None) -> None:
    shown = noted(f"<section><p>{link}</p></section>").replace("\xa0", " ")
    assert shown == (text or re.sub("<.*?>", "", link))


def test_a_figure_of_the_same_section_needs_no_page() -> None:
    figure = '<figure id="p1-fig"></figure>'
    link = '<p><a href="#p1-fig">Fig. 4.1</a></p>'
    assert noted(f"<section>{figure}{link}</section>") == "Fig. 4.1"
    apart = f"<section><section>{figure}</section>{link}</section>"
    assert "(page" in noted(apart)


FOLDS = """\
<section><h1>Title</h1>
<div><details class="admonition hide above-input"><summary>Show</summary>
<pre>import this</pre></details>after</div>
<details class="check"><summary><span aria-hidden="true">✓ </span>checked: it holds
</summary><pre>assert True</pre></details>
<details class="proof"><p>Because.</p></details></section>"""


def test_folded_code_stands_at_the_end_and_is_named_in_its_place() -> None:
    tree = paper.parse(FOLDS)
    paper.open_folds(tree)
    paper.gather_code(tree, "p1")
    (page,) = tree
    *_, listing = page
    assert [pre.text for pre in listing.iter("pre")] == ["import this", "assert True"]
    assert len(list(tree.iter("pre"))) == 2
    first, second = tree.find_class("fold")
    assert first.text_content() == "Code\xa01, page\xa0"
    assert first.tail == "after"
    assert "✓ checked: it holds" in second.text_content()
    places = {e.get("data-page") for e in tree.xpath("//*[@data-page]")}
    assert places == {"p1-fold-1", "p1-code-1", "p1-fold-2", "p1-code-2"}
    assert places <= set(tree.xpath("//@id"))
    (proof,) = tree.iter("details")
    assert "open" in proof.attrib


def test_a_tall_picture_is_known() -> None:
    tree = paper.parse('<img width="9" height="12"><img width="9" height="8"><img>')
    paper.mark_tall(tree)
    assert [picture.get("class") for picture in tree] == ["tall", None, None]


GLOSSARY = """<dl><dt id="p8-term-dcg">Discounted gain (DCG)<a>#</a></dt><dd></dd>
<dt id="p8-term-log">Log loss</dt><dt id="p8-term-x">Unused</dt></dl>"""
ATLAS = """<table><td><a href="#p9-atlas-huberloss">Huber loss</a>
<a href="#p9-atlas-modifiedhuberloss">Modified Huber loss</a></td></table>"""
TEXT = """<section id="p1-page"><h1>Title</h1>
<section id="p1-a"><h2>The log-loss</h2><p>Huber’s loss, <em>a</em> modified Huber
loss, log losses; <span class="katex">log loss</span>. DCG</p></section>
<section id="p1-b"><h2>B</h2><p><strong>log loss</strong> <code>lb.HuberLoss()</code>
Logloss catalog loss</p></section></section>"""


@pytest.fixture
def index() -> tuple[paper.Index, Any]:
    entries = paper.entries_of(paper.parse(GLOSSARY), paper.parse(ATLAS))
    found, tree = paper.Index(entries), paper.parse(TEXT)
    found.mark(tree, "p1")
    return found, tree


def test_words_are_marked_once_in_a_section(index: tuple[paper.Index, Any]) -> None:
    marked = {
        words: [(m.place, m.count, m.heading, m.defined) for m in entry.mentions]
        for entry in index[0].entries
        for words in [entry.words]
    }
    assert marked == {
        "Discounted gain (DCG)": [("p1-ix3", 1, False, False)],
        "Huber loss": [("p1-ix1", 1, False, False), ("p1-ix5", 1, False, False)],
        "Log loss": [("p1-ix0", 2, True, False), ("p1-ix4", 1, False, True)],
        "Modified Huber loss": [("p1-ix2", 1, False, False)],
        "Unused": [],
    }
    text = paper.parse(TEXT).text_content()
    assert index[1].text_content() == text, "marks change no word"
    (log,) = index[1].xpath("//*[@id='p1-ix0']")
    assert log.text == "log-loss"


def test_the_index_says_where(index: tuple[paper.Index, Any]) -> None:
    page = paper.parse(index[0].page())
    lines = {
        line.text_content().strip(): [
            (a.get("class"), a.get("href")) for a in line.iter("a")
        ]
        for line in page.find_class("entry")
    }
    assert lines["Log loss"] == [
        ("", "#p1-ix0"),
        ("main", "#p1-ix4"),
        ("in-glossary", "#p8-term-log"),
    ]
    assert lines["Huber loss"][-1] == ("main", "#p9-atlas-huberloss")
    assert lines["Unused"] == [("in-glossary", "#p8-term-x")]
    letters = [e.text for e in page.find_class("index-letter")]
    assert letters == ["D", "H", "L", "M", "U"]


def test_a_word_used_everywhere_leads_to_where_most_is_said() -> None:
    mentions = [paper.Mention(f"p1-ix{n}", count=n) for n in range(20)]
    mentions[3].defined = mentions[5].heading = True
    places = list(paper.Entry("Loss", mentions=mentions).places())
    assert len(places) == paper.PLACES
    assert ("p1-ix3", "main") in places
    assert ("p1-ix5", "") in places
    assert places[-1] == ("p1-ix19", "")


# ------------------------------------------------------- from the browser

ALONE = pages.Block(16, 14, 194, 281)  # as book.css lays out a page that is printed


@pytest.mark.pages
@pytest.mark.browser
@pytest.mark.parametrize(
    "name",
    [
        "3-blind-spots/15-ranking",  # with folded proofs
        "5-choosing/23-a-decision-procedure",  # the folds of the guide
        "6-practice/32-takeaways",  # all losses in tables
    ],
)
def test_a_page_prints_alone(
    browser: Any, built: Path, tmp_path: Path, name: str
) -> None:
    file = tmp_path / "alone.pdf"
    width = round((ALONE.right - ALONE.left) * pdf.PIXELS)
    page = browser.new_page(viewport={"width": width, "height": 1000})
    page.goto((built / "chapters" / f"{name}.html").as_uri())
    page.evaluate(LOAD_ALL)
    folded = page.evaluate(
        "[...document.querySelectorAll('article details:not(.hide, .check) p')]"
        ".filter((p) => !p.querySelector('.katex')).map((p) => p.textContent)"
    )
    menus = page.locator("nav.contents a, nav.here a, .turn a").all_text_contents()
    article = page.locator("article").text_content()
    page.emulate_media(media="print")
    assert page.evaluate(pdf.FIND_CUT) == []
    page.pdf(path=file, format="A4", prefer_css_page_size=True, print_background=True)
    page.close()
    with pypdfium2.PdfDocument(file) as document:
        text = [p.get_textpage().get_text_bounded() for p in document]
    printed = letters("".join(text))
    assert [words for words in menus if words not in article] != []
    assert not [m for m in menus if m not in article and letters(m) in printed]
    assert [words for words in folded if not stands(letters(words), printed)] == []
    assert letters("The lossbook authors (2026).") in printed, "how to cite it"
    assert list(pages.faults(file, lambda _: ALONE)) == []


def stands(words: str, printed: str) -> bool:
    """Whether a paragraph is printed, be it parted once by the end of a page."""
    parts = ((words[:k], words[k:]) for k in range(len(words), 0, -1))
    return any(a in printed and b in printed for a, b in parts)


def letters(text: str) -> str:
    return re.sub(r"\W|Page", "", text)
