"""Findings about a loss that a reader has written.

Nothing here knows which loss it is: a check asks what every loss of a kind must do.
"""

import inspect
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from lossbook.numerics import Array
from lossbook.validation import REALS, Named, check_number, check_option

Kind = Literal[
    "regression",
    "positive",
    "binary",
    "probability",
    "multiclass",
    "simplex",
    "ranking",
    "mask",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
LABELLED = ("binary", "probability", "multiclass", "simplex", "mask")
Data = NDArray[Any]

N, K = 7, 3  # samples and classes: unlike each other, and no powers of two
STEP = 1e-2  # of finite differences: long enough for functions that compute in float32


class Finding(NamedTuple):
    """What a check found.

    Attributes
    ----------
    check : str
        The name of the check.
    message : str
        What was seen, with numbers, and what it may come from.
    """

    check: str
    message: str

    def __str__(self) -> str:
        return f"{self.check}: {self.message}"


class Findings(list[Finding]):
    """A list of findings, a line each when printed."""

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) if self else "no findings"


class _Raised(Exception):
    """The reader's function raised on an input that it should take."""


@dataclass(frozen=True)
class _Case:
    """Inputs of one kind.

    An ordinary sample ``y`` and ``f``; predictions that are ``right`` and ``wrong`` for
    its targets; predictions ``far`` out, the wrong ones last; and, where a loss may not
    stand still, a ``ladder`` of ever worse predictions of the label 1.
    """

    y: Data
    f: Array
    right: Array
    wrong: Array
    far: tuple[Array, ...]
    nonnegative: bool = True
    ladder: Array | None = None


def check_loss(
    value: Callable[..., Any],
    gradient: Callable[..., Any] | None = None,
    *,
    kind: Kind,
    reduction: Literal["mean", "sum", "none"] | None = None,
    ignore: float | None = None,
) -> Findings:
    """Try out a loss function, and its gradient, on what usually goes wrong.

    Parameters
    ----------
    value : callable
        ``value(y_true, prediction)`` returns a number, or one for each sample.  If it
        has a parameter ``sample_weight``, weights are checked too; if that has no
        default, it is given ones by the other checks.
    gradient : callable, optional
        ``gradient(y_true, prediction)``: the derivative of ``value`` (of its sum, if it
        returns one number for each sample) in the prediction, and in its shape.
    kind : str
        What goes in:

        ============= ======================== ====================================
        kind          y_true                   prediction
        ============= ======================== ====================================
        "regression"  real, (n,)               real, (n,)
        "positive"    > 0, (n,)                > 0, (n,)
        "binary"      0.0 or 1.0, (n,)         scores such as logits, (n,)
        "probability" 0.0 or 1.0, (n,)         probabilities of label 1, (n,)
        "multiclass"  integers 0..K-1, (n,)    scores such as logits, (n, K), of which
                                               only differences count
        "simplex"     integers 0..K-1, (n,)    rows of probabilities, (n, K)
        "ranking"     relevance, (n, items)    scores, (n, items)
        "mask"        0.0 or 1.0, (n, 4, 4)    probabilities, (n, 4, 4)
        ============= ======================== ====================================
    reduction : {"mean", "sum", "none"}, optional
        What ``value`` claims to return; taken from what it does if not given.
    ignore : float, optional
        The target that marks a sample to be left out, such as -100 for padding.

    Returns
    -------
    Findings
        A list of ``Finding``, empty if there are none, a line each when printed.

    Raises
    ------
    TypeError, ValueError
        If the arguments of this function are wrong.  What the reader's functions raise
        is a finding.

    Notes
    -----
    Checked are: finite differences; weights as repetition, a weight of zero and ignored
    targets as absence; batches, order and repetition, which must agree with the
    reduction; inputs left alone; that a good prediction costs less than a bad one, for
    every label by itself, that the loss is not negative (except where a loss of the
    kind may be: "positive", "multiclass", "simplex") and stays finite far out; that it
    does not move in steps, as after a cast to integers; for probabilities and binary
    scores, that it does not suddenly stand still where the prediction gets worse, as
    after clipping, and that a prediction surely right for one label costs more with
    the other; for masks and lists, that perfect predictions can cost nothing; for
    several classes, that no softmax is taken twice, and of scores that a constant added
    to a row changes nothing and that no mean over classes is taken.

    What is a loss of its own is not found, though it may not be the one that is meant:
    the sides of a pinball loss exchanged, a percentage of the prediction instead of the
    target, tied items of a list compared with each other, class weights inside a plain
    mean, a constant factor of the value.  Nor is what only a large sample shows, or
    rounding in the last digits.

    Inputs are NumPy arrays in float64 and int64.  Functions of JAX take those as they
    are; a function that refuses them is given PyTorch's tensors, if that is loaded.

    Examples
    --------
    >>> def squared(y, f):
    ...     return ((y - f) ** 2).mean()
    >>> lb.check_loss(squared, lambda y, f: 2 * (f - y) / len(y), kind="regression")
    no findings
    >>> lb.check_loss(squared, lambda y, f: 2 * (f - y), kind="regression")
    gradient: is 7 times the slope of the value, and 7 is the number of samples: the \
value is a mean and the gradient is not
    """
    owner = Named("check_loss")
    for name, function in (("value", value), ("gradient", gradient)):
        if not callable(function) and not (name == "gradient" and function is None):
            raise TypeError(
                f"{owner!r}: {name} must be a function of targets and predictions; "
                f"got {function!r}"
            )
    if isinstance(value, type):
        raise TypeError(
            f"{owner!r}: value must be a function or an object that can be called; "
            f"got the class {value.__name__}"
        )
    check_option(owner, "kind", kind, KINDS)
    if reduction is not None:
        check_option(owner, "reduction", reduction, ("mean", "sum", "none"))
    if ignore is not None and not (isinstance(ignore, float) and np.isnan(ignore)):
        check_number(owner, "ignore", ignore, REALS)
    return _Check(value, gradient, kind, reduction, ignore).findings()


