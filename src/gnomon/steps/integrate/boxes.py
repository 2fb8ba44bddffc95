"""Where each reflection lies: Kabsch's local frame, the foreground and the shoebox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from gnomon.models.experiment import Experiment
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.params import IntegrateParams

PIXEL_SLACK = 0.3
"""Share of a pixel by which the foreground is wider than n_sigma: it is judged at pixel centres."""
LEAST_MARGIN = 3.0
"""Pixels of background, at least, around the foreground."""
REGIONS = 3
"""Reference profiles are learned on a grid of this many by this many parts of the detector."""


@dataclass(frozen=True)
class Widths:
    """Standard deviations of a spot in degrees.

    sigma_b: of the diffracted ray across; sigma_m: of the rocking angle times zeta; sigma_t: of mosaic blocks turned
    about the beam-ward axis, which spreads a spot along e1 in proportion to 2 sin(theta).
    """

    sigma_b: float
    sigma_m: float
    sigma_t: float = 0.0

    def broadening(self, s1: np.ndarray, s0: np.ndarray) -> np.ndarray:
        """(N,) factor by which spots at s1 (N, 3) are wider than sigma_b along e1."""
        twice_sine = np.linalg.norm(s1 - s0, axis=1) / np.linalg.norm(s0)
        return np.hypot(1.0, self.sigma_t / self.sigma_b * twice_sine)


@dataclass(frozen=True, eq=False)
class Boxes:
    """What the kernels need of N reflections, each array of length N (see ``kernels.shoebox``)."""

    bbox: np.ndarray  # (N, 6) int32
    start: np.ndarray  # int64, where the panel's pixels begin in a row of the ring
    width: np.ndarray  # int64, px, fast size of the panel
    local: np.ndarray  # (N, 3, 3)
    inverse_b: np.ndarray  # 1 / sigma_b, 1/rad
    rate: np.ndarray  # c3 in sigma_m a frame, positive
    z_cal: np.ndarray  # images
    shear: np.ndarray  # drift along c1 in sigma_b while c3 moves by sigma_m
    area: np.ndarray  # of a pixel, in sigma_b^2
    radius: np.ndarray  # of the foreground, in sigma_b
    guard: np.ndarray  # inner radius of the background, in sigma_b
    gain: np.ndarray
    pedestal: np.ndarray
    zeta: np.ndarray
    region: np.ndarray  # int64, which part of the detector
    cut: np.ndarray  # bool, whether the foreground leaves the panel

    def __len__(self) -> int:
        return len(self.bbox)

    def select(self, index: np.ndarray) -> Boxes:
        """The rows at ``index``."""
        return Boxes(*(np.ascontiguousarray(getattr(self, f.name)[index]) for f in fields(self)))

    @classmethod
    def concatenate(cls, parts: Sequence[Boxes]) -> Boxes:
        """One after the other."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))


def panel_starts(sizes: np.ndarray) -> np.ndarray:
    """(n + 1,) int64: where each panel begins when all, of ``sizes`` (n, 2) fast and slow, lie in one row."""
    return np.concatenate([[0], np.cumsum(sizes.astype(np.int64).prod(axis=1))])


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
    path = thickness / np.maximum(np.abs(np.einsum("ij,ij->i", ray, detector.normals[panel])), 0.05)
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


def _pixels_to_local(experiment: Experiment, table: Reflections, frame: np.ndarray) -> np.ndarray:
    """(N, 3, 3): from (x, y, 1) pixels to components of the ray (mm) along the rows of ``frame``.

    The parallax at the predicted position holds for the whole shoebox.
    """
    panel = table["panel"].astype(np.intp)
    d, size = experiment.detector.frames[panel], experiment.detector.pixel_sizes[panel]
    shift = table["xyzcal.px"][:, :2] * size - table["xyzcal.mm"][:, :2]
    lab = np.empty((len(table), 3, 3))
    lab[:, :, 0] = d[:, :, 0] * size[:, :1]
    lab[:, :, 1] = d[:, :, 1] * size[:, 1:]
    lab[:, :, 2] = d[:, :, 2] - d[:, :, 0] * shift[:, :1] - d[:, :, 1] * shift[:, 1:]
    return frame @ lab


