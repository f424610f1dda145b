"""Is it best to state the probability that one believes?  Asked of any loss."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lossbook.base import BinaryLoss, Loss, MulticlassLoss, PointwiseLoss
from lossbook.judge.inputs import answers
from lossbook.numerics import Array
from lossbook.validation import Interval, Named

ScoreFunction = Callable[[Array, Array], Array]
OWNER = Named("properness")


@dataclass(frozen=True)
class Properness:
    """The verdict of :func:`properness`; true if the loss is proper.

    Attributes
    ----------
    proper : bool
        No statement does better, on average, than the belief.
    strict : bool
        Every other statement does worse.
    reason : str
        A belief and a statement that show it.
    reading : str
        What was stated to the loss for the probability p.
    """

    proper: bool
    strict: bool
    reason: str
    reading: str

    def __bool__(self) -> bool:
        return self.proper


def properness(loss: PointwiseLoss | ScoreFunction) -> Properness:
    """Is it best, on average, to state the probability that one believes?

    Takes a loss of lossbook or a function S(y, p) of arrays of labels 0 and 1 and of
    probabilities of label 1.

    Every belief of a grid (three labels for a multiclass loss) is set against every
    statement; a best statement nearer than 5e-5 to the belief passes for it.

    Parameters
    ----------
    loss : loss or function
        A loss of a probability, or of a number, is given p.  A loss of a score is given
        the score that stands for p: ``probability_link(p)`` where there is such a link,
        and otherwise 2 p - 1, which takes the same side (of several classes the scores
        p).  The zero-one loss is given the label 1{p > 1/2}.  The verdict says which.

    Returns
    -------
    Properness

    Notes
    -----
    The belief 1/2 is one of the grid, so a convention for ties counts: the label 0 that
    the zero-one loss is given at p = 1/2 is as good as the label 1, but a function that
    charges both labels at p = 1/2 is not proper, and the verdict says that nobody else
    is concerned.

    Gneiting & Raftery 2007, doi:10.1198/016214506000001437.

    Examples
    --------
    >>> lb.judge.properness(lb.BrierLoss()).strict
    True
    >>> lb.judge.properness(lb.HingeLoss()).reason
    'who believes 0.25 does better to state 0.005'
    """
    score, reading = _read(loss)
    if isinstance(loss, PointwiseLoss) and isinstance(loss.y_domain, Interval):
        missing = [label for label in (0, 1) if not loss.y_domain.contains(label)]
        if missing:
            reason = f"label {missing[0]} is not in its domain {loss.y_domain}"
            return Properness(False, False, reason, reading)
    beliefs = _simplex_grid(3 if isinstance(loss, MulticlassLoss) else 2)
    scores = _label_scores(score, beliefs)
    expected = beliefs @ scores.T
    excess = expected - np.diag(expected)[:, None]
    distance = sum(np.subtract.outer(b, b) ** 2 for b in beliefs.T)
    np.fill_diagonal(distance, np.inf)
    rate = excess / distance
    np.fill_diagonal(rate, np.inf)
    # A rate of a millionth is beyond rounding and below every loss in use.
    limit = 1e-6 * np.ptp(scores)
    proper = bool(rate.min() >= -limit)
    if rate.min() > limit:
        reason = "stating anything but the belief costs more"
        return Properness(True, True, reason, reading)
    shown = np.where(rate <= limit, distance, 0)
    gained, only = "loses nothing by stating", ""
    if not proper:
        shown = np.where(rate < -limit, -excess, 0)
        gained = "does better to state"
        undecided = (beliefs == 0.5).all(axis=1)
        if not shown[~undecided].any():
            only = ", and nobody else: a convention for ties"
    # Round numbers come first in the grid; they serve as the example if they can.
    n_round = len(beliefs) // (2 * beliefs.shape[1] - 1)
    if shown[:n_round, :n_round].any():
        shown = shown[:n_round, :n_round]
    # The first of those that differ by rounding, as mirror images do.
    example = np.argmax(shown >= (1 - 1e-9) * shown.max())
    believed, stated = (
        _shown(beliefs[i]) for i in np.unravel_index(example, shown.shape)
    )
    reason = f"who believes {believed} {gained} {stated}{only}"
    return Properness(proper, False, reason, reading)


def _read(loss: PointwiseLoss | ScoreFunction) -> tuple[ScoreFunction, str]:
    """The loss as a function S(y, p), and what it is given for p."""
    if isinstance(loss, PointwiseLoss) and loss.family != "distribution":

        def score(y: Array, statement: Array) -> Array:
            return np.asarray(loss(y, statement, reduction="none"))

        if isinstance(loss, BinaryLoss) and loss.response == "predict":
            reading = "the label 1 if p > 1/2, else 0 (so 0 at the tie p = 1/2)"
            return lambda y, p: score(y, 1.0 * (p > 0.5)), reading
        if loss.response != "decision_function":
            return score, "p"
        if isinstance(loss, MulticlassLoss):
            return score, "the scores f = p, since it has no probability link"
        link = loss.probability_link if isinstance(loss, BinaryLoss) else None
        if link is None:
            reading = "the score f = 2 p - 1, since it has no probability link"
            return lambda y, p: score(y, 2 * p - 1), reading
        return lambda y, p: score(y, link(p)), f"the score f = {link!r}(p)"
    if callable(loss) and not isinstance(loss, Loss | type):
        return loss, "p"
    raise TypeError(
        f"{OWNER!r}: loss must be a loss of one number or row of classes, such as "
        "BrierLoss(), or a function S(y, p) of an array of labels and an array of "
        f"probabilities; got {loss!r}"
    )


def _simplex_grid(n_labels: int) -> Array:
    """Rows of probabilities inside the simplex, each with neighbours 1e-4 away."""
    if n_labels == 2:
        p = np.arange(1, 200) / 200
        grid = np.column_stack([1 - p, p])
    else:
        first, second = np.mgrid[1:19, 1:19].reshape(2, -1)
        inside = first + second < 20
        first, second = first[inside], second[inside]
        grid = np.column_stack([first, second, 20 - first - second]) / 20
    # Steps that keep the sum.
    steps = 1e-4 * (np.eye(n_labels)[1:] - np.eye(n_labels)[0])
    return np.vstack([grid, *(grid + s for s in steps), *(grid - s for s in steps)])


def _label_scores(score: ScoreFunction, beliefs: Array) -> Array:
    """The loss of each statement (row) for each label that may occur (column)."""
    n, n_labels = beliefs.shape
    statements = beliefs if n_labels > 2 else beliefs[:, 1]
    columns = []
    for y in range(n_labels):
        labels = np.full(n, y)
        column = answers(OWNER, "S(y, p)", "probability", score, labels, statements)
        columns.append(column)
        if not np.isfinite(column).all():
            where = beliefs[~np.isfinite(column)][0]
            raise ValueError(
                f"{OWNER!r}: S(y, p) must be finite for 0 < p < 1; "
                f"got {column[~np.isfinite(column)][0]} at y = {y}, p = {_shown(where)}"
            )
    return np.column_stack(columns).astype(float)


def _shown(belief: Array) -> str:
    """The probability of label 1, or all of three."""
    if len(belief) == 2:
        return f"{belief[1]:.4g}"
    return "(" + ", ".join(f"{b:.4g}" for b in belief) + ")"
