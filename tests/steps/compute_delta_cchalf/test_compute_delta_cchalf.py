"""Scaled data are judged part by part, as scale itself would judge them."""

import json
from pathlib import Path

import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.errors import InputError
from gnomon.io.expt import read_experiments, write_experiments
from gnomon.io.refl import read_reflections, write_reflections
from gnomon.models.flags import Flag
from gnomon.models.subset import subset
from gnomon.report.compute_delta_cchalf import describe
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.compute_delta_cchalf.params import ComputeDeltaCchalfParams
from gnomon.steps.compute_delta_cchalf.step import compute_delta_cchalf
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

SMALL = WedgesParams(species=("cow",), wedges=6, d_min=4.5, images=10, width=1.0, basis="true", noise=1)


@pytest.fixture(scope="module")
def scaled():
    experiments, reflections, _ = integrated_wedges(SMALL)
    return scale(experiments, reflections, ScaleParams())


def spoiling(result) -> list[int]:
    return [i for i, part in enumerate(result.summary.parts) if part.spoils]


def test_it_agrees_with_scale_and_names_the_noise(scaled) -> None:
    result = compute_delta_cchalf(scaled.experiments, scaled.reflections, ComputeDeltaCchalfParams())
    expected = [record.delta_cc_half for record in scaled.summary.data_sets]
    assert [part.delta for part in result.summary.parts] == pytest.approx(expected, abs=2e-4)
    assert spoiling(result) == [6]
    assert len(result.experiments) == 6
    assert result.reflections["id"].max() == 5
    assert "noise_01 spoils the rest" in describe(result.summary)


def test_groups_of_images_are_flagged(scaled) -> None:
    params = ComputeDeltaCchalfParams(mode="image_group", group_size=5)
    result = compute_delta_cchalf(scaled.experiments, scaled.reflections, params)
    assert len(result.summary.parts) == 14
    assert set(spoiling(result)) <= {12, 13}
    assert spoiling(result)
    gone = result.reflections.has(Flag.USER_EXCLUDED_IN_SCALING).sum() > 0
    assert gone or len(result.experiments) == 6


def test_where_nothing_spoils_it_says_so(scaled) -> None:
    without = subset(scaled.experiments, scaled.reflections, range(6))
    result = compute_delta_cchalf(*without, ComputeDeltaCchalfParams())
    assert spoiling(result) == []
    assert "No data set spoils" in describe(result.summary)


def test_the_command_writes_what_is_left(scaled, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    write_experiments("scaled.expt", scaled.experiments)
    write_reflections("scaled.refl", scaled.reflections)
    main(["compute_delta_cchalf", "scaled.expt", "scaled.refl"])
    assert "spoils" in capsys.readouterr().out
    assert len(read_experiments("filtered.expt")) == 6
    assert set(np.unique(read_reflections("filtered.refl")["id"])) == set(range(6))
    (step,) = json.loads(Path("gnomon.compute_delta_cchalf.json").read_text())["steps"]
    assert [part["spoils"] for part in step["summary"]["parts"]] == [False] * 6 + [True]


def test_unscaled_data_are_refused(scaled) -> None:
    with pytest.raises(InputError, match="run scale first"):
        compute_delta_cchalf(
            scaled.experiments,
            scaled.reflections.without_columns("inverse_scale_factor"),
            ComputeDeltaCchalfParams(),
        )
