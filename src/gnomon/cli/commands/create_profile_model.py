"""``gnomon create_profile_model``: the spot widths by which integrate would work, without integrating."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gnomon.cli.command import Command
from gnomon.params import Params, param

if TYPE_CHECKING:
    from gnomon.cli.session import Session


class CreateProfileModelParams(Params):
    """Widths that are known, and how large a spot is taken to be."""

    n_sigma: float = param(
        3.0, "radius of the foreground", unit="sigma", name="profile.gaussian_rs.parameters.n_sigma", gt=0
    )
    sigma_b: float | None = param(
        None, "spot width; from the spots where none", unit="degree", name="profile.gaussian_rs.parameters.sigma_b",
        gt=0,
    )  # fmt: skip
    sigma_m: float | None = param(
        None, "rocking width; from the spots where none", unit="degree",
        name="profile.gaussian_rs.parameters.sigma_m", gt=0,
    )  # fmt: skip


def run(session: Session[CreateProfileModelParams]) -> None:
    """Measure the spots, say how wide they are, and write the experiments with their profile models."""
    from gnomon.models.reflections import Reflections
    from gnomon.report.table import text_table
    from gnomon.step import Data
    from gnomon.steps.integrate.params import IntegrateParams
    from gnomon.steps.integrate.step import profile_models

    experiments = session.experiments()
    reflections = session.reflections(experiments)
    found = profile_models(experiments, reflections, IntegrateParams(**dict(session.params)), session.context)
    rows = [
        (str(i), str(n), f"{w.sigma_b:.4f}", f"{w.sigma_m:.4f}")
        for i, (n, w) in enumerate(zip(found.spots, found.widths))
    ]
    for decision in found.decisions:
        session.say(str(decision))
    session.say(text_table("Spot widths", ("experiment", "spots", "sigma_b (°)", "sigma_m (°)"), rows))
    session.write(Data(found.experiments, Reflections()))


COMMAND = Command(
    name="create_profile_model",
    summary="measure how wide spots are, and write it into the experiments",
    params=lambda: CreateProfileModelParams,
    run=run,
    needs=("expt", "refl"),
    outputs=(("expt", "models_with_profiles.expt"),),
    example="gnomon create_profile_model refined.expt refined.refl",
)
