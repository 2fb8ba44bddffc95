"""One image: the part of every rocking curve that falls into it, spread over pixels, then counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from gnomon.kernels.render import add_spots
from gnomon.simulate.effects import spot_shift
from gnomon.simulate.instrument import Instrument, gap_mask
from gnomon.simulate.minicbf import COUNT_CUTOFF
from gnomon.simulate.params import SweepParams
from gnomon.simulate.spots import Spots
from gnomon.simulate.spread import REACH

_SLICES = 2  # of the rocking curve within an image
GAP_VALUE, DEAD_VALUE = -1, -2
_HOT_RATE = 60.0  # photons per image
_STRIP = 128  # rows that are counted at a time: random counts take 8 bytes a pixel


@dataclass(frozen=True)
class Pixels:
    """What is the same in all images."""

    background: np.ndarray  # (slow, fast) photons per image
    gaps: np.ndarray  # (slow, fast) bool
    dead: np.ndarray  # (n,) flat pixel numbers
    hot: np.ndarray  # (n,)
    live: np.ndarray  # (slow, fast) bool

    @classmethod
    def of(cls, params: SweepParams, instrument: Instrument, rate: np.ndarray) -> Pixels:
        """From the background ``rate`` per degree."""
        gaps = gap_mask(instrument.image_size) if params.gaps else np.zeros(rate.shape, bool)
        rng = np.random.default_rng([params.seed, 6])
        bad = rng.choice(np.flatnonzero(~gaps), params.dead_pixels + params.hot_pixels, replace=False)
        dead, hot = np.split(bad, [params.dead_pixels])
        live = ~gaps
        live.ravel()[bad] = False
        return cls(rate * params.width, gaps, dead, hot, live)


@dataclass(frozen=True)
class Scene:
    """All that an image depends on."""

    params: SweepParams
    instrument: Instrument
    pixels: Pixels
    spots: Spots
    beam: np.ndarray  # (images,) intensity of the beam during each image
    volume: np.ndarray  # (images,) share of the crystal that is in the beam


@dataclass(frozen=True)
class Rendered:
    """What an image holds in truth."""

    rows: np.ndarray  # (n,) spots with a part here
    fraction: np.ndarray  # (n,) of the rocking curve
    angle: np.ndarray  # (n,) its mean angle, radians
    counts: np.ndarray  # (n,) expected counts on live pixels
    expected: np.ndarray  # (n,) expected counts, were the sensor endless and without gaps


def expected_image(scene: Scene, rows: np.ndarray, number: int) -> tuple[np.ndarray, Rendered]:
    """Expected counts (slow, fast) of image ``number`` (from 1), and what each of the spots ``rows`` leaves there.

    The rocking curve is cut into slices at the edges of the image; within one the spot is normal with the mean
    and covariance of a normal distribution of (x, y, phi) truncated in phi, which carries the correlation of
    position and angle.
    """
    spots, beam, volume = scene.spots, scene.beam[number - 1], scene.volume[number - 1]
    width = np.deg2rad(scene.params.width)
    start = np.deg2rad(scene.params.start) + (number - 1) * width
    sigma = np.sqrt(spots.covariance[rows, 2, 2])
    here = np.clip(spots.window[rows], start, start + width) - spots.phi[rows, None]
    part, mean, variance = _slices(*(here / sigma[:, None]).T)
    photons = part * (spots.intensity * spots.factor)[rows, None] * (beam * volume)
    rate = scene.pixels.background * beam
    live = np.zeros(len(rows))
    x, y, *others = _round_spots(spots, rows, mean, variance, photons)
    dx, dy = spot_shift(scene.params, number)
    add_spots(rate, scene.pixels.live, x + dx, y + dy, *others, live)
    fraction = part.sum(axis=1)
    angle = spots.phi[rows] + sigma * (part * mean).sum(axis=1) / np.maximum(fraction, 1e-300)
    return rate, Rendered(rows, fraction, angle, live, photons.sum(axis=1))


def _slices(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probability, mean and variance (N, slices) of a standard normal variable cut to slices between two values."""
    low, high = np.clip(low, -REACH, REACH), np.clip(high, -REACH, REACH)
    edges = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, _SLICES + 1)
    density = np.exp(-0.5 * edges**2) / np.sqrt(2 * np.pi)
    part = np.diff(ndtr(edges), axis=1)
    safe = np.where(part > 1e-12, part, np.inf)
    mean = -np.diff(density, axis=1) / safe
    variance = 1 - np.diff(edges * density, axis=1) / safe - mean**2
    return part, mean, np.clip(variance, 0, 1)


