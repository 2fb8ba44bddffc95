"""Refine in every lattice compatible with the metric, and say which to believe."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.bravais import LatticeSetting, centred_on_c, metric_subgroups
from gnomon.maths.crystal.change_of_basis import change_of_basis_text, reindexed_table, to_primitive
from gnomon.maths.crystal.symmetry import hall_symbol, space_group
from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.options import Fit, FitOptions, options_of
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.model import key_of
from gnomon.models.reflections import Reflections
from gnomon.models.subset import subset
from gnomon.step import HERE, Context, Result, require_columns, require_crystals
from gnomon.steps.refine_bravais_settings.params import RefineBravaisSettingsParams
from gnomon.steps.refine_bravais_settings.recommend import is_recommended
from gnomon.steps.refine_bravais_settings.summary import RefineBravaisSettingsSummary
from gnomon.steps.refine_bravais_settings.symmetry_cc import SymmetryCorrelations

HOLOHEDRIES = {
    (group, letter)
    for group, letters in {
        "1": "P", "2": "PCI", "222": "PCFI", "422": "PI", "32": "R", "622": "P", "432": "PFI",
    }.items()
    for letter in letters
}  # fmt: skip
"""Rotations of a lattice and its centring."""
MOST_STEPS = 10  # of a lattice's fit: one that wants more is no lattice of these spots
SAME_CELL = 0.05  # relative, of crystals that are tried together


@dataclass(frozen=True, eq=False)
class Trial:
    """The crystals in a primitive basis, their indexed reflections, and what is needed to judge a setting."""

    experiments: Experiments
    reflections: Reflections
    correlations: SymmetryCorrelations
    used: np.ndarray  # (N,) bool: rows to refine against


def refine_bravais_settings(
    experiments: Experiments,
    reflections: Reflections,
    params: RefineBravaisSettingsParams,
    context: Context = HERE,
) -> list[Result[RefineBravaisSettingsSummary]]:
    """A result for each lattice that the metric allows, highest symmetry first and P 1 last.

    The experiments of each are refined with the cell constrained; its reflections are all that were given, reindexed.
    The summary is its row of the table. Raises InputError without crystals, or for crystals of different cells.
    """
    require_columns("refine_bravais_settings", reflections, ("miller_index", "id", "xyzobs.px.value"))
    require_crystals("refine_bravais_settings", experiments)
    experiments, reflections = _one_crystal(experiments, reflections, params.crystal_id)
    primitive = to_primitive(space_group(experiments[0].needed_crystal.hall_symbol))
    trial = _trial(experiments, reflections, primitive, params.max_reflections)
    settings = _settings(trial, params)
    options = replace(options_of(params), max_iterations=MOST_STEPS)

    def one(setting: LatticeSetting) -> Fit:
        return _refined(trial, setting, options)

    fits = []
    for i, fit in enumerate(context.workers.map(one, settings)):
        fits.append(fit)
        if context.progress is not None:
            context.progress("refining lattices", i + 1, len(settings))
    rmsd_p1 = _rmsd_xy(fits[-1])
    results = []
    for number, (setting, fit) in enumerate(zip(settings, fits)):
        P = primitive @ setting.P
        table, _ = reindexed_table(reflections, P, reflections.has(Flag.INDEXED))
        row = _row(trial, (setting, fit), rmsd_p1, (len(settings) - number, P))
        results.append(Result(fit.experiments, table, row))
    return results


def _one_crystal(
    experiments: Experiments, reflections: Reflections, number: int | None
) -> tuple[Experiments, Reflections]:
    """The experiments that are tried, and their reflections, ids counted anew."""
    if number is not None and number >= len(experiments):
        raise InputError(f"crystal_id={number} names no experiment; there are {len(experiments)}, counted from 0")
    if number is not None:
        kept = [i for i, e in enumerate(experiments) if key_of(e.crystal) == key_of(experiments[number].crystal)]
        return subset(experiments, reflections, kept)
    cells = np.array([e.needed_crystal.cell for e in experiments])
    if (np.abs(cells / cells[0] - 1) > SAME_CELL).any():
        raise InputError("the crystals have different cells; give crystal_id= to choose one of them")
    return experiments, reflections


def _trial(experiments: Experiments, reflections: Reflections, primitive: np.ndarray, most: int) -> Trial:
    """Everything in a primitive basis, P 1; the reflections to refine against drawn with one seed."""
    swap = {key_of(c): c.static().reindexed(primitive, " P 1") for c, _ in experiments.groups_sharing("crystal")}
    indexed = reflections.select(reflections.has(Flag.INDEXED) & (reflections["id"] >= 0))
    if len(indexed) < 20:
        raise InputError(f"refine_bravais_settings found {len(indexed)} indexed reflections, needs 20; run index first")
    table, _ = reindexed_table(indexed, primitive, np.ones(len(indexed), bool))
    rng = np.random.default_rng(42)
    good = ~table.has(Flag.CENTROID_OUTLIER)
    used = np.zeros(len(table), bool)
    number = np.arange(len(table))
    for _, rows in table.by_experiment():
        own = number[rows][good[rows]]
        used[own if len(own) <= most else rng.choice(own, most, replace=False)] = True
    primitive_experiments = experiments.replace_model("crystal", swap)
    return Trial(primitive_experiments, table, SymmetryCorrelations(primitive_experiments, table), used)


def _settings(trial: Trial, params: RefineBravaisSettingsParams) -> list[LatticeSetting]:
    """The lattices: subgroups of the metric symmetry that are the whole symmetry of a lattice."""
    found = metric_subgroups(trial.experiments[0].needed_crystal.A, params.lepage_max_delta)
    if not params.best_monoclinic_beta:
        found = [centred_on_c(s, trial.experiments[0].needed_crystal.A) for s in found]
    return [_simplest(s) for s in found if (s.group.point_group_hm(), s.group.centring_type()) in HOLOHEDRIES]


def _simplest(setting: LatticeSetting) -> LatticeSetting:
    """The setting with, of the changes of basis that its symmetry makes alike, the one nearest to none at all."""
    if len(setting.rotations) == 1:
        return replace(setting, P=np.eye(3, dtype=int))
    alike = [W @ setting.P for W in setting.rotations]
    return replace(setting, P=min(alike, key=lambda P: int(np.abs(P - np.eye(3, dtype=int)).sum())))


def _refined(trial: Trial, setting: LatticeSetting, options: FitOptions) -> Fit:
    """The fit with the cell held to the lattice."""
    hall = hall_symbol(setting.group)
    swap = {key_of(c): c.reindexed(setting.P, hall) for c, _ in trial.experiments.groups_sharing("crystal")}
    used = trial.reflections.select(trial.used)
    table, _ = reindexed_table(used, setting.P, np.ones(len(used), bool))
    return fit_geometry(trial.experiments.replace_model("crystal", swap), table, options)


def _rmsd_xy(fit: Fit) -> float:
    """px: r.m.s. distance on the detector over all reflections used."""
    weight = np.where(np.isfinite(fit.rmsd).all(axis=1), fit.n_used, 0)
    squared = np.nan_to_num(fit.rmsd[:, :2] ** 2).sum(axis=1)
    return float(np.sqrt((weight @ squared) / max(weight.sum(), 1)))


def _row(
    trial: Trial, found: tuple[LatticeSetting, Fit], rmsd_p1: float, name: tuple[int, np.ndarray]
) -> RefineBravaisSettingsSummary:
    """A lattice with its fit; ``name``: its number, and the change of basis to it from the crystal given."""
    (setting, fit), (number, P) = found, name
    least, most = trial.correlations.range_of(setting.rotations)
    cells = np.mean([e.needed_crystal.cell for e in fit.experiments], axis=0)
    rmsd = _rmsd_xy(fit)
    return RefineBravaisSettingsSummary(
        number=number,
        cb_op=change_of_basis_text(P),
        bravais=setting.bravais_type,
        space_group=setting.group.xhm(),
        misfit=float(setting.misfit),
        rmsd=rmsd,
        min_cc=least,
        max_cc=most,
        n_spots=int(fit.n_used.sum()),
        cell=tuple(cells.tolist()),
        volume=float(1 / np.mean([abs(np.linalg.det(e.needed_crystal.A)) for e in fit.experiments])),
        recommended=is_recommended(setting.misfit, least, rmsd, rmsd_p1),
    )
