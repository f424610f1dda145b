"""The facts, cards and pages of the atlas: right, complete, and what is committed."""

import json
import shutil
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from samples import (
    CLASSIFICATION,
    MULTICLASS,
    POINTWISE,
    RESIDUAL,
    SCALAR,
    each,
    each_loss,
    restated,
)

import lossbook as lb
from lossbook import show as atlas
from lossbook.numerics import expit
from lossbook.show import cards, curves
from tools import atlas as pages

facts = cache(atlas.facts)


# ---- curves --------------------------------------------------------------------------


@each(RESIDUAL)
def test_curves_of_a_residual_loss(loss):
    r = np.linspace(-7, 7, 57)
    np.testing.assert_array_equal(atlas.curve(loss, "value", r), loss.rho(r))
    np.testing.assert_array_equal(atlas.curve(loss, "gradient", r), loss.rho_prime(r))
    np.testing.assert_array_equal(atlas.curve(loss, "hessian", r), loss.rho_second(r))


@each([x for x in POINTWISE if hasattr(x, "phi")])
def test_curves_of_a_margin_loss(loss):
    m = np.linspace(-5, 5, 41)
    np.testing.assert_allclose(atlas.curve(loss, "value", m), loss.phi(m), rtol=1e-14)
    np.testing.assert_allclose(
        atlas.curve(loss, "gradient", m), loss.phi_prime(m), rtol=1e-14
    )
    np.testing.assert_allclose(
        atlas.curve(loss, "hessian", m), loss.phi_second(m), rtol=1e-14
    )


@each_loss
def test_the_gradient_is_the_derivative_in_the_argument(loss):
    t = np.array([0.31, 1.7, 3.3])
    if atlas.view(loss) is curves.AMOUNT:
        # The gradient of an amount is in f, whatever the axis.
        raw_step = 1e-6
        step = raw_step * loss.link.inverse_derivative(loss.link(t))
    else:
        step = raw_step = 1e-6
    rise = atlas.curve(loss, "value", t + step) - atlas.curve(loss, "value", t - step)
    slope = atlas.curve(loss, "gradient", t)
    np.testing.assert_allclose(rise / (2 * raw_step), slope, rtol=1e-5, atol=1e-8)


def test_the_cut_through_three_classes():
    t = np.array([-1.0, 0.0, 2.0])
    p = np.exp(t) / (np.exp(t) + 2)
    loss = lb.CategoricalCrossEntropy()
    np.testing.assert_allclose(atlas.curve(loss, "value", t), -np.log(p))
    np.testing.assert_allclose(atlas.curve(loss, "gradient", t), p - 1)
    np.testing.assert_allclose(atlas.curve(loss, "hessian", t), p * (1 - p))


def test_kinks_of_sparsemax_are_where_a_probability_becomes_zero():
    # On (t, 0, 0) the projection is (1 + 2t)/3 between t = -1/2 and t = 1.
    np.testing.assert_allclose(atlas.kinks(lb.SparsemaxLoss()), [-0.5, 1], atol=1e-9)


def test_jumps_know_both_limits_and_the_value():
    assert atlas.jumps(lb.ZeroOneLoss(), "value") == [curves.Jump(0.0, 1, 1, 0)]
    assert atlas.jumps(lb.AbsoluteError(), "value") == []
    assert atlas.jumps(lb.AbsoluteError(), "gradient") == [curves.Jump(0.0, -1, 0, 1)]
    (low, high) = atlas.jumps(lb.HuberLoss(delta=2.0), "hessian")
    assert (low.at, low.left, low.value, low.right) == (-2, 0, 1, 1)
    assert (high.at, high.left, high.value, high.right) == (2, 1, 1, 0)


