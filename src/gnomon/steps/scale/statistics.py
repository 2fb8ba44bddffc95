"""What came out of scaling, as its summary tells it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from gemmi import SpaceGroup

from gnomon.maths.agreement import sigma_tau_correlation
from gnomon.maths.data_parts import data_sets
from gnomon.maths.data_set import median_cell
from gnomon.maths.delta_cc_half import DeltaCCHalf
from gnomon.maths.merging import Groups
from gnomon.maths.resolution_fit import cc_half_resolution
from gnomon.maths.statistics import MergingStatistics, merging_statistics, shell_by_shell
from gnomon.maths.tally import Tally
from gnomon.steps.scale.curves import agreement_by, by_image, error_by_intensity, models_along, normal_probability
from gnomon.steps.scale.filtering import Filtering, Selection, contributions
from gnomon.steps.scale.observations import Exclusions
from gnomon.steps.scale.physical import n_parameters
from gnomon.steps.scale.scaling import State
from gnomon.steps.scale.setup import Setup
from gnomon.steps.scale.summary import DataSetFigures, ErrorModelFigures, ModelAlong, ScaleSummary, TriedIntensities
from gnomon.summary import Decision


@dataclass(frozen=True)
class Choices:
    """What scaling decided by itself."""

    intensities_tried: tuple[TriedIntensities, ...]
    excess_of_partials: float
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, eq=False)
class Scaled:
    """One run of scaling: how it was set up, what came out, what took no part, what was decided."""

    setup: Setup
    state: State
    exclusions: Exclusions
    choices: Choices


def merged_figures(setup: Setup, state: State, group: SpaceGroup) -> MergingStatistics:
    """Merging statistics of all scaled observations that are to be merged."""
    observations, keep = setup.observations, state.merged
    scaled = (observations.hkl[keep], state.scaled[keep], state.variance[keep])
    return merging_statistics(
        scaled, median_cell(setup.experiments), group, shells=setup.params.nbins, seed=setup.params.seed
    )


def summarise(scaled: Scaled, group: SpaceGroup, selection: Selection, filtering: Filtering) -> ScaleSummary:
    """The statistics of all data, what was decided, and what plots need."""
    setup, state, exclusions, choices = scaled.setup, scaled.state, scaled.exclusions, scaled.choices
    merging = merged_figures(setup, state, group)
    along = models_along(setup, state, selection.names)
    contribution = contributions(setup, state, data_sets(selection.experiments, selection.names))
    model = state.error_model
    return ScaleSummary(
        space_group=group.xhm(),
        cell=tuple(median_cell(setup.experiments).tolist()),
        n_observations=len(setup.observations),
        n_outliers=int(state.outlier.sum()),
        n_light=int((~state.outlier & ~state.merged).sum()),
        n_unsuitable=int(exclusions.unsuitable.sum()),
        n_by_user=int((exclusions.by_user & ~exclusions.unsuitable).sum()),
        models=tuple(plan.name for plan in setup.plans),
        n_parameters=sum(n_parameters(plan) for plan in setup.plans),
        n_comparisons=setup.comparisons,
        scale_range=(float(state.g.min()), float(state.g.max())),
        i_mid=state.intensities.i_mid,
        intensities_tried=choices.intensities_tried,
        excess_of_partials=choices.excess_of_partials,
        error_model=ErrorModelFigures(model.a, model.b, model.isa),
        variance_terms=dict(model.theta),
        shells=shell_by_shell(merging.shells),
        overall=shell_by_shell(merging.overall)[0],
        anomalous_signal=merging.signal,
        suggested_d_min=cc_half_resolution(merging.shells),
        names=tuple(selection.names),
        data_sets=_data_sets(setup, state, contribution, along, int(merging.overall.n_possible[0])),
        models_along=along,
        by_image=by_image(setup, state, selection.names),
        normal_probability=normal_probability(setup, state),
        error_by_intensity=error_by_intensity(setup, state),
        filtered=filtering.removed,
        filtering=filtering.figures() if setup.params.filter_method else None,
        decisions=choices.decisions,
    )


def _data_sets(
    setup: Setup, state: State, contribution: DeltaCCHalf, along: tuple[ModelAlong, ...], n_possible: int
) -> tuple[DataSetFigures, ...]:
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
        "scale": np.array([np.mean(a.scale) for a in along]),
        "b": np.array([np.mean(a.b) for a in along]),
    }
    values = [column.tolist() for column in columns.values()]
    return tuple(DataSetFigures(a.name, **dict(zip(columns, row))) for a, row in zip(along, zip(*values)))


def _own_groups(setup: Setup, state: State) -> tuple[Groups, np.ndarray, np.ndarray]:
    """Equivalents within each data set, the data set of each such group, and the observations used."""
    rows = np.flatnonzero(~state.outlier)
    joined = setup.observations.groups.joined()
    pairs = setup.observations.experiment[rows] * len(joined) + joined.label[rows]
    own, label = np.unique(pairs, return_inverse=True)
    owner, unique = np.divmod(own, len(joined))
    return Groups(joined.hkl[unique], label.reshape(-1), np.zeros(len(own), bool)), owner, rows
