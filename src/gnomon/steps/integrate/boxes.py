"""Where each reflection lies: Kabsch's local frame, the foreground and the shoebox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.kernels.shoebox import MOST_SLABS, Boxes
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

    def times(self, factor: float) -> Widths:
        """All of them multiplied."""
        return Widths(self.sigma_b * factor, self.sigma_m * factor, self.sigma_t * factor)

    def within(self, most: Widths) -> Widths:
        """None of them above that of ``most``."""
        return Widths(min(self.sigma_b, most.sigma_b), min(self.sigma_m, most.sigma_m), min(self.sigma_t, most.sigma_t))

    def broadening(self, s1: np.ndarray, s0: np.ndarray) -> np.ndarray:
        """(N,) factor by which spots at s1 (N, 3) are wider than sigma_b along e1."""
        twice_sine = np.linalg.norm(s1 - s0, axis=1) / np.linalg.norm(s0)
        return np.hypot(1.0, self.sigma_t / self.sigma_b * twice_sine)


@dataclass(frozen=True, eq=False)
class Placed:
    """Where N reflections lie: for the kernels, and what else is to be known of each."""

    boxes: Boxes
    zeta: np.ndarray  # (N,)
    region: np.ndarray  # (N,) int64, which part of the detector

    def __len__(self) -> int:
        return len(self.zeta)

    def select(self, index: np.ndarray) -> Placed:
        """The rows at ``index``."""
        boxes = Boxes(*(np.ascontiguousarray(column[index]) for column in self.boxes))
        return Placed(boxes, self.zeta[index], self.region[index])

    @classmethod
    def concatenate(cls, parts: Sequence[Placed]) -> Placed:
        """One after the other."""
        boxes = Boxes(*(np.concatenate(columns) for columns in zip(*(p.boxes for p in parts))))
        return cls(boxes, np.concatenate([p.zeta for p in parts]), np.concatenate([p.region for p in parts]))


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
    """(N, 3, 3): from pixels off the prediction, and 1, to components of the ray (mm) along the rows of ``frame``.

    The parallax at the predicted position holds for the whole shoebox.
    """
    panel = table["panel"].astype(np.intp)
    d, size = experiment.detector.frames[panel], experiment.detector.pixel_sizes[panel]
    mm = table["xyzcal.mm"]
    lab = np.empty((len(table), 3, 3))
    lab[:, :, 0] = d[:, :, 0] * size[:, :1]
    lab[:, :, 1] = d[:, :, 1] * size[:, 1:]
    lab[:, :, 2] = d[:, :, 2] + d[:, :, 0] * mm[:, :1] + d[:, :, 1] * mm[:, 1:2]
    return frame @ lab


def _broadening(experiment: Experiment, table: Reflections, local: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(N,) factor by which depth in the sensor makes spots wider than sigma_b along e2; ``scale``: to sigma_b."""
    spread = depth_spread(experiment, table["panel"].astype(np.intp), table["s1"])
    return np.hypot(1.0, np.einsum("ni,ni->n", local[:, 1, :2], spread) * scale)


def _regions(experiment: Experiment, s1: np.ndarray) -> np.ndarray:
    """(N,) int64: which of REGIONS x REGIONS parts of the diffracted directions (seen along the beam) a ray is in."""
    s0 = experiment.beam.s0 / np.linalg.norm(experiment.beam.s0)
    across = np.cross(s0, experiment.needed_goniometer.lab_axis)
    across = across / max(np.linalg.norm(across), 1e-9)
    sines = s1 @ np.column_stack([across, np.cross(s0, across)]) * experiment.beam.wavelength
    low, high = sines.min(axis=0, initial=0), sines.max(axis=0, initial=0)
    cell = np.clip((sines - low) / np.maximum(high - low, 1e-9) * REGIONS, 0, REGIONS - 1).astype(np.int64)
    return cell[:, 0] * REGIONS + cell[:, 1]


