"""Static masks and mask files."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from gnomon.io.images.masks import read_mask, static_mask, valid_counts, write_mask
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.models.imageset import ImageSet
from gnomon.step import InputError


def detector(**changes) -> Detector:
    axes = np.eye(3)
    return Detector((Panel(axes[0], -axes[1], axes[2], (6, 4), (0.1, 0.1), **changes),))


def test_rectangles_are_cut_out_even_where_they_leave_the_panel():
    experiment = Experiment(Beam(), detector(mask=((2, 0, 3, 4), (0, 3, 6, 9))))
    (mask,) = static_mask(experiment)
    expected = np.ones((4, 6), bool)
    expected[:, 2] = expected[3] = False
    np.testing.assert_array_equal(mask, expected)


def test_a_mask_file_and_rectangles_both_count(tmp_path):
    mask = np.ones((4, 6), bool)
    mask[1, 5] = False
    write_mask(tmp_path / "mine.npz", (mask,))
    experiment = Experiment(Beam(), detector(mask=((0, 0, 1, 1),)), images=ImageSet(mask=str(tmp_path / "mine.npz")))
    (found,) = static_mask(experiment)
    assert np.argwhere(~found).tolist() == [[0, 0], [1, 5]]


def test_a_pickle_is_refused_with_the_reason(tmp_path):
    path = tmp_path / "pixels.mask"
    path.write_bytes(pickle.dumps((1, 2)))
    with pytest.raises(InputError, match="pickles"):
        read_mask(str(path), detector())


@pytest.mark.parametrize(
    ("masks", "message"),
    [((np.ones((6, 4), bool),), r"needed bool \(4, 6\)"), ((np.ones((4, 6)),), "float64"), ((), "panel_<n>")],
)
def test_a_mask_that_does_not_fit_is_refused(tmp_path, masks, message):
    write_mask(tmp_path / "mine.npz", masks)
    with pytest.raises(InputError, match=message):
        read_mask(str(tmp_path / "mine.npz"), detector())


def test_minus_one_as_lower_end_means_above_it():
    assert valid_counts(detector(trusted_range=(-1.0, 99.0)).panels[0]) == (0.0, 99.0)
    assert valid_counts(detector(trusted_range=(-10.0, 99.0)).panels[0]) == (-10.0, 99.0)
    assert valid_counts(detector(trusted_range=(1.0, 99.0)).panels[0]) == (1.0, 99.0)
