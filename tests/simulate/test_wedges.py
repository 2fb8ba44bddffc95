"""Integrated data sets of several species: their truth is true of them."""

import numpy as np
import pytest

from gnomon.maths.crystal.change_of_basis import correlation, matched, reindexed_table
from gnomon.maths.data_sets.data_set import integrated_intensities
from gnomon.maths.geometry.prediction import predict
from gnomon.maths.intensities.merging import friedel_pairs, group_equivalents, merge
from gnomon.simulate.population import NOISE
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges

SAME = {"crystal_shift": 0.0, "crystal_b": 0.0, "crystal_scale": 0.0, "absorption": 0.0, "fluctuation": 0.0}
SMALL = WedgesParams(species=("cow", "pig"), wedges=4, d_min=3.0, images=10, width=1.0, **SAME)


@pytest.fixture(scope="module")
def made():
    return integrated_wedges(SMALL)


def merged(reflections, truth, rows, settings):
    """Merged intensities of the data sets ``rows``, each brought to the true setting by its own of ``settings``."""
    parts = []
    for i in rows:
        part = reflections.select(reflections["id"] == i)
        parts.append(reindexed_table(part, settings[i], np.ones(len(part), bool))[0])
    table = type(reflections).concatenate(parts)
    intensity, variance = integrated_intensities(table, "prf")
    good = np.isfinite(intensity)
    return merge(group_equivalents(table["miller_index"][good], truth.space_group), intensity[good], variance[good])


def deviations(found, truth, species):
    i, j = matched(found.hkl, truth.hkl)
    return (
        (found.intensity[i] - truth.intensity[species, j]) / found.sigma[i],
        found.intensity[i],
        truth.intensity[species, j],
    )


@pytest.mark.parametrize("species", [0, 1])
def test_data_sets_in_the_true_setting_merge_to_the_truth_of_their_species(made, species):
    _, reflections, truth = made
    found = merged(reflections, truth, np.flatnonzero(truth.species == species), truth.setting)
    deviation, intensity, expected = deviations(found, truth, species)
    assert len(deviation) > 0.9 * len(truth.hkl)
    assert correlation((intensity, expected)) > 0.999
    strong = expected > 30  # below, variances told from few counts pull a mean down
    assert (deviation[strong] ** 2).mean() == pytest.approx(1.0, abs=0.15)
    other, _, _ = deviations(found, truth, 1 - species)
    assert (other[strong] ** 2).mean() > 10


def test_in_their_own_settings_they_do_not(made):
    _, reflections, truth = made
    settings = np.array([s @ np.array([[0, 1, 0], [1, 0, 0], [0, 0, -1.0]]) for s in truth.setting])
    found = merged(reflections, truth, np.flatnonzero(truth.species == 0), settings)
    deviation, intensity, expected = deviations(found, truth, 0)
    assert correlation((intensity, expected)) < 0.7  # what falls off with resolution correlates
    assert (deviation**2).mean() > 100


def test_both_settings_occur(made):
    _, _, truth = made
    turned = [np.linalg.det(s) == pytest.approx(1) and abs(np.abs(s).sum() - 3) < 1e-9 for s in truth.setting]
    assert all(turned)
    cyclic = np.array([np.trace(np.abs(s)) in (0, 3) for s in truth.setting])  # in 23 axes change places in threes
    assert 0 < cyclic.sum() < len(cyclic)


def test_columns_are_those_that_experiments_predict(made):
    experiments, reflections, _ = made
    predicted = predict(experiments, reflections)
    np.testing.assert_allclose(predicted["xyzcal.px"], reflections["xyzcal.px"], atol=1e-6)
    assert len({e.detector.key for e in experiments}) == 1
    assert set(reflections.identifiers.values()) == {e.identifier for e in experiments}


def test_on_a_primitive_cell_the_setting_leads_back(made):
    experiments, reflections, truth = integrated_wedges(SMALL.changed(basis="primitive", species=("cow",), wedges=1))
    assert experiments[0].crystal.hall_symbol == " P 1"
    assert experiments[0].crystal.cell[0] == pytest.approx(truth.cell[0, 0] * np.sqrt(3) / 2)
    assert experiments[0].crystal.reindexed(truth.setting[0]).cell == pytest.approx(truth.cell[0])
    table, broken = reindexed_table(reflections, truth.setting[0], np.ones(len(reflections), bool))
    assert not broken.any()
    assert (table["miller_index"].sum(axis=1) % 2 == 0).all()


def test_spoilers_are_named_and_different():
    params = SMALL.changed(species=("cow",), wedges=1, noise=1, blanks=1, strangers=1, d_min=4.0)
    _, reflections, truth = integrated_wedges(params)
    assert truth.names == ["cow_01", "blank_01", "stranger_01", "noise_01"]
    assert truth.species.tolist() == [0, 0, 0, NOISE]
    assert truth.cell[2, 0] / truth.cell[0, 0] == pytest.approx(1.02, abs=0.005)
    counts = [reflections["intensity.prf.value"][reflections["id"] == i].mean() for i in range(4)]
    assert counts[1] < 0.01 * counts[0]
    noise = merged(reflections, truth, [3], truth.setting)
    assert abs(correlation(deviations(noise, truth, 0)[1:])) < 0.75  # what falls off with resolution correlates


FLAWED = SMALL.changed(
    species=("cow",), wedges=2, basis="true", space_group="P212121", cell=(50.0, 60.0, 70.0, 90, 90, 90)
)


def test_friedel_mates_differ_by_what_was_asked_for() -> None:
    _, table, truth = integrated_wedges(FLAWED.changed(anomalous=0.06))
    groups = group_equivalents(table["miller_index"], truth.space_group, anomalous=True)
    amplitude = np.sqrt(groups.mean(truth.row_intensity))
    plus, minus = friedel_pairs(groups)
    relative = 2 * np.abs(amplitude[plus] - amplitude[minus]) / (amplitude[plus] + amplitude[minus])
    assert relative.mean() == pytest.approx(0.06, rel=0.1)
    spread = groups.mean(truth.row_intensity**2) - groups.mean(truth.row_intensity) ** 2
    assert (np.abs(spread) < 1e-6 * groups.mean(truth.row_intensity**2) + 1e-9).all()  # equivalents agree


def test_partials_count_too_much_by_the_excess_asked_for() -> None:
    made = [integrated_wedges(FLAWED.changed(partial_excess=e, mean_intensity=1e4))[1] for e in (0.0, 0.5)]
    p = made[0]["partiality"]
    half = (p > 0.4) & (p < 0.6)
    ratio = made[1]["intensity.sum.value"][half].sum() / made[0]["intensity.sum.value"][half].sum()
    assert ratio == pytest.approx(1.25, abs=0.03)


def test_zingers_only_add_and_are_as_many_as_asked_for() -> None:
    clean, hit = (integrated_wedges(FLAWED.changed(zingers=z))[1]["intensity.sum.value"] for z in (0.0, 0.1))
    assert np.mean(hit > clean + 1000) == pytest.approx(0.1, abs=0.02)
