"""The frames of other programs: axes along the beam, along the spindle, and the third."""

from __future__ import annotations

import numpy as np


def frame_along(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(3, 3), rows: the unit vector along ``first``, that of ``second`` made normal to it, and their vector product."""
    first = first / np.linalg.norm(first)
    second = second - first * (first @ second)
    second = second / np.linalg.norm(second)
    return np.array([first, second, np.cross(first, second)])
