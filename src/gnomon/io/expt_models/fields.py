"""The keys of one JSON object, taken one by one; what nobody took is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from gnomon.errors import InputError
from gnomon.io.expt_schema import AGAIN, limits_of

T = TypeVar("T")

REQUIRED = object()
"""Default of a key that must be there."""
_SHOWN = 40  # characters of a wrong value


class Fields:
    """Take keys by type, numbers between the limits of the schema (:mod:`gnomon.io.expt_schema`).

    A key that is missing (without a default), of another type or beyond its limits is an InputError.
    """

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
            raise InputError(f"{self.what}: the key {name!r} is missing; {AGAIN}")
        return default

    def array(self, name: str, shape: tuple[int, ...], default: Any = REQUIRED) -> Any:
        """The value as a float array of ``shape`` (-1: any length); None where absent or null and the default is."""
        value = self.take(name, default)
        if value is None and default is None:
            return None
        try:
            found = np.array(value)
            if found.dtype.kind not in "iuf" and found.size:
                raise TypeError
            numbers = found.astype(float).reshape(shape)
        except (ValueError, TypeError):
            raise InputError(f"{self.what}: {name!r} is not {shape} numbers; {AGAIN}") from None
        self._check(name, numbers, value)
        return numbers

    def number(self, name: str, default: Any = REQUIRED) -> float:
        """The value as a float."""
        value = self.take(name, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(name, value, "a number")
        self._check(name, np.array(float(value) if abs(value) < 1e300 else np.nan), value)
        return float(value)

    def whole(self, name: str, default: Any = REQUIRED) -> int:
        """The value as an integer."""
        value = self.number(name, default)
        if value != int(value):
            raise self.wrong(name, value, "a whole number")
        return int(value)

    def pair(self, name: str, kind: type, default: Any = REQUIRED) -> tuple[Any, Any]:
        """The value as two numbers of type ``kind``."""
        first, second = self.array(name, (2,), default)
        return kind(first), kind(second)

    def text(self, name: str, default: Any = REQUIRED) -> str:
        """The value as text."""
        return self._of_type(name, str, "text", default)

    def optional_text(self, name: str) -> str | None:
        """The value as text; None where it is absent or null."""
        return None if self.rest.get(name) is None and self.take(name, None) is None else self.text(name)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """The value as an object; an empty one where it is absent, null or an empty list, as some files have it."""
        value = self.take(name, None)
        return {} if value is None or value == [] else _as(self, name, value, dict, "an object")

    def items(self, name: str, default: Any = REQUIRED) -> list[Any]:
        """The value as a list; the default where it is null, too."""
        value = self.take(name, default)
        value = default if value is None and default is not REQUIRED else value
        return list(_as(self, name, value, (list, tuple), "a list"))

    def texts(self, name: str, default: Any = REQUIRED) -> tuple[str, ...]:
        """The value as texts."""
        found = self.items(name, default)
        if not all(isinstance(one, str) for one in found):
            raise self.wrong(name, found, "a list of texts")
        return tuple(found)

    def wrong(self, name: str, value: Any, needed: str) -> InputError:
        """What to tell of a value that is not as needed."""
        return InputError(f"{self.what}: {name!r} is {shown(value)}, needed {needed}; {AGAIN}")

    def _of_type(self, name: str, kind: type[T], needed: str, default: Any) -> T:
        found: T = _as(self, name, self.take(name, default), kind, needed)
        return found

    def _check(self, name: str, numbers: np.ndarray, value: Any) -> None:
        limits = limits_of(self.what, name)
        good = (numbers >= limits.least) & (numbers <= limits.most)
        if not (good | (not limits.finite)).all():
            raise self.wrong(name, value, str(limits))


def _as(fields: Fields, name: str, value: Any, kind: Any, needed: str) -> Any:
    if not isinstance(value, kind):
        raise fields.wrong(name, value, needed)
    return value


def shown(value: Any) -> str:
    """A value of a file as messages show it: its beginning, as JSON writes it."""
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def flat(array: np.ndarray) -> list[float]:
    """The array as a flat list of Python numbers, which JSON writes without loss."""
    return np.asarray(array).ravel().tolist()
