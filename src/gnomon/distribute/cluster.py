"""Tasks on the machines of a cluster, by dask.distributed (the extra ``gnomon-xtal[cluster]``).

Tasks, items and results travel as files in a folder that all machines see; the scheduler sees names only, and its
memory stays flat. A result is there whole or not at all: a task that is run twice, because its machine died or was
slow, finds it done or does it again to the same bytes.
"""

from __future__ import annotations

import hashlib
import itertools
import pickle
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from gnomon.distribute.executor import Executor
from gnomon.distribute.remote import Done, run_task, until_there, versions, write_whole
from gnomon.distribute.workers import Workers
from gnomon.errors import ClusterError, InputError

T = TypeVar("T")
R = TypeVar("R")

AHEAD = 2
"""Tasks for each thread of the cluster that are handed out at a time: one in work and one waiting."""
DEATHS = 20
"""How often a task may lose its machine: by chance even one of a thousand tasks hardly meets so many deaths."""
GB_A_CORE = 4
"""Of memory that a job asks for where nothing is said: images, tables and kernels of one task take 1 to 2."""
ANSWER = 10.0
"""s that a scheduler has to answer."""
LOOK_AFTER_JOBS = 20.0
"""s between two looks at whether jobs have ended; dask counts one as lost after 15."""
LISTS = ("job_extra_directives", "job_script_prologue", "worker_extra_args", "job_directives_skip")
"""Options of dask-jobqueue that are lists."""


@dataclass(frozen=True, eq=False)
class Cluster:
    """An executor over the workers of a dask client; ``folder`` is seen by all of them."""

    client: Any
    folder: Path
    spent: Spent = field(default_factory=lambda: Spent())
    _number: Iterator[int] = field(default_factory=itertools.count)

    def map(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """See :class:`gnomon.distribute.executor.Executor`."""
        pending: deque[_Handed] = deque()
        program = self._kept(task)
        try:
            for item in items:
                pending.append(self._hand_out(program, item))
                if len(pending) >= AHEAD * max(1, self._threads()):
                    yield self._result(pending.popleft())
            while pending:
                yield self._result(pending.popleft())
        finally:
            for handed in pending:
                handed.future.cancel()

    def inside(self, workers: Workers) -> Workers:
        """One: a worker of the cluster has one core for a task."""
        return workers.alone()

    def over(self, workers: Workers) -> Executor:
        """The same."""
        return self

    def _hand_out(self, program: Path, item: object) -> _Handed:
        """Hand out one item: its file, that of its result to be, and the promise of it."""
        number = next(self._number)
        argument, result = (self.folder / f"{number}.{ending}" for ending in ("item", "result"))
        write_whole(argument, pickle.dumps(item, protocol=5))
        paths = str(program), str(argument), str(result)
        return _Handed(argument, result, self.client.submit(run_task, *paths, versions(), pure=False))

    def _threads(self) -> int:
        return sum(self.client.nthreads().values())

    def _result(self, handed: _Handed) -> Any:
        """The result of a task; its files are gone thereafter. Raises what the task raised."""
        try:
            self._wait_for(handed.future)
        except ClusterError:
            raise
        except Exception as error:
            words = " ".join(str(error).split())
            raise ClusterError(f"the cluster gave a task up ({words}); look at the logs of its workers") from error
        until_there(handed.result)
        done: Done = pickle.loads(handed.result.read_bytes())
        for path in (handed.argument, handed.result):
            path.unlink(missing_ok=True)
        self.spent.add(done)
        return done.value_here()

    def _wait_for(self, future: Any) -> None:
        """Wait for a task; jobs of ours that ended meanwhile, at their time limit perhaps, are asked for anew."""
        jobs = getattr(self.client.cluster, "job_script", None) and self.client.cluster
        while True:
            try:
                future.result(timeout=LOOK_AFTER_JOBS)
                return
            except TimeoutError:
                if jobs:
                    jobs.sync(jobs._correct_state)

    def _kept(self, task: object) -> Path:
        """The file of a task, under the name of its content."""
        data = pickle.dumps(task, protocol=5)
        path = self.folder / f"{hashlib.sha256(data).hexdigest()[:24]}.task"
        if not path.exists():
            write_whole(path, data)
        return path


@dataclass(frozen=True, eq=False)
class _Handed:
    """An item that was handed out."""

    argument: Path
    result: Path
    future: Any


@dataclass
class Spent:
    """What the workers did: tasks, seconds of CPU, and on which machines."""

    tasks: int = 0
    cpu: float = 0.0
    hosts: set[str] = field(default_factory=set)

    def add(self, done: Done) -> None:
        """One more task."""
        self.tasks += 1
        self.cpu += done.cpu
        self.hosts.add(done.host)


@contextmanager
def cluster_at(where: str, folder: Path, options: Mapping[str, Any], count: int) -> Iterator[Cluster]:
    """The executor of a cluster for the time of a block.

    where: ``local`` (``count`` processes here), the address of a running scheduler (``tcp://...``), or a batch system
    that dask-jobqueue knows (``slurm``, ``pbs``, ``lsf``, ``sge``, ``htcondor``), on which ``count`` jobs are started
    with ``options``. folder: seen by all machines. Raises ClusterError where the cluster cannot be had.
    """
    check_extra(where)
    with ExitStack() as stack:
        try:
            place = Path(tempfile.mkdtemp(dir=folder, prefix=".gnomon-tasks-")).resolve()
        except OSError as error:
            raise ClusterError(f"cluster.folder={folder} cannot be written to ({error.strerror})") from error
        stack.callback(shutil.rmtree, place, ignore_errors=True)
        yield Cluster(stack.enter_context(_client(where, options, count)), place)


def check_extra(where: str) -> None:
    """Check that what ``cluster=`` needs is installed and known. Raises ClusterError."""
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise ClusterError("cluster= needs dask.distributed; python -m pip install 'gnomon-xtal[cluster]'") from error
    if where != "local" and "://" not in where:
        _batch_system(where)


@contextmanager
def _client(where: str, options: Mapping[str, Any], count: int) -> Iterator[Any]:
    """A client of the scheduler, which is closed at the end if it is our own."""
    import dask
    from distributed import Client

    with ExitStack() as stack:
        stack.enter_context(dask.config.set({"distributed.scheduler.allowed-failures": DEATHS}))
        started = where
        if "://" not in where:
            started = started_cluster(where, options, count)
            stack.callback(started.close)
        try:
            client = Client(started, set_as_default=False, timeout=ANSWER)
        except (OSError, ValueError) as error:
            raise ClusterError(f"cluster={where}: no scheduler answers ({error}); check the address") from error
        yield stack.enter_context(client)


def started_cluster(where: str, options: Mapping[str, Any], count: int) -> Any:
    """A cluster of our own: processes here, or jobs of a batch system. Raises ClusterError where it cannot be had."""
    if where == "local":
        from distributed import LocalCluster

        return LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=None, silence_logs=SILENT)
    try:
        cluster = _batch_system(where)(**_job(options))
    except (TypeError, ValueError) as error:
        raise ClusterError(f"cluster.options: {str(error).partition('. ')[0]}") from error
    for _ in range(count):
        cluster.worker_spec.update(cluster.new_worker_spec())
    try:
        cluster.sync(cluster._correct_state)  # scale() would not say why no job was taken
    except (OSError, RuntimeError) as error:
        cluster._created.clear()  # of jobs that never were, of which close() would not hear
        cluster.close()
        raise ClusterError(f"cluster={where}: no job was taken ({_last_line(error)})") from error
    return cluster


