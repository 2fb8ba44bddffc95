"""The Wilson plot: overall scale and B. Wilson 1942, Nature 150, 152."""

from __future__ import annotations

from dataclasses import dataclass

import gemmi
import numpy as np

from gnomon.maths.crystal.lattice import d_spacing
from gnomon.maths.crystal.symmetry import centring_vectors, epsilon, rotations
from gnomon.maths.intensities.robust_means import robust_means
from gnomon.maths.numerics.tally import equal_tally
from gnomon.models.merged import MergedData
from gnomon.summary import figure

_RESIDUE = {"C": 5.0, "N": 1.35, "O": 1.5, "H": 8.0}  # the mean amino acid
_VOLUME_PER_RESIDUE = 258.0  # Å^3 with its share of solvent: 110 Da at 2.35 Å^3/Da (Matthews 1968)
_PROTEIN_LIMIT = 4.0  # Å: at lower resolution solvent and fold bend the plot


@dataclass(frozen=True)
class WilsonPlot:
    """ln(<I> / sum f^2) against 1/(4 d^2), and the line ln k - 2 B / (4 d^2) through it."""

    x: tuple[float, ...] = figure("1/(4 d^2) of each shell", unit="1/Å²")
    y: tuple[float, ...] = figure("ln(<I> / sum f^2) there; nan where the mean is not positive")
    used: tuple[bool, ...] = figure("whether it is in the fit")
    scale: float = figure("k: observed over absolute intensity")
    b_factor: float = figure("Wilson B", unit="Å²")
    b_sd: float = figure("its standard deviation", unit="Å²")
    residues: float = figure("residues in the asymmetric unit, given or by its volume")


def residues_in_asymmetric_unit(cell: np.ndarray, hall_symbol: str) -> float:
    """Amino acids that fill the asymmetric unit with its usual solvent."""
    n = len(rotations(hall_symbol)) * len(centring_vectors(hall_symbol))
    return gemmi.UnitCell(*cell).volume / n / _VOLUME_PER_RESIDUE


def _scattering(x: np.ndarray) -> np.ndarray:
    """Sum of f^2 of one residue at x = (sin(theta) / lambda)^2, (n,)."""
    factors = {e: gemmi.Element(e).it92 for e in _RESIDUE}
    return np.array([sum(n * factors[e].calculate_sf(v) ** 2 for e, n in _RESIDUE.items()) for v in x])


def wilson_plot(merged: MergedData, residues: float | None = None, per_shell: int = 50) -> WilsonPlot | None:
    """The plot and its line, from shells of equal number; None with fewer than three shells to fit.

    Shells beyond 4 Å are fitted, or all where the data end sooner; weights are those of exponentially distributed
    intensities: the number in each shell.
    """
    x = d_spacing(merged.hkl, merged.cell) ** -2 / 4
    eps = epsilon(merged.hkl, merged.hall_symbol)
    shells = equal_tally(x, max(1, min(60, len(x) // per_shell)))
    means = robust_means(merged.mean.intensity / eps, merged.mean.sigma / eps, shells).mean
    centre = shells.mean(x)
    n = residues or residues_in_asymmetric_unit(merged.cell, merged.hall_symbol)
    contents = n * len(rotations(merged.hall_symbol)) * len(centring_vectors(merged.hall_symbol)) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        y = np.log(means / (contents * _scattering(centre)))
    beyond = centre > 0.25 / _PROTEIN_LIMIT**2
    used = np.isfinite(y) & (beyond if beyond.sum() >= 5 else True)
    if used.sum() < 3:
        return None
    weight = np.sqrt(shells.number())[used]
    design = np.stack([np.ones(used.sum()), -2 * centre[used]], axis=1) * weight[:, None]
    fit, *_ = np.linalg.lstsq(design, y[used] * weight, rcond=None)
    rest = y[used] * weight - design @ fit
    covariance = np.linalg.inv(design.T @ design) * (rest @ rest) / max(1, used.sum() - 2)
    return WilsonPlot(
        tuple(centre.tolist()),
        tuple(y.tolist()),
        tuple(used.tolist()),
        scale=float(np.exp(fit[0])),
        b_factor=float(fit[1]),
        b_sd=float(np.sqrt(covariance[1, 1])),
        residues=float(n),
    )
