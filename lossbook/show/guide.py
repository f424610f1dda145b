"""The guide as text with links: questions that open, a map of them, and symptoms."""

from collections.abc import Iterator
from dataclasses import dataclass

from lossbook.show.advice import SYMPTOMS, TREE, Advice, Answer, Question

LIBRARIES = {"lossbook": "lossbook", "sklearn": "scikit-learn", "torch": "PyTorch"}
PARTS = {
    "train": "Train with",
    "judge": "Judge by",
    "decide": "Then",
    "avoid": "Do not",
}


def answers(question: Question = TREE) -> Iterator[tuple[Answer, ...]]:
    """Every answer of the guide, with the answers that lead to it before it."""
    for answer in question.answers:
        yield (answer,)
        if isinstance(answer.then, Question):
            yield from ((answer, *rest) for rest in answers(answer.then))


def paths(question: Question = TREE) -> Iterator[tuple[tuple[str, ...], Advice]]:
    """Every way through the questions: the answers given, and the advice.

    Examples
    --------
    >>> given, advice = next(lb.show.paths())
    >>> advice.losses
    (SquaredError(),)
    """
    for way in answers(question):
        if isinstance(way[-1].then, Advice):
            yield tuple(answer.text for answer in way), way[-1].then


def names(advice: Advice) -> list[str]:
    """The classes of the losses, each once."""
    return list(dict.fromkeys(type(loss).__name__ for loss in advice.losses))


@dataclass(frozen=True, repr=False)
class Guide:
    """The questions as boxes that open, in a page of the book.

    Examples
    --------
    >>> lb.show.Guide()
    What do you need? (49 ways)
    """

    question: Question = TREE

    def _repr_markdown_(self) -> str:
        return _boxes(self.question)

    def __repr__(self) -> str:
        return f"{self.question.text} ({len(list(paths(self.question)))} ways)"


@dataclass(frozen=True, repr=False)
class GuideMap:
    """All questions and answers at a glance, as links into the guide."""

    question: Question = TREE

    def _repr_markdown_(self) -> str:
        lines = [
            ":::{admonition} All questions and answers",
            ":class: guide dropdown",
            "",
        ]
        for way in answers(self.question):
            answer = way[-1]
            then = answer.then
            follows = then.text if isinstance(then, Question) else _named(then)
            indent = "  " * (len(way) - 1)
            lines.append(f"{indent}- {link(answer.key, answer.text)}: {follows}")
        return "\n".join([*lines, ":::"])

    def __repr__(self) -> str:
        return f"{len(list(answers(self.question)))} answers"


@dataclass(frozen=True, repr=False)
class GuideSymptoms:
    """What people complain of, each with a link to the answer that helps."""

    def _repr_markdown_(self) -> str:
        return "\n".join(
            f"- {link(symptom.key, f'“{symptom.text}”')}\\\n  {symptom.why}"
            for symptom in SYMPTOMS
        )

    def __repr__(self) -> str:
        return f"{len(SYMPTOMS)} symptoms"


def link(key: str, text: str) -> str:
    """A reference to an answer of the guide, in MyST."""
    return f"{{ref}}`{text} <guide-{key}>`"


def _boxes(question: Question) -> str:
    """A question and a folded box for each answer, in MyST."""
    # The fence of a box is longer than every fence in it.
    fence = ":" * (3 + _height(question))
    boxes = [
        f"{fence}{{admonition}} {answer.text[:1].upper()}{answer.text[1:]}\n"
        f":class: guide dropdown\n:name: guide-{answer.key}\n\n{_inside(answer)}\n"
        f"{fence}"
        for answer in question.answers
    ]
    return "\n\n".join([f"**{question.text}**", *boxes])


def _inside(answer: Answer) -> str:
    if isinstance(answer.then, Question):
        return _boxes(answer.then)
    return _advice(answer.then, answer.key)


def _height(question: Question) -> int:
    """The number of further questions below, at most."""
    below = [a.then for a in question.answers if isinstance(a.then, Question)]
    return 1 + max((_height(q) for q in below), default=-1)


def _advice(advice: Advice, key: str) -> str:
    said = []
    for part, words in PARTS.items():
        text = getattr(advice, part)
        if part == "train":
            text = f"{text} In lossbook: {_named(advice)}."
        said.append(f"- **{words}** {text.removeprefix('do not ')}")
    calls = "\n".join(
        f"# {library}\n{getattr(advice, field)}"
        for field, library in LIBRARIES.items()
        if getattr(advice, field)
    )
    why = " and ".join(f"{{ref}}`{chapter}`" for chapter in advice.chapters)
    return (
        "\n".join(said) + f"\n\n```python\n{calls}\n```\n\nWhy: {why}. "
        f"{link(key, 'Link to this answer')}"
    )


def _named(advice: Advice) -> str:
    return ", ".join(f"`{name}`" for name in names(advice))
