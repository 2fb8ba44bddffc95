"""Translational NCS: copies of a molecule that a translation nearly relates, and how it modulates intensities.

A copy moved by t makes the mean intensity 1 + c f(h) times what it would be, f the mean of cos(2 pi h.W t) over the
crystal's rotations W (Read, Adams & McCoy 2013, Acta Cryst. D69, 176). On an axis all W may give the same cosine:
reflections of weak classes look absent, and moments look unlike Wilson's, where this is not known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter
from scipy.optimize import minimize

_COARSE = 5.0
"""Å: copies differ by some tenths of an Å, and agree to here."""
_SEARCHED = (_COARSE, 4.0, 3.3)
"""Å, the ends of the maps that are looked at: high symmetry and small cells leave too few reflections to 5 Å, and a
general vector, of which each image makes its own cosine, is seen by its sum over more of them."""
_FINER = (4.0, 3.0)  # Å, to where the vector is refined in turn; beyond copies differ too much
_LEAST_REFLECTIONS = 100
_LARGEST_INDEX = 50
"""Of reflections in the Patterson map, so that a grid of 128 points an axis will do; larger cells are seen coarser."""
_GRID = 2.5  # points a largest index
_SHORTEST = 10.0
"""Å: nothing shorter is a copy of a molecule; within it lies what a molecule's own atoms make."""
_LEAST_MODULATION = 0.4
"""Of c: every molecule having a copy makes 1; smaller ones change class means by less than noise changes axial rows."""
_SIGNIFICANT = 5.7
"""Standard errors of c: the highest peak of noise stood at 3.4 to 4.4 in 36 trials of nine groups, P 1 to P 2 3."""
_PEAKS = 40
_PEAKS_TOLD = 12
_LARGEST = 6.0
"""Of E²: few larger ones are Wilson's, and one must not make a peak."""
_AS_HIGH = 0.9
"""Of the peak: vectors along the cell's edges and halves are made so where the data hardly mind."""
_MOST_VECTORS = 3
_BINS, _PER_BIN, _MOST_SHELLS = 8, 60, 12
_FADINGS = np.append(0.0, np.geomspace(0.5, 64.0, 15))
"""Å², of B: copies whose atoms lie u Å r.m.s. apart fade by exp(-13 u² s²) (a third of (2 pi u)²)."""
_STRENGTHS = np.linspace(0.0, 1.0, 41)
_LEAST_FITTED = 0.03
"""Of a mean: errors of E² are as large in weak data."""
_MOST_FITTED = 5000
_LEAST_MEAN = 1e-3


@dataclass(frozen=True, eq=False)
class Tncs:
    """A vector t (3,) in fractions, its modulation c at low resolution, and mean intensities by class.

    ``rotations``: (k, 3, 3) W; classes go by f. ``mean``: (shells, bins) of E² for f in bins from -1 to 1, in shells
    about ``s2`` (shells,), and ``f`` (shells, bins) that of the reflections there; in between its logarithm is a
    straight line. ``fading``: c0 and B (Å²) of c = c0 exp(-B s²): copies are alike at low resolution only.
    """

    vector: np.ndarray
    modulation: float
    rotations: np.ndarray
    s2: np.ndarray
    mean: np.ndarray
    f: np.ndarray
    fading: tuple[float, float]

    def expected(self, hkl: np.ndarray, s2: np.ndarray) -> np.ndarray:
        """(N,) the mean of E² of the classes that the indices (N, 3) are in, in the basis of ``vector``.

        Within a class, and where its shell is wide, it goes as 1 + c f: on an axis f may be -1, and at low resolution
        hardly anything is left there, a fraction of what the class has on average.
        """
        f = cosines(hkl, self.vector, self.rotations)
        which, found = _bin(f), np.empty(len(hkl))
        usual = np.log(self.mean / self._faded(self.f, self.s2[:, None]))
        for k in range(_BINS):
            mine = which == k
            found[mine] = np.exp(np.interp(s2[mine], self.s2, usual[:, k]))
        return np.asarray(np.maximum(found * self._faded(f, s2), _LEAST_MEAN))

    def _faded(self, f: np.ndarray, s2: np.ndarray) -> np.ndarray:
        c, B = self.fading
        return np.asarray(np.maximum(1 + c * np.exp(-B * s2) * f, _LEAST_MEAN))


