"""generate_distortion_maps: a distortion that is known, as a table of offsets for each pixel.

The lenses of an electron microscope show circles as ellipses: a point seen at p is at c + M (p - c), where M stretches
by l1 along one axis and by l2 along the other, at right angles to it (Clabbers et al. 2017, Acta D73, 738). The offset
of the pixel at p is what is taken off: (1 - M) (p - c).
"""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiments
from gnomon.models.offsets import OffsetMap
from gnomon.models.reflections import Reflections
from gnomon.step import Result
from gnomon.steps.generate_distortion_maps.params import GenerateDistortionMapsParams
from gnomon.steps.generate_distortion_maps.summary import GenerateDistortionMapsSummary, PanelDistortion


def generate_distortion_maps(
    experiments: Experiments, reflections: Reflections, params: GenerateDistortionMapsParams
) -> Result[GenerateDistortionMapsSummary]:
    """The experiments with a detector that has these offsets, in place of any it had; reflections as they are.

    Raises InputError for several detectors, or where the shifts are not one, or one a panel.
    """
    detectors = experiments.models("detector")
    if len(detectors) != 1:
        raise InputError(f"generate_distortion_maps was given {len(detectors)} detectors, needed one; give one sweep")
    (detector,) = detectors
    maps = _translated(detector, params) if params.mode == "translate" else _elliptical(detector, params)
    told = [PanelDistortion(i, _ends(one.dx), _ends(one.dy)) for i, one in enumerate(maps)]
    found = experiments.replace_model("detector", {detector.key: detector.with_offsets(maps)})
    return Result(found, reflections, GenerateDistortionMapsSummary(mode=params.mode, panels=tuple(told)))


def _ends(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _translated(detector: Detector, params: GenerateDistortionMapsParams) -> list[OffsetMap]:
    n, shifts = len(detector), []
    for name, values in (("dx", params.dx), ("dy", params.dy)):
        if len(values) not in (1, n):
            raise InputError(f"translate.{name} has {len(values)} values, the detector {n} panels; give one, or {n}")
        shifts.append(values * n if len(values) == 1 else values)
    sizes = [panel.image_size[::-1] for panel in detector.panels]
    return [OffsetMap(np.full(size, x, np.float32), np.full(size, y, np.float32)) for size, x, y in zip(sizes, *shifts)]


def _elliptical(detector: Detector, params: GenerateDistortionMapsParams) -> list[OffsetMap]:
    """The offsets of each panel; those of others are taken in the plane of the first."""
    phi = np.deg2rad(params.phi)
    axes = np.array([[np.cos(phi), -np.sin(phi)], [np.sin(phi), np.cos(phi)]])  # rows; slow points down, phi turns up
    taken_off = np.eye(2) - axes.T @ np.diag([params.l1, params.l2]) @ axes
    plane = detector.frames[0, :, :2].T  # rows fast, slow
    origin = plane @ detector.frames[0, :, 2] + params.centre_xy
    maps = []
    for frame, size, (nx, ny) in zip(detector.frames, detector.pixel_sizes, detector.image_sizes):
        x, y = ((np.arange(n) + 0.5) * step for n, step in zip((nx, ny), size))
        own, corner = plane @ frame[:, :2], plane @ frame[:, 2] - origin  # the panel's axes (2, 2) and origin, in it
        seen = x[None, :, None] * own[:, 0] + y[:, None, None] * own[:, 1] + corner  # (ny, nx, 2) mm from the centre
        off = seen @ taken_off.T @ own / size
        maps.append(OffsetMap(*np.moveaxis(off, -1, 0).astype(np.float32)))
    return maps
