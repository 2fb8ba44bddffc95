"""Numbers on their way to a page: rounded for JSON, images put together where each says little."""

import json
from dataclasses import fields

import numpy as np
import pytest

from gnomon.maths.intensities.statistics import MergingFigures
from gnomon.report.html.estimate_resolution import sections
from gnomon.report.html.images import by_image_section, in_groups
from gnomon.report.html.page import page
from gnomon.report.html.rounded import figure_json, rounded
from gnomon.steps.estimate_resolution.summary import EstimateResolutionSummary, ResolutionLimit
from gnomon.steps.scale.summary import AlongImages


def test_numbers_have_the_digits_asked_for_and_no_more():
    values = np.array([0.0, 1 / 3, -123456.7, 1.23456789e-9, 9.999996])
    assert rounded(values, 5).tolist() == [0.0, 0.33333, -123460.0, 1.2346e-9, 10.0]
    assert figure_json({"x": np.array([1 / 3, np.nan, np.inf]), "n": np.int64(7)}) == '{"x":[0.33333,null,null],"n":7}'


def test_json_cannot_end_the_script_that_holds_it():
    text = figure_json({"name": "</script><b>"})
    assert "<" not in text
    assert json.loads(text) == {"name": "</script><b>"}


def row(n_images, n, r_merge=0.05):
    image = np.arange(1.0, n_images + 1)
    r = np.broadcast_to(r_merge, n_images)
    return AlongImages("a", tuple(image), (n,) * n_images, tuple(image), tuple(r))


@pytest.mark.parametrize(("n_images", "n", "points"), [(10, 100, 10), (1000, 100, 112), (100, 3, 10), (5, 1, 1)])
def test_a_point_is_of_as_many_images_as_hold_enough_observations(n_images, n, points):
    found = in_groups(row(n_images, n), most=120)
    assert len(found.image) == points
    assert found.n == pytest.approx(n)
    assert (np.diff(found.image) > 0).all()
    assert found.i_over_sigma == pytest.approx(found.image)


def test_one_wild_ratio_among_few_observations_does_not_set_the_axis():
    wild = [0.05] * 50 + [60.0, np.nan] + [0.05] * 48
    assert in_groups(row(100, 3, wild), most=120).r_merge == pytest.approx(0.05)


def test_data_sets_of_which_nothing_is_known_by_image_make_no_figure():
    bare = row(10, 50, np.nan)
    assert [b.title for b in by_image_section([bare]).blocks] == [
        "I/sigma by image",
        "Observations by image",
    ]
    assert not by_image_section([]).blocks


def test_the_page_of_estimate_resolution_says_what_to_use():
    values = {f.name: 0.9 for f in fields(MergingFigures)} | {"cc_anom": np.nan}
    shells = tuple(MergingFigures(**values | {"d_max": a, "d_min": b}) for a, b in ((10.0, 2.0), (2.0, 1.5)))
    limits = {"cc_half": ResolutionLimit(0.3, 1.62, ""), "misigma": ResolutionLimit(1.0, None, "end")}
    found = sections(EstimateResolutionSummary(d_min=1.62, data_d_min=1.5, limits=limits, shells=shells))
    text = page("gnomon estimate_resolution", found)
    assert "1.62 Å" in text
    assert "1.50 (end of the data)" in text
    assert "Completeness" in text
    assert "Anomalous correlation" not in text