def find_tncs(hkl: np.ndarray, e2: np.ndarray, d: np.ndarray, A: np.ndarray, rotations: np.ndarray) -> list[Tncs]:
    """The translations that modulate E² (N,), the strongest first; each is taken out before the next is looked for.

    hkl: (N, 3) in the basis A; d: (N,) Å; rotations: (k, 3, 3) under which intensities are alike. A copy has as many
    images as these: rotations that the crystal has not would dilute the peak, and those left out would let equivalents
    count as independent.
    """
    found: list[Tncs] = []
    for _ in range(_MOST_VECTORS):
        vector = _highest_peak(hkl, e2, d, A, rotations)
        if vector is None:
            break
        one = _classes(hkl, e2, 1 / d**2, vector, rotations)
        e2 = e2 / one.expected(hkl, 1 / d**2)
        found.append(one)
    return found


@dataclass(frozen=True, eq=False)
class PattersonPeaks:
    """Highest peaks of the Patterson map off its origin: vectors (n, 3) in fractions, lengths (n,) Å, heights (n,).

    Heights are of the origin's, 1.
    """

    vectors: np.ndarray
    lengths: np.ndarray
    heights: np.ndarray


def patterson_peaks(
    hkl: np.ndarray, e2: np.ndarray, d: np.ndarray, A: np.ndarray, rotations: np.ndarray
) -> PattersonPeaks | None:
    """The peaks of E² (N,) below 5 Å, the highest first; None of fewer than 100 reflections. Arguments as find_tncs.

    Those nearer to the origin than 10 Å, what a molecule's own atoms make, are left out.
    """
    use = (d > _COARSE) & (np.abs(hkl) <= _LARGEST_INDEX).all(axis=1) & np.isfinite(e2)
    if use.sum() < _LEAST_REFLECTIONS:
        return None
    unique, value, _ = _unique(hkl[use], np.minimum(e2[use], _LARGEST), d[use], rotations)
    found = _patterson_peaks(unique, value - value.mean(), rotations)
    lengths = np.array([_length(t, A, rotations) for t in found])
    far = np.flatnonzero(lengths >= _SHORTEST)[:_PEAKS_TOLD]
    heights = np.array([float(value @ cosines(unique, found[k], rotations)) / value.sum() for k in far])
    order = np.argsort(-heights, kind="stable")
    vectors = np.array([found[k] for k in far]).reshape(-1, 3)
    return PattersonPeaks(vectors[order], lengths[far][order], heights[order])


def within_group(
    found: list[Tncs], hkl: np.ndarray, e2: np.ndarray, d: np.ndarray, rotations: np.ndarray
) -> list[Tncs]:
    """The same translations with the classes that the rotations (k, 3, 3) of the crystal leave, from the same data."""
    again = []
    for one in found:
        again.append(_classes(hkl, e2, 1 / d**2, one.vector, rotations))
        e2 = e2 / again[-1].expected(hkl, 1 / d**2)
    return again


def modulation(found: list[Tncs], hkl: np.ndarray, d: np.ndarray) -> np.ndarray:
    """(N,) the mean intensity that translations give reflections, over that without."""
    mean = np.ones(len(hkl))
    for one in found:
        mean = mean * one.expected(hkl, 1 / d**2)
    return mean


