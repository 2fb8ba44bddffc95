"""Which sweeps equivalents connect, and on what scale those start that nothing connects."""

from __future__ import annotations

import numpy as np

from gnomon.maths.normalised import expected_intensity
from gnomon.steps.scale.observations import Observations
from gnomon.summary import Decision

_CYCLES = 5
_FAR = 10.0  # of the median: what is stronger counts as this (a hot pixel is no scale)


def islands(label: np.ndarray, sweep: np.ndarray, n_groups: int, n_sweeps: int) -> np.ndarray:
    """(S,) for each sweep the first of those with which equivalents connect it; label, sweep: (N,) of observations."""
    island = np.arange(n_sweeps)
    while True:
        of_group = np.full(n_groups, n_sweeps)
        np.minimum.at(of_group, label, island[sweep])
        found = island.copy()
        np.minimum.at(found, sweep, of_group[label])
        if (found == island).all():
            return island
        island = found


def island_reasons(observations: Observations, n_sweeps: int) -> list[Decision]:
    """What is said of sweeps that share no reflection with most of the others."""
    found = islands(observations.groups.label, observations.experiment, len(observations.groups), n_sweeps)
    number = np.bincount(found, minlength=n_sweeps)
    main = int(np.argmax(number))
    apart = np.flatnonzero(found != main)
    if not len(apart):
        return []
    which = ", ".join(map(str, apart[:8])) + (f" and {len(apart) - 8} more" if len(apart) > 8 else "")
    sweeps = f"sweep {which} shares" if len(apart) == 1 else f"sweeps {which} share"
    others = "the others" if len(apart) == 1 else "the rest"
    what = f"{sweeps} no reflection with {others}: scaled to the same mean intensities (Wilson), which is rough"
    return [Decision(what, evidence={"sweeps": n_sweeps, "connected": int(number[main]), "apart": len(apart)})]


def wilson_scales(observations: Observations, intensity: np.ndarray, n_sweeps: int) -> np.ndarray:
    """(S,) scales that give all sweeps the same mean intensity at the same resolution; 1 on average.

    Wilson 1949, Acta Cryst. 2, 318. Where equivalents connect sweeps this is only where the fit begins.
    """
    which, d = observations.experiment, observations.d
    scale = np.ones(n_sweeps)
    if n_sweeps == 1:
        return scale
    order = np.argsort(which, kind="stable")
    of_sweep = np.split(order, np.searchsorted(which[order], np.arange(1, n_sweeps)))
    for _ in range(_CYCLES):
        ratio = intensity / scale[which]
        ratio = ratio / expected_intensity(d, ratio)
        for i, rows in enumerate(of_sweep):
            middle = np.median(ratio[rows]) if len(rows) else 0.0
            if middle > 0:
                scale[i] *= np.minimum(ratio[rows], _FAR * middle).mean()
    return scale / scale.mean()
