"""Gaps between modules."""

from __future__ import annotations

import pytest

from gnomon.io.images.instruments import gap_rectangles


def test_a_pilatus_300k_has_two_gaps():
    assert gap_rectangles((487, 619)) == ((0, 195, 487, 212), (0, 407, 487, 424))


def test_an_eiger2_1m_has_one_gap():
    assert gap_rectangles((1028, 1062)) == ((0, 512, 1028, 550),)


@pytest.mark.parametrize(
    ("size", "columns", "rows"),
    [((1475, 1679), 2, 7), ((2463, 2527), 4, 11), ((4150, 4371), 3, 7), ((4148, 4362), 3, 7), ((2070, 2167), 1, 3)],
)
def test_the_gaps_of_large_detectors(size, columns, rows):
    gaps = gap_rectangles(size)
    assert sum(s1 - s0 == size[1] for _, s0, _, s1 in gaps) == columns
    assert sum(f1 - f0 == size[0] for f0, _, f1, _ in gaps) == rows


@pytest.mark.parametrize("size", [(512, 512), (487, 196), (1000, 619)])
def test_other_sizes_have_none(size):
    assert gap_rectangles(size) == ()
