"""Identifiers that tell experiments apart."""

from __future__ import annotations

from collections.abc import Mapping

from gnomon.models.experiment import Experiments, identifier_for
from gnomon.models.valid_images import with_valid_ranges


def with_unique_identifiers(experiments: Experiments) -> tuple[Experiments, int]:
    """The experiments, each with an identifier of its own, and how many were given one.

    The first of several with the same identifier keeps it. New ones are made of images, range and number, so that
    a run repeats to the letter.
    """
    seen: set[str] = set()
    names: dict[int, str] = {}
    for i, e in enumerate(experiments):
        if not e.identifier or e.identifier in seen:
            images = "" if e.images is None else e.images.template or "/".join(e.images.paths)
            names[i] = identifier_for(images, "" if e.scan is None else e.scan.image_range, i)
        seen.add(names.get(i, e.identifier))
    return named(experiments, names), len(names)


def named(experiments: Experiments, names: Mapping[int, str]) -> Experiments:
    """The experiments, of which those numbered in ``names`` are called so; what images of each count stays."""
    renamed = [e.replace(identifier=names[i]) if i in names else e for i, e in enumerate(experiments)]
    limited = {i: experiments[i].valid_ranges for i in names}
    kept = {i: ranges for i, ranges in limited.items() if ranges != (experiments[i].image_range,)}
    return with_valid_ranges(experiments.with_items(renamed), kept)
