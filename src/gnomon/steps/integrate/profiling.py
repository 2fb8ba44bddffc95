"""Reference profiles along a scan: learned in blocks of rotation, fitted to each reflection of the block.

A block is so many degrees, whatever is in memory. Its profiles are made when the last of its reflections that may be
learned from is complete; those beside the spindle, which take many more frames, are fitted when they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.kernels.profile import Profiles, fit_profile
from gnomon.kernels.shoebox import Panels
from gnomon.models.scan import Scan
from gnomon.steps.integrate.boxes import REGIONS, Placed
from gnomon.steps.integrate.gathering import Gathering, in_parts
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.reference import EXTENT, STEP, ProfileSums, ReferenceProfile, learn
from gnomon.steps.integrate.summation import WHOLE, Sums

BLOCK_DEGREES = 2.0
"""Profiles are learned every so many degrees of rotation; what is measured in them waits in memory until then."""
HALF_LIFE = 5.0
"""Degrees of rotation after which what was learned counts half."""
FREEDOM = 0.3
"""How far, relatively, a part of the profile may move between parts of the scan or the detector."""
LEAST_CORRELATION = 0.6
"""Strong spots that resemble the profile less are not learned from."""
DEEPEST = 1.5
"""Reflections deeper than so many times the median depth are not learned from: their block need not wait for them."""
FITTED = 250
"""Reflections that a worker fits at a time."""


class ProfileModel(Protocol):
    """What fits profiles to reflections, in whatever order they become complete."""

    def fit(self, complete: np.ndarray, workers: Workers) -> Iterator[np.ndarray]:
        """Take ``complete`` rows, fit what can be fitted now, and give the rows that are done with."""


@dataclass(frozen=True)
class Blocks:
    """The blocks of a scan: which each of N reflections is in, and how much of a block's memory the next one keeps."""

    of: np.ndarray  # (N,) int64
    number: int
    fade: float

    @classmethod
    def along(cls, scan: Scan, z: np.ndarray) -> Blocks:
        """Of equal frames, as near BLOCK_DEGREES as they divide the scan; z: (N,) frames."""
        first, last = scan.array_range
        degrees = (last - first) * abs(scan.oscillation[1])
        number = max(1, min(round(degrees / BLOCK_DEGREES), last - first))
        edges = np.linspace(first, last, number + 1).round()
        of = np.searchsorted(edges[1:-1], np.clip(z, first, np.nextafter(last, first)), side="right")
        return cls(of, number, 0.5 ** (degrees / number / HALF_LIFE))


@dataclass(frozen=True, eq=False)
class Fits:
    """Rows of N reflections; ``fitted`` (N, 7) as ``kernels.profile.fit_profile`` fills it."""

    fitted: np.ndarray
    reference: np.ndarray  # (N,) bool: a profile was learned from it

    @classmethod
    def empty(cls, n: int) -> Fits:
        """Of nothing yet."""
        return cls(np.zeros((n, 7)), np.zeros(n, bool))


class LocalProfiles:
    """The profile model: a Gaussian with corrections for each lattice, block of rotation and region of the detector."""

    def __init__(
        self, gathering: Gathering, panels: Panels, placed: Placed, lattice: np.ndarray, wanted: np.ndarray,
        parents: tuple[ReferenceProfile, ...],
        blocks: Blocks, sums: Sums, params: IntegrateParams, out: Fits,
    ) -> None:  # fmt: skip
        """lattice: (N,), which of ``parents`` a reflection starts from; wanted: (N,) bool, those that will be complete."""
        self._gathering, self._panels, self._sums, self._params, self._out = gathering, panels, sums, params, out
        self._row = lattice * REGIONS**2 + placed.region
        self._parents, self._blocks = parents, blocks
        depth = placed.boxes.bbox[:, 5] - placed.boxes.bbox[:, 4]
        self._teaches = wanted & (depth <= DEEPEST * np.median(depth[wanted])) if wanted.any() else wanted
        self._missing = np.bincount(blocks.of[self._teaches], minlength=blocks.number)
        self._waiting: list[list[np.ndarray]] = [[] for _ in range(blocks.number)]
        self._learned: list[Profiles] = []
        self._memory = [ProfileSums.empty() for _ in range(len(parents) * REGIONS**2)]

    def fit(self, complete: np.ndarray, workers: Workers) -> Iterator[np.ndarray]:
        """As the protocol says."""
        for block in np.unique(self._blocks.of[complete]):
            rows = complete[self._blocks.of[complete] == block]
            self._missing[block] -= int(self._teaches[rows].sum())
            self._waiting[block].append(rows)
            if block < len(self._learned):
                yield self._fit_block(block, workers)
        while len(self._learned) < self._blocks.number and not self._missing[len(self._learned)]:
            self._learn_block(len(self._learned), workers)
            yield self._fit_block(len(self._learned) - 1, workers)

    def _fit_block(self, block: int, workers: Workers) -> np.ndarray:
        """Fit what waits in a block that is learned."""
        rows = np.concatenate([*self._waiting[block], np.empty(0, np.int64)])
        self._waiting[block] = []
        self._fit(rows, self._learned[block], workers)
        return rows

    def _fit(self, which: np.ndarray, profiles: Profiles, workers: Workers) -> None:
        """Fill the rows ``which`` of the fits."""
        g, sums = self._gathering, self._sums
        used = sums.count("background_used")

        def one(part: np.ndarray) -> None:
            fit_profile(
                g.boxes, self._panels, g.patches, part, self._row, profiles, sums.background, used, self._out.fitted
            )

        in_parts(one, which[used[which] > 0], FITTED, workers)

    def _learn_block(self, block: int, workers: Workers) -> None:
        """Add the block's clean, whole and strong spots that resemble the profile so far, and make its profiles."""
        g, fitted = self._gathering, self._out.fitted
        rows = np.sort(np.concatenate([*self._waiting[block], np.empty(0, np.int64)]))
        rows = rows[self._teaches[rows] & ~g.contested[rows]]
        rows = rows[self._sums.strong(rows, self._params.reference_threshold)]
        self._fit(rows, self._learned[-1] if self._learned else self._profiles(), workers)
        good = rows[(fitted[rows, 2] > LEAST_CORRELATION) & (fitted[rows, 4] > WHOLE)]
        self._out.reference[good] = True
        fresh = learn(
            g.boxes, g.boxes, self._panels, g.patches, good, self._row[good], len(self._memory),
            self._sums.background, self._sums.total,
        ).sums  # fmt: skip
        self._memory = [old.faded(self._blocks.fade) + new for old, new in zip(self._memory, fresh)]
        self._learned.append(self._profiles())

    def _profiles(self) -> Profiles:
        """Each region's profile, from its lattice's and what is remembered."""
        ratio, bend = [], []
        for lattice, parent in enumerate(self._parents):
            parts = self._memory[lattice * REGIONS**2 : (lattice + 1) * REGIONS**2]
            whole = parent.informed(sum(parts, ProfileSums.empty()), FREEDOM)
            ratio += [whole.informed(part, FREEDOM).ratio for part in parts]
            bend += [whole.bend] * len(parts)
        return Profiles(np.array(ratio), np.array(bend), STEP, EXTENT, self._params.n_sigma)


class NoProfiles:
    """The profile model of those who want sums only."""

    def fit(self, complete: np.ndarray, workers: Workers) -> Iterator[np.ndarray]:
        """As the protocol says: all are done with."""
        yield complete
