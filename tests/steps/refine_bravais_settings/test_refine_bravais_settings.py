"""Lattices of known crystals: which are found, how they fit, and which are recommended."""

import numpy as np
import pytest
from diffract import crystal, diffract, experiments_of, instrument, spots

from gnomon.errors import InputError
from gnomon.maths.crystal.change_of_basis import parse_change_of_basis
from gnomon.maths.crystal.symmetry import to_asu
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.report.refine_bravais_settings import describe, summary
from gnomon.steps.refine_bravais_settings.params import RefineBravaisSettingsParams
from gnomon.steps.refine_bravais_settings.recommend import is_recommended
from gnomon.steps.refine_bravais_settings.step import refine_bravais_settings
from tests.plain_values import assert_plain


def indexed(cell, group, rng, n=900):
    """Experiments and reflections as index leaves them, intensities with the symmetry of ``group``, primitive axes."""
    experiment = instrument(n_images=180, width=1.0).replace(crystal=crystal(cell, rng))
    hkl, xyz = diffract(experiment, 2.6)
    rows = rng.choice(len(hkl), n, replace=False)
    hkl, xyz = hkl[rows], xyz[rows]
    asu, _ = to_asu(hkl, group)
    unique, owner = np.unique(asu, axis=0, return_inverse=True)
    intensity = rng.exponential(1000, len(unique))[owner.ravel()]
    s1 = experiment.beam.s0 + np.zeros((len(hkl), 3))
    table = spots(xyz, rng, intensity=intensity)
    columns = {"miller_index": hkl, "s1": s1, "flags": table["flags"] | np.uint64(Flag.INDEXED)}
    start = Crystal(experiment.crystal.A @ (np.eye(3) + 2e-4 * rng.normal(size=(3, 3))))
    return experiments_of(experiment).map(lambda e: e.replace(crystal=start)), table.with_columns(columns)


@pytest.fixture(scope="module")
def tetragonal():
    return refine_bravais_settings(
        *indexed((60, 60, 40, 90, 90, 90), "P 4 2 2", np.random.default_rng(1)), RefineBravaisSettingsParams()
    )


def test_every_lattice_of_a_tetragonal_metric(tetragonal):
    found = [r.summary.bravais for r in tetragonal]
    assert (found[0], found[-1]) == ("tP", "aP")
    assert sorted(found) == sorted(["tP", "oC", "oP", "mC", "mC", "mP", "mP", "mP", "aP"])
    assert [r.summary.number for r in tetragonal] == list(range(9, 0, -1))


def test_the_cell_is_held_to_the_lattice(tetragonal):
    best = tetragonal[0]
    a, b, c, *angles = best.experiments[0].crystal.cell
    assert a == pytest.approx(b, abs=1e-9)
    np.testing.assert_allclose(angles, 90, atol=1e-9)
    np.testing.assert_allclose([a, c], [60, 40], rtol=1e-3)
    assert best.summary.recommended


def test_indices_follow_the_change_of_basis(tetragonal):
    first = tetragonal[-1]
    assert first.summary.cb_op == "a,b,c"
    for result in tetragonal:
        P = parse_change_of_basis(result.summary.cb_op)
        expected = first.reflections["miller_index"] @ P
        np.testing.assert_array_equal(result.reflections["miller_index"], expected)
        rlp = result.reflections["miller_index"] @ result.experiments[0].crystal.A.T
        same = first.reflections["miller_index"] @ first.experiments[0].crystal.A.T
        np.testing.assert_allclose(rlp, same, atol=3e-3)


def test_intensities_without_the_symmetry_are_seen():
    given = indexed((60, 60, 40, 90, 90, 90), "P 2 2 2", np.random.default_rng(2))
    results = refine_bravais_settings(*given, RefineBravaisSettingsParams())
    by_lattice = {r.summary.bravais: r.summary for r in results}
    assert by_lattice["tP"].min_cc < 0.3
    assert by_lattice["oP"].min_cc > 0.5 > by_lattice["oC"].min_cc


def test_words_and_summary(tetragonal):
    rows = [r.summary for r in tetragonal]
    for row in rows:
        assert_plain(row)
    text = describe(rows)
    assert "* 9" in text
    assert text.splitlines()[-1].endswith("a,b,c")
    assert summary(rows)["9"]["bravais"] == "tP"
    assert summary(rows)["1"]["min_cc"] is None


@pytest.mark.parametrize(
    ("misfit", "cc", "ratio", "good"),
    [
        (0.1, 0.9, 1.0, True),
        (0.1, 0.3, 1.4, True),
        (0.1, 0.3, 1.6, False),
        (0.1, 0.9, 2.9, True),
        (0.1, 0.9, 3.1, False),
        (1.0, 0.6, 1.9, True),
        (1.0, 0.6, 2.1, False),
        (1.0, float("nan"), 2.1, False),
    ],
)
def test_the_rule(misfit, cc, ratio, good):
    assert is_recommended(misfit, cc, 0.2 * ratio, 0.2) is good


def test_crystals_of_different_cells_must_be_told_apart():
    rng = np.random.default_rng(3)
    (one,), table = indexed((60, 60, 40, 90, 90, 90), "P 1", rng, 100)
    other = one.replace(crystal=crystal((50, 60, 70, 90, 90, 90), rng))
    with pytest.raises(InputError, match="give crystal_id="):
        refine_bravais_settings(Experiments.of([one, other]), table, RefineBravaisSettingsParams())
    with pytest.raises(InputError, match="crystal_id=7 names no experiment"):
        refine_bravais_settings(Experiments.of([one, other]), table, RefineBravaisSettingsParams(crystal_id=7))
