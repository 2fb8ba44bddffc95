"""Named entries of a text header, and the one clear line where one is missing or makes no sense."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from gnomon.errors import InputError

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Entries:
    """The entries of the header of ``path`` by name, as text."""

    path: str
    values: Mapping[str, str]

    def __contains__(self, name: str) -> bool:
        return bool(self.values.get(name, "").strip())

    def text(self, name: str, default: str | None = None) -> str:
        """The entry. Raises InputError where it is missing and there is no default."""
        if name in self:
            return "".join(c if c.isprintable() else " " for c in self.values[name]).strip()
        if default is None:
            raise InputError(f"{self.path}: the header has no {name}; it is needed to read the image")
        return default

    def numbers(self, name: str, count: int) -> list[float]:
        """The first ``count`` numbers of the entry. Raises InputError where it has fewer."""
        found = [float(n) for n in _NUMBER.findall(self.text(name))[:count]]
        if len(found) < count or not all(map(math.isfinite, found)):
            needed = "no number" if count == 1 else f"not {count} numbers"
            raise InputError(f"{self.path}: the header has {needed} at {name} ({self.text(name)[:40]}); is it damaged?")
        return found

    def number(self, name: str, default: float | None = None) -> float:
        """The first number of the entry; the default, where there is one, if the entry is missing."""
        return default if default is not None and name not in self else self.numbers(name, 1)[0]

    def told(self, name: str, scale: float = 1.0) -> float | None:
        """The first number of the entry times ``scale``; None where the entry is missing or no number."""
        found = _NUMBER.search(self.text(name, ""))
        return scale * float(found.group()) if found else None

    def positive(self, name: str) -> float:
        """A number above zero."""
        value = self.number(name)
        if value <= 0:
            raise InputError(f"{self.path}: the header has {name} = {value:g}; it must be above zero, is it damaged?")
        return value

    def size(self, name: str, most: int = 1 << 16) -> int:
        """A whole number from 1 to ``most``: pixels along a side, or bytes."""
        value = self.number(name)
        if value != int(value) or not 1 <= value <= most:
            raise InputError(
                f"{self.path}: the header has {name} = {value:g}; needed is a whole number from 1 to {most}, "
                "is it damaged?"
            )
        return int(value)
