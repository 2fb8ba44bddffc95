"""Images of many crystals: files, truth, repeatability; and that truth tells the setting of what was found."""

import re

import numpy as np
import pytest

from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.maths.geometry.prediction import predict_scan
from gnomon.models.experiment import Experiments
from gnomon.report.simulate_crystals import describe
from gnomon.simulate.assess.frame import match
from gnomon.simulate.crystals import simulate_crystals
from gnomon.simulate.example import SERIES, series
from gnomon.simulate.series_truth import crystal_truth, load_series_truth
from gnomon.simulate.species_params import CrystalsParams
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images

FEW = CrystalsParams(species=("cow", "pig"), wedges=2, image_size=(487, 195), images=2, width=1.0, d_min=4.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("crystals")
    simulate_crystals(FEW, folder)
    return folder


def test_any_number_of_workers_writes_the_same_bytes(folder, tmp_path):
    steps = []
    simulate_crystals(FEW, tmp_path, workers=Workers(3), progress=lambda *step: steps.append(step))
    names = sorted(p.name for p in folder.glob("*.cbf.gz"))
    assert names == [f"{s}_0{i}_000{j}.cbf.gz" for s in ("cow", "pig") for i in (1, 2) for j in (1, 2)]
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes()
    assert steps[-1] == ("simulating wedges", 4, 4)


def test_import_finds_a_sweep_a_crystal_on_one_instrument(folder):
    found = import_images([str(p) for p in folder.glob("*.cbf.gz")], ImportParams()).experiments
    assert len(found) == 4
    assert len({e.detector.key for e in found}) == 1


def test_the_truth_comes_back_from_disk(folder):
    truth = load_series_truth(folder)
    assert truth.names == ["cow_01", "cow_02", "pig_01", "pig_02"]
    assert truth.species.tolist() == [0, 0, 1, 1]
    assert truth.species_cc[0, 1] == np.corrcoef(truth.intensity)[0, 1]
    experiments = read_experiments(folder / "truth.expt")
    np.testing.assert_allclose([e.crystal.A for e in experiments], truth.A)
    np.testing.assert_allclose([e.crystal.cell for e in experiments], truth.cell)
    assert re.search(r"\npig +2 .* cow\n", describe(truth, str(folder)))
    with pytest.raises(InputError, match="no truth of many crystals"):
        load_series_truth(folder / "elsewhere")


def test_each_crystal_has_the_truth_of_a_data_set(folder):
    """Predicted from its own A on the one true detector, its reflections are where its truth has them."""
    series_ = load_series_truth(folder)
    experiments = read_experiments(folder / "truth.expt")
    for name, experiment in zip(series_.names, experiments):
        truth = crystal_truth(series_, folder, name)
        assert truth.numbers["hall_symbol"].strip() == experiment.crystal.hall_symbol.strip()
        predicted = predict_scan(experiment, 0, 4.0)
        row = match(truth, Experiments.of([experiment]), predicted.with_columns({"id": np.zeros(len(predicted), int)}))
        known = row >= 0
        assert known.mean() > 0.8  # weak ones and those beside the spindle are not in the truth
        away = predicted["xyzcal.px"][known] - truth.reflections.xyz[row[known]]
        assert np.abs(away).max() < 0.1  # parallax, see docs/science/simulate.md
    with pytest.raises(InputError, match=r"no pig_02_truth\.npz"):
        crystal_truth(series_, folder / "elsewhere", "pig_02")


def test_the_truth_tells_the_setting_of_a_primitive_cell_found(folder):
    truth = load_series_truth(folder)
    to_conventional = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]], float)  # a = b' + c' of the body-centred cell
    crystal = read_experiments(folder / "truth.expt")[1].crystal.reindexed(np.linalg.inv(to_conventional))
    off = crystal.A * 1.001  # as refinement leaves it
    np.testing.assert_array_equal(truth.setting_of(1, off), to_conventional)


def test_examples_are_known_by_name():
    assert series("insulins_small") is SERIES["insulins_small"]
    with pytest.raises(InputError, match="no example 'goats'; there are insulins"):
        series("goats")