def test_a_trace_breaks_at_jumps_and_meets_kinks():
    x, y = atlas.trace(lb.ZeroOneLoss(), "value")
    assert np.isnan(y[x == 0]).all()
    assert np.isnan(y).sum() == 1
    assert set(y[x < 0]) == {1.0}
    assert set(y[x > 0]) == {0.0}
    x, y = atlas.trace(lb.HuberLoss(delta=1.2345), "value", (-2, 2), n=5)
    assert 1.2345 in x
    assert np.isfinite(y).all()
    assert (x[0], x[-1]) == (-2, 2)


def test_scaled_risk_has_its_minimum_at_the_best_constant():
    candidates = np.linspace(0, 6, 601)
    for loss in (lb.SquaredError(), lb.HuberLoss(), lb.PinballLoss(quantile=0.5)):
        height = atlas.scaled_risk(loss, atlas.SAMPLE, candidates)
        best = float(loss.best_constant(atlas.SAMPLE))
        assert candidates[np.argmin(height)] == pytest.approx(best, abs=0.01)
        assert height.min() == pytest.approx(0, abs=1e-4)
        assert np.median(height) == pytest.approx(0.5)


def test_the_sample_tells_mean_from_median():
    assert atlas.SAMPLE.mean() == atlas.AMOUNTS.mean() == 4
    assert np.median(atlas.SAMPLE) == np.median(atlas.AMOUNTS) == 2


@pytest.mark.parametrize(
    ("loss", "answer"),
    [
        (lb.SquaredError(), 4),
        (lb.AbsoluteError(), 2),
        (lb.PinballLoss(quantile=0.9), 16),
        (lb.PoissonDeviance(), 4),
        (lb.TweedieDeviance(power=0), 4),
        (lb.BrierLoss(), 0.7),
        (lb.GeneralizedCrossEntropy(q=1.0), 1),
        (lb.CategoricalCrossEntropy(), 0.7),
        (lb.SparsemaxLoss(), 0.7),
        (lb.HingeLoss(), 1),
        (lb.SquaredHingeLoss(), 0.4),
        (lb.LogisticLoss(), np.log(7 / 3)),
        (lb.PerceptronLoss(), 0),
        (lb.SigmoidLoss(), np.inf),
    ],
)
def test_answers(loss, answer):
    assert atlas.answer(loss) == pytest.approx(answer, abs=1e-6)


def test_elicited_and_minimizers_agree_through_the_link():
    eta = np.array([0.1, 0.5, 0.8])
    loss = lb.FocalLoss(gamma=2.0)
    f = atlas.best_raws(loss, eta)
    np.testing.assert_allclose(atlas.elicited(loss, eta), expit(f))


# ---- facts ---------------------------------------------------------------------------


@each([*SCALAR, *MULTICLASS])
def test_slope_and_lipschitz_constant_agree(loss):
    steepest = np.abs(facts(loss)["slope"]).max()
    if loss in MULTICLASS:
        assert steepest <= loss.lipschitz
    elif loss.family == "amount" and steepest < loss.lipschitz:
        assert loss.lipschitz == np.inf  # for other targets than the one drawn
    elif isinstance(loss, lb.ZeroOneLoss):
        assert (steepest, loss.lipschitz) == (0, np.inf)  # flat, but it jumps
    else:
        assert steepest == pytest.approx(loss.lipschitz, rel=1e-4)


@each([*SCALAR, *MULTICLASS])
def test_curvature_and_convexity_agree(loss):
    lowest = facts(loss)["curvature"][0]
    if loss.convex:
        assert lowest >= 0
    else:
        # A loss that bends down nowhere does so at a jump or a kink.
        jumps = atlas.jumps(loss, "value") + atlas.jumps(loss, "gradient")
        assert lowest < -0.01 or any(jump.right < jump.left for jump in jumps)


@each_loss
def test_the_bound_holds_and_is_reached(loss):
    bound = facts(loss)["bound"]
    t = np.geomspace(1e-6, 1e6, 500)
    values = atlas.curve(loss, "value", t)
    if atlas.view(loss) is not curves.AMOUNT:
        values = np.concatenate([values, atlas.curve(loss, "value", -t)])
    assert values.max() <= bound * (1 + 1e-12)
    assert values.max() > min(0.99 * bound, 10)


