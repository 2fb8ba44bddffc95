"""gnomon watch: images written by a thread while they are followed, late, half-written or never."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from gnomon.distribute.workers import Workers
from gnomon.io.images.arrivals import FileArrivals
from gnomon.process.watch.follow import Follow
from gnomon.process.watch.params import WatchParams
from gnomon.simulate.minicbf import minicbf

SHAPE = (120, 130)
HEADER = [
    "Detector: PILATUS 1M, S/N 24-9999",
    "Pixel_size 172e-6 m x 172e-6 m",
    "Silicon sensor, thickness 0.000320 m",
    "Count_cutoff 1048500 counts",
    "Wavelength 0.9795 A",
    "Detector_distance 0.25 m",
    "Beam_xy (490, 521) pixels",
    "Start_angle 0.0 deg.",
    "Angle_increment 0.5 deg.",
]


def picture(n_spots):
    """(120, 130) counts with spots on a background."""
    rng = np.random.default_rng(n_spots)
    image = rng.poisson(2.0, SHAPE).astype(np.int32)
    cells = rng.choice(80, n_spots, replace=False)  # apart from each other
    for y, x in zip(10 + 10 * (cells // 10) + 3, 12 * (cells % 10) + 5):
        image[y : y + 3, x : x + 3] += 90
    return image


@pytest.fixture(scope="module")
def images(tmp_path_factory, write_cbf):
    """The bytes of 30 images, image n with n spots."""
    path = tmp_path_factory.mktemp("one") / "a.cbf"
    change = {"Beam_xy": "(60, 60)", "Detector_distance": "0.06"}
    return [write_cbf(path, picture(n), **change).read_bytes() for n in range(1, 31)]


def write_at(folder: Path, images, rate, late=(), half=(), never=(), stalled=()):
    """A thread that writes images 1... at ``rate`` Hz: ``late`` ones at the end, ``half`` ones in two parts half a
    second apart, ``never`` ones not at all, ``stalled`` ones only to the half."""

    def write():
        rest = []
        for n, data in enumerate(images, 1):
            path = folder / f"a_{n:04d}.cbf"
            if n in late:
                rest.append((path, data, 0))
            elif n in half or n in stalled:
                path.write_bytes(data[: len(data) // 2])
                if n in half:
                    rest.append((path, data, len(data) // 2))
            elif n not in never:
                path.write_bytes(data)
            time.sleep(1 / rate)
        for path, data, done in rest:
            with path.open("ab") as file:
                file.write(data[done:])

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def followed(folder, workers=1, **params):
    follow = Follow(FileArrivals(str(folder)), WatchParams(**params), Workers(workers))
    return follow, list(follow)


def test_images_at_20_hz_late_and_half_written_are_all_seen_once(tmp_path, images):
    thread = write_at(tmp_path, images, 20, late=(1, 7), half=(3, 12, 30))
    follow, seen = followed(tmp_path, workers=2, images=30, timeout=20)
    thread.join()
    assert sorted(image.image.number for image in seen) == list(range(1, 31))
    counts = {image.image.number: image.counts.n_spots for image in seen}
    assert counts == {n: n for n in range(1, 31)}
    assert follow.ending == "all 30 images have come"
    assert follow.damaged == {}
    assert all(numbers == [] for numbers in follow.missing().values())


def test_what_never_comes_or_never_is_whole_is_named_at_the_end(tmp_path, images):
    write_at(tmp_path, images[:10], 50, never=(4, 10), stalled=(6,)).join()  # a writer held up would look like the end
    follow, seen = followed(tmp_path, images=10, timeout=0.6)
    assert sorted(image.image.number for image in seen) == [1, 2, 3, 5, 7, 8, 9]
    assert follow.ending == "nothing has come for 0.6 s"
    assert list(follow.missing().values()) == [[4, 10]]
    assert [Path(path).name for path in follow.damaged] == ["a_0006.cbf"]
    assert "cut short" in next(iter(follow.damaged.values()))


def test_a_first_image_cut_within_its_header_waits(tmp_path, images):
    path = tmp_path / "a_0001.cbf"
    path.write_bytes(images[0][:40])
    timer = threading.Timer(0.5, path.write_bytes, [images[0]])
    timer.start()
    follow, seen = followed(tmp_path, images=1, timeout=20)
    timer.join()
    assert [image.counts.n_spots for image in seen] == [1]
    assert follow.damaged == {}


def test_sweeps_in_one_folder_are_told_apart_and_rubbish_holds_up_nobody(tmp_path, images):
    (tmp_path / "a_0000.cbf").write_bytes(b"no image at all")
    for name, n in (("a_0001", 3), ("a_0003", 4), ("b_7", 5), ("b_8", 6)):
        (tmp_path / f"{name}.cbf").write_bytes(images[n - 1])
    follow, seen = followed(tmp_path, timeout=0.6)
    counts = {Path(image.image.path).name: image.counts.n_spots for image in seen}
    assert counts == {"a_0001.cbf": 3, "a_0003.cbf": 4, "b_7.cbf": 5, "b_8.cbf": 6}
    assert {Path(name).name: holes for name, holes in follow.missing().items()} == {"a_####.cbf": [2], "b_#.cbf": []}
    assert [Path(path).name for path in follow.damaged] == ["a_0000.cbf"]


@pytest.mark.parametrize(("polling", "sleeping"), [(0.0, 5.0), (0.4, 0.0), (3.0, 0.0)])
def test_an_image_that_comes_while_nobody_looks_is_seen_before_the_end(tmp_path, images, polling, sleeping):
    """A folder slow to list, or a process held up, is not silence of the beamline."""
    arrivals, now = FileArrivals(str(tmp_path)), 0.0
    (tmp_path / "a_0001.cbf").write_bytes(images[0])
    late = tmp_path / "a_0002.cbf"

    def poll():
        nonlocal now
        found = FileArrivals.poll(arrivals)
        now += polling
        return found

    def sleep(seconds):
        nonlocal now
        now += max(seconds, sleeping)
        if follow.seen and not late.exists():
            late.write_bytes(images[1])

    arrivals.changed, arrivals._clock, arrivals.poll = now, lambda: now, poll
    follow = Follow(arrivals, WatchParams(timeout=1.0), clock=lambda: now, sleep=sleep)
    assert [image.image.number for image in follow] == [1, 2]
    assert follow.ending == "nothing has come for 1 s"


def test_an_image_with_too_many_strong_pixels_is_told_and_passed_over(tmp_path, images):
    (tmp_path / "a_0001.cbf").write_bytes(images[4])
    follow = Follow(FileArrivals(str(tmp_path)), WatchParams(images=2, timeout=20))
    it = iter(follow)
    first = next(it)
    look = follow._looks[first.image.template]
    look._params = look._params.changed(max_strong_pixel_fraction=1e-6)
    (tmp_path / "a_0002.cbf").write_bytes(images[5])
    second = next(it)
    assert first.counts.n_spots == 5
    assert second.counts is None
    assert "raise sigma_strong" in second.error


def test_a_camera_with_noise_about_zero_is_searched_by_what_suits_it(tmp_path, write_cbf):
    noise = np.rint(np.random.default_rng(1).normal(0, 4, SHAPE)).astype(np.int32)
    change = {"Beam_xy": "(60, 60)", "Detector_distance": "0.06"}
    write_cbf(tmp_path / "a_0001.cbf", picture(12) - 2 + noise, **change)
    (seen,) = Follow(FileArrivals(str(tmp_path)), WatchParams(images=1, timeout=20))
    assert seen.counts.n_spots == 12


def gnomon(*argv, cwd):
    return subprocess.Popen(
        [sys.executable, "-m", "gnomon", *argv], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_command_tells_a_table_and_json_lines(tmp_path, images):
    data = tmp_path / "data"
    data.mkdir()
    for n in (1, 2, 4):
        (data / f"a_{n:04d}.cbf").write_bytes(images[9 + n])
    run = gnomon("watch", "data", "images=4", "timeout=0.5", "output.json=live.jsonl", cwd=tmp_path)
    out, err = run.communicate(timeout=100)
    assert (run.returncode, err) == (0, "")
    assert out.splitlines()[0].split() == ["image", "spots", "outside", "ice", "intensity", "d_min/Å"]
    assert [line.split()[:2] for line in out.splitlines()[1:4]] == [["1", "11"], ["2", "12"], ["4", "14"]]
    assert "ended: nothing has come for 0.5 s" in out
    assert "never came: 1 of a_####.cbf: 3" in out
    *lines, end = (json.loads(line) for line in (tmp_path / "live.jsonl").read_text().splitlines())
    lines = [line for line in lines if "image" in line]  # what is made of images is told between them
    assert [(line["image"], line["n_spots"]) for line in lines] == [(1, 11), (2, 12), (4, 14)]
    assert end["missing"] == {str(data / "a_####.cbf"): [3]}


def test_the_table_names_the_image_where_another_sweep_goes_on(tmp_path, images):
    for name, n in (("a_1", 3), ("a_2", 4), ("b_1", 5)):
        (tmp_path / f"{name}.cbf").write_bytes(images[n - 1])
    out, _ = gnomon("watch", ".", "timeout=0.5", cwd=tmp_path).communicate(timeout=100)
    assert [line.split()[0] for line in out.splitlines()[1:5]] == ["1", "2", "b_1.cbf:", "1"]


def test_ctrl_c_ends_with_what_was_seen(tmp_path, images):
    (tmp_path / "a_0001.cbf").write_bytes(images[11])
    run = gnomon("watch", ".", "timeout=none", "--json", cwd=tmp_path)
    first = json.loads(run.stdout.readline())
    assert first["n_spots"] == 12
    os.kill(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=100)
    assert (run.returncode, err) == (0, "")
    assert json.loads(out.splitlines()[-1])["end"] == "interrupted"


@pytest.mark.parametrize(("words", "code"), [((), 2), (("./a", "./b"), 2), (("a", "b"), 2), (("./nowhere",), 1)])
def test_bad_input_is_one_line(tmp_path, words, code):
    run = gnomon("watch", *words, cwd=tmp_path)
    err = run.communicate(timeout=100)[1]
    assert run.returncode == code
    assert len(err.splitlines()) == 1
    assert "folder" in err


@pytest.mark.slow
def test_a_megapixel_at_20_hz_is_kept_up_with(tmp_path):
    image = np.random.default_rng(1).poisson(3.0, (1043, 981)).astype(np.int32)
    data = minicbf(image, HEADER, "a")
    (tmp_path / "warm_1.cbf").write_bytes(data)
    followed(tmp_path, images=1)  # what compiles is compiled
    folder = tmp_path / "data"
    folder.mkdir()
    thread = write_at(folder, [data] * 200, 20)
    seen = followed(folder, workers=2, images=200, timeout=30)[1]
    thread.join()
    assert sorted(image.image.number for image in seen) == list(range(1, 201))
    assert np.median([image.behind for image in seen]) < 0.5
    assert np.median([image.behind for image in seen[-50:]]) < 0.5  # no queue grows
