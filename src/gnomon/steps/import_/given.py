"""Which questions about the geometry the user has answered, by parameters or with a reference."""

from __future__ import annotations

from collections.abc import Set
from functools import lru_cache

from gnomon.errors import InputError
from gnomon.io.images.frame import (
    AXES,
    BEAM_CENTRE,
    DISTANCE,
    OSCILLATION,
    PIXEL_SIZE,
    REFERENCE,
    SENSE,
    WAVELENGTH,
    Frame,
)
from gnomon.steps.import_.params import ImportParams

_OVERRULING = {
    "beam": ("use_beam_reference", ("wavelength", "beam_direction", "polarization_fraction", "polarization_normal")),
    "detector": (
        "use_detector_reference",
        (
            *("distance", "pixel_size", "trusted_range", "gain", "pedestal"),
            *("thickness", "material", "dx", "dy", "gain_map", "pedestal_map"),
            *("fast_slow_beam_centre", "slow_fast_beam_centre", "mosflm_beam_centre"),
        ),
    ),
    "goniometer": ("use_gonio_reference", ("axes", "invert_rotation_axis")),
}
"""The parameters that overrule the header, by kind of model: whether a reference does, and those that do themselves."""


def overruled(params: ImportParams, has_reference: bool) -> list[str]:
    """The kinds of model that are not as the headers tell: changed by parameters or taken from a reference."""
    return [
        kind
        for kind, (use_reference, names) in _OVERRULING.items()
        if (has_reference and getattr(params, use_reference))
        or any(getattr(params, name) not in (None, False) for name in names)
    ]


@lru_cache(maxsize=2)
def answered(params: ImportParams, has_reference: bool) -> Set[str]:
    """The names, as :mod:`gnomon.io.images.frame` has them, of what parameters or a reference tell."""
    by_reference = {
        "beam": (has_reference and params.use_beam_reference, (WAVELENGTH,)),
        "detector": (has_reference and params.use_detector_reference, (DISTANCE, PIXEL_SIZE, BEAM_CENTRE, REFERENCE)),
        "goniometer": (has_reference and params.use_gonio_reference, (AXES, SENSE)),
    }
    by_parameters = {
        WAVELENGTH: params.wavelength,
        DISTANCE: params.distance,
        PIXEL_SIZE: params.pixel_size,
        BEAM_CENTRE: params.fast_slow_beam_centre or params.slow_fast_beam_centre or params.mosflm_beam_centre,
        AXES: params.axes,
        SENSE: params.invert_rotation_axis or None,
        OSCILLATION: params.oscillation,
    }
    told = {name for taken, names in by_reference.values() if taken for name in names}
    return told | {name for name, value in by_parameters.items() if value is not None}


def ask_for_untold(frame: Frame, told: Set[str]) -> None:
    """Check that nothing is needed still; raises InputError that names every parameter that is."""
    missing = [name for name in frame.missing if name not in told]
    if missing:
        what = " ".join(f"{name}=..." for name in missing)
        raise InputError(
            f"{frame.path}: the header does not tell the geometry; give {what}, or a reference .expt with it"
        )


def notes_on(frame: Frame, told: Set[str]) -> list[str]:
    """What is still to be said of the frame's geometry."""
    return [note.text for note in frame.notes if told.isdisjoint(note.settled_by)]
