"""Over which pixels, of how many images."""

from __future__ import annotations

from pydantic import field_validator

from gnomon.params import Params, param


class EstimateGainParams(Params):
    """Over which pixels, of how many images."""

    kernel_size: tuple[int, int] = param(
        (10, 10), "half widths, fast and slow, of the windows in which counts are compared", unit="px"
    )
    max_images: int = param(1, "most images of a sweep that are looked at, evenly spread", ge=1)

    @field_validator("kernel_size")
    @classmethod
    def _some_pixels(cls, value: tuple[int, int]) -> tuple[int, int]:
        if min(value) < 1:
            raise ValueError("needs two whole numbers, 1 or more")
        return value
