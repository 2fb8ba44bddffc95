"""Parameters of symmetry."""

from __future__ import annotations

from gnomon.maths.images.left_out_params import LeftOutParams
from gnomon.params import param


class SymmetryParams(LeftOutParams):
    """How the Laue group and the space group are found."""

    lattice_symmetry_max_delta: float = param(
        2.0, "how far the metric may be from a symmetry to be tested for it", unit="degree", gt=0
    )
    relative_length_tolerance: float = param(0.05, "spread of cell lengths among experiments", gt=0)
    absolute_angle_tolerance: float = param(2.0, "spread of cell angles among experiments", unit="degree", gt=0)
    partiality_threshold: float = param(0.4, "least recorded part of a reflection that is used", ge=0, le=1)
    d_min: float | None = param(None, "high-resolution limit; none means where <I>/<sigma> falls", unit="Å", gt=0)
    min_i_mean_over_sigma_mean: float = param(3.0, "least <I>/<sigma> of a resolution shell that is used", ge=0)
    laue_group: str | None = param(None, "take this Laue group or space group (P 4/m, I23, 75); none means find it")
    space_group: str | None = param(None, "take this space group (P212121, 19); none means find it")
    unit_cell: tuple[float, float, float, float, float, float] | None = param(
        None, "the result is to have this cell, a, b, c, alpha, beta, gamma; none means the conventional one",
        unit="Å, degree",
    )  # fmt: skip
    best_monoclinic_beta: bool = param(True, "take I instead of C centring where its angle is nearer 90 degrees")
    check_absences: bool = param(True, "look for screw axes", name="systematic_absences.check")
    small_molecule: bool = param(
        False, "also glide planes and centres of symmetry", name="systematic_absences.small_molecule"
    )
    seed: int = param(42, "of the random pairs that calibrate the correlation's error")
