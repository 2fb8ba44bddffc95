"""An error model of which a, b or both are given, and what tells it."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

from .planted import CELL, experiments, reflections, true_scale

A, B = 1.3, 0.03
FEW = {"absorption_correction": False, "least_weight": 0.0}


@pytest.fixture(scope="module")
def planted():
    return reflections(1, multiplicity=(3, 8), a=A, b=B)[0]


def model_of(table, n=1, width=1.0, **given):
    return scale(experiments(n, width), table, ScaleParams(**FEW, **given))


@pytest.mark.parametrize("given", [{"error_model_a": A}, {"error_model_b": B}])
def test_one_given_right_leaves_the_other_as_planted(planted, given):
    model = model_of(planted, **given).summary.error_model
    assert model.a == pytest.approx(A, rel=0.03 if "error_model_b" in given else 1e-9)
    assert model.b == pytest.approx(B, rel=0.06 if "error_model_a" in given else 1e-9)


def test_both_given_are_the_variances(planted):
    """a^2 (sigma^2 + (b <I>)^2) of strong reflections with their own counts, and no a or b but those given."""
    result = model_of(planted, error_model_a=2.0, error_model_b=0.05)
    assert (result.summary.error_model.a, result.summary.error_model.b) == pytest.approx((2.0, 0.05))
    assert result.summary.error_model.isa == pytest.approx(10.0)
    table = result.reflections
    g = table["inverse_scale_factor"]
    value, variance = (table[f"intensity.scale.{name}"] / g**p for name, p in (("value", 1), ("variance", 2)))
    strong = value > 3000
    by_words = 4.0 * (table["intensity.sum.variance"] / g**2 + (0.05 * value) ** 2)
    ratio = (variance / by_words)[strong]
    assert np.median(ratio) == pytest.approx(1, abs=0.02)  # means of equivalents stand for the observed intensity
    assert np.percentile(np.abs(ratio - 1), 90) < 0.25


def test_reflections_below_min_ih_say_nothing_of_errors():
    """Weak ones have three times the sigmas that they claim: they make a = 1 too large, unless left out."""
    table, truth = reflections(1, multiplicity=(3, 8), a=1.0, b=0.02)
    weak, value = truth < 1000, table["intensity.sum.value"].copy()
    noise = np.sqrt(8 * table["intensity.sum.variance"])
    value[weak] += (noise * np.random.default_rng(4).normal(size=len(noise)))[weak]
    table = table.with_columns({"intensity.sum.value": value})
    everything = model_of(table, error_model_b=0.02).summary.error_model.a
    strong = model_of(table, error_model_b=0.02, min_ih=1500.0).summary.error_model.a
    assert everything > 1.5
    assert strong == pytest.approx(1.0, abs=0.05)


@pytest.fixture(scope="module")
def unlike():
    """Three sweeps: a of 1.0, 1.0 and 1.6, b of 0.01, 0.01 and 0.04."""
    table, truth = reflections(3, multiplicity=(6, 10))
    which, d = table["id"], d_spacing(table["miller_index"], CELL)
    expected = truth * true_scale(which, table["xyzobs.px.value"][:, 2], d)
    a, b = np.array([1.0, 1.0, 1.6])[which], np.array([0.01, 0.01, 0.04])[which]
    spread = a * np.sqrt(expected + 50 + (b * expected) ** 2)
    value = expected + spread * np.random.default_rng(7).normal(size=len(which))
    columns = {"intensity.sum.value": value, "intensity.sum.variance": np.maximum(value, 0) + 50}
    return table.with_columns(columns)


def test_groups_of_sweeps_have_each_its_error_model(unlike):
    """As planted in each group, in the summary and in each sweep's model; those named in none have one together."""
    result = model_of(unlike, 3, error_grouping="grouped", error_model_group=((2,),))
    rough, fine = result.summary.error_models
    assert rough.a == pytest.approx(1.6, rel=0.05)
    assert rough.a * rough.b == pytest.approx(0.064, rel=0.1)
    assert fine.a == pytest.approx(1.0, rel=0.05)
    assert fine.a * fine.b == pytest.approx(0.01, abs=0.003)
    kept = [e.scaling_model.configuration["error_model_parameters"] for e in result.experiments]
    assert kept[0] == kept[1] == [fine.a, fine.b]
    assert kept[2] == [rough.a, rough.b]


def test_a_or_b_may_be_given_to_every_group(unlike):
    """b left out: the a of the third sweep takes the place of its b, those of the others hardly change."""
    models = model_of(unlike, 3, error_grouping="individual", error_model_b=0.0).summary.error_models
    assert [one.a for one in models[:2]] == pytest.approx([1.0, 1.0], abs=0.25)
    assert models[2].a > 1.8
    assert [one.b for one in models] == [0.0, 0.0, 0.0]
