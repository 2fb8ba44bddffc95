"""The page of scale: are the data well, Table 1, then by shell, by image, by data set, and the models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gnomon.maths.intensities.statistics import MergingFigures
from gnomon.report.html.blocks import Block, Columns, Figure, Section, Table, Tiles, Words
from gnomon.report.html.data_sets import by_data_set_section
from gnomon.report.html.error_model import error_model_section
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, lines, many_lines
from gnomon.report.html.figures.shells import by_shell, fraction_axis
from gnomon.report.html.images import by_image_section
from gnomon.report.html.quality import headline, quality
from gnomon.report.scale import decisions, shell_table_rows, table_one_rows
from gnomon.steps.scale.summary import ModelAlong, ScaleSummary


def sections(summary: ScaleSummary) -> list[Section]:
    """The sections, without those of which there is nothing to show."""
    found = [
        summary_section(summary),
        Section("Decisions", (Words(decisions(summary), listed=True),)),
        _by_shell(summary),
        by_image_section(summary.by_image),
        by_data_set_section(summary.data_sets, summary.filtered),
        _filtering(summary),
        _models(summary.models_along),
        error_model_section(summary),
    ]
    return [section for section in found if section.blocks]


def summary_section(summary: ScaleSummary, title: str = "Summary") -> Section:
    """A sentence, the numbers to see first, Table 1, and beside it how far the data reach."""
    table = Table("Table 1", ("", "Overall", "Low", "High"), [list(row) for row in table_one_rows(summary)])
    reach = _reach(summary.shells)
    columns = Columns([table, reach] if reach else [table])
    return Section(title, (Words([headline(summary)]), Tiles(quality(summary)), columns))


def _reach(shells: Sequence[MergingFigures]) -> Figure | None:
    """CC1/2 on the left axis and I/sigma on the right."""
    kinds = (("CC1/2 (left)", "cc_half"), ("I/sigma (right)", "i_over_sigma"))
    found = by_shell("How far the data reach", shells, kinds, axis("CC1/2", range=[0, 1.04]))
    if found is None or len(found.traces) < 2:
        return None
    left, right = found.traces
    second = axis("mean I/sigma", rangemode="tozero", overlaying="y", side="right", tickmode="auto", showgrid=False)
    return replace(
        found, traces=[left, {**right, "yaxis": "y2"}], layout={**found.layout, "yaxis2": second}, height=480,
        note="Worth keeping: shells with CC1/2 above 0.3 (Karplus & Diederichs 2012).",
    )  # fmt: skip


def _by_shell(summary: ScaleSummary) -> Section:
    headers, rows = shell_table_rows(summary)
    table = Table(
        "Merging statistics by resolution", headers, rows, "* CC1/2 that chance would exceed less than once in 100.",
        frozenset([len(rows) - 1]),
    )  # fmt: skip
    return Section("By resolution", (*shell_figures(summary.shells), table))


def shell_figures(shells: Sequence[MergingFigures]) -> list[Figure]:
    """Correlation, I/sigma, R, completeness, multiplicity, intensity and anomalous correlation by shell."""
    r_factors = (("Rmerge", "r_merge"), ("Rmeas", "r_meas"), ("Rpim", "r_pim"))
    complete = (("all", "completeness"), ("anomalous pairs", "anomalous_completeness"))
    multiple = (("all", "multiplicity"), ("I(+) and I(-) apart", "anomalous_multiplicity"))
    signal = (("merged", "i_over_sigma"), ("unmerged", "unmerged_i_over_sigma"))
    halves = (("random halves", "cc_half"), ("sigma-tau", "cc_half_sigma_tau"))
    found = [
        by_shell("CC1/2", shells, halves, axis("CC1/2"), "Below 0.3 there is little left but noise."),
        by_shell("I/sigma", shells, signal, axis("mean I/sigma", rangemode="tozero")),
        by_shell("R factors", shells, r_factors, fraction_axis("R")),
        by_shell("Completeness", shells, complete, axis("completeness", range=[0, 1.05])),
        by_shell("Multiplicity", shells, multiple, axis("observations per reflection", rangemode="tozero")),
        by_shell("Mean intensity", shells, (("mean I", "mean_intensity"),), axis("mean I", type="log", dtick="D2")),
        by_shell("Anomalous correlation", shells, (("CCanom", "cc_anom"),), axis("CCanom")),
    ]
    return [figure for figure in found if figure is not None]


def _filtering(summary: ScaleSummary) -> Section:
    """CC1/2 after each cycle of filtering, and the gain of what went in each; nothing where none was asked for."""
    found = summary.filtering
    if found is None:
        return Section("Filtering")
    cycles = np.arange(len(found.cc_half))
    axes = {"x": axis("cycle", dtick=1), "y": axis("CC1/2 (sigma-tau)")}
    note = f"{found.percent_removed:.1f} % of the observations left out; ended because {found.ended}."
    good = "Good: rises, then levels off: what is left is alike. No rise: nothing was worth leaving out."
    blocks: list[Block] = [
        lines("CC1/2 by cycle", [Curve("all", cycles, found.cc_half, mode="lines+markers")], axes, note, good=good)
    ]
    if summary.filtered:
        went = [
            Curve(
                "left out",
                [p.cycle for p in summary.filtered],
                [p.delta_cc_half for p in summary.filtered],
                [p.name for p in summary.filtered],
                mode="markers",
            )
        ]
        axes = {"x": axis("cycle", dtick=1), "y": axis("gain of CC1/2")}
        good = "Good: all well below zero. Close to zero: parts that spoiled little."
        blocks.append(lines("What went in each cycle", went, axes, good=good))
    return Section("Filtering", blocks)


def _models(along: Sequence[ModelAlong]) -> Section:
    blocks: list[Block] = []
    for title, key, label in (("Scale", "scale", "inverse scale"), ("Relative B", "b", "B / Å²")):
        curves = [Curve(m.name, m.image, getattr(m, key)) for m in along if m.image]
        if curves:
            blocks.append(many_lines(title, curves, {"x": axis("image"), "y": axis(label)}))
    return Section("Scaling models", blocks)
