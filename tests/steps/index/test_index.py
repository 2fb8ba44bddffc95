"""The whole step on spots of known crystals: indices, cells, sharing, several sweeps and lattices, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from diffract import crystal, diffract, experiments_of, instrument, shifted, spots

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import bases_like
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import Goniometer, rotation_about
from gnomon.models.model import key_of
from gnomon.models.reflections import Reflections
from gnomon.step import Context
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.step import index
from gnomon.steps.index.sweeps import misorientation
from tests.plain_values import assert_plain

CELL = (60, 70, 80, 90, 90, 90)


def wishes(**given):
    """Parameters with a small transform: these crystals need no more, and tests should be quick."""
    return IndexParams(n_points=128, **given)


def sweep(rng, model, *, n=800, images=90, number=0, goniometer=None, detector=None, d_min=2.5):
    """(experiment with its crystal, true indices, spots) of one sweep."""
    experiment = instrument(n_images=images, goniometer=goniometer).replace(crystal=model)
    if detector is not None:
        experiment = experiment.replace(detector=detector)
    hkl, xyz = diffract(experiment, d_min)
    rows = np.sort(rng.choice(len(xyz), min(n, len(xyz)), replace=False))
    return experiment, hkl[rows], spots(xyz[rows], rng, sweep=number)


def right(table, hkl, A_found, A_true):
    """The fraction of spots whose index is the true one in the found basis."""
    expected = np.rint(hkl @ (np.linalg.inv(A_found) @ A_true).T)
    return (table["miller_index"] == expected).all(axis=1).mean()


def test_a_header_with_the_beam_10_px_off_is_no_obstacle():
    rng = np.random.default_rng(1)
    truth, hkl, table = sweep(rng, crystal(CELL, rng))
    result = index(experiments_of(shifted(truth, (10, -10))), table, wishes())
    found = result.experiments[0].crystal
    np.testing.assert_allclose(found.cell, CELL, rtol=1e-3)
    assert right(result.reflections, hkl, found.A, truth.crystal.A) > 0.99
    assert (result.reflections["id"] == 0).all()
    assert result.summary.sweeps[0].fraction > 0.99
    assert max(result.summary.crystals[0].rmsd) < 0.2
    np.testing.assert_allclose(result.summary.beam_centre_off, (10, -10), atol=0.2)
    assert_plain(result.summary)
    moved = result.experiments[0].detector.frames[0][:2, 2] - truth.detector.frames[0][:2, 2]
    assert np.abs(moved).max() < 0.5 * 0.172


def test_only_spots_on_some_images_are_indexed():
    """A crystal that slips in the middle: the second half alone, and the ends of both, by j0 <= z < j1."""
    rng = np.random.default_rng(12)
    truth, hkl, table = sweep(rng, crystal(CELL, rng), n=1600)
    _, _, strange = sweep(rng, crystal(CELL, rng), n=1600)
    z, of_other = table["xyzobs.px.value"][:, 2], strange["xyzobs.px.value"][:, 2]
    both = Reflections.concatenate([strange.select(of_other < 45), table.select(z >= 45)])
    result = index(experiments_of(truth), both, wishes(image_range=((45, 70), (80, 90))))
    at = result.reflections["xyzobs.px.value"][:, 2]
    wanted = (z >= 45) & ((z < 70) | (z >= 80)) & (z < 90)
    assert len(at) == wanted.sum()
    assert (at.min() >= 45, bool(((at >= 70) & (at < 80)).any())) == (True, False)
    assert right(result.reflections, hkl[wanted], result.experiments[0].crystal.A, truth.crystal.A) > 0.99
    with pytest.raises(InputError, match="image_range leaves none of"):
        index(experiments_of(truth), both, wishes(image_range=((400, 500),)))


def test_a_known_space_group_gives_its_setting():
    rng = np.random.default_rng(2)
    cell = (108, 52, 64, 90, 106, 90)
    experiment = instrument(n_images=120).replace(crystal=crystal(cell, rng))
    _, xyz = diffract(experiment, 2.5, lambda h: (h[:, 0] + h[:, 1]) % 2 == 0)
    table = spots(xyz[rng.choice(len(xyz), 1500, replace=False)], rng)
    result = index(experiments_of(experiment), table, wishes(space_group="C2"))
    found = result.experiments[0].crystal
    assert found.hall_symbol == " C 2y"
    np.testing.assert_allclose(found.cell, cell, rtol=1e-3)
    np.testing.assert_allclose(found.cell[[3, 5]], 90, atol=1e-9)
    hkl = result.reflections["miller_index"][result.reflections["id"] == 0]
    assert ((hkl[:, 0] + hkl[:, 1]) % 2 == 0).all()
    assert len(hkl) > 0.99 * len(table)


def test_a_space_group_that_does_not_fit_is_refused():
    rng = np.random.default_rng(3)
    truth, _, table = sweep(rng, crystal(CELL, rng))
    with pytest.raises(InputError, match="no lattice found that agrees with the known"):
        index(experiments_of(truth), table, wishes(space_group="P4"))


def three_sweeps(rng, models):
    """Three short sweeps on one detector, the crystal turned between them by the goniometer."""
    parts, detector = [], None
    for k, model in enumerate(models):
        turned = Goniometer(fixed_rotation=rotation_about(np.array([0, 0.6, 0.8]), 0.7 * k))
        parts.append(sweep(rng, model, n=250, images=20, number=k, goniometer=turned, detector=detector))
        detector = parts[0][0].detector
    return experiments_of(*(p[0] for p in parts)), Reflections.concatenate([p[2] for p in parts])


def test_sweeps_of_one_crystal_share_it():
    rng = np.random.default_rng(4)
    experiments, table = three_sweeps(rng, [crystal(CELL, rng)] * 3)
    result = index(experiments, table, wishes())
    assert len({key_of(e.crystal) for e in result.experiments}) == 1
    assert len({e.detector.key for e in result.experiments}) == 1
    assert "one crystal explains all sweeps" in " ".join(result.summary.sentences)
    assert min(s.fraction for s in result.summary.sweeps) > 0.98


@pytest.mark.parametrize("joint", [None, False])
def test_sweeps_of_several_crystals_get_one_each_and_share_the_detector(joint):
    rng = np.random.default_rng(5)
    models = [crystal(CELL, rng) for _ in range(3)]
    experiments, table = three_sweeps(rng, models)
    result = index(experiments, table, wishes(joint=joint))
    assert len({key_of(e.crystal) for e in result.experiments}) == 3
    assert len({e.detector.key for e in result.experiments}) == 1
    assert min(s.fraction for s in result.summary.sweeps) > 0.98
    for experiment in result.experiments:
        np.testing.assert_allclose(experiment.crystal.cell, CELL, rtol=3e-3)


def test_sweeps_that_a_goniometer_sets_a_degree_wrong_are_indexed_alike():
    rng = np.random.default_rng(6)
    model = crystal(CELL, rng)
    slipped = Crystal(rotation_about(np.array([0.3, 1, 0.2]), np.deg2rad(0.6)) @ model.A)
    experiments, table = three_sweeps(rng, [model, model, slipped])
    result = index(experiments, table, wishes(joint=False))
    turns = [misorientation(result.experiments[0].crystal.A, e.crystal.A) for e in result.experiments]
    np.testing.assert_allclose(turns, [0, 0, 0.6], atol=0.05)


def test_two_lattices():
    rng = np.random.default_rng(7)
    one, two = crystal(CELL, rng), crystal(CELL, rng)
    truth, hkl, first = sweep(rng, one, n=700)
    other, hkl2, second = sweep(rng, two, n=400)
    table = Reflections.concatenate([first, second])
    result = index(experiments_of(truth), table, wishes(max_lattices=3))
    assert len(result.experiments) == 2
    assert len({e.identifier for e in result.experiments}) == 2
    own = result.reflections["id"]
    assert (own[:700] == 0).mean() > 0.95
    assert (own[700:] == 1).mean() > 0.95
    A, B = (e.crystal.A for e in result.experiments)
    assert right(result.reflections.select(slice(0, 700)), hkl, A, one.A) > 0.95
    assert right(result.reflections.select(slice(700, None)), hkl2, B, two.A) > 0.95
    assert other.crystal is two


def near_lattices(rng, angle, *, n=(700, 700), cell=CELL):
    """An experiment, the A matrices of two crystals turned by ``angle`` degrees, and their spots, the first's first."""
    one = crystal(cell, rng)
    two = Crystal(rotation_about(np.array([0.3, -0.5, 0.8]), np.deg2rad(angle)) @ one.A)
    truth, _, first = sweep(rng, one, n=n[0])
    _, _, second = sweep(rng, two, n=n[1])
    return experiments_of(truth), (one.A, two.A), Reflections.concatenate([first, second])


