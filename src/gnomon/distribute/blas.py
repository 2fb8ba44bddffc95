"""Matrix products on one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """While it lasts BLAS does not spread: on matrices of a few hundred rows its threads wait more than they work.

    240 data sets took 52 CPU s in correlation_matrix with the threads of two CPUs, 20 s without.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield
