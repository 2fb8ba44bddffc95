"""One sweep while its images come: a lattice as soon as there is one, then refined and integrated behind the wavefront.

A state says what is known when the images up to one of them have been taken; it follows from these images alone, at
fixed numbers of images (:mod:`gnomon.process.live.pace`). So it does not matter when they came, nor whether the program
was killed between and began again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.scan import ImageRange
from gnomon.models.segments import segment
from gnomon.models.valid_images import with_valid_ranges
from gnomon.pipeline import STAGES
from gnomon.process.live.pace import Pace
from gnomon.step import Context, Result
from gnomon.steps.find_spots.bad_images import stretches_that_count
from gnomon.steps.find_spots.looked_at import LookedAt, spots_of_seen
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.index.known_lattices import on_known_lattices

DOUBTED = 0.5
"""Of the share of spots on the lattice when it was found: where new images have less, it is looked for again."""
BETTER = 1.5
"""How many times as large a share another lattice must have to take its place."""
OWN_ORIENTATION = 200
"""Indexed spots of a block from which its orientation is refined by itself: it is told to a few millidegrees."""
SLACK = 0.5
"""Images by which predictions of two blocks may differ: what both have is taken once."""
SAME = 2.0
"""Images within which two rows of one index are of one passage through the sphere."""


@dataclass(frozen=True, eq=False)
class Given:
    """What a sweep is advanced by: its images so far as import has them, what was seen of each, and what is known.

    known: of ``space_group`` and ``unit_cell``, what the user gave.
    """

    experiment: Experiment
    seen: Mapping[int, LookedAt]
    finding: FindSpotsParams
    known: Mapping[str, Any]
    context: Context


@dataclass(frozen=True, eq=False)
class Block:
    """The reflections whose centroids lie on the images ``first`` to ``last``, and which of these images count."""

    first: int
    last: int
    table: Reflections
    counting: tuple[ImageRange, ...]
    profile: Any = None  # the widths of its spots


@dataclass(frozen=True, eq=False)
class SweepState:
    """What is known of a sweep that begins with image ``first`` when all up to ``reached`` were taken.

    model: the experiment as last refined, with its crystal; None while there is none, and ``why``. found_at: the image
    with which the lattice was found. share: of the latest spots, on the lattice; first_share: when it was found.
    """

    first: int
    reached: int
    model: Experiment | None = None
    found_at: int = 0
    share: float = 0.0
    first_share: float = 0.0
    blocks: tuple[Block, ...] = ()
    why: str = ""
    closed: bool = False

    @property
    def integrated_to(self) -> int:
        """The last image that is integrated; the one before the first where none is."""
        return self.blocks[-1].last if self.blocks else self.first - 1


@dataclass(frozen=True, eq=False)
class _Window:
    """The last images, their spots, and which of them count."""

    experiment: Experiment
    spots: Reflections
    counting: tuple[ImageRange, ...]


def advance(state: SweepState, given: Given, *, closing: bool = False) -> SweepState:
    """The state when the images of ``given.experiment`` have been taken; closing: no more will come.

    Nothing fails that later images may mend: where there is no lattice, or a fit is not to be had, the state says why.
    """
    first, last = given.experiment.image_range
    pace = Pace.of(given.experiment.needed_scan.oscillation[1])
    state = replace(state, reached=last, closed=closing)
    try:
        window = _window(given, max(first, _window_start(state, last, pace)), last)
        state = _with_lattice(state, window, given)
        if state.model is None:
            return state
        model, table = _followed(state, window, given.context)
    except InputError as error:
        return replace(state, why=str(error))
    share = _share(table, last - pace.block, last)
    state = replace(state, model=model, share=share, first_share=state.first_share or share, why="")
    return _integrated(state, given, (window, table), pace)


def _window_start(state: SweepState, last: int, pace: Pace) -> int:
    """The first image whose spots are looked at: at the end of a sweep that goes well, those not yet integrated."""
    if state.closed and len(state.blocks) and not state.why:
        return state.integrated_to + 1 - pace.margin
    return last - pace.window + 1


def _window(given: Given, first: int, last: int) -> _Window:
    experiment = segment(given.experiment, first, last)
    spots, searched = spots_of_seen(experiment, given.seen, given.finding, given.context.workers)
    return _Window(experiment, spots, tuple(stretches_that_count(experiment, searched.summary)))


def _with_lattice(state: SweepState, window: _Window, given: Given) -> SweepState:
    """The state with a lattice, if there is one; with another where that of before suits new images no more."""
    last = window.experiment.image_range[1]
    if state.model is None:
        return replace(state, model=_lattice(window, given), found_at=last)
    table = on_known_lattices(Experiments.of([_moved(window.experiment, state.model)]), window.spots)
    share = _share(table, state.integrated_to, last)
    if share >= DOUBTED * state.first_share:
        return state
    try:
        other = _lattice(window, given)
    except InputError:
        return state
    table = on_known_lattices(Experiments.of([other]), window.spots)
    if _share(table, state.integrated_to, last) < BETTER * share:
        return state
    return replace(state, model=other, found_at=last, first_share=0.0, blocks=())


def _lattice(window: _Window, given: Given) -> Experiment:
    """The window's experiment with the crystal that index finds; the last of them where it jumped.

    Raises InputError where there is none.
    """
    found = STAGES["index"](Experiments.of([window.experiment]), window.spots, context=given.context, **given.known)
    last: Experiment = found.experiments[-1]
    return _moved(window.experiment, last)


def _moved(experiment: Experiment, model: Experiment) -> Experiment:
    """The experiment with the beam, detector, goniometer and crystal of the model."""
    names = ("beam", "detector", "goniometer", "crystal")
    return experiment.replace(**{name: getattr(model, name) for name in names})


def _followed(state: SweepState, window: _Window, context: Context) -> tuple[Experiment, Reflections]:
    """The model by the window's spots, and these; at the end of a sweep as it is, where spots tell an orientation."""
    assert state.model is not None
    if state.closed and state.blocks and not state.why:
        table = on_known_lattices(Experiments.of([_moved(window.experiment, state.model)]), window.spots)
        if (table["id"] >= 0).sum() >= OWN_ORIENTATION:
            return state.model, table
    return _refined(state.model, window, context, modules=not state.blocks)


