"""Small files that announce, or unpack to, more than the memory has: one line, and little memory."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from pathlib import Path

import forked
import gemmi
import h5py
import msgpack
import numpy as np
import pytest
import zstandard
from hdf5_collection import told

from gnomon.errors import InputError
from gnomon.io.images.hdf5.write_header import write_nxmx
from gnomon.io.images.masks import read_mask
from gnomon.io.mtz_file import read_mtz
from gnomon.io.refl_shoeboxes import unpack_shoeboxes
from gnomon.models.detector import Detector, Panel

BOMB = 700_000_000  # bytes
SMALL = 420.0  # MB beyond what this process has


def refused(folder: Path, *words: str) -> str:
    """The one line that a command ends with, in little memory."""
    before = forked.run(["--version"], folder)
    outcome = forked.run(words, folder, wall=100)
    assert outcome.status == 1, outcome
    assert len(outcome.err.splitlines()) == 1, outcome.err
    assert "internal error" not in outcome.err
    assert outcome.megabytes - before.megabytes < SMALL
    return outcome.err


def zeros(path: Path, compressor) -> None:
    """A file of as many zeros, behind what is packed already."""
    piece = bytes(10_000_000)
    with path.open("ab") as file:
        for _ in range(BOMB // len(piece)):
            file.write(compressor.compress(piece))
        file.write(compressor.flush())


COMPRESSORS = {
    ".gz": lambda: zlib.compressobj(1, wbits=31),
    ".bz2": lambda: bz2.BZ2Compressor(1),
    ".xz": lambda: lzma.LZMACompressor(preset=0),
    ".zst": lambda: zstandard.ZstdCompressor(1).compressobj(),
}


@pytest.mark.parametrize(
    "suffix", [".gz", ".zst", pytest.param(".xz", marks=pytest.mark.slow), pytest.param(".bz2", marks=pytest.mark.slow)]
)
def test_an_image_unpacks_to_no_more_than_its_header_says(tmp_path, write_cbf, suffix):
    head = write_cbf(tmp_path / "a.cbf", np.zeros((40, 40), np.int32)).read_bytes()
    compressor = COMPRESSORS[suffix]()
    path = tmp_path / f"a_0001.cbf{suffix}"
    path.write_bytes(compressor.compress(head))
    zeros(path, compressor)
    assert "unpacks to more than" in refused(tmp_path, "import", path.name)


def test_a_table_unpacks_to_no_more_than_tables_hold(tmp_path):
    path = tmp_path / "a.refl.gz"
    compressor = COMPRESSORS[".gz"]()
    path.write_bytes(compressor.compress(b"\x93\xbbdials::af::reflection_table\x01"))
    zeros(path, compressor)
    path.rename(tmp_path / "a.refl")
    assert "unpacks to more than 400 MB" in refused(tmp_path, "show", "a.refl")


def nexus(path: Path, data) -> None:
    with h5py.File(path, "w") as file:
        write_nxmx(file, told((100, 131), 1))
        data(file["entry/data"] if "data" in file["entry"] else file["entry"].create_group("data"))


@pytest.mark.parametrize("filters", [{}, {"shuffle": True}, {"fletcher32": True}])
def test_a_chunk_unpacks_to_no_more_than_its_pixels(tmp_path, filters):
    """Of deflate alone, which is unpacked here, and of pipelines that HDF5 unpacks."""

    def data(group):
        made = group.create_dataset("data", (1, 100, 131), "u2", chunks=(1, 100, 131), compression="gzip", **filters)
        packer, packed = zlib.compressobj(1), b""
        for _ in range(BOMB // 10_000_000):
            packed += packer.compress(bytes(10_000_000))
        made.id.write_direct_chunk((0, 0, 0), packed + packer.flush() + bytes(4 if "fletcher32" in filters else 0))

    nexus(tmp_path / "a.nxs", data)
    said = refused(tmp_path, "import", "a.nxs")
    assert "a.nxs" in said


@pytest.mark.parametrize("shape", [(2**40, 100, 131), (1, 2**20, 2**20), (10**9, 10, 10)])
def test_images_that_are_announced_are_not_believed(tmp_path, shape):
    nexus(tmp_path / "a.nxs", lambda group: group.create_dataset("data", shape, "u2", chunks=(1, 10, 10)))
    assert "announces" in refused(tmp_path, "import", "a.nxs")


def test_an_mtz_holds_what_it_announces(tmp_path):
    import gemmi

    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup, mtz.cell = gemmi.SpaceGroup("P 1"), gemmi.UnitCell(10, 10, 10, 90, 90, 90)
    mtz.set_data(np.zeros((5, 3), np.float32))
    data = mtz.write_to_bytes()
    (tmp_path / "a.mtz").write_bytes(data)
    assert read_mtz(tmp_path / "a.mtz").nreflections == 5
    at = data.index(b"NCOL")
    (tmp_path / "a.mtz").write_bytes(data[:at] + b"NCOL        3   1000000000        0".ljust(80) + data[at + 80 :])
    with pytest.raises(InputError, match="announces 1000000000 reflections in 3 columns, and is shorter"):
        read_mtz(tmp_path / "a.mtz")


def test_a_mask_unpacks_to_no_more_than_the_detector_has(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", panel_0=np.zeros((20_000, 20_000), bool))
    detector = Detector((Panel(np.eye(3)[0], -np.eye(3)[1], np.array([0, 0, -100.0]), (100, 100), (0.1, 0.1)),))
    with pytest.raises(InputError, match="unpacks to 4000"):
        read_mask(str(tmp_path / "a.npz"), detector)


def test_rows_that_a_table_announces_are_not_believed(tmp_path):
    table = {"identifiers": {}, "nrows": 2**40, "data": {"d": ["double", [2**40, b""]]}}
    (tmp_path / "a.refl").write_bytes(msgpack.packb(["dials::af::reflection_table", 1, table]))
    assert "cut or broken" in refused(tmp_path, "show", "a.refl")


def test_many_members_are_one_file(tmp_path, write_cbf):
    """As bgzip writes them; they are not taken apart over and over."""
    content = write_cbf(tmp_path / "a.cbf", np.arange(1600, dtype=np.int32).reshape(40, 40)).read_bytes()
    from gnomon.io.images.compressed import read_bytes

    parts = [content[i : i + 7] for i in range(0, len(content), 7)]
    (tmp_path / "b.cbf.gz").write_bytes(b"".join(map(gzip.compress, parts)))
    assert read_bytes(str(tmp_path / "b.cbf.gz")) == content
    (tmp_path / "b.cbf.zst").write_bytes(b"".join(map(zstandard.ZstdCompressor().compress, parts)))
    assert read_bytes(str(tmp_path / "b.cbf.zst")) == content


def test_shoeboxes_are_counted_before_there_is_room_made_for_them():
    with pytest.raises(ValueError, match="1099511627776 shoeboxes in 100 bytes"):
        unpack_shoeboxes(bytes(100), 2**40)


def test_a_label_of_an_mtz_that_is_no_text_is_one_line(tmp_path):
    mtz = gemmi.Mtz(with_base=True)
    mtz.set_cell_for_all(gemmi.UnitCell(40, 50, 60, 90, 90, 90))
    mtz.spacegroup = gemmi.SpaceGroup("P 21 21 21")
    mtz.add_dataset("native")
    mtz.add_column("IMEAN", "J")
    mtz.set_data(np.array([[1, 2, 3, 4.0]], np.float32))
    path = tmp_path / "odd.mtz"
    mtz.write_to_file(str(path))
    path.write_bytes(path.read_bytes().replace(b"IMEAN", b"I\x91EAN"))
    with pytest.raises(InputError, match="cannot be read as MTZ"):
        read_mtz(path)
