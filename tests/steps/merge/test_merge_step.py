"""The merge step: means, Friedel halves, what is left out; and the same numbers as dials.merge."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import gemmi
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.free_set import FreeSet
from gnomon.models.reflections import Reflections
from gnomon.report.merge import describe
from gnomon.steps.merge.params import MergeParams
from gnomon.steps.merge.step import merge

QUARTZ = Path(os.environ["GNOMON_SHARED_DATA"]) / "dials_files/quartz_processed"


def experiment(hall: str = " P 2 2", wavelength: float = 1.0) -> Experiment:
    panel = Panel(np.eye(3)[0], np.eye(3)[1], np.array([0, 0, 100.0]), (10, 10), (0.1, 0.1))
    crystal = Crystal(np.diag([0.1, 0.05, 0.04]), hall)
    return Experiment(Beam(wavelength=wavelength), Detector((panel,)), crystal=crystal)


def table(hkl: Any, intensity: Any, sigma: Any, **columns: Any) -> Reflections:
    """Scaled observations with inverse scale 2."""
    n = len(hkl)
    base = {
        "miller_index": np.array(hkl),
        "intensity.scale.value": 2 * np.array(intensity, float),
        "intensity.scale.variance": 4 * np.array(sigma, float) ** 2,
        "inverse_scale_factor": np.full(n, 2.0),
        "flags": np.full(n, Flag.SCALED, np.uint64),
    }
    return Reflections({**base, **columns})


def test_weighted_means_and_friedel_halves() -> None:
    data = table([(1, 2, 3), (-1, -2, 3), (-1, -2, -3), (1, 1, 0)], [10, 13, 20, 5], [1, 2, 1, 1])
    merged = merge(Experiments.of([experiment()]), data, MergeParams()).product
    assert merged.hkl.tolist() == [[1, 1, 0], [1, 2, 3]]
    assert merged.plus.intensity[1] == pytest.approx((10 + 13 / 4) / 1.25)
    assert merged.minus.intensity[1] == pytest.approx(20)
    assert merged.mean.intensity[1] == pytest.approx((10 + 13 / 4 + 20) / 2.25)
    assert merged.mean.sigma[1] == pytest.approx(2.25**-0.5)
    assert merged.mean.count.tolist() == [1, 3]
    assert (merged.plus.count + merged.minus.count).tolist() == [1, 3]
    assert np.isnan(merged.minus.intensity[0])  # centric: no mates


def test_the_scatter_can_raise_sigmas() -> None:
    data = table([(1, 2, 3)] * 3, [0, 10, 20], [1, 1, 1])
    merged = merge(Experiments.of([experiment()]), data, MergeParams(use_internal_variance=True)).product
    assert merged.mean.sigma[0] == pytest.approx(np.sqrt(200 / 2 / 3))


def test_what_is_left_out() -> None:
    hkl = [(1, 2, 3)] * 4 + [(0, 0, 1), (9, 9, 9)]
    flags = np.full(6, Flag.SCALED, np.uint64)
    flags[0] |= np.uint64(Flag.OUTLIER_IN_SCALING)
    flags[1] = 0
    data = table(hkl, np.ones(6), np.ones(6), flags=flags, partiality=np.array([1, 1, 0.2, 1, 1, 1]))
    result = merge(Experiments.of([experiment(" P 2c 2")]), data, MergeParams(d_min=2.0))
    summary = result.summary
    assert (summary.n_scaled, summary.n_outside, summary.n_absent, summary.n_observations) == (4, 2, 1, 1)
    assert result.product.hkl.tolist() == [[1, 2, 3]]


def test_flags_of_a_reference_are_kept() -> None:
    data = table([(1, 2, 3), (1, 1, 0)], [1, 1], [1, 1])
    cell = np.array([10.0, 20, 25, 90, 90, 90])
    reference = FreeSet(np.array([(-1, 2, -3), (7, 7, 7)]), np.array([5, 0]), cell, " P 2 2")
    result = merge(Experiments.of([experiment()]), data, MergeParams(), reference_free_set=reference)
    assert result.product.free[1] == 5


def test_order_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    hkl, intensity, sigma = rng.integers(-4, 5, (300, 3)), rng.random(300), rng.random(300) + 1
    order = rng.permutation(300)
    one, two = (
        merge(Experiments.of([experiment()]), table(hkl[o], intensity[o], sigma[o]), MergeParams()).product
        for o in (slice(None), order)
    )
    np.testing.assert_array_equal(one.hkl, two.hkl)
    np.testing.assert_allclose(one.mean.intensity, two.mean.intensity, rtol=1e-12)
    np.testing.assert_array_equal(one.free, two.free)


@pytest.mark.parametrize(
    ("experiments", "flags", "said"),
    [
        ([experiment(), experiment(wavelength=1.1)], Flag.SCALED, "wavelengths from 1.00000 to 1.10000"),
        ([experiment(), experiment(" P 1")], Flag.SCALED, "different space groups"),
        ([experiment().replace(crystal=None)], Flag.SCALED, "needs a crystal"),
        ([experiment()], Flag.SCALED | Flag.EXCLUDED_FOR_SCALING, "run scale first"),
    ],
)
def test_bad_input_is_one_line(experiments: list[Experiment], flags: Flag, said: str) -> None:
    data = table([(1, 2, 3)], [1], [1], flags=np.array([flags], np.uint64))
    with pytest.raises(InputError, match=said):
        merge(Experiments.of(experiments), data, MergeParams())


@pytest.mark.real
@pytest.mark.interop
@pytest.mark.skipif(not QUARTZ.exists(), reason="no shared data (GNOMON_SHARED_DATA)")
@pytest.mark.skipif(shutil.which("dials.merge") is None, reason="no DIALS on the PATH")
def test_the_same_means_as_dials(tmp_path: Path) -> None:
    files = [QUARTZ.absolute() / f"scaled.{kind}" for kind in ("expt", "refl")]
    subprocess.run(["dials.merge", *map(str, files)], cwd=tmp_path, check=True, capture_output=True)
    theirs = gemmi.read_mtz_file(str(tmp_path / "merged.mtz"))
    result = merge(read_experiments(files[0]), read_reflections(files[1]), MergeParams())
    ours = result.product
    row = {tuple(h): i for i, h in enumerate(ours.hkl.tolist())}
    at = np.array([row.get(tuple(h), -1) for h in theirs.make_miller_array().tolist()])
    there = at >= 0
    assert (~there).sum() == 6  # 0 0 l absences of the screw axis, which dials.merge leaves in
    for label, values in (("IMEAN", ours.mean.intensity), ("SIGIMEAN", ours.mean.sigma), ("I(+)", ours.plus.intensity)):
        np.testing.assert_allclose(values[at[there]], theirs.column_with_label(label).array[there], rtol=1e-6)
    text = describe(result.summary)
    assert "292 unique reflections" in text
    assert "twin" in text
