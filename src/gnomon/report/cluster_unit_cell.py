"""What cluster_unit_cell found, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

from gnomon.report.table import text_table

_MOST_ROWS = 30  # clusters in the table; what is left of 240 crystals may be as many alone
_MOST_NAMES = 60


def describe(stats: Mapping[str, Any]) -> str:
    """The clusters with their cells, who is in them, and whose cell stands apart within one."""
    clusters = stats["clusters"]
    alone = sum(len(c["members"]) == 1 for c in clusters)
    head = f"{len(clusters) - alone} clusters of {len(stats['names'])} crystals, {alone} alone"
    lines = [f"{head}; cut at {stats['threshold']:g} Å²", "", _table(clusters[:_MOST_ROWS])]
    if len(clusters) > _MOST_ROWS:
        lines.append(f"and {len(clusters) - _MOST_ROWS} more, each of {len(clusters[_MOST_ROWS]['members'])} or fewer")
    if len(clusters) > 1:
        lines += ["", *(_names(c, stats["names"]) for c in clusters[:_MOST_ROWS])]
    if stats["outliers"]:
        lines += ["", "cells apart from the others of their cluster:"]
        lines += [f"  {o['name']}: {o['reason']}" for o in stats["outliers"]]
    return "\n".join(lines)


def _table(clusters: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            c["name"],
            len(c["members"]),
            *(f"{v:.2f}({s:.2f})" for v, s in zip(c["cell"], c["sd"])),
            c["lattice"],
            " ".join(f"{x:.2f}" for x in c["lattice_cell"]),
            f"{c['delta']:.2f}",
        )
        for c in clusters
    ]
    headers = ("", "crystals", "a", "b", "c", "alpha", "beta", "gamma", "lattice", "its cell", "misfit (°)")
    return text_table("median reduced cells (standard deviation) and the highest lattice they allow", headers, rows)


def _names(cluster: Mapping[str, Any], names: Sequence[str]) -> str:
    members = [names[i] for i in cluster["members"]]
    more = f" and {len(members) - _MOST_NAMES} more" if len(members) > _MOST_NAMES else ""
    text = f"{cluster['name']}: {', '.join(members[:_MOST_NAMES])}{more}"
    return fill(text, 110, subsequent_indent="    ", break_on_hyphens=False, break_long_words=False)
