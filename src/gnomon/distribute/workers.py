"""Workers: inline or threads. Same answers in the same order, whatever the number.

Threads share memory, and kernels release the GIL: pixels are never pickled.
"""

from __future__ import annotations

import atexit
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar
from weakref import WeakSet

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Workers:
    """An ordered map over ``count`` threads; one means inline. ``memory``: MB that work on images may take.

    Neither changes a bit of any result.
    """

    count: int = 1
    memory: float = 600.0
    pool: ThreadPoolExecutor | None = field(default=None, compare=False, repr=False)

    def __reduce__(self) -> tuple[type[Workers], tuple[int, float]]:
        return Workers, (self.count, self.memory)  # threads stay where they are

    def alone(self) -> Workers:
        """One, with the same memory."""
        return Workers(1, self.memory)

    @contextmanager
    def together(self) -> Iterator[Workers]:
        """The same for the time of a block, with threads that live as long: what each keeps is there for its next."""
        if self.count <= 1 or self.pool is not None:
            yield self
            return
        with _pool(self.count) as pool:
            yield replace(self, pool=pool)

    def map(self, function: Callable[[T], R], items: Iterable[T], *, ahead: int = 2) -> Iterator[R]:
        """``function(item)`` for each item, in order; at most ``ahead * count`` results wait in memory."""
        if self.count <= 1:
            yield from map(function, items)
            return
        with self.together() as lasting:
            pool, pending = lasting.pool, deque[Future[R]]()
            assert pool is not None  # of more than one thread
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) >= ahead * self.count:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()


@contextmanager
def _pool(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads for the time of a block, whose work is done at its end. Where the block fails, what has not begun never
    does, and what runs is waited for.

    Not waited for is what runs when the user interrupts (it may wait for a file that never comes), nor while a
    generator that holds the block is given up: the garbage collector may do that inside the bookkeeping of another
    thread's start, whose lock the end of our threads would wait for, for ever.
    """
    pool = ThreadPoolExecutor(count)
    try:
        yield pool
    except (GeneratorExit, KeyboardInterrupt):
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    except Exception:
        pool.shutdown(cancel_futures=True)
        raise
    pool.shutdown()


def ahead(function: Callable[[T], R], items: Iterable[T], depth: int) -> Iterator[Callable[[], R]]:
    """For each item, in order, what waits for ``function(item)`` and gives it, or raises what it raised.

    One thread of its own calls the function, ``depth`` items ahead of the one that was last given. Nobody waits for
    that thread: it may hang in a pipe, or a file system that does not answer. Only the end of the program does, for
    ``PATIENCE`` (``wait_for_readers``).
    """
    pending: deque[Future[R]] = deque()
    tasks: SimpleQueue[tuple[Future[R], T] | None] = SimpleQueue()
    reader = Thread(target=_serve, args=(function, tasks), daemon=True)
    _readers.add(reader)
    reader.start()
    try:
        for item in items:
            pending.append(Future())
            tasks.put((pending[-1], item))
            if len(pending) > depth:
                yield pending.popleft().result
        while pending:
            yield pending.popleft().result
    finally:
        for future in pending:
            future.cancel()
        tasks.put(None)


def _serve(function: Callable[[T], R], tasks: SimpleQueue[tuple[Future[R], T] | None]) -> None:
    """Keeps the promise of each task, until there is none."""
    while (task := tasks.get()) is not None:
        future, item = task
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(function(item))
        except BaseException as error:  # whoever asks for the result is told
            future.set_exception(error)


def wait_for_readers() -> bool:
    """Whether the threads of ``ahead`` are done, within ``PATIENCE``.

    Python kills such threads as it ends, wherever they are; one that then holds the lock of HDF5 keeps it, and Python,
    which frees HDF5's objects after that, waits for it for ever.
    """
    until = time.monotonic() + PATIENCE
    for reader in list(_readers):
        reader.join(max(0.0, until - time.monotonic()))
    return not any(reader.is_alive() for reader in list(_readers))


PATIENCE = 1.0  # s that the end of the program waits for a read; one from a disk takes some ms
_readers: WeakSet[Thread] = WeakSet()
atexit.register(wait_for_readers)

SERIAL = Workers(1)


def available_cpus() -> int:
    """The number of CPUs this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
