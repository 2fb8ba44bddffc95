"""Parameters of shadow_plot."""

from __future__ import annotations

from gnomon.params import Params, param


class ShadowPlotParams(Params):
    """Where along the scan one looks, and how far from a shadow's edge."""

    max_images: int = param(24, "at most so many images of a scan, spread evenly", unit="image", ge=1)
    rim: int = param(10, "width of the strip outside the shadow that is looked at too", unit="px", ge=1, le=1000)
