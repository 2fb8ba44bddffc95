"""What reindex can be told."""

from __future__ import annotations

from gnomon.params import Params, param


class ReindexParams(Params):
    """The change of basis, the shift of indices, and the space group afterwards."""

    change_of_basis_op: str | None = param(
        None,
        "new axes in terms of the old, a-b,a+b,c (or indices, h-k,h+k,l); if not given: a,b,c, "
        "or with a reference the one that agrees best with it",
    )
    unit_cell: tuple[float, float, float, float, float, float] | None = param(
        None, "without a change given: to this cell, a, b, c, alpha, beta, gamma, of the same lattice", unit="Å, degree"
    )
    hkl_offset: tuple[int, int, int] | None = param(None, "added to every index, before the change of basis")
    space_group: str | None = param(None, "the space group in the new basis: name, number or Hall symbol")
    max_delta: float = param(
        5.0, "how far the metric may be from a symmetry that makes settings alike", unit="degree", gt=0
    )
