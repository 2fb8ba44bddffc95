"""Images as pictures."""

from gnomon.declared import Step

STEP = Step(
    name="export_bitmaps",
    summary="write images, or what spot finding makes of them, as PNG, JPEG or TIFF pictures",
    run="gnomon.steps.export_bitmaps.step:export_bitmaps",
    params="gnomon.steps.export_bitmaps.params:ExportBitmapsParams",
    needs=("images", "expt"),
    example=(
        "gnomon export_bitmaps imported.expt image_range=1,3 binning=2 resolution_rings.show=true",
        "gnomon export_bitmaps imported.expt display=threshold output.format=jpeg output.directory=pictures",
    ),
)
