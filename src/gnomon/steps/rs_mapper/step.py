"""rs_mapper: the counts of all pixels, each at its place in reciprocal space turned back to the goniometer's zero.

A pixel seen along s1 on an image that was taken at the angle phi is at (S R(phi) F)^-1 (s1 - s0), phi in the middle of
the image; a point of the map has the mean of the pixels that are nearest to it, 0 where there is none.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.experiment_images import calibrated, images_of, unshadowed
from gnomon.io.images.masks import static_mask, valid_counts
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import HERE, Context, Result, require_images
from gnomon.steps.rs_mapper.params import RsMapperParams
from gnomon.steps.rs_mapper.summary import RsMapperSummary

Look = Callable[[int], tuple[np.ndarray, np.ndarray]]
"""Of an image: the points of the flat map that its pixels are nearest to, and their counts, (n,) each."""


def rs_mapper(
    experiments: Experiments, reflections: Reflections, params: RsMapperParams, context: Context = HERE
) -> Result[RsMapperSummary, np.ndarray]:
    """Experiments and reflections as they are; the product is the map, (n, n, n) float32 along laboratory x, y, z.

    The origin of reciprocal space is the point n // 2 along each. Images of several sweeps add up. Raises InputError
    without images, and where no pixel is within the resolution.
    """
    require_images("rs_mapper", experiments)
    n = params.grid_size
    total, number = np.zeros(n**3), np.zeros(n**3, np.int32)
    sweeps = [experiments[rows[0]] for _, rows in experiments.groups_sharing("images")]
    wanted, done = sum(last - first + 1 for first, last in (e.image_range for e in sweeps)), 0
    for e in sweeps:
        first, last = e.image_range
        for at, counts in context.workers.map(_look(e, params), range(first, last + 1)):
            np.add.at(total, at, counts)
            np.add.at(number, at, 1)
            done += 1
            if context.progress is not None:
                context.progress("mapping images", done, wanted)
    if not number.any():
        raise InputError(f"no pixel is within max_resolution={params.max_resolution:g} Å; give a smaller one")
    mean = (total / np.maximum(number, 1)).astype(np.float32).reshape(n, n, n)
    summary = RsMapperSummary(
        max_resolution=params.max_resolution,
        grid_size=n,
        step=2 / params.max_resolution / n,
        images=done,
        pixels=int(number.sum(dtype=np.int64)),
        seen=float((number > 0).mean()),
        highest=float(mean.max()),
    )
    return Result(experiments, reflections, summary, mean)


def _look(experiment: Experiment, params: RsMapperParams) -> Look:
    """What looks at one image of the sweep; safe to call from many threads."""
    reader = unshadowed(calibrated(images_of(experiment), experiment), experiment)
    masks = None if params.ignore_mask else static_mask(experiment)
    panels = range(len(experiment.detector))
    pixels = [_within(experiment, i, params.max_resolution, masks[i] if masks else None) for i in panels]
    limits = [valid_counts(panel) for panel in experiment.detector.panels]
    n, scale = params.grid_size, params.grid_size * params.max_resolution / 2

    def look(image: int) -> tuple[np.ndarray, np.ndarray]:
        turned = scale * _turn(experiment, image, params.reverse_phi)  # rows times a rotation: its way back
        places, values = [], []
        for panel, (low, high), (where, h) in zip(reader.read(image), limits, pixels):
            counts = panel.ravel()[where]
            point = np.rint(h @ turned).astype(np.int32) + n // 2
            use = (counts >= low) & (counts <= high) & ((point >= 0) & (point < n)).all(axis=1)
            places.append(np.ravel_multi_index(tuple(point[use].T), (n, n, n)))
            values.append(counts[use])
        return np.concatenate(places), np.concatenate(values)

    return look


def _within(experiment: Experiment, panel: int, d_min: float, mask: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Of the usable pixels of a panel within the resolution: places (m,) in it, and s1 - s0 (m, 3), 1/Å."""
    detector, s0 = experiment.detector, experiment.beam.s0
    nx, ny = detector.panels[panel].image_size
    places, points = [], []
    for y in range(ny):  # a row at a time: no large temporaries
        px = np.column_stack([np.arange(nx) + 0.5, np.full(nx, y + 0.5)])
        ray = detector.lab_coordinates(panel, detector.pixel_to_mm(panel, px))
        h = ray / np.linalg.norm(ray, axis=1, keepdims=True) * np.linalg.norm(s0) - s0
        use = (h**2).sum(axis=1) <= d_min**-2
        if mask is not None:
            use &= mask[y]
        places.append(np.flatnonzero(use) + y * nx)
        points.append(h[use])
    return np.concatenate(places), np.concatenate(points)


def _turn(experiment: Experiment, image: int, reverse: bool) -> np.ndarray:
    """(3, 3) the goniometer's rotation in the middle of an image; none of stills."""
    if experiment.goniometer is None or experiment.scan is None or experiment.is_still:
        return np.eye(3)
    phi = float(experiment.scan.phi_at(image - 0.5))
    return experiment.goniometer.rotation_at(-phi if reverse else phi)
