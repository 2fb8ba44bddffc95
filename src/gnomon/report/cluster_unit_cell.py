"""What cluster_unit_cell found, in words."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from gnomon.report.table import text_table
from gnomon.steps.cluster_unit_cell.summary import CellCluster, ClusterUnitCellSummary

_MOST_ROWS = 30  # clusters in the table; what is left of 240 crystals may be as many alone
_MOST_NAMES = 60


def describe(summary: ClusterUnitCellSummary) -> str:
    """The clusters with their cells, who is in them, and whose cell stands apart within one."""
    clusters = summary.clusters
    alone = sum(len(c.members) == 1 for c in clusters)
    head = f"{len(clusters) - alone} clusters of {len(summary.names)} crystals, {alone} alone"
    lines = [f"{head}; cut at {summary.threshold:g} Å²", "", _table(clusters[:_MOST_ROWS])]
    if len(clusters) > _MOST_ROWS:
        lines.append(f"and {len(clusters) - _MOST_ROWS} more, each of {len(clusters[_MOST_ROWS].members)} or fewer")
    if len(clusters) > 1:
        lines += ["", *(_names(c, summary.names) for c in clusters[:_MOST_ROWS])]
    if summary.outliers:
        lines += ["", "cells apart from the others of their cluster:"]
        lines += [f"  {o.name}: {o.reason}" for o in summary.outliers]
    return "\n".join(lines)


def _table(clusters: Sequence[CellCluster]) -> str:
    rows = [
        (
            c.name,
            len(c.members),
            *(f"{v:.2f}({s:.2f})" for v, s in zip(c.cell, c.sd)),
            c.lattice,
            " ".join(f"{x:.2f}" for x in c.lattice_cell),
            f"{c.delta:.2f}",
        )
        for c in clusters
    ]
    headers = ("", "crystals", "a", "b", "c", "alpha", "beta", "gamma", "lattice", "its cell", "misfit (°)")
    return text_table("median reduced cells (standard deviation) and the highest lattice they allow", headers, rows)


def _names(cluster: CellCluster, names: Sequence[str]) -> str:
    members = [names[i] for i in cluster.members]
    more = f" and {len(members) - _MOST_NAMES} more" if len(members) > _MOST_NAMES else ""
    text = f"{cluster.name}: {', '.join(members[:_MOST_NAMES])}{more}"
    return fill(text, 110, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)
