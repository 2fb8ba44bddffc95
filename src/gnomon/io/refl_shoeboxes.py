"""The shoebox column of a ``.refl`` file: records of unequal length, one after the other."""

from __future__ import annotations

import struct

import numpy as np

from gnomon.models.shoeboxes import Shoeboxes

_HEAD = struct.Struct("<I6iB")  # panel, bbox, pixel layout
_MASK_BYTES = (0, 4, 1)  # per pixel, for layouts 0 (no pixels), 1, 2


def unpack_shoeboxes(payload: bytes, n: int) -> Shoeboxes:
    """The ``n`` shoeboxes of a payload. Raises ValueError where it is not one."""
    if n * _HEAD.size > len(payload):
        raise ValueError(f"{n} shoeboxes in {len(payload)} bytes")
    heads = np.zeros((n, 8), np.int64)
    starts = np.zeros(n, np.int64)
    at = 0
    for i in range(n):
        head = _HEAD.unpack_from(payload, at)
        at += _HEAD.size
        heads[i], starts[i] = head, at
        if head[7]:
            _, x0, x1, y0, y1, z0, z1, layout = head
            at += (8 + _MASK_BYTES[layout]) * (x1 - x0) * (y1 - y0) * (z1 - z0)
    if at != len(payload):
        raise ValueError(f"{len(payload)} bytes of shoeboxes, expected {at}")
    return _gather(np.frombuffer(payload, np.uint8), heads, starts)


def _gather(raw: np.ndarray, heads: np.ndarray, starts: np.ndarray) -> Shoeboxes:
    """Pixels of all records in three flat arrays; bytes are picked by index, a record at any offset."""
    layout = heads[:, 7]
    bbox = heads[:, 1:7]
    sizes = np.where(layout > 0, np.prod(bbox[:, 1::2] - bbox[:, ::2], axis=1), 0)
    mask_bytes = np.array(_MASK_BYTES)[layout]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    rank = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes)
    owner = np.repeat(np.arange(len(sizes)), sizes)

    def floats(first: np.ndarray) -> np.ndarray:
        at = (first[owner] + 4 * rank)[:, None] + np.arange(4)
        return raw[at].view("<f4")[:, 0]

    mask = raw[(starts + 4 * sizes)[owner] + mask_bytes[owner] * rank]
    return Shoeboxes(
        heads[:, 0].astype(np.uint32),
        bbox.astype(np.int32),
        offsets,
        floats(starts),
        mask,
        floats(starts + (4 + mask_bytes) * sizes),
        layout.astype(np.uint8),
    )


def pack_shoeboxes(boxes: Shoeboxes) -> bytes:
    """The payload of a version 1 file: the mask of a pixel has four bytes (layout 1), whatever it was read from.

    DIALS 3.12 reads no other layout; files of version 2 have layout 2.
    """
    parts = []
    for i in range(len(boxes)):
        part = slice(boxes.offsets[i], boxes.offsets[i + 1])
        has_pixels = part.stop > part.start or (boxes.file_flag is not None and boxes.file_flag[i] > 0)
        parts.append(_HEAD.pack(int(boxes.panel[i]), *(int(v) for v in boxes.bbox[i]), int(has_pixels)))
        if has_pixels:
            parts += [boxes.data[part].astype("<f4").tobytes(), boxes.mask[part].astype("<i4").tobytes()]
            parts.append(boxes.background[part].astype("<f4").tobytes())
    return b"".join(parts)
