"""Refinement in growing resolution shells: assign indices, fit, assign again with the better models.

An index is that of the nearest node of the nearest lattice, within a tolerance. From here on experiments know which of
their images count: find_spots has no file of its own to say it in.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import centring_vectors
from gnomon.maths.geometry.centroids import map_centroids
from gnomon.maths.geometry.prediction import predict
from gnomon.maths.geometry.reciprocal_points import entering_points
from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.options import Fit, options_of
from gnomon.models.by_experiment import RowsByExperiment
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.scan import ImageRange
from gnomon.models.valid_images import STRETCH, in_words, with_valid_ranges, without
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.task import Indexed, Refined, Task
from gnomon.summary import Decision

MOST_FITTED = 4000  # of a crystal in the last round, half as many before: the models of a sweep have 20 parameters
MOST_STEPS = 10  # of a round: the next begins with better indices
FEWEST_FITTED = 10  # of a crystal, to be fitted
VOLUME_GROWTH = 0.5  # a cell that changes by more in one round has run away
FULL_TURN = 2 * np.pi


def refined_in_shells(indexed: Indexed, task: Task, d_start: float) -> Refined:
    """The models fitted in rounds of growing resolution, the table assigned under them, and what residuals are left.

    d_start: Å, the resolution of the first round; the last takes all spots, or those within ``params.d_min``.
    """
    table = assign(indexed, task)
    if not _rotating(indexed):  # the fit is of rotation data
        return Refined(indexed, table, np.full((len(indexed.experiments), 3), np.nan))
    limits = shell_limits(table["d"], d_start, task.params)
    used, outliers = np.zeros((2, len(table)), bool)
    for round_, d_min in enumerate(limits):
        if task.progress is not None:
            task.progress("refining", round_, len(limits))
        last = round_ == len(limits) - 1
        chosen = _rows_to_fit(table, indexed, d_min, MOST_FITTED if last else MOST_FITTED // 2)
        fit, fitted = _fit(indexed, table.select(chosen), task.params)
        if _ran_away(indexed.experiments, fitted):
            break
        used[:], outliers[:] = False, False
        used[chosen] = fit.reflections.has(Flag.USED_IN_REFINEMENT)
        outliers[chosen] = fit.reflections.has(Flag.CENTROID_OUTLIER)
        indexed = replace(indexed, experiments=fitted)
        table = assign(indexed, task)
    has_index = table.has(Flag.INDEXED)
    table = _predicted(indexed, table).flagged(Flag.CENTROID_OUTLIER, outliers & has_index)
    table = table.flagged(Flag.USED_IN_REFINEMENT, used & has_index)
    return Refined(indexed, table, residuals(indexed.experiments, table))


def _rotating(indexed: Indexed) -> list[int]:
    """The experiments that turn; stills are neither fitted nor predicted, and keep the geometry of their search."""
    return [i for i, e in enumerate(indexed.experiments) if not e.is_still]


def _renumbered(table: Reflections, kept: list[int], n: int) -> Reflections:
    """The table with its ids, of ``n`` experiments, as they are among those ``kept``."""
    number = np.full(n + 1, -1)  # the last one is that of id -1
    number[kept] = np.arange(len(kept))
    return table.with_columns({"id": number[table["id"]]})


def _fit(indexed: Indexed, rows: Reflections, params: IndexParams) -> tuple[Fit, Experiments]:
    """The fit of the experiments that turn to rows of theirs, and all experiments with the fitted ones among them."""
    kept, n = _rotating(indexed), len(indexed.experiments)
    moving = indexed.experiments.with_items(indexed.experiments[i] for i in kept)
    fit = fit_geometry(moving, _renumbered(rows, kept, n), replace(options_of(params), max_iterations=MOST_STEPS))
    items = dict(enumerate(indexed.experiments)) | dict(zip(kept, fit.experiments))
    return fit, indexed.experiments.with_items(items[i] for i in range(n))


def _predicted(indexed: Indexed, table: Reflections) -> Reflections:
    """The table as the experiments that turn predict it; rows of stills are not predicted."""
    kept, n = _rotating(indexed), len(indexed.experiments)
    moving = indexed.experiments.with_items(indexed.experiments[i] for i in kept)
    return predict(moving, _renumbered(table, kept, n)).with_columns({"id": table["id"]})


def shell_limits(d: np.ndarray, d_start: float, params: IndexParams) -> np.ndarray:
    """(n,) Å: resolution limits of the rounds, evenly spaced in 1/d from ``d_start`` to that of all spots."""
    last = params.d_min or float(d.min()) * 0.999
    return 1 / np.linspace(1 / max(d_start, last), 1 / last, params.n_macro_cycles)


def _rows_to_fit(table: Reflections, indexed: Indexed, d_min: float, most: int) -> np.ndarray:
    """Rows to be fitted: indexed, within ``d_min``, at most ``most`` of each experiment, drawn with one seed."""
    rng = np.random.default_rng(42)
    rows, each = [], table.by_experiment()
    for i in _rotating(indexed):
        every = each.array(i)
        own = every[table["d"][every] >= d_min]
        if len(own) < FEWEST_FITTED:
            own = every
        rows.append(own if len(own) <= most else np.sort(rng.choice(own, most, replace=False)))
    return np.concatenate(rows)


def _ran_away(before: Experiments, after: Experiments) -> bool:
    """Whether a cell volume changed by half: the fit diverged, the models before it are kept."""
    ratios = [np.linalg.det(b.needed_crystal.A) / np.linalg.det(a.needed_crystal.A) for b, a in zip(before, after)]
    return not all(np.isfinite(r) and abs(r - 1) < VOLUME_GROWTH for r in ratios)


def residuals(experiments: Experiments, table: Reflections) -> np.ndarray:
    """(n_experiments, 3) r.m.s. of xyzcal.px - xyzobs.px.value over the spots that were fitted."""
    good = table.has(Flag.USED_IN_REFINEMENT) & table.has(Flag.PREDICTED)
    off, each = table["xyzcal.px"] - table["xyzobs.px.value"], table.by_experiment()
    result = np.full((len(experiments), 3), np.nan)
    for i in range(len(experiments)):
        own = off[each[i]][good[each[i]]]
        if len(own):
            result[i] = np.sqrt((own**2).mean(axis=0))
    return result


def beyond_the_scan(refined: Refined) -> list[Decision]:
    """One for each crystal whose spots are off in rotation by more than the whole scan: no solution.

    Raises InputError where that is so of every crystal that was fitted.
    """
    off = {}
    for i, experiment in enumerate(refined.indexed.experiments):
        z = refined.rmsd[i, 2]
        if np.isfinite(z) and z > max(1, experiment.needed_scan.n_images):
            off[i] = f"experiment {i}: spots are off by {z:.3g} images r.m.s., and the scan has but "
            off[i] += f"{experiment.needed_scan.n_images}"
    if off and len(off) == np.isfinite(refined.rmsd[:, 2]).sum():
        raise InputError(
            f"no lattice found: {next(iter(off.values()))}; check the rotation axis and the width of an image "
            "(oscillation=start,width of import; a width of 0 for stills)"
        )
    return [
        Decision(f"{why}: no solution, leave it out", evidence={"rmsd": float(refined.rmsd[i, 2])})
        for i, why in off.items()
    ]


def cleared(reflections: Reflections, sweep: np.ndarray) -> Reflections:
    """The spots without indices and flags of models; ``id`` and ``imageset_id`` are the sweep (N,) they are of."""
    n = len(reflections)
    flags = reflections["flags"] if "flags" in reflections else np.full(n, int(Flag.STRONG), np.uint64)
    made = Flag.INDEXED | Flag.PREDICTED | Flag.USED_IN_REFINEMENT | Flag.BAD_FOR_REFINEMENT
    columns = {
        "id": sweep,
        "imageset_id": sweep,
        "miller_index": np.zeros((n, 3), np.int32),
        "flags": flags & ~np.uint64(made),
    }
    return reflections.with_columns(columns)


def assign(indexed: Indexed, task: Task) -> Reflections:
    """The spots of the task with ``id``, ``miller_index``, INDEXED, ``entering``, ``rlp``, ``s1``, ``d``, xyzobs.mm.*.

    A spot goes to the lattice whose node is nearest, if each fractional index is within the tolerance of a whole
    number. Of spots with one index at one crossing the nearest keeps it. Spots without index get id -1.
    """
    geometry = task.sweeps.with_items(indexed.geometry_of(k, e) for k, e in enumerate(task.sweeps))
    mapped = map_centroids(geometry, task.spots.with_columns({"id": task.sweep}))
    entering = entering_points(geometry, mapped)
    owner, hkl, squared = _nearest(indexed, mapped["rlp"], task)
    owner = _without_duplicates(owner, hkl, mapped["xyzobs.mm.value"][:, 2], squared)
    hkl[owner < 0] = 0
    with np.errstate(divide="ignore"):
        d = 1 / np.linalg.norm(mapped["rlp"], axis=1)
    table = mapped.with_columns({"id": owner, "miller_index": hkl, "d": d, "entering": entering})
    return table.flagged(Flag.INDEXED, owner >= 0)


def _nearest(indexed: Indexed, rlp: np.ndarray, task: Task) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Experiment (N,), -1 where none, indices (N, 3) and squared distance (N,) from the node, 1/Å²."""
    squared = np.full(len(rlp), np.inf)
    owner, hkl = np.full(len(rlp), -1, np.int32), np.zeros((len(rlp), 3), np.int32)
    for i, experiment in enumerate(indexed.experiments):
        rows = task.by_sweep.array(indexed.sweep_of[i])
        crystal = experiment.needed_crystal
        nearest, distance = squared_offsets(crystal, rlp[rows])
        off = rlp[rows] @ np.linalg.inv(crystal.A).T - nearest
        fits = (np.abs(off) < task.params.hkl_tolerance).all(axis=1) & (distance < squared[rows])
        taken = rows[fits]
        squared[taken], owner[taken], hkl[taken] = distance[fits], i, nearest[fits]
    return owner, hkl, squared


