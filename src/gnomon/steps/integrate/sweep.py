"""One pass over the images of a sweep: load a block, sum, learn profiles, fit them, move on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.kernels.profile import fit_profile
from gnomon.models.experiment import Experiment
from gnomon.steps.integrate.boxes import REGIONS, Boxes
from gnomon.steps.integrate.frames import FrameRing
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.reference import EXTENT, STEP, ProfileSums, ReferenceProfile, learn
from gnomon.steps.integrate.summation import WHOLE, Sums, chunks, sum_boxes

BLOCK_DEGREES = 5.0
"""Profiles forget over this much rotation; a block is no longer."""
FREEDOM = 0.3
"""How far, relatively, a part of the profile may move between parts of the scan or the detector."""
LEAST_CORRELATION = 0.6
"""Strong spots that resemble the profile less are not learned from."""


@dataclass(frozen=True, eq=False)
class SweepTask:
    """N predicted reflections of the experiments that share one set of images, and where to start from."""

    experiment: Experiment  # any of those that share the images
    boxes: Boxes
    lattice: np.ndarray  # (N,) int64: which of the experiments
    wanted: np.ndarray  # (N,) bool: to be integrated
    profiles: tuple[ReferenceProfile, ...]  # one an experiment


@dataclass(frozen=True, eq=False)
class Measured:
    """Rows of N reflections after the pass; ``fitted`` (N, 7) as ``kernels.profile.fit_profile`` fills it."""

    sums: Sums
    fitted: np.ndarray
    contested: np.ndarray  # (N,) bool
    reference: np.ndarray  # (N,) bool: a profile was learned from it
    done: np.ndarray  # (N,) bool

    def rows(self, index: slice) -> Measured:
        """The rows at ``index``."""
        parts = (self.fitted, self.contested, self.reference, self.done)
        return Measured(self.sums.rows(index), *(p[index] for p in parts))


@dataclass(frozen=True)
class Plan:
    """Half-open blocks of frames, the frames that a reflection may reach beyond its block, and those in memory."""

    blocks: tuple[tuple[int, int], ...]
    margin: int
    size: int


def plan_blocks(experiment: Experiment, boxes: Boxes, max_memory: float) -> Plan:
    """Blocks such that pixels and owners of the frames in memory (8 bytes a pixel) stay within ``max_memory`` MB."""
    first, last = experiment.needed_scan.array_range
    n_pixels = int(experiment.detector.image_sizes.astype(np.int64).prod(axis=1).sum())
    most = max(8, int(max_memory * 1e6 / (8 * n_pixels)))
    z = np.clip(boxes.z_cal, first, last)
    reach = np.maximum(boxes.bbox[:, 5] - z, z - boxes.bbox[:, 4])
    margin = int(min(np.ceil(reach.max(initial=1)), (most - 1) // 3))
    length = min(max(1, round(BLOCK_DEGREES / abs(experiment.needed_scan.oscillation[1]))), most - 2 * margin)
    n_blocks = max(1, round((last - first) / length))
    if last - first <= most:
        n_blocks = max(1, round((last - first) * abs(experiment.needed_scan.oscillation[1]) / BLOCK_DEGREES))
    elif (last - first) / n_blocks > most - 2 * margin:
        n_blocks += 1
    edges = np.linspace(first, last, n_blocks + 1).round().astype(int)
    size = min(int(np.diff(edges).max()) + 2 * margin + 1, last - first)
    return Plan(tuple((int(a), int(b)) for a, b in pairwise(edges)), margin, size)


class _Profiles:
    """The present profile of each lattice and region, made from spots met so far that fade with rotation."""

    def __init__(self, task: SweepTask) -> None:
        self._parents = task.profiles
        n = len(task.profiles) * REGIONS**2
        self._sums = [ProfileSums.empty() for _ in range(n)]
        self.ratio = np.stack([p.ratio for p in task.profiles for _ in range(REGIONS**2)])
        self.bend = np.stack([p.bend for p in task.profiles for _ in range(REGIONS**2)])

    def add(self, fresh: list[ProfileSums], fade: float) -> None:
        """Nothing; the spots of a block are added to the faded ones, and the profiles made anew."""
        self._sums = [old.faded(fade) + new for old, new in zip(self._sums, fresh)]
        for lattice, parent in enumerate(self._parents):
            part = slice(lattice * REGIONS**2, (lattice + 1) * REGIONS**2)
            whole = parent.informed(sum(self._sums[part], ProfileSums.empty()), FREEDOM)
            for k in range(part.start, part.stop):
                self.ratio[k] = whole.informed(self._sums[k], FREEDOM).ratio
                self.bend[k] = whole.bend


def _fit(
    ring: FrameRing, task: SweepTask, which: np.ndarray, profiles: _Profiles, out: Measured, workers: Workers
) -> None:
    """Nothing; fills the rows ``which`` of ``out.fitted``."""
    b, row = task.boxes, task.lattice * REGIONS**2 + task.boxes.region
    used = out.sums.count("background_used").astype(np.int64)

    def one(part: np.ndarray) -> None:
        fit_profile(
            ring.pixels, ring.owner, part, row, b.bbox, b.start, b.width, b.local, b.inverse_b, b.rate, b.z_cal,
            b.shear, b.area, b.radius, b.gain, b.pedestal, out.sums.background, used, b.cut,
            profiles.ratio, profiles.bend, STEP, EXTENT, out.fitted,
        )  # fmt: skip

    for _ in workers.map(one, chunks(which)):
        pass


def _learn_block(
    ring: FrameRing, task: SweepTask, which: np.ndarray, profiles: _Profiles, out: Measured, params: IntegrateParams,
    workers: Workers,
) -> list[ProfileSums]:  # fmt: skip
    """Sums of the block's clean, whole and strong spots that resemble the profile so far, one a lattice and region."""
    strong = which[(out.sums.strong(params.reference_threshold) & ~out.contested & ~task.boxes.cut)[which]]
    _fit(ring, task, strong, profiles, out, workers)
    good = strong[(out.fitted[strong, 2] > LEAST_CORRELATION) & (out.fitted[strong, 4] > WHOLE)]
    out.reference[good] = True
    row = task.lattice[good] * REGIONS**2 + task.boxes.region[good]
    rows = [good[row == k] for k in range(len(profiles.ratio))]
    return [learn(ring.pixels, task.boxes, r, out.sums.background, out.sums.total).sums for r in rows]


