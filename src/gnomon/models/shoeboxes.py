"""Shoeboxes: the pixels of many spots in three flat arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

VALID, BACKGROUND, FOREGROUND, STRONG, BACKGROUND_USED, OVERLAPPED = 1, 2, 4, 8, 16, 32
"""Bits of the mask."""


@dataclass(frozen=True, eq=False)
class Shoeboxes:
    """Spot i owns ``data[offsets[i]:offsets[i + 1]]``, x fastest, then y, then z; nothing where no pixels are kept."""

    panel: np.ndarray  # (N,) uint32
    bbox: np.ndarray  # (N, 6) int32
    offsets: np.ndarray  # (N + 1,) int64
    data: np.ndarray  # (P,) float32
    mask: np.ndarray  # (P,) uint8
    background: np.ndarray  # (P,) float32
    file_flag: np.ndarray | None = None  # (N,) uint8: the pixel layout of the file read from (0, 1, 2)

    def __len__(self) -> int:
        return len(self.panel)

    def __getitem__(self, index: Any) -> Shoeboxes:
        """The shoeboxes at ``index`` (a mask, a slice or an integer array)."""
        which = np.arange(len(self))[index]
        lengths = np.diff(self.offsets)[which]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        pixel = np.repeat(self.offsets[which] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Shoeboxes(
            self.panel[which],
            self.bbox[which],
            offsets,
            self.data[pixel],
            self.mask[pixel],
            self.background[pixel],
            None if self.file_flag is None else self.file_flag[which],
        )

    def pixels(self, i: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Data, mask and background of spot i, each (nz, ny, nx)."""
        x0, x1, y0, y1, z0, z1 = self.bbox[i]
        part = slice(self.offsets[i], self.offsets[i + 1])
        shape = (z1 - z0, y1 - y0, x1 - x0)
        return (
            self.data[part].reshape(shape),
            self.mask[part].reshape(shape),
            self.background[part].reshape(shape),
        )

    def between(self, z0: np.ndarray, z1: np.ndarray) -> Shoeboxes:
        """The shoeboxes without the images before ``z0`` and from ``z1`` on, both (N,) and within the boxes."""
        lengths = np.diff(self.offsets)
        deep = self.bbox[:, 5] - self.bbox[:, 4]
        area = np.where(deep > 0, lengths // np.maximum(deep, 1), 0)  # of one image; 0 where no pixels are kept
        kept = area * (z1 - z0)
        offsets = np.concatenate([[0], np.cumsum(kept)])
        first = self.offsets[:-1] + area * (z0 - self.bbox[:, 4])
        pixel = np.repeat(first - offsets[:-1], kept) + np.arange(offsets[-1])
        bbox = self.bbox.copy()
        bbox[:, 4], bbox[:, 5] = z0, z1
        return Shoeboxes(
            self.panel, bbox, offsets, self.data[pixel], self.mask[pixel], self.background[pixel], self.file_flag
        )

    @classmethod
    def concatenate(cls, parts: list[Shoeboxes]) -> Shoeboxes:
        """One after the other."""
        lengths = np.concatenate([np.diff(p.offsets) for p in parts])
        flags = [p.file_flag for p in parts]
        return cls(
            np.concatenate([p.panel for p in parts]),
            np.concatenate([p.bbox for p in parts]),
            np.concatenate([[0], np.cumsum(lengths)]),
            np.concatenate([p.data for p in parts]),
            np.concatenate([p.mask for p in parts]),
            np.concatenate([p.background for p in parts]),
            None if any(f is None for f in flags) else np.concatenate(flags),  # type: ignore[arg-type]
        )
