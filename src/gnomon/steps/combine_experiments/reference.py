"""Models of one experiment given to all."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.models.crystal import Crystal
from gnomon.models.detector import Detector
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.scan import Scan
from gnomon.models.sharing import same_beam, same_detector, same_goniometer
from gnomon.steps.combine_experiments.params import CombineExperimentsParams
from gnomon.summary import Decision


def _same_scan(a: Scan, b: Scan) -> bool:
    """Whether the images and, to 0.03 of an image, the angles are the same."""
    width = max(abs(a.oscillation[1]), 1e-9)
    near = np.abs(np.subtract(a.oscillation, b.oscillation)) <= 0.03 * width
    return a.image_range == b.image_range and bool(near.all())


def _same_crystal(a: Crystal, b: Crystal) -> bool:
    return a.hall_symbol == b.hall_symbol and bool(np.allclose(a.A, b.A, rtol=0, atol=1e-6 * np.abs(a.A).max()))


_SAME: dict[str, Callable[[Any, Any], bool]] = {
    "beam": same_beam,
    "detector": same_detector,
    "goniometer": same_goniometer,
    "scan": _same_scan,
    "crystal": _same_crystal,
}


def _with_model(experiment: Experiment, name: str, model: Any) -> Experiment:
    """With that model in the place of its own, if it has one."""
    return experiment if getattr(experiment, name) is None else experiment.replace(**{name: model})


def with_reference_models(
    experiments: Experiments, params: CombineExperimentsParams
) -> tuple[Experiments, list[Decision]]:
    """The experiments with the models that ``params`` names a reference for, and what was done.

    Raises InputError where the reference is not there, or models differ from it and ``compare_models`` is on.
    """
    done = []
    for name, same in _SAME.items():
        number = getattr(params, name)
        if number is None:
            continue
        model = _reference(experiments, name, number)
        others = [(m, rows) for m, rows in experiments.groups_sharing(name) if m is not None and m is not model]
        for other, rows in others:
            if params.compare_models and not same(model, other):
                raise InputError(
                    f"the {name} of experiment {rows[0]} differs from that of experiment {number}; "
                    "give compare_models=false to replace it all the same"
                )
        experiments = experiments.map(partial(_with_model, name=name, model=model))
        what = f"the {name} of experiment {number} given to all in place of {len(others)} others"
        done.append(Decision(what, evidence={"others": len(others)}, parameter=f"reference_from_experiment.{name}"))
    if params.average_detector:
        if params.detector is not None:
            raise InputError("reference_from_experiment: detector and average_detector exclude each other; give one")
        experiments, decision = _with_average_detector(experiments)
        done.append(decision)
    return experiments, done


def _reference(experiments: Experiments, name: str, number: int) -> Any:
    if number >= len(experiments):
        raise InputError(
            f"reference_from_experiment.{name}={number}: there are {len(experiments)} experiments, from 0; give one"
        )
    model = getattr(experiments[number], name)
    if model is None:
        raise InputError(f"reference_from_experiment.{name}={number}: that experiment has no {name}; give another")
    return model


def _with_average_detector(experiments: Experiments) -> tuple[Experiments, Decision]:
    """All with one detector: the mean of the origins and directions of the different ones, axes made orthonormal."""
    detectors: list[Detector] = [d for d, _ in experiments.groups_sharing("detector")]
    first = detectors[0]
    for other in detectors[1:]:
        if len(other) != len(first) or not np.array_equal(other.image_sizes, first.image_sizes):
            raise InputError("average_detector: the detectors have different panels; combine each kind by itself")
    frames = np.mean([d.frames for d in detectors], axis=0)
    for frame in frames:
        u, _, vt = np.linalg.svd(frame[:, :2], full_matrices=False)
        frame[:, :2] = u @ vt
    mean = first.with_frames(frames)
    spread = np.max([np.abs(d.frames[:, :, 2] - frames[:, :, 2]).max() for d in detectors])
    text = f"the mean of {len(detectors)} detectors given to all; their origins are up to {spread:.3f} mm from it"
    decision = Decision(text, evidence={"spread": float(spread)}, parameter="average_detector")
    return experiments.map(lambda e: e.replace(detector=mean)), decision
