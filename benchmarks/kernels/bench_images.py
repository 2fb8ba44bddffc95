"""Kernels that see each image: unpacking, thresholds, components. One megapixel, 400 spots.

usage: python -m pytest benchmarks/kernels/bench_*.py --benchmark-columns=median,rounds
"""

import numpy as np

from gnomon.kernels.decode import unpack_byte_offset
from gnomon.kernels.encode import encode_byte_offset
from gnomon.kernels.label import label_pixels
from gnomon.kernels.shoebox import load_frame
from gnomon.kernels.threshold import BLOCK, CORE, mark_cores, mark_signal, select_strong
from gnomon.steps.find_spots.spots import Moments, Pixels

LOW, HIGH = np.int32(0), np.int32(1_000_000)


class Scratch:
    """What the threshold kernels write into, for windows of 7 x 7 pixels."""

    def __init__(self, shape):
        ny, nx = shape
        self.mask = np.ones(shape, bool)
        self.state, self.marked = np.empty(shape, np.uint8), np.empty(ny, np.int64)
        self.ring, self.rows = np.empty((7, nx), np.int32), np.empty((6, nx), np.uint8)
        self.sums, self.squares = np.empty((2, nx + 6), np.int32), np.empty((2, nx + 6))
        self.number = np.empty((2, nx + 10 + BLOCK), np.int16)
        self.totals = np.empty(self.number.shape, np.int64)
        self.index, self.value = np.empty(ny * nx, np.int32), np.empty(ny * nx, np.int32)


def signal(image, s):
    given = image, s.mask, LOW, HIGH, 3, 3, 2, 1.0, 6.0
    mark_signal(*given, s.state, s.ring, s.number, s.sums, s.squares, s.marked)


def strong(image, s):
    return select_strong(image, s.state, s.marked, CORE, 5, 5, 1.0, 3.0, 0, s.number, s.totals, s.index, s.value)


def test_unpack_byte_offset(benchmark, image):
    packed, out = np.empty(8 * image.size, np.int8), np.empty(image.size, np.int32)
    n = encode_byte_offset(image.reshape(-1), packed)
    benchmark(unpack_byte_offset, packed[:n], out)
    assert (out == image.reshape(-1)).all()


def test_load_frame(benchmark, image):
    row = np.empty(image.size, np.int32)
    benchmark(load_frame, image, np.ones(image.shape, bool), LOW, HIGH, row)
    assert (row == image.reshape(-1)).all()


def test_mark_signal(benchmark, image):
    s = Scratch(image.shape)
    benchmark(signal, image, s)
    assert s.marked.sum() > 400


def test_mark_cores(benchmark, image):
    s = Scratch(image.shape)
    benchmark.pedantic(mark_cores, setup=lambda: signal(image, s), args=(s.state, s.marked, 2, 2, s.rows), rounds=20)
    assert s.marked.sum() > 400


def test_select_strong(benchmark, image):
    s = Scratch(image.shape)
    signal(image, s)
    mark_cores(s.state, s.marked, 2, 2, s.rows)
    assert benchmark(strong, image, s) > 400


def pixels(image):
    """Strong pixels of ten images that are alike: panel, z, y, x, value."""
    y, x = (np.tile(axis.astype(np.int32), 10) for axis in np.nonzero(image > 15))
    z = np.repeat(np.arange(10, dtype=np.int32), len(y) // 10)
    return np.zeros_like(z), z, y, x, image[y, x]


def labelled(z, y, x, nx, ny):
    key = ((z.astype(np.int64) + 1) * (ny + 1) + y) * (nx + 1) + x
    parent, label = np.arange(len(x), dtype=np.int32), np.empty(len(x), np.int32)
    return label, label_pixels(key, nx + 1, (nx + 1) * (ny + 1), parent, label)


def test_label_pixels(benchmark, image):
    _, z, y, x, _ = pixels(image)
    _, count = benchmark(labelled, z, y, x, image.shape[1], image.shape[0])
    assert 300 < count <= 400


def test_measure_spots(benchmark, image):
    strong = Pixels(*pixels(image))
    label, count = labelled(strong.z, strong.y, strong.x, image.shape[1], image.shape[0])
    assert benchmark(Moments.of, strong, label, count).size.sum() == len(label)
