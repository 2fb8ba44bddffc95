"""Counts that are noise about zero, as cameras for electrons give, and the range in which they are to be trusted."""

from __future__ import annotations

import numpy as np

LEAST_NEGATIVE = 0.1  # of the pixels; counts of photons, pedestal off, have hardly any
LEAST_KINDS = 4  # different negative counts: marks of gaps and dead pixels are one or two
LOWEST = -1000.0
"""Counts: what DIALS trusts at least of such cameras; marks of pixels without data lie below."""
_WIDE = 20.0  # times the noise's quartile below its median: where noise reaches further than LOWEST


def is_signed(values: np.ndarray) -> bool:
    """Whether counts (N,) are noise about zero: many are negative, and of several kinds."""
    negative = values[values < 0]
    return len(negative) > LEAST_NEGATIVE * len(values) and len(np.unique(negative[:10_000])) >= LEAST_KINDS


def lowest_trusted(values: np.ndarray) -> float:
    """The least of counts (N,), noise about zero, that is noise and no mark of anything."""
    quartile, median = np.percentile(values, (25, 50))
    return min(LOWEST, float(np.floor(median - _WIDE * (median - quartile))))
