"""apply_mask: experiments whose images use given masks from here on."""

from __future__ import annotations

import os
from dataclasses import replace

from gnomon.errors import InputError
from gnomon.io.images.experiment_images import shadow_of
from gnomon.io.images.masks import read_mask
from gnomon.io.shadow_file import shadow_settings
from gnomon.models.experiment import Experiments
from gnomon.models.model import key_of
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_images
from gnomon.steps.apply_mask.params import ApplyMaskParams
from gnomon.steps.apply_mask.summary import AppliedMask, ApplyMaskSummary


def apply_mask(
    experiments: Experiments,
    reflections: Reflections,
    params: ApplyMaskParams,
) -> Result[ApplyMaskSummary]:
    """Experiments whose images use the masks and the shadow given, in place of what they used; reflections as they are.

    Sets of images are in the order in which experiments name them. Raises InputError where a mask cannot be read or
    does not fit the detector, where the number of masks is not that of sets of images, where the shadow cannot be read
    or does not fit the goniometer, or there are no images.
    """
    require_images("apply_mask", experiments)
    sets = experiments.groups_sharing("images")
    paths = _mask_of_each(params, len(sets))
    asked = params.shadow is not None or params.dynamic_shadowing is not None
    fresh = shadow_settings(params.shadow, params.dynamic_shadowing) if asked else {}
    changed = {}
    for path, (images, rows) in zip(paths, sets):
        mask = images.mask
        if path is not None:
            read_mask(path, experiments[rows[0]].detector)
            mask = os.path.abspath(path)
        changed[key_of(images)] = replace(images, mask=mask, params={**images.params, **fresh})
    masked = experiments.replace_model("images", changed)
    shadowed = [shadow_of(e) is not None for e in masked]
    told = tuple(AppliedMask(path, tuple(rows), shadowed[rows[0]]) for path, (_, rows) in zip(paths, sets))
    return Result(masked, reflections, ApplyMaskSummary(masks=told))


def _mask_of_each(params: ApplyMaskParams, n_sets: int) -> list[str | None]:
    """The mask of each set of images; None where only its shadow changes."""
    paths: list[str | None] = [*params.mask] * (n_sets if len(params.mask) == 1 else 1)
    if not paths and params.shadow is None and params.dynamic_shadowing is None:
        raise InputError("apply_mask was given no mask; give mask=pixels.mask, shadow=FILE or dynamic_shadowing=false")
    paths = paths or [None] * n_sets
    if len(paths) != n_sets:
        raise InputError(f"{len(paths)} masks for {n_sets} sets of images; give one, or one for each")
    return paths
