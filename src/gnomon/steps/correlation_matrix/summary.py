"""What correlation_matrix tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.maths.data_sets.embedding import DimensionTrial
from gnomon.maths.data_sets.trees import Join
from gnomon.summary import DataSetRemark, Summary, figure


@dataclass(frozen=True, kw_only=True)
class ClusterFigures:
    """What the data sets of a cluster amount to together."""

    completeness: float = figure("to the resolution of all data, from 0 to 1")
    multiplicity: float = figure("observations of a unique reflection")
    n_observations: int = figure("observations")
    n_unique: int = figure("unique reflections")
    cell: tuple[float, ...] = figure("median a, b, c, alpha, beta, gamma", unit="Å, degree")


@dataclass(frozen=True, kw_only=True)
class Cluster(ClusterFigures):
    """Data sets that are alike."""

    name: str = figure("cluster_0, the greatest, and so on")
    members: tuple[int, ...] = figure("its data sets by number, rising")
    p_value: float | None = figure("of the weakest split that parts it from others; none where there are no others")


@dataclass(frozen=True, kw_only=True)
class SplitSummary:
    """Data sets that were tried to be split in two."""

    a: tuple[int, ...] = figure("data sets of the greater part, by number")
    b: tuple[int, ...] = figure("data sets of the other part")
    cc_between: float = figure("mean correlation of two data sets of different parts")
    cc_within: float = figure("mean correlation of two data sets of one part")
    shared: int = figure("reflections of which two data sets of each part tell")
    p_real: float = figure("probability of so great a difference if there were none")
    p_gap: float = figure("probability of so clear a gap if they were one cloud")
    p_value: float = figure("the greater of the two")
    level: float = figure("what it has to be below")
    significant: bool = figure("whether the split is believed")


@dataclass(frozen=True)
class Membership:
    """A data set in a cluster."""

    data_set: int = figure("its number")
    cluster: int = figure("number of the cluster")
    cc: float = figure("correlation with the rest of the cluster")
    shared: int = figure("reflections shared with it")


@dataclass(frozen=True, kw_only=True)
class DifferingReflection:
    """A reflection by which two clusters differ."""

    pair: tuple[int, int] = figure("numbers of the clusters a and b")
    hkl: tuple[int, ...] = figure("its indices")
    d: float = figure("its spacing", unit="Å")
    i_a: float = figure("mean intensity in a, on the scale of all data")
    sigma_a: float = figure("its standard error")
    i_b: float = figure("mean intensity in b")
    sigma_b: float = figure("its standard error")
    z: float = figure("difference over its standard error")


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Data sets as points, their trees, and the clusters that OPTICS sees, which it does in noise too."""

    coordinates: tuple[tuple[float, ...], ...] = figure("of each data set: scalar products are correlations")
    dimensions: int = figure("of the coordinates")
    dimensions_tried: tuple[DimensionTrial, ...] = figure("numbers of dimensions tried; empty where it was given")
    linkage_cc: tuple[Join, ...] = figure("tree by 1 - correlation")
    linkage_cosine: tuple[Join, ...] = figure("tree by 1 - cosine of the angle between coordinates")
    linkage_method: str = figure("how trees join")
    reachability: tuple[float | None, ...] = figure("of each data set (OPTICS); none of the first of a group")
    ordering: tuple[int, ...] = figure("data sets in the order of OPTICS")
    optics_labels: tuple[int, ...] = figure("number of the cluster that OPTICS sees each data set in, -1 of none")
    optics_min_points: int = figure("neighbours that it used")


@dataclass(frozen=True, kw_only=True)
class CorrelationMatrixSummary(Pictures, Summary):
    """Which data sets are alike, and how sure that is."""

    names: tuple[str, ...] = figure("data sets")
    n_observations: int = figure("observations given")
    n_used: int = figure("of these compared")
    d_min: float = figure("resolution to which they were compared", unit="Å")
    space_group: str = figure("space group of the data sets")
    unique: tuple[int, ...] = figure("unique reflections of each data set")
    labels: tuple[int, ...] = figure("number of each data set's cluster, -1 of none")
    clusters: tuple[Cluster, ...] = figure("the greatest first")
    splits: tuple[SplitSummary, ...] = figure("the splits that were tested")
    memberships: tuple[Membership, ...] = figure("how each data set fits in its cluster")
    outliers: tuple[DataSetRemark, ...] = figure("data sets in no cluster")
    differing: tuple[DifferingReflection, ...] = figure("reflections by which clusters differ most")
    significance: float = figure("risk that any split is a false one")
