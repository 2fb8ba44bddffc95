"""The scaling models that experiments hold: absorption surfaces, and B along the scan."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gnomon.maths.numerics.smoother import Smoother
from gnomon.maths.numerics.spherical_harmonics import real_harmonics
from gnomon.models.experiment import Experiment
from gnomon.models.names import data_set_names
from gnomon.models.scaling_model import ScalingModel
from gnomon.report.html.blocks import Block, Figure
from gnomon.report.html.data.seen import Seen
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, many_lines
from gnomon.report.html.figures.maps import Plane, heat_map

_MOST_SURFACES = 6
_ACROSS, _DOWN = 60, 30  # squares of 6 degrees
_POINTS = 200


def model_blocks(seen: Seen) -> list[Block]:
    """B along the scans, and absorption surfaces: of several those that correct most; nothing without models."""
    found = [
        (name, e, e.scaling_model)
        for name, e in zip(data_set_names(seen.experiments), seen.experiments)
        if isinstance(e.scaling_model, ScalingModel)
    ]
    curves = [curve for name, e, model in found for curve in _decay(name, e, model)]
    blocks: list[Block] = []
    if curves:
        good = "Good: level, or a slow fall by a few Å². Below -10 Å²: damage that costs resolution."
        blocks.append(
            many_lines("Relative B along the scan", curves, {"x": axis("image"), "y": axis("B / Å²")}, good=good)
        )
    surfaces = [(name, surface) for name, _, model in found for surface in _surface(model)]
    surfaces.sort(key=lambda pair: -float(np.ptp(pair[1])))
    return [*blocks, *(_drawn(name, surface) for name, surface in surfaces[:_MOST_SURFACES])]


def _decay(name: str, e: Experiment, model: ScalingModel) -> Iterator[Curve]:
    """The curve of B; nothing where the model has none, or its knots are not where they are known to be."""
    interval = model.configuration.get("decay_rot_interval")
    if "decay" not in model.components or interval is None or e.scan is None or e.is_still:
        return
    parameters = np.asarray(model.components["decay"].parameters, float)
    n, width = e.scan.n_images, abs(e.scan.oscillation[1])
    smoother = Smoother.over(0.0, n, interval / width)
    if smoother.n_parameters != len(parameters):
        return
    at = np.linspace(0, n, min(n + 1, _POINTS))
    yield Curve(name, e.scan.array_range[0] + at, smoother.values(at, parameters))


def _surface(model: ScalingModel) -> Iterator[np.ndarray]:
    """(_DOWN, _ACROSS): the factor of absorption where both paths go in one direction, by polar angle and azimuth."""
    if "absorption" not in model.components:
        return
    parameters = np.asarray(model.components["absorption"].parameters, float)
    l_max = round(np.sqrt(len(parameters) + 1)) - 1
    theta = np.pi * (np.arange(_DOWN) + 0.5) / _DOWN
    phi = 2 * np.pi * (np.arange(_ACROSS) + 0.5) / _ACROSS - np.pi
    theta, phi = np.meshgrid(theta, phi, indexing="ij")
    directions = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=-1)
    yield (1 + real_harmonics(directions.reshape(-1, 3), l_max) @ parameters).reshape(_DOWN, _ACROSS)


def _drawn(name: str, surface: np.ndarray) -> Figure:
    limits = ((-180.0, 180.0), (0.0, 180.0))
    plane = Plane(np.zeros((0, 2)), limits, ("azimuth / °", "polar angle / °"), equal=False)
    good = (
        "Good: within a few parts in a hundred at short wavelengths, smooth. Above 1.2 or below 0.8: a thick or odd "
        "mount."
    )
    note = "Factor on intensities for a path in that direction, in the frame of the crystal at angle 0."
    return heat_map(f"Absorption surface of {name}", plane, surface, "inverse scale", note=note, good=good)
