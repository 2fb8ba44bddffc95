"""The factors of the inverse scale g = C(phi) exp(B(phi) / 2d^2) [1 + sum P_lm Y_lm]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Component:
    """One factor: ``offset + X p``, or ``exp(X p)`` when ``exponential``; X is (N, P), p the parameters (P,)."""

    name: str
    design: np.ndarray
    null: float
    restraint: float | np.ndarray = 0.0  # weight of (p - null)^2 in the target, for all or (P,)
    offset: float = 0.0
    exponential: bool = False

    @property
    def n_parameters(self) -> int:
        """P."""
        return self.design.shape[1]

    def factor(self, parameters: np.ndarray) -> np.ndarray:
        """(N,) the factor."""
        linear = self.design @ parameters
        return np.exp(np.clip(linear, -50, 50)) if self.exponential else self.offset + linear

    def relative_derivatives(self, factor: np.ndarray) -> np.ndarray:
        """(N, P): d ln(factor) / dp, for the factor (N,) at the present parameters."""
        return self.design if self.exponential else self.design / factor[:, None]


@dataclass(frozen=True, eq=False)
class SweepScale:
    """The components of one experiment at its own observations."""

    rows: np.ndarray  # (n,) which observations
    components: tuple[Component, ...]
    held: bool = False  # its parameters stay as they are

    @property
    def n_parameters(self) -> int:
        """Parameters of all components."""
        return sum(c.n_parameters for c in self.components)

    @property
    def null(self) -> np.ndarray:
        """(P,) the parameters of a scale of 1."""
        return np.concatenate([np.full(c.n_parameters, c.null) for c in self.components])

    def at_scale(self, k: float) -> np.ndarray:
        """(P,) the parameters of a scale of ``k`` everywhere."""
        parts = [np.full(c.n_parameters, k if c.name == "scale" else c.null) for c in self.components]
        return np.concatenate(parts)

    @property
    def restraints(self) -> np.ndarray:
        """(P,) restraint weights."""
        return np.concatenate([np.full(c.n_parameters, c.restraint) for c in self.components])

    def split(self, parameters: np.ndarray) -> list[np.ndarray]:
        """The parameters of each component."""
        return np.split(parameters, np.cumsum([c.n_parameters for c in self.components])[:-1])

    def scale(self, parameters: np.ndarray) -> np.ndarray:
        """(n,) the inverse scale g."""
        parts = zip(self.components, self.split(parameters))
        return np.prod([c.factor(p) for c, p in parts], axis=0)

    def relative_derivatives(self, parameters: np.ndarray) -> np.ndarray:
        """(n, P): d ln g / dp."""
        parts = zip(self.components, self.split(parameters))
        return np.hstack([c.relative_derivatives(c.factor(p)) for c, p in parts])
