"""Parameters of find_hot_pixels."""

from __future__ import annotations

from gnomon.params import Params, param


class FindHotPixelsParams(Params):
    """What makes a pixel hot."""

    hot_fraction: float = param(0.5, "a hot pixel is strong on more than this part of the images", gt=0, lt=1)
