"""In what, and by how much, the models of two images differ."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.io.images.frame import Frame
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.sharing import same_beam, same_detector, same_goniometer
from gnomon.models.tolerances import Tolerances


def model_difference(a: Frame, b: Frame, tolerances: Tolerances) -> str:
    """In words, how ``b`` differs from ``a``; nothing where it does not."""
    if not same_detector(a.detector, b.detector, tolerances):
        return _of_detectors(a.detector, b.detector, tolerances)
    if not same_beam(a.beam, b.beam, tolerances):
        return _of_beams(a.beam, b.beam, tolerances)
    if not same_goniometer(a.goniometer, b.goniometer, tolerances):
        return "the goniometer differs: its axes, or where those stand that do not turn"
    return ""


def _of_beams(a: Beam, b: Beam, tolerances: Tolerances) -> str:
    if abs(a.wavelength - b.wavelength) > tolerances.wavelength:
        return f"the wavelength is {b.wavelength:.6g} Å, not {a.wavelength:.6g}"
    turned = _degrees(a.direction, b.direction)
    return f"the beam comes from another direction, {turned:.2g} degrees off" if turned else "its polarisation differs"


def _of_detectors(a: Detector, b: Detector, tolerances: Tolerances) -> str:
    if len(a) != len(b):
        return f"the detector has {len(b)} panels, not {len(a)}"
    for name, what in (("image_size", "pixels"), ("pixel_size", "mm a pixel"), ("trusted_range", "trusted counts")):
        for p, q in zip(a.panels, b.panels):
            if getattr(p, name) != getattr(q, name):
                return f"the detector has {_pair(getattr(q, name))} {what}, not {_pair(getattr(p, name))}"
    moved = float(np.abs(a.frames[:, :, 2] - b.frames[:, :, 2]).max())
    if moved > tolerances.origin:
        return f"the detector is {moved:.3g} mm away from where it was"
    turned = _degrees(a.frames[:, :, :2], b.frames[:, :, :2])
    return f"the detector is turned by {turned:.2g} degrees" if turned else "the detector's sensor or mask differs"


def _degrees(a: Any, b: Any) -> float:
    return float(np.rad2deg(np.abs(np.asarray(a) - np.asarray(b)).max()))


def _pair(values: tuple[float, float]) -> str:
    return f"{values[0]:g}, {values[1]:g}"
