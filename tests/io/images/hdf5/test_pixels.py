"""Every packing, depth and layout gives the pixels that went in, from many threads; damage is told in a line."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from gnomon.io.images.buffers import Buffers
from gnomon.io.images.hdf5 import chunks
from gnomon.io.images.hdf5.write import COMPRESSIONS, LAYOUTS, Layout
from gnomon.io.images.registry import format_of, open_images
from gnomon.models.imageset import ImageSet
from gnomon.step import InputError


def all_images(path, **fields):
    reader = open_images(ImageSet(template=path, **fields))
    with ThreadPoolExecutor(3) as pool:
        return np.array([panel for (panel,) in pool.map(reader.read, range(1, 8))])


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_packing(record, counts, compression, bits):
    np.testing.assert_array_equal(all_images(record(layout=Layout(bits, compression, "links", 3))), counts)


@pytest.mark.parametrize("files", LAYOUTS)
@pytest.mark.parametrize("kind", ["nxmx", "eiger"])
def test_every_layout(record, counts, kind, files):
    np.testing.assert_array_equal(all_images(record(kind, Layout(16, "bslz4", files, 3))), counts)


def test_hdf5_unpacks_where_the_library_is_not_there(record, counts, monkeypatch):
    monkeypatch.setattr(chunks, "find_spec", lambda name: None)
    np.testing.assert_array_equal(all_images(record()), counts)


def test_a_still_counts_in_its_set_and_a_sweep_in_its_file(record, counts):
    path = record()
    (image,) = open_images(ImageSet("ImageSet", paths=(path,), indices=(4,))).read(1)
    np.testing.assert_array_equal(image, counts[4])
    sweep = open_images(ImageSet(template=path, indices=(2, 3)))
    np.testing.assert_array_equal(sweep.read(3)[0], counts[2])
    for number in (0, 1, 5, 99):
        with pytest.raises(InputError, match=f"has no image {number}"):
            sweep.read(number)


@pytest.mark.parametrize("files", ["links", "virtual"])
def test_a_missing_data_file_leaves_the_geometry(record, files):
    path = record(layout=Layout(32, "bslz4", files, 3))
    Path(path).with_name("a_data_000002.h5").unlink()
    stack = format_of(path).read_stack(path)
    assert len(stack.frames) == 7
    assert "a_data_000002.h5: there is no such file" in stack.notes[0]
    with pytest.raises(InputError, match=r"a_data_000002\.h5: there is no such file"):
        open_images(ImageSet(template=path))


def test_a_master_or_data_file_cut_short_is_named(record):
    path = record()
    data = Path(path).with_name("a_data_000001.h5")
    data.write_bytes(data.read_bytes()[:3000])
    with pytest.raises(InputError, match=r"a_data_000001\.h5: cut short"):
        open_images(ImageSet(template=path))
    Path(path).write_bytes(Path(path).read_bytes()[:3000])
    with pytest.raises(InputError, match=r"a_master\.h5: cut short"):
        format_of(path)


@pytest.mark.parametrize("compression", ["bslz4", "bszstd", "lz4", "gzip"])
def test_damaged_chunks_are_told_and_never_crash(record, compression):
    path = record(layout=Layout(16, compression, "single", 7))
    whole = chunk_of(path)
    unpack = whole.pop("unpack")
    chunk, rng = whole["chunk"], np.random.default_rng(1)
    for length in range(0, len(chunk), 7):
        with pytest.raises(InputError, match="image 1: "):
            chunks.unpacked(unpack, chunk[:length], Buffers(), "image 1")
    for _ in range(300):
        broken = bytearray(chunk)
        broken[rng.integers(len(broken))] ^= 1 << rng.integers(8)
        with contextlib.suppress(InputError):
            assert chunks.unpacked(unpack, bytes(broken), Buffers(), "image 1").shape == (37, 50)


def chunk_of(path):
    import h5py

    with h5py.File(path) as file:
        data = file["entry/data/data"]
        unpack = chunks.unpacker_of(data)
        if unpack is None:
            pytest.skip("dectris-compression is not installed")
        return {"unpack": unpack, "chunk": data.id.read_direct_chunk((0, 0, 0))[1]}


def test_a_damaged_chunk_names_file_and_image(record):
    import h5py

    path = record(layout=Layout(32, "bslz4", "links", 3))
    data = Path(path).with_name("a_data_000002.h5")
    with h5py.File(data, "a") as file:
        file["entry/data/data"].id.write_direct_chunk((1, 0, 0), b"\0" * 40)
    reader = open_images(ImageSet(template=path))
    reader.read(4)
    with pytest.raises(InputError, match=r"a_data_000002\.h5: image 5: "):
        reader.read(5)
