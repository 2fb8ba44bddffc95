"""Parameters of find_bad_pixels."""

from __future__ import annotations

from gnomon.params import Params, param


class FindBadPixelsParams(Params):
    """Which images are looked at, and what makes a pixel bad."""

    images: tuple[int, ...] = param((), "images to look at; none means max_images of them", unit="image")
    image_range: tuple[int, int] | None = param(None, "first and last image to look at", unit="image")
    max_images: int = param(100, "at most so many images, spread evenly", unit="image", ge=6)
    sigma: float = param(6.0, "how far a pixel stands out from its neighbours", unit="sigma", gt=0)
    hot_fraction: float = param(0.5, "a hot pixel stands out on more than this part of images", gt=0, lt=1)
    factor: float = param(3.0, "a dead or warm pixel differs by more than this factor in the sum of all images", gt=1)
