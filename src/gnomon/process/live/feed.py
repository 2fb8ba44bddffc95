"""What has become known, in the order in which it did: whoever wants to know waits for what is new.

One thread or several publish; the terminal, the file of JSON lines and the web page read along, each from where it was.
Nothing is taken away: a page that is opened late gets all from the start.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Protocol


class Event(Protocol):
    """A frozen dataclass of plain values."""

    @property
    def record(self) -> dict[str, Any]:
        """As JSON has it."""

    def in_words(self) -> str:
        """As the terminal has it, in one line; empty where it is told elsewhere."""


@dataclass(frozen=True)
class Entry:
    """An event and its number, from 1."""

    number: int
    event: Event


class Feed:
    """Entries in the order of their numbers; safe in many threads."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._changed = threading.Condition()
        self._closed = False

    def publish(self, event: Event) -> int:
        """The number that the event gets; whoever waits is woken."""
        with self._changed:
            self._entries.append(Entry(len(self._entries) + 1, event))
            self._changed.notify_all()
            return len(self._entries)

    def close(self) -> None:
        """Nothing more will be published; whoever waits is woken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether nothing more will be published."""
        return self._closed

    def since(self, number: int) -> tuple[Entry, ...]:
        """The entries after entry ``number``, so far; 0: all."""
        with self._changed:
            return tuple(self._entries[number:])

    def wait(self, number: int, timeout: float | None = None) -> tuple[Entry, ...]:
        """The entries after entry ``number``, as soon as there is one; none after ``timeout`` s, or at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._entries) > number, timeout)
            return tuple(self._entries[number:])
