"""generate_mask: the pixels that may be used, for each set of images."""

from __future__ import annotations

import numpy as np

from gnomon.io.images.experiment_images import images_of
from gnomon.io.images.masks import Masks, static_mask, valid_counts
from gnomon.maths.images.usable_pixels import usable_pixels
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import HERE, Context, Result, require_images
from gnomon.steps.generate_mask.params import GenerateMaskParams
from gnomon.steps.generate_mask.shadow import lit
from gnomon.steps.generate_mask.summary import GenerateMaskSummary, MaskSummary


def generate_mask(
    experiments: Experiments,
    reflections: Reflections,
    params: GenerateMaskParams,
    context: Context = HERE,
) -> Result[GenerateMaskSummary, tuple[Masks, ...]]:
    """The experiments and reflections as they are; the product is a tuple of masks for each set of images.

    A mask is a (slow, fast) bool array, one a panel, true where the pixel may be used: it is outside the gaps of the
    detector, in the mask that the images have already, and not left out by the filters. Sets of images are in the
    order in which experiments name them. Raises InputError where there are no images, no pixel is left, or a shadow is
    asked for of which nothing is known.
    """
    require_images("generate_mask", experiments)
    sets = [(experiments[rows[0]], rows) for _, rows in experiments.groups_sharing("images")]
    masks: list[Masks] = []
    told: list[MaskSummary] = []
    for experiment, rows in sets:
        before = static_mask(experiment)
        if params.use_trusted_range:
            before = tuple(a & b for a, b in zip(before, _trusted(experiment)))
        if params.shadow:
            before = tuple(a & b for a, b in zip(before, lit(experiment, params.shadow)))
        mask = tuple(usable_pixels(experiment, before, params))
        masks.append(mask)
        told.append(MaskSummary(tuple(rows), sum(m.size for m in mask), sum(int(m.sum()) for m in mask)))
        if context.progress is not None:
            context.progress("making masks", len(masks), len(sets))
    return Result(experiments, reflections, GenerateMaskSummary(sets=tuple(told)), tuple(masks))


def _trusted(experiment: Experiment) -> Masks:
    """Pixels within the trusted range on at least one of three images: a Bragg spot may saturate a pixel on one."""
    first, last = experiment.image_range
    reader = images_of(experiment)
    trusted = [np.zeros(panel.image_size[::-1], bool) for panel in experiment.detector.panels]
    for image in sorted({first, (first + last) // 2, last}):
        for seen, panel, pixels in zip(trusted, experiment.detector.panels, reader.read(image)):
            low, high = valid_counts(panel)
            seen |= (pixels >= low) & (pixels <= high)
    return tuple(trusted)
