"""The static fit of all experiments together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gnomon.maths.geometry_fit.fit import fit_geometry
from gnomon.maths.geometry_fit.options import Fit, FitOptions
from gnomon.models.experiment import Experiments
from gnomon.models.reflections import Reflections

MUCH_BETTER = 0.9  # of the r.m.s. residual of one orientation


def fit_static(
    experiments: Experiments, reflections: Reflections, options: FitOptions, separate_mounts: bool | None
) -> tuple[Fit, list[str]]:
    """The fit and what was decided, in words.

    A crystal that several scans share keeps one orientation, unless ``separate_mounts`` says otherwise or, where it
    is None, an orientation for each scan fits much better: goniometers move crystals less exactly than spots show.
    """
    groups = experiments.groups_sharing("crystal")
    shared = any(len({id(experiments[i].scan) for i in members}) > 1 for _, members in groups)
    if not shared or separate_mounts is False:
        return fit_geometry(experiments, reflections, options), []
    apart = fit_geometry(experiments, reflections, replace(options, separate_mounts=True))
    if separate_mounts:
        return apart, ["an orientation for each scan of a crystal, as asked"]
    one = fit_geometry(experiments, reflections, options)
    before, after = _spread(one), _spread(apart)
    told = f"(r.m.s. {before:.2f} px with one orientation of a crystal, {after:.2f} px with one for each scan)"
    if after < MUCH_BETTER * before:
        return apart, [f"an orientation for each scan of a crystal, one cell {told}"]
    return one, [f"one orientation for all scans of a crystal {told}"]


def _spread(fit: Fit) -> float:
    """Root mean square of x and y residuals, px."""
    squares = (fit.rmsd[:, :2] ** 2).mean(axis=1)
    used = fit.n_used > 0
    return float(np.sqrt(np.average(squares[used], weights=fit.n_used[used])))
