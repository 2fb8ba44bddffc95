"""What scale and the steps after it tell is whole in JSON, has a meaning for every figure, and says why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from gnomon.io.summary_json import from_json, to_json
from gnomon.models.merged import MergedData
from gnomon.models.unmerged import UnmergedData
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.compute_delta_cchalf.params import ComputeDeltaCchalfParams
from gnomon.steps.compute_delta_cchalf.step import compute_delta_cchalf
from gnomon.steps.estimate_resolution.params import EstimateResolutionParams
from gnomon.steps.estimate_resolution.step import estimate_resolution
from gnomon.steps.export.params import ExportParams
from gnomon.steps.export.step import export
from gnomon.steps.merge.params import MergeParams
from gnomon.steps.merge.step import merge
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

SMALL = WedgesParams(species=("cow",), wedges=6, d_min=4.5, images=10, width=1.0, basis="true", noise=1)
STEPS = ("scale", "filter", "compute_delta_cchalf", "estimate_resolution", "merge", "export")


@pytest.fixture(scope="module")
def results():
    experiments, reflections, _ = integrated_wedges(SMALL)
    limits = {"filter_max_percent_removed": 20.0, "intensity_choice": "combine"}
    done = scale(experiments, reflections, ScaleParams())
    given = done.experiments, done.reflections
    return {
        "scale": done,
        "filter": scale(experiments, reflections, ScaleParams(filter_method="deltacchalf", **limits)),
        "compute_delta_cchalf": compute_delta_cchalf(*given, ComputeDeltaCchalfParams()),
        "estimate_resolution": estimate_resolution(*given, EstimateResolutionParams(misigma=2.0, rmerge=0.1)),
        "merge": merge(*given, MergeParams()),
        "export": export(*given, ExportParams()),
    }


def all_in(value, name="summary"):
    """Everything that a summary holds, with its name: itself, its dataclasses and its single values."""
    yield name, value
    if is_dataclass(value):
        held = {f.name: getattr(value, f.name) for f in fields(value)}
    elif isinstance(value, Mapping):
        held = value
    else:
        held = dict(enumerate(value)) if isinstance(value, tuple) else {}
    for key, item in held.items():
        yield from all_in(item, f"{name}.{key}")


@pytest.mark.parametrize("name", STEPS)
def test_a_summary_goes_to_json_and_back(results, name):
    summary = results[name].summary
    content = json.loads(json.dumps(to_json(summary), allow_nan=False))
    again = from_json(type(summary), content)
    assert type(again) is type(summary)
    assert to_json(again) == content


@pytest.mark.parametrize("name", STEPS)
def test_every_figure_has_a_meaning(results, name):
    for where, part in all_in(results[name].summary):
        bare = [f.name for f in fields(part) if not f.metadata.get("description")] if is_dataclass(part) else []
        assert [b for b in bare if b != "link"] == [], where


@pytest.mark.parametrize("name", STEPS)
def test_values_are_of_python_itself(results, name):
    for where, value in all_in(results[name].summary):
        plain = type(value) in (str, int, float, bool, type(None), tuple, dict)
        assert plain or is_dataclass(value), f"{where} is {type(value)}"


def test_what_spoils_the_rest_is_a_decision_with_its_numbers(results):
    (decision,) = results["compute_delta_cchalf"].summary.decisions
    assert str(decision).startswith("noise_01 spoils the rest: ")
    assert decision.parameter == "stdcutoff"
    assert decision.evidence["delta"] < 0 or decision.evidence["rejected"] > 0.2


def test_merged_and_unmerged_data_are_products(results):
    merged, unmerged = results["merge"].product, results["export"].product
    assert isinstance(merged, MergedData)
    assert len(merged) == results["merge"].summary.n_unique
    assert isinstance(unmerged, UnmergedData)
    assert len(unmerged) == results["export"].summary.n_observations
    table = results["export"].reflections
    np.testing.assert_array_equal(table["miller_index"][unmerged.row], unmerged.hkl)
