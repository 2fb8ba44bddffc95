"""Names with braces and stars that the shell left as they were: ``scaled.{expt,refl}``, ``sweep_{1..18}/scaled.*``."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from glob import glob

_BRACES = re.compile(r"\{([^{}]*,[^{}]*|-?\d+\.\.-?\d+)\}")
_STARS = re.compile(r"[*?\[]")


def expanded(words: Sequence[str]) -> list[str]:
    """The words with the files that patterns among them name, as a shell has them; a pattern without files stays."""
    return [name for word in words for name in _names(word)]


def is_pattern(word: str) -> bool:
    """Whether the word names files by a pattern, and is none itself."""
    return bool(_STARS.search(word)) and not os.path.exists(word)


def _names(word: str) -> Iterator[str]:
    if os.path.exists(word):
        yield word
        return
    for name in _of_braces(word):
        yield from sorted(glob(name)) or [name]


def _of_braces(word: str) -> Iterator[str]:
    """Every choice of what stands in braces, the first braces slowest."""
    match = _BRACES.search(word)
    if match is None:
        yield word
        return
    first, two_points, last = match[1].partition("..")
    if two_points:
        low, high = int(first), int(last)
        parts = [str(n) for n in (range(low, high + 1) if low <= high else range(low, high - 1, -1))]
    else:
        parts = match[1].split(",")
    for part in parts:
        yield from _of_braces(word[: match.start()] + part + word[match.end() :])
