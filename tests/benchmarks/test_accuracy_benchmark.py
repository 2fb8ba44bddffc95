"""The tables of accuracy, on small images and on what a perfect program would make of the nanoBragg sweep."""

import accuracy
import nanobragg
import numpy as np
import pytest
import wedges

from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import write_reflections
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.geometry.prediction import predict_scan
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.frame import match
from gnomon.simulate.example import small_case
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.series_truth import crystal_truth
from gnomon.simulate.species_params import CrystalsParams
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


def test_wedges_as_true_as_can_be(tmp_path):
    """Files of a program that knows everything: predictions from the true models, and true counts."""
    params = CrystalsParams(
        species=("cow",), wedges=2, image_size=(487, 195), distance=60.0, images=30, width=0.2, d_min=3.0, mosaicity=0.1
    )
    series = wedges.truth_of(params, tmp_path, 1)
    experiments, tables = read_experiments(tmp_path / "truth.expt"), []
    for i, (name, experiment) in enumerate(zip(series.names, experiments)):
        true, predicted = crystal_truth(series, tmp_path, name), predict_scan(experiment, 0, 3.0)
        predicted = predicted.with_columns({"id": np.zeros(len(predicted), int)})
        row = match(true, Experiments.of([experiment]), predicted)
        counts = np.where(row >= 0, true.reflections.counts[row], 0.0)
        flags = np.full(len(row), np.uint64(Flag.INDEXED | Flag.INTEGRATED))
        columns = {"id": np.full(len(row), i), "flags": flags}
        values = {f"intensity.{kind}.value": counts for kind in ("sum", "prf")}
        tables.append(predicted.with_columns({**columns, **values}))
    for stem in ("refined", "integrated"):
        write_experiments(tmp_path / f"{stem}.expt", experiments)
        write_reflections(tmp_path / f"{stem}.refl", Reflections.concatenate(tables))
    figures = wedges.wedges_figures(series, tmp_path, tmp_path)
    assert figures.crystals == 2
    assert max(figures.prediction[:2]) < 0.05  # parallax
    assert figures.prediction[2] < 1e-6
    assert figures.worst_cell < 1e-9
    assert figures.measured > 0.99
    assert figures.worst_fit_to_sum == pytest.approx(1.0)
    assert wedges.rows([figures, None])[0] == ["crystals", "2", "-"]
    assert wedges.wedges_figures(series, tmp_path, tmp_path / "elsewhere") is None
    assert len(wedges.images_of(series, tmp_path)) == 60


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
