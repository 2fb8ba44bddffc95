"""A small simulated data set with its truth, and strong spots as indexing would give them."""

import numpy as np
import pytest

from gnomon.io.expt import read_experiments
from gnomon.maths.geometry.centroids import map_centroids
from gnomon.maths.geometry.prediction import predict
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams

SMALL = SimulateParams(
    cell=(52, 60, 43, 90, 104, 90), space_group="P21", images=24, width=0.5, image_size=(487, 407), distance=110.0,
    d_min=2.4, mean_intensity=250.0, mosaicity=0.15, dead_pixels=200, hot_pixels=0, seed=11,
)  # fmt: skip


def strong_of(truth, experiments, least=150.0, noise=0.05):
    """The spots of the truth with more than ``least`` counts, as a table of indexed, refined strong spots."""
    t = truth.reflections
    keep = (t.counts > least) & (t.lost < 0.01 * t.counts)
    n = int(keep.sum())
    xyz = t.xyz[keep] + np.random.default_rng(0).normal(0, noise, (n, 3))
    around = np.array([2, 2, 0.4])
    low, high = np.floor(xyz - around), np.ceil(xyz + around)
    table = Reflections(
        {
            "id": np.zeros(n, int),
            "panel": np.zeros(n, int),
            "flags": np.full(n, np.uint64(Flag.STRONG | Flag.INDEXED)),
            "miller_index": t.hkl[keep],
            "entering": t.entering[keep],
            "bbox": np.stack([low, high], axis=2).reshape(n, 6),
            "xyzobs.px.value": xyz,
            "xyzobs.px.variance": np.full((n, 3), 0.01),
        },
        {0: experiments[0].identifier},
    )
    return predict(experiments, map_centroids(experiments, table))


@pytest.fixture(scope="session")
def simulated(tmp_path_factory):
    """(truth, experiments, strong spots)."""
    folder = tmp_path_factory.mktemp("integrate")
    truth = simulate_dataset(SMALL, folder)
    experiments = read_experiments(folder / "truth.expt")
    return truth, experiments, strong_of(truth, experiments)


def matched(table, truth):
    """Rows of ``table`` that the truth holds, and their rows in it, by index and root."""
    t = truth.reflections
    rows = {(*h, bool(e)): i for i, (h, e) in enumerate(zip(map(tuple, t.hkl), t.entering))}
    found = [rows.get((*h, bool(e)), -1) for h, e in zip(map(tuple, table["miller_index"]), table["entering"])]
    found = np.array(found)
    return np.flatnonzero(found >= 0), found[found >= 0]
