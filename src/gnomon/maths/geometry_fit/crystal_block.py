"""The parameters of a crystal: orientation and the strains of its cell, still or along a scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gnomon.maths.crystal.symmetry import rotations
from gnomon.maths.geometry.rotation_vectors import cross_matrix, left_jacobian, rotation_matrix
from gnomon.maths.geometry_fit.metric import b_factor, invariant_metric, strain_basis, strained_b
from gnomon.maths.geometry_fit.options import Stiffness
from gnomon.maths.numerics.smoother import Smoother
from gnomon.models.crystal import Crystal
from gnomon.models.scan import Scan

ORIENTATION, CELL = "orientation", "cell"
MEAN_STRAIN = 1e-7  # prior of the mean strain along a scan: it stays where the fit of all that is shared put it


@dataclass(frozen=True)
class CrystalBlock:
    """A = R(w) U0 B(q): a rotation vector w (rad) and strains q.

    A static crystal may be seen in several mounts (sweeps whose goniometer angles are not known well enough): it
    has a U0 and a w for each and one q; its parameters are w_0, w_1, ..., q. Along a scan there is a set (w, q) at each
    checkpoint of a smoother. ``points`` are mounts, or the grid of a scan.
    """

    crystals: tuple[Crystal, ...]  # a mount each
    U0: np.ndarray  # (n_mounts, 3, 3)
    B0: np.ndarray  # (3, 3), lower triangular
    strains: np.ndarray  # (n_strains, 3, 3), those that are free
    turns: bool  # whether the orientation is free
    turn_sigma: float  # rad, prior
    strain_sigma: float  # prior
    smoother: Smoother | None = None  # in images
    grid: np.ndarray | None = None  # (g,), images where A is composed
    stiffness: np.ndarray | None = None  # (n, n), the inverse covariance of how the checkpoints vary

    @classmethod
    def of(
        cls, crystals: Sequence[Crystal], fixed: frozenset[str], turn_sigma: float, strain_sigma: float
    ) -> CrystalBlock:
        """The static block of one lattice as it is in each mount; ``turn_sigma`` (rad) and ``strain_sigma`` are priors.

        The cell starts from the mean of the mounts' reciprocal metrics.
        """
        W = rotations(crystals[0].hall_symbol)
        A = np.array([crystal.A for crystal in crystals])
        B0 = b_factor(np.mean([invariant_metric(a, W) for a in A], axis=0))
        left, _, right = np.linalg.svd(A @ np.linalg.inv(B0))
        strains = np.zeros((0, 3, 3)) if {CELL, "all"} & fixed else strain_basis(B0, W)
        turns = not {ORIENTATION, "all"} & fixed
        return cls(tuple(crystals), left @ right, B0, strains, turns, turn_sigma, strain_sigma)

    def varying(
        self, scan: Scan, interval: float, stiffness: Stiffness | None = None, block_width: float = 1.0
    ) -> CrystalBlock:
        """The same along ``scan``, with checkpoints every ``interval`` degrees (or less, to divide it evenly).

        It is composed every ``block_width`` degrees at least, and interpolated between. With a ``stiffness`` the
        checkpoints are a random walk, and the strains have no part in the mean of the scan.
        """
        first, last = scan.array_range
        width = abs(scan.oscillation[1])
        smoother = Smoother.over(first, last, interval / width, 0.7)
        n = max(1, int(np.ceil((last - first) * width / min(block_width, smoother.spacing * width / 2))))
        block = replace(self, smoother=smoother, grid=np.linspace(first, last, n + 1))
        return block if stiffness is None else replace(block, stiffness=block.random_walk(stiffness, width))

    def random_walk(self, stiffness: Stiffness, width: float) -> np.ndarray:
        """(n, n) the inverse covariance of checkpoints that wander by ``stiffness``; ``width``: degrees an image."""
        assert self.smoother is not None
        one = np.repeat([stiffness.turn, stiffness.strain], [self.n_turns, len(self.strains)])
        variance = self.smoother.spacing * width * one**2
        steps = np.diff(np.eye(self.n_checkpoints), axis=0)
        walk = np.kron(steps.T @ steps, np.diag(1 / variance))
        mean = np.repeat([0.0, MEAN_STRAIN**-2], [self.n_turns, len(self.strains)])
        return walk + np.kron(np.full((self.n_checkpoints,) * 2, self.n_checkpoints**-2), np.diag(mean))

    @property
    def n_mounts(self) -> int:
        """1 along a scan."""
        return len(self.crystals)

    @property
    def n_turns(self) -> int:
        """3, or 0 where the orientation is fixed."""
        return 3 if self.turns else 0

    @property
    def n_local(self) -> int:
        """Parameters that matter to one reflection of a static crystal, or at one checkpoint."""
        return self.n_turns + len(self.strains)

    @property
    def n_checkpoints(self) -> int:
        """1 for a static crystal."""
        return 1 if self.smoother is None else self.smoother.n_parameters

    @property
    def sigma(self) -> np.ndarray:
        """(n,) prior standard deviations."""
        one = [self.turn_sigma] * (self.n_turns * self.n_mounts) + [self.strain_sigma] * len(self.strains)
        return np.tile(one, self.n_checkpoints)

    @property
    def names(self) -> tuple[str, ...]:
        """What each parameter is, with its unit."""
        mounts = [""] if self.n_mounts == 1 else [f" mount {m + 1}" for m in range(self.n_mounts)]
        turns = [f"turn {axis}{mount} (rad)" for mount in mounts for axis in "xyz" if self.turns]
        local = turns + [f"strain {i + 1} (1)" for i in range(len(self.strains))]
        points = [""] if self.smoother is None else [f" at checkpoint {i + 1}" for i in range(self.n_checkpoints)]
        return tuple(f"crystal {name}{point}" for point in points for name in local)

    def columns(self, mount: int, checkpoints: range = range(1)) -> np.ndarray:
        """Where the parameters of a mount, or of some checkpoints, lie among the block's."""
        if self.smoother is None:
            shared = self.n_turns * self.n_mounts + np.arange(len(self.strains))
            return np.concatenate([mount * self.n_turns + np.arange(self.n_turns), shared])
        return np.arange(checkpoints.start * self.n_local, checkpoints.stop * self.n_local)

    def strain_columns(self) -> np.ndarray:
        """(n_checkpoints, n_strains): where the strains lie."""
        first = self.n_turns * self.n_mounts
        return np.add.outer(np.arange(self.n_checkpoints) * self.n_local, first + np.arange(len(self.strains)))

    def _compose(self, local: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A (m, 3, 3) and its derivatives (m, n_local, 3, 3) at local parameters (m, n_local)."""
        turn = local[:, :3] if self.turns else np.zeros((len(local), 3))
        B, dB = strained_b(self.B0, self.strains, local[:, self.n_turns :])
        R = rotation_matrix(turn) @ self.U0
        A = R @ B
        turns = cross_matrix(left_jacobian(turn).swapaxes(-1, -2)) @ A[:, None]
        return A, np.concatenate([turns[:, : self.n_turns], R[:, None] @ dB], axis=1)

    @property
    def grid_design(self) -> np.ndarray:
        """(g, n_checkpoints) the weights of a scan's checkpoints at its grid."""
        assert self.smoother is not None
        assert self.grid is not None
        return self.smoother.design(self.grid)

    def _at_images(self, p: np.ndarray, z: np.ndarray) -> np.ndarray:
        """A (m, 3, 3) at ``z`` (m,) images of a scan."""
        assert self.smoother is not None
        return self._compose(self.smoother.design(z) @ p.reshape(self.n_checkpoints, self.n_local))[0]

    def matrices(self, p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """A (g, 3, 3) and derivatives by the local parameters (g, n_local, 3, 3) at the block's points."""
        if self.smoother is None:
            return self._compose(np.array([p[self.columns(m)] for m in range(self.n_mounts)]))
        return self._compose(self.grid_design @ p.reshape(self.n_checkpoints, self.n_local))

    def apply(self, p: np.ndarray, mount: int, scan: Scan | None) -> Crystal:
        """The crystal at ``p``; along a scan with ``A_at_scan_points``, its static A being that of the middle."""
        if not self.n_local:
            return self.crystals[mount]
        kept = replace(self.crystals[mount], B_covariance=None, cell_parameter_sd=None, recalculated_unit_cell=None)
        if self.smoother is None:
            return replace(kept, A=self.matrices(p)[0][mount], A_at_scan_points=None)
        assert scan is not None  # a smoother runs along one
        first, last = scan.array_range
        middle = self._at_images(p, np.array([(first + last) / 2]))[0]
        return replace(kept, A=middle, A_at_scan_points=self._at_images(p, np.arange(first, last + 1)))
