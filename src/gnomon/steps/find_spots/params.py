"""Parameters of find_spots."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from gnomon.params import Params, param

Ints = tuple[tuple[int, ...], ...]
Floats = tuple[tuple[float, ...], ...]
_DISPERSION = "spotfinder.threshold.dispersion."
_FILTER = "spotfinder.filter."


class FindSpotsParams(Params):
    """How strong pixels are told from background, and which groups of them are spots."""

    algorithm: Literal["dispersion_extended", "dispersion"] = param(
        "dispersion_extended", "test for strong pixels", name="spotfinder.threshold.algorithm"
    )
    gain: float | None = param(
        None, "counts per photon; none takes the detector's", unit="count", name=_DISPERSION + "gain", gt=0
    )
    kernel_size: tuple[int, int] = param(
        (3, 3), "half width of the window, fast and slow", unit="px", name=_DISPERSION + "kernel_size"
    )
    sigma_background: float = param(
        6.0, "how overdispersed a window may be and still be background", name=_DISPERSION + "sigma_background", ge=0
    )
    sigma_strong: float = param(
        3.0, "how far a strong pixel lies above the local mean", unit="sigma", name=_DISPERSION + "sigma_strong", ge=0
    )
    min_local: int = param(2, "valid pixels a window must have", unit="px", name=_DISPERSION + "min_local", ge=2)
    global_threshold: int = param(
        0, "a strong pixel counts more than this", unit="count", name=_DISPERSION + "global_threshold", ge=0
    )
    min_spot_size: int | None = param(
        None,
        "smallest spot; none means 3 on pixel arrays, 6 on others",
        unit="px",
        name=_FILTER + "min_spot_size",
        ge=1,
    )
    max_spot_size: int = param(1000, "largest spot", unit="px", name=_FILTER + "max_spot_size", ge=1)
    max_separation: float = param(
        2.0, "largest distance between peak and centroid", unit="px", name=_FILTER + "max_separation", gt=0
    )
    max_strong_pixel_fraction: float = param(
        0.25,
        "more strong pixels than this in an image is an error",
        name=_FILTER + "max_strong_pixel_fraction",
        gt=0,
        le=1,
    )
    border: int = param(0, "edge of every panel left out", unit="px", name=_FILTER + "border", ge=0)
    d_min: float | None = param(None, "high-resolution limit", unit="Å", name=_FILTER + "d_min", gt=0)
    d_max: float | None = param(None, "low-resolution limit", unit="Å", name=_FILTER + "d_max", gt=0)
    resolution_range: Floats = param(
        (), "resolution range left out (two numbers; may be repeated)", unit="Å", name=_FILTER + "resolution_range"
    )
    ice_rings: bool = param(False, "leave out the powder rings of hexagonal ice", name=_FILTER + "ice_rings.filter")
    ice_width: float = param(0.002, "full width of an ice ring", unit="1/Å²", name=_FILTER + "ice_rings.width", gt=0)
    untrusted_panel: tuple[int, ...] = param(
        (),
        "panels of the untrusted shapes (default 0); whole panels where no shape is given",
        name=_FILTER + "untrusted.panel",
    )
    untrusted_rectangle: Ints = param(
        (), "untrusted x0, x1, y0, y1 (half-open; may be repeated)", unit="px", name=_FILTER + "untrusted.rectangle"
    )
    untrusted_circle: Floats = param(
        (), "untrusted circle: x, y, radius (may be repeated)", unit="px", name=_FILTER + "untrusted.circle"
    )
    untrusted_polygon: Floats = param(
        (), "untrusted polygon: x0, y0, x1, y1, ... (may be repeated)", unit="px", name=_FILTER + "untrusted.polygon"
    )
    untrusted_pixel: Ints = param((), "untrusted x, y (may be repeated)", unit="px", name=_FILTER + "untrusted.pixel")
    scan_range: Ints = param(
        (), "images to use: first, last (may be repeated); none means all", unit="image", name="spotfinder.scan_range"
    )
    exclude_images: Ints = param(
        (), "images to leave out: [experiment,] first, last (may be repeated)", unit="image", name="exclude_images"
    )
    force_2d: bool = param(False, "do not join pixels across images", name="spotfinder.force_2d")
    shoeboxes: bool = param(False, "keep the pixels of each spot", name="output.shoeboxes")

    @field_validator("kernel_size")
    @classmethod
    def _window(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not all(1 <= k <= 50 for k in value):
            raise ValueError("two half widths from 1 to 50 px are needed")
        return value

    @field_validator("resolution_range", "scan_range", "untrusted_pixel")
    @classmethod
    def _pairs(cls, value: tuple) -> tuple:
        return _lengths(value, (2,))

    @field_validator("untrusted_circle")
    @classmethod
    def _circles(cls, value: tuple) -> tuple:
        return _lengths(value, (3,))

    @field_validator("untrusted_rectangle")
    @classmethod
    def _rectangles(cls, value: tuple) -> tuple:
        return _lengths(value, (4,))

    @field_validator("exclude_images")
    @classmethod
    def _image_ranges(cls, value: tuple) -> tuple:
        return _lengths(value, (2, 3))

    @field_validator("untrusted_polygon")
    @classmethod
    def _polygons(cls, value: tuple) -> tuple:
        return _lengths(value, range(6, 1000, 2))


def _lengths(rows: tuple, allowed: tuple[int, ...] | range) -> tuple:
    """The rows, if each has one of the allowed numbers of values."""
    for row in rows:
        if len(row) not in allowed:
            needed = " or ".join(map(str, allowed[:2])) + (", ..." if len(allowed) > 2 else "")
            raise ValueError(f"{needed} numbers are needed, got {len(row)}")
    return rows