def integrate_sweep(
    task: SweepTask, params: IntegrateParams, workers: Workers, advance: Callable[[int], None]
) -> Measured:
    """Every wanted reflection summed and fitted; memory does not depend on the number of images.

    A reflection belongs to the block that holds its centroid, whose pixels are alive with a margin on both sides;
    ``advance`` is told how many frames are done.
    """
    boxes, n = task.boxes, len(task.boxes)
    plan = plan_blocks(task.experiment, boxes, params.max_memory)
    first, last = task.experiment.needed_scan.array_range
    ring = FrameRing(task.experiment, plan.size)
    out = Measured(Sums.empty(n), np.zeros((n, 7)), np.zeros(n, bool), np.zeros(n, bool), np.zeros(n, bool))
    profiles = _Profiles(task)
    z = np.clip(boxes.z_cal, first, np.nextafter(last, first))
    fade = 0.5 ** (abs(task.experiment.needed_scan.oscillation[1]) * (last - first) / len(plan.blocks) / BLOCK_DEGREES)
    for low, high in plan.blocks:
        fresh = ring.load_until(min(last, high + plan.margin), workers)
        touched = np.flatnonzero((boxes.bbox[:, 4] < fresh[1]) & (boxes.bbox[:, 5] > fresh[0]))
        ring.claim(boxes, touched, fresh, out.contested)
        held = (boxes.bbox[:, 4] >= max(first, low - plan.margin)) & (boxes.bbox[:, 5] <= ring.loaded)
        which = np.flatnonzero(task.wanted & held & (z >= low) & (z < high))
        sum_boxes(ring, boxes, which, out.sums, params, workers)
        if params.profile_fitting:
            profiles.add(_learn_block(ring, task, which, profiles, out, params, workers), fade)
        _fit(ring, task, which, profiles, out, workers)
        out.done[which] = True
        advance(high - first)
    return out
