"""``gnomon.<command>.json``: all that a run was given, decided and made, for programs to read.

With it a run can be done again to the same bytes, and a rerun knows what need not be done again.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from typing import TYPE_CHECKING, Any

import gnomon
from gnomon.cli.arguments import options_of
from gnomon.cli.clock import now
from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, UNMERGED
from gnomon.io.atomic import identity_of, kept_aside, write_whole
from gnomon.io.digest import END, sha256_of, sha256_of_many
from gnomon.io.summary_json import to_json
from gnomon.summary import Summary

if TYPE_CHECKING:
    from gnomon.params import Params

SCHEMA = 1
"""Counted on when a reader of the last one would misread the next; new fields do not count."""
PACKAGES = ("numpy", "scipy", "numba", "gemmi", "h5py", "pydantic")
_TABLES = (*EXPERIMENTS, *REFLECTIONS, *UNMERGED)


@dataclass
class StepRecord:
    """One step of a run: what it was told, what it told, what it wrote."""

    step: str
    part: str
    parameters: dict[str, Any] | None
    summary: Summary | None
    wall: float
    cpu: float
    stamp: datetime
    inputs: Mapping[str, Any]
    outputs: list[str] = field(default_factory=list)
    as_recorded: Mapping[str, Any] | None = None  # of an earlier run
    _entries: dict[str, dict[str, Any]] = field(default_factory=dict)  # of outputs, each read for its hash once

    def as_json(self) -> dict[str, Any]:
        """As the file has it."""
        if self.as_recorded is not None:
            return {**self.as_recorded, "kept": True}
        return {
            "step": self.step,
            "part": self.part,
            "parameters": self.parameters,
            "inputs": dict(self.inputs),
            "done": self.stamp.isoformat(timespec="seconds"),
            "wall_seconds": round(self.wall, 3),
            "cpu_seconds": round(self.cpu, 3),
            "outputs": [self._entry(path) for path in self.outputs if identity_of(path) is not None],
            "summary": to_json(self.summary),
        }

    def _entry(self, path: str) -> dict[str, Any]:
        if path not in self._entries:
            self._entries[path] = file_entry(path)
        return self._entries[path]


class Record:
    """What one run of a command tells of itself, step by step; written beside its log when it ends well."""

    def __init__(self, command: str, typed: Sequence[str], params: Params, run: Params, given: Iterable[str]) -> None:
        self._head = {
            "schema": SCHEMA,
            "command": command,
            "typed": list(typed),
            "folder": os.getcwd(),
            "started": now().isoformat(timespec="seconds"),
            "parameters": resolved(params),
            "run": resolved(run),
        }
        self._given = list(dict.fromkeys(given))
        self._start = self._last = _clocks()
        self.steps: list[StepRecord] = []
        self._outputs: list[str] = []  # before the first step
        self._sources: dict[str, Mapping[str, Any]] = {}
        self.on_step: Callable[[StepRecord], None] | None = None
        """Told of each step when it is done."""

    @property
    def spent(self) -> tuple[float, float]:
        """Seconds of wall and of CPU since the run began."""
        wall, cpu = (b - a for a, b in zip(self._start, _clocks()))
        return wall, cpu

    @property
    def stamp(self) -> datetime:
        """The time that goes into the history of what the last step made."""
        return self.steps[-1].stamp if self.steps else now()

    def hold(self, mark: str, **files: str | None) -> None:
        """Note which files hold the data of a mark: ``experiments`` and ``reflections``."""
        self._sources[mark] = {kind: path for kind, path in files.items() if path is not None}

    def source_of(self, mark: str) -> Mapping[str, Any]:
        """The files that hold the data of a mark, and which of their experiments they are where not all."""
        whole, bracket, members = mark.partition("[")
        held = self._sources.get(whole, {})
        return {**held, "members": _members(bracket + members)} if held and bracket else held

    def step(self, name: str, params: Params | None, summary: object, part: str = "", **given: Any) -> StepRecord:
        """Note that a step is done, in the time since the last one; without parameters it kept what it was given.

        given: ``mark`` of its data, or what else it was given, by name.
        """
        clocks = _clocks()
        wall, cpu = (b - a for a, b in zip(self._last, clocks))
        self._last = clocks
        told = summary if isinstance(summary, Summary) else None
        inputs = self.source_of(given["mark"]) if "mark" in given else given
        parameters = None if params is None else resolved(params)
        self.steps.append(StepRecord(name, part, parameters, told, wall, cpu, now(), inputs))
        if self.on_step is not None:
            self.on_step(self.steps[-1])
        return self.steps[-1]

    def again(self, entry: Mapping[str, Any]) -> None:
        """Note a step that an earlier run did, as its record has it."""
        self.steps.append(StepRecord(entry["step"], entry["part"], None, None, 0.0, 0.0, now(), {}, as_recorded=entry))
        self._last = _clocks()

    def wrote(self, path: str) -> None:
        """Note that a file was written, by the last step."""
        (self.steps[-1].outputs if self.steps else self._outputs).append(path)

    def as_json(self) -> dict[str, Any]:
        """As the file has it."""
        wall, cpu = self.spent
        return {
            **self._head,
            "versions": versions(),
            "host": {"name": platform.node(), "machine": platform.machine(), "cpus": os.cpu_count()},
            "wall_seconds": round(wall, 3),
            "cpu_seconds": round(cpu, 3),
            "inputs": list(input_entries(self._given)),
            "outputs": [file_entry(path) for path in self._outputs if identity_of(path) is not None],
            "steps": [step.as_json() for step in self.steps],
        }

    def write(self, path: str) -> None:
        """Write the file, whole or not at all. Raises InputError where it cannot be written."""
        write_whole(path, json.dumps(self.as_json(), indent=1, allow_nan=False) + "\n")


def _members(brackets: str) -> list[int]:
    """Numbers in the whole of a choice, or of a choice among chosen: [0,2,5][1] is [2]."""
    chosen: list[int] | None = None
    for text in brackets.strip("[]").split("]["):
        numbers = [int(word) for word in text.split(",")]
        chosen = numbers if chosen is None else [chosen[k] for k in numbers]
    return chosen or []


def resolved(params: Params) -> dict[str, Any]:
    """Every parameter by its full name, given or not."""
    values = params.model_dump(mode="json")
    return {option.name: values[option.key] for option in options_of(type(params), "")}


@cache
def versions() -> dict[str, str]:
    """Of gnomon, Python, and what numbers depend on."""
    found = {"gnomon": gnomon.__version__, "python": platform.python_version(), "platform": sys.platform}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def file_entry(path: str) -> dict[str, Any]:
    """Name, size and SHA-256 of a file."""
    return {"path": path, "bytes": os.path.getsize(path), "sha256": sha256_of(path)}


def input_entries(paths: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The files given: tables each by itself; images a folder at a time, by name, size and content, in one hash.

    What was read and then written over by the run is looked up where it is kept.
    """
    moved = {str(old): str(new) for old, new in kept_aside().items()}
    present = [(path, moved.get(os.path.realpath(path), path)) for path in paths]
    tables = [pair for pair in present if pair[0].lower().endswith(_TABLES)]
    images = [pair for pair in present if not pair[0].lower().endswith(_TABLES)]
    for path, place in tables:
        yield file_entry(place) | {"path": path}
    for folder, pairs in groupby(sorted(images), key=lambda pair: os.path.dirname(pair[0])):
        places = [place for _, place in pairs]
        digest, whole = sha256_of_many(places)
        yield {
            "path": os.path.join(folder, "*"),
            "files": len(places),
            "bytes": sum(map(os.path.getsize, places)),
            "sha256": digest,
            "of": "contents" if whole else f"first and last {END} bytes of each",
        }


def _clocks() -> tuple[float, float]:
    """Seconds of wall and of CPU, that of children too."""
    times = os.times()
    return time.perf_counter(), times.user + times.system + times.children_user + times.children_system
