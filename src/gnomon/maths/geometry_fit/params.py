"""What a fit of the geometry can be told, by refine and by the steps that fit on their way. Needs no numpy."""

from __future__ import annotations

from typing import Literal

from gnomon.params import Params, param

PARAMETERS = "refinement.parameterisation."
_REFLECTIONS = "refinement.reflections."

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


def degrees_between(interval: float | None, number: int | None, width: float) -> float | None:
    """The distance of checkpoints of a scan ``width`` degrees wide: by their number where that is given."""
    return interval if number is None else width / number
