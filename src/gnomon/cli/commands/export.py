"""``gnomon export``: observations for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.cli.command import EXPERIMENTS, REFLECTIONS, UNMERGED
from gnomon.cli.free_set import given_free_set
from gnomon.cli.step_command import given_data, is_given, step_command
from gnomon.cli.wavelengths import each_wavelength
from gnomon.params import param
from gnomon.pipeline import STAGES
from gnomon.steps.export.params import OWN_FORMATS, ExportParams

if TYPE_CHECKING:
    import numpy as np

    from gnomon.cli.session import Session
    from gnomon.maths.intensities.data_quality import DataQuality
    from gnomon.models.experiment import Experiments
    from gnomon.models.merged import MergedData
    from gnomon.models.reflections import Reflections
    from gnomon.step import Data


class ExportCommandParams(ExportParams):
    """What is exported, and the folder of a format that has several files."""

    mosflm_directory: str = param("mosflm", "folder of its files; of several sweeps _1, _2...", name="mosflm.directory")


def _merged(
    session: Session, scaled: Data, rows: np.ndarray, params: ExportParams
) -> tuple[MergedData, DataQuality] | tuple[None, None]:
    """The merged data that sca and mmcif files hold, of the ``rows`` exported, and their quality.

    None where nothing is scaled. With the free set of a merged MTZ file that was given: none is made up, which would
    not be the one used in refinement.
    """
    from gnomon.maths.data_sets.data_set import common_data_set
    from gnomon.steps.export.quality import data_quality

    if "inverse_scale_factor" not in scaled.reflections:
        return None, None
    same = {name: getattr(params, name) for name in ("partiality_threshold", "wavelength_tolerance")}
    chosen = scaled.reflections.select(rows)
    free_set = given_free_set(session)
    result = STAGES["merge"](scaled.experiments, chosen, generate=False, **same, reference_free_set=free_set)
    summary = result.summary
    for note in summary.free_set.notes if summary.free_set is not None else ():
        session.say(f"free set: {note}")
    wilson_b = None if summary.wilson is None else summary.wilson.b_factor
    data_set = common_data_set(scaled.experiments, params.wavelength_tolerance)
    return result.product, data_quality(scaled.reflections, rows, data_set, wilson_b)


def export_files(session: Session, data: Data, params: ExportParams, path: str, cluster: str = "") -> None:
    """Write the observations in the format asked; of several wavelengths one data set each, or each by itself.

    cluster: what the data are of; empty for all.
    """
    from gnomon.steps.export.step import SEVERAL_WAVELENGTHS, WHOLE

    if params.format in (*SEVERAL_WAVELENGTHS, *WHOLE):
        _export_file(session, data, params, path, cluster)
        return
    for part in each_wavelength(data, params.wavelength_tolerance):
        if part.mark:
            session.say(f"\n{part.wavelength:.5f} Å")
        _export_file(session, part.data, params, part.name(path), " ".join(filter(None, (cluster, part.label))))


def _export_file(session: Session, data: Data, params: ExportParams, path: str, of: str) -> None:
    """Write one file, and say what went out; ``of``: the cluster, the wavelength, or both."""
    from gnomon.io.exported import wants_merged, write_exported

    stage = STAGES["export"]
    result = stage(data, **{key: value for key, value in params if key in ExportParams.model_fields})
    session.record.step(stage.name, params, result.summary, of, mark=data.mark)
    session.say(stage.describe(result))
    product, merged, quality = result.product, None, None
    if wants_merged(params.format):
        assert product.row is not None
        merged, quality = _merged(session, data, product.row, params)
    if params.format == "mmcif":
        session.say(_said_of_deposition(merged))
    options = params.of_format
    if params.format == "pets":
        options["intensity"] = params.intensity
    options.pop("directory", None)
    written = write_exported(path, params.format, product, merged, params.composition, quality, **options)
    for note in written.notes:
        session.say(note)
    for name in written.paths:
        session.wrote(name)


def _said_of_deposition(merged: MergedData | None) -> str:
    """What the file holds, and what it lacks."""
    if merged is None:
        return "unmerged data only: they are not scaled, so that none are merged; scale first for a deposition"
    text = f"a block of {len(merged)} merged reflections with statistics in shells, one of unmerged data with geometry"
    if merged.free is None:
        text += "\nno free set in the file: give the merged MTZ that was used in refinement, to have its own"
    return text


def run(session: Session[ExportCommandParams]) -> None:
    """Export the integrated or scaled data given; the file is named after them where no name is given."""
    from gnomon.io.exported import ending_of, name_for
    from gnomon.step import Data

    params = session.params
    data = Data(*(_experiments_alone(session) if params.format == "mosflm" else given_data(STAGES["export"], session)))
    if params.format == "mosflm":
        name = session.prefixed(params.mosflm_directory)
    else:
        named_by = session.files(*REFLECTIONS, *UNMERGED)[0]
        name = session.outputs.get("file") or session.prefixed(name_for(Path(named_by).stem, params.format))
    if params.format == "pets" and not name.endswith(ending_of("pets")):
        name += ending_of("pets")
    export_files(session, data, params, name)


def _experiments_alone(session: Session) -> tuple[Experiments, Reflections]:
    """The experiments, for a format that has no use for reflections."""
    from gnomon.models.reflections import Reflections

    if is_given(session, *REFLECTIONS) and not session.files(*EXPERIMENTS):
        return given_data(STAGES["export"], session)
    return session.experiments(), Reflections()


_HKLOUT = {f"{name}.hklout": "file" for name in OWN_FORMATS if name != "mosflm"}
COMMAND = step_command(
    "export",
    run,
    params=lambda: ExportCommandParams,
    output_names={**_HKLOUT, "json.filename": "file", "pets.filename_prefix": "file"},
)
