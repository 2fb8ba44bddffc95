"""``gnomon split_experiments``: one experiment list as many files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import REFLECTIONS, Command
from gnomon.errors import InputError
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session

_TEMPLATE = "{prefix}_{index:0{maxindexlength:d}d}.{extension}"


def _params() -> type[Params]:
    from gnomon.steps.split_experiments.params import SplitExperimentsParams

    class SplitFilesParams(SplitExperimentsParams):
        """How to part the list, and what to call the files."""

        experiments_prefix: str = param("split", "start of the file names", name="output.experiments_prefix")
        reflections_prefix: str = param("split", "start of the file names", name="output.reflections_prefix")
        template: str = param(
            _TEMPLATE, "file names, as Python's str.format has it; extension is expt or refl", name="output.template"
        )

    return SplitFilesParams


def _file_name(template: str, prefix: str, index: int, width: int, extension: str) -> str:
    try:
        return template.format(prefix=prefix, index=index, maxindexlength=width, extension=extension)
    except (KeyError, ValueError, IndexError) as error:
        raise InputError(
            f"output.template={template}: {error}; use {{prefix}}, {{index}}, {{maxindexlength}} and {{extension}}"
        ) from None


def run(session: Session) -> None:
    """Write split_0.expt and split_0.refl, split_1.expt..."""
    from gnomon.cli.parts import write_parts
    from gnomon.models.reflections import Reflections
    from gnomon.steps.split_experiments.params import SplitExperimentsParams
    from gnomon.steps.split_experiments.step import split_experiments

    experiments = session.experiments()
    has_reflections = bool(session.files(*REFLECTIONS) or session.unmerged)
    reflections = session.reflections(experiments) if has_reflections else Reflections()
    values = session.params.model_dump()
    prefixes = (values.pop("experiments_prefix"), values.pop("reflections_prefix"))
    template = values.pop("template")
    parts = split_experiments(experiments, reflections, SplitExperimentsParams(**values))
    width = len(str(max(len(experiments) - 1, 0)))
    named = [
        [_file_name(template, prefix, i, width, ending) for prefix, ending in zip(prefixes, ("expt", "refl"))]
        for i in range(len(parts))
    ]
    if len({expt for expt, _ in named}) < len(parts):
        raise InputError(f"output.template={template} gives several parts one name; put {{index}} into it")
    for part, (expt, _) in zip(parts, named):
        session.record.step("split_experiments", session.params, part.summary, expt)
    write_parts(session, parts, [(expt, refl if has_reflections else None) for expt, refl in named])


COMMAND = Command(
    name="split_experiments",
    summary="write each experiment, or group of them, to files of its own",
    params=_params,
    run=run,
    needs=("expt", "refl"),
    usage="gnomon split_experiments FILE.expt [FILE.refl] [name=value ...]",
    example="gnomon split_experiments combined.expt combined.refl\n"
    "gnomon split_experiments scaled.expt scaled.refl by_wavelength=true output.experiments_prefix=energy",
)
