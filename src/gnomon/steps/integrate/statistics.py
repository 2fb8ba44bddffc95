"""The numbers by which an integration is judged."""

from __future__ import annotations

import numpy as np

from gnomon.maths.shells import shells_that_tell
from gnomon.models.flags import Flag
from gnomon.models.reflections import Reflections
from gnomon.steps.integrate.agreement import profile_against_sum, recorded_shares
from gnomon.steps.integrate.sample import Sample
from gnomon.steps.integrate.summary import ExperimentSummary, Residual, ResolutionShell
from gnomon.steps.integrate.summation import WHOLE
from gnomon.steps.integrate.widths import CAUSES, SpotWidths

SHELLS = 10


def experiment_summary(
    table: Reflections, sample: Sample, widths: SpotWidths, unmeasured: dict[str, int]
) -> ExperimentSummary:
    """The figures of one experiment; its two checks are those of ``agreement``."""
    summed, fitted = table.has(Flag.INTEGRATED_SUM), table.has(Flag.INTEGRATED_PRF)
    done = summed | fitted
    return ExperimentSummary(
        sigma_b=widths.sigma_b,
        sigma_m=widths.sigma_m,
        causes={name: getattr(widths, name) for name in CAUSES},
        spots=sample.spots,
        predicted=len(table),
        summed=int(summed.sum()),
        fitted=int(fitted.sum()),
        references=int(table.has(Flag.REFERENCE_SPOT).sum()),
        partial=int((done & (table["partiality"] < WHOLE)).sum()),
        overloaded=int(table.has(Flag.OVERLOADED).sum()),
        overlapped=int(table.has(Flag.OVERLAPPED_FG).sum()),
        bad_pixels=int(table.has(Flag.FOREGROUND_INCLUDES_BAD_PIXELS).sum()),
        not_integrated=int((~done).sum()),
        unmeasured=unmeasured,
        residuals=_residuals(table),
        shells=_shells(table, summed, fitted),
        fit_over_sum=profile_against_sum(table),
        recorded=recorded_shares(sample.moments) if sample.moments is not None else (),
    )


def _residuals(table: Reflections) -> tuple[Residual, Residual, Residual]:
    """Median and robust standard deviation of observed minus predicted x, y (px) and z (images) of strong spots."""
    reference = table.has(Flag.REFERENCE_SPOT)
    offset = (table["xyzobs.px.value"] - table["xyzcal.px"])[reference]
    if not len(offset):
        return Residual(0.0, 0.0), Residual(0.0, 0.0), Residual(0.0, 0.0)
    middle = np.median(offset, axis=0)
    spread = 1.4826 * np.median(np.abs(offset - middle), axis=0)
    x, y, z = (Residual(float(m), float(s)) for m, s in zip(middle, spread))
    return x, y, z


def _shells(table: Reflections, summed: np.ndarray, fitted: np.ndarray) -> tuple[ResolutionShell, ...]:
    """Shells of equal counts, low resolution first."""
    done = np.flatnonzero(summed | fitted)
    if not len(done):
        return ()
    order = done[np.argsort(-table["d"][done], kind="stable")]
    rows = []
    for part in np.array_split(order, shells_that_tell(len(order), SHELLS)):
        s, f = part[summed[part]], part[fitted[part]]
        rows.append(
            ResolutionShell(
                float(table["d"][part].max()),
                float(table["d"][part].min()),
                len(s),
                len(f),
                _i_over_sigma(table, "sum", s),
                _i_over_sigma(table, "prf", f),
                float(table["profile.correlation"][f].mean()) if len(f) else 0.0,
                float(table["background.mean"][part].mean()),
            )
        )
    return tuple(rows)


def _i_over_sigma(table: Reflections, kind: str, rows: np.ndarray) -> float:
    """Mean I / sigma; 0 of no rows."""
    value, variance = table[f"intensity.{kind}.value"][rows], table[f"intensity.{kind}.variance"][rows]
    return float((value / np.sqrt(np.maximum(variance, 1e-12))).mean()) if len(rows) else 0.0
