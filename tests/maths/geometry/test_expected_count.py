"""Too many reflections are told before any is made."""

import time

import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.maths.geometry.expected_count import lattice_points, sampled_indices
from gnomon.maths.geometry.prediction import predict_scan
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment
from gnomon.models.goniometer import Goniometer
from gnomon.models.scan import Scan


def sweep(edge: float, images: int = 60, pixels: int = 500) -> Experiment:
    """A primitive cubic crystal of this edge (Å) on a detector at 100 mm."""
    panel = Panel(np.eye(3)[0], -np.eye(3)[1], np.array([-43.0, 43.0, -100.0]), (pixels, pixels), (86 / pixels,) * 2)
    scan = Scan((1, images), (0.0, 1.0))
    return Experiment(Beam(), Detector((panel,)), Goniometer(), scan, Crystal(np.eye(3) / edge, " P 1"))


def test_points_are_counted_by_volume():
    assert lattice_points(np.eye(3) / 50, 2.0) == pytest.approx(4 / 3 * np.pi * 25**3)
    points = sampled_indices(np.eye(3) / 50, 2.0)
    radius = np.linalg.norm(points, axis=1) / 25
    assert radius.max() <= 1
    assert np.mean(radius < 0.5) == pytest.approx(1 / 8, abs=0.01)


def test_what_has_room_is_predicted():
    assert len(predict_scan(sweep(60.0), 0)) > 10_000
    assert len(predict_scan(sweep(150.0, images=10), 0, 1.5)) > 20_000


@pytest.mark.parametrize("edge", [600.0, 2000.0, 1e5])
def test_a_cell_many_times_too_large_is_told_at_once(edge):
    begun = time.process_time()
    with pytest.raises(InputError, match=r"the cell .* (reflections to|on these images)") as told:
        predict_scan(sweep(edge), 0)
    assert time.process_time() - begun < 2  # s
    assert "or give a d_min" in str(told.value)


def test_completeness_counts_no_endless_indices():
    with pytest.raises(InputError, match="check the cell, the indices, or give a d_min"):
        possible_indices(np.array([500.0, 500, 500, 90, 90, 90]), "P 1", 0.01)
    assert len(possible_indices(np.array([50.0, 50, 50, 90, 90, 90]), "P 1", 3.0)) > 4000
