"""Reference profiles: a Gaussian, corrected by strong spots nearby; learned along the scan, and fitted to reflections.

A profile is shrunk towards its parent where spots are few: Gaussian -> all sweeps on one detector -> the sweep ->
the present part of the scan -> a region of the detector. So a weak or narrow sweep always has a profile.

A part of the scan is a block of so many degrees, whatever is in memory. Its profiles are made when the last of its
reflections that may be learned from is complete; those beside the spindle, which take many more frames, are fitted
when they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.kernels.crowd import crowd_of
from gnomon.kernels.overlap import SPOT_SCATTER, fit_overlapping
from gnomon.kernels.profile import Profiles, fit_profile, learn_profiles, normal_cumulative
from gnomon.kernels.shoebox import Boxes, Panels, Patches
from gnomon.models.scan import Scan
from gnomon.plugins import plugins
from gnomon.steps.integrate.boxes import REGIONS, Placed
from gnomon.steps.integrate.gathering import Gathering, in_parts
from gnomon.steps.integrate.params import OWN_PROFILES, IntegrateParams, ProfileName
from gnomon.steps.integrate.summation import WHOLE, Sums

STEP = 0.5
"""Spacing of the profile's nodes in sigma_b."""
HALF = 8
"""Nodes on each side of the centre."""
EXTENT = 5.0
"""Half range of the rocking curve's nodes in sigma_m."""
ROCKING_NODES = 41
LEAST_WITHIN = 0.1
"""Share of a spot within the foreground to which its rocking curve is referred at least."""
STRONG = 20.0
"""I/sigma at which a spot counts half as much as the strongest can."""
ROCKING_PRIOR = 5.0
"""Weight of the parent's rocking curve, in spots."""


@dataclass(frozen=True, eq=False)
class ProfileSums:
    """Sums over strong spots from which a profile is made; sums of neighbours may be added."""

    grid: np.ndarray  # (4, n, n), see kernels.profile.learn_profile
    rocking: np.ndarray  # (2, m): weighted deviations of the cumulative rocking curve from the normal one, and weights
    spots: float = 0.0  # sum of weights

    @classmethod
    def empty(cls) -> ProfileSums:
        """Of no spots."""
        return cls(np.zeros((4, 2 * HALF + 1, 2 * HALF + 1)), np.zeros((2, ROCKING_NODES)))

    def __add__(self, other: ProfileSums) -> ProfileSums:
        return ProfileSums(self.grid + other.grid, self.rocking + other.rocking, self.spots + other.spots)

    def weighted(self, factor: float) -> ProfileSums:
        """The same spots with less weight."""
        return ProfileSums(self.grid * factor, self.rocking * factor, self.spots * factor)


@dataclass(frozen=True, eq=False)
class ReferenceProfile:
    """Corrections of the Gaussian across (a factor, (n, n)) and of its cumulative rocking curve (a term, (m,))."""

    ratio: np.ndarray
    rocking_correction: np.ndarray

    @classmethod
    def gaussian(cls) -> ReferenceProfile:
        """No corrections."""
        return cls(np.ones((2 * HALF + 1, 2 * HALF + 1)), np.zeros(ROCKING_NODES))

    def posterior(self, sums: ProfileSums, prior_sigma: float) -> ReferenceProfile:
        """The profile after seeing ``sums``, shrunk towards this one: without spots, this profile.

        Each node is the mean of a normal prior (this profile; relative standard deviation ``prior_sigma``) and of the
        observation with its variance.
        """
        observed, expected, variance, square = sums.grid
        observed = observed * (expected.sum() / max(observed.sum(), 1e-30))  # a shape: shares of frames are F's
        variance = variance + SPOT_SCATTER**2 * square
        gain = expected * prior_sigma**2 / np.maximum(expected**2 * prior_sigma**2 + variance, 1e-30)
        ratio = np.maximum(self.ratio + gain * (observed - expected * self.ratio), 0.0)
        residual, weight = sums.rocking
        return ReferenceProfile(ratio, (residual + ROCKING_PRIOR * self.rocking_correction) / (weight + ROCKING_PRIOR))


