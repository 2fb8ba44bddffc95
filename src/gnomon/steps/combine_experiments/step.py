"""Combine: many experiments as one list, in which what is the same is one."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.geometry.resolutions import resolutions
from gnomon.models.experiment import Experiments
from gnomon.models.identifiers import with_unique_identifiers
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.models.sharing import with_shared_models
from gnomon.models.subset import numbered_as, subset
from gnomon.step import Result
from gnomon.steps.combine_experiments.params import CombineExperimentsParams
from gnomon.steps.combine_experiments.reference import with_reference_models
from gnomon.steps.combine_experiments.selection import chosen, reach
from gnomon.steps.combine_experiments.summary import CombinedSweep, CombineExperimentsSummary
from gnomon.summary import Decision

MODELS = ("beam", "detector", "goniometer", "scan", "crystal")


def combine_experiments(
    experiments: Experiments,
    reflections: Reflections,
    params: CombineExperimentsParams,
) -> Result[CombineExperimentsSummary]:
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
        if nobody.any():
            done.append(_left_out("of no experiment", int(nobody.sum())))
        reflections = numbered_as(experiments, reflections.select(~nobody))
        if params.significance_filter:
            reflections, decision = _significant(experiments, reflections, params)
            done.append(decision)
    kept, why = chosen(experiments, reflections, params)
    experiments, reflections = subset(experiments, reflections, kept)
    done += why
    if renamed:
        done.append(Decision(f"{renamed} experiments were given an identifier of their own"))
    return Result(experiments, reflections, _summary(experiments, reflections, done))


def _left_out(which: str, n: int, parameter: str = "") -> Decision:
    return Decision(f"{n} reflections {which} left out", evidence={"reflections": n}, parameter=parameter)


def _significant(
    experiments: Experiments, reflections: Reflections, params: CombineExperimentsParams
) -> tuple[Reflections, Decision]:
    """The reflections within reach of their experiment, and how many were not."""
    within = resolutions(experiments, reflections) >= reach(experiments, reflections, params)[reflections["id"]]
    n = int((~within).sum())
    return reflections.select(within), _left_out("beyond the reach of their experiment", n, "significance_filter")


def _summary(experiments: Experiments, reflections: Reflections, done: list[Decision]) -> CombineExperimentsSummary:
    n = len(experiments)
    counts = np.bincount(reflections["id"], minlength=n) if "id" in reflections else np.zeros(n, int)
    names = data_set_names(experiments)
    sweeps = tuple(
        CombinedSweep(names[rows[0]], tuple(rows), tuple(counts[rows].tolist()))
        for images, rows in experiments.groups_sharing("images")
        for rows in ([rows] if images is not None else [[row] for row in rows])
    )
    models = {name: sum(m is not None for m, _ in experiments.groups_sharing(name)) for name in MODELS}
    return CombineExperimentsSummary(
        names=tuple(names),
        n_reflections=tuple(counts.tolist()),
        sweeps=sweeps,
        models=models,
        decisions=tuple(done),
    )
