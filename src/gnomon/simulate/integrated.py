"""A wedge as integration leaves it, without images: counts with their noise, partial where the scan cuts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from gnomon.models.experiment import Experiment
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.effects import (
    beam_fluctuation,
    counting_factor,
    diffracting_volume,
    lorentz_polarization,
    sensor_efficiency,
)
from gnomon.simulate.ewald import Crossings, crossings
from gnomon.simulate.instrument import Instrument, gap_mask
from gnomon.simulate.species_params import WedgesParams
from gnomon.simulate.structure_factors import TrueIntensities

_SPOT_SIGMA = 1.0  # px
_N_SIGMA = 3.0  # of the foreground, on the detector and along the rocking curve
FIT_GAIN = 0.5
"""Background that a profile fit counts, relative to a sum over the foreground."""
_LEAST_UNDER = 1 / 6  # counts of a background of which nothing was seen: half a count on three times the pixels
_LEAST_PART = 0.1  # recorded share of which a fit may tell the whole, as integrate has it
_ZINGER = 50.0  # mean of the counts that something foreign adds, relative to the mean intensity


@dataclass(frozen=True)
class Recorded:
    """The crossings whose spots lie on live pixels: what there is to measure of them."""

    crossings: Crossings
    px: np.ndarray  # (N, 3) px, px, image
    mm: np.ndarray  # (N, 3) mm, mm, rad
    zeta: np.ndarray  # (N,) Kabsch's m2 . e1
    part: np.ndarray  # (N,) share of the rocking curve within the scan
    extent: np.ndarray  # (N,) half the width of the rocking curve, degrees


def integrated_wedge(
    params: WedgesParams,
    instrument: Instrument,
    experiment: Experiment,
    crystal: TrueIntensities,
    background: np.ndarray,
) -> tuple[Reflections, np.ndarray]:
    """The table of one wedge, its id 0, and the true intensity (N,) of each row; ``background`` (slow, fast) photons.

    Background is per pixel and degree. ``miller_index`` is in the setting of ``crystal``, which is that of
    ``experiment.crystal``.
    """
    recorded = _recorded(params, instrument, experiment, crystal.hkl)
    where = recorded.crossings
    x, y = recorded.px[:, 0].astype(int), recorded.px[:, 1].astype(int)
    image = np.clip(recorded.px[:, 2].astype(int), 0, params.images - 1)
    beam = beam_fluctuation(params)[image]
    true = crystal.intensity[where.which]
    whole = beam * diffracting_volume(params)[image] * true * counting_factor(params, where, instrument)
    seen = recorded.part * (1 + params.partial_excess * (1 - recorded.part))
    spot = np.pi * (_N_SIGMA * _SPOT_SIGMA) ** 2
    under = beam * background[y, x] * spot * _degrees_seen(params, recorded)
    counts = _counted(whole * seen + _foreign(params, len(whole)), under, np.random.default_rng([params.seed, 11]))
    fit = recorded.part >= _LEAST_PART
    flags = np.full(len(image), int(Flag.PREDICTED | Flag.INTEGRATED_SUM), np.uint64)
    flags[fit] |= np.uint64(Flag.INTEGRATED_PRF)
    table = Reflections(
        {
            "miller_index": crystal.hkl[where.which],
            "flags": flags,
            "lp": 1 / lorentz_polarization(where, instrument),
            "qe": sensor_efficiency(where, instrument),
            "background.mean": under / spot,
            "background.sum.value": under,
            "background.sum.variance": under,
            **_geometry(params, instrument, recorded, counts["intensity.sum.value"]),
            **counts,
            "intensity.prf.value": np.where(fit, counts["intensity.prf.value"] / recorded.part, 0.0),
            "intensity.prf.variance": np.where(fit, counts["intensity.prf.variance"] / recorded.part**2, -1.0),
        }
    )
    return table, true


def _foreign(params: WedgesParams, n: int) -> np.ndarray:
    """(n,) counts that are not the reflection's: neighbours, ice, hot pixels."""
    rng = np.random.default_rng([params.seed, 17])
    return np.where(rng.random(n) < params.zingers, rng.exponential(_ZINGER * params.mean_intensity, n), 0.0)


