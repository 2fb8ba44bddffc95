"""A table of reflections with the sweep, and the place along all sweeps, of every row: what plots by image need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from typing import Any, TypeVar

import numpy as np

from gnomon.maths.numerics.tally import Tally
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.names import data_set_names
from gnomon.models.reflections import Reflections
from gnomon.report.html.blocks import Figure
from gnomon.report.html.figures.axes import axis
from gnomon.report.html.figures.lines import Curve, lines

T = TypeVar("T")
MOST_POINTS = 600
"""Of a curve by image: a page is some 600 pixels wide there."""
_FEWEST = 5.0  # rows a point, on average: of fewer, means are noise


@dataclass(frozen=True, eq=False)
class Seen:
    """Experiments and their reflections; nothing is worked out before it is asked for."""

    experiments: Experiments
    reflections: Reflections
    _made: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, make: Callable[[Seen], T]) -> T:
        """What ``make`` makes of this, made once under the name, whichever sections ask for it."""
        if name not in self._made:
            self._made[name] = make(self)
        found: T = self._made[name]
        return found

    def __contains__(self, columns: str | Sequence[str]) -> bool:
        wanted = (columns,) if isinstance(columns, str) else columns
        return len(self.reflections) > 0 and all(name in self.reflections for name in wanted)

    def __getitem__(self, column: str) -> Any:
        return self.reflections[column]

    def has(self, flag: Flag) -> np.ndarray:
        """(N,) bool: where any bit of ``flag`` is set; nowhere without flags."""
        return self.reflections.has(flag) if "flags" in self else np.zeros(len(self.reflections), bool)

    @cached_property
    def indexed(self) -> np.ndarray:
        """(N,) bool: whether a row has indices."""
        if "miller_index" not in self:
            return np.zeros(len(self.reflections), bool)
        hkl = self["miller_index"]
        return np.asarray((hkl[:, 0] != 0) | (hkl[:, 1] != 0) | (hkl[:, 2] != 0))

    @cached_property
    def experiment(self) -> np.ndarray:
        """(N,) the experiment of each row: its own, else the first on its images; -1 where neither is known."""
        n = len(self.reflections)
        own = self["id"].astype(np.intp) if "id" in self else np.full(n, -1, np.intp)
        own = np.where(own < len(self.experiments), own, -1)
        if "imageset_id" not in self or not (own < 0).any():
            return own
        first = np.full(max(int(self["imageset_id"].max(initial=0)) + 1, 1), -1, np.intp)
        for k, row in reversed(list(enumerate(self.experiments.rows("images").tolist()))):
            if 0 <= row < len(first):
                first[row] = k
        return np.where(own < 0, first[np.maximum(self["imageset_id"], 0)], own)

    @cached_property
    def sweeps(self) -> list[list[int]]:
        """The experiments of each sweep: lattices of one sweep are together."""
        groups: dict[Any, list[int]] = {}
        for i, e in enumerate(self.experiments):
            groups.setdefault(e.sweep if e.images is not None or e.scan is not None else i, []).append(i)
        return list(groups.values())

    @cached_property
    def names(self) -> list[str]:
        """What the sweeps are called; the one of a table without experiments has no name."""
        if not len(self.experiments):
            return [""]
        all_names = data_set_names(self.experiments)
        return [all_names[members[0]] for members in self.sweeps]

    @cached_property
    def z(self) -> np.ndarray:
        """(N,) images, where rows lie along their scan: predicted where there is no observed place."""
        for name in ("xyzobs.px.value", "xyzcal.px"):
            if name in self:
                return np.asarray(self[name][:, 2])
        return np.zeros(len(self.reflections))

    @cached_property
    def along(self) -> Along:
        """The places along all sweeps."""
        return _along(self)


@dataclass(frozen=True, eq=False)
class Along:
    """Bins of images, sweep after sweep: ``tally`` of the rows, where each bin is (n,), and what it is called.

    size: images of a bin. several: whether there is more than one sweep, so that images are counted on.
    """

    tally: Tally
    place: np.ndarray
    words: tuple[str, ...]
    size: int
    several: int

    @property
    def axis(self) -> dict[str, Any]:
        """The axis of images."""
        return axis(f"images of {self.several} sweeps, one after the other" if self.several > 1 else "image")


def _spans(seen: Seen) -> tuple[list[tuple[int, int]], np.ndarray]:
    """The images of each sweep, half-open, and the sweep (N,) of each row; without experiments all rows are of one."""
    if not len(seen.experiments):
        known = seen.z[np.isfinite(seen.z)]
        last = int(np.ceil(known.max(initial=1.0)))
        return [(int(np.floor(known.min(initial=last))), last)], np.zeros(len(seen.reflections), np.intp)
    heads = [seen.experiments[members[0]] for members in seen.sweeps]
    ranges = [e.scan.array_range if e.scan is not None else (0, 1) for e in heads]
    sweep_of = np.full(len(seen.experiments) + 1, -1, np.intp)  # the last is that of -1
    for k, members in enumerate(seen.sweeps):
        sweep_of[members] = k
    return ranges, sweep_of[seen.experiment]


def _along(seen: Seen) -> Along:
    """Bins of so many images that there are no more than can be seen, and rows enough in each on average."""
    ranges, which = _spans(seen)
    first = np.array([a for a, _ in ranges], float)
    length = np.array([b - a for a, b in ranges])
    n_points = int(np.clip(len(seen.reflections) / _FEWEST, 1, MOST_POINTS))
    size = max(1, -(-int(length.sum()) // n_points))
    bins = -(-length // size)
    start = np.cumsum(bins) - bins
    inside = ((seen.z - first[which]) // size).astype(np.intp)
    place = start[which] + np.clip(inside, 0, bins[which] - 1)
    tally = Tally(np.where(which >= 0, place, -1), int(bins.sum()))
    several = len(ranges)
    base = np.zeros(several) if several > 1 else first
    offset = np.cumsum(length) - length if several > 1 else np.zeros(several)
    where, words = [], []
    for k in range(several):
        within = np.minimum(np.arange(bins[k]) * size + (size + 1) / 2, length[k] + 0.5 if size == 1 else length[k])
        where.append(base[k] + offset[k] + within)
        words += [f"{escape(seen.names[k], quote=False)}, image {first[k] + x:.0f}" for x in within.tolist()]
    return Along(tally, np.concatenate(where) if where else np.zeros(0), tuple(words), size, several)


def by_image(
    title: str, along: Along, curves: Mapping[str, np.ndarray], label: str, *, note: str = "", good: str = "",
    **more: Any,
) -> Figure | None:  # fmt: skip
    """A curve a name against the images; None where none has a finite value."""
    words = along.words if along.several > 1 else ()  # of one sweep the axis tells it
    drawn = [Curve(name, along.place, y, words) for name, y in curves.items() if np.isfinite(y).any()]
    if not drawn:
        return None
    if len(along.place) == 1:
        drawn = [Curve(c.name, c.x, c.y, c.hover, mode="markers") for c in drawn]
    if along.size > 1:
        note = f"{note} A point is of {along.size} images.".strip()
    return lines(title, drawn, {"x": along.axis, "y": axis(label, **more)}, note, good=good)
