"""What NXmx and older DECTRIS files say alike of a detector: sensor, valid counts, pixel mask."""

from __future__ import annotations

import h5py
import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.hdf5.fields import broken_link, first_of, length, number, numbers, text
from gnomon.io.images.sensors import with_sensor
from gnomon.models.detector import Detector

_MATERIALS = {"silicon": "Si", "si": "Si", "cdte": "CdTe"}
_MASKS = ("pixel_mask", "detectorSpecific/pixel_mask")


def group_of(entry: h5py.Group, place: str, nx_class: str) -> h5py.Group | None:
    """The first group of a NeXus class below ``place``, or the one of the usual name."""
    parent = entry.get(place) if place else entry
    if not isinstance(parent, h5py.Group):
        return None
    for child in parent:
        found = first_of(parent, child)
        if isinstance(found, h5py.Group) and text(found.attrs.get("NX_class")) == nx_class:
            return found
    usual = parent.get(nx_class.removeprefix("NX"))
    return usual if isinstance(usual, h5py.Group) else None


def valid_range(group: h5py.Group) -> tuple[float, float]:
    """The lowest and highest count that the detector group says are valid.

    A saturation value of zero, or no number, is no limit. Detectors with no underload value count from 0; -1 stands for
    that, as in CBF files.
    """
    specific = ("countrate_correction_count_cutoff", "saturation_value")
    told = (_limit(group, name) for name in ("saturation_value", *(f"detectorSpecific/{name}" for name in specific)))
    high = next((value for value in told if 0 < value < np.inf), 2.0**31 - 1)
    low = _limit(group, "underload_value")
    return (low if np.isfinite(low) and low < high else -1.0), high


def _limit(group: h5py.Group, name: str) -> float:
    """The first value of a field; NaN where it is not there or empty."""
    field = first_of(group, name)
    return float(numbers(field)[0]) if isinstance(field, h5py.Dataset) and field.size else np.nan


def sensed(detector: Detector, group: h5py.Group, wavelength: float) -> Detector:
    """The detector with the sensor that the detector group tells."""
    material = text(first_of(group, "sensor_material"))
    material = _MATERIALS.get(material.lower(), material)
    serial = text(first_of(group, "detector_number", "serial_number"))
    name = " ".join(part for part in (text(first_of(group, "description", "local_name")), serial) if part)
    return with_sensor(detector, material, length(group, "sensor_thickness", default=0.0), wavelength, name)


def exposure_of(group: h5py.Group) -> float:
    """Seconds from one image to the next, or counted, or 0."""
    return number(group, "frame_time", "count_time", default=0.0)


def asked_for(group: h5py.Group) -> int:
    """The number of images that the detector was asked for; 0 where the file does not say."""
    images, triggers = (int(number(group, f"detectorSpecific/{n}", default=0.0)) for n in ("nimages", "ntrigger"))
    return max(images, 0) * max(triggers, 1)


def has_mask(group: h5py.Group) -> bool:
    """Whether the file has a mask of its own."""
    return any(name in group for name in _MASKS)


def pixel_mask(group: h5py.Group, detector: Detector) -> tuple[np.ndarray, ...] | None:
    """A (slow, fast) bool array a panel, true where the file's mask has no bit set; None where it has no mask.

    Raises InputError where the mask is behind a broken link or of another shape.
    """
    for name in _MASKS:
        missing = broken_link(group, name)
        if missing is not None:
            raise InputError(f"{missing}: there is no such file; {group.file.filename} links to it for its pixel mask")
    field = first_of(group, *_MASKS)
    if not isinstance(field, h5py.Dataset):
        return None
    try:
        mask = np.asarray(field[()])
    except OSError:
        raise InputError(f"{group.file.filename}: its pixel mask is damaged; copy the file again") from None
    mask = mask[0] if mask.ndim == 3 else mask
    views = []
    for panel in detector.panels:
        (x, y), (nx, ny) = panel.raw_image_offset, panel.image_size
        views.append(mask[y : y + ny, x : x + nx] == 0 if mask.ndim == 2 else mask)
        if views[-1].shape != (ny, nx):
            raise InputError(
                f"{group.file.filename}: its pixel mask has shape {mask.shape}, its detector {(ny, nx)}; mend the file"
            )
    return tuple(views)
