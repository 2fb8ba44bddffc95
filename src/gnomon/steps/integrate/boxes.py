"""Where each reflection lies: Kabsch's local frame, the foreground and the shoebox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.kernels.shoebox import MOST_SLABS, Boxes
from gnomon.models.experiment import Experiment
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.widths import SpotWidths, drift_along_e1, kabsch_frame, spot_terms

PIXEL_SLACK = 0.3
"""Share of a pixel by which the foreground is wider than n_sigma: it is judged at pixel centres."""
LEAST_MARGIN = 3.0
"""Pixels of background, at least, around the foreground."""
REGIONS = 3
"""Reference profiles are learned on a grid of this many by this many parts of the detector."""


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


def place_boxes(experiment: Experiment, table: Reflections, widths: SpotWidths, params: IntegrateParams) -> Placed:
    """The boxes of predicted reflections (columns panel, s1, xyzcal.px, xyzcal.mm)."""
    frame, zeta = kabsch_frame(experiment.beam.s0, table["s1"], experiment.needed_goniometer.lab_axis)
    local = _pixels_to_local(experiment, table, frame)
    length = local[:, 2, 2]
    terms = spot_terms(experiment, table["panel"].astype(np.intp), table["s1"])
    sigma, rocking = widths.across(terms), widths.rocking(terms)
    slope = local[:, :2, :2] / (sigma * length[:, None])[:, :, None]
    root_area = np.sqrt(np.abs(np.linalg.det(slope)))
    radius = params.n_sigma + PIXEL_SLACK * root_area
    outer = np.maximum(radius * params.box_scale, params.guard * radius + LEAST_MARGIN * root_area)
    steady = np.maximum(np.abs(zeta), params.min_zeta)  # those nearer the spindle are not measured, but own pixels
    width = np.deg2rad(abs(experiment.needed_scan.oscillation[1]))
    rate = steady * width / rocking
    shear = drift_along_e1(experiment, table["s1"], frame) * rocking / steady / sigma[:, 0]
    most = np.hypot(1.0, shear)  # how broad the drift makes a spot on one frame, were that to record all of it
    frames = params.n_sigma / rate
    slab = np.ceil((2 * frames + 2) / MOST_SLABS).astype(np.int32)
    broad = np.minimum(most, np.hypot(1.0, shear * rate * slab / np.sqrt(12)))
    drift = np.linalg.inv(slope)[:, :, 0] * (params.n_sigma * shear)[:, None]
    tilt = local[:, 2, :2] / length[:, None]
    farther = 1 + np.abs((tilt * drift).sum(axis=1))  # spots that drift away from the crystal grow
    half = _reach(slope, outer * farther, broad)
    boxes = Boxes(
        xyz=np.ascontiguousarray(table["xyzcal.px"]),
        bbox=_bounding_boxes(experiment, table, slope, half, drift, frames),
        panel=table["panel"].astype(np.int32),
        slope=slope,
        tilt=tilt,
        rate=rate,
        shear=shear,
        radius=radius,
        guard=radius * params.guard,
        slab=slab,
        half=half,
        core=np.minimum(_reach(slope, radius * farther, broad), half),
    )
    return Placed(boxes, zeta, _regions(experiment, table["s1"]))
