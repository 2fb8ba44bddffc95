"""``gnomon split_experiments``: one experiment list as many files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import REFLECTIONS
from gnomon.cli.parts import write_parts
from gnomon.cli.step_command import given_data, is_given, params_of, step_command
from gnomon.errors import InputError
from gnomon.params import Params, param
from gnomon.pipeline import STEPS

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
    stage = STEPS["split_experiments"]
    data, params = given_data(stage, session), session.params
    parts = stage(*data, **params_of(stage, session))
    prefixes, template = (params.experiments_prefix, params.reflections_prefix), params.template
    width = len(str(max(len(data[0]) - 1, 0)))
    named = [
        [_file_name(template, prefix, i, width, ending) for prefix, ending in zip(prefixes, ("expt", "refl"))]
        for i in range(len(parts))
    ]
    if len({expt for expt, _ in named}) < len(parts):
        raise InputError(f"output.template={template} gives several parts one name; put {{index}} into it")
    for part, (expt, _) in zip(parts, named):
        session.record.step(stage.name, session.params, part.summary, expt)
    has_refl = is_given(session, *REFLECTIONS)
    write_parts(session, parts, [(expt, refl if has_refl else None) for expt, refl in named])


COMMAND = step_command("split_experiments", run, params=_params)
