"""Models from the master file of a DECTRIS Eiger before it wrote NXmx (FileWriter 1)."""

from __future__ import annotations

import h5py
import numpy as np

from gnomon.io.images.hdf5.detector import asked_for, exposure_of, group_of, sensed, valid_range
from gnomon.io.images.hdf5.fields import first_of, length, number, numbers, wavelength_of
from gnomon.io.images.hdf5.header import Header
from gnomon.io.images.hdf5.scan import increment_of
from gnomon.io.images.modules import gap_rectangles
from gnomon.models.beam import Beam
from gnomon.models.detector import Detector, Panel
from gnomon.models.goniometer import Goniometer
from gnomon.step import InputError


def header_of(entry: h5py.Group, group: h5py.Group) -> Header:
    """The models of the entry whose detector is ``group``. Raises InputError that names a missing field.

    The file gives no directions: the detector stands upright across the beam, fast along +x and slow along -y, and
    the crystal turns about +x, as in the CBF files of the same instruments.
    """
    beam_group = group_of(entry, "instrument", "NXbeam")
    if beam_group is None:
        raise InputError(f"{entry.file.filename}: no beam in entry/instrument; the wavelength is needed")
    beam = Beam(wavelength=wavelength_of(beam_group))
    nx, ny = _image_size(entry, group)
    pixel = length(group, "x_pixel_size"), length(group, "y_pixel_size")
    centre = number(group, "beam_center_x"), number(group, "beam_center_y")
    distance = length(group, "detector_distance", "distance")
    panel = Panel(
        fast_axis=np.array([1.0, 0.0, 0.0]),
        slow_axis=np.array([0.0, -1.0, 0.0]),
        origin=np.array([-centre[0] * pixel[0], centre[1] * pixel[1], -distance]),
        image_size=(nx, ny),
        pixel_size=pixel,
        trusted_range=valid_range(group),
        name=group.name,
        mask=gap_rectangles((nx, ny)),
    )
    detector = sensed(Detector((panel,)), group, beam.wavelength)
    angles, increment = _angles(entry)
    return Header(beam, detector, Goniometer(), angles, increment, exposure_of(group), (ny, nx), asked_for(group))


def _image_size(entry: h5py.Group, group: h5py.Group) -> tuple[int, int]:
    names = ("x_pixels_in_detector", "y_pixels_in_detector")
    fast, slow = (int(number(group, f"detectorSpecific/{name}", name, default=0.0)) for name in names)
    if fast > 0 and slow > 0:
        return fast, slow
    data = first_of(entry, "data/data", "data/data_000001")
    if not isinstance(data, h5py.Dataset) or data.ndim != 3:
        raise InputError(f"{entry.file.filename}: no number of pixels in {group.name}; it is needed for the geometry")
    return data.shape[2], data.shape[1]


def _angles(entry: h5py.Group) -> tuple[np.ndarray, float]:
    """Starts of omega and its increment; zeros where the file does not tell."""
    home = first_of(entry, "sample/goniometer", "sample/transformations")
    if not isinstance(home, h5py.Group) or "omega" not in home:
        return np.zeros(1), 0.0
    return numbers(home["omega"]), increment_of(home, "omega")
