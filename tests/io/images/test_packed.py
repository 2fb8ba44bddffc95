"""Fetching ahead: in order, no more than asked for, errors where they belong; buffers that are kept."""

import threading

import numpy as np
import pytest

from gnomon.distribute.workers import Workers, ahead
from gnomon.errors import InputError
from gnomon.io.images.buffers import Buffers
from gnomon.io.images.packed import PackedImages


class Files:
    """A reader whose images are their numbers; image 7 is missing."""

    def __init__(self):
        self.fetched, self.threads = [], set()

    def read(self, number):
        raise AssertionError("it can be fetched")

    def fetch(self, number):
        self.fetched.append(number)
        self.threads.add(threading.get_ident())
        if number == 7:
            raise InputError("image 7 is missing")
        return number

    def unpack(self, packed, buffers):
        pixels = buffers.take("pixels", (2, 3), np.int32)
        pixels[:] = packed
        return (pixels,)


def test_images_come_in_order_and_only_those_of_the_scan():
    files = Files()
    images = PackedImages(files)
    seen = list(Workers(3).map(lambda packed: int(images.pixels(packed)[0].sum()), images.fetched([2, 3, 5, 6])))
    assert seen == [12, 18, 30, 36]
    assert files.fetched == [2, 3, 5, 6]
    assert len(files.threads) == 1
    assert threading.get_ident() not in files.threads


@pytest.mark.parametrize("workers", [1, 2])
def test_an_image_that_is_missing_is_told_in_its_turn(workers):
    images, seen, numbers = PackedImages(Files()), [], range(5, 9)
    with pytest.raises(InputError, match="image 7 is missing"):
        seen.extend(Workers(workers).map(lambda packed: int(images.pixels(packed)[0][0, 0]), images.fetched(numbers)))
    assert seen == [5, 6]


def test_few_are_fetched_before_they_are_asked_for():
    made = []
    waiting = ahead(made.append, range(100), 2)
    next(waiting)()
    waiting.close()
    assert made in ([0], [0, 1], [0, 1, 2])


def test_a_reader_that_only_reads_will_do():
    class Plain:
        def read(self, number):
            return (np.full((1, 1), number),)

    images = PackedImages(Plain())
    assert [int(images.pixels(packed)[0][0, 0]) for packed in images.fetched([4, 9])] == [4, 9]


def test_buffers_are_kept_by_name_and_thread():
    buffers = Buffers()
    first = buffers.take("pixels", (4, 5), np.int32)
    assert np.shares_memory(first, buffers.take("pixels", (3, 4), np.int32))
    assert not np.shares_memory(first, buffers.take("planes", (4, 5), np.int32))
    assert not np.shares_memory(first, buffers.take("pixels", (4, 6), np.int32))
    others = []
    thread = threading.Thread(target=lambda: others.append(buffers.take("pixels", (4, 6), np.int32)))
    thread.start()
    thread.join()
    assert not np.shares_memory(others[0], buffers.take("pixels", (4, 6), np.int32))
