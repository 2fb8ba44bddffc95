"""What MOSFLM starts from: the orientation matrix (``index.mat``) and commands (``mosflm.in``)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from gnomon.errors import InputError
from gnomon.io.atomic import write_whole
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.geometry.frames import frame_along
from gnomon.models.experiment import Experiment, Experiments


def write_mosflm(folder: str | os.PathLike[str], experiments: Experiments) -> list[str]:
    """Write both files of each sweep; returns their names.

    Of several sweeps each has a folder of its own: ``mosflm_1``, ``mosflm_2``. Raises InputError for stills.
    """
    written = []
    for number, e in enumerate(experiments, start=1):
        own = Path(f"{folder}_{number}" if len(experiments) > 1 else folder)
        texts = {"index.mat": matrix_text(e), "mosflm.in": _commands(e)}
        try:
            own.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make the folder {own}: {(error.strerror or str(error)).lower()}") from error
        for name, text in texts.items():
            write_whole(own / name, text)
            written.append(str(own / name))
    return written


def mosflm_frame(e: Experiment) -> np.ndarray:
    """(3, 3), rows: x along the beam, y, and z along the spindle made normal to x (MOSFLM's manual, Leslie 1992)."""
    x, z, minus_y = frame_along(-e.beam.direction, e.needed_goniometer.lab_axis)
    return np.array([x, -minus_y, z])


def matrix_text(e: Experiment) -> str:
    """``index.mat``: A times the wavelength, no missetting, U, the cell, no missetting."""
    goniometer, crystal = e.needed_goniometer, e.needed_crystal
    A = mosflm_frame(e) @ goniometer.setting_rotation @ goniometer.fixed_rotation @ crystal.A
    U = A @ np.linalg.inv(b_matrix(crystal.cell))
    none = _row(np.zeros(3), 12, 3)
    rows = [*(_row(row, 12, 8) for row in A * e.beam.wavelength), none, *(_row(row, 12, 8) for row in U)]
    return "\n".join([*rows, _row(crystal.cell, 12, 4), none]) + "\n"


def _row(values: np.ndarray, width: int, decimals: int) -> str:
    return "".join(f"{v:{width}.{decimals}f}" for v in values)


def _commands(e: Experiment) -> str:
    """``mosflm.in``: the images, the space group, and the detector, whose beam centre has the slow axis first."""
    lines = []
    template = None if e.images is None else e.images.template
    if template:
        lines += [f"DIRECTORY {os.path.dirname(os.path.abspath(template))}", f"TEMPLATE {os.path.basename(template)}"]
    fast, slow = e.detector.intersect(np.zeros(1, np.intp), e.beam.s0[None])[0]
    f, s, origin = e.detector.frames[0].T
    lines += [f"SYMMETRY {space_group(e.needed_crystal.hall_symbol).number}", f"BEAM {slow:.3f} {fast:.3f}"]
    return "\n".join([*lines, f"DISTANCE {abs(origin @ np.cross(f, s)):.4f}", "MATRIX index.mat"]) + "\n"
