"""Which models are the same: found again in another sweep, they become one object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gnomon.models.beam import Beam
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiments
from gnomon.models.goniometer import AnyGoniometer, MultiAxisGoniometer
from gnomon.models.model import Model, key_of
from gnomon.models.offsets import Offsets
from gnomon.models.tolerances import Tolerances

DEFAULT = Tolerances()


def _near(a: Any, b: Any, tolerance: float) -> bool:
    return np.shape(a) == np.shape(b) and bool(np.all(np.abs(np.asarray(a) - np.asarray(b)) <= tolerance))


def same_beam(a: Beam, b: Beam, tolerances: Tolerances = DEFAULT) -> bool:
    """Whether wavelength, direction and polarisation agree."""
    if a.key == b.key:
        return True
    directions = ("polarization_fraction", "direction", "polarization_normal")
    return (
        a.probe == b.probe
        and _near(a.wavelength, b.wavelength, tolerances.wavelength)
        and all(_near(getattr(a, name), getattr(b, name), tolerances.direction) for name in directions)
    )


def same_detector(a: Detector, b: Detector, tolerances: Tolerances = DEFAULT) -> bool:
    """Whether the panels are alike and stand at the same place.

    Offsets must be the same model, or stored in the same files.
    """
    if a.key == b.key or len(a) != len(b):
        return a.key == b.key
    alike = all(
        (p.image_size, p.pixel_size, p.trusted_range, p.thickness, p.material, p.mask)
        == (q.image_size, q.pixel_size, q.trusted_range, q.thickness, q.material, q.mask)
        and _same_offsets(p.offsets, q.offsets)
        for p, q in zip(a.panels, b.panels)
    )
    return (
        alike
        and _near(a.frames[:, :, :2], b.frames[:, :, :2], tolerances.direction)
        and _near(a.frames[:, :, 2], b.frames[:, :, 2], tolerances.origin)
    )


def _same_offsets(a: Offsets | None, b: Offsets | None) -> bool:
    """Whether they are one model, or stored in the same place."""
    if isinstance(a, Model) and isinstance(b, Model):
        return a.key == b.key
    return a == b


def same_goniometer(a: AnyGoniometer | None, b: AnyGoniometer | None, tolerances: Tolerances = DEFAULT) -> bool:
    """Whether axes, fixed and setting rotation agree; where the scan axis stands does not matter."""
    if a is None or b is None or a.key == b.key:
        return key_of(a) == key_of(b)
    rotations = ("rotation_axis", "fixed_rotation", "setting_rotation")
    alike = type(a) is type(b) and all(
        _near(getattr(a, name), getattr(b, name), tolerances.direction) for name in rotations
    )
    if alike and isinstance(a, MultiAxisGoniometer) and isinstance(b, MultiAxisGoniometer):
        return (a.names, a.scan_axis) == (b.names, b.scan_axis) and _near(a.axes, b.axes, tolerances.direction)
    return alike


class Shared:
    """Models met so far; :meth:`one` gives the one that stands for another like it."""

    def __init__(self, same: Callable[[Any, Any], bool]) -> None:
        self._same = same
        self.models: list[Any] = []

    def one(self, model: Any) -> Any:
        """The first model met that is the same as this one."""
        for known in self.models:
            if self._same(known, model):
                return known
        self.models.append(model)
        return model


def with_shared_models(experiments: Experiments) -> Experiments:
    """The experiments, with beams, detectors, goniometers and image sets that are the same made one object each.

    Scans become one where the images are one: the lattices of a sweep. Models that vary along their scan stay apart.
    """
    kinds: tuple[tuple[str, Callable[[Any, Any], bool]], ...] = (
        ("beam", lambda a, b: a.s0_at_scan_points is b.s0_at_scan_points is None and same_beam(a, b)),
        ("detector", same_detector),
        ("goniometer", lambda a, b: _fixed(a) and _fixed(b) and same_goniometer(a, b)),
        ("images", lambda a, b: bool(a == b)),
    )
    for name, same in kinds:
        shared = Shared(same)
        swap = {key_of(m): shared.one(m) for m, _ in experiments.groups_sharing(name) if m is not None}
        experiments = experiments.replace_model(name, swap)
    scans: dict[tuple[object, ...], Any] = {}
    return experiments.map(
        lambda e: (
            e
            if e.images is None or e.scan is None
            else e.replace(scan=scans.setdefault((key_of(e.images), e.scan.image_range, e.scan.oscillation), e.scan))
        )
    )


def _fixed(goniometer: AnyGoniometer | None) -> bool:
    return goniometer is None or goniometer.setting_rotation_at_scan_points is None
