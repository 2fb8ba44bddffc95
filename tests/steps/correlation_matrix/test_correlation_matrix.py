"""The step and its command on data sets as integration leaves them."""

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.models.crystal import Crystal
from gnomon.pipeline import STAGES
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from tests.plain_values import assert_plain

STEP = STAGES["correlation_matrix"]


@pytest.fixture(scope="module")
def wedges():
    """Three kinds of four crystals, a blank and one of noise, in one setting."""
    return integrated_wedges(WedgesParams(basis="true", wedges=4, d_min=3.0, noise=1, seed=1))


@pytest.fixture(scope="module")
def found(wedges):
    return STEP(wedges[0], wedges[1])


def test_four_of_each_kind_are_found(wedges, found):
    labels, truth = np.array(found.summary.labels), wedges[2].species
    kinds = truth >= 0
    assert len(set(zip(labels[kinds], truth[kinds]))) == 3
    assert (labels[~kinds] == -1).all()
    assert [len(c.members) for c in found.summary.clusters] == [4, 4, 4]
    assert all(c.p_value < 0.01 for c in found.summary.clusters)


def test_noise_is_an_outlier_with_a_reason(found):
    (outlier,) = found.summary.outliers
    assert outlier.name.startswith("noise")
    assert "correlates with no other" in outlier.reason


def test_matrices_and_trees_have_a_place_for_each_data_set(found):
    s, n = found.summary, 13
    assert_plain(s)
    assert len(s.names) == len(s.labels) == len(s.reachability) == n
    for name in ("cc", "pairs", "cosines"):
        matrix = getattr(found.product, name)
        assert matrix.shape == (n, n)
        np.testing.assert_allclose(matrix, matrix.T)
    assert np.shape(s.coordinates) == (n, s.dimensions)
    for linkage in (s.linkage_cc, s.linkage_cosine):
        assert (len(linkage), linkage[-1].size) == (n - 1, n)
    assert sorted(s.ordering) == list(range(n))


def test_figures_of_a_cluster_are_counted(wedges, found):
    for cluster in found.summary.clusters:
        assert 0.5 < cluster.completeness <= 1
        assert cluster.multiplicity == pytest.approx(cluster.n_observations / cluster.n_unique)
        cells = [wedges[0][i].crystal.cell for i in cluster.members]
        np.testing.assert_allclose(cluster.cell, np.median(cells, axis=0))


def test_reflections_that_differ_most_differ_in_truth(wedges, found):
    truth, labels = wedges[2], np.array(found.summary.labels)
    at = {tuple(hkl): i for i, hkl in enumerate(truth.hkl.tolist())}
    kind = [int(truth.species[np.flatnonzero(labels == c)[0]]) for c in range(3)]
    rows = found.summary.differing
    assert len(rows) == 60
    for row in rows:
        a, b = (truth.intensity[kind[c], at[tuple(row.hkl)]] for c in row.pair)
        assert np.sign(a - b) == np.sign(row.z)
        assert abs(row.z) > 5


def test_the_same_twice(wedges, found):
    again = STEP(wedges[0], wedges[1])
    assert [s.p_value for s in again.summary.splits] == [s.p_value for s in found.summary.splits]
    np.testing.assert_array_equal(again.summary.coordinates, found.summary.coordinates)


def test_its_words_name_every_data_set_and_every_split(found):
    text = STEP.describe(found)
    assert all(name in text for name in found.summary.names)
    assert text.count("split") >= 2
    assert "cluster_2" in text


def test_one_data_set_and_two_groups_are_refused(wedges):
    with pytest.raises(InputError, match="found one"):
        STEP(wedges[0][:1], wedges[1].select(wedges[1]["id"] == 0))
    first, *others = wedges[0]
    crystal = first.crystal
    strange = first.replace(crystal=Crystal(crystal.A, " P 1"))
    with pytest.raises(InputError, match="different space groups"):
        STEP(wedges[0].with_items([strange, *others]), wedges[1])


def test_the_command_writes_a_pair_of_files_for_each_cluster(wedges, found, tmp_path, monkeypatch, capsys):
    from gnomon.cli.main import main

    monkeypatch.chdir(tmp_path)
    write_experiments("scaled.expt", wedges[0])
    write_reflections("scaled.refl", wedges[1])
    words = ["correlation_matrix", "scaled.expt", "scaled.refl", "significant_clusters.output=True"]
    assert not main(words)
    assert "cluster_0" in capsys.readouterr().out
    for cluster in found.summary.clusters:
        experiments = read_experiments(f"{cluster.name}.expt")
        table = read_reflections(f"{cluster.name}.refl")
        assert [e.identifier for e in experiments] == [wedges[0][i].identifier for i in cluster.members]
        assert len(table) == np.isin(wedges[1]["id"], cluster.members).sum()
    assert not (tmp_path / "cluster_3.expt").exists()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_one_kind_is_one_cluster_in_twenty_seeds(seed):
    experiments, table, _ = integrated_wedges(WedgesParams(basis="true", species=("cow",), wedges=36, seed=seed))
    assert [len(c.members) for c in STEP(experiments, table).summary.clusters] == [36]


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"species_cc": 0.9}, {"species_cc": 0.97}, {"images": 10}, {"species_cc": 0.98}])
def test_three_kinds_of_twelve_are_found(options):
    experiments, table, truth = integrated_wedges(WedgesParams(basis="true", **options))
    labels = STEP(experiments, table).summary.labels
    assert sorted(np.bincount(labels)) == [12, 12, 12]
    assert len(set(zip(labels, truth.species))) == 3


def test_data_sets_that_are_all_too_small_make_no_cluster_and_say_why(wedges):
    result = STEP(wedges[0], wedges[1], min_reflections=100_000)
    assert result.summary.clusters == ()
    assert set(result.summary.labels) == {-1}
    assert len(result.summary.outliers) == 13
    assert "unique reflections" in STEP.describe(result)
    assert "a lower min_reflections" in STEP.describe(result)
