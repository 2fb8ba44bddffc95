"""What refine_bravais_settings tells of each lattice."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure


@dataclass(frozen=True, kw_only=True)
class RefineBravaisSettingsSummary(Summary):
    """How the data fit in a lattice that the metric allows."""

    number: int = figure("of the lattice, 1 of the triclinic one")
    cb_op: str = figure("its axes in those of the crystal given")
    bravais: str = figure("Bravais type")
    space_group: str = figure("its rotations and centring, as a space group without screw axes")
    misfit: float = figure("how far the metric is from it", unit="degree")
    rmsd: float = figure("r.m.s. distance of spots from their predictions on the detector", unit="px")
    min_cc: float = figure("least correlation of intensities over its rotations; nan where it is not known")
    max_cc: float = figure("greatest correlation; nan where it is not known")
    n_spots: int = figure("spots that were refined against")
    cell: tuple[float, ...] = figure("a, b, c, alpha, beta, gamma, mean of the crystals", unit="Å, degree")
    volume: float = figure("volume of the cell", unit="Å³")
    recommended: bool = figure("whether it is good beside the triclinic one")
