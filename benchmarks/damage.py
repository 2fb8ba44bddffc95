"""Files that are wrong in structured ways: types, numbers, keys, lengths; as faulty programs and hands leave them.

Each function gives the bytes of a damaged file, and in words what was done; ``rng`` decides all.
"""

from __future__ import annotations

import contextlib
import copy
import gzip
import json
import re
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

Damaged = tuple[bytes, str]
_LONG = "x" * 5000
_DEEP: Any = 0
for _ in range(60):
    _DEEP = [_DEEP]

ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    "",
    "x",
    "1.0",
    "nan",
    "\x1b[31mred\x1b]0;t\x07",
    "\udcff",
    "a\nb",
    "../..",
    _LONG,
    _DEEP,
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    [1],
    [1, 2, 3],
    [1e308] * 9,
    "P 1",
    " P 4nw 2abw",
    "cctbx",
    0,
    1,
    -1,
    2,
    -5,
    3,
    1e-300,
    1e-9,
    0.5,
    1e7,
    1e20,
    1e300,
    -1e300,
    float("nan"),
    float("inf"),
    float("-inf"),
    2**31,
    -(2**31),
    2**40,
    2**63,
    2**70,
    255,
    65536,
    1e-5,
    -1e-5,
    360,
    1000000,
)
"""What may stand anywhere in a JSON file."""
FACTORS = (1e7, 1e-7, -1.0, 10.0, 0.1, 100.0, 1e150, 0.0, float("nan"), float("inf"))
"""By which a number may be off."""


def _pick(rng: np.random.Generator, values: Any) -> Any:
    return values[int(rng.integers(len(values)))]


def _places(node: Any, path: tuple = ()) -> list[tuple]:
    """The path of every value below ``node``; of long lists of numbers only the first few."""
    found = [path] if path else []
    if isinstance(node, dict):
        for key, value in node.items():
            found += _places(value, (*path, key))
    elif isinstance(node, list):
        for i, value in enumerate(node[:4]):
            found += _places(value, (*path, i))
    return found


def _parent(root: Any, path: tuple) -> Any:
    for key in path[:-1]:
        root = root[key]
    return root


def _scaled(value: Any, factor: float) -> Any:
    """All numbers of the value times the factor, integers as such where they can be."""
    if isinstance(value, list):
        return [_scaled(one, factor) for one in value]
    if isinstance(value, dict):
        return {key: _scaled(one, factor) for key, one in value.items()}
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    new = value * factor
    return int(new) if isinstance(value, int) and np.isfinite(new) and abs(new) < 1e30 else new


