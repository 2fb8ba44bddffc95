"""The dose of each observation."""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections
from gnomon.steps.damage_analysis.params import DamageAnalysisParams

_MOST_BINS, _FEW_BINS, _MANY_CRYSTALS = 100, 25, 20


def doses(experiments: Experiments, reflections: Reflections, params: DamageAnalysisParams) -> np.ndarray:
    """(n_rows,) the dose when half of each reflection had passed; 0 for rows of no experiment.

    Raises InputError for stills, and where the numbers of doses and experiments differ.
    """
    n = len(experiments)
    per_image = _for_each(params.dose_per_image, n, "dose_per_image")
    start = _for_each(params.starting_doses, n, "starting_doses")
    if any(e.scan is None for e in experiments):
        raise InputError("damage_analysis needs sweeps; stills have no earlier and later; leave them out")
    scans = [e.scan for e in experiments if e.scan is not None]
    if params.shared_crystal:
        lengths = per_image * np.array([s.n_images for s in scans])
        start = start + np.cumsum(lengths) - lengths
    identity = np.maximum(reflections["id"], 0)
    first = np.array([s.array_range[0] for s in scans])
    z = reflections["xyzobs.px.value" if "xyzobs.px.value" in reflections else "xyzcal.px"][:, 2]
    found: np.ndarray = start[identity] + per_image[identity] * np.maximum(z - first[identity], 0.0)
    return np.where(reflections["id"] >= 0, found, 0.0)


def _for_each(values: tuple[float, ...], n: int, name: str) -> np.ndarray:
    if len(values) not in (1, n):
        raise InputError(f"{name} has {len(values)} numbers for {n} experiments; give one, or one for each")
    return np.broadcast_to(np.array(values), n) + np.zeros(n)


def dose_bins(dose: np.ndarray, n_experiments: int) -> tuple[np.ndarray, int, float]:
    """(N,) bin of each dose, counted from dose 0, how many there are, and their width: 100 or, for many crystals, 25.

    Widths are whole numbers where doses are (image numbers).
    """
    most = _FEW_BINS if n_experiments > _MANY_CRYSTALS else _MOST_BINS
    top = float(dose.max(initial=0.0))
    width = top / most if top > 0 else 1.0
    if top >= 2:
        width = max(1.0, float(np.ceil(width)))
    bins = (dose / width).astype(np.intp)
    return bins, int(bins.max(initial=0)) + 1, width
