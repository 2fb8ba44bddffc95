"""Reference profiles: a Gaussian, corrected by what the strong spots of the neighbourhood say.

A profile is shrunk towards its parent where spots are few: Gaussian -> all sweeps on one detector -> the sweep ->
the present part of the scan -> a region of the detector. So a weak or narrow sweep always has a profile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.kernels.profile import learn_profiles, normal_cumulative
from gnomon.kernels.shoebox import Boxes, Panels, Patches
from gnomon.steps.integrate.summation import WHOLE

STEP = 0.5
"""Spacing of the profile's nodes in sigma_b."""
HALF = 8
"""Nodes on each side of the centre."""
EXTENT = 5.0
"""Half range of the rocking curve's nodes in sigma_m."""
BEND_NODES = 41
LEAST_WITHIN = 0.1
"""Share of a spot within the foreground to which its rocking curve is referred at least."""
SPOT_SCATTER = 0.1
"""Relative scatter of a spot's share from that of its neighbours, beyond counting."""
STRONG = 20.0
"""I/sigma at which a spot counts half as much as the strongest can."""
BEND_PRIOR = 5.0
"""Weight of the parent's rocking curve, in spots."""


@dataclass(frozen=True, eq=False)
class ProfileSums:
    """Sums over strong spots from which a profile is made; sums of neighbours may be added."""

    grid: np.ndarray  # (4, n, n), see kernels.profile.learn_profile
    bend: np.ndarray  # (2, m): weighted deviations of the cumulative rocking curve from the normal one, and weights
    spots: float = 0.0  # sum of weights

    @classmethod
    def empty(cls) -> ProfileSums:
        """Of no spots."""
        return cls(np.zeros((4, 2 * HALF + 1, 2 * HALF + 1)), np.zeros((2, BEND_NODES)))

    def __add__(self, other: ProfileSums) -> ProfileSums:
        return ProfileSums(self.grid + other.grid, self.bend + other.bend, self.spots + other.spots)

    def faded(self, factor: float) -> ProfileSums:
        """The same spots with less weight."""
        return ProfileSums(self.grid * factor, self.bend * factor, self.spots * factor)


@dataclass(frozen=True, eq=False)
class ReferenceProfile:
    """Corrections of the Gaussian across (a factor, (n, n)) and of its cumulative rocking curve (a term, (m,))."""

    ratio: np.ndarray
    bend: np.ndarray

    @classmethod
    def gaussian(cls) -> ReferenceProfile:
        """No corrections."""
        return cls(np.ones((2 * HALF + 1, 2 * HALF + 1)), np.zeros(BEND_NODES))

    def informed(self, sums: ProfileSums, freedom: float) -> ReferenceProfile:
        """The profile after seeing ``sums``; ``freedom`` is how far, relatively, a node may be expected to move.

        Each node is the mean of a normal prior (this profile, standard deviation ``freedom``) and of the observation
        with its variance; without spots, this profile.
        """
        observed, expected, variance, square = sums.grid
        observed = observed * (expected.sum() / max(observed.sum(), 1e-30))  # a shape: shares of frames are F's
        variance = variance + SPOT_SCATTER**2 * square
        gain = expected * freedom**2 / np.maximum(expected**2 * freedom**2 + variance, 1e-30)
        ratio = np.maximum(self.ratio + gain * (observed - expected * self.ratio), 0.0)
        residual, weight = sums.bend
        return ReferenceProfile(ratio, (residual + BEND_PRIOR * self.bend) / (weight + BEND_PRIOR))


def spot_weights(i_over_sigma: np.ndarray) -> np.ndarray:
    """Weights 0..1 of reference spots: counting noise against the scatter that all spots have."""
    return 1 / (1 + (STRONG / i_over_sigma) ** 2)


def rocking_coordinates(boxes: Boxes, model: Boxes, which: np.ndarray) -> np.ndarray:
    """(M, n_slabs + 1): c3 in the model's sigma_m at the edges of slabs of ``boxes``; those beyond repeat the last."""
    first, end = boxes.bbox[which, 4, None], boxes.bbox[which, 5, None]
    most = int(np.max(-(-(end - first) // boxes.slab[which, None]), initial=1))
    z = np.minimum(first + np.arange(most + 1) * boxes.slab[which, None], end)
    return model.rate[which, None] * (z - model.xyz[which, 2, None])


def _bend_sums(c3: np.ndarray, shares: np.ndarray, weight: np.ndarray) -> np.ndarray:
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
    t = (c3[use] + EXTENT) / (2 * EXTENT) * (BEND_NODES - 1)
    node = np.minimum(t.astype(np.intp), BEND_NODES - 2)
    w = np.broadcast_to(weight[:, None], c3.shape)[use]
    sums = np.zeros((2, BEND_NODES))
    for shift, part in ((0, 1 - t + node), (1, t - node)):
        sums[0] += np.bincount(node + shift, w * part * residual[use], BEND_NODES)
        sums[1] += np.bincount(node + shift, w * part, BEND_NODES)
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
            grids[k], _bend_sums(c3[row == k], shares[row == k], weight[row == k]), float(weight[row == k].sum())
        )
        for k in range(n_rows)
    ]
    return Learned(sums, weight, c3, shares, spread)
