"""A crystal that slips at once, or a beam that moves at once: the sweep is cut there, and each part has its own model.

Residuals, and the share of spots with an index, are looked at image by image. Where they step, both parts are indexed
by themselves, and the cut is kept where that explains more spots, or the same ones better.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from gnomon.errors import InputError
from gnomon.models.by_experiment import RowsByExperiment
from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.valid_images import with_valid_ranges, without
from gnomon.step import Result
from gnomon.steps.index.exchanged import order_told
from gnomon.steps.index.summary import IndexSummary
from gnomon.summary import Decision

FEWEST_IMAGES = 8
"""Of a sweep that is looked at."""
SMEARED, NEXT = 1 / 40, 1 / 20
"""Shares of the sweep: on each side of a step spots hold something of both; beyond that images show it."""
FEWEST_SPOTS = 100
"""Of a sweep, and of each part: lattices are found in fewer, but steps are not proved."""
STEPS = np.array([0.3, 0.3, 0.3, 0.3])
"""Least steps that are looked into: x and y, px; z, images; share of spots with an index."""
_REACH = 6
"""Images about a step among which it is looked for with the lattices of both parts."""
AT_ONCE = 0.7
"""Of the whole difference between before and after, that must be there from one image to the next: else it drifts."""
MORE_SPOTS, SMALLER = 1.1, 0.6
"""The cut is kept where so many times the spots have an index, or residuals shrink to this."""


@dataclass(frozen=True)
class Step:
    """A step in a sweep: the last image before it, and by how much x, y (px), z (images) and the share change."""

    last: int
    by: np.ndarray


IndexResult = Result[IndexSummary]


class Indexing(Protocol):
    """Sweeps indexed: experiments, the sweep (N,) of each spot, and which sweeps have a crystal of their own."""

    def __call__(self, sweeps: Experiments, sweep: np.ndarray, alone: Collection[int] = (), /) -> IndexResult: ...


def without_jumps(whole: IndexResult, sweeps: tuple[Experiments, np.ndarray], indexed: Indexing) -> IndexResult:
    """``whole``, or where models jump within a sweep what ``indexed`` makes of the parts: sweeps, sweep of a spot.

    Sweeps without a jump go on sharing their crystal. The parts share one detector, unless two fit their spots much
    better: then it is the beam that moved.
    """
    each = RowsByExperiment(sweeps[1])
    steps = _steps(whole, each)
    while steps:
        try:
            cut = _cut(whole, sweeps, steps, indexed)
        except InputError as error:
            what = f"models may jump within sweeps {_named(steps)}, but parts have no lattice"
            return _noted(whole, Decision(what, str(error), {"sweeps": len(steps)}, link=": "))
        both = whole.reflections, cut.reflections
        kept = [k for k in steps if is_better(*(table.select(each[k]) for table in both))]
        if len(kept) == len(steps):
            return _told(whole, cut, len(sweeps[0]))
        steps = {k: steps[k] for k in kept}
    return whole


def _steps(whole: IndexResult, each: RowsByExperiment) -> dict[int, Step]:
    """The step in each sweep that seems to have one; each: where the spots of each sweep are."""
    steps = {}
    z = whole.reflections["xyzobs.px.value"][:, 2]
    for crystal in whole.summary.crystals:
        k, experiment = crystal.sweep, whole.experiments[crystal.experiment]
        rows = each.array(k)
        step = find_step(experiment, whole.reflections.select(rows[experiment.is_valid_at(z[rows])]))
        if step is not None:
            steps[k] = step
    return steps


@dataclass(frozen=True)
class Cut:
    """What sweeps give that were cut at their steps: the sweep (N,) of each spot, and whether the beam moved."""

    result: IndexResult
    sweep: np.ndarray
    steps: Mapping[int, Step]
    apart: bool

    @property
    def reflections(self) -> Reflections:
        """The spots, in their order."""
        return self.result.reflections


def _cut(
    whole: IndexResult, sweeps: tuple[Experiments, np.ndarray], steps: Mapping[int, Step], indexed: Indexing
) -> Cut:
    """The parts indexed, on one detector or, where that is better, on two; the steps where they lie for good.

    Raises InputError where parts have no lattice.
    """
    z = whole.reflections["xyzobs.px.value"][:, 2]
    later = {k: len(sweeps[0]) + i for i, k in enumerate(steps)}
    alone = {*steps, *later.values()}
    parts, number = cut_at(*sweeps, z, steps, False)
    rough = indexed(parts, number, alone)
    each = RowsByExperiment(number)
    exact = {k: _sharpened(step, (k, later[k]), rough, each) for k, step in steps.items()}
    found = []
    for apart in (False, True):
        parts, number = cut_at(*sweeps, z, exact, apart)
        found.append(Cut(indexed(parts, number, alone), number, exact, apart))
    cut = np.isin(sweeps[1], list(steps))
    return found[int(is_better(*(one.reflections.select(cut) for one in found)))]


def _sharpened(step: Step, parts: tuple[int, int], cut: IndexResult, each: RowsByExperiment) -> Step:
    """The step where spots cease to lie on the first part's lattice and come to lie on the second's.

    parts: their sweeps in the result ``cut``; each: where the spots of each sweep are.
    """
    own = [c for c in cut.summary.crystals if c.sweep in parts]
    lattice_of = {c.sweep: cut.experiments[c.experiment].needed_crystal.A for c in own}
    if not set(parts) <= set(lattice_of):
        return step
    rows = np.sort(np.concatenate([each.array(k) for k in parts]))
    image = np.floor(cut.reflections["xyzobs.px.value"][rows, 2]).astype(int) + 1
    rows, image = rows[abs(image - step.last) <= _REACH], image[abs(image - step.last) <= _REACH]
    off = [_off(cut.reflections["rlp"][rows], lattice_of[k]) for k in parts]
    worse = np.bincount(image - (step.last - _REACH), off[1] - off[0], 2 * _REACH + 1)  # of each image, on the second
    total = np.cumsum(worse[::-1])[::-1]  # from each image on
    before = np.append(total[1:], 0.0)  # what the second part loses if its first image is the next one
    return replace(step, last=int(step.last - _REACH + np.argmin(before)))


def _off(rlp: np.ndarray, A: np.ndarray) -> np.ndarray:
    """(N,) how far points (N, 3) are from whole indices: 0 on a node, 1 between nodes."""
    index = rlp @ np.linalg.inv(A).T
    return np.minimum(2 * np.abs(index - np.rint(index)).max(axis=1), 1.0)


def _named(steps: Mapping[int, Step]) -> str:
    return ", ".join(map(str, steps))


def _noted(result: IndexResult, *more: Decision) -> IndexResult:
    """The result with more decisions."""
    return replace(result, summary=replace(result.summary, decisions=(*result.summary.decisions, *more)))


def _told(whole: IndexResult, cut: Cut, n: int) -> IndexResult:
    """The result of cutting, which remains one crystal if it was one, and why; image sets are those of files.

    n: the number of sweeps before.
    """
    decisions = []
    for i, (k, step) in enumerate(cut.steps.items()):
        x, y, z, share = step.by.tolist()
        moved = "the beam, or the detector," if cut.apart else "the crystal"
        what = (
            f"sweep {k}: {moved} moved at once after image {step.last} (spots by {x:+.2f}, {y:+.2f} px and {z:+.2f} "
            f"images, {share:+.0%} of them with an index): cut there, each part has models of its own"
            f"{_order(cut, k, n + i)}"
        )
        decisions.append(Decision(what, evidence={"image": step.last, "x": x, "y": y, "z": z, "indexed": share}))
    of = np.array([*range(n), *cut.steps])  # later parts lie on the images of the first
    table = cut.reflections.with_columns({"imageset_id": of[cut.sweep]})
    one_lattice = whole.summary.one_lattice or cut.result.summary.one_lattice
    summary = replace(cut.result.summary, one_lattice=one_lattice)
    return _noted(replace(cut.result, reflections=table, summary=summary), *decisions)


def _order(cut: Cut, first: int, later: int) -> str:
    """Whether the crystals of two parts, by their sweeps, are one but for images in a wrong order, in words."""
    of = {c.sweep: cut.result.experiments[c.experiment] for c in cut.result.summary.crystals}
    if first not in of or later not in of:
        return ""
    one, other = of[first], of[later]
    return order_told(one, (one.needed_crystal, other.needed_crystal), cut.steps[first].last)


def find_step(experiment: Experiment, spots: Reflections) -> Step | None:
    """The largest step of residuals or of the share indexed along the spots of one sweep; None where there is none."""
    if experiment.is_still or experiment.needed_scan.n_images < FEWEST_IMAGES or len(spots) < FEWEST_SPOTS:
        return None
    first, n = experiment.image_range[0], experiment.needed_scan.n_images
    along = _by_image(spots, np.clip(np.floor(spots["xyzobs.px.value"][:, 2]).astype(int) + 1 - first, 0, n - 1), n)
    best, cut = 0.0, None
    for k in range(along.shape[1]):
        at, step = _largest(along[:, k])
        if at and step / STEPS[k] > max(best, 1.0):
            best, cut = step / STEPS[k], at
    if cut is None:
        return None
    return Step(first + cut - 1, np.array([_difference(column, cut, len(along)) for column in along.T]))


def _by_image(spots: Reflections, image: np.ndarray, n: int) -> np.ndarray:
    """(n, 4) median residuals x, y (px), z (images) and the share with an index of each image; nan where unknown."""
    has_index = spots.has(Flag.INDEXED)
    residual = spots["xyzobs.px.value"] - spots["xyzcal.px"]
    along = np.full((n, 4), np.nan)
    order = np.argsort(image, kind="stable")
    for j, here in enumerate(np.split(order, np.searchsorted(image[order], np.arange(1, n)))):
        done = here[has_index[here]]
        if len(here):
            along[j, 3] = len(done) / len(here)
        if len(done):
            along[j, :3] = np.median(residual[done], axis=0)
    return along


def _difference(along: np.ndarray, cut: int, reach: int) -> float:
    """Median of up to ``reach`` images after the ``cut`` less that of as many before, without those next to it.

    nan where there is none.
    """
    gap = max(1, round(SMEARED * len(along))) if reach < len(along) else 0
    parts = along[max(cut - gap - reach, 0) : max(cut - gap, 0)], along[cut + gap : cut + gap + reach]
    middles = [np.median(part[np.isfinite(part)]) if np.isfinite(part).any() else np.nan for part in parts]
    return float(middles[1] - middles[0])


def _largest(values: np.ndarray) -> tuple[int, float]:
    """Before which image, from 0, the step lies that leaves the least scatter, and its size; 0 where it is gradual."""
    cuts = np.arange(FEWEST_IMAGES // 2 - 1, len(values) - FEWEST_IMAGES // 2 + 2)
    scatter = [_scatter(values[:c]) + _scatter(values[c:]) for c in cuts]
    cut = int(cuts[int(np.argmin(scatter))])
    whole, near = (_difference(values, cut, reach) for reach in (len(values), max(2, round(NEXT * len(values)))))
    sudden = np.isfinite(whole) and np.isfinite(near) and near * whole > 0 and abs(near) >= AT_ONCE * abs(whole)
    return (cut, abs(whole)) if sudden else (0, 0.0)


def _scatter(values: np.ndarray) -> float:
    """Sum of absolute deviations from the median."""
    known = values[np.isfinite(values)]
    return float(np.abs(known - np.median(known)).sum()) if len(known) else 0.0


def cut_at(
    experiments: Experiments, sweep: np.ndarray, z: np.ndarray, steps: Mapping[int, Step], apart: bool
) -> tuple[Experiments, np.ndarray]:
    """The sweeps with each of ``steps`` in two, which know their images, and the new sweep (N,) of each spot.

    z: (N,) of the spots, images. The second part has a detector of its own where ``apart``. Second parts come last.
    """
    items, number, ranges, each = list(experiments), sweep.copy(), {}, RowsByExperiment(sweep)
    for k, step in steps.items():
        whole, last = experiments[k], experiments[k].image_range[1]
        name = identifier_for(whole.identifier, "from", step.last + 1)
        detector = replace(whole.detector) if apart else whole.detector
        later = whole.replace(identifier=name, scan=replace(whole.needed_scan), detector=detector)
        ranges[k] = without(whole.valid_ranges, [(step.last + 1, last)])
        ranges[len(items)] = without(whole.valid_ranges, [(whole.image_range[0], step.last)])
        rows = each.array(k)
        number[rows[z[rows] >= step.last]] = len(items)
        items.append(later)
    return with_valid_ranges(experiments.with_items(items), ranges), number


def is_better(before: Reflections, after: Reflections) -> bool:
    """Whether the table after cutting has clearly more spots with an index, or as many with much smaller residuals."""
    counts, sizes = [], []
    for table in (before, after):
        done = table.has(Flag.INDEXED)
        counts.append(int(done.sum()))
        residual = (table["xyzobs.px.value"] - table["xyzcal.px"])[done]
        sizes.append(np.median(np.abs(residual), axis=0) if len(residual) else np.full(3, np.inf))
    as_many = counts[1] >= 0.97 * counts[0]
    return counts[1] > MORE_SPOTS * counts[0] or (as_many and bool((sizes[1] < SMALLER * sizes[0]).any()))
