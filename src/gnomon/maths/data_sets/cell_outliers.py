"""Data sets whose unit cell is not that of the others: non-isomorphous crystals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gnomon.errors import InputError

PARAMETERS = ("a", "b", "c", "alpha", "beta", "gamma")
_NORMAL = 1.4826  # standard deviations in the median absolute deviation of a normal distribution
_FEWEST = 4  # a majority needs at least three that agree


@dataclass(frozen=True)
class CellTest:
    """When a cell is an outlier: both far beyond the spread and different enough to change intensities.

    A change of 0.5 % in all three edges changes intensities at 3 Å by 15 % (Crick & Magdoff 1956, Acta Cryst. 9, 901).
    """

    sigmas: float = 6.0
    length: float = 0.005  # relative
    angle: float = 0.3  # degrees: 0.005 radians


def symmetrized_cells(cells: np.ndarray, rotations: np.ndarray) -> np.ndarray:
    """Cells (n, 6) in Å and degrees, made to obey the rotations (m, 3, 3) x' = W x: the metric is averaged over them.

    Parameters that symmetry ties come out equal, so that each data set counts with the mean of them.
    """
    cells = np.asarray(cells, float)
    cosines = np.cos(np.deg2rad(cells[:, 3:]))
    metric = cells[:, :3, None] * cells[:, None, :3]
    for value, (i, j) in zip(cosines.T, ((1, 2), (0, 2), (0, 1))):
        metric[:, i, j] *= value
        metric[:, j, i] *= value
    W = np.asarray(rotations, float)
    mean = np.einsum("mki,nkl,mlj->nij", W, metric, W) / len(W)
    lengths = np.sqrt(np.diagonal(mean, axis1=1, axis2=2))
    pairs = [mean[:, i, j] / (lengths[:, i] * lengths[:, j]) for i, j in ((1, 2), (0, 2), (0, 1))]
    angles = np.rad2deg(np.arccos(np.clip(np.stack(pairs, -1), -1, 1)))
    return np.concatenate([lengths, angles], axis=1)


def cell_outliers(
    cells: np.ndarray, sd: np.ndarray | None = None, rotations: np.ndarray | None = None, test: CellTest | None = None
) -> tuple[np.ndarray, list[str]]:
    """(n,) bool, which cells are outliers, and (n,) the reason of each, empty where it is none.

    cells: (n, 6) in one setting, Å and degrees; sd: their uncertainties (n, 6), nan where not known; rotations: the
    point group in that setting. A parameter is tested against the median: its spread among crystals is the median
    absolute deviation less what the uncertainties explain, to which the data set's own uncertainty is added, so that
    a narrow wedge with an uncertain cell is not blamed. Fewer than four data sets have no majority: none is one.
    Raises InputError where cells are not (n, 6) finite numbers.
    """
    cells, test = np.asarray(cells, float), test or CellTest()
    if cells.ndim != 2 or cells.shape[1:] != (6,) or not np.isfinite(cells).all():
        raise InputError(f"cell_outliers was given cells of shape {cells.shape}, needed (n, 6) finite numbers")
    if len(cells) < _FEWEST:
        return np.zeros(len(cells), bool), [""] * len(cells)
    if rotations is not None:
        cells = symmetrized_cells(cells, rotations)
    median = np.median(cells, axis=0)
    off = cells - median
    scale = _scale(off, np.zeros_like(cells) if sd is None else np.nan_to_num(sd))
    least = np.concatenate([test.length * median[:3], np.full(3, test.angle)])
    z = np.abs(off) / np.maximum(scale, least / test.sigmas)
    worst = z.argmax(axis=1)
    outlier = z.max(axis=1) > test.sigmas
    return outlier, [
        _reason(cells, median, scale, i, p) if bad else "" for i, (p, bad) in enumerate(zip(worst, outlier))
    ]


def _scale(off: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """(n, 6) standard deviation to be expected of each parameter: spread among crystals, and its own uncertainty."""
    spread = _NORMAL * np.median(np.abs(off), axis=0)
    among = np.maximum(spread**2 - np.median(sd**2, axis=0), 0)
    return np.sqrt(np.maximum(among + sd**2, 1e-16))


def _reason(cells: np.ndarray, median: np.ndarray, scale: np.ndarray, i: int, p: int) -> str:
    """What is different, by how much, and how many others are like it."""
    value, middle = cells[i, p], median[p]
    far, unit = (f"{100 * (value / middle - 1):+.2f} %", " Å") if p < 3 else (f"{value - middle:+.2f}°", "°")
    near = np.abs(cells[:, p] - value) <= max(3 * scale[i, p], 0.2 * abs(value - middle))
    others = int(near.sum()) - 1
    like = f"; {others} more like it, perhaps another crystal form" if others else ""
    sigmas = abs(value - middle) / scale[i, p]
    return (
        f"{PARAMETERS[p]} = {value:.2f}{unit} is {far} from the median {middle:.2f}{unit} "
        f"({min(sigmas, 999):.0f} times the spread){like}"
    )
