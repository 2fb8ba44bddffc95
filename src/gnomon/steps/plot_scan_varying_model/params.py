"""About which axes orientations are told."""

from __future__ import annotations

from gnomon.params import Params, param

Vector = tuple[float, float, float]


class PlotScanVaryingModelParams(Params):
    """About which axes orientations are told."""

    e1: Vector = param((1.0, 0.0, 0.0), "first axis, about which a crystal is turned first",
                       name="orientation_decomposition.e1")  # fmt: skip
    e2: Vector = param((0.0, 1.0, 0.0), "second axis, at right angles to it", name="orientation_decomposition.e2")
    e3: Vector = param((0.0, 0.0, 1.0), "third axis, e1 x e2", name="orientation_decomposition.e3")
    relative_to_static_orientation: bool = param(
        True, "tell turns from the scan's mean orientation, else from the laboratory's axes",
        name="orientation_decomposition.relative_to_static_orientation",
    )  # fmt: skip
