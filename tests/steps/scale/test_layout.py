"""The parameter vector of scaling: its layout is that of the models as they are built, for every kind of plan."""

import numpy as np
import pytest

from gnomon.maths.numerics.smoother import Smoother
from gnomon.steps.scale.array_model import Grids
from gnomon.steps.scale.model import ParameterLayout, SweepPlan, build_sweep, component_sizes, n_parameters, plan_sweep
from gnomon.steps.scale.observations import prepare
from gnomon.steps.scale.params import ScaleParams

from .planted import experiments, reflections

SMOOTH = Smoother.over(0.0, 90, 20.0)
PLANS = {
    "K": SweepPlan("KB", has_decay=False),
    "KB": SweepPlan("KB"),
    "unscaled": SweepPlan("KB", held=True),
    "scale alone": SweepPlan("physical", SMOOTH),
    "physical": SweepPlan("physical", SMOOTH, Smoother.over(0.0, 90, 30.0)),
    "dose": SweepPlan("dose_decay", SMOOTH, lmax=2, surface_weights=(1.0, 2.0), dose="linear"),
    "array": SweepPlan("array", SMOOTH, grids=Grids(SMOOTH, (SMOOTH, SMOOTH), (SMOOTH, SMOOTH))),
    "absorption": SweepPlan("physical", SMOOTH, Smoother.over(0.0, 90, 30.0), 3, (1.0, 2.0, 3.0)),
}


@pytest.mark.parametrize("kind", PLANS)
def test_sizes_of_a_plan_are_those_of_the_components_built(kind: str) -> None:
    crystals, (table, _) = experiments(1), reflections(1)
    observations, _ = prepare(crystals, table, "P212121", ScaleParams())
    rows = np.arange(5)
    built = build_sweep(PLANS[kind], crystals[0], observations, rows, table["s1"][observations.row[rows]])
    assert built.sizes == component_sizes(PLANS[kind])
    assert n_parameters(PLANS[kind]) == (0 if PLANS[kind].held else built.n_parameters)


def test_parameters_lie_sweep_after_sweep_and_component_after_component() -> None:
    layout = ParameterLayout([component_sizes(PLANS[kind]) for kind in ("KB", "absorption", "K")])
    n_scale, n_decay = SMOOTH.n_parameters, Smoother.over(0.0, 90, 30.0).n_parameters
    end = 2 + n_scale + n_decay + 15
    assert layout.sweeps == [slice(0, 2), slice(2, end), slice(end, end + 1)]
    assert layout.components(1) == {
        "scale": slice(2, 2 + n_scale),
        "decay": slice(2 + n_scale, end - 15),
        "absorption": slice(end - 15, end),
    }
    np.testing.assert_array_equal(layout.sweep, np.repeat([0, 1, 2], [2, end - 2, 1]))
    assert layout.is_of("scale").sum() == n_scale + 2
    constant = layout.constant(np.array([2.0, 3.0, 4.0]))
    np.testing.assert_array_equal(constant[:2], [2, 0])
    np.testing.assert_array_equal(constant[layout.components(1)["scale"]], 3)
    assert constant[-1] == 4
    assert not constant[2 + n_scale : end].any()


@pytest.mark.parametrize(
    ("given", "width", "order"),
    [
        ({}, 1.0, 4),
        ({}, 0.1, 0),
        ({"absorption_level": "low", "lmax": 2}, 0.1, 4),
        ({"absorption_level": "medium"}, 1.0, 6),
        ({"absorption_level": "high"}, 0.1, 6),
        ({"absorption_level": "high", "absorption_correction": False}, 1.0, 0),
        ({"lmax": 3}, 1.0, 3),
    ],
)
def test_how_far_harmonics_of_absorption_go(given, width, order):
    (experiment,) = experiments(width=width)
    plan = plan_sweep(experiment, ScaleParams(**given))
    assert (plan.lmax, len(plan.surface_weights)) == (order, order)


def test_what_sweeps_share_differs_along_orthogonal_directions() -> None:
    """Two parameters of three sweeps: four directions, in which what is alike has no part."""
    layout = ParameterLayout(
        [(("scale", 1), ("absorption", 2)), (("scale", 2),), *[(("scale", 1), ("absorption", 2))] * 2]
    )
    found = np.array(layout.differences(("absorption", "dose")))
    assert found.shape == (4, 11)
    gram = found @ found.T
    np.testing.assert_array_equal(gram, np.diag(np.diagonal(gram)))
    alike = np.zeros(11)
    for i, values in ((0, (3.0, -4.0)), (2, (3.0, -4.0)), (3, (3.0, -4.0))):
        alike[layout.components(i)["absorption"]] = values
    np.testing.assert_array_equal(found @ alike, 0)
    assert not found[:, layout.is_of("scale")].any()
