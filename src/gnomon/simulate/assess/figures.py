"""All figures of a run of the chain against truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gnomon.errors import InputError
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.simulate.assess.frame import cell_error
from gnomon.simulate.assess.intensities import IntensityFigures, intensity_figures
from gnomon.simulate.assess.observations import scaled_observations
from gnomon.simulate.assess.spots import SpotFigures, spot_figures
from gnomon.simulate.truth import Truth


@dataclass(frozen=True)
class Figures:
    """What a chain of import, find_spots, index, refine, integrate, symmetry and scale achieved."""

    space_group: str  # Hall symbol that symmetry chose
    cell_error: float  # relative, largest of the axes, of the scaled experiment
    angle_error: float  # degree
    spots: SpotFigures
    intensities: IntensityFigures


def assess(truth: Truth, folder: Path) -> Figures:
    """The figures of the files in ``folder``, under their usual names; :class:`InputError` where one is missing."""
    names = ("strong.refl", "refined.expt", "refined.refl", "scaled.expt", "scaled.refl")
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise InputError(f"{folder} holds no {missing[0]}; run the chain up to scale there first")
    refined, scaled = read_experiments(folder / "refined.expt"), read_experiments(folder / "scaled.expt")
    spots = spot_figures(
        truth, read_reflections(folder / "strong.refl"), refined, read_reflections(folder / "refined.refl")
    )
    observed = scaled_observations(scaled, read_reflections(folder / "scaled.refl"), truth)
    crystal = scaled[0].crystal
    if crystal is None:
        raise InputError(f"{folder}/scaled.expt has no crystal; run the chain up to scale there first")
    axes, angles = cell_error(crystal, truth)
    return Figures(crystal.hall_symbol.strip(), axes, angles, spots, intensity_figures(observed, truth))
