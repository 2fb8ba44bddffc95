"""Which images of a template make a sweep of their own, and whether it is complete."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

PATIENCE = 30
"""Images after a gap, from which the missing ones are not waited for: three seconds of a fast camera. Where they come
after all, the sweeps on both sides become one, and it goes on from before the gap."""


@dataclass(frozen=True)
class Run:
    """Images ``first`` to ``last``, all of which are there; complete: it goes on no further, as far as is known."""

    first: int
    last: int
    complete: bool


def runs_of(numbers: Collection[int], breaks: Collection[int], *, over: bool) -> list[Run]:
    """The runs of a template's images that are there, in their order.

    breaks: images with which, by their headers, a sweep begins. over: no more of the template will come.
    """
    ordered = sorted(numbers)
    starts = [i for i, n in enumerate(ordered) if i == 0 or n != ordered[i - 1] + 1 or n in breaks]
    found = []
    for start, end in zip(starts, [*starts[1:], len(ordered)]):
        first, last = ordered[start], ordered[end - 1]
        followed = last + 1 in breaks and end < len(ordered)
        found.append(Run(first, last, over or followed or ordered[-1] - last >= PATIENCE))
    return found
