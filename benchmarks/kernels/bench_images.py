"""Kernels that see each image: unpacking, thresholds, components. One megapixel, 400 spots.

usage: python -m pytest benchmarks/kernels/bench_*.py --benchmark-columns=median,rounds
"""

import numpy as np

from gnomon.kernels.decode import unpack_byte_offset
from gnomon.kernels.dispersion import TOGETHER, find_dispersed
from gnomon.kernels.dispersion_low import find_dispersed_low, low_limits
from gnomon.kernels.encode import encode_byte_offset
from gnomon.kernels.label import label_pixels
from gnomon.kernels.shoebox import load_frame
from gnomon.kernels.threshold import find_strong
from gnomon.steps.find_spots.spots import Moments, Pixels

LOW, HIGH = np.int32(0), np.int32(1_000_000)


class Scratch:
    """What the threshold kernels take and write into, for windows of 7 x 7 pixels."""

    def __init__(self, image):
        ny, nx = image.shape
        self.image = image, np.ones(image.shape, bool), LOW, HIGH, 3, 3
        flags = np.zeros(-(-nx // TOGETHER) * TOGETHER, np.uint8)
        self.dispersed, self.index, self.value = np.empty((3, ny * nx), np.int32)
        self.out = flags, flags.view(np.uint64), self.dispersed
        wide = nx + 6
        self.low = np.empty((7, nx), np.uint8), np.empty(wide, np.uint32), np.empty(wide, np.int16)
        self.low += (np.empty(nx, np.uint32),)
        self.any = np.empty((7, nx), np.int32), np.empty((7, nx), np.uint8), np.empty((2, wide), np.int16)
        self.any += np.empty((2, wide), np.int32), np.empty((2, wide))
        self.rest = np.zeros(ny * nx, np.uint8), *np.empty((2, nx + 1), np.int64), self.index, self.value


def dispersed(s):
    return find_dispersed(*s.image, 2, 1.0, 6.0, *s.any, *s.out)


def dispersed_low(s):
    return find_dispersed_low(*s.image, 2, 1.0, 6.0, *map(np.int32, low_limits(49, 1.0, 6.0)), *s.low, *s.out)


def test_unpack_byte_offset(benchmark, image):
    packed, out = np.empty(8 * image.size, np.int8), np.empty(image.size, np.int32)
    n = encode_byte_offset(image.reshape(-1), packed)
    benchmark(unpack_byte_offset, packed[:n], out)
    assert (out == image.reshape(-1)).all()


def test_load_frame(benchmark, image):
    row = np.empty(image.size, np.int32)
    benchmark(load_frame, image, np.ones(image.shape, bool), LOW, HIGH, row)
    assert (row == image.reshape(-1)).all()


def test_find_dispersed(benchmark, image):
    assert benchmark(dispersed, Scratch(image)) > 400


def test_find_dispersed_low(benchmark, image):
    s = Scratch(image)
    assert benchmark(dispersed_low, s) == dispersed(s)


def test_find_strong(benchmark, image):
    s = Scratch(image)
    args = *s.image, 1.0, 3.0, 0, 2, s.dispersed
    assert benchmark.pedantic(find_strong, setup=lambda: ((*args, dispersed(s), *s.rest), {}), rounds=20) > 400


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
