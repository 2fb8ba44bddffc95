"""What tells a Laue group and a space group: the operators, the groups, the absences."""

from __future__ import annotations

from collections.abc import Sequence

from gnomon.maths.laue_group.summary import (
    AbsencesSummary,
    AxialSummary,
    GroupSummary,
    OperatorSummary,
    SymmetryFigures,
)
from gnomon.report.html.blocks import Block, Section, Table


def sections(summary: SymmetryFigures) -> list[Section]:
    """The one section of it."""
    return [symmetry_section(summary)]


def symmetry_section(summary: SymmetryFigures) -> Section:
    """Tables of ``operators``, ``groups``, ``axial`` and ``space_groups``, the chosen ones marked."""
    tables = (
        _operators(summary.operators),
        _groups(summary.groups),
        _axial(summary.axial),
        _space_groups(summary.space_groups),
    )
    blocks: list[Block] = [table for table in tables if table.rows]
    return Section("Symmetry", blocks)


def _chosen(rows: Sequence[GroupSummary | AbsencesSummary]) -> frozenset[int]:
    return frozenset(i for i, row in enumerate(rows) if row.chosen)


def _operators(rows: Sequence[OperatorSummary]) -> Table:
    body = [
        (
            f"{r.fold}-fold {r.operator}",
            f"{r.probability:.3f}",
            f"{r.z:.1f}",
            f"{r.cc:.3f}",
            f"{r.pairs:.0f}",
            "yes" if r.decides else "no",
        )
        for r in rows
    ]
    headers = ("operator (in the reduced cell)", "probability", "Z(CC)", "CC", "pairs", "tells")
    return Table("Rotations of the lattice", headers, body, "How probably each is a symmetry of the intensities.")


def _groups(rows: Sequence[GroupSummary]) -> Table:
    body = [
        (
            r.group,
            r.lattice,
            f"{r.probability:.3f}",
            *(f"{x:.1f}" for x in (r.net_z, r.z_in, r.z_out)),
            *(f"{x:.2f}" for x in (r.cc_in, r.cc_out, r.delta)),
            r.change,
        )
        for r in rows
    ]
    headers = ("rotations", "lattice", "probability", "net Z", "Z+", "Z-", "CC+", "CC-", "misfit / °", "axes")
    note = "+ of the operators in the group, - of the others; the chosen one stands out."
    return Table("Subgroups of the lattice's symmetry", headers, body, note, _chosen(rows))


def _axial(rows: Sequence[AxialSummary]) -> Table:
    body = [
        (r.condition, str(r.present), str(r.absent), f"{r.present_ratio:.1f}", f"{r.absent_ratio:.1f}") for r in rows
    ]
    headers = ("class", "multiples", "others", "<I/sigma>", "<I/sigma> of others")
    return Table("Axial reflections", headers, body, "A screw axis extinguishes the others.")


def _space_groups(rows: Sequence[AbsencesSummary]) -> Table:
    body = [
        (
            ", ".join(r.groups),
            f"{r.probability:.3f}",
            str(r.n_absent),
            f"{r.mean_absent:.1f}",
            f"{r.mean_present:.1f}",
        )
        for r in rows
    ]
    headers = ("space groups", "probability", "absent", "<I/sigma> absent", "<I/sigma> of others")
    return Table("Space groups by their absences", headers, body, "", _chosen(rows))
