"""Arrays on the wire: a JSON head that names them, then their bytes, as ``static/packed.js`` reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

_ALIGNED = 8
"""Bytes: every array starts at a multiple of it, so that the browser makes typed arrays without a copy."""


def packed(arrays: Mapping[str, np.ndarray], **head: Any) -> bytes:
    """A message: the length of the head (4 bytes, little-endian), the head, then the arrays.

    The head is JSON: ``head`` itself and ``arrays``, for each its name, dtype, shape and where its bytes start, counted
    from the end of the (padded) head. Booleans travel as uint8; dtypes that browsers lack raise TypeError.
    """
    made = {name: _wire(name, values) for name, values in arrays.items()}
    listed, at = [], 0
    for name, values in made.items():
        listed.append({"name": name, "dtype": values.dtype.name, "shape": values.shape, "at": at})
        at += _padded(values.nbytes)
    text = json.dumps({**head, "arrays": listed}, separators=(",", ":")).encode()
    text += b" " * (_padded(4 + len(text)) - 4 - len(text))
    parts = [len(text).to_bytes(4, "little"), text]
    for values in made.values():
        parts += [values.tobytes(), bytes(_padded(values.nbytes) - values.nbytes)]
    return b"".join(parts)


def _padded(size: int) -> int:
    return -(-size // _ALIGNED) * _ALIGNED


def _wire(name: str, values: np.ndarray) -> np.ndarray:
    """The values in a type that JavaScript has typed arrays of."""
    values = np.asarray(values)
    if values.dtype == bool:
        return values.view(np.uint8)
    if values.dtype.kind not in "iuf" or values.dtype.itemsize > 4 + 4 * (values.dtype.kind == "f"):
        raise TypeError(f"{name}: {values.dtype} has no typed array in browsers that numbers fit in; make it 32 bits")
    return values.astype(values.dtype.newbyteorder("<"), copy=False)
