"""Real spots: L-cysteine at Diamond I19-1, four sweeps, kappa goniometer; as DIALS found them on the same images."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.step import find_spots
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.step import index
from gnomon.steps.index.sweeps import misorientation

DATA = Path(os.environ["GNOMON_SHARED_DATA"])
QUARTZ = DATA / "dials_files" / "quartz_processed"

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def quartz():
    if not QUARTZ.exists():
        pytest.skip(f"no shared data at {QUARTZ}")
    return read_experiments(QUARTZ / "imported.expt"), read_reflections(QUARTZ / "strong.refl", shoeboxes=False)


def test_electron_diffraction_of_quartz(quartz):
    result = index(*quartz, IndexParams())
    a, b, c, alpha, beta, gamma = sorted(result.experiments[0].crystal.cell)
    np.testing.assert_allclose([a, b, c], [4.91, 4.91, 5.40], rtol=0.02)
    folded = np.minimum([alpha, beta, gamma], 180 - np.array([alpha, beta, gamma]))  # reduced: 60 or 120, by noise
    np.testing.assert_allclose(np.sort(folded), [60, 90, 90], atol=1)
    assert result.summary.sweeps[0].fraction > 0.8


def test_quartz_agrees_with_the_published_indexing(quartz):
    theirs = read_experiments(QUARTZ / "indexed.expt")[0].crystal
    result = index(*quartz, IndexParams(space_group="P3121", unit_cell=(4.92, 4.92, 5.4, 90, 90, 120)))
    mine = result.experiments[0].crystal
    np.testing.assert_allclose(mine.cell, theirs.cell, rtol=0.02)
    change = np.linalg.inv(mine.A) @ theirs.A
    np.testing.assert_allclose(change, np.rint(change), atol=0.1)
    assert misorientation(mine.A @ np.rint(change), theirs.A) < 1.5


def test_four_sweeps_of_l_cysteine_from_their_images():
    paths = sorted((DATA / "l_cysteine").glob("*.cbf.gz"))
    if not paths:
        pytest.skip(f"no shared data at {DATA / 'l_cysteine'}")
    imported = import_images([str(p) for p in paths], ImportParams()).experiments
    strong = find_spots(imported, Reflections(), FindSpotsParams()).reflections
    result = index(imported, strong, IndexParams())
    assert "explains all sweeps" in " ".join(result.summary.sentences)
    assert result.reflections.has(Flag.INDEXED).mean() > 0.8
    for experiment, record in zip(result.experiments, result.summary.crystals):
        np.testing.assert_allclose(experiment.crystal.cell[:3], [5.428, 8.141, 12.038], rtol=0.002)
        np.testing.assert_allclose(experiment.crystal.cell[3:], 90, atol=0.05)
        assert max(record.rmsd[:2]) < 0.25
        assert misorientation(result.experiments[0].crystal.A, experiment.crystal.A) < 2
        assert record.rmsd[2] < 0.2
        np.testing.assert_allclose(experiment.crystal.cell, result.experiments[0].crystal.cell, rtol=1e-9)
