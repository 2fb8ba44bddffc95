"""Data sets and images that spoil the rest are left out; others are not; what the user leaves out stays out."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.models.flags import Flag
from gnomon.report.scale import describe
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

SMALL = {"species": ("cow",), "wedges": 7, "d_min": 4.0, "images": 10, "width": 1.0, "basis": "true"}
FILTER = {"filter_method": "deltacchalf", "filter_max_percent_removed": 20.0}


@pytest.fixture(scope="module")
def spoiled():
    """Seven data sets of a crystal form, and one of noise."""
    return integrated_wedges(WedgesParams(**SMALL, noise=1))


def test_noise_is_left_out_with_its_reason_and_the_rest_is_better_for_it(spoiled) -> None:
    experiments, reflections, truth = spoiled
    before = scale(experiments, reflections, ScaleParams(least_weight=0))  # else most of it is too light to be merged
    after = scale(experiments, reflections, ScaleParams(**FILTER))
    assert [f.name for f in after.summary.filtered] == [truth.names[-1]]
    assert after.summary.names == tuple(truth.names[:-1])
    assert len(after.experiments) == 7
    assert set(np.unique(after.reflections["id"])) == set(range(7))
    assert after.summary.overall.r_pim < 0.8 * before.summary.overall.r_pim
    assert "of its observations are outliers" in after.summary.filtered[0].reason
    assert f"Left out {truth.names[-1]} (cycle 1)" in describe(after.summary)
    assert before.summary.filtered == ()
    assert before.summary.filtering is None


def test_data_sets_that_agree_stay(spoiled) -> None:
    experiments, reflections, truth = spoiled
    params = ScaleParams(**FILTER, exclude_datasets=(truth.names[-1],))
    result = scale(experiments, reflections, params)
    assert result.summary.filtered == ()
    assert "4 sigma below the others" in result.summary.filtering.ended


def test_limits_hold_filtering_back(spoiled) -> None:
    experiments, reflections, _ = spoiled
    result = scale(experiments, reflections, ScaleParams(**{**FILTER, "filter_max_percent_removed": 1.0}))
    assert result.summary.filtered == ()
    assert "max_percent_removed=1" in result.summary.filtering.ended
    full = scale(experiments, reflections, ScaleParams(**FILTER, filter_min_completeness=100.0))
    assert full.summary.filtering.ended == "min_completeness=100 reached"


def test_bad_images_go_and_the_others_of_their_data_set_stay(spoiled) -> None:
    experiments, reflections, truth = spoiled
    z = reflections["xyzobs.px.value"][:, 2]
    bad = (reflections["id"] == 2) & (z >= 5)
    order = np.random.default_rng(1).permutation(np.flatnonzero(bad))
    shuffled = {}
    for name in ("intensity.prf.value", "intensity.prf.variance", "intensity.sum.value", "intensity.sum.variance"):
        shuffled[name] = reflections[name].copy()
        shuffled[name][bad] = reflections[name][order]
    params = ScaleParams(**FILTER, filter_mode="image_group", filter_group_size=5, exclude_datasets=("7",))
    result = scale(experiments, reflections.with_columns(shuffled), params)
    assert [f.name for f in result.summary.filtered] == [f"{truth.names[2]} images 6-10"]
    out = result.reflections.has(Flag.USER_EXCLUDED_IN_SCALING) & (result.reflections["id"] == 2)
    out &= result.reflections["partiality"] > 0.5
    assert (result.reflections["xyzobs.px.value"][out, 2] >= 5).all()
    assert out.sum() > 100
    assert len(result.experiments) == 7


def test_images_and_data_sets_are_left_out_by_hand(spoiled) -> None:
    experiments, reflections, truth = spoiled
    params = ScaleParams(use_datasets=("0", "1 2", "3"), exclude_datasets=("3",), exclude_images=((1, 1, 5, 2, 3, 3),))
    result = scale(experiments, reflections, params)
    assert result.summary.names == tuple(truth.names[:3])
    z = np.floor(result.reflections["xyzobs.px.value"][:, 2]) + 1
    images = {
        i: set(np.unique(z[(result.reflections["id"] == i) & result.reflections.has(Flag.SCALED)])) for i in (1, 2)
    }
    assert not images[1] & {1.0, 2.0, 3.0, 4.0, 5.0}
    assert 6.0 in images[1]
    assert 3.0 not in images[2]
    assert 2.0 in images[2]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"exclude_datasets": ("cat",)}, "there is no data set cat; 8 are there"),
        ({"exclude_datasets": tuple("01234567")}, "leave no data set"),
        ({"exclude_images": ((9, 1, 5),)}, "names experiment 9; there are 0 to 7"),
        ({"exclude_images": ((0, 11, 12),)}, "has images 1 to 10"),
    ],
)
def test_what_is_not_there_cannot_be_left_out(spoiled, params, words) -> None:
    with pytest.raises(InputError, match=words):
        scale(spoiled[0], spoiled[1], ScaleParams(**params))


def test_what_pictures_show_belongs_to_the_data_sets(spoiled) -> None:
    summary = scale(spoiled[0], spoiled[1], ScaleParams()).summary
    names = spoiled[2].names
    for records in (summary.data_sets, summary.models_along, summary.by_image):
        assert [record.name for record in records] == names
    worst = min(summary.data_sets, key=lambda r: r.delta_cc_half)
    assert worst.name == names[-1]
    assert worst.delta_cc_half < 0
    assert sum(sum(r.n) for r in summary.by_image) == summary.n_observations - summary.n_outliers
    assert [r.image[0] for r in summary.by_image] == [1.0] * 8
    assert len(summary.normal_probability.observed) <= 500
    assert np.all(np.diff(summary.normal_probability.observed) >= 0)
    good = scale(spoiled[0], spoiled[1], ScaleParams(exclude_datasets=("7",))).summary.error_by_intensity
    assert np.allclose([at.after for at in good], 1.0, atol=0.5)