@pytest.mark.parametrize("angle", [1, 2, 3, 5, 30])
@pytest.mark.parametrize("n", [(700, 700), (900, 300)])
def test_a_second_lattice_is_found_near_the_first_and_its_turn_is_told(angle, n):
    rng = np.random.default_rng(21)
    experiments, true, table = near_lattices(rng, angle, n=n, cell=(42, 58, 66, 90, 103, 90))
    result = index(experiments, table, wishes(max_lattices=2))
    found = [e.crystal.A for e in result.experiments]
    assert len(found) == 2
    turns = np.array([[min(misorientation(A, b) for b in bases_like(T, A)) for T in true] for A in found])
    assert (turns.min(axis=0) < 0.02).all()
    assert (result.reflections["id"] >= 0).mean() > 0.98
    (told,) = result.summary.sentences
    assert abs(float(told.split("turned by ")[1].split()[0]) - angle) < 0.02


def test_a_second_lattice_nearer_than_asked_for_is_dropped_and_that_is_said():
    rng = np.random.default_rng(22)
    experiments, _, table = near_lattices(rng, 2)
    result = index(experiments, table, wishes(max_lattices=2, minimum_angular_separation=5))
    assert len(result.experiments) == 1
    assert "sweep 0 (2.0°): a lattice so near to another was dropped" in " ".join(result.summary.sentences)


