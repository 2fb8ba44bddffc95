"""Models from an NXmx file: Bernstein et al. (2020), IUCrJ 7, 784."""

from __future__ import annotations

import h5py
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.hdf5.detector import asked_for, exposure_of, group_of, has_mask, sensed, valid_range
from gnomon.io.images.hdf5.fields import first_of, numbers, text, wavelength_of
from gnomon.io.images.hdf5.header import Header
from gnomon.io.images.hdf5.sample import sample_axes
from gnomon.io.images.hdf5.scan import Turning, goniometer_of, scan_axis_of, turning_of
from gnomon.io.images.hdf5.transformations import IMGCIF, axis_of, chain, composed
from gnomon.io.images.modules import gap_rectangles
from gnomon.io.images.untold import WAVELENGTH, Telling
from gnomon.io.images.upright import beam_of
from gnomon.models.detector import Detector, Panel


def modules_of(detector: h5py.Group) -> list[h5py.Group]:
    """The groups of the detector that tell where pixels are."""
    groups = (first_of(detector, name) for name in detector)
    return [group for group in groups if isinstance(group, h5py.Group) and "fast_pixel_direction" in group]


def header_of(entry: h5py.Group, group: h5py.Group) -> Header:
    """The models of the entry whose detector is ``group``. Raises InputError that names a missing field."""
    telling = Telling()
    beams = [group_of(entry, place, "NXbeam") for place in ("instrument", "sample", "")]
    beam = beam_of(telling.length(WAVELENGTH, *map(wavelength_of, beams)))
    detector = sensed(Detector(tuple(_panel(m, group, telling) for m in modules_of(group))), group, beam.wavelength)
    sample = first_of(entry, "sample")
    axes = sample_axes(sample, telling) if isinstance(sample, h5py.Group) else []
    turnings = [turning_of(_home(sample, axis.name), axis.name, axis.values) for axis in axes]
    scan_axis = scan_axis_of(turnings)
    return Header(
        beam=beam,
        detector=detector,
        goniometer=goniometer_of(axes, scan_axis),
        turning=turnings[scan_axis] if axes else Turning(np.zeros(1), np.zeros(1)),
        exposure_time=exposure_of(group),
        image_size=_size(detector),
        n_images=asked_for(group),
        untold=telling.untold,
        notes=telling.notes,
    )


def _home(sample: h5py.Group, name: str) -> h5py.Group:
    """The group of the sample that holds the axis, for what DECTRIS files say beside it."""
    homes = [sample, *(child for child in (first_of(sample, n) for n in sample) if isinstance(child, h5py.Group))]
    return next((home for home in homes if name in home), sample)


def _size(detector: Detector) -> tuple[int, int]:
    corners = np.array([np.add(p.raw_image_offset, p.image_size) for p in detector.panels]).max(axis=0)
    return int(corners[1]), int(corners[0])


def _panel(module: h5py.Group, group: h5py.Group, telling: Telling) -> Panel:
    fast_field, slow_field = (_field(module, name) for name in ("fast_pixel_direction", "slow_pixel_direction"))
    fast, slow = axis_of(fast_field), axis_of(slow_field)
    size = [int(n) for n in numbers(_field(module, "data_size"))[-2:]]
    start = [int(n) for n in numbers(module["data_origin"])[-2:]] if "data_origin" in module else [0, 0]
    below = composed(chain(fast_field, text(fast_field.attrs.get("depends_on"))))
    origin = below @ [*fast.offset, 1.0]
    sizes = telling.pixel([float(fast.values[0]), float(slow.values[0])])
    several = len(modules_of(group)) > 1
    return Panel(
        fast_axis=below[:3, :3] @ fast.vector * IMGCIF + 0.0,
        slow_axis=below[:3, :3] @ slow.vector * IMGCIF + 0.0,
        origin=origin[:3] * IMGCIF + 0.0,
        image_size=(size[1], size[0]),
        pixel_size=sizes,
        trusted_range=valid_range(group),
        name=module.name,
        raw_image_offset=(start[1], start[0]) if several else (0, 0),
        mask=() if several or has_mask(group) else gap_rectangles((size[1], size[0])),
    )


def _field(module: h5py.Group, name: str) -> h5py.Dataset:
    found = module.get(name)
    if not isinstance(found, h5py.Dataset):
        raise InputError(f"{module.file.filename}: no {module.name}/{name}; it is needed to know the geometry")
    return found
