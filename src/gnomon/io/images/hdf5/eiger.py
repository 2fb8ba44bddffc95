"""Models from the master file of a DECTRIS Eiger before it wrote NXmx (FileWriter 1).

Angles of its goniometer are told by the names of axes, without directions.
"""

from __future__ import annotations

import re

import h5py
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.frame import AXES, DISTANCE, WAVELENGTH, HeaderCheck
from gnomon.io.images.hdf5.axes import Turning, scan_axis_of, turning_of
from gnomon.io.images.hdf5.fields import first_of, length, number, numbers, text, wavelength_of
from gnomon.io.images.hdf5.header import Header, asked_for, exposure_of, group_of, sensed, valid_range
from gnomon.io.images.header_models import beam_of
from gnomon.io.images.instruments import Instrument, gap_rectangles, instrument_of
from gnomon.models.detector import Detector, Panel
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer

_HOMES = ("sample/goniometer", "sample/transformations")
_NAMES = ("phi", "chi", "kappa", "omega")
"""From the crystal to the laboratory; omega is meant where none turns."""


def goniometer_and_turning(
    entry: h5py.Group, instrument: Instrument | None, check: HeaderCheck
) -> tuple[AnyGoniometer, Turning]:
    """The goniometer, and how the axis turns that does.

    Its directions are those known of the instrument. Else omega turns about +x, as in the CBF files of such detectors,
    and so does phi while chi and kappa stand at zero; where the axis that turns points elsewhere, that is noted.
    """
    turnings = _turnings(entry)
    turnings = turnings or {"omega": Turning(np.zeros(1), np.zeros(0))}
    name = list(turnings)[scan_axis_of(list(turnings.values()))]
    tilted = any(abs(turnings[n].starts[0]) > 1e-6 for n in ("chi", "kappa") if n in turnings)
    known = _known(instrument, name, turnings)
    if known is None and name != "omega" and (name != "phi" or tilted):
        check.lacks(AXES)
    return known or _spindle(instrument), turnings[name]


def _spindle(instrument: Instrument | None) -> Goniometer:
    """What omega turns about, and phi where the two are one."""
    axes = instrument.axes if instrument else ()
    return Goniometer(rotation_axis=np.array(axes[-1].vector)) if axes else Goniometer()


def _turnings(entry: h5py.Group) -> dict[str, Turning]:
    """How each axis turns that has an angle, from the crystal to the laboratory."""
    found: dict[str, Turning] = {}
    for home in (first_of(entry, place) for place in _HOMES):
        for name in _NAMES if isinstance(home, h5py.Group) else ():
            field = first_of(home, name, f"{name}_start")
            if name not in found and isinstance(field, h5py.Dataset) and field.size:
                starts = numbers(field)
                found[name] = turning_of(home, name, starts if np.isfinite(starts).all() else np.zeros(1))
    return {name: found[name] for name in _NAMES if name in found}


def _known(instrument: Instrument | None, name: str, turnings: dict[str, Turning]) -> AnyGoniometer | None:
    """The goniometer of an instrument that is known, the axis ``name`` turning; None where it has no such axis."""
    axes = instrument.axes if instrument else ()
    words = [axis.header.lower() for axis in axes]
    if len(axes) < 2 or name not in words:
        return None
    angles = [float(turnings[word].starts[0]) if word in turnings else 0.0 for word in words]
    vectors = np.array([axis.vector for axis in axes])
    return MultiAxisGoniometer(vectors, np.array(angles), tuple(axis.name for axis in axes), words.index(name))


_UPRIGHT = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])
_OURS = np.array([-1.0, 1.0, 1.0])
"""From the frame of ``geometry`` to ours, as dials.import has it: these files give a detector's z as -distance, so that
it points to the source, and x as NeXus has it."""
_SAME = 1e-4
"""By how much a direction of 32 bits may be off one that it is."""


def header_of(entry: h5py.Group, group: h5py.Group) -> Header:
    """The models of the entry whose detector is ``group``. What it lacks is listed, for import to ask for.

    The detector stands as ``geometry/orientation`` has it, else upright across the beam, fast along +x and slow along
    -y. No axis has a direction in such a file: see :func:`goniometer_and_turning`.
    """
    check = HeaderCheck()
    wavelength = check.length(WAVELENGTH, wavelength_of(group_of(entry, "instrument", "NXbeam")))
    panel = _panel(entry, group, check)
    instrument = instrument_of(_serial_number(group))
    goniometer, turning = goniometer_and_turning(entry, instrument, check)
    return Header(
        beam=beam_of(wavelength),
        detector=sensed(Detector((panel,)), group, wavelength),
        goniometer=goniometer,
        turning=turning,
        exposure_time=exposure_of(group),
        image_size=panel.image_size[::-1],
        n_images=asked_for(group),
        missing=check.missing,
        notes=check.notes,
    )


def _serial_number(group: h5py.Group) -> str:
    """Of the detector, by itself or in its description (``..., S/N E-32-0105``)."""
    found = re.search(r"S/N\s+(\S+)", text(first_of(group, "description")))
    return text(first_of(group, "detector_number")).strip() or (found.group(1) if found else "")


def _panel(entry: h5py.Group, group: h5py.Group, check: HeaderCheck) -> Panel:
    size = _image_size(entry, group)
    pixel = check.pixel([_optional_length(group, "x_pixel_size"), _optional_length(group, "y_pixel_size")])
    distance = check.length(DISTANCE, _optional_length(group, "detector_distance"), _optional_length(group, "distance"))
    names = ("beam_center_x", "beam_center_y")
    x, y = check.centre([number(group, name) for name in names if name in group], size)
    directions = _directions(group)
    if np.allclose(directions, _UPRIGHT, atol=_SAME):
        directions = _UPRIGHT
        check.swing("two_theta", number(group, "goniometer/two_theta", default=0.0))
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


def _optional_length(group: h5py.Group, name: str) -> float | None:
    """A length in mm; None where the file does not tell it."""
    field = first_of(group, name)
    return length(group, name) if isinstance(field, h5py.Dataset) and field.size else None


def _directions(group: h5py.Group) -> np.ndarray:
    """(2, 3): of fast and slow. Raises InputError where the file tells of directions that are none."""
    field = first_of(group, "geometry/orientation/value")
    if not isinstance(field, h5py.Dataset) or not field.size:
        return _UPRIGHT
    values = numbers(field)
    given = values.reshape(2, 3) * _OURS if len(values) == 6 else np.zeros((2, 3))
    lengths = np.linalg.norm(given, axis=1)
    if not lengths.any():  # as some beamlines leave it
        return _UPRIGHT
    if np.abs(lengths - 1.0).max() > _SAME or abs(given[0] @ given[1]) > _SAME:
        raise InputError(
            f"{field.file.filename}: {field.name} holds no two directions at right angles ({values.tolist()}); mend "
            "the header"
        )
    fast = given[0] / lengths[0]
    slow = given[1] - (given[1] @ fast) * fast
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
