"""The words of simulate."""

import numpy as np

from gnomon.report.simulate import describe

NUMBERS = {
    "cell": [79.0, 79.0, 38.0, 90.0, 90.0, 90.0],
    "space_group": "P 43 21 2",
    "d_min": 1.8,
    "image_size": [487, 619],
    "wavelength": 1.0,
    "distance": 90.0,
    "beam_centre": [244.8, 307.8],
    "parameters": {"images": 60, "width": 0.5, "beam_error": [0.0, 0.0], "distance_error": 0.0},
}


def test_the_text_says_what_was_made():
    text = describe(NUMBERS, np.array([3.0, 11.0, 50.0]), "here")
    assert "60 images of 0.5 degrees, 487 x 619 pixels, in here" in text
    assert "3 reflections recorded, 2 of them above ten sigma" in text
    assert "wrong" not in text


def test_a_lying_header_is_told():
    parameters = {**NUMBERS["parameters"], "beam_error": [3.0, -1.0]}
    assert "the headers are wrong by (3, -1) px and 0 mm" in describe({**NUMBERS, "parameters": parameters}, [20], "x")
