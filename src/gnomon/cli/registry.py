"""All commands, in the order of work: one for each step, and those of ``cli/commands`` that are more or no step."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from gnomon.cli import commands as folder
from gnomon.cli.command import Command
from gnomon.cli.step_command import step_command
from gnomon.pipeline import PARTS, STAGES, STEPS

_FIRST = ("process", "demo", *STAGES)


def commands() -> list[Command]:
    """Every command: a step's own where the folder has one."""
    modules = (import_module(f"{folder.__name__}.{module.name}") for module in pkgutil.iter_modules(folder.__path__))
    found: dict[str, Command] = {module.COMMAND.name: module.COMMAND for module in modules}
    found.update({name: step_command(name) for name in (*STEPS, *PARTS) if name not in found})
    rank = {name: i for i, name in enumerate(_FIRST)}
    return sorted(found.values(), key=lambda c: (rank.get(c.name, len(rank)), c.name))
