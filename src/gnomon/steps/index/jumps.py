"""A crystal or a beam that moves at once: the sweep is cut there, and each part has its own model.

Residuals, and the share of spots with an index, are looked at image by image. Where they jump, both parts are indexed
by themselves, and the cut is kept where that explains more spots, or the same ones better. Parts whose crystals are
one, turned about the rotation axis by whole images, are images in a wrong order.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from gnomon.errors import InputError
from gnomon.models.by_experiment import RowsByExperiment
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.flags import Flag
from gnomon.models.goniometer import Goniometer, rotation_about
from gnomon.models.reflections import Reflections
from gnomon.models.valid_images import with_valid_ranges, without
from gnomon.step import Result
from gnomon.steps.index.summary import IndexSummary
from gnomon.summary import Decision

FEWEST_IMAGES = 8
"""Of a sweep that is looked at."""
SMEARED, NEARBY = 1 / 40, 1 / 20
"""Shares of the sweep: on each side of a jump spots hold something of both; beyond that images show it."""
FEWEST_SPOTS = 100
"""Of a sweep, and of each part: lattices are found in fewer, but jumps are not proved."""
LEAST_JUMPS = np.array([0.3, 0.3, 0.3, 0.3])
"""Least jumps that are looked into: x and y, px; z, images; share of spots with an index."""
_REACH = 6
"""Images about a jump among which it is looked for with the lattices of both parts."""
AT_ONCE = 0.7
"""Of the whole difference between before and after, that must be there from one image to the next: else it drifts."""
MORE_SPOTS, SMALLER = 1.1, 0.6
"""The cut is kept where so many times the spots have an index, or residuals shrink to this."""
IndexResult = Result[IndexSummary]
FEWEST_IMAGES_APART = 3
"""Images by which the parts must be turned: less may be a crystal that slipped about the spindle."""
NEAR_WHOLE, AS_GOOD = 0.004, 2e-4
"""Of the transformation between two lattices, how far from whole numbers it may be for them to be one (a quarter of a
degree; parts of a sweep are indexed to some hundredths); and by how much more than twice the best is as good, being a
turn by symmetry (a tenth of a 0.1 degree image)."""


@dataclass(frozen=True)
class Jump:
    """A jump in a sweep: the last image before it, and by how much x, y (px), z (images) and the share change."""

    last: int
    by: np.ndarray


class Indexing(Protocol):
    """Sweeps indexed: experiments, the sweep (N,) of each spot, and which sweeps have a crystal of their own."""

    def __call__(self, sweeps: Experiments, sweep: np.ndarray, alone: Collection[int] = (), /) -> IndexResult: ...


def without_jumps(whole: IndexResult, sweeps: tuple[Experiments, np.ndarray], indexed: Indexing) -> IndexResult:
    """``whole``, or where models jump within a sweep what ``indexed`` makes of the parts: sweeps, sweep of a spot.

    Sweeps without a jump go on sharing their crystal. The parts share one detector, unless two fit their spots much
    better: then it is the beam that moved.
    """
    each = RowsByExperiment(sweeps[1])
    jumps = _jumps(whole, each)
    while jumps:
        try:
            cut = _cut(whole, sweeps, jumps, indexed)
        except InputError as error:
            what = f"models may jump within sweeps {_listed(jumps)}, but parts have no lattice"
            return _with_decisions(whole, Decision(what, str(error), {"sweeps": len(jumps)}, link=": "))
        both = whole.reflections, cut.reflections
        kept = [k for k in jumps if is_better(*(table.select(each[k]) for table in both))]
        if len(kept) == len(jumps):
            return _with_reasons(whole, cut, len(sweeps[0]))
        jumps = {k: jumps[k] for k in kept}
    return whole


def _jumps(whole: IndexResult, each: RowsByExperiment) -> dict[int, Jump]:
    """The jump in each sweep that seems to have one; each: where the spots of each sweep are."""
    jumps = {}
    z = whole.reflections["xyzobs.px.value"][:, 2]
    for crystal in whole.summary.crystals:
        k, experiment = crystal.sweep, whole.experiments[crystal.experiment]
        rows = each.array(k)
        jump = find_jump(experiment, whole.reflections.select(rows[experiment.is_valid_at(z[rows])]))
        if jump is not None:
            jumps[k] = jump
    return jumps


@dataclass(frozen=True)
class Cut:
    """What sweeps give that were cut at their jumps: the sweep (N,) of each spot, and whether the beam moved."""

    result: IndexResult
    sweep: np.ndarray
    jumps: Mapping[int, Jump]
    apart: bool

    @property
    def reflections(self) -> Reflections:
        """The spots, in their order."""
        return self.result.reflections


def _cut(
    whole: IndexResult, sweeps: tuple[Experiments, np.ndarray], jumps: Mapping[int, Jump], indexed: Indexing
) -> Cut:
    """The parts indexed, on one detector or, where that is better, on two; the jumps where they lie for good.

    Raises InputError where parts have no lattice.
    """
    z = whole.reflections["xyzobs.px.value"][:, 2]
    later = {k: len(sweeps[0]) + i for i, k in enumerate(jumps)}
    alone = {*jumps, *later.values()}
    parts, number = cut_at(*sweeps, z, jumps, False)
    rough = indexed(parts, number, alone)
    each = RowsByExperiment(number)
    exact = {k: _refined_jump(jump, (k, later[k]), rough, each) for k, jump in jumps.items()}
    found = []
    for apart in (False, True):
        parts, number = cut_at(*sweeps, z, exact, apart)
        found.append(Cut(indexed(parts, number, alone), number, exact, apart))
    cut = np.isin(sweeps[1], list(jumps))
    return found[int(is_better(*(one.reflections.select(cut) for one in found)))]


def _refined_jump(jump: Jump, parts: tuple[int, int], cut: IndexResult, each: RowsByExperiment) -> Jump:
    """The jump where spots cease to lie on the first part's lattice and come to lie on the second's.

    parts: their sweeps in the result ``cut``; each: where the spots of each sweep are.
    """
    own = [c for c in cut.summary.crystals if c.sweep in parts]
    lattice_of = {c.sweep: cut.experiments[c.experiment].needed_crystal.A for c in own}
    if not set(parts) <= set(lattice_of):
        return jump
    rows = np.sort(np.concatenate([each.array(k) for k in parts]))
    image = np.floor(cut.reflections["xyzobs.px.value"][rows, 2]).astype(int) + 1
    rows, image = rows[abs(image - jump.last) <= _REACH], image[abs(image - jump.last) <= _REACH]
    off = [_off(cut.reflections["rlp"][rows], lattice_of[k]) for k in parts]
    worse = np.bincount(image - (jump.last - _REACH), off[1] - off[0], 2 * _REACH + 1)  # of each image, on the second
    total = np.cumsum(worse[::-1])[::-1]  # from each image on
    before = np.append(total[1:], 0.0)  # what the second part loses if its first image is the next one
    return replace(jump, last=int(jump.last - _REACH + np.argmin(before)))


def _off(rlp: np.ndarray, A: np.ndarray) -> np.ndarray:
    """(N,) how far points (N, 3) are from whole indices: 0 on a node, 1 between nodes."""
    index = rlp @ np.linalg.inv(A).T
    return np.minimum(2 * np.abs(index - np.rint(index)).max(axis=1), 1.0)


def _listed(jumps: Mapping[int, Jump]) -> str:
    return ", ".join(map(str, jumps))


def _with_decisions(result: IndexResult, *more: Decision) -> IndexResult:
    """The result with more decisions."""
    return replace(result, summary=replace(result.summary, decisions=(*result.summary.decisions, *more)))


def _with_reasons(whole: IndexResult, cut: Cut, n: int) -> IndexResult:
    """The result of cutting, which remains one crystal if it was one, and why; image sets are those of files.

    n: the number of sweeps before.
    """
    decisions = []
    for i, (k, jump) in enumerate(cut.jumps.items()):
        x, y, z, share = jump.by.tolist()
        moved = "the beam, or the detector," if cut.apart else "the crystal"
        what = (
            f"sweep {k}: {moved} moved at once after image {jump.last} (spots by {x:+.2f}, {y:+.2f} px and {z:+.2f} "
            f"images, {share:+.0%} of them with an index): cut there, each part has models of its own"
            f"{_image_order(cut, k, n + i)}"
        )
        decisions.append(Decision(what, evidence={"image": jump.last, "x": x, "y": y, "z": z, "indexed": share}))
    of = np.array([*range(n), *cut.jumps])  # later parts lie on the images of the first
    table = cut.reflections.with_columns({"imageset_id": of[cut.sweep]})
    one_lattice = whole.summary.one_lattice or cut.result.summary.one_lattice
    summary = replace(cut.result.summary, one_lattice=one_lattice)
    return _with_decisions(replace(cut.result, reflections=table, summary=summary), *decisions)


def _image_order(cut: Cut, first: int, later: int) -> str:
    """Whether the crystals of two parts, by their sweeps, are one but for images in a wrong order, in words."""
    of = {c.sweep: cut.result.experiments[c.experiment] for c in cut.result.summary.crystals}
    if first not in of or later not in of:
        return ""
    one, other = of[first], of[later]
    return order_in_words(one, (one.needed_crystal, other.needed_crystal), cut.jumps[first].last)


def find_jump(experiment: Experiment, spots: Reflections) -> Jump | None:
    """The largest jump of residuals or of the share indexed along the spots of one sweep; None where there is none."""
    if experiment.is_still or experiment.needed_scan.n_images < FEWEST_IMAGES or len(spots) < FEWEST_SPOTS:
        return None
    first, n = experiment.image_range[0], experiment.needed_scan.n_images
    along = _by_image(spots, np.clip(np.floor(spots["xyzobs.px.value"][:, 2]).astype(int) + 1 - first, 0, n - 1), n)
    best, cut = 0.0, None
    for k in range(along.shape[1]):
        at, jump = _largest(along[:, k])
        if at and jump / LEAST_JUMPS[k] > max(best, 1.0):
            best, cut = jump / LEAST_JUMPS[k], at
    if cut is None:
        return None
    return Jump(first + cut - 1, np.array([_difference(column, cut, len(along)) for column in along.T]))


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
    """Before which image, from 0, the jump lies that leaves the least scatter, and its size; 0 where it is gradual."""
    cuts = np.arange(FEWEST_IMAGES // 2 - 1, len(values) - FEWEST_IMAGES // 2 + 2)
    scatter = [_scatter(values[:c]) + _scatter(values[c:]) for c in cuts]
    cut = int(cuts[int(np.argmin(scatter))])
    whole, near = (_difference(values, cut, reach) for reach in (len(values), max(2, round(NEARBY * len(values)))))
    sudden = np.isfinite(whole) and np.isfinite(near) and near * whole > 0 and abs(near) >= AT_ONCE * abs(whole)
    return (cut, abs(whole)) if sudden else (0, 0.0)


def _scatter(values: np.ndarray) -> float:
    """Sum of absolute deviations from the median."""
    known = values[np.isfinite(values)]
    return float(np.abs(known - np.median(known)).sum()) if len(known) else 0.0


def cut_at(
    experiments: Experiments, sweep: np.ndarray, z: np.ndarray, jumps: Mapping[int, Jump], apart: bool
) -> tuple[Experiments, np.ndarray]:
    """The sweeps with each of ``jumps`` in two, which know their images, and the new sweep (N,) of each spot.

    z: (N,) of the spots, images. The second part has a detector of its own where ``apart``. Second parts come last.
    """
    items, number, ranges, each = list(experiments), sweep.copy(), {}, RowsByExperiment(sweep)
    for k, jump in jumps.items():
        whole, last = experiments[k], experiments[k].image_range[1]
        name = identifier_for(whole.identifier, "from", jump.last + 1)
        detector = replace(whole.detector) if apart else whole.detector
        later = whole.replace(identifier=name, scan=replace(whole.needed_scan), detector=detector)
        ranges[k] = without(whole.valid_ranges, [(jump.last + 1, last)])
        ranges[len(items)] = without(whole.valid_ranges, [(whole.image_range[0], jump.last)])
        rows = each.array(k)
        number[rows[z[rows] >= jump.last]] = len(items)
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


def images_apart(experiment: Experiment, first: Crystal, later: Crystal) -> int:
    """By how many images the scan of ``experiment`` must go on for the crystal ``first`` to be ``later``; 0 where it
    never is.

    The lattice, not its setting, is compared. Of several turns the least, as lattices have symmetry. Looked for as far
    as the scan is long, as that is what exchanged stretches are apart.
    """
    width, n = experiment.needed_scan.oscillation[1], experiment.needed_scan.n_images
    goniometer = experiment.goniometer or Goniometer()
    fixed, axis = goniometer.fixed_rotation, goniometer.rotation_axis
    turns = np.array([k for k in range(-n, n + 1) if abs(k) >= FEWEST_IMAGES_APART])
    if not len(turns):
        return 0
    turned = [fixed.T @ rotation_about(axis, np.deg2rad(k * width)) @ fixed @ first.A for k in turns]
    off = np.array([_misfit(A, later.A) for A in turned])
    alike = turns[off <= min(2 * off.min() + AS_GOOD, NEAR_WHOLE)]
    return int(alike[np.argmin(np.abs(alike))]) if len(alike) else 0


def _misfit(one: np.ndarray, other: np.ndarray) -> float:
    """The largest deviation of the transformation between two lattices from one of whole numbers that keeps volumes."""
    change = np.linalg.solve(one, other)
    whole = np.rint(change)
    return float(np.abs(change - whole).max()) if abs(abs(np.linalg.det(whole)) - 1) < 0.1 else 1.0


def order_in_words(experiment: Experiment, crystals: tuple[Crystal, Crystal], last: int) -> str:
    """What to say of a sweep cut after image ``last`` whose parts have these crystals; nothing where they differ."""
    turn = images_apart(experiment, *crystals)
    if not turn:
        return ""
    end = experiment.image_range[1]
    return (
        f"; there the crystal is the same but for a turn of {turn * experiment.needed_scan.oscillation[1]:+g} degrees "
        f"about the rotation axis, as if images {last + 1} to {end} were images {last + 1 + turn} to {end + turn}: are "
        "stretches of images exchanged, or their angles wrong?"
    )
