"""The figures show the numbers: lines, jumps, minimisers, labels."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Annotation
from samples import OBJECTS, each

import lossbook as lb
from lossbook import show
from lossbook.numerics import expit
from lossbook.show import cards, curves, plots, style


@pytest.fixture(autouse=True)
def figures():
    with plt.rc_context():
        style.use_style()
        yield
        plt.close("all")


def lines_of(ax, loss):
    """The curves of a loss: lines in its colour that are not points."""
    color = style.color(loss)
    lines = [line for line in ax.get_lines() if line.get_color() == color]
    return [line for line in lines if line.get_marker() == "None"]


def points_of(ax, loss, marker="o"):
    """Single points in the colour of a loss: (x, y, filled)."""
    color = style.color(loss)
    return {
        (
            float(line.get_xdata()[0]),
            float(line.get_ydata()[0]),
            line.get_markerfacecolor() != "none",
        )
        for line in ax.get_lines()
        if line.get_color() == color and line.get_marker() == marker
    }


def arrows_of(ax):
    """x and direction of the arrows on an axes."""
    return {
        (text.xy[0], bool(text.xy[1] > 0))
        for text in ax.texts
        if isinstance(text, Annotation) and text.arrow_patch is not None
    }


# ---- four panels ---------------------------------------------------------------------


# One of each class: the parameters change nothing about how it is drawn.
CLASSES = list({type(loss): loss for loss in lb.ALL_LOSSES}.values())


@each(CLASSES)
def test_the_panels_show_the_numbers_of_the_class(loss):
    panels = show.four_panel(loss)
    assert len(panels) == (2 if loss in OBJECTS else 4)
    drawn = show.DERIVATIVES[: 2 if loss in OBJECTS else 3]
    for which, ax in zip(drawn, panels, strict=False):
        (line,) = lines_of(ax, loss)
        x, y = line.get_data()
        drawn = np.isfinite(y)
        np.testing.assert_array_equal(y[drawn], show.curve(loss, which, x)[drawn])
        assert np.sum(~drawn) == len(show.jumps(loss, which))
        assert np.sum((y >= ax.get_ylim()[0]) & (y <= ax.get_ylim()[1])) > 100
    if show.view(loss).question:
        check_what_is_elicited(panels[3], loss)


def check_what_is_elicited(ax, loss):
    (line,) = lines_of(ax, loss)
    x, y = line.get_data()
    if show.view(loss).sample is not None:
        best = show.answer(loss)
        assert points_of(ax, loss) == {(best, 0.0, True)}
        assert x[np.nanargmin(y)] == pytest.approx(best, rel=0.05)
        return
    at = np.searchsorted(x, 0.7)
    if np.isinf(show.answer(loss)):
        assert len(points_of(ax, loss, "^")) == len(points_of(ax, loss, "v")) == 1
    else:
        assert y[at - 1] - 0.01 <= show.answer(loss) <= y[at] + 0.01


def test_the_same_mould_has_the_same_axes():
    limits = {
        tuple(ax.get_xlim() + ax.get_ylim() for ax in show.four_panel(loss))
        for loss in (lb.SquaredError(), lb.HuberLoss(), lb.TukeyLoss())
    }
    assert len(limits) == 1


def test_the_sample_of_the_reader_is_used_and_marked():
    sample = [1.0, 5.0, 6.0]
    ax = show.four_panel(lb.AbsoluteError(), sample)[3]
    assert points_of(ax, lb.AbsoluteError()) == {(5.0, 0.0, True)}
    marks = {text.get_text(): text.get_position()[0] for text in ax.texts}
    assert marks == {"median": 5.0, "mean": 4.0}


def test_the_familiar_loss_stands_behind_the_others_but_not_behind_itself():
    behind = show.four_panel(lb.HuberLoss())[0].get_lines()[0]
    assert behind.get_label() == "squared error"
    assert behind.get_color() == style.FAINT
    x, y = behind.get_data()
    np.testing.assert_array_equal(y, np.square(x))
    own = show.four_panel(lb.SquaredError())[0].get_lines()
    assert [line.get_color() for line in own] == [style.BLUE]


def test_given_axes_are_drawn_on_and_returned():
    _, axes = plt.subplots(1, 4)
    assert list(show.four_panel(lb.HingeLoss(), axes=axes)) == list(axes)
    assert len(plt.get_fignums()) == 1


def test_variants_share_a_colour_and_differ_in_style():
    losses = [lb.PinballLoss(quantile=0.5), lb.PinballLoss(quantile=0.9)]
    one, other = lines_of(show.four_panel(losses)[0], losses[0])
    assert one.get_label() == f"τ{cards.EQUALS}0.5"
    assert other.get_label() == f"τ{cards.EQUALS}0.9"
    styles = [look["linestyle"] for look in plots._looks(losses)]
    assert styles == [style.SOLID, style.DASHED]


def test_the_mean_and_the_variance_leave_the_fourth_panel_empty():
    *_, last = show.four_panel(lb.GaussianNegativeLogLikelihood())
    assert not last.axison
    assert not last.get_lines()


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ([1.0, np.nan], "risk_curves: sample must be finite; got nan"),
        ([], "sample must hold at least one value"),
        (["1", "2"], "sample must be an array of real numbers; got dtype <U1"),
    ],
)
def test_a_bad_sample_is_refused(sample, message):
    with pytest.raises((ValueError, TypeError), match=message):
        show.risk_curves([lb.HuberLoss()], sample)
    assert not plt.get_fignums()


def test_a_bad_amount_is_refused():
    with pytest.raises(ValueError, match=r"sample must lie in \(0, inf\); got -1"):
        show.risk_curves([lb.PoissonDeviance()], [3.0, -1.0])


def test_there_are_three_curves():
    with pytest.raises(ValueError, match=r"which must be one of .*; got 'slope'"):
        show.loss_curves([lb.HuberLoss()], "slope")


def test_losses_of_different_moulds_are_refused():
    with pytest.raises(
        ValueError, match=r"four_panel: .* functions of the same number"
    ):
        show.four_panel([lb.HuberLoss(), lb.HingeLoss()])


# ---- curves --------------------------------------------------------------------------


def test_loss_curves_have_the_lines_and_names_of_their_classes():
    losses = [lb.ZeroOneLoss(), lb.HingeLoss(), lb.LogisticLoss()]
    ax = show.loss_curves(losses, limits=(0, 3), span=(-2, 2))
    for loss in losses:
        (line,) = lines_of(ax, loss)
        assert line.get_label() == style.name(loss)
    assert (*ax.get_xlim(), *ax.get_ylim()) == (-2, 2, 0, 3)
    assert ax.get_xlabel() == curves.MARGIN.argument


def test_a_probability_and_a_margin_loss_may_share_axes():
    ax = show.loss_curves([lb.LogisticLoss(), lb.BrierLoss()])
    assert len(lines_of(ax, lb.BrierLoss())) == 1


def test_the_jump_of_the_zero_one_loss_is_not_joined():
    loss = lb.ZeroOneLoss()
    ax = show.loss_curves([loss])
    (line,) = lines_of(ax, loss)
    x, y = line.get_data()
    assert np.isnan(y[x == 0]).all()
    assert points_of(ax, loss) == {(0.0, 1.0, True), (0.0, 0.0, False)}
    assert arrows_of(show.loss_curves([loss], "gradient")) == {(0.0, False)}


def test_the_kink_of_the_hinge_is_a_jump_of_the_slope_and_an_arrow_after_that():
    loss = lb.HingeLoss()
    assert points_of(show.loss_curves([loss]), loss) == set()
    slope = show.loss_curves([loss], "gradient")
    assert points_of(slope, loss) == {(1.0, 0.0, True), (1.0, -1.0, False)}
    assert arrows_of(slope) == set()
    assert arrows_of(show.loss_curves([loss], "hessian")) == {(1.0, True)}


def test_a_smooth_loss_has_neither_dots_nor_arrows():
    loss = lb.LogisticLoss()
    for which in show.DERIVATIVES:
        ax = show.loss_curves([loss], which)
        assert points_of(ax, loss) == arrows_of(ax) == set()


def test_amounts_stand_on_a_logarithmic_axis():
    ax = show.loss_curves([lb.PoissonDeviance()])
    assert ax.get_xscale() == "log"
    assert ax.xaxis.get_major_formatter()(0.25) == "1/4"
    assert ax.xaxis.get_major_formatter()(8) == "8"


# ---- minimisers ----------------------------------------------------------------------


def test_best_raw_curves():
    ax = show.best_raw_curves([lb.HingeLoss(), lb.LogisticLoss()])
    (hinge,), (logistic,) = (
        lines_of(ax, loss) for loss in (lb.HingeLoss(), lb.LogisticLoss())
    )
    eta, f = hinge.get_data()
    assert np.isnan(f[eta == 0.5]).all()
    assert set(f[eta < 0.5]) == {-1.0}
    assert set(f[eta > 0.5]) == {1.0}
    eta, f = logistic.get_data()
    np.testing.assert_allclose(expit(f), eta, atol=1e-12)


def test_elicited_curves_follow_the_diagonal_exactly_if_proper():
    ax = show.elicited_curves([lb.BrierLoss(), lb.FocalLoss()])
    (proper,), (focal,) = (
        lines_of(ax, loss) for loss in (lb.BrierLoss(), lb.FocalLoss())
    )
    np.testing.assert_allclose(proper.get_ydata(), proper.get_xdata(), atol=1e-12)
    assert np.abs(focal.get_ydata() - focal.get_xdata()).max() > 0.1


# ---- reliability ---------------------------------------------------------------------


def test_reliability_shows_every_bin_with_its_size():
    table = {
        "mean_predicted": np.array([0.1, 0.5, 0.8]),
        "fraction_positive": np.array([0.2, 0.4, 0.9]),
        "count": np.array([10, 20, 40]),
    }
    ax = show.reliability(table, color=style.BAD)
    np.testing.assert_allclose(
        ax.collections[0].get_offsets(),
        np.column_stack([table["mean_predicted"], table["fraction_positive"]]),
    )
    area = ax.collections[0].get_sizes()
    np.testing.assert_allclose(area / area[0], [1, 2, 4])
    assert ax.get_lines()[-1].get_color() == style.BAD
    assert ax.get_aspect() == 1


def test_reliability_takes_the_table_of_evaluation():
    rng = np.random.default_rng(2026)
    p = rng.uniform(size=200)
    table = lb.judge.reliability_table(rng.uniform(size=200) < p, p)
    ax = show.reliability(table)
    assert len(ax.collections[0].get_offsets()) == len(table["count"])


# ---- labels --------------------------------------------------------------------------


def boxes(ax):
    ax.figure.draw_without_rendering()
    return [text.get_window_extent() for text in ax.texts if text.get_text()]


CROWDS = [
    [lb.ZeroOneLoss(), lb.HingeLoss(), lb.LogisticLoss(), lb.ExponentialLoss()],
    [lb.SquaredError(), lb.AbsoluteError(), lb.HuberLoss(), lb.TukeyLoss()],
    [lb.BinaryCrossEntropy(), lb.BrierLoss(), lb.SphericalLoss()],
]


@pytest.mark.parametrize("losses", CROWDS)
@pytest.mark.parametrize("which", ["value", "gradient"])
def test_labels_cover_neither_lines_nor_each_other(losses, which):
    ax = show.loss_curves(losses, which)
    found = boxes(ax)
    assert [text.get_text() for text in ax.texts if text.get_text()] == [
        style.name(loss) for loss in losses
    ]
    frame = ax.get_window_extent()
    for box in found:
        assert frame.x0 <= box.x0
        assert box.x1 <= frame.x1 + 12
        assert frame.y0 <= box.y0
        assert box.y1 <= frame.y1 + 12
    assert not any(one.overlaps(other) for one, other in combinations(found, 2))
    for line in ax.get_lines():
        points = ax.transData.transform(np.column_stack(line.get_data()))
        for box in found:
            assert not any(box.contains(x, y) for x, y in points)


def test_a_label_is_nearest_to_its_own_line():
    losses = CROWDS[0]
    ax = show.loss_curves(losses)
    found = boxes(ax)
    for loss, box in zip(losses, found, strict=True):
        middle = (box.p0 + box.p1) / 2
        gaps = {}
        for other in losses:
            (line,) = lines_of(ax, other)
            points = ax.transData.transform(np.column_stack(line.get_data()))
            offsets = np.abs(points - middle) - box.size / 2
            gaps[other] = np.nanmin(np.hypot(*np.maximum(offsets, 0).T))
        assert min(gaps, key=gaps.get) == loss


def test_labels_are_placed_when_the_limits_are_final():
    ax = show.loss_curves([lb.SquaredError(), lb.AbsoluteError()])
    before = boxes(ax)
    ax.set(xlim=(-2, 2), ylim=(0, 2))
    after = boxes(ax)
    assert [b.bounds for b in before] != [b.bounds for b in after]
    frame = ax.get_window_extent()
    assert all(frame.padded(12).contains(*box.p0) for box in after)


def test_labels_do_not_move_the_axes():
    _, ax = plt.subplots()
    (line,) = ax.plot([0, 1], [0, 1])
    ax.figure.draw_without_rendering()
    bare = ax.get_window_extent().bounds
    line.set_label("a very long label of a line that needs its room")
    show.label_lines(ax)
    ax.figure.draw_without_rendering()
    assert ax.get_window_extent().bounds == pytest.approx(bare)


def test_only_lines_with_a_label_are_labelled():
    _, ax = plt.subplots()
    ax.plot([0, 1], [0, 1], label="named")
    ax.plot([0, 1], [1, 0])
    assert [text.get_text() for text in show.label_lines(ax)] == ["named"]
    assert show.label_lines(plt.subplots()[1]) == []


def test_a_line_outside_the_axes_cannot_be_labelled():
    _, ax = plt.subplots()
    ax.plot([0, 1], [0, 1], label="lost")
    ax.set(xlim=(2, 3))
    show.label_lines(ax)
    with pytest.raises(ValueError, match="'lost' does not cross the axes"):
        ax.figure.draw_without_rendering()


def test_pale_lines_have_readable_labels():
    _, ax = plt.subplots()
    ax.plot([0, 1], [0, 1], color=style.FAINT, label="pale")
    (label,) = show.label_lines(ax)
    assert label.get_color() == style.MUTED


def test_label_line_stands_at_its_place():
    _, ax = plt.subplots()
    (line,) = ax.plot([0, 2, 4], [0, 1, 3], color=style.GREEN)
    above = show.label_line(ax, line, "up", 3.0)
    below = show.label_line(ax, line, "down", 1.0, dy=-5, ha="left")
    assert (above.xy, below.xy) == ((3.0, 2.0), (1.0, 0.5))
    assert (above.get_va(), below.get_va()) == ("bottom", "top")
    assert (above.get_ha(), below.get_ha()) == ("center", "left")
    assert above.get_color() == style.GREEN
