"""The shadow of the goniometer on the detector: what a part hides, seen from the crystal.

A part with corners p_i, turned by its axes to R p_i, hides the rays ``sum a_i R p_i`` with all a_i >= 0: the cone
over its convex hull. With D the inverse of a panel's frame, ``v = D R p`` meets the panel at ``(v0, v1) / v2`` mm
where v2 > 0, and lines go over into lines: the shadow is the convex hull of the images of the corners. Where a part
reaches behind the plane through the crystal parallel to the panel, its cone is first cut just in front of that
plane. All is geometry of rays from a point: no penumbra, no parallax.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.errors import InputError
from gnomon.kernels.polygon import convex_hull, fill_polygon
from gnomon.models.detector import Detector
from gnomon.models.goniometer import AnyGoniometer, MultiAxisGoniometer, rotation_about
from gnomon.models.goniometer_part import SCAN_AXIS, GoniometerPart

_GRAZING = 1e-3
"""Cosine between a panel's normal and the rays at which cones are cut: 1000 distances away from its foot."""
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


def outline(v: np.ndarray, cosine: np.ndarray) -> np.ndarray:
    """(m, 2) mm, corners on a panel's plane of the cone over the points ``v`` (n, 3) = D p; none where it misses it.

    cosine: (n,) between the panel's normal, from the crystal to the panel, and the points.
    """
    front = cosine > _GRAZING
    if front.all() or not front.any():
        return _hull(v[front, :2] / v[front, 2:])
    a, b = cosine[front][:, None, None], cosine[~front][None, :, None]
    ahead, behind = v[front][:, None], v[~front][None]
    edge = (ahead + (behind - ahead) * (a - _GRAZING) / (a - b)).reshape(-1, 3)  # where ways to the back are cut
    seen = np.concatenate([v[front], edge])
    return _hull(seen[:, :2] / seen[:, 2:])


def _hull(points: np.ndarray) -> np.ndarray:
    corners: np.ndarray = convex_hull(points[np.lexsort(points.T[::-1])])
    return corners


class Shadow:
    """What parts of one goniometer hide of one detector at any angle; safe to call from many threads."""

    def __init__(self, parts: Sequence[GoniometerPart], goniometer: AnyGoniometer | None, detector: Detector) -> None:
        """Raises InputError where a part moves with an axis that the goniometer does not have."""
        self._goniometer = goniometer
        self._bodies = [part for part in parts if not part.opening]
        self._openings = [part for part in parts if part.opening]
        self._rays = {id(p): p.points / np.linalg.norm(p.points, axis=1, keepdims=True) for p in parts}
        self._detector = detector
        self._foot = 1 / np.linalg.norm(detector.inverse_frames[:, 2], axis=1)
        for part in parts:
            carrying_rotation(goniometer, part.axis, 0.0)

    def cover(self, panels: Sequence[np.ndarray], start: float, end: float, value: int) -> None:
        """Nothing; in ``panels`` ((ny, nx) each) pixels in shadow anywhere from ``start`` to ``end`` become ``value``.

        start, end: angles of the scan axis, degrees, so near each other that a part moves on a straight line.
        """
        angles = (start, end) if end != start else (start,)
        for part in self._bodies:
            for i, corners in self._outlines(part, angles):
                fill_polygon(panels[i], corners, value)
        for angle in angles if self._openings else ():
            lit = [np.zeros(panel.shape, np.bool_) for panel in panels]
            for part in self._openings:
                for i, corners in self._outlines(part, (angle,)):
                    fill_polygon(lit[i], corners, True)
            for panel, seen in zip(panels, lit):
                panel[~seen] = value

    def on(self, start: float, end: float) -> list[np.ndarray]:
        """Per panel (ny, nx) bool: what is in shadow from ``start`` to ``end`` degrees, as in :meth:`cover`."""
        masks = [np.zeros(size[::-1], np.bool_) for size in self._detector.image_sizes]
        self.cover(masks, start, end, True)
        return masks

    def _outlines(self, part: GoniometerPart, angles: Sequence[float]) -> list[tuple[int, np.ndarray]]:
        """The panels that may be hit, and the (m, 2) corners of the shadow on each, in pixels."""
        turns = np.concatenate([carrying_rotation(self._goniometer, part.axis, phi) for phi in angles])
        rays = (self._rays[id(part)] @ turns.T).reshape(-1, 3)
        detector = self._detector
        v = np.einsum("pij,nj->pni", detector.inverse_frames, rays)
        cosine = v[:, :, 2] * self._foot[:, None]
        found = []
        for i in np.flatnonzero((cosine > _GRAZING).any(axis=1)):
            corners = outline(v[i], cosine[i]) / detector.pixel_sizes[i]
            if (
                len(corners) > 2
                and (corners.max(axis=0) > 0).all()
                and (corners.min(axis=0) < detector.image_sizes[i]).all()
            ):
                found.append((int(i), corners))
        return found
