"""From measured rows to the columns and flags of integrated reflections, and why some have no intensity."""

from __future__ import annotations

import numpy as np

from gnomon.maths.crystal.ice import on_ice_ring
from gnomon.maths.geometry.polarisation import polarisation_factor
from gnomon.models.experiment import Experiment
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.boxes import Placed
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.summation import WHOLE, Sums
from gnomon.steps.integrate.sweep import Measured


def lorentz_polarisation(experiment: Experiment, s1: np.ndarray) -> np.ndarray:
    """(N,) L / P, by which an intensity is multiplied, for wave vectors s1 (N, 3).

    1 / Lorentz = |s1 . (m2 x s0)| / (|s0| |s1|); Kabsch 1988, J. Appl. Cryst. 21, 916. Electrons have P = 1.
    """
    beam = experiment.beam
    s0 = beam.s0 / np.linalg.norm(beam.s0)
    ray = s1 / np.linalg.norm(s1, axis=1, keepdims=True)
    speed = np.abs(ray @ np.cross(experiment.needed_goniometer.lab_axis, s0))
    return speed if beam.probe == "electron" else speed / polarisation_factor(beam, s1)


def quantum_efficiency(experiment: Experiment, panel: np.ndarray, s1: np.ndarray) -> np.ndarray:
    """(N,) share of rays s1 (N, 3) that the sensor absorbs: 1 - exp(-mu t / |cos|); 1 where it is not known."""
    detector = experiment.detector
    mu = np.array([p.mu for p in detector.panels])[panel]
    thickness = np.array([p.thickness for p in detector.panels])[panel]
    ray = s1 / np.linalg.norm(s1, axis=1, keepdims=True)
    cosine = np.abs(np.einsum("ij,ij->i", ray, detector.normals[panel]))
    known = (mu > 0) & (thickness > 0)
    return np.where(known, 1 - np.exp(-mu * thickness / np.maximum(cosine, 1e-6)), 1.0)


LEAST_PART = 0.1
"""Least recorded share of a reflection whose whole intensity a fit may tell."""


def _flags(predicted: Reflections, measured: Measured, params: IntegrateParams) -> np.ndarray:
    """(N,) uint64 flags: what was measured, and why not."""
    sums, fitted, done = measured.sums, measured.fitted, measured.done
    background, bad = sums.count("background_used") > 0, (sums.count("bad") + sums.count("off")) > 0
    summed = (
        done & background & ~bad & (sums.count("overloaded") == 0) & (sums.count("foreground") > sums.count("lost"))
    )
    summed &= measured.told > 0
    fit = done & background & (sums.count("overloaded") == 0) & (fitted[:, 1] > 0) & ~sums.uneven
    fit &= (fitted[:, 5] >= params.valid_foreground) & (fitted[:, 4] >= LEAST_PART) & params.profile_fitting
    bits = {
        Flag.INTEGRATED_SUM: summed & (sums.total[:, 1] > 0),
        Flag.INTEGRATED_PRF: fit,
        Flag.REFERENCE_SPOT: measured.reference,
        Flag.USED_IN_MODELLING: measured.reference,
        Flag.DONT_INTEGRATE: ~done,
        Flag.OVERLOADED: sums.count("overloaded") > 0,
        Flag.OVERLAPPED_FG: measured.contested,
        Flag.FOREGROUND_INCLUDES_BAD_PIXELS: bad,
        Flag.BACKGROUND_INCLUDES_BAD_PIXELS: sums.count("background_bad") > 0,
        Flag.FAILED_DURING_BACKGROUND_MODELLING: done & ~background,
        Flag.FAILED_DURING_SUMMATION: done & ~summed,
        Flag.FAILED_DURING_PROFILE_FITTING: done & ~fit & params.profile_fitting,
        Flag.IN_POWDER_RING: sums.uneven | (params.ice_rings & on_ice_ring(predicted["d"])),
    }
    flags = predicted["flags"].copy()
    for flag, where in bits.items():
        flags |= np.where(where, np.uint64(flag), np.uint64(0))
    return flags


def _centroids(experiment: Experiment, predicted: Reflections, sums: Sums) -> tuple[np.ndarray, np.ndarray]:
    """Centroids (N, 3) and variances of the foreground above background; the prediction where that is not sound.

    None lies outside the first and last image's centres: DIALS takes batches and the smoothers' range from it.
    """
    value, width = sums.moments[:, :3], sums.moments[:, 3:]
    intensity, variance = sums.total[:, 0], sums.total[:, 1]
    sound = (intensity > 3 * np.sqrt(variance)) & (intensity > 0) & (width >= 0).all(axis=1) & (value != 0).any(axis=1)
    value = np.where(sound[:, None], value, predicted["xyzcal.px"])
    first, last = experiment.needed_scan.array_range
    value[:, 2] = value[:, 2].clip(first + 0.5, last - 0.5)
    noise = variance / np.maximum(intensity, 1) ** 2  # 1 / I for a spot without background
    variance = np.where(sound[:, None], (np.maximum(width, 0) + 1 / 12) * noise[:, None], 1.0)
    return value, variance


