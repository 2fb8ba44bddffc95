"""Unmerged data as other programs want them: one row for each observation, corrected or scaled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.models.experiment import Experiments
from gnomon.models.names import MtzNames


@dataclass(frozen=True, eq=False)
class UnmergedData:
    """Observations of one data set. ``profile`` stands beside a summed ``intensity`` where there are both."""

    experiments: Experiments  # the geometry, for headers
    cell: np.ndarray  # (6,)
    hall_symbol: str
    wavelength: float  # Å
    scaled: bool  # on one scale; otherwise only corrected for L, P, efficiency and partiality
    experiment: np.ndarray  # (N,) number in experiments
    hkl: np.ndarray  # (N, 3) in the crystal's setting, as measured
    image: np.ndarray  # (N,) number of the image that holds the observed centroid, as in image_range
    intensity: np.ndarray  # (N,)
    sigma: np.ndarray
    xyz: np.ndarray  # (N, 3) observed centroid: px, px, images
    phi: np.ndarray  # (N,) predicted, degrees
    profile: np.ndarray | None = None  # (N,) profile-fitted intensity
    profile_sigma: np.ndarray | None = None
    scale: np.ndarray | None = None  # (N,) inverse scale that was divided out
    scale_sigma: np.ndarray | None = None
    background: np.ndarray | None = None  # (N,) counts under the spot
    background_sigma: np.ndarray | None = None
    partiality: np.ndarray | None = None
    lp: np.ndarray | None = None
    qe: np.ndarray | None = None
    correlation: np.ndarray | None = None  # with the reference profile
    panel: np.ndarray | None = None  # (N,) of the detector; the first where there is none
    predicted: np.ndarray | None = None  # (N, 3) predicted centroid: px, px, images
    fitted: bool = False  # ``intensity`` is profile-fitted, and there are no sums
    rejected: np.ndarray | None = None  # (N,) bool: the program that wrote the data took it for an outlier
    without_orientation: tuple[int, ...] = ()  # experiments whose crystal is known by its cell alone
    wavelengths: tuple[float, ...] = ()  # Å, where there are several
    wavelength_of: tuple[int, ...] = ()  # which of them each experiment has
    names: MtzNames = MtzNames()  # of several wavelengths the data sets have names of their own
    row: np.ndarray | None = None  # (N,) in the table of reflections, where they were chosen from one

    def __len__(self) -> int:
        return len(self.hkl)

    def batch_offsets(self) -> list[int]:
        """What to add to each experiment's image numbers so that all differ: multiples of 100, a gap between sweeps.

        Batches begin at 1, since many programs take a batch 0 for none: a first sweep that has an image 0 is moved by
        what that needs.
        """
        offsets: list[int] = []
        last = 0
        for e in self.experiments:
            first, end = (1, 1) if e.scan is None else e.scan.image_range
            offset = max(0, 1 - first) if not offsets else -(-(last + 2 - first) // 100) * 100
            offsets.append(offset)
            last = offset + end
        return offsets

    def unoriented(self, number: int) -> bool:
        """Whether the orientation of this experiment's crystal is not known: only its cell."""
        return number in self.without_orientation

    def batches(self) -> np.ndarray:
        """(N,) the batch number of each observation."""
        return self.image + np.array(self.batch_offsets())[self.experiment]
