"""The tables of accuracy, on small images and on what a perfect program would make of the nanoBragg sweep."""

import accuracy
import nanobragg
import numpy as np
import pytest

from gnomon.maths.lattice import b_matrix
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.example import small_case
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.true_models import InstrumentModels


@pytest.fixture
def perfect():
    """A P1 cell with the unique axis first, all indices to 4 Å, and photons as the truth has them."""
    rng = np.random.default_rng(1)
    hkl = np.stack(np.meshgrid(np.arange(-9, 10), np.arange(-19, 20), np.arange(-19, 20), indexing="ij"), -1)
    hkl = hkl.reshape(-1, 3)[np.abs(hkl.reshape(-1, 3)).sum(axis=1) > 0]
    crystal = Crystal(b_matrix(np.array([38.0, 79.0, 79.0, 90.0, 90.0, 90.0])), " P 1")
    true = hkl[:, [1, 2, 0]]
    half = true[(true[:, 2] > 0) | ((true[:, 2] == 0) & (true[:, 0] >= 0))]
    unique = np.unique(nanobragg.to_asu(half.astype(np.int32), nanobragg.HALL_SYMBOL)[0], axis=0)
    amplitudes = nanobragg.Amplitudes.of(unique, rng.exponential(100.0, len(unique)))
    squared, known = amplitudes.of_indices(true.astype(np.int32))
    assert known.all()
    lp, z = rng.uniform(0.2, 1.0, len(hkl)), rng.uniform(0, 60, len(hkl))
    photons = 0.005184 * squared / lp * (1 + 0.15 * np.sin(2 * np.pi * z / 45))
    columns = {
        "id": np.zeros(len(hkl), int),
        "panel": np.zeros(len(hkl), int),
        "miller_index": hkl,
        "flags": np.full(len(hkl), np.uint64(Flag.INTEGRATED | Flag.SCALED)),
        "partiality": np.ones(len(hkl)),
        "lp": lp,
        "xyzcal.px": np.column_stack([z, z, z]),
        "intensity.sum.value": photons,
        "intensity.prf.value": 1.03 * photons,
        "intensity.scale.value": 7.0 * squared,
        "inverse_scale_factor": np.full(len(hkl), 2.0),
    }
    models = InstrumentModels.of(Instrument.of(SimulateParams()))
    experiment = Experiment(models.beam, models.detector, models.goniometer, crystal=crystal)
    return Experiments.of([experiment]), Reflections(columns), amplitudes


def test_perfect_sums_on_the_nanobragg_sweep_get_one_in_every_shell(perfect):
    shells = [s for s in nanobragg.integrated_shells(*perfect) if s.n]
    assert len(shells) > 3
    for shell in shells:
        assert shell.sum_to_true.value == pytest.approx(1.0)
        assert shell.fit_to_sum.value == shell.fit_to_true.value == pytest.approx(1.03)
    scaled = [r.value for r in nanobragg.scaled_shells(*perfect) if np.isfinite(r.value)]
    assert scaled == pytest.approx(np.ones(len(scaled)))


def test_the_table_of_a_small_case(tmp_path):
    params = small_case("split").changed(images=14)
    truth = accuracy.truth_of(params, tmp_path, 1)
    outcome = accuracy.outcome_of("gnomon", truth, tmp_path / "gnomon", 1)
    text = accuracy.table("split", params, truth, {"gnomon": outcome})
    assert outcome.failure == ""
    assert outcome.measured.n_true > 1000
    assert outcome.measured.measured > 0.99
    assert outcome.measured.worst_fit_to_sum == pytest.approx(1, abs=0.02)
    lines = text.splitlines()
    assert any(line.startswith("whole ones with intensity, %") for line in lines)
    assert sum("(0.0" in line for line in lines) >= 6  # shells with a ratio and its uncertainty


def test_a_program_that_fails_says_where(tmp_path):
    params = small_case("split").changed(images=1, d_min=6.0)
    truth = accuracy.truth_of(params, tmp_path, 1)
    for path in tmp_path.glob("*.cbf"):
        path.write_bytes(b"no image")
    outcome = accuracy.outcome_of("gnomon", truth, tmp_path / "gnomon", 1)
    assert outcome.failure.startswith("import failed: ")
    text = accuracy.table("split", params, truth, {"gnomon": outcome})
    assert text.splitlines()[-1].startswith("gnomon: import failed: ")
