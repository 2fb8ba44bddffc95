"""Which data sets do not fit in: those that differ, not those whose errors are too small."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from merged_sets import planted_sets

from gnomon.steps.correlation_matrix.fit_in import misfits


def test_too_small_errors_make_no_outlier():
    data, _ = planted_sets((12,), seed=1)
    small = np.where(data.owner == 3, 16.0, 1.0)
    boasting = replace(data, variance=data.variance / small, weight=data.weight * small)
    assert misfits(boasting, np.arange(data.n)) == {}


def test_other_intensities_do():
    data, _ = planted_sets((12,), seed=1)
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 0.5, len(data.value)) * (data.owner == 3)
    found = misfits(replace(data, value=data.value + noise), np.arange(data.n))
    assert list(found) == [3]
    assert "times as far from the mean of its cluster" in found[3]
