"""The array model: what changes with angle and resolution, and over the detector, comes back."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.numerics.smoother import Smoother
from gnomon.steps.scale.array_model import Grids, grids_of, on_first_panel, products
from gnomon.steps.scale.params import ScaleParams
from gnomon.steps.scale.step import scale

from .planted import CELL, N_IMAGES, experiments, reflections, true_scale


def shaded(n, multiplicity):
    """Sweeps whose beam and B change, seen through a detector with a side that is 8 % too bright, more at the end."""
    table, truth = reflections(n, multiplicity=multiplicity, b=0.0)
    rng = np.random.default_rng(8)
    place = rng.uniform(2, 98, (len(table), 2))
    detector = experiments(1)[0].detector
    rays = detector.lab_coordinates(0, place * detector.pixel_sizes[0])
    z, d = table["xyzobs.px.value"][:, 2], d_spacing(table["miller_index"], CELL)
    shade = 1 + 0.08 * (place[:, 0] / 50 - 1) * (0.5 + z / N_IMAGES)
    g = true_scale(table["id"], z, d) * shade
    counts = rng.poisson(g * truth).astype(float)
    columns = {"s1": rays / np.linalg.norm(rays, axis=1, keepdims=True), "intensity.sum.value": counts}
    return table.with_columns({**columns, "intensity.sum.variance": counts + 1.0}), g, shade


def off(result, g):
    """The spread of ln of fitted over planted scales, without a function of resolution, which nothing tells."""
    table = result.reflections
    ratio = np.log(table["inverse_scale_factor"] / g)
    inverse = d_spacing(table["miller_index"], CELL) ** -2.0
    return (ratio - np.polyval(np.polyfit(inverse, ratio, 4), inverse)).std()


@pytest.fixture(scope="module")
def planted():
    return shaded(1, (4, 6))


def test_scales_and_shades_come_back(planted):
    """To 1 % an observation, of a beam that changes by a fifth, a B by 6 Å² and the shade by 8 %."""
    table, g, _ = planted
    params = ScaleParams(model="array", array_interval=15.0, n_resolution_bins=4)
    result = scale(experiments(1), table, params)
    assert result.summary.models == ("array with absorption",)
    assert off(result, g) < 0.01
    model = result.experiments[0].scaling_model
    assert model.kind == "array"
    assert list(model.components) == ["decay", "absorption"]
    shape = model.configuration["n_time_param"], model.configuration["n_res_param"]
    assert shape == (8, 6)  # six intervals and four, with a node beyond either end
    assert model.components["decay"].parameters.size == 48
    assert model.components["absorption"].parameters.size == 8 * 5 * 5


def test_without_the_detector_the_shade_is_left(planted):
    """4 % r.m.s., which the grid of angle and resolution cannot follow."""
    table, g, shade = planted
    params = ScaleParams(model="array", array_interval=15.0, n_resolution_bins=4, array_absorption=False)
    result = scale(experiments(1), table, params)
    assert result.summary.models == ("array",)
    assert off(result, g) > 0.8 * np.log(shade).std()
    assert list(result.experiments[0].scaling_model.components) == ["decay"]


def test_sweeps_of_several_crystals_come_to_one_scale():
    """The second, 1.5 times as strong, with a beam of its own; a common function of resolution stays where it began."""
    table, g, _ = shaded(2, (5, 7))
    params = ScaleParams(model="array", array_interval=30.0, n_resolution_bins=3, array_absorption=False)
    result = scale(experiments(2), table, params)
    ratio = result.reflections["inverse_scale_factor"] / g
    sizes = [np.median(ratio[table["id"] == i]) for i in range(2)]
    assert sizes[1] / sizes[0] == pytest.approx(1, abs=0.01)
    d = d_spacing(table["miller_index"], CELL)
    fine, coarse = (np.median(result.reflections["inverse_scale_factor"][rows]) for rows in (d < 3.5, d > 6))
    assert fine / coarse == pytest.approx(1, abs=0.05)


def test_rows_of_designs_are_products_of_weights_that_sum_to_one():
    """The value of a grid is that of smoothers one in another; x changes fastest, then y, then the angle."""
    time, axis = Smoother(0.0, 10.0, 5), Smoother(0.0, 25.0, 4)
    rng = np.random.default_rng(0)
    z, inverse, xy = rng.uniform(0, 50, 7), rng.uniform(0.01, 0.1, 7), rng.uniform(0, 100, (7, 2))
    grids = Grids(Smoother(0.0, 0.02, 5), (axis, axis), (axis, axis))
    designs = grids.designs(time, z, inverse, xy)
    assert [(name, design.shape[1]) for name, design in designs.items()] == grids.sizes(time)
    for design in designs.values():
        np.testing.assert_allclose(design.sum(axis=1), 1)
    values = rng.normal(size=(time.n_parameters, axis.n_parameters, axis.n_parameters))
    by_hand = np.einsum("nt,ny,nx,tyx->n", time.design(z), axis.design(xy[:, 1]), axis.design(xy[:, 0]), values)
    np.testing.assert_allclose(designs["grid"] @ values.ravel(), by_hand)
    assert products(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])).tolist() == [[3.0, 4.0, 6.0, 8.0]]


def test_places_are_those_of_the_rays(planted):
    table, _, _ = planted
    (one,) = experiments(1)
    found = on_first_panel(one, table["s1"])
    assert found.min() > 1.9
    assert found.max() < 98.1
    away = on_first_panel(one, -table["s1"][:2])
    assert np.isfinite(away).all()
    grids = grids_of(ScaleParams(array_modulation=True), np.array([0.01, 0.1]), found)
    assert grids.modulation[0].n_intervals == 20
    assert grids_of(ScaleParams(), np.array([0.01, 0.1]), None).is_plain
