"""Parts of a goniometer that stand between crystal and detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SCAN_AXIS = "scan"
"""The name that stands for the scan axis of any goniometer."""


@dataclass(frozen=True, eq=False)
class GoniometerPart:
    """A convex body with corners ``points`` (n, 3): mm from the crystal, in the laboratory, all goniometer angles 0.

    It moves with ``axis``, and so with all axes on which that hangs; without one it stands still. An ``opening`` is
    not a body but a window in one: nothing else of the detector is seen from the crystal.
    """

    name: str
    axis: str | None
    points: np.ndarray
    opening: bool = False
