"""Where panels are on a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.models.experiment import Experiment

_PLACES = 6
"""Of corners, px: rounding makes no rows of its own."""


@dataclass(frozen=True, eq=False)
class Layout:
    """Which pixel of which panel each pixel of a picture shows, (ny, nx) each; panel -1 where it shows none."""

    panel: np.ndarray
    slow: np.ndarray
    fast: np.ndarray

    def of(self, panels: list[np.ndarray], nothing: float = 0) -> np.ndarray:
        """(ny, nx): the values of the panels (any type) where the picture shows them."""
        out = np.full(self.panel.shape, nothing, panels[0].dtype)
        for i, values in enumerate(panels):
            here = self.panel == i
            out[here] = values[self.slow[here], self.fast[here]]
        return out


def side_by_side(experiment: Experiment, padding: int) -> Layout:
    """Panels as they lie in the file; one above the other, ``padding`` apart, where it says nothing of that."""
    panels = experiment.detector.panels
    offsets = [panel.raw_image_offset for panel in panels]
    if len(set(offsets)) < len(panels):
        heights = np.cumsum([0, *(panel.image_size[1] + padding for panel in panels)])
        offsets = [(0, int(y)) for y in heights[:-1]]
    nx = max(x + panel.image_size[0] for (x, _), panel in zip(offsets, panels))
    ny = max(y + panel.image_size[1] for (_, y), panel in zip(offsets, panels))
    which, slow, fast = (np.full((ny, nx), fill, np.int32) for fill in (-1, 0, 0))
    for i, ((x, y), panel) in enumerate(zip(offsets, panels)):
        width, height = panel.image_size
        at = np.s_[y : y + height, x : x + width]
        which[at] = i
        slow[at], fast[at] = np.arange(height)[:, None], np.arange(width)
    return Layout(which, slow, fast)


def as_seen(experiment: Experiment) -> Layout:
    """The detector as seen from the crystal: onto the plane of its first panel, along rays, by the nearest pixel.

    Panels of which no ray that leaves the crystal meets that plane are not shown.
    """
    detector = experiment.detector
    size = detector.pixel_sizes[0]
    plane = detector.inverse_frames[0]
    corners = []
    for frame, pixel, n in zip(detector.frames, detector.pixel_sizes, detector.image_sizes):
        ends = np.array([(x, y, 1.0) for x in (0, n[0]) for y in (0, n[1])]) * [*pixel, 1.0]
        v = ends @ frame.T @ plane.T
        meets = (v[:, 2] > 0).all()
        corners.append(np.round(v[:, :2] / v[:, 2:] / size, _PLACES) if meets else np.full((4, 2), np.nan))
    low = np.floor(np.nanmin(corners, axis=(0, 1))).astype(int)
    nx, ny = np.ceil(np.nanmax(corners, axis=(0, 1))).astype(int) - low
    which, slow, fast = (np.full((ny, nx), fill, np.int32) for fill in (-1, 0, 0))
    for i, corner in enumerate(corners):
        if np.isnan(corner).any():
            continue
        x0, y0 = np.floor(corner.min(axis=0)).astype(int) - low
        x1, y1 = np.ceil(corner.max(axis=0)).astype(int) - low
        x, y = np.meshgrid(np.arange(x0, x1), np.arange(y0, y1))
        mm = (np.stack([x, y], axis=-1) + low + 0.5) * size
        rays = np.concatenate([mm, np.ones((*x.shape, 1))], axis=-1) @ detector.frames[0].T
        px = np.floor(detector.intersect(i, rays.reshape(-1, 3)) / detector.pixel_sizes[i])
        on = ((px >= 0) & (px < detector.image_sizes[i])).all(axis=1).reshape(x.shape)
        f, s = np.where(np.isnan(px), 0, px).astype(np.int32).T.reshape(2, *x.shape)
        which[y[on], x[on]], slow[y[on], x[on]], fast[y[on], x[on]] = i, s[on], f[on]
    return Layout(which, slow, fast)
