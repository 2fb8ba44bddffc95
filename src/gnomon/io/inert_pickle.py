"""Pickles of flex arrays, read without running anything that the file names.

A pickle is a program that may call any importable function. Here it meets only the inert classes below, which
keep what they are given; every other name is refused before it is imported.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import warnings
from typing import Any

_FLEX = "scitbx_array_family_flex_ext", "cctbx_array_family_flex_ext", "dials_array_family_flex_ext"

BROKEN = pickle.UnpicklingError, ValueError, TypeError, LookupError, EOFError, AttributeError, OverflowError
"""What a cut or scrambled pickle can raise on its way."""


class Inert:
    """What stands for an object of the pickle: it keeps its state and does nothing."""

    kind = ""
    state: Any = None

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Unpickler(pickle.Unpickler):
    """Flex objects become ``Inert``; other names raise UnpicklingError."""

    def find_class(self, module: str, name: str) -> Any:
        if module in _FLEX or (module, name) == ("_codecs", "encode"):  # how Python 3 writes bytes in protocol 2
            return type(name, (Inert,), {"kind": name})
        raise pickle.UnpicklingError(f"it names {module}.{name}, which no array needs")


def load(data: bytes) -> Any:
    """What the pickle holds, flex objects as :class:`Inert`. Raises one of ``BROKEN`` where it cannot be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # odd escapes in the text of a broken file
        for operation, argument, _ in pickletools.genops(data):
            if "PUT" in operation.name and isinstance(argument, int) and argument > len(data):
                raise ValueError("a memo index beyond the file")  # would take that much memory
        return _Unpickler(io.BytesIO(data), encoding="latin1").load()


def bytes_of(payload: Any) -> bytes:
    """The bytes of an array: a string of Python 2, a string that Python 3 would encode, or bytes."""
    text = payload.arguments[0] if isinstance(payload, Inert) else payload
    return text.encode("latin1") if isinstance(text, str) else bytes(memoryview(text))
