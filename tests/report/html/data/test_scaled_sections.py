"""Sections of scaled data show what was planted in them."""

from __future__ import annotations

import numpy as np
import pytest

from gnomon.models.flags import Flag
from gnomon.pipeline import STAGES
from gnomon.report.html.blocks import Figure, Table
from gnomon.report.html.data.crystals import with_error
from gnomon.report.html.data.scaled import scaled_rows
from gnomon.report.html.data.seen import Seen
from gnomon.report.html.steps import sections_of
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges


@pytest.fixture(scope="module")
def scaled():
    """36 wedges brought to one setting and scaled."""
    experiments, table, _ = integrated_wedges(WedgesParams(d_min=3.0, basis="primitive"))
    found = STAGES["cosym"](experiments, table)
    return STAGES["scale"](found.experiments, found.reflections)


@pytest.fixture(scope="module")
def blocks(scaled) -> dict:
    found = sections_of(scaled.experiments, scaled.reflections)
    return {getattr(b, "title", getattr(b, "caption", "")): b for s in found for b in s.blocks}


def test_what_section_2_names_is_there(blocks):
    wanted = {
        "Wilson plot", "Cumulative intensities", "L test", "Second moments", "Multiplicity", "I/sigma by axis",
        "Intensity by axis", "Scale by image", "Outliers by image", "Outliers over the detector", "CC1/2",
        "Completeness", "Anomalous normal probability", "Anomalous differences of half sets", "Geometry", "Crystals",
    }  # fmt: skip
    assert wanted <= set(blocks)


def test_merged_means_are_those_of_the_merge_step(scaled):
    merged = STAGES["merge"](scaled).product
    here = scaled_rows(Seen(scaled.experiments, scaled.reflections)).merged
    np.testing.assert_array_equal(here.hkl, merged.hkl)
    np.testing.assert_allclose(here.mean.intensity, merged.mean.intensity)


def test_multiplicities_count_every_reflection_once(scaled, blocks):
    n = len(STAGES["merge"](scaled).product)
    assert sum(blocks["Multiplicity"].traces[0]["y"]) == n


def test_outliers_are_shown_where_they_are(scaled):
    table = scaled.reflections
    corner = (table["xyzcal.px"][:, :2] < np.quantile(table["xyzcal.px"][:, :2], 0.2, axis=0)).all(axis=1)
    flagged = table.flagged(Flag.OUTLIER_IN_SCALING, corner)
    found = sections_of(scaled.experiments, flagged)
    (figure,) = [b for s in found for b in s.blocks if getattr(b, "title", "") == "Outliers over the detector"]
    z = np.asarray(figure.traces[0]["z"])
    assert z.sum() == corner.sum() > 0
    assert z[: z.shape[0] // 2, : z.shape[1] // 2].sum() == corner.sum()


def test_data_of_several_space_groups_make_a_page_without_merged_statistics(scaled):
    first = scaled.experiments[0]
    other = first.replace(crystal=first.needed_crystal.reindexed(np.eye(3), " P 1"))
    mixed = scaled.experiments.with_items([other, *scaled.experiments[1:]])
    titles = {s.title for s in sections_of(mixed, scaled.reflections)}
    assert "Scaling" in titles
    assert "Merging" not in titles


def test_errors_stand_in_the_last_digits():
    assert with_error(78.12344, 0.0012) == "78.1234(12)"
    assert with_error(78.12344, 0.0021) == "78.123(2)"
    assert with_error(90.0, 0.0) == "90.000"
    assert with_error(103.4, 25.0) == "103(25)"


def test_figures_and_tables_only(scaled):
    found = [b for s in sections_of(scaled.experiments, scaled.reflections) for b in s.blocks]
    assert all(isinstance(b, Figure | Table) for b in found)
