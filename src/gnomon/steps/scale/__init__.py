"""Scaling: one scale for all observations, an error model, outliers."""

from gnomon.declared import Step

STEP = Step(
    name="scale",
    summary="put intensities on one scale, with an error model",
    run="gnomon.steps.scale.step:scale",
    params="gnomon.steps.scale.params:ScaleParams",
    columns=("miller_index", "id", "flags", "s1"),
    makes=(
        "intensity.scale.value",
        "intensity.scale.variance",
        "inverse_scale_factor",
        "inverse_scale_factor_variance",
    ),
    changes=("flags",),
    writes=(
        ("expt", "scaled.expt"),
        ("refl", "scaled.refl"),
        ("html", "gnomon.scale.html"),
        ("unmerged_mtz", None),
        ("merged_mtz", None),
    ),
    example=(
        "gnomon scale symmetrized.expt symmetrized.refl anomalous=true d_min=1.7",
        "gnomon scale symmetrized.expt symmetrized.refl filtering.method=deltacchalf",
        "gnomon scale symmetrized.expt symmetrized.refl reference=known.mtz output.merged_mtz=merged.mtz",
    ),
    after="cosym",
)

PARTS = (
    Step(
        name="refine_error_model",
        summary="fit the basic error model anew to scaled data",
        run="gnomon.steps.scale.refit:refine_error_model",
        params="gnomon.steps.scale.params:RefineErrorModelParams",
        columns=("miller_index", "flags", "inverse_scale_factor"),
        writes=(("html", "error_model.html"), ("json", None)),
        example=(
            "gnomon refine_error_model scaled.expt scaled.refl",
            "gnomon refine_error_model scaled.expt scaled.refl intensity_choice=sum basic.b=0.02",
        ),
    ),
)
