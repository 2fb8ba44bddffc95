"""Images where experiments are expected: they are imported first, and that is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gnomon.pipeline import STAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gnomon.cli.session import Session
    from gnomon.models.experiment import Experiments
    from gnomon.step import Result

IMPORTED = "imported.expt"


def import_first(session: Session, paths: Sequence[str], **params: Any) -> Experiments:
    """The experiments of the images, kept in imported.expt, which the next command needs with what this one makes.

    params: of import, by name.
    """
    result = _imported(session, paths, **params)
    importing = replace(session, command="import", outputs={"expt": session.prefixed(IMPORTED)})
    experiments, _ = importing.write_pair(result, (importing.outputs["expt"], None))
    return experiments


def imported_now(session: Session, paths: Sequence[str]) -> Experiments:
    """The experiments of the images, to be looked at: nothing is written."""
    return _imported(session, paths).experiments


def _imported(session: Session, paths: Sequence[str], **params: Any) -> Result:
    stage = STAGES["import"]
    result: Result = stage(list(paths), context=session.context, **params)
    session.record.step("import", stage.params_class(**params), result.summary, words=list(paths))
    session.say(stage.describe(result))
    return result
