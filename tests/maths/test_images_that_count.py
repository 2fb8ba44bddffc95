"""Blank images seen in integrated tables."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.images_that_count import judged_by_intensities
from gnomon.maths.normalised import observations
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges


def wedges(**changes):
    small = {"image_size": (487, 619), "distance": 120.0, "d_min": 2.5, "images": 20, "width": 0.5, "wedges": 3}
    experiments, table, _ = integrated_wedges(WedgesParams(species=("cow",), **{**small, **changes}))
    return experiments, table


@pytest.mark.parametrize("mean_intensity", [200.0, 20.0])
def test_the_blank_half_of_wedges_is_left_out(mean_intensity):
    experiments, table = wedges(away=((10, 15),), mean_intensity=mean_intensity)
    found, words = judged_by_intensities("symmetry", experiments, table, 0.4)
    assert len(words) == 3
    assert "images 10 to 15 left out" in words[0]
    assert all(e.valid_ranges == ((1, 9), (16, 20)) for e in found)
    image = np.floor(table["xyzobs.px.value"][observations("symmetry", found, table, 0.4).row, 2]) + 1
    assert not ((image >= 10) & (image <= 15)).any()
    assert (image == 9).any()
    assert (image == 16).any()


@pytest.mark.parametrize(
    "changes",
    [{"mean_intensity": 1.0}, {"mean_intensity": 0.3, "background": 3.0}, {"mean_intensity": 20.0, "decay_b": 150.0}],
    ids=["weak", "nearly nothing", "damaged"],
)
def test_ordinary_wedges_lose_nothing(changes):
    for seed in range(3):
        experiments, table = wedges(seed=seed, **changes)
        found, words = judged_by_intensities("symmetry", experiments, table, 0.4)
        assert words == []
        assert found is experiments


def test_a_table_that_does_not_say_where_is_not_judged():
    experiments, table = wedges(wedges=1, away=((10, 15),))
    bare = table.without_columns("xyzobs.px.value", "xyzcal.px")
    assert judged_by_intensities("symmetry", experiments, bare, 0.4) == (experiments, [])
