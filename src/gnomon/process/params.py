"""Parameters of process."""

from __future__ import annotations

from gnomon.params import Params, param


class ProcessParams(Params):
    """What a user may know beforehand; everything else is decided from the data."""

    many: bool | None = param(
        None, "sweeps are of different crystals, to be compared and grouped; found from the data if not given"
    )
    space_group: str | None = param(None, "the space group; found from the data if not given")
    unit_cell: tuple[float, float, float, float, float, float] | None = param(
        None, "a, b, c, alpha, beta, gamma; found from the data if not given", unit="Å, degrees"
    )
    reference: str | None = param(
        None, "merged MTZ, mmCIF or PDB file whose setting crystals are to have, where several are equivalent"
    )
    d_min: float | None = param(None, "resolution limit; chosen from CC1/2 if not given", unit="Å", gt=0)
    anomalous: bool = param(False, "keep Friedel mates apart when scaling")
    max_lattices: int | None = param(
        None, "look for up to this many lattices; one, of many crystals two where spots are left over", ge=1
    )
    restart: bool = param(
        False, "do everything again; else what an earlier run here made of the same data and parameters is taken"
    )
