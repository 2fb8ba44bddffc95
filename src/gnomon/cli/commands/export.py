"""``gnomon export``: observations for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.cli.command import REFLECTIONS, UNMERGED, Command
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session
    from gnomon.models.merged import MergedData
    from gnomon.step import Result
    from gnomon.steps.export.params import ExportParams


def _params() -> type[Params]:
    from gnomon.steps.export.params import ExportParams

    return ExportParams


def _merged(scaled: Result) -> MergedData | None:
    """The merged data that sca and mmcif files hold; None where nothing is scaled."""
    from gnomon.step import checked
    from gnomon.steps.merge.params import MergeParams
    from gnomon.steps.merge.step import merge

    if "inverse_scale_factor" not in scaled.reflections:
        return None
    found: MergedData = checked(merge(scaled.experiments, scaled.reflections, MergeParams())).stats["merged"]
    return found


def export_files(session: Session, data: Result, params: ExportParams, path: str) -> None:
    """Write the observations in the format asked, and say what went out."""
    from gnomon.io.exported import write_exported
    from gnomon.report.export import describe
    from gnomon.step import checked
    from gnomon.steps.export.step import export

    result = checked(export(data.experiments, data.reflections, params))
    session.say(describe(result.stats))
    session.say_impossible(result)
    merged = _merged(data) if params.format in ("sca", "mmcif") else None
    for written in write_exported(path, params.format, result.stats["unmerged"], merged, params.composition):
        session.wrote(written)


def run(session: Session) -> None:
    """Export the integrated or scaled data given; the file is named after them where no name is given."""
    from gnomon.io.exported import ENDINGS
    from gnomon.step import Result
    from gnomon.steps.export.params import ExportParams

    params = session.params
    assert isinstance(params, ExportParams)
    experiments = session.experiments()
    data = Result(experiments, session.reflections(experiments))
    stem = Path(session.files(*REFLECTIONS, *UNMERGED)[0]).stem
    export_files(session, data, params, session.outputs.get("file") or stem + ENDINGS[params.format])


COMMAND = Command(
    name="export",
    summary="write MTZ, mmCIF, XDS_ASCII, SHELX or scalepack files",
    params=_params,
    run=run,
    needs=("expt", "refl"),
    outputs=(("file", ""),),
    example="gnomon export scaled.expt scaled.refl\n"
    "gnomon export scaled.expt scaled.refl format=shelx composition=C3H7NO2S",
)
