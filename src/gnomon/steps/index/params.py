"""Parameters of index: lattice search, assignment of indices, first refinement."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from gnomon.maths.geometry_fit.params import FitParams
from gnomon.params import param


class IndexParams(FitParams):
    """Lattice search, assignment of indices and first refinement."""

    method: Literal["fft3d", "real_space_grid_search"] = param(
        "fft3d", "how lattice vectors are found; real_space_grid_search needs a known cell", name="indexing.method"
    )
    joint: bool | None = param(
        None,
        "one crystal for all sweeps; if not given: yes where one crystal explains them all, else one each",
        name="indexing.joint_indexing",
    )
    image_range: tuple[tuple[int, ...], ...] = param(
        (), "spots to index: with centroids from j0 to below j1, images counted from 0 (may be repeated); none means "
        "all. Others are not in the table", unit="image", name="indexing.image_range",
    )  # fmt: skip
    space_group: str | None = param(
        None, "the space group, if known: name, number or Hall symbol", name="indexing.known_symmetry.space_group"
    )
    unit_cell: tuple[float, ...] | None = param(
        None, "the cell, if known: a,b,c,alpha,beta,gamma", unit="Å, degree", name="indexing.known_symmetry.unit_cell"
    )
    relative_length_tolerance: float = param(
        0.1,
        "how far a cell edge may be from the known one, as a fraction",
        name="indexing.known_symmetry.relative_length_tolerance",
        gt=0,
    )
    absolute_angle_tolerance: float = param(
        5.0,
        "how far a cell angle may be from the known one",
        unit="degree",
        name="indexing.known_symmetry.absolute_angle_tolerance",
        gt=0,
    )
    max_delta: float = param(
        5.0,
        "how far the metric may be from the known symmetry (Le Page)",
        unit="degree",
        name="indexing.known_symmetry.max_delta",
        gt=0,
    )
    min_cell: float = param(3.0, "the shortest cell edge to look for", unit="Å", name="indexing.min_cell", gt=0)
    max_cell: float | None = param(
        None, "the longest cell edge to look for; from neighbouring spots if not given", unit="Å",
        name="indexing.max_cell", gt=0,
    )  # fmt: skip
    min_cell_volume: float = param(25.0, "the least cell volume", unit="Å³", name="indexing.min_cell_volume", gt=0)
    fft_d_min: float | None = param(
        None, "resolution limit of the transform; 5 max_cell / n_points if not given", unit="Å",
        name="indexing.fft3d.reciprocal_space_grid.d_min", gt=0,
    )  # fmt: skip
    n_points: int = param(
        256, "voxels along each axis of the transform", name="indexing.fft3d.reciprocal_space_grid.n_points", ge=32
    )
    beam_search: bool = param(True, "look for the beam centre before indexing", name="indexing.beam_search")
    beam_search_scope: float = param(
        4.0, "how far from the header's beam centre to look", unit="mm", name="indexing.mm_search_scope", gt=0
    )
    max_lattices: int = param(
        1, "how many lattices to look for in one sweep", name="indexing.multiple_lattice_search.max_lattices", ge=1
    )
    recycle_cutoff: float = param(
        0.1,
        "look for another lattice only where at least this fraction of the spots has none",
        name="indexing.multiple_lattice_search.recycle_unindexed_reflections_cutoff",
        gt=0,
        lt=1,
    )
    minimum_angular_separation: float | None = param(
        None,
        "lattices closer in orientation than this are one; none: as near as their spots can be told apart",
        unit="degree",
        name="indexing.multiple_lattice_search.minimum_angular_separation",
        ge=0,
    )
    hkl_tolerance: float = param(
        0.3, "how far from whole numbers fractional indices may be",
        name="indexing.index_assignment.simple.hkl_tolerance", gt=0, le=0.5,
    )  # fmt: skip
    d_min: float | None = param(
        None, "resolution limit of refinement; all spots if not given", unit="Å",
        name="indexing.refinement_protocol.d_min_final", gt=0,
    )  # fmt: skip
    n_macro_cycles: int = param(
        3, "rounds of assignment and refinement, in growing resolution",
        name="indexing.refinement_protocol.n_macro_cycles", ge=1,
    )  # fmt: skip

    @field_validator("image_range")
    @classmethod
    def _ranges(cls, value: tuple) -> tuple:
        rows = tuple(row[i : i + 2] for row in value for i in range(0, len(row), 2))
        if any(len(row) != 2 or row[0] >= row[1] for row in rows):
            raise ValueError("pairs j0,j1 are needed, j0 < j1")
        return rows

    @field_validator("unit_cell")
    @classmethod
    def _six_positive_numbers(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is not None and (len(value) != 6 or min(value) <= 0):
            raise ValueError("a unit cell is six positive numbers: a,b,c,alpha,beta,gamma")
        return value
