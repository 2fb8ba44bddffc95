"""By how much models may differ that are the same; apart, since parameters name them before numpy is loaded."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerances:
    """By how much models may differ that are the same."""

    wavelength: float = 1e-6  # Å
    direction: float = 1e-6  # of unit vectors and rotation matrices, each element
    origin: float = 0.05  # of a panel, mm
