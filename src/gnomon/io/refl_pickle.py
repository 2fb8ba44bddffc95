"""Reflection tables that DIALS 1 wrote as pickles: read without running anything that the file names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gnomon.errors import InputError
from gnomon.io.flex_numbers import FlexBytes, integers_at, reals_at
from gnomon.io.inert_pickle import BROKEN, Inert, bytes_of, load
from gnomon.io.refl_pickle_shoeboxes import shoeboxes_from_flex
from gnomon.models.columns import TYPES
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import Shoeboxes

_WORDS = {
    "bool": "bool",
    "int": "int",
    "size_t": "std::size_t",
    "double": "double",
    "vec2_double": "vec2<double>",
    "vec3_double": "vec3<double>",
    "mat3_double": "mat3<double>",
    "int6": "int6",
    "miller_index": "cctbx::miller::index<>",
}
"""Name of the flex class: type word of ``.refl``."""


def read_pickled(path: Path, data: bytes, shoeboxes: bool = True) -> Reflections:
    """The table of a pickled ``.refl``; no code that it names is run.

    shoeboxes: whether to decode that column. Raises InputError where it is broken, names anything but flex arrays,
    or has columns that ``.refl`` files of today cannot hold.
    """
    try:
        version, identifiers, n, _, columns = _state(data)
        if version != 2:
            raise ValueError(f"table version {version}, needed 2")
        wanted = {name: c for name, c in columns.items() if shoeboxes or c.kind != "shoebox"}
        return Reflections({name: _column(name, c, n) for name, c in wanted.items()}, identifiers)
    except BROKEN as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: this pickled table cannot be read ({reason}); make it again or copy it") from None


def _state(data: bytes) -> Any:
    """Version, identifiers, numbers of rows and columns, and the columns by name."""
    table = load(data)
    if getattr(table, "kind", "") != "reflection_table":
        raise ValueError("it is not a reflection table")
    return table.state


def _column(name: str, flex: Inert, n: int) -> np.ndarray | Shoeboxes:
    """The array: its count, then the numbers of its rows."""
    _, payload = flex.state
    source = FlexBytes(bytes_of(payload))
    if flex.kind not in {*_WORDS, "shoebox"}:
        raise ValueError(f"column {name} of unknown type {flex.kind}")
    if flex.kind == "shoebox" and (layout := source.integer()) != 1:
        raise ValueError(f"shoeboxes of layout {layout}, needed 1")
    if source.integer() != n or n > len(source.data):
        raise ValueError(f"column {name} does not have {n} rows")
    values = shoeboxes_from_flex(source, n) if flex.kind == "shoebox" else _numbers(source, n, _WORDS[flex.kind])
    source.finish()
    return values


def _numbers(source: FlexBytes, n: int, word: str) -> np.ndarray:
    dtype, shape = TYPES[word]
    count = n * int(np.prod(shape, dtype=int))
    if dtype.kind == "b":
        return source.truths(count)
    if dtype.kind == "f":
        return reals_at(source.data, source.reals(count)).reshape((n, *shape))
    return integers_at(source.data, source.integers(count)).astype(dtype).reshape((n, *shape))
