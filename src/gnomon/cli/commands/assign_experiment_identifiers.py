"""``gnomon assign_experiment_identifiers``: names for the experiments of one or several pairs of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS
from gnomon.cli.step_command import step_command, tell
from gnomon.errors import UsageError
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def run(session: Session) -> None:
    """Pair the files in their order, as names cannot tell yet, and write one pair."""
    from gnomon.cli.reading import read_pairs

    pairs = session.files(*EXPERIMENTS), session.files(*REFLECTIONS)
    if not pairs[0]:
        raise UsageError("assign_experiment_identifiers needs pairs of files; give .expt and .refl files in one order")
    experiments, reflections, notes = read_pairs(*pairs)
    for note in notes:
        session.say(note)
    result = tell(STEPS["assign_experiment_identifiers"], session, experiments, reflections)
    session.write(result, shoeboxes="shoebox" in reflections)


COMMAND = step_command("assign_experiment_identifiers", run)