# ---- what goes in ------------------------------------------------------------------


def _case(kind: Kind) -> _Case:
    """The inputs of a kind, the same in every call."""
    rng = np.random.default_rng(0)
    label = np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0])
    classes = np.arange(N) % K
    one_hot = np.eye(K)[classes]
    another = np.roll(one_hot, 1, axis=1)
    if kind == "regression":
        y = rng.normal(scale=2, size=N)
        far = np.full(N, 1e4), np.full(N, -1e4)
        return _Case(y, rng.normal(scale=2, size=N), y, y + 3, far)
    if kind == "positive":
        y = rng.uniform(0.5, 4, size=N)
        far = np.full(N, 1e-6), np.full(N, 1e6)
        return _Case(y, rng.uniform(0.5, 4, size=N), y, 3 * y, far, nonnegative=False)
    if kind == "binary":
        sign = 2 * label - 1
        far = 500 * sign, -500 * sign
        ladder = np.arange(-5.0, -65.0, -5.0)
        f = rng.normal(scale=2, size=N)
        return _Case(label, f, 5 * sign, -5 * sign, far, ladder=ladder)
    if kind == "probability":
        right = np.abs(label - 0.05)
        far = np.abs(label - 1e-6), np.abs(1 - label - 1e-6)
        ladder = 10.0 ** -np.arange(1, 19)
        p = rng.uniform(0.2, 0.8, size=N)
        return _Case(label, p, right, 1 - right, far, ladder=ladder)
    if kind == "multiclass":
        far = 500 * one_hot, 500 * another
        f = rng.normal(scale=2, size=(N, K))
        return _Case(classes, f, 5 * one_hot, 5 * another, far, nonnegative=False)
    if kind == "simplex":
        p = rng.uniform(0.5, 1.5, size=(N, K))
        p /= p.sum(axis=1, keepdims=True)
        near, off = 0.05 + 0.85 * one_hot, 0.05 + 0.85 * another
        tiny = 1e-6 + (1 - 1e-6 * K) * one_hot, 1e-6 + (1 - 1e-6 * K) * another
        return _Case(classes, p, near, off, tiny, nonnegative=False)
    if kind == "ranking":
        y = rng.permuted(np.tile([0.0, 0.0, 1.0, 2.0, 3.0], (N, 1)), axis=1)
        # Far enough from each other that a finite difference exchanges none.
        f = rng.permuted(np.tile(np.arange(5) * 0.7, (N, 1)), axis=1)
        f += rng.uniform(-0.2, 0.2, size=f.shape)
        return _Case(y, f, y, -y, (100 * y, -100 * y))
    y = rng.permuted(np.tile(np.arange(16) < 6, (N, 1)), axis=1)
    y = y.astype(float).reshape(N, 4, 4)
    p = rng.uniform(0.2, 0.8, size=y.shape)
    right = np.abs(y - 0.05)
    return _Case(y, p, right, 1 - right, (np.abs(y - 1e-6), np.abs(1 - y - 1e-6)))


