"""How far the sphere is to be complete, and by what scans."""

from __future__ import annotations

from gnomon.params import Params, param


class CompleteFullSphereParams(Params):
    """How far the sphere is to be complete, and by what scans."""

    resolution: float = param(
        0.0, "resolution to which the sphere is to be complete; 0: that at the nearest edge of the detector, or, "
        "where there are several panels, at the furthest corner", unit="Å", ge=0,
    )  # fmt: skip
    shadow: bool = param(True, "leave out what the goniometer hides, where its parts are described")
    max_scans: int = param(3, "further scans at most", ge=1)
    scan_width: float = param(360.0, "rotation of each further scan", unit="degree", gt=0, le=360)
    target: float = param(0.99, "no further scan once so much of the sphere is recorded", gt=0, le=1)
    step: float = param(20.0, "step in which the angles of the other axes are tried", unit="degree", ge=2, le=90)
    kappa_range: tuple[float, float] = param(
        (-180.0, 180.0), "angles that the axis next to the outermost one may take (kappa, chi)", unit="degree"
    )
    unique: bool = param(
        False, "count reflections that symmetry and Friedel's law make equivalent as one, instead of all of the sphere"
    )
