"""What compare_orientation_matrices tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.summary import Summary, figure

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class CrystalPair:
    """The rotation from one crystal to another, in the laboratory at the goniometer's zero."""

    first: int = figure("number of the first crystal's experiment")
    second: int = figure("number of the second one's")
    change_of_basis: str = figure("of the second, by which the rotation is smallest")
    rotation: tuple[Vector, Vector, Vector] = figure("rows of the matrix that turns the first into the second then")
    angle: float = figure("of this rotation", unit="degree")
    axis: Vector = figure("its direction; 0, 0, 0 where nothing turns")
    angle_as_indexed: float = figure("of the rotation without a change of basis", unit="degree")
    misfit: float = figure("how far the cells differ then: what is left over the reciprocal vectors, 0 to 1")
    between: tuple[float, ...] = figure("angles between the directions asked for, in the two", unit="degree")


@dataclass(frozen=True, kw_only=True)
class CompareOrientationMatricesSummary(Summary):
    """Rotations between crystals."""

    hkl: tuple[tuple[int, int, int], ...] = figure("directions whose angles are told")
    pairs: tuple[CrystalPair, ...] = figure("pairs of crystals")
