"""Widths of each sweep: its own, and what it cannot tell as in the other sweeps on its detector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gnomon.errors import InputError
from gnomon.models.experiment import Experiment, Experiments
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.sample import ROUGH_STRENGTH, Sample, scan_widths
from gnomon.steps.integrate.width_fit import SpotMoments, WidthFit, fit_spot_widths
from gnomon.steps.integrate.widths import SpotWidths

POOL_STRENGTH = 15.0
"""Weight, in spots, of the widths of all sweeps against those of one."""
MOST_SPOTS = 10000
"""Spots of all sweeps together that are looked at for what they have in common."""


def pooled_widths(experiments: Experiments, samples: Sequence[Sample], params: IntegrateParams) -> list[WidthFit]:
    """The widths of each sweep: its own, drawn to those of all sweeps on its detector by as much as it cannot tell.

    Where none on that detector has a usable spot, rough ones from boxes of spots serve, or those of other detectors.
    Raises InputError where there is no strong spot at all and the widths are not given.
    """
    fits = [s.fit for s in samples]
    for _, members in experiments.groups_sharing("detector"):
        told = [n for n in members if samples[n].moments is not None]
        if told:
            pooled = _fit_of_all([samples[n] for n in told], [experiments[n] for n in told])
        else:
            rough = [fits[n] for n in (*members, *range(len(fits))) if fits[n].widths.mosaicity > 0]
            pooled = rough[0] if rough else WidthFit(SpotWidths(), 0.0, 0.0)
        for n in members:
            moments, start = samples[n].moments, fits[n].widths
            if moments is None:
                fits[n] = replace(pooled, across=0.0, rocking=0.0)
            elif len(told) > 1:
                fits[n] = fit_spot_widths(moments, start, pooled.widths, POOL_STRENGTH, *scan_widths(experiments[n]))
    return [_as_given(fit, params) for fit in fits]


def _fit_of_all(samples: Sequence[Sample], experiments: Sequence[Experiment]) -> WidthFit:
    """The widths that the spots of several sweeps together ask for."""
    if len(samples) == 1:
        return samples[0].fit
    best = max(samples, key=lambda s: s.fit.rocking).fit.widths
    moments = SpotMoments.concatenate([s.moments for s in samples if s.moments is not None])
    moments = moments.thinned(MOST_SPOTS)
    image, scan = (max(w) for w in zip(*map(scan_widths, experiments)))
    return fit_spot_widths(moments, best, best, ROUGH_STRENGTH, image, scan)


def _as_given(fit: WidthFit, params: IntegrateParams) -> WidthFit:
    """The same with the widths the user gave; raises InputError where that leaves some unknown."""
    widths = fit.widths.given(params.sigma_b, params.sigma_m)
    if not (widths.constant_b and widths.constant_m) and not fit.widths.mosaicity > 0:
        raise InputError(
            "integrate found no strong indexed spot to measure spot widths from; "
            "check index and refine, or give sigma_b and sigma_m"
        )
    return replace(fit, widths=widths)
