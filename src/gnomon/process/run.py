"""``process``: what is decided, stage by stage; a newcomer's second page after ``pipeline.py``."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from gnomon.models.reflections import Reflections
from gnomon.process.many import many_crystals
from gnomon.process.params import ProcessParams
from gnomon.process.runner import GIVEN, Outcome, Runner
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
from gnomon.process.start import is_one_lattice, start_of
from gnomon.step import Result

if TYPE_CHECKING:
    from gnomon.models.experiment import Experiments
    from gnomon.process.runner import Store
    from gnomon.step import Context

_KINDS = {"refine": "indexed reflections", "symmetry": "integrated data", "scale": "data of one setting"}
"""What is given where process begins at a stage."""


def process(
    experiments: Experiments,
    params: ProcessParams,
    *,
    reflections: Reflections | None = None,
    in_one_setting: bool = False,
    context: Context,
    store: Store | None = None,
    mark: str = "",
) -> Iterator[Outcome]:
    """The outcome of each stage as it is done, from what is given to scaled reflections.

    reflections: strong spots, indexed, integrated or scaled reflections; the images are searched for spots where there
    are none. in_one_setting: the data sets given share a space group and a setting, which stay. store: where outcomes
    are kept, and those of an earlier run found; mark: a hash of what is given, by which they are.
    Sweeps of different crystals are brought to one setting and grouped into clusters of crystals that are alike.
    Raises InputError where no sensible fallback is left.
    """
    runner = Runner(context, store, params.asked)
    asked = params.space_group or params.unit_cell or params.reference
    start = start_of(experiments, reflections, in_one_setting and not asked)
    given = Result(experiments, Reflections() if reflections is None else reflections, mark=mark)
    if start in ("find_spots", "index"):
        data, many = yield from _from_spots(runner, given, params, find=start == "find_spots")
    else:
        data, many = yield from _as_given(given, params, start)
    if start not in ("symmetry", "scale"):
        data = yield from _measured(runner, data, params)
    yield from (many_crystals if many else _one_crystal)(runner, data, params, settled=start == "scale")


def _from_spots(
    runner: Runner, given: Result, params: ProcessParams, *, find: bool
) -> Generator[Outcome, None, tuple[Result, bool]]:
    """Finds spots where told to, and lattices; at the end the sweeps indexed, and whether they are many crystals."""
    spots = given
    if find:
        found = found_spots(runner, given)
        yield found
        spots = found.result
    wishes = params.model_dump(include={"many", "max_lattices", "space_group", "unit_cell"})
    done = runner.once("index", spots, wishes, lambda: _indexed(runner, spots, params))
    sweeps, kept_back = without_stills(done.result)
    many, why = are_many(sweeps, params, one_lattice=sweeps.summary.one_lattice)
    yield replace(done, decisions=(*done.decisions, *kept_back, why))
    return sweeps, many


def _indexed(runner: Runner, spots: Result, params: ProcessParams) -> Outcome:
    """Indexed; of many crystals with the second lattices of sweeps that have spots to spare."""
    done = indexed(runner, spots, params)
    sweeps, _ = without_stills(done.result)
    many, _ = are_many(sweeps, params, one_lattice=sweeps.summary.one_lattice)
    return with_second_lattices(runner, spots, done, params) if many else done


def _as_given(given: Result, params: ProcessParams, start: str) -> Generator[Outcome, None, tuple[Result, bool]]:
    """Data that have crystals already, without stills, and whether they are many crystals."""
    sweeps, kept_back = without_stills(given)
    many, why = are_many(sweeps, params, one_lattice=is_one_lattice(sweeps.experiments))
    kept = ", in the space group and setting they are in" if start == "scale" else ""
    yield Outcome(GIVEN, sweeps, "", (f"{_KINDS[start]} given: begins at {start}{kept}", *kept_back, why))
    return sweeps, many


def are_many(indexed: Result, params: ProcessParams, one_lattice: bool) -> tuple[bool, str]:
    """Whether the sweeps are of different crystals, and why."""
    n = len(indexed.experiments)
    if params.many is not None:
        kind = "many crystals" if params.many else "one crystal"
        return params.many and n > 1, f"{kind}, as asked; {n} indexed"
    if n == 1 or one_lattice:
        return False, "one crystal: its sweeps stay together"
    return True, f"{n} crystals in orientations of their own: compared and grouped"


def _measured(runner: Runner, indexed: Result, params: ProcessParams) -> Generator[Outcome, None, Result]:
    """Refines and integrates; at the end the integrated data."""
    done = refined(runner, indexed)
    yield done
    done = integrated(runner, done.result, params)
    yield done
    return done.result


def _one_crystal(runner: Runner, data: Result, params: ProcessParams, *, settled: bool) -> Iterator[Outcome]:
    """From integrated data to scaled; settled: the space group stays as it is."""
    if not settled:
        done = symmetrized(runner, data, params)
        yield done
        data = done.result
    yield replace(scaled(runner, data, params), final=True)
