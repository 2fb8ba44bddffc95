"""Workers: inline or threads. Same answers in the same order, whatever the number.

Threads share memory, and kernels release the GIL: pixels are never pickled.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Workers:
    """An ordered map over ``count`` threads; one means inline."""

    count: int = 1

    def map(self, function: Callable[[T], R], items: Iterable[T], *, ahead: int = 2) -> Iterator[R]:
        """``function(item)`` for each item, in order; at most ``ahead * count`` results wait in memory."""
        if self.count <= 1:
            yield from map(function, items)
            return
        with ThreadPoolExecutor(self.count) as pool:
            pending: deque[Future[R]] = deque()
            try:
                for item in items:
                    pending.append(pool.submit(function, item))
                    if len(pending) >= ahead * self.count:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                for future in pending:
                    future.cancel()


def ahead(function: Callable[[T], R], items: Iterable[T], depth: int) -> Iterator[Callable[[], R]]:
    """For each item, in order, what waits for ``function(item)`` and gives it, or raises what it raised.

    One thread of its own calls the function, ``depth`` items ahead of the one that was last given.
    """
    with ThreadPoolExecutor(1) as pool:
        pending: deque[Future[R]] = deque()
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) > depth:
                    yield pending.popleft().result
            while pending:
                yield pending.popleft().result
        finally:
            for future in pending:
                future.cancel()


SERIAL = Workers(1)


def available_cpus() -> int:
    """The number of CPUs this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
