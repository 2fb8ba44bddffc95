"""Unmerged MTZ files of mosflm, pointless, aimless, DIALS or our own, read."""

from __future__ import annotations

import os
from typing import Any

import gemmi
import numpy as np

from gnomon.errors import InputError
from gnomon.io.mtz_columns import OPTIONAL, named_columns, open_unmerged
from gnomon.io.mtz_partials import summed_partials
from gnomon.io.mtz_runs import Run, runs_of
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import hall_symbol
from gnomon.maths.data_sets.data_set import obeying_cell
from gnomon.maths.geometry.recovered_geometry import diffracted_rays, fitted_panel, laboratory_turn, settle_senses
from gnomon.models.beam import Beam
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector, Panel
from gnomon.models.experiment import Experiment, Experiments, identifier_for
from gnomon.models.goniometer import Goniometer
from gnomon.models.imageset import images_named
from gnomon.models.scan import Scan
from gnomon.models.soundness import MOST_INTENSITY
from gnomon.models.unmerged import UnmergedData

_TOLD_OTHERWISE = ("x", "y", "rot", "flag")  # columns that are no fields of UnmergedData
_INSIDE = 1e-3  # images: a centroid stays this far inside its batch
_NO_DETECTOR = Panel(
    np.array([1.0, 0, 0]), np.array([0.0, -1, 0]), np.array([-100.0, 100, -100]), (2000, 2000), (0.1, 0.1)
)


def read_unmerged_mtz(path: str | os.PathLike[str]) -> UnmergedData:
    """The observations under their original indices, an experiment for each unbroken run of batches.

    I and SIGI are taken for sums where IPR stands beside them. Partials of one reflection (M of M/ISYM) are summed.
    With SCALEUSED the data are scaled. Raises InputError where the file is damaged, merged, or lacks a column.
    """
    mtz = open_unmerged(path)
    columns = named_columns(mtz, path)
    try:
        mtz.switch_to_original_hkl()
    except (IndexError, RuntimeError, ValueError):
        raise InputError(f"{path} has an M/ISYM that names no operation; it is damaged, write it anew") from None
    hkl = np.ascontiguousarray(mtz.make_miller_array(), np.int32)
    measured = (np.abs(columns["intensity"]) <= MOST_INTENSITY) & (columns["sigma"] > 0) & hkl.any(axis=1)
    if not measured.any():
        raise InputError(f"{path} has no observation with an intensity and a sigma; nothing can be done with it")
    columns = {name: values[measured] for name, values in {**columns, "hkl": hkl}.items()}
    runs = runs_of(mtz.batches)
    run = _run_of_rows(runs, columns["batch"], path)
    present, run = np.unique(run, return_inverse=True)
    return _assembled(mtz, [runs[i] for i in present], run, columns, path)


def _run_of_rows(runs: list[Run], batch: np.ndarray, path: str | os.PathLike[str]) -> np.ndarray:
    """(N,) the run of each observation. Raises InputError for a batch without a header."""
    owner = {b.number: i for i, run in enumerate(runs) for b in run.batches}
    numbers, which = np.unique(batch.astype(int), return_inverse=True)
    bare = [n for n in numbers.tolist() if n not in owner]
    if bare:
        raise InputError(f"{path} has observations in batch {bare[0]} but no header of it; write the file anew")
    return np.array([owner[n] for n in numbers.tolist()])[which]


def _assembled(
    mtz: gemmi.Mtz, runs: list[Run], run: np.ndarray, columns: dict[str, np.ndarray], path: str | os.PathLike[str]
) -> UnmergedData:
    """The data with an experiment for each run."""
    phi, z = _angles(runs, run, columns)
    columns = summed_partials({**columns, "run": run, "phi": phi, "z": z})
    run = columns["run"].astype(np.intp)
    experiments, unoriented, cells = [], [], _cells(mtz, runs)
    for i, one in enumerate(runs):
        rows = {name: values[run == i] for name, values in columns.items()}
        experiment, oriented = _experiment(mtz, one, rows, path, cells[i])
        experiments.append(experiment.replace(identifier=identifier_for(_fingerprint(mtz), i)))
        unoriented += [] if oriented else [i]
    x, y = (columns.get(name, np.zeros(len(run))) for name in "xy")
    described: dict[str, Any] = {
        name: columns[name] for name in OPTIONAL if name in columns and name not in _TOLD_OTHERWISE
    }
    return UnmergedData(
        experiments=Experiments.of(experiments),
        cell=_data_set_cell(mtz, runs[0]),
        hall_symbol=hall_symbol(mtz.spacegroup),
        wavelength=float(np.mean([e.beam.wavelength for e in experiments])),
        scaled="scale" in columns,
        experiment=run,
        hkl=columns["hkl"].astype(np.int32),
        image=columns["batch"].astype(int),
        intensity=columns["intensity"],
        sigma=columns["sigma"],
        xyz=np.column_stack([x, y, columns["z"]]),
        phi=columns["phi"],
        rejected=columns["flag"] != 0 if "flag" in columns else None,
        without_orientation=tuple(unoriented),
        **described,
    )


