"""The refusal of far too many strong pixels names the gain and where it came from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diffract import instrument

from gnomon.steps.find_spots.bad_images import too_many_strong
from gnomon.steps.find_spots.params import FindSpotsParams


def with_gain(gain):
    detector = instrument().detector
    return replace(detector, panels=tuple(replace(panel, gain=gain) for panel in detector.panels))


@pytest.mark.parametrize(
    ("params", "gain", "said"),
    [
        ({}, 1.0, "the gain was 1 count a photon, for headers that tell none: if it is higher, give gain=..."),
        ({}, 25.17, "the gain was 25.17 counts a photon, as the experiment's detector has it"),
        ({"gain": 3.0}, 25.17, "the gain was 3, as given"),
        ({"algorithm": "radial_profile"}, 1.0, "raise n_iqr"),
    ],
)
def test_the_gain_is_named(params, gain, said):
    text = too_many_strong(0.62, with_gain(gain), FindSpotsParams(**params))
    assert text.startswith("62% of the pixels are strong, more than max_strong_pixel_fraction=0.25; ")
    assert said in text
