"""Reflection tables on disk: ``.refl`` (MessagePack, optionally gzipped; HDF5 and pickles of DIALS 1 for reading)."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from gnomon.errors import InputError
from gnomon.io.atomic import atomic_path, write_whole
from gnomon.io.images.compressed import most_unpacked
from gnomon.io.plain_files import require_file
from gnomon.io.refl_shoeboxes import pack_shoeboxes, unpack_shoeboxes
from gnomon.models.columns import COLUMNS, TYPES, type_of
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import Shoeboxes

_WORD = "dials::af::reflection_table"
_BROKEN = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    struct.error,
    msgpack.UnpackException,
)
_KINDS = {"b": "truth", "i": "whole", "u": "whole", "f": "real"}
_MOST_IDENTIFIERS = 1_000_000
_STRING = np.dtype("V32")  # C++ string objects as they lay in memory: carried unopened


def read_reflections(path: str | os.PathLike[str], shoeboxes: bool = True) -> Reflections:
    """The table of a ``.refl`` file of either MessagePack version, gzipped or not, of HDF5 or of a pickle.

    shoeboxes: whether to read that column. Raises InputError where the file is not one or is cut.
    """
    path = Path(path)
    require_file(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}; check the name") from None
    if data[:8] == b"\x89HDF\r\n\x1a\n":
        from gnomon.io.refl_hdf5 import read_hdf5  # h5py is slow to import and rarely needed

        return read_hdf5(path, shoeboxes)
    return _parse(path, _inflate(path, data), shoeboxes)


def write_reflections(path: str | os.PathLike[str], reflections: Reflections, shoeboxes: bool = False) -> None:
    """Write a MessagePack ``.refl`` (version 1, which every DIALS reads), gzipped if the name ends in ``.gz``.

    shoeboxes: whether to write that column, which makes the file many times larger.
    """
    pieces = _pieces(reflections, shoeboxes)
    if str(path).endswith(".gz"):
        from isal import igzip

        write_whole(path, igzip.compress(b"".join(pieces)))
        return
    with atomic_path(path) as partial, open(partial, "wb") as file:
        file.writelines(pieces)  # a column at a time: packed whole, a table would be in memory three times


def _pieces(reflections: Reflections, shoeboxes: bool) -> Iterator[bytes]:
    """The content of a file, a column at a time."""
    packer = msgpack.Packer(use_bin_type=True)
    names = sorted(n for n in reflections if shoeboxes or not isinstance(reflections[n], Shoeboxes))
    yield packer.pack_array_header(3) + packer.pack(_WORD) + packer.pack(1) + packer.pack_map_header(3)
    yield packer.pack("identifiers") + packer.pack(dict(reflections.identifiers))
    yield packer.pack("nrows") + packer.pack(len(reflections)) + packer.pack("data")
    yield packer.pack_map_header(len(names))
    for name in names:
        yield packer.pack(name)
        yield packer.pack(_pack(name, reflections[name]))


def _inflate(path: Path, data: bytes) -> bytes:
    if data[:2] != b"\x1f\x8b":
        return data
    from isal import igzip

    try:
        with igzip.open(BytesIO(data)) as stream:
            most = most_unpacked(data)
            content: bytes = stream.read(most + 1)
    except (OSError, EOFError) as error:
        raise InputError(f"{path}: the gzip stream is broken ({error}); copy or make the file again") from None
    if len(content) > most:
        raise InputError(f"{path}: unpacks to more than {most / 1e6:.0f} MB; gunzip it first if it is whole")
    return content


def _parse(path: Path, data: bytes, shoeboxes: bool) -> Reflections:
    if data[:1] == b"\x80":
        from gnomon.io.refl_pickle import read_pickled  # rarely needed

        return read_pickled(path, data, shoeboxes)
    if data[:29] != b"\x93\xbb" + _WORD.encode():
        raise InputError(f"{path} is not a reflection table; give a .refl file")
    try:
        _, version, table = msgpack.unpackb(data, strict_map_key=False)
        if version not in (1, 2):
            raise InputError(f"{path}: .refl version {version}, needed 1 or 2; write it with another program version")
        if not isinstance(table, dict) or not isinstance(table["data"], dict):
            raise ValueError("it holds no table")
        if not all(isinstance(name, str) and name.isprintable() for name in table["data"]):
            raise ValueError("a column has a name that is none")
        wanted = {n: c for n, c in table["data"].items() if shoeboxes or c[0] != "Shoebox<>"}
        columns = {name: _unpack(name, word, *content) for name, (word, content) in wanted.items()}
        return Reflections(columns, _identifiers(table["identifiers"]))
    except _BROKEN as error:
        raise InputError(f"{path}: the file is cut or broken ({error}); make it again") from None


def _identifiers(content: Any) -> dict[int, str]:
    """The identifiers by number of experiment. Raises ValueError where they are none."""
    if not isinstance(content, dict) or len(content) > _MOST_IDENTIFIERS:
        raise ValueError("its identifiers are no table of numbers and texts")
    for number, text in content.items():
        if not isinstance(text, str) or not isinstance(number, int) or not -1 <= number < 2**31:
            raise ValueError(f"experiment {number!r} has the identifier {text!r}")
    return dict(content)


def _unpack(name: str, word: str, n: int, payload: bytes) -> Any:
    """The column as an array (rows as the type word says) or as shoeboxes."""
    if word == "Shoebox<>":
        return unpack_shoeboxes(payload, n)
    if word == "std::string":
        return np.frombuffer(payload, _STRING).copy()
    if word not in TYPES:
        raise ValueError(f"column {name} of unknown type {word}")
    dtype, shape = TYPES[word]
    declared = TYPES.get(COLUMNS[name].type) if name in COLUMNS else None
    if declared is not None and _KINDS[declared[0].kind] != _KINDS[dtype.kind]:
        raise ValueError(f"column {name} is of type {word}, needed {COLUMNS[name].type}")
    return (
        np.frombuffer(payload, dtype).reshape((n, *shape)).copy()
    )  # writable and aligned: one kind of array for kernels


def _pack(name: str, values: Any) -> tuple[str, tuple[int, bytes]]:
    """Type word, number of rows and payload."""
    if isinstance(values, Shoeboxes):
        return "Shoebox<>", (len(values), pack_shoeboxes(values))
    if values.dtype == _STRING:
        return "std::string", (len(values), values.tobytes())
    word = type_of(name, values)
    return word, (len(values), np.ascontiguousarray(values, TYPES[word][0]).tobytes())
