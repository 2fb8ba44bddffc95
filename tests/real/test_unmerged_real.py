"""Real unmerged data of other programs: read, merged, cut into pseudo-crystals, brought to one setting."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from gnomon.io.exported import write_exported
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.io.unmerged import read_data_set, read_unmerged
from gnomon.maths.crystal.symmetry import space_group, to_asu
from gnomon.maths.data_sets.data_set import scaled_intensities
from gnomon.maths.intensities.statistics import merging_statistics
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.pipeline import STAGES
from gnomon.steps.export.params import ExportParams
from gnomon.steps.export.step import export
from gnomon.steps.merge.params import MergeParams
from gnomon.steps.merge.step import merge
from gnomon.steps.slice_sequence.params import SliceSequenceParams
from gnomon.steps.slice_sequence.step import slice_sequence

SHARED = Path(os.environ["GNOMON_SHARED_DATA"])
INSULIN = SHARED / "unmerged/insulin_dials_scaled_unmerged.mtz"
CYSTEINE = SHARED / "l_cysteine_integrated"
SWAP = np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1]])  # k, h, -l
pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not INSULIN.is_file(), reason="needs GNOMON_SHARED_DATA"),
]


@pytest.fixture(scope="module")
def insulin() -> tuple[Experiments, Reflections]:
    return read_data_set(INSULIN)


def figures(experiments: Experiments, table: Reflections) -> dict[str, float]:
    """Overall merging statistics of scaled data."""
    usable, intensity, variance = scaled_intensities(table)
    cell = np.median([e.crystal.cell for e in experiments], axis=0)  # type: ignore[union-attr]
    group = space_group(experiments[0].crystal.hall_symbol)  # type: ignore[union-attr]
    observed = table["miller_index"][usable], intensity[usable], variance[usable]
    overall = merging_statistics(observed, cell, group, shells=20, seed=0).overall
    return {
        name: float(getattr(overall, name)[0])
        for name in ("n_unique", "completeness", "r_merge", "r_pim", "cc_half", "cc_half_sigma_tau")
    }


def test_the_file_merges_as_its_readme_says(insulin: tuple[Experiments, Reflections]) -> None:
    experiments, table = insulin
    assert len(table) == 45595
    found = figures(experiments, table)
    assert found["n_unique"] == 9831
    assert found["completeness"] == pytest.approx(0.943, abs=0.0005)
    assert found["r_merge"] == pytest.approx(0.033, abs=0.0005)
    assert len(merge(experiments, table, MergeParams()).product) == 9831


def test_its_geometry_is_found(insulin: tuple[Experiments, Reflections]) -> None:
    """The detector (ADSC: 0.0816 mm pixels) is recovered from where the rays of the crystal strike it."""
    experiments, table = insulin
    e = experiments[0]
    assert e.detector.panels[0].pixel_size == pytest.approx((0.0816, 0.0816), abs=1e-5)
    assert e.scan is not None
    assert (e.scan.image_range, e.scan.oscillation) == ((1, 45), (0.0, 1.0))
    px = e.detector.mm_to_pixel(0, e.detector.intersect(0, table["s1"]))
    assert np.median(np.abs(px - table["xyzobs.px.value"][:, :2])) < 1


def test_symmetry_and_scale_take_it(insulin: tuple[Experiments, Reflections]) -> None:
    found = STAGES["symmetry"](*insulin)
    assert found.summary.space_group == "I 2 3"
    scaled = STAGES["scale"](*found)
    before, after = figures(*insulin), figures(scaled.experiments, scaled.reflections)
    assert after["n_unique"] == 9831
    assert after["r_merge"] < before["r_merge"] * 1.01


@pytest.mark.parametrize("kind", ["mtz", "xds_ascii"])
def test_what_we_export_comes_back(tmp_path: Path, insulin: tuple[Experiments, Reflections], kind: str) -> None:
    path = tmp_path / "again"
    write_exported(path, kind, export(*insulin, ExportParams()).product)
    one, other = read_unmerged(INSULIN), read_unmerged(path)
    a, b = (np.lexsort((d.xyz[:, 0].round(0), d.image, *d.hkl.T)) for d in (one, other))
    np.testing.assert_array_equal(one.hkl[a], other.hkl[b])
    digits = 1e-6 if kind == "mtz" else 1e-4
    np.testing.assert_allclose(one.intensity[a], other.intensity[b], rtol=digits, atol=1e-4)
    np.testing.assert_allclose(one.sigma[a], other.sigma[b], rtol=digits)
    np.testing.assert_allclose(one.phi[a], other.phi[b], atol=0.006)
    found = figures(*read_data_set(path))
    assert found == pytest.approx(figures(*insulin), rel=2e-3)


def settings(found: Reflections, given: Reflections) -> np.ndarray:
    """(n,) 0 where a crystal ended in the setting of ``given``, 1 in the other; every index must be of one of them."""
    asu, _ = to_asu(found["miller_index"], "I 2 3")
    chosen = []
    for i in range(int(given["id"].max()) + 1):
        rows = given["id"] == i
        same = [
            (asu[rows] == to_asu(given["miller_index"][rows] @ P, "I 2 3")[0]).all()
            for P in (np.eye(3, dtype=int), SWAP)
        ]
        assert sum(same) == 1
        chosen.append(same.index(True))
    return np.array(chosen)


def half_swapped(experiments: Experiments, table: Reflections, seed: int) -> tuple[Experiments, Reflections]:
    """A random four of the nine reindexed by k,h,-l."""
    swapped = np.random.default_rng(seed).permutation(9) < 4
    items = [e.replace(crystal=e.crystal.reindexed(SWAP)) if on else e for e, on in zip(experiments, swapped)]  # type: ignore[union-attr]
    hkl = np.where(swapped[table["id"]][:, None], table["miller_index"] @ SWAP, table["miller_index"])
    return experiments.with_items(items), table.with_columns({"miller_index": hkl})


def test_nine_pseudo_crystals_come_to_one_setting(insulin: tuple[Experiments, Reflections]) -> None:
    """And merge as well as the file that was not cut."""
    pieces = slice_sequence(*insulin, SliceSequenceParams(block_size=5.0))
    table = pieces.reflections
    mixed, turned = half_swapped(pieces.experiments, table, seed=0)
    found = STAGES["cosym"](mixed, turned)
    assert len(found.experiments) == 9
    assert len(set(settings(found.reflections, table).tolist())) == 1
    together, whole = figures(found.experiments, found.reflections), figures(*insulin)
    assert together == pytest.approx(whole, rel=1e-3)
    scaled = STAGES["scale"](*found)
    after = figures(scaled.experiments, scaled.reflections)
    assert after["n_unique"] == 9831
    assert after["r_merge"] < 1.05 * whole["r_merge"]
    assert after["cc_half"] > whole["cc_half"] - 0.001


def test_l_cysteine_needs_no_help() -> None:
    """Four sweeps integrated by DIALS in P1: P 21 21 21, and as good as was published (Rmerge 0.035, CC1/2 1.000)."""
    paths = sorted(CYSTEINE.glob("*.refl"))
    tables = [read_reflections(p) for p in paths]
    items = [read_experiments(str(p)[: -len(".refl")] + "_experiments.json")[0] for p in paths]
    table = Reflections.concatenate([t.with_columns({"id": np.full(len(t), i)}) for i, t in enumerate(tables)])
    symmetric = STAGES["symmetry"](Experiments.of(items), table)
    assert symmetric.summary.space_group == "P 21 21 21"
    scaled = STAGES["scale"](*symmetric)
    found = figures(scaled.experiments, scaled.reflections)
    assert found["r_merge"] <= 0.0355
    assert found["cc_half_sigma_tau"] > 0.9995  # that of random halves is .9995 to .9997, by the seed
    assert scaled.summary.n_observations / found["n_unique"] > 7.5
