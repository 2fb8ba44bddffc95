"""``process``: what is decided, stage by stage; a newcomer's second page after ``pipeline.py``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from gnomon.process.many import many_crystals
from gnomon.process.params import ProcessParams
from gnomon.process.runner import Outcome, Runner
from gnomon.process.stages import (
    found_spots,
    indexed,
    integrated,
    refined,
    scaled,
    symmetrized,
    with_second_lattices,
    without_stills,
)

if TYPE_CHECKING:
    from gnomon.distribute.workers import Workers
    from gnomon.models.experiment import Experiments
    from gnomon.step import Progress, Result


def process(
    experiments: Experiments, params: ProcessParams, *, workers: Workers, progress: Progress | None = None
) -> Iterator[Outcome]:
    """The outcome of each stage as it is done, from imported experiments to scaled reflections.

    Sweeps of different crystals are brought to one setting and grouped into clusters of crystals that are alike.
    Raises InputError where no sensible fallback is left.
    """
    runner = Runner(workers, progress)
    spots = found_spots(runner, experiments)
    yield spots
    done = indexed(runner, spots.result, params)
    sweeps, kept_back = without_stills(done.result)
    many, why = are_many(sweeps, params)
    if many:
        done = with_second_lattices(runner, spots.result, done, params)
        sweeps, kept_back = without_stills(done.result)
    yield replace(done, decisions=(*done.decisions, *kept_back, why))
    yield from (many_crystals if many else _one_crystal)(runner, sweeps, params)


def are_many(indexed: Result, params: ProcessParams) -> tuple[bool, str]:
    """Whether the sweeps are of different crystals, and why."""
    n = len(indexed.experiments)
    if params.many is not None:
        kind = "many crystals" if params.many else "one crystal"
        return params.many and n > 1, f"{kind}, as asked; {n} indexed"
    if n == 1 or indexed.stats["one_lattice"]:
        return False, "one crystal: its sweeps stay together"
    return True, f"{n} crystals in orientations of their own: compared and grouped"


def _one_crystal(runner: Runner, indexed: Result, params: ProcessParams) -> Iterator[Outcome]:
    done = refined(runner, indexed)
    yield done
    done = integrated(runner, done.result, params)
    yield done
    done = symmetrized(runner, done.result, params)
    yield done
    yield replace(scaled(runner, done.result, params), final=True)
