"""What symmetry tells of its work."""

from __future__ import annotations

from dataclasses import dataclass

from gnomon.maths.laue_group.summary import SymmetryFigures


@dataclass(frozen=True, kw_only=True)
class SymmetrySummary(SymmetryFigures):
    """The Laue group and the space group of a crystal, with what tells them."""
