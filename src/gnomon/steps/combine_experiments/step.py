"""Combine: many experiments as one list, in which what is the same is one."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.errors import InputError
from gnomon.maths.resolutions import resolutions
from gnomon.models.experiment import Experiments
from gnomon.models.identifiers import with_unique_identifiers
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.models.sharing import with_shared_models
from gnomon.models.subset import numbered_as, subset
from gnomon.step import Progress, Result
from gnomon.steps.combine_experiments.params import CombineExperimentsParams
from gnomon.steps.combine_experiments.reference import with_reference_models
from gnomon.steps.combine_experiments.selection import chosen, reach

MODELS = ("beam", "detector", "goniometer", "scan", "crystal")


def combine_experiments(
    experiments: Experiments,
    reflections: Reflections,
    params: CombineExperimentsParams,
    *,
    workers: Workers = SERIAL,
    progress: Progress | None = None,
) -> Result:
    """The experiments with equal models made one object and an identifier each, and the reflections they have.

    Reflections of no experiment are left out. Raises InputError where a reference does not fit or nothing is left.
    """
    if not len(experiments):
        raise InputError("combine_experiments was given no experiment; give .expt files that hold some")
    experiments, done = with_reference_models(experiments, params)
    experiments, renamed = with_unique_identifiers(with_shared_models(experiments))
    if params.delete_shoeboxes:
        reflections = reflections.without_columns("shoebox")
    if "id" in reflections:
        nobody = reflections["id"] < 0
        done += [f"{nobody.sum()} reflections of no experiment left out"] if nobody.any() else []
        reflections = numbered_as(experiments, reflections.select(~nobody))
        if params.significance_filter:
            reflections, text = _significant(experiments, reflections, params)
            done.append(text)
    kept, why = chosen(experiments, reflections, params)
    experiments, reflections = subset(experiments, reflections, kept)
    done += why + ([f"{renamed} experiments were given an identifier of their own"] if renamed else [])
    return Result(experiments, reflections, {"reasons": done, **_stats(experiments, reflections)})


def _significant(
    experiments: Experiments, reflections: Reflections, params: CombineExperimentsParams
) -> tuple[Reflections, str]:
    """The reflections within reach of their experiment, and how many were not."""
    within = resolutions(experiments, reflections) >= reach(experiments, reflections, params)[reflections["id"]]
    return reflections.select(within), f"{(~within).sum()} reflections beyond the reach of their experiment left out"


def _stats(experiments: Experiments, reflections: Reflections) -> dict[str, Any]:
    n = len(experiments)
    counts = np.bincount(reflections["id"], minlength=n) if "id" in reflections else np.zeros(n, int)
    names = data_set_names(experiments)
    sweeps = [
        {"name": names[rows[0]], "members": rows, "n_reflections": counts[rows].tolist()}
        for images, rows in experiments.groups_sharing("images")
        for rows in ([rows] if images is not None else [[row] for row in rows])
    ]
    models = {name: sum(m is not None for m, _ in experiments.groups_sharing(name)) for name in MODELS}
    return {"names": names, "n_reflections": counts.tolist(), "sweeps": sweeps, "models": models}
