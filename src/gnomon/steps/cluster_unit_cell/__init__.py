"""Which crystals have one unit cell."""

from gnomon.declared import Step

STEP = Step(
    name="cluster_unit_cell",
    summary="group crystals by their unit cells",
    run="gnomon.steps.cluster_unit_cell.step:cluster_unit_cell",
    params="gnomon.steps.cluster_unit_cell.params:ClusterUnitCellParams",
    needs=("expt",),
    takes=("refl",),
    usage="gnomon cluster_unit_cell FILES.expt [FILES.refl] [name=value ...]",
    example=(
        "gnomon cluster_unit_cell combined.expt",
        "gnomon cluster_unit_cell integrated.expt integrated.refl threshold=500 output.clusters=true",
    ),
)
