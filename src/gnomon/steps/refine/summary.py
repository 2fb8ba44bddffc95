"""The figures of a refinement that its report tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.summary import Summary, figure

Rmsd = tuple[float, ...]


@dataclass(frozen=True)
class ExperimentSummary:
    """Spots and cell of one experiment."""

    experiment: int = figure("number of the experiment")
    n_indexed: int = figure("spots with an index")
    n_used: int = figure("spots used in refinement")
    n_outliers: int = figure("spots that err too much")
    rmsd: Rmsd = figure("r.m.s. of predicted minus observed x, y and z of those used", unit="px, px, images")
    rmsd_indexed: Rmsd = figure("the same of all that are indexed and predicted", unit="px, px, images")
    cell: tuple[float, ...] = figure("a, b, c, alpha, beta, gamma", unit="Å, degree")
    cell_sd: tuple[float, ...] | None = figure("their standard deviations; none where not refined", unit="Å, degree")
    scan_varying: bool = figure("whether the crystal changes along its scan")


@dataclass(frozen=True)
class PanelSummary:
    """Spots on one panel of a detector of several."""

    detector: int = figure("number of the detector")
    panel: int = figure("number of the panel")
    name: str = figure("name of the panel")
    n_used: int = figure("spots used on it")
    rmsd: Rmsd = figure("r.m.s. of predicted minus observed x, y and z of these", unit="px, px, images")


@dataclass(frozen=True)
class ModuleSummary:
    """One module of a detector, and how this run moved it."""

    detector: int = figure("number of the detector")
    panel: int = figure("number of the panel that it is of")
    fast: tuple[int, ...] = figure("its first pixel along fast, and the one after its last", unit="px")
    slow: tuple[int, ...] = figure("the same along slow", unit="px")
    n_used: int = figure("spots used on it")
    shift: tuple[float, ...] = figure("how far spots on it are off from where the header has them", unit="px")
    shift_sd: tuple[float, ...] = figure("standard deviation of that", unit="px")
    turn: float = figure("how far it is turned in its plane", unit="mrad")
    turn_sd: float = figure("standard deviation of that", unit="mrad")


@dataclass(frozen=True)
class Move:
    """How far a detector, and the beam of the first experiment on it, went."""

    shift: tuple[float, ...] = figure("of the centre of the detector, x, y and z in the laboratory", unit="mm")
    beam_tilt: float = figure("of the direction of the beam", unit="degree")


@dataclass(frozen=True)
class FittedParameter:
    """One parameter of the least-squares fit, as it changed from the models given."""

    name: str = figure("what it is, with its unit")
    value: float = figure("how far it went")
    uncertainty: float = figure("its standard deviation")


@dataclass(frozen=True)
class LeastSquaresStep:
    """The fit after one step that was accepted."""

    n_used: int = figure("spots fitted")
    x: float = figure("r.m.s. residual along x", unit="mm")
    y: float = figure("r.m.s. residual along y", unit="mm")
    angle: float = figure("r.m.s. residual of the rotation", unit="degree")


@dataclass(frozen=True, kw_only=True)
class RefineSummary(Summary):
    """What refinement made of all experiments."""

    chi_squared: float = figure("weighted sum of squares over the degrees of freedom; nan where no fit was believed")
    steps: tuple[LeastSquaresStep, ...] = figure("the least-squares fit, step by step")
    parameters: tuple[FittedParameter, ...] = figure("what was fitted")
    modules: tuple[ModuleSummary, ...] = figure("one for each module, where they were placed one by one")
    experiments: tuple[ExperimentSummary, ...] = figure("one for each experiment")
    panels: tuple[PanelSummary, ...] = figure("one for each panel of detectors that have several")
    moves: tuple[Move, ...] = figure("one for each detector")
    misorientations: tuple[float, ...] = figure("rotation from the first experiment's crystal to each", unit="degree")


def _rmsd(difference: np.ndarray) -> Rmsd:
    """Of each column; nan of no rows."""
    return tuple(np.sqrt((difference**2).mean(axis=0)).tolist()) if len(difference) else (float("nan"),) * 3


def _experiment(number: int, experiment: Experiment, rows: Reflections) -> ExperimentSummary:
    used = rows.has(Flag.USED_IN_REFINEMENT)
    indexed = (rows["miller_index"] != 0).any(axis=1) & rows.has(Flag.PREDICTED)
    difference = rows["xyzcal.px"] - rows["xyzobs.px.value"]
    crystal = experiment.needed_crystal
    sd = crystal.cell_parameter_sd
    return ExperimentSummary(
        experiment=number,
        n_indexed=int((rows["miller_index"] != 0).any(axis=1).sum()),
        n_used=int(used.sum()),
        n_outliers=int(rows.has(Flag.CENTROID_OUTLIER).sum()),
        rmsd=_rmsd(difference[used]),
        rmsd_indexed=_rmsd(difference[indexed]),
        cell=tuple(crystal.cell.tolist()),
        cell_sd=None if sd is None else tuple(sd.tolist()),
        scan_varying=crystal.is_scan_varying,
    )


def of_experiments(experiments: Experiments, table: Reflections) -> tuple[ExperimentSummary, ...]:
    """Counts, r.m.s. differences and cell of each experiment."""
    return tuple(_experiment(i, e, table.of_experiment(i)) for i, e in enumerate(experiments))


def of_panels(experiments: Experiments, table: Reflections) -> tuple[PanelSummary, ...]:
    """Counts and r.m.s. differences of each panel of each detector; none where all have one panel."""
    out, each, is_used = [], table.by_experiment(), table.has(Flag.USED_IN_REFINEMENT)
    for d, (detector, members) in enumerate(experiments.groups_sharing("detector")):
        if len(detector) == 1:
            continue
        number = np.sort(np.concatenate([each.array(i) for i in members]))
        rows = table.select(number[is_used[number]])
        difference = rows["xyzcal.px"] - rows["xyzobs.px.value"]
        for p, panel in enumerate(detector.panels):
            on = rows["panel"] == p
            if on.any():
                out.append(PanelSummary(d, p, panel.name, int(on.sum()), _rmsd(difference[on])))
    return tuple(out)


def moves(before: Experiments, after: Experiments) -> tuple[Move, ...]:
    """How far each detector's centre (mm) and each beam's direction (degrees) went."""
    out = []
    for detector, members in after.groups_sharing("detector"):
        old, new = before[members[0]], after[members[0]]
        shift = detector.frames[:, :, 2].mean(axis=0) - old.detector.frames[:, :, 2].mean(axis=0)
        tilt = float(np.linalg.norm(np.cross(old.beam.direction, new.beam.direction)))
        out.append(Move(tuple(shift.tolist()), float(np.rad2deg(np.arcsin(min(tilt, 1.0))))))
    return tuple(out)


def misorientations(experiments: Experiments) -> tuple[float, ...]:
    """The rotation (degrees) from the first experiment's crystal, at angle 0, to each one's."""
    first = np.linalg.inv(experiments[0].needed_crystal.A)
    angles = []
    for e in experiments:
        left, _, right = np.linalg.svd(e.needed_crystal.A @ first)
        R = left @ right
        turn = np.array([R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]]) / 2
        angles.append(float(np.rad2deg(np.arctan2(np.linalg.norm(turn), (np.trace(R) - 1) / 2))))
    return tuple(angles)
