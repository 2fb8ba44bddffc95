"""What tells a Laue group and a space group: the operators, the groups, the absences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gnomon.report.html.blocks import Block, Section, Table


def symmetry_section(stats: Mapping[str, Any]) -> Section:
    """Tables of ``operators``, ``groups``, ``axial`` and ``space_groups``, the chosen ones marked."""
    tables = (
        _operators(stats["operators"]),
        _groups(stats["groups"]),
        _axial(stats["axial"]),
        _space_groups(stats["space_groups"]),
    )
    blocks: list[Block] = [table for table in tables if table.rows]
    return Section("Symmetry", blocks)


def _chosen(rows: Sequence[Mapping[str, Any]]) -> frozenset[int]:
    return frozenset(i for i, row in enumerate(rows) if row["chosen"])


def _operators(rows: Sequence[Mapping[str, Any]]) -> Table:
    body = [
        (
            f"{r['fold']}-fold {r['operator']}",
            f"{r['probability']:.3f}",
            f"{r['z']:.1f}",
            f"{r['cc']:.3f}",
            f"{r['pairs']:.0f}",
            "yes" if r["decides"] else "no",
        )
        for r in rows
    ]
    headers = ("operator (in the reduced cell)", "probability", "Z(CC)", "CC", "pairs", "tells")
    return Table("Rotations of the lattice", headers, body, "How probably each is a symmetry of the intensities.")


def _groups(rows: Sequence[Mapping[str, Any]]) -> Table:
    body = [
        (
            r["group"],
            r["lattice"],
            f"{r['probability']:.3f}",
            *(f"{r[key]:.1f}" for key in ("net_z", "z_in", "z_out")),
            *(f"{r[key]:.2f}" for key in ("cc_in", "cc_out", "delta")),
            r["change"],
        )
        for r in rows
    ]
    headers = ("rotations", "lattice", "probability", "net Z", "Z+", "Z-", "CC+", "CC-", "misfit / °", "axes")
    note = "+ of the operators in the group, - of the others; the chosen one stands out."
    return Table("Subgroups of the lattice's symmetry", headers, body, note, _chosen(rows))


def _axial(rows: Sequence[Mapping[str, Any]]) -> Table:
    body = [
        (r["class"], str(r["present"]), str(r["absent"]), f"{r['present_ratio']:.1f}", f"{r['absent_ratio']:.1f}")
        for r in rows
    ]
    headers = ("class", "multiples", "others", "<I/sigma>", "<I/sigma> of others")
    return Table("Axial reflections", headers, body, "A screw axis extinguishes the others.")


def _space_groups(rows: Sequence[Mapping[str, Any]]) -> Table:
    body = [
        (
            ", ".join(r["groups"]),
            f"{r['probability']:.3f}",
            str(r["n_absent"]),
            f"{r['mean_absent']:.1f}",
            f"{r['mean_present']:.1f}",
        )
        for r in rows
    ]
    headers = ("space groups", "probability", "absent", "<I/sigma> absent", "<I/sigma> of others")
    return Table("Space groups by their absences", headers, body, "", _chosen(rows))
