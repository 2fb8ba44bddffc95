"""Models from the master file of a DECTRIS Eiger before it wrote NXmx (FileWriter 1)."""

from __future__ import annotations

import re

import h5py
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.hdf5.detector import asked_for, exposure_of, group_of, sensed, valid_range
from gnomon.io.images.hdf5.eiger_goniometer import goniometer_and_turning
from gnomon.io.images.hdf5.fields import first_of, length, number, numbers, text, wavelength_of
from gnomon.io.images.hdf5.header import Header
from gnomon.io.images.instruments import instrument_of
from gnomon.io.images.modules import gap_rectangles
from gnomon.io.images.untold import DISTANCE, WAVELENGTH, Telling
from gnomon.io.images.upright import beam_of
from gnomon.models.detector import Detector, Panel

_UPRIGHT = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
_OURS = np.array([-1.0, 1.0, 1.0])
"""From the frame of ``geometry`` to ours, as dials.import has it: these files give a detector's z as -distance, so that
it points to the source, and x as NeXus has it."""
_SAME = 1e-4
"""By how much a direction of 32 bits may be off one that it is."""


def header_of(entry: h5py.Group, group: h5py.Group) -> Header:
    """The models of the entry whose detector is ``group``. What it does not tell is told so, for import to ask for.

    The detector stands as ``geometry/orientation`` has it, else upright across the beam, fast along +x and slow along
    -y. No axis has a direction in such a file: see :func:`goniometer_and_turning`.
    """
    telling = Telling()
    wavelength = telling.length(WAVELENGTH, wavelength_of(group_of(entry, "instrument", "NXbeam")))
    panel = _panel(entry, group, telling)
    instrument = instrument_of(_serial_number(group))
    goniometer, turning = goniometer_and_turning(entry, instrument, telling)
    return Header(
        beam=beam_of(wavelength),
        detector=sensed(Detector((panel,)), group, wavelength),
        goniometer=goniometer,
        turning=turning,
        exposure_time=exposure_of(group),
        image_size=panel.image_size[::-1],
        n_images=asked_for(group),
        untold=telling.untold,
        notes=telling.notes,
    )


def _serial_number(group: h5py.Group) -> str:
    """Of the detector, by itself or in its description (``..., S/N E-32-0105``)."""
    found = re.search(r"S/N\s+(\S+)", text(first_of(group, "description")))
    return text(first_of(group, "detector_number")).strip() or (found.group(1) if found else "")


def _panel(entry: h5py.Group, group: h5py.Group, telling: Telling) -> Panel:
    size = _image_size(entry, group)
    pixel = telling.pixel([_told(group, "x_pixel_size"), _told(group, "y_pixel_size")])
    distance = telling.length(DISTANCE, _told(group, "detector_distance"), _told(group, "distance"))
    names = ("beam_center_x", "beam_center_y")
    x, y = telling.centre([number(group, name) for name in names if name in group], size)
    directions = _directions(group)
    if np.allclose(directions, _UPRIGHT, atol=_SAME):
        directions = _UPRIGHT
        telling.swing("two_theta", number(group, "goniometer/two_theta", default=0.0))
    fast, slow = directions
    origin = distance * np.cross(fast, slow) - x * pixel[0] * fast - y * pixel[1] * slow
    place = first_of(group, "geometry/translation/distances")
    if directions is not _UPRIGHT and isinstance(place, h5py.Dataset) and place.size == 3:
        origin = numbers(place) * 1e3 * _OURS  # m
    return Panel(
        fast_axis=fast,
        slow_axis=slow,
        origin=origin,
        image_size=size,
        pixel_size=pixel,
        trusted_range=valid_range(group),
        name=group.name,
        mask=gap_rectangles(size),
    )


def _told(group: h5py.Group, name: str) -> float | None:
    """A length in mm; None where the file does not tell it."""
    field = first_of(group, name)
    return length(group, name) if isinstance(field, h5py.Dataset) and field.size else None


def _directions(group: h5py.Group) -> np.ndarray:
    """(2, 3): of fast and slow. Raises InputError where the file tells of directions that are none."""
    field = first_of(group, "geometry/orientation/value")
    if not isinstance(field, h5py.Dataset) or not field.size:
        return _UPRIGHT
    values = numbers(field)
    told = values.reshape(2, 3) * _OURS if len(values) == 6 else np.zeros((2, 3))
    lengths = np.linalg.norm(told, axis=1)
    if not lengths.any():  # as some beamlines leave it
        return _UPRIGHT
    if np.abs(lengths - 1.0).max() > _SAME or abs(told[0] @ told[1]) > _SAME:
        raise InputError(
            f"{field.file.filename}: {field.name} holds no two directions at right angles ({values.tolist()}); mend "
            "the header"
        )
    fast = told[0] / lengths[0]
    slow = told[1] - (told[1] @ fast) * fast
    return np.array([fast, slow / np.linalg.norm(slow)]) + 0.0


def _image_size(entry: h5py.Group, group: h5py.Group) -> tuple[int, int]:
    names = ("x_pixels_in_detector", "y_pixels_in_detector")
    fast, slow = (int(number(group, f"detectorSpecific/{name}", name, default=0.0)) for name in names)
    if fast > 0 and slow > 0:
        return fast, slow
    data = first_of(entry, "data/data", "data/data_000001")
    if not isinstance(data, h5py.Dataset) or data.ndim != 3:
        raise InputError(f"{entry.file.filename}: no number of pixels in {group.name}; it is needed for the geometry")
    return data.shape[2], data.shape[1]
