"""What refine can be told."""

from __future__ import annotations

from typing import Literal

from gnomon.params import Params, param

_PARAMETERS = "refinement.parameterisation."
_REFLECTIONS = "refinement.reflections."


class RefineParams(Params):
    """Least squares of predicted against observed spot positions."""

    scan_varying: bool | None = param(
        None,
        "let each crystal turn along its scan; if not given, orientation and cell each vary where the spots make it"
        " much likelier than that they stand still",
        name=_PARAMETERS + "scan_varying",
    )
    interval: float | None = param(
        None,
        "distance of the checkpoints of a scan-varying crystal; if not given, a degree, or more where spots are few",
        unit="degree",
        name=_PARAMETERS + "crystal.scan_varying.interval_width_degrees",
        gt=0,
    )
    separate_mounts: bool | None = param(
        None,
        "give a crystal that was scanned several times an orientation for each scan, and one cell; if not given: where"
        " the fit is much better for it",
        name=_PARAMETERS + "crystal.separate_mounts",
    )
    one_cell: bool | None = param(
        None,
        "give crystals that are one lattice, indexed alike in several scans, one cell and each its orientation; if not"
        " given: unless cells of their own fit better than their number explains",
        name=_PARAMETERS + "crystal.one_cell",
    )
    beam_fix: tuple[Literal["all", "in_spindle_plane", "out_spindle_plane", "wavelength"], ...] = param(
        ("in_spindle_plane", "wavelength"),
        "what of the beam is not refined; in_spindle_plane keeps it in the plane of beam and spindle",
        name=_PARAMETERS + "beam.fix",
    )
    detector_fix: tuple[Literal["all", "position", "orientation", "distance"], ...] = param(
        (), "what of the detector is not refined", name=_PARAMETERS + "detector.fix"
    )
    crystal_fix: tuple[Literal["all", "cell", "orientation"], ...] = param(
        (), "what of the crystal is not refined", name=_PARAMETERS + "crystal.fix"
    )
    panels: Literal["together", "each"] = param(
        "together", "move the panels of a detector as one body, or each by itself", name=_PARAMETERS + "detector.panels"
    )
    modules: bool | None = param(
        None,
        "shift and turn the modules of a panel, or the panels of a detector moved together, each by itself; if not"
        " given: where spots suffice and the fit gains by it",
        name=_PARAMETERS + "detector.modules",
    )
    outliers: Literal["mcd", "none"] = param(
        "mcd",
        "how outliers are told: by robust multivariate distance, or not",
        name=_REFLECTIONS + "outlier.algorithm",
    )
    outlier_probability: float = param(
        0.975,
        "a centroid further out than this part of a normal cloud is an outlier",
        name=_REFLECTIONS + "outlier.mcd.threshold_probability",
        gt=0.5,
        lt=1,
    )
    close_to_spindle_cutoff: float = param(
        0.02,
        "least volume of spindle, beam and diffracted ray, as unit vectors: below, the angle is ill determined",
        name=_REFLECTIONS + "close_to_spindle_cutoff",
        ge=0,
        lt=1,
    )
    max_iterations: int = param(50, "most steps of one minimisation", name="refinement.refinery.max_iterations", ge=1)
