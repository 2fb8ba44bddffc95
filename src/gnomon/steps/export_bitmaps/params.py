"""Which images are drawn, and how."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from gnomon.params import Params, param


class ExportBitmapsParams(Params):
    """Which images are drawn, and how."""

    image_range: tuple[int, int] | None = param(None, "first and last image of each set; all if not given")
    binning: int = param(1, "the highest of so many by so many pixels becomes one", unit="px", ge=1, le=64)
    brightness: float = param(
        100.0, "at 100 the 90th percentile of the pixels has two fifths of the darkest shade; at 50 one fifth", gt=0
    )
    colour_scheme: Literal["greyscale", "rainbow", "heatmap", "inverse_greyscale"] = param(
        "greyscale",
        "of no counts to many: white to black, blue to red, black to white by red and yellow, black to white",
    )
    projection: Literal["image", "lab"] = param(
        "image", "panels side by side as they are read out, or as one sees them along the beam"
    )
    padding: int = param(4, "between panels that stand side by side", unit="px", ge=0, le=1000)
    display: Literal[
        "image", "mean", "variance", "dispersion", "sigma_b", "sigma_s", "global_threshold", "threshold"
    ] = param(
        "image", "the counts, or about each pixel their mean, variance, variance over mean; where that, the counts or "
        "the counts alone are above their threshold, or all three"
    )  # fmt: skip
    nsigma_b: float = param(6.0, "threshold of variance over mean", unit="sigma", ge=0)
    nsigma_s: float = param(3.0, "threshold of counts above the mean", unit="sigma", ge=0)
    global_threshold: float = param(0.0, "threshold of counts", unit="counts", ge=0)
    kernel_size: tuple[int, int] = param((3, 3), "half the window of the mean, along fast and slow", unit="px")
    min_local: int = param(2, "fewest pixels of a window that tell anything", unit="px", ge=2)
    gain: float = param(1.0, "counts of one photon", gt=0)
    saturation: float = param(0.0, "counts above this are yellow; none are where it is 0", unit="counts", ge=0)
    show_mask: bool = param(False, "pixels that masks leave out are pink")
    rings: bool = param(False, "draw circles of resolution", name="resolution_rings.show")
    ring_number: int = param(5, "how many, evenly in 1/d²", name="resolution_rings.number", ge=1, le=50)
    ice_rings: bool = param(False, "draw the circles of hexagonal ice", name="ice_rings.show")

    @field_validator("kernel_size")
    @classmethod
    def _small(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not all(1 <= half <= 50 for half in value):
            raise ValueError("1 to 50 px are possible")
        return value
