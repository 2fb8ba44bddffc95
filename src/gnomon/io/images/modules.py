"""Detectors built of modules: where the gaps between them are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tiling:
    """Pixels of a module and of the gap to the next, each along fast and slow."""

    module: tuple[int, int]
    gap: tuple[int, int]


PILATUS = Tiling((487, 195), (7, 17))
EIGER = Tiling((1030, 514), (10, 37))
EIGER2 = Tiling((1028, 512), (12, 38))

Rectangle = tuple[int, int, int, int]
"""Fast and slow of a corner, then of the opposite one: (f0, s0, f1, s1), half-open."""


def _gaps(size: int, module: int, gap: int) -> list[tuple[int, int]] | None:
    """The gaps along one direction, or None where whole modules do not fill ``size``."""
    count, rest = divmod(size + gap, module + gap)
    if rest or not count:
        return None
    return [(k * (module + gap) - gap, k * (module + gap)) for k in range(1, count)]


def gap_rectangles(image_size: tuple[int, int]) -> tuple[Rectangle, ...]:
    """The gaps of the Pilatus or Eiger whose modules fill ``image_size`` (fast, slow) exactly; none for other sizes.

    First those that run along slow, then those along fast.
    """
    nx, ny = image_size
    for tiling in (PILATUS, EIGER, EIGER2):
        fast = _gaps(nx, tiling.module[0], tiling.gap[0])
        slow = _gaps(ny, tiling.module[1], tiling.gap[1])
        if fast is not None and slow is not None:
            return (*((a, 0, b, ny) for a, b in fast), *((0, a, nx, b) for a, b in slow))
    return ()
