"""Small unsigned pixels to int32."""

from __future__ import annotations

import numpy as np

from gnomon.kernels.jit import kernel


@kernel
def widen(raw: np.ndarray, out: np.ndarray, none: int) -> None:
    """Fills ``out`` (n,) int32 with ``raw`` (n,) unsigned, with -1 where it is ``none``."""
    for i in range(raw.size):
        value = np.int32(raw[i])
        out[i] = -1 if value == none else value
