"""Why predicted reflections have no intensity: each is counted under the first reason that holds."""

from __future__ import annotations

import numpy as np

from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.boxes import Placed
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.summation import WHOLE
from gnomon.steps.integrate.sweep import Measured


def count_unmeasured(table: Reflections, measured: Measured, placed: Placed, params: IntegrateParams) -> dict[str, int]:
    """How many of the integrated ``table`` have neither a sum nor a fit, by each reason that occurs.

    measured, placed: of the same N reflections.
    """
    count, left = measured.sums.count, ~table.has(Flag.INTEGRATED_SUM | Flag.INTEGRATED_PRF)
    part = table["partiality"]
    reasons = {
        "near the spindle": np.abs(placed.zeta) < params.min_zeta,
        "overloaded": count("overloaded") > 0,
        "cut by the panel's edge": count("off") > 0,
        "masked": count("bad") > 0,
        "too little background": count("background_used") == 0,
        "neighbours' pixels": count("lost") > 0,
        "cut by the scan's end": part < WHOLE,
        "no fit": np.ones(len(table), bool),
    }
    counts = {}
    for reason, holds in reasons.items():
        counts[reason] = int((left & holds).sum())
        left = left & ~holds
    return {reason: n for reason, n in counts.items() if n}
