"""Further scans that complete the sphere."""

from gnomon.declared import Step

STEP = Step(
    name="complete_full_sphere",
    summary="find scans at other goniometer angles that record what those given cannot",
    run="gnomon.steps.complete_full_sphere.step:complete_full_sphere",
    params="gnomon.steps.complete_full_sphere.params:CompleteFullSphereParams",
    needs=("expt",),
    example=(
        "gnomon complete_full_sphere refined.expt",
        "gnomon complete_full_sphere refined.expt resolution=1.6 scan_width=180 max_scans=2",
    ),
)
