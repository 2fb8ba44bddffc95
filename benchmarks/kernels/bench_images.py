"""Kernels that see each image: unpacking, thresholds, components. One megapixel, 400 spots.

usage: python -m pytest benchmarks/kernels/bench_*.py --benchmark-columns=median,rounds
"""

import numpy as np

from gnomon.kernels.decode import unpack_byte_offset
from gnomon.kernels.dispersion import Frame, Window
from gnomon.kernels.dispersion_bounds import low_limits
from gnomon.kernels.encode import encode_byte_offset
from gnomon.kernels.label import label_pixels
from gnomon.kernels.shoebox import load_frame
from gnomon.kernels.threshold import Background, find_strong, scratch_for
from gnomon.steps.find_spots.spots import Moments, Pixels

LOW, HIGH = np.int32(0), np.int32(1_000_000)


def strong(image, limits):
    """What finds the strong pixels of an image."""
    frame = Frame(image, np.ones(image.shape, bool), LOW, HIGH)
    window, background = Window(3, 3, 2, 2, 2, 1.0, 6.0), Background(5, 5, False, 1.0, 3.0, 0)
    out = scratch_for(image.shape, window, background), *np.empty((2, image.size), np.int32)
    return lambda: find_strong(frame, window, background, tuple(map(np.int32, limits)), *out)


def test_unpack_byte_offset(benchmark, image):
    packed, out = np.empty(8 * image.size, np.int8), np.empty(image.size, np.int32)
    n = encode_byte_offset(image.reshape(-1), packed)
    benchmark(unpack_byte_offset, packed[:n], out)
    assert (out == image.reshape(-1)).all()


def test_load_frame(benchmark, image):
    row = np.empty(image.size, np.int32)
    benchmark(load_frame, image, np.ones(image.shape, bool), LOW, HIGH, row)
    assert (row == image.reshape(-1)).all()


def test_find_strong(benchmark, image):
    assert benchmark(strong(image, (0, 0, 0))) > 400


def test_find_strong_among_low_counts(benchmark, image):
    assert benchmark(strong(image, low_limits(49, 1.0, 6.0))) > 400


def pixels(image):
    """Strong pixels of ten images that are alike: panel, z, y, x, value."""
    y, x = (np.tile(axis.astype(np.int32), 10) for axis in np.nonzero(image > 15))
    z = np.repeat(np.arange(10, dtype=np.int32), len(y) // 10)
    return np.zeros_like(z), z, y, x, image[y, x]


def labelled(z, y, x, nx, ny):
    key = ((z.astype(np.int64) + 1) * (ny + 1) + y) * (nx + 1) + x
    joined = np.arange(len(x), dtype=np.int32)
    first, parent, label = (np.empty(len(x) + more, np.int32) for more in (1, 0, 0))
    return label, label_pixels(key, nx + 1, (nx + 1) * (ny + 1), 1, joined, first, parent, label)


def test_label_pixels(benchmark, image):
    _, z, y, x, _ = pixels(image)
    _, count = benchmark(labelled, z, y, x, image.shape[1], image.shape[0])
    assert 300 < count <= 400


def test_measure_spots(benchmark, image):
    strong = Pixels(*pixels(image))
    label, count = labelled(strong.z, strong.y, strong.x, image.shape[1], image.shape[0])
    assert benchmark(Moments.of, strong, label, count).size.sum() == len(label)
