"""The parameters of a beam, still or along a scan."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.geometry.ewald import interpolated
from gnomon.maths.geometry_fit.options import FitOptions
from gnomon.maths.geometry_fit.params import degrees_between
from gnomon.maths.numerics.smoother import Smoother
from gnomon.models.beam import Beam
from gnomon.models.scan import Scan

IN_PLANE, OUT_OF_PLANE, WAVELENGTH = "in_spindle_plane", "out_spindle_plane", "wavelength"


@dataclass(frozen=True)
class BeamBlock:
    """Two angles and a relative wavenumber: s0 = (1 + p_nu)|s0| (u + p_1 e1 + p_2 e2) / norm.

    e1 lies in the plane of beam and spindle, e2 is normal to it. Turning beam, detector and crystal together about
    the spindle changes nothing that is observed, so p_2 is usually fixed (the fix is called in_spindle_plane, as in
    DIALS: the beam is kept in that plane). Along a scan u is a path, and there is a set (p_1, p_2) at each checkpoint
    of a smoother, or one for all of it.
    """

    beam: Beam
    basis: np.ndarray  # (n, 3): the free directions
    wavenumber: bool
    sigma: np.ndarray  # (n,), prior standard deviations
    path: np.ndarray | None = None  # (images + 1, 3), unit vectors at the edges of the images of a scan
    first: int = 0  # image at which it begins
    smoother: Smoother | None = None  # of the directions along it, in images

    @classmethod
    def of(cls, beam: Beam, axis: np.ndarray, options: FitOptions, scan: Scan | None = None) -> BeamBlock:
        """The block of ``beam`` with the spindle ``axis`` (3,); along ``scan`` where it varies there, or is to."""
        u, fixed = beam.s0 * beam.wavelength, options.beam_fixed
        out = np.cross(axis, u)
        out = out / np.linalg.norm(out)
        directions = ((np.cross(u, out), OUT_OF_PLANE), (out, IN_PLANE))
        free = [e for e, stop in directions if stop not in fixed and "all" not in fixed]
        wavenumber = WAVELENGTH not in fixed and "all" not in fixed
        tilt, relative = np.deg2rad(options.priors.beam_tilt), options.priors.wavelength
        sigma = np.array([tilt] * len(free) + [relative] * wavenumber)
        still = cls(beam, np.array(free).reshape(-1, 3), wavenumber, sigma)
        if scan is None or not (options.beams_vary or beam.s0_at_scan_points is not None):
            return still
        width = abs(scan.oscillation[1]) * scan.n_images
        return still._along(scan, degrees_between(options.beam_interval, options.beam_intervals, width))

    def _along(self, scan: Scan, interval: float | None) -> BeamBlock:
        """The same along ``scan``: on its path, with checkpoints every ``interval`` degrees; None: as it is."""
        first, last = scan.array_range
        points = self.beam.s0_at_scan_points
        if points is None or len(points) != scan.n_images + 1:
            points = np.tile(self.beam.s0, (scan.n_images + 1, 1))
        path = points / np.linalg.norm(points, axis=1, keepdims=True)
        block = replace(self, path=path, first=first)
        if interval is None or not len(self.basis):
            return block
        smoother = Smoother.over(first, last, interval / abs(scan.oscillation[1]))
        k = len(self.basis)
        sigma = np.r_[np.tile(self.sigma[:k], smoother.n_parameters), self.sigma[k:]]
        return replace(block, smoother=smoother, sigma=sigma)

    @property
    def names(self) -> tuple[str, ...]:
        """What each parameter is, with its unit."""
        points = (
            [""] if self.smoother is None else [f" at checkpoint {i + 1}" for i in range(self.smoother.n_parameters)]
        )
        tilts = tuple(f"beam tilt {i + 1}{point} (rad)" for point in points for i in range(len(self.basis)))
        return tilts + ("wavenumber (1)",) * self.wavenumber

    def s0(self, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The wave vector (3,), 1/Å, and its derivatives (n, 3) at the parameters ``p`` (n,).

        Along a scan (images + 1, 3) and (images + 1, n, 3) at the edges of its images.
        """
        if self.path is not None:
            return self._s0_along(p, self.path)
        k = len(self.basis)
        direction = self.beam.s0 * self.beam.wavelength + p[:k] @ self.basis
        norm = np.linalg.norm(direction)
        u = direction / norm
        nu = (1 + p[k:].sum()) / self.beam.wavelength
        rows = nu / norm * (self.basis - np.outer(self.basis @ u, u))
        return nu * u, np.concatenate([rows, u[None] / self.beam.wavelength] if self.wavenumber else [rows])

    def _s0_along(self, p: np.ndarray, path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """At the edges of the images."""
        k, edges = len(self.basis), self.first + np.arange(len(path))
        design = np.ones((len(path), 1)) if self.smoother is None else self.smoother.design(edges)
        n = k * design.shape[1]
        direction = path + design @ p[:n].reshape(design.shape[1], k) @ self.basis
        norm = np.linalg.norm(direction, axis=1, keepdims=True)
        u = direction / norm
        nu = (1 + p[n:].sum()) / self.beam.wavelength
        local = nu / norm[:, None] * (self.basis - (u @ self.basis.T)[:, :, None] * u[:, None])  # (g, k, 3)
        rows = (design[:, :, None, None] * local[:, None]).reshape(len(path), n, 3)
        by_wavenumber = [u[:, None] / self.beam.wavelength] if self.wavenumber else []
        return nu * u, np.concatenate([rows, *by_wavenumber], axis=1)

    def apply(self, p: np.ndarray) -> Beam:
        """The beam at ``p``; along a scan with ``s0_at_scan_points``, its own s0 being that of the middle."""
        if not len(self.sigma):
            return self.beam
        s0 = self.s0(p)[0]
        if self.path is None:
            return self.beam.with_s0(s0)
        middle = interpolated(s0, 0, np.array([(len(s0) - 1) / 2]))[0]
        return replace(self.beam.with_s0(middle), s0_at_scan_points=s0)
