"""Rows of a table that was read whose numbers no measurement and no model can have given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.soundness import sound

HIGHEST_INDEX = 10_000
"""Of h, k and l: ten times what the largest cells give at atomic resolution."""
HIGHEST_PANEL = 20_000
LONGEST_BOX = 100_000
"""px or images, of a bounding box: a whole detector."""
LARGEST_BOX = 100_000_000
"""Pixels of a bounding box."""
_FAR = 1e8
"""px, mm, images or rad: no place is so far."""
_PLACES = ("xyzobs.px.value", "xyzobs.mm.value", "xyzcal.px", "xyzcal.mm", "s1", "rlp")
_SPREADS = ("xyzobs.px.variance", "xyzobs.mm.variance")
_FACTORS = ("lp", "qe", "dqe", "partiality", "zeta")
_DIVISORS = ("lp", "qe", "dqe")
_LEAST, _MOST = 1e-9, 1e9
"""Of what intensities are multiplied or divided by, where it is not 0, which says that nobody knows."""
MEASURED = Flag.INTEGRATED_SUM | Flag.INTEGRATED_PRF | Flag.SCALED


def damage(table: Reflections, panels: Sequence[int] = ()) -> str:
    """In words, what whole numbers of the table cannot be; nothing where all can.

    panels: how many panels each experiment's detector has.
    """
    if "miller_index" in table and (far := _beyond(table["miller_index"], HIGHEST_INDEX)).any():
        return f"{far.sum()} rows have a miller_index beyond {HIGHEST_INDEX}"
    if "bbox" in table and len(table):
        low, high = (table["bbox"][:, i::2].astype(np.int64) for i in (0, 1))
        sides = high - low
        bad = (sides < 0).any(axis=1) | (sides > LONGEST_BOX).any(axis=1) | _beyond(table["bbox"], _FAR)
        bad |= sides.astype(float).prod(axis=1) > LARGEST_BOX
        if bad.any():
            return f"{bad.sum()} rows have a bbox that holds no spot"
    if "panel" in table and len(table):
        most = np.full(len(table), HIGHEST_PANEL)
        if "id" in table and len(panels):
            known = (table["id"] >= 0) & (table["id"] < len(panels))
            most[known] = np.where(np.asarray(panels) > 0, panels, HIGHEST_PANEL)[table["id"][known]]
        if (bad := table["panel"] >= most).any():
            return f"{bad.sum()} rows are on panel {table['panel'][bad].max()}, which the detector does not have"
    return ""


def _beyond(values: np.ndarray, limit: float) -> np.ndarray:
    """(N,) bool: whether any number of a row is larger than the limit; integers do not overflow."""
    far = (values.astype(float) > limit) | (values.astype(float) < -limit)
    return np.asarray(far.any(axis=1))


def usable(table: Reflections) -> tuple[Reflections, list[str]]:
    """The table without rows of impossible places, and without impossible intensities; and in words how many were.

    An intensity that cannot be is none: the row stays, without the flag that says that it was measured.
    """
    notes, keep = [], np.ones(len(table), bool)
    for name in (*_PLACES, *_SPREADS, *_FACTORS):
        if name in table and len(table):
            far = np.abs(table[name].reshape(len(table), -1))
            good = (far < (_FAR if name in _PLACES else np.inf)).all(axis=1)  # no NaN is
            if name in _DIVISORS:
                good &= ((far == 0) | ((far >= _LEAST) & (far <= _MOST))).all(axis=1)
            if not good.all():
                keep &= good
                notes.append(f"{(~good).sum()} rows have an impossible {name}: left out")
    table = table if keep.all() else table.select(keep)
    table, counts = sound(table)
    ours = {n: c for n, c in counts.items() if n.startswith("intensity.") or n in ("partiality", "lp", "qe")}
    notes += [f"{c} rows have an impossible {n}: not to be used" for n, c in ours.items()]
    return table, notes


def is_measured(table: Reflections) -> bool:
    """Whether the table says of any row that its intensity was measured."""
    return "flags" in table and bool(table.has(MEASURED).any())
