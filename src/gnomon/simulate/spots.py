"""All spots of a data set: where, when, how strong, how broad."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from gnomon.simulate.domains import Domain, domains_of
from gnomon.simulate.effects import counting_factor, position
from gnomon.simulate.ewald import Crossings, crossings
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
    """One row a crossing of a reflection, in each domain of the crystal, that may leave photons on the images."""

    number: np.ndarray  # (N,) of the reflection's crossing: the same for all domains
    hkl: np.ndarray  # (N, 3)
    lattice: np.ndarray  # (N,) 0 or 1
    entering: np.ndarray  # (N,) bool
    intensity: np.ndarray  # (N,) true intensity, photons before all that depends on the experiment
    factor: np.ndarray  # (N,) photons counted per photon of intensity, the domain's share of them
    xy: np.ndarray  # (N, 2) px of the image where the ray enters the sensor
    phi: np.ndarray  # (N,) radians
    covariance: np.ndarray  # (N, 3, 3) of x, y (px) and phi (rad)
    depth_shift: np.ndarray  # (N, n_depth, 2) px from where the photons enter to where they stop
    depth_weight: np.ndarray  # (N, n_depth)
    window: np.ndarray  # (N, 2) angles, radians, between which the domain is there

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
    parts: list[Spots] = []
    for i, A in enumerate(settings):
        crystal = replace(truth, intensity=truth.intensity * second**i)
        found = _spots_of(_Lattice(params, instrument, crystal, A, i))
        parts.append(replace(found, number=found.number + sum(int(p.number.max(initial=-1)) + 1 for p in parts)))
    return Spots.concatenate(parts)


@dataclass(frozen=True)
class _Lattice:
    """What all domains of a lattice share."""

    params: SweepParams
    instrument: Instrument
    truth: TrueIntensities
    A: np.ndarray  # (3, 3) at angle zero
    number: int


def _spots_of(lattice: _Lattice) -> Spots:
    """The spots of one lattice, all domains: those of a reflection of which one comes near the image."""
    params, instrument, truth = lattice.params, lattice.instrument, lattice.truth
    padding = _padding(params, max(truth.cell.parameters[:3]))
    first, last = np.deg2rad([params.start - padding, params.start + params.width * params.images + padding])
    points, domains = truth.hkl.astype(float) @ lattice.A.T, domains_of(params)
    found = [crossings(points, instrument, first, last, d.drift if d.moves else None) for d in domains]
    near = np.unique(np.concatenate([f.number[_is_near(f, instrument)] for f in found]))
    found = [f.select(np.isin(f.number, near) & (f.s1[:, 2] < 0)) for f in found]
    slant = min(float((-f.s1[:, 2] * instrument.wavelength).min(initial=1.0)) for f in found)
    return Spots.concatenate([_spots_of_domain(lattice, d, f, slant) for d, f in zip(domains, found)])


def _is_near(found: Crossings, instrument: Instrument) -> np.ndarray:
    """(N,) bool: whether the ray meets the image or its margin."""
    xy = instrument.pixel_of(found.s1)
    with np.errstate(invalid="ignore"):
        return np.all((xy > -_MARGIN) & (xy < np.array(instrument.image_size) + _MARGIN), axis=1)


def _spots_of_domain(lattice: _Lattice, domain: Domain, found: Crossings, slant: float) -> Spots:
    """One a crossing; ``slant`` as in :func:`_depth`."""
    params, instrument = lattice.params, lattice.instrument
    xy = instrument.pixel_of(found.s1, position(params, found.phi) if params.off_spindle else 0.0)
    shift, weight = _depth(found.s1 * instrument.wavelength, instrument, params.point_spread, slant)
    if instrument.modules is not None:
        xy = xy + instrument.modules.displacement(xy + _mean_depth(shift, weight))
    return Spots(
        found.number,
        lattice.truth.hkl[found.which],
        np.full(len(xy), lattice.number),
        found.speed < 0,
        lattice.truth.intensity[found.which],
        domain.share * counting_factor(params, found, instrument),
        xy,
        found.phi,
        spot_covariance(found, instrument, params),
        shift,
        weight,
        np.tile(domain.window, (len(xy), 1)),
    )


def _padding(params: SweepParams, longest: float) -> float:
    """Degrees before and after the scan from which a reflection of up to ``longest`` Å may reach into it."""
    sigma = params.mosaicity + params.streak + np.rad2deg(point_size(params) * longest)
    return float(max(_PADDING, (REACH * sigma + params.split_angle + params.jump) / _SLOW))


def _depth(ray: np.ndarray, instrument: Instrument, spread: float, slant: float) -> tuple[np.ndarray, np.ndarray]:
    """Shifts (N, n, 2) px and weights (N, n) of photons that stop at n depths, close enough to look continuous.

    ``slant`` is the cosine of the most oblique ray of all: the same n for all domains.
    """
    cosine = -ray[:, 2]
    longest = instrument.thickness * np.sqrt(1 / max(slant, 0.1) ** 2 - 1) / instrument.pixel_size
    length, weight = depth_nodes(cosine, instrument.mu, instrument.thickness, 2 + int(np.ceil(longest / (2 * spread))))
    across = ray[:, None, :2] * np.array([1.0, -1.0]) / instrument.pixel_size
    return length[:, :, None] * across, weight


def _mean_depth(shift: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(N, 2) px from where a ray enters to where its photons stop in the mean."""
    return (shift * weight[:, :, None]).sum(axis=1)
