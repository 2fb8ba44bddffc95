"""Which distortion the images have."""

from __future__ import annotations

from typing import Literal

from gnomon.params import Params, param


class GenerateDistortionMapsParams(Params):
    """Which distortion the images have; the defaults of an ellipse are those of Clabbers et al. 2017, Acta D73, 738."""

    mode: Literal["translate", "ellipse"] = param("translate", "panels that are shifted, or circles seen as ellipses")
    dx: tuple[float, ...] = param(
        (0.0,), "how far spots are seen off along fast: one value, or one a panel", unit="px", name="translate.dx"
    )
    dy: tuple[float, ...] = param((0.0,), "the same along slow", unit="px", name="translate.dy")
    phi: float = param(
        -21.0, "direction of the ellipse's first axis: from the first panel's fast axis away from its slow axis",
        unit="degree", name="ellipse.phi", ge=-360, le=360,
    )  # fmt: skip
    l1: float = param(
        1.0, "true distance from the centre over that seen, along the first axis", name="ellipse.l1", ge=0.5, le=2.0
    )
    l2: float = param(0.956, "the same along the second axis", name="ellipse.l2", ge=0.5, le=2.0)
    centre_xy: tuple[float, float] = param(
        (33.2475, 33.2475), "centre, along fast and slow of the first panel", unit="mm", name="ellipse.centre_xy"
    )
