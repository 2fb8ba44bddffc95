"""Images that turn up: what is given, when, and how often."""

from pathlib import Path

import pytest

from gnomon.errors import InputError
from gnomon.io.images.arrivals import FileArrivals
from gnomon.io.images.templates import files_of_words


class Clock:
    """Time that passes when told."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def numbers(arrivals):
    return [image.number for image in arrivals.poll()]


def test_a_file_is_given_once_it_stands_still_and_only_once(tmp_path, clock):
    arrivals = FileArrivals(str(tmp_path), clock)
    path = tmp_path / "a_0007.cbf"
    path.write_bytes(b"x")
    assert numbers(arrivals) == []  # seen for the first time
    path.write_bytes(b"xy")
    clock.now = 5.0
    assert numbers(arrivals) == []  # grown
    assert arrivals.changed == 5.0
    assert arrivals.waiting == [str(path)]
    image = arrivals.poll()[0]
    assert (image.template, image.number, image.path) == (str(tmp_path / "a_####.cbf"), 7, str(path))
    assert image.written == pytest.approx(path.stat().st_mtime)
    assert numbers(arrivals) == []
    assert arrivals.waiting == []


def test_an_empty_or_vanished_file_is_not_given(tmp_path, clock):
    arrivals = FileArrivals(str(tmp_path), clock)
    for name in ("a_1.cbf", "a_2.cbf"):
        (tmp_path / name).touch()
    assert numbers(arrivals) == numbers(arrivals) == []
    (tmp_path / "a_2.cbf").unlink()
    (tmp_path / "a_1.cbf").write_bytes(b"x")
    assert [numbers(arrivals) for _ in range(3)] == [[], [1], []]


def test_what_is_put_back_comes_again_after_a_growing_delay(tmp_path, clock):
    arrivals = FileArrivals(str(tmp_path), clock)
    (tmp_path / "a_1.cbf").write_bytes(b"x")
    arrivals.poll()
    image = arrivals.poll()[0]
    delays = []
    for _ in range(7):
        arrivals.put_back(image)
        start = clock.now
        while not arrivals.poll():
            clock.now += 0.05
        delays.append(round(clock.now - start, 3))
    assert delays == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0], abs=0.051)


def test_numbers_come_in_order_and_may_outgrow_their_width(tmp_path, clock):
    for n in (9, 10, 100, 8):
        (tmp_path / f"a_{n}.cbf").write_bytes(b"x")
    arrivals = FileArrivals(str(tmp_path), clock)
    arrivals.poll()
    assert [(i.number, Path(i.template).name) for i in arrivals.poll()] == [(n, "a_#.cbf") for n in (8, 9, 10, 100)]


@pytest.mark.parametrize("where", ["a_##.cbf", "a_01.cbf", "a_99.cbf"])
def test_a_template_or_one_of_its_images_means_that_template_alone(tmp_path, clock, where):
    for name in ("a_01.cbf", "a_02.cbf", "b_01.cbf", "a_03.cbf.gz", "a_01.txt", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    arrivals = FileArrivals(str(tmp_path / where), clock)
    arrivals.poll()
    assert numbers(arrivals) == [1, 2]


def test_a_template_means_what_it_means_to_import(tmp_path, clock):
    for name in ("l_01_00001.cbf", "l_02_00001.cbf", "l_02_100000.cbf", "l_02_000007.cbf", "l_x_00001.cbf"):
        (tmp_path / name).write_bytes(b"x")
    arrivals = FileArrivals(str(tmp_path / "l_##_#####.cbf"), clock)
    arrivals.poll()
    meant = ["l_01_00001.cbf", "l_02_00001.cbf", "l_02_100000.cbf"]
    assert [Path(i.path).name for i in arrivals.poll()] == meant
    assert [Path(path).name for path in files_of_words([str(tmp_path / "l_##_#####.cbf")])] == meant


def test_a_folder_means_all_its_images(tmp_path, clock):
    for name in ("a_01.cbf", "b_01.cbf.gz", ".a_02.cbf", "a_03.cbf.part", "notes.txt", "one.cbf", "c_1.h5"):
        (tmp_path / name).write_bytes(b"x")
    arrivals = FileArrivals(str(tmp_path), clock)
    arrivals.poll()
    assert [Path(i.path).name for i in arrivals.poll()] == ["a_01.cbf", "b_01.cbf.gz", "one.cbf"]


@pytest.mark.parametrize("where", ["nowhere/a_##.cbf", "nothing", "nothing.txt"])
def test_a_place_that_is_not_there_is_one_clear_line(tmp_path, where):
    with pytest.raises(InputError, match=r"there is no (such )?folder"):
        FileArrivals(str(tmp_path / where))


def test_a_folder_taken_away_is_one_clear_line(tmp_path, clock):
    folder = tmp_path / "data"
    folder.mkdir()
    arrivals = FileArrivals(str(folder), clock)
    folder.rmdir()
    with pytest.raises(InputError, match="cannot be listed"):
        arrivals.poll()
