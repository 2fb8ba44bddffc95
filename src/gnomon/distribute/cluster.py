"""Tasks on the machines of a cluster, by dask.distributed (the extra ``gnomon-xtal[cluster]``).

Tasks, items and results travel as files in a folder that all machines see, under names of their content; the
scheduler sees names only, and its memory stays flat. A result is there whole or not at all: a task that is run twice,
because its machine died or was slow, finds it done or does it again to the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from gnomon.errors import InputError

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2
"""Tasks for each thread of the cluster that are handed out at a time: one in work and one waiting."""
RETRIES = 20
"""How often a task may lose its machine: by chance even one of a thousand tasks hardly meets so many deaths."""


@dataclass(frozen=True)
class Cluster:
    """An executor over the workers of a dask client; ``folder`` is seen by all of them."""

    client: Any
    folder: Path

    def map(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """See :class:`gnomon.distribute.executor.Executor`."""
        pending: deque[tuple[Path, Any]] = deque()
        program = _kept(self.folder, task)
        try:
            for item in items:
                pending.append(self._submit(program, item))
                if len(pending) >= AHEAD * max(1, self._threads()):
                    yield _result_of(*pending.popleft())
            while pending:
                yield _result_of(*pending.popleft())
        finally:
            for _, future in pending:
                future.cancel()

    def _submit(self, program: Path, item: object) -> tuple[Path, Any]:
        """Hand out one item: the file of its result to be, and the promise of it."""
        argument = _kept(self.folder, item)
        result = self.folder / f"{program.stem}-{argument.stem}.result"
        future = self.client.submit(run_task, str(program), str(argument), str(result), pure=False, retries=RETRIES)
        return result, future

    def _threads(self) -> int:
        return sum(self.client.nthreads().values())


def run_task(program: str, argument: str, result: str) -> str:
    """What a worker does: the path of the result, which is there already where another worker was faster."""
    if not os.path.exists(result):
        task = pickle.loads(Path(program).read_bytes())
        item = pickle.loads(Path(argument).read_bytes())
        _write(Path(result), pickle.dumps(task(item), protocol=5))
    return result


def _result_of(path: Path, future: Any) -> Any:
    """The result of a task; its file is gone thereafter."""
    try:
        future.result()
    except Exception as error:
        raise _understood(error) from error
    content = pickle.loads(path.read_bytes())
    path.unlink(missing_ok=True)
    return content


def _understood(error: Exception) -> Exception:
    """The failure of a task as it would have been here; of the cluster itself, in words."""
    if type(error).__module__.partition(".")[0] in ("distributed", "dask"):
        return InputError(f"the cluster gave a task up ({' '.join(str(error).split())}); look at its workers' logs")
    return error


def _kept(folder: Path, content: object) -> Path:
    """The file in ``folder`` that holds a pickled object, under the name of its content."""
    data = pickle.dumps(content, protocol=5)
    path = folder / f"{hashlib.sha256(data).hexdigest()[:24]}.pickle"
    if not path.exists():
        _write(path, data)
    return path


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, whoever else writes the same."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


@contextmanager
def cluster_at(where: str, folder: Path, options: Mapping[str, str], count: int) -> Iterator[Cluster]:
    """The executor of a cluster for the time of a block.

    where: ``local`` (``count`` processes here), the address of a running scheduler (``tcp://...``), or a batch system
    that dask-jobqueue knows (``slurm``, ``pbs``, ``lsf``, ``sge``, ``htcondor``), on which ``count`` jobs are started
    with ``options``. folder: seen by all machines. Raises InputError where the cluster cannot be had.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("cluster= needs dask.distributed; python -m pip install 'gnomon-xtal[cluster]'") from error
    started = None if "://" in where else started_cluster(where, options, count)
    place = Path(tempfile.mkdtemp(dir=folder, prefix=".gnomon-tasks-"))
    try:
        with Client(where if started is None else started, set_as_default=False) as client:
            yield Cluster(client, place)
    except OSError as error:
        raise InputError(f"cluster={where}: no scheduler answers ({error}); check the address") from error
    finally:
        if started is not None:
            started.close()
        shutil.rmtree(place, ignore_errors=True)


def started_cluster(where: str, options: Mapping[str, str], count: int) -> Any:
    """A cluster of our own: processes here, or jobs of a batch system. Raises InputError for one that is not known."""
    if where == "local":
        from distributed import LocalCluster

        return LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=None)
    cluster = _batch_system(where)(**_job(options))
    cluster.scale(jobs=count)
    return cluster


def _batch_system(where: str) -> Any:
    """The class of dask-jobqueue by the name of the system."""
    try:
        import dask_jobqueue
    except ImportError as error:
        raise InputError(f"cluster={where} needs dask-jobqueue; pip install 'gnomon-xtal[cluster]'") from error
    known = {name.removesuffix("Cluster").lower(): name for name in dir(dask_jobqueue) if name.endswith("Cluster")}
    if where not in known:
        names = ", ".join(sorted(set(known) - {"jobqueue", "local"}))
        raise InputError(f"cluster={where}: it is local, the address of a scheduler (tcp://...), or one of {names}")
    return getattr(dask_jobqueue, known[where])


def _job(options: Mapping[str, str]) -> dict[str, Any]:
    """What a job asks for: one process and one core with 4 GB, but for what ``options`` say."""
    given: dict[str, Any] = {"cores": 1, "processes": 1, "memory": "4 GB"}
    for name, text in options.items():
        given[name] = int(text) if text.isdecimal() else text
    return given
