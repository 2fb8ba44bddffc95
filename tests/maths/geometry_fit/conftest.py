"""Spots of known crystals, and models that are a little wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gnomon.maths.prediction import predict_scan
from gnomon.models.experiment import Experiments
from gnomon.models.flags import Flag
from gnomon.models.goniometer import rotation_about
from gnomon.models.reflections import Reflections


def spots(experiments: Experiments, d_min: float, noise: float = 0.0, seed: int = 1) -> Reflections:
    """Predicted spots as if observed: ``noise`` px and images of error, and a variance that says so."""
    table = Reflections.concatenate([predict_scan(e, i, d_min) for i, e in enumerate(experiments)])
    observed = table["xyzcal.px"] + noise * np.random.default_rng(seed).normal(size=(len(table), 3))
    ends = np.array([e.scan.array_range for e in experiments])[table["id"]]
    observed[:, 2] = np.clip(observed[:, 2], ends[:, 0], ends[:, 1])
    variance = np.full((len(table), 3), max(noise, 0.01) ** 2)
    table = table.without_columns("xyzcal.px", "xyzcal.mm", "entering", "s1")
    table = table.with_columns({"xyzobs.px.value": observed, "xyzobs.px.variance": variance})
    return table.with_columns({"flags": np.full(len(table), np.uint64(Flag.INDEXED))})


def misset(crystal, turn_degrees: float, swell: float):
    """The crystal turned and swollen."""
    turn = rotation_about(np.array([0.3, -0.5, 0.8]), np.deg2rad(turn_degrees))
    return replace(crystal, A=turn @ crystal.A / (1 + swell))


@pytest.fixture
def make_spots():
    return spots


@pytest.fixture
def make_misset():
    return misset
