"""Parameters of import: which images, and what the headers have wrong."""

from __future__ import annotations

from pydantic import field_validator, model_validator

from gnomon.maths.geometry.geometry_params import GeometryParams
from gnomon.maths.geometry.shadow_params import ShadowParams
from gnomon.models.tolerances import Tolerances
from gnomon.params import param


class ImportParams(GeometryParams, ShadowParams):
    """Which images are taken, and corrections of what their headers say."""

    template: tuple[str, ...] = param((), "image names with # for the digits of the number", name="input.template")
    directory: tuple[str, ...] = param((), "folders whose images are all taken", name="input.directory")
    image_range: tuple[int, int] | None = param(
        None, "first and last image taken of every sweep", name="geometry.scan.image_range"
    )
    convert_stills_to_sequences: bool = param(
        False,
        "make a sweep of images whose headers tell no width, where their starts advance evenly or oscillation is given",
        name="geometry.convert_stills_to_sequences",
    )
    convert_sequences_to_stills: bool = param(
        False, "make a still of every image", name="geometry.convert_sequences_to_stills"
    )
    reference_geometry: str | None = param(
        None, ".expt whose beam, detector and axes are taken in place of the headers'", name="input.reference_geometry"
    )
    use_beam_reference: bool = param(
        True, "take the beam from the reference geometry, where one is given", name="input.use_beam_reference"
    )
    use_detector_reference: bool = param(
        True, "take the detector from the reference geometry", name="input.use_detector_reference"
    )
    use_gonio_reference: bool = param(
        True, "take the goniometer's axes from the reference geometry", name="input.use_gonio_reference"
    )
    wavelength_tolerance: float = param(
        1e-4,
        "a sweep goes on where the wavelength stays so near to that of its first image",
        unit="Å",
        name="input.tolerance.beam.wavelength",
        ge=0,
    )
    origin_tolerance: float = param(
        0.05, "the same of the detector's place", unit="mm", name="input.tolerance.detector.origin", ge=0
    )
    direction_tolerance: float = param(
        1e-6, "the same of directions of beam, detector and axes", name="input.tolerance.direction", ge=0
    )
    oscillation_tolerance: float = param(
        0.03, "the same of the start of an image, of its width", name="input.tolerance.scan.oscillation", ge=0
    )
    mask: str | None = param(None, "mask file of gnomon or DIALS: true where a pixel may be used", name="lookup.mask")
    gain_map: str | None = param(
        None, "file of the counts of one photon, pixel by pixel, a table as DIALS reads it", name="lookup.gain"
    )
    pedestal_map: str | None = param(
        None, "file of the counts that no photon made, pixel by pixel, likewise", name="lookup.pedestal"
    )
    dx: str | None = param(
        None, "file of how far spots are seen off along fast, a table in pixels as DIALS reads it", name="lookup.dx"
    )
    dy: str | None = param(None, "the same along slow; both are needed", name="lookup.dy")

    @property
    def tolerances(self) -> tuple[Tolerances, float]:
        """By how much the images of a sweep may differ in their models, and in their start, of the width."""
        models = Tolerances(self.wavelength_tolerance, self.direction_tolerance, self.origin_tolerance)
        return models, self.oscillation_tolerance

    @field_validator("image_range")
    @classmethod
    def _ordered(cls, value: tuple[int, int] | None) -> tuple[int, int] | None:
        if value is not None and not 0 <= value[0] <= value[1]:
            raise ValueError("needs the first and the last image, in this order")
        return value

    @model_validator(mode="after")
    def _both_offsets(self) -> ImportParams:
        if (self.dx is None) != (self.dy is None):
            raise ValueError("offsets need both lookup.dx and lookup.dy, got one")
        return self

    @model_validator(mode="after")
    def _one_gain(self) -> ImportParams:
        if self.gain is not None and self.gain_map is not None:
            raise ValueError("gain and lookup.gain are both given; give one")
        if self.pedestal is not None and self.pedestal_map is not None:
            raise ValueError("pedestal and lookup.pedestal are both given; give one")
        return self

    @model_validator(mode="after")
    def _one_way(self) -> ImportParams:
        if self.convert_sequences_to_stills and (self.convert_stills_to_sequences or self.oscillation is not None):
            raise ValueError("convert_sequences_to_stills leaves no sequence, but one is asked for; give one of them")
        return self
