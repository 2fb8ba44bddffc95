"""Mosaic crystals on fine slices are not said to be of domains; the widths of rocking curves are right."""

from __future__ import annotations

import pytest
from made_spots import crystal_in, misset, split_spots, spots

from gnomon.models.experiment import Experiments
from gnomon.models.scan import Scan
from gnomon.report.refine import describe
from gnomon.steps.refine.params import RefineParams
from gnomon.steps.refine.rocking import rocking_width
from gnomon.steps.refine.step import refine

SWEEP = Scan((1, 24), (0.0, 0.5))


def with_width(table, degrees):
    """The table with the photons and variances that find_spots gives where rocking curves have this width, r.m.s."""
    variance = table["xyzobs.px.variance"].copy()
    photons = ((degrees / 0.5) ** 2 + 1 / 12) / variance[:, 2]
    variance[:, 2] += 1 / 12
    return table.with_columns({"xyzobs.px.variance": variance, "intensity.sum.value": photons})


@pytest.mark.parametrize("degrees", [0.1, 0.6])
def test_widths_come_back(degrees):
    e = crystal_in(SWEEP, 1)
    table, _ = spots(Experiments.of([e]), 0.05, 1)
    assert rocking_width(e, with_width(table, degrees)) == pytest.approx(degrees, rel=1e-6)
    assert rocking_width(e, table) == 0


@pytest.mark.parametrize(("degrees", "told"), [(0.1, True), (0.6, False)])
def test_domains_turned_by_less_than_the_rocking_curve_are_not_told(degrees, told):
    """The same spots, whose errors are those of turns by .1 degrees: of domains, or of parts of a wide curve."""
    e = crystal_in(SWEEP, 1)
    table = with_width(split_spots(e, 0.3, 0.5, 1), degrees)
    result = refine(misset(Experiments.of([e])), table, RefineParams())
    assert ("domains turned by" in describe(result.summary)) == told
