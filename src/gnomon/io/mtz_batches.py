"""Batch headers of an unmerged MTZ: the geometry of each image, in CCP4's "Cambridge" frame.

Its x is along the beam and z along the rotation axis. The layout of the header is that of CCP4's mtzlib.
"""

from __future__ import annotations

import gemmi
import numpy as np

from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.laue_group.setting import symmetrized
from gnomon.models.crystal import cell_from_a_matrix
from gnomon.models.experiment import Experiment
from gnomon.models.unmerged import UnmergedData

# places of the integers and reals in a header
_LBCELL, _NCRYST, _LDTYPE, _JSCAX, _NGONAX, _NDET = 4, 12, 14, 15, 17, 19
CELL, UMAT, PHISTT, PHIEND, SCANAX, _BSCALE, _PHIRANGE = 0, 6, 36, 37, 38, 43, 47
E1, SOURCE, S0, LAMBDA, DISTANCE, LIMITS = 59, 80, 83, 86, 111, 113


FIRST_DATA_SET = 1
"""The number in the file of the first data set; 0 is HKL_base."""


def add_batches(mtz: gemmi.Mtz, unmerged: UnmergedData) -> None:
    """Add a header for each image of each experiment, numbered as ``unmerged.batches`` counts.

    Each belongs to the data set of its wavelength.
    """
    which = unmerged.wavelength_of or [0] * len(unmerged.experiments)
    for e, offset, data_set in zip(unmerged.experiments, unmerged.batch_offsets(), which):
        first, last = (1, 1) if e.scan is None else e.scan.image_range
        template, settings = _experiment_reals(e), _settings(e)
        for number in range(first, last + 1):
            batch = _batch(template)
            batch.number = number + offset
            batch.title = f"Batch {number + offset}"
            batch.dataset_id = FIRST_DATA_SET + data_set
            for place, value in _image_reals(e, number, *settings[(number - first) % len(settings)]):
                batch.floats[place] = value
            mtz.batches.append(batch)


def _batch(reals: list[tuple[int, float]]) -> gemmi.Mtz.Batch:
    batch = gemmi.Mtz.Batch()
    for place in range(_LBCELL, _LBCELL + 6):
        batch.ints[place] = -1
    for place, value in ((_NCRYST, 1), (_LDTYPE, 2), (_JSCAX, 1), (_NGONAX, 1), (_NDET, 1)):
        batch.ints[place] = value
    for place, real in reals:
        batch.floats[place] = real
    batch.axes = ["AXIS"]
    return batch


def cambridge_frame(e: Experiment) -> np.ndarray:
    """(3, 3), the rotation from the laboratory to x near the beam, z along the rotation axis."""
    beam = -e.beam.direction
    z = np.array([1.0, 0.0, 0.0]) if e.goniometer is None else e.goniometer.lab_axis
    y = np.cross(z, beam)
    y /= np.linalg.norm(y)
    return np.array([np.cross(y, z), y, z])


def _experiment_reals(e: Experiment) -> list[tuple[int, float]]:
    """Places and values that all images of an experiment share."""
    source = cambridge_frame(e) @ e.beam.direction
    panel = e.detector.panels[0]
    distance = abs(float(e.detector.frames[0][:, 2] @ e.detector.normals[0]))
    nx, ny = panel.image_size
    plain = [
        (SCANAX + 2, 1.0),
        (_BSCALE, 1.0),
        (E1 + 2, 1.0),
        (SOURCE, -1.0),
        (LAMBDA, e.beam.wavelength),
        (DISTANCE, distance),
        (LIMITS + 1, float(nx)),
        (LIMITS + 3, float(ny)),
    ]
    return plain + [(S0 + i, float(source[i])) for i in range(3)]


def _settings(e: Experiment) -> list[tuple[np.ndarray, np.ndarray]]:
    """Cell (6,) and U (3, 3) at phi = 0 of the crystal in the middle of each image; one for all where it is static.

    The cell is the nearest that obeys the space group.
    """
    crystal = e.needed_crystal
    A, points = crystal.A[None], crystal.A_at_scan_points
    if points is not None and e.scan is not None:
        A = (points[:-1] + points[1:]) / 2
    A = symmetrized(A, crystal.hall_symbol)
    if e.goniometer is not None:
        A = e.goniometer.setting_rotation @ e.goniometer.fixed_rotation @ A
    frame, cells = cambridge_frame(e), cell_from_a_matrix(A)
    return [(cell, frame @ one @ np.linalg.inv(b_matrix(cell))) for cell, one in zip(cells, A)]


def _image_reals(e: Experiment, number: int, cell: np.ndarray, U: np.ndarray) -> list[tuple[int, float]]:
    """Cell, orientation U at phi = 0, column by column, and the angles of image ``number``."""
    start, width = (0.0, 0.0) if e.scan is None else (float(e.scan.phi_at(number - 1)), e.scan.oscillation[1])
    return [
        *((CELL + i, float(v)) for i, v in enumerate(cell)),
        *((UMAT + i, float(v)) for i, v in enumerate(U.T.ravel())),
        (PHISTT, start),
        (PHIEND, start + width),
        (_PHIRANGE, width),
    ]