def cosines(hkl: np.ndarray, vector: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """(N,) f: the mean of cos(2 pi h.W t) over rotations W."""
    images = np.unique(np.round((rotations @ vector) % 1.0, 6) % 1.0, axis=0)
    return np.asarray(np.mean([np.cos(2 * np.pi * (hkl @ t)) for t in images], axis=0))


def _highest_peak(
    hkl: np.ndarray, e2: np.ndarray, d: np.ndarray, A: np.ndarray, rotations: np.ndarray
) -> np.ndarray | None:
    """The vector (3,) of the most significant peak of the Patterson without origin, refined; None where none is."""
    hkl, e2, d = _unique(hkl, np.minimum(e2, _LARGEST), d, rotations)
    maps: list[tuple[np.ndarray, np.ndarray]] = []
    for limit in _SEARCHED:
        use = (d >= limit) & (np.abs(hkl).max(axis=1) <= _LARGEST_INDEX)
        if use.sum() >= _LEAST_REFLECTIONS and (not maps or use.sum() > len(maps[-1][0])):
            maps.append((hkl[use], e2[use] - 1))
    peaks = [
        (_significance(cosines(h, t, rotations), value), t)
        for h, value in maps
        for t in _patterson_peaks(h, value, rotations)
        if _length(t, A, rotations) > _SHORTEST
    ]
    if not peaks:
        return None
    vector = _refined(max(peaks, key=lambda peak: peak[0])[1], (hkl, e2, d), rotations)
    told = [
        (_significance(f, value), _amplitude(f, value)) for h, value in maps for f in (cosines(h, vector, rotations),)
    ]
    good = any(significance >= _SIGNIFICANT and c >= _LEAST_MODULATION for significance, c in told)
    return vector if good and _length(vector, A, rotations) > _SHORTEST else None


def _unique(
    hkl: np.ndarray, e2: np.ndarray, d: np.ndarray, rotations: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One reflection of each orbit under the rotations, with the mean of E²: independent, as errors of c need it."""
    span = 2 * int(np.abs(hkl @ np.abs(rotations).max(axis=0)).max(initial=1)) + 1
    place = np.array([span**2, span, 1], np.int64)
    key = np.min([np.abs(hkl.astype(np.int64) @ (W @ place)) for W in rotations], axis=0)
    _, first, orbit, count = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    return hkl[first], np.bincount(orbit.ravel(), e2) / count, d[first]


def _patterson_peaks(hkl: np.ndarray, value: np.ndarray, rotations: np.ndarray) -> list[np.ndarray]:
    """The highest maxima (3,) of sum (E² - 1) f, the Patterson map under the rotations; by Fourier transform."""
    images = np.concatenate([hkl @ W for W in rotations])
    n = int(_GRID * (np.abs(images).max() + 1)) // 2 * 2 + 2
    grid = np.zeros((n, n, n))
    np.add.at(grid, tuple((images % n).T), np.tile(value, len(rotations)))
    grid = (grid + grid[tuple(np.meshgrid(*[-np.arange(n)] * 3, indexing="ij"))]) / 2
    height = np.fft.fftn(grid).real
    top = np.flatnonzero((height == maximum_filter(height, size=3, mode="wrap")) & (height > 0))
    top = top[np.argsort(-np.round(height.ravel()[top], 6), kind="stable")]
    points = np.column_stack(np.unravel_index(top, height.shape)) / n
    return _one_of_each(points[: 2 * _PEAKS * len(rotations)], rotations, n)[:_PEAKS]


def _one_of_each(points: np.ndarray, rotations: np.ndarray, n: int) -> list[np.ndarray]:
    """Of points (k, 3) that rotations or -1 relate, to a step of 1/n, the first."""
    at = np.rint(points * n).astype(int)
    images = np.concatenate([at @ W.T for W in rotations] + [-at @ W.T for W in rotations]) % n
    key = (images @ [n * n, n, 1]).reshape(2 * len(rotations), -1).min(axis=0)
    _, first = np.unique(key, return_index=True)
    return list(points[np.sort(first)])


def _length(t: np.ndarray, A: np.ndarray, rotations: np.ndarray) -> float:
    """Å from the nearest lattice point, of the image of t that is nearest to one."""
    cells = np.indices((3, 3, 3)).reshape(3, -1).T - 1
    near = rotations @ t
    near = near - np.rint(near)
    return float(np.linalg.norm((near[:, None] + cells) @ np.linalg.inv(A), axis=2).min())


def _amplitude(f: np.ndarray, value: np.ndarray) -> float:
    """The modulation c that fits E² - 1 = c f best."""
    return float(value @ f / max(f @ f, 1e-9))


def _significance(f: np.ndarray, value: np.ndarray) -> float:
    """The modulation over its error: comparable for all t. The variance of E² is one, and more by its errors."""
    return float(value @ f / np.sqrt(max(f @ f, 1e-9) * max(float(value.var()), 1.0)))


def _refined(t: np.ndarray, data: tuple[np.ndarray, np.ndarray, np.ndarray], rotations: np.ndarray) -> np.ndarray:
    """The vector where the peak is highest, to 3 Å; the nearest twelfths of the cell where it is hardly lower there."""
    hkl, e2, d = data

    def drop(x: np.ndarray, h: np.ndarray, value: np.ndarray) -> float:
        return -_significance(cosines(h, x, rotations), value)

    for limit in (_COARSE, *_FINER):
        use = d > limit
        h, value = hkl[use].astype(float), e2[use] - 1
        if use.sum() < _LEAST_REFLECTIONS or _amplitude(cosines(h, t, rotations), value) < _LEAST_MODULATION / 2:
            continue
        simplex = t + np.vstack([np.zeros(3), np.diag(0.1 / np.maximum(np.abs(h).max(axis=0), 1))])
        options = {"initial_simplex": simplex, "xatol": 1e-4, "fatol": 1e-3, "maxfev": 150}
        t = minimize(drop, t, args=(h, value), method="Nelder-Mead", options=options).x
        exact = np.rint(t * 12) / 12
        if drop(exact, h, value) < _AS_HIGH * drop(t, h, value):
            t = exact
    return np.asarray(t % 1.0)


def _bin(f: np.ndarray) -> np.ndarray:
    return np.clip(((f + 1) / 2 * _BINS).astype(int), 0, _BINS - 1)


def _classes(hkl: np.ndarray, e2: np.ndarray, s2: np.ndarray, vector: np.ndarray, rotations: np.ndarray) -> Tncs:
    """Mean E² by class and resolution; bins with few reflections take the mean of 1 + c f of their shell."""
    count = int(np.clip(len(e2) // (_BINS * _PER_BIN), 1, _MOST_SHELLS))
    shells = np.array_split(np.argsort(s2, kind="stable"), count)
    f = cosines(hkl, vector, rotations)
    which, (c0, B) = _bin(f), _fading(f, e2, s2)
    middle = (np.arange(_BINS) + 0.5) / _BINS * 2 - 1
    mean, mean_f = np.empty((2, count, _BINS))
    centre = np.array([s2[rows].mean() for rows in shells])
    for k, rows in enumerate(shells):
        n = np.bincount(which[rows], minlength=_BINS)
        total, total_f = (np.bincount(which[rows], x[rows], minlength=_BINS) for x in (e2, f))
        some = n >= _PER_BIN // 4
        mean_f[k] = np.where(some, total_f / np.maximum(n, 1), middle)
        mean[k] = np.where(some, total / np.maximum(n, 1), 1 + c0 * np.exp(-B * centre[k]) * middle)
    coarse = s2 <= max(1 / _COARSE**2, s2[shells[0]].max())
    strength = float(np.clip(_amplitude(f[coarse], e2[coarse] - 1), -1, 1))
    return Tncs(vector, strength, rotations, centre, np.maximum(mean, _LEAST_MEAN), mean_f, (c0, B))


def _fading(f: np.ndarray, e2: np.ndarray, s2: np.ndarray) -> tuple[float, float]:
    """c0, at most one, and B (Å²) of the mean 1 + c0 exp(-B s²) f: by the gamma likelihood, least e2 / m + ln m.

    So that classes that are weak, and whose intensities spread by no more than they are, say how weak.
    """
    every = slice(None, None, max(1, len(f) // _MOST_FITTED))
    f, e2, s2 = f[every], np.minimum(e2[every], _LARGEST), s2[every]
    best = (np.inf, 0.0, 0.0)
    for B in _FADINGS:
        own = np.exp(-B * s2) * f
        mean = np.maximum(1 + _STRENGTHS[:, None] * own, _LEAST_FITTED)
        off = (e2 / mean + np.log(mean)).sum(axis=1)
        k = int(off.argmin())
        if off[k] < best[0]:
            best = (float(off[k]), float(_STRENGTHS[k]), float(B))
    return best[1:]
