"""Raw intensities for SADABS: the columns of SAINT's ``.raw``, with the direction cosines of both beams."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from gnomon.io.atomic import write_whole
from gnomon.io.shelx import require_narrow_indices, shelx_number, shelx_scale
from gnomon.maths.geometry.centroids import rotate_back
from gnomon.maths.geometry.prediction import models_at, predict
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.models.unmerged import UnmergedData

_FRAME = 512
"""Of a side of a detector, in the units of its columns x and y, whatever number of pixels it has (SAINT's manual)."""


def write_sadabs(path: str | os.PathLike[str], data: UnmergedData, run: int = 1, predict: bool = False) -> float:
    """Write a line for each observation, sorted by index; returns the scale applied to intensities.

    h, k, l (3I4), I, sigma (2F8), the run (I4), cosines of the angles of the reversed incident and of the diffracted
    beam with a, b, c (6F8.5), x, y in 512ths of the detector, the image (2F7.2, F8.2), 2theta of the detector's normal
    in degrees (F7.2), 10^4 sin(theta) / lambda (I5). Sweeps are runs of rising number from ``run``. predict: places are
    those of the crystal that does not vary, and not those observed. Raises InputError for stills.
    """
    require_narrow_indices(data.hkl)
    if predict:
        data = _static(data)
    scale = shelx_scale(data.intensity, data.sigma)
    lines = [""] * len(data)
    for number, e in enumerate(data.experiments):
        rows = np.flatnonzero(data.experiment == number)
        for row, line in zip(rows.tolist(), _lines(e, data, rows, run + number, scale)):
            lines[row] = line
    order = np.lexsort((data.image, data.experiment, *data.hkl.T[::-1]))
    write_whole(path, "".join(lines[i] for i in order))
    return scale


def _lines(e: Experiment, data: UnmergedData, rows: np.ndarray, run: int, scale: float) -> list[str]:
    """The lines of one sweep's observations."""
    cosines, inverse_d = beam_cosines(e, data.hkl[rows], data.phi[rows])
    panel = np.zeros(len(rows), np.intp) if data.panel is None else data.panel[rows]
    sides = np.array([one.image_size for one in e.detector.panels], float)[panel]
    place = np.column_stack([data.xyz[rows, :2] * _FRAME / sides, data.xyz[rows, 2]])
    normal = np.cross(*e.detector.frames[0].T[:2])
    swing = np.rad2deg(np.arccos(min(1.0, abs(float(normal @ e.beam.direction)))))
    values = np.column_stack([data.intensity[rows], data.sigma[rows]]) * scale
    lines = []
    for (h, k, l), (i, s), c, (x, y, z), d in zip(
        data.hkl[rows].tolist(), values.tolist(), cosines.tolist(), place.tolist(), inverse_d.tolist()
    ):
        lines.append(
            f"{h:4d}{k:4d}{l:4d}{shelx_number(i)}{shelx_number(s)}{run:4d}"
            + "".join(f"{v:8.5f}" for v in c)
            + f"{x:7.2f}{y:7.2f}{z:8.2f}{swing:7.2f}{round(5000 * d):5d}\n"
        )
    return lines


def beam_cosines(e: Experiment, hkl: np.ndarray, phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(N, 6) cosines XI, XD, YI, YD, ZI, ZD of the reversed incident and the diffracted beam with a, b, c; (N,) 1/d.

    phi: (N,) degrees. By Laue's equations s1 . a = s0 . a + h, without any rounding of places on the detector.
    """
    A, s0 = models_at(e, e.needed_scan.z_at(phi))
    incident = rotate_back(e, np.broadcast_to(s0, (len(phi), 3)), np.deg2rad(phi))
    axes = np.linalg.inv(A)  # rows a, b, c
    along = (axes @ incident[..., None])[..., 0]
    length = np.linalg.norm(axes, axis=-1) * np.linalg.norm(s0, axis=-1, keepdims=True)
    inverse_d = np.linalg.norm((A @ hkl[..., None].astype(float))[..., 0], axis=-1)
    return (np.stack([-along, along + hkl], -1) / length[..., None]).reshape(-1, 6), inverse_d


def _static(data: UnmergedData) -> UnmergedData:
    """The observations where crystals that do not vary along their scans put them; none that would nowhere be seen."""
    still = [e.replace(crystal=e.needed_crystal.static()) for e in data.experiments]
    panel = np.zeros(len(data), np.intp) if data.panel is None else data.panel
    columns = {"miller_index": data.hkl, "id": data.experiment, "panel": panel, "xyzobs.px.value": data.xyz}
    found = predict(Experiments.of(still), Reflections(columns))
    seen = found.has(Flag.PREDICTED)
    xyz, phi = found["xyzcal.px"][seen], np.rad2deg(found["xyzcal.mm"][seen, 2])
    names = ("experiment", "hkl", "image", "intensity", "sigma")
    rows = {name: getattr(data, name)[seen] for name in names}
    return replace(data, experiments=Experiments.of(still), xyz=xyz, phi=phi, panel=panel[seen], **rows)
