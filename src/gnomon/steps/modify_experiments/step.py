"""modify_experiments: the corrections that import makes to headers, made to experiments that there are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gnomon.errors import InputError
from gnomon.io.images.overrides import absorbing, corrected_beam, corrected_detector, corrected_goniometer
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.model import key_of
from gnomon.models.reflections import Reflections
from gnomon.models.scan import Scan
from gnomon.step import Result, require_experiment
from gnomon.steps.modify_experiments.params import ModifyExperimentsParams
from gnomon.steps.modify_experiments.summary import ModifyExperimentsSummary

BEAM = ("wavelength", "beam_direction", "polarization_fraction", "polarization_normal")


def modify_experiments(
    experiments: Experiments, reflections: Reflections, params: ModifyExperimentsParams
) -> Result[ModifyExperimentsSummary]:
    """The experiments with the geometry of the parameters; models that were shared stay so among those changed.

    Raises InputError where an experiment asked for is not there, nothing is asked for, or a value cannot be.
    """
    if params.changed(select_experiments=()) == ModifyExperimentsParams():
        raise InputError("modify_experiments was asked for no change; give distance=, beam centre, axis or another")
    chosen = params.select_experiments or tuple(range(len(experiments)))
    for number in chosen:
        require_experiment("select_experiments", number, experiments)
    asked = _asked(params)
    made: dict[tuple[Any, ...], Any] = {}
    new = [_modified(e, params, asked, made) if i in chosen else e for i, e in enumerate(experiments)]
    keys = {key_of(getattr(experiments[i], kind)) for i in chosen for kind in asked}
    others = (i for i in range(len(experiments)) if i not in chosen)
    kept = tuple(i for i in others if keys & {key_of(getattr(experiments[i], kind)) for kind in asked})
    summary = ModifyExperimentsSummary(
        changed=tuple(sorted(set(chosen))), n_experiments=len(experiments), models=asked, shared_with=kept
    )
    return Result(experiments.with_items(new), reflections, summary)


def _asked(params: ModifyExperimentsParams) -> tuple[str, ...]:
    """The kinds of model that the parameters change; a detector absorbs otherwise at another wavelength."""
    values = params.model_dump()
    given = {name for name, value in values.items() if value not in (None, False) and name != "select_experiments"}
    beam, scan = {name for name in given if name in BEAM}, given & {"oscillation"}
    turning = given & {"goniometer_axis", "goniometer_axes", "invert_rotation_axis"}
    of_detector = given - beam - scan - turning
    told = {"beam": beam, "detector": of_detector or "wavelength" in given, "goniometer": turning, "scan": scan}
    return tuple(kind for kind, names in told.items() if names)


def _modified(
    experiment: Experiment, params: ModifyExperimentsParams, asked: tuple[str, ...], made: dict[tuple[Any, ...], Any]
) -> Experiment:
    """One experiment changed; what was made of a model is kept in ``made``, so that it is made once."""

    def once(kind: str, keys: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        if kind not in asked:
            return getattr(experiment, kind)
        if (kind, *keys) not in made:
            made[kind, *keys] = make()
        return made[kind, *keys]

    e = experiment
    beam = once("beam", (key_of(e.beam),), lambda: corrected_beam(e.beam, params))
    wavelength = None if beam.wavelength == e.beam.wavelength else beam.wavelength
    seen = (key_of(e.detector), tuple(beam.direction.tolist()), wavelength)  # all that a detector depends on
    detector = once("detector", seen, lambda: _detector(e, beam, params))
    goniometer = once("goniometer", (key_of(e.goniometer),), lambda: corrected_goniometer(e.goniometer, params))
    scan = once("scan", (key_of(e.scan),), lambda: _scan(e.scan, params))
    return e.replace(beam=beam, detector=detector, goniometer=goniometer, scan=scan)


def _detector(experiment: Experiment, beam: Any, params: ModifyExperimentsParams) -> Any:
    detector = corrected_detector(experiment.detector, beam, params)
    same = beam.wavelength == experiment.beam.wavelength
    return detector if same else absorbing(detector, beam.wavelength)


def _scan(scan: Scan | None, params: ModifyExperimentsParams) -> Scan | None:
    if params.oscillation is None:
        return scan
    if scan is None:
        raise InputError("geometry.scan.oscillation: a still has no scan; import it with convert_stills_to_sequences")
    return replace(scan, oscillation=params.oscillation)
