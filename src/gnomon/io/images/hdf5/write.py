"""Images into HDF5 files as beamlines write them: headers of NXmx and of DECTRIS FileWriter 1, then pixels.

In single files, data files behind links, or virtual data sets.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin
import numpy as np

from gnomon.io.images.hdf5.axes import IMGCIF
from gnomon.models.beam import Beam
from gnomon.models.detector import Panel

COMPRESSIONS = ("bslz4", "bszstd", "lz4", "gzip", "none")
LAYOUTS = ("single", "links", "virtual")


def filters(compression: str) -> Mapping[str, Any]:
    """The arguments of ``create_dataset`` for one of COMPRESSIONS."""
    if compression in ("bslz4", "bszstd"):
        return dict(hdf5plugin.Bitshuffle(cname="lz4" if compression == "bslz4" else "zstd"))
    if compression == "lz4":
        return dict(hdf5plugin.LZ4())
    return {"compression": "gzip", "compression_opts": 1} if compression == "gzip" else {}


@dataclass(frozen=True)
class Layout:
    """How pixels are kept: bits a pixel, packing, and in which files."""

    bits: int = 32
    compression: str = "bslz4"
    files: str = "links"  # of LAYOUTS
    per_file: int = 100  # images


class StackWriter:
    """Takes images in any order, from any thread; ``finish`` ties the files together under ``entry/data``."""

    def __init__(self, master: h5py.File, n_images: int, shape: tuple[int, int], layout: Layout) -> None:
        self._master, self._layout, self._n, self._shape = master, layout, n_images, shape
        self._dtype = np.dtype(f"u{layout.bits // 8}")
        self._lock = threading.Lock()
        group = master.require_group("entry/data")
        group.attrs["NX_class"], group.attrs["signal"] = np.bytes_("NXdata"), np.bytes_("data")
        single = layout.files == "single"
        step = n_images if single else layout.per_file
        starts = range(0, n_images, step)
        self._step = step
        self._sets = [self._create(i, min(step, n_images - start), single) for i, start in enumerate(starts, 1)]

    def _path(self, i: int) -> Path:
        master = Path(self._master.filename)
        return master.with_name(f"{master.stem.removesuffix('_master')}_data_{i:06d}.h5")

    def _create(self, i: int, count: int, single: bool) -> h5py.Dataset:
        file = self._master if single else h5py.File(self._path(i), "w")
        return file.create_dataset(
            "entry/data/data",
            (count, *self._shape),
            self._dtype,
            chunks=(1, *self._shape),
            **filters(self._layout.compression),
        )

    def write(self, number: int, image: np.ndarray) -> None:
        """Image ``number`` (from 1); negative pixels, which have no value, become the largest number."""
        none = np.iinfo(self._dtype).max
        counts = np.where(image < 0, none, np.minimum(image.astype(np.int64), none - 1)).astype(self._dtype)
        file, place = divmod(number - 1, self._step)
        with self._lock:
            self._sets[file][place] = counts

    def finish(self) -> None:
        """Links or the virtual data set in the master; closes the data files."""
        group, files = self._master["entry/data"], self._layout.files
        if files == "virtual":
            whole = h5py.VirtualLayout((self._n, *self._shape), self._dtype)
            for i, data in enumerate(self._sets):
                source = h5py.VirtualSource(self._path(i + 1).name, "entry/data/data", data.shape)
                whole[i * self._step : i * self._step + data.shape[0]] = source
            group.create_virtual_dataset("data", whole, fillvalue=np.iinfo(self._dtype).max)
        for i, data in enumerate(self._sets, 1):
            if files == "links":
                group[f"data_{i:06d}"] = h5py.ExternalLink(self._path(i).name, "entry/data/data")
            if files != "single":
                data.file.close()


@dataclass(frozen=True)
class Turn:
    """A goniometer axis, listed from crystal to laboratory: direction (ours), angle of each image or of all."""

    name: str
    vector: np.ndarray
    angles: np.ndarray
    width: float = 0.0  # during an image, degrees


@dataclass(frozen=True)
class MasterHeader:
    """What a master file says: a flat panel, the axes, times, which pixels are bad (slow, fast)."""

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


def _detector(file: h5py.File, header: MasterHeader) -> h5py.Group:
    """What both kinds of file have."""
    entry = _group(file, "entry", "NXentry")
    instrument = _group(entry, "instrument", "NXinstrument")
    beam = _group(instrument, "beam", "NXbeam")
    _put(beam, "incident_wavelength", header.beam.wavelength, units="angstrom")
    group = _group(instrument, "detector", "NXdetector")
    panel = header.panel
    centre = np.array([-panel.origin[0], panel.origin[1]]) / panel.pixel_size
    for i, axis in enumerate("xy"):
        _put(group, f"{axis}_pixel_size", panel.pixel_size[i] * 1e-3, units="m")
        _put(group, f"beam_center_{axis}", centre[i], units="pixel")
    _put(group, "sensor_material", panel.material)
    _put(group, "sensor_thickness", panel.thickness * 1e-3, units="m")
    _put(group, "count_time", header.exposure_time, units="s")
    _put(group, "frame_time", header.exposure_time, units="s")
    _put(group, "description", "Dectris Eiger, simulated by gnomon")
    _put(group, "detector_number", "00-0000")
    _put(group, "bit_depth_image", header.bits)
    specific = _group(group, "detectorSpecific", "NXcollection")
    _put(specific, "countrate_correction_count_cutoff", np.uint32(panel.trusted_range[1]))
    for axis, size in zip("xy", panel.image_size):
        _put(specific, f"{axis}_pixels_in_detector", np.uint32(size))
    _put(specific, "nimages", np.uint32(header.n_images))
    _put(specific, "ntrigger", np.uint32(1))
    return group


def write_nxmx(file: h5py.File, header: MasterHeader) -> None:
    """All that NXmx asks for but the data: Bernstein et al. (2020), IUCrJ 7, 784."""
    group = _detector(file, header)
    entry = file["entry"]
    entry.attrs["default"] = _fixed("data")
    _put(entry, "definition", "NXmx")
    _put(entry, "start_time", "2026-01-01T00:00:00Z")
    _put(entry, "end_time_estimated", "2026-01-01T01:00:00Z")
    _put(entry["instrument"], "name", "gnomon simulation")
    _put(_group(entry, "source", "NXsource"), "name", "gnomon simulation")
    _put(group, "distance", -header.panel.origin[2] * 1e-3, units="m")
    _put(group, "saturation_value", np.int64(header.panel.trusted_range[1]))
    _put(group, "pixel_mask", header.bad.astype(np.uint32))
    _module(group, header.panel)
    _sample(entry, header.axes)


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


def write_eiger(file: h5py.File, header: MasterHeader) -> None:
    """As FileWriter 1 had it: no directions, one angle omega an image, all that is of the detector its own."""
    group = _detector(file, header)
    _put(group, "detector_distance", -header.panel.origin[2] * 1e-3, units="m")
    _put(group["detectorSpecific"], "pixel_mask", header.bad.astype(np.uint32))
    geometry = _group(group, "geometry", "NXgeometry")
    corner = header.panel.origin * [-1.0, 1.0, 1.0] * 1e-3
    _put(_group(geometry, "translation", "NXtranslation"), "distances", corner.astype(np.float32))
    directions = np.array([*header.panel.fast_axis, *header.panel.slow_axis]) * [-1, 1, 1, -1, 1, 1] + 0.0
    _put(_group(geometry, "orientation", "NXorientation"), "value", directions.astype(np.float32))
    sample = _group(_group(file["entry"], "sample", "NXsample"), "goniometer", "NXtransformations")
    for axis in header.axes:
        _put(sample, axis.name, axis.angles, units="degree")
        _put(sample, f"{axis.name}_end", axis.angles + axis.width, units="degree")
        _put(sample, f"{axis.name}_increment", axis.width, units="degree")
        _put(sample, f"{axis.name}_range_average", axis.width, units="degree")
        _put(sample, f"{axis.name}_range_total", axis.width * len(axis.angles), units="degree")


_HEADERS = {"nxmx": write_nxmx, "eiger": write_eiger}


class Recording:
    """A master file of a kind (nxmx or eiger), and its data files; complete once ``finish`` was called."""

    def __init__(self, path: Path, kind: str, header: MasterHeader, layout: Layout) -> None:
        self._master = h5py.File(path, "w")
        _HEADERS[kind](self._master, header)
        self._stack = StackWriter(self._master, header.n_images, header.panel.image_size[::-1], layout)

    def write(self, number: int, image: np.ndarray) -> None:
        """Image ``number`` (from 1), (slow, fast) int32; negative pixels have no value. Any order, any thread."""
        self._stack.write(number, image)

    def finish(self) -> None:
        """Ties the data to the master and closes all files."""
        self._stack.finish()
        self._master.close()
