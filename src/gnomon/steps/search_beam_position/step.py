"""search_beam_position: where the direct beam meets the detector.

By spots: candidates are the present centre and points about which spots lie in pairs; from each, lattice vectors are
found and the detector moved to where their phases agree (Sauter, Grosse-Kunstleve & Adams 2004, J. Appl. Cryst. 37,
399); the best agreement over all sweeps of a detector wins. By images: see :mod:`projection`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.experiment_images import images_of
from gnomon.io.images.masks import static_mask, valid_counts
from gnomon.maths.crystal.lattice_vectors import full_cube, peak_vectors, small_cube, transform
from gnomon.maths.geometry.beam_search import Lattice, beam_shifts
from gnomon.maths.geometry.reciprocal_points import Points, detector_axes, reciprocal_points
from gnomon.maths.geometry.spot_distances import max_cell
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import HERE, Context, Result, require_columns, require_images, require_range
from gnomon.steps.search_beam_position.friedel import friedel_centres
from gnomon.steps.search_beam_position.params import SearchBeamPositionParams
from gnomon.steps.search_beam_position.projection import FINDERS, profiles
from gnomon.steps.search_beam_position.summary import BeamPosition, Pair, SearchBeamPositionSummary

MIN_CELL = 3.0  # Å, as in index
N_POINTS = 128  # voxels along each axis of the transform: vectors need only be good enough to be refined
LEAST_SPOTS = 20
MOST_CANDIDATES = 8
SETTLED = 0.02  # mm: the transform is made anew after a larger shift
REPEATS = 4  # at most, from one candidate
SURE_GAIN = 0.02  # of mean cosine: less, and the present centre stays


@dataclass(frozen=True, eq=False)
class _Trial:
    """A shift (2,) mm of the detector along its axes, and the mean cosine there."""

    shift: np.ndarray
    score: float


def search_beam_position(
    experiments: Experiments,
    reflections: Reflections,
    params: SearchBeamPositionParams,
    context: Context = HERE,
) -> Result[SearchBeamPositionSummary]:
    """The experiments with their detectors moved in their planes to where the beam is; reflections as they are.

    Sweeps of one detector are searched together, each with lattice vectors of its own. Raises InputError where there
    are too few spots, or no image.
    """
    swap, told = {}, []
    for detector, members in experiments.groups_sharing("detector"):
        first, spots, before, score = experiments[members[0]], 0, None, None
        if params.method == "default":
            require_columns("search_beam_position", reflections, ("xyzobs.px.value",))
            trial, before, spots = _by_spots(experiments, reflections, members, params, context)
            shift, score = trial.shift, trial.score
        else:
            shift = _by_image(first, members[0], params, context)
        moved = swap[detector.key] = _moved(detector, shift)
        panel, old = _centre(detector, first)
        _, new = _centre(moved, first, panel)
        places = (*_both(old, detector, panel), *_both(new, moved, panel))
        told.append(BeamPosition(tuple(members), panel, *places, spots=spots, score_before=before, score=score))
    summary = SearchBeamPositionSummary(method=params.method, detectors=tuple(told))
    return Result(experiments.replace_model("detector", swap), reflections, summary)


def _moved(detector: Detector, shift: np.ndarray) -> Detector:
    """The detector moved by ``shift`` (2,) mm along its fast and slow axes."""
    return detector.moved(np.eye(3), detector_axes(detector) @ shift)


def _centre(detector: Detector, experiment: Experiment, panel: int | None = None) -> tuple[int, np.ndarray]:
    """The panel that the beam hits (the first where none, or the one given) and mm (2,) on its plane."""
    s0 = experiment.beam.s0[None]
    if panel is None:
        panel = max(int(detector.find_panel(s0)[0]), 0)
    mm = detector.intersect(panel, s0)[0]
    if not np.isfinite(mm).all():
        raise InputError("the beam never meets the detector's plane; mend the geometry with modify_experiments")
    return panel, mm


def _both(mm: np.ndarray, detector: Detector, panel: int) -> tuple[Pair, Pair]:
    """A place in mm and in px."""
    px = detector.mm_to_pixel(panel, mm[None])[0]
    return (float(mm[0]), float(mm[1])), (float(px[0]), float(px[1]))


def _by_spots(
    experiments: Experiments, reflections: Reflections, members: list[int], params: SearchBeamPositionParams,
    context: Context,
) -> tuple[_Trial, float, int]:  # fmt: skip
    """The best shift of the detector, the score without any, and how many spots were used."""
    table = _chosen(experiments, reflections, members, params)
    total, before = np.zeros(2), None
    best = _Trial(total, -np.inf)
    for _ in range(params.n_macro_cycles):
        moved = _with_shift(experiments, members, total)
        starts = [np.zeros(2), *_candidates(moved, table, members, params.mm_search_scope)]
        trials = list(context.workers.map(partial(_from, moved, table, members, params), starts))
        before = trials[0][0].score if before is None else before
        unmoved, found = trials[0][0], max((t[1] for t in trials), key=lambda t: t.score)
        step = found if found.score > unmoved.score + SURE_GAIN else unmoved
        total, best = total + step.shift, step
        if not step.shift.any():
            break
    assert before is not None
    return _Trial(total, best.score), before, len(table)


def _chosen(
    experiments: Experiments, reflections: Reflections, members: list[int], params: SearchBeamPositionParams
) -> Reflections:
    """Spots of these experiments within the images and resolution asked for; at most so many of each.

    Raises InputError for a sweep without enough.
    """
    id_column = "imageset_id" if "imageset_id" in reflections and (reflections["id"] < 0).all() else "id"
    rng, rows = np.random.default_rng(params.seed), []
    for i in members:
        own = np.flatnonzero(reflections[id_column] == i)
        if params.image_range is not None:
            first, last = params.image_range
            require_range(f"image_range={first},{last}", first, last, experiments[i], i)
            z = reflections["xyzobs.px.value"][own, 2]
            own = own[(z >= first - 1) & (z < last)]
        if len(own) > params.max_reflections:
            own = np.sort(rng.choice(own, params.max_reflections, replace=False))
        if len(own) < LEAST_SPOTS:
            raise InputError(
                f"search_beam_position needs {LEAST_SPOTS} spots, experiment {i} has {len(own)}; find more spots, or "
                "look at the images: method=midpoint"
            )
        rows.append(own)
    table = reflections.select(np.concatenate(rows))
    return table.with_columns({"id": table[id_column]})


def _with_shift(experiments: Experiments, members: list[int], shift: np.ndarray) -> Experiments:
    detector = experiments[members[0]].detector
    return (
        experiments.replace_model("detector", {detector.key: _moved(detector, shift)}) if shift.any() else experiments
    )


def _candidates(experiments: Experiments, table: Reflections, members: list[int], scope: float) -> list[np.ndarray]:
    """Shifts (2,) mm of the detector that bring points about which spots lie in pairs to the beam."""
    first = experiments[members[0]]
    axes = detector_axes(first.detector)
    panel, mm = _centre(first.detector, first)
    centre = first.detector.lab_coordinates(panel, mm[None])[0]
    spots = []
    for i in members:
        own = table.select(table["id"] == i)
        px, panels = own["xyzobs.px.value"], own["panel"].astype(np.intp)
        lab = first.detector.lab_coordinates(panels, first.detector.pixel_to_mm(panels, px[:, :2]))
        scan = experiments[i].scan
        phi = np.zeros(len(px)) if scan is None else np.deg2rad(scan.phi_at(px[:, 2]))
        spots.append(np.column_stack([(lab - centre) @ axes, phi]))
    return [-at for at in friedel_centres(spots, scope, MOST_CANDIDATES)]


def _from(
    experiments: Experiments, table: Reflections, members: list[int], params: SearchBeamPositionParams,
    start: np.ndarray,
) -> tuple[_Trial, _Trial]:  # fmt: skip
    """From one shift: the score there, and the best shift and score reached from it within the scope.

    Lattice vectors come anew after each shift: a wrong centre smears the transform of a wide sweep.
    """
    shift, first = start, None
    best = _Trial(start, -np.inf)
    scope = params.mm_search_scope
    for _ in range(REPEATS):
        lattices = _lattices(_with_shift(experiments, members, shift), table, members, params)
        if not lattices:
            break
        trials = beam_shifts(lattices, scope)
        unmoved = next(t for t in trials if not t.shift.any())
        first = first or _Trial(shift, unmoved.score)
        if unmoved.score > best.score:
            best = _Trial(shift, unmoved.score)
        within = [t for t in trials if np.abs(shift + t.shift).max() <= params.mm_search_scope]
        step = max(within, key=lambda t: t.score, default=unmoved)
        if step.score <= unmoved.score or np.abs(step.shift).max() < SETTLED:
            break
        shift, scope = shift + step.shift, min(scope, 1.0)
        best = _Trial(shift, step.score)
    return first or _Trial(start, -1.0), best


def _lattices(
    experiments: Experiments, table: Reflections, members: list[int], params: SearchBeamPositionParams
) -> list[Lattice]:
    """The points of each sweep, and lattice vectors of them; without sweeps that have fewer than three."""
    every = reciprocal_points(experiments, table)
    if params.d_min is not None:
        every = every.select(every.d_star <= 1 / params.d_min)
    pairs = [_lattice(every.select(every.sweep == i), params.max_cell) for i in members]
    return [(points, vectors) for points, vectors in pairs if len(vectors) >= 3]


def _lattice(points: Points, longest: float | None) -> Lattice:
    """The points within reach of the transform, and its vectors (m, 3) Å, highest first."""
    limit = max(longest or max_cell(points, MIN_CELL), 2 * MIN_CELL)
    cube = small_cube(points.d_star, limit, N_POINTS) or full_cube(points.d_star, limit, N_POINTS)
    near = points.select(points.d_star <= 1 / cube.d_min)
    cells = (MIN_CELL, min(1.2 * limit, cube.longest))
    return near, peak_vectors(transform(near.rlp, cube.d_min, cube.n), cube.d_min, cells)


def _by_image(experiment: Experiment, number: int, params: SearchBeamPositionParams, context: Context) -> np.ndarray:
    """The shift (2,) mm of the detector that brings the centre of the mean image to the beam."""
    require_images("search_beam_position", Experiments.of([experiment]))
    panel, mm = _centre(experiment.detector, experiment)
    present = experiment.detector.mm_to_pixel(panel, mm[None])[0]
    mean = _mean_image(experiment, number, panel, params, context)
    reach = params.mm_search_scope / experiment.detector.pixel_sizes[panel]
    find = FINDERS[params.method]
    found = np.array([find(p, near, r) for p, near, r in zip(profiles(mean), present, reach)])
    if (np.abs(found - present) > reach).any():
        raise InputError(
            f"method={params.method} has the beam at {found[0]:.1f}, {found[1]:.1f} px, further than mm_search_scope="
            f"{params.mm_search_scope:g} from {present[0]:.1f}, {present[1]:.1f}; widen it if that is right"
        )
    new = experiment.detector.pixel_to_mm(panel, found[None])[0]
    frame = experiment.detector.frames[panel][:, :2] @ (mm - new)
    shift: np.ndarray = detector_axes(experiment.detector).T @ frame
    return shift


def _mean_image(
    experiment: Experiment, number: int, panel: int, params: SearchBeamPositionParams, context: Context
) -> np.ndarray:
    """(ny, nx) mean counts of one panel over some images; nan where a pixel is never valid."""
    first, last = params.image_range or experiment.image_range
    require_range(f"image_range={first},{last}", first, last, experiment, number)
    wanted = np.unique(np.linspace(first, last, min(params.max_images, last - first + 1)).round().astype(int))
    low, high = valid_counts(experiment.detector.panels[panel])
    mask, reader = static_mask(experiment)[panel], images_of(experiment)
    total, count = np.zeros(mask.shape), np.zeros(mask.shape)
    for image in context.workers.map(reader.read, wanted.tolist()):
        good = mask & (image[panel] >= low) & (image[panel] <= high)
        total += np.where(good, image[panel], 0)
        count += good
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
