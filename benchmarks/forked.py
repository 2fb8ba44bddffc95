"""Commands run in forked children of this process, where modules and kernels are loaded already: some ms a start."""

from __future__ import annotations

import os
import re
import resource
import select
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from gnomon.cli.main import main
from gnomon.io import atomic

CPU_LIMIT = 10  # s
WALL_LIMIT = 120.0  # s; other work on the machine counts here
MEMORY_LIMIT = 1000.0  # MB resident
_ROOM = 6 << 30  # bytes a child may map beyond what it begins with, so that it cannot harm the machine


@dataclass(frozen=True)
class Outcome:
    """How a command ended: its exit status (negative: a signal's), what it printed, CPU seconds and peak in MB."""

    status: int
    out: str
    err: str
    seconds: float
    megabytes: float
    late: bool

    @property
    def fault(self) -> str:
        """What is wrong with this ending, whatever was put in; nothing where it is well."""
        if self.late or self.status == -signal.SIGXCPU:
            return "hang"
        if self.status < 0 or self.status not in (0, 1):
            return f"died with status {self.status}"
        if "internal error" in self.err or "Traceback" in self.err:
            return "internal error"
        if self.megabytes > MEMORY_LIMIT or "out of memory" in self.err:
            return "memory"
        if "Warning" in self.err or "Warning:" in self.out:
            return "raw warning"
        if self.status and len(self.err.strip().splitlines()) != 1:
            return "not one line"
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", self.out + self.err):
            return "control characters"
        return ""


def run(argv: Sequence[str], folder: Path, wall: float = WALL_LIMIT, cpu: int = CPU_LIMIT) -> Outcome:
    """Run ``gnomon argv`` in ``folder``, in a child with limits on memory and on seconds, of CPU time as well."""
    out, err = folder / ".stdout", folder / ".stderr"
    sys.stdout.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads, which a child would lack: it has its own
        child = os.fork()
    if child == 0:
        _be_the_command(argv, folder, out, err, cpu)
    late = not _ended(child, wall)
    if late:
        os.kill(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    texts = [path.read_bytes().decode("utf-8", "backslashreplace") if path.exists() else "" for path in (out, err)]
    code = os.waitstatus_to_exitcode(status)
    return Outcome(code, *texts, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3, late)


def _ended(child: int, wall: float) -> bool:
    """Whether the child ends within ``wall`` seconds."""
    handle = os.pidfd_open(child)
    try:
        return bool(select.select([handle], [], [], wall)[0])
    finally:
        os.close(handle)


def _be_the_command(argv: Sequence[str], folder: Path, out: Path, err: Path, cpu: int) -> None:
    """Never returns."""
    status = 3
    try:
        for path, number in ((out, 1), (err, 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.stdout, sys.stderr = map(_stream, (1, 2))  # a test has put others there
        os.chdir(folder)
        atomic._looked_at.clear()  # as in a process of its own
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + _ROOM, mapped + _ROOM))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        sys.argv[:] = ["gnomon", *argv]
        main(argv)
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                status = status or 3
        os._exit(status)


def _stream(number: int) -> TextIO:
    return open(number, "w", encoding="utf-8", errors="spelt", closefd=False)


def seconds_of(argv: Sequence[str], folder: Path) -> float:
    """Run a command in this process, so that all it loads is there for the children; the seconds it took.

    Raises RuntimeError where it fails.
    """
    here, before, typed = Path.cwd(), time.perf_counter(), sys.argv[:]
    os.chdir(folder)
    try:
        sys.argv[:] = ["gnomon", *argv]
        main(argv)
    except SystemExit as ended:
        raise RuntimeError(f"gnomon {' '.join(argv)} fails on sound files") from ended
    finally:
        os.chdir(here)
        sys.argv[:] = typed
    return time.perf_counter() - before
