"""Parameters of find_spots."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import field_validator

from gnomon.maths.images.pixel_filter import Ints, PixelFilter
from gnomon.params import Params, param, rows_of_length
from gnomon.plugins import names_of_plugins

OWN_ALGORITHMS = ("dispersion_extended", "dispersion", "radial_profile")
_OTHERS = tuple(name for name in names_of_plugins("gnomon.spot_finders") if name not in OWN_ALGORITHMS)
if TYPE_CHECKING:
    Algorithm = str
else:
    Algorithm = Literal[(*OWN_ALGORITHMS, *_OTHERS)]

_DISPERSION = "spotfinder.threshold.dispersion."
_RADIAL = "spotfinder.threshold.radial_profile."
_FILTER = "spotfinder.filter."


class ThresholdParams(Params):
    """How strong pixels are told from background."""

    algorithm: Algorithm | None = param(
        None,
        "test for strong pixels; none means dispersion_extended, and radial_profile where counts are noise about zero",
        name="spotfinder.threshold.algorithm",
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

    sum_images: int | None = param(
        None,
        "images added up for a second look at what is faint on each; 1: no such look; none means 1 unless spots are "
        "spread over many images, and it pays",
        unit="image",
        name="spotfinder.threshold.sum_images",
        ge=1,
        le=100,
    )

    n_iqr: float = param(
        6.0,
        "interquartile ranges by which a strong pixel exceeds its ring's median",
        name=_RADIAL + "n_iqr",
        ge=0,
    )
    n_bins: int = param(100, "rings of 2θ", name=_RADIAL + "n_bins", ge=1, le=10_000)
    blur: Literal["narrow", "wide"] | None = param(
        None, "smooth the image before, over 3 x 3 or 5 x 5 pixels", name=_RADIAL + "blur"
    )

    @field_validator("kernel_size")
    @classmethod
    def _window(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not all(1 <= k <= 50 for k in value):
            raise ValueError("two half widths from 1 to 50 px are needed")
        return value


class FindSpotsParams(PixelFilter, ThresholdParams):
    """How strong pixels are told from background, which pixels are looked at, and which groups of them are spots."""

    names_begin: ClassVar[str] = _FILTER
    min_spot_size: int | None = param(
        None,
        "smallest spot; none means 3 on pixel arrays, 6 on others",
        unit="px",
        name=_FILTER + "min_spot_size",
        ge=1,
    )
    max_spot_size: int | None = param(
        None,
        "largest spot; none means 1000, and more in sweeps whose spots are large",
        unit="px",
        name=_FILTER + "max_spot_size",
        ge=1,
    )
    max_separation: float | None = param(
        None,
        "largest distance between peak and centroid; none means 2, and more in sweeps whose spots are large",
        unit="px",
        name=_FILTER + "max_separation",
        gt=0,
    )
    max_gap: int | None = param(
        None,
        "images on which a spot may lack strong pixels; none joins over gaps where the sweep's spots fall to pieces",
        unit="image",
        name=_FILTER + "max_gap",
        ge=0,
        le=100,
    )
    max_strong_pixel_fraction: float = param(
        0.25,
        "an image with more strong pixels than this is left out; most images with more are an error",
        name=_FILTER + "max_strong_pixel_fraction",
        gt=0,
        le=1,
    )
    scan_range: Ints = param(
        (), "images to use: first, last (may be repeated); none means all", unit="image", name="spotfinder.scan_range"
    )
    mask: str | None = param(
        None, "a file of pixels that may be used, as generate_mask makes, besides that of import",
        name="spotfinder.lookup.mask",
    )  # fmt: skip
    region_of_interest: tuple[int, int, int, int] | None = param(
        None, "look at x0, x1, y0, y1 of each panel alone (half-open)", unit="px", name="spotfinder.region_of_interest"
    )
    exclude_images: Ints = param(
        (), "images to leave out: [experiment,] first, last (may be repeated)", unit="image", name="exclude_images"
    )
    force_2d: bool = param(False, "do not join pixels across images", name="spotfinder.force_2d")
    shoeboxes: bool = param(False, "keep the pixels of each spot", name="output.shoeboxes")

    @field_validator("region_of_interest")
    @classmethod
    def _box(cls, value: tuple[int, int, int, int] | None) -> tuple[int, int, int, int] | None:
        if value is not None and not (0 <= value[0] < value[1] and 0 <= value[2] < value[3]):
            raise ValueError("x0, x1, y0, y1 are needed, 0 <= x0 < x1 and 0 <= y0 < y1")
        return value

    @field_validator("scan_range")
    @classmethod
    def _scan_ranges(cls, value: tuple) -> tuple:
        return rows_of_length(value, (2,))

    @field_validator("exclude_images")
    @classmethod
    def _image_ranges(cls, value: tuple) -> tuple:
        return rows_of_length(value, (2, 3))
