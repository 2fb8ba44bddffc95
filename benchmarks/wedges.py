"""Wedges of several crystals, refined jointly and integrated: predictions, cells and completeness against truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.frame import cell_error
from gnomon.simulate.assess.measured import measured_figures
from gnomon.simulate.assess.spots import prediction_error
from gnomon.simulate.crystals import simulate_crystals
from gnomon.simulate.series_truth import SeriesTruth, crystal_truth, load_series_truth
from gnomon.simulate.species_params import CrystalsParams

STEPS = ("import", "find_spots", "index", "refine", "integrate")


@dataclass(frozen=True)
class WedgesFigures:
    """Of all wedges of a series that a program refined and integrated together."""

    crystals: int
    prediction: np.ndarray  # (3,) r.m.s. from true over all crystals, px, px, images
    worst_cell: float  # relative, the largest of the axes of all crystals
    measured: float  # fraction of the whole true reflections with an intensity
    worst_fit_to_sum: float  # of the shells of all crystals


def truth_of(params: CrystalsParams, folder: Path, nproc: int) -> SeriesTruth:
    """The series' images and truth, made where they are not there."""
    if (folder / "truth.npz").is_file():
        return load_series_truth(folder)
    return simulate_crystals(params, folder, workers=Workers(nproc))


def wedges_figures(series: SeriesTruth, images: Path, folder: Path) -> WedgesFigures | None:
    """From a program's files in ``folder``; None where it did not come to the end of integrate."""
    if not (folder / "integrated.refl").is_file():
        return None
    pieces = {stem: _by_name(series, folder, stem) for stem in ("refined", "integrated")}
    truths = {name: crystal_truth(series, images, name) for name in pieces["refined"]}
    squares = [np.square(prediction_error(truths[n], *piece)) for n, piece in pieces["refined"].items()]
    cells = [cell_error(one[0].needed_crystal, truths[n])[0] for n, (one, _) in pieces["refined"].items()]
    measured = [measured_figures(truths[n], *piece) for n, piece in pieces["integrated"].items()]
    whole = np.array([m.n_true for m in measured])
    return WedgesFigures(
        len(truths),
        np.sqrt(np.mean(squares, axis=0)),
        float(np.max(cells)),
        float(np.dot(whole, [m.measured for m in measured]) / whole.sum()),
        max((m.worst_fit_to_sum for m in measured), key=lambda v: abs(v - 1)),
    )


def _by_name(series: SeriesTruth, folder: Path, stem: str) -> dict[str, tuple[Experiments, Reflections]]:
    """The experiment of each crystal and its reflections, by the crystal's name."""
    experiments, table = read_experiments(folder / f"{stem}.expt"), read_reflections(folder / f"{stem}.refl")
    names = [name.rpartition("/")[2] for name in data_set_names(experiments)]
    return {name: _alone(e, table, i) for i, (name, e) in enumerate(zip(names, experiments)) if name in series.names}


def _alone(experiment: Experiment, table: Reflections, number: int) -> tuple[Experiments, Reflections]:
    """One experiment as if there were no other."""
    own = table.select(table["id"] == number)
    return Experiments.of([experiment]), own.with_columns({"id": np.zeros(len(own), int)})


def images_of(series: SeriesTruth, folder: Path) -> list[str]:
    """What import is given."""
    return sorted(str(path) for name in series.names for path in folder.glob(f"{name}_[0-9]*.cbf*"))


def rows(figures: list[WedgesFigures | None]) -> list[list[str]]:
    """One row a figure, one column a program; a dash where it came to no figures."""
    told: dict[str, Callable[[WedgesFigures], str]] = {
        "crystals": lambda f: str(f.crystals),
        "prediction from truth, px": lambda f: f"{max(f.prediction[:2]):.4g}",
        "prediction from truth, im.": lambda f: f"{f.prediction[2]:.4g}",
        "worst cell, % off": lambda f: f"{100 * f.worst_cell:.4g}",
        "whole ones with intensity, %": lambda f: f"{100 * f.measured:.2f}",
        "worst fit/sum of a shell": lambda f: f"{f.worst_fit_to_sum:.4g}",
    }
    return [[name, *(tell(f) if f else "-" for f in figures)] for name, tell in told.items()]
