"""Stretches from which spots or intensities were taken are found again, to the image."""

import json

import numpy as np
import pytest
from diffract import instrument

from gnomon import detect_blanks
from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.pipeline import STEPS
from gnomon.report.detect_blanks import blanks_json

IMAGES = 101


def data(rate, ratio=None, number=0):
    """About ``rate`` (IMAGES,) spots on each image, with intensities of ``ratio`` (IMAGES,) sigmas where given."""
    rng = np.random.default_rng(6)
    image = np.repeat(np.arange(IMAGES), rng.poisson(rate))
    n = len(image)
    flags = Flag.STRONG | (Flag.INDEXED | Flag.INTEGRATED_SUM if ratio is not None else 0)
    columns = {
        "xyzobs.px.value": np.column_stack([np.zeros((n, 2)), image + rng.random(n)]),
        "flags": np.full(n, np.uint64(flags)),
        "id": np.full(n, number),
    }
    if ratio is not None:
        columns |= {"intensity.sum.value": 7 * (ratio[image] + rng.normal(size=n)),
                    "intensity.sum.variance": np.full(n, 49.0)}  # fmt: skip
    return Reflections(columns)


def rates(*blank):
    rate = np.full(IMAGES, 40.0)
    for first, last in blank:
        rate[first - 1 : last] = 0.5
    return rate


EXPERIMENTS = Experiments.of([instrument(n_images=IMAGES, width=0.5)])


def blank_images(result, kind="strong"):
    return next(k.blank_images for k in result.summary.experiments[0].kinds if k.kind == kind)


def test_stretches_without_spots_are_found():
    table = data(rates((21, 28), (97, 101)))
    result = detect_blanks(EXPERIMENTS, table)
    assert blank_images(result) == ((21, 28), (97, 101))
    assert blank_images(detect_blanks(EXPERIMENTS, table, phi_step=0.5)) == ((21, 28), (97, 101))
    assert blank_images(detect_blanks(EXPERIMENTS, table, counts_fractional_loss=0.0)) == ()
    words = STEPS["detect_blanks"].describe(result)
    assert "Potential blank images: 21 -> 28" in words
    assert f"Analysis of {len(table)} strong reflections" in words


def test_a_short_last_step_is_no_blank():
    assert blank_images(detect_blanks(EXPERIMENTS, data(rates()), phi_step=2.0)) == ()


def test_intensities_that_are_nothing_are_found_among_as_many_reflections():
    ratio = np.full(IMAGES, 20.0)
    ratio[40:60] = 0.3
    result = detect_blanks(EXPERIMENTS, data(rates(), ratio))
    assert blank_images(result) == blank_images(result, "indexed") == ()
    assert blank_images(result, "integrated") == ((41, 60),)
    assert (
        blank_images(detect_blanks(EXPERIMENTS, data(rates(), ratio), misigma_fractional_loss=0.001), "integrated")
        == ()
    )


def test_the_file_has_what_scripts_read():
    found = json.loads(json.dumps(blanks_json(detect_blanks(EXPERIMENTS, data(rates((21, 28)))).summary)))
    assert found["strong"]["blank_regions"] == [[20, 28]]
    (bars,) = found["strong"]["data"]
    assert (bars["x"][0], bars["xlow"][0], bars["xhigh"][0]) == (2.0, 0.0, 4.0)
    assert bars["blank"][5:7] == [True, True]
    assert found["indexed"] is found["integrated"] is None
    two = Experiments.of([EXPERIMENTS[0], EXPERIMENTS[0].replace(identifier="b")])
    both = Reflections.concatenate([data(rates((21, 28))), data(rates((1, 4)), number=1)])
    assert [one["strong"]["blank_regions"] for one in blanks_json(detect_blanks(two, both).summary)] == [
        [[20, 28]],
        [[0, 4]],
    ]


def test_stills_are_told():
    with pytest.raises(InputError, match="only stills"):
        detect_blanks(EXPERIMENTS.map(lambda e: e.replace(scan=None)), data(rates()))
