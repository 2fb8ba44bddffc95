"""Reflection tables that DIALS 1 wrote as pickles: read without running anything that the file names.

A pickle is a program that may call any importable function. Here it meets only the inert classes below, which
keep what they are given; every other name is refused before it is imported.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from gnomon.io.flex_numbers import FlexBytes, integers_at, reals_at
from gnomon.io.refl_pickle_shoeboxes import shoeboxes_from_flex
from gnomon.models.columns import TYPES
from gnomon.models.reflections import Reflections
from gnomon.models.shoeboxes import Shoeboxes
from gnomon.step import InputError

_FLEX = "scitbx_array_family_flex_ext", "cctbx_array_family_flex_ext", "dials_array_family_flex_ext"
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

_BROKEN = pickle.UnpicklingError, ValueError, TypeError, LookupError, EOFError, AttributeError, OverflowError
"""What a cut or scrambled pickle can raise on its way."""


class _Inert:
    """What stands for an object of the pickle: it keeps its state and does nothing."""

    kind = ""
    state: Any = None

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Unpickler(pickle.Unpickler):
    """Flex objects become ``_Inert``; other names raise UnpicklingError."""

    def find_class(self, module: str, name: str) -> Any:
        if module in _FLEX or (module, name) == ("_codecs", "encode"):  # how Python 3 writes bytes in protocol 2
            return type(name, (_Inert,), {"kind": name})
        raise pickle.UnpicklingError(f"it names {module}.{name}, which no reflection table needs")


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
    except _BROKEN as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: this pickled table cannot be read ({reason}); make it again or copy it") from None


def _state(data: bytes) -> Any:
    """Version, identifiers, numbers of rows and columns, and the columns by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # odd escapes in the text of a broken file
        for operation, argument, _ in pickletools.genops(data):
            if "PUT" in operation.name and isinstance(argument, int) and argument > len(data):
                raise ValueError("a memo index beyond the file")  # would take that much memory
        table = _Unpickler(io.BytesIO(data), encoding="latin1").load()
    if getattr(table, "kind", "") != "reflection_table":
        raise ValueError("it is not a reflection table")
    return table.state


def _column(name: str, flex: _Inert, n: int) -> np.ndarray | Shoeboxes:
    """The array: its count, then the numbers of its rows."""
    _, payload = flex.state
    source = FlexBytes(_bytes(payload))
    if flex.kind not in {*_WORDS, "shoebox"}:
        raise ValueError(f"column {name} of unknown type {flex.kind}")
    if flex.kind == "shoebox" and (layout := source.integer()) != 1:
        raise ValueError(f"shoeboxes of layout {layout}, needed 1")
    if source.integer() != n or n > len(source.data):
        raise ValueError(f"column {name} does not have {n} rows")
    values = shoeboxes_from_flex(source, n) if flex.kind == "shoebox" else _numbers(source, n, _WORDS[flex.kind])
    source.finish()
    return values


def _bytes(payload: Any) -> bytes:
    """The bytes of an array: a string of Python 2, a string that Python 3 would encode, or bytes."""
    text = payload.arguments[0] if isinstance(payload, _Inert) else payload
    return text.encode("latin1") if isinstance(text, str) else bytes(memoryview(text))


def _numbers(source: FlexBytes, n: int, word: str) -> np.ndarray:
    dtype, shape = TYPES[word]
    count = n * int(np.prod(shape, dtype=int))
    if dtype.kind == "b":
        return source.truths(count)
    if dtype.kind == "f":
        return reals_at(source.data, source.reals(count)).reshape((n, *shape))
    return integers_at(source.data, source.integers(count)).astype(dtype).reshape((n, *shape))
