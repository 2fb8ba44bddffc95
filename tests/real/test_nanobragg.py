"""A sweep of an independent simulator, whose truth is known: intensities at all angles, from images on."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gnomon import read_reflections
from gnomon.models.flags import Flag

IMAGES = Path(os.environ["GNOMON_SHARED_DATA"]) / "nanobragg"
pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not IMAGES.is_dir(), reason="no shared data: set GNOMON_SHARED_DATA to its folder"),
]


def gnomon(folder, *words):
    done = subprocess.run(
        [sys.executable, "-m", "gnomon", *words], cwd=folder, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def integrated(folder, images):
    gnomon(folder, "import", *map(str, images))
    gnomon(folder, "find_spots", "imported.expt")
    gnomon(folder, "index", "imported.expt", "strong.refl", "space_group=P43212", "unit_cell=79,79,38,90,90,90")
    gnomon(folder, "refine", "indexed.expt", "indexed.refl")
    text = gnomon(folder, "integrate", "refined.expt", "refined.refl")
    return read_reflections(folder / "integrated.refl"), text


def photons(table):
    """(N,) of whole reflections, as the README of the shared data has them; 0 where the truth does not reach."""
    truth = np.load(IMAGES / "truth.npz")
    square = np.zeros((141,) * 3)
    hkl = truth["hkl"].astype(int)
    for sign in (1, -1):
        square[tuple((sign * hkl).T)] = truth["F"].astype(float) ** 2
    fading = 1 + 0.15 * np.sin(2 * np.pi * table["xyzcal.px"][:, 2] / 45)
    return 0.005184 * square[tuple(table["miller_index"].T)] / table["lp"] * fading


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """(table of whole reflections with sum and fit, their true photons, the report)."""
    table, text = integrated(tmp_path_factory.mktemp("nanobragg"), sorted(IMAGES.glob("*.img.bz2")))
    table = table.select(table.has(Flag.INTEGRATED_SUM) & table.has(Flag.INTEGRATED_PRF) & (table["partiality"] > 0.99))
    true = photons(table)
    return table.select(true > 0), true[true > 0], text


def ratio(table, true, rows, kind):
    """Of observed to true photons, and its sigma; weighted by the variances that the truth has."""
    value = table[f"intensity.{kind}.value"][rows] / (table["partiality"][rows] if kind == "sum" else 1)
    t = true[rows]
    weight = t / (t + (table["background.mean"] * table["num_pixels.foreground"])[rows] + (0.02 * t) ** 2)
    mean = (weight * value).sum() / (weight * t).sum()
    return mean, np.sqrt((weight**2 * (value - mean * t) ** 2).sum()) / (weight * t).sum()


SHELLS = ((99, 15), (15, 10), (10, 5), (5, 3.5), (3.5, 2.5), (2.5, 2), (2, 1.8), (1.8, 1.6), (1.6, 1.38))


@pytest.mark.parametrize("kind", ["sum", "prf"])
@pytest.mark.parametrize(("low", "high"), SHELLS)
def test_intensities_are_right_at_all_angles(sweep, low, high, kind):
    table, true, _ = sweep
    mean, sigma = ratio(table, true, (table["d"] < low) & (table["d"] >= high), kind)
    assert abs(mean - 1) < 0.01 + 2 * sigma


@pytest.mark.parametrize(("low", "high"), SHELLS[3:])
def test_weak_reflections_stand_no_higher_than_strong_ones(sweep, low, high):
    table, true, _ = sweep
    shell = (table["d"] < low) & (table["d"] >= high)
    weak = true < np.median(true[shell])
    (faint, s1), (bright, s2) = (ratio(table, true, shell & rows, "prf") for rows in (weak, ~weak))
    assert abs(faint - bright) < 0.005 + 2.5 * np.hypot(s1, s2)


@pytest.mark.parametrize(("low", "high"), [(0.05, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 0.7), (0.7, 1.0)])
def test_intensities_are_right_near_the_spindle(sweep, low, high):
    table, true, _ = sweep
    zeta = np.abs(table["zeta"])
    for kind in ("sum", "prf"):
        mean, sigma = ratio(table, true, (zeta >= low) & (zeta < high), kind)
        assert abs(mean - 1) < 0.012 + 2 * sigma


def test_nothing_is_warned_of(sweep):
    assert "fits differ" not in sweep[2]
    assert "go on growing" not in sweep[2]


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_few_images_have_the_rocking_width_of_the_whole_sweep(tmp_path, n):
    _, text = integrated(tmp_path, sorted(IMAGES.glob("*.img.bz2"))[19 : 19 + n])
    line = next(row.split() for row in text.splitlines() if row.startswith("0 "))
    assert float(line[3]) == pytest.approx(0.0625, rel=0.2 if n == 1 else 0.04)  # of 60 images
    assert ("cut nearly all spots" in text) == (n == 1)
