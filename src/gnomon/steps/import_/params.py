"""Parameters of import: which images, and what the headers have wrong."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator, model_validator

from gnomon.maths.geometry.shadow_params import ShadowParams
from gnomon.models.tolerances import Tolerances
from gnomon.params import param

Vector = tuple[float, ...]


class ImportParams(ShadowParams):
    """Which images are taken, and corrections of what their headers say."""

    template: tuple[str, ...] = param((), "image names with # for the digits of the number", name="input.template")
    directory: tuple[str, ...] = param((), "folders whose images are all taken", name="input.directory")
    image_range: tuple[int, int] | None = param(
        None, "first and last image taken of every sweep", name="geometry.scan.image_range"
    )
    oscillation: tuple[float, float] | None = param(
        None, "start of the first image and width of each", unit="degree", name="geometry.scan.oscillation"
    )
    wavelength: float | None = param(None, "wavelength", unit="Å", name="geometry.beam.wavelength", gt=0)
    beam_direction: Vector | None = param(
        None, "direction from the sample to the source: x, y, z", name="geometry.beam.direction"
    )
    polarization_fraction: float | None = param(
        None, "1 for a beam wholly polarised, 0.5 for none", name="geometry.beam.polarization_fraction", ge=0, le=1
    )
    polarization_normal: Vector | None = param(
        None, "normal of the plane of polarisation: x, y, z", name="geometry.beam.polarization_normal"
    )
    distance: float | None = param(
        None, "distance of the detector plane along its normal", unit="mm", name="geometry.detector.distance", gt=0
    )
    pixel_size: tuple[float, float] | None = param(
        None, "size of a pixel: fast, slow", unit="mm", name="geometry.detector.panel.pixel_size"
    )
    fast_slow_beam_centre: Vector | None = param(
        None,
        "where the direct beam meets the detector: fast, slow (and panel)",
        unit="px",
        name="geometry.detector.fast_slow_beam_centre",
    )
    slow_fast_beam_centre: Vector | None = param(
        None,
        "where the direct beam meets the detector: slow, fast (and panel)",
        unit="px",
        name="geometry.detector.slow_fast_beam_centre",
    )
    mosflm_beam_centre: Vector | None = param(
        None,
        "where the direct beam meets the detector in MOSFLM's order: slow, fast",
        unit="mm",
        name="geometry.detector.mosflm_beam_centre",
    )
    trusted_range: tuple[float, float] | None = param(
        None, "lowest and highest count to be trusted", unit="count", name="geometry.detector.trusted_range"
    )
    gain: float | None = param(None, "counts of one photon", unit="count", name="geometry.detector.panel.gain", gt=0)
    pedestal: float | None = param(
        None, "counts of a pixel that no photon hit", unit="count", name="geometry.detector.panel.pedestal"
    )
    thickness: float | None = param(
        None, "thickness of the sensor; 0 for no parallax", unit="mm", name="geometry.detector.panel.thickness", ge=0
    )
    material: Literal["Si", "CdTe"] | None = param(
        None, "what the sensor is made of", name="geometry.detector.panel.material"
    )
    goniometer_axis: Vector | None = param(
        None, "direction of the rotation axis: x, y, z", name="geometry.goniometer.axis"
    )
    goniometer_axes: Vector | None = param(
        None,
        "direction of the rotation axis, or of all axes from crystal to laboratory: x, y, z, ...",
        name="geometry.goniometer.axes",
    )
    invert_rotation_axis: bool = param(
        False, "turn the rotation the other way round", name="geometry.goniometer.invert_rotation_axis"
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
    def axes(self) -> Vector | None:
        """Directions of the axes, given by either name."""
        return self.goniometer_axes or self.goniometer_axis

    @property
    def tolerances(self) -> tuple[Tolerances, float]:
        """By how much the images of a sweep may differ in their models, and in their start, of the width."""
        models = Tolerances(self.wavelength_tolerance, self.direction_tolerance, self.origin_tolerance)
        return models, self.oscillation_tolerance

    @field_validator("beam_direction", "polarization_normal", "goniometer_axis")
    @classmethod
    def _three(cls, value: Vector | None) -> Vector | None:
        if value is not None and (len(value) != 3 or not any(value)):
            raise ValueError(f"needs three numbers that are not all zero, got {len(value)}")
        return value

    @field_validator("pixel_size")
    @classmethod
    def _above_zero(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and min(value) <= 0:
            raise ValueError("needs two numbers above zero")
        return value

    @field_validator("goniometer_axes")
    @classmethod
    def _axes(cls, value: Vector | None) -> Vector | None:
        if value is not None and (not value or len(value) % 3 or not all(map(any, zip(*[iter(value)] * 3)))):
            raise ValueError(f"needs three numbers an axis, not all zero, got {len(value)}")
        return value

    @field_validator("fast_slow_beam_centre", "slow_fast_beam_centre", "mosflm_beam_centre")
    @classmethod
    def _pair(cls, value: Vector | None) -> Vector | None:
        if value is not None and len(value) not in (2, 3):
            raise ValueError(f"needs two numbers, and a panel number where there are several, got {len(value)}")
        return value

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
        if self.goniometer_axis is not None and self.goniometer_axes is not None:
            raise ValueError("goniometer.axis and goniometer.axes are both given; give one")
        if self.convert_sequences_to_stills and (self.convert_stills_to_sequences or self.oscillation is not None):
            raise ValueError("convert_sequences_to_stills leaves no sequence, but one is asked for; give one of them")
        return self

    @model_validator(mode="after")
    def _one_centre(self) -> ImportParams:
        given = (self.fast_slow_beam_centre, self.slow_fast_beam_centre, self.mosflm_beam_centre)
        if sum(centre is not None for centre in given) > 1:
            raise ValueError("the beam centre is given more than once; give it in one convention")
        return self
