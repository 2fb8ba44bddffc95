"""What is told of scaled data where they are deposited: merging statistics, Wilson B, what was rejected."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.maths.intensities.statistics import MergingStatistics


@dataclass(frozen=True, eq=False)
class DataQuality:
    """Statistics of the observations that were merged."""

    statistics: MergingStatistics
    wilson_b: float | None = None  # Å^2
    n_rejected: int | None = None  # observations that scaling took for outliers
