"""Which pixels are looked at: resolution, ice, borders and untrusted areas."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.models.experiment import Experiment
from gnomon.steps.find_spots.params import FindSpotsParams


def usable_pixels(experiment: Experiment, masks: tuple[np.ndarray, ...], params: FindSpotsParams) -> list[np.ndarray]:
    """Per panel (ny, nx) bool, true = use: the static ``masks`` less all that the filters leave out.

    Raises InputError where an untrusted shape names a panel that is not there, or nothing is left.
    """
    panels = range(len(masks))
    _check_panels(params, len(masks))
    use = [np.array(mask, bool) for mask in masks]
    for i in panels:
        if params.border:
            inner = np.zeros_like(use[i])
            inner[params.border : -params.border, params.border : -params.border] = True
            use[i] &= inner
        if i in (params.untrusted_panel or (0,)):
            use[i] &= ~untrusted(use[i].shape, params)
        if params.d_min or params.d_max or params.resolution_range or params.ice_rings:
            use[i] &= wanted_resolution(pixel_resolution(experiment, i), params)
    if not any(mask.any() for mask in use):
        raise InputError("no pixel is left to look at; widen d_min, d_max, resolution_range or the untrusted areas")
    return use


def _check_panels(params: FindSpotsParams, n_panels: int) -> None:
    missing = [i for i in params.untrusted_panel if not 0 <= i < n_panels]
    if missing:
        raise InputError(f"untrusted.panel={missing[0]}: the detector has {n_panels} panels, counted from 0")


def untrusted(shape: tuple[int, int], params: FindSpotsParams) -> np.ndarray:
    """(ny, nx) bool: pixels whose centres lie in an untrusted shape, or all of them where a panel has no shape."""
    bad = np.zeros(shape, bool)
    y, x = np.ogrid[: shape[0], : shape[1]]
    for x0, x1, y0, y1 in params.untrusted_rectangle:
        bad[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
    for xc, yc, radius in params.untrusted_circle:
        bad |= (x + 0.5 - xc) ** 2 + (y + 0.5 - yc) ** 2 <= radius**2
    for corners in params.untrusted_polygon:
        bad |= inside_polygon(x + 0.5, y + 0.5, np.reshape(corners, (-1, 2)))
    for i, j in params.untrusted_pixel:
        if 0 <= j < shape[0] and 0 <= i < shape[1]:
            bad[j, i] = True
    shapes = (params.untrusted_rectangle, params.untrusted_circle, params.untrusted_polygon, params.untrusted_pixel)
    if params.untrusted_panel and not any(shapes):
        bad[:] = True
    return bad


def inside_polygon(x: np.ndarray, y: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Whether points (broadcast x, y) lie inside the polygon with ``corners`` (n, 2): the even-odd rule."""
    inside = np.zeros(np.broadcast_shapes(x.shape, y.shape), bool)
    for (xa, ya), (xb, yb) in zip(corners, np.roll(corners, -1, axis=0)):
        if ya == yb:
            continue
        crosses = (y < ya) != (y < yb)
        inside ^= crosses & (x < xa + (y - ya) * (xb - xa) / (yb - ya))
    return inside


def pixel_resolution(experiment: Experiment, panel: int) -> np.ndarray:
    """(ny, nx) float32, Å: resolution at the centres of a panel's pixels, parallax-corrected; inf in the beam."""
    detector, beam = experiment.detector, experiment.beam
    nx, ny = detector.panels[panel].image_size
    d = np.empty((ny, nx), np.float32)
    x = np.arange(nx) + 0.5
    for y in range(ny):  # a row at a time: no large temporaries
        mm = detector.pixel_to_mm(panel, np.column_stack([x, np.full(nx, y + 0.5)]))
        ray = detector.lab_coordinates(panel, mm)
        cosine = ray @ -beam.direction / np.linalg.norm(ray, axis=1)
        with np.errstate(divide="ignore"):
            d[y] = beam.wavelength / np.sqrt(np.maximum(2 - 2 * cosine, 0))
    return d


def wanted_resolution(d: np.ndarray, params: FindSpotsParams) -> np.ndarray:
    """Where the resolution ``d`` (Å) is within the limits and outside the excluded ranges and ice rings."""
    wanted = np.ones(d.shape, bool)
    if params.d_min:
        wanted &= d >= params.d_min
    if params.d_max:
        wanted &= d <= params.d_max
    for limits in params.resolution_range:
        wanted &= (d < min(limits)) | (d > max(limits))
    if params.ice_rings:
        from gnomon.maths.ice import powder_rings  # gemmi: only where rings are asked for

        s2 = 1 / d**2
        for ring in powder_rings(float(d.min())):
            wanted &= np.abs(s2 - ring) > params.ice_width / 2
    return wanted
