"""Cameras whose counts are noise about zero are recognised, and their noise is trusted as DIALS trusts it."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.io.expt import read_experiments, write_experiments
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

SHAPE = (60, 70)


def noise(sigma, seed=1):
    return np.rint(np.random.default_rng(seed).normal(0.5, sigma, SHAPE)).astype(np.int32)


@pytest.fixture
def imported(tmp_path, write_cbf):
    """``imported(pixels, **params)``: experiments of two images and the warnings."""

    def run(pixels, **params):
        for i, start in enumerate((12.0, 12.5)):
            write_cbf(tmp_path / f"a_{i + 1:04d}.cbf", pixels, Start_angle=f"{start} deg.")
        result = import_images([str(p) for p in sorted(tmp_path.glob("a_*.cbf"))], ImportParams(**params))
        return result.experiments, [w for w in result.summary.warnings if "noise about zero" in w]

    return run


@pytest.mark.parametrize(("sigma", "low"), [(4.0, -1000.0), (90.0, -1210.0)])
def test_noise_is_trusted_and_stays_so_in_the_file(imported, tmp_path, sigma, low):
    experiments, (words,) = imported(noise(sigma))
    write_experiments(tmp_path / "imported.expt", experiments)
    panel = read_experiments(tmp_path / "imported.expt")[0].detector.panels[0]
    assert panel.trusted_range == (pytest.approx(low, rel=0.05), 1048500.0)
    assert f"from {panel.trusted_range[0]:g} on are trusted" in words


def test_photons_and_marks_are_as_ever(imported):
    pixels = np.random.default_rng(2).poisson(1.0, SHAPE).astype(np.int32)
    pixels[:20], pixels[20:25] = -1, -2
    experiments, words = imported(pixels)
    assert words == []
    assert experiments[0].detector.panels[0].trusted_range[0] == -1


def test_what_the_user_says_stays(imported):
    experiments, words = imported(noise(4.0), trusted_range=(-50.0, 1000.0))
    assert words == []
    assert experiments[0].detector.panels[0].trusted_range == (-50.0, 1000.0)
