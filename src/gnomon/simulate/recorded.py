"""What the images hold of each reflection, all domains of the crystal together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from gnomon.simulate.image import Rendered, Scene
from gnomon.simulate.params import SweepParams
from gnomon.simulate.spots import Spots
from gnomon.simulate.truth import TrueReflections

_LEAST = 1e-3  # recorded share below which a reflection is not one of the truth


@dataclass(frozen=True)
class _Places:
    """Where and when photons are recorded in an endless scan on an endless sensor, of each spot or reflection."""

    photons: np.ndarray  # (N,) per photon of intensity
    centre: np.ndarray  # (N, 3) px, px, radians
    covariance: np.ndarray  # (N, 3, 3)

    @classmethod
    def of(cls, spots: Spots) -> _Places:
        """Of each spot: a normal distribution of (x, y, phi), cut where its domain comes or goes."""
        sigma = np.sqrt(spots.covariance[:, 2, 2])
        low, high = ((spots.window - spots.phi[:, None]) / sigma[:, None]).T
        part = ndtr(high) - ndtr(low)
        density = [np.exp(-0.5 * edge**2) / np.sqrt(2 * np.pi) for edge in (low, high)]
        mean = (density[0] - density[1]) / np.where(part > 1e-12, part, np.inf)
        centre = np.column_stack([spots.centroid, spots.phi])
        centre = centre + spots.covariance[:, :, 2] * (mean / sigma)[:, None]
        return cls(spots.factor * part, centre, spots.covariance)

    def merged(self, label: np.ndarray) -> _Places:
        """Of each reflection, ``label`` (N,) telling which a spot is of."""
        photons = np.bincount(label, self.photons)
        share = self.photons / np.maximum(photons[label], 1e-300)
        centre = _sums(label, share[:, None] * self.centre)
        away = self.centre - centre[label]
        spread = self.covariance + away[:, :, None] * away[:, None, :]
        return _Places(photons, centre, _sums(label, share[:, None, None] * spread))


def recorded_reflections(scene: Scene, rendered: list[Rendered]) -> TrueReflections:
    """One row a reflection; those of which the images hold less than a thousandth are left out."""
    params, spots = scene.params, scene.spots
    _, first, label = np.unique(spots.number, return_index=True, return_inverse=True)
    places = _Places.of(spots).merged(label)
    rows = np.concatenate([r.rows for r in rendered])
    fraction, counts, expected = (
        np.bincount(label[rows], np.concatenate(values), len(first))
        for values in zip(*((r.fraction * spots.factor[r.rows], r.counts, r.expected) for r in rendered))
    )
    partiality = fraction / np.maximum(places.photons, 1e-300)
    keep = (partiality > _LEAST) & (expected > 0) & (counts > _LEAST * expected)
    background = _under(scene.pixels.background, places.centre)
    sigma = _least_sigma(params, places.covariance, counts, background)
    columns = (
        spots.hkl[first], spots.lattice[first], spots.entering[first], spots.intensity[first], places.photons,
        _in_images(params, places.centre), partiality, counts, expected - counts, background, sigma,
    )  # fmt: skip
    return TrueReflections(*(c[keep] for c in columns))


def _in_images(params: SweepParams, centre: np.ndarray) -> np.ndarray:
    """(N, 3) px, px, image of px, px, radians."""
    z = (centre[:, 2] - np.deg2rad(params.start)) / np.deg2rad(params.width)
    return np.column_stack([centre[:, :2], z])


def _under(background: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """(N,) background per pixel and image at the nearest pixel."""
    ny, nx = background.shape
    x, y = (np.clip(centre[:, i].astype(int), 0, size - 1) for i, size in ((0, nx), (1, ny)))
    return background[y, x]


def _least_sigma(params: SweepParams, covariance: np.ndarray, counts: np.ndarray, background: np.ndarray) -> np.ndarray:
    """(N,) standard deviation that no estimate of the counts can beat: counts + background / sum(p²)."""
    width = np.deg2rad(params.width)
    spread = covariance + np.diag([1 / 12, 1 / 12, width**2 / 12])
    area = (4 * np.pi) ** 1.5 * np.sqrt(np.linalg.det(spread)) / width
    return np.sqrt(counts + background * area)


def _sums(label: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(M, ...) sums over rows of the same label."""
    total = np.zeros((int(label.max(initial=-1)) + 1, *values.shape[1:]))
    np.add.at(total, label, values)
    return total
