"""Figures by image count what is there."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.by_image import MOST_ROWS, figures_by_image


def table(z: np.ndarray) -> Reflections:
    """Reflections at z, every second one partial and every third one not integrated; fits twice as sure as sums."""
    n = len(z)
    xyz = np.column_stack([np.zeros((n, 2)), z])
    flags = np.where(np.arange(n) % 3 == 0, 0, Flag.INTEGRATED_SUM | Flag.INTEGRATED_PRF | Flag.REFERENCE_SPOT)
    return Reflections(
        {
            "flags": flags.astype(np.uint64),
            "xyzcal.px": xyz,
            "xyzobs.px.value": xyz + np.array([0.3, 0.4, 0.0]),
            "partiality": np.where(np.arange(n) % 2 == 0, 1.0, 0.5),
            "background.mean": np.full(n, 2.0),
            "profile.correlation": np.full(n, 0.9),
            **{f"intensity.{kind}.value": np.full(n, 100.0) for kind in ("sum", "prf")},
            "intensity.sum.variance": np.full(n, 100.0),
            "intensity.prf.variance": np.full(n, 25.0),
        }
    )


def test_every_reflection_counts_on_its_image():
    rows = figures_by_image(table(np.repeat(np.arange(4, 16), 6) + 0.5), (5, 16))
    assert [(r.first, r.last) for r in rows] == [(k, k) for k in range(5, 17)]
    assert {(r.full, r.partial, r.summed, r.fitted, r.overloaded) for r in rows} == {(2, 2, 4, 4, 0)}
    assert rows[3].i_over_sigma_summed == pytest.approx(10)
    assert rows[3].i_over_sigma_fitted == pytest.approx(20)
    assert rows[3].rmsd == pytest.approx(0.5)
    assert rows[3].background == pytest.approx(2)


def test_of_many_images_some_in_a_row_make_a_row():
    rows = figures_by_image(table(np.linspace(0, 1000, 5000)), (1, 1000))
    assert len(rows) <= MOST_ROWS
    assert (rows[0].first, rows[-1].last) == (1, 1000)
    assert all(a.last + 1 == b.first for a, b in pairwise(rows))
    assert sum(r.summed for r in rows) == 5000 - 1667


def test_images_without_reflections_have_no_means():
    rows = figures_by_image(table(np.full(6, 0.5)), (1, 3))
    assert rows[1].summed == 0
    assert np.isnan(rows[1].i_over_sigma_summed)
