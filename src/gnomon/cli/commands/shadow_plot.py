"""``gnomon shadow_plot``: how much the goniometer hides of each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.params import Params

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.cli.per_image import JsonFileParams
    from gnomon.steps.shadow_plot.params import ShadowPlotParams

    class ShadowPlotFilesParams(JsonFileParams, ShadowPlotParams):
        """Where one looks, and where the numbers go."""

    return ShadowPlotFilesParams


def run(session: Session) -> None:
    """Say what is in shadow, and whether it is dark there."""
    from gnomon.cli.per_image import write_numbers
    from gnomon.models.reflections import Reflections
    from gnomon.report.shadow_plot import describe
    from gnomon.steps.shadow_plot.params import ShadowPlotParams
    from gnomon.steps.shadow_plot.step import shadow_plot

    params = session.params
    assert isinstance(params, ShadowPlotParams)
    experiments = session.experiments()
    summary = shadow_plot(
        experiments, Reflections(), params, workers=session.workers, progress=session.progress
    ).summary
    session.say(describe(summary))
    session.record.step("shadow_plot", params, summary)
    write_numbers(session, summary.sweeps)


COMMAND = Command(
    name="shadow_plot",
    summary="say how much of each image the goniometer hides, and whether it is dark there",
    params=_params,
    run=run,
    needs=("expt",),
    example="gnomon apply_mask imported.expt shadow=smargon.toml\n"
    "gnomon shadow_plot masked.expt output.json=shadow.json",
)
