"""How work is spread: one ordered map, inline, over threads, or over the machines of a cluster.

A task is a function of one item; on a cluster both travel through files, as do results, so that they must pickle, and
a task may be run again where a machine was lost: it changes nothing but what it returns.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

from gnomon.distribute.workers import Workers

T = TypeVar("T")
R = TypeVar("R")


class Executor(Protocol):
    """Whatever runs tasks."""

    def map(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """``task(item)`` for each item, in the order of the items. Raises what the first failing task raised."""

    def inside(self, workers: Workers) -> Workers:
        """The threads that one task may have where this process has ``workers``."""

    def over(self, workers: Workers) -> Executor:
        """What runs tasks that have no threads of their own; those of this process where tasks are run in it."""


@dataclass(frozen=True)
class Inline:
    """One task after the other, here; ``pickled``: all goes through a pickle on its way, to see that it can."""

    pickled: bool = False

    def map(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """See :class:`Executor`."""
        for item in items:
            yield _through_pickles(task, item) if self.pickled else task(item)

    def inside(self, workers: Workers) -> Workers:
        """All: there is one task at a time."""
        return workers

    def over(self, workers: Workers) -> Executor:
        """As many tasks at a time as there are threads."""
        return self if self.pickled else Threads(workers)


INLINE = Inline()


@dataclass(frozen=True)
class Threads:
    """As many tasks at a time as there are workers."""

    workers: Workers

    def map(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """See :class:`Executor`."""
        return self.workers.map(task, items)

    def inside(self, workers: Workers) -> Workers:
        """One: the others have tasks too."""
        return workers.alone()

    def over(self, workers: Workers) -> Executor:
        """The same."""
        return self


class Tally:
    """How far many tasks are, told as ``progress(what, done, total)``; a copy in another process tells nobody.

    A task says how far it is while it runs; where it runs elsewhere, whoever has its result says so for it.
    """

    def __init__(self, progress: Callable[[str, int, int], None] | None, what: str, total: int) -> None:
        self._progress, self._what, self._total, self._done = progress, what, total, 0

    def at(self, done: int) -> None:
        """So much is done of all; told once."""
        if self._progress is not None and done > self._done:
            self._progress(self._what, done, self._total)
        self._done = max(done, self._done)

    def __reduce__(self) -> tuple[type[Tally], tuple[None, str, int]]:
        return Tally, (None, self._what, self._total)


def _through_pickles(task: Callable[[T], R], item: T) -> R:
    """The result of a task as another machine would have given it."""
    function, argument = pickle.loads(pickle.dumps((task, item)))
    result: R = pickle.loads(pickle.dumps(function(argument)))
    return result
