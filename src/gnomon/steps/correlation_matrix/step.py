"""correlation_matrix: which data sets are alike, from top to bottom."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from gnomon.distribute.blas import one_blas_thread
from gnomon.errors import InputError
from gnomon.maths.crystal.symmetry import Group, space_group
from gnomon.maths.data_sets.data_set import common_data_set
from gnomon.maths.data_sets.embedding import DimensionTrial, choose_dimensions, cosines, embed
from gnomon.maths.data_sets.pairwise import Correlations, pairwise_correlations
from gnomon.maths.data_sets.trees import joins, tree
from gnomon.maths.intensities.normalised import Observations, informative, observations
from gnomon.models.experiment import Experiments
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.models.similarity import Similarity
from gnomon.step import HERE, Context, Result, require_columns, require_crystals
from gnomon.steps.correlation_matrix.compared import Compared, compared
from gnomon.steps.correlation_matrix.density import density_clusters
from gnomon.steps.correlation_matrix.differing import differing, named
from gnomon.steps.correlation_matrix.figures import cluster_figures
from gnomon.steps.correlation_matrix.fit_in import attached, between, fit_with_others, misfits
from gnomon.steps.correlation_matrix.params import CorrelationMatrixParams
from gnomon.steps.correlation_matrix.partition import JudgedSplit, Rules, partition
from gnomon.steps.correlation_matrix.summary import (
    Cluster,
    CorrelationMatrixSummary,
    DifferingReflection,
    Membership,
    Pictures,
    SplitSummary,
)
from gnomon.summary import DataSetRemark, Decision, fields_of


def correlation_matrix(
    experiments: Experiments,
    reflections: Reflections,
    params: CorrelationMatrixParams,
    context: Context = HERE,
) -> Result[CorrelationMatrixSummary, Similarity]:
    """Experiments and reflections as given; the summary has the clusters, the product the matrices.

    The data sets must be in one space group and setting. A cluster is split while a difference between its parts
    repeats itself in reflections that were not used to find them and has a gap: docs/science/correlation_matrix.md.
    Raises InputError for fewer than two data sets, several space groups and tables without intensities.
    """
    require_crystals("correlation_matrix", experiments)
    require_columns("correlation_matrix", reflections, ("id", "miller_index", "flags"))
    if len(experiments) < 2:
        raise InputError("correlation_matrix compares data sets and found one; give all of them together")
    group = space_group(common_data_set(experiments, np.inf).hall_symbol)
    every = observations("correlation_matrix", experiments, reflections, params.partiality_threshold)
    obs, d_min = informative(every, params.d_min, params.min_i_mean_over_sigma_mean)
    data = compared(obs, group, len(experiments))
    executor = context.executor.over(context.workers)
    correlations = pairwise_correlations(data.sets(), params.cc_weights, params.min_pairs, executor)
    rules = Rules(params.significance, params.halvings, params.seed)
    with one_blas_thread():
        pictures, similarity = _pictures(correlations, params)
        kept, outliers = attached(data, params.min_reflections)
        clusters, tested = partition(data, kept, rules)
    clusters, spoilt = _without_misfits(data, clusters)
    outliers |= spoilt
    names = data_set_names(experiments)
    summary = CorrelationMatrixSummary(
        names=tuple(names),
        n_observations=len(every.row),
        n_used=len(obs.row),
        d_min=float(d_min),
        space_group=group.xhm(),
        unique=tuple(data.counts.tolist()),
        labels=_labels(clusters, len(experiments)),
        clusters=_clusters(clusters, tested, experiments, every, group),
        splits=tuple(_split_row(s, correlations) for s in tested),
        memberships=_memberships(data, clusters),
        outliers=tuple(DataSetRemark(names[i], why) for i, why in sorted(outliers.items())),
        differing=_differing(data, clusters, params.differing),
        significance=params.significance,
        **fields_of(pictures),
    )
    return Result(experiments, reflections, replace(summary, decisions=_decisions(summary)), similarity)


def _pictures(found: Correlations, params: CorrelationMatrixParams) -> tuple[Pictures, Similarity]:
    """Coordinates, trees and OPTICS' view of them; the matrices."""
    most = min(params.maximum_dimensions, len(found.cc))
    dimensions = params.dimensions
    tried: list[DimensionTrial] = []
    if dimensions is None:
        dimensions, tried = choose_dimensions(found.cc, found.weight, most)
    X = embed(found.cc, found.weight, dimensions, params.seed)
    cosine = cosines(X)
    density = density_clusters(X, params)
    pictures = Pictures(
        coordinates=tuple(map(tuple, X.tolist())),
        dimensions=dimensions,
        dimensions_tried=tuple(tried),
        linkage_cc=joins(tree(found.cc, params.linkage_method)),
        linkage_cosine=joins(tree(cosine, params.linkage_method)),
        linkage_method=params.linkage_method,
        reachability=tuple(r if np.isfinite(r) else None for r in density.reachability.tolist()),
        ordering=tuple(density.ordering.tolist()),
        optics_labels=tuple(density.labels.tolist()),
        optics_min_points=density.min_points,
    )
    return pictures, Similarity(found.cc, cosine, found.pairs)


