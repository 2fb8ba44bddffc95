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
from gnomon.maths.geometry.reciprocal_positions import reciprocal_positions
from gnomon.models.experiment import Experiments
from gnomon.models.names import MtzNames
from gnomon.models.reflections import Reflections
from gnomon.models.unmerged import UnmergedData
from gnomon.step import Data, Result, require_columns, require_crystals, require_intensities
from gnomon.steps.export.params import ExportParams
from gnomon.steps.export.summary import ExportSummary

SEVERAL_WAVELENGTHS = ("mtz", "xds_ascii")
"""Formats of which one file holds a data set for each wavelength."""

WHOLE = ("json", "nxs", "pets", "mosflm")
"""Formats of tables as they are, and of experiments alone: nothing is chosen, corrected or scaled."""

UNSCALED = ("sadabs", "pets")
"""What goes to programs that scale, or that take counts."""

_SCALED = ("intensity.scale.value", "intensity.scale.variance", "inverse_scale_factor")


def export(
    experiments: Experiments,
    reflections: Reflections,
    params: ExportParams,
) -> Result[ExportSummary, UnmergedData | Data]:
    """The inputs unchanged; the product is what is to be written: observations, or of some formats the table itself.

    Raises InputError where nothing can be exported, or the experiments are no one data set.
    """
    if params.format in UNSCALED and params.intensity == "scale":
        raise InputError(f"{params.format} takes no scaled intensities; give intensity=sum or profile")
    if params.format in WHOLE:
        return _whole(experiments, reflections, params)
    require_crystals("export", experiments)
    scaled = _is_scaled(reflections, params)
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
        names=MtzNames(params.mtz_crystal_name, params.mtz_project_name),
        **chosen,
    )
    return Result(experiments, reflections, _summary(unmerged, measured, inside, params.format), unmerged)


def _is_scaled(reflections: Reflections, params: ExportParams) -> bool:
    """Whether scaled intensities go out."""
    if params.intensity != "auto" or params.format in UNSCALED:
        return params.intensity == "scale"
    return all(name in reflections for name in _SCALED)


def _whole(
    experiments: Experiments, reflections: Reflections, params: ExportParams
) -> Result[ExportSummary, UnmergedData | Data]:
    """The table within the limits of resolution, as it is."""
    n = len(reflections)
    if params.format != "json":
        require_crystals("export", experiments)
    if params.format in ("nxs", "pets"):
        require_columns("export", reflections, ("miller_index", "id", "flags"))
    kept = reflections
    if params.d_min is not None or params.d_max is not None:
        d = _spacings(experiments, reflections)
        kept = reflections.select((d >= (params.d_min or 0)) & (d <= (params.d_max or np.inf)))
    summary = ExportSummary(
        format=params.format, n_read=n, n_unmeasured=0, n_outside=n - len(kept), n_observations=len(kept),
        n_sweeps=len(experiments), scaled=False, whole=True, both=False, wavelengths=(),
    )  # fmt: skip
    return Result(experiments, reflections, summary, Data(experiments, kept))


def _spacings(experiments: Experiments, reflections: Reflections) -> np.ndarray:
    """(N,) Å, of the indices, else of the place; nan where there is neither."""
    points, _ = reciprocal_positions(experiments, reflections)
    with np.errstate(divide="ignore"):
        found = 1 / np.linalg.norm(points, axis=1)
    if "miller_index" not in reflections:
        return np.asarray(found)
    hkl = reflections["miller_index"]
    for i, e in enumerate(experiments):
        if e.crystal is not None:
            rows = np.flatnonzero((reflections["id"] == i) & (hkl != 0).any(axis=1))
            found[rows] = d_spacing(hkl[rows], e.crystal.cell)
    return np.asarray(found)


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
        whole=False,
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
    "panel": "panel",
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
        "predicted": predicted,
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
