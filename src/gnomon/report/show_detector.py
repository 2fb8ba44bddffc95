"""What a detector is and what it sees of a beam."""

from __future__ import annotations

import numpy as np

from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.report.numbers import vector


def panel_lines(detector: Detector, i: int) -> list[str]:
    """The lines that describe panel ``i``, axes and origin in the laboratory."""
    panel = detector.panels[i]
    fast, slow, origin = detector.frames[i].T
    number = f" ({i})" if len(detector) > 1 else ""
    maker = f", {panel.identifier}" if panel.identifier else ""
    (nx, ny), (wx, wy), (low, high) = panel.image_size, panel.pixel_size, panel.trusted_range
    lines = [
        f"{panel.name or 'panel'}{number}: {panel.type}{maker}",
        f"    {nx} x {ny} px of {wx:g} x {wy:g} mm, trusted {low:g} to {high:g}",
        f"    fast {vector(fast, 6)}; slow {vector(slow, 6)}",
        f"    origin {vector(origin, 3)} mm; distance {abs(origin @ detector.normals[i]):.3f} mm",
        f"    {panel.px_mm_strategy}, gain {panel.gain:g}, pedestal {panel.pedestal:g}",
    ]
    if panel.thickness:
        lines.append(f"    sensor: {panel.material} {panel.thickness:g} mm, mu {panel.mu:.5g} /mm")
    if panel.mask:
        lines.append(f"    {len(panel.mask)} masked rectangles")
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


def _resolution(detector: Detector, beam: Beam, panel: int, px: np.ndarray) -> np.ndarray:
    """(N,) Å at points ``px`` (N, 2): wavelength / (2 sin theta)."""
    ray = detector.lab_coordinates(panel, detector.pixel_to_mm(panel, px))
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    s = np.linalg.norm(ray / beam.wavelength - beam.s0, axis=1)
    return 1 / np.maximum(s, 1e-12)


def resolution_limits(detector: Detector, beam: Beam) -> tuple[float, float | None]:
    """Å at the furthest corner of any panel, and, where there is one panel, at the nearest point of its edge."""
    corners = []
    for i, (nx, ny) in enumerate(detector.image_sizes):
        corners.append(_resolution(detector, beam, i, np.array([[0, 0], [nx, 0], [0, ny], [nx, ny]], float)).min())
    if len(detector) > 1:
        return float(min(corners)), None
    nx, ny = detector.image_sizes[0]
    x, y = np.arange(nx + 1.0), np.arange(ny + 1.0)
    edges = [np.stack(np.broadcast_arrays(*side), -1) for side in ((x, 0.0), (x, ny * 1.0), (0.0, y), (nx * 1.0, y))]
    return float(min(corners)), float(_resolution(detector, beam, 0, np.concatenate(edges)).max())
