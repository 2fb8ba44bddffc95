"""Reference profiles: a Gaussian, corrected by what the strong spots of the neighbourhood say.

A profile is shrunk towards its parent where spots are few: Gaussian -> all sweeps on one detector -> the sweep ->
the present part of the scan -> a region of the detector. So a weak or narrow sweep always has a profile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.kernels.profile import learn_profile, normal_cumulative
from gnomon.steps.integrate.boxes import Boxes

STEP = 0.5
"""Spacing of the profile's nodes in sigma_b."""
HALF = 8
"""Nodes on each side of the centre."""
EXTENT = 5.0
"""Half range of the rocking curve's nodes in sigma_m."""
BEND_NODES = 41
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
        observed = observed * (expected.sum() / max(observed.sum(), 1e-30))  # a shape: frames' shares are not its matter
        variance = variance + SPOT_SCATTER**2 * square
        gain = expected * freedom**2 / np.maximum(expected**2 * freedom**2 + variance, 1e-30)
        ratio = np.maximum(self.ratio + gain * (observed - expected * self.ratio), 0.0)
        residual, weight = sums.bend
        return ReferenceProfile(ratio, (residual + BEND_PRIOR * self.bend) / (weight + BEND_PRIOR))


def spot_weights(i_over_sigma: np.ndarray) -> np.ndarray:
    """Weights 0..1 of reference spots: counting noise against the scatter that all spots have."""
    return 1 / (1 + (STRONG / i_over_sigma) ** 2)


def rocking_coordinates(boxes: Boxes, which: np.ndarray, n_edges: int) -> np.ndarray:
    """(M, n_edges): c3 in sigma_m at the edges of the frames of each shoebox; those beyond repeat the last."""
    z = boxes.bbox[which, 4, None] + np.arange(n_edges)
    z = np.minimum(z, boxes.bbox[which, 5, None])
    return boxes.rate[which, None] * (z - boxes.z_cal[which, None])


def _bend_sums(c3: np.ndarray, shares: np.ndarray, inside: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(2, m): deviations of the cumulative ``shares`` (M, n) from the normal one at ``c3`` (M, n + 1)."""
    cumulative = np.concatenate([np.zeros((len(shares), 1)), np.cumsum(shares, axis=1)], axis=1)
    residual = cumulative - normal_cumulative(c3)
    use = inside & (np.abs(c3) < EXTENT)
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
    """What M strong spots say of the profile, each spot's share on each of its frames, and its second moments."""

    sums: ProfileSums
    weight: np.ndarray  # (M,)
    shares: np.ndarray  # (M, n_frames)
    spread: np.ndarray  # (M, 4), see kernels.profile.learn_profile


def learn(pixels: np.ndarray, boxes: Boxes, which: np.ndarray, background: np.ndarray, total: np.ndarray) -> Learned:
    """What the spots ``which`` (M,), clean and whole, say.

    pixels: (n_ring, n_pixels); background: (N, 6) and total: (N, 4) as ``sum_reflections`` fills them.
    """
    n_frames = int((boxes.bbox[which, 5] - boxes.bbox[which, 4]).max(initial=1))
    shares, spread, sums = np.zeros((len(which), n_frames)), np.zeros((len(which), 4)), ProfileSums.empty()
    weight = spot_weights(total[which, 0] / np.sqrt(total[which, 1]))
    if not len(which):
        return Learned(sums, weight, shares, spread)
    learn_profile(
        pixels, which, weight, boxes.bbox, boxes.start, boxes.width, boxes.local, boxes.inverse_b, boxes.rate,
        boxes.z_cal, boxes.shear, boxes.area, boxes.radius, boxes.gain, boxes.pedestal, background,
        np.ascontiguousarray(total[:, 0]), STEP, sums.grid, shares, spread,
    )  # fmt: skip
    c3 = rocking_coordinates(boxes, which, n_frames + 1)
    inside = boxes.bbox[which, 4, None] + np.arange(n_frames + 1) <= boxes.bbox[which, 5, None]
    bend = _bend_sums(c3, shares, inside, weight)
    return Learned(ProfileSums(sums.grid, bend, float(weight.sum())), weight, shares, spread)
