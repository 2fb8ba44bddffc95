"""Headers of HDF5 image files, written as NXmx has them and as DECTRIS FileWriter 1 did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from gnomon.io.images.hdf5.transformations import IMGCIF
from gnomon.models.beam import Beam
from gnomon.models.detector import Panel


@dataclass(frozen=True)
class Turn:
    """A goniometer axis, listed from crystal to laboratory: direction (ours), angle of each image or of all."""

    name: str
    vector: np.ndarray
    angles: np.ndarray
    width: float = 0.0  # during an image, degrees


@dataclass(frozen=True)
class Told:
    """What a master file tells: a flat panel, the axes, times, which pixels are bad (slow, fast)."""

    beam: Beam
    panel: Panel
    axes: Sequence[Turn]
    exposure_time: float
    bad: np.ndarray
    n_images: int
    bits: int = 32


def _put(group: h5py.Group, name: str, value: Any, **attributes: Any) -> h5py.Dataset:
    field = group.create_dataset(name, data=_fixed(value))
    field.attrs.update({key: _fixed(attribute) for key, attribute in attributes.items()})
    return field


def _fixed(value: Any) -> Any:
    """Text as of fixed length: what DECTRIS writes, and older readers ask for."""
    return np.bytes_(value.encode()) if isinstance(value, str) else value


def _group(parent: h5py.Group, name: str, nx_class: str) -> h5py.Group:
    group = parent.require_group(name)
    group.attrs["NX_class"] = _fixed(nx_class)
    return group


def _detector(file: h5py.File, told: Told) -> h5py.Group:
    """What both kinds of file have."""
    entry = _group(file, "entry", "NXentry")
    instrument = _group(entry, "instrument", "NXinstrument")
    beam = _group(instrument, "beam", "NXbeam")
    _put(beam, "incident_wavelength", told.beam.wavelength, units="angstrom")
    group = _group(instrument, "detector", "NXdetector")
    panel = told.panel
    centre = np.array([-panel.origin[0], panel.origin[1]]) / panel.pixel_size
    for i, axis in enumerate("xy"):
        _put(group, f"{axis}_pixel_size", panel.pixel_size[i] * 1e-3, units="m")
        _put(group, f"beam_center_{axis}", centre[i], units="pixel")
    _put(group, "sensor_material", panel.material)
    _put(group, "sensor_thickness", panel.thickness * 1e-3, units="m")
    _put(group, "count_time", told.exposure_time, units="s")
    _put(group, "frame_time", told.exposure_time, units="s")
    _put(group, "description", "Dectris Eiger, simulated by gnomon")
    _put(group, "detector_number", "00-0000")
    _put(group, "bit_depth_image", told.bits)
    specific = _group(group, "detectorSpecific", "NXcollection")
    _put(specific, "countrate_correction_count_cutoff", np.uint32(panel.trusted_range[1]))
    for axis, size in zip("xy", panel.image_size):
        _put(specific, f"{axis}_pixels_in_detector", np.uint32(size))
    _put(specific, "nimages", np.uint32(told.n_images))
    _put(specific, "ntrigger", np.uint32(1))
    return group


def write_nxmx(file: h5py.File, told: Told) -> None:
    """All that NXmx asks for but the data: Bernstein et al. (2020), IUCrJ 7, 784."""
    group = _detector(file, told)
    entry = file["entry"]
    entry.attrs["default"] = _fixed("data")
    _put(entry, "definition", "NXmx")
    _put(entry, "start_time", "2026-01-01T00:00:00Z")
    _put(entry, "end_time_estimated", "2026-01-01T01:00:00Z")
    _put(entry["instrument"], "name", "gnomon simulation")
    _put(_group(entry, "source", "NXsource"), "name", "gnomon simulation")
    _put(group, "distance", -told.panel.origin[2] * 1e-3, units="m")
    _put(group, "saturation_value", np.int64(told.panel.trusted_range[1]))
    _put(group, "pixel_mask", told.bad.astype(np.uint32))
    _module(group, told.panel)
    _sample(entry, told.axes)


def _module(group: h5py.Group, panel: Panel) -> None:
    """The detector moved along the beam, then the module's corner in the plane; all in the frame of NeXus."""
    _put(group, "depends_on", f"{group.name}/transformations/det_z")
    moves = _group(group, "transformations", "NXtransformations")
    away = np.array([0.0, 0.0, 1.0])
    distance, corner = -panel.origin[2], np.array([*panel.origin[:2], 0.0]) * IMGCIF
    _axis(moves, "det_z", distance, "mm", "translation", away, ".")
    module = _group(group, "module", "NXdetector_module")
    _put(module, "data_origin", np.array([0, 0]))
    _put(module, "data_size", np.array(panel.image_size[::-1]))
    _axis(module, "module_offset", 0.0, "mm", "translation", away, f"{moves.name}/det_z")
    module["module_offset"].attrs.update(offset=corner, offset_units="mm")
    for i, (name, axis) in enumerate((("fast", panel.fast_axis), ("slow", panel.slow_axis))):
        under = f"{module.name}/module_offset"
        size = panel.pixel_size[i]
        _axis(module, f"{name}_pixel_direction", size, "mm", "translation", axis * IMGCIF, under)


def _sample(entry: h5py.Group, axes: Sequence[Turn]) -> None:
    sample = _group(entry, "sample", "NXsample")
    turns = _group(sample, "transformations", "NXtransformations")
    names = [axis.name for axis in axes]
    _put(sample, "depends_on", f"{turns.name}/{names[0]}" if names else ".")
    for axis, under in zip(axes, [*(f"{turns.name}/{name}" for name in names[1:]), "."]):
        _axis(turns, axis.name, axis.angles, "deg", "rotation", axis.vector * IMGCIF, under)
        if len(axis.angles) > 1:
            _put(turns, f"{axis.name}_end", axis.angles + axis.width, units="deg")
            _put(turns, f"{axis.name}_increment_set", axis.width, units="deg")


def _axis(group: h5py.Group, name: str, value: Any, units: str, kind: str, vector: np.ndarray, depends_on: str) -> None:
    _put(group, name, value, units=units, transformation_type=kind, vector=vector + 0.0, depends_on=depends_on)


def write_eiger(file: h5py.File, told: Told) -> None:
    """As FileWriter 1 had it: no directions, one angle omega an image, all that is of the detector its own."""
    group = _detector(file, told)
    _put(group, "detector_distance", -told.panel.origin[2] * 1e-3, units="m")
    _put(group["detectorSpecific"], "pixel_mask", told.bad.astype(np.uint32))
    geometry = _group(group, "geometry", "NXgeometry")
    corner = told.panel.origin * [-1.0, 1.0, 1.0] * 1e-3
    _put(_group(geometry, "translation", "NXtranslation"), "distances", corner.astype(np.float32))
    directions = np.array([*told.panel.fast_axis, *told.panel.slow_axis]) * [-1, 1, 1, -1, 1, 1] + 0.0
    _put(_group(geometry, "orientation", "NXorientation"), "value", directions.astype(np.float32))
    sample = _group(_group(file["entry"], "sample", "NXsample"), "goniometer", "NXtransformations")
    for axis in told.axes:
        _put(sample, axis.name, axis.angles, units="degree")
        _put(sample, f"{axis.name}_end", axis.angles + axis.width, units="degree")
        _put(sample, f"{axis.name}_increment", axis.width, units="degree")
        _put(sample, f"{axis.name}_range_average", axis.width, units="degree")
        _put(sample, f"{axis.name}_range_total", axis.width * len(axis.angles), units="degree")
