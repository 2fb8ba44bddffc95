"""gnomon watch on HDF5 files that another process writes meanwhile."""

import json
import os
import resource
import subprocess
import sys
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import pytest
from hdf5_collection import PER_FILE, STYLES, Collection, written_in_another_process

from gnomon.distribute.workers import Workers
from gnomon.io.images.growing import StackArrivals, arrivals_of
from gnomon.process.watch.follow import Follow
from gnomon.process.watch.params import WatchParams

N, SHAPE = 10, (120, 130)


@pytest.fixture(scope="module")
def images():
    """Ten images, image n with n spots."""
    found = []
    for n in range(1, N + 1):
        rng = np.random.default_rng(n)
        image = rng.poisson(2.0, SHAPE)
        cells = rng.choice(80, n, replace=False)
        for y, x in zip(13 + 10 * (cells // 10), 12 * (cells % 10) + 5):
            image[y : y + 3, x : x + 3] += 90
        found.append(image)
    return np.array(found, np.uint16)


def followed(where, workers=2, **params):
    follow = Follow(arrivals_of(str(where)), WatchParams(**params), Workers(workers))
    return follow, list(follow)


def counts(seen):
    assert max(Counter(image.image.number for image in seen).values()) == 1
    return {image.image.number: image.counts.n_spots for image in seen}


@pytest.mark.parametrize("style", STYLES)
def test_a_collection_is_followed_from_before_its_first_byte_to_its_announced_end(tmp_path, images, style):
    master = tmp_path / "a_master.h5"
    with written_in_another_process(style, master, images, 20):
        follow, seen = followed(master, timeout=30)
    assert counts(seen) == {n: n for n in range(1, N + 1)}
    assert follow.ending == "all 10 images have come"
    assert follow.damaged == {}
    assert follow.missing() == {str(master): []}
    assert {image.image.template for image in seen} == {str(master)}


@pytest.mark.parametrize("style", ["grown", "preallocated", "virtual", "interleaved"])
def test_images_that_are_never_written_hold_up_no_others(tmp_path, images, style):
    master = tmp_path / "a_master.h5"
    with written_in_another_process(style, master, images, 50, lost=(3, 10)):
        follow, seen = followed(master, timeout=4)
    assert counts(seen) == {n: n for n in (1, 2, 4, 5, 6, 7, 8, 9)}
    assert follow.ending == "nothing has come for 4 s"
    assert follow.missing() == {str(master): [3, 10]}


def test_a_data_file_that_never_comes_is_named(tmp_path, images):
    master = tmp_path / "a_master.h5"
    with written_in_another_process("files", master, images, 50, lost=(1,)):
        follow, seen = followed(tmp_path, timeout=4)
    assert sorted(counts(seen)) == list(range(PER_FILE + 1, N + 1))
    assert follow.missing() == {str(master): [1, 2, 3, 4]}
    (reason,) = follow.damaged.values()
    assert "a_data_000001.h5: there is no such file" in reason


@pytest.mark.parametrize("copied", ["a_master.h5", "a_data_000002.h5"])
def test_a_file_that_is_copied_slowly_is_waited_for_while_it_grows(tmp_path, images, copied):
    """Ten pieces, each within the timeout, all far beyond it."""
    Collection("files", tmp_path / "a_master.h5", images).write(lambda i: None)
    path, now = tmp_path / copied, 0.0
    whole = path.read_bytes()
    path.write_bytes(b"")

    def sleep(_):
        nonlocal now
        now += 30.0
        done = path.stat().st_size
        with path.open("ab") as file:
            file.write(whole[done : done + len(whole) // 10 + 1])

    arrivals = StackArrivals(str(tmp_path / "a_master.h5"), lambda: now)
    follow = Follow(arrivals, WatchParams(timeout=60.0), clock=lambda: now, sleep=sleep)
    assert counts(list(follow)) == {n: n for n in range(1, N + 1)}


def test_a_chunk_that_is_damaged_is_tried_again_until_it_is_whole(tmp_path, images):
    master = tmp_path / "a_master.h5"
    Collection("files", master, images).write(lambda i: None)
    with h5py.File(data := tmp_path / "a_data_000002.h5", "a") as file:
        chunk = file["entry/data/data"].id.read_direct_chunk((1, 0, 0))[1]
        file["entry/data/data"].id.write_direct_chunk((1, 0, 0), chunk[: len(chunk) // 2])
    follow = Follow(arrivals_of(str(master)), WatchParams(timeout=20), Workers(2))
    seen = []
    for image in follow:
        seen.append(image)
        if len(seen) == N - 1:
            assert follow.damaged.keys() == {f"{master}: image 6"}
            with h5py.File(data, "a") as file:
                file["entry/data/data"].id.write_direct_chunk((1, 0, 0), chunk)
    assert seen[-1].image.number == 6
    assert counts(seen) == {n: n for n in range(1, N + 1)}
    assert follow.damaged == {}


def test_two_masters_over_the_same_data_in_a_folder_are_told_once(tmp_path, images):
    Collection("files", tmp_path / "a_master.h5", images).write(lambda i: None)
    (tmp_path / "a.nxs").write_bytes((tmp_path / "a_master.h5").read_bytes())
    follow, seen = followed(tmp_path, timeout=20)
    assert counts(seen) == {n: n for n in range(1, N + 1)}
    assert follow.ending == "all 10 images have come"


def test_a_file_written_without_swmr_is_waited_for(tmp_path, images):
    master = tmp_path / "a_master.h5"
    script = f"""
import h5py, sys
file = h5py.File({str(master)!r}, "w", libver="latest"); file.flush(); print(flush=True); sys.stdin.read()"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        run.stdout.readline()
        follow, seen = followed(master, timeout=0.5)
        run.stdin.close()
    assert seen == []
    assert "being written, and not with SWMR" in follow.damaged[str(master)]


def test_the_command_ends_by_itself_and_writes_json_lines(tmp_path, images):
    Collection("virtual", tmp_path / "a_master.h5", images).write(lambda i: None)
    words = ["watch", "a_master.h5", "--json", "timeout=20"]
    run = subprocess.run([sys.executable, "-m", "gnomon", *words], cwd=tmp_path, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    *lines, end = map(json.loads, run.stdout.splitlines())
    lines = [line for line in lines if "image" in line]  # what is made of images is told between them
    assert [(line["image"], line["n_spots"]) for line in lines] == [(n, n) for n in range(1, N + 1)]
    assert Path(lines[4]["path"]).name == "a_data_000002.h5"
    assert end["end"] == "all 10 images have come"


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_a_megapixel_at_20_hz_is_kept_up_with(tmp_path, style):
    """The delay is from the last write to the file to the counts; a queue that grows would show at the end."""
    stack = np.random.default_rng(1).poisson(3.0, (300, 1043, 981)).astype(np.uint16)
    followed_warm(tmp_path / "warm", stack[:1])
    master = tmp_path / "a_master.h5"
    with written_in_another_process(style, master, stack, 20):
        before = resource.getrusage(resource.RUSAGE_SELF)
        _, seen = followed(master, timeout=30)
        after = resource.getrusage(resource.RUSAGE_SELF)
    assert sorted(image.image.number for image in seen) == list(range(1, 301))
    behind = [image.behind for image in seen]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{style}: median {np.median(behind):.2f} s, at most {max(behind):.2f} s, {cpu / 300 * 1e3:.0f} ms CPU")
    assert np.median(behind) < 0.5
    assert np.median(behind[-50:]) < 0.5


def followed_warm(folder, stack):
    os.mkdir(folder)
    Collection("grown", folder / "a_master.h5", stack).write(lambda i: None)
    followed(folder, timeout=20)
