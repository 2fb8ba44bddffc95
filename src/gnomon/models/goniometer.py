"""Goniometers: the crystal is rotated by ``S R(axis, phi) F``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from gnomon.models.model import Model


def rotation_about(axis: np.ndarray, angle: float) -> np.ndarray:
    """The (3, 3) matrix of the right-handed rotation by ``angle`` (radians) about ``axis`` (Rodrigues)."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


@dataclass(frozen=True, eq=False)
class Goniometer(Model):
    """A single rotation axis between a fixed rotation F (crystal side) and a setting rotation S (laboratory side)."""

    rotation_axis: np.ndarray = field(default_factory=lambda: np.array([1.0, 0.0, 0.0]))
    fixed_rotation: np.ndarray = field(default_factory=lambda: np.eye(3))
    setting_rotation: np.ndarray = field(default_factory=lambda: np.eye(3))
    setting_rotation_at_scan_points: np.ndarray | None = None  # (n + 1, 3, 3)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lab_axis(self: Goniometer | MultiAxisGoniometer) -> np.ndarray:
        """The rotation axis in the laboratory: ``S axis``, a unit vector."""
        return self.setting_rotation @ self.rotation_axis

    def rotation_at(self: Goniometer | MultiAxisGoniometer, phi: float) -> np.ndarray:
        """``S R(axis, phi) F`` for ``phi`` in degrees."""
        return self.setting_rotation @ rotation_about(self.rotation_axis, np.deg2rad(phi)) @ self.fixed_rotation


@dataclass(frozen=True, eq=False)
class MultiAxisGoniometer(Model):
    """Several axes, listed from crystal to laboratory, of which ``scan_axis`` turns.

    Axes nearer the crystal compose into the fixed rotation, those beyond the scan axis into the setting
    rotation; the scan axis' own entry in ``angles`` is ignored.
    """

    axes: np.ndarray  # (n, 3)
    angles: np.ndarray  # (n,), degrees
    names: tuple[str, ...]
    scan_axis: int
    setting_rotation_at_scan_points: np.ndarray | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def _compose(self, which: range) -> np.ndarray:
        total = np.eye(3)
        for i in which:
            total = rotation_about(self.axes[i], np.deg2rad(self.angles[i])) @ total
        return total

    @property
    def rotation_axis(self) -> np.ndarray:
        """The scan axis at datum, a unit vector."""
        return self.axes[self.scan_axis] / np.linalg.norm(self.axes[self.scan_axis])

    @cached_property
    def fixed_rotation(self) -> np.ndarray:
        """F: the axes between crystal and scan axis."""
        return self._compose(range(self.scan_axis))

    @cached_property
    def setting_rotation(self) -> np.ndarray:
        """S: the axes between scan axis and laboratory."""
        return self._compose(range(self.scan_axis + 1, len(self.axes)))

    lab_axis = Goniometer.lab_axis
    rotation_at = Goniometer.rotation_at


AnyGoniometer = Goniometer | MultiAxisGoniometer
