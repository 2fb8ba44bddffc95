"""Whether intensities have a symmetry: the correlation of each reflection with its image."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.change_of_basis import correlation, matched, mean_intensities
from gnomon.maths.crystal.symmetry import to_asu
from gnomon.maths.geometry.centroids import map_centroids
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections


class SymmetryCorrelations:
    """Correlation coefficients of intensities with their images under rotations, each worked out once."""

    def __init__(self, experiments: Experiments, reflections: Reflections) -> None:
        """From indexed reflections, whole and no outliers, corrected for Lorentz; Friedel mates count as one."""
        self._known: dict[bytes, float] = {}
        self._hkl = np.empty((0, 3), np.int32)
        if "intensity.sum.value" in reflections:
            lorentz, whole = _lorentz_and_whole(experiments, reflections)
            good = whole & ~reflections.has(Flag.CENTROID_OUTLIER)
            hkl, _ = to_asu(reflections["miller_index"][good], "P 1")
            intensity = reflections["intensity.sum.value"][good] * lorentz[good]
            self._hkl, self._intensity = mean_intensities(hkl, np.sqrt(np.maximum(intensity, 0)))

    def of(self, W: np.ndarray) -> float:
        """The correlation of |F|(h) with |F|(h W), over pairs of different indices; nan where there are too few."""
        key = np.asarray(W, np.int64).tobytes()
        if key not in self._known:
            self._known[key] = self._correlate(W)
        return self._known[key]

    def _correlate(self, W: np.ndarray) -> float:
        if not len(self._hkl):
            return float("nan")
        image, _ = to_asu(self._hkl @ np.asarray(W, np.int32), "P 1")
        i, j = matched(self._hkl, image)
        moved = i != j
        return correlation((self._intensity[i[moved]], self._intensity[j[moved]]))

    def range_of(self, rotations: np.ndarray) -> tuple[float, float]:
        """The least and greatest correlation over rotations (n, 3, 3), the identity left out; nan, nan for none."""
        values = [self.of(W) for W in rotations if not (np.eye(3, dtype=int) == W).all()]
        known = [v for v in values if np.isfinite(v)]
        return (min(known), max(known)) if known else (float("nan"), float("nan"))


def _lorentz_and_whole(experiments: Experiments, reflections: Reflections) -> tuple[np.ndarray, np.ndarray]:
    """(N,) |s1 . (m2 x s0)| wavelength², by which an intensity is multiplied, and (N,) bool: not at an end of the scan.

    Near the spindle a reflection takes long to cross the sphere: uncorrected it would rule the correlation.
    """
    mapped = map_centroids(experiments, reflections)
    lorentz, whole = np.zeros(len(mapped)), np.zeros(len(mapped), bool)
    where = mapped.by_experiment()
    for i, e in enumerate(experiments):
        rows = where[i]
        axis = e.needed_goniometer.lab_axis
        lorentz[rows] = np.abs(mapped["s1"][rows] @ np.cross(axis, e.beam.s0)) * e.beam.wavelength**2
        first, last = e.needed_scan.array_range
        z = mapped["xyzobs.px.value"][rows, 2]
        whole[rows] = (z > first + 1) & (z < last - 1)
    return lorentz, whole
