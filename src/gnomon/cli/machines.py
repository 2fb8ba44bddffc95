"""The machines that a run works on: this process, or a cluster for as long as the run lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gnomon.distribute.executor import Executor, Inline
from gnomon.errors import InputError

if TYPE_CHECKING:
    from gnomon.cli.command import RunParams
    from gnomon.distribute.cluster import Cluster
    from gnomon.distribute.workers import Workers

T = TypeVar("T")
R = TypeVar("R")


@dataclass(eq=False)
class Machines:
    """The executor of a cluster that is started when there is a first task for it, and closed with the run."""

    where: str
    folder: Path
    options: dict[str, Any]
    count: int
    say: Callable[[str], None] = print
    _stack: ExitStack = field(default_factory=ExitStack)
    _cluster: Cluster | None = None

    def map(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """See :class:`gnomon.distribute.executor.Executor`. Raises ClusterError where there is no such cluster."""
        return self._started().map(task, items)

    def inside(self, workers: Workers) -> Workers:
        """One: a worker of the cluster has one core for a task."""
        return workers.alone()

    def over(self, workers: Workers) -> Executor:
        """The same."""
        return self

    def close(self) -> None:
        """End the cluster, if there is one, and say what it did."""
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            spent = cluster.spent
            hosts = f"{len(spent.hosts)} machine{'' if len(spent.hosts) == 1 else 's'}"
            self.say(f"cluster={self.where} ran {spent.tasks} tasks on {hosts}, {spent.cpu:.1f} s of CPU")
        self._stack.close()

    def _started(self) -> Cluster:
        if self._cluster is None:
            from gnomon.distribute.cluster import cluster_at

            self.say(f"cluster={self.where}: {self._asked}; what it is given lies in {self.folder} for the time")
            where = self.where, self.folder, self.options, self.count
            self._cluster = self._stack.enter_context(cluster_at(*where))
        return self._cluster

    @property
    def _asked(self) -> str:
        """What is started, in words."""
        if "://" in self.where:
            return "sweeps go to the workers of this scheduler"
        if self.where == "local":
            return f"{self.count} process{'' if self.count == 1 else 'es'} for sweeps"
        return f"{self.count} job{'' if self.count == 1 else 's'} asked for; sweeps wait for the first"


def machines_for(run: RunParams, cores: int) -> Machines | Inline:
    """What runs the tasks of a run; ``cores``: processes of a local cluster where no number is given.

    Raises InputError where options of a cluster are given without one, or are none.
    """
    if run.cluster is None:
        if run.cluster_options or run.cluster_workers or run.cluster_folder:
            raise InputError("cluster.workers, .options and .folder tell of a cluster; give cluster=local, slurm, ...")
        return Inline()
    from gnomon.distribute.cluster import check_extra, options_from

    check_extra(run.cluster)
    folder = Path(run.cluster_folder or ".")
    options = options_from(run.cluster_options or "")
    return Machines(run.cluster, folder, options, run.cluster_workers or (cores if run.cluster == "local" else 1))
