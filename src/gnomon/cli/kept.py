"""What ``process`` leaves for its next run: files of each stage, and the record that says what they are of."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gnomon.cli.record import SCHEMA, versions
from gnomon.cli.typed import prefixed
from gnomon.io.atomic import atomic_path, identity_of, write_whole
from gnomon.io.digest import sha256_of, sha256_of_many
from gnomon.io.expt import read_experiments
from gnomon.io.refl import read_reflections
from gnomon.io.summary_json import from_json
from gnomon.models.similarity import Similarity
from gnomon.pipeline import STAGES
from gnomon.process.runner import Outcome, Work, mark_of
from gnomon.step import Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gnomon.cli.session import Session
    from gnomon.models.experiment import Experiment, Experiments
    from gnomon.step import Data


def of_part(part: str, path: str) -> str:
    """The name of a file that belongs to a cluster, or to all data; in the same folder."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f"{part}_{name}") if part else path


def mark_of_given(experiments: Experiments, words: Sequence[str]) -> str:
    """A hash of what process was given: the files, and the images that the experiments name."""
    images = dict.fromkeys(path for e in experiments for path in _image_files(e))
    present = [path for path in (*words, *images) if identity_of(path) is not None]
    described = [(e.identifier, e.image_range, e.valid_ranges) for e in experiments]
    return mark_of(sha256_of_many(dict.fromkeys(present))[0], described)


def _image_files(experiment: Experiment) -> Iterator[str]:
    """The files of its images."""
    images, (first, last) = experiment.images, experiment.image_range
    if images is not None:
        yield from (images.path_of(number) for number in range(first, last + 1)) if images.template else images.paths


class Kept:
    """A store in the folder that a session works in (:class:`gnomon.process.runner.Store`).

    restart: nothing that an earlier run left is taken.
    """

    def __init__(self, session: Session, *, restart: bool) -> None:
        self._session, self._restart, self._prefix = session, restart, session.prefix

    def found(self, work: Work, given: Data) -> Outcome | None:
        """See :class:`gnomon.process.runner.Store`: files are taken by their content, records by the versions too."""
        content = None if self._restart else _read(_record_name(work, self._prefix))
        if content is None or content["work"] != work.key or content["versions"] != versions():
            return None
        (step,) = content["steps"]
        if any(identity_of(f["path"]) is None or sha256_of(f["path"]) != f["sha256"] for f in step["outputs"]):
            return None
        outcome = _outcome(work, given, content, self._prefix)
        self._session.record.again(step)
        self._hold(work, outcome.result.mark)
        self._session.written.extend([*outcome.files, _record_name(work, self._prefix)])
        return outcome

    def keep(self, work: Work, outcome: Outcome) -> Outcome:
        """See :class:`gnomon.process.runner.Store`: the record comes last, and says that the files are whole."""
        session, paths = self._session, _paths(work, self._prefix)
        stage = replace(session, command=work.stage, outputs=paths)
        told = outcome.result.summary
        step = session.record.step(work.stage, outcome.parameters, told, work.part, mark=work.given)
        experiments, files = stage.write_pair(outcome.result, (paths.get("expt"), paths.get("refl")), told=False)
        if isinstance(outcome.result.product, Similarity):
            files.append(_write_similarity(_similarity_name(work, self._prefix), outcome.result.product))
        for path in files:
            session.record.wrote(path)
        entry = step.as_json()
        content = {
            "schema": SCHEMA,
            "command": work.stage,
            "part": work.part,
            "work": work.key,
            "given": work.given,
            "wishes": dict(work.wishes),
            "versions": versions(),
            "decisions": list(outcome.decisions),
            "steps": [entry],
        }
        write_whole(
            _record_name(work, self._prefix), json.dumps(content, indent=1, allow_nan=False, default=str) + "\n"
        )
        session.written.extend([*files, _record_name(work, self._prefix)])
        result = replace(outcome.result, experiments=experiments, mark=_mark(work, entry))
        self._hold(work, result.mark)
        return replace(outcome, result=result, files=tuple(files))

    def _hold(self, work: Work, mark: str) -> None:
        """Note which files hold what a stage made: its own, and those it was given for what it does not write."""
        given, own = self._session.record.source_of(work.given), _paths(work, self._prefix)
        files = {"experiments": own.get("expt"), "reflections": own.get("refl")}
        self._session.record.hold(mark, **{kind: path or given.get(kind) for kind, path in files.items()})


def _read(path: str) -> dict[str, Any] | None:
    """A record of a stage; None where there is none that process wrote whole."""
    try:
        with open(path, encoding="utf-8") as stream:
            content = json.load(stream)
    except (OSError, ValueError):
        return None
    known = isinstance(content, dict) and content.get("schema") == SCHEMA and "work" in content
    return content if known else None


def _outcome(work: Work, given: Data, content: Mapping[str, Any], prefix: str | None) -> Outcome:
    """What the files of a stage hold."""
    (step,), paths = content["steps"], _paths(work, prefix)
    experiments = read_experiments(paths["expt"]) if "expt" in paths else given.experiments
    reflections = read_reflections(paths["refl"]) if "refl" in paths else given.reflections
    summary = None if step["summary"] is None else from_json(STAGES[work.stage].summary_class, step["summary"])
    files = tuple(f["path"] for f in step["outputs"])
    product = _read_similarity(_similarity_name(work, prefix)) if _similarity_name(work, prefix) in files else None
    result: Result[Any, Any] = Result(experiments, reflections, summary, product, mark=_mark(work, step))
    text = "" if summary is None else STAGES[work.stage].describe(result)
    return Outcome(work.stage, result, text, tuple(content["decisions"]), work.part, files=files, kept=True)


def _mark(work: Work, step: Mapping[str, Any]) -> str:
    """What the data that a stage made are, by the work and the files."""
    return mark_of(work.key, [entry["sha256"] for entry in step["outputs"] if not entry["path"].endswith(".expt")])


def _paths(work: Work, prefix: str | None) -> dict[str, str]:
    """The files of a stage that hold data, by kind."""
    writes = STAGES[work.stage].writes
    data = {kind: path for kind, path in writes if path and kind in ("expt", "refl")}
    return {kind: of_part(work.part, prefixed(prefix, path)) for kind, path in data.items()}


def _record_name(work: Work, prefix: str | None) -> str:
    return of_part(work.part, prefixed(prefix, f"gnomon.{work.stage}.json"))


def _similarity_name(work: Work, prefix: str | None) -> str:
    return of_part(work.part, prefixed(prefix, f"gnomon.{work.stage}.npz"))


def _write_similarity(path: str, similarity: Similarity) -> str:
    """The path, with the two matrices written to it."""
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        np.savez(stream, cc=similarity.cc, cosines=similarity.cosines)
    return path


def _read_similarity(path: str) -> Similarity:
    with np.load(path, allow_pickle=False) as content:
        return Similarity(content["cc"], content["cosines"])
