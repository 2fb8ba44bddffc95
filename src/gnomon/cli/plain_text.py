"""What goes to the screen and to the log: letters only, whatever files and their names hold.

Names, headers and columns come from others: an escape sequence in one would colour, clear or retitle the terminal, and
a letter that the terminal or the log cannot show would end the run.
"""

from __future__ import annotations

import codecs
import io
import re
import sys
import unicodedata
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]")
"""All that moves the cursor or turns the direction of writing, but tab and end of line."""
_SPELT = {
    "°": "deg", "σ": "sigma", "λ": "lambda", "φ": "phi", "ω": "omega", "κ": "kappa", "χ": "chi", "Δ": "delta",
    "µ": "u", "μ": "u", "±": "+-", "×": "x", "·": "*", "−": "-", "–": "-", "—": "-", "≤": "<=", "≥": ">=", "…": "...",
}  # fmt: skip


def shown(text: str) -> str:
    """The text with control characters spelt out, as ``\\x1b``."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _spelt(error: UnicodeError) -> tuple[str, int]:
    """What stands for letters that an encoding does not have: Å is A, ° is deg; for others their number."""
    assert isinstance(error, UnicodeEncodeError)
    letters = error.object[error.start : error.end]
    return "".join(map(_one, letters)), error.end


def _one(letter: str) -> str:
    plain = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return _SPELT.get(letter) or plain or letter.encode("ascii", "backslashreplace").decode()


codecs.register_error("spelt", _spelt)


def plain_streams() -> None:
    """Have standard output and error spell what their encoding does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="spelt")


class _Log(io.TextIOWrapper):
    """A text file that holds no control characters."""

    def write(self, text: str) -> int:
        return super().write(shown(text))


def open_plain(path: str) -> TextIO:
    """The file, opened for writing in UTF-8. Raises OSError where it cannot be."""
    return _Log(Path(path).open("wb"), encoding="utf-8", errors="spelt")


def warnings_to(log: TextIO) -> Callable[..., None]:
    """What writes Python's warnings to the log, a line each: they are for us, not for users."""

    def tell(message: Any, category: type[Warning], filename: str, lineno: int, *_: Any) -> None:
        if not log.closed:
            log.write(f"warning: {category.__name__}: {message} ({filename}:{lineno})\n")

    return tell


def log_warnings(log: TextIO | None) -> None:
    """Have Python's warnings written to ``log`` from now on, where there is one."""
    if log is not None and not any(action == "error" for action, *_ in warnings.filters):
        warnings.showwarning = warnings_to(log)
