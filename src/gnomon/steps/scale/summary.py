"""What came out of scaling, as plain numbers for logs and reports."""

from __future__ import annotations

from typing import Any

import numpy as np

from gnomon.maths.agreement import sigma_tau_correlation
from gnomon.maths.data_parts import data_sets
from gnomon.maths.data_set import median_cell
from gnomon.maths.delta_cc_half import DeltaCCHalf
from gnomon.maths.merging import Groups
from gnomon.maths.resolution_fit import cc_half_resolution
from gnomon.maths.statistics import MergingStatistics, as_numbers, merging_statistics
from gnomon.maths.tally import Tally
from gnomon.steps.scale.curves import agreement_by, by_image, error_by_intensity, models_along, normal_probability
from gnomon.steps.scale.filtering import Selection, contributions
from gnomon.steps.scale.physical import n_parameters
from gnomon.steps.scale.scaling import State
from gnomon.steps.scale.setup import Setup


def merged_figures(setup: Setup, state: State, group: Any) -> MergingStatistics:
    """Merging statistics of all scaled observations that are to be merged."""
    observations, keep = setup.observations, state.merged
    scaled = (observations.hkl[keep], state.scaled[keep], state.variance[keep])
    return merging_statistics(
        scaled, median_cell(setup.experiments), group, shells=setup.params.nbins, seed=setup.params.seed
    )


def summarise(setup: Setup, state: State, group: Any, selection: Selection) -> dict[str, Any]:
    """The statistics of all data, and what plots need."""
    merging = merged_figures(setup, state, group)
    along = models_along(setup, state, selection.names)
    contribution = contributions(setup, state, data_sets(selection.experiments, selection.names))
    return {
        "space_group": group.xhm(),
        "cell": median_cell(setup.experiments).tolist(),
        "n_observations": len(setup.observations),
        "models": [plan.name for plan in setup.plans],
        "n_parameters": sum(n_parameters(plan) for plan in setup.plans),
        "n_comparisons": setup.comparisons,
        "scale_range": [float(state.g.min()), float(state.g.max())],
        "i_mid": state.intensities.i_mid,
        "variance_terms": dict(state.error_model.theta),
        "error_model": {"a": state.error_model.a, "b": state.error_model.b, "isa": state.error_model.isa},
        "shells": as_numbers(merging.shells),
        "overall": as_numbers(merging.overall),
        "anomalous_signal": vars(merging.signal),
        "suggested_d_min": cc_half_resolution(merging.shells),
        "names": selection.names,
        "data_sets": _data_sets(setup, state, contribution, along, int(merging.overall.n_possible[0])),
        "models_along": along,
        "by_image": by_image(setup, state, selection.names),
        "normal_probability": normal_probability(setup, state),
        "error_by_intensity": error_by_intensity(setup, state),
    }


def _data_sets(
    setup: Setup, state: State, contribution: DeltaCCHalf, along: list[dict[str, Any]], n_possible: int
) -> list[dict[str, Any]]:
    """A record of each data set; cc_half is among its own equivalents, r_merge against the mean of all data sets."""
    n, which = len(along), setup.observations.experiment
    figures = agreement_by(setup, state, Tally(np.where(state.outlier, -1, which), n))
    groups, owner, rows = _own_groups(setup, state)
    observed = (groups, state.scaled[rows], state.variance[rows])
    columns = {
        "n_observations": figures["n"],
        "completeness": np.bincount(owner, minlength=n) / max(n_possible, 1),
        "r_merge": figures["r_merge"],
        "i_over_sigma": figures["i_over_sigma"],
        "cc_half": sigma_tau_correlation(observed, Tally(owner, n)),
        "cc_others": contribution.cc_others,
        "delta_cc_half": contribution.delta,
        "delta_cc_half_z": contribution.z,
        "n_outliers": np.bincount(which[state.outlier], minlength=n),
        "scale": np.array([np.mean(a["scale"]) for a in along]),
        "b": np.array([np.mean(a["b"]) for a in along]),
    }
    values = [column.tolist() for column in columns.values()]
    return [{"name": a["name"], **dict(zip(columns, row))} for a, row in zip(along, zip(*values))]


def _own_groups(setup: Setup, state: State) -> tuple[Groups, np.ndarray, np.ndarray]:
    """Equivalents within each data set, the data set of each such group, and the observations used."""
    rows = np.flatnonzero(~state.outlier)
    joined = setup.observations.groups.joined()
    pairs = setup.observations.experiment[rows] * len(joined) + joined.label[rows]
    own, label = np.unique(pairs, return_inverse=True)
    owner, unique = np.divmod(own, len(joined))
    return Groups(joined.hkl[unique], label.reshape(-1), np.zeros(len(own), bool)), owner, rows
