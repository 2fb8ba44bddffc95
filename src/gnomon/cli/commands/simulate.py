"""``gnomon simulate``: images with known truth."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session


@cache
def _params() -> type[Params]:
    from gnomon.simulate.params import SimulateParams

    class SimulateCommandParams(SimulateParams):
        """The simulation, and where it goes."""

        folder: str = param("simulated", "folder for images and truth; made if not there")

    return SimulateCommandParams


def run(session: Session) -> None:
    """Write images, truth.json, truth.npz and truth.expt."""
    from gnomon.report.simulate import describe
    from gnomon.simulate.dataset import simulate_dataset
    from gnomon.simulate.params import SimulateParams

    values = session.params.model_dump()
    folder = Path(values.pop("folder"))
    params = SimulateParams.model_validate(values)
    truth = simulate_dataset(params, folder, workers=session.workers, progress=session.context.progress)
    session.say(describe(truth.numbers, truth.reflections.counts / truth.reflections.sigma, str(folder)))


COMMAND = Command(
    name="simulate",
    summary="make images of a crystal with known truth",
    params=_params,
    run=run,
    reads=(),
    usage="gnomon simulate [folder=DIR] [name=value ...]",
    example="gnomon simulate folder=images images=60 width=1.0\n"
    "gnomon simulate model=insulin.pdb image_size=981,1043 distance=150 images=180 width=0.5",
)
