"""What was simulated, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def describe(numbers: Mapping[str, Any], significance: np.ndarray, folder: str) -> str:
    """A few lines on a data set: ``numbers`` are those of truth.json, ``significance`` (N,) true counts over sigma."""
    cell = " ".join(f"{x:g}" for x in numbers["cell"])
    params = numbers["parameters"]
    nx, ny = numbers["image_size"]
    x, y = numbers["beam_centre"]
    lines = [
        f"{params['images']} images of {params['width']:g} degrees, {nx} x {ny} pixels, in {folder}",
        f"crystal: {numbers['space_group']}, {cell}, to {numbers['d_min']:.2f} Å",
        f"instrument: {numbers['wavelength']:g} Å, {numbers['distance']:g} mm, beam at ({x:.2f}, {y:.2f}) px",
        f"{len(significance)} reflections recorded, {(np.asarray(significance) > 10).sum()} of them above ten sigma",
    ]
    if any(params["beam_error"]) or params["distance_error"]:
        dx, dy = params["beam_error"]
        lines.append(f"the headers are wrong by ({dx:g}, {dy:g}) px and {params['distance_error']:g} mm, as asked")
    return "\n".join([*lines, f"the truth is in {folder}/truth.json, truth.npz and truth.expt"])
