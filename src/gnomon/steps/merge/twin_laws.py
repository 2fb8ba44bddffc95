"""Twin laws: the symmetry of the lattice that the crystal lacks, and how far each is realised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import b_matrix, lattice_symmetry
from gnomon.maths.crystal.symmetry import space_group, to_asu
from gnomon.maths.intensities.lookup import Lookup
from gnomon.models.merged import MergedData
from gnomon.summary import figure


@dataclass(frozen=True)
class TwinLaw:
    """An operation of the lattice that is not one of the crystal, and Yeates' H test of it."""

    operator: str = figure("h,k,l of the twin mate")
    mean_h: float = figure("<|H|> of mates: 1/2 untwinned")
    twin_fraction: float = figure("if it is a twin: pseudo-symmetry makes mates alike, too")
    n_pairs: int = figure("pairs of mates")
    verdict: str = figure(
        "where mates are alike, what neighbours say: twinned, not twinned (pseudo-symmetry), or not told", default=""
    )


def twin_operators(merged: MergedData, max_delta: float = 2.0) -> list[np.ndarray]:
    """Operations (3, 3) on indices, h' = h @ W, that the lattice has within ``max_delta`` degrees and the crystal not.

    One of each coset: those that give the same intensity pairs are one law.
    """
    try:
        change = space_group(merged.hall_symbol).centred_to_primitive()
    except InputError:  # a setting in no table
        return []
    P = np.array(change.rot, float) / change.DEN
    A = b_matrix(merged.cell)
    W, _ = lattice_symmetry(A @ np.linalg.inv(P).T, max_delta)
    generic = np.array([[2, 6, 10], [4, -6, 22]])
    seen = {to_asu(generic, merged.hall_symbol)[0].tobytes()}
    laws = []
    for w in W:
        in_cell = P @ w @ np.linalg.inv(P)
        image = to_asu(np.rint(generic @ in_cell).astype(int), merged.hall_symbol)[0].tobytes()
        if image not in seen:
            seen.add(image)
            laws.append(in_cell)
    return laws


def h_test(table: Lookup, hkl: np.ndarray, intensity: np.ndarray, W: np.ndarray) -> TwinLaw:
    """H = (I1 - I2) / (I1 + I2) of twin mates: <|H|> = 1/2 - twin fraction. Yeates 1988, Acta Cryst. A44, 142."""
    image = hkl @ W
    whole = (np.abs(image - np.rint(image)) < 1e-6).all(axis=1)
    mate = table.find(np.rint(image).astype(int))
    used = whole & (mate >= 0) & (mate != table.find(hkl))
    total = intensity[used] + table.intensity[mate[used]]
    difference = np.abs(intensity[used] - table.intensity[mate[used]])
    h = np.clip(difference[total > 0] / total[total > 0], 0, 1)
    mean = float(h.mean()) if len(h) else float("nan")
    return TwinLaw(_written(W), mean, max(0.0, 0.5 - mean), len(h))


def _written(W: np.ndarray) -> str:
    """``k,h,-l``: the index that h @ W is."""
    parts = []
    for column in W.T:
        terms = [f"{'+' if c > 0 else '-'}{_factor(abs(c))}{axis}" for c, axis in zip(column, "hkl") if abs(c) > 1e-6]
        parts.append("".join(terms).lstrip("+"))
    return ",".join(parts)


def _factor(value: float) -> str:
    return "" if abs(value - 1) < 1e-6 else f"{value:.3g}*"
