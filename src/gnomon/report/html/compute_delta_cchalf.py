"""The page of compute_delta_cchalf: what each part does to CC1/2."""

from __future__ import annotations

import numpy as np

from gnomon.report.html.blocks import Section, Table, Tile, Tiles, Words
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.histogram import histograms
from gnomon.report.html.figures.points import by_data_set
from gnomon.steps.compute_delta_cchalf.summary import ComputeDeltaCchalfSummary


def sections(summary: ComputeDeltaCchalfSummary) -> list[Section]:
    """The parts that spoil the rest, and the gain of every one."""
    parts = summary.parts
    spoil = [p for p in parts if p.spoils]
    tiles = Tiles(
        [
            Tile("CC1/2 of all", f"{summary.cc_half:.4f}"),
            Tile("Parts", str(len(parts)), "", "data sets" if summary.mode == "dataset" else "groups of images"),
            Tile("Spoil the rest", str(len(spoil)), "look" if spoil else "good", f"below -{summary.cutoff:g} sigma"),
        ]
    )
    delta = np.array([p.delta for p in parts], float)
    good = "Good: a narrow band above 0. Far below the others: that part spoils the rest."
    figures = [
        by_data_set("Gain of CC1/2", [p.name for p in parts], 100 * delta, axis("CC1/2 with - without / %"), good=good),
        histograms("Spread of the gains", {"gain": 100 * delta}, "CC1/2 with - without / %", good=good, bins=40),
    ]
    order = sorted(
        range(len(parts)), key=lambda i: (not parts[i].spoils, parts[i].z if np.isfinite(parts[i].z) else 1e9)
    )
    rows = [
        (
            p.name,
            str(p.count),
            f"{p.rejected:.1%}",
            f"{p.delta:.5f}",
            f"{p.error:.5f}",
            f"{p.z:.1f}",
            "spoils" if p.spoils else "",
        )
        for p in (parts[i] for i in order)
    ]
    headers = ("part", "observations", "outliers", "gain", "error", "z / sigma", "verdict")
    table = Table("Parts, least gain first", headers, rows, marked=frozenset(range(len(spoil))))
    return [Section("Summary", (tiles, Words(summary.sentences, listed=True), *figures, table))]
