"""``gnomon reindex``: another basis, origin or space group for experiments and reflections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS
from gnomon.cli.step_command import given_data, is_given, step_command, tell
from gnomon.errors import UsageError
from gnomon.params import Params, param
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.step import Data


def _params() -> type[Params]:
    from gnomon.steps.reindex.params import ReindexParams

    class ReindexFileParams(ReindexParams):
        """The change, and the files of a reference."""

        reference_experiments: str | None = param(
            None, "experiments whose setting is to be had", name="reference.experiments"
        )
        reference_reflections: str | None = param(
            None, "their reflections, to compare intensities with", name="reference.reflections"
        )
        reference: str | None = param(
            None, "MTZ, XDS, mmCIF or PDB file whose setting is to be had, instead of experiments"
        )

    return ReindexFileParams


def _reference(expt: str | None, refl: str | None, path: str | None) -> Data | None:
    from gnomon.io.expt import read_experiments
    from gnomon.io.refl import read_reflections
    from gnomon.models.reflections import Reflections
    from gnomon.step import Data

    if path is not None:
        from gnomon.io.reference import read_reference
        from gnomon.steps.reindex.reference import as_data

        if expt is not None or refl is not None:
            raise UsageError("two references were given; give either reference or reference.experiments")
        return as_data(read_reference(path))
    if expt is None:
        if refl is not None:
            raise UsageError("reference.reflections was given alone; give reference.experiments too, for its cell")
        return None
    return Data(read_experiments(expt), Reflections() if refl is None else read_reflections(refl))


def run(session: Session) -> None:
    """Read what is given, experiments or reflections or both; write the same, reindexed."""
    stage = STEPS["reindex"]
    given = {"expt": is_given(session, *EXPERIMENTS), "refl": is_given(session, *REFLECTIONS)}
    if not any(given.values()):
        raise UsageError("reindex was given no file; give indexed.expt, indexed.refl or both")
    data, params = given_data(stage, session), session.params
    reference = _reference(params.reference_experiments, params.reference_reflections, params.reference)
    result = tell(stage, session, *data, reference=reference)
    session.outputs = {kind: path for kind, path in session.outputs.items() if given[kind]}
    session.write(result, shoeboxes="shoebox" in result.reflections)


COMMAND = step_command("reindex", run, params=_params)
