"""Tables of how far spots are seen off from where an ideal detector would see them."""

from gnomon.declared import Step

STEP = Step(
    name="generate_distortion_maps",
    summary="make tables of a known distortion of the images, which import takes as lookup.dx and lookup.dy",
    run="gnomon.steps.generate_distortion_maps.step:generate_distortion_maps",
    params="gnomon.steps.generate_distortion_maps.params:GenerateDistortionMapsParams",
    needs=("expt",),
    writes=(("x_map", "dx.pickle"), ("y_map", "dy.pickle")),
    example=(
        "gnomon generate_distortion_maps imported.expt mode=ellipse phi=-21 l1=1.0 l2=0.956 centre_xy=33.2,33.2",
        "gnomon import image_*.cbf lookup.dx=dx.pickle lookup.dy=dy.pickle",
        "gnomon generate_distortion_maps imported.expt mode=translate dx=0.5,-0.2 dy=0,0.1",
    ),
)
