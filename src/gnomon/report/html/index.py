"""The page of index: how many spots fit which lattice, why others do not, and which lattices were tried."""

from __future__ import annotations

from math import isfinite

import numpy as np

from gnomon.report.html.blocks import Block, Section, Table, Tile, Tiles, Verdict, Words
from gnomon.report.html.cells import CELL_COLUMNS
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.points import by_data_set
from gnomon.report.index import candidate_rows
from gnomon.steps.index.summary import IndexSummary

_GOOD, _FAIR = 0.8, 0.5
"""Of spots that are indexed: less than four fifths wants a look, less than half has a reason that must be known."""
_MANY = 4  # sweeps, from which on a figure tells more than tiles


def sections(summary: IndexSummary) -> list[Section]:
    """Sweeps, crystals, and the candidate lattices."""
    spots, indexed = (sum(getattr(s, key) for s in summary.sweeps) for key in ("spots", "indexed"))
    share = indexed / max(spots, 1)
    verdict: Verdict = "good" if share >= _GOOD else "look" if share >= _FAIR else "bad"
    off = max(map(abs, summary.beam_centre_off))
    tiles = Tiles(
        [
            Tile("Indexed", f"{share:.1%}", verdict, f"{indexed} of {spots} spots"),
            Tile("Crystals", str(summary.n_crystals), "", f"of {len(summary.sweeps)} sweeps"),
            Tile("Beam centre off by", f"{off:.1f} px", "look" if off > 2 else "good", "from the header's"),
        ]
    )
    blocks: list[Block] = [tiles, Words(summary.sentences, listed=True)]
    if len(summary.sweeps) >= _MANY:
        names = [f"sweep {s.sweep}" for s in summary.sweeps]
        y = axis("indexed / %", range=[0, 102])
        good = "Good: all near the top. A low one: a second lattice, ice, or a wrong lattice."
        shares = np.array([100 * s.fraction for s in summary.sweeps])
        blocks.append(by_data_set("Indexed by sweep", names, shares, y, good=good))
    blocks += [_sweeps(summary), _crystals(summary)]
    return [Section("Summary", blocks), Section("Candidate lattices", _candidates(summary), open=False)]


def _sweeps(summary: IndexSummary) -> Table:
    rows = [
        (
            str(s.sweep),
            str(s.spots),
            str(s.indexed),
            f"{s.fraction:.1%}",
            str(s.outliers),
            ", ".join(f"{n} {why}" for why, n in s.unindexed.items() if n) or "-",
        )
        for s in summary.sweeps
    ]
    return Table("Sweeps", ("sweep", "spots", "indexed", "share", "outliers", "not indexed"), rows)


def _crystals(summary: IndexSummary) -> Table:
    rows = [
        (
            str(c.experiment),
            str(c.sweep),
            c.space_group,
            *(f"{v:.3f}" for v in c.cell),
            str(c.indexed),
            *(f"{v:.3f}" if isfinite(v) else "-" for v in c.rmsd),
        )
        for c in summary.crystals
    ]
    headers = ("experiment", "sweep", "group", *CELL_COLUMNS, "indexed", "rmsd x / px", "y / px", "z / images")
    return Table("Crystals", headers, rows)


def _candidates(summary: IndexSummary) -> list[Block]:
    headers, rows = candidate_rows(summary.candidates)
    note = "Primitive, before refinement against all spots. Gain: log likelihood over spots spread evenly."
    taken = frozenset(i for i, c in enumerate(summary.candidates) if c.taken)
    return [Table("Candidate lattices", headers, [list(map(str, row)) for row in rows], note, taken)] if rows else []
