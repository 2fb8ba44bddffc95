"""The cell from Bragg angles alone."""

from gnomon.declared import Step

STEP = Step(
    name="two_theta_refine",
    summary="refine the cell against Bragg angles, with uncertainties, as small-molecule papers report it",
    run="gnomon.steps.two_theta_refine.step:two_theta_refine",
    params="gnomon.steps.two_theta_refine.params:TwoThetaRefineParams",
    columns=("miller_index", "xyzobs.px.value", "xyzobs.px.variance"),
    writes=(("expt", "refined_cell.expt"), ("cif", None), ("mmcif", None), ("p4p", None)),
    example=(
        "gnomon two_theta_refine scaled.expt scaled.refl p4p=scaled.p4p",
        "gnomon two_theta_refine integrated.expt integrated.refl cif=refined_cell.cif",
    ),
)