SILENT = 50
"""logging.CRITICAL: dask's own words about workers that come and go are none for users."""


def _last_line(error: Exception) -> str:
    """What the batch system said, without the command and its script."""
    if isinstance(error, FileNotFoundError):
        return f"there is no program {error.filename} here"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = [line for line in lines if "error" in line.lower()]
    return (said or lines or [type(error).__name__])[-1]


def _batch_system(where: str) -> Any:
    """The class of dask-jobqueue by the name of the system."""
    try:
        import dask_jobqueue
    except ImportError as error:
        raise ClusterError(f"cluster={where} needs dask-jobqueue; pip install 'gnomon-xtal[cluster]'") from error
    known = {name.removesuffix("Cluster").lower(): name for name in dir(dask_jobqueue) if name.endswith("Cluster")}
    if where not in known:
        names = ", ".join(sorted(set(known) - {"jobqueue", "local"}))
        raise ClusterError(f"cluster={where}: it is local, the address of a scheduler (tcp://...), or one of {names}")
    return getattr(dask_jobqueue, known[where])


def options_from(text: str) -> dict[str, Any]:
    """Options of dask-jobqueue from ``name:value,name:value``; those that are lists may come several times.

    Raises InputError for what is no such pair.
    """
    found: dict[str, Any] = {}
    for pair in filter(None, (word.strip() for word in text.split(","))):
        name, colon, value = pair.partition(":")
        if not colon or not name.isidentifier():
            raise InputError(f"cluster.options={text}: {pair!r} is no name:value, as in queue:short,walltime:01:00:00")
        if name in LISTS:
            found.setdefault(name, []).append(value)
        else:
            found[name] = int(value) if value.isdecimal() else value
    return found


def _job(options: Mapping[str, Any]) -> dict[str, Any]:
    """What a job asks for: a process for each core, one core and 4 GB a core, but for what ``options`` say."""
    cores = int(options.get("cores", 1))
    return {"cores": cores, "processes": cores, "memory": f"{GB_A_CORE * cores} GB", **options}
