"""Blank images seen in integrated tables."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.images.images_that_count import judged_by_intensities
from gnomon.maths.intensities.normalised import observations
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


@pytest.mark.parametrize("factor", [0.3, 0.6, 1.5, 3.0])
@pytest.mark.parametrize("mean_intensity", [200.0, 5.0])
def test_a_single_image_of_another_scale_is_left_out(factor, mean_intensity):
    changes = {"images": 40, "dimmed": ((17, 17, factor),), "mean_intensity": mean_intensity}
    experiments, table = wedges(wedges=1, width=1.0, **changes)
    found, (words,) = judged_by_intensities("scale", experiments, table, 0.4)
    assert found[0].valid_ranges == ((1, 16), (18, 40))
    assert float(words.split("there are ")[1].split()[0]) == pytest.approx(factor, rel=0.15)


def test_of_fine_slices_what_lies_beside_goes_along():
    experiments, table = wedges(wedges=1, images=200, width=0.1, dimmed=((90, 90, 3.0),), d_min=1.8)
    (found,), _ = judged_by_intensities("scale", experiments, table, 0.4)
    gone = set(range(1, 201)) - {j for a, b in found.valid_ranges for j in range(a, b + 1)}
    assert 90 in gone
    assert gone <= {88, 89, 90, 91, 92}


def test_an_unsteady_beam_is_no_fault_of_single_images():
    for seed in range(3):
        experiments, table = wedges(wedges=1, images=60, seed=seed, fluctuation=0.15)
        assert judged_by_intensities("scale", experiments, table, 0.4) == (experiments, [])
