"""What index decided, in words."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.report.table import long_table, text_table
from gnomon.steps.index.summary import CandidateSummary, CrystalSummary, IndexSummary, SweepSummary

LEAST_OFF = 0.5  # px, of the beam centre, worth telling
_FEW = 4  # sweeps, of which crystals and spots are told in a table each


def describe(summary: IndexSummary) -> str:
    """The search, the crystals, and a line a sweep: spots, indexed, and why the rest is not."""
    lines = [
        f"cell edges up to {summary.max_cell:.0f} Å looked for, transform to {summary.d_min:.2f} Å; "
        f"{summary.n_crystals} crystal{'s' if summary.n_crystals != 1 else ''}",
        *summary.sentences,
    ]
    off = summary.beam_centre_off
    if max(map(abs, off)) > LEAST_OFF:
        lines.append(f"the beam centre given was off by ({off[0]:.1f}, {off[1]:.1f}) px (fast, slow): corrected")
    simple = len(summary.sweeps) > _FEW and [c.sweep for c in summary.crystals] == [s.sweep for s in summary.sweeps]
    tables = [_both(summary)] if simple else [_crystals(summary.crystals), _sweeps(summary.sweeps)]
    return "\n\n".join(["\n".join(lines), *_candidates(summary), *tables])


def _candidates(summary: IndexSummary) -> list[str]:
    """The lattices weighed, where there was a choice; of many searches those of none, which pages show."""
    if len(summary.candidates) < 2 or max(c.search for c in summary.candidates) >= _FEW:
        return []
    headers, rows = candidate_rows(summary.candidates)
    return [text_table("candidate lattices", headers, rows)]


def candidate_rows(candidates: Sequence[CandidateSummary]) -> tuple[Sequence[str], list[Sequence[str]]]:
    """The headers and a row a candidate lattice: its cell, volume, how well it fits, and whether it was taken."""
    headers = ("search", "a, b, c (Å), angles (degrees)", "volume (Å³)", "points on it", "off by (1/Å)", "gain", "")
    rows: list[Sequence[str]] = []
    for c in candidates:
        volume = 1 / abs(float(np.linalg.det(b_matrix(np.array(c.cell)))))
        cell = " ".join(f"{x:.2f}" for x in c.cell)
        gain, off = f"{c.gain:.0f}", f"{c.sigma:.5f}"
        rows.append((str(c.search), cell, f"{volume:.0f}", f"{c.fraction:.1%}", off, gain, "taken" if c.taken else ""))
    return headers, rows


def _cell(crystal: CrystalSummary) -> str:
    return " ".join(f"{x:.2f}" for x in crystal.cell)


def _rmsd(crystal: CrystalSummary) -> list[str]:
    return [f"{x:.2f}" if isfinite(x) else "-" for x in crystal.rmsd]


def _lost(sweep: SweepSummary) -> str:
    return ", ".join(f"{n} {why}" for why, n in sweep.unindexed.items() if n) or "-"


def _crystals(crystals: Sequence[CrystalSummary]) -> str:
    rows = [(str(c.experiment), c.sweep, _cell(c), c.space_group, c.indexed, *_rmsd(c)) for c in crystals]
    headers = ("experiment", "sweep", "cell (Å, degrees)", "group", "indexed", "rmsd x (px)", "y (px)", "z (images)")
    return long_table("crystals", headers, rows, [-c.indexed for c in crystals], "with the fewest indexed spots")


def _sweeps(sweeps: Sequence[SweepSummary]) -> str:
    rows = [(str(s.sweep), s.spots, s.indexed, f"{100 * s.fraction:.1f}%", s.outliers, _lost(s)) for s in sweeps]
    headers = ("sweep", "spots", "indexed", "%", "outliers", "unindexed")
    return long_table("sweeps", headers, rows, [-s.fraction for s in sweeps], "with the least indexed")


def _both(summary: IndexSummary) -> str:
    """A crystal in each of many sweeps: one table of both."""
    crystals, sweeps = summary.crystals, summary.sweeps
    rows = [
        (
            str(c.experiment),
            _cell(c),
            c.space_group,
            s.spots,
            f"{100 * s.fraction:.1f}%",
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
    return long_table("", headers, rows, [-s.fraction for s in sweeps], "with the least indexed")
