"""What cosym tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.maths.data_sets.embedding import DimensionTrial
from gnomon.maths.laue_group.summary import SymmetryFigures
from gnomon.summary import DataSetRemark, figure


@dataclass(frozen=True, kw_only=True)
class Points:
    """Data sets as points, in the setting taken and in every other."""

    settings: tuple[str, ...] = figure("rotations from the setting taken to each that there is, itself first")
    coordinates: tuple[tuple[float, ...], ...] = figure("of each data set in the setting taken")
    coordinates_all: tuple[tuple[float, ...], ...] = figure("data set by data set, in each of the settings")
    dimensions: int = figure("of the coordinates")
    dimensions_tried: tuple[DimensionTrial, ...] = figure("numbers of dimensions that were tried")
    margins: tuple[float | None, ...] = figure(
        "how much better the setting taken of each data set agrees with the others' than any other, in cosines; "
        "none where there is no other"
    )
    embedded_together: int = figure("data sets that were embedded together; others were put beside them")
    mean_cosine: float | None = figure("mean cosine of the angle between two data sets; none of a single one")
    least_cosine: float | None = figure("the least of these; none of a single one")


@dataclass(frozen=True, kw_only=True)
class ReferenceAgreement:
    """How well a reference agrees; none where there is no reference."""

    reference_cc: float | None = figure("correlation of intensities with the reference", default=None)
    reference_next_cc: float | None = figure("the same in the next best setting; nan where there is none", default=None)


@dataclass(frozen=True, kw_only=True)
class CosymSummary(SymmetryFigures, ReferenceAgreement, Points):
    """The symmetry of many data sets, and the setting that all were brought to."""

    names: tuple[str, ...] = figure("data sets that were brought to one setting")
    excluded: tuple[DataSetRemark, ...] = figure("data sets that were left out")
    disagreeing: tuple[DataSetRemark, ...] = figure("data sets that had no say in the symmetry")
