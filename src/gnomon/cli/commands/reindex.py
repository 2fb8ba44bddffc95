"""``gnomon reindex``: another basis, origin or space group for experiments and reflections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, Command
from gnomon.params import Params, param

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
    from gnomon.step import Data, InputError

    if path is not None:
        from gnomon.io.reference import read_reference
        from gnomon.steps.reindex.reference import as_data

        if expt is not None or refl is not None:
            raise InputError("two references were given; give either reference or reference.experiments")
        return as_data(read_reference(path))
    if expt is None:
        if refl is not None:
            raise InputError("reference.reflections was given alone; give reference.experiments too, for its cell")
        return None
    return Data(read_experiments(expt), Reflections() if refl is None else read_reflections(refl))


def run(session: Session) -> None:
    """Read what is given, experiments or reflections or both; write the same, reindexed."""
    from gnomon.models.experiment import Experiments
    from gnomon.models.reflections import Reflections
    from gnomon.report.reindex import describe
    from gnomon.step import InputError
    from gnomon.steps.reindex.params import ReindexParams
    from gnomon.steps.reindex.step import reindex

    whole = bool(session.unmerged)
    given = {"expt": bool(session.files(*EXPERIMENTS)), "refl": bool(session.files(*REFLECTIONS))}
    given = {kind: found or whole for kind, found in given.items()}
    if not any(given.values()):
        raise InputError("reindex was given no file; give indexed.expt, indexed.refl or both")
    experiments = session.experiments() if given["expt"] else Experiments()
    reflections = session.reflections(experiments if given["expt"] else None) if given["refl"] else Reflections()
    values = session.params.model_dump()
    reference = _reference(*(values.pop(f"reference{part}") for part in ("_experiments", "_reflections", "")))
    result = reindex(experiments, reflections, ReindexParams(**values), reference=reference)
    session.record.step("reindex", session.params, result.summary)
    session.say(describe(result.summary))
    session.outputs = {kind: path for kind, path in session.outputs.items() if given[kind]}
    session.write(result, shoeboxes="shoebox" in result.reflections)


COMMAND = Command(
    name="reindex",
    summary="change the basis of crystals and indices, or match a reference",
    params=_params,
    run=run,
    needs=("paths",),
    outputs=(("expt", "reindexed.expt"), ("refl", "reindexed.refl")),
    usage="gnomon reindex [FILE.expt] [FILE.refl] [name=value ...]",
    example="gnomon reindex indexed.refl change_of_basis_op=b-c,b+c,a\n"
    "gnomon reindex integrated.expt integrated.refl reference.experiments=ref.expt reference.reflections=ref.refl\n"
    "gnomon reindex scaled.expt scaled.refl reference=2bn3.pdb",
)