def _refined(model: Experiment, window: _Window, context: Context, *, modules: bool) -> tuple[Experiment, Reflections]:
    """The model refined by the window's spots, and these; modules: those of the detector too, where spots tell them."""
    start = Experiments.of([_moved(window.experiment, model)])
    table = on_known_lattices(start, window.spots)
    how = {"scan_varying": False, "modules": None if modules else False}
    fit: Result[Any] = STAGES["refine"](start, table, context=context, **how)
    return fit.experiments[0], fit.reflections


def _share(table: Reflections, after: int, last: int) -> float:
    """Of the spots on images after ``after`` up to ``last``, those that are on the lattice."""
    z = table["xyzobs.px.value"][:, 2]
    there = (z >= after) & (z < last)
    return float((table["id"][there] >= 0).mean()) if there.any() else 0.0


def _integrated(state: SweepState, given: Given, followed: tuple[_Window, Reflections], pace: Pace) -> SweepState:
    """The state with the blocks integrated whose images, and those after them, are there."""
    first, last = given.experiment.image_range
    end = last if state.closed else last - pace.margin
    while state.integrated_to < end:
        start = state.integrated_to + 1
        is_last = state.closed and end - start + 1 < 2 * pace.block
        stop = end if is_last else min(start + pace.block - 1 - (pace.margin if start == first else 0), end)
        try:
            block = _block(state, given, followed, (start, stop), pace)
        except InputError as error:
            block = Block(start, stop, Reflections(), ())
            state = replace(state, why=f"images {start} to {stop} are not integrated, because {error}")
        state = replace(state, blocks=(*state.blocks, block))
    return state


def _block(
    state: SweepState, given: Given, followed: tuple[_Window, Reflections], images: ImageRange, pace: Pace
) -> Block:
    """The images integrated, with those of the margins, under the orientation of just these."""
    (first, last), (window, table), model = given.experiment.image_range, followed, state.model
    assert model is not None
    start, stop = max(first, images[0] - pace.margin), min(last, images[1] + pace.margin)
    own = _moved(segment(given.experiment, start, stop), model)
    z = table["xyzobs.px.value"][:, 2]
    spots = table.select((z >= start - 1) & (z < stop) & (table["id"] >= 0))
    if not len(spots):
        spots = table.select(table["id"] >= 0)  # widths of others serve
    counting = _within(window, (start, stop))
    own, spots = _turned(own, spots, given.context)
    experiments = with_valid_ranges(Experiments.of([own]), {0: counting})
    done = STAGES["integrate"](experiments, spots, context=given.context)
    rows = _centred(done.reflections, images, (first, last))
    rows = _without_those_of(rows, state.blocks[-1].table if state.blocks else None, images[0])
    return Block(*images, rows, _within(window, images), done.experiments[0].profile)


def _within(window: _Window, images: ImageRange) -> tuple[ImageRange, ...]:
    """Of the images those that count; all of them where the window does not hold them."""
    first, last = images
    if first < window.experiment.image_range[0]:
        return (images,)
    return tuple((max(a, first), min(b, last)) for a, b in window.counting if a <= last and b >= first)


def _turned(own: Experiment, spots: Reflections, context: Context) -> tuple[Experiment, Reflections]:
    """The crystal turned as the spots of a block have it, where they are enough; else as it is."""
    if len(spots) < OWN_ORIENTATION:
        return own, spots
    fixed = {"beam_fix": ("all",), "detector_fix": ("all",), "crystal_fix": ("cell",)}
    try:
        fit = STAGES["refine"](
            Experiments.of([own]), spots, scan_varying=False, modules=False, context=context, **fixed
        )
    except InputError:  # too few that are no outliers: the window's orientation stays
        return own, spots
    return fit.experiments[0], fit.reflections


def _centred(table: Reflections, images: ImageRange, whole: ImageRange) -> Reflections:
    """The rows centred on the images; those beyond an end of the whole sweep too."""
    z = table["xyzcal.px"][:, 2]
    low = -np.inf if images[0] == whole[0] else images[0] - 1 - SLACK
    high = np.inf if images[1] == whole[1] else images[1]
    return table.select((z >= low) & (z < high))


def _without_those_of(table: Reflections, before: Reflections | None, first: int) -> Reflections:
    """The rows without those that the block before has, near the image ``first`` where both meet."""
    if before is None or not len(before) or not len(table):
        return table
    here = np.flatnonzero(table["xyzcal.px"][:, 2] < first - 1 + SAME)
    there = before.select(before["xyzcal.px"][:, 2] > first - 1 - SAME - SLACK)
    known = {(*hkl, entering) for hkl, entering in zip(there["miller_index"].tolist(), there["entering"].tolist())}
    double = [
        row
        for row, hkl, entering in zip(here, table["miller_index"][here].tolist(), table["entering"][here].tolist())
        if (*hkl, entering) in known
    ]
    kept = np.ones(len(table), bool)
    kept[double] = False
    return table.select(kept)
