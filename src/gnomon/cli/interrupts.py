"""Ctrl-C: once to end in order, twice to end at once, whatever the program is doing."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

_SECOND = 2


def listen() -> None:
    """Have the first Ctrl-C raise KeyboardInterrupt, and the second end the program, even in a read that never ends.

    Python hears a signal only between two steps of its own. After the first the system's own way is set, which needs
    no step; and where there was none, in a long kernel or a read, a thread counts them as they come.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return  # ignored, as behind ``&`` in a script
    heard, told = os.pipe()
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, _first)
    threading.Thread(target=_count, args=(heard,), daemon=True, name="interrupts").start()


def _first(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    raise KeyboardInterrupt


def _count(heard: int) -> None:
    """End the program at the second one."""
    seen = 0
    while seen < _SECOND:
        seen += os.read(heard, 1) == bytes([signal.SIGINT])
    os._exit(128 + signal.SIGINT)
