"""Counts are where the lattice has its points, whatever the goniometer; the file says so too."""

from __future__ import annotations

from dataclasses import replace

import gemmi
import numpy as np
import pytest
from scipy.ndimage import maximum_filter

from gnomon import read_experiments, rs_mapper
from gnomon.cli.main import main
from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.models.goniometer import Goniometer, rotation_about
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.example import EXAMPLE
from gnomon.step import Context

D_MIN, N = 5.0, 160


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("mapped")
    simulate_dataset(EXAMPLE.changed(images=8, mosaicity=0.1, background=0.5), made)
    return made


@pytest.fixture(scope="module")
def experiments(folder):
    return read_experiments(folder / "truth.expt")


@pytest.fixture(scope="module")
def mapped(experiments):
    return rs_mapper(experiments, max_resolution=D_MIN, grid_size=N)


def strong_points(density, least):
    """(n, 3) 1/Å: the points that are at least so high and higher than their neighbours."""
    highest = maximum_filter(density, 5) == density
    return (np.argwhere(highest & (density > least)) - N // 2) * (2 / D_MIN / N)


def off_the_lattice(points, A):
    """(n,) 1/Å to the nearest lattice point."""
    hkl = np.linalg.solve(A, points.T)
    return np.linalg.norm(A @ (hkl - np.rint(hkl)), axis=0)


def test_peaks_are_at_lattice_points(experiments, mapped):
    """To the half of the map's step, and what an image of one degree takes its spots off its middle."""
    points, A = strong_points(mapped.product, 25.0), experiments[0].crystal.A
    off = off_the_lattice(points, A)
    step = mapped.summary.step
    assert len(points) > 25
    assert np.median(off) < step
    assert off.max() < np.sqrt(3) / 2 * step + np.deg2rad(0.5) / D_MIN
    random = off_the_lattice(np.random.default_rng(1).uniform(-0.1, 0.1, (500, 3)), A)
    assert np.median(random) > 3 * np.median(off)
    turned = rs_mapper(experiments, max_resolution=D_MIN, grid_size=N, reverse_phi=True)
    assert np.median(off_the_lattice(strong_points(turned.product, 25.0), A)) > 2 * np.median(off)


def test_the_axes_of_the_goniometer_are_turned_back(experiments, mapped):
    """A crystal mounted by F and turned by F^-1 gives the same images: the map is turned by F^-1."""
    F = rotation_about(np.array([0.0, 0.0, 1.0]), np.pi / 2)  # takes grid points to grid points
    axis = experiments[0].goniometer.rotation_axis
    mounted = experiments.map(lambda e: e.replace(goniometer=Goniometer(axis, F)))
    found = rs_mapper(mounted, max_resolution=D_MIN, grid_size=N).product
    inner = mapped.product[1:, 1:, 1:]  # as many points on both sides of the origin
    # F takes x to y: what was at (x, y) is at (y, -x)
    np.testing.assert_allclose(found[1:, 1:, 1:], np.rot90(inner, -1, (0, 1)), atol=1e-3 * inner.max() + 40)
    same = found[1:, 1:, 1:] == np.rot90(inner, -1, (0, 1))
    assert same.mean() > 0.999


def test_a_mask_is_kept_or_not_and_threads_change_nothing(experiments, mapped):
    detector = experiments[0].detector
    hidden = tuple(replace(p, mask=(*p.mask, (0, 0, 487, 309))) for p in detector.panels)
    masked = experiments.map(lambda e: e.replace(detector=replace(detector, panels=hidden)))
    found = rs_mapper(masked, max_resolution=D_MIN, grid_size=N)
    assert 0.3 < found.summary.pixels / mapped.summary.pixels < 0.7
    every = rs_mapper(
        masked, max_resolution=D_MIN, grid_size=N, ignore_mask=True, context=Context(workers=Workers(3, 600.0))
    )
    np.testing.assert_array_equal(every.product, mapped.product)


def test_the_file_is_a_map(folder, mapped, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main(["rs_mapper", str(folder / "truth.expt"), f"max_resolution={D_MIN}", f"grid_size={N}", "map_file=a.mrc"])
    read = gemmi.read_ccp4_map("a.mrc")
    assert read.grid.unit_cell.a == pytest.approx(100 * 2 / D_MIN)
    np.testing.assert_array_equal(np.asarray(read.grid), mapped.product)
    assert "pixels of 8 images to 5 Å" in capsys.readouterr().out


def test_what_cannot_be_is_told(experiments):
    with pytest.raises(InputError, match="no pixel is within max_resolution=1e"):
        rs_mapper(experiments, max_resolution=1e6, grid_size=8)
    with pytest.raises(InputError, match="needs images; experiment 0 has none"):
        rs_mapper(experiments.map(lambda e: e.replace(images=None)))
