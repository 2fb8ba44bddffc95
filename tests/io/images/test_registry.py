"""The door to pixels."""

from __future__ import annotations

import bz2
import gzip
import lzma
from concurrent.futures import ThreadPoolExecutor

import h5py
import numpy as np
import pytest

from gnomon.errors import InputError
from gnomon.io.images import registry
from gnomon.io.images.registry import format_of, open_images
from gnomon.models.imageset import ImageSet


def test_images_are_read_by_number_from_many_threads(tmp_path, pixels, write_cbf):
    for number in range(3, 9):
        write_cbf(tmp_path / f"a_{number:04d}.cbf", pixels + number)
    reader = open_images(ImageSet(template=str(tmp_path / "a_####.cbf")))
    numbers = [3, 8, 5, 4, 7, 6] * 3
    with ThreadPoolExecutor(4) as pool:
        for number, (image,) in zip(numbers, pool.map(reader.read, numbers)):
            np.testing.assert_array_equal(image, pixels + number)


def test_a_missing_image_is_named(tmp_path, pixels, write_cbf):
    write_cbf(tmp_path / "a_0001.cbf", pixels)
    reader = open_images(ImageSet(template=str(tmp_path / "a_####.cbf")))
    with pytest.raises(InputError, match=r"a_0002\.cbf: there is no such image"):
        reader.read(2)


def test_images_that_went_away_are_one_clear_line(tmp_path):
    with pytest.raises(InputError, match="no such images"):
        open_images(ImageSet(template=str(tmp_path / "gone_####.cbf")))


def test_an_image_of_another_size_is_refused(tmp_path, pixels, write_cbf):
    write_cbf(tmp_path / "a_0001.cbf", pixels)
    write_cbf(tmp_path / "a_0002.cbf", pixels[:10])
    with pytest.raises(InputError, match="30x10 pixels where the first image has 30x20"):
        open_images(ImageSet(template=str(tmp_path / "a_####.cbf"))).read(2)


@pytest.mark.parametrize("content", [b"", b"just a text", b"###CBF but nothing more"])
def test_other_files_are_refused_by_what_they_begin_with(tmp_path, content):
    path = tmp_path / "notes.cbf"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not an image gnomon can read"):
        format_of(str(path))


def test_an_unknown_file_is_told_what_was_tried_and_what_to_do(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(b"hello\n")
    with pytest.raises(
        InputError, match=r"starts with b'hello.*; tried: CBF.*Bruker.*TIFF.*; convert it to CBF"
    ) as told:
        format_of(str(path))
    assert str(told.value).count("\n") == 0


@pytest.mark.parametrize(("pack", "ending"), [(gzip.compress, ".gz"), (bz2.compress, ".bz2"), (lzma.compress, ".xz")])
def test_a_compressed_file_without_its_ending_is_told_so(tmp_path, pack, ending):
    path = tmp_path / "a_0001.cbf"
    path.write_bytes(pack(b"###CBF"))
    with pytest.raises(InputError, match=rf"rename it to end in \{ending}"):
        format_of(str(path))


class _Noted:
    """A format of another package: files that begin with NOTED."""

    name = "noted"
    suffixes = (".noted",)

    def understands(self, path, head):
        return b"NOTED" in head


@pytest.mark.parametrize(("name", "head"), [("a_0001.noted", b"NOTED"), ("a_0001.cbf", b"###CBF: NOTED")])
def test_a_format_of_a_package_is_asked_before_those_of_gnomon(name, head, tmp_path, monkeypatch):
    found = _Noted()
    monkeypatch.setattr(registry, "plugins", lambda group: {"noted": found} if group == "gnomon.image_formats" else {})
    path = tmp_path / name
    path.write_bytes(head)
    assert format_of(str(path)) is found
    assert registry.looks_like_image(str(path))


@pytest.mark.real
def test_real_pixels_have_the_known_sum(shared):
    reader = open_images(ImageSet(template=str(shared / "l_cysteine" / "l-cyst_01_#####.cbf.gz")))
    (image,) = reader.read(1)
    assert image.shape == (1679, 1475)
    counts = {value: int((image == value).sum()) for value in (-2, -1, 0, 1, 6)}
    assert counts == {-2: 267, -1: 197365, 0: 2226589, 1: 51383, 6: 1}  # as dxtbx 3.12 decodes it


@pytest.mark.real
def test_a_barrel_of_24_banks_is_cut_into_panels(shared):
    with gzip.open(shared / "image_examples" / "DLS_I23_P12M_thau_00001.cbf.gz") as file:
        assert b"120-0100" in file.read(4096)
    template = shared / "image_examples" / "DLS_I23_P12M_thau_#####.cbf.gz"
    images = open_images(ImageSet(template=str(template))).read(1)
    assert [image.shape for image in images] == [(195, 2463)] * 24
    assert all((image[:, 487:494] == -1).all() for image in images)  # gaps between the modules of a bank


def test_a_data_file_of_hdf5_asks_for_its_master(tmp_path):
    path = tmp_path / "x_data_000001.h5"
    with h5py.File(path, "w") as file:
        file["entry/data/data"] = np.zeros((1, 2, 2), np.uint32)
    with pytest.raises(InputError, match=r"x_data_000001.*give its master \(_master.h5, .nxs\)"):
        format_of(str(path))
