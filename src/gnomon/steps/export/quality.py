"""What is told of the data that are exported for deposition."""

from __future__ import annotations

import numpy as np

from gnomon.maths.data_sets.data_set import DataSet, scaled_intensities
from gnomon.maths.intensities.data_quality import DataQuality
from gnomon.maths.intensities.statistics import merging_statistics
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections


def data_quality(
    reflections: Reflections, rows: np.ndarray, data_set: DataSet, wilson_b: float | None = None
) -> DataQuality:
    """The merging statistics of the rows that are merged, and how many of all scaling took for outliers.

    wilson_b: Å^2, from the merged data.
    """
    _, intensity, variance = scaled_intensities(reflections)
    kept = rows[np.isfinite(intensity[rows])]
    observed = (reflections["miller_index"][kept], intensity[kept], variance[kept])
    found = merging_statistics(observed, data_set.cell, data_set.hall_symbol)
    return DataQuality(found, wilson_b, int(reflections.has(Flag.OUTLIER_IN_SCALING).sum()))
