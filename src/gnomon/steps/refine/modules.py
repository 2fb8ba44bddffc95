"""Modules of the detector: found, placed by all spots on them, and kept where the spots ask for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gnomon.errors import InputError
from gnomon.io.images.instruments import gap_rectangles
from gnomon.io.images.masks import static_mask
from gnomon.maths.geometry_fit.crystal_block import CELL
from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.module_block import N_LOCAL, ModuleBlock
from gnomon.maths.geometry_fit.options import Fit
from gnomon.models.experiment import Experiment
from gnomon.models.flags import Flag
from gnomon.models.model import key_of
from gnomon.models.offsets import ModuleGrid
from gnomon.models.reflections import Reflections
from gnomon.steps.refine.detector_modules import has_modules, module_grid, panel_grids
from gnomon.steps.refine.summary import ModuleSummary
from gnomon.summary import Decision

REFLECTIONS_PER_PARAMETER = 10
"""Below, modules are not tried: as for crystals along their scans. Between, the prior of a module decides."""

Grids = tuple[ModuleGrid, ...]


@dataclass(frozen=True)
class Placement:
    """The fit with modules, None where the detector is kept as one piece; why, and where modules are."""

    fit: Fit | None
    decisions: list[Decision]
    table: list[ModuleSummary]


def grids_of(experiment: Experiment) -> Grids:
    """The modules of each panel of the experiment's detector; none where it is one piece.

    Gaps are those that the panels' masks tell, or the known ones of a detector of this size, or, where neither
    tells any, the rows and columns that the mask files have blind from end to end.
    """
    detector = experiment.detector
    known = gap_rectangles(detector.panels[0].image_size) if len(detector) == 1 else ()
    grids = panel_grids(detector, (known,) if len(detector) == 1 else ((),) * len(detector))
    if not has_modules(grids) and experiment.images is not None:
        try:
            masks = static_mask(experiment)
        except InputError:  # the images may be elsewhere by now: geometry does without them
            return ()
        pairs = zip(detector.panels, masks)
        grids = tuple(module_grid(panel, np.any(mask, axis=0), np.any(mask, axis=1)) for panel, mask in pairs)
    return grids if has_modules(grids) else ()


def place_modules(
    before: Fit, reflections: Reflections, wanted: bool | None, panels_apart: bool, follow: Callable[[Fit], Fit]
) -> Placement:
    """Detector, modules and cells fitted together, with crystals that turn along their scans.

    ``follow`` gives the fit after crystals were followed along their scans. Here only their orientations are: modules
    out of place would make cells seem to swell (by 0.5 % in 90 degrees of simulated spots), and detector and modules
    adapt to that.

    Kept where the sum of squares falls by more than ``n ln(3 N)`` for n more parameters (Schwarz 1978, Ann. Stat. 6,
    461), or where ``wanted``; not tried where that is False, where panels are refined one by one, where the whole
    detector is fixed, or spots are few.
    """
    if wanted is False or panels_apart or "all" in before.options.detector_fixed:
        return Placement(None, [], [])
    detectors = before.experiments.groups_sharing("detector")
    grids = tuple(grids_of(before.experiments[members[0]]) for _, members in detectors)
    n_used = [int(before.n_used[members].sum()) for _, members in detectors]
    why = []
    for d, (of_detector, n) in enumerate(zip(grids, n_used)):
        n_modules = sum(map(len, of_detector))
        if not wanted and of_detector and n < REFLECTIONS_PER_PARAMETER * N_LOCAL * n_modules:
            told = f"{n} reflections are few for {n_modules} modules"
            evidence = {"reflections": n, "modules": n_modules}
            why.append(Decision(f"detector {d} in one piece", told, evidence, "modules", link=": "))
            grids = (*grids[:d], (), *grids[d + 1 :])
    if not any(grids):
        return Placement(None, why, [])
    turning = follow(replace(before, options=replace(before.options, crystal_fixed=_and_cell(before))))
    options = replace(before.options, along_path=True, wander=turning.options.wander, modules=grids)
    fit = fit_geometry(turning.experiments, reflections, options)
    gain, n = _gain(fit)
    needed = n * np.log(3 * fit.n_used.sum())
    told = f"chi-squared falls by {gain:.0f}, their parameters are worth {needed:.0f}"
    gains = {"gain": gain, "needed": float(needed)}
    if not wanted and gain <= needed:
        kept = Decision("detector in one piece, not in modules", told, gains, "modules", link=": ")
        return Placement(None, [*why, kept], [])
    table = _table(fit, grids)
    fit = replace(fit, options=replace(options, modules=()))  # what comes then moves them no more
    placed = Decision(f"{len(table)} modules placed one by one", told, gains, "modules", link=": ")
    return Placement(fit, [*why, placed], table)


def _and_cell(fit: Fit) -> tuple[str, ...]:
    """What is fixed of crystals, and their cells."""
    return tuple(dict.fromkeys((*fit.options.crystal_fixed, CELL)))


def _of_modules(fit: Fit) -> np.ndarray:
    """Where the parameters of modules lie among the shared."""
    n = len(fit.shared_covariance)
    return np.array([i for i, name in enumerate(fit.names[:n]) if name.startswith("module ")], np.intp)


def _gain(fit: Fit) -> tuple[float, int]:
    """By how much modules that stay where they were would raise the sum of squares, and how many parameters that is.

    With p of covariance C it is p^T C^-1 p (Wald 1943, Trans. Am. Math. Soc. 54, 426), in units of the reduced
    chi-squared: modules move spots linearly, so that there is no need to fit twice.
    """
    which = _of_modules(fit)
    p, C = fit.values[which], fit.shared_covariance[np.ix_(which, which)]
    return float(p @ np.linalg.solve(C, p)), len(which)


def _table(fit: Fit, grids: tuple[Grids, ...]) -> list[ModuleSummary]:
    """Each module: where it is, the spots used, and how this run shifted and turned it."""
    which = _of_modules(fit)
    values = fit.values[which].reshape(-1, N_LOCAL).tolist()
    sigmas = fit.uncertainties[which].reshape(-1, N_LOCAL).tolist()
    rows: list[ModuleSummary] = []
    each, is_used = fit.reflections.by_experiment(), fit.reflections.has(Flag.USED_IN_REFINEMENT)
    for d, ((_, members), of_detector) in enumerate(zip(fit.experiments.groups_sharing("detector"), grids)):
        on = np.sort(np.concatenate([each.array(i) for i in members]))
        on = on[is_used[on]]
        px = fit.reflections["xyzobs.px.value"][on, :2]
        panel = fit.reflections["panel"][on].astype(np.intp)
        number = ModuleBlock(of_detector, 1.0).places(panel, px)[0] if of_detector else np.zeros(0, np.intp)
        counts = iter(np.bincount(number, minlength=sum(map(len, of_detector))).tolist())
        for p, grid in enumerate(of_detector):
            for fast, slow in ((f, s) for s in grid.slow.tolist() for f in grid.fast.tolist()):
                value, sigma = values[len(rows)], sigmas[len(rows)]
                rows.append(
                    ModuleSummary(
                        detector=d,
                        panel=p,
                        fast=tuple(fast),
                        slow=tuple(slow),
                        n_used=next(counts),
                        shift=tuple(value[:2]),
                        shift_sd=tuple(sigma[:2]),
                        turn=1e3 * value[2],
                        turn_sd=1e3 * sigma[2],
                    )
                )
    return rows


def as_uncertain(fit: Fit, placed: Fit) -> Fit:
    """The fit, its cells no better known than when modules were free: what comes after holds them where they are.

    Measured on simulated sweeps, the errors of cell edges are 3 times the uncertainties of the last fit, once those
    of this.
    """
    swap = {}
    for after, before in zip(fit.experiments, placed.experiments):
        crystal, wide = after.needed_crystal, before.needed_crystal
        own, other = crystal.cell_parameter_sd, wide.cell_parameter_sd
        if key_of(crystal) not in swap and own is not None and other is not None and other.sum() > own.sum():
            swap[key_of(crystal)] = replace(crystal, B_covariance=wide.B_covariance, cell_parameter_sd=other)
    return replace(fit, experiments=fit.experiments.replace_model("crystal", swap))
