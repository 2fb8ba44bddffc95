"""What combine_experiments can be told."""

from __future__ import annotations

from typing import Literal

from gnomon.params import Params, param

_REFERENCE = "reference_from_experiment."
_SIGNIFICANCE = "output.significance_filter."


class CombineExperimentsParams(Params):
    """Models to take from one experiment, and which experiments to keep."""

    beam: int | None = param(None, "give all the beam of this experiment", name=_REFERENCE + "beam", ge=0)
    detector: int | None = param(None, "give all the detector of this one", name=_REFERENCE + "detector", ge=0)
    goniometer: int | None = param(None, "give all the goniometer of this one", name=_REFERENCE + "goniometer", ge=0)
    scan: int | None = param(None, "give all the scan of this one", name=_REFERENCE + "scan", ge=0)
    crystal: int | None = param(None, "give all the crystal of this one", name=_REFERENCE + "crystal", ge=0)
    average_detector: bool = param(
        False,
        "give all the mean of the detectors, which must have the same panels",
        name=_REFERENCE + "average_detector",
    )
    compare_models: bool = param(
        True, "refuse to replace models that differ from the reference", name=_REFERENCE + "compare_models"
    )
    clustering: bool = param(False, "write a pair of files for each cluster of cells", name="clustering.use")
    threshold: float = param(
        1000.0, "distance of cells at which clusters part", unit="Å²", name="clustering.threshold", gt=0
    )
    max_clusters: int | None = param(None, "write only this many clusters", name="clustering.max_clusters", ge=1)
    exclude_single_crystal_clusters: bool = param(
        True, "no files for clusters of one crystal", name="clustering.exclude_single_crystal_clusters"
    )
    n_subset: int | None = param(None, "keep this many experiments", name="output.n_subset", ge=1)
    n_subset_method: Literal["random", "n_refl", "significance_filter"] = param(
        "random", "which: any, those of most reflections, or those that reach furthest", name="output.n_subset_method"
    )
    seed: int = param(0, "of the random choice", name="output.seed", ge=0)
    min_reflections_per_experiment: int | None = param(
        None, "leave out experiments of fewer", name="output.min_reflections_per_experiment", ge=1
    )
    max_reflections_per_experiment: int | None = param(
        None, "leave out experiments of more", name="output.max_reflections_per_experiment", ge=1
    )
    max_batch_size: int | None = param(
        None, "write files of at most this many experiments", name="output.max_batch_size", ge=1
    )
    delete_shoeboxes: bool = param(False, "leave out the pixels of spots", name="output.delete_shoeboxes")
    significance_filter: bool = param(
        False, "leave out reflections beyond where mean I/sigma fades", name=_SIGNIFICANCE + "enable"
    )
    isigi_cutoff: float = param(1.0, "where it has faded", name=_SIGNIFICANCE + "isigi_cutoff")
    n_bins: int = param(20, "shells in which to look", name=_SIGNIFICANCE + "n_bins", ge=1)
    d_min: float | None = param(
        None, "the end of the shells; the data's, if not given", unit="Å", name=_SIGNIFICANCE + "d_min", gt=0
    )
