"""What a worker of a cluster does with a task: reads it, runs it, and leaves its result whole or not at all."""

from __future__ import annotations

import os
import pickle
import platform
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gnomon
from gnomon.distribute.blas import one_blas_thread
from gnomon.distribute.memory import give_back_large_blocks
from gnomon.errors import ClusterError

PATIENCE = 30.0
"""s that a file may take to be seen by another machine: network file systems keep lists of files for so long."""


@dataclass(frozen=True, eq=False)
class Done:
    """What became of a task: a value or what it raised, the warnings on the way, s of CPU, and where it ran."""

    value: Any
    error: Exception | None
    warnings: tuple[tuple[str, type[Warning], str, int], ...]
    cpu: float
    host: str

    def value_here(self) -> Any:
        """The value, its warnings given here; raises what the task raised."""
        for message, category, file, line in self.warnings:
            warnings.warn_explicit(message, category, file, line)
        if self.error is not None:
            raise self.error
        return self.value


def versions() -> str:
    """Of what must be the same on all machines."""
    return f"gnomon {gnomon.__version__}, Python {platform.python_version()}"


def run_task(program: str, argument: str, result: str, wanted: str) -> str:
    """The path of the result, which is there already where another worker was faster.

    wanted: the versions that the task comes from.
    """
    if not os.path.exists(result):
        write_whole(Path(result), pickle.dumps(_done(program, argument, wanted), protocol=5))
    return result


def _done(program: str, argument: str, wanted: str) -> Done:
    """The task run on its item, on one thread; what it raises is a result: it would raise it again."""
    if versions() != wanted:
        told = f"a worker on {platform.node()} has {versions()}, and this is {wanted}; install the same on all machines"
        return Done(None, ClusterError(told), (), 0.0, platform.node())
    give_back_large_blocks()
    task, item = (pickle.loads(until_there(Path(path)).read_bytes()) for path in (program, argument))
    start, value, error = time.thread_time(), None, None
    with one_blas_thread(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            value = task(item)
        except Exception as raised:
            error = _that_travels(raised)
    told_by = tuple((str(w.message), w.category, w.filename, w.lineno) for w in caught)
    return Done(value, error, told_by, time.thread_time() - start, platform.node())


def _that_travels(error: Exception) -> Exception:
    """The error, or one that says the same where it does not pickle."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def until_there(path: Path) -> Path:
    """The path once there is such a file. Raises ClusterError where it does not come."""
    until = time.monotonic() + PATIENCE
    while not path.exists():
        if time.monotonic() > until:
            raise ClusterError(
                f"{platform.node()} does not see {path}; give cluster.folder= that all machines see under one name"
            )
        time.sleep(0.05)
    return path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, whoever else writes the same."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
