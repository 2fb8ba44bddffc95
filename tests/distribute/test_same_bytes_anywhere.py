"""Spots, lattices, refined geometry, intensities, settings and clusters are the same to the byte wherever made."""

import hashlib
import json
import os
import random
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from gnomon.cli.main import main
from gnomon.distribute.cluster import cluster_at
from gnomon.distribute.executor import Inline, Threads
from gnomon.distribute.workers import Workers
from gnomon.errors import InputError
from gnomon.io.expt import write_experiments
from gnomon.io.refl import write_reflections
from gnomon.models.reflections import Reflections
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams
from gnomon.step import HERE, Context
from gnomon.steps.correlation_matrix.params import CorrelationMatrixParams
from gnomon.steps.correlation_matrix.step import correlation_matrix
from gnomon.steps.cosym.params import CosymParams
from gnomon.steps.cosym.step import cosym
from gnomon.steps.find_spots.params import FindSpotsParams
from gnomon.steps.find_spots.step import find_spots
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images
from gnomon.steps.index.params import IndexParams
from gnomon.steps.index.step import index
from gnomon.steps.integrate.params import IntegrateParams
from gnomon.steps.integrate.step import integrate
from gnomon.steps.refine.params import RefineParams
from gnomon.steps.refine.step import refine

SWEEPS = 4
NAMES = ("strong", "indexed", "refined", "integrated", "symmetrized", "correlated")
CRYSTAL = {"cell": (40.0, 40.0, 30.0, 90.0, 90.0, 90.0), "mean_intensity": 800.0}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """The files of some sweeps of as many crystals."""
    folder, found = tmp_path_factory.mktemp("sweeps"), []
    for seed in range(SWEEPS):
        params = SimulateParams(image_size=(260, 240), distance=90.0, images=12, width=1.0, seed=seed + 1, **CRYSTAL)
        simulate_dataset(params, folder / f"s{seed}")
        found += sorted(map(str, (folder / f"s{seed}").glob("sim_*.cbf*")))
    return found


class Chain:
    """The steps that work on sweeps, each given what the one before made in this process."""

    def __init__(self, images):
        self.imported = import_images(images, ImportParams()).experiments
        self.strong = self.find_spots(HERE)
        self.indexed = self.index(HERE)
        self.refined = self.refine(HERE)
        self.integrated = self.integrate(HERE)
        self.symmetrized = self.cosym(HERE)
        self.correlated = self.correlation_matrix(HERE)

    def find_spots(self, context):
        return find_spots(self.imported, Reflections(), FindSpotsParams(), context)

    def index(self, context):
        return index(*self.strong, IndexParams(joint=False), context)

    def refine(self, context):
        return refine(*self.indexed, RefineParams(), context)

    def integrate(self, context):
        return integrate(*self.refined, IntegrateParams(), context)

    def cosym(self, context):
        return cosym(*self.integrated, CosymParams(), context)

    def correlation_matrix(self, context):
        return correlation_matrix(*self.symmetrized, CorrelationMatrixParams(), context)

    def here(self):
        return [self.strong, self.indexed, self.refined, self.integrated, self.symmetrized, self.correlated]

    def sums(self, context, folder):
        """SHA-256 of every file that the steps leave, and what they told."""
        steps = (self.find_spots, self.index, self.refine, self.integrate, self.cosym, self.correlation_matrix)
        return sums_of([step(context) for step in steps], folder)


def sums_of(results, folder):
    """SHA-256 of the files and matrices of results, and what they tell."""
    found = {}
    for name, result in zip(NAMES, results, strict=True):
        write_experiments(folder / f"{name}.expt", result.experiments)
        write_reflections(folder / f"{name}.refl", result.reflections)
        for ending in ("expt", "refl"):
            found[f"{name}.{ending}"] = hashlib.sha256((folder / f"{name}.{ending}").read_bytes()).hexdigest()
        product = b"" if result.product is None else result.product.cc.tobytes() + result.product.cosines.tobytes()
        found[name] = (str(result.summary), result.summary.sentences, hashlib.sha256(product).hexdigest())
    return found


