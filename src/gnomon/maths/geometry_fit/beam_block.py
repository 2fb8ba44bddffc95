"""The parameters of a beam."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.maths.geometry_fit.options import FitOptions
from gnomon.models.beam import Beam

IN_PLANE, OUT_OF_PLANE, WAVELENGTH = "in_spindle_plane", "out_spindle_plane", "wavelength"


@dataclass(frozen=True)
class BeamBlock:
    """Two angles and a relative wavenumber: s0 = (1 + p_nu)|s0| (u + p_1 e1 + p_2 e2) / norm.

    e1 lies in the plane of beam and spindle, e2 is normal to it. Turning beam, detector and crystal together about
    the spindle changes nothing that is observed, so p_2 is usually fixed (the fix is called in_spindle_plane, as in
    DIALS: the beam is kept in that plane).
    """

    beam: Beam
    basis: np.ndarray  # (n, 3): the free directions
    wavenumber: bool
    sigma: np.ndarray  # (n,), prior standard deviations

    @classmethod
    def of(cls, beam: Beam, axis: np.ndarray, options: FitOptions) -> BeamBlock:
        """The block of ``beam`` with the spindle ``axis`` (3,)."""
        u, fixed = beam.s0 * beam.wavelength, options.beam_fixed
        out = np.cross(axis, u)
        out = out / np.linalg.norm(out)
        directions = ((np.cross(u, out), OUT_OF_PLANE), (out, IN_PLANE))
        free = [e for e, stop in directions if stop not in fixed and "all" not in fixed]
        wavenumber = WAVELENGTH not in fixed and "all" not in fixed
        tilt, relative = np.deg2rad(options.priors.beam_tilt), options.priors.wavelength
        return cls(
            beam, np.array(free).reshape(-1, 3), wavenumber, np.array([tilt] * len(free) + [relative] * wavenumber)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """What each parameter is, with its unit."""
        return tuple(f"beam tilt {i + 1} (rad)" for i in range(len(self.basis))) + ("wavenumber (1)",) * self.wavenumber

    def s0(self, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The wave vector (3,), 1/Å, and its derivatives (n, 3) at the parameters ``p`` (n,)."""
        k = len(self.basis)
        direction = self.beam.s0 * self.beam.wavelength + p[:k] @ self.basis
        norm = np.linalg.norm(direction)
        u = direction / norm
        nu = (1 + p[k:].sum()) / self.beam.wavelength
        rows = nu / norm * (self.basis - np.outer(self.basis @ u, u))
        return nu * u, np.concatenate([rows, u[None] / self.beam.wavelength] if self.wavenumber else [rows])

    def apply(self, p: np.ndarray) -> Beam:
        """The beam at ``p``."""
        return self.beam.with_s0(self.s0(p)[0]) if len(self.sigma) else self.beam
