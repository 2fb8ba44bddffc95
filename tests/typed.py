"""The commands of a page of the docs, typed as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"

Done = dict[str, subprocess.CompletedProcess[str]]


def commands_of(page: Path) -> list[str]:
    """The lines of the page's sh blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def typed(page: Path, folder: Path, change: Callable[[str], str] = str, timeout: float = 300) -> Done:
    """What every command of the page did in ``folder``; asserts that none failed. ``change`` may alter a line."""
    binary = folder / "bin"
    binary.mkdir()
    (binary / "gnomon").write_text(f'#!/bin/sh\nexec {sys.executable} -m gnomon "$@"\n')
    (binary / "gnomon").chmod(0o755)
    env = {**os.environ, "PATH": f"{binary}:{os.environ['PATH']}"}
    done: Done = {}
    for line in map(change, commands_of(page)):
        done[line] = subprocess.run(
            ["sh", "-c", line], cwd=folder, env=env, capture_output=True, text=True, timeout=timeout
        )
        assert done[line].returncode == 0, f"{line}\n{done[line].stdout}\n{done[line].stderr}"
    return done
