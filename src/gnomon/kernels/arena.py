"""Rows of numbers of any length in one array."""

from __future__ import annotations

from gnomon.kernels.jit import kernel


@kernel
def slide_down(values, rows, start, size):
    """Move the rows, in ascending order of their ``start``, to the front of ``values``; where the next would begin."""
    top = 0
    for i in rows:
        if start[i] != top:
            for k in range(size[i]):
                values[top + k] = values[start[i] + k]
            start[i] = top
        top += size[i]
    return top
