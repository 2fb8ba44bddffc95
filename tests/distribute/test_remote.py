"""What a worker does with a task, without a cluster; and what the command line says of clusters."""

import pickle
import warnings
from functools import partial

import pytest

from gnomon.cli.command import RunParams
from gnomon.cli.machines import machines_for
from gnomon.distribute import remote
from gnomon.distribute.cluster import options_from
from gnomon.distribute.executor import Inline, Tally
from gnomon.distribute.workers import Workers
from gnomon.errors import ClusterError, InputError


def counted(log, item):
    """The item's square; each call leaves a line."""
    with log.open("a") as stream:
        stream.write("x")
    if item < 0:
        raise InputError(f"{item} cannot be")
    if item == 0:
        warnings.warn("nothing to square", RuntimeWarning, stacklevel=1)
    return item * item


def ran(folder, item, wanted=None):
    """What a worker leaves of the item, run twice as after a death; and how often the task ran."""
    log = folder / "log"
    (folder / "task").write_bytes(pickle.dumps(partial(counted, log)))
    (folder / "item").write_bytes(pickle.dumps(item))
    for _ in range(2):
        path = remote.run_task(
            str(folder / "task"), str(folder / "item"), str(folder / "result"), wanted or remote.versions()
        )
    with open(path, "rb") as stream:
        return pickle.load(stream), len(log.read_text()) if log.exists() else 0


def test_a_result_that_is_there_is_not_made_again(tmp_path):
    done, times = ran(tmp_path, 3)
    assert (done.value_here(), times) == (9, 1)
    assert not list(tmp_path.glob(".*"))


def test_what_a_task_raises_is_its_result(tmp_path):
    done, times = ran(tmp_path, -1)
    with pytest.raises(InputError, match="-1 cannot be"):
        done.value_here()
    assert times == 1


def test_warnings_are_given_where_the_result_is_wanted(tmp_path):
    done, _ = ran(tmp_path, 0)
    with pytest.warns(RuntimeWarning, match="nothing to square"):
        assert done.value_here() == 0


def test_a_worker_of_another_version_does_nothing(tmp_path):
    done, times = ran(tmp_path, 3, "gnomon 0.0, Python 2.7")
    with pytest.raises(ClusterError, match=r"this is gnomon 0\.0, Python 2\.7; install the same on all machines"):
        done.value_here()
    assert times == 0


def test_a_folder_that_a_machine_does_not_see_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(remote, "PATIENCE", 0.1)
    with pytest.raises(ClusterError, match=r"give cluster\.folder= that all machines see"):
        remote.until_there(tmp_path / "nosuch")


def test_a_tally_tells_each_number_once_and_is_silent_elsewhere():
    told = []
    tally = Tally(lambda *what: told.append(what), "reading", 3)
    for done in (1, 1, 3, 2):
        tally.at(done)
    pickle.loads(pickle.dumps(tally)).at(3)
    assert told == [("reading", 1, 3), ("reading", 3, 3)]


def test_threads_stay_where_they_are():
    with Workers(2, 99.0).together() as lasting:
        assert Inline().inside(lasting) is lasting
        copy = pickle.loads(pickle.dumps(lasting))
    assert (copy, copy.pool) == (Workers(2, 99.0), None)


def test_options_are_pairs_and_some_come_several_times():
    text = "queue:short, walltime:01:00:00,cores:4,job_script_prologue:module load a,job_script_prologue:module load b"
    assert options_from(text) == {
        "queue": "short",
        "walltime": "01:00:00",
        "cores": 4,
        "job_script_prologue": ["module load a", "module load b"],
    }
    with pytest.raises(InputError, match="'short' is no name:value, as in queue:short"):
        options_from("short")


def test_what_is_told_of_a_cluster_needs_one():
    assert machines_for(RunParams(), 2) == Inline()
    with pytest.raises(InputError, match="give cluster=local, slurm"):
        machines_for(RunParams(cluster_workers=2), 2)
    with pytest.raises(ClusterError, match="cluster=cloud: it is local, the address"):
        machines_for(RunParams(cluster="cloud"), 2)
    local = machines_for(RunParams(cluster="local"), 3)
    assert (local.count, local.inside(Workers(8, 99.0))) == (3, Workers(1, 99.0))
    local.close()
