"""What merging found, in words and tables."""

from __future__ import annotations

from gnomon.report.numbers import vector
from gnomon.report.table import text_table
from gnomon.steps.merge.summary import MergeSummary
from gnomon.steps.merge.twinning import TwinningTests


def describe(summary: MergeSummary) -> str:
    """Counts, amplitudes, free set, Wilson plot and twinning tests of the merge step."""
    parts = [_counts(summary), *_amplitudes(summary), *_free(summary), _wilson(summary)]
    return "\n".join([*parts, *_twinning(summary.twinning)])


def _counts(summary: MergeSummary) -> str:
    kinds = ((summary.n_outside, "outside the limits"), (summary.n_absent, "absent"))
    left = [f"{n} {why}" for n, why in kinds if n]
    without = f" (left out: {', '.join(left)})" if left else ""
    return (
        f"Merged {summary.n_observations} observations into {summary.n_unique} unique reflections{without}, "
        f"{summary.d_max:.2f} to {summary.d_min:.2f} Å\n"
        f"Space group {summary.space_group}, cell {vector(summary.cell, 3)}, wavelength {summary.wavelength:.5f} Å"
    )


def _amplitudes(summary: MergeSummary) -> list[str]:
    if summary.n_amplitudes is None:
        return []
    return [
        f"French and Wilson: amplitudes for {summary.n_amplitudes} ({summary.n_negative} of negative intensity); "
        f"{summary.n_without_amplitude} rejected"
        + ("; expected intensities are those of the classes that translational NCS makes" if summary.tncs else "")
    ]


def _free(summary: MergeSummary) -> list[str]:
    free = summary.free_set
    if free is None:
        return []
    share = 100 * free.count / summary.n_unique
    line = f"R-free set: {free.count} reflections, {share:.1f} %, {free.label}={free.value}"
    return [line, *(f"  {note}" for note in free.notes)]


def _wilson(summary: MergeSummary) -> str:
    wilson = summary.wilson
    if wilson is None:
        return "Wilson plot: too few reflections for a line"
    return (
        f"Wilson plot: B {wilson.b_factor:.2f} ± {wilson.b_sd:.2f} Å², scale {wilson.scale:.4g} "
        f"for {wilson.residues:.0f} residues in the asymmetric unit"
    )


def _twinning(tests: TwinningTests | None) -> list[str]:
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
        f"Translational NCS {vector(t.vector, 3)} (fractions) modulates intensities by {t.modulation:.2f}: "
        "taken out before these tests"
        for t in tests.tncs
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
