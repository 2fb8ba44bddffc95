"""Parts of one crystal that are turned differently: domains of a split crystal, and a crystal before and after a jump.

All of them give the same reflections: one row of the truth holds what the parts leave together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.simulate.effects import Slippage
from gnomon.simulate.params import SweepParams

Vector = tuple[float, float, float]
_STILL: Vector = (0.0, 0.0, 0.0)
_ALWAYS = (-np.inf, np.inf)


@dataclass(frozen=True)
class Domain:
    """How a part of the crystal is turned, its share of the intensity, and between which angles it is there."""

    turn: Vector  # rotation vector in the frame of the mount, radians
    share: float
    window: tuple[float, float]  # radians
    slippage: Slippage | None

    @property
    def moves(self) -> bool:
        """Whether it is anywhere else than the crystal at angle zero."""
        return self.slippage is not None or any(self.turn)

    def drift(self, phi: np.ndarray) -> np.ndarray:
        """(N, 3) rotation vectors at ``phi`` (N,), radians."""
        constant = np.broadcast_to(np.array(self.turn), (len(phi), 3))
        return constant if self.slippage is None else constant + self.slippage(phi)


def domains_of(params: SweepParams) -> list[Domain]:
    """All parts of the crystal, the larger domain before the jump first; their mean orientation is U until the jump.

    Rotation vectors are added, which for angles of a degree is right to a hundredth of a degree.
    """
    slippage = Slippage.of(params) if params.slippage > 0 else None
    return [
        Domain((a + x, b + y, c + z), share, window, slippage)
        for (x, y, z), window in _halves(params)
        for (a, b, c), share in _splits(params)
    ]


def split_vector(params: SweepParams) -> np.ndarray:
    """(3,) from the first domain to the second: a rotation vector at angle zero, radians."""
    return _random_axis(params, 18) * np.deg2rad(params.split_angle)


def jump_vector(params: SweepParams) -> np.ndarray:
    """(3,) the turn at the middle of the scan: a rotation vector in the frame of the mount, radians."""
    return _random_axis(params, 19) * np.deg2rad(params.jump)


def _random_axis(params: SweepParams, stream: int) -> np.ndarray:
    axis = np.random.default_rng([params.seed, stream]).normal(size=3)
    return axis / np.linalg.norm(axis)


def _splits(params: SweepParams) -> list[tuple[Vector, float]]:
    """Turn and share of each domain; the turns' mean, weighted by the shares, is zero."""
    if params.split_angle == 0 or params.split_fraction == 0:
        return [(_STILL, 1.0)]
    second, between = params.split_fraction, split_vector(params)
    turns = [(-second * between, 1 - second), ((1 - second) * between, second)]
    return [((float(v[0]), float(v[1]), float(v[2])), share) for v, share in turns]


def _halves(params: SweepParams) -> list[tuple[Vector, tuple[float, float]]]:
    """Turn before and after the jump, and when."""
    if params.jump == 0:
        return [(_STILL, _ALWAYS)]
    middle = float(np.deg2rad(params.start + params.width * params.images / 2))
    after = jump_vector(params)
    return [(_STILL, (-np.inf, middle)), ((float(after[0]), float(after[1]), float(after[2])), (middle, np.inf))]
