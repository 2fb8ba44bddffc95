"""Crystals that are one lattice, indexed alike: the same crystal in several scans, as its mount held it in each."""

from __future__ import annotations

import numpy as np

from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.model import key_of

LARGEST_STRAIN = 0.02
LARGEST_TURN = 5.0  # degrees: more than mounts slip, less than two crystals usually differ by


def is_alike(one: Crystal, other: Crystal) -> bool:
    """Whether ``other`` is ``one`` but for a small turn and strain, both at zero goniometer angles."""
    if one.hall_symbol != other.hall_symbol:
        return False
    left, stretch, right = np.linalg.svd(other.A @ np.linalg.inv(one.A))
    cosine = (np.trace(left @ right) - 1) / 2
    return bool(np.abs(stretch - 1).max() < LARGEST_STRAIN and cosine > np.cos(np.deg2rad(LARGEST_TURN)))


def lattice_groups(experiments: Experiments) -> list[tuple[Crystal, list[int]]]:
    """(first crystal, numbers of the experiments) of each lattice.

    Crystals that share a scan are two lattices, however much alike: what splits them is what they were told apart by.
    """
    groups: list[tuple[Crystal, list[int]]] = []
    for crystal, members in experiments.groups_sharing("crystal"):
        scans = {key_of(experiments[i].scan) for i in members}
        for first, held in groups:
            if is_alike(first, crystal) and not scans & {key_of(experiments[i].scan) for i in held}:
                held.extend(members)
                break
        else:
            groups.append((crystal, list(members)))
    return groups
