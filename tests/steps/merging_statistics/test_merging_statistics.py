"""Merging statistics against sums written out, those that scale prints, and for several data sets side by side."""

import numpy as np
import pytest

import gnomon
from gnomon.cli.main import main
from gnomon.errors import InputError
from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections
from gnomon.maths.crystal.symmetry import to_asu
from gnomon.maths.data_sets.data_set import scaled_intensities
from gnomon.pipeline import STEPS
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges


@pytest.fixture(scope="module")
def scaled():
    experiments, table, _ = integrated_wedges(WedgesParams(d_min=3.5, wedges=3, images=20, basis="true"))
    return gnomon.scale(gnomon.cosym(experiments, table))


def written_out(result, d_min):
    """Rmerge, Rmeas, Rpim and multiplicity, by loops over the groups of equivalents."""
    table = result.reflections
    usable, I, variance = scaled_intensities(table)
    hall = result.experiments[0].crystal.hall_symbol
    hkl = to_asu(table["miller_index"][usable], hall)[0]
    d = 1 / np.linalg.norm(hkl @ result.experiments[0].crystal.A.T, axis=1)
    groups: dict[tuple, list] = {}
    for h, i, v, one in zip(hkl.tolist(), I[usable], variance[usable], d):
        if one >= d_min:
            groups.setdefault(tuple(h), []).append((i, v))
    sums = np.zeros(4)
    for rows in groups.values():
        values, weights = np.array(rows).T[0], 1 / np.array(rows).T[1]
        n = len(values)
        if n > 1:
            off = np.abs(values - (weights * values).sum() / weights.sum()).sum()
            sums += [off, off * np.sqrt(n / (n - 1)), off * np.sqrt(1 / (n - 1)), values.sum()]
    return sums[:3] / sums[3], sum(map(len, groups.values())) / len(groups)


def test_figures_are_those_of_their_definitions(scaled):
    summary = gnomon.merging_statistics(scaled, d_min=4.0, n_bins=5).summary
    (r_merge, r_meas, r_pim), multiplicity = written_out(scaled, 4.0)
    found = summary.overall
    assert (found.r_merge, found.r_meas, found.r_pim) == pytest.approx((r_merge, r_meas, r_pim), rel=0.01)
    assert found.multiplicity == pytest.approx(multiplicity, rel=2e-3)
    assert found.d_min >= 4.0
    assert len(summary.shells) <= 5
    assert sum(shell.n_observations for shell in summary.shells) == found.n_observations


def test_all_the_data_are_as_scale_has_them(scaled):
    summary = gnomon.merging_statistics(scaled).summary
    assert summary.overall.n_unique == scaled.summary.overall.n_unique
    assert summary.overall.r_meas == pytest.approx(scaled.summary.overall.r_meas, rel=1e-3)
    assert summary.overall.cc_half == pytest.approx(scaled.summary.overall.cc_half, abs=1e-3)
    lower = gnomon.merging_statistics(scaled, space_group="P1").summary
    assert lower.overall.n_unique > summary.overall.n_unique
    stage, result = STEPS["merging_statistics"], gnomon.merging_statistics(scaled)
    assert "Merging statistics (Table 1)" in stage.describe(result)
    assert [s.title for s in stage.page_sections(result)] == ["Summary", "By resolution"]


def test_nothing_within_the_limits_is_told(scaled):
    with pytest.raises(InputError, match="no scaled observations within d_min and d_max"):
        gnomon.merging_statistics(scaled, d_max=0.5)


def test_data_sets_are_compared(scaled, tmp_path, monkeypatch, capsys):
    noisier = scaled.reflections.with_columns({
        "intensity.scale.value": scaled.reflections["intensity.scale.value"]
        * (1 + 0.3 * np.random.default_rng(1).normal(size=len(scaled.reflections)))
    })  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for name, table in (("good", scaled.reflections), ("worse", noisier)):
        write_experiments(f"{name}.expt", scaled.experiments)
        write_reflections(f"{name}.refl", table)
    files = ["good.expt", "good.refl", "worse.expt", "worse.refl"]
    main(["compare_merging_stats", *files, "n_bins=5"])
    said = capsys.readouterr().out.partition("Overall\n")[2].partition("\n\n")[0]
    rows = {line.split()[0]: line.split() for line in said.splitlines()}
    r_meas = {name: float(rows[name][8]) for name in ("good", "worse")}
    assert rows["data"][8] == "Rmeas"
    assert r_meas["good"] == pytest.approx(scaled.summary.overall.r_meas, abs=6e-4)
    assert r_meas["worse"] > 1.3 * r_meas["good"]
    assert "worse" in (tmp_path / "gnomon.compare_merging_stats.html").read_text()
    for wrong in ([*files, "plot_labels=a"], files[:3]):
        with pytest.raises(SystemExit) as left:
            main(["compare_merging_stats", *wrong])
        assert left.value.code != 0
