"""A truth, and what a perfect program would write."""

import numpy as np
import pytest

from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.truth import load_truth

SETTING = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
"""The axes as the perfect program happens to name them: (a, b, c) P."""


@pytest.fixture(scope="session")
def truth(tmp_path_factory):
    folder = tmp_path_factory.mktemp("truth")
    simulate_dataset(
        SimulateParams(
            cell=(50, 60, 70, 90, 90, 90), space_group="P212121", images=25, width=0.5, d_min=2.4, dead_pixels=0,
            hot_pixels=0, mean_intensity=300,
        ),
        folder,
    )  # fmt: skip
    return load_truth(folder)


@pytest.fixture(scope="session")
def experiments(truth):
    from gnomon.io.expt import read_experiments

    true = read_experiments(truth.folder / "truth.expt")
    crystal = Crystal(np.array(truth.numbers["A"]), " P 2ac 2ab").reindexed(SETTING)
    return Experiments.of(e.replace(crystal=crystal) for e in true)


@pytest.fixture(scope="session")
def perfect(truth):
    """Scaled reflections in another setting, on another scale and B, with honest noise and sigmas."""
    r = truth.reflections
    n = len(r.hkl)
    g = r.factor * 0.7 * np.exp(-1.5 * np.linalg.norm(r.hkl @ np.array(truth.numbers["A"]).T, axis=1) ** 2)
    sigma = np.maximum(r.sigma, 0.5)
    value = r.counts + sigma * np.random.default_rng(3).normal(size=n)
    flags = Flag.INDEXED | Flag.USED_IN_REFINEMENT | Flag.SCALED
    whole = (r.partiality > 0.999) & (r.lost < 1e-3 * r.counts)
    columns = {
        "id": np.zeros(n, int),
        "panel": np.zeros(n, int),
        "miller_index": r.hkl @ SETTING,
        "flags": np.full(n, np.uint64(flags)),
        "xyzobs.px.value": r.xyz + np.array([0.1, -0.1, 0.05]),
        "xyzcal.px": r.xyz,
        "intensity.scale.value": value,
        "intensity.scale.variance": sigma**2,
        "inverse_scale_factor": g,
    }
    return Reflections(columns).select(whole)
