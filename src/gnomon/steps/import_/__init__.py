"""Images to experiments: headers read, sweeps found, models shared."""

from gnomon.declared import Step

STEP = Step(
    name="import",
    summary="read image headers into experiments",
    run="gnomon.steps.import_.step:import_images",
    params="gnomon.steps.import_.params:ImportParams",
    needs=("paths",),
    takes=("reference",),
    writes=(("expt", "imported.expt"), ("html", "gnomon.import.html")),
    usage="gnomon import IMAGES... [reference.expt] [name=value ...]",
    example=(
        "gnomon import ../data/*.cbf.gz",
        "gnomon import template=../data/insulin_1_###.cbf image_range=1,90",
    ),
    after="",
)
