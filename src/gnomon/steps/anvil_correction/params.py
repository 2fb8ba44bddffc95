"""The anvils of the pressure cell."""

from __future__ import annotations

from pydantic import field_validator

from gnomon.params import Params, param


class AnvilCorrectionParams(Params):
    """The anvils of the pressure cell."""

    density: float = param(
        3510.0, "density of the anvils; that of synthetic diamond if not given", unit="kg/m³", name="anvil.density",
        gt=0,
    )  # fmt: skip
    thickness: float = param(
        1.5925, "thickness of each anvil; that of the cells of beamline I19 at Diamond if not given", unit="mm",
        name="anvil.thickness", gt=0,
    )  # fmt: skip
    normal: tuple[float, float, float] = param(
        (0.0, 1.0, 0.0), "direction across the anvils in the laboratory, with all axes of the goniometer at 0; of any "
        "length", name="anvil.normal",
    )  # fmt: skip

    @field_validator("normal")
    @classmethod
    def _has_a_direction(cls, value: tuple[float, float, float]) -> tuple[float, float, float]:
        if not any(value):
            raise ValueError("it needs a direction; give one of the three other than 0")
        return value
