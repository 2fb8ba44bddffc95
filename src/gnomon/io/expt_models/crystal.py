"""Crystals on disk: real-space vectors at phi = 0; in memory it is their inverse, A."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.io.expt_models.fields import Fields, flat
from gnomon.io.expt_schema import AGAIN
from gnomon.models.crystal import Crystal
from gnomon.step import InputError

_VECTORS = ("real_space_a", "real_space_b", "real_space_c")


def from_json(content: Any) -> Crystal:
    """The crystal. The file's vectors stay in ``extra``: an inverse of an inverse is off in the last digit."""
    f = Fields("crystal", content)
    vectors = np.array([f.array(name, (3,)) for name in _VECTORS])
    mosaicity = None if f.rest.get("mosaicity") is None and f.take("mosaicity", None) is None else f.number("mosaicity")
    if not abs(np.linalg.det(vectors)) > 0:
        raise InputError(f"crystal: its axes lie in a plane; {AGAIN}")
    return Crystal(
        A=np.linalg.inv(vectors),
        hall_symbol=f.text("space_group_hall_symbol"),
        A_at_scan_points=f.array("A_at_scan_points", (-1, 3, 3), None),
        B_covariance=f.array("B_covariance", (9, 9), None),
        mosaicity=mosaicity,
        recalculated_unit_cell=f.array("recalculated_unit_cell", (6,), None),
        cell_parameter_sd=f.array("recalculated_cell_parameter_sd", (6,), None),
        extra={**f.rest, **dict(zip(_VECTORS, vectors.tolist()))},
    )


def to_json(crystal: Crystal) -> dict[str, Any]:
    """The keys of DIALS."""
    content: dict[str, Any] = {
        "__id__": "crystal",
        **crystal.extra,
        **dict(zip(_VECTORS, _real_space(crystal).tolist())),
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
    if crystal.cell_parameter_sd is not None and crystal.recalculated_unit_cell is not None:
        content["recalculated_cell_parameter_sd"] = flat(crystal.cell_parameter_sd)
    return content


def _real_space(crystal: Crystal) -> np.ndarray:
    """(3, 3), rows a, b, c: those of the file while A still is their inverse."""
    if all(name in crystal.extra for name in _VECTORS):
        vectors = np.array([crystal.extra[name] for name in _VECTORS])
        if np.array_equal(np.linalg.inv(vectors), crystal.A):
            return vectors
    return crystal.real_space
