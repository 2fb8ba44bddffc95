"""Whether a fit ended where it may be: nonsense is told, and the geometry from indexing kept."""

from __future__ import annotations

import numpy as np

from gnomon.maths.geometry_fit.model import model_of
from gnomon.maths.geometry_fit.options import Fit
from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments

LARGEST_OFFSET = 5.0  # px r.m.s.: no box of integration reaches further
LARGEST_ANGLE = 0.5  # degrees r.m.s., or an image where these are wider: rocking curves are hardly wider
LONGEST_MOVE = 5.0  # prior standard deviations, see maths.geometry_fit.options.Priors
LARGEST_SWELLING = 0.15  # of the volume of a cell: five prior standard deviations of a strain
OWN_PARAMETERS = 9  # of a crystal: three turns and six strains


def doubts(before: Experiments, fit: Fit) -> tuple[str, dict[int, str]]:
    """Why all of a fit is not to be believed, empty where it may be; and why the crystals of experiments are not."""
    n_observed, n_free = 3 * int(fit.n_used.sum()), len(fit.values) - len(fit.options.held)
    if n_observed < n_free:
        return f"{n_observed} coordinates of {fit.n_used.sum()} spots are fewer than {n_free} parameters", {}
    model = model_of(before, fit.options)
    far = (np.abs(fit.values) / model.sigma)[: model.n_shared]
    if len(far) and far.max() > LONGEST_MOVE:
        return _moved(fit, int(np.argmax(far)), model.sigma), {}
    found = {i: why for i in range(len(before)) if (why := _of_experiment(before, fit, i))}
    if len(found) == len(before):
        return found[0], {}
    return "", found


def _moved(fit: Fit, worst: int, prior: np.ndarray) -> str:
    value, sigma = fit.values[worst], prior[worst]
    return f"{fit.names[worst]} came out at {value:.3g}, where {sigma:.2g} is usual and {LONGEST_MOVE * sigma:.2g} most"


def _of_experiment(before: Experiments, fit: Fit, number: int) -> str:
    """Why an experiment's crystal is not to be believed; empty where it may be."""
    width = abs(fit.experiments[number].needed_scan.oscillation[1])
    x, y, z = fit.rmsd[number]
    most = max(1.0, LARGEST_ANGLE / width)
    if 3 * fit.n_used[number] < OWN_PARAMETERS:
        return f"{fit.n_used[number]} spots of it are used"
    if max(x, y) > LARGEST_OFFSET or z > most:
        return (
            f"predictions are {x:.1f} {y:.1f} px and {z:.1f} images off, where {LARGEST_OFFSET:.0f} px and "
            f"{most:.1f} images are most"
        )
    return _changed(before[number].needed_crystal, fit.experiments[number].needed_crystal)


def _changed(before: Crystal, after: Crystal) -> str:
    """Whether a crystal is another now; empty where not."""
    swelling = abs(float(np.linalg.det(before.A) / np.linalg.det(after.A))) - 1
    if not abs(swelling) < LARGEST_SWELLING:
        return f"the volume of its cell would change by {100 * swelling:.0f} %"
    return ""
