"""The spots in reciprocal space, and how they move there with the detector."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnomon.maths.geometry.centroids import map_centroids, rotate_back
from gnomon.maths.geometry.ewald import is_entering
from gnomon.models.by_experiment import Rows, RowsByExperiment
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections


@dataclass(frozen=True, eq=False)
class Points:
    """Observed reciprocal lattice points at phi = 0, one a spot.

    ``slope`` is the change of ``rlp`` (1/Å) for each mm by which the detector moves along its two axes.
    """

    rlp: np.ndarray  # (N, 3), 1/Å
    slope: np.ndarray  # (N, 3, 2), 1/Å a mm
    sweep: np.ndarray  # (N,), number of the experiment
    phi: np.ndarray  # (N,), rad
    entering: np.ndarray  # (N,), bool
    row: np.ndarray  # (N,), row of the reflection table

    def __len__(self) -> int:
        return len(self.rlp)

    @property
    def d_star(self) -> np.ndarray:
        """(N,) 1/d, 1/Å."""
        return np.linalg.norm(self.rlp, axis=1)

    @cached_property
    def by_sweep(self) -> RowsByExperiment:
        """Where the points of each sweep are."""
        return RowsByExperiment(self.sweep)

    def of_sweep(self, number: int) -> Points:
        """The points of one sweep."""
        return self.select(self.by_sweep[number])

    def select(self, index: Rows) -> Points:
        """The points at ``index`` (mask, integers or a slice)."""
        fields = (self.rlp, self.slope, self.sweep, self.phi, self.entering, self.row)
        return Points(*(values[index] for values in fields))

    def thinned(self, most: int) -> Points:
        """At most ``most`` points, evenly taken from the table."""
        return self if len(self) <= most else self.select(np.linspace(0, len(self) - 1, most).astype(int))

    def moved(self, shift: np.ndarray) -> Points:
        """The points under a detector moved by ``shift`` (2,) mm, to first order."""
        return Points(self.rlp + self.slope @ shift, self.slope, self.sweep, self.phi, self.entering, self.row)


def detector_axes(detector: Detector) -> np.ndarray:
    """(3, 2): the fast and slow axes of the first panel in the laboratory: the plane in which a beam centre errs."""
    return np.ascontiguousarray(detector.frames[0][:, :2])


def entering_points(experiments: Experiments, reflections: Reflections) -> np.ndarray:
    """(N,) bool: whether each point enters the Ewald sphere, from ``id`` and ``s1``; False for stills."""
    entering, each = np.zeros(len(reflections), bool), reflections.by_experiment()
    for i, experiment in enumerate(experiments):
        if experiment.goniometer is not None:
            entering[each[i]] = is_entering(experiment, reflections["s1"][each[i]])
    return entering


def reciprocal_points(experiments: Experiments, reflections: Reflections) -> Points:
    """The points of every row whose ``id`` names an experiment, under the geometry of now.

    The slope is d s1 / d t = (1 - s s^T) / (|x| wavelength) along the detector's axes, turned back to phi = 0
    (x the spot in the laboratory, s its unit vector).
    """
    mapped = map_centroids(experiments, reflections)
    slope, each = np.zeros((len(mapped), 3, 2)), mapped.by_experiment()
    for i, experiment in enumerate(experiments):
        rows = each[i]
        s1, mm = mapped["s1"][rows], mapped["xyzobs.mm.value"][rows]
        distance = np.linalg.norm(experiment.detector.lab_coordinates(mapped["panel"][rows], mm[:, :2]), axis=1)
        unit = s1 * experiment.beam.wavelength
        for k, axis in enumerate(detector_axes(experiment.detector).T):
            change = (axis - unit * (unit @ axis)[:, None]) / (distance * experiment.beam.wavelength)[:, None]
            slope[rows, :, k] = rotate_back(experiment, change, mm[:, 2])
    entering = entering_points(experiments, mapped)
    rows = np.flatnonzero((mapped["id"] >= 0) & (mapped["id"] < len(experiments)))
    phi = mapped["xyzobs.mm.value"][:, 2]
    return Points(mapped["rlp"], slope, mapped["id"], phi, entering, np.arange(len(mapped))).select(rows)
