"""NeXus files of processed data: NXmx for the experiments, NXreflections for what was measured.

The definitions are those of manual.nexusformat.org (NXmx, NXreflections, NXtransformations). Vectors are in the frame
of NeXus: z along the beam, y as near to ours as that allows, x = y x z.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import h5py
import numpy as np

from gnomon.io.atomic import atomic_path
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.geometry.frames import frame_along
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.models.detector import Panel
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections


@dataclass(frozen=True)
class Names:
    """What the places are called, in full and in short."""

    instrument_name: str = "Unknown"
    instrument_short_name: str = "Unknown"
    source_name: str = "Unknown"
    source_short_name: str = "Unknown"


_FEATURES = np.array([6, 7], np.uint64)
"""Of NeXus' registry of features: NXmx of processed data, and NXreflections; DIALS reads a file by them."""

_SCALARS = {
    "background.mean": ("background_mean", "the mean background of a pixel", ""),
    "d": ("d", "the resolution", "angstrom"),
    "entering": ("entering", "entering or leaving the Ewald sphere", ""),
    "flags": ("flags", "what was done with it", ""),
    "id": ("id", "the number of the experiment", ""),
    "intensity.prf.value": ("int_prf", "the profile-fitted intensity", ""),
    "intensity.prf.variance": ("int_prf_var", "the variance of the profile-fitted intensity", ""),
    "intensity.sum.value": ("int_sum", "the summed intensity", ""),
    "intensity.sum.variance": ("int_sum_var", "the variance of the summed intensity", ""),
    "lp": ("lp", "the correction for the Lorentz factor and polarisation", ""),
    "num_pixels.background": ("num_bg", "pixels of background", ""),
    "num_pixels.background_used": ("num_bg_used", "pixels of background that were used", ""),
    "num_pixels.foreground": ("num_fg", "pixels of the peak", ""),
    "num_pixels.valid": ("num_valid", "pixels that count", ""),
    "panel": ("det_module", "the number of the detector's module", ""),
    "partiality": ("partiality", "the recorded part of the reflection", ""),
    "profile.correlation": ("prf_cc", "correlation with the reference profile", ""),
}
"""Column: the field of NXreflections, its meaning, its unit."""

_TRIPLES = {
    "miller_index": (("h", "k", "l"), ("", "", "")),
    "xyzcal.px": (("predicted_px_x", "predicted_px_y", "predicted_frame"), ("", "", "")),
    "xyzcal.mm": (("predicted_x", "predicted_y", "predicted_phi"), ("mm", "mm", "rad")),
    "xyzobs.px.value": (("observed_px_x", "observed_px_y", "observed_frame"), ("", "", "")),
    "xyzobs.px.variance": (("observed_px_x_var", "observed_px_y_var", "observed_frame_var"), ("", "", "")),
    "xyzobs.mm.value": (("observed_x", "observed_y", "observed_phi"), ("mm", "mm", "rad")),
    "xyzobs.mm.variance": (("observed_x_var", "observed_y_var", "observed_phi_var"), ("mm", "mm", "rad")),
}
"""Column of three: the fields of NXreflections, and their units."""


def write_nexus(
    path: str | os.PathLike[str], experiments: Experiments, reflections: Reflections, names: Names | None = None
) -> str:
    """Write both; returns what to tell of columns that NXreflections has no field for."""
    left = [name for name in reflections if name not in {*_SCALARS, *_TRIPLES, "bbox"}]
    with atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["default"] = "entry"
        entry = _group(file, "entry", "NXentry")
        entry["features"] = _FEATURES
        entry["program_name"] = "gnomon export"
        for number, e in enumerate(experiments):
            _experiment(entry, f"experiment_{number}", e, names or Names())
        _reflections(entry, experiments, reflections)
    return f"columns that NXreflections does not have: {', '.join(sorted(left))}" if left else ""


def _group(parent: h5py.Group, name: str, kind: str) -> h5py.Group:
    group = parent.create_group(name)
    group.attrs["NX_class"] = kind
    return group


def _field(parent: h5py.Group, name: str, value: object, **attributes: object) -> None:
    """A field with those attributes that are not empty."""
    parent[name] = value
    for key, one in attributes.items():
        if not (isinstance(one, str) and not one):
            parent[name].attrs[key] = one


def _reflections(entry: h5py.Group, experiments: Experiments, table: Reflections) -> None:
    """NXreflections: a field each number of a row."""
    group = _group(entry, "reflections", "NXreflections")
    _field(group, "experiments", [f"/entry/experiment_{i}".encode() for i in range(len(experiments))])
    _field(group, "reflection_id", np.arange(len(table)), description="the row of the table")
    for column, (name, meaning, unit) in _SCALARS.items():
        if column in table:
            values = table[column]
            values = values.astype(np.int8) if values.dtype == bool else values
            _field(group, name, values, description=meaning, units=unit)
    for column, (fields, units) in _TRIPLES.items():
        if column in table:
            for i, (name, unit) in enumerate(zip(fields, units)):
                _field(group, name, table[column][:, i], description=f"{column}, {'xyz'[i]}", units=unit)
    if "bbox" in table:
        _field(group, "bounding_box", table["bbox"], description="x0, x1, y0, y1, z0, z1, half-open")


