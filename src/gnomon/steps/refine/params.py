"""What refine can be told."""

from __future__ import annotations

from typing import Literal

from gnomon.maths.geometry_fit.params import PARAMETERS, FitParams
from gnomon.params import param

_REFLECTIONS = "refinement.reflections."


class RefineParams(FitParams):
    """Least squares of predicted against observed spot positions."""

    scan_varying: bool | None = param(
        None,
        "let each crystal turn along its scan; if not given, orientation and cell each vary where the spots make it"
        " much likelier than that they stand still",
        name=PARAMETERS + "scan_varying",
    )
    interval: float | None = param(
        None,
        "distance of the checkpoints of a scan-varying crystal; if not given, a degree, or more where spots are few",
        unit="degree",
        name=PARAMETERS + "crystal.scan_varying.interval_width_degrees",
        gt=0,
    )
    separate_mounts: bool | None = param(
        None,
        "give a crystal that was scanned several times an orientation for each scan, and one cell; if not given: where"
        " the fit is much better for it",
        name=PARAMETERS + "crystal.separate_mounts",
    )
    one_cell: bool | None = param(
        None,
        "give crystals that are one lattice, indexed alike in several scans, one cell and each its orientation; if not"
        " given: unless cells of their own fit better than their number explains",
        name=PARAMETERS + "crystal.one_cell",
    )
    panels: Literal["together", "each"] = param(
        "together", "move the panels of a detector as one body, or each by itself", name=PARAMETERS + "detector.panels"
    )
    modules: bool | None = param(
        None,
        "shift and turn the modules of a panel, or the panels of a detector moved together, each by itself; if not"
        " given: where spots suffice and the fit gains by it",
        name=PARAMETERS + "detector.modules",
    )
    close_to_spindle_cutoff: float = param(
        0.02,
        "least volume of spindle, beam and diffracted ray, as unit vectors: below, the angle is ill determined",
        name=_REFLECTIONS + "close_to_spindle_cutoff",
        ge=0,
        lt=1,
    )
    max_iterations: int = param(50, "most steps of one minimisation", name="refinement.refinery.max_iterations", ge=1)
    use_all_reflections: Literal[True] = param(
        True, "every reflection that is fit for it is used; a smaller part of them would save little here",
        name=_REFLECTIONS + "use_all_reflections",
    )  # fmt: skip
    bin_size_fraction: float = param(
        0.0, "0 alone: steps go on until they gain nothing, however small the residuals are",
        name="refinement.target.bin_size_fraction", ge=0, le=0,
    )  # fmt: skip
