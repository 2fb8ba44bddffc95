"""The shadow of the goniometer on the detector: what a part hides, seen from the crystal.

A part with corners p_i, turned by its axes to R p_i, hides the rays ``sum a_i R p_i`` with all a_i >= 0: the cone
over its convex hull. With D the inverse of a panel's frame, ``v = D R p`` meets the panel at ``(v0, v1) / v2`` mm
where v2 > 0, and straight lines stay straight: the shadow is the polygon of the cone's edges. What of the cone does
not go towards the panel is cut off first. All is geometry of rays from a point: no penumbra, no parallax.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gnomon.errors import InputError
from gnomon.kernels.polygon import clip_cone, convex_hull, fill_polygon
from gnomon.maths.geometry.facing import facing_direction
from gnomon.models.detector import Detector
from gnomon.models.goniometer import AnyGoniometer, MultiAxisGoniometer, rotation_about
from gnomon.models.goniometer_part import SCAN_AXIS, GoniometerPart

_GRAZING = 1e-3
"""Height of rays above the plane through the crystal parallel to a panel at which cones are cut: hardly above it."""
_LONGEST_STEP = 1.0
"""Degrees: between two angles no further apart a part moves on a straight line, to 4e-5 of its distance."""
_LEAST_MARGIN = 1e-6


def carrying_rotation(goniometer: AnyGoniometer | None, axis: str | None, phi: float) -> np.ndarray:
    """(3, 3) the rotation from datum of what hangs on ``axis`` while the scan axis stands at ``phi`` degrees.

    ``R_n ... R_k`` for axis k of n, counted from the crystal. Raises InputError where there is no such axis.
    """
    if axis is None:
        return np.eye(3)
    names = goniometer.names if isinstance(goniometer, MultiAxisGoniometer) else ()
    if goniometer is None or axis not in (SCAN_AXIS, *names):
        there = f"only {', '.join((*names, SCAN_AXIS))}" if goniometer else "but the images are stills, without axes"
        raise InputError(f"a goniometer part moves with axis {axis!r}, {there}; mend the file of the shadow")
    if not isinstance(goniometer, MultiAxisGoniometer):
        return goniometer.setting_rotation @ rotation_about(goniometer.rotation_axis, np.deg2rad(phi))
    angles = np.array(goniometer.angles, float)
    angles[goniometer.scan_axis] = phi
    total = np.eye(3)
    for i in range(goniometer.scan_axis if axis == SCAN_AXIS else names.index(axis), len(names)):
        total = rotation_about(goniometer.axes[i], np.deg2rad(angles[i])) @ total
    return total


@dataclass(frozen=True, eq=False)
class _Cone:
    """A part as it is seen from the crystal at datum: rays (n, 3), and the unit vector about which they all lie."""

    axis: str | None
    rays: np.ndarray
    facing: np.ndarray

    @classmethod
    def of(cls, part: GoniometerPart) -> _Cone:
        """Its edges; other corners do not matter."""
        facing, _ = facing_direction(part.points)
        return cls(part.axis, edges(part.points, facing), facing)


def edges(rays: np.ndarray, facing: np.ndarray) -> np.ndarray:
    """(m, 3) the edges, one after the other, of the convex cone over ``rays`` (n, 3), all within 90° of ``facing``.

    They are the corners of its cut with a plane at right angles to ``facing``.
    """
    across = np.cross(facing, np.eye(3)[np.argmin(np.abs(facing))])
    plane = np.stack([across, np.cross(facing, across)]) / np.linalg.norm(across)
    points = (rays @ plane.T) / (rays @ facing)[:, None]
    corners: np.ndarray = convex_hull(points[np.lexsort(points.T[::-1])])
    return corners @ plane + facing


class Shadow:
    """What parts of one goniometer hide of one detector at any angle; safe to call from many threads."""

    def __init__(self, parts: Sequence[GoniometerPart], goniometer: AnyGoniometer | None, detector: Detector) -> None:
        """Raises InputError where a part moves with an axis that the goniometer does not have."""
        for part in parts:
            carrying_rotation(goniometer, part.axis, 0.0)
        self._goniometer = goniometer
        self._bodies = [_Cone.of(part) for part in parts if not part.opening]
        self._openings = [_Cone.of(part) for part in parts if part.opening]
        self._detector = detector
        self._foot = 1 / np.linalg.norm(detector.inverse_frames[:, 2], axis=1)

    def cover(self, panels: Sequence[np.ndarray], start: float, end: float, value: int) -> None:
        """Set pixels of ``panels`` ((ny, nx) each) in shadow anywhere from ``start`` to ``end`` to ``value``.

        start, end: angles of the scan axis, degrees.
        """
        angles = np.linspace(start, end, 1 + math.ceil(abs(end - start) / _LONGEST_STEP)).tolist()
        for step in pairwise(angles) if end != start else ((start,),):
            for body in self._bodies:
                for i, corners in self._outlines(body, step):
                    fill_polygon(panels[i], corners, value)
        for angle in angles if self._openings else ():
            lit = [np.zeros(panel.shape, np.bool_) for panel in panels]
            for opening in self._openings:
                for i, corners in self._outlines(opening, (angle,)):
                    fill_polygon(lit[i], corners, True)
            for panel, seen in zip(panels, lit):
                panel[~seen] = value

    def on(self, start: float, end: float) -> list[np.ndarray]:
        """Per panel (ny, nx) bool: what is in shadow from ``start`` to ``end`` degrees, as in :meth:`cover`."""
        masks = [np.zeros(size[::-1], np.bool_) for size in self._detector.image_sizes]
        self.cover(masks, start, end, True)
        return masks

    def outlines(self, angle: float) -> Iterator[tuple[int, np.ndarray]]:
        """Panels and the corners (m, 2), px, of what bodies hide of them at ``angle`` degrees; no openings."""
        for body in self._bodies:
            yield from self._outlines(body, (angle,))

    def _outlines(self, cone: _Cone, angles: Sequence[float]) -> Iterator[tuple[int, np.ndarray]]:
        """The panels that are hit and the (m, 2) corners of the shadow on each, in pixels; it moves between angles."""
        turns = [carrying_rotation(self._goniometer, cone.axis, phi) for phi in angles]
        rays = cone.rays @ turns[0].T
        if len(turns) > 1:
            facing = sum(turns) @ cone.facing
            rays = edges(np.concatenate([rays, cone.rays @ turns[1].T]), facing / np.linalg.norm(facing))
        detector = self._detector
        v = np.einsum("pij,nj->pni", detector.inverse_frames, rays)
        height = v[:, :, 2] * self._foot[:, None]
        for i in np.flatnonzero((height > _GRAZING).any(axis=1)).tolist():
            seen = clip_cone(v[i], height[i], _GRAZING)
            corners = seen[:, :2] / seen[:, 2:] / detector.pixel_sizes[i]
            if (corners.max(axis=0) > 0).all() and (corners.min(axis=0) < detector.image_sizes[i]).all():
                yield i, corners
