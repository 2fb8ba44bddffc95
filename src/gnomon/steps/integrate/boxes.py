"""Where each reflection lies: Kabsch's local frame, the foreground and the shoebox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from gnomon.models.experiment import Experiment
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.kabsch import drift_along_e1, kabsch_frame
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.widths import SpotWidths, spot_terms

PIXEL_SLACK = 0.3
"""Share of a pixel by which the foreground is wider than n_sigma: it is judged at pixel centres."""
LEAST_MARGIN = 3.0
"""Pixels of background, at least, around the foreground."""
REGIONS = 3
"""Reference profiles are learned on a grid of this many by this many parts of the detector."""


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
    area: np.ndarray  # of a pixel, in sigma_b^2, over the Gaussian's share within the foreground: profiles sum to 1 there
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


def place_boxes(experiment: Experiment, table: Reflections, widths: SpotWidths, params: IntegrateParams) -> Boxes:
    """The boxes of predicted reflections (columns panel, s1, xyzcal.px, xyzcal.mm)."""
    panel = table["panel"].astype(np.intp)
    frame, zeta = kabsch_frame(experiment.beam.s0, table["s1"], experiment.needed_goniometer.lab_axis)
    local = _pixels_to_local(experiment, table, frame)
    centre = np.column_stack([table["xyzcal.px"][:, :2], np.ones(len(table))])
    length = np.linalg.norm((local @ centre[:, :, None])[..., 0], axis=1)
    terms = spot_terms(experiment, panel, table["s1"])
    across, rocking = widths.across(terms), widths.rocking(terms)
    inverse_b = 1 / np.sqrt(across[:, 0] * across[:, 1])
    local[:, :2] /= (across * inverse_b[:, None])[:, :, None]
    slope = local[:, :2, :2] * (inverse_b / length)[:, None, None]  # c1, c2, in units of the widths, a pixel
    area = np.abs(np.linalg.det(slope))
    radius = params.n_sigma + PIXEL_SLACK * np.sqrt(area)
    outer = np.maximum(radius * params.box_scale, params.guard * radius + LEAST_MARGIN * np.sqrt(area))
    steady = np.maximum(np.abs(zeta), 1e-3)
    rate = steady * np.deg2rad(abs(experiment.needed_scan.oscillation[1])) / rocking
    drift = drift_along_e1(experiment, table["s1"], frame)
    shear = drift * rocking / steady / across[:, 0]
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
        inverse_b=inverse_b,
        rate=rate,
        z_cal=np.ascontiguousarray(table["xyzcal.px"][:, 2]),
        shear=shear,
        area=area / -np.expm1(-(radius**2) / 2),
        radius=radius,
        guard=radius * params.guard,
        gain=np.array([p.gain for p in panels], float)[panel],
        pedestal=np.array([p.pedestal for p in panels], float)[panel],
        zeta=zeta,
        region=_regions(experiment, table["s1"]),
        cut=((px < inner) | (px > size - inner)).any(axis=1),
    )
