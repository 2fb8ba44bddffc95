"""How wide spots are, as a function of where they are: a sum of the variances of independent causes.

Each cause is one number that is the same for all spots of a crystal; how much it widens a spot along e1, e2 (angles of
the diffracted ray) and c3 (zeta times the rotation angle) follows from geometry alone. With theta the Bragg angle, L
the distance along the ray, n the panel's normal and d* = 1 / d:

=============  ======  ========================  ========================  =====================
cause          unit    along e1                  along e2                  along c3
=============  ======  ========================  ========================  =====================
point_spread   mm      (1 - (e1.n)^2) / L^2      (1 - (e2.n)^2) / L^2
crystal        mm      1 / L^2                   1 / L^2
divergence     degree  1                         1
tangential     degree  (2 sin theta)^2
dispersion     1                                 (2 tan theta)^2           tan^2 theta
domain         1/Å     lambda^2                  (lambda / cos theta)^2    1 / (d* cos theta)^2
mosaicity      degree                                                      1
=============  ======  ========================  ========================  =====================

so that a spot of constant size on a flat detector shrinks in angle as cos(2 theta) tangentially and cos^2(2 theta)
radially. Depth in the sensor and the box of a pixel are known and added. Kabsch 2010, Acta D66, 133, has one number
for e1 and e2 and one for c3; Greenhough & Helliwell 1982, J. Appl. Cryst. 15, 338 and 493, the causes; the domain's is
the width of an isotropic reciprocal lattice point (Scherrer), cut by the Ewald sphere.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, fields, replace

import numpy as np

from gnomon.models.experiment import Experiment
from gnomon.steps.integrate.kabsch import LEAST_COSINE, depth_spread, kabsch_frame

CAUSES = ("point_spread", "crystal", "divergence", "tangential", "dispersion", "domain", "mosaicity")
ANGLES = ("divergence", "tangential", "mosaicity")
PIXEL_VARIANCE = 1 / 12
"""Of a photon's place within its pixel, px^2: a pixel is a box."""


@dataclass(frozen=True, eq=False)
class SpotTerms:
    """What widens N spots: their variance is ``fixed`` and the sum of each cause's square times its column.

    fixed: (N, 2) rad^2 along e1 and e2, of pixel and depth in the sensor; across: (N, 2, 7) and rocking: (N, 7), rad^2
    for one unit squared (mm, rad, 1, 1/Å) of each of CAUSES.
    """

    fixed: np.ndarray
    across: np.ndarray
    rocking: np.ndarray

    def __len__(self) -> int:
        return len(self.fixed)

    def select(self, index: np.ndarray) -> SpotTerms:
        """The rows at ``index``."""
        return SpotTerms(self.fixed[index], self.across[index], self.rocking[index])

    @classmethod
    def concatenate(cls, parts: list[SpotTerms]) -> SpotTerms:
        """One after the other."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))


def spot_terms(experiment: Experiment, panel: np.ndarray, s1: np.ndarray) -> SpotTerms:
    """The terms of spots on ``panel`` (N,) with diffracted wave vectors s1 (N, 3), 1/Å. See the module's table."""
    detector, wavelength = experiment.detector, experiment.beam.wavelength
    frame, _ = kabsch_frame(experiment.beam.s0, s1, experiment.needed_goniometer.lab_axis)
    normal, panels = detector.normals[panel], detector.frames[panel]
    cosine = np.maximum(np.abs(np.einsum("ni,ni->n", frame[:, 2], normal)), LEAST_COSINE)
    distance = np.abs(np.einsum("ni,ni->n", panels[:, :, 2], normal)) / cosine
    per_mm = frame[:, :2] @ panels[:, :, :2] / distance[:, None, None]  # (N, e1 or e2, fast or slow), rad / mm
    per_px = per_mm * detector.pixel_sizes[panel][:, None, :]
    depth = np.einsum("nij,nj->ni", per_px, depth_spread(experiment, panel, s1))
    sine = np.linalg.norm(s1 - experiment.beam.s0, axis=1) * wavelength / 2
    sine = np.clip(sine, 1e-6, 1 - 1e-6)
    cos2 = 1 - sine**2
    across, rocking = np.zeros((len(s1), 2, len(CAUSES))), np.zeros((len(s1), len(CAUSES)))
    across[:, :, 0] = (per_mm**2).sum(axis=2)
    across[:, :, 1] = 1 / distance[:, None] ** 2
    across[:, :, 2] = 1.0
    across[:, 0, 3] = 4 * sine**2
    across[:, 1, 4], rocking[:, 4] = 4 * sine**2 / cos2, sine**2 / cos2
    across[:, 0, 5], across[:, 1, 5] = wavelength**2, wavelength**2 / cos2
    rocking[:, 5] = wavelength**2 / (4 * sine**2 * cos2)
    rocking[:, 6] = 1.0
    return SpotTerms((per_px**2).sum(axis=2) * PIXEL_VARIANCE + depth**2, across, rocking)


