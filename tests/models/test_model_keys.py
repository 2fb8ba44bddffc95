"""Sharing is by key: what is pickled apart and read back is shared as before."""

import os
import pickle
import subprocess
import sys
from dataclasses import replace

import numpy as np

from gnomon.models.beam import Beam
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import ImageSet
from gnomon.models.model import key_of
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan


def experiments():
    beam, other = Beam(), Beam()
    scan, images = Scan((1, 10), (0.0, 0.1)), ImageSet(template="a_##.cbf")
    detector = None
    return Experiments.of(
        [
            Experiment(beam, detector, Goniometer(), scan, images=images),
            Experiment(other, detector, Goniometer(), scan, images=images),
            Experiment(beam, detector, None, None, images=None),
        ]
    )


def test_sharing_outlives_pickling_one_by_one():
    given = experiments()
    back = Experiments.of([pickle.loads(pickle.dumps(e)) for e in given])
    assert back[0].beam is not back[2].beam
    for kind in ("beam", "goniometer", "scan", "images"):
        np.testing.assert_array_equal(back.rows(kind), given.rows(kind))
        assert [m for _, m in back.groups_sharing(kind)] == [m for _, m in given.groups_sharing(kind)]
    assert back[0].sweep == back[1].sweep != back[2].sweep


def test_tables_are_as_the_file_has_them():
    given = experiments()
    assert given.rows("beam").tolist() == [0, 1, 0]
    assert given.rows("scan").tolist() == [0, 0, -1]
    assert [m.key for m in given.models("goniometer")] == [given[0].goniometer.key, given[1].goniometer.key]


def test_a_changed_model_is_another_and_an_equal_one_too():
    beam = Beam()
    assert replace(beam, wavelength=2.0).key != beam.key != Beam().key
    assert key_of(None) is None
    images = ImageSet(template="a_##.cbf")
    assert ImageSet(template="a_##.cbf") == images
    assert ImageSet(template="a_##.cbf").key != images.key


def test_no_other_process_gives_the_same_key():
    code = "from gnomon.models.beam import Beam; print(Beam().key)"
    keys = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(2)}
    assert len(keys) == 2
    mine = [Beam().key]
    if hasattr(os, "fork"):
        read, write = os.pipe()
        if (child := os.fork()) == 0:
            os.write(write, pickle.dumps(Beam().key))
            os._exit(0)
        os.waitpid(child, 0)
        assert pickle.loads(os.read(read, 1000))[0] != mine[0][0]


def test_rows_of_each_experiment_are_found_once():
    ids = np.array([2, 0, 0, -1, 2, 5])
    table = Reflections({"id": ids})
    assert table.by_experiment() is table.by_experiment()
    assert {i: np.arange(6)[rows].tolist() for i, rows in table.by_experiment()} == {
        -1: [3],
        0: [1, 2],
        2: [0, 4],
        5: [5],
    }
    assert [table.by_experiment().count(i) for i in (0, 1, 2)] == [2, 0, 2]
    assert table.of_experiment(2)["id"].tolist() == [2, 2]
    assert len(table.of_experiment(1)) == 0
    other = table.with_columns({"d": np.ones(6)})
    assert other.by_experiment() is table.by_experiment()
    moved = table.with_columns({"id": np.zeros(6, int)})
    assert moved.by_experiment().count(0) == 6
    ordered = Reflections({"id": np.sort(ids)})
    assert np.shares_memory(ordered.of_experiment(2)["id"], ordered["id"])
