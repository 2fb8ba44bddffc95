"""Every packing, depth and layout gives the pixels that went in, from many threads; damage is told in a line."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.images.hdf5.write import COMPRESSIONS, LAYOUTS, Layout, filters
from gnomon.io.images.registry import format_of, open_images
from gnomon.models.imageset import ImageSet
from gnomon.steps.import_.params import ImportParams
from gnomon.steps.import_.step import import_images


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


def test_a_still_counts_in_its_set_and_a_sweep_in_its_file(record, counts):
    path = record()
    (image,) = open_images(ImageSet("ImageSet", paths=(path,), indices=(4,))).read(1)
    np.testing.assert_array_equal(image, counts[4])
    sweep = open_images(ImageSet(template=path, indices=(2, 3)))
    np.testing.assert_array_equal(sweep.read(3)[0], counts[2])
    for number in (0, 1, 5, 99):
        with pytest.raises(InputError, match=f"has no image {number}"):
            sweep.read(number)


def data_file(path, i):
    return Path(path).with_name(f"a_data_{i:06d}.h5")


@pytest.mark.parametrize("files", ["links", "virtual"])
def test_only_images_whose_files_are_there_are_imported_and_others_fail_when_read(record, counts, files):
    path = record(layout=Layout(32, "bslz4", files, 3))
    data_file(path, 2).unlink()
    stack = format_of(path).read_stack(path)
    assert stack.numbers == (1, 2, 3, 7)
    assert "4 of 7 images are there" in stack.notes[0]
    assert "a_data_000002.h5: there is no such file" in stack.notes[0]
    reader = open_images(ImageSet(template=path))
    np.testing.assert_array_equal([reader.read(n)[0] for n in (1, 3, 7)], counts[[0, 2, 6]])
    with pytest.raises(InputError, match=r"a_data_000002\.h5: there is no such file"):
        reader.read(4)
    result = import_images([path], ImportParams())
    assert [e.scan.image_range for e in result.experiments] == [(1, 3), (7, 7)]
    assert [e.images.indices for e in result.experiments] == [(0, 1, 2), (6,)]


@pytest.mark.parametrize("files", ["links", "virtual"])
def test_a_master_without_any_data_gives_the_geometry(record, files):
    path = record(layout=Layout(32, "bslz4", files, 3))
    for i in (1, 2, 3):
        data_file(path, i).unlink()
    result = import_images([path], ImportParams())
    assert [e.scan.image_range for e in result.experiments] == [(1, 7)]
    note = format_of(path).read_stack(path).notes[0]
    assert note.startswith(f"only the geometry was read, for 7 images: {data_file(path, 1)}: there is no such file")


@pytest.mark.parametrize("files", LAYOUTS)
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_an_image_that_was_never_written_is_no_image_of_zeros(record, files, compression):
    path = record(layout=Layout(16, compression, files, 3), lost=(2, 5))
    stack = format_of(path).read_stack(path)
    assert stack.numbers == (1, 3, 4, 6, 7)
    reader = open_images(ImageSet(template=path))
    reader.read(1)
    for number in (2, 5):
        with pytest.raises(InputError, match=f"image {number} was never written"):
            reader.read(number)


def test_a_file_without_any_image_yet_gives_the_geometry(record):
    path = record(layout=Layout(16, "bslz4", "single"), lost=range(1, 8))
    (experiment,) = import_images([path], ImportParams()).experiments
    assert experiment.scan.image_range == (1, 7)


def test_a_virtual_data_set_of_every_other_frame(record, counts, tmp_path):
    path = record(layout=Layout(16, "bslz4", "single"))
    with h5py.File(path, "a") as file:
        file.move("entry/data/data", "entry/kept")
        whole = h5py.VirtualLayout((4, *counts.shape[1:]), "u2")
        whole[[0, 3]] = h5py.VirtualSource(".", "entry/kept", counts.shape)[1:3]
        whole[1:3] = h5py.VirtualSource(".", "entry/kept", counts.shape)[4::2]
        file.create_virtual_dataset("entry/data/data", whole)
    reader = open_images(ImageSet(template=path))
    np.testing.assert_array_equal([reader.read(n)[0] for n in (1, 2, 3, 4)], counts[[1, 4, 6, 2]])


@pytest.mark.parametrize("lost", [False, True])
def test_a_virtual_data_set_of_halves_of_images(record, counts, lost):
    path = record(layout=Layout(16, "bslz4", "single"))
    n, ny, nx = counts.shape
    with h5py.File(path, "a") as file:
        kept = file["entry/data/data"][:]
        del file["entry/data/data"]
        whole = h5py.VirtualLayout(kept.shape, "u2")
        for name, rows in (("upper", slice(0, 20)), ("lower", slice(20, ny))):
            with h5py.File(Path(path).with_name(f"{name}.h5"), "w") as half:
                data = half.create_dataset("data", kept[:, rows].shape, "u2", chunks=(1, 5, nx))
                data[: n - lost] = kept[: n - lost, rows]
            whole[:, rows] = h5py.VirtualSource(f"{name}.h5", "data", data_shape(kept, rows))
        file.create_virtual_dataset("entry/data/data", whole)
    reader = open_images(ImageSet(template=path))
    np.testing.assert_array_equal([reader.read(i)[0] for i in range(1, n)], counts[:-1])
    if lost:
        assert format_of(path).read_stack(path).numbers == (1, 2, 3, 4, 5, 6)
        with pytest.raises(InputError, match="image 7 was never written"):
            reader.read(7)
    Path(path).with_name("lower.h5").unlink()
    with pytest.raises(InputError, match=r"lower\.h5: there is no such file"):
        open_images(ImageSet(template=path)).read(1)


def data_shape(kept, rows):
    return kept[:, rows].shape


def test_a_master_or_data_file_cut_short_is_named(record):
    path = record()
    data = data_file(path, 1)
    data.write_bytes(data.read_bytes()[:3000])
    assert "a_data_000001.h5: cut short" in format_of(path).read_stack(path).notes[0]
    with pytest.raises(InputError, match=r"a_data_000001\.h5: cut short"):
        open_images(ImageSet(template=path)).read(1)
    Path(path).write_bytes(Path(path).read_bytes()[:3000])
    with pytest.raises(InputError, match=r"a_master\.h5: cut short"):
        format_of(path)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("chunk", [(1, 10, 50), (1, 16, 16), (4, 37, 50), (3, 5, 33)])
def test_chunks_that_are_no_whole_images(record, counts, compression, chunk):
    path = record(layout=Layout(16, "none", "single"))
    repack(path, np.uint16, chunk, compression)
    np.testing.assert_array_equal(all_images(path), counts)


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("dtype", ["i1", "i2", "i4"])
def test_pixels_with_a_sign(record, counts, compression, dtype):
    path = record(layout=Layout(32, "none", "single"))
    repack(path, dtype, (1, 37, 50), compression)
    np.testing.assert_array_equal(all_images(path), counts)


@pytest.mark.parametrize("more", [{"shuffle": True}, {"fletcher32": True}])
def test_filters_in_a_row(record, counts, more):
    path = record(layout=Layout(16, "none", "single"))
    repack(path, np.uint16, (1, 37, 50), "gzip", **more)
    np.testing.assert_array_equal(all_images(path), counts)


def test_bit_shuffled_pixels_that_nobody_writes_are_refused(record):
    path = record(layout=Layout(16, "none", "single"))
    repack(path, np.uint64, (1, 37, 50), "bslz4")
    with pytest.raises(InputError, match="repack it"):
        open_images(ImageSet(template=path)).read(1)


def repack(path, dtype, chunks, compression, **more):
    with h5py.File(path, "a") as file:
        pixels = file["entry/data/data"][:].astype(dtype)
        del file["entry/data/data"]
        file.create_dataset("entry/data/data", data=pixels, chunks=chunks, **filters(compression), **more)


def test_a_damaged_chunk_names_file_and_image(record):
    path = record(layout=Layout(32, "bslz4", "links", 3))
    data = Path(path).with_name("a_data_000002.h5")
    with h5py.File(data, "a") as file:
        file["entry/data/data"].id.write_direct_chunk((1, 0, 0), b"\0" * 40)
    reader = open_images(ImageSet(template=path))
    reader.read(4)
    with pytest.raises(InputError, match=r"a_data_000002\.h5: image 5: "):
        reader.read(5)
