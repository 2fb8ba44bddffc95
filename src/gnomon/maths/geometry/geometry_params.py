"""What the user may have otherwise of beam, detector, goniometer and scan; as import and modify_experiments take it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import field_validator, model_validator

from gnomon.params import Params, param

Vector = tuple[float, ...]


class GeometryParams(Params):
    """Corrections of beam, detector, goniometer and scan."""

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

    @property
    def axes(self) -> Vector | None:
        """Directions of the axes, given by either name."""
        return self.goniometer_axes or self.goniometer_axis

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

    @model_validator(mode="after")
    def _one_axis(self) -> Self:
        if self.goniometer_axis is not None and self.goniometer_axes is not None:
            raise ValueError("goniometer.axis and goniometer.axes are both given; give one")
        return self

    @model_validator(mode="after")
    def _one_centre(self) -> Self:
        given = (self.fast_slow_beam_centre, self.slow_fast_beam_centre, self.mosflm_beam_centre)
        if sum(centre is not None for centre in given) > 1:
            raise ValueError("the beam centre is given more than once; give it in one convention")
        return self
