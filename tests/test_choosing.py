"""The decision table: complete, and the same in text, chart and guide."""

import re

import matplotlib.pyplot as plt
import pytest

import lossbook as lb
from lossbook.show.guide import (
    TREE,
    Advice,
    Guide,
    GuideTable,
    Question,
    names,
    outline,
    paths,
)
from tools.book import CHAPTERS, Book

WAYS = list(paths())


def questions(question: Question = TREE) -> list[Question]:
    below = [a.then for a in question.answers if isinstance(a.then, Question)]
    return [question, *(q for child in below for q in questions(child))]


def test_every_question_offers_a_choice() -> None:
    assert len(questions()) == 8
    for question in questions():
        texts = [answer.text for answer in question.answers]
        assert len(set(texts)) == len(texts) >= 2
        assert question.text.endswith("?")


@pytest.mark.parametrize("advice", [a for _, a in WAYS], ids=lambda a: a.how[:30])
def test_advice_names_losses_of_the_book_and_a_chapter(advice: Advice) -> None:
    known = {type(x) for x in lb.ALL_LOSSES}
    assert advice.losses
    assert {type(x) for x in advice.losses} <= known
    assert advice.how.endswith(".")
    labels = {page.label for page in Book(CHAPTERS).notebooks}
    assert advice.chapter in labels


def test_guide_table_and_chart_are_the_same_tree() -> None:
    guide, table = Guide()._repr_markdown_(), GuideTable()._repr_markdown_()
    ax = lb.show.decision_chart()
    drawn = {text.get_text() for text in ax.texts}
    plt.close(ax.figure)
    assert guide.count("{admonition}") == len(list(outline()))
    rows = table.splitlines()[2:]
    assert len(rows) == len(WAYS)
    for (answers, advice), row in zip(WAYS, rows, strict=True):
        assert row.startswith(f"| {'; '.join(answers)} |")
        assert advice.how in row
        assert advice.how in guide
        assert f"{{ref}}`{advice.chapter}`" in row
        assert " or ".join(names(advice)) in drawn
        for answer in answers:
            assert answer in drawn
            assert f"{{admonition}} {answer[:1].upper()}{answer[1:]}\n" in guide
    assert {q.text for q in questions()} <= drawn


def test_boxes_of_the_guide_stand_in_each_other() -> None:
    """A fence is closed by one of its length, and every fence inside is shorter."""
    open_fences: list[int] = []
    for line in Guide()._repr_markdown_().splitlines():
        if not (found := re.match(r"(:{3,})(\{admonition\})?", line)):
            continue
        length = len(found[1])
        if found[2]:
            assert all(length < outer for outer in open_fences)
            open_fences.append(length)
        else:
            assert open_fences.pop() == length
    assert not open_fences


def test_the_advice_of_the_guide_gives_names_in_other_libraries() -> None:
    guide = Guide()._repr_markdown_()
    for _, advice in WAYS:
        for loss in advice.losses:
            for there in loss.elsewhere:
                assert f"{there.library} `{there.name}`" in guide
