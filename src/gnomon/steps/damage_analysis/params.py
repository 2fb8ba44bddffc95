"""Dose by image, and how surely a change must be seen."""

from __future__ import annotations

from gnomon.params import Params, param


class DamageAnalysisParams(Params):
    """What the dose of an image is; without more, its number in the sweep."""

    dose_per_image: tuple[float, ...] = param(
        (1.0,), "dose of an image: one number for all experiments, or one for each",
        unit="image or MGy", name="dose.experiments.dose_per_image", min_length=1,
    )  # fmt: skip
    starting_doses: tuple[float, ...] = param(
        (0.0,), "dose before the first image: one number for all experiments, or one for each",
        unit="image or MGy", name="dose.experiments.starting_doses", min_length=1,
    )  # fmt: skip
    shared_crystal: bool = param(
        False, "the experiments are of one crystal: each goes on where the one before ended",
        name="dose.experiments.shared_crystal",
    )  # fmt: skip
    anomalous: bool = param(True, "compare only I(+) with I(+) and I(-) with I(-)")
    d_min: float | None = param(None, "leave out reflections beyond", unit="Å", gt=0)
    d_max: float | None = param(None, "leave out reflections below", unit="Å", gt=0)
    min_completeness: float = param(
        95.0, "keep at least the dose at which this much of the final completeness is reached", unit="%", ge=0, le=100
    )
    significance: float = param(3.0, "standard errors that a change with dose must have", unit="sigma", gt=0)
    seed: int = param(0, "of the blocks by which errors are told", ge=0)
