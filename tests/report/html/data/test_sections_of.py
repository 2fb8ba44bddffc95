"""Sections of data at any stage: from whatever columns there are, with the right numbers."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.report.html.blocks import Figure, Table
from gnomon.report.html.data.seen import Seen
from gnomon.report.html.steps import KINDS, sections_of, step_sections
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges


@pytest.fixture(scope="module")
def wedges():
    """36 wedges of three species, integrated."""
    experiments, table, _ = integrated_wedges(WedgesParams(d_min=3.5, basis="primitive"))
    return experiments, table


def spots(n: int = 5000) -> Reflections:
    """Spots of which a third are indexed, with residuals of 0.2 px that are 1 px to the right on the left half."""
    rng = np.random.default_rng(1)
    xyz = rng.uniform((0, 0, 0), (100, 100, 20), (n, 3))
    off = rng.normal(0, 0.2, (n, 3))
    off[xyz[:, 0] < 50, 0] += 1.0
    hkl = rng.integers(1, 9, (n, 3))
    hkl[n // 3 :] = 0
    return Reflections(
        {
            "id": np.zeros(n, int),
            "panel": np.zeros(n, int),
            "flags": np.full(n, Flag.STRONG | Flag.PREDICTED, np.uint64),
            "miller_index": hkl,
            "xyzobs.px.value": xyz + off,
            "xyzcal.px": xyz,
        }
    )


def figures(sections) -> dict[str, Figure]:
    return {b.title: b for s in sections for b in s.blocks if isinstance(b, Figure)}


def test_no_data_make_no_sections():
    assert sections_of(Experiments(), Reflections()) == []


@pytest.mark.parametrize("left_out", ["flags", "xyzobs.px.value", "xyzcal.px", "miller_index", "panel", "id", "d"])
def test_any_column_may_be_missing(wedges, left_out):
    experiments, table = wedges
    if left_out not in table:
        pytest.skip(f"integrated data have no {left_out}")
    with_all = sections_of(experiments, table)
    without = sections_of(experiments, table.without_columns(left_out))
    assert 0 < len(without) <= len(with_all)


def test_tables_alone_and_experiments_alone_have_a_page(wedges):
    experiments, _ = wedges
    assert {"Crystals", "Geometry"} <= {s.title for s in sections_of(experiments, Reflections())}
    assert sections_of(Experiments(), spots())


def test_spots_are_counted_where_they_are(wedges):
    experiments, _ = wedges
    table = spots()
    found = figures(sections_of(Experiments.of([experiments[0]]), table))
    by_image = found["Spots by image"]
    assert [t["name"] for t in by_image.traces] == ["all", "indexed", "unindexed"]
    total, indexed, others = (np.asarray(t["y"]) for t in by_image.traces)
    np.testing.assert_allclose(total, indexed + others)
    size = 20 / len(total)
    assert total.sum() * size == pytest.approx(len(table))
    assert indexed.sum() * size == pytest.approx(len(table) // 3)
    assert found["Indexed spots over the detector"].traces[0]["z"].sum() == len(table) // 3


def test_residuals_show_where_the_detector_is_off(wedges):
    experiments, _ = wedges
    found = figures(sections_of(Experiments.of([experiments[0]]), spots()))
    trace = found["Residual of x over the detector"].traces[0]
    x = trace["x0"] + trace["dx"] * np.arange(trace["z"].shape[1])
    left, right = trace["z"][:, x < 48], trace["z"][:, (x > 52) & (x < 100)]
    assert np.nanmean(left) == pytest.approx(1.0, abs=0.1)
    assert np.nanmean(right) == pytest.approx(0.0, abs=0.1)
    rms = found["R.m.s. residual by image"].traces[2]["y"]
    np.testing.assert_allclose(rms, 0.2, atol=0.1)


def test_rows_without_an_experiment_belong_to_the_first_on_their_images(wedges):
    experiments, _ = wedges
    table = Reflections({"id": np.array([-1, 2, -1]), "imageset_id": np.array([1, 2, 0])})
    first = {row: i for i, row in reversed(list(enumerate(experiments.rows("images").tolist())))}
    assert Seen(experiments, table).experiment.tolist() == [first.get(1, -1), 2, first.get(0, -1)]


def test_a_million_reflections_make_a_light_page(wedges):
    from gnomon.report.html.page import page

    experiments, table = wedges
    many = table.select(np.resize(np.arange(len(table)), 1_000_000))
    assert len(page("many", sections_of(experiments, many))) < 2e6


def test_every_figure_says_what_good_looks_like(wedges):
    found = {**figures(sections_of(*wedges)), **figures(sections_of(Experiments.of([wedges[0][0]]), spots()))}
    assert len(found) > 12
    silent = [title for title, figure in found.items() if not figure.good.startswith("Good: ")]
    assert [t for t in silent if not t.startswith("Cell ")] == []
    assert all(figure.title in figure.spoken for figure in found.values())


def test_a_step_s_page_begins_with_what_it_told(wedges):
    from gnomon.pipeline import STAGES

    experiments, table = wedges
    result = STAGES["symmetry"](experiments, table)
    found = step_sections("symmetry", result)
    assert found[0].title == "Symmetry"
    assert all(isinstance(s.blocks[0], Table | Figure) for s in found)


def test_kinds_name_steps_that_there_are():
    from gnomon.pipeline import STEPS

    assert {name for kind in KINDS for name in (*kind.steps, *kind.also)} <= set(STEPS)
