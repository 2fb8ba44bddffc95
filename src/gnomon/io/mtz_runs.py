"""Runs of batches of an unmerged MTZ as experiments: what the batch headers say of each image, put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import gemmi
import numpy as np

from gnomon.io.mtz_batches import CELL, DISTANCE, E1, LAMBDA, LIMITS, PHIEND, PHISTT, S0, SCANAX, SOURCE, UMAT
from gnomon.maths.crystal.lattice import b_matrix
from gnomon.maths.geometry.recovered_geometry import Setting

_LARGEST_SLIP = 2.0  # degrees between the orientations of neighbouring batches of one crystal


@dataclass(frozen=True, eq=False)
class Run:
    """Batches of one crystal, turned without a break: the headers in order of their numbers."""

    batches: Sequence[gemmi.Mtz.Batch]

    @property
    def reals(self) -> np.ndarray:
        """(n, ...) the real numbers of all headers."""
        return np.array([np.array(batch.floats) for batch in self.batches])

    @property
    def numbers(self) -> tuple[int, int]:
        """The first and the last batch."""
        return self.batches[0].number, self.batches[-1].number

    @property
    def oscillation(self) -> tuple[float, float]:
        """Start of the first batch and width, degrees; of width 0 where the headers have no angles."""
        first, last = self.reals[0], self.reals[-1]
        span = self.numbers[1] - self.numbers[0] + 1
        return float(first[PHISTT]), float((last[PHIEND] - first[PHISTT]) / span)

    @property
    def cell(self) -> np.ndarray:
        """(6,) the mean cell; zeros where the headers have none."""
        return self.reals[:, CELL : CELL + 6].mean(axis=0)

    @property
    def wavelength(self) -> float:
        """In Å; 0 where not given."""
        return float(self.reals[0, LAMBDA])

    @property
    def distance(self) -> float:
        """From sample to detector, mm; 0 where not given."""
        return float(abs(self.reals[0, DISTANCE]))

    @property
    def image_size(self) -> tuple[int, int]:
        """Pixels along both edges of the detector; 0 where not given."""
        limits = self.reals[0, LIMITS : LIMITS + 4]
        return int(limits[1]), int(limits[3])

    def setting(self, cell: np.ndarray, wavelength: float) -> Setting | None:
        """The mean A of the batches, the axis and s0 in the file's frame; None where the headers have no orientation.

        The beam may still be the wrong way round: headers differ.
        """
        U = _orientations(self.reals)
        first = self.reals[0]
        axis = next((v for v in (first[E1 : E1 + 3], first[SCANAX : SCANAX + 3]) if np.linalg.norm(v) > 0.1), None)
        beam = next((v for v in (first[S0 : S0 + 3], first[SOURCE : SOURCE + 3]) if np.linalg.norm(v) > 0.1), None)
        if axis is None or beam is None or not _are_rotations(U):
            return None
        u, _, v = np.linalg.svd(U.mean(axis=0))
        axis, beam = axis / np.linalg.norm(axis), beam / np.linalg.norm(beam)
        return (u @ v) @ b_matrix(cell), axis, beam / wavelength


def _orientations(reals: np.ndarray) -> np.ndarray:
    """(n, 3, 3) U of each batch; they are stored column by column."""
    return reals[:, UMAT : UMAT + 9].reshape(-1, 3, 3).swapaxes(1, 2)


def _are_rotations(U: np.ndarray) -> bool:
    return bool(np.allclose(U @ U.swapaxes(1, 2), np.eye(3), atol=0.02) and (np.linalg.det(U) > 0).all())


def runs_of(batches: Iterable[gemmi.Mtz.Batch]) -> list[Run]:
    """The batches in runs: a new one where the data set changes, the rotation or the orientation jumps."""
    ordered = sorted(batches, key=lambda batch: batch.number)
    parts: list[list[gemmi.Mtz.Batch]] = []
    for batch in ordered:
        if parts and _goes_on(parts[-1][-1], batch):
            parts[-1].append(batch)
        else:
            parts.append([batch])
    return [Run(part) for part in parts]


def _goes_on(last: gemmi.Mtz.Batch, batch: gemmi.Mtz.Batch) -> bool:
    """Whether a batch goes on with the rotation of the one before it."""
    one, other = np.array(last.floats), np.array(batch.floats)
    width = one[PHIEND] - one[PHISTT]
    missing = batch.number - last.number - 1
    if last.dataset_id != batch.dataset_id or (missing and width == 0):
        return False
    jump = other[PHISTT] - one[PHIEND] - missing * width
    if abs((jump + 180) % 360 - 180) > abs(width) / 2 + 1e-3:
        return False
    U = _orientations(np.stack([one, other]))
    if not _are_rotations(U):
        return True
    turn = np.clip((np.trace(U[0].T @ U[1]) - 1) / 2, -1, 1)
    return float(np.rad2deg(np.arccos(turn))) < _LARGEST_SLIP
