"""The page of correlation_matrix: who belongs together, how sure that is, and what differs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.maths.data_sets.trees import linkage_of
from gnomon.models.similarity import Similarity
from gnomon.report.html.blocks import Block, Figure, Section, Table, Tile, Tiles, Words
from gnomon.report.html.colours import colour_of
from gnomon.report.html.coordinates import dimensions, planes
from gnomon.report.html.figures.axes import axis, named_axis
from gnomon.report.html.figures.matrix import matrix_with_tree
from gnomon.report.html.figures.thinned import spread, thinned_note
from gnomon.steps.correlation_matrix.summary import CorrelationMatrixSummary

_TESTS = (
    "A split is proposed from one half of the reflections and tested on the other: p(no difference) is the chance of "
    "so great a difference if there were none, p(no gap) that of so clear a gap if crystals of one kind just "
    "scattered. Both must be below the level."
)

_MOST_NAMES = 1000
"""Of a cluster's members in one cell of a table; the log has all."""


def sections(summary: CorrelationMatrixSummary, similarity: Similarity | None = None) -> list[Section]:
    """The sections, without those of which ``summary`` says nothing."""
    found = [
        _overview(summary),
        _coordinates(summary),
        *([_matrices(summary, similarity)] if similarity is not None else []),
        _splits(summary),
        _differing(summary),
        Section("Decisions", (Words(summary.sentences, listed=True),)),
    ]
    return [section for section in found if section.blocks]


def _overview(summary: CorrelationMatrixSummary) -> Section:
    clusters, names = summary.clusters, summary.names
    sentence = (
        f"{len(names)} data sets in {summary.space_group}; {summary.n_used} of {summary.n_observations} "
        f"observations, to {summary.d_min:.2f} Å, compare them."
    )
    rows = [
        (
            c.name,
            str(len(c.members)),
            f"{100 * c.completeness:.1f} %",
            f"{c.multiplicity:.1f}",
            ", ".join(f"{x:.2f}" for x in c.cell),
            _p(c.p_value),
            _some(names, c.members, _MOST_NAMES),
        )
        for c in clusters
    ]
    headers = ("cluster", "data sets", "completeness", "multiplicity", "median cell / Å, °", "weakest p", "members")
    blocks: list[Block] = [Words([sentence]), Tiles(_tiles(summary))]
    blocks += [Table("Clusters", headers, rows)] if rows else []
    outliers = [(row.name, row.reason) for row in summary.outliers]
    blocks += [Table("In no cluster", ("data set", "why"), outliers)] if outliers else []
    return Section("Summary", blocks)


def _tiles(summary: CorrelationMatrixSummary) -> list[Tile]:
    labels = np.asarray(summary.labels, int)
    lone = int((labels < 0).sum())
    seen = {label for label in summary.optics_labels if label >= 0}
    return [
        Tile("Clusters", str(len(summary.clusters)), "", f"risk of a false one {summary.significance:g}"),
        Tile("In clusters", f"{len(labels) - lone} of {len(labels)}", "look" if lone else "good", f"{lone} in none"),
        Tile("By density alone", str(len(seen)), "", "clusters that OPTICS sees"),
    ]


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1e}" if value < 1e-3 else f"{value:.3f}"


def _coordinates(summary: CorrelationMatrixSummary) -> Section:
    of = {"names": summary.names, "labels": summary.labels, "cluster_names": [c.name for c in summary.clusters]}
    blocks: list[Block] = list(planes("Data sets", np.asarray(summary.coordinates, float), of))
    found = (dimensions(summary.dimensions_tried, summary.dimensions), _reachability(summary))
    return Section("Coordinates", [*blocks, *(figure for figure in found if figure is not None)])


_VALLEYS = "Good: deep valleys with steep walls, one a cluster; a level line is one kind of crystal, or noise."


def _reachability(summary: CorrelationMatrixSummary) -> Figure | None:
    """Valleys are dense groups; what has no reachability (the first of each) is not drawn. None where nothing has."""
    order = np.asarray(summary.ordering, int)
    value = np.array([np.inf if r is None else r for r in summary.reachability])[order]
    if not np.isfinite(value).any():
        return None
    names = [summary.names[k] for k in order]
    rows = spread(len(order))
    trace = {
        "type": "bar",
        "x": rows,
        "y": value[rows],
        "text": [names[k] for k in rows],
        "textposition": "none",
        "marker": {"color": [colour_of(summary.labels[k]) for k in order[rows]]},
        "hovertemplate": "%{text}: %{y:.4f}<extra></extra>",
    }
    layout = {"xaxis": named_axis(names), "yaxis": axis("reachability", rangemode="tozero"), "showlegend": False}
    note = thinned_note("Colours are those of clusters.", len(rows), len(order), "data sets")
    return Figure("Reachability (OPTICS)", [trace], layout, note, good=_VALLEYS)


def _matrices(summary: CorrelationMatrixSummary, similarity: Similarity) -> Section:
    kinds = (
        ("Correlation of intensities", similarity.cc, summary.linkage_cc, "1 - CC"),
        ("Cosines of the angles between coordinates", similarity.cosines, summary.linkage_cosine, "1 - cosine"),
    )
    figures = [
        matrix_with_tree(
            title,
            values,
            linkage_of(linkage),
            {"names": summary.names, "labels": summary.labels, "height": f"{height}, {summary.linkage_method}"},
        )
        for title, values, linkage, height in kinds
    ]
    return Section("Data set against data set", figures)


def _splits(summary: CorrelationMatrixSummary) -> Section:
    names = summary.names
    rows = [
        (
            "split" if s.significant else "one",
            f"{len(s.a)} | {len(s.b)}",
            str(s.shared),
            f"{s.cc_within:.3f}",
            f"{s.cc_between:.3f}",
            *(_p(value) for value in (s.p_real, s.p_gap, s.level)),
            f"{_some(names, s.a)} | {_some(names, s.b)}",
        )
        for s in summary.splits
    ]
    headers = (
        "verdict", "sizes", "reflections", "CC within", "CC between", "p(no difference)", "p(no gap)", "level",
        "data sets",
    )  # fmt: skip
    marked = frozenset(i for i, s in enumerate(summary.splits) if s.significant)
    return Section("How sure", [Table("Splits that were tested", headers, rows, _TESTS, marked)] if rows else [])


def _some(names: Sequence[str], members: Sequence[int], most: int = 6) -> str:
    more = len(members) - most
    return ", ".join(names[k] for k in members[:most]) + (f", +{more}" if more > 0 else "")


def _differing(summary: CorrelationMatrixSummary) -> Section:
    tables: list[Block] = []
    for a, b in dict.fromkeys(r.pair for r in summary.differing):
        rows = [
            (
                " ".join(map(str, r.hkl)),
                f"{r.d:.2f}",
                *(f"{value:.4g}" for value in (r.i_a, r.sigma_a, r.i_b, r.sigma_b)),
                f"{r.z:+.1f}",
            )
            for r in summary.differing
            if r.pair == (a, b)
        ]
        headers = ("h k l", "d / Å", f"I in cluster_{a}", "sigma", f"I in cluster_{b}", "sigma", "z")
        tables.append(Table(f"cluster_{a} and cluster_{b}", headers, rows))
    return Section("Reflections that differ most", tables)
