"""The goniometer of an older DECTRIS master file: angles by the names of axes, and no directions."""

from __future__ import annotations

import h5py
import numpy as np

from gnomon.io.images.hdf5.fields import first_of, numbers
from gnomon.io.images.hdf5.scan import Turning, scan_axis_of, turning_of
from gnomon.io.images.instruments import Instrument
from gnomon.io.images.untold import AXES, Telling
from gnomon.models.goniometer import AnyGoniometer, Goniometer, MultiAxisGoniometer

_HOMES = ("sample/goniometer", "sample/transformations")
_NAMES = ("phi", "chi", "kappa", "omega")
"""From the crystal to the laboratory; omega is meant where none turns."""


def goniometer_and_turning(
    entry: h5py.Group, instrument: Instrument | None, telling: Telling
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
        telling.lacks(AXES)
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
