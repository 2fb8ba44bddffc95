"""The figures of a refinement that its report tells."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections


def _rmsd(difference: np.ndarray) -> list[float]:
    """Of each column; nan of no rows."""
    return np.sqrt((difference**2).mean(axis=0)).tolist() if len(difference) else [float("nan")] * 3


def _experiment(number: int, experiment: Experiment, rows: Reflections) -> dict[str, Any]:
    """Counts, r.m.s. differences (px, px, images) and cell of one experiment."""
    used = rows.has(Flag.USED_IN_REFINEMENT)
    indexed = (rows["miller_index"] != 0).any(axis=1) & rows.has(Flag.PREDICTED)
    difference = rows["xyzcal.px"] - rows["xyzobs.px.value"]
    crystal = experiment.needed_crystal
    return {
        "experiment": number,
        "n_indexed": int((rows["miller_index"] != 0).any(axis=1).sum()),
        "n_used": int(used.sum()),
        "n_outliers": int(rows.has(Flag.CENTROID_OUTLIER).sum()),
        "rmsd": _rmsd(difference[used]),
        "rmsd_indexed": _rmsd(difference[indexed]),
        "cell": crystal.cell.tolist(),
        "cell_sd": None if crystal.cell_parameter_sd is None else crystal.cell_parameter_sd.tolist(),
        "scan_varying": crystal.is_scan_varying,
    }


def _panels(experiments: Experiments, table: Reflections) -> list[dict[str, Any]]:
    """Counts and r.m.s. differences of each panel of each detector; none where all have one panel."""
    out = []
    for d, (detector, members) in enumerate(experiments.groups_sharing("detector")):
        if len(detector) == 1:
            continue
        rows = table.select(np.isin(table["id"], members) & table.has(Flag.USED_IN_REFINEMENT))
        difference = rows["xyzcal.px"] - rows["xyzobs.px.value"]
        for p, panel in enumerate(detector.panels):
            on = rows["panel"] == p
            if on.any():
                figures = {"detector": d, "panel": p, "name": panel.name, "n_used": int(on.sum())}
                out.append({**figures, "rmsd": _rmsd(difference[on])})
    return out


def _moves(before: Experiments, after: Experiments) -> list[dict[str, Any]]:
    """How far each detector's centre (mm) and each beam's direction (degrees) went."""
    out = []
    for detector, members in after.groups_sharing("detector"):
        old, new = before[members[0]], after[members[0]]
        shift = detector.frames[:, :, 2].mean(axis=0) - old.detector.frames[:, :, 2].mean(axis=0)
        tilt = float(np.linalg.norm(np.cross(old.beam.direction, new.beam.direction)))
        out.append({"shift": shift.tolist(), "beam_tilt": float(np.rad2deg(np.arcsin(min(tilt, 1.0))))})
    return out


def misorientations(experiments: Experiments) -> list[float]:
    """The rotation (degrees) from the first experiment's crystal, at angle 0, to each one's."""
    first = np.linalg.inv(experiments[0].needed_crystal.A)
    angles = []
    for e in experiments:
        left, _, right = np.linalg.svd(e.needed_crystal.A @ first)
        R = left @ right
        turn = np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]]) / 2
        angles.append(float(np.rad2deg(np.arctan2(np.linalg.norm(turn), (np.trace(R) - 1) / 2))))
    return angles


def summary(before: Experiments, after: Experiments, table: Reflections) -> dict[str, Any]:
    """Experiments, panels, how far beams and detectors moved, and angles between the crystals."""
    return {
        "experiments": [_experiment(i, e, table.select(table["id"] == i)) for i, e in enumerate(after)],
        "panels": _panels(after, table),
        "moves": _moves(before, after),
        "misorientations": misorientations(after),
    }
