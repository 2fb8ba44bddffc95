"""Sections of accuracy.py on integrated tables, without images: what scaling, symmetry and cosym make of hard data.

The cases and how they are judged are those of sigmas.py and symmetry.py; here they are run beside DIALS, in a folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import sigmas
import symmetry

from gnomon.report.table import text_table
from gnomon.simulate.sigma_kinds import SIGMA_KINDS

SIGMAS = {
    "weak": (
        "weak partials",
        "weak partials, excess 0.1",
        "partials of I/sigma 3",
        "partials of I/sigma 2",
        "partials of I/sigma 1",
    ),
    "anomalous": ("anomalous 0.02", "anomalous 0.056", "anomalous 0.1"),
    "dark": ("no background", "hardly any background", "0.7 counts, hardly any background"),
}
"""Sections about scaled intensities and their sigmas: kinds of data sets."""

SYMMETRY = {
    "damage": ("damage",),
    "tncs": ("tNCS",),
    "pseudo": ("pseudo-222",),
    "twins": ("P43 twin", "P31 twin", "no twin"),
    "bad_sets": ("good, ",),
}
"""Sections about symmetry: words in the names of their cases."""

SECTIONS = (*SIGMAS, *SYMMETRY)


def section(name: str, folder: Path, programs: Sequence[str], seeds: int) -> str:
    """The section's table, the programs beside one another; made anew whatever is in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    if name in SIGMAS:
        return _sigmas(name, folder, "dials" in programs, seeds)
    return _symmetry(name, folder, "dials" in programs, seeds)


def _sigmas(name: str, folder: Path, dials: bool, seeds: int) -> str:
    """A row a kind and program: spreads of (I - truth) / sigma, and means of partial and whole ones over the truth."""
    kinds = ((kind, SIGMA_KINDS[kind]) for kind in SIGMAS[name])
    rows = [row for kind, params in kinds for row in sigmas.rows_of(kind, params, _seeds(seeds), _peer(folder, dials))]
    return text_table(f"{name}: scaled intensities against truth", sigmas.HEADS, rows)


def _symmetry(name: str, folder: Path, dials: bool, seeds: int) -> str:
    """A row a case: how often either program is right, and what they found; then probabilities in frequency."""
    results = {case: symmetry.Found() for case in cases_of(name)}
    for case, found in results.items():
        for seed in _seeds(seeds):
            symmetry.run_ours(symmetry.CASES[case], seed, found, _peer(folder, dials))
            if dials:
                symmetry.run_dials(symmetry.CASES[case], found, folder)
    return "\n".join([f"{name}:", symmetry.table(results, dials), symmetry.frequency(results)])


def cases_of(name: str) -> list[str]:
    """The cases of a section about symmetry."""
    return [case for case in symmetry.CASES if any(word in case for word in SYMMETRY[name])]


def _seeds(seeds: int) -> range:
    return range(1, seeds + 1)


def _peer(folder: Path, dials: bool) -> Path | None:
    """Where tables are written for DIALS, if it is run."""
    return folder if dials else None