def squared_offsets(crystal: Crystal, rlp: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nearest indices (N, 3) and squared distances (N,) 1/Å² of points (N, 3) from those nodes.

    Infinite where there is no reflection: at the origin, and where the centring leaves the node out.
    """
    fractional = rlp @ np.linalg.inv(crystal.A).T
    nearest = np.rint(fractional)
    squared = (((fractional - nearest) @ crystal.A.T) ** 2).sum(axis=1)
    return nearest, np.where(nearest.any(axis=1) & ~_between_nodes(nearest, crystal.hall_symbol), squared, np.inf)


def _between_nodes(hkl: np.ndarray, hall_symbol: str) -> np.ndarray:
    """(N,) bool: absent by the centring of the cell, so no node of the lattice."""
    phase = hkl @ centring_vectors(hall_symbol).T
    return (np.abs(phase - np.rint(phase)) > 1e-3).any(axis=1)


def _without_duplicates(owner: np.ndarray, hkl: np.ndarray, phi: np.ndarray, squared: np.ndarray) -> np.ndarray:
    """(N,) owner, with -1 where another spot of the same crystal, index and eighth of a turn is nearer its node.

    One index crosses the sphere twice a turn; spots that stay apart for less are parts of one or strays.
    """
    owner = owner.copy()
    rows = np.flatnonzero(owner >= 0)
    eighth = np.floor(phi[rows] / FULL_TURN * 8).astype(int)
    key = np.column_stack([owner[rows], hkl[rows], eighth])
    order = np.lexsort((squared[rows], *key.T))
    key = key[order]
    double = np.zeros(len(rows), bool)
    double[1:] = (key[1:] == key[:-1]).all(axis=1)
    owner[rows[order[double]]] = -1
    return owner


def only_where_it_diffracts(
    refined: Refined, spots: Reflections, sweep: np.ndarray
) -> tuple[Experiments, list[Decision]]:
    """The experiments with the images that find_spots saw good diffraction on, and what is left out.

    sweep: (N,) of each of the ``spots``. As they were where find_spots found none blank or bad, or another program the
    spots.
    """
    experiments = refined.indexed.experiments
    if STRETCH not in spots:
        return experiments, []
    ranges, decisions, each = {}, {}, RowsByExperiment(sweep)
    for number, k in enumerate(refined.indexed.sweep_of):
        blank = without([experiments[number].image_range], _image_ranges(spots[STRETCH][each[k]]))
        ranges[number] = without(experiments[number].valid_ranges, blank)
        if blank and ranges[number]:
            what = f"sweep {k}: {in_words(blank)} left out from refinement on"
            images = sum(last - first + 1 for first, last in blank)
            why = "find_spots found nothing or a fault there"
            decisions[k] = Decision(what, why, {"images": images}, link=": ")
    return with_valid_ranges(experiments, ranges), list(decisions.values())


def _image_ranges(column: np.ndarray) -> list[ImageRange]:
    """The different rows (first, last) of the column (n, 2) but 0, 0, which is of spots on blank images."""
    return [(int(a), int(b)) for a, b in np.unique(column, axis=0) if b > 0]
