"""Crystals on disk: real-space vectors at phi = 0; in memory also their inverse, A."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.io.expt_models.fields import Fields, flat
from gnomon.io.expt_schema import AGAIN
from gnomon.models.crystal import Crystal

_VECTORS = ("real_space_a", "real_space_b", "real_space_c")
_RECALCULATED_SD = "recalculated_cell_parameter_sd"
_CELL_SD = "cell_parameter_sd"
"""Of the cell that the vectors have; DIALS, which works it out of B_covariance, passes over it."""


def from_json(content: Any) -> Crystal:
    """The crystal."""
    f = Fields("crystal", content)
    vectors = np.array([f.array(name, (3,)) for name in _VECTORS])
    mosaicity = None if f.rest.get("mosaicity") is None and f.take("mosaicity", None) is None else f.number("mosaicity")
    if not abs(np.linalg.det(vectors)) > 0:
        raise InputError(f"crystal: its axes lie in a plane; {AGAIN}")
    recalculated = f.array("recalculated_unit_cell", (6,), None)
    return Crystal.of_vectors(
        vectors,
        hall_symbol=f.text("space_group_hall_symbol"),
        A_at_scan_points=f.array("A_at_scan_points", (-1, 3, 3), None),
        B_covariance=f.array("B_covariance", (9, 9), None),
        mosaicity=mosaicity,
        recalculated_unit_cell=recalculated,
        cell_parameter_sd=f.array(_CELL_SD if recalculated is None else _RECALCULATED_SD, (6,), None),
        extra=f.rest,
    )


def to_json(crystal: Crystal) -> dict[str, Any]:
    """The keys of DIALS."""
    content: dict[str, Any] = {
        "__id__": "crystal",
        **crystal.extra,
        **dict(zip(_VECTORS, crystal.vectors.tolist())),
        "space_group_hall_symbol": crystal.hall_symbol,
    }
    if crystal.mosaicity is not None:
        content["mosaicity"] = crystal.mosaicity
    if crystal.A_at_scan_points is not None:
        content["A_at_scan_points"] = np.reshape(crystal.A_at_scan_points, (-1, 9)).tolist()
    if crystal.B_covariance is not None:
        content["B_covariance"] = flat(crystal.B_covariance)
    if crystal.recalculated_unit_cell is not None:
        content["recalculated_unit_cell"] = flat(crystal.recalculated_unit_cell)
    if crystal.cell_parameter_sd is not None:
        name = _CELL_SD if crystal.recalculated_unit_cell is None else _RECALCULATED_SD
        content[name] = flat(crystal.cell_parameter_sd)
    return content
