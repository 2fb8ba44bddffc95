"""Members that raise Rmeas are named, with whether their errors account for it."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.models.flags import Flag
from gnomon.process.rmeas import who_raise_rmeas
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.step import Result

ALIKE = {"crystal_scale": 0.0, "crystal_b": 0.0, "crystal_shift": 0.0, "crystal_cell": 0.0, "fluctuation": 0.0}
SIZE = {"images": 10, "width": 1.0, "d_min": 3.5, "mean_intensity": 300.0, "basis": "true", "absorption": 0.0}


@pytest.fixture(scope="module")
def wedges():
    return integrated_wedges(WedgesParams(species=("cow",), wedges=6, seed=2, **SIZE, **ALIKE))


def scaled(wedges, scatter, error):
    """The true intensities with a relative ``scatter`` (6,) of each data set, and errors (6,) that claim so much."""
    experiments, table, truth = wedges
    rng, own = np.random.default_rng(1), table["id"]
    true = truth.row_intensity / truth.row_intensity.mean()
    value = true + rng.normal(size=len(true)) * np.array(scatter)[own] * true
    columns = {
        "intensity.scale.value": value,
        "intensity.scale.variance": (np.array(error)[own] * true) ** 2 + 1e-12,
        "inverse_scale_factor": np.ones(len(true)),
        "inverse_scale_factor_variance": np.zeros(len(true)),
    }
    return Result(experiments, table.with_columns(columns).flagged(Flag.SCALED, np.ones(len(true), bool)))


def test_of_members_alike_none_is_named(wedges):
    assert not who_raise_rmeas(scaled(wedges, [0.05] * 6, [0.05] * 6))


def test_a_weak_member_is_named_as_weak(wedges):
    (weak,) = who_raise_rmeas(scaled(wedges, [0.05] * 5 + [0.2], [0.05] * 5 + [0.2]))
    assert weak.name == "cow_06"
    assert weak.without == pytest.approx(0.05, abs=0.02)
    assert weak.before > 1.3 * weak.without
    assert weak.squared == pytest.approx(1, abs=0.35)
    assert (weak.strength, weak.usual) == (pytest.approx(5, rel=0.1), pytest.approx(20, rel=0.1))
    assert "scatters as its errors say" in weak.in_words()


def test_a_member_that_is_wrong_beyond_its_errors_is_to_be_looked_at(wedges):
    (bad,) = who_raise_rmeas(scaled(wedges, [0.05] * 5 + [0.2], [0.05] * 6))
    assert bad.squared > 4
    assert "times as far as their errors say: look at it" in bad.in_words()


def test_a_weaker_one_is_seen_behind_the_weakest(wedges):
    found = who_raise_rmeas(scaled(wedges, [0.05] * 4 + [0.09, 0.3], [0.05] * 4 + [0.09, 0.3]))
    assert [r.name for r in found] == ["cow_06", "cow_05"]
    assert found[1].before == pytest.approx(found[0].without, rel=1e-12)  # summed in another order
