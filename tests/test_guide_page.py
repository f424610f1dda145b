"""The guide in the page: links, addresses, keyboard, phone, no scripts; its doors."""

import re
from pathlib import Path

import pytest

from lossbook.show import SYMPTOMS, TREE, answers

CHAPTER = "chapters/5-choosing/23-a-decision-procedure.html"
WAY = ("class", "one-label", "act", "act-noisy")


def test_every_answer_has_an_address_and_every_door_leads_there(built: Path) -> None:
    chapter = (built / CHAPTER).read_text(encoding="utf8")
    for way in answers():
        assert chapter.count(f'id="guide-{way[-1].key}"') == 1
    home = (built / "index.html").read_text(encoding="utf8")
    doors = re.findall(rf'href="{CHAPTER}#guide-([a-z0-9-]+)"', home)
    assert doors == [a.key for a in TREE.answers] + [s.key for s in SYMPTOMS]
    assert 'src="_static/guide.js"' not in home
    assert '_static/guide.js"' in chapter


def test_the_takeaways_list_every_bet_and_the_start_page_leads_there(
    built: Path,
) -> None:
    pages = built.glob("chapters/*/*.html")
    bets = {
        label
        for page in pages
        for label in re.findall(
            r'<fieldset class="bet" id="([\w-]+)"', page.read_text(encoding="utf8")
        )
    }
    takeaways = (built / "chapters/6-practice/32-takeaways.html").read_text("utf8")
    assert bets
    assert set(re.findall(r'<tr data-bet="([\w-]+)"', takeaways)) == bets
    settled = re.findall(r'<tr data-bet="[\s\S]*?</tr>', takeaways)
    said = [re.sub(r"<[^>]+>", " ", row) for row in settled]
    assert not [row for row in said if re.search(r"\d\s%|\s-\d", row)], "as elsewhere"
    home = (built / "index.html").read_text(encoding="utf8")
    assert 'href="chapters/6-practice/32-takeaways.html#bets"' in home


def test_each_part_has_a_picture_that_says_what_it_shows(built: Path) -> None:
    home = (built / "index.html").read_text(encoding="utf8")
    cards = home.split('<div class="part-card">')[1:]
    for card in cards:
        heading = re.search("<h3>(.*)</h3>", card)
        assert heading
        picture = re.search(
            r'<svg class="part-picture"[^>]*aria-label="[^"]{20,}"', card
        )
        assert bool(picture) == (heading[1] != "Appendix"), heading[1]
    assert sum(map(len, re.findall(r"<svg class=.part-.*?</svg>", home))) < 16_000


def test_folded_cells_say_what_is_in_them(built: Path) -> None:
    """Five in a row stood in this chapter, and all of them said "Show the code"."""
    page = (built / CHAPTER).read_text(encoding="utf8")
    names = re.findall(r'"collapsed admonition-title">([^<]*)</span>', page)
    for name in ("imports", "figure", "table", "interval", "halves, rms, wrong"):
        assert f"Show the code: {name}" in names
    bare = page.split('<details class="admonition hide above-input">\n<summary>\n')[1:]
    assert len(bare) == len(names)
    for cell, name in zip(bare, names, strict=True):
        code = re.sub(r"<[^>]+>", "", cell.split("</details>")[0])
        defined = re.findall(r"^def (\w+)", code, re.MULTILINE)
        assert not defined or name == f"Show the code: {', '.join(defined)}"


@pytest.mark.browser
def test_an_address_opens_an_answer_and_a_click_makes_one(
    browser: object, serve: object, built: Path
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(serve(built) + CHAPTER + f"#guide-{WAY[-1]}")
    opened = "() => [...document.querySelectorAll('details.guide[open]')]"
    opened += ".filter(e => e.firstElementChild.checkVisibility()).map(e => e.id)"
    assert page.evaluate(opened) == [f"guide-{key}" for key in WAY]
    answer = page.locator(f"#guide-{WAY[-1]}")
    box = answer.bounding_box()
    assert 0 <= box["y"] < 200
    for words in ("Train with", "Judge by", "Then", "Do not"):
        assert answer.get_by_text(words, exact=True).is_visible()
    wide = "() => [...document.querySelectorAll('details.guide[open] pre')]"
    wide += ".filter(e => e.offsetParent && e.scrollWidth > e.clientWidth).length"
    assert page.evaluate(wide) == 0
    # Another answer closes its rival, and the address follows.
    page.locator("#guide-act-unknown > summary").click()
    assert page.evaluate(opened) == [
        f"guide-{key}" for key in (*WAY[:3], "act-unknown")
    ]
    assert page.evaluate("location.hash") == "#guide-act-unknown"
    # A link of the map, without a new page.
    page.evaluate("location.hash = '#guide-counts'")
    page.wait_for_function(f"({opened})().includes('guide-counts')")
    assert page.evaluate(opened) == ["guide-number", "guide-total", "guide-counts"]
    page.close()


@pytest.mark.browser
def test_the_guide_answers_to_the_keyboard(
    browser: object, serve: object, built: Path
) -> None:
    page = browser.new_page()
    page.goto(serve(built) + CHAPTER)
    page.locator("#guide-number > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.evaluate("location.hash") == "#guide-counts"
    assert page.locator("#guide-counts").get_by_text("Judge by").is_visible()
    page.close()


@pytest.mark.browser
def test_without_scripts_the_guide_is_boxes_in_boxes(
    browser: object, serve: object, built: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(serve(built) + CHAPTER)
    for key in WAY:
        page.locator(f"#guide-{key} > summary").click()
    assert page.locator(f"#guide-{WAY[-1]}").get_by_text("Judge by").is_visible()
    context.close()


@pytest.mark.browser
def test_what_a_finger_meets_is_large_enough(
    browser: object, serve: object, built: Path
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(serve(built) + CHAPTER + "#guide-act-known")
    low = "() => Math.min(...[...document.querySelectorAll('.guide > summary')]"
    low += ".filter(e => e.offsetParent).map(e => e.getBoundingClientRect().height))"
    assert page.evaluate(low) >= 40
    page.goto(serve(built) + "index.html")
    doors = low.replace(".guide > summary", ".guide-doors a")
    assert page.evaluate(doors) >= 34
    page.close()
