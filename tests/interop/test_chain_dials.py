"""Steps of DIALS on our files, and ours on DIALS' files, on a small simulated data set."""

import gemmi
import numpy as np
import pytest
from agreement import pairs, same_indices, slope_and_correlation

from gnomon import read_experiments, read_reflections, scale, symmetry
from gnomon.models.flags import Flag
from gnomon.simulate.example import EXAMPLE

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def integrated_by_dials(chain, tmp_path_factory, dials):
    """Experiments and reflections of dials.integrate on our refined files."""
    folder = tmp_path_factory.mktemp("integrate")
    dials(folder, "dials.integrate", *chain.files("refined"), "nproc=1")
    return read_experiments(folder / "integrated.expt"), read_reflections(folder / "integrated.refl")


def name_of_group(experiments):
    return gemmi.find_spacegroup_by_ops(gemmi.symops_from_hall(experiments[0].crystal.hall_symbol)).hm


def cells_differ(a, b):
    """The largest relative difference of the cell edges."""
    return np.abs(a[0].crystal.cell[:3] / b[0].crystal.cell[:3] - 1).max()


def test_dials_shows_our_files(chain, dials):
    text = dials(chain.folder, "dials.show", *chain.files("integrated"))
    assert f"image range:   {{1,{chain.images}}}" in text
    assert f"Reflection list contains {len(chain.results['integrated'].reflections)} reflections" in text


@pytest.mark.slow
def test_dials_refines_what_we_indexed(chain, dials, tmp_path):
    dials(tmp_path, "dials.refine", *chain.files("indexed"))
    ours, theirs = chain.results["refined"].reflections, read_reflections(tmp_path / "refined.refl")
    assert cells_differ(read_experiments(tmp_path / "refined.expt"), chain.results["refined"].experiments) < 1e-3
    i, j = pairs(ours["xyzobs.px.value"], theirs["xyzobs.px.value"])
    assert len(i) == len(ours)
    assert same_indices(ours["miller_index"][i], theirs["miller_index"][j]) == 1.0
    used = theirs.select(theirs.has(Flag.USED_IN_REFINEMENT))
    rms = np.sqrt(((used["xyzcal.mm"] - used["xyzobs.mm.value"]) ** 2).mean(axis=0))
    assert (rms[:2] < 0.05 * EXAMPLE.pixel_size).all()


def test_dials_integrates_what_we_refined(chain, integrated_by_dials):
    ours, theirs = chain.results["integrated"].reflections, integrated_by_dials[1]
    i, j = pairs(ours["xyzcal.px"], theirs["xyzcal.px"])
    assert len(i) > 0.95 * len(theirs)
    for kind, flag in (("sum", Flag.INTEGRATED_SUM), ("prf", Flag.INTEGRATED_PRF)):
        both = ours.has(flag)[i] & theirs.has(flag)[j] & (theirs["partiality"][j] > 0.99)
        name = f"intensity.{kind}.value"
        slope, correlation = slope_and_correlation(ours[name][i][both], theirs[name][j][both])
        assert both.sum() > 0.8 * len(theirs)
        assert slope == pytest.approx(1.0, abs=0.01)
        assert correlation > 0.999


def test_we_go_on_from_what_dials_integrated(chain, integrated_by_dials):
    found = symmetry(*integrated_by_dials)
    assert name_of_group(found.experiments) == chain.group
    scaled = scale(found.experiments, found.reflections)
    assert scaled.reflections.has(Flag.SCALED).sum() > 0.9 * len(found.reflections)
    assert scaled.summary.overall.r_meas < 0.05


def test_dials_scales_what_we_symmetrized(chain, dials, tmp_path):
    text = dials(tmp_path, "dials.scale", *chain.files("symmetrized"), "output.html=None")
    assert f"Space group being used during scaling is {chain.group}" in text
    mine, theirs = chain.results["scaled"].reflections, read_reflections(tmp_path / "scaled.refl")
    both = theirs.has(Flag.SCALED) & ~theirs.has(Flag.BAD_FOR_SCALING)
    i, j = pairs(mine["xyzcal.px"], theirs["xyzcal.px"][both])
    good = (mine.has(Flag.SCALED) & ~mine.has(Flag.BAD_FOR_SCALING))[i]
    x, y = (
        (t["intensity.scale.value"] / t["inverse_scale_factor"])
        for t in (mine.select(i), theirs.select(both).select(j))
    )
    assert good.mean() > 0.95
    assert slope_and_correlation(x[good], y[good])[1] > 0.998


def test_dials_exports_what_we_scaled(chain, dials, tmp_path):
    dials(tmp_path, "dials.export", *chain.files("scaled"), "mtz.hklout=ours.mtz")
    table = chain.results["scaled"].reflections
    mtz = gemmi.read_mtz_file(str(tmp_path / "ours.mtz"))
    assert mtz.nreflections == (table.has(Flag.SCALED) & ~table.has(Flag.BAD_FOR_SCALING)).sum()
    assert mtz.spacegroup.hm == chain.group
    batches = np.array(mtz.column_with_label("BATCH"))
    assert (batches.min(), batches.max()) == (1, chain.images)
