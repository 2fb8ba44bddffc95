"""cluster=slurm on a SLURM that runs here; tools/one_node_slurm.sh sets one up."""

import hashlib
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from gnomon.cli.main import main
from gnomon.distribute.cluster import cluster_at
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams

pytestmark = pytest.mark.slow
ASKED = ["cluster=slurm", "cluster.options=memory:1GB,walltime:00:10:00"]
CRYSTAL = {"cell": (40.0, 40.0, 30.0, 90.0, 90.0, 90.0), "mean_intensity": 800.0}


def answers(*command):
    """What a command of SLURM says; empty where it does not."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
    except (subprocess.SubprocessError, OSError):
        return ""


@pytest.fixture(autouse=True)
def slurm(tmp_path, monkeypatch):
    """The test is skipped where no SLURM answers; jobs know where gnomon is, as those of a user would."""
    if not answers("sinfo", "--noheader"):
        pytest.skip("no SLURM answers sinfo; tools/one_node_slurm.sh starts one")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1796000000")


@pytest.fixture
def images(tmp_path):
    """Two sweeps of two crystals."""
    for seed in (1, 2):
        params = SimulateParams(image_size=(260, 240), distance=90.0, images=12, width=1.0, seed=seed, **CRYSTAL)
        simulate_dataset(params, tmp_path / f"s{seed}")
    return sorted(map(str, tmp_path.glob("s*/sim_*.cbf*")))


def results():
    """SHA-256 of the files of data in the working folder, by name."""
    names = [p for p in Path().iterdir() if p.suffix in (".expt", ".refl")]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in names}


def test_jobs_leave_the_same_bytes(images, tmp_path, monkeypatch, capsys):
    found = []
    for name, words in (("here", ["nproc=1"]), ("there", ASKED)):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        main(["import", *images])
        main(["find_spots", "imported.expt", *words])
        main(["index", "imported.expt", "strong.refl", "joint=false", *words])
        main(["refine", "indexed.expt", "indexed.refl"])
        main(["integrate", "refined.expt", "refined.refl", *words])
        found.append(results())
    said = capsys.readouterr().out
    assert len(found[0]) == 8
    assert found[0] == found[1]
    assert said.count("cluster=slurm: 1 job asked for") == 3
    assert "cluster=slurm ran 4 tasks on 1 machine" in said
    assert str(os.getpid()) not in answers("squeue", "--noheader")


def test_a_queue_that_is_not_there_is_told_in_a_line(images, capsys):
    main(["import", *images])
    with pytest.raises(SystemExit):
        main(["find_spots", "imported.expt", "cluster=slurm", "cluster.options=queue:nosuch"])
    told = capsys.readouterr().err.strip().splitlines()
    assert told == ["gnomon: cluster=slurm: no job was taken (sbatch: error: Batch job submission failed: "
                    "Invalid partition name specified)"]  # fmt: skip


def test_a_job_that_ends_early_is_asked_for_anew(tmp_path):
    def cancel():
        while "R" not in (jobs := answers("squeue", "--noheader", "--format=%i %t", "--name=dask-worker")):
            time.sleep(0.5)
        time.sleep(8.0)
        answers("scancel", jobs.split()[0])

    canceller = threading.Thread(target=cancel)
    with cluster_at("slurm", tmp_path, {"memory": "1GB", "walltime": "00:10:00"}, 1) as cluster:
        canceller.start()
        assert list(cluster.map(time.sleep, [1.0] * 15)) == [None] * 15
        assert cluster.spent.tasks == 15
    canceller.join()