def test_proper_and_calibrated():
    proper = {facts(loss)["name"] for loss in CLASSIFICATION if facts(loss)["proper"]}
    assert proper == {
        "binary cross-entropy",
        "categorical cross-entropy",
        "Brier",
        "spherical",
        "sparsemax",
        "squared hinge",
        "modified Huber",
        "exponential",
        "logistic",
        "Savage",
    }
    wrong = {loss for loss in CLASSIFICATION if not facts(loss)["calibrated"]}
    # Logit adjustment looks for the most probable class of another world.
    adjusted = lb.LogitAdjustedCrossEntropy(prior=(0.5, 0.3, 0.2))
    hinges = {lb.CrammerSingerLoss(), lb.WestonWatkinsLoss()}
    assert wrong == {lb.PerceptronLoss(), adjusted, *hinges}
    assert facts(lb.SquaredError())["proper"] is None
    assert facts(lb.SquaredError())["calibrated"] is None


def test_a_multiclass_loss_that_favours_the_first_class_is_not_calibrated():
    @dataclass(frozen=True)
    class FirstClass(lb.CategoricalCrossEntropy):
        locals().update(restated(lb.CategoricalCrossEntropy))

        def _best_constant(self, y, w):
            return np.eye(y.shape[1])[0]

    assert atlas.is_calibrated(FirstClass()) is False


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (lb.SquaredError(), "the mean"),
        (lb.ExpectileLoss(level=0.5), "the mean"),
        (lb.ExpectileLoss(level=0.9), "the 0.9-expectile"),
        (lb.AbsoluteError(), "the median"),
        (lb.PinballLoss(quantile=0.25), "the 0.25-quantile"),
        (lb.HuberLoss(), "the balance point of its influence"),
        (lb.BrierLoss(), "the probability"),
        (lb.HingeLoss(), "the more probable label"),
        (lb.PerceptronLoss(), "nothing"),
    ],
)
def test_what_is_elicited_in_words(loss, words):
    assert atlas.elicits(loss) == words


def test_the_code_of_a_loss_makes_it():
    for loss in lb.ALL_LOSSES:
        assert eval(facts(loss)["code"], {"lb": lb, "np": np}) == loss


@pytest.mark.parametrize(
    ("x", "text"),
    [(1 / 3, "0.333"), (-2, "−2"), (np.inf, "∞"), (-np.inf, "−∞"), (-0.0, "0")],
)
def test_number(x, text):
    assert atlas.number(x) == text


# ---- cards ---------------------------------------------------------------------------

EVERYWHERE = {
    "Prediction",
    "Targets",
    "Convex",
    "Smooth",
    "Slope",
    "Lipschitz",
    "Bounded",
    "Reference",
}


@each_loss
def test_a_card_is_complete_and_always_the_same(loss):
    card = atlas.card(loss)
    labels = [label for label, _ in card.rows()]
    assert set(labels) >= EVERYWHERE
    assert (set(labels) >= {"Asks for", "Curvature"}) == (loss in POINTWISE)
    assert ("Calibrated" in labels) == (loss in CLASSIFICATION)
    assert all(text.strip() for _, text in card.rows())
    again = atlas.card(eval(facts(loss)["code"], {"lb": lb, "np": np}))
    assert repr(again) == repr(card)
    assert again._repr_markdown_() == card._repr_markdown_()
    assert loss.formula in repr(card)
    assert loss.formula in card._repr_markdown_()


@dataclass(frozen=True)
class BarLoss(lb.HuberLoss):
    locals().update(restated(lb.HuberLoss))
    likelihood = "density $p(y|z)$"


