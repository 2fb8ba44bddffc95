"""How far long work has come: a line that is redrawn on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

_INTERVAL = 0.1  # seconds between redraws
_PLAIN_INTERVAL = 10.0
"""Seconds between plain lines: a log of a day's batch job stays readable, and what is soon done says nothing."""
_last = 0.0
_plain = ("", 0.0, False)  # what goes on, when it was last told of, whether it was


def progress_shown() -> Callable[[str, int, int], None]:
    """What tells of progress on standard error as it is: a bar on a terminal, plain lines elsewhere."""
    return progress_bar if sys.stderr.isatty() else progress_lines


def progress_bar(what: str, done: int, total: int) -> None:
    """Redraw one line on standard error."""
    global _last
    now = time.monotonic()
    if done < total and now - _last < _INTERVAL:
        return
    _last = now
    filled = 30 * done // max(total, 1)
    end = "\r\x1b[K" if done >= total else ""
    sys.stderr.write(f"\r{what} [{'#' * filled}{'.' * (30 - filled)}] {done}/{total}{end}")
    sys.stderr.flush()


def progress_lines(what: str, done: int, total: int) -> None:
    """Write a line to standard error where the last is ten seconds old, and one at the end of what had any."""
    global _plain
    now, (before, last, told) = time.monotonic(), _plain
    if what != before:
        _plain = (what, now, False)
        return
    ended = done >= total
    if now - last >= _PLAIN_INTERVAL or (ended and told):
        sys.stderr.write(f"{what}: {done} of {total} ({100 * done // max(total, 1)} %)\n")
        sys.stderr.flush()
        _plain = (what, now, True)
    if ended:
        _plain = ("", 0.0, False)
