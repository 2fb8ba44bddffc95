"""When a reflection diffracted: as predicted, not the middle of the image that holds it."""

import numpy as np
import pytest

from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.intensities.scaled_rows import crossing_of
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.scale.observations import WHOLE, prepare
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

SCAN = Experiments.of([Experiment(Beam(), Detector(()), scan=Scan((1, 10), (0.0, 1.0)))])


def test_as_predicted_within_the_images_that_recorded_it():
    z = np.array([[0, 0, 3.1], [0, 0, -0.3], [0, 0, 10.2]])
    boxes = np.array([[0, 1, 0, 1, 3, 4], [0, 1, 0, 1, 0, 1], [0, 1, 0, 1, 9, 10]])
    table = {
        "xyzobs.px.value": np.array([[0, 0, 3.5], [0, 0, 0.5], [0, 0, 9.5]]),
        "xyzcal.px": z,
        "bbox": boxes,
        "id": [0, 0, 0],
    }
    assert crossing_of(Reflections(table), SCAN).tolist() == [3.1, 0.0, 10.0]
    assert crossing_of(Reflections({"xyzobs.px.value": table["xyzobs.px.value"]}), SCAN).tolist() == [3.5, 0.5, 9.5]
    boxes[:] = [0, 1, 0, 1, -2, 14]  # a program that does not cut boxes: still, the model knows the scan only
    assert crossing_of(Reflections(table), SCAN).tolist() == [3.1, 0.0, 10.0]


def test_images_of_a_degree_of_crystals_that_decay():
    """B grows by 30 Å² over ten images, within one by as much as changes intensities by .1 at 3.5 Å."""
    wedges = WedgesParams(
        species=("cow",), wedges=4, d_min=3.3, images=10, width=1.0, basis="true", decay_b=30.0, mean_intensity=3e3,
        crystal_shift=0.0, crystal_cell=0.0, crystal_b=0.0, absorption=0.0, seed=4,
    )  # fmt: skip
    experiments, table, _ = integrated_wedges(wedges)
    seen = table["xyzobs.px.value"].copy()
    seen[:, 2] = np.clip(np.floor(seen[:, 2]) + 0.5, 0.5, 9.5)
    coarse = scale(experiments, table.with_columns({"xyzobs.px.value": seen}), ScaleParams()).summary
    without = scale(
        experiments, table.without_columns("xyzcal.px").with_columns({"xyzobs.px.value": seen}), ScaleParams()
    ).summary
    assert coarse.overall.r_meas < 0.75 * without.overall.r_meas  # what the middle of images costs
    exact = scale(experiments, table, ScaleParams()).summary
    assert coarse.overall.r_meas == pytest.approx(exact.overall.r_meas, rel=1e-6)


def test_cut_reflections_have_the_scale_of_the_nearest_whole_one():
    """Beyond all whole reflections of a wedge its model is free: 250 wedges once ended with scales of 1e-5."""
    params = WedgesParams(species=("cow",), wedges=3, d_min=4.05, images=6, basis="true")
    experiments, table, _ = integrated_wedges(params)
    observations, _ = prepare(experiments, table, space_group("I213"), ScaleParams())
    beyond = crossing_of(table, experiments)[observations.row]
    for i in range(3):
        mine = observations.experiment == i
        whole = mine & (observations.partiality > WHOLE)
        ends = beyond[whole].min(), beyond[whole].max()
        np.testing.assert_array_equal(observations.z[mine], np.clip(beyond[mine], *ends))
        assert (observations.z[mine] != beyond[mine]).sum() > 10
