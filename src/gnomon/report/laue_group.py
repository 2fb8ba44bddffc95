"""Tables of what tells a Laue group and a space group."""

from __future__ import annotations

from collections.abc import Sequence

from gnomon.maths.laue_group.summary import AbsencesSummary, AxialSummary, GroupSummary, OperatorSummary
from gnomon.report.table import text_table

_MOST_GROUPS = 12


def _stars(row: OperatorSummary) -> str:
    if not row.decides:
        return "?"
    return next((mark for limit, mark in ((0.9, "***"), (0.7, "**"), (0.5, "*")) if row.probability > limit), "")


def operator_table(rows: Sequence[OperatorSummary]) -> str:
    """Each rotation of the lattice: how probable it is a symmetry of the intensities."""
    if not rows:
        return "The lattice is triclinic: there is no operator to test"
    body = [
        (
            f"{r.fold}-fold {r.operator}",
            f"{r.probability:.3f}",
            r.z,
            f"{r.cc:.3f}",
            f"{r.cc_true:.3f} ± {r.cc_true_sigma:.3f}",
            round(r.pairs),
            _stars(r),
        )
        for r in rows
    ]
    head = ("operator", "probability", "Z(CC)", "CC", "CC without errors", "pairs", "")
    return text_table("Operators (in the reduced cell)", head, body)


def group_table(rows: Sequence[GroupSummary]) -> str:
    """The subgroups of the lattice's symmetry, the most probable first, the chosen one marked."""
    shown = [r for i, r in enumerate(rows) if i < _MOST_GROUPS or r.chosen]
    body = [
        (
            ("-> " if r.chosen else "   ") + r.group,
            r.lattice,
            f"{r.probability:.3f}",
            r.net_z,
            r.z_in,
            r.z_out,
            f"{r.cc_in:.2f}",
            f"{r.cc_out:.2f}",
            f"{r.r_meas:.3f}",
            f"{r.chi2:.2f}",
            f"{r.delta:.2f}",
            r.change,
        )
        for r in shown
    ]
    hidden = len(rows) - len(shown)
    head = (
        "   rotations",
        "lattice",
        "probability",
        "net Z",
        "Z+",
        "Z-",
        "CC+",
        "CC-",
        "Rmeas",
        "chi²",
        "delta/°",
        "axes",
    )
    table = text_table("Subgroups of the lattice's symmetry", head, body)
    return table + (f"\n   ({hidden} less probable ones not shown)" if hidden else "")


def axial_table(rows: Sequence[AxialSummary]) -> str:
    """Reflections along axes, those that a screw axis leaves apart from the others."""
    body = [(r.condition, r.present, r.absent, f"{r.present_ratio:.1f}", f"{r.absent_ratio:.1f}") for r in rows]
    head = ("class", "multiples", "others", "<I/sigma>", "<I/sigma> of others")
    return text_table("Axial reflections", head, body)


def space_group_table(rows: Sequence[AbsencesSummary]) -> str:
    """Space groups with alike absences together, the most probable first."""
    body = [
        (
            ("-> " if r.chosen else "   ") + ", ".join(r.groups),
            f"{r.probability:.3f}",
            r.n_absent,
            f"{r.mean_absent:.1f}",
            f"{r.mean_present:.1f}",
        )
        for r in rows
    ]
    head = ("   space groups", "probability", "absent", "<I/sigma> absent", "<I/sigma> of others")
    return text_table("Space groups by their absences", head, body)
