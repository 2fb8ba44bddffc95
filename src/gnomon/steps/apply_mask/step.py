"""apply_mask: experiments whose images use given masks from here on."""

from __future__ import annotations

import os
from dataclasses import replace

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.errors import InputError
from gnomon.io.images.masks import read_mask
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Progress, Result
from gnomon.steps.apply_mask.params import ApplyMaskParams


def apply_mask(
    experiments: Experiments,
    reflections: Reflections,
    params: ApplyMaskParams,
    *,
    workers: Workers = SERIAL,
    progress: Progress | None = None,
) -> Result:
    """The experiments with ``images.mask`` set, in place of what it was; the reflections as they are.

    Sets of images are in the order in which experiments name them. Raises InputError where a mask cannot be read or
    does not fit the detector, where the number of masks is not that of sets of images, or there are no images.
    """
    sets = experiments.groups_sharing("images")
    paths = list(params.mask) * (len(sets) if len(params.mask) == 1 else 1)
    if not paths:
        raise InputError("apply_mask was given no mask; give mask=pixels.mask")
    if len(paths) != len(sets):
        raise InputError(f"{len(paths)} masks for {len(sets)} sets of images; give one, or one for each")
    changed = {}
    for path, (images, rows) in zip(paths, sets):
        if images is None:
            raise InputError(f"apply_mask needs images; experiment {rows[0]} has none; run import first")
        read_mask(path, experiments[rows[0]].detector)
        changed[id(images)] = replace(images, mask=os.path.abspath(path))
    masked = experiments.replace_model("images", changed)
    return Result(masked, reflections, {"masks": [[path, rows] for path, (_, rows) in zip(paths, sets)]})