# ---- what comes out ----------------------------------------------------------------


class _Check:
    """One run over a reader's functions."""

    def __init__(
        self,
        value: Callable[..., Any],
        gradient: Callable[..., Any] | None,
        kind: Kind,
        reduction: str | None,
        ignore: float | None,
    ) -> None:
        self.value, self.gradient = value, gradient
        self.kind, self.claimed, self.ignore = kind, reduction, ignore
        self.case = _case(kind)
        self.tensors = False
        self.changed: set[str] = set()

    def findings(self) -> Findings:
        found = Findings()
        y, f = self.case.y, self.case.f
        try:
            self.usual = self._first_call(y, f)
        except _Raised as error:
            return Findings([Finding("call", str(error))])
        if self.usual.shape not in ((), (N,)):
            message = (
                f"value returns shape {self.usual.shape} for {N} samples; it must "
                "return one number, or one for each sample"
            )
            return Findings([Finding("shape", message)])
        if not np.isfinite(self.usual).all():
            message = f"value is {self._shown(self.usual)} for an ordinary sample"
            return Findings([Finding("call", message)])
        self.reduction = "none" if self.usual.shape else self.claimed or "mean"
        checks: dict[str, Callable[[], Iterator[str]]] = {
            "reduction": self._reduction,
            "gradient": self._slopes,
            "batches": self._batches,
            "order": self._order,
            "weights": self._weights,
            "zero weight": self._zero_weight,
            "ignored": self._ignored,
            "good and bad": self._good_and_bad,
            "negative": self._negative,
            "far out": self._far_out,
            "stands still": self._stands_still,
            "steps": self._steps,
            "ends": self._ends,
            "lowest": self._lowest,
            "shift": self._shift,
            "classes": self._classes,
        }
        for name, check in checks.items():
            try:
                found += [Finding(name, message) for message in check()]
            except _Raised as error:
                found.append(Finding(name, str(error)))
        for name in sorted(self.changed):
            found.append(Finding("inputs", f"{name} changes the arrays it is given"))
        return found

    # ---- calling -------------------------------------------------------------------

    def _first_call(self, y: Data, f: Array) -> Array:
        """The value of the ordinary sample; tensors where arrays are refused."""
        try:
            return self._value(y, f)
        except _Raised as refusal:
            if "torch" not in sys.modules:
                raise
            self.tensors = True
            try:
                return self._value(y, f)
            except _Raised as error:
                raise _Raised(f"{refusal}; with tensors {error}") from error

    def _call(
        self, function: Callable[..., Any], name: str, y: Data, f: Array, **kwargs: Data
    ) -> Array:
        weight = self._weight(function)
        if weight is not None and weight.default is inspect.Parameter.empty:
            kwargs = {"sample_weight": np.ones(len(y))} | kwargs
        given = [y.copy(), f.copy(), *(w.copy() for w in kwargs.values())]
        inputs: list[Any] = list(given)
        if self.tensors:
            inputs = [sys.modules["torch"].as_tensor(array) for array in given]
        named = dict(zip(kwargs, inputs[2:], strict=True))
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                out = function(*inputs[:2], **named)
                out = np.asarray(out.detach() if hasattr(out, "detach") else out)
        except Exception as error:
            raise _Raised(f"{name} raises {type(error).__name__}: {error}") from error
        if out.dtype.kind not in "biuf":
            raise _Raised(f"{name} returns no numbers but dtype {out.dtype}")
        before = (y, f, *kwargs.values())
        if not all(map(np.array_equal, given, before, [True] * len(given))):
            self.changed.add(name)
        return out.astype(np.float64)

    def _value(self, y: Data, f: Array, **kwargs: Data) -> Array:
        out = self._call(self.value, "value", y, f, **kwargs)
        return out.reshape(()) if out.shape == (1,) and len(y) > 1 else out

    @staticmethod
    def _weight(function: Callable[..., Any] | None) -> inspect.Parameter | None:
        """The function's parameter for weights, if it has one."""
        try:
            return inspect.signature(function).parameters.get("sample_weight")  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return None

    @staticmethod
    def _shown(values: Array) -> str:
        """A number, or the first of several that are not finite, or the first."""
        flat = np.atleast_1d(values).ravel()
        bad = flat[~np.isfinite(flat)]
        return f"{(bad if bad.size else flat)[0]:.4g}"

    # ---- samples and reductions ------------------------------------------------------

    def _reduction(self) -> Iterator[str]:
        y, f = self.case.y, self.case.f
        twice = self._value(np.concatenate([y, y]), np.concatenate([f, f]))
        if self.usual.shape:
            does = "none"
        elif _close(twice, self.usual):
            does = "mean"
        elif _close(twice, 2 * self.usual):
            does = "sum"
        else:
            yield (
                f"a sample costs {self._shown(self.usual)} and the same sample twice "
                f"{self._shown(twice)}: neither equal, as a mean, nor double, as a sum"
            )
            return
        self.reduction = does
        if self.claimed not in (None, does):
            meaning = {
                "none": "returns one number for each sample",
                "mean": "costs the same when the sample is given twice: it is a mean",
                "sum": "costs double when the sample is given twice: it is a sum",
            }
            yield f"{self.claimed!r} is claimed, but value {meaning[does]}"

    def _batches(self) -> Iterator[str]:
        y, f = self.case.y, self.case.f
        first, rest = self._value(y[:3], f[:3]), self._value(y[3:], f[3:])
        if self.reduction == "mean":
            together = (3 * first + (N - 3) * rest) / N
        else:
            together = np.append(first, rest) if self.usual.shape else first + rest
        if not _close(together, self.usual):
            yield (
                f"batches of 3 and {N - 3} samples, put together, cost "
                f"{self._shown(together)}, all {N} at once {self._shown(self.usual)}: "
                "the loss of a sample depends on what else is in the batch"
            )

    def _order(self) -> Iterator[str]:
        order = np.random.default_rng(1).permutation(N)
        shuffled = self._value(self.case.y[order], self.case.f[order])
        expected = self.usual[order] if self.usual.shape else self.usual
        if not _close(shuffled, expected):
            yield (
                f"in another order the samples cost {self._shown(shuffled)} instead "
                f"of {self._shown(expected)}"
            )

    def _weights(self) -> Iterator[str]:
        if self._weight(self.value) is None:
            return
        y, f = self.case.y, self.case.f
        w = np.array([1.0, 2, 3, 1, 2, 1, 3])
        weighted = self._value(y, f, sample_weight=w)
        times = w.astype(int)
        if self.usual.shape:
            expected = w * self.usual
        else:
            expected = self._value(np.repeat(y, times, axis=0), np.repeat(f, times, 0))
        if _close(weighted, expected):
            return
        why = ""
        if _close(weighted, self.usual):
            why = ": the weights change nothing"
        elif _close(weighted, expected * w.sum() / N):
            why = (
                f": {w.sum() / N:.4g} times as much, the mean weight: divided by the "
                "number of samples, not by the sum of the weights"
            )
        yield (
            f"weights {times.tolist()} cost {self._shown(weighted)}, samples repeated "
            f"as often {self._shown(expected)}{why}"
        )

    def _zero_weight(self) -> Iterator[str]:
        if self._weight(self.value) is None:
            return
        y, f = self.case.y, self.case.f.copy()
        f[2] = self.case.far[-1][2]
        kept = np.arange(N) != 2
        weighted = self._value(y, f, sample_weight=kept.astype(float))
        expected = self._value(y[kept], f[kept])
        if expected.shape:
            expected = np.insert(expected, 2, 0)
        if not _close(weighted, expected):
            yield (
                f"with a weight of zero on one sample the value is "
                f"{self._shown(weighted)}, without the sample {self._shown(expected)}"
            )

    def _ignored(self) -> Iterator[str]:
        if self.ignore is None:
            return
        y, f = self.case.y.copy(), self.case.f.copy()
        # Whole samples; of lists and masks the last items or row.
        at: Any = [2, 5] if y.ndim == 1 else (slice(None), -1)
        if y.dtype.kind == "i" and np.isnan(self.ignore):
            y = y.astype(float)
        y[at] = self.ignore
        marked = self._value(y, f)
        if y.ndim == 1:
            kept = np.delete(np.arange(N), at)
            without = self._value(self.case.y[kept], f[kept])
            if without.shape:
                without = np.insert(without, [2, 4], 0)
        else:
            without = self._value(self.case.y[:, :-1], f[:, :-1])
        moved = f.copy()
        moved[at] = self.case.wrong[at]
        if not _close(self._value(y, moved), marked):
            yield "a prediction whose target is to be ignored changes the value"
        elif not _close(marked, without):
            share = np.divide(*np.broadcast_arrays(marked, without)).flat[0]
            why = ""
            if y.ndim == 1 and _close(share, (N - 2) / N):
                why = (
                    f", {share:.4g} times as much: ignored targets add nothing but are "
                    "counted in the mean"
                )
            yield (
                f"with ignored targets the value is {self._shown(marked)}, without "
                f"them {self._shown(without)}{why}"
            )
        if self.gradient is not None:
            slope = self._call(self.gradient, "gradient", y, f)
            if slope.shape == f.shape and np.any(slope[at]):
                yield (
                    "the gradient where targets are to be ignored is "
                    f"{self._shown(slope[at][slope[at] != 0])} instead of 0"
                )

    # ---- derivatives -----------------------------------------------------------------

    def _slopes(self) -> Iterator[str]:
        if self.gradient is None:
            return
        yield from self._compared({})
        if self._weight(self.value) and self._weight(self.gradient):
            w = np.array([1.0, 2, 3, 1, 2, 1, 3])
            for message in self._compared({"sample_weight": w}):
                yield f"with weights, {message}"

    def _compared(self, weights: dict[str, Data]) -> Iterator[str]:
        """The gradient against finite differences along each direction."""
        y, f = self.case.y, self.case.f
        assert self.gradient is not None
        given = self._call(self.gradient, "gradient", y, f, **weights)
        if given.shape != f.shape:
            yield f"has shape {given.shape} where the prediction has {f.shape}"
            return
        where, directions = self._directions()
        claimed = np.array([(given * d).sum() for d in directions])
        along = [
            [self._value(y, f + k * STEP * d, **weights).sum() for k in range(-2, 3)]
            for d in directions
        ]
        v = np.array(along).T
        central = (v[0] - 8 * v[1] + 8 * v[3] - v[4]) / (12 * STEP)
        # Beside a kink or a jump one side is still right.
        left = (3 * v[2] - 4 * v[1] + v[0]) / (2 * STEP)
        right = (-3 * v[2] + 4 * v[3] - v[4]) / (2 * STEP)
        tolerance = 2e-3 * np.abs(central).max() + 1e-6
        sides = np.array([central, left, right])
        nearest = np.argmin(np.abs(sides - claimed), axis=0)
        slope = sides[nearest, np.arange(len(claimed))]
        if (np.abs(slope - claimed) <= tolerance).all():
            return
        seen = np.abs(central) > tolerance
        factor = float(np.median(claimed[seen] / central[seen])) if seen.any() else 0.0
        if np.abs(claimed - factor * central).max() <= tolerance * max(1, abs(factor)):
            yield f"is {factor:.4g} times the slope of the value{self._why(factor)}"
            return
        worst = int(np.argmax(np.abs(slope - claimed)))
        yield (
            f"is {claimed[worst]:.4g} at {where[worst]} where the slope of the value "
            f"is {slope[worst]:.4g}"
        )

    def _directions(self) -> tuple[list[str], list[Array]]:
        """Where predictions are moved one at a time; rows that sum to one keep that."""
        where, directions = [], []
        for place in np.ndindex(self.case.f.shape):
            d = np.zeros_like(self.case.f)
            d[place] = 1
            if self.kind == "simplex":
                if place[1] == 0:
                    continue
                d[place[0], 0] = -1
            where.append(f"[{', '.join(map(str, place))}]")
            directions.append(d)
        return where, directions

    def _why(self, factor: float) -> str:
        """What a constant factor between gradient and slope may come from."""
        if _close(factor, -1):
            return ": a sign is wrong"
        if _close(factor, N):
            return (
                f", and {N} is the number of samples: the value is a mean and the "
                "gradient is not"
            )
        if _close(factor, 1 / N):
            return (
                f", and {N} is the number of samples: the gradient is a mean and the "
                "value is not"
            )
        if self.kind in ("multiclass", "simplex") and (
            _close(factor, K) or _close(factor, 1 / K)
        ):
            return f", and {K} is the number of classes: one is a mean over classes"
        return ""

    # ---- predictions -----------------------------------------------------------------

    def _good_and_bad(self) -> Iterator[str]:
        good = self._value(self.case.y, self.case.right)
        bad = self._value(self.case.y, self.case.wrong)
        if not good.sum() < bad.sum():
            yield (
                f"good predictions cost {good.sum():.4g} and bad ones "
                f"{bad.sum():.4g}: a sign is wrong, or targets and predictions are "
                "exchanged"
            )
        elif self.kind in LABELLED:
            yield from self._label_by_label(good.sum(), bad.sum())

    def _label_by_label(self, good: float, bad: float) -> Iterator[str]:
        """What predictions cost that are bad for one label only."""
        y, right, wrong = self.case.y, self.case.right, self.case.wrong
        for label in np.unique(y):
            of_label = (y == label).reshape(y.shape + (1,) * (right.ndim - y.ndim))
            part = self._value(y, np.where(of_label, wrong, right)).sum()
            if label == self.ignore or part - good > 1e-6 * (bad - good):
                continue
            does = "cost less than good ones"
            if _close(part, good):
                does = "cost as much as good ones"
            why = ""
            if len(right.shape) == len(y.shape):
                why = (
                    ": is the term of this label missing, or does the formula want "
                    "the labels -1 and 1?"
                )
            yield f"bad predictions of the label {label:g} {does}{why}"

    def _negative(self) -> Iterator[str]:
        if not self.case.nonnegative:
            return
        lowest = min(
            float(self._value(self.case.y, f).min())
            for f in (self.case.f, self.case.right, self.case.wrong)
        )
        if lowest < -1e-6:
            yield f"the value is {lowest:.4g}, below zero"

    def _far_out(self) -> Iterator[str]:
        for f in self.case.far:
            results = {"the value": self._value(self.case.y, f)}
            if self.gradient is not None:
                slope = self._call(self.gradient, "gradient", self.case.y, f)
                results["the gradient"] = slope
            for name, result in results.items():
                if not np.isfinite(result).all():
                    flat = f.ravel()
                    yield (
                        f"{name} is {self._shown(result)} at predictions between "
                        f"{flat.min():.4g} and {flat.max():.4g}"
                    )

    def _stands_still(self) -> Iterator[str]:
        """Clipping: steps of full height up the ladder, then suddenly small ones."""
        if self.case.ladder is None:
            return
        ones = np.ones(N)
        height = np.array(
            [self._value(ones, np.full(N, f)).max() for f in self.case.ladder]
        )
        step = np.diff(height)
        if not np.isfinite(step).all() or step.min() < 0 or step.max() == 0:
            return
        # A bounded loss takes smaller and smaller steps, by the same factor each time.
        high, none = step > step.max() / 10, step <= 1e-9 * step.max()
        factor = step[1:] / np.maximum(step[:-1], 1e-300)
        rungs = [
            k
            for k in range(1, len(step))
            if (none[k] and high[max(0, k - 2) : k].any())
            or (factor[0] > 0.5 and factor[k - 1] < factor[0] / 3)
        ]
        if rungs:
            yield (
                f"for the label 1 the value stays near {height[-1]:.4g} from "
                f"{self.case.ladder[rungs[0]]:.4g} on, however wrong it is: "
                "is a probability clipped, or a constant added to it?"
            )

    def _steps(self) -> Iterator[str]:
        """On the way of one sample from right to wrong nothing moves but in jumps."""
        y, right, f = self.case.y, self.case.right, self.case.right.copy()
        value = []
        for t in np.linspace(0, 2 if self.kind == "regression" else 1, 151):
            f[0] = right[0] + t * (self.case.wrong[0] - right[0])
            value.append(self._value(y, f).sum())
        moves = np.diff(value) != 0
        if moves.sum() >= 3 and not np.any(moves[1:] & moves[:-1]):
            yield (
                f"while a prediction goes from right to wrong the value moves "
                f"{moves.sum()} times and stands still between: are predictions "
                "rounded, or cast to integers?"
            )

    def _ends(self) -> Iterator[str]:
        """At either end of the predictions the two labels must not cost the same."""
        if self.case.ladder is None:
            return
        for end in (self.case.far[0].min(), self.case.far[0].max()):
            zero, one = (
                self._value(np.full(N, label), np.full(N, end)).sum()
                for label in (0.0, 1.0)
            )
            # Where both cost nothing a term is missing, which is found elsewhere.
            if 1e-3 < zero < np.inf and _close(zero, one):
                yield (
                    f"at the prediction {end:g} both labels cost {zero:.4g}: is a "
                    "sigmoid applied twice, or a probability taken for a score?"
                )

    def _lowest(self) -> Iterator[str]:
        """What perfect predictions cost, where they may cost nothing."""
        y, right, perfect = self.case.y, self.case.right, self.case.far[0]
        if self.kind == "ranking":  # without ties
            y = right = np.tile(np.arange(5.0), (N, 1))
            perfect = 100 * y
        least = float(np.mean(self._value(y, perfect)))
        if self.kind in ("mask", "ranking"):
            # A loss of smoothed targets rises again towards the end.
            if 1e-3 < least < float(np.mean(self._value(y, right))):
                yield (
                    f"perfect predictions cost {least:.4g} instead of 0: is a factor "
                    "missing, an item compared with itself, or a sigmoid applied twice?"
                )
        elif self.kind in ("multiclass", "simplex"):
            most = float(np.mean(self._value(y, self.case.far[1])))
            scale = N if self.reduction == "sum" else 1
            floor = np.log(np.e + K - 1) - 1
            if _close([least, most], [scale * floor, scale * (floor + 1)]):
                yield (
                    f"the value cannot fall below {least:.4g} or rise above "
                    f"{most:.4g}: is a softmax applied twice, or are probabilities "
                    "taken for scores?"
                )

    def _shift(self) -> Iterator[str]:
        if self.kind != "multiclass":
            return
        y, f = self.case.y, self.case.f
        shift = np.linspace(-3, 3, N)[:, None]
        moved = self._value(y, f + shift)
        if not _close(moved, self.usual):
            yield (
                "a constant added to each row of scores changes the value from "
                f"{self._shown(self.usual)} to {self._shown(moved)}"
            )
        elif not _close(self._value(y, f + 1000), self.usual):
            yield (
                f"with 1000 added to all scores the value is "
                f"{self._shown(self._value(y, f + 1000))} instead of "
                f"{self._shown(self.usual)}: subtract the largest score of a row first"
            )
        if self.gradient is None:
            return
        slope = self._call(self.gradient, "gradient", y, f)
        if slope.shape != f.shape:
            return
        rows = slope.sum(axis=1)
        worst = int(np.argmax(np.abs(rows)))
        if abs(rows[worst]) > 1e-4 * np.abs(slope).max():
            yield (
                f"row {worst} of the gradient sums to {rows[worst]:.4g} instead of 0, "
                "so a step changes what should not matter"
            )
        for size in (3.0, 1000.0):
            moved = self._call(self.gradient, "gradient", y, f + size)
            if not _close(moved, slope):
                yield f"{size:g} added to all scores changes the gradient"
                return

    def _classes(self) -> Iterator[str]:
        if self.kind != "multiclass":
            return
        y, f = self.case.y, self.case.f
        impossible = np.full((N, 1), f.min() - 600)
        try:
            more = self._value(y, np.hstack([f, impossible]))
        except _Raised:  # a loss may be made for K classes
            return
        if np.allclose(more, self.usual * K / (K + 1), rtol=1e-5, atol=0):
            yield (
                "a class that cannot occur, added to the others, divides the value by "
                f"{(K + 1) / K:.4g} = {K + 1}/{K}: a mean over classes where a sum is "
                "meant"
            )


def _close(a: Any, b: Any) -> bool:
    """Equal to the precision of sums in float32."""
    return bool(np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-4, atol=1e-6))