def _fingerprint(mtz: gemmi.Mtz) -> str:
    """What tells a file from others, wherever it lies."""
    return f"{mtz.title}/{mtz.nreflections}/{float(np.nansum(mtz.array, dtype=float))!r}"


def _angles(runs: list[Run], run: np.ndarray, columns: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(N,) phi in degrees and z in images, z inside the observation's batch.

    ROT of some files is whole images off from the headers of the batches (DIALS 0, after rebatch); the headers rule.
    """
    batch = columns["batch"]
    phi, z = np.zeros(len(batch)), batch - 0.5
    for i, one in enumerate(runs):
        rows = np.flatnonzero(run == i)
        start, width = one.oscillation
        middle = start + width * (batch[rows] - one.numbers[0] + 0.5)
        phi[rows] = middle
        if "rot" not in columns or width == 0:
            continue
        off = columns["rot"][rows] - middle
        phi[rows] = columns["rot"][rows] - np.rint(np.median(off) / width) * width
        seen = one.numbers[0] - 1 + (phi[rows] - start) / width
        z[rows] = np.clip(seen, batch[rows] - 1 + _INSIDE, batch[rows] - _INSIDE)
    return phi, z


_SAME_CELL = 0.03
"""Relative, of edges and angles: batches whose cell is further off were left in another setting by reindexing."""
_OBEYS = 0.02, 1e-3
"""Degrees and relative: as near to its space group the cell of batches is, rounded as 32-bit numbers and refined."""


def _cells(mtz: gemmi.Mtz, runs: list[Run]) -> list[np.ndarray]:
    """(6,) the cell of each run: of its data set; of its batches where one data set has several runs, of many crystals.

    Cells of batches that do not obey the space group, or are of another setting, are left alone.
    """
    cells, ids = [], [run.batches[0].dataset_id for run in runs]
    for run, number in zip(runs, ids):
        cell = _data_set_cell(mtz, run)
        own = run.cell if ids.count(number) > 1 and (run.cell > 0).all() else cell
        cells.append(own if _is_cell_of(own, cell, hall_symbol(mtz.spacegroup)) else cell)
    return [obeying_cell(cell, hall_symbol(mtz.spacegroup)) for cell in cells]


def _data_set_cell(mtz: gemmi.Mtz, run: Run) -> np.ndarray:
    """(6,) of the run's data set; of the file where that has none."""
    found = mtz.dataset(run.batches[0].dataset_id).cell
    return np.array((found if found.is_crystal() else mtz.cell).parameters)


def _is_cell_of(batches: np.ndarray, data_set: np.ndarray, hall: str) -> bool:
    """Whether the cell of batches obeys the space group, and is near that of the data set."""
    nearest = obeying_cell(batches, hall)
    degrees, relative = _OBEYS
    obeys = np.abs(nearest[3:] - batches[3:]).max() < degrees and np.abs(nearest[:3] / batches[:3] - 1).max() < relative
    return bool(obeys and np.abs(batches / data_set - 1).max() < _SAME_CELL)


def _experiment(
    mtz: gemmi.Mtz, run: Run, rows: dict[str, np.ndarray], path: str | os.PathLike[str], cell: np.ndarray
) -> tuple[Experiment, bool]:
    """The experiment of a run with its ``cell``, and whether its orientation is known."""
    data_set = mtz.dataset(run.batches[0].dataset_id)
    wavelength = run.wavelength or data_set.wavelength
    if not 0 < wavelength < 100:
        raise InputError(f"{path} gives no wavelength for batch {run.numbers[0]}; write it with one")
    hall = hall_symbol(mtz.spacegroup)
    setting = run.setting(cell, wavelength)
    if setting is not None:
        setting = settle_senses(setting, rows["hkl"], np.deg2rad(rows["phi"]))
    oriented = setting is not None
    A, axis, s0 = setting or (b_matrix(cell), np.array([1.0, 0, 0]), np.array([0, 0, -1 / wavelength]))
    turn = laboratory_turn(axis, s0)
    experiment = Experiment(
        beam=Beam(wavelength=wavelength).with_s0(turn @ s0),
        detector=Detector((_NO_DETECTOR,)),
        goniometer=Goniometer(turn @ axis),
        scan=Scan(run.numbers, run.oscillation),
        crystal=Crystal(turn @ A, hall),
        images=images_named(path),
    )
    if oriented and {"x", "y"} <= rows.keys():
        s1 = diffracted_rays(experiment, rows["hkl"], np.deg2rad(rows["phi"]))
        panel = fitted_panel(s1, np.column_stack([rows["x"], rows["y"]]), run.distance, run.image_size)
        experiment = experiment.replace(detector=Detector((panel or _NO_DETECTOR,)))
    return experiment, oriented