def _without_misfits(data: Compared, clusters: list[np.ndarray]) -> tuple[list[np.ndarray], dict[int, str]]:
    """The clusters without members that do not belong, and the reasons of these by number."""
    reasons: dict[int, str] = {}
    for number, members in enumerate(clusters):
        reasons |= misfits(data, members) | between(data, clusters, number)
    kept = [np.array([i for i in members if int(i) not in reasons], int) for members in clusters]
    for members in kept:
        if len(members) == 1:
            reasons[int(members[0])] = "no other data set is like it"
    return sorted((m for m in kept if len(m) > 1), key=lambda m: (-len(m), m[0])), reasons


def _labels(clusters: list[np.ndarray], n: int) -> tuple[int, ...]:
    labels = np.full(n, -1)
    for number, members in enumerate(clusters):
        labels[members] = number
    return tuple(labels.tolist())


def _clusters(
    clusters: list[np.ndarray], tested: list[JudgedSplit], experiments: Experiments, obs: Observations, group: Group
) -> tuple[Cluster, ...]:
    rows = []
    for number, members in enumerate(clusters):
        parting = [s.p for s in tested if s.significant and np.isin(members, np.concatenate([s.a, s.b])).any()]
        rows.append(
            Cluster(
                name=f"cluster_{number}",
                members=tuple(members.tolist()),
                p_value=max(parting, default=None),
                **fields_of(cluster_figures(members, experiments, obs, group)),
            )
        )
    return tuple(rows)


def _split_row(split: JudgedSplit, found: Correlations) -> SplitSummary:
    within = [np.ix_(side, side) for side in (split.a, split.b)]
    return SplitSummary(
        a=tuple(split.a.tolist()),
        b=tuple(split.b.tolist()),
        cc_between=_mean_cc(found, [np.ix_(split.a, split.b)]),
        cc_within=_mean_cc(found, within),
        shared=split.shared,
        p_real=split.p_real,
        p_gap=split.p_gap,
        p_value=split.p,
        level=split.level,
        significant=split.significant,
    )


def _mean_cc(found: Correlations, blocks: list[tuple[np.ndarray, ...]]) -> float:
    """The mean of known correlations in blocks of the matrix, by their weights; 0 where none is known."""
    weight = np.concatenate([found.weight[b].ravel() for b in blocks])
    cc = np.concatenate([found.cc[b].ravel() for b in blocks])
    return float(weight @ cc / weight.sum()) if weight.sum() > 0 else 0.0


def _memberships(data: Compared, clusters: list[np.ndarray]) -> tuple[Membership, ...]:
    """How each data set in a cluster fits in."""
    rows = []
    for number, members in enumerate(clusters):
        fit = fit_with_others(data, members)
        rows += [Membership(int(i), number, float(fit.cc[i]), int(fit.shared[i])) for i in members]
    return tuple(sorted(rows, key=lambda row: row.data_set))


def _differing(data: Compared, clusters: list[np.ndarray], most: int) -> tuple[DifferingReflection, ...]:
    rows: list[DifferingReflection] = []
    for a, b in combinations(range(len(clusters)), 2):
        rows += named(differing(data, (clusters[a], clusters[b])), data, (a, b), most)
    return tuple(rows)


def _decisions(found: CorrelationMatrixSummary) -> tuple[Decision, ...]:
    """The splits that are believed, or why there is one cluster, or none."""
    if not found.clusters:
        reason = "no two data sets have enough in common; a lower min_reflections lets smaller ones take part"
        return (Decision("no clusters", reason, parameter="min_reflections", link=": "),)
    told = [_split(split) for split in found.splits if split.significant]
    if len(found.clusters) == 1:
        what = f"one cluster of {len(found.clusters[0].members)}"
        told.append(Decision(what, "no split of it is significant", {}, "significant_clusters.significance", ": "))
    return tuple(told)


def _split(split: SplitSummary) -> Decision:
    """Why two groups are taken as apart."""
    evidence = {"p": split.p_value, "cc between": split.cc_between, "cc within": split.cc_within, "level": split.level}
    reason = f"CC {split.cc_between:.3f} between, {split.cc_within:.3f} within, p = {split.p_value:.1e}"
    what = f"{len(split.a)} data sets apart from {len(split.b)}"
    return Decision(what, reason, evidence, "significant_clusters.significance", ": ")
