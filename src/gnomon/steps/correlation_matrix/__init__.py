"""Which data sets are alike: correlations, coordinates, and clusters that significance supports."""

from gnomon.declared import Step

STEP = Step(
    name="correlation_matrix",
    summary="say which data sets are alike, and how sure clusters of them are",
    run="gnomon.steps.correlation_matrix.step:correlation_matrix",
    params="gnomon.steps.correlation_matrix.params:CorrelationMatrixParams",
    columns=("id", "miller_index", "flags"),
    writes=(("html", "gnomon.correlation_matrix.html"),),
    example=("gnomon correlation_matrix scaled.expt scaled.refl significant_clusters.output=true",),
    after="scale",
)
