"""A step of another package, declared apart from its science, so that ``gnomon --help`` need not wait for it."""

from gnomon.declared import Step
from gnomon.params import Params, param


class HalveParams(Params):
    """How much is kept."""

    part: float = param(0.5, "share of the reflections that is kept", gt=0, le=1)


HALVE = Step(
    name="halve",
    summary="keep the first half of the reflections",
    run="tiny_beamline:halve",
    params="tiny_steps:HalveParams",
    columns=("id", "miller_index"),
    writes=(("expt", "halved.expt"), ("refl", "halved.refl")),
    example=("gnomon halve integrated.expt integrated.refl part=0.25",),
    after="integrate",
)
