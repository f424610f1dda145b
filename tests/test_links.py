"""Every link of a loss: there and back, slopes, ends and extremes."""

from math import inf

import numpy as np
import pytest
from samples import N_CLASSES
from scipy import special

import lossbook as lb
from lossbook.links import (
    HalfLogitLink,
    IdentityLink,
    LabelLink,
    Link,
    Log1pLink,
    LogitLink,
    LogLink,
    LogVarianceLink,
    SignedLink,
    SoftmaxLink,
    SparsemaxLink,
)
from lossbook.numerics import Array
from lossbook.validation import REALS, UNIT

SEVERAL_CLASSES = (SoftmaxLink, SparsemaxLink)
IN_USE = {loss.link for loss in lb.ALL_LOSSES}
IN_USE |= {getattr(loss, "probability_link", None) for loss in lb.ALL_LOSSES} - {None}
# A link of whole rows, and one that is not one to one, have tests of their own.
ALL_LINKS = sorted(IN_USE - {LogVarianceLink(), LabelLink()}, key=repr)
SCALAR_LINKS = [link for link in ALL_LINKS if not isinstance(link, SEVERAL_CLASSES)]
CLASS_LINKS = [link for link in ALL_LINKS if isinstance(link, SEVERAL_CLASSES)]


def each(links: list[Link]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("link", links, ids=repr)


each_link = each(ALL_LINKS)
each_scalar_link = each(SCALAR_LINKS)
each_class_link = each(CLASS_LINKS)

EXTREMES = np.array([-1e300, -1e30, -750, -1e-300, 0, 1e-300, 750, 1e30, 1e300])


def raw_grid(link: Link) -> Array:
    """Raw predictions on which the link is one to one."""
    return np.linspace(
        max(-20, link.raw_domain.low), min(20, link.raw_domain.high), 401
    )


def class_rows() -> Array:
    return np.random.default_rng(0).normal(scale=2, size=(200, N_CLASSES))


def probabilities() -> Array:
    return np.random.default_rng(0).dirichlet(np.ones(N_CLASSES), size=200)


def test_all_links_are_in_use() -> None:
    concrete = {kind for kind in subclasses(Link) if not kind.__name__.startswith("_")}
    assert {type(link) for link in IN_USE} == concrete


def subclasses(kind: type) -> set[type]:
    below = set(kind.__subclasses__())
    return below | {each for part in below for each in subclasses(part)}


@pytest.mark.parametrize(
    ("link", "inverse"),
    [
        (IdentityLink(), lambda f: f),
        (LogLink(), np.exp),
        (Log1pLink(), np.expm1),
        (LogitLink(), special.expit),
        (HalfLogitLink(), lambda f: special.expit(2 * f)),
        (SignedLink(), lambda f: np.interp(f, [-1, 1], [0, 1])),
        (SoftmaxLink(), lambda f: special.softmax(np.column_stack([f, -f]), axis=1)),
    ],
    ids=lambda part: repr(part) if isinstance(part, Link) else "",
)
def test_known_inverses(link: Link, inverse: np.ufunc) -> None:
    f = np.linspace(-9, 9, 181)
    raw = np.column_stack([f, -f]) if isinstance(link, SEVERAL_CLASSES) else f
    np.testing.assert_allclose(link.inverse(raw), inverse(f), rtol=1e-14)


@each_scalar_link
def test_there_and_back(link: Link) -> None:
    f = raw_grid(link)
    z = link.inverse(f)
    # Near 1 a probability has few digits left to tell large logits apart.
    well_posed = z < 0.99 if link.domain == UNIT else z > -0.99
    if link == IdentityLink():
        well_posed = np.isfinite(z)
    np.testing.assert_allclose(link(z)[well_posed], f[well_posed], 1e-12, 1e-14)
    np.testing.assert_allclose(link.inverse(link(z)), z, rtol=1e-13)


def test_mean_and_variance_and_their_slopes() -> None:
    link = LogVarianceLink()
    f = np.array([[3.0, 0.0], [-1.0, 2.0]])
    np.testing.assert_allclose(link.inverse(f), [[3, 1], [-1, np.exp(2)]])
    np.testing.assert_allclose(link(link.inverse(f)), f)
    np.testing.assert_allclose(link.inverse_derivative(f), [[1, 1], [1, np.exp(2)]])
    with pytest.raises(ValueError, match=r"must have shape \(2,\) or \(n, 2\)"):
        link.inverse([[1.0, 2.0, 3.0]])
    with pytest.raises(ValueError, match="variance in y_pred must not be negative"):
        link([[1.0, -2.0]])


def test_labels() -> None:
    link = LabelLink()
    np.testing.assert_array_equal(link.inverse([-3.0, 0.0, 1e-300]), [0, 0.5, 1])
    np.testing.assert_array_equal(link.inverse(link([0.0, 1.0])), [0, 1])


@each_class_link
def test_there_and_back_in_several_classes(link: Link) -> None:
    p = probabilities()
    np.testing.assert_allclose(link.inverse(link(p)), p, rtol=1e-13, atol=1e-15)
    ends = np.eye(N_CLASSES)
    np.testing.assert_array_equal(link.inverse(link(ends)), ends)
    np.testing.assert_allclose(link.inverse(class_rows()).sum(axis=1), 1, rtol=1e-14)


@each_class_link
def test_a_common_shift_changes_no_probability(link: Link) -> None:
    f = class_rows()
    np.testing.assert_allclose(
        link.inverse(f + 100), link.inverse(f), rtol=1e-11, atol=1e-13
    )


@each([*SCALAR_LINKS, LabelLink()])
def test_the_domain_is_what_the_inverse_reaches(link: Link) -> None:
    ends = [link.domain.low, link.domain.high]
    np.testing.assert_array_equal(link.inverse([-inf, inf]), ends)


@each_class_link
def test_rows_reach_the_ends_of_the_domain(link: Link) -> None:
    row = link.inverse([-1e3, 0.0, 1e3])
    assert (link.domain.low, link.domain.high) == (row.min(), row.max()) == (0, 1)


@each_scalar_link
def test_inverse_increases_into_the_domain(link: Link) -> None:
    z = link.inverse(raw_grid(link))
    assert np.all((np.diff(z) > 0) | (z[1:] > 1 - 1e-9))
    assert np.all(np.diff(z) >= 0)
    assert all(link.domain.contains(v) for v in z)


@each_link
def test_inverse_derivative_is_the_slope(link: Link) -> None:
    step = 1e-6
    if link in CLASS_LINKS:
        f = class_rows()
        slope = np.empty_like(f)
        for k, shift in enumerate(step * np.eye(N_CLASSES)):
            rise = link.inverse(f + shift) - link.inverse(f - shift)
            slope[:, k] = rise[:, k] / (2 * step)
    else:
        f = raw_grid(link)[1:-1]
        slope = (link.inverse(f + step) - link.inverse(f - step)) / (2 * step)
    np.testing.assert_allclose(link.inverse_derivative(f), slope, rtol=1e-6, atol=1e-9)


@each_scalar_link
def test_inverse_is_constant_outside_of_the_raw_domain(link: Link) -> None:
    raw = link.raw_domain
    if raw == REALS:
        assert link.inverse(np.array([2.0])) > link.inverse(np.array([1.5]))
        return
    outside = np.array([raw.low - 1, raw.low, raw.high, raw.high + 1e300])
    z = link.inverse(outside)
    assert z[0] == z[1] < z[2] == z[3]
    np.testing.assert_array_equal(link.inverse_derivative(outside[[0, 3]]), 0)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@each_link
def test_extremes_without_a_warning(link: Link, dtype: str) -> None:
    f = EXTREMES.clip(-1e30, 1e30).astype(dtype) if dtype == "f4" else EXTREMES
    if link in CLASS_LINKS:
        f = np.stack(np.meshgrid(f, f, f), axis=-1).reshape(-1, 3)
    for result in (link.inverse(f), link.inverse_derivative(f)):
        assert result.shape == f.shape
        assert not np.any(np.isnan(result))
    if link.domain == UNIT:
        assert np.all((link.inverse(f) >= 0) & (link.inverse(f) <= 1))


@each([link for link in SCALAR_LINKS if link.domain == UNIT])
def test_probabilities_0_and_1_are_the_ends(link: Link) -> None:
    ends = [link.raw_domain.low, link.raw_domain.high]
    np.testing.assert_array_equal(link(np.array([0.0, 1.0])), ends)
    np.testing.assert_array_equal(link.inverse(np.array(ends)), [0, 1])


def test_log_of_zero() -> None:
    assert LogLink()(np.array([0.0])) == -inf
    assert LogLink().inverse(np.array([-inf])) == 0


@each_link
def test_a_result_leaves_the_input_alone(link: Link) -> None:
    given = probabilities()
    for result in (link(given), link.inverse(given)):
        assert not np.shares_memory(result, given)


@each_link
def test_a_link_is_a_value(link: Link) -> None:
    assert link == type(link)()
    assert hash(link) == hash(type(link)())
    assert repr(link) == f"{type(link).__name__}()"
    assert link.formula.startswith(("z", "p"))
