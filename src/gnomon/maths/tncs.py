"""Translational NCS: copies of a molecule that a translation nearly relates, and how it modulates intensities.

A copy moved by t makes the mean intensity 1 + c cos(2 pi h.t) times what it would be (Read, Adams & McCoy 2013, Acta
Cryst. D69, 176). Reflections of the weak classes look absent and the moments look unlike Wilson's where this is not
known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

_COARSE = 5.0
"""Å: copies differ by some tenths of an Å, and agree to here."""
_FINER = (4.0, 3.0)  # Å, to where the vector is refined in turn; beyond copies differ too much
_AS_HIGH = 0.9
"""Of the peak: vectors along the cell's edges and halves are made so where the data hardly mind."""
_LEAST_REFLECTIONS = 100
_SHORTEST = 10.0
"""Å: nothing shorter is a copy of a molecule; within it lies what a molecule's own atoms make."""
_LEAST_MODULATION = 0.3
"""Of c: a Patterson peak of 15 % of the origin; proteins without tNCS stay below 20 % of it as a rule (Zwart, Grosse-
Kunstleve & Adams 2005, CCP4 Newsletter 42), and c = .3 changes no class mean by more than a third."""
_SIGNIFICANT = 6.0
"""Standard errors sqrt(2 / N) of c: the highest of 100,000 grid points of noise stands at 4.4."""
_MOST_VECTORS = 3
_BINS, _PER_BIN, _MOST_SHELLS = 8, 60, 12


@dataclass(frozen=True, eq=False)
class Tncs:
    """A vector t (3,) in fractions, its modulation c at low resolution, and mean intensities by class.

    ``rotations``: (k, 3, 3) that leave the mean intensity as it is; classes go by f = mean of cos(2 pi h.W t) over them.
    ``mean``: (shells, bins) of E² for f in bins from -1 to 1, in shells about ``s2`` (shells,); in between its logarithm
    is a straight line.
    """

    vector: np.ndarray
    modulation: float
    rotations: np.ndarray
    s2: np.ndarray
    mean: np.ndarray

    def expected(self, hkl: np.ndarray, s2: np.ndarray) -> np.ndarray:
        """(N,) the mean of E² of the classes that the indices (N, 3) are in, in the basis of ``vector``."""
        which, found = _bin(hkl, self.vector, self.rotations)[1], np.empty(len(hkl))
        for k in range(_BINS):
            mine = which == k
            found[mine] = np.exp(np.interp(s2[mine], self.s2, np.log(self.mean[:, k])))
        return found


def find_tncs(
    hkl: np.ndarray, e2: np.ndarray, d: np.ndarray, A: np.ndarray, rotations: np.ndarray
) -> list[Tncs]:
    """The translations that modulate E² (N,), the strongest first; each is taken out before the next is looked for.

    hkl: (N, 3) in the basis A; d: (N,) Å; rotations: (k, 3, 3) those of the lattice, so that taking out what is found
    breaks no symmetry that the intensities may have.
    """
    found: list[Tncs] = []
    for _ in range(_MOST_VECTORS):
        vector = _highest_peak(hkl, e2, d, A)
        if vector is None or any(_same(vector, one, hkl) for one in found):
            break
        one = _classes(hkl, e2, 1 / d**2, vector, rotations)
        e2 = e2 / one.expected(hkl, 1 / d**2)
        found.append(one)
    return found


def within_group(found: list[Tncs], hkl: np.ndarray, e2: np.ndarray, d: np.ndarray, rotations: np.ndarray) -> list[Tncs]:
    """The same translations with the classes that the rotations (k, 3, 3) of the crystal leave, from the same data."""
    again = []
    for one in found:
        again.append(_classes(hkl, e2, 1 / d**2, one.vector, rotations))
        e2 = e2 / again[-1].expected(hkl, 1 / d**2)
    return again


def _same(t: np.ndarray, other: Tncs, hkl: np.ndarray) -> bool:
    """Whether a vector is, at the resolution of the data, the other or one that its rotations make of it."""
    images = np.concatenate([other.rotations @ other.vector, -other.rotations @ other.vector])
    off = np.abs((t - images + 0.5) % 1.0 - 0.5) * np.abs(hkl).max(axis=0)
    return bool(off.max(axis=1).min() < 1.0)


def modulation(found: list[Tncs], hkl: np.ndarray, d: np.ndarray) -> np.ndarray:
    """(N,) the mean intensity that translations give reflections, over that without."""
    mean = np.ones(len(hkl))
    for one in found:
        mean = mean * one.expected(hkl, 1 / d**2)
    return mean


def _highest_peak(hkl: np.ndarray, e2: np.ndarray, d: np.ndarray, A: np.ndarray) -> np.ndarray | None:
    """The vector (3,) of the highest peak of the Patterson without origin, refined; None where none is significant."""
    if len(d) < _LEAST_REFLECTIONS:
        return None
    use = d >= min(_COARSE, float(np.partition(d, -_LEAST_REFLECTIONS)[-_LEAST_REFLECTIONS]))
    n = int(use.sum())
    height, points = _patterson(hkl[use], e2[use] - 1)
    far = _length(points, A) > _SHORTEST
    if not far.any():
        return None
    least = max(_LEAST_MODULATION, _SIGNIFICANT * np.sqrt(2 / n))
    best = int(np.where(far, height, -np.inf).argmax())
    if height[best] < 0.7 * least:  # between grid points the peak is higher
        return None
    vector = _refined(points[best], hkl, e2, d)
    return vector if _height(vector, hkl[use], e2[use] - 1) >= least and _length(vector[None], A)[0] > _SHORTEST else None


