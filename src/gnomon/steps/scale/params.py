"""How intensities are put on one scale, and which data sets and images take part."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from gnomon.maths.images.left_out_params import triples
from gnomon.params import Params, param

_FILTER = "filtering.deltacchalf."


class SelectionParams(Params):
    """Data sets and images that take part."""

    exclude_datasets: tuple[str, ...] = param((), "data sets to leave out: numbers from 0, names or identifiers")
    use_datasets: tuple[str, ...] = param((), "data sets to use, all others are left out; alike")
    exclude_images: tuple[tuple[int, ...], ...] = param(
        (), "images to leave out, experiment:first:last (may be repeated)", unit="image"
    )
    filter_method: Literal["deltacchalf"] | None = param(
        None, "deltacchalf: leave out what makes CC1/2 worse, and scale again", name="filtering.method"
    )
    filter_mode: Literal["dataset", "image_group"] = param(
        "dataset", "what is left out: data sets, or groups of images", name=_FILTER + "mode"
    )
    filter_group_size: int = param(10, "images in a group", unit="image", ge=1, name=_FILTER + "group_size")
    filter_stdcutoff: float = param(
        4.0, "robust sigmas below the median contribution to CC1/2", unit="sigma", gt=0, name=_FILTER + "stdcutoff"
    )
    filter_max_cycles: int = param(6, "most rounds of leaving out", ge=1, name=_FILTER + "max_cycles")
    filter_max_percent_removed: float = param(
        10.0, "most observations left out", unit="%", gt=0, le=100, name=_FILTER + "max_percent_removed"
    )
    filter_min_completeness: float | None = param(
        None, "leave out nothing below this completeness", unit="%", gt=0, le=100, name=_FILTER + "min_completeness"
    )

    @field_validator("exclude_datasets", "use_datasets", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        """Spaces separate as commas do."""
        return tuple(w for v in value for w in str(v).split()) if isinstance(value, (list, tuple)) else value

    @field_validator("exclude_images")
    @classmethod
    def _triples(cls, value: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        return triples(value)


class ScaleParams(SelectionParams):
    """The scaling model, what takes part, the error model and the outliers."""

    model: Literal["auto", "physical", "KB", "array", "dose_decay"] = param(
        "auto",
        "physical: smooth scale, decay and absorption; KB: one scale and B a sweep; dose_decay: smooth scale, one B a "
        "sweep, and a fall with resolution in proportion to the angle turned; array: smooth over angle and resolution, "
        "and over the detector; auto: KB below 1 degree, else physical, and fewer parameters where equivalents are few",
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
    share_absorption: bool = param(
        False, "one absorption for all sweeps, of one crystal on one goniometer", name="physical.share.absorption"
    )
    array_decay: bool = param(True, "let the scale change with resolution", name="array.decay_correction")
    array_interval: float = param(
        20.0, "spacing of the grids in angle", unit="degree", gt=0, name="array.decay_interval"
    )
    n_resolution_bins: int = param(10, "intervals of the grid in 1/d^2", ge=1, name="array.n_resolution_bins")
    array_absorption: bool = param(
        True, "refine what changes over the detector and the angle", name="array.absorption_correction"
    )
    n_absorption_bins: int = param(
        3, "intervals of that across the detector, each way", ge=1, name="array.n_absorption_bins"
    )
    array_modulation: bool = param(
        False, "refine what changes over the detector alone", name="array.modulation_correction"
    )
    n_modulation_bins: int = param(20, "intervals of that, each way", ge=1, name="array.n_modulation_bins")
    dose_scale_interval: float = param(
        2.0, "spacing of the smooth scale of dose_decay", unit="degree", gt=0, name="dose_decay.scale_interval"
    )
    dose_relative_b: bool = param(
        True, "refine a B factor of each sweep, which does not change along it", name="dose_decay.relative_B_correction"
    )
    dose_correction: bool = param(
        True, "refine the fall in proportion to the angle turned", name="dose_decay.decay_correction"
    )
    share_dose: bool = param(True, "one such fall for all sweeps", name="dose_decay.share.decay")
    dose_dependence: Literal["quadratic", "linear"] = param(
        "quadratic", "whether it goes with 1/d^2, as a B factor, or 1/d", name="dose_decay.resolution_dependence"
    )
    dose_absorption: bool = param(False, "refine absorption in dose_decay", name="dose_decay.absorption_correction")
    decay_correction: bool = param(True, "refine a relative B factor", name="physical.decay_correction")
    absorption_correction: bool | None = param(
        None, "refine absorption; for sweeps over 20 degrees if not given", name="physical.absorption_correction"
    )
    absorption_level: Literal["low", "medium", "high"] | None = param(
        None, "absorption by harmonics up to order 4 (low) or 6 (medium, high) whatever lmax is; how strong they "
        "may be is measured, unless surface_weight says it", name="physical.absorption_level",
    )  # fmt: skip
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
    error_model_a: float | None = param(
        None, "factor of the sigmas, not fitted; with a or b given variances are a^2 (sigma^2 + (b I)^2) and no more",
        gt=0, name="weighting.error_model.basic.a",
    )  # fmt: skip
    error_model_b: float | None = param(
        None, "error in proportion to the intensity, not fitted", ge=0, name="weighting.error_model.basic.b"
    )
    error_grouping: Literal["combined", "individual", "grouped"] = param(
        "combined", "one error model for all sweeps, one for each, or one for each error_model_group",
        name="weighting.error_model.grouping",
    )  # fmt: skip
    error_model_group: tuple[tuple[int, ...], ...] = param(
        (), "sweeps of one error model, numbers from 0 (may be repeated); those named in none have one together",
        name="weighting.error_model.error_model_group",
    )  # fmt: skip
    min_ih: float | None = param(
        None, "the error model is told by reflections of at least this mean intensity; all if not given",
        unit="scaled counts", name="weighting.error_model.basic.min_Ih",
    )  # fmt: skip
    stills_min_isigma: float | None = param(
        None, "the error model is told by observations on stills of at least this I/sigma; all if not given",
        name="weighting.error_model.basic.stills.min_Isigma",
    )  # fmt: skip
    stills_min_multiplicity: int = param(
        2, "the error model is told by reflections that stills observed so often", ge=2,
        name="weighting.error_model.basic.stills.min_multiplicity",
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
    reference: str | None = param(
        None, "scale to the intensities of this file: merged MTZ or mmCIF (amplitudes are squared), or a PDB or mmCIF "
        "model, of which they are computed with bulk solvent", name="scaling_options.reference",
    )  # fmt: skip
    target_mtz: str | None = param(None, "reference by its older name", name="scaling_options.target_mtz")
    target_model: str | None = param(None, "reference by its older name", name="scaling_options.target_model")
    only_target: bool = param(
        False, "scale the data sets that have no scales yet to the means of those that have; a reference is always "
        "scaled to", name="scaling_options.only_target",
    )  # fmt: skip
    only_save_targeted: bool = param(
        True, "with only_target, keep the newly scaled data sets alone, without those they were scaled to",
        name="scaling_options.only_save_targeted",
    )  # fmt: skip
    nbins: int = param(
        20,
        "most resolution shells of the tables",
        ge=1,
        le=200,
        name="output.merging.nbins",
    )
    seed: int = param(0, "of the random half sets and of the choice of observations", ge=0)

    @property
    def reference_file(self) -> str | None:
        """The file to scale to, under whichever name it was given."""
        return self.reference or self.target_mtz or self.target_model

    @property
    def given_errors(self) -> tuple[float | None, float | None] | None:
        """a and b of the error model where one of them is given; None where both are found."""
        given = self.error_model_a, self.error_model_b
        return None if given == (None, None) else given

    @property
    def scales_new_ones(self) -> bool:
        """Whether those data sets alone are scaled that have no scales yet."""
        return self.only_target and self.reference_file is None


class RefineErrorModelParams(Params):
    """Which intensities are looked at, and what is known of the model."""

    a: float | None = param(None, "factor of integrated sigmas, held where given", name="basic.a", gt=0)
    b: float | None = param(None, "error as a share of the intensity, held where given", name="basic.b", ge=0)
    min_intensity: float = param(
        25.0, "reflections with a lower mean intensity do not take part", unit="count", name="basic.min_Ih", ge=0
    )
    n_bins: int = param(10, "intensity ranges in which deviations are told", name="basic.n_bins", ge=1, le=100)
    intensity_choice: Literal["profile", "sum"] = param("profile", "which integrated intensities are looked at")
