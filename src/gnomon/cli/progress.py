"""A progress line on the terminal."""

from __future__ import annotations

import sys
import time

_INTERVAL = 0.1  # seconds between redraws
_last = 0.0


def progress_bar(what: str, done: int, total: int) -> None:
    """Redraw one line on standard error; silent where it is no terminal."""
    global _last
    if not sys.stderr.isatty():
        return
    now = time.monotonic()
    if done < total and now - _last < _INTERVAL:
        return
    _last = now
    filled = 30 * done // max(total, 1)
    end = "\r\x1b[K" if done >= total else ""
    sys.stderr.write(f"\r{what} [{'#' * filled}{'.' * (30 - filled)}] {done}/{total}{end}")
    sys.stderr.flush()
