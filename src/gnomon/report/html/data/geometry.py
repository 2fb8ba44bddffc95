"""The experiment as its headers or refinement have it, and the unit cells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from gnomon.models.experiment import Experiment
from gnomon.report.html.blocks import Block, Table
from gnomon.report.html.data.seen import Seen

_HEADERS = (
    "sweep", "images", "start / °", "width / °", "wavelength / Å", "distance / mm", "beam x / px", "beam y / px",
    "panels", "pixels", "pixel / mm", "sensor", "axis", "exposure / s", "polarisation", "begun (UTC)",
)  # fmt: skip


_FIRST_EPOCH = 1e8
"""s: smaller numbers count from the start of the scan."""


def geometry_blocks(seen: Seen) -> list[Block]:
    """A row a sweep of what the beam, detector, goniometer and scan are; and one a panel of detectors of several."""
    if not len(seen.experiments):
        return []
    rows = [[name, *_row(seen.experiments[members[0]])] for name, members in zip(seen.names, seen.sweeps)]
    note = (
        "Distance: from the crystal to the plane of the panel that the direct beam hits, where it does so at beam x, y."
    )
    blocks: list[Block] = [Table("Geometry", _HEADERS, rows, note)]
    panels = _panels(seen)
    if panels:
        headers = ("detector", "panel", "name", "pixels", "origin / mm", "fast axis", "slow axis")
        blocks.append(Table("Panels", headers, panels))
    return blocks


def _row(e: Experiment) -> list[str]:
    panel = max(int(e.detector.find_panel(e.beam.s0[None])[0]), 0)
    one = e.detector.panels[panel]
    x, y = e.detector.mm_to_pixel(panel, e.detector.intersect(panel, e.beam.s0[None]))[0].tolist()
    distance = abs(float(e.detector.normals[panel] @ e.detector.frames[panel, :, 2]))
    first, last = e.image_range
    start, width = e.scan.oscillation if e.scan is not None else (0.0, 0.0)
    sensor = f"{one.material or '?'} {one.thickness:g} mm" if one.thickness else "-"
    exposure = e.scan.exposure_time if e.scan is not None else None
    return [
        f"{first} to {last}" if last > first else f"{first}",
        "still" if e.is_still else f"{start:.3f}",
        "-" if e.is_still else f"{width:.4f}",
        f"{e.beam.wavelength:.5f}",
        f"{distance:.2f}",
        f"{x:.2f}",
        f"{y:.2f}",
        str(len(e.detector)),
        f"{one.image_size[0]} x {one.image_size[1]}",
        f"{one.pixel_size[0]:g}",
        sensor,
        "-" if e.goniometer is None else _vector(e.goniometer.lab_axis),
        "-" if exposure is None or not len(exposure) or not exposure[0] else f"{exposure[0]:g}",
        f"{e.beam.polarization_fraction:.3f}",
        _begun(e),
    ]


def _begun(e: Experiment) -> str:
    """When the first image was taken, where headers tell."""
    epochs = e.scan.epochs if e.scan is not None else None
    if epochs is None or not len(epochs) or epochs[0] < _FIRST_EPOCH:
        return "-"
    return datetime.fromtimestamp(float(epochs[0]), UTC).strftime("%Y-%m-%d %H:%M:%S")


def history_blocks(seen: Seen) -> list[Block]:
    """The steps that the data went through, as their file tells."""
    rows = [[*line.split("|"), "", "", ""][:3] for line in seen.experiments.history]
    return [Table("What was done", ("when", "step", "version"), rows)] if rows else []


def _panels(seen: Seen) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = []
    for d, (detector, _) in enumerate(seen.experiments.groups_sharing("detector")):
        if len(detector) == 1:
            continue
        for p, (panel, frame) in enumerate(zip(detector.panels, detector.frames)):
            size = f"{panel.image_size[0]} x {panel.image_size[1]}"
            origin = " ".join(f"{v:.2f}" for v in frame[:, 2])
            rows.append([str(d), str(p), panel.name, size, origin, _vector(frame[:, 0]), _vector(frame[:, 1])])
    return rows


def _vector(v: np.ndarray) -> str:
    return " ".join(f"{x:.3f}" for x in v)
