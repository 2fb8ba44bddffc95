"""Mask files of a command: one, or one for each set of images, and experiments that use them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.errors import InputError

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.io.images.masks import Masks
    from gnomon.models.experiment import Experiments


def write_masks(session: Session, experiments: Experiments, masks: Sequence[Masks]) -> None:
    """Write the masks as ``output.mask`` says, numbered from 1 where there are several; and ``output.experiments``."""
    from gnomon.io.images.masks import write_mask
    from gnomon.models.reflections import Reflections
    from gnomon.steps.apply_mask.params import ApplyMaskParams
    from gnomon.steps.apply_mask.step import apply_mask

    if "mask" not in session.outputs:
        if "expt" in session.outputs:
            raise InputError("output.experiments names experiments that use the mask; leave out output.mask=None")
        return
    path = Path(session.outputs["mask"])
    if len(masks) > 1:
        width = len(str(len(masks)))
        paths = [path.with_stem(f"{path.stem}_{i:0{width}}") for i in range(1, len(masks) + 1)]
    else:
        paths = [path]
    for name, mask in zip(paths, masks):
        write_mask(name, mask)
        session.wrote(str(name))
    if "expt" in session.outputs:
        session.write(apply_mask(experiments, Reflections(), ApplyMaskParams(mask=tuple(map(str, paths)))))
