"""Several files as one list and one table."""

import numpy as np
import pytest

from gnomon.cli.reading import belonging, one_list, one_table, read_pairs
from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import write_reflections
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections

X, Y = np.eye(3)[:2]


def table(ids, identifiers=None):
    return Reflections({"id": np.array(ids), "n_signal": np.arange(len(ids))}, identifiers)


@pytest.fixture
def experiments():
    detector = Detector((Panel(X, -Y, np.array([-10.0, 10.0, -100.0]), (100, 100), (0.2, 0.2)),))
    return Experiments.of(Experiment(Beam(), detector, identifier=name) for name in "abcd")


@pytest.fixture
def files(tmp_path, experiments):
    """Two pairs; the second crystal of the first has no reflections."""
    write_experiments(tmp_path / "0.expt", experiments[:2])
    write_experiments(tmp_path / "1.expt", experiments[2:])
    write_reflections(tmp_path / "0.refl", table([0, 0]))
    write_reflections(tmp_path / "1.refl", table([0, 1, -1]))
    return [str(tmp_path / f"{i}.expt") for i in (0, 1)], [str(tmp_path / f"{i}.refl") for i in (0, 1)]


def test_pairs_count_crystals_without_reflections(files):
    experiments = one_list([read_experiments(path) for path in files[0]])
    merged = one_table(files[1], [2, 2])
    assert merged["id"].tolist() == [0, 0, 2, 3, -1]
    assert belonging(merged, experiments, "x.refl") is merged


def test_without_partners_the_ids_themselves_count(files):
    assert one_table(files[1])["id"].tolist() == [0, 0, 1, 2, -1]


def test_a_table_of_more_crystals_than_its_partner_is_refused(files):
    with pytest.raises(InputError, match=r"1\.refl has reflections of experiment 1, .* only 1 .*combine_experiments"):
        one_table(files[1], [2, 1])


def test_identifiers_put_tables_given_in_another_order_right(experiments):
    mixed = table([0, 1, 2, 3, -1], {0: "c", 1: "d", 2: "a", 3: "b"})
    right = belonging(mixed, experiments, "x.refl")
    assert right["id"].tolist() == [2, 3, 0, 1, -1]
    assert right.identifiers == {0: "a", 1: "b", 2: "c", 3: "d"}


def test_strangers_and_too_many_are_refused(experiments):
    with pytest.raises(InputError, match=r"x.refl belongs to other experiments"):
        belonging(table([0], {0: "z"}), experiments, "x.refl")
    with pytest.raises(InputError, match=r"experiment 4, the .expt file only 4"):
        belonging(table([4]), experiments, "x.refl")


def test_reflections_of_lattices_given_up_are_left_out_of_pairs(files):
    """The second file's experiment 1 is taken away, as indexing does with a lattice that did not refine."""
    expt, refl = files
    write_experiments(expt[1], read_experiments(expt[1])[:1])
    write_reflections(refl[0], table([0, 0]).with_columns({"shade": np.zeros(2)}))
    experiments, merged, notes = read_pairs(expt, refl)
    assert len(experiments) == 3
    assert merged["id"].tolist() == [0, 0, 2, -1]
    assert "shade" not in merged
    assert notes == [
        f"{refl[1]}: 1 reflections of a lattice not in its experiment file left out",
        "columns that not all files have left out: shade",
    ]


def test_pairs_come_in_equal_numbers(files):
    with pytest.raises(InputError, match="2 experiment and 1 reflection files; give them in pairs"):
        read_pairs(files[0], files[1][:1])
