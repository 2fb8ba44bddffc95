"""Far too many strong pixels for them to be spots, in words."""

from __future__ import annotations

from gnomon.models.detector import Detector
from gnomon.steps.find_spots.params import OWN_ALGORITHMS, FindSpotsParams


def too_many_strong(fraction: float, detector: Detector, params: FindSpotsParams, signed: bool = False) -> str:
    """What was found, what was taken for the gain and from where, and what to do.

    signed: whether counts are noise about zero, for which the gain says nothing.
    """
    found = f"{fraction:.0%} of the pixels are strong, more than max_strong_pixel_fraction="
    found += f"{params.max_strong_pixel_fraction:g}"
    if params.algorithm == "radial_profile" or (params.algorithm is None and signed):
        return f"{found}; raise n_iqr"
    if params.algorithm is not None and params.algorithm not in OWN_ALGORITHMS:
        return f"{found}; {params.algorithm}, which another package brings, found them: choose another algorithm"
    if params.gain is not None:
        return f"{found}; the gain was {params.gain:g}, as given: is it higher? Or raise sigma_strong"
    gains = sorted({panel.gain for panel in detector.panels})
    used = f"{gains[0]:g}" if len(gains) == 1 else f"{gains[0]:g} to {gains[-1]:g}"
    told = "for headers that tell none" if gains == [1.0] else "as the experiment's detector has it"
    return (
        f"{found}; the gain was {used} {'count' if gains == [1.0] else 'counts'} a photon, {told}: if it is higher, "
        "give gain=... here, or to import; or raise sigma_strong"
    )
