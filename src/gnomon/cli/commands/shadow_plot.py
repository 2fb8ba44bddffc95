"""``gnomon shadow_plot``: how much the goniometer hides of each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.per_image import JsonFileParams, write_numbers
from gnomon.cli.step_command import step_command, tell
from gnomon.params import Params
from gnomon.pipeline import STEPS

if TYPE_CHECKING:
    from gnomon.cli.session import Session


def _params() -> type[Params]:
    from gnomon.steps.shadow_plot.params import ShadowPlotParams

    class ShadowPlotFilesParams(JsonFileParams, ShadowPlotParams):
        """Where one looks, and where the numbers go."""

    return ShadowPlotFilesParams


def run(session: Session) -> None:
    """Say what is in shadow, and whether it is dark there."""
    write_numbers(session, tell(STEPS["shadow_plot"], session, session.experiments()).summary.sweeps)


COMMAND = step_command("shadow_plot", run, params=_params)
