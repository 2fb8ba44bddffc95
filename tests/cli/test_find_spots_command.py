"""``find_spots`` at the command line: hot pixels go to a mask."""

from pathlib import Path

import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.io.expt import read_experiments
from gnomon.io.images.masks import read_mask
from gnomon.io.refl import read_reflections

HOT = ((5, 7), (40, 61))  # y, x


@pytest.fixture
def images(tmp_path, monkeypatch, write_cbf):
    """Twelve images of noise with two hot pixels, one that is hot on a third of them, and a spot on three."""
    monkeypatch.chdir(tmp_path)
    for number in range(1, 13):
        pixels = np.random.default_rng(number).poisson(3.0, (60, 80)).astype(np.int32)
        for y, x in HOT:
            pixels[y, x] = 500
        if number <= 4:
            pixels[50, 10] = 500
        if 5 <= number <= 7:
            pixels[20:23, 30:33] = 300
        write_cbf(tmp_path / f"a_{number:04d}.cbf", pixels, Start_angle=f"{0.5 * number} deg.")
    main(["import", *(f"a_{number:04d}.cbf" for number in range(1, 13))])
    return tmp_path


def test_pixels_that_are_always_strong_are_masked(images):
    words = ["find_spots", "imported.expt", "nproc=1"]
    main(words)
    assert not list(images.glob("hot*"))
    before = read_reflections("strong.refl")
    main([*words, "write_hot_mask=true", "hot_mask_prefix=hot"])
    after = read_reflections("strong.refl")
    for name in ("bbox", "xyzobs.px.value", "intensity.sum.value"):
        np.testing.assert_array_equal(after[name], before[name])
    assert "shoebox" not in after
    (mask,) = read_mask("hot_0.mask", read_experiments("imported.expt")[0].detector)
    assert {tuple(p) for p in np.argwhere(~mask).tolist()} == set(HOT)
    main([*words, "mask=hot_0.mask", "max_separation=100", "min_spot_size=1"])
    where = read_reflections("strong.refl")["xyzobs.px.value"][:, :2]
    distance = [np.hypot(*(where - (x + 0.5, y + 0.5)).T).min() for y, x in HOT]
    assert min(distance) > 1
    assert Path("hot_0.mask").exists()