def _broadening(experiment: Experiment, table: Reflections, local: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(N,) factor by which depth in the sensor makes spots wider than sigma_b along e2; ``scale``: to sigma_b."""
    spread = depth_spread(experiment, table["panel"].astype(np.intp), table["s1"])
    return np.hypot(1.0, np.einsum("ni,ni->n", local[:, 1, :2], spread) * scale)


def _bounding_boxes(experiment: Experiment, table: Reflections, reach: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """(N, 6) int32 shoeboxes that reach (N, 2) pixels and ``frames`` (N,) images round the prediction, on the panel."""
    size = experiment.detector.image_sizes[table["panel"].astype(np.intp)]
    first, last = experiment.needed_scan.array_range
    px, z = table["xyzcal.px"][:, :2], table["xyzcal.px"][:, 2]
    low, high = np.clip(np.floor(px - reach), 0, size), np.clip(np.ceil(px + reach), 0, size)
    z0, z1 = np.clip(np.floor(z - frames), first, last), np.clip(np.ceil(z + frames), first, last)
    return np.column_stack([low[:, 0], high[:, 0], low[:, 1], high[:, 1], z0, z1]).astype(np.int32)


def _regions(experiment: Experiment, s1: np.ndarray) -> np.ndarray:
    """(N,) int64: which of REGIONS x REGIONS parts of the diffracted directions (seen along the beam) a ray is in."""
    s0 = experiment.beam.s0 / np.linalg.norm(experiment.beam.s0)
    across = np.cross(s0, experiment.needed_goniometer.lab_axis)
    across = across / max(np.linalg.norm(across), 1e-9)
    sines = s1 @ np.column_stack([across, np.cross(s0, across)]) * experiment.beam.wavelength
    low, high = sines.min(axis=0, initial=0), sines.max(axis=0, initial=0)
    cell = np.clip((sines - low) / np.maximum(high - low, 1e-9) * REGIONS, 0, REGIONS - 1).astype(np.int64)
    return cell[:, 0] * REGIONS + cell[:, 1]


def place_boxes(experiment: Experiment, table: Reflections, widths: Widths, params: IntegrateParams) -> Boxes:
    """The boxes of predicted reflections (columns panel, s1, xyzcal.px, xyzcal.mm)."""
    panel = table["panel"].astype(np.intp)
    frame, zeta = kabsch_frame(experiment.beam.s0, table["s1"], experiment.needed_goniometer.lab_axis)
    local = _pixels_to_local(experiment, table, frame)
    centre = np.column_stack([table["xyzcal.px"][:, :2], np.ones(len(table))])
    length = np.linalg.norm((local @ centre[:, :, None])[..., 0], axis=1)
    inverse_b = 1 / np.deg2rad(widths.sigma_b)
    wider = widths.broadening(table["s1"], experiment.beam.s0)
    local[:, 0] /= wider[:, None]
    local[:, 1] /= _broadening(experiment, table, local, inverse_b / length)[:, None]
    slope = local[:, :2, :2] * (inverse_b / length)[:, None, None]  # c1, c2 in sigma_b a pixel
    area = np.abs(np.linalg.det(slope))
    radius = params.n_sigma + PIXEL_SLACK * np.sqrt(area)
    outer = np.maximum(radius * params.box_scale, params.guard * radius + LEAST_MARGIN * np.sqrt(area))
    steady = np.maximum(np.abs(zeta), 1e-3)
    rate = steady * abs(experiment.needed_scan.oscillation[1]) / widths.sigma_m
    drift = drift_along_e1(experiment, table["s1"], frame)
    shear = drift * widths.sigma_m / steady / (widths.sigma_b * wider)
    drifted = np.column_stack([params.n_sigma * np.abs(shear), np.zeros(len(table))])
    reach, inner = (
        np.linalg.norm(np.linalg.inv(slope) * (drifted + r[:, None])[:, None, :], axis=2) for r in (outer, radius)
    )
    px, size = table["xyzcal.px"][:, :2], experiment.detector.image_sizes[panel]
    sizes = experiment.detector.image_sizes
    panels = experiment.detector.panels
    return Boxes(
        bbox=_bounding_boxes(experiment, table, reach, params.n_sigma / rate),
        start=panel_starts(sizes)[panel],
        width=sizes[panel, 0].astype(np.int64),
        local=local,
        inverse_b=np.full(len(table), inverse_b),
        rate=rate,
        z_cal=np.ascontiguousarray(table["xyzcal.px"][:, 2]),
        shear=shear,
        area=area,
        radius=radius,
        guard=radius * params.guard,
        gain=np.array([p.gain for p in panels], float)[panel],
        pedestal=np.array([p.pedestal for p in panels], float)[panel],
        zeta=zeta,
        region=_regions(experiment, table["s1"]),
        cut=((px < inner) | (px > size - inner)).any(axis=1),
    )