def spot_weights(i_over_sigma: np.ndarray) -> np.ndarray:
    """Weights 0..1 of reference spots: counting noise against the scatter that all spots have."""
    return 1 / (1 + (STRONG / i_over_sigma) ** 2)


def rocking_coordinates(boxes: Boxes, model: Boxes, which: np.ndarray) -> np.ndarray:
    """(M, n_slabs + 1): c3 in the model's sigma_m at the edges of slabs of ``boxes``; those beyond repeat the last."""
    first, end = boxes.bbox[which, 4, None], boxes.bbox[which, 5, None]
    most = int(np.max(-(-(end - first) // boxes.slab[which, None]), initial=1))
    z = np.minimum(first + np.arange(most + 1) * boxes.slab[which, None], end)
    return model.rate[which, None] * (z - model.xyz[which, 2, None])


def _rocking_sums(c3: np.ndarray, shares: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(2, m): deviations of the cumulative ``shares`` (M, n) from the normal one at ``c3`` (M, n + 1).

    Of a spot that an end of the scan cuts the shares are those of its recorded part, as large as the normal one's.
    """
    inside = np.concatenate([np.ones((len(c3), 1), bool), np.diff(c3, axis=1) > 0], axis=1)
    cumulative = np.concatenate([np.zeros((len(shares), 1)), np.cumsum(shares, axis=1)], axis=1)
    cumulative /= np.maximum(cumulative[:, -1:], LEAST_WITHIN)
    normal = normal_cumulative(c3)
    start, recorded = normal[:, :1], normal[:, -1:] - normal[:, :1]
    cut = recorded < WHOLE
    residual = np.where(cut, start + recorded * cumulative, cumulative) - normal
    ends = (c3 == c3[:, :1]) | (c3 == c3[:, -1:])
    use = inside & (np.abs(c3) < EXTENT) & ~(cut & ends)
    t = (c3[use] + EXTENT) / (2 * EXTENT) * (ROCKING_NODES - 1)
    node = np.minimum(t.astype(np.intp), ROCKING_NODES - 2)
    w = np.broadcast_to(weight[:, None], c3.shape)[use]
    sums = np.zeros((2, ROCKING_NODES))
    for shift, part in ((0, 1 - t + node), (1, t - node)):
        sums[0] += np.bincount(node + shift, w * part * residual[use], ROCKING_NODES)
        sums[1] += np.bincount(node + shift, w * part, ROCKING_NODES)
    return sums


@dataclass(frozen=True, eq=False)
class Learned:
    """What M strong spots say of R profiles, each spot's share on each of its slabs, and its second moments."""

    sums: list[ProfileSums]  # (R,)
    weight: np.ndarray  # (M,)
    c3: np.ndarray  # (M, n_slabs + 1) at the edges of slabs, in sigma_m
    shares: np.ndarray  # (M, n_slabs)
    spread: np.ndarray  # (M, 4), see kernels.profile.learn_profiles


def learn(
    boxes: Boxes, model: Boxes, panels: Panels, patches: Patches, which: np.ndarray, row: np.ndarray, n_rows: int,
    background: np.ndarray, total: np.ndarray,
) -> Learned:  # fmt: skip
    """What the spots ``which`` (M,), clean and whole, say of the profiles ``row`` (M,) of ``n_rows``.

    patches lie as ``boxes`` had them, ``model`` says how large the spots are; background: (N, 6) and total: (N, 4) as
    the sums of reflections have them.
    """
    c3 = rocking_coordinates(boxes, model, which)
    shares, spread = np.zeros((len(which), c3.shape[1] - 1)), np.zeros((len(which), 4))
    grids = np.zeros((n_rows, *ProfileSums.empty().grid.shape))
    weight = spot_weights(total[which, 0] / np.sqrt(total[which, 1]))
    learn_profiles(
        boxes, model, panels, patches, which, row, weight, background, np.ascontiguousarray(total[:, 0]), STEP, grids,
        shares, spread,
    )  # fmt: skip
    sums = [
        ProfileSums(
            grids[k], _rocking_sums(c3[row == k], shares[row == k], weight[row == k]), float(weight[row == k].sum())
        )
        for k in range(n_rows)
    ]
    return Learned(sums, weight, c3, shares, spread)


BLOCK_DEGREES = 2.0
"""Profiles are learned every so many degrees of rotation; what is measured in them waits in memory until then."""
HALF_LIFE = 5.0
"""Degrees of rotation after which what was learned counts half."""
PRIOR_SIGMA = 0.3
"""How far, relatively, a part of the profile may move between parts of the scan or the detector."""
LEAST_CORRELATION = 0.6
"""Strong spots that resemble the profile less are not learned from."""
DEEPEST = 1.5
"""Reflections deeper than so many times the median depth are not learned from: their block need not wait for them."""
FITTED = 250
"""Reflections that a worker fits at a time."""


class ProfileModel(Protocol):
    """What fits profiles to reflections, in whatever order they become complete; one for each set of images."""

    def fit(self, complete: np.ndarray, workers: Workers) -> Iterator[np.ndarray]:
        """Take ``complete`` rows, fit what can be fitted now, and give the rows that are done with.

        Each row once in the end; their pixels are there until then. Fits do not depend on which rows come together.
        """


@dataclass(frozen=True)
class Blocks:
    """The blocks of a scan: which each of N reflections is in, and how much of a block's memory the next one keeps."""

    of: np.ndarray  # (N,) int64
    number: int
    decay: float

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
    told: np.ndarray  # (N,) share of the information that neighbours on the same pixels leave, see kernels.overlap

    @classmethod
    def empty(cls, n: int) -> Fits:
        """Of nothing yet."""
        return cls(np.zeros((n, 7)), np.zeros(n, bool), np.ones(n))


@dataclass(frozen=True, eq=False)
class ToFit:
    """What a profile model is made from: N predicted reflections of a set of images, and where their fits go."""

    gathering: Gathering  # boxes, pixels of what is complete, and whose pixels are contested
    panels: Panels
    placed: Placed  # where reflections are predicted, and in which region of the detector
    lattice: np.ndarray  # (N,) which of ``parents`` a reflection starts from
    wanted: np.ndarray  # (N,) bool: what will be complete
    parents: tuple[ReferenceProfile, ...]  # a profile for each lattice, of all sweeps' strong spots
    blocks: Blocks
    sums: Sums  # by summation, and the background, of what is complete
    params: IntegrateParams
    out: Fits


def profile_model(name: ProfileName, given: ToFit) -> ProfileModel:
    """The model of this name; those of other packages (entry points of ``gnomon.profile_models``) are called with
    what is given. Raises InputError where one cannot be loaded.
    """
    if name in OWN_PROFILES:
        return LocalProfiles(given)
    other: ProfileModel = plugins("gnomon.profile_models")[name](given)
    return other


class LocalProfiles:
    """The profile model: a Gaussian with corrections for each lattice, block of rotation and region of the detector."""

    def __init__(self, given: ToFit) -> None:
        placed, wanted, blocks = given.placed, given.wanted, given.blocks
        self._gathering, self._panels, self._sums = given.gathering, given.panels, given.sums
        self._params, self._out = given.params, given.out
        self._row = given.lattice * REGIONS**2 + placed.region
        self._parents, self._blocks = given.parents, blocks
        depth = placed.boxes.bbox[:, 5] - placed.boxes.bbox[:, 4]
        self._candidates = wanted & (depth <= DEEPEST * np.median(depth[wanted])) if wanted.any() else wanted
        self._missing = np.bincount(blocks.of[self._candidates], minlength=blocks.number)
        self._waiting: list[list[np.ndarray]] = [[] for _ in range(blocks.number)]
        self._learned: list[Profiles] = []
        self._memory = [ProfileSums.empty() for _ in range(len(given.parents) * REGIONS**2)]

    def fit(self, complete: np.ndarray, workers: Workers) -> Iterator[np.ndarray]:
        """As the protocol says."""
        for block in np.unique(self._blocks.of[complete]):
            rows = complete[self._blocks.of[complete] == block]
            self._missing[block] -= int(self._candidates[rows].sum())
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
        """Fill the rows ``which`` of the fits; those that claim each other's pixels together with their neighbours."""
        g, sums = self._gathering, self._sums
        used = sums.count("background_used")
        which = which[used[which] > 0]

        def one(part: np.ndarray) -> None:
            fit_profile(
                g.boxes, self._panels, g.patches, part, self._row, profiles, sums.background, used, self._out.fitted
            )

        in_parts(one, which[~g.contested[which]], FITTED, workers)
        self._fit_together(which[g.contested[which]], profiles, workers)

    def _fit_together(self, which: np.ndarray, profiles: Profiles, workers: Workers) -> None:
        """Fill the rows ``which``, whose foregrounds overlap with others', of the fits, and mend their sums."""
        if not len(which):
            return
        g, sums, out = self._gathering, self._sums, self._out
        used, bbox = sums.count("background_used"), g.boxes.bbox
        first, end = int(bbox[which, 4].min()), int(bbox[which, 5].max())
        live = np.flatnonzero((bbox[:, 4] < end) & (bbox[:, 5] > first))
        crowd = crowd_of(g.boxes, self._panels.size, live, first, end)

        def one(part: np.ndarray) -> None:
            fit_overlapping(
                g.boxes, self._panels, g.patches, crowd, part, self._row, profiles, sums.background, used, sums.total,
                out.fitted, out.told,
            )  # fmt: skip

        in_parts(one, np.searchsorted(live, which), FITTED, workers)

    def _learn_block(self, block: int, workers: Workers) -> None:
        """Add the block's clean, whole and strong spots that resemble the profile so far, and make its profiles."""
        g, fitted = self._gathering, self._out.fitted
        rows = np.sort(np.concatenate([*self._waiting[block], np.empty(0, np.int64)]))
        rows = rows[self._candidates[rows] & ~g.contested[rows]]
        rows = rows[self._sums.strong(rows, self._params.reference_threshold)]
        self._fit(rows, self._learned[-1] if self._learned else self._profiles(), workers)
        good = rows[(fitted[rows, 2] > LEAST_CORRELATION) & (fitted[rows, 4] > WHOLE)]
        self._out.reference[good] = True
        fresh = learn(
            g.boxes, g.boxes, self._panels, g.patches, good, self._row[good], len(self._memory),
            self._sums.background, self._sums.total,
        ).sums  # fmt: skip
        self._memory = [old.weighted(self._blocks.decay) + new for old, new in zip(self._memory, fresh)]
        self._learned.append(self._profiles())

    def _profiles(self) -> Profiles:
        """Each region's profile, from its lattice's and what is remembered."""
        ratio, rocking = [], []
        for lattice, parent in enumerate(self._parents):
            parts = self._memory[lattice * REGIONS**2 : (lattice + 1) * REGIONS**2]
            whole = parent.posterior(sum(parts, ProfileSums.empty()), PRIOR_SIGMA)
            ratio += [whole.posterior(part, PRIOR_SIGMA).ratio for part in parts]
            rocking += [whole.rocking_correction] * len(parts)
        return Profiles(np.array(ratio), np.array(rocking), STEP, EXTENT, self._params.n_sigma)


class NoProfiles:
    """The profile model of those who want sums only."""

    def fit(self, complete: np.ndarray, workers: Workers) -> Iterator[np.ndarray]:
        """As the protocol says: all are done with."""
        yield complete
