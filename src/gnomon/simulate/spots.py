"""All spots of a data set: where, when, how strong, how broad."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from gnomon.simulate.effects import Slippage, counting_factor
from gnomon.simulate.ewald import crossings
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.params import SweepParams
from gnomon.simulate.sensor import depth_nodes
from gnomon.simulate.spread import REACH, point_size, spot_covariance
from gnomon.simulate.structure_factors import TrueIntensities

_MARGIN = 6.0  # px round the image within which a spot may still reach into it
_PADDING = 2.0  # degrees before and after the scan from which a rocking curve may reach into it, at least
_SLOW = 0.3  # relative speed of the slowest crossings whose rocking curves all fit into the padding


@dataclass(frozen=True)
class Spots:
    """One row a crossing of a reflection that may leave photons on the images."""

    hkl: np.ndarray  # (N, 3)
    lattice: np.ndarray  # (N,) 0 or 1
    entering: np.ndarray  # (N,) bool
    intensity: np.ndarray  # (N,) true intensity, photons before all that depends on the experiment
    factor: np.ndarray  # (N,) photons counted per photon of intensity
    xy: np.ndarray  # (N, 2) px of the image where the ray enters the sensor
    phi: np.ndarray  # (N,) radians
    covariance: np.ndarray  # (N, 3, 3) of x, y (px) and phi (rad)
    depth_shift: np.ndarray  # (N, n_depth, 2) px from where the photons enter to where they stop
    depth_weight: np.ndarray  # (N, n_depth)

    @property
    def centroid(self) -> np.ndarray:
        """(N, 2) px: mean of where photons are counted, parallax included."""
        return self.xy + _mean_depth(self.depth_shift, self.depth_weight)

    @classmethod
    def concatenate(cls, parts: list[Spots]) -> Spots:
        """One after the other."""
        return cls(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)))


def all_spots(
    params: SweepParams, instrument: Instrument, truth: TrueIntensities, settings: list[np.ndarray], second: float = 1.0
) -> Spots:
    """The spots of all lattices; ``settings`` holds A (3, 3) of each, ``second`` the second's relative intensity."""
    crystals = [replace(truth, intensity=truth.intensity * second**i) for i in range(len(settings))]
    parts = enumerate(zip(crystals, settings))
    return Spots.concatenate([_spots_of(params, instrument, crystal, A, i) for i, (crystal, A) in parts])


def _spots_of(
    params: SweepParams, instrument: Instrument, truth: TrueIntensities, setting: np.ndarray, lattice: int
) -> Spots:
    drift = Slippage.of(params) if params.slippage > 0 else None
    padding = _padding(params, max(truth.cell.parameters[:3]))
    first, last = np.deg2rad([params.start - padding, params.start + params.width * params.images + padding])
    found = crossings(truth.hkl.astype(float) @ setting.T, instrument, first, last, drift)
    xy = instrument.pixel_of(found.s1)
    with np.errstate(invalid="ignore"):
        found_on = np.all((xy > -_MARGIN) & (xy < np.array(instrument.image_size) + _MARGIN), axis=1)
    found, xy = found.select(found_on), xy[found_on]
    shift, weight = _depth(found.s1 * instrument.wavelength, instrument, params.point_spread)
    if instrument.modules is not None:
        xy = xy + instrument.modules.displacement(xy + _mean_depth(shift, weight))
    return Spots(
        truth.hkl[found.which],
        np.full(len(xy), lattice),
        found.speed < 0,
        truth.intensity[found.which],
        counting_factor(params, found, instrument),
        xy,
        found.phi,
        spot_covariance(found, instrument, params),
        shift,
        weight,
    )


def _padding(params: SweepParams, longest: float) -> float:
    """Degrees before and after the scan from which a reflection of up to ``longest`` Å may reach into it."""
    sigma = params.mosaicity + params.streak + np.rad2deg(point_size(params) * longest)
    return float(max(_PADDING, REACH * sigma / _SLOW))


def _depth(ray: np.ndarray, instrument: Instrument, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Shifts (N, n, 2) px and weights (N, n) of photons that stop at n depths, close enough to look continuous."""
    cosine = -ray[:, 2]
    longest = instrument.thickness * np.sqrt(1 / max(cosine.min(initial=1.0), 0.1) ** 2 - 1) / instrument.pixel_size
    length, weight = depth_nodes(cosine, instrument.mu, instrument.thickness, 2 + int(np.ceil(longest / (2 * spread))))
    across = ray[:, None, :2] * np.array([1.0, -1.0]) / instrument.pixel_size
    return length[:, :, None] * across, weight


def _mean_depth(shift: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(N, 2) px from where a ray enters to where its photons stop in the mean."""
    return (shift * weight[:, :, None]).sum(axis=1)
