"""Compressed images of every kind: read alike, and one clear line where they are damaged."""

from __future__ import annotations

import bz2
import gzip
import lzma

import numpy as np
import pytest
import zstandard
from image_files import counts, made
from image_fuzz import survives

from gnomon.errors import InputError
from gnomon.io.images.compressed import read_bytes, read_head
from gnomon.io.images.registry import format_of, looks_like_image, open_images
from gnomon.models.imageset import ImageSet

PACK = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.compress}


@pytest.mark.parametrize("suffix", PACK)
def test_images_are_read_through_any_compression(tmp_path, suffix):
    name, data = made("adsc")
    path = tmp_path / f"{name}{suffix}"
    path.write_bytes(PACK[suffix](data))
    assert looks_like_image(str(path))
    np.testing.assert_array_equal(open_images(ImageSet(paths=(str(path),))).read(1)[0], counts())
    assert format_of(str(path)).read_frame(str(path)).beam.wavelength == 0.9795


@pytest.mark.parametrize("suffix", PACK)
def test_a_file_that_ends_early_is_refused(tmp_path, suffix):
    path = tmp_path / f"a_1.img{suffix}"
    packed = PACK[suffix](made("adsc")[1])
    path.write_bytes(packed[: len(packed) // 2])
    with pytest.raises(InputError, match="damaged or cut short"):
        read_bytes(str(path))


def test_zstandard_files_of_several_frames(tmp_path):
    path = tmp_path / "a.zst"
    path.write_bytes(zstandard.compress(b"one ") + zstandard.compress(b"two"))
    assert read_bytes(str(path)) == b"one two"
    path.write_bytes(b"no zstandard")
    with pytest.raises(InputError, match="cannot be read"):
        read_head(str(path))


@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("suffix", PACK)
def test_damaged_compressed_files(tmp_path, suffix, count):
    name, data = made("adsc")
    packed = PACK[suffix](data)
    survives(tmp_path / f"{name}{suffix}", packed, count, len(packed))
