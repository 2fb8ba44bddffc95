"""The page of correlation_matrix: who belongs together, how sure that is, and what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gnomon.report.html.blocks import Block, Figure, Section, Table, Tile, Tiles, Words
from gnomon.report.html.colours import colour_of
from gnomon.report.html.coordinates import dimensions, planes
from gnomon.report.html.figures.axes import axis, named_axis
from gnomon.report.html.figures.matrix import matrix_with_tree
from gnomon.report.html.figures.thinned import spread, thinned_note

_TESTS = (
    "A split is proposed from one half of the reflections and tested on the other: p(no difference) is the chance of "
    "so great a difference if there were none, p(no gap) that of so clear a gap if crystals of one kind just "
    "scattered. Both must be below the level."
)

_MOST_NAMES = 1000
"""Of a cluster's members in one cell of a table; the log has all."""


def sections(stats: Mapping[str, Any]) -> list[Section]:
    """The sections, without those of which ``stats`` says nothing."""
    found = [
        _summary(stats),
        _coordinates(stats),
        _matrices(stats),
        _splits(stats),
        _differing(stats),
        Section("Decisions", (Words(stats["reasons"], listed=True),)),
    ]
    return [section for section in found if section.blocks]


def _summary(stats: Mapping[str, Any]) -> Section:
    clusters, names = stats["clusters"], stats["names"]
    sentence = (
        f"{len(names)} data sets in {stats['space_group']}; {stats['n_used']} of {stats['n_observations']} "
        f"observations, to {stats['d_min']:.2f} Å, compare them."
    )
    rows = [
        (
            c["name"],
            str(len(c["members"])),
            f"{100 * c['completeness']:.1f} %",
            f"{c['multiplicity']:.1f}",
            ", ".join(f"{x:.2f}" for x in c["cell"]),
            _p(c["p_value"]),
            _some(names, c["members"], _MOST_NAMES),
        )
        for c in clusters
    ]
    headers = ("cluster", "data sets", "completeness", "multiplicity", "median cell / Å, °", "weakest p", "members")
    blocks: list[Block] = [Words([sentence]), Tiles(_tiles(stats))]
    blocks += [Table("Clusters", headers, rows)] if rows else []
    outliers = [(row["name"], row["reason"]) for row in stats["outliers"]]
    blocks += [Table("In no cluster", ("data set", "why"), outliers)] if outliers else []
    return Section("Summary", blocks)


def _tiles(stats: Mapping[str, Any]) -> list[Tile]:
    labels = np.asarray(stats["labels"], int)
    lone = int((labels < 0).sum())
    seen = {int(x) for x in stats["optics_labels"] if x >= 0}
    return [
        Tile("Clusters", str(len(stats["clusters"])), "", f"risk of a false one {stats['significance']:g}"),
        Tile("In clusters", f"{len(labels) - lone} of {len(labels)}", "look" if lone else "good", f"{lone} in none"),
        Tile("By density alone", str(len(seen)), "", "clusters that OPTICS sees"),
    ]


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1e}" if value < 1e-3 else f"{value:.3f}"


def _coordinates(stats: Mapping[str, Any]) -> Section:
    of = {"names": stats["names"], "labels": stats["labels"], "cluster_names": [c["name"] for c in stats["clusters"]]}
    blocks: list[Block] = list(planes("Data sets", np.asarray(stats["coordinates"], float), of))
    found = (dimensions(stats["dimensions_tried"], stats["dimensions"]), _reachability(stats))
    return Section("Coordinates", [*blocks, *(figure for figure in found if figure is not None)])


def _reachability(stats: Mapping[str, Any]) -> Figure | None:
    """Valleys are dense groups; what has no reachability (the first of each) is not drawn. None where nothing has."""
    order = np.asarray(stats["ordering"], int)
    value = np.asarray(stats["reachability"], float)[order]
    if not np.isfinite(value).any():
        return None
    names = [stats["names"][k] for k in order]
    rows = spread(len(order))
    trace = {
        "type": "bar",
        "x": rows,
        "y": value[rows],
        "text": [names[k] for k in rows],
        "textposition": "none",
        "marker": {"color": [colour_of(int(stats["labels"][k])) for k in order[rows]]},
        "hovertemplate": "%{text}: %{y:.4f}<extra></extra>",
    }
    layout = {"xaxis": named_axis(names), "yaxis": axis("reachability", rangemode="tozero"), "showlegend": False}
    note = "Valleys are dense groups; colours are those of clusters."
    return Figure("Reachability (OPTICS)", [trace], layout, thinned_note(note, len(rows), len(order), "data sets"))


def _matrices(stats: Mapping[str, Any]) -> Section:
    kinds = (
        ("Correlation of intensities", "cc", "linkage_cc", "1 - CC"),
        ("Cosines of the angles between coordinates", "cosines", "linkage_cosine", "1 - cosine"),
    )
    figures = [
        matrix_with_tree(
            title,
            np.asarray(stats[values], float),
            np.asarray(stats[linkage], float),
            {"names": stats["names"], "labels": stats["labels"], "height": f"{height}, {stats['linkage_method']}"},
        )
        for title, values, linkage, height in kinds
    ]
    return Section("Data set against data set", figures)


def _splits(stats: Mapping[str, Any]) -> Section:
    names = stats["names"]
    rows = [
        (
            "split" if s["significant"] else "one",
            f"{len(s['a'])} | {len(s['b'])}",
            str(s["shared"]),
            f"{s['cc_within']:.3f}",
            f"{s['cc_between']:.3f}",
            *(_p(s[key]) for key in ("p_real", "p_gap", "level")),
            f"{_some(names, s['a'])} | {_some(names, s['b'])}",
        )
        for s in stats["splits"]
    ]
    headers = (
        "verdict", "sizes", "reflections", "CC within", "CC between", "p(no difference)", "p(no gap)", "level",
        "data sets",
    )  # fmt: skip
    marked = frozenset(i for i, s in enumerate(stats["splits"]) if s["significant"])
    return Section("How sure", [Table("Splits that were tested", headers, rows, _TESTS, marked)] if rows else [])


def _some(names: Sequence[str], members: Sequence[int], most: int = 6) -> str:
    more = len(members) - most
    return ", ".join(names[k] for k in members[:most]) + (f", +{more}" if more > 0 else "")


def _differing(stats: Mapping[str, Any]) -> Section:
    tables: list[Block] = []
    for a, b in dict.fromkeys(tuple(r["pair"]) for r in stats["differing"]):
        rows = [
            (
                " ".join(str(int(h)) for h in r["hkl"]),
                f"{r['d']:.2f}",
                *(f"{r[key]:.4g}" for key in ("i_a", "sigma_a", "i_b", "sigma_b")),
                f"{r['z']:+.1f}",
            )
            for r in stats["differing"]
            if tuple(r["pair"]) == (a, b)
        ]
        headers = ("h k l", "d / Å", f"I in cluster_{a}", "sigma", f"I in cluster_{b}", "sigma", "z")
        tables.append(Table(f"cluster_{a} and cluster_{b}", headers, rows))
    return Section("Reflections that differ most", tables)
