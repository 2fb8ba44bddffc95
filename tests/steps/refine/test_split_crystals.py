"""Split and streaky crystals: the bulk is refined, and printed uncertainties hold."""

from __future__ import annotations

import numpy as np
import pytest
from made_spots import CELL, crystal_in, misset, split_spots, spots

from gnomon.models.experiment import Experiments
from gnomon.models.scan import Scan
from gnomon.report.refine import describe
from gnomon.steps.refine.params import RefineParams
from gnomon.steps.refine.step import refine
from tests.plain_values import assert_plain

SWEEP = Scan((1, 24), (0.0, 0.5))


def pulls_of(degrees: float, second: float, seed: int) -> tuple[np.ndarray, float]:
    """Errors of the cell over their printed uncertainties (6,), and the part of the spots that was used."""
    e = crystal_in(SWEEP, seed)
    table = split_spots(e, degrees, second, seed)
    result = refine(misset(Experiments.of([e])), table, RefineParams())
    crystal = result.experiments[0].crystal
    return (crystal.cell - CELL) / crystal.cell_parameter_sd, result.summary.experiments[0].n_used / len(table)


@pytest.mark.parametrize(("degrees", "second"), [(0.1, 0.7), (0.2, 0.3), (0.3, 0.5)])
def test_cells_are_within_their_uncertainties(degrees, second):
    found = [pulls_of(degrees, second, seed) for seed in range(4)]
    pulls = np.array([p for p, _ in found])
    assert np.abs(pulls).max() < 3
    assert np.sqrt((pulls[:, 3:] ** 2).mean()) < 1.5
    assert min(used for _, used in found) > 0.6


def test_the_report_tells_of_domains_and_of_all_spots():
    e = crystal_in(SWEEP, 1)
    result = refine(misset(Experiments.of([e])), split_spots(e, 0.3, 0.5, 1), RefineParams())
    assert "spots err as those of domains turned by 0.1" in describe(result.summary)
    assert_plain(result.summary)
    row = result.summary.experiments[0]
    assert "of all indexed" in describe(result.summary)
    assert all(a >= u for a, u in zip(row.rmsd_indexed, row.rmsd))


def test_few_used_spots_are_told():
    truth = Experiments.of([crystal_in(SWEEP, 2)])
    table, _ = spots(truth, 0.05, 2)
    px, variance = table["xyzobs.px.value"].copy(), table["xyzobs.px.variance"].copy()
    weak = np.arange(len(table)) % 5 < 3
    variance[weak] = 0.5**2
    px[weak] += 0.5 * np.random.default_rng(3).normal(size=(weak.sum(), 3))
    px[:, 2] = np.clip(px[:, 2], *SWEEP.array_range)
    # the median itself is weak: then all are used, and none of it is told
    all_used = refine(misset(truth), table, RefineParams())
    assert not any("less than half" in reason for reason in all_used.summary.sentences)
    px[np.arange(len(table)) % 5 == 0] += 40.0
    px[np.arange(len(table)) % 5 == 1] -= 40.0
    px[np.arange(len(table)) % 10 == 2] += [30.0, -30.0, 0.0]
    px[:, 2] = np.clip(px[:, 2], *SWEEP.array_range)
    spoilt = table.with_columns({"xyzobs.px.value": px})
    result = refine(misset(truth), spoilt, RefineParams())
    assert any("less than half of the indexed spots used" in reason for reason in result.summary.sentences)
