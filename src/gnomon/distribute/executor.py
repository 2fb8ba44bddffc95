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


@dataclass(frozen=True)
class Inline:
    """One task after the other, here; ``pickled``: all goes through a pickle on its way, to see that it can."""

    pickled: bool = False

    def map(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """See :class:`Executor`."""
        for item in items:
            yield _through_pickles(task, item) if self.pickled else task(item)


@dataclass(frozen=True)
class Threads:
    """As many tasks at a time as there are workers."""

    workers: Workers

    def map(self, task: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
        """See :class:`Executor`."""
        return self.workers.map(task, items)


def _through_pickles(task: Callable[[T], R], item: T) -> R:
    """The result of a task as another machine would have given it."""
    function, argument = pickle.loads(pickle.dumps((task, item)))
    result: R = pickle.loads(pickle.dumps(function(argument)))
    return result
