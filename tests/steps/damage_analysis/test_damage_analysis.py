"""A planted change with dose comes back, and where there is none nothing is said to be damaged."""

import numpy as np
import pytest

from gnomon.cli.main import main
from gnomon.errors import InputError
from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections
from gnomon.maths.intensities.merging import group_equivalents
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.report.damage_analysis import describe
from gnomon.steps.damage_analysis.params import DamageAnalysisParams
from gnomon.steps.damage_analysis.step import damage_analysis
from tests.plain_values import assert_plain
from tests.steps.scale.planted import N_IMAGES, experiments, reflections


def damaged(n: int = 1, *, k: float = 0.0, multiplicity=(8, 12), error: float = 0.05, seed: int = 0) -> Reflections:
    """Scaled data of ``n`` sweeps in which I changes by k per image, up or down as chance has it by reflection."""
    table, truth = reflections(n, multiplicity=multiplicity, seed=seed)
    rng = np.random.default_rng(seed + 1)
    groups = group_equivalents(table["miller_index"], "P212121")
    change = k * rng.normal(size=len(groups))[groups.label] * table["xyzobs.px.value"][:, 2]
    sigma = error * truth + 5.0
    value = truth * (1 + change) + sigma * rng.normal(size=len(table))
    return table.with_columns(
        {
            "intensity.scale.value": value,
            "intensity.scale.variance": sigma**2,
            "inverse_scale_factor": np.ones(len(table)),
            "flags": table["flags"] | np.uint64(Flag.SCALED),
        }
    )


def analyse(table: Reflections, n: int = 1, **params):
    return damage_analysis(experiments(n), table, DamageAnalysisParams(**params)).summary


@pytest.mark.parametrize(("n", "k"), [(1, 0.004), (4, 0.004), (1, 0.001)])
def test_a_planted_rate_of_change_comes_back(n: int, k: float) -> None:
    summary = analyse(damaged(n, k=k), n)
    assert summary.k_squared == pytest.approx(k**2, abs=3.5 * summary.k_squared_error)
    assert summary.k_squared > 3 * summary.k_squared_error
    assert summary.rd[80] > summary.rd[1]
    assert_plain(summary)


def test_what_is_kept_is_least_in_error_against_the_undamaged_crystal() -> None:
    table, k = damaged(k=0.02, multiplicity=(40, 40), error=0.1), 0.02
    summary = analyse(table, min_completeness=0.0)
    assert 1 < summary.keep < N_IMAGES / 2
    _, truth = reflections(multiplicity=(40, 40))
    groups = group_equivalents(table["miller_index"], "P212121", True)
    z, strong = table["xyzobs.px.value"][:, 2], truth > 500

    def error(limit: float) -> float:
        use = (z < limit) & strong
        part = groups.select(use)
        mean = part.mean(table["intensity.scale.value"][use]) / part.mean(truth[use])
        return float(np.sqrt(np.mean((mean - 1) ** 2)))

    errors = {limit: error(limit) for limit in (2, 5, summary.keep, 30, 60, 90)}
    assert errors[summary.keep] < 1.25 * min(errors.values())
    assert errors[summary.keep] < 0.5 * errors[90]
    assert "least in error" in summary.reason
    assert k > 0


def test_without_damage_all_is_kept() -> None:
    for seed in range(5):
        summary = analyse(damaged(3, seed=seed), 3)
        assert summary.keep == summary.dose[-1]
        assert "no change with dose" in summary.reason
        assert np.nanmedian(summary.scp) == pytest.approx(1.0, abs=0.05)


def test_completeness_is_not_given_up() -> None:
    summary = analyse(damaged(k=0.05, multiplicity=(1, 6)), min_completeness=95.0)
    at = summary.dose.index(summary.keep)
    assert summary.completeness[at] >= 0.95 * summary.completeness[-1]
    assert summary.completeness[-1] == pytest.approx(1.0, abs=0.01)
    assert "the least dose with 95 %" in summary.reason


def test_doses_are_those_given() -> None:
    table = damaged(2)
    shared = analyse(table, 2, shared_crystal=True, dose_per_image=(0.5, 1.0))
    assert shared.names == ("all sweeps",)
    assert shared.dose[-1] == pytest.approx(0.5 * N_IMAGES + N_IMAGES, abs=2)
    assert analyse(table, 2, dose_per_image=(0.01,)).dose[-1] == pytest.approx(0.9, abs=0.02)
    with pytest.raises(InputError, match="dose_per_image has 3 numbers for 2 experiments"):
        analyse(table, 2, dose_per_image=(1.0, 2.0, 3.0))


def test_one_crystal_among_others_that_changes_is_named_first() -> None:
    still, moving = damaged(3), damaged(3, k=0.01)
    mixed = np.where(still["id"] == 1, moving["intensity.scale.value"], still["intensity.scale.value"])
    summary = analyse(still.with_columns({"intensity.scale.value": mixed}), 3)
    significance = [c.significance for c in summary.crystals]
    assert int(np.argmax(significance)) == 1
    assert "experiment 1" in describe(summary).split("Crystals")[1].splitlines()[3]


def test_the_command_prints_it(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    write_experiments("scaled.expt", experiments(1))
    write_reflections("scaled.refl", damaged(k=0.01))
    main(["damage_analysis", "scaled.expt", "scaled.refl"])
    assert "Keep" in capsys.readouterr().out