@pytest.fixture(scope="module")
def chain(images):
    return Chain(images)


@pytest.fixture(scope="module")
def here(chain, tmp_path_factory):
    """What they leave on one thread of this process."""
    assert len(chain.integrated.experiments) == SWEEPS
    assert len(chain.integrated.reflections) > 1000
    assert all("over standing still" in text for text in chain.refined.summary.sentences)
    assert len(chain.correlated.experiments) == SWEEPS
    return sums_of(chain.here(), tmp_path_factory.mktemp("here"))


@pytest.mark.parametrize(
    "context",
    [
        Context(Workers(1), Inline(pickled=True)),
        Context(Workers(2)),
        Context(Workers(5)),
        Context(Workers(3), Inline(pickled=True)),
        Context(Workers(2), Threads(Workers(2))),
    ],
    ids=["pickled", "2 threads", "5 threads", "pickled with 3 threads", "sweeps on threads"],
)
def test_in_this_process(chain, here, context, tmp_path):
    assert chain.sums(context, tmp_path) == here


@pytest.mark.parametrize("count", [pytest.param(1, marks=pytest.mark.slow), 2, pytest.param(4, marks=pytest.mark.slow)])
def test_on_a_cluster(chain, here, count, tmp_path):
    told = []
    with cluster_at("local", tmp_path, {}, count) as cluster:
        context = Context(Workers(2), cluster, lambda what, done, total: told.append((what, done, total)))
        assert chain.sums(context, tmp_path) == here
        assert cluster.spent.tasks > 8 * SWEEPS  # spots, lattices, crystals along scans, intensities (2); pairs
    for what in ("finding spots", "measuring spot widths", "integrating images"):
        mine = [(done, total) for name, done, total in told if name == what]
        assert len(mine) == SWEEPS
        assert mine[-1][0] == mine[-1][1]


def test_on_a_cluster_whose_workers_are_killed(chain, here, tmp_path):
    rng, over, killed = random.Random(4), threading.Event(), []

    def kill_some(nannies):
        while not over.wait(rng.uniform(0.3, 0.9)) and len(killed) < 6:
            alive = [nanny.pid for nanny in nannies.values() if nanny.pid]
            if alive:
                killed.append(rng.choice(alive))
                with suppress(ProcessLookupError):
                    os.kill(killed[-1], signal.SIGKILL)

    with cluster_at("local", tmp_path, {}, 2) as cluster:
        killer = threading.Thread(target=kill_some, args=(cluster.client.cluster.workers,))
        killer.start()
        try:
            assert chain.sums(Context(executor=cluster), tmp_path) == here
        finally:
            over.set()
            killer.join()
    assert killed
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".expt"] * len(NAMES) + [".refl"] * len(NAMES)


def test_what_a_sweep_fails_of_is_told_as_here(chain, tmp_path):
    """It is told once: a task that fails is no machine that died."""
    short = FindSpotsParams(max_strong_pixel_fraction=1e-9)
    words = []
    with cluster_at("local", tmp_path, {}, 1) as cluster:
        for context in (HERE, Context(executor=cluster)):
            with pytest.raises(InputError, match="on more than half of the 48 images, first on image 1 of") as raised:
                find_spots(chain.imported, Reflections(), short, context)
            words.append(str(raised.value))
    assert words[0] == words[1]


def results(folder):
    """SHA-256 of the files of data, by name."""
    names = [p for p in Path(folder).iterdir() if p.suffix in (".expt", ".refl", ".mtz")]
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in names}


@pytest.mark.slow
def test_process_on_the_command_line(images, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1796000000")
    found = []
    for name, words in (("here", ["nproc=2"]), ("there", ["cluster=local", "cluster.workers=2"])):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        main(["process", *images, "many=true", *words])
        found.append(results("."))
    said = capsys.readouterr().out
    assert len(found[0]) > 8
    assert found[0] == found[1]
    assert "cluster=local: 2 processes for sweeps" in said
    assert "cluster=local ran" in said
    assert json.loads(Path("gnomon.process.json").read_text())["run"]["cluster.workers"] == 2
    assert not [p for p in Path().iterdir() if p.name.startswith(".gnomon")]
