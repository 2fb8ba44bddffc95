"""Polygons against tests of each pixel, and hulls against their definition."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gnomon.kernels.polygon import clip_cone, convex_hull, fill_polygon

NX, NY = 23, 17
coordinate = st.one_of(st.floats(-30, 50).map(lambda f: round(f, 6)), st.integers(-3, 25).map(lambda n: n / 2))
corners = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=9).map(np.array)


def inside(x, y, polygon):
    """The even-odd rule, pixel by pixel."""
    odd = np.zeros(np.broadcast_shapes(x.shape, y.shape), bool)
    for (xa, ya), (xb, yb) in zip(polygon, np.roll(polygon, -1, axis=0)):
        if ya != yb:
            odd ^= ((y < ya) != (y < yb)) & (x < xa + (y - ya) * (xb - xa) / (yb - ya))
    return odd


@settings(max_examples=300, deadline=None)
@given(corners)
def test_filled_pixels_are_those_inside(polygon):
    pixels = np.zeros((NY, NX), np.int32)
    fill_polygon(pixels, polygon.astype(float), 7)
    y, x = np.ogrid[:NY, :NX]
    ours, theirs = pixels == 7, inside(x + 0.5, y + 0.5, polygon)
    near = inside(x + 0.5 + 1e-9, y + 0.5, polygon) != inside(x + 0.5 - 1e-9, y + 0.5, polygon)
    np.testing.assert_array_equal(ours[~near], theirs[~near])  # a centre on an edge may fall to either side
    assert set(np.unique(pixels)) <= {0, 7}


def test_polygons_far_larger_than_the_image_fill_it():
    pixels = np.zeros((NY, NX), bool)
    fill_polygon(pixels, np.array([[-1e300, -1e300], [1e300, -1e300], [1e300, 1e300], [-1e300, 1e300]]), True)
    assert pixels.all()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=40).map(np.array))
def test_a_hull_is_convex_and_holds_all_points(points):
    points = points.astype(float)
    hull = convex_hull(points[np.lexsort(points.T[::-1])])
    assert {tuple(p) for p in hull} <= {tuple(p) for p in points}
    if len(hull) < 3:
        assert np.linalg.matrix_rank(points - points[0], tol=1e-6) < 2
        return
    edges = np.roll(hull, -1, axis=0) - hull
    turns = edges[:, 0] * np.roll(edges, -1, axis=0)[:, 1] - edges[:, 1] * np.roll(edges, -1, axis=0)[:, 0]
    assert (turns > 0).all()
    outward = np.cross(
        np.pad(edges, ((0, 0), (0, 1)))[:, None], np.pad(points[None] - hull[:, None], ((0, 0), (0, 0), (0, 1)))
    )
    assert outward[..., 2].min() > -1e-9


@settings(max_examples=200, deadline=None)
@given(corners, st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-20, 20)).map(np.array), st.floats(-5, 5))
def test_a_clipped_cone_is_what_lies_above(points, plane, least):
    """Against the hull of the corners above and of where ways from each of them to each below are cut."""
    points = points.astype(float)
    hull = convex_hull(points[np.lexsort(points.T[::-1])])
    rays = np.column_stack([hull, np.ones(len(hull))])
    height = rays @ plane
    kept = clip_cone(rays, height, least)
    above = height >= least
    a, b = height[above][:, None], height[~above][None]
    assume(np.min(a - b, initial=1.0) > 1e-2)  # where edges lie in the plane nearly, rounding says where they cross it
    weight = ((a - least) / (a - b))[..., None]
    cuts = rays[above][:, None] * (1 - weight) + rays[~above][None] * weight
    expected = np.concatenate([rays[above], cuts.reshape(-1, 3)])
    assert len(kept) <= len(hull) + 2
    assert (len(kept) == 0) == (not above.any())
    if len(kept):
        np.testing.assert_allclose(kept.min(axis=0), expected.min(axis=0), atol=1e-9)
        np.testing.assert_allclose(kept.max(axis=0), expected.max(axis=0), atol=1e-9)
        assert (kept @ plane >= least - 1e-6).all()
