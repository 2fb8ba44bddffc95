"""Crystals that are one lattice, indexed alike: the same crystal in several scans, as its mount held it in each."""

from __future__ import annotations

import numpy as np

from gnomon.models.crystal import Crystal
from gnomon.models.experiment import Experiments
from gnomon.models.model import Key, key_of

LARGEST_STRAIN = 0.02
LARGEST_TURN = 5.0  # degrees: more than mounts slip, less than two crystals usually differ by


def is_alike(one: Crystal, other: Crystal) -> bool:
    """Whether ``other`` is ``one`` but for a small turn and strain, both at zero goniometer angles."""
    if one.hall_symbol != other.hall_symbol:
        return False
    left, stretch, right = np.linalg.svd(other.A @ np.linalg.inv(one.A))
    cosine = (np.trace(left @ right) - 1) / 2
    return bool(np.abs(stretch - 1).max() < LARGEST_STRAIN and cosine > np.cos(np.deg2rad(LARGEST_TURN)))


def _may_be_alike(firsts: np.ndarray, A: np.ndarray) -> np.ndarray:
    """Numbers, rising, of those of ``firsts`` (n, 3, 3) that ``A`` (3, 3) may be alike: a bound that is quick to see.

    B = R S A with a turn R and a strain S differs from A by at most (|R - 1| + |S - 1|) |A|.
    """
    most = 2 * np.sin(np.deg2rad(LARGEST_TURN) / 2) + LARGEST_STRAIN
    apart = np.square(firsts - A).sum(axis=(1, 2))
    return np.flatnonzero(apart <= 1.01 * most**2 * np.square(firsts).sum(axis=(1, 2)))


def lattice_groups(experiments: Experiments) -> list[tuple[Crystal, list[int]]]:
    """(first crystal, numbers of the experiments) of each lattice.

    Crystals that share a scan are two lattices, however much alike: what splits them is what they were told apart by.
    """
    crystals = experiments.groups_sharing("crystal")
    groups: list[tuple[Crystal, list[int]]] = []
    scans_of: list[set[Key | None]] = []
    firsts = np.empty((len(crystals), 3, 3))
    for crystal, members in crystals:
        scans = {key_of(experiments[i].scan) for i in members}
        near = _may_be_alike(firsts[: len(groups)], crystal.A)
        k = next((k for k in near.tolist() if not scans & scans_of[k] and is_alike(groups[k][0], crystal)), None)
        if k is None:
            firsts[len(groups)] = crystal.A
            groups.append((crystal, list(members)))
            scans_of.append(scans)
        else:
            groups[k][1].extend(members)
            scans_of[k] |= scans
    return groups
