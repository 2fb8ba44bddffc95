"""The commands of a page of the docs, typed as they stand there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import forked

from gnomon.pipeline import STAGES

DOCS = Path(__file__).parents[1] / "docs"

Done = dict[str, subprocess.CompletedProcess[str]]


def commands_of(page: Path) -> list[str]:
    """The lines of the page's sh blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def typed(page: Path, folder: Path, change: Callable[[str], str] = str, timeout: float = 300) -> Done:
    """What every command of the page did in ``folder``; asserts that none failed. ``change`` may alter a line.

    Each is a program of its own. See :func:`run_in_turn` for the same in less time.
    """
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
        _assert_well(line, done[line])
    return done


def run_in_turn(page: Path, folder: Path, change: Callable[[str], str] = str, timeout: float = 300) -> Done:
    """As :func:`typed`, in children of this process: a second of loading is spent once, not for every line."""
    for stage in STAGES.values():
        assert stage.function  # loaded here, before there are children
    done: Done = {}
    for line in map(change, commands_of(page)):
        program, *words = _words(line, folder)
        assert program == "gnomon"
        ended = forked.run(words, folder, wall=timeout, cpu=int(timeout))
        done[line] = subprocess.CompletedProcess(line, ended.status, ended.out, ended.err)
        _assert_well(line, done[line])
    return done


def _words(line: str, folder: Path) -> list[str]:
    """The words of a line as a shell makes them: quotes taken off, names of files for patterns."""
    parts = shlex.shlex(line, posix=True, punctuation_chars=True)
    parts.commenters = ""
    assert not any(set(part) <= set("();<>|&") for part in parts), f"more than one command: {line}"
    command = ["sh", "-c", f"printf '%s\\0' {line}"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.split("\0")[:-1]


def _assert_well(line: str, done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
