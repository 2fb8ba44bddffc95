"""Every executor is the same ordered map; on a cluster that loses machines too."""

import os
import random
import signal
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from gnomon.distribute.cluster import _job, cluster_at, options_from, started_cluster
from gnomon.distribute.executor import Inline, Threads
from gnomon.distribute.workers import Workers
from gnomon.errors import ClusterError, InputError


def times(factor, item):
    return factor * item


def fails_on(bad, item):
    if item == bad:
        raise InputError(f"item {item} cannot be")
    return item


def marked(folder, item):
    """The item, slowly, and who did it."""
    time.sleep(0.02)
    Path(folder, f"by-{os.getpid()}").touch()
    return np.full(1000, item)


@pytest.mark.parametrize("executor", [Inline(), Inline(pickled=True), Threads(Workers(1)), Threads(Workers(3))])
def test_results_come_in_the_order_of_items(executor):
    assert list(executor.map(partial(times, 3), range(20))) == [3 * i for i in range(20)]
    with pytest.raises(InputError, match="item 4 cannot be"):
        list(executor.map(partial(fails_on, 4), range(6)))


def test_the_debug_mode_finds_what_cannot_travel():
    assert list(Inline().map(lambda item: item, [1])) == [1]
    with pytest.raises((AttributeError, TypeError, Exception), match="pickle"):
        list(Inline(pickled=True).map(lambda item: item, [1]))


@pytest.mark.parametrize("count", [1, 2])
def test_processes_give_the_same_and_leave_nothing(count, tmp_path):
    with cluster_at("local", tmp_path, {}, count) as cluster:
        assert list(cluster.map(partial(times, 3), range(20))) == [3 * i for i in range(20)]
        with pytest.raises(InputError, match="item 4 cannot be"):
            list(cluster.map(partial(fails_on, 4), range(6)))
    assert list(tmp_path.iterdir()) == []


def test_workers_may_be_killed_at_any_moment(tmp_path):
    rng, seen = random.Random(1), []
    with cluster_at("local", tmp_path, {}, 2) as cluster:
        results = cluster.map(partial(marked, str(tmp_path)), range(60))
        for i, result in enumerate(results):
            seen.append(result)
            if i in (5, 20, 40):
                mine = [int(p.name.removeprefix("by-")) for p in tmp_path.glob("by-*")]
                os.kill(rng.choice(mine), signal.SIGKILL)
                for path in tmp_path.glob("by-*"):
                    path.unlink(missing_ok=True)
    assert [r[0] for r in seen] == list(range(60))


@pytest.mark.parametrize(
    ("where", "words"), [("tcp://127.0.0.1:1", "no scheduler answers"), ("cloud", "local, the address of a scheduler")]
)
def test_a_cluster_that_cannot_be_had_is_told_in_a_line(where, words, tmp_path, monkeypatch):
    monkeypatch.setattr("gnomon.distribute.cluster.ANSWER", 1.0)
    with pytest.raises(ClusterError, match=words), cluster_at(where, tmp_path, {}, 1):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_job_of_a_batch_system_asks_for_what_it_was_told():
    asked = _job(options_from("queue:short,cores:8"))
    assert asked == {"cores": 8, "processes": 8, "memory": "32 GB", "queue": "short"}
    cluster = started_cluster("slurm", {"queue": "short", "walltime": "00:20:00", "memory": "8 GB"}, 0)
    try:
        script = cluster.job_script()
    finally:
        cluster.close()
    assert "#SBATCH -p short" in script
    assert "#SBATCH -t 00:20:00" in script
    assert "#SBATCH --cpus-per-task=1" in script
    assert "distributed.cli.dask_worker" in script
