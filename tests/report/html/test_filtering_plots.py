"""The cycles of filtering on the page of scale."""

from __future__ import annotations

from dataclasses import replace

from gnomon.pipeline import STAGES
from gnomon.report.html.scale import sections
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.wedges import integrated_wedges
from gnomon.steps.scale.summary import FilteringFigures, LeftOut


def test_every_cycle_is_a_point_and_everything_left_out_is_named():
    experiments, table, _ = integrated_wedges(WedgesParams(d_min=5.0, basis="primitive"))
    found = STAGES["cosym"](experiments, table)
    summary = STAGES["scale"](found.experiments, found.reflections).summary
    assert "Filtering" not in [s.title for s in sections(summary)]
    went = (LeftOut("pig_03", -0.02, -5.0, 1, "spoils"), LeftOut("cow_07", -0.01, -4.5, 2, "spoils"))
    filtered = replace(summary, filtered=went, filtering=FilteringFigures(2, (0.97, 0.985, 0.99), 5.0, "none is left"))
    (section,) = [s for s in sections(filtered) if s.title == "Filtering"]
    by_cycle, each = section.blocks
    assert by_cycle.traces[0]["y"].tolist() == [0.97, 0.985, 0.99]
    assert each.traces[0]["text"] == ["pig_03", "cow_07"]
