"""anvil_correction: intensities as they would be without the diamond anvils of a pressure cell.

The sample lies between two parallel plates. The incident beam comes through one, the diffracted beam leaves through the
other (Katrusiak 2004, Z. Kristallogr. 219, 461): through a plate of thickness t and normal n a beam along the unit
vector s goes t / |n · s|, and exp(-mu l) of it comes out after a way l.
"""

from __future__ import annotations

import numpy as np

from gnomon.errors import InputError
from gnomon.maths.geometry.attenuation import mass_attenuation
from gnomon.maths.geometry.ewald import rotate
from gnomon.models.experiment import Experiment, Experiments
from gnomon.models.reflections import Reflections
from gnomon.step import Result, require_columns
from gnomon.steps.anvil_correction.params import AnvilCorrectionParams
from gnomon.steps.anvil_correction.summary import AnvilCorrectionSummary

OPAQUE = 1e6
"""A beam of which less than a millionth comes out was not measured: what was integrated there is something else."""
_KINDS = ("sum", "prf")


def anvil_correction(
    experiments: Experiments, reflections: Reflections, params: AnvilCorrectionParams
) -> Result[AnvilCorrectionSummary]:
    """The reflections with intensities times exp(mu l) and variances times its square, l the way through both anvils.

    mu is that of carbon at the wavelength (Hubbell & Seltzer 1995) for the density given. Reflections of no experiment
    stay as they are; those whose beams run along the anvils are left out. Raises InputError where these are more than
    half, or the wavelength is outside the table.
    """
    require_columns("anvil_correction", reflections, ("id", "s1", "xyzcal.mm"))
    way, exponent = np.zeros(len(reflections)), np.zeros(len(reflections))
    each, coefficients = reflections.by_experiment(), []
    for i, experiment in enumerate(experiments):
        rows = each[i]
        coefficients.append(_coefficient(experiment, params.density))
        table = reflections.select(rows)
        way[rows] = _way(experiment, table["s1"], table["xyzcal.mm"][:, 2], np.array(params.normal), params.thickness)
        exponent[rows] = coefficients[-1] * way[rows]
    kept = exponent < np.log(OPAQUE)
    if kept.sum() < len(kept) / 2:
        raise InputError(
            f"of {len(kept)} reflections {(~kept).sum()} would have gone along anvils that let nothing out; give the "
            f"normal of the anvils at zero of the goniometer, now anvil.normal={','.join(map(str, params.normal))}"
        )
    corrected, factor = reflections.select(kept), np.exp(exponent[kept])
    through = exponent[kept] > 0
    found = factor[through] if through.any() else np.ones(1)
    summary = AnvilCorrectionSummary(
        attenuation=tuple(coefficients),
        path=(float(way[kept][through].min(initial=np.inf)), float(way[kept].max(initial=0.0))),
        factor=(float(found.min()), float(np.median(found)), float(found.max())),
        n_corrected=int(through.sum()),
        n_left_out=int((~kept).sum()),
    )
    return Result(experiments, corrected.with_columns(_scaled(corrected, factor)), summary)


def _coefficient(experiment: Experiment, density: float) -> float:
    """mu, 1/mm, of carbon of a density in kg/m³."""
    wavelength = experiment.beam.wavelength
    try:
        return mass_attenuation("C", wavelength) * density / 1e4
    except ValueError as error:
        raise InputError(f"wavelength {wavelength:g} Å: {error}; correct such data elsewhere") from None


def _way(experiment: Experiment, s1: np.ndarray, phi: np.ndarray, normal: np.ndarray, thickness: float) -> np.ndarray:
    """(N,) mm through both anvils; s1: (N, 3), 1/Å; phi: (N,) rad; normal: (3,) with the goniometer at zero."""
    normals = np.broadcast_to(normal / np.linalg.norm(normal), s1.shape)
    if (goniometer := experiment.goniometer) is not None:
        turned = rotate(goniometer.rotation_axis, phi, normals @ goniometer.fixed_rotation.T)
        normals = turned @ goniometer.setting_rotation.T
    s0 = experiment.beam.s0 / np.linalg.norm(experiment.beam.s0)
    out = np.einsum("ij,ij->i", normals, s1) / np.linalg.norm(s1, axis=1)
    with np.errstate(divide="ignore"):
        return thickness * (1 / np.abs(normals @ s0) + 1 / np.abs(out))


def _scaled(reflections: Reflections, factor: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of intensities and their variances, those that there are, times the factor and its square."""
    columns = {}
    for kind in _KINDS:
        for what, by in (("value", factor), ("variance", factor**2)):
            if (name := f"intensity.{kind}.{what}") in reflections:
                columns[name] = reflections[name] * by
    return columns