@dataclass(frozen=True)
class SpotWidths:
    """One standard deviation of each cause that widens the spots of a crystal, and two numbers that sum them up.

    point_spread: of the detector, and all else of one size on it, mm; crystal: its size across the ray, mm;
    divergence: of the incident beam, degrees; tangential: of mosaic blocks turned about the bisector of the rays, which
    spreads a spot along e1, degrees; dispersion: of wavelength or lattice spacing, relative; domain: of a reciprocal
    lattice point, 1/Å; mosaicity: of all that widens every rocking curve alike, degrees.
    sigma_b, sigma_m: median widths across (pixel included) and of zeta times the rotation angle of the spots
    they were found from, degrees: what ``GaussianProfile`` holds. constant_b, constant_m: whether these hold for all
    spots instead, as where the user gave them. room: factors on all widths, across and along the rotation.
    """

    point_spread: float = 0.0
    crystal: float = 0.0
    divergence: float = 0.0
    tangential: float = 0.0
    dispersion: float = 0.0
    domain: float = 0.0
    mosaicity: float = 0.0
    _: KW_ONLY
    sigma_b: float = float("nan")
    sigma_m: float = float("nan")
    constant_b: bool = False
    constant_m: bool = False
    room: tuple[float, float] = (1.0, 1.0)

    @classmethod
    def kabsch(cls, sigma_b: float, sigma_m: float) -> SpotWidths:
        """The same widths everywhere: sigma_b, that contains the pixel, across and sigma_m in c3, degrees."""
        return cls(sigma_b=sigma_b, sigma_m=sigma_m, constant_b=True, constant_m=True)

    @classmethod
    def from_squares(cls, squares: np.ndarray) -> SpotWidths:
        """Of squares (7,) in the units of ``SpotTerms``."""
        roots = zip(CAUSES, np.sqrt(np.maximum(squares, 0.0)))
        return cls(*(float(np.rad2deg(root) if name in ANGLES else root) for name, root in roots))

    @property
    def squares(self) -> np.ndarray:
        """(7,) squares of CAUSES in mm^2, rad^2, 1 and 1/Å^2."""
        values = [np.deg2rad(getattr(self, name)) if name in ANGLES else getattr(self, name) for name in CAUSES]
        return np.square(values)

    def across(self, terms: SpotTerms) -> np.ndarray:
        """(N, 2) standard deviations along e1 and e2, radians, of spots as pixels see them.

        They are those of the effective point-spread function (Anderson & King 2000, PASP 112, 1360): of the spot
        convolved with the box of a pixel, whose values at pixel centres are the shares of pixels.
        """
        if self.constant_b:
            return np.full((len(terms), 2), self.room[0] * np.deg2rad(self.sigma_b))
        return self.room[0] * np.sqrt(terms.fixed + terms.across @ self.squares)

    def rocking(self, terms: SpotTerms) -> np.ndarray:
        """(N,) standard deviations of zeta times the rotation angle, radians."""
        if self.constant_m:
            return np.full(len(terms), self.room[1] * np.deg2rad(self.sigma_m))
        return self.room[1] * np.sqrt(terms.rocking @ self.squares)

    def summarised(self, terms: SpotTerms) -> SpotWidths:
        """The same with sigma_b and sigma_m over the spots of ``terms``."""
        sigma_b, sigma_m = np.rad2deg([np.median(self.across(terms)), np.median(self.rocking(terms))])
        return replace(self, sigma_b=float(sigma_b), sigma_m=float(sigma_m))

    def times(self, across: float, rocking: float) -> SpotWidths:
        """Widths across and along the rotation so many times as large: room for spots that are wider than thought."""
        return replace(self, room=(across * self.room[0], rocking * self.room[1]))

    def given(self, sigma_b: float | None, sigma_m: float | None) -> SpotWidths:
        """The same where the user gave nothing; what was given (degrees) holds for all spots."""
        widths = replace(self, sigma_b=sigma_b, constant_b=True) if sigma_b else self
        return replace(widths, sigma_m=sigma_m, constant_m=True) if sigma_m else widths
