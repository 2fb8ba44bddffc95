"""correlation_matrix: which data sets are alike, from top to bottom."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from gnomon.distribute.blas import one_blas_thread
from gnomon.distribute.workers import SERIAL, Workers
from gnomon.maths.data_set import common_data_set
from gnomon.maths.embedding import choose_dimensions, cosines, embed
from gnomon.maths.normalised import Observations, informative, observations
from gnomon.maths.pairwise import Correlations, pairwise_correlations
from gnomon.maths.symmetry import Group, space_group
from gnomon.maths.trees import tree
from gnomon.models.experiment import Experiments
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.step import InputError, Progress, Result, require_columns, require_crystals
from gnomon.steps.correlation_matrix.compared import Compared, compared
from gnomon.steps.correlation_matrix.density import density_clusters
from gnomon.steps.correlation_matrix.differing import differing, named
from gnomon.steps.correlation_matrix.figures import cluster_figures
from gnomon.steps.correlation_matrix.fit_in import attached, between, fit_with_others, misfits
from gnomon.steps.correlation_matrix.params import CorrelationMatrixParams
from gnomon.steps.correlation_matrix.partition import JudgedSplit, Rules, partition


def correlation_matrix(
    experiments: Experiments,
    reflections: Reflections,
    params: CorrelationMatrixParams,
    *,
    workers: Workers = SERIAL,
    progress: Progress | None = None,
) -> Result:
    """Experiments and reflections as given; ``stats`` has the matrices, coordinates, trees and the clusters.

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
    correlations = pairwise_correlations(data.sets(), params.cc_weights, params.min_pairs, workers=workers)
    rules = Rules(params.significance, params.halvings, params.seed)
    with one_blas_thread():
        stats = _pictures(correlations, params)
        kept, outliers = attached(data, params.min_reflections)
        clusters, tested = partition(data, kept, rules)
    clusters, spoilt = _without_misfits(data, clusters)
    outliers |= spoilt
    names = data_set_names(experiments)
    stats |= {
        "names": names,
        "n_observations": len(every.row),
        "n_used": len(obs.row),
        "d_min": d_min,
        "space_group": group.xhm(),
        "unique": data.counts.tolist(),
        "labels": _labels(clusters, len(experiments)),
        "clusters": _clusters(clusters, tested, experiments, every, group),
        "splits": [_split_row(s, correlations) for s in tested],
        "memberships": _memberships(data, clusters),
        "outliers": [{"name": names[i], "reason": why} for i, why in sorted(outliers.items())],
        "differing": _differing(data, clusters, params.differing),
        "significance": params.significance,
    }
    return Result(experiments, reflections, {**stats, "reasons": _reasons(stats)})


def _pictures(found: Correlations, params: CorrelationMatrixParams) -> dict[str, Any]:
    """Matrices, coordinates, trees and OPTICS' view of them."""
    most = min(params.maximum_dimensions, len(found.cc))
    dimensions = params.dimensions
    tried: list[tuple[int, float]] = []
    if dimensions is None:
        dimensions, tried = choose_dimensions(found.cc, found.weight, most)
    X = embed(found.cc, found.weight, dimensions, params.seed)
    cosine = cosines(X)
    density = density_clusters(X, params)
    return {
        "cc": found.cc,
        "pairs": found.pairs,
        "cosines": cosine,
        "coordinates": X,
        "dimensions": dimensions,
        "dimensions_tried": tried,
        "linkage_cc": tree(found.cc, params.linkage_method),
        "linkage_cosine": tree(cosine, params.linkage_method),
        "linkage_method": params.linkage_method,
        "reachability": density.reachability,
        "ordering": density.ordering,
        "optics_labels": density.labels,
        "optics_min_points": density.min_points,
    }


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


def _labels(clusters: list[np.ndarray], n: int) -> np.ndarray:
    labels = np.full(n, -1)
    for number, members in enumerate(clusters):
        labels[members] = number
    return labels


def _clusters(
    clusters: list[np.ndarray], tested: list[JudgedSplit], experiments: Experiments, obs: Observations, group: Group
) -> list[dict[str, Any]]:
    rows = []
    for number, members in enumerate(clusters):
        parting = [s.p for s in tested if s.significant and np.isin(members, np.concatenate([s.a, s.b])).any()]
        rows.append(
            {
                "name": f"cluster_{number}",
                "members": members.tolist(),
                **cluster_figures(members, experiments, obs, group),
                "p_value": max(parting, default=None),
            }
        )
    return rows


def _split_row(split: JudgedSplit, found: Correlations) -> dict[str, Any]:
    within = [np.ix_(side, side) for side in (split.a, split.b)]
    return {
        "a": split.a.tolist(),
        "b": split.b.tolist(),
        "cc_between": _mean_cc(found, [np.ix_(split.a, split.b)]),
        "cc_within": _mean_cc(found, within),
        "shared": split.shared,
        "p_real": split.p_real,
        "p_gap": split.p_gap,
        "p_value": split.p,
        "level": split.level,
        "significant": split.significant,
    }


def _mean_cc(found: Correlations, blocks: list[tuple[np.ndarray, ...]]) -> float:
    """The mean of known correlations in blocks of the matrix, by their weights; 0 where none is known."""
    weight = np.concatenate([found.weight[b].ravel() for b in blocks])
    cc = np.concatenate([found.cc[b].ravel() for b in blocks])
    return float(weight @ cc / weight.sum()) if weight.sum() > 0 else 0.0


def _memberships(data: Compared, clusters: list[np.ndarray]) -> list[dict[str, Any]]:
    """Of each data set in a cluster: number, CC with the rest of the cluster, reflections shared with it."""
    rows = []
    for number, members in enumerate(clusters):
        fit = fit_with_others(data, members)
        rows += [
            {"data_set": int(i), "cluster": number, "cc": float(fit.cc[i]), "shared": int(fit.shared[i])}
            for i in members
        ]
    return sorted(rows, key=lambda row: row["data_set"])


def _differing(data: Compared, clusters: list[np.ndarray], most: int) -> list[dict[str, Any]]:
    rows = []
    for a, b in combinations(range(len(clusters)), 2):
        rows += named(differing(data, (clusters[a], clusters[b])), data, (a, b), most)
    return rows


def _reasons(stats: dict[str, Any]) -> list[str]:
    """What was decided and why, a line each."""
    clusters, splits = stats["clusters"], stats["splits"]
    if not clusters:
        return [
            "no clusters: no two data sets have enough in common; a lower min_reflections lets smaller ones take part"
        ]
    lines = [
        f"{len(s['a'])} data sets apart from {len(s['b'])}: CC {s['cc_between']:.3f} between, {s['cc_within']:.3f} "
        f"within, p = {s['p_value']:.1e}"
        for s in splits
        if s["significant"]
    ]
    if len(clusters) == 1:
        lines.append(f"one cluster of {len(clusters[0]['members'])}: no split of it is significant")
    return lines
