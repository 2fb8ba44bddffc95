"""Are sigmas right? The spread of (I - truth) / sigma of scaled observations, in classes of many kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.maths.geometry.resolutions import resolutions
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.simulate.assess.intensities import spread, tenths
from gnomon.simulate.assess.observations import Observations, with_true_scale

FEWEST = 300
"""Observations of a class whose spread says something: it is then known to 5 %."""
PARTIAL = (0.4, 0.7, 0.95, 1.0)
"""Edges of the classes of partiality."""
_SIGMAS = (0.1, 10.0)  # times the integrated sigma, scaled alike: beyond, a sigma needs a reason

_FAR = 4.0  # sigmas


@dataclass(frozen=True)
class Pulls:
    """One entry an observation that scaling kept."""

    deviation: np.ndarray  # (I - truth) / sigma
    intensity: np.ndarray
    sigma: np.ndarray
    true: np.ndarray  # on the scale of the intensities
    shell: np.ndarray  # 0 to 9, tenths by resolution, low first
    decile: np.ndarray  # 0 to 9, by true intensity
    partiality: np.ndarray
    widened: np.ndarray  # sigma over the integrated one, scaled alike

    @classmethod
    def together(cls, parts: Sequence[Pulls]) -> Pulls:
        """Those of several data sets, each in its own tenths."""
        return cls(*(np.concatenate([vars(p)[name] for p in parts]) for name in vars(parts[0])))

    def select(self, rows: np.ndarray) -> Pulls:
        """Some of them, in the tenths of all."""
        return Pulls(*(values[rows] for values in vars(self).values()))

    def classes(self) -> dict[str, list[np.ndarray]]:
        """Rows of each class, by what they are classed by."""
        part = np.clip(np.searchsorted(PARTIAL, self.partiality, side="left") - 1, 0, len(PARTIAL) - 2)
        return {
            "resolution": [np.flatnonzero(self.shell == k) for k in range(10)],
            "intensity": [np.flatnonzero(self.decile == k) for k in range(10)],
            "partiality": [np.flatnonzero(part == k) for k in range(len(PARTIAL) - 1)],
        }

    def spreads(self) -> dict[str, list[float]]:
        """Of each class; nan where it holds fewer than 300."""
        return {
            what: [spread(self.deviation[rows]) if len(rows) >= FEWEST else np.nan for rows in classes]
            for what, classes in self.classes().items()
        }

    def errors_over_sigmas(self) -> dict[str, list[float]]:
        """Of each class the r.m.s. error over the r.m.s. sigma; nan where it holds fewer than 300.

        Where a reflection has but a few counts, no sigma makes the spread of its pulls one: they are whole numbers, and
        a sigma that follows from them is small where they are few by chance. This ratio is one for honest sigmas.
        Errors beyond four sigmas count as four: what is foreign to the reflection is not the sigmas' to tell.
        """
        error = np.clip(self.deviation, -_FAR, _FAR) * self.sigma
        return {
            what: [
                float(np.sqrt(np.mean(error[rows] ** 2) / np.mean(self.sigma[rows] ** 2)))
                if len(rows) >= FEWEST
                else np.nan
                for rows in classes
            ]
            for what, classes in self.classes().items()
        }

    def ratio(self, low: float, high: float) -> float:
        """Sum of intensities over sum of the truth, of observations with a partiality from ``low`` to ``high``."""
        rows = (self.partiality >= low) & (self.partiality <= high)
        return float(self.intensity[rows].sum() / self.true[rows].sum()) if rows.any() else float("nan")

    @property
    def odd_sigmas(self) -> int:
        """Observations whose sigma is not 0.1 to 10 times the integrated one."""
        return int(((self.widened < _SIGMAS[0]) | (self.widened > _SIGMAS[1])).sum())


def pulls_of(experiments: Experiments, reflections: Reflections, true: np.ndarray) -> Pulls:
    """Of a scaled table; true: (n_rows,) intensities on any scale, alike for all data sets."""
    table = reflections
    use = table.has(Flag.SCALED) & ~table.has(Flag.BAD_FOR_SCALING) & (table["inverse_scale_factor"] > 0)
    use &= table["intensity.scale.variance"] > 0
    table = table.select(use)
    g, sigma = table["inverse_scale_factor"], np.sqrt(table["intensity.scale.variance"])
    d = resolutions(experiments, table)
    observed = with_true_scale(
        Observations(
            table["miller_index"], d, table["intensity.scale.value"] / g, sigma / g, true[use], table["xyzcal.px"]
        )
    )
    shell, decile = np.zeros(len(d), int), np.zeros(len(d), int)
    for k, (by_d, by_i) in enumerate(zip(tenths(-d), tenths(observed.true))):
        shell[by_d], decile[by_i] = k, k
    deviation = (observed.intensity - observed.true) / observed.sigma
    part, widened = table["partiality"], sigma / _integrated_sigma(table)
    return Pulls(deviation, observed.intensity, observed.sigma, observed.true, shell, decile, part, widened)


def _integrated_sigma(table: Reflections) -> np.ndarray:
    """(N,) of the profile-fitted intensity where there is one, else of the sum, corrected but not scaled."""
    fitted = table["intensity.prf.variance"] > 0
    variance = np.where(fitted, table["intensity.prf.variance"], table["intensity.sum.variance"])
    part = np.where(fitted, 1.0, table["partiality"])
    return np.asarray(np.sqrt(variance) * table["lp"] / table["qe"] / part)
