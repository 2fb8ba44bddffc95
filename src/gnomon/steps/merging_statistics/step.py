"""merging_statistics: the statistics that scale prints, of data scaled before, here or elsewhere."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import space_group
from gnomon.maths.data_sets.data_set import common_data_set, scaled_intensities
from gnomon.maths.intensities.resolution_fit import cc_half_resolution
from gnomon.maths.intensities.statistics import merging_statistics as statistics_of
from gnomon.maths.intensities.statistics import shell_by_shell
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_columns, require_crystals
from gnomon.steps.merging_statistics.params import MergingStatisticsParams
from gnomon.steps.merging_statistics.summary import MergingStatisticsSummary

NEEDED = ("miller_index", "intensity.scale.value", "intensity.scale.variance", "inverse_scale_factor")


def merging_statistics(
    experiments: Experiments, reflections: Reflections, params: MergingStatisticsParams
) -> Result[MergingStatisticsSummary]:
    """Experiments and reflections as they are; the summary has Rmerge, CC1/2, completeness and others by shell.

    Formulae: :mod:`gnomon.maths.intensities.statistics`. Raises InputError where the crystals have different space
    groups, or no scaled observation is left within the limits.
    """
    require_crystals("merging_statistics", experiments)
    require_columns("merging_statistics", reflections, NEEDED)
    data = common_data_set(experiments, np.inf)
    group = space_group(params.space_group or data.hall_symbol)
    usable, intensity, variance = scaled_intensities(reflections)
    d = d_spacing(reflections["miller_index"], data.cell)
    kept = usable & (d >= (params.d_min or 0.0)) & (d <= (params.d_max or np.inf))
    if not kept.any():
        raise InputError(
            "merging_statistics found no scaled observations within d_min and d_max; scale first, or widen"
        )
    observed = (reflections["miller_index"][kept], intensity[kept], variance[kept])
    found = statistics_of(observed, data.cell, group, shells=params.n_bins, seed=params.seed)
    summary = MergingStatisticsSummary(
        space_group=group.xhm(),
        cell=tuple(data.cell.tolist()),
        n_rejected=int((~usable).sum()),
        shells=shell_by_shell(found.shells),
        overall=shell_by_shell(found.overall)[0],
        anomalous_signal=found.signal,
        suggested_d_min=cc_half_resolution(found.shells),
    )
    return Result(experiments, reflections, summary)