@each([*lb.ALL_LOSSES, BarLoss()])
def test_a_card_is_a_table_of_two_columns(loss):
    text = atlas.card(loss)._repr_markdown_()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 2 + len(atlas.card(loss).rows())
    for row in rows:
        assert row.replace(r"\|", "").count("|") == 3


def test_variants_share_a_card_that_tells_them_apart():
    card = dict(atlas.card(lb.PinballLoss(0.5), lb.PinballLoss(0.9)).rows())
    assert card["Convex"] == "yes"
    equals = cards.EQUALS
    assert card["Asks for"] == (
        f"the median (τ{equals}0.5); the 0.9-quantile (τ{equals}0.9)"
    )
    powers = [lb.TweedieDeviance(power=p) for p in (0, 1.5, 3)]
    assert dict(atlas.card(*powers).rows())["Convex"] == (
        f"yes (p{equals}0, 1.5); no (p{equals}3)"
    )


def test_a_card_of_two_classes_is_refused():
    with pytest.raises(ValueError, match=r"one class; got HuberLoss.*TukeyLoss"):
        atlas.card(lb.HuberLoss(), lb.TukeyLoss())


# ---- pages ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    return pages.sources()


def test_the_committed_atlas_is_what_the_registry_says():
    assert pages.stale(pages.FOLDER) == [], "run: make atlas"


def test_every_class_has_one_section_and_a_line_of_the_index(written):
    notebooks = "".join(v for k, v in written.items() if k.endswith(".ipynb"))
    for name in {type(loss).__name__.lower() for loss in lb.ALL_LOSSES}:
        assert notebooks.count(f"(atlas-{name})=") == 1
        assert written["atlas.md"].count(f"<atlas-{name}>") == 1


def test_captions_and_alt_texts_are_of_a_readable_length(written):
    for name, text in written.items():
        if not name.endswith(".ipynb"):
            continue
        for cell in json.loads(text)["cells"]:
            if described := cell["metadata"].get("mystnb"):
                alt = described["image"]["alt"]
                assert 60 <= len(alt) <= 400, alt
                assert "$" not in alt
                assert described["figure"]["caption"].endswith(".")


@dataclass(frozen=True)
class WelschLoss(lb.BarronLoss):
    """A loss that a contributor adds."""

    locals().update(restated(lb.BarronLoss))
    title = "Welsch loss"


def test_a_new_loss_gets_its_section(written):
    more = pages.sources((*lb.ALL_LOSSES, WelschLoss(alpha=-np.inf)))
    changed = {name for name in written if more[name] != written[name]}
    assert changed == {"atlas.md", "atlas-robust.ipynb"}
    assert "<atlas-welschloss>" in more["atlas.md"]
    assert '"name": "fig-atlas-welschloss"' in more["atlas-robust.ipynb"]


def test_every_kind_of_stale_file_is_found(tmp_path):
    for path in pages.FOLDER.glob("atlas*"):
        shutil.copy(path, tmp_path)
    index = tmp_path / "atlas.md"
    index.write_text(index.read_text("utf-8").replace("yes", "no", 1), "utf-8")
    edited = tmp_path / "atlas-margins.ipynb"
    text = edited.read_text("utf-8")
    edited.write_text(text.replace("Hinge loss: convex", "Hinge loss: flat"), "utf-8")
    (tmp_path / "atlas-amounts.ipynb").unlink()
    (tmp_path / "atlas-old.ipynb").write_text("{}", "utf-8")
    assert [path.name for path in pages.stale(tmp_path)] == [
        "atlas-amounts.ipynb",
        "atlas-margins.ipynb",
        "atlas-old.ipynb",
        "atlas.md",
    ]


def test_outputs_do_not_make_a_notebook_stale(tmp_path):
    path = pages.FOLDER / "atlas-amounts.ipynb"
    text = path.read_text("utf-8")
    assert pages.source_of(text) == pages.source_of(text.replace("4.000", "4.001"))
