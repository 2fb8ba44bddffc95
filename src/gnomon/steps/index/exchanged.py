"""Parts of a sweep whose crystals are one, turned about the rotation axis by whole images: images in a wrong order."""

from __future__ import annotations

import numpy as np

from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiment
from gnomon.models.goniometer import Goniometer, rotation_about

LEAST = 3
"""Images by which the parts must be turned: less may be a crystal that slipped about the spindle."""
WHOLE, ALIKE = 0.004, 2e-4
"""Of the transformation between two lattices, how far from whole numbers it may be for them to be one (a quarter of a
degree; parts of a sweep are indexed to some hundredths); and by how much more than twice the best is as good, being a
turn by symmetry (a tenth of a 0.1 degree image)."""


def images_apart(experiment: Experiment, first: Crystal, later: Crystal) -> int:
    """By how many images the scan of ``experiment`` must go on for the crystal ``first`` to be ``later``; 0 where it
    never is.

    The lattice, not its setting, is compared. Of several turns the least, as lattices have symmetry. Looked for as far
    as the scan is long, as that is what exchanged stretches are apart.
    """
    width, n = experiment.needed_scan.oscillation[1], experiment.needed_scan.n_images
    goniometer = experiment.goniometer or Goniometer()
    fixed, axis = goniometer.fixed_rotation, goniometer.rotation_axis
    turns = np.array([k for k in range(-n, n + 1) if abs(k) >= LEAST])
    if not len(turns):
        return 0
    turned = [fixed.T @ rotation_about(axis, np.deg2rad(k * width)) @ fixed @ first.A for k in turns]
    off = np.array([_misfit(A, later.A) for A in turned])
    alike = turns[off <= min(2 * off.min() + ALIKE, WHOLE)]
    return int(alike[np.argmin(np.abs(alike))]) if len(alike) else 0


def _misfit(one: np.ndarray, other: np.ndarray) -> float:
    """The largest deviation of the transformation between two lattices from one of whole numbers that keeps volumes."""
    change = np.linalg.solve(one, other)
    whole = np.rint(change)
    return float(np.abs(change - whole).max()) if abs(abs(np.linalg.det(whole)) - 1) < 0.1 else 1.0


def order_told(experiment: Experiment, crystals: tuple[Crystal, Crystal], last: int) -> str:
    """What to say of a sweep cut after image ``last`` whose parts have these crystals; nothing where they differ."""
    turn = images_apart(experiment, *crystals)
    if not turn:
        return ""
    end = experiment.image_range[1]
    return (
        f"; there the crystal is the same but for a turn of {turn * experiment.needed_scan.oscillation[1]:+g} degrees "
        f"about the rotation axis, as if images {last + 1} to {end} were images {last + 1 + turn} to {end + turn}: are "
        "stretches of images exchanged, or their angles wrong?"
    )
