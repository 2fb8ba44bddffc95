"""What a detector is and what it sees of a beam."""

from __future__ import annotations

import numpy as np

from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.report.numbers import braced


def panel_lines(detector: Detector, i: int) -> list[str]:
    """The lines that describe panel ``i`` as DIALS has them, axes and origin in the laboratory."""
    panel = detector.panels[i]
    fast, slow, origin = detector.frames[i].T
    lines = [
        "Panel:",
        f"  name: {panel.name or f'panel {i}'}",
        f"  type: {panel.type}",
        f"  identifier: {panel.identifier}",
        f"  pixel_size:{braced(panel.pixel_size)}",
        f"  image_size: {braced(panel.image_size)}",
        f"  trusted_range: {braced(panel.trusted_range)}",
        f"  thickness: {panel.thickness:g}",
        f"  material: {panel.material}",
        f"  mu: {panel.mu:g}",
        f"  gain: {panel.gain:g}",
        f"  pedestal: {panel.pedestal:g}",
        f"  fast_axis: {braced(fast)}",
        f"  slow_axis: {braced(slow)}",
        f"  origin: {braced(origin)}",
        f"  distance: {abs(origin @ detector.normals[i]):g}",
        f"  pixel to millimeter strategy: {panel.px_mm_strategy}",
    ]
    if panel.mask:
        lines.append(f"  masked rectangles: {len(panel.mask)}")
    return lines


def beam_centre(detector: Detector, beam: Beam) -> tuple[int, np.ndarray, np.ndarray] | None:
    """(panel, (2,) mm, (2,) px) where the beam meets the detector; of a single panel also outside its edges.

    None where the beam meets none.
    """
    s0 = beam.s0[None]
    panel = int(detector.find_panel(s0)[0])
    if panel < 0 and len(detector) == 1:
        panel = 0
    if panel < 0:
        return None
    mm = detector.intersect(panel, s0)
    if np.isnan(mm).any():
        return None
    return panel, mm[0], detector.mm_to_pixel(panel, mm)[0]
