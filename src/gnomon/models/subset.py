"""Some of the experiments, with their reflections."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections


def subset(experiments: Experiments, reflections: Reflections, kept: Sequence[int]) -> tuple[Experiments, Reflections]:
    """The experiments numbered ``kept``, in that order, and their reflections, numbered anew from 0.

    Reflections of no experiment (id -1) are left out, and a table without ids stays as it is; models that were
    shared still are.
    """
    chosen = experiments.with_items(experiments[k] for k in kept)
    if "id" not in reflections:
        return chosen, reflections
    number = dict(zip(kept, range(len(kept))))
    each = reflections.by_experiment()
    parts = [each.array(k) for k in number]
    rows = np.concatenate([np.zeros(0, np.intp), *parts])
    order = np.argsort(rows, kind="stable")
    counts = np.array([len(part) for part in parts], np.intp)
    id_ = np.repeat(np.fromiter(number.values(), np.int32, len(number)), counts)
    return chosen, numbered_as(chosen, reflections.select(rows[order]).with_columns({"id": id_[order]}))


def numbered_as(experiments: Experiments, reflections: Reflections) -> Reflections:
    """The table with the identifiers of the experiments that its ids number, and their image sets' numbers."""
    named = reflections.with_identifiers({i: e.identifier for i, e in enumerate(experiments)})
    if "imageset_id" not in named:
        return named
    number = np.zeros(len(experiments), np.int32)
    for i, (_, members) in enumerate(experiments.groups_sharing("images")):
        number[members] = i
    return named.with_columns({"imageset_id": np.where(named["id"] >= 0, number[named["id"]], named["imageset_id"])})


def even_parts(n: int, most: int) -> list[list[int]]:
    """0..n-1 in as few consecutive parts of at most ``most`` as will do, their sizes as even as can be."""
    return [part.tolist() for part in np.array_split(np.arange(n), -(-n // most))] if n else []
