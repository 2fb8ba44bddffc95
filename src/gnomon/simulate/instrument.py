"""The instrument as it really is: beam, spindle and a flat sensor at right angles to the beam."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnomon.io.images.instruments import PILATUS, Rectangle, gap_rectangles
from gnomon.maths.geometry.attenuation import attenuation
from gnomon.simulate.modules import Modules
from gnomon.simulate.params import SweepParams


@dataclass(frozen=True)
class Instrument:
    """Beam along -Z, spindle along +X, detector facing the crystal: fast along +X, slow along -Y.

    That is how miniCBF files are read (imgCIF axes): Z towards the source, X along the spindle.
    """

    wavelength: float  # Å
    distance: float  # mm
    beam_centre: tuple[float, float]  # px
    image_size: tuple[int, int]
    pixel_size: float  # mm
    thickness: float  # mm
    polarization: float
    modules: Modules | None = None  # where they are out of place

    @classmethod
    def of(cls, params: SweepParams) -> Instrument:
        """The true instrument of a data set."""
        centre = params.beam_centre or tuple(n / 2 + 1.3 - 3 * i for i, n in enumerate(params.image_size))
        return cls(
            params.wavelength,
            params.distance,
            (centre[0], centre[1]),
            params.image_size,
            params.pixel_size,
            params.thickness,
            params.polarization,
            Modules.of(params, module_rectangles(params.image_size) if params.gaps else [(0, 0, *params.image_size)]),
        )

    @property
    def s0(self) -> np.ndarray:
        """Incident wave vector, 1/Å."""
        return np.array([0.0, 0.0, -1.0 / self.wavelength])

    @property
    def spindle(self) -> np.ndarray:
        """Unit vector; angles grow right-handed about it."""
        return np.array([1.0, 0.0, 0.0])

    @cached_property
    def mu(self) -> float:
        """Attenuation of the sensor, 1/mm."""
        return attenuation("Si", self.wavelength)

    def pixel_of(self, s1: np.ndarray, origin: np.ndarray | float = 0.0) -> np.ndarray:
        """(N, 2) nominal pixels where rays along s1 (N, 3) enter the sensor, no parallax; nan for those backwards.

        They come from ``origin`` (N, 3) mm, where the crystal is.
        """
        forward = np.where(s1[:, 2] < 0, -s1[:, 2], np.nan)
        start = np.broadcast_to(origin, s1.shape)
        mm = start[:, :2] + s1[:, :2] * ((self.distance + start[:, 2]) / forward)[:, None]
        return mm * np.array([1.0, -1.0]) / self.pixel_size + np.asarray(self.beam_centre)

    def pixel_jacobian(self, s1: np.ndarray) -> np.ndarray:
        """(N, 2, 3): change of the pixel with s1, px Å."""
        scale = self.distance / self.pixel_size / -s1[:, 2]
        jacobian = np.zeros((len(s1), 2, 3))
        jacobian[:, 0, 0] = scale
        jacobian[:, 1, 1] = -scale
        jacobian[:, 0, 2] = scale * s1[:, 0] / -s1[:, 2]
        jacobian[:, 1, 2] = -scale * s1[:, 1] / -s1[:, 2]
        return jacobian

    def pixel_rays(self, fast: np.ndarray, slow: np.ndarray) -> np.ndarray:
        """(slow, fast, 3) unit vectors from the crystal to pixel centres, for pixel numbers ``fast`` and ``slow``."""
        x = (fast + 0.5 - self.beam_centre[0]) * self.pixel_size
        y = -(slow + 0.5 - self.beam_centre[1]) * self.pixel_size
        rays = np.empty((len(slow), len(fast), 3))
        rays[..., 0], rays[..., 1], rays[..., 2] = x, y[:, None], -self.distance
        return rays / np.linalg.norm(rays, axis=-1, keepdims=True)

    @property
    def corner_resolution(self) -> float:
        """Spacing (Å) at the corner farthest from the beam."""
        corners = self.pixel_rays(*(np.array([0, n - 1]) for n in self.image_size))
        return self.wavelength / (2 * np.sin(np.arccos(-corners[..., 2].max()) / 2))

    def polarization_factor(self, ray: np.ndarray) -> np.ndarray:
        """Fraction of the scattered intensity left by polarisation, for unit vectors (..., 3).

        The electric field is horizontal (X) for the fraction p and vertical for the rest, and a dipole does not
        radiate along itself: P = p (1 - x²) + (1 - p)(1 - y²).
        """
        p = self.polarization
        return p * (1 - ray[..., 0] ** 2) + (1 - p) * (1 - ray[..., 1] ** 2)


def gap_mask(image_size: tuple[int, int]) -> np.ndarray:
    """(slow, fast) bool, true between modules: of an Eiger where its modules fill the image, else of a Pilatus."""
    nx, ny = image_size
    gaps = np.zeros((ny, nx), bool)
    for f0, s0, f1, s1 in gap_rectangles(image_size):
        gaps[s0:s1, f0:f1] = True
    if gaps.any():
        return gaps
    (mx, my), (gx, gy) = PILATUS.module, PILATUS.gap
    return (np.arange(nx) % (mx + gx) >= mx)[None, :] | (np.arange(ny) % (my + gy) >= my)[:, None]


def module_rectangles(image_size: tuple[int, int]) -> list[Rectangle]:
    """What :func:`gap_mask` leaves: a rectangle a module, fast first."""
    gaps = gap_mask(image_size)
    fast, slow = (_runs(np.flatnonzero(~gaps.all(axis=axis))) for axis in (0, 1))
    return [(f0, s0, f1, s1) for s0, s1 in slow for f0, f1 in fast]


def _runs(live: np.ndarray) -> list[tuple[int, int]]:
    """First and one past the last of each run of consecutive numbers."""
    parts = np.split(live, np.flatnonzero(np.diff(live) > 1) + 1)
    return [(int(part[0]), int(part[-1]) + 1) for part in parts]
