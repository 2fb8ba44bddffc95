"""Images of many crystals of several species, a narrow wedge of each, with their truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.io.expt import write_experiments
from gnomon.models.experiment import Experiment, Experiments
from gnomon.simulate.background import background_rate
from gnomon.simulate.dataset import template_of, write_images
from gnomon.simulate.effects import beam_fluctuation, diffracting_volume
from gnomon.simulate.flaws import SECOND_CRYSTAL, flawed_member, flawed_params
from gnomon.simulate.image import Pixels, Scene
from gnomon.simulate.population import Member, population
from gnomon.simulate.recorded import recorded_reflections
from gnomon.simulate.recording import CbfFiles
from gnomon.simulate.series import Series
from gnomon.simulate.series_truth import SeriesTruth, save_recorded
from gnomon.simulate.species import species_of
from gnomon.simulate.species_params import CrystalsParams
from gnomon.simulate.spots import all_spots
from gnomon.simulate.true_models import true_experiments
from gnomon.step import Progress


def simulate_crystals(
    params: CrystalsParams, folder: Path, *, workers: Workers = SERIAL, progress: Progress | None = None
) -> SeriesTruth:
    """The truth; images (``cow_01_0001.cbf.gz``), ``truth.json``, ``truth.npz`` and ``truth.expt`` are in ``folder``.

    So is what the images of each crystal hold (``cow_01_truth.npz``; :func:`crystal_truth` reads it). Crystals are
    spread over the workers; any number writes the same bytes.
    """
    folder = Path(folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    species = species_of(params)
    members, series = [flawed_member(m) for m in population(params, species)], Series.of(params, species)
    pixels = Pixels.of(params, series.instrument, series.background)
    task = _Task(series, pixels, folder)
    crystals = []
    for done, intensity in enumerate(workers.map(task, members), 1):
        crystals.append(intensity)
        if progress:
            progress("simulating wedges", done, len(members))
    truth = series.truth(members, crystals)
    truth.save(folder)
    write_experiments(folder / "truth.expt", _true_experiments(series, truth, folder))
    return truth


@dataclass(frozen=True)
class _Task:
    """Writes the images of a crystal."""

    series: Series
    pixels: Pixels  # dead and hot ones are the detector's, and the same for all crystals
    folder: Path

    def __call__(self, member: Member) -> np.ndarray:
        """(M,) the crystal's true intensities of the unique reflections."""
        series = self.series
        crystal, params = series.intensities(member), flawed_params(series.params, member)
        settings = series.setting_matrices(member)
        spots = all_spots(params, series.instrument, crystal, settings, SECOND_CRYSTAL)
        pixels = self.pixels if member.flaw != "ice" else self._with_ice(params)
        light = beam_fluctuation(params), diffracting_volume(params)
        scene = Scene(params, series.instrument, pixels, spots, *light)
        rendered = write_images(scene, CbfFiles(scene, template_of(self.folder, member.name, params.compress)))
        save_recorded(self.folder, member.name, recorded_reflections(scene, rendered))
        return series.unique_intensities(member, crystal)

    def _with_ice(self, params: CrystalsParams) -> Pixels:
        """The same pixels under more background."""
        rate = background_rate(params, self.series.instrument)
        return replace(self.pixels, background=rate * params.width)


def _true_experiments(series: Series, truth: SeriesTruth, folder: Path) -> Experiments:
    """One a crystal, all on the one true instrument."""
    parts: list[Experiment] = []
    for name, A in zip(truth.names, truth.A):
        template = template_of(folder, name, series.params.compress)
        parts += true_experiments(series.params, series.models, [A], series.group.hall, template)
    return Experiments.of(parts)