def _recorded(params: WedgesParams, instrument: Instrument, experiment: Experiment, hkl: np.ndarray) -> Recorded:
    """Whatever of the indices (N, 3) leaves at least a thousandth on the detector during the scan."""
    first, last = np.deg2rad(experiment.needed_scan.oscillation_range)
    margin = np.deg2rad(10 * params.mosaicity)
    found = crossings(hkl.astype(float) @ experiment.needed_crystal.A.T, instrument, first - margin, last + margin)
    e1 = np.cross(found.s1, instrument.s0)
    zeta = e1 @ instrument.spindle / np.linalg.norm(e1, axis=1)
    rocking = np.deg2rad(params.mosaicity) / np.abs(zeta)
    part = ndtr((last - found.phi) / rocking) - ndtr((first - found.phi) / rocking)
    found_px, on = _on_detector(params, instrument, experiment, found)
    keep = on & (part > 1e-3)
    px = np.column_stack([found_px, experiment.needed_scan.z_at(np.rad2deg(found.phi))])[keep]
    where, panel = found.select(keep), np.zeros(int(keep.sum()), np.intp)
    mm = np.column_stack([experiment.detector.pixel_to_mm(panel, px[:, :2]), where.phi])
    return Recorded(where, px, mm, zeta[keep], part[keep], np.rad2deg(_N_SIGMA * rocking[keep]))


def _on_detector(
    params: WedgesParams, instrument: Instrument, experiment: Experiment, found: Crossings
) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (N, 2) with parallax, and (N,) bool: whether these are live."""
    panel = np.zeros(len(found.phi), np.intp)
    px = experiment.detector.mm_to_pixel(panel, experiment.detector.intersect(panel, found.s1))
    size = np.array(instrument.image_size)
    with np.errstate(invalid="ignore"):
        on = (px >= 0).all(axis=1) & (px < size).all(axis=1) & (found.s1[:, 2] < 0)
    if params.gaps:
        x, y = px[on].astype(int).T
        on[on] = ~gap_mask(instrument.image_size)[y, x]
    return px, on


def _degrees_seen(params: WedgesParams, recorded: Recorded) -> np.ndarray:
    """(N,) degrees of rotation over which background is summed: the rocking curve within the scan, whole images."""
    end = params.start + params.width * params.images
    middle = np.rad2deg(recorded.crossings.phi)
    low = np.clip(middle - recorded.extent, params.start, end - params.width)
    high = np.clip(middle + recorded.extent, low + params.width, end)
    return high - low


def _counted(signal: np.ndarray, under: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Intensities of the recorded part and their variances, told from the counts as integrate tells them.

    Sum and fit count the same photons; the fit sees less of the same background.
    """
    photons = rng.poisson(signal)
    noise = np.round(rng.poisson(under) - under, 6)
    total, known = photons + noise, np.maximum(under, _LEAST_UNDER)
    fitted = photons + np.sqrt(FIT_GAIN) * noise
    return {
        "intensity.sum.value": total,
        "intensity.sum.variance": np.abs(total) + known,
        "intensity.prf.value": fitted,
        "intensity.prf.variance": np.maximum(fitted, 0) + FIT_GAIN * known,
    }


def _geometry(
    params: WedgesParams, instrument: Instrument, recorded: Recorded, counts: np.ndarray
) -> dict[str, np.ndarray]:
    """Columns of where and how spots were seen; observed centroids scatter by their width over sqrt(counts)."""
    where, n = recorded.crossings, len(recorded.zeta)
    rng = np.random.default_rng([params.seed, 12])
    width = np.column_stack([np.full((n, 2), _SPOT_SIGMA), recorded.extent / _N_SIGMA / params.width])
    variance = (width**2 + 1 / 12) / np.maximum(counts, 1)[:, None]
    xyz = recorded.px + rng.normal(size=(n, 3)) * np.sqrt(np.where(counts[:, None] > 10, variance, 0.0))
    xyz[:, 2] = xyz[:, 2].clip(0.5, params.images - 0.5)
    unit = np.array([instrument.pixel_size, instrument.pixel_size, np.deg2rad(params.width)])
    reach = np.ceil(_N_SIGMA * width + 1)
    low = np.maximum(np.floor(recorded.px - reach), 0)
    high = np.minimum(np.ceil(recorded.px + reach), [*instrument.image_size, params.images])
    return {
        "id": np.zeros(n),
        "imageset_id": np.zeros(n),
        "panel": np.zeros(n),
        "entering": where.speed < 0,
        "s1": where.s1,
        "d": 1 / np.linalg.norm(where.q, axis=1),
        "bbox": np.stack([low, high], axis=2).reshape(n, 6),
        "xyzcal.px": recorded.px,
        "xyzcal.mm": recorded.mm,
        "xyzobs.px.value": xyz,
        "xyzobs.px.variance": variance,
        "xyzobs.mm.value": recorded.mm + (xyz - recorded.px) * unit,
        "xyzobs.mm.variance": variance * unit**2,
        "zeta": recorded.zeta,
        "partiality": recorded.part,
    }
