"""Choose, correct and describe observations for another program; the files are written by ``gnomon.io``."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.data_sets.data_set import (
    common_data_set,
    grouped_wavelengths,
    integrated_intensities,
    scaled_intensities,
)
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.unmerged import UnmergedData
from gnomon.step import Result, require_columns, require_crystals, require_intensities
from gnomon.steps.export.params import ExportParams
from gnomon.steps.export.summary import ExportSummary

SEVERAL_WAVELENGTHS = ("mtz", "xds_ascii")
"""Formats of which one file holds a data set for each wavelength."""

_SCALED = ("intensity.scale.value", "intensity.scale.variance", "inverse_scale_factor")


def export(
    experiments: Experiments,
    reflections: Reflections,
    params: ExportParams,
) -> Result[ExportSummary, UnmergedData]:
    """The inputs unchanged; the product is what is to be written.

    Raises InputError where nothing can be exported, or the experiments are no one data set.
    """
    require_crystals("export", experiments)
    scaled = params.intensity == "scale" or (params.intensity == "auto" and all(c in reflections for c in _SCALED))
    require_columns("export", reflections, ("miller_index", "id", "flags", *(_SCALED if scaled else ())))
    if not scaled:
        require_intensities("export", reflections)
    wavelengths, which = grouped_wavelengths([e.beam.wavelength for e in experiments], params.wavelength_tolerance)
    several = len(wavelengths) > 1 and params.format in SEVERAL_WAVELENGTHS
    data_set = common_data_set(experiments, np.inf if several else params.wavelength_tolerance)
    values = _scaled(reflections) if scaled else _integrated(reflections, params.intensity)
    measured, inside = _choose(reflections, values, data_set.cell, params)
    rows = np.flatnonzero(measured & inside)
    if not len(rows):
        raise InputError(f"none of {len(reflections)} reflections can be exported; integrate or scale them first")
    columns = {**values, **_described(experiments, reflections)}
    chosen: dict[str, Any] = {name: array[rows] for name, array in columns.items()}
    unmerged = UnmergedData(
        experiments=experiments,
        cell=data_set.cell,
        hall_symbol=data_set.hall_symbol,
        wavelength=data_set.wavelength,
        scaled=scaled,
        wavelengths=tuple(wavelengths) if several else (),
        wavelength_of=tuple(which) if several else (),
        row=rows,
        **chosen,
    )
    return Result(experiments, reflections, _summary(unmerged, measured, inside, params.format), unmerged)


def _summary(unmerged: UnmergedData, measured: np.ndarray, inside: np.ndarray, file_format: str) -> ExportSummary:
    """What is written, of reflections that are ``measured`` (N,) and ``inside`` (N,) the limits."""
    return ExportSummary(
        format=file_format,
        n_read=len(measured),
        n_unmeasured=int((~measured).sum()),
        n_outside=int((measured & ~inside).sum()),
        n_observations=len(unmerged),
        n_sweeps=len(unmerged.experiments),
        scaled=unmerged.scaled,
        both=unmerged.profile is not None,
        wavelengths=tuple(map(float, unmerged.wavelengths)),
    )


def _scaled(reflections: Reflections) -> dict[str, np.ndarray]:
    _, intensity, variance = scaled_intensities(reflections)
    values = {"intensity": intensity, "sigma": np.sqrt(variance), "scale": reflections["inverse_scale_factor"]}
    if "inverse_scale_factor_variance" in reflections:
        values["scale_sigma"] = np.sqrt(np.maximum(reflections["inverse_scale_factor_variance"], 0))
    return values


def _integrated(reflections: Reflections, choice: str) -> dict[str, np.ndarray]:
    """Summed intensity with the profile-fitted one beside it, or the one that is there, or was asked for."""
    has_profile, has_sum = ("intensity.prf.value" in reflections, "intensity.sum.value" in reflections)
    if choice == "profile" and not has_profile:
        raise InputError("there are no profile-fitted intensities; export intensity=sum instead")
    if choice == "sum" and not has_sum:
        raise InputError("there are no summed intensities; export intensity=profile instead")
    kind = "prf" if choice == "profile" or not has_sum else "sum"
    intensity, variance = integrated_intensities(reflections, kind)
    values = {"intensity": intensity, "sigma": np.sqrt(variance)}
    if choice == "auto" and has_profile and has_sum:
        profile, variance = integrated_intensities(reflections, "prf")
        values |= {"profile": profile, "profile_sigma": np.sqrt(variance)}
    return values


def _choose(
    reflections: Reflections, values: dict[str, np.ndarray], cell: np.ndarray, params: ExportParams
) -> tuple[np.ndarray, np.ndarray]:
    """(N,) bool: rows that are measured, and rows within the limits."""
    measured = np.isfinite(values["intensity"]) & (reflections["id"] >= 0)
    measured &= (reflections["miller_index"] != 0).any(axis=1)
    if "profile" in values:
        measured &= np.isfinite(values["profile"])
    d = d_spacing(reflections["miller_index"], cell)
    inside = (d >= (params.d_min or 0)) & (d <= (params.d_max or np.inf))
    if "partiality" in reflections:
        inside &= reflections["partiality"] >= params.partiality_threshold
    with np.errstate(invalid="ignore"):
        inside &= values["intensity"] >= params.min_isigi * values["sigma"]
    return measured, inside


_COLUMNS = {
    "background": "background.sum.value",
    "partiality": "partiality",
    "lp": "lp",
    "correlation": "profile.correlation",
}
"""Field of UnmergedData: column of the table."""


def _described(experiments: Experiments, reflections: Reflections) -> dict[str, np.ndarray]:
    """Where and how each was measured, as far as the table says."""
    predicted = reflections["xyzcal.px" if "xyzcal.px" in reflections else "xyzobs.px.value"]
    observed = reflections.get("xyzobs.px.value", predicted)
    columns = {
        "hkl": reflections["miller_index"],
        "experiment": reflections["id"].astype(np.intp),
        "image": np.zeros(len(reflections), int),
        "phi": np.zeros(len(reflections)),
        "xyz": observed,
        **{field: reflections[name] for field, name in _COLUMNS.items() if name in reflections},
    }
    for name in ("qe", "dqe"):
        if name in reflections:
            columns.setdefault("qe", reflections[name])
    if "background.sum.variance" in reflections:
        columns["background_sigma"] = np.sqrt(np.maximum(reflections["background.sum.variance"], 0))
    for i, e in enumerate(experiments):
        rows = reflections.by_experiment()[i]
        first, last = (1, 1) if e.scan is None else e.scan.image_range
        columns["image"][rows] = np.clip(np.floor(observed[rows, 2]).astype(int) + 1, first, last)
        if e.scan is not None:
            columns["phi"][rows] = e.scan.phi_at(predicted[rows, 2])
    return columns
