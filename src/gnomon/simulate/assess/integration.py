"""Integrated counts against the counts that truth expects, for each class of reflection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.frame import match
from gnomon.simulate.assess.intensities import spread
from gnomon.simulate.truth import Truth


@dataclass(frozen=True)
class ClassFigures:
    """How well reflections of one class were integrated."""

    n: int
    ratio: float  # sum of counts over sum of true counts
    spread: float  # of (I - truth) / sigma
    bias: float  # median of (I - truth) / sigma


CLASSES = ("whole", "weak", "strong", "partial", "cut by gaps")


def integration_figures(
    truth: Truth, experiments: Experiments, reflections: Reflections, kind: str
) -> dict[str, ClassFigures]:
    """Figures of each class for ``kind`` prf or sum.

    Weak and strong are the whole ones with true counts below and above ten sigma. A fitted intensity of a spot cut by
    gaps stands for the whole spot, so the lost counts are added to its truth; a sum has its gaps filled by no one.
    """
    flag = Flag.INTEGRATED_PRF if kind == "prf" else Flag.INTEGRATED_SUM
    used = reflections.select(reflections.has(flag) & (reflections[f"intensity.{kind}.variance"] > 0))
    row = match(truth, experiments, used)
    used, row = used.select(row >= 0), row[row >= 0]
    r = truth.reflections
    counts, lost = r.counts[row], r.lost[row]
    cut, partial = lost > 0.02 * (counts + lost), r.partiality[row] < 0.98
    whole, strong = ~cut & ~partial, counts > 10 * r.sigma[row]
    masks = (whole, whole & ~strong, whole & strong, partial & ~cut, cut & ~partial)
    expected = counts + (lost if kind == "prf" else 0)
    intensity, sigma = used[f"intensity.{kind}.value"], np.sqrt(used[f"intensity.{kind}.variance"])
    return {
        name: _figures(intensity[mask], sigma[mask], expected[mask]) for name, mask in zip(CLASSES, masks) if mask.any()
    }


def _figures(intensity: np.ndarray, sigma: np.ndarray, expected: np.ndarray) -> ClassFigures:
    deviation = (intensity - expected) / sigma
    ratio = float(intensity.sum() / expected.sum())
    return ClassFigures(len(intensity), ratio, spread(deviation), float(np.median(deviation)))
