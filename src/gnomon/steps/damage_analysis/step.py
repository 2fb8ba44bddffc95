"""What dose does to the data: R of pairs by dose, the rate of change, and how much is worth keeping."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.data_sets.data_set import median_cell, scaled_intensities
from gnomon.maths.intensities.merging import group_equivalents
from gnomon.maths.intensities.shells import possible_indices
from gnomon.models.experiment import Experiments
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_columns, require_crystals
from gnomon.steps.damage_analysis.damage import DosePairs, expected_errors, pairs_by_dose, seen_by_dose
from gnomon.steps.damage_analysis.doses import dose_bins, doses
from gnomon.steps.damage_analysis.params import DamageAnalysisParams
from gnomon.steps.damage_analysis.summary import Advice, CrystalSummary, DamageAnalysisSummary
from gnomon.summary import Decision, fields_of


def damage_analysis(
    experiments: Experiments,
    reflections: Reflections,
    params: DamageAnalysisParams,
) -> Result[DamageAnalysisSummary]:
    """The input unchanged; the summary holds completeness, Rcp, Scp and Rd by dose, all crystals together and each.

    Pairs are of one crystal. Winter et al. 2019, Acta Cryst. D75, 242; Diederichs 2006, Acta Cryst. D62, 96.
    Raises InputError where nothing is scaled, or doses do not fit the experiments.
    """
    require_crystals("damage_analysis", experiments)
    require_columns("damage_analysis", reflections, ("intensity.scale.value", "inverse_scale_factor"))
    dose = doses(experiments, reflections, params)
    usable, intensity, variance, cell = _usable(experiments, reflections, params)
    group = space_group(experiments[0].needed_crystal.hall_symbol)
    groups = group_equivalents(reflections["miller_index"][usable], group, params.anomalous)
    bins, n_bins, width = dose_bins(dose[usable], len(experiments))
    crystal = np.zeros(len(bins), np.intp) if params.shared_crystal else reflections["id"][usable].astype(np.intp)
    n_crystals = 1 if params.shared_crystal else len(experiments)
    observed = (groups, intensity[usable], variance[usable])
    pairs = pairs_by_dose(observed, (crystal, n_crystals), (bins, n_bins, width), params.seed)
    unique, number = seen_by_dose(groups.joined(), bins, n_bins)
    d = d_spacing(groups.hkl, cell)
    n_possible = len(possible_indices(cell, group, float(d.min()), float(d.max())))
    completeness, multiplicity = unique / max(n_possible, 1), number / np.maximum(unique, 1)
    curves = (width * (1 + np.arange(n_bins)), completeness, multiplicity)
    i_over_sigma = float(np.mean(observed[1] / np.sqrt(observed[2])))
    names = ["all sweeps"] if params.shared_crystal else data_set_names(experiments)
    advice = _advice(pairs, curves, i_over_sigma, params)
    summary = DamageAnalysisSummary(
        names=tuple(names),
        dose=tuple(curves[0].tolist()),
        completeness=tuple(completeness.tolist()),
        multiplicity=tuple(multiplicity.tolist()),
        rcp=tuple(pairs.rcp.tolist()),
        scp=tuple(pairs.scp.tolist()),
        rd=tuple(pairs.rd.tolist()),
        difference=tuple((width * np.arange(n_bins)).tolist()),
        i_over_sigma=i_over_sigma,
        crystals=tuple(_one(pairs.of(i), name) for i, name in enumerate(names)),
        decisions=(_decision(advice, float(curves[0][-1])),),
        **fields_of(advice),
    )
    return Result(experiments, reflections, summary)


def _decision(advice: Advice, last: float) -> Decision:
    """How much to keep of doses up to ``last``."""
    what = "Keep all" if advice.keep >= last else f"Keep doses up to {advice.keep:g} of {last:g}"
    evidence = {"keep": advice.keep, "k_squared": advice.k_squared, "k_squared_error": advice.k_squared_error}
    return Decision(what, advice.reason, evidence, "significance", ": ")


def _usable(
    experiments: Experiments, reflections: Reflections, params: DamageAnalysisParams
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Which rows are used, scaled intensities and variances of all rows, and the cell."""
    usable, intensity, variance = scaled_intensities(reflections)
    cell = median_cell(experiments)
    d = d_spacing(reflections["miller_index"], cell)
    usable &= (reflections["id"] >= 0) & (d >= (params.d_min or 0.0)) & (d <= (params.d_max or np.inf))
    if not usable.any():
        raise InputError("damage_analysis found no scaled reflections; run scale first")
    return usable, intensity, variance, cell


def _advice(
    pairs: DosePairs, curves: tuple[np.ndarray, np.ndarray, np.ndarray], i_over_sigma: float,
    params: DamageAnalysisParams,
) -> Advice:  # fmt: skip
    """The rate of change and its error, the dose to keep, and why; curves: dose, completeness and multiplicity (D,)."""
    k_squared, error = pairs.change()
    dose, completeness, multiplicity = curves

    def advice(keep: float, reason: str) -> Advice:
        k = float(np.sqrt(max(k_squared, 0.0)))
        return Advice(k=k, k_squared=float(k_squared), k_squared_error=float(error), keep=float(keep), reason=reason)

    if not np.isfinite(k_squared):
        return advice(dose[-1], "no crystal has equivalents at three doses to compare")
    if not k_squared > params.significance * error:
        why = f"no change with dose is seen: it is {k_squared / error:.1f} standard errors of what is compared"
        return advice(dose[-1], why)
    per_unique = multiplicity * completeness / completeness[-1]
    errors = expected_errors(per_unique, i_over_sigma, k_squared, dose)
    enough = int(np.argmax(completeness >= params.min_completeness / 100 * completeness[-1]))
    best = int(np.argmin(errors))
    keep = max(best, enough)
    changed = f"intensities change by {np.sqrt(k_squared) * dose[keep]:.1%} up to there and noise falls to"
    noise = f"{1 / i_over_sigma / np.sqrt(per_unique[keep]):.1%}"
    against = f"{errors[keep]:.1%} against {errors[-1]:.1%} of all"
    why = f"{changed} {noise}: what is merged from 0 on is then least in error ({against})"
    if enough > best:
        why = f"the least dose with {params.min_completeness:g} % of the completeness; {changed} {noise}"
    return advice(dose[keep], why)


def _one(pairs: DosePairs, name: str) -> CrystalSummary:
    """A crystal by itself; its curves at the doses of all."""
    k_squared, error = pairs.change()
    last = np.flatnonzero(np.isfinite(pairs.rcp))
    return CrystalSummary(
        name=name,
        k=float(np.sqrt(max(k_squared, 0.0))) if np.isfinite(k_squared) else float("nan"),
        significance=float(k_squared / error) if error > 0 else float("nan"),
        n_pairs=int(pairs.later[..., 0].sum()),
        rcp=float(pairs.rcp[last[-1]]) if len(last) else float("nan"),
        rd=tuple(pairs.rd.tolist()),
    )