def test_spots_measured_twice_make_no_second_lattice():
    rng = np.random.default_rng(23)
    truth, _, table = sweep(rng, crystal(CELL, rng), n=800)
    twice = Reflections.concatenate([table, table.select(slice(0, 400))])
    result = index(experiments_of(truth), twice, wishes(max_lattices=2))
    assert len(result.experiments) == 1
    assert "do not separate from another's" in " ".join(result.summary.sentences)


def test_too_few_spots_for_a_second_lattice_are_told():
    rng = np.random.default_rng(24)
    truth, _, table = sweep(rng, crystal(CELL, rng), n=400)
    result = index(experiments_of(truth), table, wishes(max_lattices=2))
    assert "no further lattice in sweep 0" in " ".join(result.summary.sentences)
    assert "too few spots are left over" in " ".join(result.summary.sentences)
    assert_plain(result.summary)


def test_the_answer_does_not_depend_on_workers_and_repeats():
    rng = np.random.default_rng(8)
    experiments, table = three_sweeps(rng, [crystal(CELL, rng) for _ in range(3)])
    first, second = (index(experiments, table, wishes(joint=False), context=Context(Workers(n))) for n in (1, 2))
    for a, b in zip(first.experiments, second.experiments):
        np.testing.assert_array_equal(a.crystal.A, b.crystal.A)
    np.testing.assert_array_equal(first.reflections["miller_index"], second.reflections["miller_index"])


def test_indexing_again_starts_from_the_spots():
    rng = np.random.default_rng(9)
    truth, _, table = sweep(rng, crystal(CELL, rng))
    once = index(experiments_of(truth), table, wishes())
    strays = once.reflections.with_columns({"id": np.where(np.arange(len(table)) < 5, -1, once.reflections["id"])})
    twice = index(once.experiments, strays, wishes())
    assert twice.reflections.has(Flag.INDEXED).mean() > 0.99


def _few(rng):
    truth, _, table = sweep(rng, crystal(CELL, rng))
    return experiments_of(truth), table.select(slice(0, 5))


def _noise(rng):
    xyz = rng.uniform(0, 1, (200, 3)) * (1000, 1000, 90)
    return experiments_of(instrument(n_images=90)), spots(xyz)


def _none(rng):
    return experiments_of(instrument()), Reflections()


def _no_centroids(rng):
    return experiments_of(instrument()), spots(rng.uniform(0, 1, (20, 3))).without_columns("xyzobs.px.value")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (_few, "index found 5 spots and needs at least 10; find more"),
        (_noise, "no lattice found .*; try max_cell="),
        (_none, "the reflection table is empty"),
        (_no_centroids, "index needs the column xyzobs.px.value; run find_spots first"),
    ],
)
def test_bad_input_is_told_in_one_line(bad, message):
    experiments, table = bad(np.random.default_rng(10))
    with pytest.raises(InputError, match=message) as error:
        index(experiments, table, wishes())
    assert "\n" not in str(error.value)


def test_a_grid_search_needs_a_cell():
    with pytest.raises(InputError, match="looks for a known cell"):
        index(*_noise(np.random.default_rng(1)), wishes(method="real_space_grid_search"))


def test_an_impossible_cell_is_refused():
    with pytest.raises(InputError, match="is no cell"):
        index(*_noise(np.random.default_rng(1)), wishes(unit_cell=(10, 10, 10, 30, 30, 170)))


def test_experiments_keep_their_history():
    rng = np.random.default_rng(11)
    truth, _, table = sweep(rng, crystal(CELL, rng))
    given = Experiments.of(experiments_of(truth), ["import"])
    assert index(given, table, wishes()).experiments.history == ("import",)


def test_what_is_fixed_stays():
    rng = np.random.default_rng(3)
    truth, _, table = sweep(rng, crystal(CELL, rng))
    given = experiments_of(truth.replace(crystal=None))

    def moved(**fixed):
        detector = index(given, table, wishes(**fixed)).experiments[0].detector
        return detector.normals[0] @ (detector.frames - truth.detector.frames)[0][:, 2]

    assert moved(detector_fix=("distance", "orientation")) == pytest.approx(0, abs=1e-9)
    assert abs(moved()) > 1e-6
