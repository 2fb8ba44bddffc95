"""Experiment lists on disk: ``.expt``, and the older ``.json``, data blocks among them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gnomon.errors import InputError
from gnomon.io.atomic import write_whole
from gnomon.io.datablock import as_experiment_list
from gnomon.io.expt_models import beam, crystal, detector, goniometer, imageset, profile, scaling_model, scan
from gnomon.io.expt_models.fields import Fields
from gnomon.io.expt_schema import AGAIN, check_models
from gnomon.io.images.offsets import store_offsets, with_offsets_of_images
from gnomon.io.plain_files import require_file
from gnomon.models.experiment import Experiment, Experiments

_KINDS: dict[str, tuple[str, Callable[[Any], Any], Callable[[Any], dict[str, Any]]]] = {
    "beam": ("beam", beam.from_json, beam.to_json),
    "detector": ("detector", detector.from_json, detector.to_json),
    "goniometer": ("goniometer", goniometer.from_json, goniometer.to_json),
    "scan": ("scan", scan.from_json, scan.to_json),
    "crystal": ("crystal", crystal.from_json, crystal.to_json),
    "profile": ("profile", profile.from_json, profile.to_json),
    "scaling_model": ("scaling_model", scaling_model.from_json, scaling_model.to_json),
}
"""Key of the file: attribute of the experiment, reader, writer."""


def read_experiments(path: str | os.PathLike[str]) -> Experiments:
    """The experiments of an ``.expt`` file; models stored once come back as one shared object.

    Relative image paths are taken from the file's folder. Raises InputError where the file is not one.
    """
    content = _load(Path(path))
    folder = Path(path).absolute().parent
    readers = {key: reader for key, (_, reader, _) in _KINDS.items()}
    readers["imageset"] = lambda one: imageset.from_json(one, folder)
    try:
        lists = Fields("the file", content)
        models = {key: [read(one) for one in lists.items(key, ())] for key, read in readers.items()}
        items = tuple(_experiment(one, models) for one in lists.items("experiment", ()))
        history = lists.texts("history", ())
        check_models(items)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return with_offsets_of_images(Experiments(items, history))


def write_experiments(path: str | os.PathLike[str], experiments: Experiments) -> list[str]:
    """Write an ``.expt`` file that DIALS 3.12 reads too: a model shared by identity is stored once.

    The names of other files that were written: offsets of detectors that are not stored yet.
    """
    experiments, written = store_offsets(experiments, path)
    write_whole(path, _dump(experiments_content(experiments)))
    return written


def experiments_content(experiments: Experiments) -> dict[str, Any]:
    """What an ``.expt`` file holds, as JSON has it: a model shared by identity once."""
    kinds = {**{key: (attribute, write) for key, (attribute, _, write) in _KINDS.items()}}
    kinds["imageset"] = ("images", imageset.to_json)
    entries: list[dict[str, Any]] = [{"__id__": "Experiment", "identifier": e.identifier} for e in experiments]
    content: dict[str, Any] = {"__id__": "ExperimentList", "experiment": entries}
    for key, (attribute, write) in kinds.items():
        present = [(m, rows) for m, rows in experiments.groups_sharing(attribute) if m is not None]
        content[key] = [write(model) for model, _ in present]
        for number, (_, rows) in enumerate(present):
            for row in rows:
                entries[row][key] = number
    for entry, e in zip(entries, experiments):
        entry |= e.extra
    if experiments.history:
        content["history"] = list(experiments.history)
    return content


def check_sound(experiments: Experiments, remedy: str) -> None:
    """Check that the models, made from other files than ``.expt``, are as those must be. Raises InputError, which ends
    with the ``remedy``."""
    try:
        for attribute, read, write in _KINDS.values():
            for model, _ in experiments.groups_sharing(attribute):
                if model is not None:
                    read(write(model))
        check_models(experiments)
    except InputError as error:
        raise InputError(str(error).replace(AGAIN, remedy)) from None


def _load(path: Path) -> Mapping[str, Any]:
    require_file(path)
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}; check the name") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not an experiment list (no JSON: {error}); give an .expt file") from None
    if (block := as_experiment_list(content)) is not None:
        return block
    if not isinstance(content, dict) or content.get("__id__") != "ExperimentList":
        found = content.get("__id__", "an object without __id__") if isinstance(content, dict) else "a list"
        raise InputError(f"{path} holds {found}, needed an ExperimentList; give an .expt file")
    return content


def _experiment(content: Any, models: Mapping[str, Sequence[Any]]) -> Experiment:
    """One experiment with its models looked up; the index is absent, null or -1 where there is none."""
    f = Fields("experiment", content)
    identifier, _ = f.text("identifier", ""), f.take("__id__", "")
    rest, found = f.rest, {}
    for key, stored in models.items():
        number = rest.pop(key, None)
        if number is None or number == -1:
            continue
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(stored):
            raise InputError(f"an experiment names {key} {number}, but {len(stored)} are stored; write the file again")
        found["images" if key == "imageset" else key] = stored[number]
    missing = [key for key in ("beam", "detector") if key not in found]
    if missing:
        raise InputError(f"an experiment has no {' and no '.join(missing)}; import the images again")
    return Experiment(identifier=identifier, extra=rest, **found)


def _dump(content: Mapping[str, Any]) -> str:
    """JSON with one model a line: small, and readable in a diff."""
    parts = []
    for key, value in content.items():
        if isinstance(value, list) and value:
            lines = ",\n  ".join(json.dumps(one) for one in value)
            parts.append(f'"{key}": [\n  {lines}\n ]')
        else:
            parts.append(f'"{key}": {json.dumps(value)}')
    return "{\n " + ",\n ".join(parts) + "\n}\n"
