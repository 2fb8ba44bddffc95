"""A data set with known truth: images, truth.json, truth.npz and truth.expt in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gemmi
import numpy as np

from gnomon.distribute.workers import SERIAL, Workers
from gnomon.io.expt import write_experiments
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.simulate.background import background_rate
from gnomon.simulate.domains import jump_vector, split_vector
from gnomon.simulate.effects import Slippage, beam_fluctuation, diffracting_volume, orientation, second_orientation
from gnomon.simulate.image import Pixels, Rendered, Scene, count, expected_image
from gnomon.simulate.instrument import Instrument
from gnomon.simulate.params import SimulateParams, SweepParams
from gnomon.simulate.recorded import recorded_reflections
from gnomon.simulate.recording import CbfFiles, Recorder, hdf5_recorder
from gnomon.simulate.spots import Spots, all_spots
from gnomon.simulate.spread import REACH
from gnomon.simulate.structure_factors import TrueIntensities, true_intensities
from gnomon.simulate.true_models import InstrumentModels, true_experiments
from gnomon.simulate.truth import Truth
from gnomon.step import Progress


def simulate_dataset(
    params: SimulateParams, folder: Path, *, workers: Workers = SERIAL, progress: Progress | None = None
) -> Truth:
    """The truth; images, ``truth.json``, ``truth.npz`` and ``truth.expt`` are written to ``folder``, made if need be.

    Any number of workers writes the same bytes: each image has its own seed.
    """
    folder = Path(folder).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    instrument = Instrument.of(params)
    d_min = max(params.d_min or 0.0, instrument.corner_resolution)
    crystal = true_intensities(params, d_min)
    settings = _settings(params, crystal)
    pixels = Pixels.of(params, instrument, background_rate(params, instrument))
    spots = all_spots(params, instrument, crystal, settings, params.second_lattice)
    scene = Scene(params, instrument, pixels, spots, beam_fluctuation(params), diffracting_volume(params))
    template, recorder = _recorder(scene, params, folder)
    rendered = write_images(scene, recorder, workers, progress)
    numbers = _numbers(params, instrument, crystal, settings, d_min)
    truth = Truth(folder, template, numbers, recorded_reflections(scene, rendered), *_merged(crystal))
    truth.save()
    experiments = true_experiments(params, InstrumentModels.of(instrument), settings, crystal.group.hall, template)
    write_experiments(folder / "truth.expt", experiments)
    return truth


def _settings(params: SimulateParams, crystal: TrueIntensities) -> list[np.ndarray]:
    """A (3, 3) of each lattice at angle zero: U B."""
    B = b_matrix(np.array(crystal.cell.parameters))
    turns = [orientation(params), second_orientation(params)]
    return [U @ B for U in turns[: 2 if params.second_lattice > 0 else 1]]


def template_of(folder: Path, prefix: str, compress: bool) -> str:
    """The path of the images, with hashes for their number."""
    return str(folder / f"{prefix}_####.cbf{'.gz' if compress else ''}")


def _recorder(scene: Scene, params: SimulateParams, folder: Path) -> tuple[str, Recorder]:
    """The template of the images, or their master file, and what writes them."""
    if params.file_format == "cbf":
        template = template_of(folder, params.prefix, params.compress)
        return template, CbfFiles(scene, template)
    master = str(folder / f"{params.prefix}{'.nxs' if params.file_format == 'nxmx' else '_master.h5'}")
    return master, hdf5_recorder(scene, master, params.file_format, params.bit_depth)


def write_images(
    scene: Scene, recorder: Recorder, workers: Workers = SERIAL, progress: Progress | None = None
) -> list[Rendered]:
    """What each image holds, after it was given to the recorder."""
    params = scene.params
    rows_of = _rows_by_image(params, scene.spots)

    def one(number: int) -> Rendered:
        rate, rendered = expected_image(scene, rows_of[number - 1], number)
        recorder.write(number, count(scene, rate, number))
        return rendered

    rendered = []
    for done, part in enumerate(workers.map(one, range(1, params.images + 1)), 1):
        rendered.append(part)
        if progress:
            progress("simulating images", done, params.images)
    recorder.finish()
    return rendered


def _rows_by_image(params: SweepParams, spots: Spots) -> list[np.ndarray]:
    """For each image the rows of the spots whose rocking curve reaches into it."""
    width = np.deg2rad(params.width)
    z = (spots.phi - np.deg2rad(params.start)) / width
    reach = REACH * np.sqrt(spots.covariance[:, 2, 2]) / width
    first = np.clip(np.floor(z - reach).astype(int), 0, params.images)
    last = np.clip(np.floor(z + reach).astype(int) + 1, first, params.images)
    row = np.repeat(np.arange(len(z)), last - first)
    image = np.arange(len(row)) - np.repeat(np.cumsum(last - first) - last, last - first)
    order = np.argsort(image, kind="stable")
    return np.split(row[order], np.searchsorted(image[order], np.arange(1, params.images)))


def _merged(crystal: TrueIntensities) -> tuple[np.ndarray, np.ndarray]:
    """Indices in the asymmetric unit and their intensities, Friedel mates as one."""
    unit = gemmi.ReciprocalAsu(crystal.group)
    inside = np.array([unit.is_in(h) for h in crystal.hkl.tolist()])
    return crystal.hkl[inside], crystal.intensity[inside]


def _numbers(
    params: SimulateParams, instrument: Instrument, crystal: TrueIntensities, settings: list[np.ndarray], d_min: float
) -> dict[str, Any]:
    """The content of truth.json."""
    return {
        "cell": list(crystal.cell.parameters),
        "space_group": crystal.group.xhm(),
        "hall_symbol": crystal.group.hall,
        "A": settings[0].tolist(),
        "A_second": settings[1].tolist() if len(settings) > 1 else None,
        "d_min": d_min,
        **instrument_numbers(params, instrument),
        **crystal_turns(params),
        "parameters": params.model_dump(mode="json"),
    }


def instrument_numbers(params: SweepParams, instrument: Instrument) -> dict[str, Any]:
    """The true instrument and scan, as truth.json has them."""
    return {
        "wavelength": instrument.wavelength,
        "distance": instrument.distance,
        "beam_centre": list(instrument.beam_centre),
        "image_size": list(instrument.image_size),
        "pixel_size": instrument.pixel_size,
        "thickness": instrument.thickness,
        "mu": instrument.mu,
        "modules": instrument.modules.numbers() if instrument.modules else None,
        "rotation_axis": instrument.spindle.tolist(),
        "oscillation": [params.start, params.width],
        "image_range": [1, params.images],
    }


def crystal_turns(params: SweepParams) -> dict[str, list[float] | None]:
    """Rotation vectors, degrees, in the frame of the mount, as truth.json has them; None where the crystal keeps still.

    ``split`` leads from one domain to the other; ``slippage`` is the whole smooth turn, ``jump`` the sudden one.
    """
    vectors = {
        "split": (params.split_angle, split_vector(params)),
        "slippage": (params.slippage, Slippage.of(params).total),
        "jump": (params.jump, jump_vector(params)),
    }
    return {name: np.rad2deg(vector).tolist() if angle else None for name, (angle, vector) in vectors.items()}