def _patterson(hkl: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(M,) the modulation c and the points t (M, 3) of half a cell, by Fourier transform.

    c = <(E² - 1) cos(2 pi h.t)> / <cos²>, with <cos²> = 1/2, but 1 where 2 t is a lattice vector.
    """
    shape = [int(n) for n in 4 * (np.abs(hkl).max(axis=0) + 1)]
    grid = np.zeros(shape)
    np.add.at(grid, tuple((hkl % shape).T), value)
    points = np.indices(shape).reshape(3, -1).T / shape
    special = (np.abs(2 * points - np.rint(2 * points)) < 1e-9).all(axis=1)
    map_ = np.fft.fftn(grid).real.ravel() * np.where(special, 1, 2) / len(value)
    half = points[:, 2] <= 0.5
    return map_[half], points[half]


def _length(t: np.ndarray, A: np.ndarray) -> np.ndarray:
    """(M,) Å from the nearest lattice point."""
    real = np.linalg.inv(A)
    cells = np.indices((3, 3, 3)).reshape(3, -1).T - 1
    near = t - np.rint(t)
    return np.asarray(np.min([np.linalg.norm((near + c) @ real, axis=1) for c in cells], axis=0))


def _height(t: np.ndarray, hkl: np.ndarray, value: np.ndarray) -> float:
    """The modulation c that fits E² - 1 = c cos(2 pi h.t) best."""
    cos = np.cos(2 * np.pi * (hkl @ t))
    return float(value @ cos / max(cos @ cos, 1e-9))


def _gain(t: np.ndarray, hkl: np.ndarray, value: np.ndarray) -> float:
    """The root of what c cos(2 pi h.t) with the best c takes off the sum of (E² - 1)²: special t have no advantage."""
    cos = np.cos(2 * np.pi * (hkl @ t))
    return float(value @ cos / np.sqrt(max(cos @ cos, 1e-9)))


def _refined(t: np.ndarray, hkl: np.ndarray, e2: np.ndarray, d: np.ndarray) -> np.ndarray:
    """The vector where the peak is highest, to 3 Å; the nearest twelfths of the cell where it is hardly lower there."""
    for limit in (_COARSE, *_FINER):
        use = d > limit
        h, value = hkl[use].astype(float), e2[use] - 1
        if use.sum() < _LEAST_REFLECTIONS or _height(t, h, value) < _LEAST_MODULATION / 2:
            continue
        simplex = t + np.vstack([np.zeros(3), np.diag(0.1 / np.maximum(np.abs(h).max(axis=0), 1))])
        options = {"initial_simplex": simplex, "xatol": 1e-4, "fatol": 1e-5}
        t = minimize(lambda x, h=h, value=value: -_gain(x, h, value), t, method="Nelder-Mead", options=options).x
        exact = np.rint(t * 12) / 12
        if _gain(exact, h, value) > _AS_HIGH * _gain(t, h, value):
            t = exact
    return np.asarray(t % 1.0)


def _bin(hkl: np.ndarray, vector: np.ndarray, rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N,) the mean of cos(2 pi h.W t) over rotations W, and the number of its bin."""
    images = np.unique(np.round((rotations @ vector) % 1.0, 6) % 1.0, axis=0)
    f = np.mean([np.cos(2 * np.pi * (hkl @ t)) for t in images], axis=0)
    return f, np.clip(((f + 1) / 2 * _BINS).astype(int), 0, _BINS - 1)


def _classes(hkl: np.ndarray, e2: np.ndarray, s2: np.ndarray, vector: np.ndarray, rotations: np.ndarray) -> Tncs:
    """Mean E² by class and resolution; bins with few reflections take the mean of 1 + c f of their shell."""
    count = int(np.clip(len(e2) // (_BINS * _PER_BIN), 1, _MOST_SHELLS))
    shells = np.array_split(np.argsort(s2, kind="stable"), count)
    f, which = _bin(hkl, vector, rotations)
    middle = (np.arange(_BINS) + 0.5) / _BINS * 2 - 1
    mean = np.empty((count, _BINS))
    for k, rows in enumerate(shells):
        n = np.bincount(which[rows], minlength=_BINS)
        total = np.bincount(which[rows], e2[rows], minlength=_BINS)
        c = float(np.clip(((e2[rows] - 1) @ f[rows]) / max(f[rows] @ f[rows], 1e-9), -0.95, 0.95))
        mean[k] = np.where(n >= _PER_BIN // 4, total / np.maximum(n, 1), 1 + c * middle)
    coarse = s2 <= max(1 / _COARSE**2, s2[shells[0]].max())
    strength = float(np.clip(_height(vector, hkl[coarse], e2[coarse] - 1), -1, 1))
    return Tncs(vector, strength, rotations, np.array([s2[rows].mean() for rows in shells]), np.maximum(mean, 1e-3))
