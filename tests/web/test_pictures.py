"""Pictures of images: each size holds the largest counts, and memory is used again, but never while it is looked at."""

import numpy as np
import pytest

from gnomon.io.expt import read_experiments
from gnomon.io.images.experiment_images import images_of
from gnomon.io.images.masks import static_mask
from gnomon.kernels.pyramid import SHIFT
from gnomon.web.pictures import LEVELS, Pictures


@pytest.fixture
def imported(processed):
    return read_experiments(processed / "imported.expt")[0]


def largest(counts, usable, level):
    """The largest usable count of each square of ``level`` pixels; -2 where there is none."""
    ny, nx = counts.shape
    padded = np.full([-(-n // level) * level for n in counts.shape], -2)
    padded[:ny, :nx] = np.where(usable, counts, -2)
    return padded.reshape(padded.shape[0] // level, level, padded.shape[1] // level, level).max(axis=(1, 3))


def test_sizes_hold_the_largest_counts_and_memory_is_used_again(imported):
    pictures = Pictures(kept=0)
    reader, (usable,) = images_of(imported), static_mask(imported)
    held = pictures.picture(imported, 1)
    before = {level: held.levels[level][0].copy() for level in LEVELS}
    places = set()
    for image in range(2, 9):
        picture = pictures.picture(imported, image)
        (counts,) = reader.read(image)
        for level in LEVELS[1:]:
            np.testing.assert_array_equal(picture.levels[level][0].astype(int) - SHIFT, largest(counts, usable, level))
        np.testing.assert_array_equal(picture.counts(0, slice(None), slice(None)), counts)
        places.add(picture.levels[1][0].ctypes.data)
    assert len(places) < 5  # of 7 pictures, of which two are held at a time
    assert held.levels[1][0].ctypes.data not in places
    for level in LEVELS:
        np.testing.assert_array_equal(held.levels[level][0], before[level])
