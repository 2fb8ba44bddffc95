"""Crystals that turn and swell along their scan."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.distribute.workers import Workers
from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.options import Fit, FitOptions
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Progress

NARROWEST = 15.0  # degrees of scan below which a crystal is taken to stand still
REFLECTIONS_PER_PARAMETER = 10
MOST_LOCAL = 9  # parameters of a triclinic crystal at a checkpoint


def _too_little(experiment: Experiment, n_used: int, options: FitOptions) -> str:
    """Why a crystal is not even tried along its scan; empty where it is."""
    width = abs(experiment.needed_scan.oscillation[1]) * experiment.needed_scan.n_images
    if width < NARROWEST:
        return f"its scan covers {width:.4g} degrees"
    parameters = MOST_LOCAL * (int(np.ceil(width / options.interval)) + 2)
    if n_used < REFLECTIONS_PER_PARAMETER * parameters:
        return f"{n_used} reflections are few for some {parameters} parameters"
    return ""


def _gain_needed(fit: Fit) -> float:
    """The fall in the sum of squared deviates that more parameters must bring: Schwarz 1978, Ann. Stat. 6, 461."""
    static = sum(name.endswith(" at checkpoint 1") for name in fit.names)
    return (len(fit.values) - static) * np.log(3 * fit.n_used.sum())


def _one(experiment: Experiment, rows: Reflections, options: FitOptions, asked: bool) -> tuple[Fit | None, str]:
    """The scan-varying fit of one experiment, None where it is not worth its parameters, and the verdict in words."""
    fit = fit_geometry(Experiments.of([experiment]), rows, options)
    needed, gain = _gain_needed(fit), fit.improvement / fit.chi_squared
    told = f"chi-squared falls by {gain:.0f}, its parameters are worth {needed:.0f}"
    if asked or gain > needed:
        return fit, f"scan-varying, {told}"
    return None, f"static, {told}"


def fit_varying(
    static: Fit,
    reflections: Reflections,
    options: FitOptions,
    asked: bool | None,
    workers: Workers,
    progress: Progress | None,
) -> tuple[Experiments, Reflections, list[str]]:
    """Experiments and table after each crystal was fitted along its scan, and what was decided of each.

    Beam and detector stay where all experiments together have put them: freed again with a crystal that may swell, they
    trade distance against cell (on simulated spots the cell then errs by 3e-4 instead of 1e-4). So the crystals
    are independent, and go to the workers.
    """
    experiments, table = static.experiments, static.reflections
    if asked is False or "all" in options.crystal_fixed:
        return experiments, table, []
    fixed = replace(options, scan_varying=True, beam_fixed=("all",), detector_fixed=("all",), separate_mounts=False)

    def work(i: int) -> tuple[Fit | None, str]:
        why_not = "" if asked else _too_little(experiments[i], int(static.n_used[i]), options)
        if why_not:
            return None, f"static, {why_not}"
        rows = np.flatnonzero(reflections["id"] == i)
        return _one(experiments[i], _numbered(reflections.select(rows), 0), fixed, bool(asked))

    items, flags, reasons = list(experiments), table["flags"].copy(), []
    px, mm = table["xyzcal.px"].copy(), table["xyzcal.mm"].copy()
    for i, (fit, verdict) in enumerate(workers.map(work, range(len(experiments)))):
        if progress is not None:
            progress("crystals along their scans", i + 1, len(experiments))
        reasons.append(f"crystal of experiment {i}: {verdict}")
        if fit is not None:
            rows = np.flatnonzero(table["id"] == i)
            items[i] = fit.experiments[0]
            flags[rows] = fit.reflections["flags"]
            px[rows], mm[rows] = fit.reflections["xyzcal.px"], fit.reflections["xyzcal.mm"]
    table = table.with_columns({"flags": flags, "xyzcal.px": px, "xyzcal.mm": mm})
    return experiments.with_items(items), table, _short(reasons)


def _numbered(rows: Reflections, number: int) -> Reflections:
    return rows.with_columns({"id": np.full(len(rows), number)})


def _short(reasons: list[str]) -> list[str]:
    """One line for all where there are many and all say the same."""
    words = {r.split(": ", 1)[1] for r in reasons}
    if len(reasons) > 1 and len(words) == 1:
        return [f"all {len(reasons)} crystals: {words.pop()}"]
    return reasons
