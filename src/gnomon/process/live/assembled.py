"""The sweeps that have a lattice as integrate would have left them: experiments and one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.models.scan import ImageRange
from gnomon.models.valid_images import with_valid_ranges
from gnomon.process.live.sweep import SweepState
from gnomon.step import Data


@dataclass(frozen=True, eq=False)
class LiveSweep:
    """A sweep as import has it so far, and what is known of it."""

    imported: Experiment
    state: SweepState


def assembled(sweeps: Sequence[LiveSweep]) -> Data:
    """Experiments and reflections of the sweeps that have integrated ones; no experiment where none has any."""
    there = [s for s in sweeps if s.state.model is not None and any(len(b.table) for b in s.state.blocks)]
    experiments = Experiments.of(_experiment(sweep) for sweep in there)
    experiments = with_valid_ranges(experiments, {i: _counting(sweep) for i, sweep in enumerate(there)})
    tables = []
    for i, sweep in enumerate(there):
        own = Reflections.concatenate([block.table for block in sweep.state.blocks])
        number = np.full(len(own), i, np.int32)
        names = [name for name in ("id", "imageset_id") if name in own]
        tables.append(own.with_columns(dict.fromkeys(names, number)))
    table = Reflections.concatenate(tables)
    table = table.with_columns({"partial_id": np.arange(len(table), dtype=np.uint64)})
    return Data(experiments, table.with_identifiers({i: e.identifier for i, e in enumerate(experiments)}))


def _experiment(sweep: LiveSweep) -> Experiment:
    """As imported, with the models that were refined last and the spot widths of the last block."""
    model = sweep.state.model
    assert model is not None
    profile = next((b.profile for b in reversed(sweep.state.blocks) if b.profile is not None), None)
    names = ("beam", "detector", "goniometer", "crystal")
    return sweep.imported.replace(profile=profile, **{name: getattr(model, name) for name in names})


def _counting(sweep: LiveSweep) -> list[ImageRange]:
    """The stretches of integrated images that count, those that touch joined."""
    found: list[ImageRange] = []
    for first, last in (stretch for block in sweep.state.blocks for stretch in block.counting):
        if found and found[-1][1] >= first - 1:
            found[-1] = found[-1][0], last
        else:
            found.append((first, last))
    return found
