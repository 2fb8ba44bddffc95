"""SHELX files: .hkl (HKLF 4) of unmerged data in the crystal's setting, and the .ins that goes with it."""

from __future__ import annotations

import os
import re
from collections import Counter

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.io.atomic import write_whole
from gnomon.maths.crystal.symmetry import operations, space_group
from gnomon.models.unmerged import UnmergedData

_LARGEST, _LEAST = 99_999.0, -9_999.0
"""Of seven characters with a digit behind the point: SHELX reads a point where it stands, whatever F8.2 says."""
_FINE = 1e-3
"""Of the smallest sigmas: seven characters hold five decimals."""
_WIDEST = 999
"""Of an index, I4 with a blank."""
_WIDTH = 8
_LATTICES = {"P": 1, "I": 2, "R": 3, "F": 4, "A": 5, "B": 6, "C": 7}


def shelx_scale(intensity: np.ndarray, sigma: np.ndarray) -> float:
    """The power of ten by which intensities go into eight columns.

    1 where they fit and the smallest sigmas (of one in a hundred) keep three figures; else the greatest that fits.
    """
    room = max(float(intensity.max()) / _LARGEST, float(intensity.min()) / _LEAST, float(sigma.max()) / _LARGEST)
    if room <= 1 and float(np.quantile(sigma, 0.01)) >= _FINE:
        return 1.0
    return float(10.0 ** np.floor(-np.log10(room)))


def shelx_number(value: float) -> str:
    """Eight columns, a blank first where there is room, with as many decimals as fit; two at least where they do."""
    digits = len(f"{abs(value):.0f}") + (value < 0)
    return f"{value:{_WIDTH}.{max(min(5, _WIDTH - 2 - digits), 1)}f}"


def require_narrow_indices(hkl: np.ndarray) -> None:
    """Check that indices fit columns of four. Raises InputError."""
    if np.abs(hkl).max(initial=0) > _WIDEST:
        raise InputError(f"indices beyond {_WIDEST} do not fit a SHELX file; give d_min= or write MTZ")


def write_shelx_hkl(path: str | os.PathLike[str], unmerged: UnmergedData) -> float:
    """Write h, k, l, I, sigma and the sweep's number (3I4, 2F8, I4); returns the scale applied.

    Numbers have as many decimals as their columns hold. Raises InputError for indices that do not fit theirs.
    """
    require_narrow_indices(unmerged.hkl)
    scale = shelx_scale(unmerged.intensity, unmerged.sigma)
    order = np.lexsort(unmerged.hkl.T[::-1])
    values = np.column_stack([unmerged.intensity * scale, np.maximum(unmerged.sigma * scale, 1e-5)])[order]
    numbers = zip(unmerged.hkl[order].tolist(), values.tolist(), (unmerged.experiment[order] + 1).tolist())
    lines = [f"{h:4d}{k:4d}{l:4d}{shelx_number(i)}{shelx_number(s)}{n:4d}\n" for (h, k, l), (i, s), n in numbers]
    lines.append(f"{0:4d}{0:4d}{0:4d}{0:8.2f}{0:8.2f}{0:4d}\n")
    write_whole(path, "".join(lines))
    return scale


def write_shelx_ins(
    path: str | os.PathLike[str],
    unmerged: UnmergedData,
    composition: str = "CHNO",
    cell_sd: np.ndarray | None = None,
    hklf: int = 4,
) -> None:
    """Write the instructions: cell with uncertainties (Å, degrees), symmetry, elements.

    composition: element symbols, apart or run together, with their numbers in the asymmetric unit where these are
    known (else one each). hklf: 4, or 5 of several lattices, which begin with equal
    parts. Raises InputError for what is no element.
    """
    group = operations(unmerged.hall_symbol)
    sd = np.zeros(6) if cell_sd is None else cell_sd
    elements = element_counts(composition)
    n = len(list(group))
    lines = [
        f"TITL {_title(unmerged)}",
        f"CELL {unmerged.wavelength:8.5f}" + "".join(f"{v:10.4f}" for v in unmerged.cell),
        f"ZERR {n:8.2f}" + "".join(f"{v:10.4f}" for v in sd),
        *symmetry_lines(group),
        "SFAC " + " ".join(elements),
        "UNIT " + " ".join(f"{n * count:g}" for count in elements.values()),
        "TREF",
        *_parts(unmerged, hklf),
        f"HKLF {hklf}",
        "END",
    ]
    write_whole(path, "\n".join(lines) + "\n")


def _parts(unmerged: UnmergedData, hklf: int) -> list[str]:
    """BASF: the parts of all lattices but the first, equal to begin with; nothing of HKLF 4."""
    sweeps = Counter(e.sweep for e in unmerged.experiments)
    n = max(sweeps.values(), default=1)
    return ["BASF" + f" {1 / n:.3f}" * (n - 1)] if hklf == 5 and n > 1 else []


def _title(unmerged: UnmergedData) -> str:
    found = space_group(unmerged.hall_symbol)
    return f"gnomon in {found.short_name()}, number {found.number}"


def symmetry_lines(group: gemmi.GroupOps) -> list[str]:
    """LATT (negative where there is no centre of symmetry at the origin) and SYMM lines.

    The identity, inversion images and centring are understood.
    """
    letter = group.find_centering()
    if letter not in _LATTICES:
        raise InputError(f"SHELX has no lattice type {letter}; reindex to a standard setting")
    inverse = gemmi.Op("-x,-y,-z")
    ops = list(group.sym_ops)
    centric = any(op == inverse for op in ops)
    kept: list[gemmi.Op] = []
    for op in ops:
        image = (inverse * op).wrap()
        if op != gemmi.Op("x,y,z") and not (centric and (op == inverse or image in kept)):
            kept.append(op)
    lattice = _LATTICES[letter] * (1 if centric else -1)
    return [f"LATT {lattice}", *(f"SYMM {op.triplet().upper()}" for op in kept)]


def element_symbols(composition: str) -> list[str]:
    """``CHNO``, ``C H N O`` and ``C2 H6 O`` as lists of symbols."""
    return list(element_counts(composition))


def element_counts(composition: str) -> dict[str, float]:
    """How many of each element ``C2 H6 O`` names, in its order; one of each where there are no numbers.

    Raises InputError for what is no element.
    """
    found = re.findall(r"([A-Z][a-z]?)(\d+(?:\.\d+)?)?", composition)
    wrong = [s for s, _ in found if gemmi.Element(s).atomic_number == 0]
    if wrong or not found:
        raise InputError(f"composition {composition!r} names no elements ({', '.join(wrong)}); write it as C H N O")
    numbered = any(number for _, number in found)
    counts: dict[str, float] = {}
    for symbol, number in found:
        counts[symbol] = counts.get(symbol, 0) + float(number or 1) if numbered else 1
    return counts
