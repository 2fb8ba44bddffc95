"""The how-to page on clusters: its commands, typed as they stand on the page, one beside a scheduler that runs."""

import hashlib
import subprocess
import sys

import pytest
from typed import DOCS, typed

from gnomon.distribute.cluster import started_cluster
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams

PAGE = DOCS / "how-to" / "cluster.md"
CRYSTAL = {"cell": (40.0, 40.0, 30.0, 90.0, 90.0, 90.0), "mean_intensity": 800.0}


@pytest.fixture(scope="module")
def page_typed(tmp_path_factory):
    """The folder of two sweeps in which all was typed, and what each command printed."""
    folder = tmp_path_factory.mktemp("cluster")
    for seed in (1, 2):
        params = SimulateParams(image_size=(260, 240), distance=90.0, images=10, width=1.0, seed=seed, **CRYSTAL)
        simulate_dataset(params, folder / "data" / f"s{seed}")
    scheduler = started_cluster("local", {}, 1)
    try:
        said = typed(PAGE, folder, lambda line: line.replace("tcp://node1:8786", scheduler.scheduler_address))
    finally:
        scheduler.close()
    return folder, {line.replace(scheduler.scheduler_address, "HERE"): done.stdout for line, done in said.items()}


def test_sweeps_are_worked_on_by_the_workers(page_typed):
    _, said = page_typed
    local, there = said.values()
    assert "cluster=local: 2 processes for sweeps" in local
    assert "cluster=local ran 16 tasks on 1 machine" in local  # 8 of sweeps, 8 of crystals and pairs of data sets
    assert "ran 2 tasks on 1 machine" in there


def test_the_spots_are_those_found_without(page_typed):
    folder, _ = page_typed
    there = hashlib.sha256((folder / "strong.refl").read_bytes()).hexdigest()
    words = ["find_spots", "imported.expt", "output.reflections=here.refl", "nproc=1"]
    subprocess.run([sys.executable, "-m", "gnomon", *words], cwd=folder, check=True, capture_output=True)
    assert hashlib.sha256((folder / "here.refl").read_bytes()).hexdigest() == there


def test_dask_is_left_alone_without_a_cluster(page_typed):
    folder, _ = page_typed
    code = (
        "import sys; from gnomon.cli.main import main; main(['find_spots', 'imported.expt', 'nproc=1'])\n"
        "assert not {'dask', 'distributed', 'dask_jobqueue'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True)
