"""Which experiments to keep: by number of reflections, by how far they reach, or any."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.geometry.resolutions import resolutions
from gnomon.maths.intensities.shells import shells_by_volume
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.steps.combine_experiments.params import CombineExperimentsParams
from gnomon.summary import Decision


def reach(experiments: Experiments, reflections: Reflections, params: CombineExperimentsParams) -> np.ndarray:
    """(n,) Å: the end of the last shell before mean I/sigma of the experiment falls below the cutoff; inf if at once.

    Raises InputError without intensities.
    """
    if "intensity.sum.value" not in reflections:
        raise InputError("the significance filter needs intensity.sum.value; run find_spots or integrate first")
    d = resolutions(experiments, reflections)
    variance = reflections["intensity.sum.variance"]
    good = np.isfinite(d) & (variance > 0)
    if not good.any():
        raise InputError("the significance filter found no reflection with an intensity; give integrated data")
    d_min = params.d_min or float(d[good].min())
    shells = shells_by_volume(max(float(d[good].max()), d_min * 1.0001), d_min, params.n_bins)
    shell = shells.of(d)
    good &= shell >= 0
    cell = (reflections["id"][good], shell[good])
    total, count = np.zeros((2, len(experiments), len(shells)))
    np.add.at(total, cell, reflections["intensity.sum.value"][good] / np.sqrt(variance[good]))
    np.add.at(count, cell, 1)
    faded = (count > 0) & (total < params.isigi_cutoff * count)
    first = np.where(faded.any(axis=1), faded.argmax(axis=1), len(shells))
    return np.where(first > 0, shells.edges[first], np.inf)


def chosen(
    experiments: Experiments, reflections: Reflections, params: CombineExperimentsParams
) -> tuple[list[int], list[Decision]]:
    """The numbers of the experiments to keep, rising, and why others are not among them.

    Raises InputError where none is left.
    """
    counts = np.bincount(reflections["id"], minlength=len(experiments)) if "id" in reflections else None
    kept = np.arange(len(experiments))
    done = []
    least, most = params.min_reflections_per_experiment, params.max_reflections_per_experiment
    if counts is not None and (least or most):
        within = (counts >= (least or 0)) & (counts <= (most or counts.max(initial=0)))
        kept = np.flatnonzero(within)
        n = len(within) - len(kept)
        what = f"{n} experiments left out by their number of reflections"
        done.append(Decision(what, evidence={"experiments": n}, parameter="min_reflections_per_experiment"))
        if not len(kept):
            raise InputError(
                f"no experiment has the number of reflections asked for (found {counts.min()} to {counts.max()}); "
                "change min_ or max_reflections_per_experiment"
            )
    if params.n_subset is not None and params.n_subset < len(kept):
        order = _order(experiments, reflections, params, kept)
        what = f"{params.n_subset} of {len(kept)} experiments kept, by {params.n_subset_method}"
        done.append(Decision(what, evidence={"of": len(kept)}, parameter="n_subset"))
        kept = np.sort(order[: params.n_subset])
    return kept.tolist(), done


def _order(
    experiments: Experiments, reflections: Reflections, params: CombineExperimentsParams, kept: np.ndarray
) -> np.ndarray:
    """``kept`` with the best first."""
    if params.n_subset_method == "random":
        return np.random.default_rng(params.seed).permutation(kept)
    if params.n_subset_method == "n_refl":
        worth = -np.bincount(reflections["id"], minlength=len(experiments))
    else:
        worth = reach(experiments, reflections, params)
    return kept[np.argsort(worth[kept], kind="stable")]
