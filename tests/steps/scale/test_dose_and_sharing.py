"""A fall in proportion to the dose, and absorption that all sweeps share: planted ones come back."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.steps.scale.model import _paths
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

from .planted import CELL, experiments, reflections, true_scale

FALL = -0.06  # Å² a degree, or Å a degree
RELATIVE = 1.5  # Å², of the second sweep


def falling(n, power):
    """Two sweeps with a beam that varies, the second of another B, whose intensities fall with the angle turned."""
    table, truth = reflections(n, multiplicity=(4, 8), b=0.01)
    z, d = table["xyzobs.px.value"][:, 2], d_spacing(table["miller_index"], CELL)
    beam = true_scale(table["id"], z, np.full(len(z), np.inf))
    g = beam * np.exp(FALL * z * (0.5 / d**2 if power == 2 else 1 / d) + RELATIVE * table["id"] / (2 * d**2))
    counts = np.random.default_rng(5).poisson(g * truth).astype(float)
    return table.with_columns({"intensity.sum.value": counts, "intensity.sum.variance": counts + 1.0}), g


def off(result, g):
    """The spread of fitted over planted scales, without a common factor and B."""
    table = result.reflections
    ratio = np.log(table["inverse_scale_factor"] / g)
    inverse = d_spacing(table["miller_index"], CELL) ** -2.0
    return (ratio - np.polyval(np.polyfit(inverse, ratio, 1), inverse)).std()


@pytest.mark.parametrize(("dependence", "power"), [("quadratic", 2), ("linear", 1)])
def test_the_fall_with_dose_comes_back(dependence, power):
    """-0.06 a degree to 5 %, one for both sweeps, and their relative B; written as others write it."""
    table, g = falling(2, power)
    params = ScaleParams(model="dose_decay", dose_dependence=dependence, dose_scale_interval=5.0)
    result = scale(experiments(2), table, params)
    one, two = (e.scaling_model for e in result.experiments)
    assert one.kind == "dose_decay"
    assert list(one.components) == ["scale", "relative_B", "decay"]
    assert one.configuration["corrections"] == ["scale", "relative_B", "decay"]
    assert one.configuration["resolution_dependence"] == dependence
    fall = [m.components["decay"].parameters[0] for m in (one, two)]
    assert fall[0] == pytest.approx(fall[1], abs=1e-9)
    assert fall[0] == pytest.approx(FALL, rel=0.05)
    relative = [m.components["relative_B"].parameters[0] for m in (one, two)]
    assert relative[1] - relative[0] == pytest.approx(RELATIVE, abs=0.15)
    assert off(result, g) < 0.01


def test_sweeps_may_fall_each_by_itself():
    table, g = falling(2, 2)
    params = ScaleParams(model="dose_decay", share_dose=False, dose_scale_interval=5.0)
    result = scale(experiments(2), table, params)
    fall = [e.scaling_model.components["decay"].parameters[0] for e in result.experiments]
    assert fall[0] != fall[1]
    assert fall == pytest.approx([FALL] * 2, rel=0.1)
    assert off(result, g) < 0.012


def test_absorption_that_is_shared_is_one_and_better_known():
    """A planted P_10 of 0.05 in the crystal's frame; of two sweeps alone each knows it half as well (in variance)."""
    table, truth = reflections(2, multiplicity=(3, 5), b=0.01)
    crystals = experiments(2)
    found = {}
    built = []
    planted = 0.05
    z, absorbed = table["xyzobs.px.value"][:, 2], np.empty(len(table))
    for i, e in enumerate(crystals):
        rows = np.flatnonzero(table["id"] == i)
        absorbed[rows] = 1 + planted * _paths(e, z[rows], table["s1"][rows], 1)[:, 1]
    g = true_scale(table["id"], z, np.full(len(z), np.inf)) * absorbed
    counts = np.random.default_rng(6).poisson(g * truth).astype(float)
    observed = table.with_columns({"intensity.sum.value": counts, "intensity.sum.variance": counts + 1.0})
    for shared in (False, True):
        params = ScaleParams(share_absorption=shared, lmax=1, decay_correction=False, surface_weight=1.0)
        result = scale(crystals, observed, params)
        built.append([e.scaling_model.components["absorption"] for e in result.experiments])
        found[shared] = off(result, g)
    (a, b), (c, d) = built
    assert np.abs(a.parameters - b.parameters).max() > 1e-4
    np.testing.assert_allclose(c.parameters, d.parameters, atol=1e-9)
    assert c.parameters[1] == pytest.approx(planted, abs=4 * c.sd[1] + 1e-3)
    assert c.sd[1] == pytest.approx(a.sd[1] / np.sqrt(2), rel=0.25)
    assert found[True] < found[False] + 1e-4
