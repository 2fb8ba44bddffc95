"""Which images count: said in one place, asked in one way, kept in files."""

from __future__ import annotations

import json

import numpy as np

from gnomon.io.expt import read_experiments, write_experiments
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.identifiers import with_unique_identifiers
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.models.valid_images import in_valid_images, in_words, stretches_of, with_valid_ranges, without

PANEL = Panel(np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([-5.0, 5, -100]), (100, 100), (0.1, 0.1))


def two_lattices():
    """Two experiments that share their scan."""
    one = Experiment(Beam(wavelength=1.0), Detector((PANEL,)), scan=Scan((1, 60), (0.0, 1.0)), identifier="a")
    return Experiments.of([one, one.replace(identifier="b")])


def test_all_images_count_where_nothing_is_said():
    experiments = two_lattices()
    assert experiments[0].valid_ranges == ((1, 60),)
    assert experiments[0].is_valid_at(np.array([-1.0, 3.0, 99.0])).all()


def test_a_shared_scan_stays_shared_and_knows_each_by_name():
    limited = with_valid_ranges(two_lattices(), {0: [(16, 45)], 1: [(1, 25), (36, 60)]})
    assert limited[0].scan is limited[1].scan
    assert [e.valid_ranges for e in limited] == [((16, 45),), ((1, 25), (36, 60))]
    z = np.array([14.99, 15.0, 24.9, 25.0, 35.5, 44.9, 45.1])
    assert limited[0].is_valid_at(z).tolist() == [False, True, True, True, True, True, False]
    assert limited[1].is_valid_at(z).tolist() == [True, True, True, False, True, True, True]


def test_rows_of_no_experiment_are_not_judged():
    limited = with_valid_ranges(two_lattices(), {0: [(16, 45)]})
    z = np.array([1.0, 1.0, 1.0, 20.0])
    table = Reflections({"id": [0, 1, -1, 0], "xyzcal.px": np.column_stack([z, z, z])})
    assert in_valid_images(limited, table).tolist() == [False, True, True, True]


def test_files_keep_it_as_dials_has_it(tmp_path):
    limited = with_valid_ranges(two_lattices(), {0: [(16, 45)]})
    write_experiments(tmp_path / "x.expt", limited)
    assert json.loads((tmp_path / "x.expt").read_text())["scan"][0]["valid_image_ranges"] == {"a": [[16, 45]]}
    assert [e.valid_ranges for e in read_experiments(tmp_path / "x.expt")] == [((16, 45),), ((1, 60),)]


def test_a_new_name_takes_them_along():
    limited = with_valid_ranges(two_lattices(), {0: [(16, 45)]})
    twice, given = with_unique_identifiers(Experiments.of([limited[0], limited[0]]))
    assert given == 1
    assert [e.valid_ranges for e in twice] == [((16, 45),), ((16, 45),)]


def test_nothing_left_is_nothing_said():
    assert with_valid_ranges(two_lattices(), {0: []})[0].valid_ranges == ((1, 60),)


def test_runs_of_numbers_and_words():
    assert stretches_of([3, 1, 2, 7]) == [(1, 3), (7, 7)]
    assert without([(1, 60)], [(1, 15), (46, 60)]) == [(16, 45)]
    assert in_words([(1, 15), (46, 60)]) == "images 1 to 15 and 46 to 60"
    assert in_words([(31, 31)]) == "image 31"
