"""Which loss should I use?  The decision table of the book, as data.

A question has answers; an answer leads to the next question or to advice.  The text,
the flow chart and the guide that a reader clicks through are all made from ``TREE``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lossbook.base import Loss
from lossbook.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    BrierLoss,
    CategoricalCrossEntropy,
    CategoricalGeneralizedCrossEntropy,
    DiceLoss,
    DIoULoss,
    ForwardCorrection,
    GammaDeviance,
    HingeLoss,
    HuberLoss,
    LambdaRankLoss,
    LogisticLoss,
    PairwiseLogisticLoss,
    PinballLoss,
    PlackettLuceLoss,
    PoissonDeviance,
    SquaredError,
    TukeyLoss,
    TweedieDeviance,
    UniformNoise,
)


@dataclass(frozen=True)
class Advice:
    """What to use, how, and the label of the chapter that shows why."""

    losses: tuple[Loss, ...]
    how: str
    chapter: str


@dataclass(frozen=True)
class Answer:
    """One way to answer a question, and where it leads."""

    text: str
    then: "Question | Advice"


@dataclass(frozen=True)
class Question:
    """A question of the guide, with its answers."""

    text: str
    answers: tuple[Answer, ...]


VALUES = Question(
    "What are the values?",
    (
        Answer(
            "any numbers, errors of similar size everywhere",
            Advice((SquaredError(),), "Predict the mean.", "ch-what-a-loss-asks-for"),
        ),
        Answer(
            "counts",
            Advice(
                (PoissonDeviance(),),
                "Log link, with an intercept, so that the total is right.",
                "ch-distributions",
            ),
        ),
        Answer(
            "positive amounts, errors in proportion to the size",
            Advice(
                (GammaDeviance(),),
                "Log link; do not take logarithms of the target.",
                "ch-distributions",
            ),
        ),
        Answer(
            "amounts, many of them exactly zero",
            Advice(
                (TweedieDeviance(power=1.5),),
                "Log link; the power between 1 and 2 from held-out data.",
                "ch-distributions",
            ),
        ),
    ),
)
TYPICAL = Question(
    "How good are the targets?",
    (
        Answer(
            "as they should be",
            Advice(
                (AbsoluteError(),),
                "Predict the median; half of the cases lie on each side.",
                "ch-what-a-loss-asks-for",
            ),
        ),
        Answer(
            "a few are off",
            Advice(
                (HuberLoss(delta=1.345),),
                "Delta in units of the spread of good residuals.",
                "ch-outliers",
            ),
        ),
        Answer(
            "some are from another world",
            Advice(
                (TukeyLoss(c=4.685),),
                "Start from a robust fit; look at what was given no weight.",
                "ch-outliers",
            ),
        ),
    ),
)
QUANTITY = Question(
    "What must be right?",
    (
        Answer("totals and averages: budgets, premiums, energy", VALUES),
        Answer(
            "a decision, and too little costs something else than too much",
            Advice(
                (PinballLoss(quantile=0.9),),
                "Quantile: cost of too little / (cost of too little + of too much).",
                "ch-what-a-loss-asks-for",
            ),
        ),
        Answer("the typical case", TYPICAL),
        Answer(
            "an interval, or the whole distribution",
            Advice(
                (PinballLoss(quantile=0.05), PinballLoss(quantile=0.95)),
                "One quantile for each end, or many; check the coverage.",
                "ch-quantiles",
            ),
        ),
    ),
)
LABEL = Question(
    "How sure are the labels of the training data?",
    (
        Answer(
            "they are right",
            Advice(
                (LogisticLoss(), HingeLoss()),
                "Either; the logistic loss leaves you a probability.",
                "ch-margin",
            ),
        ),
        Answer(
            "wrong at rates that are known, or can be counted",
            Advice(
                (ForwardCorrection(noise=UniformNoise(rate=0.1)),),
                "Estimate the noise matrix on relabelled cases.",
                "ch-wrong-labels",
            ),
        ),
        Answer(
            "wrong at random, at unknown rates",
            Advice(
                (CategoricalGeneralizedCrossEntropy(q=0.7),),
                "And stop early; its outputs are no probabilities.",
                "ch-wrong-labels",
            ),
        ),
    ),
)
CLASS = Question(
    "What happens with the answer?",
    (
        Answer(
            "an action, with costs that are known",
            Advice(
                (BinaryCrossEntropy(),),
                "Act above c_FP / (c_FP + c_FN). Rare classes change nothing.",
                "ch-imbalance",
            ),
        ),
        Answer(
            "the probability is told to somebody",
            Advice(
                (BinaryCrossEntropy(), BrierLoss()),
                "Without class weights; recalibrate on held-out data.",
                "ch-calibration",
            ),
        ),
        Answer(
            "one of several classes is chosen",
            Advice(
                (CategoricalCrossEntropy(),),
                "Take the class of least expected cost.",
                "ch-log-loss",
            ),
        ),
        Answer(
            "the highest few are treated, as many as there is room for",
            Advice(
                (BinaryCrossEntropy(),),
                "Sort by probability; judge by precision among the chosen.",
                "ch-ranking",
            ),
        ),
        Answer("the label, and every error counts the same", LABEL),
    ),
)
ORDER = Question(
    "What is known of the items?",
    (
        Answer(
            "how relevant each is",
            Advice(
                (PairwiseLogisticLoss(),),
                "Or squared error of shares: let every list count once.",
                "ch-lists",
            ),
        ),
        Answer(
            "how relevant each is, and only the top is read",
            Advice((LambdaRankLoss(),), "Start from a pairwise fit.", "ch-lists"),
        ),
        Answer(
            "an order, as in races and surveys",
            Advice(
                (PlackettLuceLoss(),), "Cox's partial likelihood, if timed.", "ch-lists"
            ),
        ),
        Answer(
            "clicks, and nothing about the rest",
            Advice(
                (PairwiseLogisticLoss(),),
                "The distribution of the negatives decides what is learned.",
                "ch-lists",
            ),
        ),
    ),
)
REGION = Question(
    "What is drawn?",
    (
        Answer(
            "a mask, and the model can give probabilities",
            Advice(
                (BinaryCrossEntropy(),),
                "Cut at half of the expected Dice score, image by image.",
                "ch-segmentation",
            ),
        ),
        Answer(
            "a mask, from a model too rigid for probabilities",
            Advice(
                (DiceLoss(),),
                "With a pseudo-count if masks may be empty.",
                "ch-segmentation",
            ),
        ),
        Answer(
            "a box",
            Advice(
                (HuberLoss(delta=1.0), DIoULoss()),
                "Predict the centre and the logarithms of the sides.",
                "ch-boxes",
            ),
        ),
    ),
)
TREE = Question(
    "What do you need?",
    (
        Answer("a quantity", QUANTITY),
        Answer("a class, or the probability of one", CLASS),
        Answer("an order of a list", ORDER),
        Answer("a region of an image", REGION),
    ),
)


def paths(question: Question = TREE) -> Iterator[tuple[tuple[str, ...], Advice]]:
    """Every way through the questions: the answers given, and the advice.

    Examples
    --------
    >>> answers, advice = next(lb.show.paths())
    >>> advice.losses
    (SquaredError(),)
    """
    for answer in question.answers:
        if isinstance(answer.then, Advice):
            yield (answer.text,), answer.then
        else:
            for rest, advice in paths(answer.then):
                yield (answer.text, *rest), advice


def outline(
    question: Question = TREE, depth: int = 0
) -> Iterator[tuple[int, str, str]]:
    """The tree line by line: depth, answer, and the question or losses that follow."""
    for answer in question.answers:
        if isinstance(answer.then, Advice):
            yield depth, answer.text, " or ".join(names(answer.then))
        else:
            yield depth, answer.text, answer.then.text
            yield from outline(answer.then, depth + 1)


def names(advice: Advice) -> list[str]:
    """The classes of the losses, each once."""
    return list(dict.fromkeys(type(loss).__name__ for loss in advice.losses))


@dataclass(frozen=True, repr=False)
class Guide:
    """The questions as boxes that open, in a page of the book.

    Examples
    --------
    >>> lb.show.Guide()
    What do you need? (23 ways)
    """

    question: Question = TREE

    def _repr_markdown_(self) -> str:
        return _boxes(self.question)

    def __repr__(self) -> str:
        return f"{self.question.text} ({len(list(paths(self.question)))} ways)"


@dataclass(frozen=True, repr=False)
class GuideTable:
    """The ways through the questions as rows of a table."""

    question: Question = TREE

    def _repr_markdown_(self) -> str:
        rows = ["| You need | Use | How |", "| --- | --- | --- |"]
        for answers, advice in paths(self.question):
            words = "; ".join(answers)
            how = f"{advice.how} {{ref}}`{advice.chapter}`"
            rows.append(f"| {words} | {_named(advice)} | {how} |")
        return "\n".join(rows)

    def __repr__(self) -> str:
        return f"a table of {len(list(paths(self.question)))} rows"


def _boxes(question: Question) -> str:
    """A question and a folded box for each answer, in MyST."""
    inside = [
        _advice(answer.then) if isinstance(answer.then, Advice) else _boxes(answer.then)
        for answer in question.answers
    ]
    # The fence of a box is longer than every fence in it.
    fence = ":" * (3 + _height(question))
    boxes = [
        f"{fence}{{admonition}} {answer.text[:1].upper()}{answer.text[1:]}\n"
        f":class: guide dropdown\n\n{text}\n{fence}"
        for answer, text in zip(question.answers, inside, strict=True)
    ]
    return "\n\n".join([f"**{question.text}**", *boxes])


def _height(question: Question) -> int:
    """The number of further questions below, at most."""
    below = [a.then for a in question.answers if isinstance(a.then, Question)]
    return 1 + max((_height(q) for q in below), default=-1)


def _advice(advice: Advice) -> str:
    lines = [f"Use {_named(advice)}. {advice.how}", f"Why: {{ref}}`{advice.chapter}`."]
    for name, elsewhere in {
        type(loss).__name__: loss.elsewhere for loss in advice.losses
    }.items():
        if elsewhere:
            listed = ", ".join(f"{there.library} `{there.name}`" for there in elsewhere)
            lines.append(f"`{name}` elsewhere: {listed}.")
    return "\n\n".join(lines)


def _named(advice: Advice) -> str:
    return " or ".join(f"`{name}`" for name in names(advice))
