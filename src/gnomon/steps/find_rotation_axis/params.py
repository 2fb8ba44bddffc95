"""Where the axis is looked for, and on which spots."""

from __future__ import annotations

from gnomon.params import Params, param


class FindRotationAxisParams(Params):
    """Where the axis is looked for, and on which spots."""

    max_two_theta: float = param(10.0, "use spots up to this angle from the beam", unit="degree", gt=0, le=90)
    global_search: bool = param(True, "look in all directions; else only near azimuth, or the present axis")
    azimuth: float | None = param(
        None, "direction of the axis to begin with, from the detector's fast axis towards laboratory y (x towards y "
        "about the beam); the present axis if not given", unit="degree", ge=-360, le=360,
    )  # fmt: skip
    opposite: bool = param(False, "begin with the opposite of that: the same line, turning the other way")
