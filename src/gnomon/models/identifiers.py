"""Identifiers that tell experiments apart."""

from __future__ import annotations

from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.scan import ImageRange
from gnomon.models.valid_images import with_valid_ranges


def with_unique_identifiers(experiments: Experiments) -> tuple[Experiments, int]:
    """The experiments, each with an identifier of its own, and how many were given one.

    The first of several with the same identifier keeps it. New ones are made of images, range and number, so that
    a run repeats to the letter.
    """
    seen: set[str] = set()
    items: list[Experiment] = []
    given = 0
    renamed: dict[int, tuple[ImageRange, ...]] = {}
    for i, e in enumerate(experiments):
        if not e.identifier or e.identifier in seen:
            images = "" if e.images is None else e.images.template or "/".join(e.images.paths)
            valid, counted = e.valid_ranges, e.image_range
            e = e.replace(identifier=identifier_for(images, "" if e.scan is None else e.scan.image_range, i))
            renamed |= {i: valid} if valid != (counted,) else {}
            given += 1
        seen.add(e.identifier)
        items.append(e)
    return with_valid_ranges(experiments.with_items(items), renamed), given
