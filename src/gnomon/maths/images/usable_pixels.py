"""Which pixels are looked at: resolution, rings, borders and untrusted areas."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.images.pixel_filter import PixelFilter
from gnomon.models.experiment import Experiment


def usable_pixels(experiment: Experiment, masks: tuple[np.ndarray, ...], wanted: PixelFilter) -> list[np.ndarray]:
    """Per panel (ny, nx) bool, true = use: the static ``masks`` less all that the filters leave out.

    Raises InputError where an untrusted shape names a panel that is not there, or nothing is left.
    """
    panels = range(len(masks))
    _check_panels(wanted, len(masks))
    use = [np.array(mask, bool) for mask in masks]
    for i in panels:
        if wanted.border:
            inner = np.zeros_like(use[i])
            inner[wanted.border : -wanted.border, wanted.border : -wanted.border] = True
            use[i] &= inner
        if i in (wanted.untrusted_panel or (0,)):
            use[i] &= ~untrusted(use[i].shape, wanted)
        if wanted.d_min or wanted.d_max or wanted.resolution_range or wanted.ice_rings:
            d = pixel_resolution(experiment, i, parallax=not wanted.disable_parallax_correction)
            use[i] &= wanted_resolution(d, wanted)
    if not any(mask.any() for mask in use):
        raise InputError("no pixel is left to look at; widen d_min, d_max, resolution_range or the untrusted areas")
    return use


def _check_panels(wanted: PixelFilter, n_panels: int) -> None:
    missing = [i for i in wanted.untrusted_panel if not 0 <= i < n_panels]
    if missing:
        raise InputError(f"untrusted.panel={missing[0]}: the detector has {n_panels} panels, counted from 0")


def untrusted(shape: tuple[int, int], wanted: PixelFilter) -> np.ndarray:
    """(ny, nx) bool: pixels whose centres lie in an untrusted shape, or all of them where a panel has no shape."""
    bad = np.zeros(shape, bool)
    y, x = np.ogrid[: shape[0], : shape[1]]
    for *columns, y0, y1 in wanted.untrusted_rectangle:
        (x0, x1), (y0, y1) = sorted(columns), sorted((y0, y1))  # whichever end was named first
        bad[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = True
    for xc, yc, radius in wanted.untrusted_circle:
        bad |= (x + 0.5 - xc) ** 2 + (y + 0.5 - yc) ** 2 <= radius**2
    for corners in wanted.untrusted_polygon:
        from gnomon.kernels.polygon import fill_polygon  # numba: only where polygons are given

        fill_polygon(bad, np.reshape(corners, (-1, 2)).astype(float), True)
    for j, i in wanted.untrusted_pixel:
        if 0 <= j < shape[0] and 0 <= i < shape[1]:
            bad[j, i] = True
    shapes = (wanted.untrusted_rectangle, wanted.untrusted_circle, wanted.untrusted_polygon, wanted.untrusted_pixel)
    if wanted.untrusted_panel and not any(shapes):
        bad[:] = True
    return bad


def pixel_resolution(experiment: Experiment, panel: int, parallax: bool = True) -> np.ndarray:
    """(ny, nx) float32, Å: resolution at the centres of a panel's pixels; inf in the beam.

    parallax: whether the depth at which the sensor stops photons is corrected for, where the panel asks for it.
    """
    detector, beam = experiment.detector, experiment.beam
    nx, ny = detector.panels[panel].image_size
    d = np.empty((ny, nx), np.float32)
    x = np.arange(nx) + 0.5
    for y in range(ny):  # a row at a time: no large temporaries
        px = np.column_stack([x, np.full(nx, y + 0.5)])
        mm = detector.pixel_to_mm(panel, px) if parallax else px * detector.pixel_sizes[panel]
        ray = detector.lab_coordinates(panel, mm)
        cosine = ray @ -beam.direction / np.linalg.norm(ray, axis=1)
        with np.errstate(divide="ignore"):
            d[y] = beam.wavelength / np.sqrt(np.maximum(2 - 2 * cosine, 0))
    return d


def wanted_resolution(d: np.ndarray, wanted: PixelFilter) -> np.ndarray:
    """Where the resolution ``d`` (Å) is within the limits and outside the excluded ranges and rings."""
    use = np.ones(d.shape, bool)
    if wanted.d_min:
        use &= d >= wanted.d_min
    if wanted.d_max:
        use &= d <= wanted.d_max
    for limits in wanted.resolution_range:
        use &= (d < min(limits)) | (d > max(limits))
    if wanted.ice_rings:
        from gnomon.maths.crystal.ice import powder_rings  # gemmi: only where rings are asked for

        s2 = 1 / d**2
        for ring in powder_rings(float(d.min()), wanted.ice_cell, wanted.ice_group):
            use &= np.abs(s2 - ring) > wanted.ice_width / 2
    return use
