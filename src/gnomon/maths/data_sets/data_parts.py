"""Data sets, or groups of their images, as parts of the data that can be judged and left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.models.experiment import Experiments


@dataclass(frozen=True, eq=False)
class Parts:
    """Part p, called ``names[p]``, is of experiment ``experiment[p]`` and covers ``images[p]`` (first, last)."""

    names: list[str]
    experiment: np.ndarray  # (P,)
    images: np.ndarray  # (P, 2), inclusive; (0, 0) without a scan
    group_size: int | None
    starts: np.ndarray  # (E,) the first part of each experiment

    def __len__(self) -> int:
        return len(self.names)

    def of(self, experiment: np.ndarray, z: np.ndarray) -> np.ndarray:
        """(N,) the part of each observation, by its experiment (N,) and z (N,) in images."""
        start = self.starts[experiment]
        if self.group_size is None:
            return start
        last = np.append(self.starts[1:], len(self))[experiment] - 1
        number = (np.floor(z).astype(int) + 1 - self.images[start, 0]) // self.group_size
        return np.clip(start + number, start, last)  # a centroid may lie just outside the scan

    def left_without(self, bad: np.ndarray) -> list[int]:
        """The experiments of which something is left without the parts ``bad`` (n,)."""
        remaining = np.bincount(np.delete(self.experiment, bad), minlength=len(self.starts))
        return np.flatnonzero(remaining).tolist()


def data_sets(experiments: Experiments, names: Sequence[str]) -> Parts:
    """Each experiment a part."""
    return _parts(experiments, names, None)


def image_groups(experiments: Experiments, names: Sequence[str], size: int) -> Parts:
    """Groups of ``size`` images, the last of a scan joined to the one before where it would be under half full."""
    return _parts(experiments, names, size)


def _parts(experiments: Experiments, names: Sequence[str], size: int | None) -> Parts:
    called: list[str] = []
    images, owner, starts = [], [], []
    for i, (experiment, name) in enumerate(zip(experiments, names)):
        starts.append(len(called))
        first, last = experiment.scan.image_range if experiment.scan is not None else (0, 0)
        n = 1 if size is None else max(1, round((last - first + 1) / size))
        for k in range(n):
            begin = first + k * (size or 0)
            end = last if k == n - 1 else begin + (size or 0) - 1
            called.append(name if size is None or first == last == 0 else f"{name} images {begin}-{end}")
            images.append((begin, end))
            owner.append(i)
    return Parts(called, np.array(owner, np.intp), np.array(images).reshape(-1, 2), size, np.array(starts, np.intp))
