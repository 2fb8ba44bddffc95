"""A group of rotations by number: products, and indices in orbits under it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gnomon.kernels.pair_correlation import orbits
from gnomon.maths.data_sets.pairwise import MergedSet


@dataclass(frozen=True, eq=False)
class RotationGroup:
    """Rotations g (m, 3, 3) int that form a group, the identity first; indices become h' = h g."""

    rotations: np.ndarray

    def __len__(self) -> int:
        return len(self.rotations)

    @cached_property
    def relation(self) -> np.ndarray:
        """(m, m) the number of g g'^-1."""
        g = self.rotations
        inverse = np.rint(np.linalg.inv(g)).astype(int)
        products = np.einsum("aij,bjk->abik", g, inverse)
        same = (products[:, :, None] == g[None, None]).all(axis=(3, 4))
        return np.asarray(same.argmax(axis=2), np.int64)

    @property
    def inverse(self) -> np.ndarray:
        """(m,) the number of g^-1."""
        return self.relation[0]

    @cached_property
    def product(self) -> np.ndarray:
        """(m, m) the number of g g'."""
        return self.relation[:, self.inverse]


def in_orbits(hkl: np.ndarray, value: np.ndarray, sigma: np.ndarray, group: RotationGroup, span: int) -> MergedSet:
    """A data set of unique reflections under -1, index (N, 3), by their orbits under the group and inversion.

    span: more than twice the greatest index that the group makes of any in all sets.
    """
    h = np.ascontiguousarray(hkl, np.int64)
    key, turn, ways = orbits(h, np.ascontiguousarray(group.rotations, np.int64), span)
    special = np.flatnonzero(ways > 1)
    place = np.array([span * span, span, 1])
    leads = np.abs(np.einsum("ni,gij->ngj", h[special], group.rotations) @ place) == key[special, None]
    leads[np.arange(len(special)), turn[special]] = False
    rows, turns = np.nonzero(leads)
    return MergedSet(key, value, sigma, turn, (special[rows], turns))
