"""What a fit of the geometry can be told, by refine and by the steps that fit on their way. Needs no numpy."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from gnomon.params import Params, param

PARAMETERS = "refinement.parameterisation."
_REFLECTIONS = "refinement.reflections."
_RESTRAINTS = PARAMETERS + "crystal.unit_cell.restraints."

OutlierTest = Literal["mcd", "tukey", "none"]


class FitParams(Params):
    """What stays fixed, and which centroids are outliers."""

    beam_fix: tuple[Literal["all", "in_spindle_plane", "out_spindle_plane", "wavelength"], ...] = param(
        ("in_spindle_plane", "wavelength"),
        "what of the beam is not refined; in_spindle_plane keeps it in the plane of beam and spindle",
        name=PARAMETERS + "beam.fix",
    )
    detector_fix: tuple[Literal["all", "position", "orientation", "distance"], ...] = param(
        (), "what of the detector is not refined", name=PARAMETERS + "detector.fix"
    )
    crystal_fix: tuple[Literal["all", "cell", "orientation"], ...] = param(
        (), "what of the crystal is not refined", name=PARAMETERS + "crystal.fix"
    )
    target_cell: tuple[float, ...] | None = param(
        None, "cell that all are tied to", unit="Å, degree", name=_RESTRAINTS + "tie_to_target.values"
    )
    target_sigmas: tuple[float, ...] | None = param(
        None, "standard deviations of that; 0 leaves an edge or angle free; 1 each if not given", unit="Å, degree",
        name=_RESTRAINTS + "tie_to_target.sigmas",
    )  # fmt: skip
    target_id: tuple[int, ...] | None = param(
        None, "experiments whose crystals are tied to it, numbers from 0; all if not given",
        name=_RESTRAINTS + "tie_to_target.id",
    )  # fmt: skip
    target_apply_to_all: bool = param(
        False, "tie the crystals of all experiments, whatever id says", name=_RESTRAINTS + "tie_to_target.apply_to_all"
    )
    group_sigmas: tuple[float, ...] | None = param(
        None, "standard deviations by which cells are tied to each other; 0 leaves an edge or angle free; no tie if not"
        " given", unit="Å, degree", name=_RESTRAINTS + "tie_to_group.sigmas",
    )  # fmt: skip
    group_target: Literal["mean", "low_memory_mean", "median"] = param(
        "mean", "what they are tied to; both means are one here", name=_RESTRAINTS + "tie_to_group.target"
    )
    group_id: tuple[int, ...] | None = param(
        None,
        "experiments whose crystals are tied to each other; all if not given",
        name=_RESTRAINTS + "tie_to_group.id",
    )
    outliers: OutlierTest = param(
        "mcd",
        "how outliers are told: by robust distance in x, y and angle together (mcd), in each by itself (tukey), or not",
        name=_REFLECTIONS + "outlier.algorithm",
    )
    outlier_probability: float = param(
        0.975,
        "a centroid further out than this part of a normal cloud is an outlier",
        name=_REFLECTIONS + "outlier.mcd.threshold_probability",
        gt=0.5,
        lt=1,
    )
    iqr_multiplier: float = param(
        1.5,
        "a centroid this many interquartile ranges beyond the quartiles is an outlier",
        name=_REFLECTIONS + "outlier.tukey.iqr_multiplier",
        gt=0,
    )

    @field_validator("target_cell", "target_sigmas", "group_sigmas")
    @classmethod
    def _six(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is not None and (len(value) != 6 or min(value) < 0):
            raise ValueError("six numbers are needed, none below 0: a, b, c in Å, then the angles in degrees")
        return value


def degrees_between(interval: float | None, number: int | None, width: float) -> float | None:
    """The distance of checkpoints of a scan ``width`` degrees wide: by their number where that is given."""
    return interval if number is None else width / number
