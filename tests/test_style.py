"""One look: every loss has a line of its own, and every colour is seen on every page.

The dark page is the light figure through the site's CSS filter, computed here with the
matrices of the CSS filter effects specification; colour blindness is simulated after
Machado, Oliveira & Fernandes 2009, doi:10.1109/TVCG.2009.113.
"""

import io
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties, findfont
from PIL import Image
from samples import restated

import lossbook as lb
from lossbook.show import style, view

CSS = (Path(__file__).parents[1] / "site" / "static" / "book.css").read_text("utf-8")
CLASSES = list({type(loss): loss for loss in lb.ALL_LOSSES}.values())

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def linear(color):
    c = np.asarray(color)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """WCAG 2 contrast ratio."""
    dark, light = sorted(linear(c) @ LUMINANCE for c in (one, other))
    return (light + 0.05) / (dark + 0.05)


def inverted(color):
    """The colour behind ``filter: invert(1) hue-rotate(180deg)``."""
    grey = np.tile([0.213, 0.715, 0.072], (3, 1))
    return np.clip((2 * grey - np.eye(3)) @ (1 - np.asarray(color)), 0, 1)


def lab(linear_rgb):
    """CIE L*a*b* of a linear colour, for distances as the eye sees them."""
    xyz = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    ) @ np.clip(linear_rgb, 0, 1)
    f = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(one, other):
    """The smallest distance of two colours over the four visions."""
    return min(
        np.linalg.norm(lab(v @ linear(to_rgb(one))) - lab(v @ linear(to_rgb(other))))
        for v in map(np.array, VISIONS.values())
    )


def page_colors():
    """Background of the light and the dark page, from the style sheet."""
    light, dark = re.search(r"--paper: light-dark\((#\w{6}), (#\w{6})\)", CSS).groups()
    return to_rgb(light), to_rgb(dark)


def test_the_site_inverts_figures_as_computed_here():
    assert "img { filter: invert(1) hue-rotate(180deg); }" in CSS


@pytest.mark.parametrize("color", [*style.COLORS, style.GOOD, style.BAD])
def test_lines_and_their_labels_are_read_on_both_pages(color):
    light, dark = page_colors()
    assert contrast(to_rgb(color), light) >= 4.5
    assert contrast(inverted(to_rgb(color)), dark) >= 4.5


def test_background_lines_are_seen_on_both_pages():
    light, dark = page_colors()
    assert contrast(to_rgb(style.FAINT), light) >= 3
    assert contrast(inverted(to_rgb(style.FAINT)), dark) >= 3


def test_contrast_knows_the_extremes_and_the_filter_keeps_hues():
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
    np.testing.assert_allclose(inverted((0, 0, 0)), 1)
    red, green, blue = inverted(to_rgb(style.BLUE))
    assert blue > green > red


def test_no_two_losses_that_share_axes_share_colour_and_line_style():
    for one, other in combinations(CLASSES, 2):
        if view(one).inputs is view(other).inputs:
            assert style.line(one) != style.line(other)


def test_losses_of_one_family_differ_to_every_eye():
    """In the style of their lines, or in colours that all eyes tell apart."""
    for one, other in combinations(CLASSES, 2):
        if one.family != other.family:
            continue
        if style.linestyle(one) == style.linestyle(other):
            assert distance(style.color(one), style.color(other)) >= 10, (one, other)


def test_good_and_bad_differ_to_every_eye():
    assert distance(style.GOOD, style.BAD) >= 40


def test_class_and_instance_have_the_same_line():
    assert style.line(lb.HuberLoss) == style.line(lb.HuberLoss(delta=3))
    assert style.line(lb.HuberLoss) == {
        "color": style.color(lb.HuberLoss),
        "linestyle": style.linestyle(lb.HuberLoss),
    }


class WelschLoss(lb.SquaredError):
    locals().update(restated(lb.SquaredError))


def test_a_new_class_of_the_registry_gets_a_free_line(monkeypatch):
    monkeypatch.setattr(style, "ALL_LOSSES", (*lb.ALL_LOSSES, WelschLoss()))
    style._line_of.cache_clear()
    lines = {
        (style.color(loss), style.linestyle(loss)): type(loss)
        for loss in style.ALL_LOSSES
        if loss.family == WelschLoss.family
    }
    style._line_of.cache_clear()
    assert set(lines.values()) == {
        type(loss)
        for loss in (*lb.ALL_LOSSES, WelschLoss())
        if loss.family == WelschLoss.family
    }


def test_a_class_outside_the_registry_is_drawn_in_ink():
    assert style.line(WelschLoss) == {"color": style.INK, "linestyle": style.SOLID}


@pytest.mark.parametrize(
    ("loss", "name", "title"),
    [
        (lb.SquaredError, "squared error", "Squared error"),
        (lb.HuberLoss, "Huber", "Huber loss"),
        (lb.PseudoHuberLoss, "pseudo-Huber", "Pseudo-Huber loss"),
        (lb.PoissonDeviance(), "Poisson", "Poisson deviance"),
        (lb.ZeroOneLoss(), "zero–one", "Zero–one loss"),
        (lb.EpsilonInsensitiveLoss(), "ε-insensitive", "ε-insensitive loss"),
        (lb.BinaryCrossEntropy, "binary cross-entropy", "Binary cross-entropy"),
    ],
)
def test_names(loss, name, title):
    assert style.name(loss) == name
    assert style.title(loss) == title


def test_a_figure_is_transparent_and_six_inches_wide():
    with mpl.rc_context():
        style.use_style()
        figure, ax = plt.subplots()
        ax.plot([0, 1], [0, 1])
        file = io.BytesIO()
        # What the inline backend asks for.
        figure.savefig(file, bbox_inches="tight", facecolor=figure.get_facecolor())
        plt.close(figure)
        dpi = mpl.rcParams["figure.dpi"]
    image = Image.open(file)
    assert image.width == pytest.approx(6 * dpi, abs=8)
    opacity = np.asarray(image)[..., 3]
    assert opacity[2, 2] == 0
    assert np.mean(opacity == 0) > 0.9


def test_style_needs_no_notebook():
    code = "import sys, lossbook as lb; lb.show.use_style()"
    code += "; print('IPython' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert run.stdout == "False\n"


@pytest.mark.parametrize(
    ("key", "file"),
    [("font.family", "Regular"), ("mathtext.it", "It"), ("mathtext.bf", "Bold")],
)
def test_figures_are_set_in_the_typeface_of_the_site(key: str, file: str) -> None:
    """From the package, so on every machine."""
    assert "source-sans-3" in CSS
    with mpl.rc_context():
        style.use_style()
        wanted = mpl.rcParams[key]
    found = findfont(FontProperties(family=wanted) if key == "font.family" else wanted)
    fonts = Path(style.__file__).parent / "fonts"
    assert Path(found) == fonts / f"SourceSans3-{file}.ttf"
