"""Spots of a sweep as ``find_spots`` and ``index`` would leave them, without images: centroids with their noise."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import rotation_about
from gnomon.models.reflections import Reflections
from gnomon.simulate.effects import orientation
from gnomon.simulate.instrument import Instrument, gap_mask
from gnomon.simulate.params import SimulateParams
from gnomon.simulate.spots import Spots, all_spots
from gnomon.simulate.structure_factors import true_intensities
from gnomon.simulate.true_models import InstrumentModels, true_experiments

LEAST_COUNTS = 30  # photons of the weakest spot that is found
REACH = 3.0  # standard deviations of a spot that its box holds to either side
MISSET = 0.03  # degrees, by which indexing has the crystal turned
SWOLLEN = 5e-4  # relative, by which it has the cell too large


@dataclass(frozen=True)
class IndexedSweep:
    """What refinement is given, and what it should find."""

    experiments: Experiments  # one, with the header's geometry and a crystal as indexing has it
    reflections: Reflections  # indexed spots: observed centroids, variances as find_spots writes them, boxes
    true: Crystal
    centroid: np.ndarray  # (N, 3) px, px, images: without noise


def indexed_sweep(params: SimulateParams) -> IndexedSweep:
    """The whole spots of ``LEAST_COUNTS`` and more; the same for the same ``params``.

    Photons fall on images as they would: a spot on one image has its angle in the middle of that. Positions err as
    counting makes them. Left out is what needs pixels: background, thresholds, neighbours, and all that scan ends,
    gaps and edges cut.
    """
    instrument = Instrument.of(params)
    crystal = true_intensities(params, max(params.d_min or 0.0, instrument.corner_resolution))
    A = orientation(params) @ b_matrix(np.array(crystal.cell.parameters))
    spots = all_spots(params, instrument, crystal, [A])
    sigma = _widths(params, spots)
    true = np.column_stack([spots.centroid, _images(params, spots.phi)])
    counts = np.random.default_rng([params.seed, 21]).poisson(spots.intensity * spots.factor)
    bbox = np.stack([np.floor(true - REACH * sigma), np.ceil(true + REACH * sigma)], axis=2).astype(np.int32)
    rows = np.flatnonzero((counts >= LEAST_COUNTS) & _is_whole(params, bbox))
    table = _table(params, spots.hkl[rows], spots.entering[rows], bbox[rows].reshape(-1, 6))
    table = table.with_columns(_observed(params, true[rows], sigma[rows], counts[rows]))
    (experiment,) = true_experiments(params, _header(params, instrument), [A], crystal.group.hall, "####.cbf")
    start = experiment.replace(images=None, crystal=_as_indexed(A, experiment.needed_crystal))
    return IndexedSweep(Experiments.of([start]), table, experiment.needed_crystal, true[rows])


def _images(params: SimulateParams, phi: np.ndarray) -> np.ndarray:
    """(N,) images of angles (N,), radians."""
    return (np.rad2deg(phi) - params.start) / params.width


def _widths(params: SimulateParams, spots: Spots) -> np.ndarray:
    """(N, 3) px, px, images: standard deviations of each spot's photons, the depth of the sensor included."""
    mean = (spots.depth_shift * spots.depth_weight[:, :, None]).sum(axis=1)
    away = spots.depth_shift - mean[:, None]
    variance = np.diagonal(spots.covariance, axis1=1, axis2=2).copy()
    variance[:, :2] += (away**2 * spots.depth_weight[:, :, None]).sum(axis=1)
    return np.sqrt(variance) * [1.0, 1.0, 1 / np.deg2rad(params.width)]


def _is_whole(params: SimulateParams, bbox: np.ndarray) -> np.ndarray:
    """(N,) bool: whether boxes (N, 3, 2) lie within the scan, on one module, and clear of all edges."""
    size = np.array([*params.image_size, params.images])
    inside = np.asarray((bbox[:, :, 0] > 0).all(axis=1) & (bbox[:, :, 1] < size).all(axis=1))
    if params.gaps:
        gaps = gap_mask(params.image_size)
        for x, y in ((0, 0), (0, 1), (1, 0), (1, 1)):
            inside[inside] = ~gaps[bbox[inside, 1, y], bbox[inside, 0, x]]
    return inside


def _observed(params: SimulateParams, true: np.ndarray, sigma: np.ndarray, counts: np.ndarray) -> dict[str, np.ndarray]:
    """Centroids (N, 3) and variances s^2 / I + 1/12 of spots of ``counts`` (N,) photons, ``sigma`` (N, 3) wide."""
    rng = np.random.default_rng([params.seed, 22])
    of_photons = sigma[:, :2] ** 2 + 1 / 12  # of the middles of the pixels on which they fall
    xy = true[:, :2] + rng.normal(size=(len(true), 2)) * np.sqrt(of_photons / counts[:, None])
    z, spread = _on_images(true[:, 2], sigma[:, 2], counts, rng)
    variance = np.column_stack([of_photons, spread]) / counts[:, None] + 1 / 12
    return {"xyzobs.px.value": np.column_stack([xy, z]), "xyzobs.px.variance": variance}


def _on_images(
    z: np.ndarray, sigma: np.ndarray, counts: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(N,) mean and variance, images, of the middles of the images on which ``counts`` photons of each spot fall."""
    first = np.floor(z - REACH * sigma)
    n = int((np.ceil(z + REACH * sigma) - first).max())
    edges = first[:, None] + np.arange(n + 1)
    below = ndtr((edges - z[:, None]) / sigma[:, None])
    below[:, 0], below[:, -1] = 0.0, 1.0
    photons = rng.multinomial(counts, np.diff(below, axis=1))
    middles = edges[:, :-1] + 0.5
    mean = (photons * middles).sum(axis=1) / counts
    return mean, (photons * (middles - mean[:, None]) ** 2).sum(axis=1) / counts


def _table(params: SimulateParams, hkl: np.ndarray, entering: np.ndarray, bbox: np.ndarray) -> Reflections:
    n = len(hkl)
    flags = np.full(n, np.uint64(Flag.INDEXED | Flag.STRONG))
    zeros = {name: np.zeros(n, int) for name in ("id", "imageset_id", "panel")}
    return Reflections({**zeros, "miller_index": hkl, "entering": entering, "bbox": bbox, "flags": flags})


def _header(params: SimulateParams, instrument: Instrument) -> InstrumentModels:
    """The instrument as the header has it."""
    x, y = (c + e for c, e in zip(instrument.beam_centre, params.beam_error))
    believed = replace(instrument, beam_centre=(x, y), distance=instrument.distance + params.distance_error)
    return InstrumentModels.of(believed)


def _as_indexed(A: np.ndarray, true: Crystal) -> Crystal:
    """A little turned and swollen."""
    turn = rotation_about(np.array([0.3, -0.5, 0.8]), np.deg2rad(MISSET))
    return replace(true, A=turn @ A / (1 + SWOLLEN))
