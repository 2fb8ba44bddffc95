"""Parts of data: data sets, and groups of images."""

import numpy as np

from gnomon.maths.data_sets.data_parts import data_sets, image_groups
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.scan import Scan

PANEL = Panel(np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([-100.0, 100, -200]), (100, 100), (2.0, 2.0))


def experiments(*ranges: tuple[int, int] | None) -> Experiments:
    scans = [Scan(r, (0.0, 0.5)) if r else None for r in ranges]
    return Experiments.of(Experiment(Beam(), Detector((PANEL,)), scan=scan) for scan in scans)


def test_data_sets_are_parts_whatever_their_images() -> None:
    parts = data_sets(experiments((1, 20), None), ["a", "b"])
    assert parts.names == ["a", "b"]
    assert parts.of(np.array([0, 1, 0]), np.array([0.5, 7.0, 19.9])).tolist() == [0, 1, 0]


def test_images_are_grouped_and_a_short_rest_joins_the_last() -> None:
    parts = image_groups(experiments((11, 34), (1, 3)), ["a", "b"], 10)
    assert parts.names == ["a images 11-20", "a images 21-34", "b images 1-3"]
    assert parts.experiment.tolist() == [0, 0, 1]


def test_a_centroid_outside_its_scan_belongs_to_the_nearest_group() -> None:
    parts = image_groups(experiments((1, 20), (1, 20)), ["a", "b"], 10)
    assert parts.of(np.array([0, 0, 0, 0, 1, 1]), np.array([-0.3, 9.99, 10.0, 20.2, -0.1, 15.0])).tolist() == [
        0, 0, 1, 1, 2, 3,
    ]  # fmt: skip
