"""Resolution, rings and untrusted areas."""

from dataclasses import replace

import numpy as np
import pytest
from pydantic import ValidationError

from gnomon.errors import InputError
from gnomon.maths.images.pixel_filter import PixelFilter
from gnomon.maths.images.usable_pixels import pixel_resolution, usable_pixels
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.generate_mask.params import GenerateMaskParams

SHAPE = (50, 60)


@pytest.fixture
def experiment():
    axis = np.eye(3)
    origin = np.array([-3.0, 2.5, -100.0])  # the beam passes through (30, 25) px
    return Experiment(Beam(wavelength=0.9), Detector((Panel(axis[0], -axis[1], origin, (60, 50), (0.1, 0.1)),)))


def use(experiment, **params):
    return usable_pixels(experiment, (np.ones(SHAPE, bool),), PixelFilter(**params))[0]


def test_resolution_is_braggs(experiment):
    d = pixel_resolution(experiment, 0)
    radius = np.hypot(10.0 * 0.1, 5.0 * 0.1)  # of the point (40, 30), between pixels
    theta = np.arctan(radius / 100.0) / 2
    bragg = 0.9 / (2 * np.sin(theta))
    assert d[29:31, 39:41].min() < bragg < d[29:31, 39:41].max()
    assert abs(d[29:31, 39:41].mean() / bragg - 1) < 0.01


def test_resolution_limits_select_a_ring(experiment):
    d = pixel_resolution(experiment, 0)
    np.testing.assert_array_equal(use(experiment, d_min=40.0, d_max=80.0), (d >= 40) & (d <= 80))
    np.testing.assert_array_equal(use(experiment, resolution_range=((80.0, 40.0),)), (d < 40) | (d > 80))


def test_a_polygon_is_a_triangle(experiment):
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] + 0.5
    mask = use(experiment, untrusted_polygon=((0, 0, 6, 0, 0, 6),))
    np.testing.assert_array_equal(mask, x + y >= 6)


def test_pixels_and_borders(experiment):
    mask = use(experiment, untrusted_pixel=((7, 3), (1000, 0)), border=2)
    assert not mask[7, 3]
    assert mask.sum() == 46 * 56 - 1


def test_nothing_left_and_missing_panels_are_errors(experiment):
    with pytest.raises(InputError, match="no pixel is left"):
        use(experiment, d_max=0.1)
    with pytest.raises(InputError, match="has 1 panels"):
        use(experiment, untrusted_panel=(4,))


@pytest.mark.parametrize("bad", [{"untrusted_circle": ((1, 2),)}, {"d_min": -1}])
def test_bad_parameters_are_refused(bad):
    with pytest.raises(ValidationError):
        PixelFilter(**bad)


def test_rings_are_those_of_the_cell_that_is_given(experiment):
    one = use(
        experiment, ice_rings=True, ice_width=1e-4, ice_cell=(60.0, 60.0, 60.0, 90.0, 90.0, 90.0), ice_group="P23"
    )
    d = pixel_resolution(experiment, 0)
    assert not one[np.abs(1 / d**2 - 1 / 60**2) < 4e-5].any()
    assert one[(d > 70.0) & (d < 1000)].all()
    assert use(experiment, ice_rings=True).all()  # hexagonal ice begins at 3.9 Å, beyond this detector


def test_resolution_without_parallax(experiment):
    (panel,) = experiment.detector.panels
    thick = replace(panel, thickness=1.0, mu=1.0, px_mm_strategy="ParallaxCorrectedPxMmStrategy")
    deep = experiment.replace(detector=Detector((thick,)))
    np.testing.assert_array_equal(pixel_resolution(deep, 0, parallax=False), pixel_resolution(experiment, 0))
    assert (pixel_resolution(deep, 0)[:10] > pixel_resolution(experiment, 0)[:10]).all()


def test_names_on_the_command_line_carry_the_prefix_of_their_command():
    def names(params):
        return {key: info.json_schema_extra["name"] for key, info in params.model_fields.items()}

    assert names(FindSpotsParams)["ice_rings"] == "spotfinder.filter.ice_rings.filter"
    assert names(GenerateMaskParams)["ice_rings"] == "ice_rings.filter"
    assert names(GenerateMaskParams)["d_min"] == "d_min"


def test_a_rectangle_may_be_named_from_either_end(experiment):
    one = use(experiment, untrusted_rectangle=((10, 20, 30, 35),))
    assert (~one).sum() == 50
    np.testing.assert_array_equal(use(experiment, untrusted_rectangle=((20, 10, 35, 30),)), one)
