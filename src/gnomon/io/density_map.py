"""Maps as programs that show density read them: CCP4 and MRC files are of one format."""

from __future__ import annotations

import os

import gemmi
import numpy as np

from gnomon.io.atomic import atomic_path

_REALS = 2
"""Mode of a file of float32."""


def write_map(path: str | os.PathLike[str], values: np.ndarray, edge: float) -> None:
    """Write ``values`` (n, n, n) along x, y, z as a map of a cubic cell of ``edge`` Å, space group P1."""
    found = gemmi.Ccp4Map()
    found.grid = gemmi.FloatGrid(np.ascontiguousarray(values, np.float32))
    found.grid.set_unit_cell(gemmi.UnitCell(edge, edge, edge, 90, 90, 90))
    found.grid.spacegroup = gemmi.SpaceGroup("P 1")
    found.update_ccp4_header(_REALS)
    with atomic_path(path) as temporary:
        found.write_ccp4_map(str(temporary))
