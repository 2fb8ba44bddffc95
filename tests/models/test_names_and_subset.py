"""Names of data sets, and some of them with their reflections."""

from __future__ import annotations

import numpy as np

from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.imageset import ImageSet
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.models.subset import subset

BEAM, DETECTOR = Beam(np.array([0.0, 0.0, 1.0]), 1.0), Detector(())


def _experiments(*templates: str | None) -> Experiments:
    return Experiments.of(
        Experiment(BEAM, DETECTOR, images=ImageSet(template=t) if t else None, identifier=f"id{i}")
        for i, t in enumerate(templates)
    )


def test_names_come_from_image_files_and_all_differ():
    experiments = _experiments("a/cow_1_####.cbf.gz", "a/pig_####.cbf", "b/pig_####.cbf", "a/cow_1_####.cbf.gz", None)
    assert data_set_names(experiments) == ["cow_1", "a/pig", "b/pig", "cow_1 (2)", "experiment 4"]


def test_subset_numbers_reflections_anew_in_the_order_asked_for():
    experiments = _experiments("a_##.cbf", "b_##.cbf", "c_##.cbf")
    table = Reflections({"id": np.array([0, 1, 2, 2, -1]), "d": np.arange(5.0)})
    kept, chosen = subset(experiments, table, [2, 0])
    assert [e.identifier for e in kept] == ["id2", "id0"]
    assert chosen["id"].tolist() == [1, 0, 0]
    assert chosen["d"].tolist() == [0.0, 2.0, 3.0]
    assert chosen.identifiers == {0: "id2", 1: "id0"}
    assert kept[0].detector is kept[1].detector


def test_rows_of_a_subset_stay_in_their_order_and_none_may_be_asked_for():
    experiments = _experiments("a_##.cbf", "b_##.cbf", "c_##.cbf")
    table = Reflections({"id": np.array([2, 0, -1, 1, 2, 0]), "d": np.arange(6.0)})
    _, chosen = subset(experiments, table, [2, 0])
    assert chosen["id"].tolist() == [0, 1, 0, 1]
    assert chosen["d"].tolist() == [0.0, 1.0, 4.0, 5.0]
    none, empty = subset(experiments, table, [])
    assert (len(none), len(empty)) == (0, 0)
    assert set(empty) == {"id", "d"}