def _reach(slope: np.ndarray, radius: np.ndarray, broad: np.ndarray) -> np.ndarray:
    """(N, 2) pixels of a row and rows on each side of the middle that an ellipse of ``radius`` reaches.

    ``broad``: (N,) how much broader it is along c1 (see ``kernels.shoebox.Ellipse``).
    """
    c1, c2 = slope[:, 0] / broad[:, None], slope[:, 1]
    columns = c1[:, 0] ** 2 + c2[:, 0] ** 2
    rows = (c1[:, 0] * c2[:, 1] - c1[:, 1] * c2[:, 0]) ** 2 / columns
    return (np.floor(radius[:, None] / np.sqrt(np.column_stack([columns, rows]))) + 1).astype(np.int32)


def _bounding_boxes(
    experiment: Experiment, table: Reflections, slope: np.ndarray, half: np.ndarray, drift: np.ndarray,
    frames: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """(N, 6) int32 of all windows that reach ``half`` (N, 2) about predictions that move by up to ``drift`` (N, 2) px.

    ``frames`` (N,) on each side of the prediction; on the panel, within the scan.
    """
    size = experiment.detector.image_sizes[table["panel"].astype(np.intp)]
    first, last = experiment.needed_scan.array_range
    px, z = np.floor(table["xyzcal.px"][:, :2]), table["xyzcal.px"][:, 2]
    lean = np.abs((slope[:, :, 0] * slope[:, :, 1]).sum(axis=1) / (slope[:, :, 0] ** 2).sum(axis=1))
    reach = half + np.ceil(np.abs(drift))
    reach[:, 0] += np.ceil(lean * half[:, 1])
    low, high = np.clip(px - reach, 0, size), np.clip(px + reach + 1, 0, size)
    z0, z1 = np.clip(np.floor(z - frames), first, last), np.clip(np.ceil(z + frames), first, last)
    return np.column_stack([low[:, 0], high[:, 0], low[:, 1], high[:, 1], z0, z1]).astype(np.int32)


def place_boxes(experiment: Experiment, table: Reflections, widths: Widths, params: IntegrateParams) -> Placed:
    """The boxes of predicted reflections (columns panel, s1, xyzcal.px, xyzcal.mm)."""
    frame, zeta = kabsch_frame(experiment.beam.s0, table["s1"], experiment.needed_goniometer.lab_axis)
    local = _pixels_to_local(experiment, table, frame)
    length = local[:, 2, 2]
    sigma = np.deg2rad(widths.sigma_b) * np.column_stack(
        [
            widths.broadening(table["s1"], experiment.beam.s0),
            _broadening(experiment, table, local, 1 / (np.deg2rad(widths.sigma_b) * length)),
        ]
    )
    slope = local[:, :2, :2] / (sigma * length[:, None])[:, :, None]
    root_area = np.sqrt(np.abs(np.linalg.det(slope)))
    radius = params.n_sigma + PIXEL_SLACK * root_area
    outer = np.maximum(radius * params.box_scale, params.guard * radius + LEAST_MARGIN * root_area)
    steady = np.maximum(np.abs(zeta), params.min_zeta)  # those nearer the spindle are not measured, but own pixels
    width = abs(experiment.needed_scan.oscillation[1])
    rate = steady * width / widths.sigma_m
    shear = drift_along_e1(experiment, table["s1"], frame) * np.deg2rad(widths.sigma_m) / steady / sigma[:, 0]
    most = np.hypot(1.0, shear)  # how broad the drift makes a spot on one frame, were that to record all of it
    frames = params.n_sigma / rate
    slab = np.ceil((2 * frames + 2) / MOST_SLABS).astype(np.int32)
    broad = np.minimum(most, np.hypot(1.0, shear * rate * slab / np.sqrt(12)))
    half = _reach(slope, outer, broad)
    drift = np.linalg.inv(slope)[:, :, 0] * (params.n_sigma * shear)[:, None]
    boxes = Boxes(
        xyz=np.ascontiguousarray(table["xyzcal.px"]),
        bbox=_bounding_boxes(experiment, table, slope, half, drift, frames),
        panel=table["panel"].astype(np.int32),
        slope=slope,
        tilt=local[:, 2, :2] / length[:, None],
        rate=rate,
        shear=shear,
        radius=radius,
        guard=radius * params.guard,
        slab=slab,
        half=half,
        core=np.minimum(_reach(slope, radius, broad), half),
    )
    return Placed(boxes, zeta, _regions(experiment, table["s1"]))
