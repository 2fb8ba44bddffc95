"""Modules of a detector that do not sit where the header has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gnomon.io.images.instruments import Rectangle
from gnomon.simulate.params import SweepParams


@dataclass(frozen=True)
class Modules:
    """Each module's pixels, and how far from their nominal place rays land on them, in pixels of the image.

    A module that sits half a pixel too far along fast records its spots half a pixel too low: ``shift`` is that of
    the spots, as ``dx`` and ``dy`` of an imageset are (pixel of the image less nominal pixel).
    """

    rectangles: np.ndarray  # (M, 4) f0, s0, f1, s1, half-open; fast runs first
    shift: np.ndarray  # (M, 2) px
    turn: np.ndarray  # (M,) radians, of the spots about the module's centre, from fast to slow

    @classmethod
    def of(cls, params: SweepParams, rectangles: Sequence[Rectangle]) -> Modules | None:
        """Drawn at random for the modules ``rectangles``; None where all sit as they should."""
        if not (params.module_shift or params.module_turn):
            return None
        drawn = np.random.default_rng([params.seed, 16]).normal(size=(len(rectangles), 3))
        return cls(
            np.array(rectangles), drawn[:, :2] * params.module_shift, drawn[:, 2] * np.deg2rad(params.module_turn)
        )

    def of_pixels(self, xy: np.ndarray) -> np.ndarray:
        """(N,) the module at each of ``xy`` (N, 2) px; in a gap, or beyond the edge, the nearest one."""
        fast, slow = (np.unique(self.rectangles[:, [i, i + 2]], axis=0) for i in (0, 1))
        column, row = (
            np.searchsorted((edges[1:, 0] + edges[:-1, 1]) / 2, xy[:, i]) for i, edges in enumerate((fast, slow))
        )
        return row * len(fast) + column

    def displacement(self, xy: np.ndarray) -> np.ndarray:
        """(N, 2) px from the nominal places ``xy`` (N, 2) to where rays land."""
        module = self.of_pixels(xy)
        corners = self.rectangles[module]
        x, y = (xy - (corners[:, :2] + corners[:, 2:]) / 2).T
        cosine, sine = np.cos(self.turn[module]), np.sin(self.turn[module])
        turned = np.column_stack([cosine * x - sine * y - x, sine * x + cosine * y - y])
        return self.shift[module] + turned

    def numbers(self) -> list[dict[str, list[float] | float]]:
        """The modules as truth.json has them: ``rectangle`` (f0, s0, f1, s1), ``shift`` in px, ``turn`` in degrees."""
        each = zip(self.rectangles.tolist(), self.shift.tolist(), np.rad2deg(self.turn).tolist())
        return [{"rectangle": rectangle, "shift": shift, "turn": turn} for rectangle, shift, turn in each]
