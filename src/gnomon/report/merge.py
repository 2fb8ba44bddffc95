"""What merging found, in words and tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gnomon.maths.symmetry import space_group
from gnomon.models.free_set import free_label, free_value
from gnomon.models.merged import MergedData
from gnomon.report.numbers import vector
from gnomon.report.table import text_table
from gnomon.step import InputError


def describe(stats: Mapping[str, Any]) -> str:
    """Counts, amplitudes, free set, Wilson plot and twinning tests of the merge step."""
    merged: MergedData = stats["merged"]
    parts = [_counts(stats, merged), *_amplitudes(stats, merged), *_free(stats, merged), *_wilson(stats["wilson"])]
    return "\n".join([*parts, *_twinning(stats["twinning"])])


def _counts(stats: Mapping[str, Any], merged: MergedData) -> str:
    left = [
        f"{stats[key]} {why}"
        for key, why in (("n_outside", "outside the limits"), ("n_absent", "absent"))
        if stats[key]
    ]
    without = f" (left out: {', '.join(left)})" if left else ""
    return (
        f"Merged {stats['n_observations']} observations into {len(merged)} unique reflections{without}, "
        f"{stats['d_max']:.2f} to {stats['d_min']:.2f} Å\n"
        f"Space group {_name(merged.hall_symbol)}, cell {vector(merged.cell, 3)}, wavelength {merged.wavelength:.5f} Å"
    )


def _name(hall: str) -> str:
    try:
        return space_group(hall).xhm()
    except InputError:  # a setting in no table
        return hall.strip()


def _amplitudes(stats: Mapping[str, Any], merged: MergedData) -> list[str]:
    if merged.mean.amplitude is None:
        return []
    gone = stats["n_without_amplitude"]
    negative = int((merged.mean.intensity < 0).sum())
    return [
        f"French and Wilson: amplitudes for {len(merged) - gone} ({negative} of negative intensity); {gone} rejected"
        + ("; expected intensities are those of the classes that translational NCS makes" if stats["tncs"] else "")
    ]


def _free(stats: Mapping[str, Any], merged: MergedData) -> list[str]:
    if merged.free is None:
        return []
    value = free_value(merged.free)
    share = int((merged.free == value).sum())
    line = f"R-free set: {share} reflections, {100 * share / len(merged):.1f} %, {free_label(merged.free)}={value}"
    return [line, *(f"  {note}" for note in stats.get("free_set", ()))]


def _wilson(wilson: Any) -> list[str]:
    if wilson is None:
        return ["Wilson plot: too few reflections for a line"]
    return [
        f"Wilson plot: B {wilson.b_factor:.2f} ± {wilson.b_sd:.2f} Å², scale {wilson.scale:.4g} "
        f"for {wilson.residues:.0f} residues in the asymmetric unit"
    ]


def _twinning(tests: Any) -> list[str]:
    if tests is None:
        return ["Twinning: too few well-measured reflections to tell"]
    rows = [
        ("<|L|>", tests.mean_abs_l, 0.5, 0.375),
        ("<L^2>", tests.mean_l2, 1 / 3, 0.2),
        ("<I^2>/<I>^2 acentric", tests.second_moment, 2.0, 1.5),
        ("<I^2>/<I>^2 centric", tests.second_moment_centric, 3.0, 2.0),
    ]
    high, low = tests.d_range
    title = f"Twinning tests, {high:.1f} to {low:.1f} Å, {tests.n_pairs} pairs: {_verdict(tests.mean_abs_l)}"
    lines = ["", text_table(title, ("", "found", "untwinned", "perfect twin"), rows)]
    lines += [
        f"Translational NCS {vector(t, 3)} (fractions) modulates intensities by {c:.2f}: taken out before these tests"
        for t, c in tests.tncs
    ]
    if tests.laws:
        laws = [
            (law.operator, law.mean_h, law.twin_fraction, law.n_pairs, _LAW_WORDS[law.verdict]) for law in tests.laws
        ]
        head = ("law", "<|H|>", "fraction if a twin", "pairs", "neighbours (L test) say")
        lines += ["", text_table("Possible twin laws (H test)", head, laws)]
    return lines


_LAW_WORDS = {
    "": "", "twinned": "a twin", "not twinned": "pseudo-symmetry, no twin",
    "not told": "nothing: a twin or pseudo-symmetry",
}  # fmt: skip


def _verdict(mean_abs_l: float) -> str:
    """Padilla & Yeates: 0.5 untwinned, 0.375 a perfect twin."""
    if mean_abs_l > 0.47:
        return "no sign of twinning"
    return "the crystal is twinned" if mean_abs_l < 0.44 else "perhaps twinned in part"
