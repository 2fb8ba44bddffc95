"""How intensities are put on one scale."""

from __future__ import annotations

from typing import Literal

from gnomon.params import param
from gnomon.steps.scale.selection_params import SelectionParams


class ScaleParams(SelectionParams):
    """The scaling model, what takes part, the error model and the outliers."""

    model: Literal["auto", "physical", "KB"] = param(
        "auto",
        "physical: smooth scale, decay and absorption; KB: one scale and B a sweep; "
        "auto: KB below 1 degree, and fewer parameters where equivalents are few",
    )
    d_min: float | None = param(None, "leave out reflections beyond", unit="Å", gt=0, name="cut_data.d_min")
    d_max: float | None = param(None, "leave out reflections below", unit="Å", gt=0, name="cut_data.d_max")
    partiality_cutoff: float = param(
        0.4, "leave out reflections of which less was recorded", gt=0, le=1, name="cut_data.partiality_cutoff"
    )
    min_isigi: float = param(-5.0, "leave out I/sigma below", name="cut_data.min_isigi")
    anomalous: bool = param(
        False, "let scales, too, take I(+) and I(-) for different reflections, as errors and outliers always do"
    )
    intensity_choice: Literal["combine", "profile", "sum"] = param(
        "combine", "which intensity: profile-fitted, summed, or the blend with the lowest Rmeas"
    )
    scale_interval: float | None = param(
        None, "spacing of the smooth scale; by the width of the sweep if not given", unit="degree", gt=0,
        name="physical.scale_interval",
    )  # fmt: skip
    decay_interval: float | None = param(
        None, "spacing of the smooth decay; by the width of the sweep if not given", unit="degree", gt=0,
        name="physical.decay_interval",
    )  # fmt: skip
    decay_correction: bool = param(True, "refine a relative B factor", name="physical.decay_correction")
    absorption_correction: bool | None = param(
        None, "refine absorption; for sweeps over 20 degrees if not given", name="physical.absorption_correction"
    )
    lmax: int = param(4, "highest order of the absorption harmonics", ge=1, le=8, name="physical.lmax")
    surface_weight: float | None = param(
        None, "restraint of the absorption parameters to zero; from their own size if not given", gt=0,
        name="physical.surface_weight",
    )  # fmt: skip
    decay_restraint: float = param(0.1, "restraint of the B factors to zero", ge=0, name="physical.decay_restraint")
    outlier_zmax: float = param(
        6.0, "reject observations this many sigma from their equivalents; 0 rejects none", unit="sigma", ge=0,
        name="outlier_rejection.outlier_zmax",
    )  # fmt: skip
    emax: float = param(
        10.0, "reject normalised amplitudes above; 0 rejects none", ge=0, name="reflection_selection.emax"
    )
    error_model: Literal["basic", "none"] = param(
        "basic", "basic: variances of up to five sources, each with its own fitted factor; none: sigmas as integrated",
        name="weighting.error_model.error_model",
    )  # fmt: skip
    least_weight: float = param(
        0.3, "merge observations that weigh at least so much of the mean of their heavier equivalents; 0 merges all",
        ge=0, lt=1, name="weighting.least_weight",
    )  # fmt: skip
    max_observations: int = param(
        60000, "observations used to determine the scales (all are scaled); more where sweeps need them", ge=1000,
        name="reflection_selection.max_observations",
    )  # fmt: skip
    space_group: str | None = param(None, "scale in this space group instead of the crystals'")
    nbins: int = param(
        20,
        "most resolution shells of the tables",
        ge=1,
        le=200,
        name="output.merging.nbins",
    )
    seed: int = param(0, "of the random half sets and of the choice of observations", ge=0)
