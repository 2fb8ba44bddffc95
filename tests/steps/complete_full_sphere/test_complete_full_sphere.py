"""What is said to be recorded, is: by the blind region's volume, and by reflections that the Laue condition finds."""

from dataclasses import replace

import numpy as np
import pytest
from diffract import crystal, diffract, instrument

from gnomon import complete_full_sphere
from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import space_group, to_asu
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import MultiAxisGoniometer
from gnomon.models.scan import Scan
from gnomon.pipeline import STEPS

ALPHA = np.deg2rad(50.0)
KAPPA = np.array([(1.0, 0, 0), (np.cos(ALPHA), np.sin(ALPHA), 0), (1.0, 0, 0)])
D_MIN = 2.01


def recorded(width, hall=" P 2 2", **given):
    """A scan by omega from 0, the inner axes at zero, on a detector that sees all to 2 Å."""
    base = instrument(distance=80.0, size=(1000, 1000), n_images=int(width), width=1.0, **given)
    goniometer = MultiAxisGoniometer(KAPPA, np.zeros(3), ("phi", "kappa", "omega"), 2)
    one = crystal((18, 21, 24, 90, 90, 90), np.random.default_rng(2), hall)
    return Experiments.of([base.replace(goniometer=goniometer, crystal=one)])


def simulated(experiments, scans):
    """Indices on the detector, by a program that shares nothing with ours, in the scans given and recommended."""
    (e,) = experiments
    found = [diffract(e, D_MIN)[0]]
    for scan in scans:
        goniometer = replace(e.goniometer, angles=np.array(scan.angles))
        n = round(scan.width)
        turned = e.replace(goniometer=goniometer, scan=Scan((1, n), (scan.angles[2], 1.0)))
        found.append(diffract(turned, D_MIN)[0])
    return [np.unique(np.concatenate(found[: i + 1]), axis=0) for i in range(len(found))]


def sphere(experiments):
    cell = experiments[0].crystal.cell
    reach = np.ceil(cell[:3] / D_MIN).astype(int)
    hkl = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in reach), indexing="ij"), -1).reshape(-1, 3)
    hkl = hkl[hkl.any(axis=1)]
    return hkl[d_spacing(hkl, cell) >= D_MIN]


def test_a_full_turn_leaves_the_blind_region():
    """Points at q from the origin are blind within asin(q / 2k) of the axis."""
    result = complete_full_sphere(recorded(360), resolution=D_MIN, step=90, target=0.1)
    summary = result.summary
    q = np.linspace(0, 1 / D_MIN, 2001)
    blind = np.trapezoid(q**2 * (1 - np.sqrt(1 - q**2 / 4)), q) * 3 * D_MIN**3
    assert summary.completeness == pytest.approx(1 - blind, abs=0.002)
    assert summary.scans == ()
    assert "recorded by the scans given" in STEPS["complete_full_sphere"].describe(result)


@pytest.mark.parametrize(("width", "scan_width"), [(360, 360), (40, 60)])
def test_scans_that_are_recommended_record_what_is_said(width, scan_width):
    experiments = recorded(width)
    result = complete_full_sphere(
        experiments, resolution=D_MIN, scan_width=scan_width, step=60, max_scans=2, target=0.999
    )
    summary = result.summary
    assert "Further scans about omega" in STEPS["complete_full_sphere"].describe(result)
    told = [summary.completeness, *(scan.completeness for scan in summary.scans)]
    true = [len(hkl) / len(sphere(experiments)) for hkl in simulated(experiments, summary.scans)]
    np.testing.assert_allclose(told, true, atol=0.012)
    np.testing.assert_allclose([s.gain for s in summary.scans], np.diff(told), atol=1e-9)
    if width == 360:
        assert told[-1] > 0.998


def test_equivalent_reflections_count_as_one():
    experiments = recorded(40)
    summary = complete_full_sphere(
        experiments, resolution=D_MIN, scan_width=30, step=60, unique=True, max_scans=1
    ).summary
    group = space_group("P222")
    every = possible_indices(experiments[0].crystal.cell, group, D_MIN)
    true = [len(np.unique(to_asu(hkl, group)[0], axis=0)) / len(every) for hkl in simulated(experiments, summary.scans)]
    told = [summary.completeness, *(scan.completeness for scan in summary.scans)]
    np.testing.assert_allclose(told, true, atol=1e-9)


def test_angles_that_cannot_be_had_are_not_recommended():
    summary = complete_full_sphere(recorded(360), resolution=D_MIN, step=20, kappa_range=(0, 20), target=1.0).summary
    assert all(0 <= scan.angles[1] <= 20 for scan in summary.scans)
    assert summary.reachable <= 1


def test_what_is_needed_is_told():
    bare = recorded(10).map(lambda e: e.replace(goniometer=instrument().goniometer))
    with pytest.raises(InputError, match="needs a goniometer of several axes"):
        complete_full_sphere(bare)
    with pytest.raises(InputError, match="experiment 0 is a still"):
        complete_full_sphere(recorded(10).map(lambda e: e.replace(scan=None)))
