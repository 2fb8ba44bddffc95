"""How cell, orientation and beam change along the scan."""

from gnomon.declared import Step

STEP = Step(
    name="plot_scan_varying_model",
    summary="show how cell, orientation and beam change along the scan",
    run="gnomon.steps.plot_scan_varying_model.step:plot_scan_varying_model",
    params="gnomon.steps.plot_scan_varying_model.params:PlotScanVaryingModelParams",
    needs=("expt",),
    writes=(("html", "gnomon.plot_scan_varying_model.html"),),
    example=("gnomon plot_scan_varying_model refined.expt",),
)
