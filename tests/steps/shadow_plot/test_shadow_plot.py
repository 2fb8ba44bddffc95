"""Shadows that are dark, and descriptions that do not fit."""

import numpy as np
import pytest

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.io.images.shaded import shadow_of
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.report.shadow_plot import describe
from gnomon.step import Context
from gnomon.steps.shadow_plot import step
from gnomon.steps.shadow_plot.params import ShadowPlotParams
from tests.plain_values import assert_plain

NX, NY = 200, 160


def arm(right=-2.0, shift=0.0, top=6.0):
    return {"part": [{"axis": "scan", "points": [(x, y + shift, -20) for x in (-40, right) for y in (-1, top)]}]}


def experiment(shadow, start=0.0):
    axes = np.eye(3)
    detector = Detector((Panel(axes[0], -axes[1], np.array([-100.0, 80.0, -100.0]), (NX, NY), (1.0, 1.0)),))
    images = ImageSet(template="a_####.cbf", params={"shadow": shadow} if shadow else {})
    return Experiment(Beam(), detector, Goniometer(), Scan((1, 8), (start, 0.2)), images=images)


@pytest.fixture
def plotted(monkeypatch):
    """``plotted(described)``: what is said of images on which ``arm()`` casts the shadow."""
    true = shadow_of(experiment(arm()))
    y, x = np.mgrid[:NY, :NX]
    rate = 20 * np.exp(-np.hypot(x - 100, y - 80) / 60)

    class Reader:
        def read(self, number):
            rng = np.random.default_rng(number)
            image = rng.poisson(rate)
            image[rng.integers(0, NY, 60), rng.integers(0, NX, 60)] += 5000  # spots
            image[true.on(0.2 * (number - 1), 0.2 * number)[0]] = 0
            return (image.astype(np.int32),)

    monkeypatch.setattr(step, "images_of", lambda experiment: Reader())

    def run(described, workers=1, **params):
        experiments = Experiments.of([experiment(described)])
        asked = ShadowPlotParams(**params)
        return step.shadow_plot(experiments, Reflections(), asked, context=Context(Workers(workers))).summary

    return run


def test_what_is_hidden_is_dark_and_what_is_not_is_light(plotted):
    summary = plotted(arm())
    assert_plain(summary)
    (sweep,) = summary.sweeps
    assert sweep.image == tuple(range(1, 9))
    np.testing.assert_allclose(sweep.angle, 0.2 * (np.arange(8) + 0.5))
    shadow = shadow_of(experiment(arm()))
    np.testing.assert_allclose(sweep.shaded, [shadow.on(0.2 * i, 0.2 * (i + 1))[0].mean() for i in range(8)])
    assert max(sweep.shaded) > 0.05
    assert sweep.inside == (0.0,) * 8
    np.testing.assert_allclose(sweep.outside, 1.0, atol=0.05)


@pytest.mark.parametrize(
    ("described", "said"),
    [
        (arm(), "the description fits"),
        (arm(right=-5.0, top=3.0), "larger than described"),
        (arm(top=14.0), "smaller than described"),
        (arm(shift=-3.5), "stand elsewhere than described"),
    ],
)
def test_a_description_that_does_not_fit_is_told(plotted, described, said):
    assert said in describe(plotted(described, rim=8))


def test_few_images_and_many_workers(plotted):
    some = plotted(arm(), max_images=3).sweeps[0]
    assert some.image == (1, 4, 8)
    assert plotted(arm(), workers=3) == plotted(arm())


def test_a_shadow_beside_the_detector_is_told(plotted):
    text = describe(plotted(arm(right=-39.0)))
    assert "no shadow falls on the images" in text
    assert "0.00%" in text


def test_without_a_description_there_is_nothing_to_plot(plotted):
    with pytest.raises(InputError, match="give shadow=FILE to apply_mask or import"):
        plotted(None)
