"""Kabsch's local frame, and how wide spots are in it: a sum of the variances of independent causes.

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

LEAST_COSINE = 0.05
"""Rays nearer the plane of the sensor are treated as this oblique: 87 degrees, where no module is used."""


def kabsch_frame(s0: np.ndarray, s1: np.ndarray, axis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3, 3) rows e1, e2 and s1 / |s1| of Kabsch's local frame, and zeta = m2 . e1 (N,).

    e1 is along s1 x s0, e2 along s1 x e1; axis: m2, the rotation axis in the laboratory.
    Kabsch 2010, Acta D66, 133, section 2.
    """
    ray = s1 / np.linalg.norm(s1, axis=1, keepdims=True)
    e1 = np.cross(ray, s0)
    e1 /= np.maximum(np.linalg.norm(e1, axis=1, keepdims=True), 1e-12)
    return np.stack([e1, np.cross(ray, e1), ray], axis=1), e1 @ axis


def depth_spread(experiment: Experiment, panel: np.ndarray, s1: np.ndarray) -> np.ndarray:
    """(N, 2): one standard deviation, in pixels, of where photons of a ray stop in the sensor, by their depth.

    The path of a photon is exponential in mu, cut at t / cos; its variance broadens oblique spots along the ray.
    The mean of the same distribution is the parallax (Winter et al. 2018, Acta D74, 85, Appendix A).
    """
    detector = experiment.detector
    mu, thickness = detector.parallax[panel].T
    known = (mu > 0) & (thickness > 0)
    mu, thickness = np.where(known, mu, 1.0), np.where(known, thickness, 1.0)
    ray = s1 / np.linalg.norm(s1, axis=1, keepdims=True)
    path = thickness / np.maximum(np.abs(np.einsum("ij,ij->i", ray, detector.normals[panel])), LEAST_COSINE)
    odds = np.exp(-mu * path) / -np.expm1(-mu * path)
    mean = 1 / mu - path * odds
    variance = 2 / mu**2 - (path**2 + 2 * path / mu) * odds - mean**2
    length = np.where(known, np.sqrt(np.maximum(variance, 0.0)), 0.0)
    along = np.einsum("nij,ni->nj", detector.frames[panel][:, :, :2], ray)
    return length[:, None] * along / detector.pixel_sizes[panel]


def drift_along_e1(experiment: Experiment, s1: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """(N,) radians that a spot moves along e1 while the crystal turns by one radian (in the sense of increasing z).

    A mosaic block that diffracts tau late does so where the rotation has carried it: the mean of s1 + w x q + tau
    m2 x q over block rotations w, given tau, is s1 + tau e1 (e1 . (m2 x q)), for an isotropic mosaic spread.
    (Joint normal distribution of angle and position; compare Greenhough & Helliwell 1982, J. Appl. Cryst. 15, 338.)
    """
    q = s1 - experiment.beam.s0
    moved = np.cross(experiment.needed_goniometer.lab_axis, q)
    sense = np.sign(experiment.needed_scan.oscillation[1])
    return sense * np.einsum("ij,ij->i", frame[:, 0], moved) * experiment.beam.wavelength


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
