"""What many simulated crystals are, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from gnomon.report.table import text_table


class Truth(Protocol):
    """What is told of the truth of a series."""

    @property
    def names(self) -> list[str]: ...
    @property
    def species_names(self) -> list[str]: ...
    @property
    def species(self) -> np.ndarray: ...
    @property
    def cell(self) -> np.ndarray: ...
    @property
    def numbers(self) -> dict[str, Any]: ...
    @property
    def space_group(self) -> str: ...
    @property
    def species_cc(self) -> np.ndarray: ...


def describe(truth: Truth, folder: str) -> str:
    """The instrument, a table of the species, and how they correlate."""
    numbers: Mapping[str, Any] = truth.numbers
    params = numbers["parameters"]
    nx, ny = numbers["image_size"]
    images, degrees = params["images"], params["images"] * params["width"]
    lines = [
        f"{len(truth.names)} wedges of {degrees:g} degrees in {folder}: {images} images each, {nx} x {ny} pixels",
        f"instrument: {numbers['wavelength']:g} Å, {numbers['distance']:g} mm; "
        f"crystals in {truth.space_group}, to {numbers['d_min']:.2f} Å",
        "",
        text_table("Species", ["name", "crystals", "a (Å)", "CC of true intensities"], _rows(truth)),
        "",
        f"the truth is in {folder}/truth.json, truth.npz and truth.expt",
    ]
    return "\n".join(lines)


def _rows(truth: Truth) -> Sequence[Sequence[str]]:
    rows = []
    for i, name in enumerate(truth.species_names):
        mine = truth.cell[truth.species == i, 0]
        others = [f"{truth.species_cc[i, j]:.3f} {other}" for j, other in enumerate(truth.species_names) if j != i]
        rows.append([name, str(len(mine)), f"{mine.min():.2f} - {mine.max():.2f}", ", ".join(others) or "-"])
    return rows
