"""How unit cells are spread."""

from gnomon.declared import Step

STEP = Step(
    name="unit_cell_histogram",
    summary="draw histograms of the unit cells of many crystals, by cluster, and name those that stand apart",
    run="gnomon.steps.unit_cell_histogram.step:unit_cell_histogram",
    params="gnomon.steps.unit_cell_histogram.params:UnitCellHistogramParams",
    needs=("expt",),
    writes=(
        ("html", "gnomon.unit_cell_histogram.html"),
        ("png", "uc_histograms.png"),
        ("json", None),
    ),
    example=(
        "gnomon unit_cell_histogram integrated.expt",
        "gnomon unit_cell_histogram */integrated.expt threshold=1000 output.json=cells.json",
    ),
)