def _round_spots(
    spots: Spots, rows: np.ndarray, mean: np.ndarray, variance: np.ndarray, photons: np.ndarray
) -> tuple[np.ndarray, ...]:
    """x, y, sigma, counts and owner of round spots that add up to the slices of elliptic ones."""
    along_phi = spots.covariance[rows, :2, 2] / np.sqrt(spots.covariance[rows, 2, 2])[:, None]
    centre = spots.xy[rows, None, :] + along_phi[:, None, :] * mean[:, :, None]
    removed = along_phi[:, None, :, None] * along_phi[:, None, None, :] * (1 - variance)[:, :, None, None]
    small, large, axis = _principal(spots.covariance[rows, None, :2, :2] - removed)
    node, node_weight = _nodes(np.sqrt((large / small).max(initial=1.0)))
    stretch = node * np.sqrt(np.maximum(large - small, 0))[:, :, None]
    points = (
        centre[:, :, None, None, :]
        + (stretch[..., None] * axis[:, :, None, :])[:, :, :, None, :]
        + spots.depth_shift[rows, None, None, :, :]
    )
    counts = (photons[:, :, None] * node_weight)[..., None] * spots.depth_weight[rows, None, None, :]
    keep = counts > 1e-3
    sigma = np.broadcast_to(np.sqrt(small)[:, :, None, None], counts.shape)
    owner = np.broadcast_to(np.arange(len(rows))[:, None, None, None], counts.shape)
    return points[keep, 0], points[keep, 1], sigma[keep], counts[keep], owner[keep]


def _principal(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The smaller and the larger eigenvalue of (..., 2, 2) and the unit vector (..., 2) of the larger."""
    half = 0.5 * (covariance[..., 0, 0] - covariance[..., 1, 1])
    middle = 0.5 * (covariance[..., 0, 0] + covariance[..., 1, 1])
    off = covariance[..., 0, 1]
    radius = np.hypot(half, off)
    angle = 0.5 * np.arctan2(off, half)
    return middle - radius, middle + radius, np.stack([np.cos(angle), np.sin(angle)], -1)


def _nodes(elongation: float) -> tuple[np.ndarray, np.ndarray]:
    """Points and weights of a standard normal variable, close enough for round spots to merge into an ellipse."""
    n = 1 + 2 * int(np.ceil(2.5 * np.sqrt(max(elongation**2 - 1, 0)) / 1.8))
    node = np.linspace(-2.5, 2.5, n) if n > 1 else np.zeros(1)
    weight = np.exp(-0.5 * node**2)
    weight /= weight.sum()
    scale = np.sqrt((weight * node**2).sum())
    return node / scale if n > 1 else node, weight


def count(scene: Scene, rate: np.ndarray, number: int) -> np.ndarray:
    """The image (slow, fast) int32 that is read out: Poisson counts, gaps -1, dead pixels -2. ``rate`` is spent."""
    rng = np.random.Generator(np.random.SFC64([scene.params.seed, 7, number]))
    rate.ravel()[scene.pixels.hot] += _HOT_RATE
    image = np.empty(rate.shape, np.int32)
    for first in range(0, len(rate), _STRIP):
        image[first : first + _STRIP] = np.minimum(rng.poisson(rate[first : first + _STRIP]), COUNT_CUTOFF + 1)
    if scene.params.gain != 1:
        image = np.rint(scene.params.gain * image).astype(np.int32)
    if scene.params.read_noise > 0 or scene.params.pedestal != 0:
        image += np.rint(rng.normal(scene.params.pedestal, scene.params.read_noise, image.shape)).astype(np.int32)
    image[scene.pixels.gaps] = GAP_VALUE
    image.ravel()[scene.pixels.dead] = DEAD_VALUE
    return image
