"""The stages that one crystal and many share, each with its fallback."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gnomon.errors import InputError
from gnomon.process.params import ProcessParams
from gnomon.process.runner import Outcome, Runner, given, some_of
from gnomon.step import Result

MOSTLY = 0.85
"""Of the spots of a sweep, indexed by one lattice: a sweep with more spots to spare may hold another crystal."""

if TYPE_CHECKING:
    from gnomon.models.experiment import Experiments
    from gnomon.step import Data
    from gnomon.steps.scale.summary import ScaleSummary

MOST_NAMED = 6  # stills, by their files


def found_spots(runner: Runner, images: Data) -> Outcome:
    """Strong spots; with a lower threshold where images are weak."""
    attempts = [("as asked", {}), ("a lower threshold for weak images", {"sigma_strong": 2.0, "min_spot_size": 2})]
    given = (images.experiments, None)
    return runner.once("find_spots", images, {}, lambda: runner.first_that_works("find_spots", given, attempts))


def indexed(runner: Runner, spots: Result, params: ProcessParams) -> Outcome:
    """One lattice for all sweeps or one each, as asked or as the data say."""
    known: dict[str, Any] = {"max_lattices": params.max_lattices or 1}
    if params.many and params.max_lattices is None:  # two crystals in a beam are common in meshes
        known |= {"max_lattices": 2, "recycle_cutoff": 1 - MOSTLY}
    if params.space_group:
        known["space_group"] = params.space_group
    if params.unit_cell:
        known["unit_cell"] = params.unit_cell
    if params.many is not None:
        known["joint"] = not params.many
    return runner.first_that_works(
        "index", given(spots), [("as asked", known), ("each sweep by itself", {**known, "joint": False})]
    )


def without_stills(indexed: Result) -> tuple[Result, tuple[str, ...]]:
    """The sweeps that turn, for the steps that need that, and which stills are kept as indexed, if any.

    Raises InputError where all are stills.
    """
    experiments = indexed.experiments
    stills = [i for i, e in enumerate(experiments) if e.is_still]
    if not stills:
        return indexed, ()
    named = f"{len(stills)} still{'s' if len(stills) > 1 else ''} ({', '.join(_names(experiments, stills))})"
    if len(stills) == len(experiments):
        raise InputError(
            f"process integrates sweeps and found only {named}: they are kept as indexed in indexed.expt and "
            "indexed.refl, and not integrated; give sweeps, or import with oscillation=start,width where these "
            "are images of one"
        )
    rest = [i for i in range(len(experiments)) if i not in stills]
    sweeps = some_of(indexed, rest)
    why = f"{named} kept as indexed, in indexed.expt and indexed.refl; only sweeps go on"
    return replace(indexed, experiments=sweeps.experiments, reflections=sweeps.reflections, mark=sweeps.mark), (why,)


def _names(experiments: Experiments, stills: list[int]) -> list[str]:
    """The stills' image files, the first few of them, or numbers where they have none."""
    names = []
    for i in stills[:MOST_NAMED]:
        images = experiments[i].images
        path = None if images is None else images.template or next(iter(images.paths), None)
        names.append(f"experiment {i}" if path is None else Path(path).name)
    return names + ["..."] * (len(stills) > MOST_NAMED)


def with_second_lattices(runner: Runner, spots: Result, first: Outcome, params: ProcessParams) -> Outcome:
    """``first``, or all indexed with up to two lattices where sweeps have spots to spare: two crystals in the beam.

    Not where the number of lattices is given; where it was known that they are many, ``first`` has them.
    """
    if params.max_lattices is not None:
        return first
    if not params.many:
        spare = [s.sweep for s in first.result.summary.sweeps if s.indexed and s.fraction < MOSTLY]
        again = indexed(runner, spots, params.changed(many=True)) if spare else first
        first = again if len(again.result.experiments) > len(first.result.experiments) else first
    sweeps = [row.sweep for row in first.result.summary.crystals]
    more = len(sweeps) - len(set(sweeps))
    why = f"{more} second lattices found: two crystals in the beam"
    return replace(first, decisions=(*first.decisions, why)) if more else first


def refined(runner: Runner, indexed: Result) -> Outcome:
    """Refined; where that fails the geometry from indexing, already refined there, is kept."""

    def make() -> Outcome:
        try:
            return runner.run("refine", given(indexed), {})
        except InputError as error:
            as_is = Result(indexed.experiments, indexed.reflections, None)
            return Outcome("refine", as_is, "", (f"the geometry from indexing is kept, because {error}",))

    return runner.once("refine", indexed, {}, make)


def integrated(runner: Runner, refined: Result, params: ProcessParams) -> Outcome:
    """Every reflection measured."""
    wishes = {"d_min": params.d_min} if params.d_min else {}
    return runner.once("integrate", refined, wishes, lambda: runner.run("integrate", given(refined), wishes))


def symmetrized(runner: Runner, integrated: Result, params: ProcessParams) -> Outcome:
    """In the space group found, or the one given, and in the cell given; where it cannot be had, as indexed."""
    known = known_symmetry(params)

    def make() -> Outcome:
        try:
            return runner.run("symmetry", given(integrated), known)
        except InputError as error:
            as_is = Result(integrated.experiments, integrated.reflections, None)
            return Outcome("symmetry", as_is, "", (f"left as indexed, because {error}",))

    return runner.once("symmetry", integrated, known, make)


def known_symmetry(params: ProcessParams) -> dict[str, Any]:
    """Group and cell that the user gave: they stay to the end."""
    known: dict[str, Any] = {"space_group": params.space_group} if params.space_group else {}
    return known | ({"unit_cell": params.unit_cell} if params.unit_cell else {})


def scaled(runner: Runner, symmetrized: Data, params: ProcessParams, part: str = "", **options: Any) -> Outcome:
    """Scaled; once more to a lower resolution when CC1/2 says that the edge is noise. part: the cluster's name."""
    options = {"anomalous": params.anomalous} | ({"d_min": params.d_min} if params.d_min else {}) | options
    done = runner.once("scale", symmetrized, options, lambda: _scaled(runner, symmetrized, params, options), part)
    return replace(done, part=part)


def _scaled(runner: Runner, symmetrized: Data, params: ProcessParams, options: dict[str, Any]) -> Outcome:
    done = runner.run("scale", given(symmetrized), options)
    cut, why = _resolution(done.result, params.d_min or runner.asked.get("scale", {}).get("d_min"))
    if cut is not None:
        done = runner.run("scale", given(symmetrized), {**options, "d_min": cut})
    return replace(done, decisions=(*done.decisions, why))


def _resolution(result: Result[ScaleSummary], asked: float | None) -> tuple[float | None, str]:
    """The limit to cut at, or None, and why; asked: the one that the user gave."""
    last, suggested = result.summary.shells[-1], result.summary.suggested_d_min
    measured, cc_half = last.d_min, last.cc_half
    if asked is not None:
        return None, f"resolution as asked, {asked:.2f} Å"
    if suggested is None or suggested <= 1.01 * measured:
        known = (
            f"CC1/2 is {cc_half:.2f} in the last shell" if math.isfinite(cc_half) else "too few equivalents for CC1/2"
        )
        return None, f"all data kept, to {measured:.2f} Å: {known}"
    return suggested, f"cut at {suggested:.2f} Å, where the fitted CC1/2 falls to 0.3"
