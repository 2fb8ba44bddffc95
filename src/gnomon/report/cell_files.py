"""A refined cell as the files that small-molecule programs read: CIF, mmCIF and Bruker's P4P."""

from __future__ import annotations

from gnomon.io.cif_text import category
from gnomon.report.numbers import with_sd
from gnomon.steps.two_theta_refine.summary import RefinedCell

_NAMES = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")


def p4p_text(found: RefinedCell) -> str:
    """TITLE, CELL, CELLSD and SOURCE, as SHELX's XPREP asks for them."""
    cell = " ".join(f"{x:.5f}" for x in (*found.cell, found.volume))
    sd = " ".join(f"{x:.5f}" for x in (*found.cell_sd, found.volume_sd))
    return (
        f"TITLE    gnomon two_theta_refine\nCELL     {cell}\nCELLSD   {sd}\nSOURCE   SYNCH   {found.wavelength:.6f}\n"
    )


def cif_text(found: RefinedCell, date: str, version: str) -> str:
    """A block of core CIF: the cell with its uncertainties in brackets, and by what it was measured."""
    items = {
        "_audit_creation_method": f"'gnomon {version}'",
        "_audit_creation_date": date,
        **{f"_cell_{name}": with_sd(x, sd) for name, x, sd in zip(_NAMES, found.cell, found.cell_sd)},
        "_cell_volume": with_sd(found.volume, found.volume_sd),
        "_cell_measurement_reflns_used": found.n_reflections,
        "_cell_measurement_theta_min": f"{found.theta_min:.3f}",
        "_cell_measurement_theta_max": f"{found.theta_max:.3f}",
        **{f"_diffrn_reflns_{name}": value for name, value in _limits(found).items()},
    }
    return "data_two_theta_refine\n" + "".join(f"{name:<33} {value}\n" for name, value in items.items())


def mmcif_text(found: RefinedCell, date: str, version: str) -> str:
    """A block of mmCIF of the same."""
    cell = {name: f"{x:.6f}" for name, x in zip(_NAMES, found.cell)}
    sds = {f"{name}_esd": f"{sd:.6f}" for name, sd in zip(_NAMES, found.cell_sd)}
    entry = "two_theta_refine"
    used = {"theta_min": f"{found.theta_min:.3f}", "theta_max": f"{found.theta_max:.3f}"}
    return f"data_{entry}\n" + "".join([
        category("audit", {"revision_id": 1, "creation_method": f"gnomon {version}", "creation_date": date}),
        category("entry", {"id": entry}),
        category("cell", {"entry_id": entry, **cell, **sds, "volume": f"{found.volume:.4f}",
                          "volume_esd": f"{found.volume_sd:.4f}"}),
        category("cell_measurement", {"entry_id": entry, "reflns_used": found.n_reflections, **used}),
        category("exptl_crystal", {"id": 1}),
        category("diffrn", {"id": entry, "crystal_id": 1}),
        category("diffrn_reflns", {"diffrn_id": entry, **_limits(found)}),
    ])  # fmt: skip


def _limits(found: RefinedCell) -> dict[str, int | str]:
    """How many reflections, their limits in index and angle, under the names that both dictionaries have."""
    indices = {
        f"limit_{letter}_{end}": value
        for letter, low, high in zip("hkl", found.index_min, found.index_max)
        for end, value in (("min", low), ("max", high))
    }
    angles = {"theta_min": f"{found.theta_min:.3f}", "theta_max": f"{found.theta_max:.3f}"}
    return {"number": found.n_reflections, **indices, **angles}
