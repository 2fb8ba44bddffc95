"""The array model: grids over angle and resolution, over the detector and angle, and over the detector.

g = D(phi, 1/d^2) A(x, y, phi) M(x, y), each a smooth function through a grid of parameters (Evans & Murshudov 2013,
Acta Cryst. D69, 1204, in as many dimensions as it has). A function of resolution alone that all sweeps have changes
nothing that is observed; what A and M may take from D is little: they are restrained to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.maths.numerics.smoother import Smoother
from gnomon.models.experiment import Experiment
from gnomon.models.scan import Scan
from gnomon.steps.scale.params import ScaleParams

RESTRAINT = 100.0  # of parameters over the detector to 1: they differ by a tenth
OBSERVATIONS_PER_NODE = 60  # that have a share in choosing: there are hundreds of nodes, of little freedom each


@dataclass(frozen=True, eq=False)
class Grids:
    """What spans the grids besides the angle: resolution (1/Å^2), and (x, y) in pixels; None of what is left out."""

    resolution: Smoother | None
    absorption: tuple[Smoother, Smoother] | None
    modulation: tuple[Smoother, Smoother] | None

    @property
    def is_plain(self) -> bool:
        """Whether nothing is refined over the detector."""
        return self.absorption is None and self.modulation is None

    @property
    def n_resolution(self) -> int:
        """Nodes along resolution, 1 of none."""
        return 1 if self.resolution is None else self.resolution.n_parameters

    def sizes(self, time: Smoother) -> list[tuple[str, int]]:
        """The grids by the names of their components, with the numbers of their nodes."""
        found = [("scale", time.n_parameters * self.n_resolution)]
        if self.absorption is not None:
            x, y = self.absorption
            found.append(("grid", time.n_parameters * y.n_parameters * x.n_parameters))
        if self.modulation is not None:
            x, y = self.modulation
            found.append(("modulation", y.n_parameters * x.n_parameters))
        return found

    def designs(self, time: Smoother, z: np.ndarray, inverse: np.ndarray, xy: np.ndarray) -> dict[str, np.ndarray]:
        """(N, nodes) each at ``z`` images from the start, ``inverse`` (N,) 1/d^2 and ``xy`` (N, 2).

        The angle changes slowest, then y, then x or the resolution.
        """
        along = time.design(z)
        found = {"scale": along if self.resolution is None else products(along, self.resolution.design(inverse))}
        if self.absorption is not None:
            found["grid"] = products(along, *_over_detector(self.absorption, xy))
        if self.modulation is not None:
            found["modulation"] = products(*_over_detector(self.modulation, xy))
        return found

    def configuration(self, time: Smoother, degrees: float) -> dict[str, float]:
        """What ``.expt`` files say of the grids, under the names of DIALS; degrees: between nodes in angle."""
        found: dict[str, float] = {
            "n_time_param": time.n_parameters, "time_norm_fac": 0.999 / time.spacing, "time_rot_interval": degrees
        }  # fmt: skip
        if (r := self.resolution) is not None:
            found |= {"n_res_param": r.n_parameters, "resmin": r.start, "res_bin_width": r.spacing}
        if self.absorption is not None:
            x, y = self.absorption
            found |= {"n_x_param": x.n_parameters, "n_y_param": y.n_parameters, "xmin": x.start, "ymin": y.start}
            found |= {"x_bin_width": x.spacing, "y_bin_width": y.spacing}
        if self.modulation is not None:
            x, y = self.modulation
            found |= {"n_x_mod_param": x.n_parameters, "n_y_mod_param": y.n_parameters}
            found |= {"x_det_bin_width": x.spacing, "y_det_bin_width": y.spacing}
        return found


def _over_detector(axes: tuple[Smoother, Smoother], xy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The designs (N, n) along y and x."""
    x, y = axes
    return y.design(xy[:, 1]), x.design(xy[:, 0])


def products(*designs: np.ndarray) -> np.ndarray:
    """(N, n1 n2 ...) row by row the products of the weights along each axis; the last changes fastest."""
    found = designs[0]
    for more in designs[1:]:
        found = (found[:, :, None] * more[:, None, :]).reshape(len(found), -1)
    return found


def on_first_panel(experiment: Experiment, s1: np.ndarray) -> np.ndarray:
    """(N, 2) px where rays along ``s1`` (N, 3) meet the plane of the first panel; 0 for those that do not."""
    if not len(s1):
        return np.zeros((0, 2))
    mm = experiment.detector.intersect(0, s1)
    return np.nan_to_num(mm / experiment.detector.pixel_sizes[0], nan=0.0, posinf=0.0, neginf=0.0)


def angles(scan: Scan, params: ScaleParams) -> Smoother:
    """The nodes in angle, in images from the start."""
    return Smoother.over(0.0, scan.n_images, params.array_interval / abs(scan.oscillation[1]))


def grids_of(params: ScaleParams, inverse: np.ndarray, xy: np.ndarray | None) -> Grids:
    """The grids over the 1/d^2 (N,) of all sweeps and the places ``xy`` (n, 2) of one; None where none are known."""
    absorption = modulation = None
    if xy is not None and len(xy):
        if params.array_absorption:
            absorption = _square(xy, params.n_absorption_bins)
        if params.array_modulation:
            modulation = _square(xy, params.n_modulation_bins)
    resolution = _even(inverse, params.n_resolution_bins) if params.array_decay else None
    return Grids(resolution, absorption, modulation)


def _square(xy: np.ndarray, n: int) -> tuple[Smoother, Smoother]:
    """Nodes over x and y, in ``n`` intervals each."""
    return _even(xy[:, 0], n), _even(xy[:, 1], n)


def _even(values: np.ndarray | Sequence[float], n: int) -> Smoother:
    """Nodes over the range of the values, in ``n`` intervals."""
    low, high = float(np.min(values)), float(np.max(values))
    return Smoother(low, max(high - low, 1e-6) / n, n)
