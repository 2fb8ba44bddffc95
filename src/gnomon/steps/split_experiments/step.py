"""Split: the parts of an experiment list, each with its reflections."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.subset import even_parts, subset
from gnomon.step import Result
from gnomon.steps.split_experiments.params import SplitExperimentsParams
from gnomon.steps.split_experiments.summary import SplitExperimentsSummary

WAVELENGTH_TOLERANCE = 1e-4
"""Relative: what counts as one wavelength."""


def split_experiments(
    experiments: Experiments, reflections: Reflections, params: SplitExperimentsParams
) -> list[Result[SplitExperimentsSummary]]:
    """The parts in order: one experiment each, or as ``params`` says. A table without reflections stays empty.

    The summary of each has the numbers of its experiments in the list that was split.
    Raises InputError where ways to split exclude each other or chunk_sizes do not add up.
    """
    parts = []
    for members in _members(experiments, params):
        chosen, table = subset(experiments, reflections, members)
        summary = SplitExperimentsSummary(members=tuple(members), n_reflections=len(table))
        parts.append(Result(chosen, table, summary))
    return parts


def _members(experiments: Experiments, params: SplitExperimentsParams) -> list[list[int]]:
    asked = [name for name in ("by_detector", "by_wavelength", "chunk_size", "chunk_sizes") if getattr(params, name)]
    if len(asked) > 1:
        raise InputError(f"split_experiments was given {' and '.join(asked)}, which exclude each other; give one")
    n = len(experiments)
    if params.by_detector:
        return [rows for _, rows in experiments.groups_sharing("detector")]
    if params.by_wavelength:
        return _by_wavelength(np.array([e.beam.wavelength for e in experiments]))
    if params.chunk_size:
        return even_parts(n, params.chunk_size)
    if params.chunk_sizes:
        if sum(params.chunk_sizes) != n or min(params.chunk_sizes) < 1:
            raise InputError(f"chunk_sizes add up to {sum(params.chunk_sizes)}, there are {n} experiments; change them")
        return [part.tolist() for part in np.split(np.arange(n), np.cumsum(params.chunk_sizes)[:-1])]
    return even_parts(n, 1)


def _by_wavelength(wavelengths: np.ndarray) -> list[list[int]]:
    """Numbers of the experiments of each wavelength, from short to long; the shortest of a group is compared with."""
    groups: list[list[int]] = []
    for i in np.argsort(wavelengths, kind="stable").tolist():
        if groups and wavelengths[i] <= wavelengths[groups[-1][0]] * (1 + WAVELENGTH_TOLERANCE):
            groups[-1].append(i)
        else:
            groups.append([i])
    return [sorted(group) for group in groups]
