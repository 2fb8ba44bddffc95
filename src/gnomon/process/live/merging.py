"""What has been integrated so far, scaled and merged by the stages of ``process``, and what that amounts to."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gnomon.errors import InputError
from gnomon.maths.intensities.statistics import MergingFigures
from gnomon.models.experiment import Experiment
from gnomon.models.names import data_set_names
from gnomon.process.live.events import Merged, Part
from gnomon.process.live.guess import LIVE, guessed
from gnomon.process.params import ProcessParams
from gnomon.process.run import process
from gnomon.process.runner import FAILURES, Outcome, in_words
from gnomon.step import Context, Data
from gnomon.steps.scale.summary import ScaleSummary


@dataclass(frozen=True, eq=False)
class LiveMerge:
    """The outcomes of the stages from integrated data on, and what is told of them."""

    outcomes: tuple[Outcome, ...]
    told: Merged

    @property
    def scaled(self) -> list[ScaleSummary]:
        """What scaling found, of all data or of each cluster."""
        return [o.result.summary for o in self.outcomes if o.final]


def merge_live(
    data: Data, known: Mapping[str, Any], context: Context, *, final: bool, before: LiveMerge | None = None
) -> LiveMerge:
    """Integrated data through the stages that process has for them, whatever it decides.

    before: what was merged of fewer images, whose symmetry is worth a guess. Raises InputError where nothing can be
    scaled.
    """
    started = time.monotonic()
    params = ProcessParams(**known)
    with guessed(data, params, context, before.outcomes if before and final else None) as store:
        try:
            outcomes = tuple(
                process(data.experiments, params, reflections=data.reflections, context=context, store=store, mark=LIVE)
            )
        except FAILURES as error:
            raise InputError(in_words(error)) from error
    last = [o for o in outcomes if o.final]
    crystal = last[0].result.experiments[0].needed_crystal
    summary: ScaleSummary = last[0].result.summary
    told = Merged(
        images=_images(data.experiments),
        sweeps=len({e.sweep for e in data.experiments}),
        space_group=summary.space_group,
        cell=tuple(round(float(x), 3) for x in crystal.cell),
        parts=tuple(_part(o) for o in last),
        final=final,
        seconds=round(time.monotonic() - started, 2),
    )
    return LiveMerge(outcomes, told)


def _images(experiments: Sequence[Experiment]) -> int:
    """How many count, each set once."""
    ranges = {e.sweep: e.valid_ranges for e in experiments}
    return sum(last - first + 1 for stretches in ranges.values() for first, last in stretches)


def _part(outcome: Outcome) -> Part:
    overall: MergingFigures = outcome.result.summary.overall
    return Part(
        cluster=outcome.part,
        sweeps=tuple(data_set_names(outcome.result.experiments)),
        completeness=round(overall.completeness, 4),
        multiplicity=round(overall.multiplicity, 3),
        cc_half=_known(overall.cc_half),
        r_meas=_known(overall.r_meas),
        i_over_sigma=round(overall.i_over_sigma, 3),
        d_min=round(overall.d_min, 3),
    )


def _known(value: float) -> float | None:
    """What JSON can hold: none where there is nothing to compare."""
    return round(value, 5) if math.isfinite(value) else None
