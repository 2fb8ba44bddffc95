"""Observations made ready for the files of other programs."""

from gnomon.declared import Step

STEP = Step(
    name="export",
    summary="write MTZ, mmCIF, XDS, SHELX, scalepack, SADABS, NeXus, PETS, MOSFLM files, rlp.json",
    run="gnomon.steps.export.step:export",
    params="gnomon.steps.export.params:ExportParams",
    columns=("miller_index", "id", "flags"),
    writes=(("file", ""),),
    usage="gnomon export scaled.expt scaled.refl [free-set.mtz] [name=value ...]",
    example=(
        "gnomon export scaled.expt scaled.refl",
        "gnomon export scaled.expt scaled.refl format=shelx composition=C3H7NO2S",
        "gnomon export scaled.expt scaled.refl merged.mtz format=mmcif d_min=1.8",
    ),
    after="merge",
)
