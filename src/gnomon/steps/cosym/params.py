"""Parameters of cosym."""

from __future__ import annotations

from typing import Literal

from gnomon.maths.images.left_out_params import LeftOutParams
from gnomon.params import param


class CosymParams(LeftOutParams):
    """How data sets are compared, and the symmetry and setting of all of them found."""

    space_group: str | None = param(None, "take this space group (I213, 199); none means find it")
    laue_group: str | None = param(None, "take this Laue group or space group (I m -3, I23); none means find it")
    reference: str | None = param(
        None, "merged MTZ, mmCIF or PDB file whose indexing choice, cell and space group the data are to have"
    )
    lattice_symmetry_max_delta: float = param(
        5.0, "how far the metric may be from a symmetry to be tested for it", unit="degree", gt=0
    )
    relative_length_tolerance: float = param(0.05, "spread of cell lengths among data sets", gt=0)
    absolute_angle_tolerance: float = param(2.0, "spread of cell angles among data sets", unit="degree", gt=0)
    exclude_inconsistent_unit_cells: bool = param(
        True, "leave out data sets whose cell is not that of the others; otherwise such a cell is an error"
    )
    min_reflections: int = param(10, "unique reflections below which a data set is left out", ge=1)
    partiality_threshold: float = param(0.4, "least recorded part of a reflection that is used", ge=0, le=1)
    d_min: float | None = param(None, "high-resolution limit; none means where <I>/<sigma> falls", unit="Å", gt=0)
    min_i_mean_over_sigma_mean: float = param(4.0, "least <I>/<sigma> of a resolution shell that is used", ge=0)
    min_pairs: int = param(3, "common reflections below which two data sets say nothing of each other", ge=2)
    cc_weights: Literal["sigma"] | None = param("sigma", "weigh reflections in a correlation by their errors, or alike")
    weights: Literal["count", "standard_error"] = param(
        "count", "weigh correlations by their number of pairs, or by 1 / variance"
    )
    dimensions: int | None = param(None, "of the coordinates; none means as many as the correlations need", ge=2)
    unit_cell: tuple[float, float, float, float, float, float] | None = param(
        None, "the result is to have this cell, a, b, c, alpha, beta, gamma; none means the conventional one",
        unit="Å, degree",
    )  # fmt: skip
    best_monoclinic_beta: bool = param(True, "take I instead of C centring where its angle is nearer 90 degrees")
    check_absences: bool = param(True, "look for screw axes", name="systematic_absences.check")
    seed: int = param(230, "of random starts and pairs")
