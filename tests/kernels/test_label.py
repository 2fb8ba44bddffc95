"""Components and moments of strong pixels, against scipy.ndimage and plain numpy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from gnomon.kernels.label import label_pixels
from gnomon.steps.find_spots.spots import Moments, Pixels


def pixels_of(volume):
    panel, z, y, x = (axis.astype(np.int32) for axis in np.nonzero(volume))
    return panel, z, y, x, volume[volume > 0].astype(np.int32)


def labelled(panel, z, y, x, nx, ny, across, joined=None):
    """Labels by the kernel, from numbers with a gap after each row, image and panel."""
    key = ((panel.astype(np.int64) * 100 + z) * (ny + 1) + y) * (nx + 1) + x
    joined = np.arange(len(x), dtype=np.int32) if joined is None else joined
    first, parent, label = (np.empty(len(x) + more, np.int32) for more in (1, 0, 0))
    return label, label_pixels(key, nx + 1, (nx + 1) * (ny + 1), int(across), joined, first, parent, label)


def random_volume(seed, fill):
    rng = np.random.default_rng(seed)
    return rng.integers(1, 50, (2, 6, 9, 7)) * (rng.random((2, 6, 9, 7)) < fill)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), fill=st.sampled_from([0.0, 0.1, 0.3, 0.6, 1.0]), across=st.booleans())
def test_components_are_those_of_ndimage(seed, fill, across):
    volume = random_volume(seed, fill)
    panel, z, y, x, _ = pixels_of(volume)
    label, count = labelled(panel, z, y, x, 7, 9, across)
    structure = ndimage.generate_binary_structure(4, 1)
    structure[0], structure[2] = False, False  # panels do not touch
    if not across:
        structure[:, 0], structure[:, 2] = False, False
    expected, n = ndimage.label(volume > 0, structure)
    pairs = set(zip(label.tolist(), expected[volume > 0].tolist()))
    assert count == n == len(pairs)
    firsts = np.unique(label, return_index=True)[1]
    assert (np.diff(firsts) > 0).all()  # numbered in the order of their first pixels


def test_pixels_known_to_be_joined_are():
    panel, z, y, x = np.array([[0] * 6, [0] * 6, [1, 1, 1, 4, 4, 6], [2, 3, 4, 2, 3, 5]], np.int32)
    joined = np.array([0, 1, 5, 3, 4, 5], np.int32)  # a pixel within the first run, and the last
    label, count = labelled(panel, z, y, x, 7, 9, True, joined)
    assert (label.tolist(), count) == ([0, 0, 0, 1, 1, 0], 2)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_moments_are_those_of_numpy(seed):
    panel, z, y, x, value = pixels_of(random_volume(seed, 0.15))
    label, count = labelled(panel, z, y, x, 7, 9, True)
    found = Moments.of(Pixels(panel, z, y, x, value), label, count)
    for s in range(count):
        rows = label == s
        at, w = np.column_stack([x, y, z])[rows], value[rows].astype(float)
        mean = w @ (at + 0.5) / w.sum()
        spread = w.sum() ** 2 - (w**2).sum()
        second = w @ (at + 0.5 - mean) ** 2 / spread if spread else 0.0
        assert found.size[s] == rows.sum()
        assert found.total[s] == w.sum()
        np.testing.assert_array_equal(found.box[s], np.column_stack([at.min(0), at.max(0) + 1]).ravel())
        np.testing.assert_array_equal(found.peak[s], at[w.argmax()] + 0.5)
        np.testing.assert_allclose(found.centroid[s], mean, atol=1e-12)
        np.testing.assert_allclose(found.variance[s], second + 1 / 12, atol=1e-12)


def test_rows_and_images_do_not_wrap_round():
    """The last pixel of a row and the first of the next follow each other in memory but do not touch."""
    volume = np.zeros((1, 2, 3, 4), int)
    volume[0, 0, 0, 3] = volume[0, 0, 1, 0] = 1
    volume[0, 0, 2, 2] = volume[0, 1, 0, 2] = 1
    panel, z, y, x, _ = pixels_of(volume)
    assert labelled(panel, z, y, x, 4, 3, True)[1] == 4


def test_a_u_joined_only_at_its_end_is_one_spot():
    volume = np.zeros((1, 1, 5, 5), int)
    volume[0, 0, :, 0] = volume[0, 0, :, 4] = volume[0, 0, 4, :] = 7
    panel, z, y, x, _ = pixels_of(volume)
    assert labelled(panel, z, y, x, 5, 5, True)[1] == 1
