"""The geometry of other experiments of the same instrument, taken in place of the headers'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.untold import PIXEL_SIZE
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer


def _layout(detector: Detector, with_pixel_size: bool) -> list[tuple[object, object]]:
    sizes = [tuple(np.round(panel.pixel_size, 6)) if with_pixel_size else () for panel in detector.panels]
    return [(panel.image_size, size) for panel, size in zip(detector.panels, sizes)]


def reference_beam(reference: Experiments) -> Beam:
    """The beam of the first reference experiment, without any variation along its scan."""
    return replace(reference[0].beam, s0_at_scan_points=None)


def reference_detector(reference: Experiments, header: Detector, untold: Sequence[str] = ()) -> Detector:
    """The reference detector of the same layout that stands nearest to where the header says.

    untold: what the header does not tell. Raises InputError where no reference detector has these panels.
    """
    sized = PIXEL_SIZE not in untold
    needed_layout = _layout(header, sized)
    alike = [d for d, _ in reference.groups_sharing("detector") if _layout(d, sized) == needed_layout]
    if not alike:
        found, needed = _describe(reference[0].detector), _describe(header)
        raise InputError(f"reference geometry: its detector has {found}, the images {needed}; give one that fits")
    return min(alike, key=lambda d: float(np.abs(d.frames[:, :, 2] - header.frames[:, :, 2]).max()))


def _describe(detector: Detector) -> str:
    nx, ny = detector.panels[0].image_size
    return f"{len(detector)} panel{'s' * (len(detector) > 1)} of {nx}x{ny} pixels"


def reference_goniometer(reference: Experiments, header: AnyGoniometer | None) -> AnyGoniometer | None:
    """The reference axes at the angles of the header; a single axis is taken as it is.

    Raises InputError where the number of axes differs.
    """
    for other, _ in reference.groups_sharing("goniometer"):
        if isinstance(other, MultiAxisGoniometer) and isinstance(header, MultiAxisGoniometer):
            if len(other.axes) == len(header.axes):
                return replace(header, axes=other.axes)
        elif isinstance(other, Goniometer) and isinstance(header, Goniometer):
            return replace(other, setting_rotation_at_scan_points=None)
    raise InputError(
        "reference geometry: its goniometer has other axes than the images; give input.use_gonio_reference=false"
    )
