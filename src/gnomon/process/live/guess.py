"""The last merge begins before its symmetry is known: in that of the merge before, while symmetry is decided anew.

Where that decides the same, which is the rule, the data scaled meanwhile are those that would be scaled now; where not,
they are scaled again. So the answer is that of one after the other, in two thirds of the time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gnomon.distribute.blas import one_blas_thread
from gnomon.maths.crystal.change_of_basis import parse_change_of_basis, reindexed_experiments
from gnomon.maths.laue_group.setting import crystal_in
from gnomon.process.params import ProcessParams
from gnomon.process.runner import Outcome, Runner, Work
from gnomon.process.stages import scaled
from gnomon.step import Context, Data

LIVE = "live"
"""The mark of data that are held by no file."""


@contextmanager
def guessed(
    data: Data, params: ProcessParams, context: Context, before: Sequence[Outcome] | None
) -> Iterator[GuessedScale | None]:
    """A store that knows the scaled data, if symmetry turns out as in ``before``; None without that."""
    guess = None if before is None else _in_setting_of(before, data)
    if guess is None:
        yield None
        return
    with one_blas_thread(), ThreadPoolExecutor(1) as pool:
        yield GuessedScale(guess, pool.submit(scaled, Runner(replace(context, progress=None)), guess, params))


@dataclass(frozen=True, eq=False)
class GuessedScale:
    """Holds one outcome of scale, for data in the setting that was guessed (:class:`gnomon.process.runner.Store`)."""

    guess: Data
    scaling: Future[Outcome]

    def found(self, work: Work, given: Data) -> Outcome | None:
        """The scaled data where they are those of the data given."""
        return self.scaling.result() if work.stage == "scale" and _same(self.guess, given) else None

    def keep(self, work: Work, outcome: Outcome) -> Outcome:
        """The outcome, of which may be asked what is known of it."""
        return replace(outcome, result=replace(outcome.result, mark=LIVE))


def _in_setting_of(before: Sequence[Outcome], data: Data) -> Data | None:
    """The data as symmetry will leave them if it decides as before; None where they were many, or it failed."""
    summaries: list[Any] = [o.result.summary for o in before if o.stage == "symmetry" and o.result.summary is not None]
    if not summaries or len(summaries[0].changes) != len(data.experiments):
        return None
    changes = [parse_change_of_basis(text) for text in summaries[0].changes]
    items = [
        e.replace(crystal=crystal_in(e.needed_crystal, P, summaries[0].space_group))
        for e, P in zip(data.experiments, changes)
    ]
    return Data(data.experiments.with_items(items), reindexed_experiments(data.reflections, changes))


def _same(guess: Data, given: Data) -> bool:
    """Whether both are the same data in the same setting, with the same images that count."""
    models = all(
        np.array_equal(a.needed_crystal.A, b.needed_crystal.A)
        and a.needed_crystal.hall_symbol == b.needed_crystal.hall_symbol
        and a.valid_ranges == b.valid_ranges
        for a, b in zip(guess.experiments, given.experiments)
    )
    return models and np.array_equal(guess.reflections["miller_index"], given.reflections["miller_index"])
