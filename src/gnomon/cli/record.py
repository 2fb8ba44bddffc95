"""``gnomon.<command>.json``: all that a run was given, decided and made, for programs to read.

With it a run can be done again to the same bytes, and a rerun knows what need not be done again.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby
from typing import TYPE_CHECKING, Any

import gnomon
from gnomon.cli.arguments import options_of
from gnomon.cli.clock import now
from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, UNMERGED
from gnomon.io.atomic import identity_of, kept_aside, write_whole
from gnomon.io.summary_json import to_json
from gnomon.summary import Summary

if TYPE_CHECKING:
    from gnomon.params import Params

SCHEMA = 1
"""Counted on when a reader of the last one would misread the next; new fields do not count."""
PACKAGES = ("numpy", "scipy", "numba", "gemmi", "h5py", "pydantic")
WHOLE = 1 << 30
"""Bytes of images, all together, up to which all are read for their hash: a second's work. Of more, their ends."""
END = 1 << 16
_TABLES = (*EXPERIMENTS, *REFLECTIONS, *UNMERGED)


@dataclass
class StepRecord:
    """One step of a run: what it was told, what it told, what it wrote."""

    step: str
    part: str
    parameters: dict[str, Any]
    summary: Summary | None
    wall: float
    cpu: float
    outputs: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As the file has it."""
        return {
            "step": self.step,
            "part": self.part,
            "parameters": self.parameters,
            "wall_seconds": round(self.wall, 3),
            "cpu_seconds": round(self.cpu, 3),
            "outputs": [file_entry(path) for path in self.outputs if identity_of(path) is not None],
            "summary": to_json(self.summary),
        }


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

    def step(self, name: str, params: Params, summary: object, part: str = "") -> None:
        """Note that a step is done, in the time since the last one."""
        now = _clocks()
        wall, cpu = (b - a for a, b in zip(self._last, now))
        self._last = now
        told = summary if isinstance(summary, Summary) else None
        self.steps.append(StepRecord(name, part, resolved(params), told, wall, cpu))

    def wrote(self, path: str) -> None:
        """Note that a file was written, by the last step."""
        (self.steps[-1].outputs if self.steps else self._outputs).append(path)

    def as_json(self) -> dict[str, Any]:
        """As the file has it."""
        wall, cpu = (b - a for a, b in zip(self._start, _clocks()))
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


def resolved(params: Params) -> dict[str, Any]:
    """Every parameter by its full name, given or not."""
    values = params.model_dump(mode="json")
    return {option.name: values[option.key] for option in options_of(type(params), "")}


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
    digest = hashlib.sha256()
    _add(digest, path, whole=True)
    return {"path": path, "bytes": os.path.getsize(path), "sha256": digest.hexdigest()}


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
        yield _folder_entry(folder, [place for _, place in pairs])


def _folder_entry(folder: str, paths: list[str]) -> dict[str, Any]:
    """The images of one folder."""
    total = sum(os.path.getsize(path) for path in paths)
    digest, whole = hashlib.sha256(), total <= WHOLE
    for path in paths:
        digest.update(f"{os.path.basename(path)} {os.path.getsize(path)}\n".encode(errors="surrogateescape"))
        _add(digest, path, whole)
    return {
        "path": os.path.join(folder, "*"),
        "files": len(paths),
        "bytes": total,
        "sha256": digest.hexdigest(),
        "of": "contents" if whole else f"first and last {END} bytes of each",
    }


def _add(digest: Any, path: str, whole: bool) -> None:
    """Add a file, or its ends, to a hash."""
    with open(path, "rb") as stream:
        if whole:
            while block := stream.read(1 << 20):
                digest.update(block)
            return
        digest.update(stream.read(END))
        stream.seek(max(0, os.path.getsize(path) - END))
        digest.update(stream.read(END))


def _clocks() -> tuple[float, float]:
    """Seconds of wall and of CPU, that of children too."""
    times = os.times()
    return time.perf_counter(), times.user + times.system + times.children_user + times.children_system