def _wrong(value: Any, rng: np.random.Generator) -> Any:
    """Another value for this one: of any kind, or of the same but off."""
    ways: list[Callable[[], Any]] = [lambda: _pick(rng, ODD), lambda: _pick(rng, ODD), lambda: [value]]
    if isinstance(value, (int, float, list, dict)) and not isinstance(value, bool):
        ways += [lambda: _scaled(value, _pick(rng, FACTORS))] * 3
    if isinstance(value, list) and value:
        ways += [lambda: value[::-1], lambda: value[:-1], lambda: value + value[:1], lambda: value * 3, lambda: []]
    if isinstance(value, str):
        ways += [lambda: value + "\x1b[2J", lambda: value[::-1], lambda: value[: len(value) // 2]]
    return _pick(rng, ways)()


def json_file(data: bytes, rng: np.random.Generator) -> Damaged:
    """An ``.expt`` file with one to three wrong values or missing keys."""
    root = json.loads(data)
    done = []
    for _ in range(int(rng.integers(1, 4)) if rng.random() < 0.3 else 1):
        path = _pick(rng, _places(root))
        where = _parent(root, path)
        name = ".".join(map(str, path))
        if rng.random() < 0.15:
            del where[path[-1]]
            done.append(f"without {name}")
        else:
            where[path[-1]] = _wrong(copy.deepcopy(where[path[-1]]), rng)
            done.append(f"{name} = {json.dumps(where[path[-1]])[:60]}")
    return json.dumps(root).encode(), "; ".join(done)


def bytes_file(data: bytes, rng: np.random.Generator) -> Damaged:
    """A file cut, with bytes changed, or with a piece of it moved, doubled or filled."""
    changed, n = bytearray(data), len(data)
    way = _pick(rng, ("cut", "bytes", "head", "doubled", "filled"))
    if way == "cut":
        changed = changed[: int(rng.integers(n))]
    elif way in ("bytes", "head"):
        for at in rng.integers(0, n if way == "bytes" else min(n, 600), int(rng.integers(1, 9))):
            changed[at] = int(rng.integers(256))
    else:
        low, high = np.sort(rng.integers(0, n, 2))
        high = min(high, low + 4096)
        piece = bytes(changed[low:high]) * 2 if way == "doubled" else _pick(rng, (b"\0", b"\xff")) * (high - low)
        changed[low:high] = piece
    return bytes(changed), way


_WORDS = (
    "nan",
    "inf",
    "-inf",
    "-1",
    "0",
    "1e30",
    "-1e30",
    "99999999999",
    "1e7",
    "1e-7",
    "",
    "x",
    "\x1b[31m",
    "2147483648",
    "-5",
    "1000000",
    "0.0",
    "P 1",
    "180",
    "90",
    "(",
    "'",
    "********",
    "4294967296",
    "18446744073709551616",
    "\u00e9",
)


def text_file(data: bytes, rng: np.random.Generator, head: int = 0) -> Damaged:
    """A file whose text (or its first ``head`` bytes) has wrong numbers or words, or lacks or repeats lines."""
    text, rest = (data[:head], data[head:]) if head else (data, b"")
    words = list(re.finditer(rb"[-+]?\d[\d.eE+-]*|[A-Za-z_][\w.-]*", text))
    if rng.random() < 0.2 or not words:
        lines = text.splitlines(keepends=True)
        at = int(rng.integers(len(lines)))
        repeat = int(rng.integers(0, 3))
        lines[at : at + 1] = lines[at : at + 1] * (2 if repeat == 2 else 0)
        return b"".join(lines) + rest, f"line {at} {'twice' if repeat == 2 else 'missing'}"
    done = []
    for found in sorted(rng.choice(len(words), min(len(words), int(rng.integers(1, 4))), replace=False))[::-1]:
        word = words[found]
        number = word.group()[:1].isdigit() or word.group()[:1] in b"+-."
        new = _pick(rng, _WORDS).encode()
        if number and rng.random() < 0.5:
            with contextlib.suppress(ValueError):
                new = f"{float(word.group()) * _pick(rng, FACTORS):.7g}".encode()
        text = text[: word.start()] + new + text[word.end() :]
        done.append(f"{word.group()[:20]!r} -> {new[:20]!r}")
    return text + rest, "; ".join(done)


def _numbers(payload: bytes, dtype: str, rng: np.random.Generator) -> bytes:
    """The numbers of a column, all or some of them wrong."""
    values = np.frombuffer(payload, dtype).copy()
    if not len(values):
        return payload
    which = slice(None) if rng.random() < 0.5 else rng.integers(0, len(values), int(rng.integers(1, 30)))
    with np.errstate(all="ignore"):
        if dtype == "<f8":
            odd = (np.nan, np.inf, -np.inf, 0.0, -1.0, 1e300, -1e300, 1e-300, 1e9)
            values[which] = _pick(rng, odd) if rng.random() < 0.6 else values[which] * _pick(rng, FACTORS)
        else:
            limits = np.iinfo(dtype)
            odd = (0, 1, limits.max, limits.min, limits.max // 2, 7, 1000, 10**6)
            values[which] = (
                min(_pick(rng, odd), limits.max) if rng.random() < 0.7 else values[which] * values.dtype.type(37)
            )
    return values.tobytes()


_ITEMS = {
    "int": "<i4",
    "std::size_t": "<u8",
    "double": "<f8",
    "vec2<double>": "<f8",
    "vec3<double>": "<f8",
    "mat3<double>": "<f8",
    "int6": "<i4",
    "cctbx::miller::index<>": "<i4",
    "bool": "|u1",
}


def _column(column: Any, rng: np.random.Generator) -> tuple[Any, str]:
    """A column with wrong numbers, another type, count or length."""
    word, (n, payload) = column
    way = _pick(rng, ("numbers",) * 6 + ("type", "count", "payload", "odd"))
    if way == "numbers" and word in _ITEMS:
        return [word, [n, _numbers(payload, _ITEMS[word], rng)]], way
    if way == "type":
        return [_pick(rng, (*_ITEMS, "Shoebox<>", "std::string", "x", "", 5)), [n, payload]], way
    if way == "count":
        return [word, [_pick(rng, (0, 1, -1, n + 1, n * 2, 2**31, 2**40, 2**63, "5", None, 1.5)), payload]], way
    if way == "payload":
        return [word, [n, _pick(rng, (b"", payload[:-1], payload[:-8], payload * 2, "text", None, [1, 2]))]], way
    return _pick(
        rng, (None, 5, [], [word], [word, n], [word, [n]], {}, "x", [None, [n, payload]], [word, [n, payload, 3]])
    ), way


def refl_file(data: bytes, rng: np.random.Generator) -> Damaged:
    """A MessagePack ``.refl`` with wrong columns, counts or identifiers."""
    if rng.random() < 0.1:
        return bytes_file(data, rng)
    word, version, table = msgpack.unpackb(data, strict_map_key=False)
    columns, way = table["data"], rng.random()
    name = _pick(rng, sorted(columns))
    if way < 0.7:
        columns[name], done = _column(columns[name], rng)
        done = f"{name}: {done}"
    elif way < 0.8:
        del columns[name]
        done = f"without {name}"
    elif way < 0.85:
        columns[_pick(rng, ("\x1b[31m", "", "a\nb", "id", 5, _LONG, "flags", "d"))] = columns.pop(name)
        done = f"{name} renamed"
    elif way < 0.9:
        names = table["identifiers"]
        odd = (
            {},
            None,
            [],
            {0: 5},
            {"a": "b"},
            {0: "\x1b[31m"},
            {-1: "x"},
            {2**40: "x"},
            dict.fromkeys(range(2000), "x"),
            {0: names.get(0), 1: names.get(0)},
        )
        table["identifiers"], done = _pick(rng, odd), "identifiers"
    else:
        way = int(rng.integers(5))
        if way == 0:
            version = _pick(rng, (0, 2, 3, -1, None, "1", 2**40))
        elif way == 1:
            table["nrows"] = _pick(rng, (0, 1, -1, 2**40, None, "x"))
        elif way == 2:
            table.pop(_pick(rng, ("identifiers", "nrows", "data")))
        elif way == 3:
            table["data"] = _pick(rng, (None, [], 5, {}, "x"))
        else:
            table = _pick(rng, (None, [], 5, {}, "x"))
        done = "frame"
    packed = msgpack.packb([word, version, table], use_bin_type=True)
    return (gzip.compress(packed, 1), done + ", gzipped") if rng.random() < 0.05 else (packed, done)


def mtz_file(data: bytes, rng: np.random.Generator) -> Damaged:
    """An MTZ file with a wrong header or wrong numbers."""
    head = 4 * (struct.unpack_from("<i", data, 4)[0] - 1)
    way = rng.random()
    if way < 0.1 or not 80 <= head < len(data):
        return bytes_file(data, rng)
    if way < 0.4:
        values = np.frombuffer(data[80:head], "<f4").copy()
        columns = max(int(re.search(rb"NCOL +(\d+)", data[head:]).group(1)), 1)  # type: ignore[union-attr]
        values = values[: len(values) // columns * columns].reshape(-1, columns)
        column = int(rng.integers(columns))
        rows = slice(None) if rng.random() < 0.5 else rng.integers(0, len(values), 20)
        with np.errstate(all="ignore"):
            new = _pick(rng, (np.nan, np.inf, -np.inf, 0, -1, 1e30, -1e30, 1e9, 7.5))
            values[rows, column] = new
        return data[:80] + values.tobytes() + data[80 + values.nbytes :], f"column {column} = {new}"
    text, done = text_file(data[head:], rng) if way < 0.9 else bytes_file(data[head:], rng)
    if rng.random() < 0.7:  # records stay 80 bytes long
        text = b"".join(line[:80].ljust(80) for line in re.findall(rb".{1,80}", text, re.DOTALL))
    return data[:head] + text, done


def hdf5_file(data: bytes, rng: np.random.Generator) -> Damaged:
    """An HDF5 file with wrong or missing data sets and attributes."""
    if rng.random() < 0.15:
        return bytes_file(data, rng)
    import h5py
    import hdf5plugin  # noqa: F401 - registers the filters

    # not in memory: of file objects h5py's driver overflows the stack at times
    with tempfile.NamedTemporaryFile(suffix=".h5") as kept:
        kept.write(data)
        kept.flush()
        with h5py.File(kept.name, "r+") as file:
            names: list[str] = []
            file.visit(names.append)
            name = _pick(rng, names)
            node = file.get(name)
            if node is None:
                return bytes_file(data, rng)
            done = _worse(file, name, node, rng)
        return Path(kept.name).read_bytes(), f"{name}: {done}"


def _worse(file: Any, name: str, node: Any, rng: np.random.Generator) -> str:
    import h5py

    if len(node.attrs) and rng.random() < 0.4:
        attribute = _pick(rng, sorted(node.attrs))
        odd = (
            "",
            "x",
            np.nan,
            -1,
            [np.nan] * 3,
            [0.0, 0, 0],
            [1e300] * 3,
            "\x1b[31m",
            b"\xff\xfe",
            2**40,
            [[1, 2], [3, 4]],
            "mm",
            "furlong",
            ".",
        )
        if rng.random() < 0.3:
            del node.attrs[attribute]
            return f"without attribute {attribute}"
        node.attrs[attribute] = value = _pick(rng, odd)
        return f"attribute {attribute} = {value!r}"
    if rng.random() < 0.3 or isinstance(node, h5py.Group):
        del file[name]
        return "missing"
    odd_values: tuple[Any, ...] = (
        np.nan,
        np.inf,
        -1.0,
        0.0,
        1e30,
        1e7,
        1e-7,
        -5,
        2**40,
        "text",
        b"\xff",
        [],
        [np.nan] * 3,
        np.zeros((2, 2)),
        np.arange(5),
        "nan",
        True,
    )
    value = _pick(rng, odd_values)
    if node.dtype.kind in "fiu" and node.size and node.size < 1e6 and rng.random() < 0.4:
        with np.errstate(all="ignore"):
            value = np.asarray(node[()], float) * _pick(rng, FACTORS)
    elif node.ndim == 3 and rng.random() < 0.7:
        shape = _pick(
            rng, ((2**40, *node.shape[1:]), (0, *node.shape[1:]), (3, 5, 7), (3, 2**20, 2**20), (10**7, 1, 1))
        )
        del file[name]
        file.create_dataset(name, shape, _pick(rng, ("u2", "i4", "f4", "u8")), chunks=True)
        return f"images of shape {shape}"
    attributes = dict(node.attrs)
    del file[name]
    made = file.create_dataset(name, data=value)
    made.attrs.update(attributes)
    return f"= {str(value)[:40]}"


def zip_or_pickle(data: bytes, rng: np.random.Generator) -> Damaged:
    """A mask: an ``.npz`` of other arrays, or bytes changed."""
    if data[:2] != b"PK" or rng.random() < 0.3:
        return bytes_file(data, rng)
    import io

    arrays = dict(np.load(io.BytesIO(data)))
    name = _pick(rng, sorted(arrays))
    arrays[name] = _pick(
        rng,
        (
            arrays[name].astype(float),
            arrays[name][:-1],
            arrays[name].ravel(),
            np.zeros(0),
            np.array(None),
            np.array("x"),
            ~arrays[name] & False,
            arrays[name][None],
        ),
    )
    if rng.random() < 0.3:
        arrays[_pick(rng, ("panel_1", "x", "\x1b[31m"))] = arrays.pop(name)
    memory = io.BytesIO()
    np.savez_compressed(memory, **arrays)
    return memory.getvalue(), f"{name} changed"


def cbf_file(data: bytes, rng: np.random.Generator) -> Damaged:
    """A CBF image with a wrong header."""
    if rng.random() < 0.15:
        return bytes_file(data, rng)
    return text_file(data, rng, data.index(b"\x0c\x1a\x04\xd5"))


def damaged(path: Path, rng: np.random.Generator) -> Damaged:
    """The bytes of the file at ``path``, damaged as its kind allows."""
    data = path.read_bytes()
    kinds = {
        ".expt": json_file,
        ".refl": refl_file,
        ".mtz": mtz_file,
        ".HKL": text_file,
        ".cbf": cbf_file,
        ".nxs": hdf5_file,
        ".h5": hdf5_file,
        ".mask": zip_or_pickle,
        ".npz": zip_or_pickle,
    }
    if path.suffix in (".HKL", ".expt") and rng.random() < 0.1:
        return bytes_file(data, rng)
    return kinds[path.suffix](data, rng)
