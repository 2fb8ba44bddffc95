"""What index decided, in words."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from gnomon.report.table import long_table

LEAST_OFF = 0.5  # px, of the beam centre, worth telling
_FEW = 4  # sweeps, of which crystals and spots are told in a table each


def describe(stats: Mapping[str, Any]) -> str:
    """The search, the crystals, and a line a sweep: spots, indexed, and why the rest is not."""
    lines = [
        f"cell edges up to {stats['max_cell']:.0f} Å looked for, transform to {stats['d_min']:.2f} Å; "
        f"{stats['n_crystals']} crystal{'s' if stats['n_crystals'] != 1 else ''}",
        *stats["reasons"],
    ]
    off = stats["beam_centre_off"]
    if max(map(abs, off)) > LEAST_OFF:
        lines.append(f"the beam centre given was off by ({off[0]:.1f}, {off[1]:.1f}) px (fast, slow): corrected")
    simple = len(stats["sweeps"]) > _FEW and [c["sweep"] for c in stats["crystals"]] == [
        s["sweep"] for s in stats["sweeps"]
    ]
    tables = [_both(stats)] if simple else [_crystals(stats["crystals"]), _sweeps(stats["sweeps"])]
    return "\n\n".join(["\n".join(lines), *tables])


def _cell(crystal: Mapping[str, Any]) -> str:
    return " ".join(f"{x:.2f}" for x in crystal["cell"])


def _rmsd(crystal: Mapping[str, Any]) -> list[str]:
    return [f"{x:.2f}" if isfinite(x) else "-" for x in crystal["rmsd"]]


def _lost(sweep: Mapping[str, Any]) -> str:
    return ", ".join(f"{n} {why}" for why, n in sweep["unindexed"].items() if n) or "-"


def _crystals(crystals: list[Mapping[str, Any]]) -> str:
    rows = [(str(c["experiment"]), c["sweep"], _cell(c), c["space_group"], c["indexed"], *_rmsd(c)) for c in crystals]
    headers = ("experiment", "sweep", "cell (Å, degrees)", "group", "indexed", "rmsd x (px)", "y (px)", "z (images)")
    return long_table("crystals", headers, rows, [-c["indexed"] for c in crystals], "with the fewest indexed spots")


def _sweeps(sweeps: list[Mapping[str, Any]]) -> str:
    rows = [
        (str(s["sweep"]), s["spots"], s["indexed"], f"{100 * s['fraction']:.1f}%", s["outliers"], _lost(s))
        for s in sweeps
    ]
    headers = ("sweep", "spots", "indexed", "%", "outliers", "unindexed")
    return long_table("sweeps", headers, rows, [-s["fraction"] for s in sweeps], "with the least indexed")


def _both(stats: Mapping[str, Any]) -> str:
    """A crystal in each of many sweeps: one table of both."""
    crystals, sweeps = stats["crystals"], stats["sweeps"]
    rows = [
        (
            str(c["experiment"]),
            _cell(c),
            c["space_group"],
            s["spots"],
            f"{100 * s['fraction']:.1f}%",
            *_rmsd(c),
            _lost(s),
        )
        for c, s in zip(crystals, sweeps)
    ]
    headers = (
        "crystal",
        "cell (Å, degrees)",
        "group",
        "spots",
        "indexed",
        "rmsd x (px)",
        "y (px)",
        "z (images)",
        "unindexed",
    )
    return long_table("", headers, rows, [-s["fraction"] for s in sweeps], "with the least indexed")