def nexus_frame(e: Experiment) -> np.ndarray:
    """(3, 3), rows: x, y, z of NeXus in our laboratory."""
    z, y, minus_x = frame_along(-e.beam.direction, np.array([0.0, 1.0, 0.0]))
    return np.array([-minus_x, y, z])


def _experiment(entry: h5py.Group, name: str, e: Experiment, names: Names) -> None:
    """NXmx of one experiment."""
    group = _group(entry, name, "NXsubentry")
    _field(group, "definition", "NXmx", version=1)
    _field(group, "title", e.identifier or name)
    frame = nexus_frame(e)
    instrument = _group(group, "instrument", "NXinstrument")
    _field(instrument, "name", names.instrument_name, short_name=names.instrument_short_name)
    _field(_group(group, "source", "NXsource"), "name", names.source_name, short_name=names.source_short_name)
    _beam(_group(instrument, "beam", "NXbeam"), e, frame)
    _detector(_group(instrument, "detector", "NXdetector"), e, frame)
    sample = _group(group, "sample", "NXsample")
    _field(sample, "name", e.identifier or name)
    sample["beam"] = h5py.SoftLink(f"{instrument.name}/beam")
    _goniometer(sample, e, frame)
    if e.crystal is not None:
        _crystal(sample, e, frame)


def _beam(group: h5py.Group, e: Experiment, frame: np.ndarray) -> None:
    """Wavelength and Stokes vector: I, Q along x, U along x = y, V."""
    _field(group, "incident_wavelength", e.beam.wavelength, units="angstrom")
    field = frame @ np.cross(e.beam.polarization_normal, e.beam.direction)
    angle, degree = 2 * np.arctan2(field[1], field[0]), 2 * e.beam.polarization_fraction - 1
    stokes = np.array([1.0, degree * np.cos(angle), degree * np.sin(angle), 0.0])
    _field(group, "incident_polarization_stokes", stokes)


def _axis(group: h5py.Group, name: str, value: object, kind: str, vector: np.ndarray, units: str, on: str) -> str:
    """A transformation of NXtransformations; its path."""
    _field(group, name, value, transformation_type=kind, vector=vector, units=units, depends_on=on)
    group[name].attrs["offset"] = np.zeros(3)
    return f"{group.name}/{name}"


def _detector(group: h5py.Group, e: Experiment, frame: np.ndarray) -> None:
    """A module each panel: where its first pixel begins, and a step along each side."""
    _field(group, "depends_on", ".")
    for i, (panel, axes) in enumerate(zip(e.detector.panels, e.detector.frames)):
        _module(_group(group, f"module{i}", "NXdetector_module"), panel, frame @ axes)
    first = e.detector.panels[0]
    _field(group, "description", first.name)
    _field(group, "type", first.type)
    _field(group, "sensor_material", first.material)
    _field(group, "sensor_thickness", first.thickness, units="mm")
    _field(group, "underload_value", first.trusted_range[0])
    _field(group, "saturation_value", first.trusted_range[1])


def _module(group: h5py.Group, panel: Panel, axes: np.ndarray) -> None:
    """axes: (3, 3), columns fast, slow, origin in mm."""
    fast, slow, origin = axes.T
    _field(group, "data_origin", np.array(panel.raw_image_offset[::-1]))
    _field(group, "data_size", np.array(panel.image_size[::-1]))
    far = float(np.linalg.norm(origin))
    on = _axis(group, "module_offset", far, "translation", origin / far, "mm", ".")
    _axis(group, "fast_pixel_direction", panel.pixel_size[0], "translation", fast, "mm", on)
    _axis(group, "slow_pixel_direction", panel.pixel_size[1], "translation", slow, "mm", on)


def _goniometer(sample: h5py.Group, e: Experiment, frame: np.ndarray) -> None:
    """The rotation at the start of each image about the axis of the laboratory: S and F are in the orientation."""
    if e.scan is None or e.goniometer is None:
        _field(sample, "depends_on", ".")
        return
    group = _group(sample, "transformations", "NXtransformations")
    start, width = e.scan.oscillation
    angles = start + width * np.arange(e.scan.n_images)
    on = _axis(group, "phi", angles, "rotation", frame @ e.goniometer.lab_axis, "deg", ".")
    _field(group, "phi_increment_set", width, units="deg")
    _field(sample, "depends_on", on)


def _crystal(sample: h5py.Group, e: Experiment, frame: np.ndarray) -> None:
    """Cell, U and UB (1/Å, Busing & Levy 1967) at angle 0; at each edge of an image where they vary along the scan."""
    crystal = e.needed_crystal
    turned = frame if e.goniometer is None else frame @ e.goniometer.setting_rotation @ e.goniometer.fixed_rotation
    points = crystal.A[None] if crystal.A_at_scan_points is None else crystal.A_at_scan_points
    cells, B = cell_from_a_matrix(points), np.array([b_matrix(cell) for cell in cell_from_a_matrix(points)])
    units = {"length_units": "angstrom", "angles_units": "deg"}
    _field(sample, "unit_cell_group", space_group(crystal.hall_symbol).xhm())
    _field(sample, "unit_cell", cells, **units)
    _field(sample, "orientation_matrix", turned @ points @ np.linalg.inv(B))
    _field(sample, "ub_matrix", turned @ points, units="1/angstrom")
    _field(sample, "average_unit_cell", crystal.cell, **units)
    average = turned @ crystal.A @ np.linalg.inv(b_matrix(crystal.cell))
    _field(sample, "average_orientation_matrix", average)
