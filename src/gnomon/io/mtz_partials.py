"""Partials of an unmerged MTZ: parts of one reflection on neighbouring images, put together."""

from __future__ import annotations

import numpy as np

_PARTIAL = 256  # M/ISYM = 256 M + ISYM; M is not 0 for a part of a reflection

_SUMMED = ("intensity", "profile", "background", "partiality")
_SIGMAS = ("sigma", "profile_sigma", "background_sigma")


def summed_partials(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The columns (N, ...) with the parts of a reflection, neighbours in batch, as one row: that of the strongest.

    Intensities, backgrounds and fractions add up, sigmas in quadrature. An intensity that is still not of the whole
    reflection is brought to the whole by its fraction.
    """
    part = columns["isym"] >= _PARTIAL
    if not part.any():
        return columns
    order = np.lexsort((columns["batch"], columns["isym"] % _PARTIAL, *columns["hkl"].T, columns["run"], part))
    sorted_ = {name: values[order] for name, values in columns.items()}
    start = np.flatnonzero(_begins(sorted_, part[order]))
    group = np.repeat(np.arange(len(start)), np.diff(np.append(start, len(order))))
    strongest = np.lexsort((-sorted_["intensity"], group))[start]
    result = {name: values[strongest] for name, values in sorted_.items()}
    for name in _SUMMED:
        if name in columns:
            result[name] = np.add.reduceat(sorted_[name], start)
    for name in _SIGMAS:
        if name in columns:
            result[name] = np.sqrt(np.add.reduceat(sorted_[name] ** 2, start))
    return _of_the_whole(result, part[order][start])


def _begins(columns: dict[str, np.ndarray], part: np.ndarray) -> np.ndarray:
    """(N,) bool: rows, sorted, that begin another reflection."""
    begins = np.ones(len(part), bool)
    same = part[1:] & part[:-1] & (columns["hkl"][1:] == columns["hkl"][:-1]).all(axis=1)
    for name, most in (("isym", None), ("run", 0), ("batch", 1)):
        values = columns[name] % _PARTIAL if name == "isym" else columns[name]
        same &= np.abs(np.diff(values)) <= (most or 0)
    begins[1:] = ~same
    return begins


def _of_the_whole(columns: dict[str, np.ndarray], part: np.ndarray) -> dict[str, np.ndarray]:
    """The columns with parts divided by their fraction, as far as it is known; a fraction is at most 1."""
    if "partiality" not in columns:
        return columns
    fraction = np.clip(columns["partiality"], 1e-3, 1.0)
    factor = np.where(part, 1 / fraction, 1.0)
    scaled = {name: columns[name] * factor for name in (*_SUMMED[:2], *_SIGMAS[:2]) if name in columns}
    return {**columns, **scaled, "partiality": fraction}
