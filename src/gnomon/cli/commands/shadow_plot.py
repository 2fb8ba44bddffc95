"""``gnomon shadow_plot``: how much the goniometer hides of each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.shadow_plot.params import ShadowPlotParams

    class ShadowPlotFilesParams(ShadowPlotParams):
        """Where one looks, and where the numbers go."""

        json_file: str | None = param(None, "write the numbers of every image to this file", name="output.json")

    return ShadowPlotFilesParams


def run(session: Session) -> None:
    """Say what is in shadow, and whether it is dark there."""
    import json

    from gnomon.io.atomic import write_whole
    from gnomon.models.reflections import Reflections
    from gnomon.report.shadow_plot import describe
    from gnomon.steps.shadow_plot.params import ShadowPlotParams
    from gnomon.steps.shadow_plot.step import shadow_plot

    values = session.params.model_dump()
    path = values.pop("json_file")
    experiments, params = session.experiments(), ShadowPlotParams(**values)
    stats = shadow_plot(experiments, Reflections(), params, workers=session.workers, progress=session.progress).stats
    session.say(describe(stats))
    if path:
        write_whole(path, json.dumps(stats["sweeps"], indent=1))
        session.wrote(path)


COMMAND = Command(
    name="shadow_plot",
    summary="say how much of each image the goniometer hides, and whether it is dark there",
    params=_params,
    run=run,
    needs=("expt",),
    example="gnomon apply_mask imported.expt shadow=smargon.toml\n"
    "gnomon shadow_plot masked.expt output.json=shadow.json",
)
