"""``gnomon simulate_crystals``: images of many crystals of several species, with known truth."""

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
    from gnomon.simulate.species_params import CrystalsParams

    class SimulateCrystalsParams(CrystalsParams):
        """The simulation, and where it goes."""

        folder: str = param("simulated", "folder for images and truth; made if not there")
        example: str | None = param(
            None, "insulins, insulins5, two98 or insulins_small: its values, for all that is not given"
        )

    return SimulateCrystalsParams


def run(session: Session) -> None:
    """Write images, truth.json, truth.npz and truth.expt."""
    from gnomon.report.simulate_crystals import describe
    from gnomon.simulate.crystals import simulate_crystals
    from gnomon.simulate.example import series
    from gnomon.simulate.species_params import CrystalsParams

    given = session.params.model_dump(include=session.params.model_fields_set)
    folder, example = Path(given.pop("folder", "simulated")), given.pop("example", None)
    params = (series(example) if example else CrystalsParams()).changed(**given)
    truth = simulate_crystals(params, folder, workers=session.workers, progress=session.context.progress)
    session.say(describe(truth, str(folder)))


COMMAND = Command(
    name="simulate_crystals",
    summary="make images of many crystals of several species, a narrow wedge of each, with known truth",
    params=_params,
    run=run,
    reads=(),
    usage="gnomon simulate_crystals [folder=DIR] [example=NAME] [name=value ...]",
    example="gnomon simulate_crystals folder=data example=insulins\n"
    "gnomon simulate_crystals folder=data species=cow,pig wedges=6 images=10 width=0.5",
)
