"""The keys of one JSON object, taken one by one; what nobody took is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gnomon.step import InputError

REQUIRED = object()
"""Default of a key that must be there."""


class Fields:
    """Take keys by type. A key that is missing (without a default) or of the wrong shape is an InputError."""

    def __init__(self, what: str, content: Any) -> None:
        if not isinstance(content, Mapping):
            raise InputError(f"{what}: found {type(content).__name__}, needed a JSON object; is this an .expt file?")
        self.what = what
        self.rest = dict(content)

    def take(self, name: str, default: Any = REQUIRED) -> Any:
        """The value as JSON has it."""
        if name in self.rest:
            return self.rest.pop(name)
        if default is REQUIRED:
            raise InputError(f"{self.what}: the key {name!r} is missing; write the .expt file again")
        return default

    def array(self, name: str, shape: tuple[int, ...], default: Any = REQUIRED) -> Any:
        """The value as a float array of ``shape`` (-1: any length); None where absent or null and the default is."""
        value = self.take(name, default)
        if value is None:
            return None
        try:
            return np.array(value, float).reshape(shape)
        except (ValueError, TypeError):
            raise InputError(f"{self.what}: {name!r} is not {shape} numbers; write the .expt file again") from None

    def number(self, name: str, default: Any = REQUIRED) -> float:
        """The value as a float."""
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(f"{self.what}: {name!r} is {value!r}, needed a number; write the .expt file again")
        return float(value)

    def pair(self, name: str, kind: type, default: Any = REQUIRED) -> tuple[Any, Any]:
        """The value as two numbers of type ``kind``."""
        first, second = self.array(name, (2,), default)
        return kind(first), kind(second)


def flat(array: np.ndarray) -> list[float]:
    """The array as a flat list of Python numbers, which JSON writes without loss."""
    return np.asarray(array).ravel().tolist()
