"""Offsets of panels: looked up by pixel, used both ways by the detector."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from gnomon.models.detector import PARALLAX, Detector, Panel
from gnomon.models.offsets import ModuleGrid, ModuleOffsets, OffsetMap
from gnomon.steps.refine.detector_modules import panel_grids

GRID = ModuleGrid((100, 80), (0.2, 0.1), np.array([[0, 48], [52, 100]]), np.array([[0, 38], [42, 80]]))


def panel(**changes):
    made = Panel(
        np.array([1.0, 0, 0]), np.array([0, -1.0, 0]), np.array([-10.0, 4.0, -60.0]), (100, 80), (0.2, 0.1),
        thickness=0.4, mu=3.0, px_mm_strategy=PARALLAX,
    )  # fmt: skip
    return replace(made, **changes)


def offsets(seed=1):
    rng = np.random.default_rng(seed)
    return ModuleOffsets(GRID, 0.1 * rng.normal(size=(4, 2)), 1e-3 * rng.normal(size=4))


def test_modules_are_numbered_along_fast_and_gaps_belong_to_the_nearest():
    pixel = np.array([[0, 0], [49, 0], [50, 0], [99, 39], [0, 40], [99, 79]])
    np.testing.assert_array_equal(GRID.module_of(pixel), [0, 0, 1, 1, 2, 3])
    np.testing.assert_allclose(GRID.centres, [[24, 19], [76, 19], [24, 61], [76, 61]])


def test_a_turn_is_one_in_millimetres():
    """On pixels that are twice as wide as high, all points of a module keep their distances."""
    turned = ModuleOffsets(GRID, np.zeros((4, 2)), np.full(4, 1e-3))
    px = np.array([[5.5, 5.5], [40.5, 30.5], [5.5, 30.5]])
    mm, moved = px * GRID.pixel_size, (px + turned.at(px)) * GRID.pixel_size
    before, after = (np.linalg.norm(p[:, None] - p, axis=2) for p in (mm, moved))
    np.testing.assert_allclose(after, before, atol=1e-5)
    assert np.abs(moved - mm).max() > 1e-3


def test_spots_are_seen_off_by_the_offset_of_their_pixel():
    plain = Detector((panel(),))
    moved = plain.with_offsets([offsets()])
    px = np.random.default_rng(3).uniform([-2, -2], [102, 82], (200, 2))
    # the offset is that of the pixel, the nearest one for points off the panel
    pixel = np.clip(np.floor(px), 0, [99, 79]) + 0.5
    seen = px - offsets().at(pixel)
    np.testing.assert_allclose(moved.pixel_to_mm(0, px), plain.pixel_to_mm(0, seen), atol=1e-12)
    mm = plain.pixel_to_mm(0, px)
    ideal = plain.mm_to_pixel(0, mm)
    np.testing.assert_allclose(moved.mm_to_pixel(0, mm), ideal + offsets().at(ideal), atol=1e-12)


def test_there_and_back_where_the_offset_does_not_change_on_the_way():
    detector = Detector((panel(thickness=0.0, mu=0.0),)).with_offsets([replace(offsets(), turn=np.zeros(4))])
    px = np.random.default_rng(4).uniform([1, 1], [45, 35], (100, 2)) + np.array([[0, 0], [53, 0]] * 50)
    np.testing.assert_allclose(detector.mm_to_pixel(0, detector.pixel_to_mm(0, px)), px, atol=1e-10)


def test_points_that_are_nowhere_stay_so():
    detector = Detector((panel(),)).with_offsets([offsets()])
    assert np.isnan(detector.mm_to_pixel(0, np.full((1, 2), np.nan))).all()


def test_a_map_says_what_modules_say_and_offsets_travel():
    x, y = np.meshgrid(np.arange(100) + 0.5, np.arange(80) + 0.5)
    values = offsets().at(np.column_stack([x.ravel(), y.ravel()])).reshape(80, 100, 2)
    table = OffsetMap(values[..., 0], values[..., 1])
    px = np.random.default_rng(3).uniform([-2, -2], [102, 82], (200, 2))
    np.testing.assert_allclose(table.at(px), offsets().at(px), atol=1e-12)
    twice = ModuleOffsets(GRID, offsets().shift, offsets().turn, base=table)
    np.testing.assert_allclose(pickle.loads(pickle.dumps(twice)).at(px), 2 * table.at(px), atol=1e-12)


@pytest.mark.parametrize(
    ("size", "mask", "modules"),
    [
        ((100, 80), ((48, 0, 52, 80), (0, 38, 100, 42)), 4),
        ((100, 80), ((48, 0, 52, 79), (10, 10, 20, 20)), 1),  # neither from end to end
        ((100, 80), ((0, 0, 3, 80), (40, 0, 45, 80), (50, 0, 55, 80)), 2),  # a border, and a strip too narrow
    ],
)
def test_gaps_from_end_to_end_part_modules(size, mask, modules):
    (grid,) = panel_grids(Detector((panel(image_size=size, mask=mask),)), ((),))
    assert len(grid) == modules
