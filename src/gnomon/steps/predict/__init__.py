"""Where reflections are to be seen."""

from gnomon.declared import Step

STEP = Step(
    name="predict",
    summary="predict all reflections of a scan",
    run="gnomon.steps.predict.step:predict",
    params="gnomon.steps.predict.params:PredictParams",
    needs=("expt",),
    makes=("miller_index", "id", "panel", "entering", "s1", "xyzcal.px", "xyzcal.mm", "d", "flags"),
    writes=(("refl", "predicted.refl"),),
    example=("gnomon predict refined.expt", "gnomon predict refined.expt d_min=2.0 force_static=true"),
)
