"""One pass over the images of a sweep: gather counts; when a reflection is complete, sum it, learn from it, fit it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.models.experiment import Experiment
from gnomon.steps.integrate.boxes import Placed
from gnomon.steps.integrate.gathering import Gathering, SweepImages
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.profiles import (
    Blocks,
    Fits,
    NoProfiles,
    ProfileModel,
    ReferenceProfile,
    ToFit,
    profile_model,
)
from gnomon.steps.integrate.summation import Sums, summed


@dataclass(frozen=True, eq=False)
class SweepTask:
    """N predicted reflections of the experiments that share one set of images, and where to start from."""

    experiment: Experiment  # any of those that share the images
    placed: Placed
    lattice: np.ndarray  # (N,) int64: which of the experiments
    wanted: np.ndarray  # (N,) bool: to be integrated
    profiles: tuple[ReferenceProfile, ...]  # one an experiment


@dataclass(frozen=True, eq=False)
class Measured:
    """Rows of N reflections after the pass."""

    sums: Sums
    fitted: np.ndarray  # (N, 7), see kernels.profile.fit_profile
    contested: np.ndarray  # (N,) bool
    told: np.ndarray  # (N,) see Fits
    reference: np.ndarray  # (N,) bool: a profile was learned from it
    done: np.ndarray  # (N,) bool

    def rows(self, index: slice) -> Measured:
        """The rows at ``index``."""
        parts = (self.fitted, self.contested, self.told, self.reference, self.done)
        return Measured(self.sums.rows(index), *(p[index] for p in parts))


def integrate_sweep(
    task: SweepTask, params: IntegrateParams, workers: Workers, advance: Callable[[int], None]
) -> Measured:
    """Every wanted reflection summed and fitted, the same for any number of workers and any memory.

    ``advance`` is called with the number of frames done. Raises RuntimeError, a fault of the program, were a wanted
    reflection not done exactly once.
    """
    gathering = Gathering(task.placed.boxes)
    images = SweepImages(task.experiment, workers)
    scan = task.experiment.needed_scan.array_range
    sums, fits = Sums.of(gathering), Fits.empty(len(task.placed))
    model = _profile_model(task, params, gathering, images, sums, fits)
    times = np.zeros(len(task.placed), np.int64)
    for frame, complete in summed(gathering, images, [scan], task.wanted, sums, params, workers):
        for rows in model.fit(complete, workers):
            gathering.drop(rows)
            np.add.at(times, rows, 1)
        advance(frame - scan[0])
    _check(times, task.wanted)
    return Measured(sums, fits.fitted, gathering.contested, fits.told, fits.reference, times == 1)


def _profile_model(
    task: SweepTask, params: IntegrateParams, gathering: Gathering, images: SweepImages, sums: Sums, fits: Fits
) -> ProfileModel:
    """The model that params ask for."""
    if not params.profile_fitting:
        return NoProfiles()
    blocks = Blocks.along(task.experiment.needed_scan, task.placed.boxes.xyz[:, 2])
    given = ToFit(
        gathering, images.panels, task.placed, task.lattice, task.wanted, task.profiles, blocks, sums, params, fits
    )
    return profile_model(params.profile, given)


def _check(times: np.ndarray, wanted: np.ndarray) -> None:
    """RuntimeError unless each wanted reflection was done once, and no other."""
    wrong = int((times != wanted).sum())
    if wrong:
        raise RuntimeError(
            f"{wrong} of {wanted.sum()} reflections were not integrated exactly once; please report this"
        )
