"""What refine can be told."""

from __future__ import annotations

from typing import Literal

from gnomon.maths.geometry_fit.params import PARAMETERS, FitParams, degrees_between
from gnomon.params import param

_REFLECTIONS = "refinement.reflections."
_CRYSTAL = PARAMETERS + "crystal."


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
    orientation_interval: float | None = param(
        None, "the same for orientations; these have their checkpoints where cells have, at the least distance given",
        unit="degree", name=_CRYSTAL + "orientation.smoother.interval_width_degrees", gt=0,
    )  # fmt: skip
    orientation_intervals: int | None = param(
        None,
        "number of intervals of a scan instead",
        name=_CRYSTAL + "orientation.smoother.absolute_num_intervals",
        ge=1,
    )
    orientation_force_static: bool = param(
        False, "keep orientations still along scans", name=_CRYSTAL + "orientation.force_static"
    )
    cell_interval: float | None = param(
        None, "the same for cells", unit="degree", name=_CRYSTAL + "unit_cell.smoother.interval_width_degrees", gt=0
    )
    cell_intervals: int | None = param(
        None, "number of intervals of a scan instead", name=_CRYSTAL + "unit_cell.smoother.absolute_num_intervals", ge=1
    )
    cell_force_static: bool = param(False, "keep cells still along scans", name=_CRYSTAL + "unit_cell.force_static")
    beam_force_static: bool = param(
        True, "keep the beam still; false lets it wander along each scan, as electron beams do, unless scan_varying is "
        "false", name=PARAMETERS + "beam.force_static",
    )  # fmt: skip
    beam_interval: float = param(
        36.0, "distance of the checkpoints of a beam that wanders", unit="degree",
        name=PARAMETERS + "beam.smoother.interval_width_degrees", gt=0,
    )  # fmt: skip
    beam_intervals: int | None = param(
        None, "number of intervals of a scan instead", name=PARAMETERS + "beam.smoother.absolute_num_intervals", ge=1
    )
    block_width: float = param(
        1.0, "models of crystals that vary along scans are composed at least so often, and interpolated between",
        unit="degree", name=PARAMETERS + "block_width", gt=0,
    )  # fmt: skip
    reflections_block_width: float | None = param(
        None, "block_width by its older name", unit="degree", name=_REFLECTIONS + "block_width", gt=0
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

    def interval_over(self, width: float) -> float | None:
        """The distance in degrees of a crystal's checkpoints on a scan ``width`` degrees wide; None if not given."""
        given = (
            self.interval,
            degrees_between(self.orientation_interval, self.orientation_intervals, width),
            degrees_between(self.cell_interval, self.cell_intervals, width),
        )
        return min((one for one in given if one is not None), default=None)