def tabulate(
    experiment: Experiment, predicted: Reflections, measured: Measured, placed: Placed, imageset: int,
    params: IntegrateParams,
) -> Reflections:  # fmt: skip
    """The integrated reflections of one experiment from its ``predicted`` ones and what was measured.

    Profile-fitted intensities are of the whole reflection, summed ones of the part that the scan recorded (to be
    divided by ``partiality``), as DIALS 3.12 writes them. Where a fit failed its intensity is 0 with variance -1.
    """
    sums, fitted = measured.sums, measured.fitted
    panel, n = predicted["panel"].astype(np.intp), len(predicted)
    part = fitted[:, 4]
    xyz, xyz_variance = _centroids(experiment, predicted, sums)
    width = np.deg2rad(abs(experiment.needed_scan.oscillation[1]))
    scale = np.column_stack([experiment.detector.pixel_sizes[panel], np.full(n, width)])
    mm = np.column_stack(
        [experiment.detector.pixel_to_mm(panel, xyz[:, :2]), np.deg2rad(experiment.needed_scan.phi_at(xyz[:, 2]))]
    )
    qe = quantum_efficiency(experiment, panel, predicted["s1"])
    flags = _flags(predicted, measured, params)
    fits = (flags & np.uint64(Flag.INTEGRATED_PRF)) != 0  # of little that was recorded a fit says nothing, and a lot
    return predicted.with_columns(
        {
            "imageset_id": np.full(n, imageset),
            "flags": flags,
            "bbox": placed.boxes.bbox,
            "xyzobs.px.value": xyz,
            "xyzobs.px.variance": xyz_variance,
            "xyzobs.mm.value": mm,
            "xyzobs.mm.variance": xyz_variance * scale**2,
            "intensity.sum.value": sums.total[:, 0],
            "intensity.sum.variance": sums.total[:, 1],
            "intensity.prf.value": np.where(fits, fitted[:, 0], 0.0),
            "intensity.prf.variance": np.where(fits, fitted[:, 1], -1.0),
            "background.mean": sums.background[:, 0],
            "background.sum.value": sums.total[:, 2],
            "background.sum.variance": sums.total[:, 3],
            "background.dispersion": sums.background[:, 3],
            "background.mse": sums.background[:, 4],
            "partiality": part,
            "zeta": placed.zeta,
            "lp": lorentz_polarisation(experiment, predicted["s1"]),
            "qe": qe,
            "num_pixels.valid": sums.count("valid"),
            "num_pixels.background": sums.count("background"),
            "num_pixels.background_used": sums.count("background_used"),
            "num_pixels.foreground": sums.count("foreground"),
            "profile.correlation": fitted[:, 2],
            "profile.rmsd": fitted[:, 3],
        }
    )


def count_unmeasured(table: Reflections, measured: Measured, placed: Placed, params: IntegrateParams) -> dict[str, int]:
    """How many of the integrated ``table`` have neither a sum nor a fit, by each reason that occurs.

    measured, placed: of the same N reflections.
    """
    count, left = measured.sums.count, ~table.has(Flag.INTEGRATED_SUM | Flag.INTEGRATED_PRF)
    part = table["partiality"]
    reasons = {
        "near the spindle": np.abs(placed.zeta) < params.min_zeta,
        "overloaded": count("overloaded") > 0,
        "cut by the panel's edge": count("off") > 0,
        "masked": count("bad") > 0,
        "too little background": count("background_used") == 0,
        "neighbours' pixels": (count("lost") > 0) | (measured.told == 0),
        "cut by the scan's end": part < WHOLE,
        "no fit": np.ones(len(table), bool),
    }
    counts = {}
    for reason, holds in reasons.items():
        counts[reason] = int((left & holds).sum())
        left = left & ~holds
    return {reason: n for reason, n in counts.items() if n}


_OF_SPOTS = np.uint64(Flag.INDEXED | Flag.STRONG | Flag.USED_IN_REFINEMENT)
"""What a reflection keeps of the spot that it was predicted from."""


def with_flags_of_spots(table: Reflections, spots: Reflections) -> Reflections:
    """The integrated table in which reflections that were seen as indexed spots have the flags of these.

    INDEXED, STRONG and USED_IN_REFINEMENT, of spots that are no outliers: those of the same lattice, index and crossing
    of the Ewald sphere, and of several turns at the nearest angle. Programs ask for strong or indexed ones by them.
    """
    if not len(table) or "entering" not in spots:
        return table
    used = spots.has(Flag.INDEXED) & ~spots.has(Flag.CENTROID_OUTLIER) & (spots["id"] >= 0)
    spots = spots.select(used & (spots["miller_index"] != 0).any(axis=1))
    keys, wanted = _crossing_keys(table), _crossing_keys(spots)
    phi, near = table["xyzcal.mm"][:, 2], spots["xyzcal.mm"][:, 2]
    order = np.lexsort((phi, keys))
    first, end = (np.searchsorted(keys[order], wanted, side) for side in ("left", "right"))
    flags = table["flags"].copy()
    for turn in range(int((end - first).max(initial=0))):  # one, of scans of up to a turn
        there = np.flatnonzero(first + turn < end)
        row = order[first[there] + turn]
        nearest = np.abs(phi[row] - near[there]) < np.pi
        np.bitwise_or.at(flags, row[nearest], spots["flags"][there[nearest]] & _OF_SPOTS)
    return table.with_columns({"flags": flags})


def _crossing_keys(table: Reflections) -> np.ndarray:
    """(N,) int64, one for each lattice, index and crossing: entering or leaving."""
    h, k, l = table["miller_index"].astype(np.int64).T + (1 << 13)
    return (table["id"].astype(np.int64) << 43) | (h << 29) | (k << 15) | (l << 1) | table["entering"]
