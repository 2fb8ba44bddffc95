"""Live processing of simulated images: it ends as process does, whenever the images came."""

import hashlib
import json
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from gnomon.distribute.workers import Workers
from gnomon.io.images.growing import arrivals_of
from gnomon.process.from_python import process_data
from gnomon.process.live.collection import Collection
from gnomon.process.live.feed import Feed
from gnomon.process.watch.follow import Follow
from gnomon.process.watch.params import WatchParams
from gnomon.simulate.dataset import simulate_dataset
from gnomon.simulate.params import SimulateParams
from gnomon.step import Context

N = 62
SWEEP = {"images": N, "width": 1.0, "image_size": (400, 380), "distance": 90.0, "mean_intensity": 150.0}
CRYSTAL = {"cell": (48.0, 48.0, 40.0, 90.0, 90.0, 90.0), "space_group": "P4"}
CONTEXT = Context(Workers(2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sweep of 62 degrees."""
    path = tmp_path_factory.mktemp("live")
    simulate_dataset(SimulateParams(**SWEEP, **CRYSTAL), path, workers=Workers(2))
    return path


def collected(folder, *, order=None, slow=(), **given):
    """What comes of the images in this order; after those in ``slow`` it waits until all so far is used."""
    params, feed = WatchParams(timeout=0.3, **given), Feed()
    seen = {s.image.number: s for s in Follow(arrivals_of(str(folder)), params, Workers(2))}
    collection = Collection(params, CONTEXT, feed)
    for number in order or sorted(seen):
        if number in seen:
            collection.take(seen[number])
        if number in slow:
            deadline = time.monotonic() + 60
            while collection.busy and time.monotonic() < deadline:
                time.sleep(0.01)
    collection.end()
    return collection.result(), [entry.event for entry in feed.since(0)]


@pytest.fixture(scope="module")
def at_once(folder):
    """All images there at the start."""
    return collected(folder)


def digest(data):
    columns = {name: np.ascontiguousarray(data.reflections[name]).tobytes() for name in data.reflections}
    return {name: hashlib.sha256(content).hexdigest() for name, content in columns.items()}


def test_it_ends_as_process_does(folder, at_once):
    (data, merge), events = at_once
    (offline,) = [o for o in process_data(str(folder / "sim_####.cbf"), context=CONTEXT) if o.final]
    (live,) = merge.scaled
    wanted, found = offline.result.summary.overall, live.overall
    assert data.experiments[0].identifier == offline.result.experiments[0].identifier
    assert live.space_group == offline.result.summary.space_group
    assert found.r_meas == pytest.approx(wanted.r_meas, rel=0.01)
    assert found.n_unique == pytest.approx(wanted.n_unique, rel=0.005)
    assert found.n_observations == pytest.approx(wanted.n_observations, rel=0.01)
    names = [event.name for event in events if event.name != "advice"]
    assert names[0] == "lattice"
    assert names[-1] == "merged"
    assert events[[e.name for e in events].index("lattice")].degrees <= 60
    json.dumps([event.record for event in events], allow_nan=False)
    assert all(event.in_words() for event in events)


def test_no_byte_depends_on_when_images_came(folder, at_once):
    """Among others killed and started again: then all that was there is there at once."""
    (data, _), _ = at_once
    one_by_one, events = collected(folder, slow=(5, 21, 36, 51))
    assert digest(one_by_one[0]) == digest(data)
    assert sum(event.name == "integrated" for event in events) > 2
    late = [*range(1, 30), *range(31, N + 1), 30]
    assert digest(collected(folder, order=late, slow=(29, N))[0][0]) == digest(data)


def test_an_image_that_never_comes_parts_the_sweep_and_costs_no_more(folder, at_once):
    (data, _), _ = at_once
    found, _ = collected(folder, order=[n for n in range(1, N + 1) if n != 31])
    assert [e.image_range for e in found[0].experiments] == [(1, 30), (32, N)]
    assert len(found[0].reflections) > 0.9 * len(data.reflections)
    assert found[1].told.images == N - 1


def test_images_without_lattice_are_only_counted(tmp_path, folder):
    for n in (1, 2, 3):
        (tmp_path / f"sim_{n:04d}.cbf").write_bytes((folder / f"sim_{n:04d}.cbf").read_bytes())
    found, events = collected(tmp_path)
    assert found is None or found[1].told.images == 3
    assert events[0].name == "lattice"


def test_what_the_user_knows_is_kept_to(folder):
    found, _ = collected(folder, order=range(1, 26), space_group="P1")
    assert found[1].told.space_group == "P 1"


def test_a_failure_of_its_thread_is_raised_where_its_result_is_asked_for(folder, monkeypatch):
    def fail(*_):
        raise RuntimeError("a fault of the program")

    monkeypatch.setattr(Collection, "_advance", fail)
    threads = threading.active_count()
    with pytest.raises(RuntimeError, match="a fault"):
        collected(folder)
    assert threading.active_count() <= threads + 1


def test_two_sweeps_in_a_folder_are_one_merge(tmp_path, folder):
    """The second of the same crystal, under another name."""
    for path in folder.glob("sim_*.cbf"):
        n = int(path.stem[-4:])
        if n <= 44:
            name = f"a_{n:04d}.cbf" if n <= 22 else f"b_{n:04d}.cbf"
            (tmp_path / name).write_bytes(path.read_bytes())
    found, events = collected(tmp_path)
    assert [Path(e.images.template).name for e in found[0].experiments] == ["a_####.cbf", "b_####.cbf"]
    assert found[1].told.sweeps == 2
    assert sum(event.name == "lattice" and event.cell is not None for event in events) == 2
