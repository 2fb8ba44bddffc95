"""Pixels that another library unpacks: whatever it raises, or complains of, becomes one clear line."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from gnomon.errors import InputError


class _Complaints(logging.Handler):
    """Keeps what is logged in this thread, so that nothing is read past a damage that a library only logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.texts.append(record.getMessage())


@contextmanager
def reading_with(library: str, path: str) -> Iterator[None]:
    """Within it any error of ``library``, raised or logged, is an InputError that names the file."""
    complaints, logger = _Complaints(), logging.getLogger(library)
    logger.addHandler(complaints)
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # libraries promise nothing about damaged files
        raise InputError(_line(library, path, str(error) or type(error).__name__)) from None
    finally:
        logger.removeHandler(complaints)
    if complaints.texts:
        raise InputError(_line(library, path, complaints.texts[0]))


def _line(library: str, path: str, text: str) -> str:
    return f"{path}: {library} cannot read it ({' '.join(text.split())[:100]}); copy the file again"
