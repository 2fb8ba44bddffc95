"""HDF5 files opened and their fields read: numbers in our units, text, errors that name the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from gnomon.errors import InputError
from gnomon.io.plain_files import require_file
from gnomon.maths.geometry.attenuation import HC

_MM = {"m": 1e3, "cm": 10.0, "mm": 1.0, "um": 1e-3, "µm": 1e-3, "μm": 1e-3, "nm": 1e-6, "a": 1e-7}
_EV = {"ev": 1.0, "kev": 1e3, "j": 1.0 / 1.602176634e-19, "joule": 1.0 / 1.602176634e-19}
_WORDS = {
    "meter": "m", "metre": "m", "meters": "m", "metres": "m", "millimeter": "mm", "millimetre": "mm",
    "micron": "um", "microns": "um", "micrometer": "um", "nanometer": "nm",
    "angstrom": "a", "angstroms": "a", "å": "a",
}  # fmt: skip


_MOST_NUMBERS = 20_000_000
"""Of a field of a header: one an image, or one a pixel; more announce more memory than there is."""


class MissingData(InputError):  # noqa: N818 - it is bad input, like its base
    """Images, or a file of them, that are not there (yet)."""


@contextmanager
def opened(path: str) -> Iterator[h5py.File]:
    """The file, closed after use. Raises InputError where it is missing, damaged, or what is read from it is."""
    file = open_file(path)
    try:
        yield file
    except InputError:
        raise
    except (
        OSError,
        RuntimeError,
        LookupError,
        ValueError,
        TypeError,
        ArithmeticError,
        MemoryError,
    ) as error:  # h5py, where bytes are wrong
        reason = str(error).split("\n", 1)[0][:120]
        raise InputError(f"{path}: its header cannot be read ({reason}); copy the file again") from None
    finally:
        file.close()


def open_file(path: str) -> h5py.File:
    """The file, open for reading (also while it is written). Raises InputError as :func:`opened`."""
    require_file(path)
    try:
        return _open(path)
    except FileNotFoundError:
        raise MissingData(f"{path}: there is no such file; copy it beside the file that links to it") from None
    except OSError as error:
        if "SWMR" in str(error):
            why = "it is being written, and not with SWMR: wait until it is closed (h5clear -s, if its writer died)"
        else:
            why = f"{'cut short' if 'truncated' in str(error) else 'damaged or no HDF5 file'}; copy the file again"
        raise InputError(f"{path}: {why}") from None


def _open(path: str) -> h5py.File:
    """A file that is being written opens as SWMR alone; no locks, which network file systems lack."""
    try:
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        if "already open for write" not in str(error):
            raise
    return h5py.File(path, "r", locking=False, libver="latest", swmr=True)


def broken_link(group: h5py.Group, name: str) -> str | None:
    """The path of the missing file, where ``name`` is a link to another file that is not there."""
    link = group.get(name, getlink=True)
    if not isinstance(link, h5py.ExternalLink):
        return None
    target = Path(group.file.filename).parent / link.filename
    return None if target.is_file() else str(target)


def first_of(group: h5py.Group, *names: str) -> Any:
    """The first of the fields that is there, or None."""
    for name in names:
        try:
            found = group.get(name)
        except OSError:  # a link into a damaged file
            found = None
        if found is not None:
            return found
    return None


def text(field: Any) -> str:
    """A text field or attribute; empty where it is None."""
    value = field[()] if isinstance(field, h5py.Dataset) else field
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else "" if value is None else str(value)


def numbers(field: h5py.Dataset) -> np.ndarray:
    """All values as a flat float array. Raises InputError where the field holds no numbers."""
    if isinstance(field, h5py.Dataset) and field.size and field.size > _MOST_NUMBERS:
        raise InputError(f"{field.file.filename}: {field.name} announces {field.size} numbers; mend the header")
    values = np.asarray(field[()]) if isinstance(field, h5py.Dataset) else np.zeros(0)
    if not values.size or values.dtype.kind not in "uif":
        raise InputError(f"{field.file.filename}: {field.name} holds no numbers; mend the header")
    return values.astype(float).ravel()


def number(group: h5py.Group, *names: str, default: float | None = None) -> float:
    """The first value of the first field that is there. Raises InputError where none is and there is no default."""
    field = first_of(group, *names)
    if field is not None:
        return float(numbers(field)[0])
    if default is None:
        raise _missing(group, names[0])
    return default


def lengths(field: h5py.Dataset, default_unit: str = "m") -> np.ndarray:
    """Flat values in mm, by the field's units. Raises InputError where the unit is no length."""
    return numbers(field) * millimetres(field, "units", default_unit)


def millimetres(field: h5py.Dataset, attribute: str, default_unit: str = "m") -> float:
    """How many mm the unit is that ``attribute`` tells."""
    unit = (text(field.attrs.get(attribute)) or default_unit).strip().lower()
    unit = _WORDS.get(unit, unit)
    if unit not in _MM:
        raise InputError(f"{field.file.filename}: {field.name} has the unit {unit!r}; it should be a length")
    return _MM[unit]


def length(group: h5py.Group, *names: str, default: float | None = None) -> float:
    """As :func:`number`, in mm."""
    field = first_of(group, *names)
    if field is not None:
        return float(lengths(field)[0])
    if default is None:
        raise _missing(group, names[0])
    return default


def wavelength_of(group: h5py.Group | None) -> float | None:
    """The wavelength in Å that an NXbeam group tells, by itself or by the energy; None where it tells neither."""
    if group is None:
        return None
    field = first_of(group, "incident_wavelength", "wavelength")
    if isinstance(field, h5py.Dataset) and field.size:
        return float(lengths(field, "angstrom")[0]) * 1e7
    field = first_of(group, "incident_energy", "energy")
    if not isinstance(field, h5py.Dataset) or not field.size:
        return None
    unit = (text(field.attrs.get("units")) or "eV").strip().lower()
    if unit not in _EV:
        raise InputError(f"{field.file.filename}: {field.name} has the unit {unit!r}; it should be an energy, as eV")
    energy = float(numbers(field)[0]) * _EV[unit]
    return HC / energy if energy > 0 else None


def _missing(group: h5py.Group, name: str) -> InputError:
    return InputError(f"{group.file.filename}: no {group.name}/{name}; it is needed to know the geometry")
