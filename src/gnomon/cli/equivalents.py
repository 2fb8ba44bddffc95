"""Names that others give to what a command here does: told as the line to type."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

EQUIVALENTS = {
    "ssx_index": "index",  # which takes stills one by one, as it takes sweeps
    "analyse_output": "report",
    "damage": "damage_analysis",
}
"""Commands of DIALS and its like, and the one here that does the named thing."""


def line_for(name: str, words: Sequence[str], known: Sequence[str]) -> str:
    """What to type here for ``name words``, without parameters that are the other program's; empty for nothing."""
    command = EQUIVALENTS.get(name, "")
    if command not in known:
        return ""
    files = [word for word in words if "=" not in word and not word.startswith("-")]
    return shlex.join([command, *files])
