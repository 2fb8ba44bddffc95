"""The page for those who come from other programs names what is there, and all that DIALS has."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from gnomon.cli.arguments import find_option
from gnomon.cli.registry import commands
from gnomon.cli.typed import options_for

PAGE = Path(__file__).parents[2] / "docs/how-to/coming-from-dials-or-xds.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = {name: command for command in commands() for name in (command.name, *command.aliases)}
OF_THE_PROGRAM = {"--version", "command", "NAME"}


def test_commands_are_there():
    named = set(re.findall(r"gnomon ([\w-]+)", TEXT)) - OF_THE_PROGRAM
    row = next(line for line in TEXT.splitlines() if line.endswith("| the same name |"))
    assert named | set(re.findall(r"`(\w+)`", row)) <= COMMANDS.keys()


def test_parameters_are_there():
    """Each ``name=`` that stands before ``of `gnomon COMMAND` ``."""
    cells = re.findall(r"((?:`[\w.]+=`,? ?)+) of ((?:`gnomon \w+`(?: and )?)+)", TEXT)
    assert len(cells) >= 14
    for names, of in cells:
        for command in re.findall(r"gnomon (\w+)", of):
            for name in re.findall(r"`([\w.]+)=`", names):
                find_option(name, options_for(COMMANDS[command]))  # raises InputError


@pytest.mark.interop
def test_every_command_of_dials_is_named():
    program = shutil.which("dials.import")
    if program is None:
        pytest.skip("no dials.import on the PATH")
    theirs = {path.name.removeprefix("dials.") for path in Path(program).parent.glob("dials.*")}
    assert len(theirs) > 60
    assert theirs <= set(re.findall(r"`([\w.]+)`", TEXT)) | {"import"}
