"""All commands, in the order of work: one for each stage, and those of ``cli/commands``."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from gnomon.cli import commands as folder
from gnomon.cli.command import Command
from gnomon.pipeline import STAGES, Stage

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.step import Result

_FIRST = ("process", "demo", "import", *STAGES)


def run_stage(stage: Stage, session: Session) -> Result:
    """Read the inputs, run the step, say what came out, write it; and return it."""
    experiments = session.experiments()
    reflections = session.reflections(experiments) if "refl" in stage.needs else None
    params = {key: getattr(session.params, key) for key in type(session.params).model_fields}
    result = stage(experiments, reflections, workers=session.workers, progress=session.progress, **params)
    session.record.step(stage.name, session.params, result.summary)
    session.say(stage.describe(result))
    asked = bool(getattr(session.params, "shoeboxes", False))
    session.write(result, shoeboxes=asked or (reflections is not None and "shoebox" in reflections))
    session.write_page(lambda: stage.page_sections(result))
    return result


def stage_command(stage: Stage, run: Callable[[Session], object] | None = None) -> Command:
    """The command of a stage; ``run`` where it does more than :func:`run_stage`."""
    return Command(
        name=stage.name,
        summary=stage.summary,
        params=lambda: stage.params_class,
        run=run or (lambda session: run_stage(stage, session)),
        needs=stage.needs,
        outputs=stage.writes,
        example="\n".join(f"gnomon {stage.name} {words}" for words in stage.example),
    )


def commands() -> list[Command]:
    """Every command: a stage's own where the folder has one."""
    found = {name: stage_command(stage) for name, stage in STAGES.items()}
    for module in pkgutil.iter_modules(folder.__path__):
        command = import_module(f"{folder.__name__}.{module.name}").COMMAND
        found[command.name] = command
    rank = {name: i for i, name in enumerate(_FIRST)}
    return sorted(found.values(), key=lambda c: (rank.get(c.name, len(rank)), c.name))
