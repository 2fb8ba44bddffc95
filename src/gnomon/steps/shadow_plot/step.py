"""shadow_plot: what the goniometer hides of each image, and whether it is dark there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.fitted import images_of
from gnomon.io.images.shaded import shadow_of, shadowed_angles
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import HERE, Context, Result
from gnomon.steps.shadow_plot.brightness import Brightness
from gnomon.steps.shadow_plot.params import ShadowPlotParams
from gnomon.steps.shadow_plot.summary import ShadowPlotSummary, SweepShadows


def shadow_plot(
    experiments: Experiments,
    reflections: Reflections,
    params: ShadowPlotParams,
    context: Context = HERE,
) -> Result[ShadowPlotSummary]:
    """Experiments and reflections as they are, and how much is hidden of each image looked at, and how bright it is.

    Raises InputError where nothing is known of the goniometer's parts, or images cannot be read.
    """
    found = [rows[0] for _, rows in experiments.groups_sharing("images")]
    wanted = [_images(experiments[i], params.max_images) for i in found]
    sweeps, done = [], 0
    for number, images in zip(found, wanted):
        rows = []
        for row in context.workers.map(_look(experiments[number], number, params), images):
            rows.append(row)
            done += 1
            if context.progress is not None:
                context.progress("looking at shadows", done, sum(map(len, wanted)))
        sweeps.append(SweepShadows(number, *zip(*rows)))
    return Result(experiments, reflections, ShadowPlotSummary(rim=params.rim, sweeps=tuple(sweeps)))


def _images(experiment: Experiment, most: int) -> list[int]:
    first, last = experiment.scan.image_range if experiment.scan else (1, 1)
    return np.unique(np.linspace(first, last, min(most, last - first + 1)).round().astype(int)).tolist()


def _look(experiment: Experiment, number: int, params: ShadowPlotParams) -> Callable[[int], tuple]:
    """What tells image, angle, shaded, inside and outside of one image; safe to call from many threads."""
    shadow = shadow_of(experiment)
    if shadow is None:
        raise InputError(
            f"shadow_plot: no shadow is left out of the images of experiment {number}; give shadow=FILE to apply_mask "
            "or import first (docs/science/masks.md)"
        )
    reader, brightness = images_of(experiment), Brightness(experiment)

    def look(image: int) -> tuple:
        start, end = shadowed_angles(experiment.scan, image)
        shaded = shadow.on(start, end)
        part = sum(int(mask.sum()) for mask in shaded) / sum(mask.size for mask in shaded)
        return image, (start + end) / 2, part, *brightness(reader.read(image), shaded, params.rim)

    return look
